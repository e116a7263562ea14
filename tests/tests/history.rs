//! What real browsers write into their histories arrives: while they run, and what they wrote while
//! nobody looked.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use proviso_agent::config::Config;
use proviso_agent::platform::accounts::{Account, AccountError, Owner};
use proviso_agent::platform::open_files::Program;
use proviso_agent::source::computer::Computer;
use proviso_agent::source::{Context, Durable, Port, ToPipeline, Wanted, history};
use proviso_report::Kind;
use proviso_report::fact::{Fact, Transition, WebVisit};
use proviso_report::record::Method;
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::machine::{self, Machine};
use proviso_tests::site::Sites;
use proviso_tests::wait::{PATIENCE, until};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

#[test]
fn chromium_is_followed_live_and_caught_up_with() {
    let scene = Scene::new();
    let source = scene.source();
    let mut chromium = Chromium::start(&scene.machine, &scene.alice, &scene.sites).unwrap();
    chromium.open("https://www.facebook.com/groups").unwrap();
    let visit = scene.wait_for("https://www.facebook.com/groups");
    assert_eq!(visit.browser, "chromium");
    assert_eq!(visit.profile.as_deref(), Some("Default"));
    assert_eq!(visit.title.as_deref(), Some("www.facebook.com/groups"));
    assert_eq!(visit.private, Some(false));
    // A page that sends the browser on without asking.
    let script = "location.replace('https://example.org/next')";
    chromium.eval(script).unwrap();
    scene.wait_for("https://example.org/next");
    source.end();

    chromium.open("https://example.org/alone").unwrap();
    chromium.close().unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/alone");
    let mut chromium = Chromium::start(&scene.machine, &scene.alice, &scene.sites).unwrap();
    chromium.open("https://example.org/again").unwrap();
    scene.wait_for("https://example.org/again");
    chromium.close().unwrap();
    source.end();
    scene.each_once(&[
        "https://www.facebook.com/groups",
        "https://example.org/next",
        "https://example.org/alone",
        "https://example.org/again",
    ]);
}

#[test]
fn firefox_is_followed_live_and_caught_up_with() {
    let scene = Scene::new();
    let source = scene.source();
    let mut firefox = Firefox::start(&scene.machine, &scene.alice, &scene.sites).unwrap();
    firefox.open("https://www.facebook.com/groups").unwrap();
    let visit = scene.wait_for("https://www.facebook.com/groups");
    assert_eq!(visit.browser, "firefox");
    assert_eq!(visit.profile.as_deref(), Some("test.default-esr"));
    assert!(matches!(
        visit.transition,
        Some(Transition::Link | Transition::Typed)
    ));
    source.end();

    // Neither the browser nor the agent ends in good order.
    firefox.open("https://example.org/alone").unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/alone");
    firefox.open("https://example.org/last").unwrap();
    scene.wait_for("https://example.org/last");
    source.end();
    firefox.open("https://example.org/killed").unwrap();
    let history = scene.alice.outside.join(FIREFOX);
    until("Firefox to write its last visit", PATIENCE, || {
        let log = std::fs::read(history.join("places.sqlite-wal"))?;
        let url = b"https://example.org/killed";
        Ok(log.windows(url.len()).any(|part| part == url).then_some(()))
    })
    .unwrap();
    firefox.kill().unwrap();
    let source = scene.source();
    scene.wait_for("https://example.org/killed");
    source.end();
    scene.each_once(&[
        "https://www.facebook.com/groups",
        "https://example.org/alone",
        "https://example.org/last",
        "https://example.org/killed",
    ]);
}

#[test]
fn a_private_window_leaves_nothing_and_an_order_that_ends_too() {
    let scene = Scene::new();
    let source = scene.source();
    let mut firefox = Firefox::start(&scene.machine, &scene.alice, &scene.sites).unwrap();
    firefox.open("https://example.org/1").unwrap();
    scene.wait_for("https://example.org/1");
    source.want(false);
    until("the source to note the pause", PATIENCE, || {
        let cursors = scene.cursors.lock().unwrap();
        // Format, began, and since when it is not wanted.
        let paused = cursors.get("history").map(|bytes| bytes[9..17].to_vec());
        Ok((paused != Some(i64::MAX.to_be_bytes().to_vec())).then_some(()))
    })
    .unwrap();
    firefox.open("https://example.org/unwanted").unwrap();
    source.want(true);
    firefox.private_window().unwrap();
    firefox.open("https://example.org/private").unwrap();
    firefox.close().unwrap();
    let mut firefox = Firefox::start(&scene.machine, &scene.alice, &scene.sites).unwrap();
    firefox.open("https://example.org/2").unwrap();
    scene.wait_for("https://example.org/2");
    firefox.close().unwrap();
    source.end();
    scene.each_once(&["https://example.org/1", "https://example.org/2"]);
}

const FIREFOX: &str = ".config/mozilla/firefox/test.default-esr";

/// A computer with an account, and the journal of the source that runs outside of it.
struct Scene {
    sites: Sites,
    machine: Machine,
    alice: machine::Account,
    visits: Arc<Mutex<Vec<WebVisit>>>,
    cursors: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    dir: tempfile::TempDir,
}

/// A running source.
struct Source {
    wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::new(&dir.path().join("machine")).unwrap();
        let alice = machine.add_account("alice").unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        Self {
            sites: Sites::start().unwrap(),
            alice,
            machine,
            visits: Arc::default(),
            cursors: Arc::default(),
            dir,
        }
    }

    fn source(&self) -> Source {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(wanting(true));
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), vec!["alice".into()])),
            state: Arc::from(self.dir.path().join("state")),
            wanted: receiver,
            stop: stop.clone(),
        };
        let computer = Arc::new(Outside {
            name: self.alice.name.clone(),
            uid: self.alice.uid,
            home: self.alice.outside.clone(),
        });
        let (visits, cursors) = (Arc::clone(&self.visits), Arc::clone(&self.cursors));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::join!(
                    history::run_on(computer, port, context),
                    keep(pipeline, &visits, &cursors)
                )
            });
        });
        Source {
            wanted,
            stop,
            thread,
        }
    }

    fn visits(&self) -> MutexGuard<'_, Vec<WebVisit>> {
        self.visits.lock().unwrap()
    }

    fn wait_for(&self, url: &str) -> WebVisit {
        until(&format!("{url} in the history"), PATIENCE, || {
            let visits = self.visits();
            Ok(visits.iter().find(|visit| visit.url == url).cloned())
        })
        .unwrap()
    }

    fn each_once(&self, urls: &[&str]) {
        let visits = self.visits();
        let seen: Vec<&str> = visits.iter().map(|visit| &*visit.url).collect();
        assert_eq!(seen, urls);
    }
}

impl Source {
    fn want(&self, wants: bool) {
        self.wanted.send(wanting(wants)).unwrap();
    }

    fn end(self) {
        self.stop.cancel();
        self.thread.join().unwrap();
    }
}

fn wanting(wants: bool) -> Wanted {
    if wants {
        Wanted::new(vec![Kind::WebVisit])
    } else {
        Wanted::default()
    }
}

/// Does as the journal does, until the source is gone.
async fn keep(
    mut pipeline: tokio::sync::mpsc::Receiver<ToPipeline>,
    visits: &Mutex<Vec<WebVisit>>,
    cursors: &Mutex<BTreeMap<String, Vec<u8>>>,
) {
    while let Some(message) = pipeline.recv().await {
        match message {
            ToPipeline::Cursor(source, answer) => {
                let cursor = cursors.lock().unwrap().get(&source).cloned();
                drop(answer.send(cursor));
            }
            ToPipeline::Batch(batch) => {
                for observation in batch.observations {
                    assert_eq!(observation.account.as_deref(), Some("alice"));
                    assert_eq!(observation.method, Method::History);
                    let Fact::WebVisit(visit) = observation.fact else {
                        panic!("no visit")
                    };
                    visits.lock().unwrap().push(visit);
                }
                cursors
                    .lock()
                    .unwrap()
                    .insert(batch.source, batch.cursor.unwrap());
                drop(batch.done.unwrap().send(Durable));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The computer as it is seen from outside: its account by another path to its home.
struct Outside {
    name: String,
    uid: u32,
    home: PathBuf,
}

impl Computer for Outside {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        if name != self.name {
            return Err(AccountError::Unknown(name.to_owned()));
        }
        Ok(Account {
            name: self.name.clone(),
            owner: Owner(self.uid),
            home: self.home.clone(),
        })
    }

    fn programs(&self, _owner: Owner, _names: &[&str]) -> io::Result<Vec<Program>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
