//! Cases: what one person can take up together, with what was said of each.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use crate::clock;
use crate::store::cases::{self, CaseFile, Rank, Stage};
use crate::store::rulings::{self, Shown};
use crate::store::{StoreError, listed};
use crate::web::{Site, audit};

use super::asked::{self, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::people::Run;
use super::problem::Problem;
use super::shapes::{CaseLine, CaseWhole, Cases, Moment, RulingSeen};

const MISSING: &str = "There is no case with this id. /api/v1/cases lists those that wait.";

/// A run of those that wait.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Wanted(run): Wanted<Run>,
) -> Result<Response, Problem> {
    let limit = asked::limit(run.limit)?;
    let after = Cursor::or(run.cursor.as_deref(), Cursor::new(i64::MIN, "-1 "))?;
    let place = after.key.split_once(' ').and_then(|(rank, id)| {
        let rank: i64 = rank.parse().ok()?;
        Some((rank, after.at, id.to_owned()))
    });
    let place = place.ok_or_else(|| {
        Problem::input("The cursor is of another list. Send `next` of an answer of this one.")
    })?;
    site.looks_by(&caller, audit::SAW_ALERTS, None, "cases")
        .await?;
    let (staff, now) = (caller.signed.staff, clock::now());
    let rows = site.store.read(move |read| {
        let from = (place.0, place.1, place.2.as_str());
        Ok::<_, StoreError>(listed::waiting_cases(read, (&staff, now), from, limit)?)
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
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let wanted = id.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(cases::get(read, &wanted)?));
    let case = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    site.in_sight(&caller.signed, &case.person).await?;
    site.looks_by(&caller, audit::SAW_CASE, Some(&case.person), &id)
        .await?;
    let found = site.store.read(move |read| {
        let alerts = listed::alerts_in(read, &id)?;
        Ok::<_, StoreError>((alerts, rulings::of_case(read, &id)?))
    });
    let (alerts, said) = found.await?;
    answer(&CaseWhole {
        case: line(case),
        alerts: alerts.iter().map(ToString::to_string).collect(),
        rulings: said.into_iter().map(ruling).collect(),
    })
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
