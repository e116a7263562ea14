//! What a browser's database tells beside its visits: downloads, time in front, what is gone.
//!
//! Promises: each of the three has a cursor of its own that becomes durable with what it stands for,
//! so a kill loses and doubles nothing; what was remembered while it was not wanted, or before a time
//! without an order, is never compared with what is there now. Refuses: to read one that is not
//! wanted.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use proviso_report::fact::{Cleared, Fact, HistoryCleared};
use proviso_report::record::Method;
use proviso_report::{BootId, UnixMs};
use tokio::time::Instant;

use super::cleared::{self, Gone, Here, Now};
use super::database::open;
use super::downloads::{self, Finished};
use super::fault::Fault;
use super::find::History;
use super::front::{self, Shown};
use super::memory::Memory;
use super::snapshot::Snapshot;
use super::told::Told;
use super::wants::Wants;
use crate::platform::clock;
use crate::source::hand_over::hand_over;
use crate::source::wanted::WantedTimes;
use crate::source::{NotTaken, Observation, Port, SourceKey};

/// What was seen is written down after this time, together with what comes meanwhile.
const KEEP_AFTER: Duration = Duration::from_secs(10);
/// Between two counts of all visits.
const COUNT_AFTER: Duration = Duration::from_secs(600);

/// How far one database was read beside its visits.
#[derive(Debug)]
pub(super) struct Beside {
    port: Port,
    key: SourceKey,
    history: History,
    wants: Wants,
    times: Arc<WantedTimes>,
    downloads: Told,
    front: Told,
    memory: Option<Memory>,
    /// What is remembered is not on disk; it is to be by then.
    keep_by: Option<Instant>,
    counted: Option<Instant>,
    goes_on: bool,
}

/// A question to one copy.
#[derive(Debug)]
pub(super) struct Ask {
    copy: Arc<Snapshot>,
    history: History,
    downloads: Option<Told>,
    front: Option<Told>,
    cleared: Option<Option<Memory>>,
    count_days: bool,
}

/// What a copy said.
#[derive(Debug)]
pub(super) struct Answer {
    downloads: Vec<Finished>,
    more: bool,
    front: Vec<Shown>,
    goes_on: bool,
    now: Option<Now>,
    counted: bool,
}

/// The cursor of what is remembered of a history.
pub(super) fn memory_key(key: &str) -> SourceKey {
    format!("{key}|seen")
}

/// A record that something is gone.
pub(super) fn gone(history: &History, how: Cleared, count: u64) -> Observation {
    Observation {
        at: clock::now(),
        account: Some(history.account.name.clone()),
        method: Method::History,
        fact: Fact::HistoryCleared(HistoryCleared {
            browser: history.browser.to_owned(),
            profile: history.profile(),
            how,
            count: Some(count),
        }),
    }
}

impl Beside {
    /// As the journal keeps it.
    pub(super) async fn load(
        port: Port,
        key: SourceKey,
        history: History,
        wants: Wants,
        times: Arc<WantedTimes>,
    ) -> Result<Self, NotTaken> {
        let first = Told::begin(times.began().saturating_mul(1000));
        let told = async |what: &str| {
            let bytes = port.cursor(&format!("{key}|{what}")).await?;
            Told::from_bytes(&bytes)
        };
        let downloads = told("downloads").await.unwrap_or_else(|| first.clone());
        let front = told("front").await.unwrap_or(first);
        let key_of_memory = memory_key(&key);
        let bytes = port.cursor(&key_of_memory).await.unwrap_or_default();
        let mut memory = Memory::from_bytes(&bytes);
        if !wants.cleared && memory.is_some() {
            // What is cleared from now on is nobody's business.
            hand_over(&port, &key_of_memory, &[], &[]).await?;
        }
        memory = memory.filter(|memory| {
            let now = clock::now().0;
            // A clock that was ahead is no pause.
            wants.cleared && times.cover_all_of(memory.seen.min(now)..=now)
        });
        Ok(Self {
            port,
            key,
            history,
            wants,
            times,
            downloads,
            front,
            memory,
            keep_by: None,
            counted: None,
            goes_on: false,
        })
    }

    /// Must the same database be read again although it does not change?
    pub(super) const fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// What to read in a copy.
    pub(super) fn ask(&self, copy: Arc<Snapshot>) -> Ask {
        let due = |at: Instant| at.elapsed() >= COUNT_AFTER;
        Ask {
            copy,
            history: self.history.clone(),
            downloads: self.wants.downloads.then(|| self.downloads.clone()),
            front: self.wants.foreground.then(|| self.front.clone()),
            cleared: self.wants.cleared.then(|| self.memory.clone()),
            count_days: self.counted.is_none_or(due),
        }
    }

    /// Hands over what was read. True if there is more in the same copy.
    pub(super) async fn tell(&mut self, answer: Answer) -> Result<bool, NotTaken> {
        self.goes_on = answer.goes_on;
        self.tell_downloads(answer.downloads).await?;
        self.tell_front(answer.front).await?;
        if let Some(now) = answer.now {
            if answer.counted {
                self.counted = Some(Instant::now());
            }
            self.tell_gone(now).await?;
        }
        Ok(answer.more)
    }

    /// Writes down what is remembered, in time; then, and without anything to write, it waits for ever.
    pub(super) async fn keep(&mut self) -> Result<(), NotTaken> {
        if let (Some(by), Some(memory)) = (self.keep_by, &self.memory) {
            tokio::time::sleep_until(by).await;
            let key = memory_key(&self.key);
            hand_over(&self.port, &key, &[], &memory.to_bytes()).await?;
            self.keep_by = None;
        }
        future::pending().await
    }

    async fn tell_downloads(&mut self, finished: Vec<Finished>) -> Result<(), NotTaken> {
        if finished.is_empty() {
            return Ok(());
        }
        let mut told = self.downloads.clone();
        let mut observations = Vec::new();
        for Finished { at_us, id, fact } in finished {
            told.note(at_us, id, 1);
            observations.extend(self.observation(at_us.div_euclid(1000), fact.into()));
        }
        let key = format!("{}|downloads", self.key);
        hand_over(&self.port, &key, &observations, &told.to_bytes()).await?;
        self.downloads = told;
        Ok(())
    }

    async fn tell_front(&mut self, shown: Vec<Shown>) -> Result<(), NotTaken> {
        if shown.is_empty() {
            return Ok(());
        }
        let mut told = self.front.clone();
        let mut observations = Vec::new();
        for page in shown {
            told.note(page.opened_us, page.id, page.whole);
            observations.extend(self.observation(page.at, page.fact.into()));
        }
        let key = format!("{}|front", self.key);
        hand_over(&self.port, &key, &observations, &told.to_bytes()).await?;
        self.front = told;
        Ok(())
    }

    async fn tell_gone(&mut self, now: Now) -> Result<(), NotTaken> {
        let family = self.history.family;
        let before = self.memory.as_ref();
        let found = before.and_then(|before| cleared::compare(before, &now, family));
        let changed = before.is_none_or(|before| {
            before.times != now.memory.times || before.file != now.memory.file
        });
        let first = before.is_none();
        self.memory = Some(now.memory);
        let Some(Gone { how, count }) = found else {
            if changed && self.keep_by.is_none() {
                let pause = if first { Duration::ZERO } else { KEEP_AFTER };
                self.keep_by = Some(Instant::now() + pause);
            }
            return Ok(());
        };
        let observation = gone(&self.history, how, count);
        let bytes = self.memory.as_ref().map_or(Vec::new(), Memory::to_bytes);
        hand_over(&self.port, &memory_key(&self.key), &[observation], &bytes).await?;
        self.keep_by = None;
        Ok(())
    }

    fn observation(&self, at: i64, fact: Fact) -> Option<Observation> {
        self.times.covers(at).then(|| Observation {
            at: UnixMs(at),
            account: Some(self.history.account.name.clone()),
            method: Method::History,
            fact,
        })
    }
}

impl Ask {
    /// Reads what was asked for; gives the copy back.
    pub(super) fn read(self, now_us: i64) -> Result<(Answer, Arc<Snapshot>), Fault> {
        let mut answer = Answer {
            downloads: Vec::new(),
            more: false,
            front: Vec::new(),
            goes_on: false,
            now: None,
            counted: self.count_days,
        };
        let connection = open(self.copy.path())?;
        let history = &self.history;
        let (family, browser) = (history.family, history.browser);
        let profile = history.profile();
        if let Some(told) = &self.downloads {
            let names = (browser, profile.as_deref());
            (answer.downloads, answer.more) = downloads::read(&connection, family, names, told)?;
        }
        if let Some(told) = &self.front {
            (answer.front, answer.goes_on) =
                front::read(&connection, family, browser, told, now_us)?;
        }
        if let Some(before) = &self.cleared {
            let here = Here {
                at: now_us.div_euclid(1000),
                boot: clock::boot_id().unwrap_or(BootId([0; 16])),
                file: self.copy.of(),
            };
            answer.now = Some(cleared::look(
                &connection,
                family,
                here,
                before.as_ref(),
                self.count_days,
            )?);
        }
        drop(connection);
        Ok((answer, self.copy))
    }
}
