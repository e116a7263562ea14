//! Who explained to a person what will be recorded, and what they said to it.
//!
//! Promises: a refusal is kept as one. Which notice it was is the order whose reading page it is, by its SHA-256.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::enrolments::{self, Answer, Explained};
use crate::store::orders::StoredOrder;
use crate::store::people::Person;

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Choice, Errors, Input, Radios, Textarea};
use super::super::{Site, audit, words};
use super::{Names, current, enrol, short, to, typed};

/// Most characters of a name or a language.
const NAME: usize = 200;

/// Most characters of a remark.
const REMARK: usize = 4_000;

/// The form.
#[derive(Deserialize, Default)]
pub(in crate::web) struct Wanted {
    token: String,
    /// The order that the page showed.
    seen: String,
    day: String,
    by: String,
    language: String,
    #[serde(default)]
    answer: String,
    remark: String,
}

/// Enters it.
pub(in crate::web) async fn enter(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let person = site.whom(&signed, &id).await?;
    let current = current(&site, &person).await?;
    let current = current.filter(|order| order.digest.to_string() == form.seen);
    let Some(current) = current else {
        return Err(Fault::Input(
            "another order was put in force while you had this page open, so nothing was entered; open the \
             page again: what was explained must be the order that is in force",
        ));
    };
    let now = clock::now();
    let today = words::date(now, &site.zone);
    let entered = match read(&form, today) {
        Ok(entered) => entered,
        Err(errors) => {
            let typed = enrol::Typed {
                notice: form,
                errors,
                ..enrol::Typed::default()
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return enrol::page(&site, &signed, &person, typed, status).await;
        }
    };
    let staff = signed.staff.clone();
    let one = Explained {
        id: random::row_id(now)?,
        person: person.id.clone(),
        digest: current.digest,
        entered: now,
        entered_by: staff.clone(),
        ..entered
    };
    let back = to(&format!("/person/{id}/enrol"));
    site.store
        .write("explained notice", move |tx| {
            super::seen(tx, &staff, &one.person, now)?;
            // The same form again enters nothing.
            let before = enrolments::explained(tx, &one.person)?;
            if before.first().is_some_and(|last| is_same(last, &one)) {
                return Ok::<_, Fault>(());
            }
            enrolments::explain(tx, &one)?;
            let on = format!("{} {}", one.answer.as_str(), one.digest);
            audit::enter(tx, &staff, audit::EXPLAINED, Some(&one.person), &on, now)
        })
        .await?;
    Ok(back)
}

fn is_same(last: &Explained, one: &Explained) -> bool {
    let last = Explained {
        id: one.id.clone(),
        entered: one.entered,
        ..last.clone()
    };
    last == *one
}

fn read(form: &Wanted, today: Date) -> Result<Explained, Errors> {
    let mut errors = Errors::default();
    let mut line = |(anchor, asks): (&str, &str), text: &str, missing: &str| {
        let text = text.trim().to_owned();
        if text.is_empty() {
            errors.add(anchor, missing);
        } else if text.chars().count() > NAME || text.contains(char::is_control) {
            let wrong = format!("{asks}: write one line of at most {NAME} characters.");
            errors.add(anchor, wrong);
        }
        text
    };
    let by = line(
        ("by", "Who explained it"),
        &form.by,
        "Say who explained it.",
    );
    let language = line(
        ("language", "In which language"),
        &form.language,
        "Say in which language it was explained.",
    );
    let day: Option<Date> = form.day.trim().parse().ok();
    match day {
        None => errors.add("day", "When it was explained: write the day as 2026-11-24."),
        Some(day) if day > today => errors.add("day", "The day has not come yet."),
        Some(_) => {}
    }
    let answer = match form.answer.as_str() {
        "acknowledged" => Answer::Acknowledged,
        "refused" => Answer::Refused,
        _ => {
            errors.add("answer", "Say what the person answered.");
            Answer::Refused
        }
    };
    let remark = typed(form.remark.trim());
    if remark.chars().count() > REMARK {
        errors.add(
            "remark",
            "The remark is longer than 4,000 characters. Shorten it.",
        );
    }
    let Some(day) = day.filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    // What is not on the form is filled in by who enters it.
    Ok(Explained {
        id: String::new(),
        person: crate::store::PersonId::from_random([0; 16]),
        digest: crate::store::Hash([0; 32]),
        day: day.to_string(),
        explained_by: by,
        language,
        answer,
        note: remark,
        entered: 0,
        entered_by: String::new(),
    })
}

/// The part of the page.
pub(super) fn section(
    site: &Site,
    signed: &Signed,
    (person, current): (&Person, &StoredOrder),
    (all, names): (&[Explained], &Names),
    (form, errors): (&Wanted, &Errors),
) -> Markup {
    let order = format!("/person/{}/order/{}", person.id, current.digest);
    let today = words::date(clock::now(), &site.zone).to_string();
    let day = if form.day.is_empty() {
        &today
    } else {
        &form.day
    };
    let field = |id: &str, label: &str, kind: &str, value: &str| {
        let (error, required) = (errors.of(id), true);
        let width = (kind == "date").then_some(10);
        html! { (Input { id, label, kind, value, error, required, width, ..Input::default() }) }
    };
    let answers = [
        Choice::new("acknowledged", "They say that they have understood it"),
        Choice::new("refused", "They refuse to say so, or refuse monitoring"),
    ];
    html! {
        section aria-labelledby="notice" {
            h2 #notice { "The notice" }
            p {
                "Before a computer is enrolled somebody explains to the person what will be recorded and who \
                 sees it. The notice is the " a href=(order) { "reading page of " (current.id) " version "
                (current.version) } "."
            }
            (history(signed, (current, all, names)))
            form.sheet method="post" action={ "/person/" (person.id) "/notice" } {
                input type="hidden" name="token" value=(signed.token);
                input type="hidden" name="seen" value=(current.digest);
                (field("day", "When it was explained", "date", day))
                (field("by", "Who explained it", "text", &form.by))
                (field("language", "In which language", "text", &form.language))
                (Radios {
                    id: "answer", legend: "What the person answered", choices: &answers, chosen: &form.answer,
                    required: true, small: true, error: errors.of("answer"), ..Radios::default()
                })
                (Textarea {
                    id: "remark", label: "Remark (kept with your name; no words of the person)", value: &form.remark,
                    rows: 2, longest: Some(REMARK), error: errors.of("remark"), ..Textarea::default()
                })
                (govuk::secondary("Enter that it was explained"))
            }
        }
    }
}

fn history(signed: &Signed, (current, all, names): (&StoredOrder, &[Explained], &Names)) -> Markup {
    html! {
        @if all.is_empty() { p.empty { "Nobody has entered yet that it was explained." } } @else {
            ul.rows {
                @for one in all {
                    li {
                        b {
                            @match one.answer {
                                Answer::Acknowledged => "Acknowledged",
                                Answer::Refused => "Refused",
                            }
                        }
                        " on " (one.day) ", explained by " (one.explained_by) " in " (one.language) "."
                        @if one.digest == current.digest { " This version." }
                        @else { " Another version: " code { (short(&one.digest)) "…" } "." }
                        @if !one.note.is_empty() { p.reason { (one.note) } }
                        p.quiet {
                            "Entered by " (names.of(&one.entered_by)) ", "
                            (words::moment(one.entered, &signed.zone)) "."
                        }
                    }
                }
            }
        }
    }
}
