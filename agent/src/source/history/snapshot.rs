//! Copies a browser's database while the browser writes to it.
//!
//! Promises: the live files are only ever read as files, never opened as a database: that could
//! write to them, and they are the person's own. A copy is one state of the database as SQLite
//! would find it after a power cut: the database did not change while it was copied, and what
//! lies beside it fits. Each copy has a folder of its own, gone when the copy is dropped: a folder
//! used twice gives old rows.
//!
//! Refuses: what is not the account's own file, and what is too large.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::fault::Fault;
use crate::platform::accounts::Owner;
use crate::platform::files::{OpenError, identity, open_owned};

/// Larger than any honest history.
const MAX_BYTES: u64 = 1 << 30;
/// Tries, and the pause between them: the longest commit that was seen took far less than a second.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);
/// File times move in ticks of up to 10 ms: a file this young may change without a new time.
const TICKS: Duration = Duration::from_millis(20);
/// SQLite's write-ahead log: its salts change when it begins again.
const SALTS: std::ops::Range<usize> = 16..24;
const WAL_HEADER: usize = 32;
/// SQLite's rollback journal: zeros here while nothing is being committed.
const JOURNAL_MAGIC: usize = 8;

/// A copy; reading it may change it.
#[derive(Debug)]
pub(super) struct Snapshot {
    path: PathBuf,
    of: (u64, u64),
    _folder: TempDir,
}

impl Snapshot {
    /// Copies a database of that account into a new folder below `scratch`.
    pub(super) fn take(path: &Path, owner: Owner, scratch: &Path) -> Result<Self, Fault> {
        Self::take_while(path, owner, scratch, &mut || {})
    }

    /// The same; `meanwhile` happens after each copy, before it is compared.
    pub(super) fn take_while(
        path: &Path,
        owner: Owner,
        scratch: &Path,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Self, Fault> {
        for attempt in 1..=TRIES {
            // A journal that stays is what a killed browser left; the copy can be rolled back.
            let hot = attempt == TRIES;
            if let Some(snapshot) = attempt_once(path, owner, scratch, hot, meanwhile)? {
                return Ok(snapshot);
            }
            std::thread::sleep(PAUSE);
        }
        Err(Fault::Busy)
    }

    /// Names the file that was copied, while it exists.
    pub(super) const fn of(&self) -> (u64, u64) {
        self.of
    }

    /// The copied database.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// How a database and what lies beside it stand: two that are equal hold the same visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    database: FileStamp,
    wal: Option<FileStamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    identity: (u64, u64),
    modified: SystemTime,
    len: u64,
}

impl Stamp {
    /// How it stands now; `None`: it is not there.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Some(Self {
            database: FileStamp::of(path)?,
            wal: FileStamp::of(&beside(path, "-wal")),
        })
    }
}

impl FileStamp {
    fn of(path: &Path) -> Option<Self> {
        Self::from(&std::fs::symlink_metadata(path).ok()?)
    }

    fn from(metadata: &Metadata) -> Option<Self> {
        Some(Self {
            identity: identity(metadata),
            modified: metadata.modified().ok()?,
            len: metadata.len(),
        })
    }

    fn is_settled(&self) -> bool {
        // A time ahead of the clock says nothing about its age.
        SystemTime::now()
            .duration_since(self.modified)
            .map_or(true, |age| age >= TICKS)
    }
}

/// `None`: it changed meanwhile.
fn attempt_once(
    path: &Path,
    owner: Owner,
    scratch: &Path,
    hot: bool,
    meanwhile: &mut dyn FnMut(),
) -> Result<Option<Snapshot>, Fault> {
    let (mut database, metadata) = open_owned(path, owner)?;
    let journal = beside(path, "-journal");
    let before = (FileStamp::from(&metadata), FileStamp::of(&journal));
    let settled = |stamp: &Option<FileStamp>| stamp.is_none_or(|stamp| stamp.is_settled());
    if !settled(&before.0) || !settled(&before.1) {
        return Ok(None);
    }
    let folder = tempfile::Builder::new()
        .prefix("copy-")
        .tempdir_in(scratch)
        .map_err(Fault::Scratch)?;
    let copy = folder.path().join("copy");

    // The log first: what is added to it later is missing, which is an earlier state, but whole.
    let mut wal = open_beside(&beside(path, "-wal"), owner)?;
    let salts = wal.as_mut().map(salts).transpose()?;
    if let Some(wal) = &mut wal {
        copy_file(wal, &beside(&copy, "-wal"))?;
    }
    copy_file(&mut database, &copy)?;
    if let Some(mut journal) = open_beside(&journal, owner)? {
        if !hot && start::<JOURNAL_MAGIC>(&mut journal)? != Some([0; JOURNAL_MAGIC]) {
            let empty = journal.metadata().map_err(Fault::Read)?.len() == 0;
            if !empty {
                return Ok(None);
            }
        }
        copy_file(&mut journal, &beside(&copy, "-journal"))?;
    }

    meanwhile();
    let after = (FileStamp::of(path), FileStamp::of(&journal));
    let mut wal = open_beside(&beside(path, "-wal"), owner)?;
    let same = before == after && salts == wal.as_mut().map(self::salts).transpose()?;
    Ok(same.then_some(Snapshot {
        path: copy,
        of: identity(&metadata),
        _folder: folder,
    }))
}

/// The salts of a log; `None` while it has no header.
fn salts(wal: &mut File) -> Result<Option<[u8; WAL_HEADER]>, Fault> {
    let header: Option<[u8; WAL_HEADER]> = start(wal)?;
    // All but the salts are constant or follow from them.
    Ok(header.map(|header| {
        let mut only = [0; WAL_HEADER];
        only[SALTS].copy_from_slice(&header[SALTS]);
        only
    }))
}

/// The first bytes of a file, which is then at its start again; `None` if there are fewer.
fn start<const N: usize>(file: &mut File) -> Result<Option<[u8; N]>, Fault> {
    let mut bytes = [0; N];
    let read = match file.read_exact(&mut bytes) {
        Ok(()) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(Fault::Read(error)),
    };
    file.seek(SeekFrom::Start(0)).map_err(Fault::Read)?;
    Ok(read)
}

/// A file that need not be there.
fn open_beside(path: &Path, owner: Owner) -> Result<Option<File>, Fault> {
    match open_owned(path, owner) {
        Ok((file, _)) => Ok(Some(file)),
        Err(OpenError::Missing) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn copy_file(from: &mut File, to: &Path) -> Result<(), Fault> {
    let len = from.metadata().map_err(Fault::Read)?.len();
    if len > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    let mut copy = File::create_new(to).map_err(Fault::Scratch)?;
    // It can grow while it is copied.
    let copied = io::copy(&mut from.take(MAX_BYTES + 1), &mut copy).map_err(Fault::Scratch)?;
    if copied > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    Ok(())
}

/// The file beside a database that SQLite names after it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
