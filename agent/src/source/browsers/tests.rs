//! The source over a computer in a folder, with a pipeline made of a channel.

use std::io;

use proviso_report::fact::Fact;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Config;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::Program;
use crate::source::wanted::WantedTimes;
use crate::source::{Durable, Health, ToPipeline, Wanted};

const ID: &str = "abcdefghijklmnopabcdefghijklmnop";

/// A home and an `/etc` in a folder, and programs that run.
#[derive(Debug)]
struct InFolder(PathBuf, &'static [&'static str]);

impl Computer for InFolder {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        Ok(Account {
            name: name.to_owned(),
            owner: Owner(rustix::process::getuid().as_raw()),
            home: self.0.join("home"),
        })
    }

    fn programs(&self, _: Owner, _: &[&str]) -> io::Result<Vec<Program>> {
        let program = |exe: &&str| Program {
            exe: exe.into(),
            args: Vec::new(),
            files: Vec::new(),
        };
        Ok(self.1.iter().map(program).collect())
    }
}

struct Bench {
    dir: tempfile::TempDir,
    cursors: BTreeMap<String, Vec<u8>>,
}

/// A run of the source.
struct Run {
    news: mpsc::UnboundedReceiver<String>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<BTreeMap<String, Vec<u8>>>,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            dir: tempfile::tempdir().unwrap(),
            cursors: BTreeMap::new(),
        };
        for folder in [
            "home/.config/chromium/Default",
            "home/.mozilla/firefox/a.default",
        ] {
            std::fs::create_dir_all(bench.dir.path().join(folder)).unwrap();
        }
        bench.write("home/.config/chromium/Default/History", "");
        bench.write("home/.mozilla/firefox/a.default/places.sqlite", "");
        let description = format!(
            r#"{{"format":"proviso-extension/1","version":"1","chromium_id":"{ID}","firefox_id":"f","host_name":"h","port":1,"xpi":"/x","agent":"/a"}}"#
        );
        bench.write("state/extension.json", &description);
        bench
    }

    /// As browsers do: beside it, then moved into its place.
    fn write(&self, place: &str, text: &str) {
        let path = self.dir.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, path).unwrap();
    }

    fn preferences(&self, text: &str) {
        self.write("home/.config/chromium/Default/Preferences", text);
    }

    fn run(&self) -> Run {
        let (port, mut pipeline) = Port::channel();
        let (told, news) = mpsc::unbounded_channel();
        let (order, wanted) = watch::channel(Wanted::new(KINDS.to_vec()));
        let stop = CancellationToken::new();
        let config = Config::new("c.example:1".into(), vec!["alex".into()]);
        let context = Context {
            config: Arc::new(config),
            state: Arc::from(self.dir.path().join("state")),
            wanted,
            stop: stop.clone(),
        };
        let place = Place {
            computer: Arc::new(InFolder(self.dir.path().to_owned(), &[])),
            root: Arc::from(self.dir.path()),
        };
        tokio::spawn(run_on(place, port, context, Presence::default()));
        let mut cursors = self.cursors.clone();
        let task = tokio::spawn(async move {
            while let Some(message) = pipeline.recv().await {
                match message {
                    ToPipeline::Cursor(key, reply) => {
                        drop(reply.send(cursors.get(&key).cloned()));
                    }
                    ToPipeline::Batch(batch) => {
                        cursors.insert(batch.source, batch.cursor.unwrap());
                        for seen in batch.observations {
                            drop(told.send(words(&seen)));
                        }
                        drop(batch.done.unwrap().send(Durable));
                    }
                    ToPipeline::Health(Health::Failed { reason, .. }) => {
                        drop(told.send(reason));
                    }
                    ToPipeline::Health(Health::Restored { .. }) => {
                        drop(told.send("restored".to_owned()));
                    }
                    other => panic!("{other:?}"),
                }
            }
            drop(order);
            cursors
        });
        Run { news, stop, task }
    }

    async fn end(&mut self, run: Run) {
        run.stop.cancel();
        self.cursors = run.task.await.unwrap();
    }
}

#[test]
fn only_where_our_extension_can_be_it_can_be_silent() {
    let dir = tempfile::tempdir().unwrap();
    let computer = InFolder(
        dir.path().to_owned(),
        &["/usr/bin/librewolf", "/usr/lib/firefox/firefox", "/bin/sh"],
    );
    let accounts = [computer.account("alex").unwrap()];
    let place = Place {
        computer: Arc::new(computer),
        root: Arc::from(dir.path()),
    };
    let found = find_all(&place, &accounts, &ids(dir.path()), &BTreeMap::new());
    let firefox: Where = ("firefox", "alex".to_owned());
    assert_eq!(found.running, BTreeSet::from([firefox]));
}

fn words(seen: &Observation) -> String {
    let Fact::BrowserSetting(it) = &seen.fact else {
        panic!("{seen:?}")
    };
    assert_eq!(seen.account.as_deref(), Some("alex"));
    assert_eq!(seen.method, Method::SystemRead);
    let profile = it.profile.as_deref().unwrap_or_default();
    format!("{} {profile} {}={}", it.browser, it.setting, it.value)
}

#[tokio::test]
async fn a_change_is_told_once_also_after_a_while_without_the_agent() {
    let mut bench = Bench::new();
    bench.preferences(r#"{"proxy": {"mode": "direct"}}"#);
    let mut run = bench.run();
    bench.write(
        "home/.mozilla/firefox/a.default/user.js",
        "user_pref(\"places.history.enabled\", false);",
    );
    // Not the proxy: that was so before, and hides nothing. History that is not kept does.
    assert_eq!(
        run.news.recv().await.unwrap(),
        "firefox a.default history=off"
    );
    bench.preferences(r#"{"proxy": {"mode": "system"}}"#);
    assert_eq!(
        run.news.recv().await.unwrap(),
        "chromium Default proxy=system"
    );
    bench.write(
        "etc/chromium/policies/managed/a.json",
        r#"{"IncognitoModeAvailability": 1, "IncognitoModeUrlAllowlist": ["a.example"]}"#,
    );
    assert_eq!(
        run.news.recv().await.unwrap(),
        "chromium Default private_windows=some"
    );
    bench.end(run).await;

    bench.preferences(r#"{"history": {"saving_disabled": true}}"#);
    let mut run = bench.run();
    assert_eq!(
        run.news.recv().await.unwrap(),
        "chromium Default history=off"
    );
    bench.end(run).await;
    let times = WantedTimes::from_bytes(&bench.cursors[WANTED_KEY]).unwrap();
    assert!(times.covers(i64::MAX - 1));
}

#[tokio::test]
async fn the_extension_is_seen_to_go_and_hostile_files_are_said() {
    let bench = Bench::new();
    let with = |entry: &str| format!(r#"{{"extensions": {{"settings": {{{entry}}}}}}}"#);
    bench.preferences(&with(&format!(
        r#""{ID}": {{"path": "a", "disable_reasons": []}}"#
    )));
    let mut run = bench.run();
    // Read once it stands in the base line: another change that is told says so.
    bench.write(
        "home/.mozilla/firefox/a.default/prefs.js",
        "user_pref(\"places.history.expiration.max_pages\", 9);",
    );
    assert_eq!(
        run.news.recv().await.unwrap(),
        "firefox a.default retention=9_pages"
    );
    bench.preferences(&with(&format!(
        r#""{ID}": {{"path": "a", "disable_reasons": [1]}}"#
    )));
    assert_eq!(
        run.news.recv().await.unwrap(),
        "chromium Default extension=off"
    );
    bench.preferences(&with(""));
    assert_eq!(
        run.news.recv().await.unwrap(),
        "chromium Default extension=none"
    );
    bench.preferences("{");
    let said = run.news.recv().await.unwrap();
    assert!(said.contains("cannot be read"), "{said}");
    bench.preferences("{}");
    assert_eq!(run.news.recv().await.unwrap(), "restored");
    run.stop.cancel();
}
