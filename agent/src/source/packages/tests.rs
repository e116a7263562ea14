//! The whole source over the lists of a computer of these tests' own.

use proviso_report::fact::Change;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Config;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::Program;
use crate::source::{Durable, ToPipeline, Wanted};

struct Bench {
    root: tempfile::TempDir,
    state: tempfile::TempDir,
    cursors: BTreeMap<String, Vec<u8>>,
}

struct Home(PathBuf);

impl Computer for Home {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        Ok(Account {
            name: name.to_owned(),
            owner: Owner(3_100_000),
            home: self.0.clone(),
        })
    }

    fn programs(&self, _owner: Owner, _names: &[&str]) -> io::Result<Vec<Program>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

struct Run<'a> {
    bench: &'a mut Bench,
    pipeline: mpsc::Receiver<ToPipeline>,
    wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    seen: Vec<(Change, String, Option<String>)>,
    failed: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
            cursors: BTreeMap::new(),
        }
    }

    fn status(&self, packages: &[(&str, &str)]) {
        let folder = self.root.path().join("var/lib/dpkg");
        std::fs::create_dir_all(&folder).unwrap();
        let text: String = packages
            .iter()
            .map(|(name, version)| {
                format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
            })
            .collect();
        std::fs::write(folder.join("status-new"), text).unwrap();
        std::fs::rename(folder.join("status-new"), folder.join("status")).unwrap();
    }

    fn run(&mut self) -> Run<'_> {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(Wanted::new(vec![Kind::Package]));
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), vec!["alex".into()])),
            state: Arc::from(self.state.path()),
            wanted: receiver,
            stop: stop.clone(),
        };
        let root = self.root.path().to_owned();
        let computer = Arc::new(Home(root.join("home/alex")));
        Run {
            task: tokio::spawn(run_on(computer, root, port, context)),
            bench: self,
            pipeline,
            wanted,
            stop,
            seen: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl Run<'_> {
    /// Answers one message like the journal; gives the cursor that it moved.
    async fn step(&mut self) -> Option<String> {
        match self.pipeline.recv().await.unwrap() {
            ToPipeline::Cursor(source, answer) => {
                let stored = self.bench.cursors.get(&source).cloned();
                answer.send(stored).unwrap();
                None
            }
            ToPipeline::Batch(batch) => {
                for observation in batch.observations {
                    assert_eq!(observation.method, Method::SystemRead);
                    let Fact::Package(it) = observation.fact else {
                        panic!("no package")
                    };
                    let manager = it.manager;
                    let account = observation.account.map(|it| format!("{it}/"));
                    let account = account.unwrap_or_default();
                    let name = format!("{account}{manager}:{}", it.name);
                    self.seen.push((it.change, name, it.version));
                }
                let cursor = batch.cursor.unwrap();
                self.bench.cursors.insert(batch.source.clone(), cursor);
                drop(batch.done.unwrap().send(Durable));
                Some(batch.source)
            }
            ToPipeline::Health(Health::Failed { source, reason }) => {
                self.failed.push(reason);
                Some(source)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn until(&mut self, source: &str) {
        while self.step().await.as_deref() != Some(source) {}
    }

    async fn end(self) -> Vec<(Change, String, Option<String>)> {
        self.stop.cancel();
        self.task.await.unwrap();
        self.seen
    }
}

fn added(name: &str, version: &str) -> (Change, String, Option<String>) {
    (Change::Added, name.into(), Some(version.into()))
}

#[tokio::test]
async fn what_comes_and_goes_is_told_and_what_was_there_is_not() {
    let mut bench = Bench::new();
    bench.status(&[("dpkg", "1"), ("tor", "1")]);
    let mut run = bench.run();
    run.until("packages:flatpak:alex").await;
    run.bench
        .status(&[("dpkg", "1"), ("tor", "2"), ("wipe", "3")]);
    run.until("packages:dpkg").await;
    let expected = [added("dpkg:tor", "2"), added("dpkg:wipe", "3")];
    assert_eq!(run.end().await, expected);

    // While the agent was down.
    bench.status(&[("dpkg", "1"), ("tor", "2")]);
    let mut run = bench.run();
    run.until("packages:dpkg").await;
    let expected = (Change::Removed, "dpkg:wipe".into(), Some("3".into()));
    assert_eq!(run.end().await, [expected]);
}

#[tokio::test]
async fn what_nobody_wanted_is_no_news() {
    let mut bench = Bench::new();
    bench.status(&[("dpkg", "1")]);
    let mut run = bench.run();
    run.until("packages:flatpak:alex").await;
    run.wanted.send(Wanted::default()).unwrap();
    run.until(KEY).await;
    run.bench.status(&[("dpkg", "1"), ("wipe", "3")]);
    run.wanted.send(Wanted::new(vec![Kind::Package])).unwrap();
    run.until("packages:dpkg").await;
    run.bench.status(&[("dpkg", "1"), ("wipe", "4")]);
    run.until("packages:dpkg").await;
    assert_eq!(run.end().await, [added("dpkg:wipe", "4")]);
}

#[tokio::test]
async fn a_manager_that_comes_later_is_told_of_with_all_it_has() {
    let mut bench = Bench::new();
    bench.status(&[("dpkg", "1")]);
    let mut run = bench.run();
    run.until("packages:flatpak:alex").await;
    run.end().await;
    let state = "0123456789abcdef";
    for place in ["var/lib/flatpak/app", "home/alex/.local/share/flatpak/app"] {
        let app = bench.root.path().join(place).join("org.example.Hide");
        std::fs::create_dir_all(app.join("x86_64/stable")).unwrap();
        std::os::unix::fs::symlink("x86_64/stable", app.join("current")).unwrap();
        std::os::unix::fs::symlink(state, app.join("current/active")).unwrap();
    }
    let mut run = bench.run();
    run.until("packages:flatpak:alex").await;
    let expected = [
        added("flatpak:org.example.Hide", &state[..12]),
        added("alex/flatpak:org.example.Hide", &state[..12]),
    ];
    assert_eq!(run.end().await, expected);
}

#[tokio::test]
async fn a_list_that_is_gone_and_a_computer_without_any_are_said() {
    let mut bench = Bench::new();
    bench.status(&[("dpkg", "1")]);
    let mut run = bench.run();
    run.until("packages:flatpak:alex").await;
    run.end().await;
    std::fs::remove_dir_all(bench.root.path().join("var")).unwrap();
    let mut run = bench.run();
    run.until("packages:dpkg").await;
    run.until(KEY).await;
    assert!(run.failed[0].contains("is gone"), "{:?}", run.failed);
    assert!(run.failed[1].contains("dpkg, rpm"), "{:?}", run.failed);
    assert_eq!(run.end().await, []);
}
