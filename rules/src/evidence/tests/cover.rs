//! Records that their order did not allow. Logs, findings and signatures are all as they must be.

use proviso_report::fact::{AgentStarted, PreviousEnd, ProcessEnd, ProcessStart, VisitsConfirmed};

use super::*;

const ALLOWED: &str = "names the clauses that the order gives it";
const EARLIER: &str = "has the clauses of the records that it is about";
const DAY: i64 = 86_400_000;

/// The records of the whole bundle and these, under clause 1.
fn with(facts: impl IntoIterator<Item = Fact>) -> Vec<Record> {
    let digest = Hash::of(demonstration().as_bytes());
    let mut all = records();
    for fact in facts {
        all.push(record(all.len() as u64, fact, digest));
    }
    all
}

fn start() -> Fact {
    ProcessStart {
        exe: Some("/usr/bin/shred".into()),
        name: "shred".into(),
        args: vec![],
        pid: 7,
        started: 1,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    }
    .into()
}

fn end(pid: u32, start_seq: Option<u64>) -> Fact {
    ProcessEnd {
        exe: None,
        name: "shred".into(),
        pid,
        started: 1,
        start_seq,
    }
    .into()
}

fn seen_again(seqs: &[u64]) -> Fact {
    VisitsConfirmed {
        method: Method::History,
        seqs: seqs.to_vec(),
    }
    .into()
}

#[test]
fn a_record_outside_the_term_fails() {
    for (days, why) in [
        (
            -365,
            "FAILS: record 1 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d is from before its order's term, from 2026-03-02T00:00:00.000Z on",
        ),
        (
            365,
            "is from after its order's term, up to 2027-03-03T00:00:00.000Z",
        ),
    ] {
        let mut late = records();
        late[1].at = NOW.plus(days * DAY);
        bundle_of(&late, None).has_one_fault(ALLOWED, why);
    }
}

#[test]
fn a_record_under_other_clauses_fails() {
    for (seq, clauses, why) in [
        (
            0,
            vec!["1"],
            r#"names the clauses "1", and its order gives it "1, 4""#,
        ),
        (0, vec!["4"], r#"names the clauses "4", and"#),
        (
            1,
            vec!["1", "4"],
            r#"names the clauses "1, 4", and its order gives it "1""#,
        ),
        (1, vec!["9"], r#"names the clauses "9", and"#),
    ] {
        let mut bent = records();
        bent[seq].clauses = clauses.into_iter().map(str::to_owned).collect();
        bundle_of(&bent, None).has_one_fault(
            ALLOWED,
            &format!("FAILS: record {seq} of device {DEVICE} {why}"),
        );
    }
}

#[test]
fn what_is_exempt_or_uncovered_fails() {
    let exempt = visit("https://www.example-solicitors.co.uk/", false);
    bundle_of(&with([exempt]), None)
        .has_one_fault(ALLOWED, r#"shows what the exemption "E1" keeps out"#);
    let Fact::ProcessStart(mut other) = start() else {
        unreachable!()
    };
    (other.exe, other.name) = (None, "cat".into());
    bundle_of(&with([other.into()]), None).has_one_fault(ALLOWED, "FAILS: record 4 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d shows what no clause of its order covers");
}

#[test]
fn an_end_is_under_the_clauses_of_its_start() {
    let ended = |change: fn(&mut Vec<Record>)| {
        let mut all = with([start(), end(7, Some(4))]);
        all[4].clauses = vec!["2".into()];
        all[5].clauses = vec!["2".into()];
        change(&mut all);
        all
    };
    let whole = ended(|_| ());
    assert_eq!(bundle_of(&whole, None).faults(), Vec::<String>::new());
    for (change, why) in [
        (
            (|all| all[5].clauses = vec!["1".into()]) as fn(&mut Vec<Record>),
            "FAILS: record 5 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d is not under the order and the clauses of record 4",
        ),
        (
            |all| all[5].fact = end(8, Some(4)),
            "ends a program that record 4 does not begin",
        ),
        (
            |all| all[5].fact = end(7, Some(1)),
            "ends a program that record 1 does not begin",
        ),
        (
            |all| all[5].fact = end(7, Some(5)),
            "is about record 5, which is no earlier",
        ),
        (
            |all| all[5].fact = end(7, None),
            "and not which record says that it began",
        ),
    ] {
        bundle_of(&ended(change), None).has_one_fault(EARLIER, why);
    }
    let late = ended(|all| all[5].at = NOW.plus(365 * DAY));
    bundle_of(&late, None).has_one_fault(ALLOWED, "FAILS: record 5");
    let faults = bundle_of(&whole, Some(4)).faults();
    assert!(faults[0].contains(EARLIER) && faults[0].contains("UNCHECKED: record 5 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d is about record 4, which is not shown"), "{faults:#?}");
}

#[test]
fn visits_seen_again_are_under_clauses_of_these_visits() {
    let mut whole = with([seen_again(&[0, 1, 3])]);
    // It is written some time after the last visit.
    whole[4].at = NOW.plus(365 * DAY);
    assert_eq!(bundle_of(&whole, None).faults(), Vec::<String>::new());
    bundle_of(&with([seen_again(&[1, 2])]), None).has_one_fault(EARLIER, "FAILS: record 4 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d says that record 2 is a visit, and it is none");
    let mut more = with([seen_again(&[0, 1])]);
    more[4].clauses.push("4".into());
    bundle_of(&more, None).has_one_fault(EARLIER, "names clauses that record 1 does not name");
    bundle_of(&with([seen_again(&[1])]), Some(1)).has_one_fault(EARLIER, "UNCHECKED: record 4");
}

#[test]
fn what_an_agent_of_another_engine_wrote_is_unchecked() {
    let mut older = records();
    older[2].fact = AgentStarted {
        version: "0".into(),
        engine: "proviso-engine/0".into(),
        platform: "linux".into(),
        sources: vec![],
        previous: PreviousEnd::First,
        zone: None,
    }
    .into();
    assert_eq!(bundle_of(&older, None).faults(), Vec::<String>::new());
    older[3].clauses = vec!["4".into()];
    bundle_of(&older, None).has_one_fault(ALLOWED, "UNCHECKED: record 3 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d was written by an agent that has proviso-engine/0");
}
