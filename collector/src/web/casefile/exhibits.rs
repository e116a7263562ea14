//! Exhibits of a case: its records under the reference that they have in court.
//!
//! Promises: from then on no erasure takes these records. A reference that names another exhibit of the person
//! is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::DeviceId;
use proviso_report::bundle::{Erased, Places};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::cases::{self, CaseFile};
use crate::store::exhibits::{self, Exhibit};
use crate::store::{FindingId, SqlError, Tx};

use super::super::decide::to;
use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{Choice, Errors, Input, Radios, Textarea, hidden, secondary};
use super::super::{Site, audit, words};
use super::Draft;

/// Most characters of a reference.
const REFERENCE: usize = 40;

/// Most characters of what it shows.
const NOTE: usize = 1_000;

/// In the form: all records of the case, and not that of one alert.
const ALL: &str = "all";

const ELSEWHERE: Fault = Fault::Missing(
    "this case has no such record; open its page again and choose among those that it shows",
);

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(in crate::web) struct Typed {
    token: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    note: String,
    /// [`ALL`], or the alert whose record it is.
    #[serde(default)]
    of: String,
}

/// Adds an exhibit.
pub(in crate::web) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    super::check(&site, &signed, &id).await?;
    let errors = match wrong(&form) {
        errors if !errors.is_empty() => errors,
        _ => put(&site, &signed, &id, form.clone()).await?,
    };
    if errors.is_empty() {
        return Ok(to(&format!("/case/{id}#exhibits")));
    }
    let page = super::page(&site, &signed, &id, Draft::exhibit(form, errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn put(site: &Site, signed: &Signed, id: &str, form: Typed) -> Result<Errors, Fault> {
    let (now, id) = (clock::now(), id.to_owned());
    let (staff, name) = (signed.staff.clone(), signed.name.clone());
    site.store
        .write("exhibit", move |tx| {
            let case = super::of_theirs(tx, &id, &staff, now)?;
            let only = match form.of.as_str() {
                ALL => None,
                one => Some(one.parse().map_err(|_| ELSEWHERE)?),
            };
            let records = records(tx, &case, only)?;
            let exhibit = Exhibit {
                id: random::row_id(now)?,
                case: id.clone(),
                finding: only,
                person: case.person.clone(),
                reference: form.reference.trim().to_owned(),
                note: form.note.trim().replace("\r\n", "\n"),
                staff: staff.clone(),
                at: now,
            };
            let mut errors = Errors::default();
            if !exhibits::put(tx, &exhibit, &name, records.as_deref())? {
                errors.add(
                    "reference",
                    "This reference names another exhibit of this person: choose another",
                );
                return Ok::<_, Fault>(errors);
            }
            let on = format!("{id} {}", exhibit.reference);
            audit::enter(tx, &staff, audit::EXHIBITED, Some(&case.person), &on, now)?;
            Ok(errors)
        })
        .await
}

fn wrong(form: &Typed) -> Errors {
    let mut errors = Errors::default();
    let reference = form.reference.trim();
    if reference.is_empty() {
        errors.add(
            "reference",
            "Give the reference that it has in court, such as ABC/1",
        );
    }
    if reference.chars().count() > REFERENCE || reference.chars().any(char::is_control) {
        errors.add(
            "reference",
            "The reference is at most 40 characters on one line: shorten it",
        );
    }
    if form.note.trim().is_empty() {
        errors.add("note", "Say what it shows");
    }
    if form.note.trim().chars().count() > NOTE {
        errors.add(
            "note",
            "What it shows is longer than 1,000 characters: shorten it",
        );
    }
    errors
}

/// Which records, as a hold names them; none where there is no record to hold. `only`: of this alert.
fn records(tx: &Tx<'_>, case: &CaseFile, only: Option<FindingId>) -> Result<Option<String>, Fault> {
    let mut by_device: BTreeMap<DeviceId, Places> = BTreeMap::new();
    for (finding, device, seq) in cases::records(tx, &case.id)? {
        if only.is_none_or(|only| only == finding) {
            by_device.entry(device).or_default().push(seq);
        }
    }
    if by_device.is_empty() {
        return match only {
            None => Ok(None),
            Some(_) => Err(ELSEWHERE),
        };
    }
    let all: Vec<_> = by_device
        .into_iter()
        .map(|(device, places)| Erased { device, places })
        .collect();
    let text = serde_json::to_string(&all).map_err(|error| SqlError::Other(error.to_string()))?;
    Ok(Some(text))
}

/// A part of the case's page, with the form for whoever may send it now.
pub(super) fn section(
    signed: Option<&Signed>,
    case: &CaseFile,
    all: &[(Exhibit, String)],
    (typed, errors): &(Typed, Errors),
    zone: &TimeZone,
) -> Markup {
    // The one that the page shows, whichever weighs most when the form comes back.
    let lead = case.lead.filter(|_| case.total > 1);
    let lead = lead.map(|lead| lead.to_string());
    html! {
        section #exhibits aria-labelledby="exhibit-list" {
            h2 #exhibit-list { "Exhibits" }
            @if all.is_empty() {
                p.empty { "Nothing of this case is an exhibit." }
            } @else {
                ul.rows {
                    @for (one, name) in all {
                        li {
                            b { (one.reference) } ": " (one.note)
                            @if let Some(finding) = one.finding {
                                " (" a href={ "/alert/" (finding) } { "one record" } ")"
                            }
                            " " span.quiet { (name) ", " (words::moment(one.at, zone)) }
                        }
                    }
                }
            }
            @if let Some(signed) = signed {
                form.sheet method="post" action={ "/case/" (case.id) "/exhibit" } {
                    (hidden("token", &signed.token))
                    (Input {
                        id: "reference",
                        label: "Reference in court",
                        hint: "For example ABC/1",
                        value: &typed.reference,
                        error: errors.of("reference"),
                        width: Some(20),
                        longest: Some(REFERENCE),
                        ..Input::default()
                    })
                    (Textarea {
                        id: "note",
                        label: "What it shows",
                        hint: "Its records are kept from then on, whatever is erased.",
                        value: &typed.note,
                        error: errors.of("note"),
                        rows: 2,
                        longest: Some(NOTE),
                        ..Textarea::default()
                    })
                    @match &lead {
                        None => (hidden("of", ALL)),
                        Some(lead) => (Radios {
                            id: "of",
                            legend: "Which records",
                            choices: &[
                                Choice::new(ALL, "All records of this case"),
                                Choice::new(lead, "Only the record that is shown above"),
                            ],
                            chosen: if typed.of == *lead { lead } else { ALL },
                            small: true,
                            ..Radios::default()
                        }),
                    }
                    (secondary("Add the exhibit"))
                }
            }
        }
    }
}
