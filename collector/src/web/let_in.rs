//! Letting an examiner or a partner see one person for a while.
//!
//! Promises: only who has the person in sight themselves lets somebody in, with a purpose and an end, at most
//! half a year away; that is entered. Those who are let in are listed on the person's page.
//!
//! Refuses: a pass without an end, and a pass for somebody whose role does not need one.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::sight::{self, While};
use crate::store::staff::{self, Role, Staff};
use crate::store::{PersonId, StoreError};

use super::access::Right;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::govuk::{Choice, Errors, Input, Select, Textarea, button, hidden};
use super::layout::{self, Page};
use super::{Site, audit, words};

/// How long somebody is let in at most, in milliseconds.
const LONGEST: i64 = 183 * 24 * 60 * 60 * 1_000;

/// Most characters of a purpose.
const PURPOSE: usize = 2_000;

/// What the form holds.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Typed {
    token: String,
    staff: String,
    purpose: String,
    until: String,
}

/// Lets somebody in.
pub(super) async fn send(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    const MISSING: Fault =
        Fault::Missing("there is no person with this id; look for the person in the overview");
    signed.check(&form.token)?;
    let person: PersonId = id.parse().map_err(|_| MISSING)?;
    site.in_sight(&signed, &person).await?;
    let now = clock::now();
    let who = outsiders(&site).await?;
    let mut errors = Errors::default();
    let chosen = who.iter().find(|one| one.id == form.staff);
    if chosen.is_none() {
        errors.add("let-in-staff", "Choose who is let in.");
    }
    let purpose = form.purpose.trim().to_owned();
    if purpose.is_empty() || purpose.chars().count() > PURPOSE {
        errors.add(
            "let-in-purpose",
            "Say for what they need to see this person, in at most 2,000 characters.",
        );
    }
    let until = end(&site, &form.until).filter(|until| *until > now && *until - now <= LONGEST);
    if until.is_none() {
        errors.add(
            "let-in-until",
            "Choose a last day from today on, at most half a year away.",
        );
    }
    let (Some(chosen), Some(until), true) = (chosen, until, errors.is_empty()) else {
        let body = html! {
            (errors.summary())
            h1 { "Let somebody in" }
            (form_of(&signed, &person, &who, &form, &errors))
            p { a href={ "/person/" (person) } { "To the person" } }
        };
        let about = Page {
            title: "Let somebody in",
            ..Page::default()
        };
        let page = layout::page(&signed, &about, &body);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let pass = While {
        id: random::row_id(now)?,
        staff: chosen.id.clone(),
        what: person.clone(),
        since: now,
        until,
        put_by: signed.staff.clone(),
        reason: purpose,
    };
    site.store
        .write("let in", move |tx| -> Result<(), Fault> {
            // Whoever was moved off this case meanwhile lets nobody in.
            if sight::why(tx, &pass.put_by, &pass.what, now)?.is_none() {
                return Err(Fault::Sight);
            }
            // The same form twice is one pass.
            let twice = |held: &While<PersonId>| {
                (&held.staff, held.until, &held.reason) == (&pass.staff, pass.until, &pass.reason)
            };
            if sight::passes_of(tx, &pass.what, now)?.iter().any(twice) {
                return Ok(());
            }
            sight::let_in(tx, &pass)?;
            let on = format!("{} {}", pass.staff, pass.id);
            audit::enter(tx, &pass.put_by, audit::LET_IN, Some(&pass.what), &on, now)
        })
        .await?;
    Ok(Redirect::to(&format!("/person/{person}#let-in")).into_response())
}

/// The part of a person's page: who is let in, and the form. Empty for who may let nobody in.
pub(super) async fn section(
    site: &Site,
    signed: &Signed,
    person: &PersonId,
) -> Result<Markup, Fault> {
    if !Right::Disclose.of(signed.role) {
        return Ok(html! {});
    }
    let (whom, now) = (person.clone(), clock::now());
    let (passes, all) = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>((sight::passes_of(read, &whom, now)?, staff::all(read)?))
        })
        .await?;
    let name = |id: &str| {
        let found = all.iter().find(|one| one.id == id);
        found.map_or("somebody", |one| one.name.as_str())
    };
    let who: Vec<Staff> = all.iter().filter(|one| is_outside(one)).cloned().collect();
    Ok(html! {
        section aria-labelledby="let-in" {
            h2 #let-in { "Examiners and partners" }
            @if passes.is_empty() {
                p { "No examiner or partner is let in to see this person now." }
            } @else {
                ul {
                    @for pass in &passes {
                        li {
                            b { (name(&pass.staff)) } ", until " (words::moment(pass.until, &signed.zone)) ", let in by "
                            (name(&pass.put_by)) ": " (pass.reason)
                        }
                    }
                }
            }
            @if who.is_empty() {
                p { "There is no account of an examiner or a partner; an administrator makes one." }
            } @else {
                (form_of(signed, person, &who, &Typed::default(), &Errors::default()))
            }
        }
    })
}

fn form_of(
    signed: &Signed,
    person: &PersonId,
    who: &[Staff],
    typed: &Typed,
    errors: &Errors,
) -> Markup {
    let named: Vec<String> = who
        .iter()
        .map(|one| format!("{}, {}", one.name, words::role(one.role)))
        .collect();
    let choose = [Choice::new("", "Choose somebody")];
    let each = who
        .iter()
        .zip(&named)
        .map(|(one, named)| Choice::new(&one.id, named));
    let choices: Vec<Choice<'_>> = choose.into_iter().chain(each).collect();
    let staff = Select {
        id: "let-in-staff",
        name: "staff",
        label: "Who is let in",
        error: errors.of("let-in-staff"),
        choices: &choices,
        chosen: &typed.staff,
        required: true,
        ..Select::default()
    };
    let purpose = Textarea {
        id: "let-in-purpose",
        name: "purpose",
        label: "For what",
        hint: "For example the request number and what is to be examined.",
        error: errors.of("let-in-purpose"),
        value: &typed.purpose,
        longest: Some(PURPOSE),
        required: true,
        ..Textarea::default()
    };
    let until = Input {
        id: "let-in-until",
        name: "until",
        label: "Last day",
        error: errors.of("let-in-until"),
        value: &typed.until,
        kind: "date",
        required: true,
        ..Input::default()
    };
    html! {
        form.sheet method="post" action={ "/person/" (person) "/let-in" } {
            (hidden("token", &signed.token))
            (staff) (purpose) (until)
            (button("Let them in"))
        }
    }
}

/// Who needs a pass: whoever has no cases and no team of their own.
fn is_outside(one: &Staff) -> bool {
    one.closed.is_none() && matches!(one.role, Role::Examiner | Role::Partner)
}

async fn outsiders(site: &Site) -> Result<Vec<Staff>, Fault> {
    let all = site
        .store
        .read(|read| Ok::<_, StoreError>(staff::all(read)?))
        .await?;
    Ok(all.into_iter().filter(is_outside).collect())
}

/// The end of a day.
fn end(site: &Site, day: &str) -> Option<i64> {
    let day: Date = day.trim().parse().ok()?;
    words::midnight(day.tomorrow().ok()?, &site.zone)
}
