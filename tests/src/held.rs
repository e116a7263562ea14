//! What the collector holds, read from its store by the formats alone.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use proviso_collector::store::sealed;
use proviso_collector::store::vault::Vault;
use proviso_report::fact::{Fact, WebVisit};
use proviso_report::record::{Method, Record};
use proviso_report::report::Kept;

use crate::collector::Collector;
use crate::wait::{PATIENCE, until};

/// So much is told of a record that nobody waited for.
const LISTED: usize = 300;

/// A record as the collector holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Of which device.
    pub device: String,
    /// The record.
    pub record: Record,
}

impl Held {
    /// The visit, if it is one.
    #[must_use]
    pub fn visit(&self) -> Option<&WebVisit> {
        match &self.record.fact {
            Fact::WebVisit(visit) => Some(visit),
            _ => None,
        }
    }

    /// Whether it is a visit of that address.
    #[must_use]
    pub fn is_visit_of(&self, url: &str) -> bool {
        self.visit().is_some_and(|visit| visit.url == url)
    }
}

/// Every record of every stored report, by device and place.
pub fn records(collector: &Collector) -> anyhow::Result<Vec<Held>> {
    let (store, vault) = (collector.store()?, Vault::beside(&collector.store_file()));
    let mut reports =
        store.prepare("SELECT device, bytes, first FROM report ORDER BY device, first")?;
    let mut rows = reports.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let device: String = row.get(0)?;
        let place = sealed::report(device.parse()?, row.get::<_, i64>(2)?.unsigned_abs());
        let bytes = vault.open(&place, row.get(1)?)?;
        for (_, line) in Kept::parse(&bytes)?.lines() {
            records.push(Held {
                device: device.clone(),
                record: Record::parse(line)?,
            });
        }
    }
    Ok(records)
}

/// How often each address was visited, by the records.
pub fn visits(collector: &Collector) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for held in records(collector)? {
        if let Some(visit) = held.visit() {
            *counts.entry(visit.url.clone()).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Waits for a record that is as wanted.
pub fn wait_for_record(
    collector: &Collector,
    what: &str,
    wanted: impl Fn(&Held) -> bool,
) -> anyhow::Result<Held> {
    wait_longer_for_record(collector, what, PATIENCE, wanted)
}

/// The same, for what takes its time.
pub fn wait_longer_for_record(
    collector: &Collector,
    what: &str,
    patience: Duration,
    wanted: impl Fn(&Held) -> bool,
) -> anyhow::Result<Held> {
    until(&format!("a record: {what}"), patience, || {
        Ok(records(collector)?.into_iter().find(&wanted))
    })
    .with_context(|| format!("the collector said:\n{}", collector.said()))
    .with_context(|| format!("the collector holds:\n{}", listed(collector)))
}

/// What came in place of a record that was waited for: how many of each kind, and the newest of each.
fn listed(collector: &Collector) -> String {
    let records = match records(collector) {
        Ok(records) => records,
        Err(error) => return format!("nothing that can be read: {error:#}"),
    };
    let mut kinds = BTreeMap::new();
    for Held { record, .. } in &records {
        let (count, newest) = kinds.entry(record.kind()).or_insert((0, record));
        *count += 1;
        *newest = record;
    }
    let lines = kinds.values().map(|(count, Record { methods, fact, .. })| {
        let newest = format!("{methods:?} {fact:?}");
        let begin: String = newest.chars().take(LISTED).collect();
        format!("{count} of which the newest is {begin}\n")
    });
    lines.collect()
}

/// Waits until a visit of that address is known by each of these methods, whichever came first.
pub fn wait_for_methods(
    collector: &Collector,
    url: &str,
    methods: &[Method],
) -> anyhow::Result<Held> {
    until(&format!("{url} by {methods:?}"), PATIENCE, || {
        let records = records(collector)?;
        let Some(visit) = records.iter().find(|held| held.is_visit_of(url)) else {
            return Ok(None);
        };
        let known = |method: &Method| {
            visit.record.methods.contains(method)
                || records.iter().any(|held| match &held.record.fact {
                    Fact::VisitsConfirmed(confirmed) => {
                        held.device == visit.device
                            && confirmed.method == *method
                            && confirmed.seqs.contains(&visit.record.seq)
                    }
                    _ => false,
                })
        };
        Ok(methods.iter().all(known).then(|| visit.clone()))
    })
    .with_context(|| format!("the collector said:\n{}", collector.said()))
}
