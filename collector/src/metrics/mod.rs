//! Figures for a monitoring system, in Prometheus' text format.
//!
//! Promises: counts and times over all people together. A label's value comes from a list that this
//! program fixes (states, severities, kinds of way out, templates of addresses), so no pseudonym, id,
//! host or name can be in it. Scraping often costs no more than scraping every few seconds.
//!
//! Refuses: to be read from other machines without the token of `[metrics]`, and in the clear there.
//!
//! Read [`Metrics`] first, then `text`.

mod requests;
mod serve;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock;
use crate::config::{STAFF_MAIL, STAFF_SMS};
use crate::ready::{Checks, Ready};
use crate::store::devices::SILENT;
use crate::store::tally::{Counted, LAGS};
use crate::store::{Read, SqlError, Store, StoreError, figures};

pub use requests::Requests;
pub use serve::{DEFAULT, MetricsError, bind, router, serve};
use text::Text;

/// How long figures are kept, in milliseconds.
const KEPT: i64 = 5_000;

const SEVERITIES: [&str; 3] = ["urgent", "breach", "review"];
const STATES: [&str; 2] = ["open", "acknowledged"];
const CONDITIONS: [&str; 5] = ["killed", "stopped", "disk_full", "source_failed", "dark"];
const WAYS: [&str; 4] = ["mail", "webhook", STAFF_MAIL, STAFF_SMS];

/// Where the figures come from.
pub struct Metrics {
    store: Store,
    file: PathBuf,
    requests: Arc<Requests>,
    ready: Arc<Ready>,
    began: i64,
    last: tokio::sync::Mutex<Option<(i64, String)>>,
}

/// What the store says.
struct Figures {
    devices: figures::Devices,
    queue: Vec<figures::Queue>,
    outgoing: Vec<figures::Outgoing>,
    conditions: Vec<(String, u64)>,
    sessions: u64,
    ledger: (u64, Option<i64>),
}

impl Metrics {
    /// Of this store, whose file is `file`.
    #[must_use]
    pub fn new(store: Store, file: PathBuf, requests: Arc<Requests>, ready: Arc<Ready>) -> Self {
        Self {
            store,
            file,
            requests,
            ready,
            began: clock::now(),
            last: tokio::sync::Mutex::new(None),
        }
    }

    /// The page.
    pub async fn page(&self) -> Result<String, StoreError> {
        let mut last = self.last.lock().await;
        let now = clock::now();
        if let Some((at, page)) = last.as_ref()
            && (0..KEPT).contains(&now.saturating_sub(*at))
        {
            return Ok(page.clone());
        }
        let found = self.store.read(move |read| Ok(figures(read, now)?));
        let found: Result<_, StoreError> = found.await;
        let page = self.written(&found?, &self.ready.now().await, now);
        *last = Some((now, page.clone()));
        Ok(page)
    }

    fn written(&self, found: &Figures, checks: &Checks, now: i64) -> String {
        let mut text = Text::default();
        text.gauge("proviso_build_info", "The version that runs.");
        text.value(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        text.gauge("proviso_start_time_seconds", "When it started.");
        text.seconds(&[], self.began);
        text.gauge("proviso_ready", "Whether each check of /readyz holds.");
        for (check, holds) in checks.each() {
            text.value(&[("check", check.name())], u64::from(holds));
        }
        devices(&mut text, &found.devices);
        waiting(&mut text, found);
        outgoing(&mut text, &found.outgoing);
        taken(&mut text, &self.store.tally().counted());
        text.gauge("proviso_sessions", "Browsers that are signed in.");
        text.value(&[], found.sessions);
        text.gauge(
            "proviso_ledger_entries",
            "Entries of the collector's own log.",
        );
        text.value(&[], found.ledger.0);
        text.gauge("proviso_ledger_newest_seconds", "When the newest was made.");
        text.seconds(&[], found.ledger.1.unwrap_or(0));
        text.gauge(
            "proviso_writer_queue",
            "Jobs that wait for the store's writer.",
        );
        text.value(&[], self.store.queued() as u64);
        self.file_sizes(&mut text);
        text.counter(
            "proviso_http_requests_total",
            "Requests by template of address.",
        );
        for (method, route, status, count) in self.requests.counted() {
            let status = status.to_string();
            let labels = [("method", method), ("route", &route), ("status", &status)];
            text.value(&labels, count);
        }
        if let Some(bytes) = resident() {
            text.gauge("process_resident_memory_bytes", "Memory that it holds.");
            text.value(&[], bytes);
        }
        text.gauge("proviso_clock_seconds", "What time it is here.");
        text.seconds(&[], now);
        text.end()
    }

    fn file_sizes(&self, text: &mut Text) {
        text.gauge(
            "proviso_store_bytes",
            "The store's file, and the log beside it.",
        );
        let mut log = self.file.clone().into_os_string();
        log.push("-wal");
        for (part, path) in [("store", self.file.clone()), ("log", log.into())] {
            let size = std::fs::metadata(path).map_or(0, |file| file.len());
            text.value(&[("part", part)], size);
        }
    }
}

fn figures(read: &Read<'_>, now: i64) -> Result<Figures, SqlError> {
    Ok(Figures {
        devices: figures::devices(read, now.saturating_sub(SILENT))?,
        queue: figures::queue(read)?,
        outgoing: figures::outgoing(read)?,
        conditions: figures::conditions(read)?,
        sessions: figures::sessions(read, now)?,
        ledger: figures::ledger(read)?,
    })
}

fn devices(text: &mut Text, devices: &figures::Devices) {
    text.gauge("proviso_devices", "Devices by state.");
    for (state, count) in [
        ("heard", devices.heard),
        ("silent", devices.silent),
        ("never_heard", devices.never),
        ("broken_off", devices.broken_off),
        ("retired", devices.retired),
    ] {
        text.value(&[("state", state)], count);
    }
    text.gauge("proviso_records", "Records that are held.");
    text.value(&[], devices.records);
    text.gauge("proviso_records_unjudged", "Of these, not judged yet.");
    text.value(&[], devices.unjudged);
}

/// Each severity and state, also where there is nothing: a series that vanishes looks like an outage.
fn waiting(text: &mut Text, found: &Figures) {
    let of = |severity: &str, state: &str| {
        let mut all = found.queue.iter();
        all.find(|one| one.severity == severity && one.state == state)
    };
    text.gauge("proviso_alerts", "Alerts that nobody decided.");
    for severity in SEVERITIES {
        for state in STATES {
            let labels = [("severity", severity), ("state", state)];
            text.value(&labels, of(severity, state).map_or(0, |one| one.count));
        }
    }
    text.gauge(
        "proviso_alerts_oldest_seconds",
        "When the oldest of them was opened; 0: there is none.",
    );
    for severity in SEVERITIES {
        let oldest = STATES.iter().filter_map(|state| of(severity, state));
        let oldest = oldest.map(|one| one.oldest).min();
        text.seconds(&[("severity", severity)], oldest.unwrap_or(0));
    }
    text.gauge(
        "proviso_conditions",
        "What is wrong with watching now, by kind.",
    );
    for kind in CONDITIONS {
        let count = found.conditions.iter().find(|(own, _)| own == kind);
        text.value(&[("kind", kind)], count.map_or(0, |(_, count)| *count));
    }
}

fn outgoing(text: &mut Text, all: &[figures::Outgoing]) {
    let of = |way: &'static str| all.iter().filter(move |one| is_by(&one.channel, way));
    text.gauge("proviso_outbox", "Messages not delivered.");
    for way in WAYS {
        text.value(&[("way", way)], of(way).map(|one| one.waiting).sum());
    }
    text.gauge("proviso_outbox_failing", "Of these, tried and failed.");
    for way in WAYS {
        text.value(&[("way", way)], of(way).map(|one| one.failing).sum());
    }
    text.gauge(
        "proviso_outbox_oldest_seconds",
        "When the oldest was made; 0: there is none.",
    );
    for way in WAYS {
        let oldest = of(way).map(|one| one.oldest).min();
        text.seconds(&[("way", way)], oldest.unwrap_or(0));
    }
}

/// A way out is named by its kind and a digest of its address; those to staff have no address of their own.
fn is_by(channel: &str, way: &str) -> bool {
    channel == way || channel.split_once('-').is_some_and(|(kind, _)| kind == way)
}

fn taken(text: &mut Text, counted: &Counted) {
    text.counter(
        "proviso_reports_stored_total",
        "Reports stored since it started.",
    );
    text.value(&[], counted.reports);
    text.counter("proviso_records_stored_total", "Records in them.");
    text.value(&[], counted.records);
    text.histogram(
        "proviso_ingest_lag_seconds",
        "From a report's newest record, by the device's clock, until it was stored.",
    );
    text.classes(&LAGS, &counted.lag, counted.lag_millis);
}

/// Memory of this process, where the system says it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1_024)
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
