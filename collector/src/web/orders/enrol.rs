//! A computer is enrolled: notice, token, and words to compare.
//!
//! Promises: a token is shown once, on the answer to the form that made it; only its hash is kept. It is made only
//! after somebody entered that the notice of the order in force was explained, whatever the answer was.
//!
//! Refuses: to make a second token from the same form.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use proviso_report::{EnrolToken, device_words};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::devices::{self, Device, DeviceState};
use crate::store::enrolments::{self, Compared, Explained, Made};
use crate::store::orders::{self, StoredOrder};
use crate::store::people::Person;
use crate::store::tokens::{self, Grant};
use crate::store::{DeviceId, Hash, Read, SqlError, StoreError};

use super::super::fault::Fault;
use super::super::fields;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Errors, Textarea};
use super::super::layout::{self, Page};
use super::super::{Site, audit, words};
use super::{Names, notice, to, wrong};

/// How long a token is good for, in milliseconds.
const GOOD_FOR: i64 = 30 * 60_000;

/// Tokens that are listed.
const TOKENS: u64 = 10;

/// Accounts that a token names at most.
const ACCOUNTS: usize = 50;

/// What somebody typed, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) notice: notice::Wanted,
    pub(super) accounts: String,
    pub(super) errors: Errors,
}

/// The form that makes a token.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    once: String,
    accounts: String,
}

/// The form that says whether words were the same.
#[derive(Deserialize)]
pub(in crate::web) struct Same {
    token: String,
    same: String,
}

struct Found {
    current: Option<StoredOrder>,
    explained: Vec<Explained>,
    tokens: Vec<Made>,
    devices: Vec<(Device, String, Option<Compared>)>,
    names: Names,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let person = site.whom(&signed, &id).await?;
    site.looks(&signed, audit::SAW_ENROLMENT, Some(&person.id), "")
        .await?;
    page(&site, &signed, &person, Typed::default(), StatusCode::OK).await
}

/// Makes a token, and shows it.
pub(in crate::web) async fn token(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let person = site.whom(&signed, &id).await?;
    let ca = site.keys()?.ca;
    let amiss = async |sentence: &str| {
        let typed = Typed {
            accounts: form.accounts.clone(),
            errors: wrong("accounts", sentence),
            ..Typed::default()
        };
        page(
            &site,
            &signed,
            &person,
            typed,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await
    };
    let accounts: Vec<String> = form
        .accounts
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    let odd = |name: &String| name.chars().count() > 255 || name.contains(char::is_control);
    if accounts.len() > ACCOUNTS || accounts.iter().any(odd) {
        return amiss(
            "write the names of at most 50 accounts as the computer does, one on each line",
        )
        .await;
    }
    let now = clock::now();
    let made = EnrolToken {
        secret: random::bytes()?,
        ca,
    };
    let hash = Hash::of(&made.secret);
    let (grant, staff) = (
        Grant {
            person: person.id.clone(),
            accounts,
        },
        signed.staff.clone(),
    );
    let once = fields::named(&form.once)?;
    let done = site
        .store
        .write("token", move |tx| {
            super::seen(tx, &staff, &grant.person, now)?;
            let current = orders::current(tx, &grant.person)?;
            let explained = enrolments::explained(tx, &grant.person)?;
            let told = current.is_some_and(|order| {
                let mut explained = explained.iter();
                explained.any(|one| one.digest == order.digest)
            });
            if !told {
                return Ok(Err(
                    "enter first that the notice of the order in force was explained: nobody is monitored \
                     without having been told",
                ));
            }
            tokens::put(tx, &hash, &grant, now.saturating_add(GOOD_FOR))?;
            if !enrolments::made(tx, &once, (&hash, &grant.person), (&staff, now))? {
                // What was put for it must go, too.
                return Err(Fault::Input(
                    "this form made a token before, which was shown then; if it is lost, open the page again \
                     and make another",
                ));
            }
            audit::enter(tx, &staff, audit::LET_ENROL, Some(&grant.person), "", now)?;
            Ok::<_, Fault>(Ok(()))
        })
        .await?;
    match done {
        Ok(()) => Ok(shown(&site, &signed, &person, &made, now)),
        Err(sentence) => amiss(sentence).await,
    }
}

/// Takes whether words were the same.
pub(in crate::web) async fn compare(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Same>,
) -> Result<Response, Fault> {
    const MISSING: Fault =
        Fault::Missing("there is no computer with this id; look for it on the person's page");
    signed.check(&form.token)?;
    let id: DeviceId = id.parse().map_err(|_| MISSING)?;
    let same = match form.same.as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            return Err(Fault::Input(
                "say whether the words are the same, then send the form again",
            ));
        }
    };
    let device = site
        .store
        .read(move |read| Ok::<_, StoreError>(devices::get(read, id)?))
        .await?
        .ok_or(MISSING)?;
    site.in_sight(&signed, &device.person).await?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    let back = to(&format!("/person/{}/enrol#computers", device.person));
    let one = Compared {
        id: random::row_id(now)?,
        device: id,
        same,
        entered: now,
        entered_by: staff.clone(),
    };
    site.store
        .write("compare words", move |tx| {
            super::seen(tx, &staff, &device.person, now)?;
            enrolments::compare(tx, &one)?;
            let how = if same { "the same" } else { "different" };
            let on = format!("{id}, {how}");
            audit::enter(tx, &staff, audit::COMPARED, Some(&device.person), &on, now)
        })
        .await?;
    Ok(back)
}

fn gather(read: &Read<'_>, person: &Person) -> Result<Found, SqlError> {
    let mut all = Vec::new();
    for device in devices::of_person(read, &person.id)? {
        let host = devices::registered(read, device.id)?.map(|one| one.host);
        let compared = enrolments::compared(read, device.id)?.into_iter().next();
        let host = host.unwrap_or_else(|| "not in the register".to_owned());
        all.push((device, host, compared));
    }
    Ok(Found {
        current: orders::current(read, &person.id)?,
        explained: enrolments::explained(read, &person.id)?,
        tokens: enrolments::tokens(read, &person.id, TOKENS)?,
        devices: all,
        names: Names::read(read)?,
    })
}

/// The page with what somebody typed.
pub(super) async fn page(
    site: &Site,
    signed: &Signed,
    person: &Person,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, Fault> {
    let whose = person.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &whose)?))
        .await?;
    let once = fields::once()?;
    let body = html! {
        p.crumbs { a href={ "/person/" (person.id) "/orders" } { "Orders of " (person.name) } }
        (typed.errors.summary())
        h1 { "Enrol a computer of " (person.name) " " small { (person.pseudonym) } }
        @match &found.current {
            None => p.empty {
                "No order is in force, so nothing may be recorded and no computer is enrolled: put an order in \
                 force first."
            },
            Some(current) => {
                (notice::section(site, signed, (person, current), (&found.explained, &found.names),
                    (&typed.notice, &typed.errors)))
                (token_form(site, signed, person, (&found, &typed), &once))
            }
        }
        (computers(signed, &found))
    };
    let about = Page {
        title: &format!("Enrol a computer of {}", person.name),
        here: "/orders",
        person: Some(person.id.as_str()),
        ..Page::default()
    };
    Ok((status, layout::page(signed, &about, &body)).into_response())
}

fn token_form(
    site: &Site,
    signed: &Signed,
    person: &Person,
    (found, typed): (&Found, &Typed),
    once: &Markup,
) -> Markup {
    let now = clock::now();
    html! {
        section aria-labelledby="token" {
            h2 #token { "A token for one computer" }
            p {
                "It enrols one computer, once, within 30 minutes. It is shown once, and only its hash is kept."
            }
            @if site.ordering.is_none() {
                p.empty { "Tokens are not made by this collector's pages; use the command line." }
            } @else {
                form.sheet method="post" action={ "/person/" (person.id) "/token" } {
                    input type="hidden" name="token" value=(signed.token);
                    (once)
                    (Textarea {
                        id: "accounts", label: "Accounts on that computer to monitor, one on each line", rows: 3,
                        hint: "Left empty: whoever enrols the computer names one with --account.",
                        value: &typed.accounts, error: typed.errors.of("accounts"), ..Textarea::default()
                    })
                    (govuk::button("Make a token"))
                }
            }
            @if !found.tokens.is_empty() {
                div.pv-scroll tabindex="0" {
                    table.govuk-table {
                        caption { "Tokens that were made on this page" }
                        thead { tr { th scope="col" { "Made" } th scope="col" { "By" } th scope="col" { "State" } } }
                        tbody {
                            @for one in &found.tokens {
                                tr {
                                    th scope="row" { (words::moment(one.made, &signed.zone)) }
                                    td { (found.names.of(&one.made_by)) }
                                    td {
                                        @match one.used {
                                            Some(used) => { "Used " (words::moment(used, &signed.zone)) }
                                            None if one.expires <= now => "Too old, never used",
                                            None => { "Good until " (words::moment(one.expires, &signed.zone)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shown(site: &Site, signed: &Signed, person: &Person, made: &EnrolToken, now: i64) -> Response {
    let keys = site.keys().ok();
    let collector = keys.and_then(|keys| keys.collector.as_deref());
    let collector = collector.unwrap_or("HOST:PORT");
    let text = made.to_text();
    let body = html! {
        h1 { "A token for a computer of " (person.name) }
        p.note {
            "It is shown here and nowhere else, and is good until "
            (words::moment(now.saturating_add(GOOD_FOR), &signed.zone))
            ". Whoever has it can enrol a computer as one of this person: hand it over as a secret."
        }
        label.govuk-label for="made" { "The token" }
        textarea.govuk-textarea #made rows="2" readonly spellcheck="false" { (text) }
        p { "On that computer, as root:" }
        pre tabindex="0" { code { "proviso-agent enrol --collector " (collector) " --token " (text) } }
        p {
            "It answers with six words. Compare them with the words on the next page before anything else is \
             done."
        }
        p { a href={ "/person/" (person.id) "/enrol#computers" } { "To the words of the computer" } }
    };
    let about = Page {
        title: "A token for a computer",
        here: "/orders",
        ..Page::default()
    };
    layout::page(signed, &about, &body).into_response()
}

fn computers(signed: &Signed, found: &Found) -> Markup {
    let active = found
        .devices
        .iter()
        .filter(|(device, ..)| device.state == DeviceState::Active);
    let all: Vec<_> = active.collect();
    html! {
        section aria-labelledby="computers" {
            h2 #computers { "Words to compare" }
            p {
                "A computer shows its words when it is enrolled, and to root with "
                code { "proviso-agent status" } ". If they are not the same as here, another computer used the \
                token: take this one out of service (" code { "proviso-collector device retire" } ") and make \
                another token."
            }
            @if all.is_empty() { p.empty { "No computer is enrolled." } } @else {
                div.pv-scroll tabindex="0" {
                    table.govuk-table {
                        caption.govuk-visually-hidden { "Computers and their words" }
                        thead { tr {
                            th scope="col" { "Computer" } th scope="col" { "Words" } th scope="col" { "Compared?" }
                        } }
                        tbody {
                            @for (device, host, compared) in all {
                                tr {
                                    th scope="row" {
                                        (host) " " span.quiet { "enrolled " (words::moment(device.enrolled, &signed.zone)) }
                                    }
                                    td { b { (device_words(&Hash(device.cert_spki))) } }
                                    td { (compared_words(signed, found, device, compared.as_ref())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn compared_words(
    signed: &Signed,
    found: &Found,
    device: &Device,
    compared: Option<&Compared>,
) -> Markup {
    html! {
        @match compared {
            None => p { (layout::tag("review", "Not yet")) },
            Some(one) => {
                p {
                    @if one.same { (layout::tag("held", "The same")) }
                    @else { (layout::tag("urgent", "Different")) }
                    " " (found.names.of(&one.entered_by)) ", " (words::moment(one.entered, &signed.zone))
                }
            }
        }
        form.inline method="post" action={ "/device/" (device.id) "/compare" } {
            input type="hidden" name="token" value=(signed.token);
            button.govuk-button.govuk-button--secondary type="submit" name="same" value="yes" { "They are the same" }
            button.govuk-button.govuk-button--warning type="submit" name="same" value="no" { "They differ" }
        }
    }
}
