mod lives;

use std::collections::BTreeMap;

use super::*;
use crate::UnixMs;
use crate::device::DeviceId;
use crate::fact::{
    AgentStarted, AgentStopped, ClockStepped, Heartbeat, LogBreak, LogContinues, OrderEnded,
    OrderInForce, Power, PreviousEnd, SourceFailed, SourceRestored,
};
use crate::hash::Hash;
use crate::record::Method;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A device that writes its life down.
#[derive(Clone)]
struct Device {
    /// What really passed since the first boot.
    now: i64,
    /// How much ahead its wall clock is.
    ahead: i64,
    booted: i64,
    boot: u8,
    order: bool,
    records: Vec<Record>,
}

impl Device {
    fn new() -> Self {
        let mut device = Self {
            now: 0,
            ahead: 0,
            booted: 0,
            boot: 1,
            order: false,
            records: Vec::new(),
        };
        device.starts(PreviousEnd::First);
        device.comes_into_force();
        device
    }

    fn says_at(&mut self, at: i64, fact: impl Into<Fact>) {
        self.records.push(Record {
            seq: self.records.len() as u64,
            at: UnixMs(at),
            noted: UnixMs(self.now + self.ahead),
            mono: (self.now - self.booted).unsigned_abs(),
            boot: BootId([self.boot; 16]),
            account: None,
            clauses: vec![],
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact: fact.into(),
        });
    }

    fn says(&mut self, fact: impl Into<Fact>) {
        self.says_at(self.now + self.ahead, fact);
    }

    fn starts(&mut self, previous: PreviousEnd) {
        self.says(AgentStarted {
            version: String::new(),
            engine: String::new(),
            platform: String::new(),
            sources: vec![],
            previous,
            zone: None,
        });
    }

    fn comes_into_force(&mut self) {
        self.order = true;
        self.says(OrderInForce {
            id: "o".into(),
            version: 1,
            digest: Hash([1; 32]),
        });
    }

    fn ends(&mut self) {
        self.order = false;
        self.says(OrderEnded {
            id: "o".into(),
            version: 1,
            reason: String::new(),
        });
    }

    fn beats(&mut self) {
        self.says(Heartbeat {
            uncovered: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: 0,
            order: self.order.then_some(Hash([1; 32])),
        });
    }

    fn lives(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.now += MINUTE;
            self.beats();
        }
    }

    fn power(&mut self, at: i64, change: PowerWas) {
        self.says_at(at, Power { change });
    }

    fn sleeps(&mut self, ms: i64) {
        let from = self.now + self.ahead;
        self.now += ms;
        self.power(from, PowerWas::Asleep);
        self.power(self.now + self.ahead, PowerWas::Awake);
    }

    fn stops(&mut self, shutdown: Option<bool>) {
        if shutdown == Some(true) {
            self.power(self.now + self.ahead, PowerWas::Off);
        }
        self.says(AgentStopped {
            reason: "r".into(),
            shutdown,
        });
    }

    /// Is off for a time, and starts the agent so long after it is switched on.
    fn boots(&mut self, off: i64, starting: i64) {
        self.booted = self.now + off;
        self.now = self.booted + starting;
        self.boot += 1;
        self.starts(PreviousEnd::Stopped);
        self.power(self.booted + self.ahead, PowerWas::On);
    }

    fn sets_clock(&mut self, by: i64) {
        self.ahead += by;
        self.says(ClockStepped { by_ms: by });
    }

    fn watch(&self) -> Watch {
        let mut watch = Watch::new();
        self.records.iter().for_each(|record| watch.pass(record));
        watch
    }

    /// In whole minutes.
    fn over(&self, from: i64, to: i64) -> Vec<(i64, i64, State)> {
        let covered = self.watch().over(from * MINUTE, to * MINUTE);
        let tiles = covered.stretches.iter();
        tiles
            .map(|one| (one.from / MINUTE, one.to / MINUTE, one.state))
            .collect()
    }
}

use State::{Monitored, NoOrder, NotYet};
const ASLEEP: State = State::Off(Off::Asleep);
const DOWN: State = State::Off(Off::Down);
const KILLED: State = State::Dark(Dark::Killed);
const STOPPED: State = State::Dark(Dark::Stopped);
const SILENT: State = State::Dark(Dark::Silent);
const UNSAID: State = State::Dark(Dark::Unsaid);

#[test]
fn an_ordinary_day_is_monitored_asleep_and_off() {
    let mut device = Device::new();
    device.lives(60);
    device.sleeps(30 * MINUTE);
    device.lives(30);
    device.stops(Some(true));
    device.boots(8 * HOUR, MINUTE);
    device.lives(19);
    let expected = [
        (-10, 0, NotYet),
        (0, 60, Monitored),
        (60, 90, ASLEEP),
        (90, 120, Monitored),
        // With the minute that it took to start.
        (120, 601, DOWN),
        (601, 625, Monitored),
    ];
    assert_eq!(device.over(-10, 625), expected);
    assert_eq!(device.over(70, 80), [(70, 80, ASLEEP)]);
    // Silence after the last record is silence.
    assert_eq!(
        device.over(610, 700),
        [(610, 620, Monitored), (620, 700, SILENT)]
    );
    let total = device.watch().over(0, 620 * MINUTE).total();
    let minutes = |of: u64| of / MINUTE.unsigned_abs();
    assert_eq!(
        (minutes(total.monitored), minutes(total.off), total.dark),
        (109, 511, 0)
    );
}

#[test]
fn what_is_not_explained_is_dark() {
    for (end, state) in [
        (None, KILLED),
        (Some(Some(false)), STOPPED),
        (Some(None), STOPPED),
        (Some(Some(true)), STOPPED),
    ] {
        let mut device = Device::new();
        device.lives(10);
        if let Some(shutdown) = end {
            device.stops(shutdown);
        }
        device.now += 20 * MINUTE;
        device.starts(PreviousEnd::Killed);
        device.lives(1);
        let expected = [(0, 10, Monitored), (10, 30, state), (30, 31, Monitored)];
        assert_eq!(device.over(0, 31), expected, "{end:?}");
    }
    // Over a restart of the computer.
    for (end, state) in [
        (None, KILLED),
        (Some(Some(false)), STOPPED),
        (Some(None), DOWN),
        (Some(Some(true)), DOWN),
    ] {
        let mut device = Device::new();
        device.lives(10);
        if let Some(shutdown) = end {
            device.stops(shutdown);
        }
        device.boots(20 * MINUTE, 0);
        device.lives(1);
        let expected = [(0, 10, Monitored), (10, 30, state), (30, 31, Monitored)];
        assert_eq!(device.over(0, 31), expected, "{end:?}");
    }
    // On without its agent for a long time.
    let mut device = Device::new();
    device.stops(Some(true));
    device.boots(10 * MINUTE, 10 * MINUTE);
    assert_eq!(device.over(0, 20), [(0, 10, DOWN), (10, 20, UNSAID)]);
    // An agent that was held.
    let mut device = Device::new();
    device.lives(10);
    device.now += 6 * MINUTE;
    device.beats();
    assert_eq!(device.over(0, 16), [(0, 10, Monitored), (10, 16, SILENT)]);
    // Nothing at all.
    assert_eq!(Watch::new().over(3, 3).stretches, []);
    assert_eq!(Watch::new().over(3, 4).total().dark, 1);
}

#[test]
fn nobody_watched_before_a_log_that_is_known_from_its_beginning() {
    let mut device = Device::new();
    device.lives(10);
    assert_eq!(device.over(-9, 10), [(-9, 0, NotYet), (0, 10, Monitored)]);
    assert_eq!(device.over(-9, -1), [(-9, -1, NotYet)]);
    // Of a log whose first record is not there, nobody knows.
    let mut later = device.clone();
    later.records.remove(0);
    assert_eq!(later.over(-9, -1), [(-9, -1, UNSAID)]);
    // Nor of one that goes on where another was broken off.
    let mut second = device.clone();
    second.records[0].fact = LogContinues {
        log: DeviceId([1; 16]),
        size: 9,
        root: Hash([2; 32]),
        cause: LogBreak::SetBack,
    }
    .into();
    assert_eq!(second.over(-9, -1), [(-9, -1, UNSAID)]);
    // A clock that is set back and skips time again hides nothing behind the beginning.
    device.sets_clock(-60 * MINUTE);
    device.lives(1);
    device.sets_clock(30 * MINUTE);
    device.lives(1);
    assert_eq!(
        device.over(-60, -10),
        [
            (-60, -50, NotYet),
            (-50, -49, Monitored),
            (-49, -19, UNSAID),
            (-19, -18, Monitored),
            (-18, -10, SILENT)
        ]
    );
}

#[test]
fn a_stall_is_dark_and_a_failed_source_stands_beside() {
    let mut device = Device::new();
    device.lives(10);
    device.says(SourceFailed {
        source: "history:a".into(),
        reason: "r".into(),
    });
    device.lives(3);
    let gap = Gap {
        cause: GapCause::DiskFull,
        source: None,
        count: None,
        from: Some(11 * MINUTE),
        to: Some(13 * MINUTE),
        detail: String::new(),
    };
    device.says(gap.clone());
    device.says(Gap {
        cause: GapCause::Overflow,
        source: Some("process".into()),
        count: Some(7),
        ..gap
    });
    device.lives(7);
    device.says(SourceRestored {
        source: "history:a".into(),
    });
    let unwritten = State::Dark(Dark::Unwritten);
    let expected = [(0, 11, Monitored), (11, 13, unwritten), (13, 20, Monitored)];
    assert_eq!(device.over(0, 20), expected);
    let lost = |from: i64, to: i64| -> Vec<_> {
        let covered = device.watch().over(from * MINUTE, to * MINUTE);
        let told = covered.lost.into_iter();
        told.map(|lost| {
            (
                lost.cause,
                lost.from / MINUTE,
                lost.to.map(|to| to / MINUTE),
            )
        })
        .collect()
    };
    let all = [
        (GapCause::SourceFailed, 10, Some(20)),
        (GapCause::DiskFull, 11, Some(13)),
        (GapCause::Overflow, 11, Some(13)),
    ];
    assert_eq!(lost(0, 30), all);
    assert_eq!(lost(0, 11), all[..1]);
    assert_eq!(lost(21, 30), []);
    device.says(SourceFailed {
        source: "process".into(),
        reason: "r".into(),
    });
    let open = device.watch().over(20 * MINUTE, 25 * MINUTE).lost;
    assert_eq!(open.last().map(|lost| lost.to), Some(None));
}

#[test]
fn without_an_order_nothing_else_counts() {
    let mut device = Device::new();
    device.lives(10);
    device.ends();
    device.lives(10);
    device.now += 20 * MINUTE;
    device.starts(PreviousEnd::Killed);
    device.lives(5);
    device.comes_into_force();
    device.lives(5);
    assert_eq!(
        device.over(0, 50),
        [(0, 10, Monitored), (10, 45, NoOrder), (45, 50, Monitored)]
    );
    // In the middle of a log a heartbeat says it.
    let mut watch = Watch::new();
    device.records[2..8].iter().for_each(|one| watch.pass(one));
    let covered = watch.over(MINUTE, 6 * MINUTE);
    assert_eq!(covered.total().monitored, 5 * MINUTE.unsigned_abs());
}

#[test]
fn a_clock_that_is_put_right_darkens_nothing() {
    let mut device = Device::new();
    device.lives(10);
    device.now += 20 * MINUTE;
    device.ahead -= 1;
    device.starts(PreviousEnd::Killed);
    device.lives(1);
    let killed = device.watch().over(0, 31 * MINUTE).stretches[1];
    assert_eq!(
        (killed.from, killed.to, killed.state),
        (10 * MINUTE, 30 * MINUTE - 1, KILLED),
        "until the agent started, by its own clock"
    );
    // Between two records of one moment.
    device.ahead -= CORRECTED_MS;
    device.beats();
    device.lives(1);
    let after = device.watch().over(30 * MINUTE, 31 * MINUTE);
    assert_eq!(after.total().monitored, MINUTE.unsigned_abs());
}

#[test]
fn a_clock_that_is_set_makes_no_time() {
    // Forward by an hour, and back again: the hour between is nobody's.
    let mut device = Device::new();
    device.lives(10);
    device.sets_clock(HOUR);
    device.lives(10);
    assert_eq!(
        device.over(0, 80),
        [(0, 10, Monitored), (10, 70, UNSAID), (70, 80, Monitored)]
    );
    // Back: what comes twice is as dark as the darker of the two.
    let mut device = Device::new();
    device.lives(10);
    device.now += 20 * MINUTE;
    device.starts(PreviousEnd::Killed);
    device.sets_clock(-25 * MINUTE);
    device.lives(30);
    assert_eq!(
        device.over(0, 35),
        [(0, 10, Monitored), (10, 30, KILLED), (30, 35, Monitored)]
    );
    // Put right by a time server.
    let mut device = Device::new();
    device.lives(10);
    device.sets_clock(3_000);
    device.lives(10);
    assert_eq!(device.over(0, 20), [(0, 20, Monitored)]);
}

#[test]
fn who_goes_on_from_the_last_record_knows_as_much() {
    let mut device = Device::new();
    device.lives(10);
    device.stops(Some(true));
    let half = device.records.len();
    device.boots(HOUR, MINUTE);
    device.lives(3);
    let mut first = Watch::new();
    device.records[..half]
        .iter()
        .for_each(|one| first.pass(one));
    let bytes = serde_json::to_vec(&first.last()).unwrap();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        r#"{"seq":13,"noted":600000,"mono":600000,"boot":"01010101010101010101010101010101","run":"down","order":true}"#
    );
    let mut second = Watch::after(serde_json::from_slice(&bytes).unwrap());
    device.records[half..]
        .iter()
        .for_each(|one| second.pass(one));
    let (from, to) = (10 * MINUTE, 74 * MINUTE);
    assert_eq!(second.over(from, to), device.watch().over(from, to));
}
