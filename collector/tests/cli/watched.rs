//! `report.pdf`: for how long a computer was monitored, and what is missing.

use proviso_collector::store::Hash;
use proviso_report::fact::{
    AgentStarted, AgentStopped, Gap, GapCause, Heartbeat, Power, PowerWas, PreviousEnd,
};
use proviso_report::{BootId, Fact, Record, UnixMs};

use crate::bundles::{MORNING, export};
use crate::log::{Log, visit};
use crate::paper::words;
use crate::world::World;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What a computer writes down, record after record.
struct Written<'a> {
    log: &'a Log,
    order: Hash,
    boot: (BootId, i64),
    records: Vec<Record>,
}

impl Written<'_> {
    fn says(&mut self, at: i64, noted: i64, fact: impl Into<Fact>) {
        let ahead = self.records.len() as u64;
        let (boot, since) = self.boot;
        self.records.push(Record {
            noted: UnixMs(noted),
            mono: (noted - since).unsigned_abs(),
            boot,
            ..self.log.record(ahead, at, "4", fact)
        });
    }

    /// Signs of life until then.
    fn lives(&mut self, until: i64) {
        let mut at = self.records.last().unwrap().noted.0;
        while at < until {
            at += 5 * MINUTE;
            let alive = Heartbeat {
                uncovered: [].into(),
                suppressed: [].into(),
                cannot_tell: [].into(),
                awake_ms: 5 * 60_000,
                order: Some(self.order),
            };
            self.says(at, at, alive);
        }
    }

    fn stops(&mut self) {
        let at = self.records.last().unwrap().noted.0;
        let stopped = AgentStopped {
            reason: "shutdown".to_owned(),
            shutdown: Some(true),
        };
        self.says(at, at, stopped);
    }

    fn misses(&mut self, cause: GapCause, from: i64, to: i64, detail: &str) {
        let gap = Gap {
            cause,
            source: None,
            count: None,
            from: Some(from),
            to: Some(to),
            detail: detail.to_owned(),
        };
        self.says(to, to, gap);
    }
}

#[test]
fn each_day_shows_how_long_it_was_monitored() {
    let world = World::new();
    let (person, order) = world.ordered("Alex Example");
    let (store, signer) = (world.store(), world.data().signer().unwrap());
    let mut log = Log::enrol(&store, 7, &person.id, order);
    let mut one = Written {
        log: &log,
        order,
        boot: (BootId([1; 16]), MORNING - HOUR),
        records: Vec::new(),
    };
    one.says(MORNING, MORNING, visit("https://news.example/", "News"));
    one.lives(MORNING + 2 * HOUR);
    let asleep = Power {
        change: PowerWas::Asleep,
    };
    one.says(MORNING + 2 * HOUR, MORNING + 3 * HOUR, asleep);
    one.lives(MORNING + 4 * HOUR);
    one.stops();
    // The day after: killed for an hour, without room for half of one.
    let next = MORNING + 24 * HOUR;
    one.boot = (BootId([2; 16]), next - MINUTE);
    one.says(next, next, visit("https://news.example/", "News"));
    one.lives(next + HOUR);
    let started = AgentStarted {
        version: "0.1.0".to_owned(),
        engine: "e".to_owned(),
        platform: "linux x86_64".to_owned(),
        sources: Vec::new(),
        previous: PreviousEnd::Killed,
        zone: None,
    };
    one.says(next + 2 * HOUR, next + 2 * HOUR, started);
    let detail = "it ended while the computer ran";
    one.misses(GapCause::Killed, next + HOUR, next + 2 * HOUR, detail);
    one.lives(next + 3 * HOUR);
    let (from, to) = (next + 150 * MINUTE, next + 3 * HOUR);
    one.misses(
        GapCause::DiskFull,
        from,
        to,
        "nothing could be written down",
    );
    one.stops();
    let records = one.records;
    log.report(&store, &signer, &records, next + 4 * HOUR);
    store.close();

    let out = world.path("bundle");
    export(&world, "2026-05-31T00:00:00Z", "2026-06-03T00:00:00Z", &out);
    let words = words(&out);
    for part in [
        "All 07070707 4 h 30 min 32 h 0 min 1 h 30 min 0 min 34 h 0 min",
        "2026-05-31 07070707 0 min 0 min 0 min 0 min 24 h 0 min",
        "2026-06-01 07070707 3 h 0 min 11 h 0 min 0 min 0 min 10 h 0 min",
        "2026-06-02 07070707 1 h 30 min 21 h 0 min 1 h 30 min 0 min 0 min",
        "the agent was killed; it",
        "the disk was full; nothing",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert!(!words.contains("DiskFull"), "{words}");

    // Of a part of a day, records before and after it say how it was.
    let out = world.path("part");
    export(&world, "2026-06-01T11:00:00Z", "2026-06-01T12:30:00Z", &out);
    let words = crate::paper::words(&out);
    assert!(
        words.contains("All 07070707 1 h 0 min 30 min 0 min 0 min 0 min"),
        "{words}"
    );
}
