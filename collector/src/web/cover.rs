//! Hand-overs: somebody stands in for an officer until a time, and sees and decides what they do.
//!
//! Promises: an officer hands over their own cases, a supervisor those of their team; every hand-over has an end,
//! and whoever made it possible can end it early. What is sent twice is done once.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::sight::{self, Absent, Shift, While};
use crate::store::staff::{self, Role, Staff};
use crate::store::{Read, SqlError, StoreError};

use super::access::Right;
use super::decide::to;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::govuk::{Choice, Errors, Input, Select, button, hidden, secondary};
use super::layout::{self, Page};
use super::{Site, audit, when, words};

/// Most characters of a reason.
const LONGEST: usize = 500;

/// A hand-over lasts no longer, in milliseconds.
const MOST: i64 = 60 * 24 * 60 * 60_000;

const MISSING: Fault = Fault::Missing(
    "there is no such hand-over of yours that lasts; open the page again to see which do",
);

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    token: String,
    #[serde(default)]
    absent: String,
    #[serde(default)]
    colleague: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    why: String,
}

/// A form with nothing but its token.
#[derive(Deserialize)]
pub(super) struct End {
    token: String,
}

impl End {
    /// What the form carries.
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

/// The page.
pub(super) async fn show(State(site): State<Arc<Site>>, signed: Signed) -> Result<Markup, Fault> {
    page(&site, &signed, (&Typed::default(), &Errors::default())).await
}

/// Hands over.
pub(super) async fn put(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    let (by, typed, zone) = (signed.clone(), form.clone(), site.zone.clone());
    let errors = site
        .store
        .write("hand over", move |tx| {
            let staff = staff::all(tx)?;
            let mut errors = Errors::default();
            let absent = if typed.absent.is_empty() {
                &by.staff
            } else {
                &typed.absent
            };
            if !absent_of(&staff, &by).iter().any(|one| one.id == *absent) {
                errors.add("absent", "Choose yourself, or somebody of your team");
            }
            let known = colleagues(&staff).any(|one| one.id == typed.colleague);
            if !known || typed.colleague == *absent {
                errors.add("colleague", "Choose a colleague who takes over");
            }
            let span = when::span(
                (&typed.since, &typed.until),
                (now, MOST),
                &zone,
                &mut errors,
            );
            let why = typed.why.trim().replace(['\r', '\n'], " ");
            if why.is_empty() {
                errors.add("why", "Say why");
            }
            if why.chars().count() > LONGEST {
                errors.add(
                    "why",
                    "The reason is longer than 500 characters: shorten it",
                );
            }
            let Some((since, until)) = span.filter(|_| errors.is_empty()) else {
                return Ok::<_, Fault>(errors);
            };
            let lasting = sight::covers(tx, (absent, ""), now)?;
            let same = |one: &Shift| {
                one.of.0 == *absent && one.staff.0 == typed.colleague && one.until == until
            };
            if lasting.iter().any(same) {
                return Ok(errors);
            }
            let cover = While {
                id: random::row_id(now)?,
                staff: typed.colleague.clone(),
                what: Absent(absent.clone()),
                since,
                until,
                put_by: by.staff.clone(),
                reason: why,
            };
            sight::hand_over(tx, &cover)?;
            let on = format!("{} of {absent} to {}", cover.id, cover.staff);
            audit::enter(tx, &by.staff, audit::HANDED_OVER, None, &on, now)?;
            Ok(errors)
        })
        .await?;
    if errors.is_empty() {
        return Ok(to("/hand-over"));
    }
    let page = page(&site, &signed, (&form, &errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Ends a hand-over early.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<End>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    site.store
        .write("end hand-over", move |tx| {
            let all = lasting(tx, &signed, now)?;
            let staff = staff::all(tx)?;
            let absent = absent_of(&staff, &signed);
            let theirs = |one: &&Shift| one.id == id && absent.iter().any(|who| who.id == one.of.0);
            all.iter().find(theirs).ok_or(MISSING)?;
            sight::end_early(tx, &id, &signed.staff, now)?;
            audit::enter(tx, &signed.staff, audit::ENDED_HAND_OVER, None, &id, now)
        })
        .await?;
    Ok(to("/hand-over"))
}

async fn page(
    site: &Site,
    signed: &Signed,
    (typed, errors): (&Typed, &Errors),
) -> Result<Markup, Fault> {
    let now = clock::now();
    let by = signed.clone();
    let (all, staff) = site
        .store
        .read(move |read| Ok::<_, StoreError>((lasting(read, &by, now)?, staff::all(read)?)))
        .await?;
    let absent = absent_of(&staff, signed);
    let body = html! {
        (errors.summary())
        h1 { "Hand over" }
        p { "Whoever takes over sees and decides everything that is yours, until the end. Everything stays yours, too." }
        section aria-labelledby="lasting" {
            h2 #lasting { "Hand-overs that last, or are to come" }
            @if all.is_empty() {
                p.empty { "There is none." }
            } @else {
                ul.rows {
                    @for one in &all {
                        li {
                            b { (one.staff.1) } " for " b { (one.of.1) } ", "
                            (words::moment(one.since, &site.zone)) " to " (words::moment(one.until, &site.zone))
                            ". " (one.reason)
                            @if absent.iter().any(|who| who.id == one.of.0) {
                                form method="post" action={ "/hand-over/" (one.id) "/end" } {
                                    (hidden("token", &signed.token))
                                    (secondary("End it now"))
                                }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="new" {
            h2 #new { "Hand over" }
            form.sheet method="post" action="/hand-over" {
                (hidden("token", &signed.token))
                (form(site, signed, (&absent, &staff), (typed, errors)))
                (button("Hand over"))
            }
        }
    };
    let about = Page {
        title: "Hand over",
        here: "/hand-over",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

fn form(
    site: &Site,
    signed: &Signed,
    (absent, staff): (&[&Staff], &[Staff]),
    (typed, errors): (&Typed, &Errors),
) -> Markup {
    let choice = |one: &'_ Staff| (one.id.clone(), one.name.clone());
    let away: Vec<_> = absent.iter().map(|one| choice(one)).collect();
    let away: Vec<_> = away
        .iter()
        .map(|(id, name)| Choice::new(id, name))
        .collect();
    let mut others = vec![Choice::new("", "Choose a colleague")];
    others.extend(colleagues(staff).map(|one| Choice::new(&one.id, &one.name)));
    let zone = site.zone.iana_name().unwrap_or("UTC");
    let hint = format!("In the time of {zone}");
    let chosen = if typed.absent.is_empty() {
        &signed.staff
    } else {
        &typed.absent
    };
    html! {
        @if absent.len() > 1 {
            (Select {
                id: "absent",
                label: "Whose cases",
                choices: &away,
                chosen,
                error: errors.of("absent"),
                ..Select::default()
            })
        }
        (Select {
            id: "colleague",
            label: "Who takes over",
            choices: &others,
            chosen: &typed.colleague,
            error: errors.of("colleague"),
            ..Select::default()
        })
        (Input {
            id: "since",
            label: "From (empty: now)",
            hint: &hint,
            kind: "datetime-local",
            value: &typed.since,
            error: errors.of("since"),
            width: Some(20),
            ..Input::default()
        })
        (Input {
            id: "until",
            label: "Until",
            hint: &hint,
            kind: "datetime-local",
            value: &typed.until,
            error: errors.of("until"),
            width: Some(20),
            ..Input::default()
        })
        (Input {
            id: "why",
            label: "Why",
            value: &typed.why,
            error: errors.of("why"),
            longest: Some(LONGEST),
            ..Input::default()
        })
    }
}

fn lasting(read: &Read<'_>, signed: &Signed, now: i64) -> Result<Vec<Shift>, SqlError> {
    let team = if Right::Team.of(signed.role) {
        signed.team.as_str()
    } else {
        ""
    };
    sight::covers(read, (&signed.staff, team), now)
}

/// Whose cases somebody may hand over.
fn absent_of<'a>(all: &'a [Staff], signed: &Signed) -> Vec<&'a Staff> {
    let team = Right::Team.of(signed.role);
    let theirs = |one: &&Staff| {
        one.id == signed.staff || (team && one.team == signed.team && one.role == Role::Manager)
    };
    all.iter()
        .filter(|one| one.closed.is_none())
        .filter(theirs)
        .collect()
}

/// Who can take over, or be on call.
pub(super) fn colleagues(all: &[Staff]) -> impl Iterator<Item = &Staff> {
    all.iter()
        .filter(|one| one.closed.is_none() && matches!(one.role, Role::Manager | Role::Supervisor))
}
