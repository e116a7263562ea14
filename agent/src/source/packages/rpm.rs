//! rpm's database: SQLite, with a header of rpm's own format for each package.
//!
//! A header is the number of its entries and the length of its data (4 bytes each), the entries (tag,
//! type, offset, count: 4 bytes each), and the data; all big-endian. Texts end with a zero.
//!
//! Promises: the database is copied first, and only the copy is opened: it changes while rpm works.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use super::list::List;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const INT32: u32 = 4;
const TEXT: u32 = 6;
const ENTRY: usize = 16;
/// Several times the largest that was seen.
const MAX_BYTES: u64 = 1 << 30;
/// Keys that say who signed a package stand among the packages.
const KEY: &str = "gpg-pubkey";
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Why the database was not read.
#[derive(Debug, Error)]
pub(super) enum RpmError {
    /// It changes all the time.
    #[error("it is written to without a pause")]
    Busy,
    /// It is no list of packages.
    #[error("it is larger than any list of packages")]
    TooLarge,
    /// It cannot be copied.
    #[error("it cannot be copied: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it is damaged: {0}")]
    Damaged(#[from] rusqlite::Error),
}

/// Reads a database over a copy in a new folder below `scratch`.
pub(super) fn read(database: &Path, scratch: &Path) -> Result<List, RpmError> {
    let folder = tempfile::Builder::new()
        .prefix("rpm-")
        .tempdir_in(scratch)?;
    let copy = folder.path().join("copy");
    for attempt in 0.. {
        let before = stamps(database);
        if before.iter().flatten().any(|(_, len)| *len > MAX_BYTES) {
            return Err(RpmError::TooLarge);
        }
        std::fs::copy(database, &copy)?;
        match std::fs::copy(beside(database), beside(&copy)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        if before == stamps(database) {
            break;
        }
        if attempt >= TRIES {
            return Err(RpmError::Busy);
        }
        std::thread::sleep(PAUSE);
    }
    packages(&copy)
}

fn packages(copy: &Path) -> Result<List, RpmError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    let mut query = connection.prepare("SELECT blob FROM Packages")?;
    let mut rows = query.query([])?;
    let mut list = List::default();
    while let Some(row) = rows.next()? {
        let header = row.get_ref(0)?.as_blob().unwrap_or_default();
        if let Some((name, version)) = package(header).filter(|(name, _)| name != KEY) {
            list.add(&name, &version);
        }
    }
    Ok(list)
}

/// The name of a package, and its version as rpm writes it.
fn package(header: &[u8]) -> Option<(String, String)> {
    let name = text(header, NAME)?;
    let mut version = text(header, VERSION)?;
    if let Some(release) = text(header, RELEASE) {
        version = format!("{version}-{release}");
    }
    if let Some(at) = entry(header, EPOCH, INT32) {
        version = format!("{}:{version}", word(header, at)?);
    }
    Some((name, version))
}

fn text(header: &[u8], tag: u32) -> Option<String> {
    let rest = header.get(entry(header, tag, TEXT)?..)?;
    let text = rest.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// Where the data of this tag begin.
fn entry(header: &[u8], tag: u32, kind: u32) -> Option<usize> {
    let count = usize::try_from(word(header, 0)?).ok()?;
    let end = count.checked_mul(ENTRY)?.checked_add(8)?;
    let (entries, odd) = header.get(8..end)?.as_chunks::<ENTRY>();
    debug_assert!(odd.is_empty(), "cut at a whole number of entries");
    let found = entries
        .iter()
        .find(|entry| word(*entry, 0) == Some(tag) && word(*entry, 4) == Some(kind))?;
    let offset = usize::try_from(word(found, 8)?).ok()?;
    end.checked_add(offset)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// How the database and its log stand.
fn stamps(database: &Path) -> [Option<(SystemTime, u64)>; 2] {
    let stamp = |it: Metadata| Some((it.modified().ok()?, it.len()));
    [database, &beside(database)].map(|path| std::fs::metadata(path).ok().and_then(stamp))
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// The beginning of what rpm 4.18 wrote for `proviso-test-1.2-3`, with an epoch put behind.
    fn header(epoch: bool) -> Vec<u8> {
        let entries: &[[u32; 4]] = &[
            [1000, 6, 2, 1],
            [1001, 6, 15, 1],
            [1002, 6, 19, 1],
            [1003, 4, 24, 1],
        ];
        let entries = &entries[..if epoch { 4 } else { 3 }];
        let data = HEXLOWER
            .decode(b"430070726f7669736f2d7465737400312e3200330000000000000007")
            .unwrap();
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(entries.iter().flatten().flat_map(|word| word.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_header_names_its_package() {
        let name = || "proviso-test".to_owned();
        assert_eq!(package(&header(false)), Some((name(), "1.2-3".into())));
        assert_eq!(package(&header(true)), Some((name(), "7:1.2-3".into())));
        assert_eq!(package(&header(false)[..40]), None);
        assert_eq!(package(&[0xff; 64]), None);
    }

    #[test]
    fn a_database_is_read_while_another_holds_it_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rpmdb.sqlite");
        let rpm = Connection::open(&path).unwrap();
        rpm.pragma_update(None, "journal_mode", "wal").unwrap();
        rpm.execute_batch(
            "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)",
        )
        .unwrap();
        let insert = "INSERT INTO Packages (blob) VALUES (?1)";
        for header in [&header(false)[..], b"damaged"] {
            rpm.execute(insert, [header]).unwrap();
        }
        let mut list = List::default();
        list.add("proviso-test", "1.2-3");
        assert_eq!(read(&path, dir.path()).unwrap(), list);
        let other = dir.path().join("other");
        std::fs::write(&other, "no database").unwrap();
        let error = read(&other, dir.path()).unwrap_err();
        assert!(matches!(error, RpmError::Damaged(_)), "{error}");
        let none = read(&dir.path().join("none"), dir.path());
        assert!(matches!(none, Err(RpmError::Io(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(package(&bytes));
            let mut near = header(true);
            for (old, new) in near.iter_mut().zip(bytes).skip(8).step_by(7) {
                *old = new;
            }
            drop(package(&near));
        }
    }
}
