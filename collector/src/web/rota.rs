//! Who is on call for a team, outside office hours and at any other time.
//!
//! Promises: a supervisor puts people on call for their own team, each turn with an end, and can end it early;
//! everybody of the team sees who it is. What is sent twice is done once.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::StoreError;
use crate::store::sight::{self, Shift, Team, While};
use crate::store::staff;

use super::access::Right;
use super::cover::{End, colleagues};
use super::decide::to;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::govuk::{Choice, Errors, Input, Select, button, hidden, secondary};
use super::layout::{self, Page};
use super::{Site, audit, when, words};

/// A turn lasts no longer, in milliseconds.
const MOST: i64 = 31 * 24 * 60 * 60_000;

const MISSING: Fault = Fault::Missing(
    "there is no such turn of your team that lasts; open the page again to see which do",
);

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    token: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
}

/// The page.
pub(super) async fn show(State(site): State<Arc<Site>>, signed: Signed) -> Result<Markup, Fault> {
    page(&site, &signed, (&Typed::default(), &Errors::default())).await
}

/// Puts somebody on call.
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
        .write("on call", move |tx| {
            let staff = staff::all(tx)?;
            let mut errors = Errors::default();
            if !colleagues(&staff).any(|one| one.id == typed.officer) {
                errors.add("officer", "Choose who is on call");
            }
            let span = when::span(
                (&typed.since, &typed.until),
                (now, MOST),
                &zone,
                &mut errors,
            );
            let Some((since, until)) = span.filter(|_| errors.is_empty()) else {
                return Ok::<_, Fault>(errors);
            };
            let same = |one: &Shift| one.staff.0 == typed.officer && one.until == until;
            if sight::turns(tx, &by.team, now)?.iter().any(same) {
                return Ok(errors);
            }
            let turn = While {
                id: random::row_id(now)?,
                staff: typed.officer.clone(),
                what: Team(by.team.clone()),
                since,
                until,
                put_by: by.staff.clone(),
                reason: String::new(),
            };
            sight::on_call(tx, &turn)?;
            let on = format!("{} {}", turn.id, turn.staff);
            audit::enter(tx, &by.staff, audit::PUT_ON_CALL, None, &on, now)?;
            Ok(errors)
        })
        .await?;
    if errors.is_empty() {
        return Ok(to("/rota"));
    }
    let page = page(&site, &signed, (&form, &errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Ends a turn early.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<End>,
) -> Result<Response, Fault> {
    signed.check(form.token())?;
    let now = clock::now();
    site.store
        .write("end turn", move |tx| {
            let turns = sight::turns(tx, &signed.team, now)?;
            turns.iter().find(|one| one.id == id).ok_or(MISSING)?;
            sight::end_early(tx, &id, &signed.staff, now)?;
            audit::enter(tx, &signed.staff, audit::ENDED_TURN, None, &id, now)
        })
        .await?;
    Ok(to("/rota"))
}

async fn page(
    site: &Site,
    signed: &Signed,
    (typed, errors): (&Typed, &Errors),
) -> Result<Markup, Fault> {
    let now = clock::now();
    let team = signed.team.clone();
    let (turns, staff) = site
        .store
        .read(move |read| Ok::<_, StoreError>((sight::turns(read, &team, now)?, staff::all(read)?)))
        .await?;
    let may = Right::Team.of(signed.role);
    let mut who = vec![Choice::new("", "Choose an officer")];
    who.extend(colleagues(&staff).map(|one| Choice::new(&one.id, &one.name)));
    let hint = format!("In the time of {}", site.zone.iana_name().unwrap_or("UTC"));
    let body = html! {
        (errors.summary())
        h1 { "On call" @if !signed.team.is_empty() { ": " (signed.team) } }
        p {
            "Whoever is on call sees and decides everything of the team, and is told of what nobody takes up."
        }
        @if turns.is_empty() {
            p.empty { "Nobody is on call, now or later. What nobody takes up goes to the supervisor." }
        } @else {
            ul.rows {
                @for one in &turns {
                    li {
                        b { (one.staff.1) } ", " (words::moment(one.since, &site.zone)) " to "
                        (words::moment(one.until, &site.zone)) "."
                        @if one.since <= now { " " (layout::tag("held", "Now")) }
                        @if may {
                            form method="post" action={ "/rota/" (one.id) "/end" } {
                                (hidden("token", &signed.token))
                                (secondary("End it now"))
                            }
                        }
                    }
                }
            }
        }
        @if may {
            section aria-labelledby="new" {
                h2 #new { "Put somebody on call" }
                form.sheet method="post" action="/rota" {
                    (hidden("token", &signed.token))
                    (Select {
                        id: "officer",
                        label: "Who",
                        choices: &who,
                        chosen: &typed.officer,
                        error: errors.of("officer"),
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
                    (button("Put on call"))
                }
            }
        }
    };
    let about = Page {
        title: "On call",
        here: "/rota",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}
