//! What a report says of how its device was watched, on its way into the store.
//!
//! Promises: each condition is entered once, in the transaction of the report that shows it, and ends
//! with the record that ends it. What counts as dark is what [`proviso_report::coverage`] says. Which order
//! the device says is in force on it is kept too.

use proviso_report::coverage::{Dark, Last, State, Stretch, Watch};
use proviso_report::fact::GapCause;
use proviso_report::{Fact, Record};

use crate::store::conditions::{self, Condition, ConditionKind};
use crate::store::devices::Device;
use crate::store::taken::{self, Taken};
use crate::store::{SqlError, Tx};

/// A shorter time without watching, when the agent was not killed, is not worth a person's look.
const SHORT_MS: i64 = 60_000;

/// Follows the records of a report that is stored in this transaction.
pub(super) fn follow(
    tx: &Tx<'_>,
    device: &Device,
    records: &[Record],
    now: i64,
) -> Result<(), SqlError> {
    let begin = conditions::last(tx, device.id)?;
    let mut watch = Watch::after(begin);
    for record in records {
        watch.pass(record);
        tell(tx, device, record, now)?;
        if let Fact::OrderInForce(order) = &record.fact {
            let taken = Taken {
                digest: order.digest,
                seq: record.seq,
                at: record.at.0,
                received: now,
            };
            taken::put(tx, device.id, &taken)?;
        }
    }
    let (Some(first), Some(last)) = (records.first(), watch.last()) else {
        return Ok(());
    };
    let from = begin.as_ref().map_or(first.noted.0, Last::noted);
    for dark in watch.over(from, last.noted()).stretches {
        if let Some(kind) = worth_a_look(&dark) {
            let over = Condition {
                until: Some(dark.to),
                cleared: Some(now),
                ..condition(device, kind, first.seq, dark.from, now)
            };
            conditions::put(tx, &over)?;
        }
    }
    conditions::set_last(tx, device.id, &last)
}

/// What a record says by itself.
fn tell(tx: &Tx<'_>, device: &Device, record: &Record, now: i64) -> Result<(), SqlError> {
    let at = record.at.0;
    let of = |kind| condition(device, kind, record.seq, at, now);
    match &record.fact {
        Fact::AgentStopped(stopped) if stopped.shutdown == Some(false) => {
            conditions::put(tx, &of(ConditionKind::Stopped))
        }
        Fact::AgentStarted(_) => {
            // One that starts says anew what fails.
            for kind in [ConditionKind::Stopped, ConditionKind::SourceFailed] {
                conditions::clear(tx, device.id, kind, None, at, now)?;
            }
            Ok(())
        }
        Fact::SourceFailed(failed) => {
            let failed = Condition {
                source: failed.source.clone(),
                ..of(ConditionKind::SourceFailed)
            };
            conditions::put(tx, &failed)
        }
        Fact::SourceRestored(restored) => {
            let source = Some(restored.source.as_str());
            conditions::clear(tx, device.id, ConditionKind::SourceFailed, source, at, now)
        }
        Fact::Gap(gap) if gap.cause == GapCause::DiskFull => {
            let over = Condition {
                since: gap.from.unwrap_or(at),
                until: Some(gap.to.unwrap_or(at)),
                cleared: Some(now),
                ..of(ConditionKind::DiskFull)
            };
            conditions::put(tx, &over)
        }
        _ => Ok(()),
    }
}

fn worth_a_look(stretch: &Stretch) -> Option<ConditionKind> {
    let State::Dark(dark) = stretch.state else {
        return None;
    };
    let short = stretch.to.saturating_sub(stretch.from) < SHORT_MS;
    match dark {
        Dark::Killed => Some(ConditionKind::Killed),
        // The record that it stopped has told.
        Dark::Stopped | Dark::Unwritten => None,
        Dark::Silent | Dark::Unsaid => (!short).then_some(ConditionKind::Dark),
    }
}

fn condition(device: &Device, kind: ConditionKind, seq: u64, since: i64, now: i64) -> Condition {
    Condition {
        device: device.id,
        person: device.person.clone(),
        kind,
        source: String::new(),
        seq,
        since,
        until: None,
        known: now,
        cleared: None,
    }
}
