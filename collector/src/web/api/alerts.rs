//! Possible breaches, and what people decide about them.
//!
//! Promises: a decision goes the way that the form of a page goes (`decide::record`), with the same checks in the same
//! transaction; the `ETag` of an alert is the id of the latest decision on it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::clock;
use crate::store::casework::{self, AlertState};
use crate::store::findings::{self, Finding};
use crate::store::listed::{self, Listed};
use crate::store::{FindingId, PersonId, StoreError};
use crate::web::decide::{self, Sheet, Taken, What};
use crate::web::{Site, audit};

use super::asked::{self, Sent, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::people::seen;
use super::problem::Problem;
use super::shapes::{Alert, Alerts, Case, Decided, Matched, Moment, NewDecision};

const MISSING: &str = "There is no alert with this id. /api/v1/alerts lists those that you see.";

/// Which alerts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    state: Option<String>,
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
    let state: AlertState = match which.state.as_deref() {
        None => AlertState::Open,
        Some(word) => word
            .parse()
            .map_err(|_| Problem::input("`state` is open, acknowledged or decided."))?,
    };
    let after = Cursor::or(which.cursor.as_deref(), Cursor::new(i64::MIN, ""))?;
    let person: Option<PersonId> = match &which.person {
        None => None,
        Some(id) => Some(seen(&site, &caller, id).await?),
    };
    site.looks_by(&caller, audit::SAW_ALERTS, person.as_ref(), "")
        .await?;
    let (staff, now) = (caller.signed.staff, clock::now());
    let rows = site.store.read(move |read| {
        let (who, what) = ((staff.as_str(), now), (state, person.as_ref()));
        let from = (after.at, after.key.as_str());
        Ok::<_, StoreError>(listed::alerts(read, who, what, from, limit)?)
    });
    let rows = rows.await?;
    let last = rows.last().filter(|_| rows.len() as u64 == limit);
    let next = last.map(|last| Cursor::new(last.opened, last.finding.to_string()).text());
    answer(&Alerts {
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
    let (id, person) = known(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_ALERT, Some(&person), &id.to_string())
        .await?;
    let (case, tag) = case(&site, id).await?;
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| *seen == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let mut response = answer(&case)?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// What a person decided about one of them.
pub(super) async fn decide(
    State(site): State<Arc<Site>>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Sent(new): Sent<NewDecision>,
) -> Result<Response, Problem> {
    let (id, _) = known(&site, &caller, &id).await?;
    let seen = headers.get(IF_MATCH).ok_or_else(Problem::unmatched)?;
    let seen = latest(seen).ok_or_else(Problem::overtaken)?;
    let taken = handed_in(&site, &caller, new)?;
    decide::record(&site, &caller.signed, What::Alert(id), taken, &seen).await?;
    let (case, tag) = case(&site, id).await?;
    let mut response = answer(&case)?;
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// What a person decided, as a program hands it in.
pub(super) fn handed_in(site: &Site, caller: &Caller, new: NewDecision) -> Result<Taken, Problem> {
    let (part, review) = (new.part.unwrap_or_default(), new.review.unwrap_or_default());
    let sheet = Sheet::of(new.verdict, new.reason).with(part, review, new.sign_off == Some(true));
    let taken = site.taken(&sheet);
    let mut taken = taken.map_err(|errors| Problem::input(errors.sentences()))?;
    taken.by = caller.on("");
    Ok(taken)
}

/// An alert of somebody whom the caller sees.
async fn known(site: &Site, caller: &Caller, id: &str) -> Result<(FindingId, PersonId), Problem> {
    let id: FindingId = id.parse().map_err(|_| Problem::missing(MISSING))?;
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(casework::alert(read, id)?));
    let alert = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    site.in_sight(&caller.signed, &alert.person).await?;
    Ok((id, alert.person))
}

/// An alert with what stands behind it, and its tag.
async fn case(site: &Site, id: FindingId) -> Result<(Case, HeaderValue), Problem> {
    let found = site.store.read(move |read| {
        let alert = casework::alert(read, id)?;
        let finding = findings::get(read, id)?;
        let decisions = casework::decisions(read, id)?;
        Ok::<_, StoreError>(alert.zip(finding).map(|both| (both, decisions)))
    });
    let ((alert, finding), decisions) = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    let text = site.texts.get(finding.order).await?;
    let tag = tag(decisions.last().map_or("", |latest| &latest.decision.id))?;
    let decisions = decisions.into_iter().map(|one| Decided {
        id: one.decision.id,
        at: Moment(one.decision.at),
        by: one.staff_name,
        verdict: one.decision.verdict,
        reason: one.decision.reason,
    });
    let case = Case {
        record: finding.seq,
        proof: finding.proof.as_str().to_owned(),
        says: text
            .as_ref()
            .and_then(|text| text.says(&finding.rule))
            .map(str::to_owned),
        court: text
            .as_ref()
            .and_then(|text| text.clause(&finding.clause))
            .map(str::to_owned),
        matched: matched(&finding),
        decisions: decisions.collect(),
        alert: line(Listed {
            finding: alert.finding,
            person: alert.person,
            device: finding.device,
            opened: alert.opened,
            state: alert.state,
            at: finding.at,
            severity: finding.severity,
            rule: finding.rule,
            clause: finding.clause,
            order: finding.order,
        }),
    };
    Ok((case, tag))
}

fn line(row: Listed) -> Alert {
    Alert {
        id: row.finding.to_string(),
        person: row.person.to_string(),
        device: row.device.to_string(),
        state: row.state.as_str().to_owned(),
        severity: row.severity,
        rule: row.rule,
        clause: row.clause,
        order: row.order.to_string(),
        happened: Moment(row.at),
        opened: Moment(row.opened),
    }
}

/// What matched; nothing where it was erased.
fn matched(finding: &Finding) -> Vec<Matched> {
    let parts: Vec<Value> = serde_json::from_str(&finding.matched).unwrap_or_default();
    let text = |part: &Value, name: &str| part.get(name).and_then(Value::as_str).map(str::to_owned);
    let each = parts.iter().map(|part| Matched {
        field: text(part, "field").unwrap_or_default(),
        text: text(part, "text").unwrap_or_default(),
    });
    each.collect()
}

/// The tag of an alert with this latest decision; empty: nobody said anything yet.
pub(super) fn tag(latest: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("\"{latest}\""))
        .map_err(|why| crate::web::fault::Fault::Damaged(why.to_string()).into())
}

/// What stands in a tag. A star would mean that nobody looked.
pub(super) fn latest(tag: &HeaderValue) -> Option<String> {
    let tag = tag.to_str().ok()?.trim();
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then(|| inner.to_owned())
}
