//! Logs followed record by record: what is found, and what does not depend on how it was cut.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proviso_report::BootId;
use proviso_report::fact::{
    Change, Cleared, Declaration, Device, Foreground, Gap, GapCause, Heartbeat, HistoryCleared,
    OrderEnded, OrderInForce, Search,
};

use super::*;

static JUDGE: LazyLock<Judge> =
    LazyLock::new(|| judge(include_str!("../../../tests/golden/log.toml"), &[]));

/// 2026-06-01T09:00:00+01:00, a Monday.
const START: i64 = 1_780_300_800_000;
const MINUTE: i64 = 60_000;

/// A record: when it happened and was written down, in minutes from the start, and what it states.
#[derive(Clone, Debug)]
struct One {
    at: i64,
    noted: i64,
    fact: Fact,
}

fn one(at: i64, fact: impl Into<Fact>) -> One {
    One {
        at,
        noted: at,
        fact: fact.into(),
    }
}

fn in_force() -> Fact {
    Fact::from(OrderInForce {
        id: "LOG".to_owned(),
        version: 1,
        digest: JUDGE.order().digest(),
    })
}

fn beat(awake_ms: u64) -> Fact {
    Fact::from(Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: BTreeMap::new(),
        awake_ms,
        order: None,
    })
}

fn cleared() -> Fact {
    Fact::from(HistoryCleared {
        browser: "firefox".to_owned(),
        profile: None,
        how: Cleared::All,
        count: None,
    })
}

fn front(minutes: u64) -> Fact {
    Fact::from(Foreground {
        name: "firefox".to_owned(),
        exe: None,
        browser: Some("firefox".to_owned()),
        url: None,
        ms: minutes * 60_000,
    })
}

fn search(typed: Option<bool>) -> Fact {
    Fact::from(Search {
        text: "a".to_owned(),
        engine: None,
        browser: "firefox".to_owned(),
        profile: None,
        typed,
    })
}

fn storage(serial: Option<&str>) -> Fact {
    Fact::from(Device {
        change: Change::Added,
        class: "storage".to_owned(),
        serial: serial.map(str::to_owned),
        vendor: None,
        product: None,
        bytes: None,
    })
}

fn declared(id: &str) -> Fact {
    Fact::from(Declaration {
        what: "storage".to_owned(),
        id: id.to_owned(),
        to: None,
    })
}

fn step(seq: u64, one: &One) -> Step<'_> {
    let noted = one.noted.saturating_mul(MINUTE);
    Step {
        seq,
        at: UnixMs(START.saturating_add(one.at.saturating_mul(MINUTE))),
        noted: UnixMs(START.saturating_add(noted)),
        mono: noted.unsigned_abs(),
        boot: BootId([1; 16]),
        account: None,
        fact: &one.fact,
    }
}

/// `record: rule field=text, ...` for each match, `record: rule ? why` for what cannot be told.
fn told(seq: u64, verdict: &Verdict) -> Vec<String> {
    let hits = verdict.hits.iter().map(|hit| {
        let parts = hit.matched.iter();
        let parts: Vec<String> = parts
            .map(|part| format!("{}={}", part.field, part.text))
            .collect();
        format!("{seq}: {} {}", hit.rule, parts.join(", "))
    });
    let unknown = verdict.cannot_tell.iter();
    let unknown = unknown.map(|one| format!("{seq}: {} ? {}", one.rule, one.why));
    hits.chain(unknown).collect()
}

fn follow(log: &[One]) -> Vec<String> {
    let mut state = State::new();
    state.pass(&step(0, &one(0, in_force())));
    let mut all = Vec::new();
    for (seq, one) in (1..).zip(log) {
        all.extend(told(seq, &JUDGE.follow(&mut state, &step(seq, one))));
    }
    all
}

fn page(url: &str) -> Fact {
    Fact::from(visit(url))
}

#[test]
fn matches_over_time_say_what_they_are_made_of() {
    for (log, expected) in [
        (
            vec![one(0, page("https://bad.example/")), one(5, cleared())],
            vec![
                "1: host url=bad.example",
                "2: cleared how=all",
                "2: soon record=1, record=2",
            ],
        ),
        // What comes late counts where it belongs.
        (
            vec![one(5, cleared()), one(0, page("https://bad.example/"))],
            vec![
                "1: cleared how=all",
                "2: host url=bad.example",
                "2: soon record=2, record=1",
            ],
        ),
        (
            // From 08:00 UTC on that is 22:00 by the clocks; the day has two hours left.
            vec![one(780, front(240)), one(300, front(1))],
            vec!["2: hours browser=firefox, quota=2 h 1 min on 2026-06-01"],
        ),
        (
            vec![
                one(0, search(Some(true))),
                one(1, search(None)),
                one(2, search(Some(false))),
                one(9_000, search(Some(true))),
                one(10_000, search(Some(true))),
                one(3, search(Some(true))),
                one(4, search(Some(true))),
                one(5, search(None)),
            ],
            vec![
                "2: often ? the record does not hold `typed`",
                "7: often typed=true, quota=4 in the week from 2026-06-01",
            ],
        ),
        (
            vec![one(0, beat(0)), one(20, beat(20 * 60_000))],
            vec!["2: silent silence=20 min after record 1"],
        ),
        // It slept.
        (vec![one(0, beat(0)), one(20, beat(60_000))], vec![]),
        (
            vec![one(0, beat(0)), one(30, beat(20 * 60_000))],
            vec!["2: silent silence=30 min after record 1; awake for 20 min of it at least"],
        ),
        // The next heartbeat tells.
        (
            vec![
                one(0, beat(0)),
                one(20, search(Some(false))),
                one(21, beat(21 * 60_000)),
            ],
            vec!["3: silent silence=20 min after record 1"],
        ),
        (
            vec![
                one(0, storage(Some("AA01"))),
                one(4_319, beat(u64::MAX)),
                one(4_320, beat(60_000)),
                one(4_321, beat(60_000)),
            ],
            vec![
                "2: silent ? nothing tells whether the computer was on and awake then",
                "3: undeclared serial=AA01, record=1, grace=not declared by 2026-06-04 09:00 +01:00",
            ],
        ),
        (
            vec![
                one(0, declared("AA01")),
                one(0, storage(Some("aa01"))),
                one(5_000, page("https://z.example/")),
            ],
            vec![],
        ),
        (
            vec![one(0, storage(None))],
            vec!["1: undeclared ? the record does not hold `serial`"],
        ),
    ] {
        assert_eq!(follow(&log), expected, "{log:?}");
    }
}

#[test]
fn a_new_version_goes_on_counting_by_its_own_limits() {
    let later = include_str!("../../../tests/golden/log.toml")
        .replace("version = 1", "version = 2")
        .replace("count = 121,", "count = 181,")
        .replace("count = 120,", "count = 180,")
        .replace("more_than = \"2h\"", "more_than = \"3h\"");
    let later = judge(&later, &[]);
    let mut state = State::new();
    state.pass(&step(0, &one(0, in_force())));
    let quiet = |verdict: Verdict| assert_eq!(verdict, Verdict::default());
    quiet(JUDGE.follow(&mut state, &step(1, &one(0, front(120)))));
    quiet(later.follow(&mut state, &step(2, &one(200, front(60)))));
    let verdict = later.follow(&mut state, &step(3, &one(300, front(1))));
    assert_eq!(
        told(3, &verdict),
        ["3: hours browser=firefox, quota=3 h 1 min on 2026-06-01"]
    );
}

#[test]
fn a_state_is_written_in_one_way() {
    let mut state = State::new();
    assert_eq!(state.to_bytes().unwrap(), br#"{"v":1}"#);
    let log = [
        one(0, in_force()),
        one(1, page("https://bad.example/")),
        one(2, front(3)),
        one(3, declared("AA01")),
        one(4, storage(Some("BB02"))),
        one(
            5,
            Gap {
                cause: GapCause::Clock,
                source: None,
                count: None,
                from: Some(7),
                to: Some(9),
                detail: "d".to_owned(),
            },
        ),
        one(840, page("https://z.example/")),
    ];
    for (seq, one) in (0..).zip(&log) {
        JUDGE.follow(&mut state, &step(seq, one));
    }
    let bytes = state.to_bytes().unwrap();
    let digest = JUDGE.order().digest();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        format!(
            "{{\"v\":1,\"in_force\":{{\"order\":\"{digest}\",\"since\":0}},\
             \"life\":{{\"seq\":6,\"noted\":1780351200000,\"mono\":50400000,\
             \"boot\":\"01010101010101010101010101010101\",\
             \"waits\":{{\"after\":5,\"began\":1780301100000,\"ms\":50100000,\
             \"most\":50100000}}}},\
             \"doubts\":{{\"past\":[[7,9]]}},\"declared\":{{\"ids\":{{\"storage aa01\":1780300980000}}}},\
             \"orders\":{{\"LOG\":{{\"last\":6,\"rules\":{{\
             \"hours\":{{\"quota\":{{\"windows\":{{\"2026-06-01\":[180000,false]}}}}}},\
             \"night\":{{\"threshold\":{{\"moments\":[[1780351200000,6]],\"bursts\":[]}}}},\
             \"soon\":{{\"sequence\":{{\"first\":{{\"moments\":[[1780300860000,1]]}},\
             \"then\":{{\"moments\":[]}}}}}},\
             \"undeclared\":{{\"grace\":{{\"days\":3,\"subjects\":{{\"device bb02\":\
             {{\"kind\":\"device\",\"name\":\"BB02\",\"first\":[1780301040000,4],\"due\":1780560240000}}}}}}}}}}}}}}}}"
        )
    );
    assert_eq!(State::from_bytes(&bytes).unwrap(), state);
    for wrong in [
        &b""[..],
        b"{}",
        br#"{"v":2}"#,
        br#"{"v":1,"x":1}"#,
        br#"{"v":1} 1"#,
    ] {
        assert!(State::from_bytes(wrong).is_err());
    }
}

fn facts() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(page("https://bad.example/")),
        Just(page("https://z.example/")),
        Just(page("https://work.example/")),
        Just(cleared()),
        (0_u64..200).prop_map(front),
        any::<Option<bool>>().prop_map(search),
        prop::option::of("[ab]").prop_map(|serial| storage(serial.as_deref())),
        "[ab]".prop_map(|id| declared(&id)),
        (0_u64..2_000_000).prop_map(beat),
        (-100_000_i64..100_000)
            .prop_map(|by_ms| proviso_report::fact::ClockStepped { by_ms }.into()),
        Just(in_force()),
        Just(Fact::from(OrderEnded {
            id: "LOG".to_owned(),
            version: 1,
            reason: "r".to_owned(),
        })),
    ]
}

fn logs() -> impl Strategy<Value = Vec<One>> {
    let one = (0_i64..20_000, 0_i64..30, facts());
    prop::collection::vec(one, 0..80).prop_map(|all| {
        let mut noted = 0;
        all.into_iter()
            .map(|(at, passed, fact)| {
                noted += passed;
                // Some happen long before or after they are written down.
                let at = if at % 3 == 0 { at } else { noted };
                One { at, noted, fact }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Wherever it is cut, and however often the state is written down and read again.
    #[test]
    fn cuts_and_restarts_change_nothing(
        log in logs(), cuts in prop::collection::vec(any::<bool>(), 80),
    ) {
        let whole = follow(&log);
        let mut state = State::new();
        state.pass(&step(0, &one(0, in_force())));
        let mut cut = Vec::new();
        for ((seq, one), write) in (1..).zip(&log).zip(cuts) {
            if write {
                state = State::from_bytes(&state.to_bytes().unwrap()).unwrap();
            }
            cut.extend(told(seq, &JUDGE.follow(&mut state, &step(seq, one))));
        }
        prop_assert_eq!(cut, whole);
    }

    /// Which windows are exceeded does not depend on the order in which facts come to be known.
    #[test]
    fn the_same_windows_are_exceeded_in_any_order(
        all in prop::collection::vec((0_i64..20_000, 0_u64..200), 0..60).prop_shuffle(),
    ) {
        let windows = |facts: &[(i64, u64)]| -> BTreeSet<String> {
            let log: Vec<One> = facts.iter().map(|(at, ms)| one(*at, front(*ms))).collect();
            let days = follow(&log).into_iter().flat_map(|text| {
                let quotas = text.split(" on ").skip(1).map(|day| day[..10].to_owned());
                quotas.collect::<Vec<_>>()
            });
            days.collect()
        };
        let mut sorted = all.clone();
        sorted.sort_unstable();
        prop_assert_eq!(windows(&all), windows(&sorted));
    }

    /// Whatever a device sends.
    #[test]
    fn hostile_records_are_followed(
        all in prop::collection::vec((any::<[i64; 3]>(), any::<u64>(), any::<u8>(), facts()), 0..60),
    ) {
        let mut state = State::new();
        state.pass(&step(0, &one(0, in_force())));
        for ([at, noted, by], mono, boot, fact) in all {
            let fact = match fact {
                Fact::Foreground(front) => Fact::from(Foreground { ms: mono, ..front }),
                Fact::ClockStepped(_) => proviso_report::fact::ClockStepped { by_ms: by }.into(),
                other => other,
            };
            let hostile = Step {
                seq: mono,
                at: UnixMs(at),
                noted: UnixMs(noted),
                mono,
                boot: BootId([boot % 2; 16]),
                account: None,
                fact: &fact,
            };
            JUDGE.follow(&mut state, &hostile);
            let bytes = state.to_bytes().unwrap();
            prop_assert!(bytes.len() < 100_000);
            prop_assert_eq!(&State::from_bytes(&bytes).unwrap(), &state);
        }
    }

    #[test]
    fn any_bytes_are_a_state_or_none(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(state) = State::from_bytes(&bytes) {
            state.to_bytes().unwrap();
        }
    }
}

/// However long a log is.
#[test]
fn a_state_stays_small() {
    let mut state = State::new();
    state.pass(&step(0, &one(0, in_force())));
    let mut most = 0;
    for seq in 1..20_000_u64 {
        let at = i64::try_from(seq).unwrap() * 37;
        let fact = match seq % 7 {
            0 => page("https://bad.example/"),
            1 => cleared(),
            2 => front(9),
            3 => search(Some(true)),
            4 => storage(Some(&format!("serial {seq}"))),
            5 => declared(&format!("other {seq}")),
            _ => proviso_report::fact::ClockStepped { by_ms: 1_000 }.into(),
        };
        JUDGE.follow(&mut state, &step(seq, &one(at, fact)));
        if seq % 1_000 == 0 {
            most = most.max(state.to_bytes().unwrap().len());
        }
    }
    assert!(most < 150_000, "{most}");
}
