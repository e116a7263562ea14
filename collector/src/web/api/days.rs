//! What was recorded on a day.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use serde_json::Value;

use crate::digest;
use crate::store::{StoreError, devices, orders};
use crate::web::records::{self, CONFIRMED, Held};
use crate::web::{Site, audit};

use super::super::words;
use super::asked::{self, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::people::{Run, seen};
use super::problem::Problem;
use super::shapes::{Day, Moment, Recorded};

/// A run of its records.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Path((id, day)): Path<(String, String)>,
    Wanted(run): Wanted<Run>,
) -> Result<Response, Problem> {
    let limit = asked::limit(run.limit)?;
    let after = Cursor::or(run.cursor.as_deref(), Cursor::new(i64::MIN, ""))?;
    let day: Date = day
        .parse()
        .map_err(|_| Problem::input("The day is not a date: write it as 2026-11-24."))?;
    let id = seen(&site, &caller, &id).await?;
    let whose = id.clone();
    let order = site
        .store
        .read(move |read| Ok::<_, StoreError>(orders::current(read, &whose)?.map(|one| one.digest)))
        .await?;
    let text = match order {
        None => None,
        Some(digest) => site.texts.get(digest).await?,
    };
    let zone = text.as_ref().map_or(&site.zone, |text| &text.zone).clone();
    let (from, to) = digest::span(day, &zone)
        .ok_or_else(|| Problem::input("The day is too far away: choose one within a few years."))?;
    site.looks_by(&caller, audit::SAW_DAY, Some(&id), &day.to_string())
        .await?;
    let found = site.store.read(move |read| {
        let all = devices::of_person(read, &id)?;
        let all: Vec<_> = all.into_iter().map(|device| device.id).collect();
        let until = to.saturating_add(CONFIRMED);
        Ok::<_, StoreError>(records::gather(read, &all, (from, to), until)?)
    });
    let found = found.await?;
    let place = |held: &Held| {
        Cursor::new(
            held.record.at.0,
            format!("{} {:020}", held.device, held.record.seq),
        )
    };
    let is_after = |held: &&Held| {
        let place = place(held);
        (place.at, place.key.as_str()) > (after.at, after.key.as_str())
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let shown: Vec<&Held> = found.records.iter().filter(is_after).take(limit).collect();
    let last = shown.last().filter(|_| shown.len() == limit);
    answer(&Day {
        day: day.to_string(),
        zone: words::zone_name(&zone).to_owned(),
        next: last.map(|held| place(held).text()),
        items: shown.into_iter().map(recorded).collect(),
        unreadable: found.unreadable,
        erased: found.erased as u64,
        cut: found.cut,
    })
}

fn recorded(held: &Held) -> Recorded {
    // A record that was read from its line can be written as that line again.
    let line = held.record.to_line().ok();
    let record = line.and_then(|line| serde_json::from_slice(line.as_ref()).ok());
    Recorded {
        device: held.device.to_string(),
        record: record.unwrap_or(Value::Null),
        methods: held
            .methods
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        not_before: held.bounds.lower.map(|at| Moment(at.0)),
        not_after: held.bounds.upper.map(|at| Moment(at.0)),
        received: Moment(held.received),
    }
}
