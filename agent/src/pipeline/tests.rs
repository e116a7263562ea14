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
use crate::watch::Note;

mod life;
mod orders;
mod person;
mod room;

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
    news: mpsc::Receiver<News>,
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
        self.start_after(None, limits, now)
    }

    /// After the watching process left a note.
    fn start_after(&self, note: Option<Note>, limits: Limits, now: &Moment) -> Running {
        let journal = self.device.try_open(self.dir.path(), limits).unwrap();
        let stored = journal.orders().unwrap();
        let signers = self.court.signers();
        let book = Book::open(self.dir.path().join("order"), signers, stored.as_deref()).unwrap();
        let (wanted, hears_wanted) = watch::channel(Wanted::default());
        let (closed, hears_closed) = watch::channel(0);
        let (notices, hears_notices) = mpsc::channel(8);
        let (news, hears_news) = mpsc::channel(8);
        let outlets = Outlets {
            wanted,
            closed,
            budget: watch::channel(None).0,
            progress: watch::channel(Progress::default()).0,
            notices,
            news,
        };
        let scope = Scope::new(vec!["alex".into()], [1; 32]);
        let begin = Begin {
            heartbeat_ms: 60_000,
            sources: &["extension"],
            note,
            zone: Some("Europe/London".into()),
        };
        let keeper = Keeper::start(journal, book, scope, outlets, begin, now);
        Running {
            keeper: keeper.unwrap(),
            wanted: hears_wanted,
            closed: hears_closed,
            notices: hears_notices,
            news: hears_news,
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
fn over_a_dear_link_a_report_waits_for_more_but_a_possible_breach_does_not() {
    let world = World::new();
    let mut agent = world.start_under_order();
    let metered = ToPipeline::Uplink(Ask::Metered(true));
    agent.keeper.take(&mut vec![metered], &at(1)).unwrap();
    agent.closed.mark_unchanged();
    assert!(agent.submit(vec![seen("https://news.example/", 10)], "1", 10));
    let late = 10 + CLOSE_AFTER_MS;
    agent.keeper.tick(&at(late)).unwrap();
    assert!(!agent.closed.has_changed().unwrap());
    assert!(agent.submit(vec![seen("https://social.example/", 11)], "2", late + 1));
    assert!(agent.closed.has_changed().unwrap());
    assert!(
        agent.notices.try_recv().is_ok(),
        "its report may have to wait"
    );
    agent.closed.mark_unchanged();
    assert!(agent.submit(vec![seen("https://news.example/2", 12)], "3", late + 2));
    let late = late + 2 + CLOSE_AFTER_METERED_MS;
    agent.keeper.tick(&at(late)).unwrap();
    assert!(agent.closed.has_changed().unwrap());
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
        let (to_ask, asks) = mpsc::channel(1);
        let (end, stop) = oneshot::channel();
        let quit = tokio_util::sync::CancellationToken::new();
        let inlets = thread::Inlets {
            messages,
            asks,
            stop,
            quit: quit.clone(),
        };
        let ended = thread::spawn(keeper, clock, inlets).unwrap();
        port.submit(Batch::new("s", vec![]).with_cursor(b"9".to_vec()))
            .await
            .unwrap();
        assert_eq!(port.cursor("s").await, Some(b"9".to_vec()));
        let (reply, answer) = oneshot::channel();
        let ask = crate::person::Ask {
            account: Some("alex".into()),
            question: crate::person::Question::Status,
            reply,
        };
        to_ask.send(ask).await.unwrap();
        let shown = answer.await.unwrap().unwrap();
        let shown: Status = serde_json::from_value(shown).unwrap();
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
