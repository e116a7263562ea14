//! Profiles whose history is gone as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proviso_report::BootId;
use proviso_report::fact::{Cleared, Fact};

use super::super::beside::memory_key;
use super::super::find::histories;
use super::super::memory::Memory;
use super::super::profiles::Profiles;
use super::super::wants::{KINDS, Wants};
use super::made::{OneAccount, me};
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::source::wanted::WantedTimes;
use crate::source::{Durable, Port, ToPipeline, Wanted};

struct Kept {
    account: Account,
    home: tempfile::TempDir,
    cursors: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    facts: Arc<Mutex<Vec<Fact>>>,
}

impl Kept {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self {
            account: Account {
                name: "alex".into(),
                owner: me(),
                home: home.path().canonicalize().unwrap(),
            },
            home,
            cursors: Arc::default(),
            facts: Arc::default(),
        }
    }

    fn profile(&self, name: &str) -> std::path::PathBuf {
        let folder = self.home.path().join(".config/mozilla/firefox").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("places.sqlite"), b"").unwrap();
        folder
    }

    /// What is remembered of the visits of a profile.
    fn remember(&self, name: &str, minutes_ago: std::ops::Range<i64>) {
        let now = clock::now().0;
        let memory = Memory {
            seen: now,
            boot: BootId([1; 16]),
            file: (1, 1),
            sequence: 0,
            times: minutes_ago
                .map(|n| (now - now % 86_400_000 - n * 60_000) * 1000)
                .collect::<BTreeSet<_>>(),
            days: BTreeMap::new(),
        };
        let key = memory_key(&format!(
            "history:firefox:alex:.config/mozilla/firefox/{name}"
        ));
        self.cursors.lock().unwrap().insert(key, memory.to_bytes());
    }

    /// As a start of the agent does, with several looks.
    async fn look(&self, times: &WantedTimes) -> Vec<Fact> {
        let (port, mut messages) = Port::channel();
        let (cursors, facts) = (Arc::clone(&self.cursors), Arc::clone(&self.facts));
        let pipeline = tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                match message {
                    ToPipeline::Cursor(source, reply) => {
                        let cursor = cursors.lock().unwrap().get(&source).cloned();
                        drop(reply.send(cursor));
                    }
                    ToPipeline::Batch(batch) => {
                        let seen = batch.observations.into_iter().map(|one| one.fact);
                        facts.lock().unwrap().extend(seen);
                        cursors
                            .lock()
                            .unwrap()
                            .insert(batch.source, batch.cursor.unwrap());
                        drop(batch.done.unwrap().send(Durable));
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
        let wants = Wants::of(&Wanted::new(KINDS.to_vec()));
        let mut profiles = Profiles::load(port, wants, Arc::new(times.clone())).await;
        profiles.patience = Duration::ZERO;
        let computer = OneAccount::new(self.account.clone());
        let accounts = [self.account.clone()];
        for _ in 0..2 {
            let found = histories(&computer, &accounts).with(profiles.known(), &accounts);
            profiles.compare(&found, &accounts).await.unwrap();
        }
        drop(profiles);
        pipeline.await.unwrap();
        std::mem::take(&mut self.facts.lock().unwrap())
    }
}

fn begun() -> WantedTimes {
    WantedTimes::begin(0)
}

fn deleted(facts: &[Fact]) -> Vec<(Cleared, Option<u64>)> {
    let gone = |fact: &Fact| match fact {
        Fact::HistoryCleared(gone) => Some((gone.how, gone.count)),
        _ => None,
    };
    facts.iter().filter_map(gone).collect()
}

#[tokio::test]
async fn a_deleted_profile_is_told_once_with_its_visits() {
    let kept = Kept::new();
    let folder = kept.profile("x");
    assert_eq!(kept.look(&begun()).await, []);
    kept.remember("x", 0..30);
    std::fs::remove_dir_all(&folder).unwrap();
    let facts = kept.look(&begun()).await;
    assert_eq!(deleted(&facts), [(Cleared::Deleted, Some(30))]);
    assert_eq!(kept.look(&begun()).await, []);
    // Made again it is a new one, and empty.
    kept.profile("x");
    let facts = kept.look(&begun()).await;
    assert!(matches!(facts[..], [Fact::BrowserFound(_)]), "{facts:?}");
    std::fs::remove_file(folder.join("places.sqlite")).unwrap();
    assert_eq!(kept.look(&begun()).await, []);
}

#[tokio::test]
async fn a_profile_whose_visits_live_on_was_moved() {
    let kept = Kept::new();
    let folder = kept.profile("x");
    kept.look(&begun()).await;
    kept.remember("x", 0..30);
    std::fs::remove_dir_all(&folder).unwrap();
    kept.profile("x-refreshed");
    kept.remember("x-refreshed", 5..40);
    let facts = kept.look(&begun()).await;
    assert!(matches!(facts[..], [Fact::BrowserFound(_)]), "{facts:?}");
}

#[tokio::test]
async fn what_goes_while_no_order_wants_it_is_not_told() {
    let kept = Kept::new();
    let folder = kept.profile("x");
    kept.look(&begun()).await;
    kept.remember("x", 0..30);
    std::fs::remove_dir_all(&folder).unwrap();
    kept.profile("y");
    let mut times = begun();
    times.note(false, clock::now().0);
    std::thread::sleep(Duration::from_millis(2));
    times.note(true, clock::now().0);
    assert_eq!(kept.look(&times).await, []);
}
