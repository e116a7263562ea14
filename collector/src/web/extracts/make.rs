//! Making an extract: choose facts, black out words, look at it as it will be read, then disclose it.
//!
//! Promises: what is kept is what was shown last, to the letter: when a fact has changed since, it is shown
//! again and nothing is disclosed. Whoever makes one sees the person at that moment and has proved that it is
//! them. The same form sent twice makes one extract.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::digest;
use crate::store::extracts::{self, Body, Extract, Fact, Source};
use crate::store::staff::{self, Role};
use crate::store::{StoreError, Tx, sight};

use super::super::fault::Fault;
use super::super::fields::{self, Filled, Label, label};
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk;
use super::super::head::{Tab, Whose};
use super::super::{Site, audit, decide, words};
use super::{BASES, facts, redact, shown};

/// Most characters of what an officer writes in one field.
const LONGEST: usize = 4_000;

/// Most characters of a name.
const NAME: usize = 200;

/// Most facts of one extract.
const FACTS: usize = 100;

/// Days that an extract can be read if nobody says otherwise, and at most.
const USUAL: i64 = 28;
const MOST_DAYS: i64 = 366;

const ABOUT: Label<'_> = label("about", "What the person is called there");
const WORDS: Label<'_> = label("words", "What you add in your own words");
const RECIPIENT: Label<'_> = label("recipient_name", "Or somebody else, by name and agency");
const PURPOSE: Label<'_> = label("purpose", "What it is for");
const BASIS: Label<'_> = label(
    "basis_text",
    "Why it is necessary and proportionate on that basis",
);
const EXPIRES: Label<'_> = label("expires", "Last day on which it can be read");

/// Which day's records are to be chosen from.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    day: Option<String>,
}

/// What was sent, read.
#[derive(Default)]
struct Asked {
    filled: Filled,
    chosen: Vec<Source>,
    day: Option<Date>,
    black: Vec<String>,
    about: String,
    words: String,
    purpose: String,
    basis: String,
    basis_text: String,
    recipient: String,
    recipient_name: String,
    expires: Option<i64>,
}

/// The form, empty.
pub(in crate::web) async fn begin(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let whose = site
        .whose(&signed, &id, audit::SAW_EXTRACTS, "a new one")
        .await?;
    let mut asked = Asked::default();
    asked.filled.typed("about", &whose.person.pseudonym);
    let until = whose.today.checked_add(jiff::Span::new().days(USUAL));
    let until = until.unwrap_or(whose.today);
    asked.filled.typed("expires", &until.to_string());
    asked.day = wanted.day.as_deref().and_then(fields::day);
    page(&site, &signed, &whose, &asked, None).await
}

/// The form again, with the extract as it would be read.
pub(in crate::web) async fn look(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.check(of(&sent, "token"))?;
    let whose = site
        .whose(&signed, &id, audit::SAW_EXTRACTS, "a new one")
        .await?;
    let asked = asked(&sent, &whose);
    let body = body(&site, &whose, &asked).await?;
    let status = match asked.filled.is_good() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = page(&site, &signed, &whose, &asked, Some(&body)).await?;
    Ok((status, page).into_response())
}

/// Makes it.
pub(in crate::web) async fn make(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.check(of(&sent, "token"))?;
    let whose = site.whose_form(&signed, &id).await?;
    let once = fields::named(of(&sent, "once"))?;
    let mut asked = asked(&sent, &whose);
    let body = body(&site, &whose, &asked).await?;
    let sha256 = body.digest()?;
    if asked.filled.is_good() && sha256.to_string() != of(&sent, "seen") {
        asked.filled.wrong(
            "preview",
            "This is not what was shown before. Look at it below, then make it.",
        );
    }
    let (Some(expires), true) = (asked.expires, asked.filled.is_good()) else {
        let page = page(&site, &signed, &whose, &asked, Some(&body)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let extract = Extract {
        id: once,
        person: whose.id.clone(),
        made: clock::now(),
        staff: signed.staff,
        recipient: Some(asked.recipient).filter(|id| !id.is_empty()),
        recipient_name: asked.recipient_name,
        purpose: asked.purpose,
        basis: asked.basis,
        basis_text: asked.basis_text,
        expires,
        sha256,
        body: Some(body),
        withdrawn: None,
    };
    let to = format!("/disclosed/{}", extract.id);
    site.store
        .write("extract", move |tx| keep(tx, extract))
        .await?;
    Ok(decide::to(&to))
}

fn keep(tx: &Tx<'_>, mut extract: Extract) -> Result<(), Fault> {
    let now = extract.made;
    sight::why(tx, &extract.staff, &extract.person, now)?.ok_or(Fault::Sight)?;
    if let Some(recipient) = &extract.recipient {
        let partner = staff::by_id(tx, recipient)?;
        let partner = partner.filter(|one| one.role == Role::Partner && one.closed.is_none());
        extract.recipient_name = partner.ok_or(Fault::Stale)?.name;
    }
    if !extracts::put(tx, &extract)? {
        let before = extracts::get(tx, &extract.id)?;
        let own =
            before.is_some_and(|one| one.person == extract.person && one.staff == extract.staff);
        return if own { Ok(()) } else { Err(fields::ANOTHERS) };
    }
    let on = format!(
        "{} to {}, sha256 {}: {}",
        extract.id, extract.recipient_name, extract.sha256, extract.purpose
    );
    let person = Some(&extract.person);
    audit::enter(tx, &extract.staff, audit::EXTRACT_MADE, person, &on, now)
}

fn of<'a>(sent: &'a [(String, String)], name: &str) -> &'a str {
    let found = sent.iter().find(|(own, _)| own == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn asked(sent: &[(String, String)], whose: &Whose) -> Asked {
    let mut filled = Filled::default();
    let field = |name| of(sent, name);
    let chosen = sent.iter().filter(|(name, _)| name == "fact");
    let chosen: Vec<Source> = chosen.filter_map(|(_, key)| key.parse().ok()).collect();
    if chosen.len() > FACTS {
        filled.wrong("fact", "Choose at most 100 facts.");
    }
    filled.words(BLACK, field("black"), LONGEST, None);
    let black = redact::words(filled.of("black"));
    if black.len() > redact::MOST {
        filled.wrong("black", "Black out at most 100 words.");
    }
    let missing = "Say what the person is called for who reads it.";
    let about = filled.words(ABOUT, field("about"), NAME, Some(missing));
    let words = filled.words(WORDS, field("words"), LONGEST, None);
    if chosen.is_empty() && words.is_empty() {
        filled.wrong(
            "fact",
            "Choose at least one fact, or write something yourself.",
        );
    }
    let missing = "Say what it is for.";
    let purpose = filled.words(PURPOSE, field("purpose"), LONGEST, Some(missing));
    filled.typed("basis", field("basis"));
    let basis = BASES.iter().find(|(word, _)| *word == field("basis"));
    if basis.is_none() {
        filled.wrong("basis", "Choose the legal basis.");
    }
    let missing = "Say why it is necessary and proportionate on that basis.";
    let basis_text = filled.words(BASIS, field("basis_text"), LONGEST, Some(missing));
    filled.typed("recipient", field("recipient"));
    let recipient_name = filled.words(RECIPIENT, field("recipient_name"), NAME, None);
    match (field("recipient"), recipient_name.as_str()) {
        ("", "") => filled.wrong("recipient", "Choose a partner, or name who gets it."),
        (id, name) if !id.is_empty() && !name.is_empty() => {
            filled.wrong(
                "recipient_name",
                "Either choose a partner or name somebody else, not both.",
            );
        }
        _ => {}
    }
    let expires = filled.day(EXPIRES, field("expires"), "Say until when it can be read.");
    let last = whose.today.checked_add(jiff::Span::new().days(MOST_DAYS));
    let expires = expires.and_then(|day| {
        if day < whose.today || last.is_ok_and(|last| day > last) {
            filled.wrong("expires", "Choose a day from today on, within a year.");
            return None;
        }
        words::midnight(day.tomorrow().ok()?, &whose.zone)
    });
    Asked {
        chosen,
        day: fields::day(field("day")),
        black,
        about,
        words,
        purpose,
        basis: basis
            .map(|(word, _)| (*word).to_owned())
            .unwrap_or_default(),
        basis_text,
        recipient: field("recipient").to_owned(),
        recipient_name,
        expires,
        filled,
    }
}

/// What would be kept.
async fn body(site: &Site, whose: &Whose, asked: &Asked) -> Result<Body, Fault> {
    let mut sources = asked.chosen.clone();
    sources.truncate(FACTS);
    let facts = facts::chosen(site, &whose.id, sources, &whose.zone).await?;
    let black = |text: &str| redact::out(text, &asked.black);
    Ok(Body {
        about: asked.about.clone(),
        facts: facts
            .into_iter()
            .map(|fact| Fact {
                title: black(&fact.title),
                text: black(&fact.text),
                of: fact.of,
            })
            .collect(),
        words: black(&asked.words),
    })
}

async fn page(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    asked: &Asked,
    body: Option<&Body>,
) -> Result<Markup, Fault> {
    let span = asked.day.and_then(|day| digest::span(day, &whose.zone));
    let mut choices = facts::choices(site, &whose.id, span, &whose.zone).await?;
    // What was chosen on another day stays among them.
    let others: Vec<_> = asked
        .chosen
        .iter()
        .filter(|one| !choices.iter().any(|fact| fact.of == **one))
        .take(FACTS)
        .cloned()
        .collect();
    choices.extend(facts::chosen(site, &whose.id, others, &whose.zone).await?);
    let partners = site
        .store
        .read(|read| {
            let all = staff::all(read)?.into_iter();
            let open = all.filter(|one| one.role == Role::Partner && one.closed.is_none());
            Ok::<_, StoreError>(open.map(|one| (one.id, one.name)).collect::<Vec<_>>())
        })
        .await?;
    let path = format!("/person/{}/extract/new", whose.id);
    let make = format!("/person/{}/extract/make", whose.id);
    let filled = &asked.filled;
    let seen = body.map(Body::digest).transpose()?;
    let page = html! {
        (filled.summary())
        h1 { "A new extract" }
        p { "Give another agency chosen facts, and only those, for a while. What was given is recorded with your name." }
        form.inline method="get" action={ (path) "#fact" } {
            (govuk::Input {
                id: "records-of", name: "day", label: "Records of a day, to choose from", kind: "date",
                value: &asked.day.map(|day| day.to_string()).unwrap_or_default(), ..govuk::Input::default()
            })
            (govuk::secondary("Show these records"))
        }
        form.sheet method="post" action=(path) {
            (govuk::hidden("token", &signed.token))
            (fields::once()?)
            (govuk::hidden("day", &asked.day.map(|day| day.to_string()).unwrap_or_default()))
            (govuk::hidden("seen", &seen.map(|seen| seen.to_string()).unwrap_or_default()))
            (facts_field(&choices, &asked.chosen, filled))
            (filled.area(BLACK, LONGEST))
            (filled.area(WORDS, LONGEST))
            (filled.input(ABOUT, NAME))
            (filled.select(label("recipient", "Who gets it: a partner who signs in here"),
                partners.iter().map(|(id, name)| (id.as_str(), name.as_str()))))
            (filled.input(RECIPIENT, NAME))
            (filled.area(PURPOSE, LONGEST))
            (filled.radios(label("basis", "Legal basis"), BASES))
            (filled.area(BASIS, LONGEST))
            (filled.other(EXPIRES, "date"))
            (govuk::secondary("Show it as it will be read"))
            @if let Some(body) = body {
                section #preview aria-labelledby="as-read" {
                    h2 #as-read { "As it will be read" }
                    div.note { (shown(body)) }
                }
                @if filled.is_good() {
                    button.govuk-button type="submit" formaction=(make) { "Disclose it" }
                }
            }
        }
    };
    Ok(whose.page(signed, Tab::Extracts, "New extract", &page))
}

const BLACK: Label<'_> = Label {
    name: "black",
    says: "Words to black out",
    hint: "One on each line: names of victims and others, addresses, whatever the recipient does not need. They \
           are taken out everywhere and are not kept.",
};

fn facts_field(choices: &[Fact], chosen: &[Source], filled: &Filled) -> Markup {
    html! {
        fieldset.govuk-fieldset {
            legend.govuk-fieldset__legend.govuk-fieldset__legend--s { "Which facts" }
            @if choices.is_empty() { p.empty { "There is nothing to choose from yet." } }
            div.govuk-checkboxes.govuk-checkboxes--small #fact tabindex="-1" {
                @for (index, fact) in choices.iter().enumerate() {
                    @let id = format!("fact-{index}-choice");
                    div.govuk-checkboxes__item {
                        input.govuk-checkboxes__input type="checkbox" id=(id) name="fact" value=(fact.of.key())
                            checked[chosen.contains(&fact.of)];
                        label.govuk-label.govuk-checkboxes__label for=(id) {
                            b { (fact.title) } br; span.reason { (fact.text) }
                        }
                    }
                }
            }
            @if !filled.is_good() { p.quiet { "What is wrong with the form stands on top of the page." } }
        }
    }
}
