//! Cases: what one person can take up together, with what was said of each.
//!
//! Promises: a decision goes the way that the form of a page goes (`decide::record`), with the same checks in the
//! same transaction. The `ETag` of a case is what that form carries (what lies in it, and how much was said), a
//! point, and a hash of the answer; a decision holds the first part against what is there.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::clock;
use crate::store::cases::{self, CaseFile, Rank, Stage};
use crate::store::rulings::{self, Shown};
use crate::store::{Hash, PersonId, StoreError, listed};
use crate::web::decide::{self, What};
use crate::web::fault::Fault;
use crate::web::{Site, audit};

use super::alerts::{handed_in, latest, tag};
use super::asked::{self, Sent, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::people::seen;
use super::problem::Problem;
use super::shapes::{CaseLine, CaseWhole, Cases, Moment, NewDecision, RulingSeen};

const MISSING: &str = "There is no case with this id. /api/v1/cases lists those that wait.";

/// Which cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    stage: Option<String>,
    person: Option<String>,
    cursor: Option<String>,
    limit: Option<u64>,
}

/// A run of them.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Wanted(which): Wanted<Which>,
) -> Result<Response, Problem> {
    let limit = asked::limit(which.limit)?;
    let stage = match which.stage.as_deref() {
        None | Some("waits") => Stage::Waits,
        Some("sign_off") => Stage::SignOff,
        Some("done") => Stage::Done,
        Some(_) => return Err(Problem::input("`stage` is waits, sign_off or done.")),
    };
    let after = Cursor::or(which.cursor.as_deref(), Cursor::new(i64::MIN, "-1 "))?;
    let place = after.key.split_once(' ').and_then(|(rank, id)| {
        let rank: i64 = rank.parse().ok()?;
        Some((rank, after.at, id.to_owned()))
    });
    let place = place.ok_or_else(|| {
        Problem::input("The cursor is of another list. Send `next` of an answer of this one.")
    })?;
    let person: Option<PersonId> = match &which.person {
        None => None,
        Some(id) => Some(seen(&site, &caller, id).await?),
    };
    site.looks_by(&caller, audit::SAW_ALERTS, person.as_ref(), "cases")
        .await?;
    let (staff, now) = (caller.signed.staff, clock::now());
    let rows = site.store.read(move |read| {
        let (who, what) = ((staff.as_str(), now), (stage, person.as_ref()));
        let from = (place.0, place.1, place.2.as_str());
        Ok::<_, StoreError>(listed::cases(read, who, what, from, limit)?)
    });
    let rows = rows.await?;
    let last = rows.last().filter(|_| rows.len() as u64 == limit);
    let next = last.map(|last| {
        let key = format!("{} {}", rank(last.rank).0, last.id);
        Cursor::new(last.came.0, key).text()
    });
    answer(&Cases {
        items: rows.into_iter().map(line).collect(),
        next,
    })
}

/// One of them.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let person = known(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_CASE, Some(&person), &id)
        .await?;
    let (response, tag) = whole(&site, id).await?;
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| *seen == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(response)
}

/// What a person decided about all that waits in one of them.
pub(super) async fn decide(
    State(site): State<Arc<Site>>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Sent(new): Sent<NewDecision>,
) -> Result<Response, Problem> {
    known(&site, &caller, &id).await?;
    let tag = headers.get(IF_MATCH).ok_or_else(Problem::unmatched)?;
    let tag = latest(tag).ok_or_else(Problem::overtaken)?;
    let (seen, _) = tag.split_once('.').ok_or_else(Problem::overtaken)?;
    let taken = handed_in(&site, &caller, new)?;
    decide::record(&site, &caller.signed, What::Case(id.clone()), taken, seen).await?;
    let (mut response, _) = whole(&site, id).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Whom a case is about, if the caller sees them.
async fn known(site: &Site, caller: &Caller, id: &str) -> Result<PersonId, Problem> {
    let wanted = id.to_owned();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(cases::get(read, &wanted)?));
    let case = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    site.in_sight(&caller.signed, &case.person).await?;
    Ok(case.person)
}

/// A case with what lies in it, and its tag.
async fn whole(site: &Site, id: String) -> Result<(Response, HeaderValue), Problem> {
    let found = site.store.read(move |read| {
        let Some(case) = cases::get(read, &id)? else {
            return Ok(None);
        };
        let seen = cases::seen_digest(read, &case)?;
        let alerts = listed::alerts_in(read, &id)?;
        Ok::<_, StoreError>(Some((case, seen, alerts, rulings::of_case(read, &id)?)))
    });
    let (case, seen, alerts, said) = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    let whole = CaseWhole {
        case: line(case),
        alerts: alerts.iter().map(ToString::to_string).collect(),
        rulings: said.into_iter().map(ruling).collect(),
    };
    let body = serde_json::to_vec(&whole).map_err(|why| Fault::Damaged(why.to_string()))?;
    let tag = tag(&format!("{seen}.{}", Hash::of(&body)))?;
    let mut response = answer(&whole)?;
    response.headers_mut().insert(ETAG, tag.clone());
    Ok((response, tag))
}

/// As the table and the list have it.
const fn rank(rank: Rank) -> (i64, &'static str) {
    match rank {
        Rank::Urgent => (0, "urgent"),
        Rank::Breach => (1, "breach"),
        Rank::Review => (2, "review"),
    }
}

fn line(case: CaseFile) -> CaseLine {
    let [urgent, breach, review] = case.waiting;
    CaseLine {
        id: case.id,
        person: case.person.to_string(),
        kind: case.kind.as_str().to_owned(),
        subject: case.subject,
        device: Some(case.device).filter(|device| !device.is_empty()),
        stage: match case.stage {
            Stage::Waits => "waits",
            Stage::SignOff => "sign_off",
            Stage::Done => "done",
        }
        .to_owned(),
        severity: rank(case.rank).1.to_owned(),
        opened: Moment(case.came.0),
        latest: Moment(case.came.1),
        urgent,
        breach,
        review,
        unheeded: case.unheeded,
        total: case.total,
        snoozed: (case.snoozed > 0).then_some(Moment(case.snoozed)),
    }
}

fn ruling(shown: Shown) -> RulingSeen {
    let pending = shown.pending();
    RulingSeen {
        id: shown.ruling.id,
        at: Moment(shown.ruling.at),
        by: shown.staff_name,
        verdict: shown.ruling.verdict,
        reason: shown.ruling.reason,
        review: Some(shown.ruling.review).filter(|day| !day.is_empty()),
        alerts: shown.ruling.alerts,
        pending,
    }
}
