//! The whole source over made histories, with a pipeline made of a channel.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proviso_report::fact::{Fact, Kind};
use proviso_report::record::Method;
use rusqlite::Connection;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::super::family::Family::{Chromium, Firefox};
use super::super::run_on;
use super::made::{OneAccount, make, me, visit};
use crate::config::Config;
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::source::wanted::WantedTimes;
use crate::source::{Batch, Context, Durable, Health, Port, ToPipeline, Wanted};

pub(super) struct Bench {
    home: tempfile::TempDir,
    state: tempfile::TempDir,
    pub(super) cursors: BTreeMap<String, Vec<u8>>,
}

pub(super) struct Run<'a> {
    pub(super) bench: &'a mut Bench,
    pipeline: mpsc::Receiver<ToPipeline>,
    pub(super) wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
            cursors: BTreeMap::new(),
        }
    }

    pub(super) fn profile(&self, folder: &str) -> std::path::PathBuf {
        let folder = self.home.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn run(&mut self, wants: bool) -> Run<'_> {
        self.run_for(wanting(wants))
    }

    pub(super) fn run_for(&mut self, wanted: Wanted) -> Run<'_> {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(wanted);
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), vec!["alex".into()])),
            state: Arc::from(self.state.path()),
            wanted: receiver,
            stop: stop.clone(),
        };
        let account = Account {
            name: "alex".into(),
            owner: me(),
            home: self.home.path().canonicalize().unwrap(),
        };
        let computer = Arc::new(OneAccount::new(account));
        let task = tokio::spawn(run_on(computer, port, context));
        Run {
            bench: self,
            pipeline,
            wanted,
            stop,
            task,
        }
    }
}

fn wanting(wants: bool) -> Wanted {
    match wants {
        true => Wanted::new(vec![Kind::WebVisit]),
        false => Wanted::default(),
    }
}

impl Run<'_> {
    /// Answers like the journal until something is said that is not only about cursors.
    pub(super) async fn next(&mut self) -> ToPipeline {
        loop {
            match self.pipeline.recv().await.unwrap() {
                ToPipeline::Cursor(source, answer) => {
                    answer
                        .send(self.bench.cursors.get(&source).cloned())
                        .unwrap();
                }
                ToPipeline::Batch(batch) if batch.observations.is_empty() => self.keep(batch),
                other => return other,
            }
        }
    }

    pub(super) fn keep(&mut self, batch: Batch) {
        self.bench
            .cursors
            .insert(batch.source, batch.cursor.unwrap());
        // The source can have been stopped meanwhile.
        drop(batch.done.unwrap().send(Durable));
    }

    /// The addresses of the next batch.
    async fn urls(&mut self) -> Vec<String> {
        let ToPipeline::Batch(batch) = self.next().await else {
            panic!("no batch")
        };
        let urls = batch.observations.iter().map(|observation| {
            assert_eq!(observation.account.as_deref(), Some("alex"));
            assert_eq!(observation.method, Method::History);
            match &observation.fact {
                Fact::WebVisit(visit) => visit.url.clone(),
                other => panic!("{other:?}"),
            }
        });
        let urls = urls.collect();
        self.keep(batch);
        urls
    }

    /// The cursor of `source` as it is kept next.
    pub(super) async fn until_kept(&mut self, source: &str) {
        loop {
            match self.pipeline.recv().await.unwrap() {
                ToPipeline::Cursor(source, answer) => {
                    answer
                        .send(self.bench.cursors.get(&source).cloned())
                        .unwrap();
                }
                ToPipeline::Batch(batch) => {
                    assert_eq!(batch.observations, []);
                    let this = batch.source == source;
                    self.keep(batch);
                    if this {
                        return;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub(super) fn now() -> i64 {
    clock::now().0 * 1000
}

/// Times are told apart by milliseconds.
pub(super) fn a_moment_later() {
    let before = now();
    while now() == before {}
}

const CHROMIUM: &str = "history:chromium:alex:.config/chromium/Default";

fn chromium(folder: &Path) -> Connection {
    make(&folder.join("History"), Chromium)
}

#[tokio::test]
async fn new_visits_are_handed_over_live_and_after_a_time_without_the_agent() {
    let mut bench = Bench::new();
    let live = chromium(&bench.profile(".config/chromium/Default"));
    visit(
        &live,
        Chromium,
        "https://example.org/before",
        now() - 1_000_000,
    );
    let mut run = bench.run(true);
    run.until_kept(CHROMIUM).await;
    visit(&live, Chromium, "https://example.org/1", now());
    assert_eq!(run.urls().await, ["https://example.org/1"]);
    // A profile that appears while the source runs.
    let profile = run.bench.profile(".config/mozilla/firefox/x.default");
    let firefox = make(&profile.join("places.sqlite"), Firefox);
    visit(&firefox, Firefox, "https://example.org/2", now());
    assert_eq!(run.urls().await, ["https://example.org/2"]);
    run.end().await;

    visit(&live, Chromium, "https://example.org/down", now());
    let mut run = bench.run(true);
    assert_eq!(run.urls().await, ["https://example.org/down"]);
    visit(&firefox, Firefox, "https://example.org/3", now());
    assert_eq!(run.urls().await, ["https://example.org/3"]);
    run.end().await;
}

#[tokio::test]
async fn a_batch_that_was_not_taken_comes_again() {
    let mut bench = Bench::new();
    let live = chromium(&bench.profile(".config/chromium/Default"));
    let mut run = bench.run(true);
    run.until_kept(CHROMIUM).await;
    visit(&live, Chromium, "https://example.org/1", now());
    let ToPipeline::Batch(refused) = run.next().await else {
        panic!("no batch")
    };
    drop(refused);
    assert_eq!(run.urls().await, ["https://example.org/1"]);
    run.end().await;
    // Killed between the hand-over and the commit.
    let mut run = bench.run(true);
    visit(&live, Chromium, "https://example.org/2", now());
    let ToPipeline::Batch(lost) = run.next().await else {
        panic!("no batch")
    };
    run.end().await;
    drop(lost);
    let mut run = bench.run(true);
    assert_eq!(run.urls().await, ["https://example.org/2"]);
    run.end().await;
}

#[tokio::test]
async fn what_happens_without_an_order_is_never_handed_over() {
    let mut bench = Bench::new();
    let live = chromium(&bench.profile(".config/chromium/Default"));
    let mut run = bench.run(true);
    run.until_kept(CHROMIUM).await;
    run.wanted.send(wanting(false)).unwrap();
    run.until_kept("history").await;
    visit(&live, Chromium, "https://example.org/unwanted", now());
    a_moment_later();
    run.wanted.send(wanting(true)).unwrap();
    run.until_kept("history").await;
    visit(&live, Chromium, "https://example.org/wanted", now());
    a_moment_later();
    assert_eq!(run.urls().await, ["https://example.org/wanted"]);
    run.wanted.send(wanting(false)).unwrap();
    run.until_kept("history").await;
    run.end().await;

    // The pause outlasts the agent.
    visit(&live, Chromium, "https://example.org/down", now());
    a_moment_later();
    let mut run = bench.run(true);
    run.until_kept("history").await;
    visit(&live, Chromium, "https://example.org/again", now());
    assert_eq!(run.urls().await, ["https://example.org/again"]);
    run.end().await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_blind_it() {
    let years = 6 * 365 * 86_400_000;
    let mut paused = WantedTimes::begin(clock::now().0);
    paused.note(false, clock::now().0 + years);
    let mut ended = paused.clone();
    ended.note(true, clock::now().0 + 2 * years);
    let begun = WantedTimes::begin(clock::now().0 + years);
    for times in [paused, ended, begun] {
        let mut bench = Bench::new();
        bench.cursors.insert("history".into(), times.to_bytes());
        let live = chromium(&bench.profile(".config/chromium/Default"));
        let mut run = bench.run(true);
        run.until_kept("history").await;
        run.until_kept(CHROMIUM).await;
        a_moment_later();
        visit(&live, Chromium, "https://example.org/1", now());
        assert_eq!(run.urls().await, ["https://example.org/1"], "{times:?}");
        run.end().await;
        // What was kept is right as well.
        visit(&live, Chromium, "https://example.org/down", now());
        let mut run = bench.run(true);
        assert_eq!(run.urls().await, ["https://example.org/down"], "{times:?}");
        run.end().await;
    }
}

#[tokio::test]
async fn without_an_order_nothing_is_looked_at() {
    let mut bench = Bench::new();
    let profile = bench.profile(".config/chromium/Default");
    std::fs::write(profile.join("History"), b"damaged").unwrap();
    let mut run = bench.run(false);
    run.until_kept("history").await;
    run.wanted.send(wanting(true)).unwrap();
    run.until_kept("history").await;
    // Only now it is opened, and found to be damaged.
    assert!(matches!(
        run.next().await,
        ToPipeline::Health(Health::Failed { .. })
    ));
    assert!(!run.bench.cursors.contains_key(CHROMIUM));
    run.end().await;
}

#[tokio::test]
async fn a_failure_is_said_once_and_its_end_too() {
    let mut bench = Bench::new();
    let profile = bench.profile(".config/chromium/Default");
    let path = profile.join("History");
    std::fs::write(&path, "no database ".repeat(1000)).unwrap();
    let mut run = bench.run(true);
    let ToPipeline::Health(Health::Failed { source, reason }) = run.next().await else {
        panic!("no failure")
    };
    assert_eq!(source, CHROMIUM);
    assert!(reason.contains("damaged"), "{reason}");
    let made = profile.join("made");
    let live = make(&made, Chromium);
    visit(&live, Chromium, "https://example.org/1", now());
    std::fs::rename(&made, &path).unwrap();
    assert_eq!(run.urls().await, ["https://example.org/1"]);
    let restored = Health::Restored { source };
    match run.next().await {
        ToPipeline::Health(health) => assert_eq!(health, restored),
        other => panic!("{other:?}"),
    }
    run.end().await;
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_said() {
    let mut bench = Bench::new();
    let (port, pipeline) = Port::channel();
    let (wanted, receiver) = watch::channel(wanting(true));
    let stop = CancellationToken::new();
    let accounts = vec!["no-such-account".into()];
    let context = Context {
        config: Arc::new(Config::new("c.example:1".into(), accounts)),
        state: Arc::from(bench.state.path()),
        wanted: receiver,
        stop: stop.clone(),
    };
    let mut run = Run {
        task: tokio::spawn(super::super::run(port, context)),
        bench: &mut bench,
        pipeline,
        wanted,
        stop,
    };
    let ToPipeline::Health(Health::Failed { source, reason }) = run.next().await else {
        panic!("no failure")
    };
    assert_eq!(source, "history");
    assert!(reason.contains("no-such-account") && reason.contains("agent.toml"));
    run.end().await;
}
