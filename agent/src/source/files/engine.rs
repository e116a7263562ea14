//! Looks at what happened in the places, in a thread that may wait for disks.
//!
//! Promises: each change of a file becomes an observation, or lies in a gap that says from when until
//! when and, where that is known, how many. A file of another account is never named.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::fact::{CapReached, Gap, GapCause};

use super::asked::Asked;
use super::look::Look;
use super::outlet::{Outlet, Stopped};
use super::picture::{Key, Pictures};
use super::places::{Place, Places};
use super::queue::{LIMIT, Queue, Taken};
use super::scan::Why;
use super::waiting::{Step, Waiting};
use super::watch::{Watch, WatchError};
use super::{KEY, places};
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::platform::files::{identity, path_bytes};
use crate::platform::mounts::Mount;
use crate::source::wanted::WantedTimes;
use crate::source::{Health, Observation};

/// What it may take of the computer, and how often it looks by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Watched folders: a thousand are less than a megabyte.
    pub(super) folders: usize,
    /// Bytes of what waits.
    pub(super) queue: usize,
    /// Between two looks at what is not told by the system.
    pub(super) rescan: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            folders: 4096,
            queue: LIMIT,
            rescan: Duration::from_secs(600),
        }
    }
}

/// What it begins with.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub(super) state: Arc<Path>,
    pub(super) asked: Asked,
    pub(super) times: WantedTimes,
    /// What is there is no news.
    pub(super) anew: bool,
    /// As stored.
    pub(super) cursor: Option<Vec<u8>>,
    pub(super) limits: Limits,
}

/// A place as it is watched.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) place: Place,
    pub(super) key: Key,
    /// The folder itself: another in its place is another.
    folder: (u64, u64),
    /// What happened until then is told, or lies in a gap.
    pub(super) settled: i64,
    /// It was looked through then.
    pub(super) looked: i64,
    /// Not all of it is watched: it is looked through from time to time.
    timed: bool,
    /// It must be looked through once more.
    pub(super) unsure: bool,
    /// Its folder went: one of the same name is another.
    gone: bool,
}

/// Looks at files.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) begin: Begin,
    pub(super) queue: Queue,
    pub(super) watch: Watch,
    pub(super) waiting: Waiting,
    pub(super) places: Places,
    pub(super) sites: Vec<Site>,
    pub(super) pictures: Pictures,
    pub(super) outlet: Outlet,
    /// Counts the looks through places.
    pub(super) round: u32,
    /// When the last event happened.
    last: i64,
    rescan: Instant,
    cap_said: bool,
    full_said: bool,
    replan: bool,
    /// When places were last looked for, and the time before.
    pub(super) planned: [i64; 2],
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    /// The system does not tell of files.
    #[error("files cannot be watched: {0}; restart this computer")]
    Watch(#[from] WatchError),
    /// No random numbers.
    #[error("files cannot be watched: {0}; restart this computer")]
    Random(#[from] io::Error),
}

impl Engine {
    /// Watches nothing yet.
    pub(super) fn new(begin: Begin, queue: Queue, outlet: Outlet) -> Result<Self, EngineError> {
        let watch = Watch::new(queue.clone(), begin.limits.folders)?;
        Ok(Self {
            queue,
            watch,
            waiting: Waiting::default(),
            places: Places::default(),
            sites: Vec::new(),
            pictures: Pictures::new()?,
            outlet,
            round: 0,
            last: clock::now().0,
            rescan: Instant::now(),
            cap_said: false,
            full_said: false,
            replan: false,
            planned: [clock::now().0; 2],
            begin,
        })
    }

    /// Looks at the places for the first time.
    pub(super) fn start(&mut self, accounts: &[Account], mounts: &[Mount]) -> Result<(), Stopped> {
        let cursor = self.begin.cursor.take();
        let kept = cursor.as_deref().map(|cursor| {
            let kept = Pictures::load(&self.begin.state, cursor);
            kept.filter(|_| !self.begin.anew)
        });
        let damaged = matches!(kept, Some(None)) && !self.begin.anew;
        let known = kept.flatten();
        let begins = known.is_none();
        match known {
            Some(known) => self.pictures = known,
            None => self
                .pictures
                .begin_after(cursor.as_deref().unwrap_or_default()),
        }
        if damaged {
            self.say(Gap {
                cause: GapCause::SourceFailed,
                source: Some(KEY.to_owned()),
                count: None,
                from: None,
                to: Some(clock::now().0),
                detail:
                    "the list of files already told of is damaged; what changed while the agent \
                         did not run is missing"
                        .into(),
            })?;
        }
        self.plan(accounts, mounts);
        for number in 0..self.sites.len() {
            let Some(site) = self.sites.get(number) else {
                continue;
            };
            let why = if begins {
                Why::BaseLine
            } else if self.pictures.has_place(site.key) {
                Why::Start
            } else if site.place.sort.is_some() {
                Why::Came
            } else {
                Why::BaseLine
            };
            self.scan(number, why)?;
        }
        let keys: Vec<Key> = self.sites.iter().map(|site| site.key).collect();
        self.pictures.keep_only(&keys);
        let unknown = std::mem::take(&mut self.places.unknown);
        for name in unknown {
            let detail =
                format!("the order names the place {name:?}, which this agent does not know");
            self.say(places::missing(detail))?;
        }
        self.save()?;
        self.turn()
    }

    /// Looks at the places again: one may have come or gone.
    pub(super) fn places_changed(
        &mut self,
        accounts: &[Account],
        mounts: &[Mount],
    ) -> Result<(), Stopped> {
        // What was told before belongs to the places of before.
        self.turn()?;
        self.replan = false;
        let before = std::mem::take(&mut self.sites);
        self.plan(accounts, mounts);
        let mut stayed = vec![false; self.sites.len()];
        for old in before {
            let is_same =
                |new: &Site| !old.gone && new.place == old.place && new.folder == old.folder;
            if let Some(number) = self.sites.iter().position(is_same) {
                if let (Some(new), Some(stayed)) =
                    (self.sites.get_mut(number), stayed.get_mut(number))
                {
                    *new = old;
                    *stayed = true;
                }
                continue;
            }
            self.left(&old)?;
        }
        for (number, stayed) in stayed.into_iter().enumerate() {
            let Some(site) = self.sites.get(number) else {
                continue;
            };
            if !stayed {
                self.scan(number, Why::Came)?;
            } else if !site.timed && !self.watch.has(&site.place.root) {
                // One around it was left.
                self.scan(number, Why::Unsure)?;
            }
        }
        self.turn()
    }

    /// Takes what waits, and what is due.
    pub(super) fn turn(&mut self) -> Result<(), Stopped> {
        loop {
            while let Some(taken) = self.queue.take() {
                match taken {
                    Taken::Happened(one) => {
                        if one.path.as_os_str().is_empty() || self.site(&one.path).is_some() {
                            let at = one.at;
                            for step in self.waiting.take(one, Instant::now()) {
                                self.step(step)?;
                            }
                            self.last = at;
                        }
                    }
                    Taken::Lost(lost) => self.lost(lost.from)?,
                }
            }
            let mut unsure = false;
            for step in self.waiting.due(Instant::now()) {
                self.step(step)?;
            }
            for number in 0..self.sites.len() {
                let site = self.sites.get_mut(number);
                if site.is_some_and(|site| std::mem::take(&mut site.unsure)) {
                    unsure = true;
                    self.scan(number, Why::Unsure)?;
                }
            }
            if !unsure {
                break;
            }
        }
        if self.rescan <= Instant::now() {
            for number in 0..self.sites.len() {
                if self.sites.get(number).is_some_and(Site::is_timed) {
                    self.scan(number, Why::Timed)?;
                }
            }
            self.rescan = Instant::now() + self.begin.limits.rescan;
        }
        self.flush()
    }

    /// When there is something to do by itself.
    pub(super) fn next(&self) -> Option<Instant> {
        let timed = self.sites.iter().any(Site::is_timed);
        let timed = timed.then_some(self.rescan);
        self.waiting.next().into_iter().chain(timed).min()
    }

    /// Did a place go?
    pub(super) const fn wants_plan(&self) -> bool {
        self.replan
    }

    /// The innermost place around a path.
    pub(super) fn site(&self, path: &Path) -> Option<usize> {
        let around = self.sites.iter().enumerate();
        let around = around.filter(|(_, site)| path.starts_with(&site.place.root));
        let inner = around.max_by_key(|(_, site)| site.place.root.as_os_str().len());
        inner.map(|(number, _)| number)
    }

    /// A path without its name.
    pub(super) fn key(&self, path: &Path) -> Key {
        self.pictures.key(path_bytes(path))
    }

    /// Is it one of the files that are there, as far as is known?
    fn knows(&self, path: &Path) -> bool {
        let site = self.site(path).and_then(|number| self.sites.get(number));
        site.is_some_and(|site| self.pictures.get(site.key, self.key(path)).is_some())
    }

    /// Puts one with the others.
    pub(super) fn tell(&mut self, observation: Observation) -> Result<(), Stopped> {
        if self.outlet.put(observation) {
            self.flush()?;
        }
        Ok(())
    }

    /// Says that something is missing, after what was told before it.
    pub(super) fn say(&mut self, gap: Gap) -> Result<(), Stopped> {
        self.flush()?;
        self.outlet.say(Health::Gap(gap))
    }

    /// The same of something that comes often.
    pub(super) fn say_often(&mut self, count: u64, detail: &str) -> Result<(), Stopped> {
        let now = clock::now().0;
        let gap = Gap {
            count: Some(count),
            from: Some(now),
            to: Some(now),
            ..places::missing(detail.to_owned())
        };
        self.flush()?;
        self.outlet.say(Health::Lost(gap))
    }

    /// Watches a folder; what cannot be watched is looked through from time to time.
    pub(super) fn watch(&mut self, number: usize, folder: &Path) -> Result<(), Stopped> {
        let Err(error) = self.watch.add(folder) else {
            return Ok(());
        };
        if matches!(error, WatchError::Gone) {
            return Ok(());
        }
        if let Some(site) = self.sites.get_mut(number) {
            site.timed = true;
        }
        if std::mem::replace(&mut self.cap_said, true) {
            return Ok(());
        }
        self.rescan = Instant::now() + self.begin.limits.rescan;
        let detail = format!(
            "not every folder can be watched: {error}; the others are looked through every {} minutes",
            self.begin.limits.rescan.as_secs().div_ceil(60)
        );
        let sign = CapReached {
            cap: "watches".into(),
            count: Some(1),
            detail: detail.clone(),
        };
        self.flush()?;
        self.outlet.say(Health::Sign(sign.into()))?;
        self.say(Gap {
            cause: GapCause::Overflow,
            from: Some(clock::now().0),
            ..places::missing(format!(
                "{detail}, and what comes and goes in between is missing"
            ))
        })
    }

    /// There are more files than are remembered.
    pub(super) fn full(&mut self) -> Result<(), Stopped> {
        if std::mem::replace(&mut self.full_said, true) {
            return Ok(());
        }
        self.say(Gap {
            cause: GapCause::Overflow,
            from: Some(clock::now().0),
            ..places::missing(
                "there are more files in the watched places than are remembered; of the others it is \
                 told only what the system tells as it happens"
                    .to_owned(),
            )
        })
    }

    /// Hands over what there is.
    fn flush(&mut self) -> Result<(), Stopped> {
        if !self.outlet.is_empty() || self.pictures.changed() {
            let cursor = self.pictures.cursor();
            self.outlet.give(cursor)?;
            self.pictures.given();
        }
        if self.pictures.is_long() {
            self.save()?;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), Stopped> {
        if !self.outlet.is_empty() {
            let cursor = self.pictures.cursor();
            self.outlet.give(cursor)?;
        }
        match self.pictures.save(&self.begin.state) {
            Ok(()) => {
                let cursor = self.pictures.cursor();
                self.outlet.give(cursor)?;
                self.pictures.given();
            }
            Err(error) => {
                tracing::warn!(%error, "the list of files already told of cannot be written; the journal keeps it meanwhile");
            }
        }
        Ok(())
    }

    fn plan(&mut self, accounts: &[Account], mounts: &[Mount]) {
        self.places = Places::plan(&self.begin.asked, accounts, mounts);
        let now = clock::now().0;
        self.planned = [now, self.planned[0]];
        for place in self.places.all() {
            let Ok(metadata) = std::fs::symlink_metadata(&place.root) else {
                continue;
            };
            self.sites.push(Site {
                key: self.pictures.key(&place.id()),
                place: place.clone(),
                folder: identity(&metadata),
                settled: i64::MIN,
                looked: now,
                timed: false,
                unsure: false,
                gone: false,
            });
        }
    }

    /// A place is no longer there.
    fn left(&mut self, old: &Site) -> Result<(), Stopped> {
        self.watch.leave(&old.place.root);
        let untold = self.waiting.leave(&old.place.root);
        if untold > 0 {
            self.say_often(
                untold,
                "files were changed just before their place was gone",
            )?;
        }
        if old.place.sort.is_none() {
            // Its folder was deleted or moved away, with what was still in it.
            self.round += 1;
            let missing = self.pictures.not_found(old.key, self.round);
            self.gone(missing, old.looked, GapCause::DroppedByAge)?;
        }
        // What is on a volume that left is not deleted, and nothing is known of it.
        self.pictures.leave(old.key);
        Ok(())
    }

    pub(super) fn step(&mut self, step: Step) -> Result<(), Stopped> {
        match step {
            Step::Look {
                path,
                at,
                created,
                again,
            } => self.look(&path, &Look::event(at, created, again)),
            Step::Deleted { path, at, created } => self.deleted(path, at, created),
            Step::Renamed {
                from,
                to,
                at,
                created,
            } => self.renamed(from, to, at, created),
            Step::MovedIn { path, at } => {
                if path.symlink_metadata().is_ok_and(|it| it.is_dir()) {
                    return self.folder(&path, at, None);
                }
                self.look(&path, &Look::event(at, true, true))
            }
            Step::Folder { path, at } => self.folder(&path, at, None),
            Step::FolderGone { path, at } => {
                self.watch.leave(&path);
                self.place_gone(&path);
                // Renamed more than once before anybody could look, it was told as a file.
                match self.knows(&path) {
                    true => self.deleted(path, at, None),
                    false => Ok(()),
                }
            }
            Step::FolderMoved { path } => {
                if self.place_gone(&path) {
                    self.watch.leave(&path);
                }
                Ok(())
            }
            Step::Lost { .. } => self.lost(self.last),
            Step::Vanished => self.say_often(
                1,
                "files were made and were gone, with their folder, before they could be looked at",
            ),
        }
    }

    /// Was it a place? Then places are to be looked for.
    fn place_gone(&mut self, folder: &Path) -> bool {
        let mut sites = self.sites.iter_mut();
        let Some(site) = sites.find(|site| site.place.root == folder) else {
            return false;
        };
        site.gone = true;
        self.replan = true;
        true
    }

    /// Events were lost: says so, and finds out what changed.
    fn lost(&mut self, from: i64) -> Result<(), Stopped> {
        self.say(Gap {
            cause: GapCause::Overflow,
            from: Some(from),
            to: Some(clock::now().0),
            ..places::missing(
                "more happened to files at once than could be taken; the places were looked through \
                 afterwards, and what came and went in between is missing"
                    .to_owned(),
            )
        })?;
        for number in 0..self.sites.len() {
            self.scan(number, Why::Lost(from))?;
        }
        self.last = clock::now().0;
        Ok(())
    }

    /// So many files are gone of which no names are kept.
    pub(super) fn gone(&mut self, count: u64, from: i64, cause: GapCause) -> Result<(), Stopped> {
        if count == 0 {
            return Ok(());
        }
        self.say(Gap {
            cause,
            count: Some(count),
            from: Some(from),
            to: Some(clock::now().0),
            ..places::missing(
                "so many files that were there before are gone; their names are not kept"
                    .to_owned(),
            )
        })
    }

    /// May it be looked at? The agent's own files are not.
    pub(super) fn is_own(&self, folder: &Path) -> bool {
        folder.starts_with(&self.begin.state)
    }

    /// Is it the folder of another place, inside of this one?
    pub(super) fn is_other_place(&self, number: usize, folder: &Path) -> bool {
        let mut sites = self.sites.iter().enumerate();
        sites.any(|(other, site)| other != number && site.place.root == folder)
    }

    /// A folder that was made, moved in or renamed.
    fn folder(&mut self, path: &Path, at: i64, from: Option<PathBuf>) -> Result<(), Stopped> {
        match self.site(path) {
            Some(number) => self.scan_folder(number, path, at, from.as_deref()),
            None => Ok(()),
        }
    }

    /// The same, where it had another name.
    pub(super) fn folder_renamed(
        &mut self,
        from: PathBuf,
        to: &Path,
        at: i64,
    ) -> Result<(), Stopped> {
        self.watch.leave(&from);
        if let Some(number) = self.site(&from)
            && let Some(site) = self.sites.get_mut(number)
        {
            // What went on in it meanwhile may have lost its way.
            site.unsure = true;
        }
        self.folder(to, at, Some(from))
    }
}

impl Site {
    fn is_timed(&self) -> bool {
        self.timed || self.place.sort == Some(crate::platform::mounts::Sort::Network)
    }
}
