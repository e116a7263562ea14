//! Looks at one file and says what became of it.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use proviso_report::fact::{FileChange, FileWas};
use proviso_report::record::{Method, UnixMs};

use super::describe::{Described, describe};
use super::engine::Engine;
use super::outlet::Stopped;
use super::picture::Known;
use super::places::Belongs;
use super::waiting::is_part;
use crate::platform::files::owner;
use crate::source::Observation;

/// Why a file is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    at: i64,
    method: Method,
    /// It was made, by the system's word.
    created: bool,
    /// It was put off once.
    again: bool,
    /// What it is if nothing is known of it.
    new: FileWas,
}

/// What is told of a file.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) was: FileWas,
    pub(super) from: Option<PathBuf>,
    pub(super) bytes: Option<u64>,
    pub(super) described: Described,
    pub(super) account: Option<String>,
    pub(super) at: i64,
    pub(super) method: Method,
}

impl Look {
    /// Because the system told of it.
    pub(super) const fn event(at: i64, created: bool, again: bool) -> Self {
        Self {
            at,
            method: Method::FileEvent,
            created,
            again,
            new: FileWas::Created,
        }
    }

    /// Because it was found.
    pub(super) const fn found(at: i64, new: FileWas) -> Self {
        Self {
            at,
            method: Method::FileScan,
            created: false,
            again: true,
            new,
        }
    }
}

impl Engine {
    /// Tells what became of a file since it was last told of.
    pub(super) fn look(&mut self, path: &Path, look: &Look) -> Result<(), Stopped> {
        let Some(number) = self.site(path) else {
            return Ok(());
        };
        match path.symlink_metadata() {
            Ok(metadata) if !metadata.is_dir() => self.compare(number, path, &metadata, look),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.say_often(1, "files could not be looked at: the system refused")
            }
            // A folder in its place, or nothing.
            Ok(_) | Err(_) => {
                // It went on, as the system will tell next, or did just before.
                if look.created && !look.again {
                    let now = Instant::now();
                    self.waiting.again(path.to_owned(), look.at, true, now);
                }
                Ok(())
            }
        }
    }

    /// The same where it is known how it is now.
    pub(super) fn compare(
        &mut self,
        number: usize,
        path: &Path,
        metadata: &Metadata,
        look: &Look,
    ) -> Result<(), Stopped> {
        let Some(site) = self.sites.get(number) else {
            return Ok(());
        };
        let (place, key) = (site.key, self.key(path));
        if metadata.is_dir() || self.is_own(path) {
            return Ok(());
        }
        let owner = owner(metadata);
        let belongs = match metadata.is_file() {
            true => self.places.belongs(&site.place, owner),
            // A link, a pipe, a device: no file.
            false => Belongs::Other,
        };
        let Belongs::To(account) = belongs else {
            self.pictures.set(place, key, Known::UNTOLD, self.round);
            return Ok(());
        };
        let now = known(metadata);
        let before = self.pictures.get(place, key);
        let was = match before {
            Some(before) if before == now => {
                self.pictures.found(place, key, self.round);
                return Ok(());
            }
            None | Some(Known::UNTOLD) => look.new,
            Some(before) if before.bytes().is_some_and(|size| now.size < size) => {
                FileWas::Truncated
            }
            Some(_) => FileWas::Changed,
        };
        let is_new = was == look.new && look.created;
        if is_new && now.size == 0 && (!look.again || self.waiting.is_loaded_beside(path)) {
            // A browser holds a name with an empty file.
            let now = Instant::now();
            self.waiting.again(path.to_owned(), look.at, false, now);
            return Ok(());
        }
        if !self.pictures.set(place, key, now, self.round) {
            self.full()?;
        }
        let told = Told {
            was,
            from: None,
            bytes: Some(now.size),
            described: describe(path, owner, &self.begin.asked),
            account,
            at: look.at,
            method: look.method,
        };
        self.tell_file(number, path, told)
    }

    /// A file is gone.
    pub(super) fn deleted(
        &mut self,
        path: PathBuf,
        at: i64,
        created: Option<i64>,
    ) -> Result<(), Stopped> {
        let Some(number) = self.site(&path) else {
            return Ok(());
        };
        let folder = self.watch.has(&path);
        if folder {
            self.watch.leave(&path);
            if let Some(site) = self.sites.get_mut(number) {
                site.unsure = true;
            }
        }
        let key = self.key(&path);
        let Some(site) = self.sites.get(number) else {
            return Ok(());
        };
        let known = self.pictures.remove(site.key, key);
        let account = site.place.account.clone();
        if known == Some(Known::UNTOLD) || (known.is_none() && at <= site.settled) {
            return Ok(());
        }
        if known.is_none() && account.is_none() {
            return self.say_often(
                1,
                "files in a place of several accounts were gone before it could be seen whose they were",
            );
        }
        if let (Some(created), None) = (created, known) {
            let told = Told::event(FileWas::Created, account.clone(), created);
            self.tell_file(number, &path, told)?;
        }
        let told = Told {
            bytes: known.and_then(Known::bytes),
            ..Told::event(FileWas::Deleted, account, at)
        };
        self.tell_file(number, &path, told)
    }

    /// A file has another name.
    pub(super) fn renamed(
        &mut self,
        from: PathBuf,
        to: PathBuf,
        at: i64,
        created: Option<i64>,
    ) -> Result<(), Stopped> {
        let metadata = to.symlink_metadata().ok();
        let is_folder = metadata.as_ref().is_some_and(Metadata::is_dir);
        if self.watch.has(&from) || is_folder {
            return self.folder_renamed(from, &to, at);
        }
        let (Some(old), Some(new)) = (self.site(&from), self.site(&to)) else {
            return self.deleted(from, at, created);
        };
        let (old_key, new_key) = (self.key(&from), self.key(&to));
        let (Some(old_site), Some(new_site)) = (self.sites.get(old), self.sites.get(new)) else {
            return Ok(());
        };
        let (new_place, account) = (new_site.key, new_site.place.account.clone());
        let known = self.pictures.remove(old_site.key, old_key);
        let untold = known.is_none() || known == Some(Known::UNTOLD);
        if untold && (created.is_none() || is_part(&from)) {
            // Nothing was told of it by its first name.
            let look = Look::event(at, true, known == Some(Known::UNTOLD));
            return self.look(&to, &look);
        }
        let file = metadata.filter(Metadata::is_file);
        let owner = file.as_ref().and_then(owner);
        let place = new_site.place.clone();
        let account = match &file {
            Some(_) => match self.places.belongs(&place, owner) {
                Belongs::To(account) => account,
                Belongs::Other => return self.look(&to, &Look::event(at, true, true)),
            },
            None => account,
        };
        if let Some(created) = created {
            let told = Told::event(FileWas::Created, account.clone(), created);
            self.tell_file(old, &from, told)?;
        }
        let now = file.as_ref().map(self::known).or(known);
        let now = now.unwrap_or(Known::UNSEEN);
        if !self.pictures.set(new_place, new_key, now, self.round) {
            self.full()?;
        }
        let described = match &file {
            Some(_) => describe(&to, owner, &self.begin.asked),
            None => Described::default(),
        };
        let told = Told {
            from: Some(from),
            bytes: now.bytes(),
            described,
            ..Told::event(FileWas::Renamed, account, at)
        };
        self.tell_file(new, &to, told)
    }

    /// Makes an observation of it.
    pub(super) fn tell_file(
        &mut self,
        number: usize,
        path: &Path,
        told: Told,
    ) -> Result<(), Stopped> {
        let Some(site) = self.sites.get(number) else {
            return Ok(());
        };
        let fact = FileChange {
            change: told.was,
            path: path.to_string_lossy().into_owned(),
            from: told.from.map(|from| from.to_string_lossy().into_owned()),
            place: site.place.name.map(str::to_owned),
            mime: told.described.mime,
            bytes: told.bytes,
            sha256: told.described.sha256,
            volume: site.place.volume.clone(),
        };
        self.tell(Observation {
            at: UnixMs(told.at),
            account: told.account,
            method: told.method,
            fact: fact.into(),
        })
    }
}

impl Told {
    /// By the system's word, and nothing more.
    fn event(was: FileWas, account: Option<String>, at: i64) -> Self {
        Self {
            was,
            from: None,
            bytes: None,
            described: Described::default(),
            account,
            at,
            method: Method::FileEvent,
        }
    }
}

/// How a file is now.
pub(super) fn known(metadata: &Metadata) -> Known {
    let written = metadata.modified().ok();
    let since = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    // Any two of these are as good as ever different.
    let mixed = since.as_secs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Known {
        size: metadata.len().min(Known::LARGEST),
        mark: mixed as u32 ^ since.subsec_nanos(),
    }
}
