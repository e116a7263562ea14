//! Putting a case aside for a while, and bringing it back.
//!
//! Promises: with a reason and an end, which is never further away than the configuration allows for what waits
//! in the case now; an urgent one soon comes back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::config::Queue;
use crate::random;
use crate::store::Change;
use crate::store::cases::{CaseFile, Rank, Stage};
use crate::store::snoozes::{self, Snooze};

use super::super::decide::to;
use super::super::fault::Fault;
use super::super::form::{self, Bare, Form};
use super::super::gate::Signed;
use super::super::govuk::{Choice, Errors, Input, Select, hidden, secondary};
use super::super::{Site, audit, casefile, words};

const HOUR: i64 = 60 * 60_000;

/// For how many hours.
const HOURS: [(&str, u32, &str); 8] = [
    ("1", 1, "1 hour"),
    ("2", 2, "2 hours"),
    ("4", 4, "4 hours"),
    ("12", 12, "12 hours"),
    ("24", 24, "1 day"),
    ("72", 72, "3 days"),
    ("168", 168, "7 days"),
    ("336", 336, "14 days"),
];

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(in crate::web) struct Aside {
    token: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    why: String,
}

/// Puts a case aside.
pub(in crate::web) async fn put(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Aside>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    casefile::check(&site, &signed, &id).await?;
    let (now, staff, name) = (clock::now(), signed.staff.clone(), id.clone());
    let (queue, typed) = (site.queue.clone(), form.clone());
    let errors = site
        .store
        .write("snooze", move |tx| {
            let case = casefile::of_theirs(tx, &name, &staff, now)?;
            if case.stage != Stage::Waits {
                return Err(Fault::Overtaken);
            }
            let (hours, why) = match taken(&typed, case.rank, &queue) {
                Ok(taken) => taken,
                Err(errors) => return Ok(errors),
            };
            let until = now.saturating_add(i64::from(hours).saturating_mul(HOUR));
            let snooze = Snooze {
                id: random::row_id(now)?,
                case: name.clone(),
                at: now,
                until,
                staff: staff.clone(),
                reason: why,
                ended: None,
            };
            snoozes::put(tx, &snooze)?;
            let on = format!("{name} for {}", words::counted(hours, "hour"));
            audit::enter(tx, &staff, audit::SNOOZED, Some(&case.person), &on, now)?;
            tx.announce(Change::Case {
                person: case.person,
            });
            Ok(Errors::default())
        })
        .await?;
    if errors.is_empty() {
        return Ok(to(&format!("/case/{id}")));
    }
    let page = casefile::page(&site, &signed, &id, casefile::Draft::aside(form, errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Brings a case back.
pub(in crate::web) async fn wake(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Bare>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    casefile::check(&site, &signed, &id).await?;
    let (now, staff, name) = (clock::now(), signed.staff, id.clone());
    site.store
        .write("wake", move |tx| {
            let case = casefile::of_theirs(tx, &name, &staff, now)?;
            // Sent twice, it is done once.
            if case.asleep(now) {
                snoozes::wake(tx, &name, now, &staff)?;
                audit::enter(tx, &staff, audit::WOKE, Some(&case.person), &name, now)?;
                tx.announce(Change::Case {
                    person: case.person,
                });
            }
            Ok::<_, Fault>(())
        })
        .await?;
    Ok(to(&format!("/case/{id}")))
}

fn taken(typed: &Aside, rank: Rank, queue: &Queue) -> Result<(u32, String), Errors> {
    let mut errors = Errors::default();
    let hours = HOURS.iter().find(|(value, ..)| *value == typed.hours);
    match hours {
        None => errors.add("hours", "Choose for how long"),
        Some((_, hours, _)) if *hours > longest(rank, queue) => errors.add(
            "hours",
            format!(
                "This case cannot be put aside for more than {}: choose a shorter time",
                words::counted(longest(rank, queue), "hour")
            ),
        ),
        Some(_) => {}
    }
    let why = form::why(
        &typed.why,
        "Say why it is put aside: others see it",
        &mut errors,
    );
    match hours {
        Some((_, hours, _)) if errors.is_empty() => Ok((*hours, why)),
        _ => Err(errors),
    }
}

/// For how many hours a case of this rank can be put aside.
fn longest(rank: Rank, queue: &Queue) -> u32 {
    match rank {
        Rank::Urgent => queue.urgent_snooze_hours,
        Rank::Breach | Rank::Review => queue.snooze_days.saturating_mul(24),
    }
}

/// The part of a case's page: how it was put aside, and the form for whoever may send it now.
pub(in crate::web) fn section(
    site: &Site,
    signed: Option<&Signed>,
    case: &CaseFile,
    history: &[(Snooze, String)],
    (typed, errors): (&Aside, &Errors),
    (zone, now): (&TimeZone, i64),
) -> Markup {
    let most = longest(case.rank, &site.queue);
    let fitting: Vec<_> = HOURS
        .iter()
        .filter(|(_, hours, _)| *hours <= most)
        .map(|(value, _, text)| Choice::new(value, text))
        .collect();
    html! {
        section #snooze aria-labelledby="aside" {
            h2 #aside { "Put aside" }
            @if !history.is_empty() {
                ul.rows {
                    @for (one, name) in history {
                        li {
                            b { (name) } " put it aside until " (words::moment(one.until, zone)) ": " (one.reason)
                            @if let Some(ended) = one.ended {
                                " " span.quiet { "It came back " (words::moment(ended, zone)) "." }
                            }
                        }
                    }
                }
            }
            @if let Some(signed) = signed && case.asleep(now) {
                form method="post" action={ "/case/" (case.id) "/wake" } {
                    (hidden("token", &signed.token))
                    (secondary("Bring it back now"))
                }
            } @else if let Some(signed) = signed && case.stage == Stage::Waits && !fitting.is_empty() {
                form.sheet method="post" action={ "/case/" (case.id) "/snooze" } {
                    (hidden("token", &signed.token))
                    (Select {
                        id: "hours",
                        label: "For how long",
                        hint: "It comes back by itself, and at once when something worse comes into it.",
                        choices: &fitting,
                        chosen: &typed.hours,
                        error: errors.of("hours"),
                        ..Select::default()
                    })
                    (Input {
                        id: "why",
                        label: "Why",
                        value: &typed.why,
                        error: errors.of("why"),
                        longest: Some(form::LINE),
                        ..Input::default()
                    })
                    (secondary("Put it aside"))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_urgent_case_comes_back_within_hours_whatever_the_form_says() {
        let queue = Queue::default();
        let form = |hours: &str, why: &str| Aside {
            token: String::new(),
            hours: hours.to_owned(),
            why: why.to_owned(),
        };
        assert_eq!(
            taken(&form("4", " x\r\ny "), Rank::Urgent, &queue)
                .unwrap()
                .1,
            "x  y"
        );
        let long = taken(&form("12", "x"), Rank::Urgent, &queue).unwrap_err();
        assert!(long.of("hours").unwrap().contains("4 hours"));
        assert!(taken(&form("336", "x"), Rank::Review, &queue).is_ok());
        assert!(taken(&form("5", "x"), Rank::Review, &queue).is_err());
        assert!(
            taken(&form("4", " "), Rank::Review, &queue)
                .unwrap_err()
                .of("why")
                .is_some()
        );
    }
}
