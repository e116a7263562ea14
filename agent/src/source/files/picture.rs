//! What each place looked like when last it was told of: so that what nobody was told can be found.
//!
//! Of each file eight bytes of a hash of its path, its size and a mark of when it was written; no
//! names. It lies in the state directory (`files-seen`) and, for what was told since that file was
//! written, in the source's cursor, so that after a kill each change is told exactly once:
//!
//! - a change goes into the cursor in the transaction of the records that tell it;
//! - when the cursor gets long the file is written anew, whole or not at all, with the next number,
//!   and then the cursor begins anew with that number. In between the file holds all that the
//!   cursor does, and doing it again changes nothing.
//!
//! Promises: at most [`MOST`] files; more are refused, and whoever asks says so.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use proviso_report::Hash;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::files::write_private;

const FILE: &str = "files-seen";
const MAGIC: &[u8; 16] = b"proviso-files/1\n";
const CURSOR: u8 = 1;
const SALT: usize = 16;
/// Files of all places together: 2 MB on disk, 4 MB in memory.
pub(super) const MOST: usize = 100_000;
/// A cursor longer than that gives way to a file.
const LONG: usize = 32 << 10;

const GONE: u8 = 0;
const THERE: u8 = 1;
const LEFT: u8 = 2;

/// A file, or a place, without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

/// A file as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Bytes; beyond [`Known::LARGEST`] it is none.
    pub(super) size: u64,
    /// Of when it was written.
    pub(super) mark: u32,
}

/// The pictures of all places.
#[derive(Debug)]
pub(super) struct Pictures {
    number: u64,
    salt: [u8; SALT],
    places: BTreeMap<Key, BTreeMap<Key, Seen>>,
    files: usize,
    /// What changed since the file was written.
    changes: Vec<u8>,
    /// So much of that is on disk.
    given: usize,
}

#[derive(Debug)]
struct Seen {
    known: Known,
    /// Of the look that last found it.
    round: u32,
}

impl Known {
    /// There, and not to be told of.
    pub(super) const UNTOLD: Self = Self {
        size: u64::MAX,
        mark: 0,
    };
    /// Told of, and gone on before it could be looked at.
    pub(super) const UNSEEN: Self = Self {
        size: u64::MAX - 1,
        mark: 0,
    };
    /// The greatest size that is one.
    pub(super) const LARGEST: u64 = u64::MAX - 2;

    /// Its size, where it is known.
    pub(super) fn bytes(self) -> Option<u64> {
        (self.size <= Self::LARGEST).then_some(self.size)
    }
}

impl Pictures {
    /// Empty ones; fails if the system gives no random numbers.
    pub(super) fn new() -> io::Result<Self> {
        let mut salt = [0; SALT];
        let filled = SystemRandom::new().fill(&mut salt);
        filled.map_err(|_| io::Error::other("this computer gives no random numbers"))?;
        Ok(Self {
            number: 0,
            salt,
            places: BTreeMap::new(),
            files: 0,
            changes: Vec::new(),
            given: 0,
        })
    }

    /// Those that were kept; `None`: there are none, or they are damaged or older than the cursor.
    pub(super) fn load(state: &Path, cursor: &[u8]) -> Option<Self> {
        let bytes = std::fs::read(state.join(FILE)).ok()?;
        let mut pictures = Self::from_bytes(&bytes)?;
        let (number, changes) = parse(cursor)?;
        if number > pictures.number {
            return None;
        }
        pictures.redo(changes)?;
        Some(pictures)
    }

    /// Those of before this cursor are of no use: the next file comes after them.
    pub(super) fn begin_after(&mut self, cursor: &[u8]) {
        self.number = parse(cursor).map_or(0, |(number, _)| number);
    }

    /// Writes the file; the cursor is short again.
    pub(super) fn save(&mut self, state: &Path) -> io::Result<()> {
        let number = self.number.saturating_add(1);
        write_private(&state.join(FILE), &self.to_bytes(number))?;
        self.number = number;
        self.changes = Vec::new();
        self.given = 0;
        Ok(())
    }

    /// Is there anything that the cursor on disk does not say?
    pub(super) const fn changed(&self) -> bool {
        self.changes.len() > self.given
    }

    /// The cursor is on disk.
    pub(super) const fn given(&mut self) {
        self.given = self.changes.len();
    }

    /// The cursor after what was changed so far.
    pub(super) fn cursor(&self) -> Vec<u8> {
        let mut bytes = vec![CURSOR];
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(&self.changes);
        bytes
    }

    /// Should the file be written?
    pub(super) const fn is_long(&self) -> bool {
        self.changes.len() > LONG
    }

    /// Without the name.
    pub(super) fn key(&self, bytes: &[u8]) -> Key {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(&self.salt);
        context.update(bytes);
        let digest = context.finish();
        let first = digest.as_ref().first_chunk();
        Key(first.map_or(0, |first| u64::from_be_bytes(*first)))
    }

    /// Is there one of this place?
    pub(super) fn has_place(&self, place: Key) -> bool {
        self.places.contains_key(&place)
    }

    /// The file as it was told.
    pub(super) fn get(&self, place: Key, file: Key) -> Option<Known> {
        Some(self.places.get(&place)?.get(&file)?.known)
    }

    /// It is as this; false if there is no room for it.
    pub(super) fn set(&mut self, place: Key, file: Key, known: Known, round: u32) -> bool {
        let files = self.places.entry(place).or_default();
        let room = self.files < MOST;
        match files.get_mut(&file) {
            Some(seen) => *seen = Seen { known, round },
            None if !room => return false,
            None => {
                files.insert(file, Seen { known, round });
                self.files += 1;
            }
        }
        self.changes.push(THERE);
        for number in [place.0, file.0, known.size] {
            self.changes.extend(number.to_be_bytes());
        }
        self.changes.extend(known.mark.to_be_bytes());
        true
    }

    /// It was found as it is known.
    pub(super) fn found(&mut self, place: Key, file: Key, round: u32) {
        let files = self.places.get_mut(&place);
        if let Some(seen) = files.and_then(|files| files.get_mut(&file)) {
            seen.round = round;
        }
    }

    /// It is gone; how it was told.
    pub(super) fn remove(&mut self, place: Key, file: Key) -> Option<Known> {
        let seen = self.places.get_mut(&place)?.remove(&file)?;
        self.files = self.files.saturating_sub(1);
        self.changes.push(GONE);
        for number in [place.0, file.0] {
            self.changes.extend(number.to_be_bytes());
        }
        Some(seen.known)
    }

    /// There is a picture of this place, though it may be empty.
    pub(super) fn begin(&mut self, place: Key) {
        self.places.entry(place).or_default();
    }

    /// Takes out what this look did not find; how many of these were told of.
    pub(super) fn not_found(&mut self, place: Key, round: u32) -> u64 {
        let Some(files) = self.places.get(&place) else {
            return 0;
        };
        let missing = files.iter().filter(|(_, seen)| seen.round != round);
        let missing: Vec<Key> = missing.map(|(file, _)| *file).collect();
        let mut told = 0;
        for file in missing {
            let known = self.remove(place, file);
            told += u64::from(known.is_some_and(|known| known != Known::UNTOLD));
        }
        told
    }

    /// The place is no longer there; nothing is known of what is in it.
    pub(super) fn leave(&mut self, place: Key) {
        if let Some(files) = self.places.remove(&place) {
            self.files = self.files.saturating_sub(files.len());
            self.changes.push(LEFT);
            self.changes.extend(place.0.to_be_bytes());
        }
    }

    /// Leaves all but these.
    pub(super) fn keep_only(&mut self, places: &[Key]) {
        let known: Vec<Key> = self.places.keys().copied().collect();
        for place in known {
            if !places.contains(&place) {
                self.leave(place);
            }
        }
    }

    /// Number, salt, and of each place its key, how many files it has, and of each its key, size and
    /// mark; all big-endian, the hash of all that at the end.
    fn to_bytes(&self, number: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + 20 * self.files + 12 * self.places.len() + 32);
        bytes.extend(MAGIC);
        bytes.extend(number.to_be_bytes());
        bytes.extend(self.salt);
        for (place, files) in &self.places {
            bytes.extend(place.0.to_be_bytes());
            let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
            bytes.extend(count.to_be_bytes());
            for (file, seen) in files {
                bytes.extend(file.0.to_be_bytes());
                bytes.extend(seen.known.size.to_be_bytes());
                bytes.extend(seen.known.mark.to_be_bytes());
            }
        }
        let hash = Hash::of(&bytes);
        bytes.extend(hash.0);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, hash) = bytes.split_last_chunk::<32>()?;
        if Hash::of(bytes) != Hash(*hash) {
            return None;
        }
        let mut rest = Reader(bytes.strip_prefix(MAGIC)?);
        let mut pictures = Self {
            number: rest.long()?,
            salt: rest.some()?,
            places: BTreeMap::new(),
            files: 0,
            changes: Vec::new(),
            given: 0,
        };
        while !rest.0.is_empty() {
            let place = Key(rest.long()?);
            let count = u32::from_be_bytes(rest.some()?);
            pictures.begin(place);
            for _ in 0..count {
                pictures.put(place, Key(rest.long()?), rest.known()?)?;
            }
        }
        Some(pictures)
    }

    fn put(&mut self, place: Key, file: Key, known: Known) -> Option<()> {
        let files = self.places.entry(place).or_default();
        if files.insert(file, Seen { known, round: 0 }).is_none() {
            self.files += 1;
        }
        (self.files <= MOST).then_some(())
    }

    /// What the cursor says changed since.
    fn redo(&mut self, changes: &[u8]) -> Option<()> {
        let mut rest = Reader(changes);
        while let Some([kind]) = rest.some() {
            let place = Key(rest.long()?);
            match kind {
                GONE => {
                    let file = Key(rest.long()?);
                    if let Some(files) = self.places.get_mut(&place)
                        && files.remove(&file).is_some()
                    {
                        self.files = self.files.saturating_sub(1);
                    }
                }
                THERE => self.put(place, Key(rest.long()?), rest.known()?)?,
                LEFT => {
                    let files = self.places.remove(&place).unwrap_or_default();
                    self.files = self.files.saturating_sub(files.len());
                }
                _ => return None,
            }
        }
        self.changes = changes.to_vec();
        self.given = changes.len();
        Some(())
    }
}

/// The number of the file, and what changed since.
fn parse(cursor: &[u8]) -> Option<(u64, &[u8])> {
    let (&format, rest) = cursor.split_first()?;
    let (number, changes) = rest.split_first_chunk()?;
    (format == CURSOR).then_some((u64::from_be_bytes(*number), changes))
}

/// Takes bytes from the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn some<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (some, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*some)
    }

    fn long(&mut self) -> Option<u64> {
        self.some().map(u64::from_be_bytes)
    }

    fn known(&mut self) -> Option<Known> {
        Some(Known {
            size: self.long()?,
            mark: u32::from_be_bytes(self.some()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: Key = Key(1);
    const B: Key = Key(2);

    fn known(size: u64) -> Known {
        Known { size, mark: 7 }
    }

    fn pictures() -> Pictures {
        Pictures {
            salt: [9; SALT],
            ..Pictures::new().unwrap()
        }
    }

    #[test]
    fn bytes_are_pinned() {
        let mut pictures = pictures();
        pictures.begin(B);
        assert!(pictures.set(A, Key(0x0102), known(3), 0));
        let mut bytes = b"proviso-files/1\n".to_vec();
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 5]);
        bytes.extend([9; 16]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        bytes.extend([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 7]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
        let hash = Hash::of(&bytes);
        bytes.extend(hash.0);
        assert_eq!(pictures.to_bytes(5), bytes);
        let read = Pictures::from_bytes(&bytes).unwrap();
        assert_eq!((read.number, read.files), (5, 1));
        assert_eq!(read.get(A, Key(0x0102)), Some(known(3)));
        assert!(read.has_place(B) && !read.has_place(Key(3)));
        let mut cursor = vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        cursor.extend([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2]);
        cursor.extend([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 7]);
        assert_eq!(pictures.cursor(), cursor);
        assert_eq!(pictures.remove(A, Key(0x0102)), Some(known(3)));
        pictures.leave(A);
        cursor.extend([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2]);
        cursor.extend([2, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(pictures.cursor(), cursor);
    }

    #[test]
    fn a_kill_between_the_file_and_the_cursor_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut pictures = pictures();
        pictures.save(dir.path()).unwrap();
        assert!(pictures.set(A, B, known(3), 0));
        assert!(pictures.set(A, A, known(4), 0));
        pictures.remove(A, B);
        let before = pictures.cursor();
        let is_same = |pictures: &Pictures| {
            (pictures.get(A, A), pictures.get(A, B), pictures.files) == (Some(known(4)), None, 1)
        };
        assert!(is_same(&Pictures::load(dir.path(), &before).unwrap()));
        pictures.save(dir.path()).unwrap();
        assert!(is_same(&Pictures::load(dir.path(), &before).unwrap()));
        let after = pictures.cursor();
        assert_eq!(after.len(), 9);
        assert!(is_same(&Pictures::load(dir.path(), &after).unwrap()));
        // A file of before, put back, is not believed.
        std::fs::write(dir.path().join(FILE), pictures.to_bytes(1)).unwrap();
        assert!(Pictures::load(dir.path(), &after).is_none());
        std::fs::write(dir.path().join(FILE), b"other").unwrap();
        assert!(Pictures::load(dir.path(), &after).is_none());
        assert!(Pictures::load(dir.path(), b"").is_none());
    }

    #[test]
    fn what_a_look_did_not_find_is_counted() {
        let mut pictures = pictures();
        for file in 0..5 {
            assert!(pictures.set(A, Key(file), known(file), 1));
        }
        assert!(pictures.set(A, Key(9), Known::UNTOLD, 1));
        pictures.found(A, Key(3), 2);
        pictures.found(A, Key(77), 2);
        assert_eq!(pictures.not_found(A, 2), 4);
        assert_eq!(
            (pictures.files, pictures.get(A, Key(3))),
            (1, Some(known(3)))
        );
        assert_eq!(pictures.not_found(B, 2), 0);
        pictures.keep_only(&[B]);
        assert_eq!(pictures.files, 0);
    }

    #[test]
    fn beyond_the_most_files_are_refused() {
        let mut pictures = pictures();
        for file in 0..MOST as u64 {
            assert!(pictures.set(A, Key(file), known(0), 0));
        }
        assert!(!pictures.set(A, Key(u64::MAX), known(0), 0));
        assert!(pictures.set(A, Key(0), known(1), 0), "it is known already");
        assert!(pictures.is_long());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut all = MAGIC.to_vec();
            all.append(&mut bytes);
            let hash = Hash::of(&all);
            all.extend(hash.0);
            if let Some(pictures) = Pictures::from_bytes(&all) {
                prop_assert!(pictures.files <= MOST);
            }
            let _ = pictures().redo(&all);
        }
    }
}
