//! Watches: takes events where there are any, looks at the list, and says what is new.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::fact::{Gap, GapCause};
use proviso_report::record::Method;
use proviso_report::{BootId, UnixMs};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::KEY;
use super::cursor::Cursor;
use super::known::{Began, Known};
use super::origin::Origins;
use super::outbox::Out;
use super::print::Prints;
use super::table::{Found, Seen, Table, is_owner};
use crate::platform::accounts::{Account, Owner};
use crate::platform::clock;
use crate::platform::process_events::{Event, Events};
use crate::platform::program::ProgramFile;
use crate::source::beat;
use crate::source::wanted::WantedTimes;
use crate::source::{Health, NotTaken};

/// Between two looks at the list where events tell of everything. Where the list is all there is, it is looked
/// at with each beat.
const NET: Duration = Duration::from_secs(60);
/// Programs that were gone before they could be looked at are said together.
const MISSED: Duration = Duration::from_secs(10);
/// A program began so much later at most than the list says, in milliseconds: the system cuts both the
/// boot and what follows to seconds.
const CUT: i64 = 1_999;
/// Who split off whom, while it is not known what runs in it.
const MAX_PARENTS: usize = 4096;

/// Watches the programs of some accounts.
pub(super) struct Watching {
    accounts: Vec<Account>,
    table: Table,
    known: Known,
    prints: Prints,
    out: mpsc::Sender<Out>,
    missed: Missed,
    /// Parents of processes of which nothing is known yet.
    parents: BTreeMap<u32, u32>,
    /// The list is all that tells of programs.
    alone: bool,
}

/// Programs that began and could not be looked at.
#[derive(Debug, Default)]
struct Missed {
    count: u64,
    from: i64,
    /// When it is to be said.
    due: Option<Instant>,
}

impl Watching {
    /// `alone`: the list is all that tells of programs.
    pub(super) fn new(
        accounts: Vec<Account>,
        table: Table,
        out: mpsc::Sender<Out>,
        alone: bool,
    ) -> Self {
        let homes: Vec<PathBuf> = accounts.iter().map(|it| it.home.clone()).collect();
        Self {
            prints: Prints::new(Origins::below(Path::new("/"), &homes)),
            accounts,
            table,
            known: Known::default(),
            out,
            missed: Missed::default(),
            parents: BTreeMap::new(),
            alone,
        }
    }

    /// What runs already: only what began after the last run of the agent is news, if it was wanted
    /// all the time (`since`) and when it began.
    pub(super) async fn base_line(
        &mut self,
        cursor: Option<&Cursor>,
        boot: BootId,
        since: Option<&WantedTimes>,
    ) -> Result<(), NotTaken> {
        let here = cursor.filter(|cursor| cursor.is_of(boot));
        let mut running: Vec<Seen> = self.list().into_values().collect();
        running.sort_by_key(|seen| (seen.since_boot, seen.pid));
        for seen in running {
            let Some(account) = self.account(seen.owner.as_deref()) else {
                continue;
            };
            let old = here.is_some_and(|cursor| cursor.covers(seen.pid, seen.since_boot));
            let began = seen.started..=seen.started.saturating_add(CUT);
            let wanted = since.is_some_and(|times| times.cover_some_of(began));
            let split = !old && self.known.is_split(&seen);
            if cursor.is_some() && wanted && !old && !split {
                let at = UnixMs(seen.started);
                self.begin_by_list(seen, &account, at).await?;
            } else {
                self.send(Out::Noted(seen.pid, seen.since_boot)).await?;
                if split {
                    self.known.split_off(seen, &account, self.alone);
                    continue;
                }
                // Nobody can say whether an old one is recorded, but the pipeline.
                self.known.was_there(seen, &account, old && wanted);
            }
        }
        Ok(())
    }

    /// Until nobody takes the news any more.
    pub(super) async fn go_on(&mut self, mut events: Option<Events>) -> Result<(), NotTaken> {
        let mut look_at = beat::next(Instant::now());
        loop {
            let due = self.missed.due.map_or(look_at, |due| due.min(look_at));
            tokio::select! {
                // First, so that a flood of events does not put it off for ever.
                biased;
                () = sleep_until(due) => {
                    let now = Instant::now();
                    if self.missed.due.is_some_and(|due| due <= now) {
                        self.tell_missed().await?;
                    }
                    if look_at <= now {
                        self.look().await?;
                        look_at = beat::next(if events.is_some() { now + NET } else { now });
                    }
                }
                event = next(&mut events) => match event {
                    Ok(event) => self.take(event).await?,
                    Err(error) => {
                        tracing::warn!(%error, "the system tells of no more programs; the list is looked at every second");
                        self.take(Event::Lost).await?;
                        events = None;
                        self.alone = true;
                    }
                },
            }
        }
    }

    pub(super) async fn take(&mut self, event: Event) -> Result<(), NotTaken> {
        match event {
            Event::Forked { parent, child } => {
                if !self.known.forked(parent, child) {
                    self.parents.insert(child, parent);
                    if self.parents.len() > MAX_PARENTS {
                        self.parents.pop_first();
                    }
                }
                Ok(())
            }
            Event::Began(pid) => {
                let at = clock::now();
                let parent = self.parents.remove(&pid);
                match self.table.one(pid, &self.owners()) {
                    Found::Theirs(seen, file) => {
                        let Some(account) = self.account(seen.owner.as_deref()) else {
                            return Ok(());
                        };
                        self.begin(*seen, file, &account, at, Method::ProcessEvent)
                            .await
                    }
                    // It was ours until now, perhaps: it runs as somebody else.
                    Found::Others => self.end(pid, at, Method::ProcessEvent).await,
                    Found::Gone => {
                        self.miss(pid, parent, at);
                        Ok(())
                    }
                }
            }
            Event::Ended(pid) => {
                self.parents.remove(&pid);
                self.end(pid, clock::now(), Method::ProcessEvent).await
            }
            Event::Lost => {
                let detail = "more programs began and ended at once than the agent could take; those that still run are recorded";
                self.gap(None, None, detail).await?;
                self.look().await
            }
        }
    }

    /// Found in the list: whether it still runs the same is looked at with its file.
    async fn begin_by_list(
        &mut self,
        seen: Seen,
        account: &str,
        at: UnixMs,
    ) -> Result<(), NotTaken> {
        let file = match self.table.one(seen.pid, &self.owners()) {
            Found::Theirs(now, file) if now.image == seen.image => file,
            _ => None,
        };
        self.begin(seen, file, account, at, Method::ProcessPoll)
            .await
    }

    async fn begin(
        &mut self,
        seen: Seen,
        file: Option<ProgramFile>,
        account: &str,
        at: UnixMs,
        method: Method,
    ) -> Result<(), NotTaken> {
        let parent_exe = seen
            .parent
            .and_then(|parent| match self.known.image(parent) {
                Some(image) => image.exe.clone(),
                None => self.table.exe(parent),
            });
        let pid = seen.pid;
        match self.known.began(seen, account, parent_exe, at, method) {
            Began::News(news) => {
                let file = file.and_then(|file| self.prints.of(file));
                self.send(Out::News(*news, file)).await
            }
            Began::Known => Ok(()),
            Began::Overtaken => {
                self.miss(pid, None, at);
                Ok(())
            }
        }
    }

    async fn end(&mut self, pid: u32, at: UnixMs, method: Method) -> Result<(), NotTaken> {
        match self.known.ended(pid, at, method) {
            Some(news) => self.send(Out::News(news, None)).await,
            None => Ok(()),
        }
    }

    /// Looks at the list.
    async fn look(&mut self) -> Result<(), NotTaken> {
        let list = self.list();
        let (gone, new) = self.known.compare(list, self.alone);
        let at = clock::now();
        for pid in gone {
            self.end(pid, at, Method::ProcessPoll).await?;
        }
        for seen in new {
            if let Some(account) = self.account(seen.owner.as_deref()) {
                self.begin_by_list(seen, &account, at).await?;
            }
        }
        Ok(())
    }

    /// It was gone before it could be looked at. Was it one of ours? The one that split it off is
    /// of the same account, nearly always.
    fn miss(&mut self, pid: u32, parent: Option<u32>, at: UnixMs) {
        let ours = self.known.has(pid)
            || parent.is_some_and(|parent| {
                self.known.has(parent)
                    || self
                        .table
                        .owner(parent)
                        .is_some_and(|owner| self.account(Some(&owner)).is_some())
            });
        if ours {
            if self.missed.due.is_none() {
                self.missed.due = Some(Instant::now() + MISSED);
                self.missed.from = at.0;
            }
            self.missed.count = self.missed.count.saturating_add(1);
        }
    }

    async fn tell_missed(&mut self) -> Result<(), NotTaken> {
        let missed = std::mem::take(&mut self.missed);
        self.gap(
            Some(missed.count),
            Some(missed.from),
            "programs began and ended before it could be seen which they were",
        )
        .await
    }

    async fn gap(
        &self,
        count: Option<u64>,
        from: Option<i64>,
        detail: &str,
    ) -> Result<(), NotTaken> {
        let gap = Gap {
            cause: GapCause::Overflow,
            source: Some(KEY.to_owned()),
            count,
            from,
            to: Some(clock::now().0),
            detail: detail.to_owned(),
        };
        self.send(Out::Health(Health::Lost(gap))).await
    }

    async fn send(&self, out: Out) -> Result<(), NotTaken> {
        self.out.send(out).await.map_err(|_| NotTaken::Closed)
    }

    fn list(&mut self) -> BTreeMap<u32, Seen> {
        self.table.all(&self.owners())
    }

    fn owners(&self) -> Vec<Owner> {
        self.accounts.iter().map(|account| account.owner).collect()
    }

    /// The monitored account whose process it is.
    fn account(&self, owner: Option<&str>) -> Option<String> {
        let mut accounts = self.accounts.iter();
        let account = accounts.find(|account| is_owner(owner.unwrap_or(""), account.owner))?;
        Some(account.name.clone())
    }
}

/// The next event; never, where there are none.
async fn next(events: &mut Option<Events>) -> std::io::Result<Event> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}
