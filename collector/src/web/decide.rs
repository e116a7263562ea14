//! Decisions: what a person says about an alert, with a reason, kept for ever.
//!
//! Promises: a decision is added and never replaces one; whoever decides has seen what stood there
//! before, or is told that somebody was faster; the audit entry is written in the same
//! transaction. Alike alerts can be decided together: each gets a decision of its own.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::casework::{self, AlertState, Decision};
use crate::store::{FindingId, Tx, sight};

use super::Site;
use super::audit;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;

/// Most characters of a reason.
const LONGEST: usize = 4_000;

/// Alerts that one form decides at most.
pub(super) const TOGETHER: u64 = 100_000;

/// What a person can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Acknowledged,
    NoBreach,
    SomebodyElse,
    SoftwareWrong,
    Breach,
    Reopened,
}

impl Verdict {
    pub(super) const ALL: [Self; 6] = [
        Self::Acknowledged,
        Self::NoBreach,
        Self::SomebodyElse,
        Self::SoftwareWrong,
        Self::Breach,
        Self::Reopened,
    ];

    /// The form in the table.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::NoBreach => "no_breach",
            Self::SomebodyElse => "somebody_else",
            Self::SoftwareWrong => "software_wrong",
            Self::Breach => "breach",
            Self::Reopened => "reopened",
        }
    }

    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Acknowledged => "I am looking into it",
            Self::NoBreach => "Decided: no breach",
            Self::SomebodyElse => "Decided: it was not the supervised person",
            Self::SoftwareWrong => "Decided: the software was wrong",
            Self::Breach => "Decided: in my judgement, a breach of the order",
            Self::Reopened => "Open it again",
        }
    }

    /// The words for what the table holds.
    pub(super) fn words_of(text: &str) -> &str {
        match Self::parse(text) {
            Some(verdict) => verdict.words(),
            None => text,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    fn state(self) -> AlertState {
        match self {
            Self::Acknowledged => AlertState::Acknowledged,
            Self::Reopened => AlertState::Open,
            Self::NoBreach | Self::SomebodyElse | Self::SoftwareWrong | Self::Breach => {
                AlertState::Decided
            }
        }
    }

    /// Whether it can be said of an alert that stands so.
    fn fits(self, state: AlertState) -> bool {
        match self {
            Self::Acknowledged => state == AlertState::Open,
            Self::Reopened => state != AlertState::Open,
            _ => true,
        }
    }
}

/// The form on a case's page.
#[derive(Deserialize)]
pub(super) struct One {
    token: String,
    verdict: String,
    reason: String,
    /// The latest decision that the page showed.
    seen: String,
}

/// The form on the page of alike alerts.
#[derive(Deserialize)]
pub(super) struct Alike {
    token: String,
    verdict: String,
    reason: String,
    /// Which alerts the page said would be decided, and where each stood: their digest.
    seen: String,
}

/// Decides one alert.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<One>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let finding = finding(&id)?;
    let what = Said {
        verdict: form.verdict,
        reason: form.reason,
        seen: form.seen,
        by: String::new(),
    };
    said(&site, &signed, finding, what).await?;
    Ok(to(&format!("/alert/{finding}#decision")))
}

/// What somebody says of one alert, by a form or through the API.
pub(super) struct Said {
    pub(super) verdict: String,
    pub(super) reason: String,
    /// The latest decision that they saw.
    pub(super) seen: String,
    /// By which token, for the audit; empty: by a form.
    pub(super) by: String,
}

/// Records it, unless somebody else decided since they looked.
pub(super) async fn said(
    site: &Site,
    signed: &Signed,
    finding: FindingId,
    said: Said,
) -> Result<(), Fault> {
    let (verdict, reason) = taken(&said.verdict, &said.reason)?;
    let now = clock::now();
    let staff = signed.staff.clone();
    site.store
        .write("decide", move |tx| {
            seen_by(tx, &staff, finding, now)?;
            let before = casework::decisions(tx, finding)?;
            let latest = before.last().map_or("", |latest| &latest.decision.id);
            if latest != said.seen {
                return Err(Fault::Overtaken);
            }
            decide(tx, &staff, finding, verdict, (&reason, &said.by), now)
        })
        .await
}

/// Decides all that are alike and not decided.
pub(super) async fn alike(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Alike>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let finding = finding(&id)?;
    let (verdict, reason) = taken(&form.verdict, &form.reason)?;
    let now = clock::now();
    let staff = signed.staff;
    site.store
        .write("decide alike", move |tx| {
            seen_by(tx, &staff, finding, now)?;
            let waiting = casework::waiting_digest(tx, finding, TOGETHER)?;
            if waiting.to_string() != form.seen {
                return Err(Fault::Changed);
            }
            for member in casework::members(tx, finding, false, TOGETHER, 0)? {
                if verdict.fits(member.state) {
                    decide(tx, &staff, member.finding, verdict, (&reason, ""), now)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(to(&format!("/alert/{finding}/alike")))
}

/// The fields that both forms share.
pub(super) fn fields(state: AlertState) -> Markup {
    html! {
        fieldset {
            legend { "What do you say?" }
            @for verdict in Verdict::ALL {
                @if verdict.fits(state) {
                    label.choice {
                        input type="radio" name="verdict" value=(verdict.as_str()) required;
                        " " (verdict.words())
                    }
                }
            }
        }
        label for="reason" { "Reason, in your own words (kept with your name)" }
        textarea #reason name="reason" rows="4" maxlength=(LONGEST) {}
        p.quiet {
            "A reason is needed for everything but “" (Verdict::Acknowledged.words()) "”. "
            "Earlier decisions stay visible."
        }
    }
}

/// The finding in an address.
pub(super) fn finding(id: &str) -> Result<FindingId, Fault> {
    id.parse().map_err(|_| MISSING)
}

pub(super) const MISSING: Fault = Fault::Missing(
    "there is no alert with this id; it may belong to another collector, so check the address",
);

fn taken(verdict: &str, reason: &str) -> Result<(Verdict, String), Fault> {
    let verdict = Verdict::parse(verdict).ok_or(Fault::Input(
        "choose one of the decisions, then send the form again",
    ))?;
    let reason = reason.trim().replace("\r\n", "\n");
    if reason.chars().count() > LONGEST {
        return Err(Fault::Input(
            "the reason is longer than 4,000 characters; shorten it and send the form again",
        ));
    }
    if reason.is_empty() && verdict != Verdict::Acknowledged {
        return Err(Fault::Input(
            "a decision needs a reason, because others will rely on it; go back and give one",
        ));
    }
    Ok((verdict, reason))
}

/// Nobody decides about a person whom they do not see.
fn seen_by(tx: &Tx<'_>, staff: &str, finding: FindingId, now: i64) -> Result<(), Fault> {
    let alert = casework::alert(tx, finding)?.ok_or(MISSING)?;
    match sight::why(tx, staff, &alert.person, now)? {
        Some(_) => Ok(()),
        None => Err(Fault::Sight),
    }
}

fn decide(
    tx: &Tx<'_>,
    staff: &str,
    finding: FindingId,
    verdict: Verdict,
    (reason, by): (&str, &str),
    now: i64,
) -> Result<(), Fault> {
    let Some(alert) = casework::alert(tx, finding)? else {
        return Err(MISSING);
    };
    if !verdict.fits(alert.state) {
        return Err(Fault::Overtaken);
    }
    let decision = Decision {
        id: random::row_id(now)?,
        finding,
        staff: staff.to_owned(),
        at: now,
        verdict: verdict.as_str().to_owned(),
        reason: reason.to_owned(),
    };
    casework::decide(tx, &decision, verdict.state())?;
    let on = format!("{finding} {} {by}", verdict.as_str());
    audit::enter(
        tx,
        staff,
        audit::DECIDED,
        Some(&alert.person),
        on.trim_end(),
        now,
    )
}

/// On to a page, after a form.
pub(super) fn to(path: &str) -> Response {
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}
