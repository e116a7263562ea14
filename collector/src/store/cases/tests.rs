use super::*;
use crate::store::casework::{self, Decision};
use crate::store::conditions::Condition;
use crate::store::devices::{self, Device, DeviceState, Registered};
use crate::store::findings::{self, Finding, Proof};
use crate::store::incidents::{self, Incident, IncidentKind};
use crate::store::people::{self, Person};
use crate::store::snoozes::{self, Snooze};
use crate::store::sql::Tx;
use crate::store::staff::{self, Role, Staff};
use crate::store::{DeviceId, Hash, Store, StoreError, conditions};

const HOUR: i64 = 60 * 60_000;

/// A store with people, each with a device of their number, and one manager.
pub(crate) struct Fixture {
    _dir: tempfile::TempDir,
    store: Store,
}

impl Fixture {
    pub(crate) fn new(numbers: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let fixture = Self {
            store: Store::open(&path).unwrap(),
            _dir: dir,
        };
        let numbers = numbers.to_vec();
        fixture.write(move |tx| {
            let morgan = Staff::new(
                "morgan".to_owned(),
                "morgan".to_owned(),
                String::new(),
                Role::Manager,
            );
            staff::add(tx, &morgan)?;
            for number in numbers {
                people::add(tx, &somebody(number))?;
                let registered = Registered {
                    host: format!("laptop-{number}"),
                    accounts: vec![],
                };
                devices::add(tx, &device(number), &registered)?;
            }
            Ok(())
        });
        fixture
    }

    pub(crate) fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 16])
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> T {
        let out = self
            .store
            .write_blocking("test", move |tx| Ok::<_, StoreError>(work(tx)?));
        out.unwrap()
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Read<'_>) -> Result<T, SqlError>) -> T {
        let out = self
            .store
            .read_blocking(move |read| Ok::<_, StoreError>(look(read)?));
        out.unwrap()
    }

    fn queue(&self, now: i64) -> Vec<CaseFile> {
        self.read(|read| queue(read, ("morgan", now), false, 50, 0))
    }

    fn find(&self, found: Vec<Finding>) {
        self.write(move |tx| found.iter().try_for_each(|one| findings::put(tx, one, &[])));
    }

    fn decide(&self, finding: FindingId, verdict: &str, state: AlertState, at: i64) {
        let decision = Decision {
            id: format!("{at}-{finding}"),
            finding,
            staff: "morgan".to_owned(),
            at,
            verdict: verdict.to_owned(),
            reason: "because".to_owned(),
        };
        self.write(move |tx| casework::decide(tx, &decision, state));
    }
}

fn somebody(number: u8) -> Person {
    Person {
        id: Fixture::person(number),
        pseudonym: format!("P-{number}"),
        created: 1,
        name: format!("Person {number}"),
        note: String::new(),
    }
}

pub(crate) fn device(number: u8) -> Device {
    Device {
        id: DeviceId([number; 16]),
        person: Fixture::person(number),
        log_key: [2; 32],
        cert_spki: [number; 32],
        state: DeviceState::Active,
        enrolled: 1,
        agent_version: String::new(),
        platform: String::new(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: None,
        order: None,
    }
}

/// One that happened and was found at `at`, under clause 4.
pub(crate) fn finding(number: u8, seq: u64, severity: &str, at: i64) -> Finding {
    let mut id = [number; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    Finding {
        id: FindingId(id),
        device: DeviceId([number; 16]),
        person: Fixture::person(number),
        seq,
        at,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: severity.to_owned(),
        matched: "[]".to_owned(),
        engine: "engine".to_owned(),
        order: Hash([7; 32]),
        basis: None,
        made: at,
        proof: Proof::Proven,
    }
}

fn condition(kind: ConditionKind, since: i64) -> Condition {
    Condition {
        device: DeviceId([1; 16]),
        person: Fixture::person(1),
        kind,
        source: String::new(),
        seq: 1,
        since,
        until: None,
        known: since,
        cleared: None,
    }
}

#[test]
fn alerts_lie_together_by_person_clause_and_time() {
    let fixture = Fixture::new(&[1, 2]);
    let other_clause = Finding {
        clause: "5".to_owned(),
        ..finding(1, 4, "review", HOUR)
    };
    fixture.find(vec![
        finding(1, 1, "breach", 0),
        finding(1, 2, "breach", 23 * HOUR),
        finding(1, 3, "review", 46 * HOUR),
        other_clause,
        finding(2, 1, "urgent", 2 * HOUR),
        // A device that was away: what it saw lies long before.
        finding(1, 5, "breach", -48 * HOUR),
    ]);
    let cases = fixture.queue(50 * HOUR);
    let lines: Vec<_> = cases
        .iter()
        .map(|case| (case.rank, case.subject.as_str(), case.waiting, case.total))
        .collect();
    assert_eq!(
        lines,
        [
            (Rank::Urgent, "4", [1, 0, 0], 1),
            (Rank::Breach, "4", [0, 1, 0], 1),
            (Rank::Breach, "4", [0, 2, 1], 3),
            (Rank::Review, "5", [0, 0, 1], 1),
        ]
    );
    let counts = fixture.read(|read| counts(read, ("morgan", 50 * HOUR)));
    assert_eq!(
        (counts.cases, counts.alerts, counts.people),
        (4, [1, 3, 2], 2)
    );
    let nobody = fixture.read(|read| super::counts(read, ("somebody", 50 * HOUR)));
    assert_eq!(nobody, Counts::default());
    // The same finding made again is nothing new.
    fixture.find(vec![finding(1, 1, "breach", 0)]);
    assert_eq!(fixture.queue(50 * HOUR), cases);
}

#[test]
fn a_case_leaves_the_queue_by_decisions_alone_and_then_takes_no_newcomer() {
    let fixture = Fixture::new(&[1]);
    let (first, second) = (finding(1, 1, "urgent", 0), finding(1, 2, "review", HOUR));
    let ids = [first.id, second.id];
    fixture.find(vec![first, second]);
    fixture.decide(ids[0], "acknowledged", AlertState::Acknowledged, 2 * HOUR);
    let case = fixture.queue(365 * 24 * HOUR).remove(0);
    assert_eq!((case.waits(), case.unheeded), (2, 1));
    assert_eq!(case.unheeded_since, Some(0));
    fixture.decide(ids[0], "no_action", AlertState::Decided, 3 * HOUR);
    let case = fixture.queue(4 * HOUR).remove(0);
    assert_eq!((case.rank, case.waiting), (Rank::Review, [0, 0, 1]));
    let name = case.id.clone();
    fixture.write(move |tx| lead_anew(tx, &name));
    assert_eq!(fixture.queue(4 * HOUR)[0].lead, Some(ids[1]));
    fixture.decide(ids[1], "software_wrong", AlertState::Decided, 5 * HOUR);
    assert!(fixture.queue(6 * HOUR).is_empty());
    let done = fixture.read(|read| get(read, &case.id)).unwrap();
    assert_eq!(
        (done.stage, done.rank, done.unheeded_since),
        (Stage::Done, Rank::Review, None)
    );
    fixture.find(vec![finding(1, 3, "breach", 2 * HOUR)]);
    let newcomer = fixture.queue(6 * HOUR).remove(0);
    assert_ne!(newcomer.id, case.id);
    // Opened again, it stands there again.
    fixture.decide(ids[1], "reopened", AlertState::Open, 7 * HOUR);
    let both = fixture.queue(8 * HOUR);
    assert_eq!(both.len(), 2);
    assert_eq!(both[1].unheeded_since, Some(7 * HOUR));
}

#[test]
fn the_latest_decision_counts_on_its_rule_whatever_its_words() {
    let fixture = Fixture::new(&[1]);
    fixture.find(vec![finding(1, 1, "breach", 0), finding(1, 2, "breach", 0)]);
    let [one, two] = [1, 2].map(|seq| finding(1, seq, "breach", 0).id);
    fixture.decide(one, "acknowledged", AlertState::Acknowledged, 1);
    fixture.decide(one, "software_wrong", AlertState::Decided, 2);
    fixture.decide(two, "no_breach", AlertState::Decided, 3);
    fixture.decide(two, "false_alarm", AlertState::Decided, 4);
    let judged = fixture.read(|read| crate::store::rulings::verdicts(read, "4.a"));
    let counts: Vec<_> = judged
        .iter()
        .map(|one| (one.verdict.as_str(), one.count))
        .collect();
    assert_eq!(counts, [("false_alarm", 1), ("software_wrong", 1)]);
}

#[test]
fn what_cleared_by_itself_stays_until_a_person_decides() {
    let fixture = Fixture::new(&[1]);
    fixture.write(|tx| {
        let of = |since| condition(ConditionKind::Killed, since);
        conditions::put(tx, &of(HOUR))?;
        conditions::put(tx, &of(HOUR))?;
        conditions::put(tx, &of(400 * HOUR))?;
        conditions::put(tx, &condition(ConditionKind::SourceFailed, HOUR))?;
        let (device, kind) = (DeviceId([1; 16]), ConditionKind::Killed);
        conditions::clear(tx, device, kind, None, 401 * HOUR, 402 * HOUR)?;
        let incident = Incident {
            device,
            person: Fixture::person(1),
            at: HOUR,
            kind: IncidentKind::Fork,
            detail: "Two stories".to_owned(),
            bytes: None,
        };
        incidents::put(tx, &incident, None)?;
        incidents::put(tx, &incident, None)
    });
    let cases = fixture.queue(9_999 * HOUR);
    let lines: Vec<_> = cases
        .iter()
        .map(|one| (one.kind, one.subject.as_str(), one.rank, one.total))
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|one| one.1);
    assert_eq!(
        sorted,
        [
            (CaseKind::Incident, "fork", Rank::Breach, 1),
            (CaseKind::Condition, "killed", Rank::Breach, 2),
            (CaseKind::Condition, "source_failed", Rank::Review, 1),
        ]
    );
    assert_eq!(lines[2].2, Rank::Review, "what weighs less stands last");
    let killed = cases
        .iter()
        .find(|one| one.subject == "killed")
        .unwrap()
        .clone();
    let over = fixture.read(|read| lasting(read, &killed.id));
    assert_eq!(over, (0, Some(401 * HOUR)));
    assert_eq!(
        fixture.read(|read| conditions(read, &killed.id, 9)).len(),
        2
    );
    let decided = killed.clone();
    fixture.write(move |tx| move_whole(tx, &decided, AlertState::Decided, 500 * HOUR));
    assert_eq!(fixture.queue(9_999 * HOUR).len(), 2);
    // It happens again: that is another case.
    fixture.write(|tx| conditions::put(tx, &condition(ConditionKind::Killed, 501 * HOUR)));
    assert_eq!(fixture.queue(9_999 * HOUR).len(), 3);
    let decided = fixture.read(|read| get(read, &killed.id)).unwrap();
    fixture.write(move |tx| move_whole(tx, &decided, AlertState::Open, 502 * HOUR));
    let again = fixture.read(|read| get(read, &killed.id)).unwrap();
    assert_eq!(
        (again.waiting, again.unheeded, again.stage),
        ([0, 2, 0], 2, Stage::Waits)
    );
}

#[test]
fn a_snoozed_case_comes_back_by_itself_and_at_once_when_something_worse_comes() {
    let fixture = Fixture::new(&[1]);
    let first = finding(1, 1, "review", 0);
    let case = first.id.to_string();
    fixture.find(vec![first]);
    let named = case.clone();
    fixture.write(move |tx| {
        let snooze = Snooze {
            id: "1".to_owned(),
            case: named,
            at: HOUR,
            until: 10 * HOUR,
            staff: "morgan".to_owned(),
            reason: "Visit tomorrow".to_owned(),
            ended: None,
        };
        snoozes::put(tx, &snooze)
    });
    assert!(fixture.queue(10 * HOUR - 1).is_empty());
    let asleep = |now| fixture.read(|read| asleep(read, ("morgan", now), 9)).len();
    assert_eq!((asleep(10 * HOUR - 1), asleep(10 * HOUR)), (1, 0));
    assert_eq!(fixture.queue(10 * HOUR).len(), 1, "by itself");
    let all = fixture.read(|read| queue(read, ("morgan", 2 * HOUR), true, 9, 0));
    assert_eq!(all.len(), 1, "a supervisor is shown it all the same");

    // One of the kind does not wake anybody, a worse one does.
    fixture.find(vec![finding(1, 2, "review", 2 * HOUR)]);
    assert!(fixture.queue(3 * HOUR).is_empty());
    fixture.find(vec![finding(1, 3, "urgent", 3 * HOUR)]);
    assert_eq!(fixture.queue(3 * HOUR).len(), 1);
    let history = fixture.read(|read| snoozes::of_case(read, &case));
    assert_eq!(history[0].0.ended, Some(3 * HOUR));
}

#[test]
fn what_is_opened_again_is_not_asleep() {
    let fixture = Fixture::new(&[1]);
    let first = finding(1, 1, "urgent", 0);
    let (id, case) = (first.id, first.id.to_string());
    fixture.find(vec![first]);
    fixture.write(move |tx| {
        let snooze = Snooze {
            id: "1".to_owned(),
            case,
            at: HOUR,
            until: 99 * HOUR,
            staff: "morgan".to_owned(),
            reason: "Visit tomorrow".to_owned(),
            ended: None,
        };
        snoozes::put(tx, &snooze)
    });
    fixture.decide(id, "no_action", AlertState::Decided, 2 * HOUR);
    fixture.decide(id, "reopened", AlertState::Open, 3 * HOUR);
    assert_eq!(fixture.queue(3 * HOUR).len(), 1);
}
