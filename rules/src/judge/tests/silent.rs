//! Silences over sleep, kills, boots and versions.

use std::collections::BTreeMap;

use proviso_report::BootId;
use proviso_report::fact::{
    AgentStarted, AgentStopped, Heartbeat, OrderEnded, OrderInForce, Power, PowerWas, PreviousEnd,
};

use super::*;

const MINUTE: u64 = 60_000;

fn version(number: u32, minutes: u32) -> Judge {
    let (more, less) = (minutes + 1, minutes);
    let beats = |passed: u32| {
        format!(
            "events = [{{ kind = \"clock\", at = \"2026-04-01T20:00:00Z\" }}, \
             {{ kind = \"clock\", at = \"2026-04-01T20:{passed:02}:00Z\" }}]\n"
        )
    };
    let text = format!(
        "{CLAUSE}[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"review\"\n\
         silence = {{ longer_than = \"{minutes}m\" }}\n\
         [[rule.test]]\n{}expect = \"match\"\n[[rule.test]]\n{}expect = \"no_match\"\n",
        beats(more),
        beats(less)
    );
    let text = order(&text).replace("version = 1", &format!("version = {number}"));
    judge(&text, &[])
}

fn beat(awake: u64) -> Fact {
    Fact::from(Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: BTreeMap::new(),
        awake_ms: awake * MINUTE,
        order: None,
    })
}

fn power(change: PowerWas) -> Fact {
    Fact::from(Power { change })
}

fn started() -> Fact {
    Fact::from(AgentStarted {
        version: "1".to_owned(),
        engine: "e".to_owned(),
        platform: "p".to_owned(),
        sources: Vec::new(),
        previous: PreviousEnd::Killed,
        zone: None,
    })
}

fn stopped() -> Fact {
    Fact::from(AgentStopped {
        reason: "r".to_owned(),
        shutdown: None,
    })
}

fn in_force(judge: &Judge) -> Fact {
    Fact::from(OrderInForce {
        id: judge.order().id().to_owned(),
        version: judge.order().version(),
        digest: judge.order().digest(),
    })
}

fn ended() -> Fact {
    Fact::from(OrderEnded {
        id: "O".to_owned(),
        version: 1,
        reason: "r".to_owned(),
    })
}

/// A boot, minutes of the wall clock and since boot, and what is stated.
type Noted = (u8, i64, u64, Fact);

/// Each followed by the version that is in force, as `follow` does it: what is said.
fn said(judges: &[&Judge], log: &[Noted]) -> Vec<String> {
    let mut state = State::new();
    let mut all = Vec::new();
    for (seq, (boot, noted, mono, fact)) in (0..).zip(log) {
        let noted = UnixMs(1_775_000_000_000 + noted * 60_000);
        let step = Step {
            seq,
            at: noted,
            noted,
            mono: mono * MINUTE,
            boot: BootId([*boot; 16]),
            account: None,
            fact,
        };
        let in_force = state.in_force.map(|one| one.order);
        let judge = judges
            .iter()
            .find(|judge| Some(judge.order().digest()) == in_force);
        let Some(judge) = judge else {
            state.pass(&step);
            continue;
        };
        let verdict = judge.follow(&mut state, &step);
        for hit in verdict.hits {
            all.push(format!("{seq}: {}", hit.matched[0].text));
        }
        for one in verdict.cannot_tell {
            assert_eq!(one.why, Why::Awake);
            all.push(format!("{seq}: ?"));
        }
        let bytes = state.to_bytes().unwrap();
        state = State::from_bytes(&bytes).unwrap();
    }
    all
}

#[test]
fn only_what_is_known_is_silence() {
    let judge = version(1, 15);
    let begins = || vec![(1, 0, 1, in_force(&judge)), (1, 1, 2, beat(1))];
    for (more, expected) in [
        // Killed: it may have slept.
        (
            vec![(1, 480, 481, started()), (1, 481, 482, beat(1))],
            vec!["2: ?"],
        ),
        (
            vec![(1, 480, 481, beat(479))],
            vec!["2: 7 h 59 min after record 1"],
        ),
        // Killed and switched off and on: it may have been used.
        (vec![(2, 480, 0, started())], vec!["2: ?"]),
        (vec![(2, 16, 0, started())], vec![]),
        (vec![(2, -9, 0, started())], vec!["2: ?"]),
        (
            vec![(2, 480, 20, started())],
            vec!["2: 20 min since the computer was on, after record 1"],
        ),
        // Switched off.
        (
            vec![(1, 2, 3, power(PowerWas::Off)), (2, 480, 0, started())],
            vec![],
        ),
        (vec![(1, 2, 3, stopped()), (2, 480, 0, started())], vec![]),
        (
            vec![
                (1, 2, 3, stopped()),
                (1, 3, 4, started()),
                (2, 480, 0, started()),
            ],
            vec!["4: ?"],
        ),
        // It said that it would sleep, and did so, or did not.
        (
            vec![(1, 2, 3, power(PowerWas::Asleep)), (1, 480, 481, beat(2))],
            vec![],
        ),
        (
            vec![(1, 2, 3, power(PowerWas::Asleep)), (1, 480, 481, beat(479))],
            vec!["3: 7 h 58 min after record 2"],
        ),
        (
            vec![
                (1, 480, 481, power(PowerWas::Awake)),
                (1, 481, 482, beat(100)),
            ],
            vec!["3: 7 h 59 min after record 1; awake for 1 h 39 min of it at least"],
        ),
        // Awake for long, but not for certain without records.
        (
            vec![(1, 21, 22, power(PowerWas::Awake)), (1, 41, 42, beat(20))],
            vec!["3: ?"],
        ),
    ] {
        let mut log = begins();
        log.extend(more);
        assert_eq!(said(&[&judge], &log), expected, "{log:?}");
    }
}

#[test]
fn another_version_does_not_end_a_silence() {
    let (first, second) = (version(1, 15), version(2, 30));
    let log = |passed: u64| {
        let noted = i64::try_from(passed).unwrap();
        vec![
            (1, 0, 1, in_force(&first)),
            (1, 1, 2, beat(1)),
            (1, noted, passed + 1, ended()),
            (1, noted, passed + 1, in_force(&second)),
            (1, noted + 1, passed + 2, beat(passed)),
        ]
    };
    let both = [&first, &second];
    assert_eq!(
        said(&both, &log(480)),
        ["2: ?", "4: 7 h 59 min after record 1"]
    );
    // Too long for the first only: no heartbeat told the first of it.
    assert_eq!(said(&both, &log(20)), ["2: ?"]);
    assert_eq!(said(&both, &log(10)), [""; 0]);
    // The second is less patient, and was not in force.
    let strict = version(2, 5);
    let mut between = log(10);
    between[3].3 = in_force(&strict);
    assert_eq!(said(&[&first, &strict], &between), [""; 0]);
    // No order comes.
    let mut none = log(480);
    none[3].3 = beat(0);
    none[4].3 = in_force(&second);
    none.push((1, 483, 484, beat(3)));
    assert_eq!(said(&both, &none), ["2: ?"]);
}
