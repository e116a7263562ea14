//! Looks through a place and finds what nobody told.

use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

use proviso_report::fact::{FileWas, GapCause};
use proviso_report::record::Method;

use super::describe::describe;
use super::engine::{Engine, Site};
use super::look::{Look, Told, known};
use super::outlet::Stopped;
use super::picture::Known;
use super::places::Belongs;
use super::walk::{Visitor, walk};
use crate::platform::clock;
use crate::platform::files::owner;

/// Times of files are cut to the system's tick, and on some volumes to two seconds.
const COARSE: i64 = 2_000;

/// Why a place is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// To know what is there: that is no news.
    BaseLine,
    /// The agent did not run for a while.
    Start,
    /// It came while the agent runs.
    Came,
    /// Since then events were lost.
    Lost(i64),
    /// The system may not have told everything.
    Unsure,
    /// It is time to.
    Timed,
}

struct Through<'a> {
    engine: &'a mut Engine,
    number: usize,
    why: Why,
    /// What was written since then can have been written unseen.
    since: i64,
    now: i64,
    /// The folder that is looked through, and its name before.
    renamed: Option<(&'a Path, &'a Path)>,
}

impl Engine {
    /// Looks through a whole place.
    pub(super) fn scan(&mut self, number: usize, why: Why) -> Result<(), Stopped> {
        let Some(site) = self.sites.get(number) else {
            return Ok(());
        };
        let (root, key, looked) = (site.place.root.clone(), site.key, site.looked);
        self.end_moves(&root)?;
        let now = clock::now().0;
        self.round = self.round.wrapping_add(1);
        self.pictures.begin(key);
        let since = match why {
            Why::Start => self.begin.times.began(),
            Why::Lost(from) => from,
            // It was not there when places were looked for before.
            Why::Came => self.planned[1],
            Why::BaseLine | Why::Unsure | Why::Timed => looked,
        };
        let mut through = Through {
            engine: self,
            number,
            why,
            since,
            now,
            renamed: None,
        };
        let unread = walk(&root, &mut through)?;
        self.unread(unread)?;
        let Some(site) = self.sites.get_mut(number) else {
            return Ok(());
        };
        let end = clock::now().0;
        site.looked = end;
        if let Why::Lost(_) = why {
            site.settled = end;
        }
        if !root.is_dir() {
            // It left while it was looked through: nothing is known of what was in it.
            return Ok(());
        }
        let missing = self.pictures.not_found(key, self.round);
        match why {
            Why::BaseLine | Why::Came => Ok(()),
            Why::Lost(_) => self.gone(missing, since, GapCause::Overflow),
            Why::Start | Why::Unsure | Why::Timed => {
                self.gone(missing, since, GapCause::DroppedByAge)
            }
        }
    }

    /// Looks through a folder that came into a place; `from`: its name before.
    pub(super) fn scan_folder(
        &mut self,
        number: usize,
        folder: &Path,
        at: i64,
        from: Option<&Path>,
    ) -> Result<(), Stopped> {
        self.end_moves(folder)?;
        let mut through = Through {
            engine: self,
            number,
            why: Why::Unsure,
            since: at,
            now: clock::now().0,
            renamed: from.map(|from| (folder, from)),
        };
        let unread = walk(folder, &mut through)?;
        self.unread(unread)
    }

    /// Tells what left, or its end would be told as that of what is found under its name.
    fn end_moves(&mut self, folder: &Path) -> Result<(), Stopped> {
        for step in self.waiting.left_below(folder) {
            self.step(step)?;
        }
        Ok(())
    }

    fn unread(&mut self, count: u64) -> Result<(), Stopped> {
        if count == 0 {
            return Ok(());
        }
        self.say_often(
            count,
            "folders or files could not be looked at: the system refused",
        )
    }
}

impl Through<'_> {
    /// When it happened, if the file tells.
    fn at(&self, metadata: &Metadata) -> Option<i64> {
        let written = metadata.modified().ok();
        let since = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let written = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        let first = self.since.saturating_sub(COARSE);
        let likely = written.filter(|at| (first..=self.now).contains(at));
        likely.map(|at| at.max(self.since))
    }

    /// It was known by its folder's name before; is it told so?
    fn had_other_name(&mut self, path: &Path, metadata: &Metadata) -> Result<bool, Stopped> {
        let Some((folder, before)) = self.renamed else {
            return Ok(false);
        };
        let Ok(rest) = path.strip_prefix(folder) else {
            return Ok(false);
        };
        let from = before.join(rest);
        let engine = &mut *self.engine;
        let (from_key, to_key) = (engine.key(&from), engine.key(path));
        let old = engine.site(&from).and_then(|old| engine.sites.get(old));
        let Some(old_place) = old.map(|old| old.key) else {
            return Ok(false);
        };
        let Some(before) = engine.pictures.remove(old_place, from_key) else {
            return Ok(false);
        };
        let Some(site) = engine.sites.get(self.number) else {
            return Ok(false);
        };
        let owner = owner(metadata);
        let belongs = engine.places.belongs(&site.place, owner);
        let Belongs::To(account) = belongs else {
            return Ok(false);
        };
        if before == Known::UNTOLD || !metadata.is_file() {
            return Ok(false);
        }
        let now = known(metadata);
        if !engine.pictures.set(site.key, to_key, now, engine.round) {
            engine.full()?;
        }
        let told = Told {
            was: FileWas::Renamed,
            from: Some(from),
            bytes: Some(now.size),
            described: describe(path, owner, &engine.begin.asked),
            account,
            at: self.since,
            method: Method::FileEvent,
        };
        engine.tell_file(self.number, path, told)?;
        Ok(true)
    }
}

impl Visitor for Through<'_> {
    type Stop = Stopped;

    fn folder(&mut self, path: &Path, metadata: &Metadata) -> Result<bool, Stopped> {
        let engine = &mut *self.engine;
        if engine.is_own(path) || engine.is_other_place(self.number, path) {
            return Ok(false);
        }
        let Some(site) = engine.sites.get(self.number) else {
            return Ok(false);
        };
        if engine.places.belongs(&site.place, owner(metadata)) == Belongs::Other {
            return Ok(false);
        }
        // Before its files are looked at, so that nothing falls in between.
        engine.watch(self.number, path)?;
        Ok(true)
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), Stopped> {
        if self.had_other_name(path, metadata)? {
            return Ok(());
        }
        let written = self.at(metadata);
        let at = written.unwrap_or(self.now);
        // What was written just before on a volume may have been written elsewhere.
        let is_volume = |site: &Site| site.place.sort.is_some();
        let volume = self.engine.sites.get(self.number).is_some_and(is_volume);
        let new = match self.why {
            Why::Came if volume || written.is_none() => FileWas::Seen,
            _ => FileWas::Created,
        };
        let silent = self.why == Why::BaseLine || !self.engine.begin.times.covers(at);
        if !silent {
            let look = Look::found(at, new);
            return self.engine.compare(self.number, path, metadata, &look);
        }
        self.engine.note(self.number, path, metadata)
    }
}

impl Engine {
    /// It is as it is, and that is no news.
    fn note(&mut self, number: usize, path: &Path, metadata: &Metadata) -> Result<(), Stopped> {
        let Some(site) = self.sites.get(number) else {
            return Ok(());
        };
        let is_told = metadata.is_file()
            && self.places.belongs(&site.place, owner(metadata)) != Belongs::Other;
        let now = if is_told {
            known(metadata)
        } else {
            Known::UNTOLD
        };
        let (place, key) = (site.key, self.key(path));
        if !self.pictures.set(place, key, now, self.round) {
            self.full()?;
        }
        Ok(())
    }
}
