//! A draft is tried on the records that are held of a person, as `proviso order replay` tries one.
//!
//! Promises: it only reads; a few reports at a time, up to a bound that is said when it is reached.
//!
//! Refuses: to go on when the collector stops.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use maud::{Markup, html};
use proviso_rules::replay::{Comparison, Replay};
use proviso_rules::{Fault, Faults, Judge, Order};

use crate::judging;
use crate::putting;
use crate::store::orders::StoredOrder;
use crate::store::{DeviceId, PersonId, Read, StoreError, devices, reports, updates};

use super::super::zones::Zones;
use super::super::{Site, fault, records, words};

/// The most records that are judged.
const RECORDS: u64 = 2_000_000;

/// Reports that are read at once.
const REPORTS: u64 = 100;

/// How much is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most records.
    pub(super) records: u64,
    /// Not after this moment; none: however long it takes.
    pub(super) until: Option<Instant>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            records: RECORDS,
            until: None,
        }
    }
}

impl Bounds {
    /// Whether nothing more is to be judged.
    pub(super) fn is_spent(&self) -> bool {
        self.records == 0 || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

/// What came of it.
pub(super) struct Outcome {
    /// Rule by rule.
    pub(super) found: Comparison,
    /// The logs, by their number in examples: what the computer is called, and in which zones it showed times.
    pub(super) logs: Vec<(String, Zones)>,
    /// Against which order; none: by itself, and why.
    pub(super) against: Result<String, String>,
    /// There are more records than were judged.
    pub(super) cut: bool,
    /// Records that were erased.
    pub(super) erased: u64,
    /// Sentences about reports that cannot be read.
    pub(super) unreadable: Vec<String>,
}

impl Progress {
    /// Records that were judged, and all of them.
    pub(super) fn standing(&self) -> (u64, u64) {
        let (done, total) = (&self.done, &self.total);
        (done.load(Ordering::Relaxed), total.load(Ordering::Relaxed))
    }

    fn advance(&self, records: u64) {
        self.done.fetch_add(records, Ordering::Relaxed);
    }
}

/// Tries it, beside the order in force or why there is none to compare with, on the time from one moment to another.
/// May take minutes: not for async code. An error is a sentence.
pub(super) fn run(
    site: &Site,
    new: &Judge,
    old: Result<Judge, String>,
    (person, from, to): (&PersonId, i64, i64),
    (mut bounds, progress): (Bounds, &Progress),
) -> Result<Outcome, String> {
    let failed = |why: StoreError| fault::Fault::from(why).told();
    let logs = site
        .store
        .read_blocking(|read| logs(read, person, (from, to)))
        .map_err(failed)?;
    let total: u64 = logs
        .iter()
        .map(|log| log.end.saturating_sub(log.first))
        .sum();
    progress.done.store(0, Ordering::Relaxed);
    progress.total.store(total, Ordering::Relaxed);
    let mut replay = match &old {
        Ok(old) => Replay::new(old, new),
        Err(_) => Replay::alone(new),
    };
    let mut outcome = Outcome {
        found: Comparison::default(),
        logs: Vec::new(),
        against: old
            .as_ref()
            .map_err(Clone::clone)
            .map(|old| format!("{} version {}", old.order().id(), old.order().version())),
        cut: false,
        erased: 0,
        unreadable: Vec::new(),
    };
    for log in logs {
        if !outcome.logs.is_empty() {
            replay.next_log();
        }
        outcome.logs.push((log.host, log.zones));
        let mut next = log.first;
        while next < log.end {
            if site.stop.is_cancelled() {
                return Err("the collector was stopped; try again".to_owned());
            }
            if bounds.is_spent() {
                outcome.cut = true;
                break;
            }
            let read = |read: &Read<'_>| reports::since(read, log.device, next, REPORTS);
            let some = site
                .store
                .read_blocking(|one| Ok::<_, StoreError>(read(one)?))
                .map_err(failed)?;
            let before = next;
            for report in some.iter().take_while(|report| report.first < log.end) {
                next = report.first.saturating_add(report.count);
                bounds.records = bounds.records.saturating_sub(report.count);
                progress.advance(report.count);
                match records::decode(report) {
                    Ok((records, erased)) => {
                        outcome.erased = outcome.erased.saturating_add(erased as u64);
                        for record in &records {
                            replay.record(record);
                        }
                    }
                    Err(sentence) => outcome.unreadable.push(sentence),
                }
            }
            // Nothing more is held than was there before.
            if next == before {
                break;
            }
        }
    }
    outcome.found = replay.finish();
    Ok(outcome)
}

/// That so many records could not be judged, since they were erased.
pub(super) fn erased_words(erased: u64) -> Markup {
    html! {
        @if erased > 0 {
            p.note {
                (words::counted(erased, "record"))
                (if erased == 1 { " was erased: nobody can judge it." } else { " were erased: nobody can judge them." })
            }
        }
    }
}

/// The part of a log that holds the time.
struct Log {
    device: DeviceId,
    host: String,
    zones: Zones,
    first: u64,
    end: u64,
}

fn logs(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (i64, i64),
) -> Result<Vec<Log>, StoreError> {
    let mut logs = Vec::new();
    for device in devices::of_person(read, person)? {
        let Some((first, end)) = reports::bounds(read, device.id, from, to)? else {
            continue;
        };
        let host = devices::registered(read, device.id)?.map(|one| one.host);
        logs.push(Log {
            device: device.id,
            host: host.unwrap_or_else(|| device.id.to_string()),
            zones: Zones::of(read, device.id)?,
            first,
            end,
        });
    }
    Ok(logs)
}

/// The order in force with its lists as they were updated last; or why it cannot be judged with. An error outside is
/// of the store.
pub(super) fn in_force(
    site: &Site,
    stored: Option<&StoredOrder>,
) -> Result<Result<Judge, String>, String> {
    let Some(stored) = stored else {
        return Ok(Err("no order is in force for this person".to_owned()));
    };
    let order = match Order::parse(&stored.bytes) {
        Ok(order) => order,
        Err(faults) => return Ok(Err(fails(&faults))),
    };
    site.store
        .read_blocking(|read| updated(read, stored, order))
        .map_err(|why: StoreError| why.to_string())
}

fn updated(
    read: &Read<'_>,
    stored: &StoredOrder,
    order: Order,
) -> Result<Result<Judge, String>, StoreError> {
    let known = updates::of_order(read, &stored.digest)?;
    let chain = match judging::chain(&order, &known) {
        Ok(chain) => chain,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let last = order.lists().iter().filter_map(|pin| {
        let update = chain.last(&pin.name)?;
        Some((pin.name.clone(), update.version()))
    });
    let order = match order.clone().with_updates(&chain, &last.collect()) {
        Ok(order) => order,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let lists = putting::held_lists(read, &order)?;
    Ok(putting::compile(order, &lists).map_err(|faults| fails(&faults)))
}

/// That an order in force has faults, and where the first is.
fn fails(faults: &Faults) -> String {
    format!(
        "the order in force itself does not pass its checks as it stands ({}); a new version of it, signed anew, mends \
         this",
        faults.all().first().map(placed).unwrap_or_default()
    )
}

fn placed(fault: &Fault) -> String {
    let Fault { file, sentence, .. } = fault;
    match fault.at {
        Some((line, _)) => format!("line {line} of {file}: {sentence}"),
        None => format!("{file}: {sentence}"),
    }
}
