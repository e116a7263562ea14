use std::path::Path;

use proviso_report::fact::{Fact, Gap, Kind, ProcessEnd, ProcessStart};
use proviso_report::{BootId, CompactRange, Hash, Method, Record};
use tokio::sync::oneshot;

use super::*;
use crate::journal::tests::{Device, ROOMY, at, checkpoint, receipt};
use crate::journal::{FILE, Limits};
use crate::merge::tests::observation;
use crate::order::fixture::{Court, LIST};
use crate::source::{Health, Observation};
use crate::status::Status;
use crate::uplink::{Ask, Offered, Standing};

mod life;

/// An agent that a test can kill, and everything that outlives it.
struct World {
    dir: tempfile::TempDir,
    device: Device,
    court: Court,
    collected: CompactRange,
}

struct Running {
    keeper: Keeper,
    wanted: watch::Receiver<Wanted>,
    closed: watch::Receiver<u64>,
    notices: mpsc::Receiver<Notice>,
}

impl World {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            device: Device::new(),
            court: Court::new(),
            collected: CompactRange::new(),
        }
    }

    fn start(&self, now: &Moment) -> Running {
        self.start_with(ROOMY, now)
    }

    fn start_with(&self, limits: Limits, now: &Moment) -> Running {
        let journal = self.device.try_open(self.dir.path(), limits).unwrap();
        let stored = journal.orders().unwrap();
        let signers = self.court.signers();
        let book = Book::open(self.dir.path().join("order"), signers, stored.as_deref()).unwrap();
        let (wanted, hears_wanted) = watch::channel(Wanted::default());
        let (closed, hears_closed) = watch::channel(0);
        let (notices, hears_notices) = mpsc::channel(8);
        let outlets = Outlets {
            wanted,
            closed,
            progress: watch::channel(Progress::default()).0,
            notices,
        };
        let scope = Scope::new(vec!["alex".into()], [1; 32]);
        let keeper = Keeper::start(journal, book, scope, outlets, 60_000, &["extension"], now);
        Running {
            keeper: keeper.unwrap(),
            wanted: hears_wanted,
            closed: hears_closed,
            notices: hears_notices,
        }
    }

    /// An agent under an order that ends with the day, 19 hours after `at(0)`.
    fn start_under_order(&self) -> Running {
        let mut agent = self.start(&at(0));
        let package = self.court.order(1, "2026-11-24", "2026-11-24");
        assert_eq!(
            agent.ask(|reply| Ask::Order { package, reply }, 0),
            Offered::Needs(vec![Hash::of(LIST)])
        );
        let (sha256, bytes) = (Hash::of(LIST), LIST.to_vec());
        let taken = agent.ask(
            |reply| Ask::List {
                sha256,
                bytes,
                reply,
            },
            0,
        );
        assert_eq!(taken, Offered::Taken { updates: 0 });
        agent
    }

    /// The next version, from now on: its one clause is about wiping programs.
    fn take_next(&self, agent: &mut Running, version: u64, ms: u64) -> Hash {
        let text = crate::order::fixture::text(version, "2026-11-24", "2026-11-24");
        let (text, _social) = text.split_once("[[clause]]\nid = \"4\"").unwrap();
        let (head, tail) = text.split_once("[lists.social]").unwrap();
        let (_list, tail) = tail.split_once("[[clause]]").unwrap();
        let tail = tail.replace("records = [\"web_visit\"]\n", "");
        let text = format!("{head}[[clause]]{tail}");
        let package = self.court.sign(text.into_bytes(), &["court", "police"]);
        let digest = Hash::of(&package.order);
        let offered = agent.ask(|reply| Ask::Order { package, reply }, ms);
        assert_eq!(offered, Offered::Taken { updates: 0 });
        digest
    }

    /// What the collector has not read yet of the closed reports.
    fn collect(&mut self, agent: &Running) -> Vec<Record> {
        self.device
            .verified(&agent.keeper.journal, &mut self.collected)
    }

    fn collect_kinds(&mut self, agent: &Running) -> Vec<&'static str> {
        let records = self.collect(agent);
        records
            .iter()
            .map(|record| record.kind().as_str())
            .collect()
    }
}

impl Running {
    fn ask<T>(&mut self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask, ms: u64) -> T {
        let (reply, mut answer) = oneshot::channel();
        let mut messages = vec![ToPipeline::Uplink(ask(reply))];
        self.keeper.take(&mut messages, &at(ms)).unwrap();
        answer.try_recv().unwrap()
    }

    /// Hands a batch over; is it durable?
    fn submit(&mut self, observations: Vec<Observation>, cursor: &str, ms: u64) -> bool {
        let (done, mut answer) = oneshot::channel();
        let mut batch = Batch::new("history:firefox:alex", observations);
        batch.cursor = Some(cursor.into());
        batch.done = Some(done);
        let mut messages = vec![ToPipeline::Batch(batch)];
        self.keeper.take(&mut messages, &at(ms)).unwrap();
        answer.try_recv().is_ok()
    }

    fn cursor(&mut self) -> Option<Vec<u8>> {
        let (reply, mut answer) = oneshot::channel();
        let source = "history:firefox:alex".to_owned();
        let mut messages = vec![ToPipeline::Cursor(source, reply)];
        self.keeper.take(&mut messages, &at(0)).unwrap();
        answer.try_recv().unwrap()
    }

    fn status(&self, account: &str) -> Status {
        let status = self.keeper.status(Some(account), &at(0));
        serde_json::from_value(status).unwrap()
    }
}

fn stopped() -> End {
    End {
        reason: "test".into(),
        shutdown: None,
    }
}

fn seen(url: &str, ms: u64) -> Observation {
    observation(url, at(ms).at.0, Method::History)
}

/// Do these bytes stand in any file of the state directory?
fn is_on_disk(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_on_disk(&path, bytes);
        }
        let file = std::fs::read(path).unwrap();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn each_start_says_how_the_time_before_ended() {
    let mut world = World::new();
    let mut agent = world.start(&at(1_000));
    agent.keeper.stop(stopped(), &at(2_000)).unwrap();
    assert_eq!(*agent.closed.borrow(), 2);
    let records = world.collect(&agent);
    let facts: Vec<String> = records.iter().map(|r| r.fact.to_json().unwrap()).collect();
    assert!(
        facts[0].contains(r#""sources":["extension"],"previous":"first""#),
        "{}",
        facts[0]
    );
    assert_eq!(facts[1], r#"{"reason":"test"}"#);
    assert!(!agent.submit(vec![], "1", 2_000), "nothing after the end");

    let starts = |world: &mut World, now: &Moment| {
        drop(world.start(now));
        let agent = world.start(now);
        (agent, now.mono)
    };
    drop(agent);
    let mut agent = world.start(&at(3_000));
    agent.keeper.tick(&at(8_000)).unwrap();
    let [started] = &world.collect(&agent)[..] else {
        panic!("one record");
    };
    assert!(
        started
            .fact
            .to_json()
            .unwrap()
            .contains(r#""previous":"stopped""#)
    );

    drop(agent);
    let (mut agent, _) = starts(&mut world, &at(100_000));
    agent.keeper.tick(&at(105_000)).unwrap();
    let records = world.collect(&agent);
    assert!(
        records[0]
            .fact
            .to_json()
            .unwrap()
            .contains(r#""previous":"killed""#)
    );
    let Fact::Gap(gap) = &records[1].fact else {
        panic!("{records:?}");
    };
    assert_eq!(
        (gap.cause, gap.from),
        (GapCause::Killed, Some(at(3_000).at.0))
    );
    assert_eq!(gap.to, Some(at(100_000).at.0));

    drop(agent);
    let rebooted = Moment {
        boot: BootId([8; 16]),
        ..at(200_000)
    };
    let mut agent = world.start(&rebooted);
    agent
        .keeper
        .tick(&Moment {
            at: rebooted.at.plus(5_000),
            mono: 205_000,
            awake: 205_000,
            ..rebooted
        })
        .unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<_> = records.iter().map(|one| one.kind().as_str()).collect();
    // By the clock the boot was before the last sign of life: it was set, too.
    assert_eq!(kinds[..4], ["agent_started", "power", "gap", "gap"]);
    assert_eq!(records[1].at, at(0).at, "when it was switched on");
    assert!(matches!(&records[2].fact, Fact::Gap(gap) if gap.cause == GapCause::Clock));
    assert!(matches!(&records[3].fact, Fact::Gap(gap) if gap.cause == GapCause::Off));
}

#[test]
fn without_an_order_nothing_is_kept_not_even_a_count() {
    let mut world = World::new();
    let mut agent = world.start(&at(0));
    assert!(agent.submit(vec![seen("https://secret.example/", 0)], "7", 10));
    assert_eq!(agent.cursor(), Some(b"7".to_vec()));
    agent.keeper.tick(&at(60_000)).unwrap();
    agent.keeper.stop(stopped(), &at(61_000)).unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<Kind> = records.iter().map(Record::kind).collect();
    assert_eq!(
        kinds,
        [Kind::AgentStarted, Kind::Heartbeat, Kind::AgentStopped]
    );
    let heartbeat = r#"{"uncovered":{},"suppressed":{},"awake_ms":60000}"#;
    assert_eq!(records[1].fact.to_json().unwrap(), heartbeat);
    assert!(!is_on_disk(world.dir.path(), b"secret.example"));
}

#[test]
fn only_what_a_clause_covers_is_written_and_of_the_rest_a_count() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    assert!(agent.wanted.has_changed().unwrap() && agent.wanted.borrow().wants(Kind::WebVisit));
    let start = |name: &str, pid| ProcessStart {
        exe: None,
        name: name.to_owned(),
        args: [name, "https://solicitor.example/about-alex", "-u", "a:hush"]
            .map(str::to_owned)
            .into(),
        pid,
        started: 5,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    };
    let end = |pid| ProcessEnd {
        exe: None,
        name: "shred".into(),
        pid,
        started: 5,
        start_seq: None,
    };
    let by = |fact: Fact, account: &str| Observation {
        fact,
        account: Some(account.into()),
        method: Method::ProcessPoll,
        ..seen("", 10)
    };
    let observations = vec![
        seen("https://news.example/", 10),
        seen("https://www.solicitor.example/about-alex", 11),
        by(start("cat", 1).into(), "alex"),
        by(start("shred", 2).into(), "alex"),
        by(end(1).into(), "alex"),
        by(end(2).into(), "alex"),
        by(start("shred", 3).into(), "sam"),
        // Before the order's first day.
        observation(
            "https://old.example/",
            at(0).at.plus(-6 * 3_600_000).0,
            Method::History,
        ),
    ];
    assert!(agent.submit(observations, "1", 20));
    agent.keeper.tick(&at(5_020)).unwrap();
    agent.keeper.tick(&at(60_000)).unwrap();
    agent.keeper.tick(&at(65_000)).unwrap();
    let records = world.collect(&agent);
    let told: Vec<(&str, String)> = records
        .iter()
        .filter(|record| !record.kind().is_life_sign())
        .map(|record| (record.kind().as_str(), record.clauses.concat()))
        .collect();
    let expected = [
        ("web_visit", "1"),
        ("process_start", "1"),
        ("process_end", "1"),
    ];
    assert_eq!(
        told,
        expected.map(|(kind, clause)| (kind, clause.to_owned()))
    );
    let Some(Fact::ProcessEnd(end)) = records
        .iter()
        .map(|r| &r.fact)
        .find(|f| f.kind() == Kind::ProcessEnd)
    else {
        panic!("no end");
    };
    let start = records
        .iter()
        .find(|record| record.kind() == Kind::ProcessStart);
    assert_eq!(end.start_seq, start.map(|record| record.seq));
    let Some(Fact::ProcessStart(start)) = start.map(|record| &record.fact) else {
        panic!("no start");
    };
    assert_eq!(start.args, ["shred", "[exempt E1]", "-u", "[not recorded]"]);
    let heartbeat = records
        .iter()
        .find(|record| record.kind() == Kind::Heartbeat)
        .unwrap();
    let stated = heartbeat.fact.to_json().unwrap();
    let counts = r#"{"uncovered":{"process_end":1,"process_start":1},"suppressed":{"E1":1},"awake_ms":60000,"order":""#;
    assert!(stated.starts_with(counts), "{stated}");
    for secret in ["solicitor.example/about", "old.example", "a:hush"] {
        assert!(!is_on_disk(world.dir.path(), secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_possible_breach_does_not_wait() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    agent.closed.mark_unchanged();
    assert!(agent.submit(vec![seen("https://news.example/", 10)], "1", 10));
    assert!(!agent.closed.has_changed().unwrap());
    assert_eq!(agent.keeper.next_tick(&at(10)), CLOSE_AFTER_MS);
    assert!(agent.submit(vec![seen("https://social.example/", 11)], "2", 11));
    assert!(agent.closed.has_changed().unwrap());
    let kinds = world.collect_kinds(&agent);
    assert_eq!(kinds[kinds.len() - 2..], ["web_visit", "web_visit"]);
    assert!(agent.notices.try_recv().is_err(), "nothing waits before it");
    let status = agent.status("alex");
    assert!(status.on && status.monitored, "{status:?}");
    let details = status.details.unwrap();
    assert_eq!(
        details.order.unwrap().clauses[1].text,
        "Using any social networking site."
    );
    assert_eq!(details.recorded, [("web_visit".to_owned(), 2)].into());
    assert_eq!(
        details.records[0].what,
        "opened https://social.example/ in firefox"
    );
    assert_eq!(details.records[0].possible_breaches[0].id, "4.a");
    assert_eq!(details.records[1].possible_breaches, []);
    assert!(agent.status("sam").details.is_none());
    assert_eq!(agent.status("root").details.unwrap().records.len(), 2);
}

#[test]
fn the_order_ends_by_the_clock() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    let end = 19 * 3_600_000;
    assert!(agent.wanted.borrow_and_update().wants(Kind::WebVisit));
    agent.keeper.tick(&at(end - 1)).unwrap();
    assert_eq!(agent.keeper.next_tick(&at(end - 1)), 1);
    assert!(!agent.wanted.has_changed().unwrap());
    let late = vec![
        seen("https://in-time.example/", end - 1),
        seen("https://late.example/", end),
    ];
    assert!(agent.submit(late, "3", end));
    assert_eq!(*agent.wanted.borrow_and_update(), Wanted::default());
    assert_eq!(world.collect_kinds(&agent).last(), Some(&"order_ended"));
    assert!(!agent.status("alex").on);
    agent.keeper.tick(&at(end + 5_000)).unwrap();
    let [visit] = &world.collect(&agent)[..] else {
        panic!("one visit happened in its term");
    };
    assert_eq!(
        (visit.at, visit.order),
        (at(end - 1).at, agent.keeper.book.digest())
    );
    assert!(!is_on_disk(world.dir.path(), b"//late.example"));
    let standing: Standing = agent.ask(Ask::Standing, end);
    assert!(standing.order.is_some(), "the last one that was");
}

#[test]
fn what_happened_before_an_order_took_over_is_for_the_one_of_before() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    let one = agent.keeper.book.digest();
    let two = world.take_next(&mut agent, 2, 60_000);
    // Nothing is forgotten over a restart.
    drop(agent);
    let mut agent = world.start(&at(61_000));
    assert_eq!(agent.keeper.book.digest(), Some(two));
    let backlog = vec![
        seen("https://social.example/before", 59_999),
        seen("https://social.example/after", 60_000),
    ];
    assert!(agent.submit(backlog.clone(), "1", 62_000));
    agent.keeper.tick(&at(70_000)).unwrap();
    let records = world.collect(&agent);
    let visits: Vec<_> = records
        .iter()
        .filter(|record| record.kind() == Kind::WebVisit)
        .map(|record| (record.at, record.order, record.clauses.concat()))
        .collect();
    assert_eq!(visits, [(at(59_999).at, one, "14".to_owned())]);
    assert!(!is_on_disk(world.dir.path(), b"social.example/after"));

    // Two versions further the first cannot judge any more.
    world.take_next(&mut agent, 3, 80_000);
    assert!(agent.submit(backlog, "2", 90_000));
    agent.keeper.tick(&at(100_000)).unwrap();
    let records = world.collect(&agent);
    let gaps: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.fact {
            Fact::Gap(gap) => Some((gap.cause, gap.count, gap.from)),
            _ => None,
        })
        .collect();
    let lost = (GapCause::DroppedByAge, Some(1), Some(at(59_999).at.0));
    assert_eq!(gaps, [lost]);
    assert!(records.iter().all(|record| record.kind() != Kind::WebVisit));
}

#[test]
fn an_order_that_was_taken_by_a_wrong_clock_binds_by_the_right_one() {
    let mut world = World::new();
    let mut agent = world.start(&at(3_600_000));
    let digest = world.take_next(&mut agent, 1, 3_600_000);
    assert_eq!(agent.keeper.book.digest(), Some(digest));
    agent.keeper.tick(&at(10_000)).unwrap();
    let start = ProcessStart {
        exe: None,
        name: "shred".into(),
        args: vec![],
        pid: 1,
        started: 1,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    };
    let wiping = Observation {
        fact: start.into(),
        ..seen("", 20_000)
    };
    assert!(agent.submit(vec![wiping], "1", 20_000));
    agent.keeper.stop(stopped(), &at(21_000)).unwrap();
    assert!(world.collect_kinds(&agent).contains(&"process_start"));
}

#[test]
fn a_full_journal_takes_nothing_until_there_is_room_and_says_so() {
    let mut world = World::new();
    drop(world.start_under_order());
    let limits = Limits { bytes: 1, ..ROOMY };
    let mut agent = world.start_with(limits, &at(1_000));
    assert!(!agent.submit(vec![seen("https://a.example/", 10)], "1", 2_000));
    let health = Health::Restored {
        source: "extension".into(),
    };
    let mut messages = vec![ToPipeline::Health(health)];
    agent.keeper.take(&mut messages, &at(2_500)).unwrap();
    assert_eq!(agent.cursor(), None);
    let status = agent.status("alex");
    assert!(status.on && status.why.contains("nothing can be written now"));
    world.collect(&agent);
    let (checkpoint, receipt) = (
        checkpoint(&world.collected),
        receipt(&checkpoint(&world.collected), 1),
    );
    let held = agent.ask(
        |reply| Ask::Held {
            checkpoint,
            receipt,
            reply,
        },
        3_000,
    );
    assert!(held);
    agent.keeper.tick(&at(3_500)).unwrap();
    assert!(agent.submit(vec![seen("https://a.example/", 10)], "1", 4_000));
    agent.keeper.tick(&at(9_000)).unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<&str> = records
        .iter()
        .map(|record| record.kind().as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "agent_started",
            "gap",
            "source_restored",
            "gap",
            "web_visit"
        ]
    );
    let Fact::Gap(gap) = &records[3].fact else {
        unreachable!()
    };
    assert_eq!((gap.cause, gap.count), (GapCause::Overflow, None));
    assert_eq!(
        (gap.from, gap.to),
        (Some(at(1_000).at.0), Some(at(4_000).at.0))
    );
}

#[test]
fn a_full_disk_is_a_gap_and_each_visit_is_stored_once() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    agent.keeper.tick(&at(5_000)).unwrap();
    let before = world.collect(&agent).len();
    agent.keeper.journal.leave_pages(0);
    let long = "z".repeat(20_000);
    let visits: Vec<Observation> = (0..3)
        .map(|n| seen(&format!("https://{n}.example/{long}"), 6_000 + n))
        .collect();
    let exempt = seen("https://solicitor.example/", 6_009);
    let batch: Vec<Observation> = visits.into_iter().chain([exempt]).collect();
    for ms in [6_000, 7_000] {
        assert!(!agent.submit(batch.clone(), "5", ms));
        assert_eq!(agent.cursor(), None);
    }
    assert!(agent.status("alex").why.contains("the disk is full"));
    let beat = agent.keeper.next_tick(&at(7_000));
    assert_eq!(beat, 53_000, "the source comes again by itself");
    agent.keeper.journal.leave_pages(1_000_000);
    assert!(agent.submit(batch, "5", 8_000));
    agent.keeper.tick(&at(13_000)).unwrap();
    agent.keeper.tick(&at(60_000)).unwrap();
    agent.keeper.stop(stopped(), &at(61_000)).unwrap();
    let records = world.collect(&agent);
    let Fact::Gap(gap) = &records[0].fact else {
        panic!("{records:?}");
    };
    assert_eq!((before > 0, gap.cause), (true, GapCause::DiskFull));
    assert_eq!(
        (gap.from, gap.to),
        (Some(at(6_000).at.0), Some(at(8_000).at.0))
    );
    let visits = records.iter().filter(|r| r.kind() == Kind::WebVisit);
    assert_eq!(visits.count(), 3);
    let heartbeat = records.iter().find(|r| r.kind() == Kind::Heartbeat);
    let stated = heartbeat.unwrap().fact.to_json().unwrap();
    assert!(stated.contains(r#""suppressed":{"E1":1}"#), "{stated}");
}

#[test]
fn the_clock_cannot_be_set_in_silence() {
    let mut world = World::new();
    let mut agent = world.start(&at(0));
    let set = Moment {
        at: at(0).at.plus(-3_600_000),
        ..at(10_000)
    };
    agent.keeper.tick(&set).unwrap();
    agent
        .keeper
        .tick(&Moment {
            mono: 15_000,
            at: set.at.plus(5_000),
            ..set
        })
        .unwrap();
    let records = world.collect(&agent);
    assert_eq!(records.len(), 3, "said once");
    let stepped = records[1].fact.to_json().unwrap();
    assert_eq!(stepped, r#"{"by_ms":-3610000}"#);
    let Fact::Gap(gap) = &records[2].fact else {
        panic!("{records:?}");
    };
    assert_eq!(gap.cause, GapCause::Clock);
    assert_eq!((gap.from, gap.to), (Some(at(10_000).at.0), Some(set.at.0)));
    assert_eq!(gap.detail, "the clock was set back by 3610 s");
}

#[test]
fn too_many_things_to_say_are_counted() {
    let mut world = World::new();
    let mut agent = world.start_with(Limits { bytes: 0, ..ROOMY }, &at(0));
    let mut messages: Vec<ToPipeline> = (0..health::MAX_UNSAID + 5)
        .map(|_| ToPipeline::Health(Health::Restored { source: "x".into() }))
        .collect();
    agent.keeper.take(&mut messages, &at(1)).unwrap();
    assert_eq!(agent.keeper.unsaid.facts.len(), health::MAX_UNSAID + 1);
    let Some((_, Fact::Gap(gap))) = agent.keeper.unsaid.facts.back() else {
        panic!("no gap");
    };
    // The start was the first to wait.
    assert_eq!(gap.count, Some(6));
    assert!(world.collect(&agent).is_empty() && world.dir.path().join(FILE).exists());
}

#[test]
fn the_thread_answers_after_the_commit_and_ends_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut world = World::new();
    let clock = crate::platform::clock::Clock::new().unwrap();
    let Running { keeper, closed, .. } = world.start(&clock.now());
    runtime.block_on(async {
        let (port, messages) = crate::source::Port::channel();
        let (ask_status, status) = mpsc::channel(1);
        let (end, stop) = oneshot::channel();
        let quit = tokio_util::sync::CancellationToken::new();
        let inlets = thread::Inlets {
            messages,
            status,
            stop,
            quit: quit.clone(),
        };
        let ended = thread::spawn(keeper, clock, inlets).unwrap();
        port.submit(Batch::new("s", vec![]).with_cursor(b"9".to_vec()))
            .await
            .unwrap();
        assert_eq!(port.cursor("s").await, Some(b"9".to_vec()));
        let (reply, answer) = oneshot::channel();
        let ask = crate::source::extension::desk::StatusAsk {
            account: Some("alex".into()),
            reply,
        };
        ask_status.send(ask).await.unwrap();
        let shown: Status = serde_json::from_value(answer.await.unwrap()).unwrap();
        assert!(
            !shown.on && shown.why.contains("no signed court order"),
            "{shown:?}"
        );
        let (done, written) = oneshot::channel();
        let why = End {
            reason: "the test ends".to_owned(),
            ..stopped()
        };
        end.send((why, done)).unwrap();
        written.await.unwrap();
        assert_eq!(*closed.borrow(), 2);
        quit.cancel();
        ended.await.unwrap().unwrap();
    });
    let journal = world.device.open(world.dir.path());
    let records = world.device.verified(&journal, &mut world.collected);
    assert_eq!(records.last().unwrap().kind(), Kind::AgentStopped);
}
