//! The order that everybody is under, and what it finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proviso_collector::judging::{Judged, Memory, OrderBook};
use proviso_collector::store::devices::Device;
use proviso_report::{Hash, Record};
use proviso_rules::{HeldLists, State};
use tokio::runtime::{Builder, Runtime};

const TEXT: &str = include_str!("../../order/seed.toml");
const DAY: i64 = 86_400_000;
/// It goes on for so many days after its records.
const AFTER: i64 = 8 * 365;

/// Its file, for records from `begin` to `until`.
pub(super) fn text(id: &str, begin: i64, until: i64) -> anyhow::Result<String> {
    let mut text = TEXT.replace("@ID@", id);
    for (what, at) in [
        ("@STARTS@", begin - DAY),
        ("@DAY@", begin),
        ("@ENDS@", until + AFTER * DAY),
    ] {
        let at = Timestamp::from_millisecond(at)?.to_zoned_datetime(TimeZone::UTC);
        text = text.replace(what, &at.date().to_string());
    }
    Ok(text)
}

/// Judges logs as the collector does.
pub(super) struct Judges {
    book: Arc<OrderBook>,
    runtime: Runtime,
}

impl Judges {
    /// By the orders of this store.
    pub(super) fn new(book: &Arc<OrderBook>) -> anyhow::Result<Self> {
        Ok(Self {
            book: Arc::clone(book),
            runtime: Builder::new_current_thread().build()?,
        })
    }

    /// What is remembered of a log that begins.
    pub(super) fn memory(&self, device: &Device) -> anyhow::Result<Memory> {
        let memory = self.runtime.block_on(self.book.memory(device, 0))?;
        memory.context("the log does not begin")
    }

    /// What is found in the next records of a log.
    pub(super) fn follow(
        &self,
        (device, order): (&Device, Hash),
        state: &mut State,
        records: &[Record],
        now: i64,
    ) -> anyhow::Result<Judged> {
        let (theirs, held) = (BTreeSet::from([order]), HeldLists::default());
        let follow = self
            .book
            .follow(device, (&theirs, &held), state, records, now);
        let judged = self.runtime.block_on(follow)?;
        if !judged.unknown.is_empty() || !judged.outside.is_empty() {
            bail!("records of {} are under no order", device.id);
        }
        Ok(judged)
    }
}
