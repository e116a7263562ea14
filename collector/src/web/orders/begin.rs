//! How a draft begins: from a template, from a file, or as the next version of the order that is in force.
//!
//! Promises: the same form sent twice begins one draft.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use maud::{Markup, Render as _, html};
use proviso_rules::templates::{self, Template};
use serde::Deserialize;

use crate::clock;
use crate::store::Hash;
use crate::store::drafts::{self, Draft, Purpose, Version};
use crate::store::orders::{self, StoredOrder};
use crate::store::people::Person;

use super::super::fault::{Fault, sentence};
use super::super::fields;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Checkboxes, Choice, Errors, Input, Radios, Textarea};
use super::super::layout::{self, Page};
use super::super::upload::Upload;
use super::super::{Site, audit, words};
use super::narrow::Part;
use super::next::{self, Change};
use super::{LONGEST, current, purpose, reason, save, to, wrong};

/// Which form is wanted first.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    purpose: Option<String>,
}

/// The form for the next version of an order.
#[derive(Deserialize)]
pub(in crate::web) struct Next {
    token: String,
    once: String,
    seen: String,
    purpose: String,
    reason: String,
    from: String,
    to: String,
    ends: String,
    says: String,
}

/// What is shown again when something is wrong.
#[derive(Default)]
struct Typed {
    template: String,
    clauses: Vec<String>,
    reason: String,
    from: String,
    to: String,
    ends: String,
    says: String,
    errors: Errors,
}

/// The page.
pub(in crate::web) async fn form(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let person = site.whom(&signed, &id).await?;
    site.looks(&signed, audit::SAW_ORDERS, Some(&person.id), "")
        .await?;
    let purpose = wanted.purpose.and_then(|word| word.parse().ok());
    let purpose = purpose.unwrap_or(Purpose::New);
    page(
        &site,
        &signed,
        &person,
        purpose,
        Typed::default(),
        StatusCode::OK,
    )
    .await
}

/// Begins with a template.
pub(in crate::web) async fn template(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let field = |name: &str| {
        let mut found = fields.iter().filter(|(own, _)| own == name);
        found.next().map_or("", |(_, value)| value.as_str())
    };
    signed.check(field("token"))?;
    let person = site.whom(&signed, &id).await?;
    let chosen = fields.iter().filter(|(name, _)| name == "clause");
    let clauses: Vec<String> = chosen.map(|(_, words)| words.clone()).collect();
    let chosen: Vec<_> = clauses
        .iter()
        .map(|words| templates::Choice::parse(words))
        .collect();
    let template = field("template").to_owned();
    let named = template.clone();
    let begun = super::apart(move || templates::begin(&named, &chosen)).await?;
    let begun = match begun {
        Ok(begun) => begun,
        Err(why) => {
            let typed = Typed {
                template,
                clauses,
                errors: wrong("template", &why.to_string()),
                ..Typed::default()
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return page(&site, &signed, &person, Purpose::New, typed, status).await;
        }
    };
    let of: Vec<&str> = begun.of.iter().map(|one| one.name).collect();
    let origin = format!("the template {}", of.join(" and "));
    let lists: Vec<&'static str> = begun.lists.iter().map(|(_, list)| *list).collect();
    let given = Given {
        purpose: Purpose::New,
        reason: String::new(),
        bytes: begun.text.into_bytes(),
        origin,
        lists,
    };
    start(&site, &signed, &person, field("once"), given).await
}

/// Begins with a file.
pub(in crate::web) async fn upload(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let person = site.whom(&signed, &id).await?;
    let once = upload.text("once").to_owned();
    let amiss = async |sentence: String| {
        let typed = Typed {
            errors: wrong("file", &sentence),
            ..Typed::default()
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        page(&site, &signed, &person, Purpose::New, typed, status).await
    };
    let Some(chosen) = upload.file() else {
        return amiss("choose a file that holds an order".to_owned()).await;
    };
    if let Err(sentence) = save::readable(&chosen.bytes) {
        return amiss(format!("the file was not taken: {sentence}")).await;
    }
    let given = Given {
        purpose: Purpose::New,
        reason: String::new(),
        origin: format!("the file {}", save::named(&chosen.name)),
        bytes: chosen.bytes,
        lists: Vec::new(),
    };
    start(&site, &signed, &person, &once, given).await
}

/// Begins with the order that is in force.
pub(in crate::web) async fn next(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Next>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let person = site.whom(&signed, &id).await?;
    let Some(current) = current(&site, &person).await? else {
        return Err(NO_ORDER);
    };
    if current.digest.to_string() != form.seen {
        return Err(Fault::Input(
            "another order was put in force while you had this page open, so no draft was begun; open the \
             page again and begin with the order that is in force now",
        ));
    }
    let word: Option<Purpose> = form.purpose.parse().ok();
    let Some(purpose) = word.filter(|one| *one != Purpose::New) else {
        return Err(Fault::Input(
            "choose whether to vary, suspend or end the order, then send the form again",
        ));
    };
    let (change, why) = match wanted(purpose, &form) {
        Ok(wanted) => wanted,
        Err(errors) => {
            let typed = Typed {
                reason: form.reason,
                from: form.from,
                to: form.to,
                ends: form.ends,
                says: form.says,
                errors,
                ..Typed::default()
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return page(&site, &signed, &person, purpose, typed, status).await;
        }
    };
    let text = String::from_utf8_lossy(&current.bytes);
    let text = next::version(&text, (current.version, current.digest), &change);
    let given = Given {
        purpose,
        reason: why,
        bytes: text.into_bytes(),
        origin: format!("{} version {}", current.id, current.version),
        lists: Vec::new(),
    };
    start(&site, &signed, &person, &form.once, given).await
}

/// Begins with the order that is in force, without one of its rules, or with a part of what that finds left out:
/// `seen` is the order that was shown.
pub(in crate::web) async fn without(
    site: &Arc<Site>,
    signed: &Signed,
    person: &str,
    (once, seen): (&str, &str),
    (rule, part): (&str, Option<&Part>),
) -> Result<Response, Fault> {
    let person = site.whom(signed, person).await?;
    let current = current(site, &person).await?.ok_or(NO_ORDER)?;
    if current.digest.to_string() != seen {
        return Err(Fault::Stale);
    }
    let text = String::from_utf8_lossy(&current.bytes);
    let (text, without) = match part {
        None => (next::without(&text, rule), format!("without rule {rule}")),
        Some(part) => (
            next::narrowed(&text, rule, &part.condition()),
            format!("with rule {rule} narrowed"),
        ),
    };
    let text = text.ok_or(Fault::Stale)?;
    let text = next::version(&text, (current.version, current.digest), &Change::None);
    let given = Given {
        purpose: Purpose::Vary,
        reason: format!("Tried {without}."),
        bytes: text.into_bytes(),
        origin: format!("{} version {} {without}", current.id, current.version),
        lists: Vec::new(),
    };
    start(site, signed, &person, once, given).await
}

const NO_ORDER: Fault = Fault::Input(
    "no order is in force for this person, so there is none to vary, suspend or end; begin a new one",
);

fn wanted(purpose: Purpose, form: &Next) -> Result<(Change, String), Errors> {
    let mut errors = Errors::default();
    let why = reason(&form.reason).unwrap_or_else(|why| {
        errors.add("reason", sentence(why));
        String::new()
    });
    let mut day = |anchor: &str, which: &str, text: &str| {
        let day: Option<Date> = text.trim().parse().ok();
        if day.is_none() {
            errors.add(anchor, format!("{which}: write the day as 2026-11-24."));
        }
        day
    };
    let change = match purpose {
        Purpose::New | Purpose::Vary => Some(Change::None),
        Purpose::End => day("ends", "Last day of the order", &form.ends).map(Change::Ended),
        Purpose::Suspend => {
            let from = day("from", "First day", &form.from);
            let open = form.to.trim().is_empty();
            let to = if open {
                None
            } else {
                day("to", "Last day", &form.to)
            };
            let says = form.says.trim().to_owned();
            if says.is_empty() {
                errors.add(
                    "says",
                    "Say in one sentence who suspended the order, and when.",
                );
            }
            from.map(|from| Change::Suspended(from, to, says))
        }
    };
    match change {
        Some(change) if errors.is_empty() => Ok((change, why)),
        _ => Err(errors),
    }
}

/// What a draft begins with.
struct Given {
    purpose: Purpose,
    reason: String,
    bytes: Vec<u8>,
    origin: String,
    lists: Vec<&'static str>,
}

async fn start(
    site: &Arc<Site>,
    signed: &Signed,
    person: &Person,
    once: &str,
    given: Given,
) -> Result<Response, Fault> {
    let (id, staff, now) = (fields::named(once)?, signed.staff.clone(), clock::now());
    let back = to(&format!("/draft/{id}"));
    let draft = Draft {
        id: id.clone(),
        person: person.id.clone(),
        purpose: given.purpose,
        reason: given.reason,
        begun: now,
        begun_by: staff.clone(),
        ended: None,
    };
    let version = Version {
        number: 1,
        sha256: Hash::of(&given.bytes),
        bytes: given.bytes,
        origin: given.origin,
        made: now,
        made_by: staff.clone(),
    };
    site.store
        .write("begin draft", move |tx| {
            super::seen(tx, &staff, &draft.person, now)?;
            // The same form again leads to the draft that it began.
            if drafts::get(tx, &id)?.is_some() {
                return Ok::<_, Fault>(());
            }
            for list in &given.lists {
                orders::put_list(tx, &Hash::of(list.as_bytes()), list.as_bytes())?;
            }
            drafts::begin(tx, &draft)?;
            drafts::add(tx, &id, &version)?;
            let on = format!("{id} from {}", version.origin);
            audit::enter(
                tx,
                &staff,
                audit::BEGAN_DRAFT,
                Some(&draft.person),
                &on,
                now,
            )
        })
        .await?;
    Ok(back)
}

async fn page(
    site: &Site,
    signed: &Signed,
    person: &Person,
    wanted: Purpose,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, Fault> {
    let current = current(site, person).await?;
    let path = format!("/person/{}/orders", person.id);
    let hidden = html! {
        (govuk::hidden("token", &signed.token))
        (fields::once()?)
    };
    let body = html! {
        p.crumbs { a href=(path) { "Orders of " (person.name) } }
        (typed.errors.summary())
        h1 { "Begin a draft for " (person.name) " " small { (person.pseudonym) } }
        @if let Some(current) = &current {
            (follow(site, &path, &hidden, current, wanted, &typed))
        }
        section aria-labelledby="from-template" {
            h2 #from-template { "A new order from a template" }
            (templates_form(&path, &hidden, &typed))
        }
        section aria-labelledby="from-file" {
            h2 #from-file { "A new order from a file" }
            form.sheet method="post" action={ (path) "/upload" } enctype="multipart/form-data" {
                (hidden)
                (Input {
                    id: "file", label: "Order file (order.toml)", kind: "file", required: true,
                    error: typed.errors.of("file"), ..Input::default()
                })
                (govuk::button("Begin with this file"))
            }
        }
    };
    let about = Page {
        title: &format!("Begin a draft for {}", person.name),
        here: "/orders",
        ..Page::default()
    };
    Ok((status, layout::page(signed, &about, &body)).into_response())
}

fn templates_form(path: &str, hidden: &Markup, typed: &Typed) -> Markup {
    let about = templates::ALL.iter().map(|one| (one.name, one.about()));
    let about: Vec<_> = about
        .map(|(name, about)| Choice {
            value: name,
            text: name,
            hint: about,
        })
        .collect();
    let first = about.first().map_or("", |first| first.value);
    let chosen = Some(typed.template.as_str()).filter(|name| !name.is_empty());
    html! {
        form.sheet method="post" action={ (path) "/new" } {
            (hidden)
            p {
                "All words of a template are illustrative: the court's must take their place before anybody \
                 signs. Without a condition the order has all that the template has."
            }
            (Radios {
                id: "template", legend: "Begin as", choices: &about, chosen: chosen.unwrap_or(first), required: true,
                small: true, error: typed.errors.of("template"), ..Radios::default()
            })
            fieldset.govuk-fieldset {
                legend.govuk-fieldset__legend { "Conditions" }
                @for template in templates::ALL {
                    details {
                        summary { (template.name) }
                        (conditions(template, &typed.clauses))
                    }
                }
            }
            (govuk::button("Begin with this template"))
        }
    }
}

fn conditions(template: &Template, chosen: &[String]) -> Markup {
    let all = template.conditions();
    let named: Vec<_> = all
        .iter()
        .map(|one| (format!("{}:{}", template.name, one.name), one.about))
        .collect();
    let choices: Vec<_> = named
        .iter()
        .map(|(value, about)| Choice::new(value, about))
        .collect();
    let chosen: Vec<_> = chosen.iter().map(String::as_str).collect();
    let field = Checkboxes {
        id: &format!("clause-{}", template.name),
        name: "clause",
        legend: template.name,
        choices: &choices,
        chosen: &chosen,
        small: true,
        ..Checkboxes::default()
    };
    field.render()
}

fn follow(
    site: &Site,
    path: &str,
    hidden: &Markup,
    current: &StoredOrder,
    wanted: Purpose,
    typed: &Typed,
) -> Markup {
    let field = |id: &str, label: &str, kind: &str, value: &str| {
        let error = typed.errors.of(id);
        let width = (kind == "date").then_some(10);
        html! { (Input { id, label, kind, value, error, width, ..Input::default() }) }
    };
    let purposes = [Purpose::Vary, Purpose::Suspend, Purpose::End].map(|one| Choice {
        value: one.as_str(),
        text: purpose(one),
        hint: meant(one),
    });
    let today = words::date(clock::now(), &site.zone).to_string();
    let or_today = |typed: &str| match typed.is_empty() {
        true => today.clone(),
        false => typed.to_owned(),
    };
    html! {
        section aria-labelledby="follow" {
            h2 #follow { "The next version of " (current.id) " version " (current.version) }
            p {
                "A signed file is never changed: each of these makes a draft of the next version, which two \
                 people of different roles sign. Until it is put in force nothing changes."
            }
            form.sheet method="post" action={ (path) "/next" } {
                (hidden)
                (govuk::hidden("seen", &current.digest.to_string()))
                (Radios {
                    id: "purpose", legend: "What is it for?", choices: &purposes, chosen: wanted.as_str(), required: true,
                    small: true, ..Radios::default()
                })
                (Textarea {
                    id: "reason", label: "Reason (kept with your name)", value: &typed.reason, rows: 3,
                    longest: Some(LONGEST), error: typed.errors.of("reason"), ..Textarea::default()
                })
                fieldset.govuk-fieldset {
                    legend.govuk-fieldset__legend { "Only for a suspension" }
                    (field("from", "First day", "date", &or_today(&typed.from)))
                    (field("to", "Last day; empty: until a further version", "date", &typed.to))
                    (field("says", "Who suspended it and why, in one sentence that the person reads", "text",
                        &typed.says))
                }
                fieldset.govuk-fieldset {
                    legend.govuk-fieldset__legend { "Only for an end" }
                    (field("ends", "Last day of the order", "date", &or_today(&typed.ends)))
                }
                (govuk::button("Begin the draft"))
            }
        }
    }
}

const fn meant(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::New => "another order",
        Purpose::Vary => "the court changed it, or an officer approved something",
        Purpose::Suspend => "nothing is recorded for a time",
        Purpose::End => "it has a last day; from then on nothing is recorded",
    }
}
