//! Who looked, and who did what.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::clock;
use crate::store::staff::Role;
use crate::store::{StoreError, listed};
use crate::web::{Site, audit};

use super::asked::{self, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::people::Run;
use super::problem::Problem;
use super::shapes::{Entries, Entry, Moment};

/// A run of the entries.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Wanted(run): Wanted<Run>,
) -> Result<Response, Problem> {
    let limit = asked::limit(run.limit)?;
    let before = Cursor::or(run.cursor.as_deref(), Cursor::new(i64::MAX, ""))?;
    site.looks_by(&caller, audit::SAW_AUDIT, None, "").await?;
    let whole = caller.signed.role == Role::Auditor;
    let (staff, now) = (caller.signed.staff, clock::now());
    let rows = site.store.read(move |read| {
        let from = (before.at, before.key.as_str());
        Ok::<_, StoreError>(listed::audit(read, (&staff, now, whole), from, limit)?)
    });
    let rows = rows.await?;
    let last = rows.last().filter(|_| rows.len() as u64 == limit);
    let next = last.map(|last| Cursor::new(last.entry.at, last.entry.id.clone()).text());
    let items = rows.into_iter().map(|row| Entry {
        id: row.entry.id,
        at: Moment(row.entry.at),
        by: row.staff_name,
        action: row.entry.action,
        person: row.entry.person.map(|person| person.to_string()),
        pseudonym: row.pseudonym,
        on: row.entry.reason,
    });
    answer(&Entries {
        items: items.collect(),
        next,
    })
}
