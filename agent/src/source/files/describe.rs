//! What may be known of a file besides its name: its type, and the hash of what is in it.
//!
//! Promises: only where a rule asks. The file is opened as its owner's own, never through a link;
//! the hash is made of one file at a time, with pauses, and only up to a bound. Refuses: to keep a
//! byte of what it read.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use proviso_report::Hash;
use ring::digest::{Context, SHA256};

use super::asked::Asked;
use crate::platform::accounts::Owner;
use crate::platform::files::open_owned;

/// Longer files are not hashed.
const LONGEST: u64 = 256 << 20;
const CHUNK: usize = 64 << 10;
/// After so many chunks others get the disk and the processor for a moment.
const PAUSE_EACH: usize = 16;
const PAUSE: Duration = Duration::from_millis(2);
/// Enough to tell a type.
const HEAD: usize = 32;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) mime: Option<String>,
    pub(super) sha256: Option<Hash>,
}

/// Of the file of that owner.
pub(super) fn describe(path: &Path, owner: Option<Owner>, asked: &Asked) -> Described {
    let mut described = Described::default();
    if !asked.types && !asked.hashes {
        return described;
    }
    // Where files have no owners, the folder's access list decided.
    let opened = open_owned(path, owner.unwrap_or(Owner(0)));
    let mut head = [0; HEAD];
    let mut read = 0;
    if let Ok((mut file, before)) = opened {
        read = fill(&mut file, &mut head).unwrap_or_default();
        if asked.hashes && before.len() <= LONGEST {
            let hash = hash(&mut file);
            let same = file.metadata().is_ok_and(|after| {
                (after.len(), after.modified().ok()) == (before.len(), before.modified().ok())
            });
            // While it is written to it has no hash; it is told again when it was.
            described.sha256 = hash.ok().filter(|_| same);
        }
    }
    if asked.types {
        let head = head.get(..read).unwrap_or_default();
        let mime = by_head(head).or_else(|| by_name(path));
        described.mime = mime.map(str::to_owned);
    }
    described
}

fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

fn hash(file: &mut File) -> io::Result<Hash> {
    file.seek(SeekFrom::Start(0))?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK];
    let mut most = LONGEST;
    for round in 1.. {
        let read = fill(file, &mut buffer)?;
        most = most.saturating_sub(read as u64);
        context.update(buffer.get(..read).unwrap_or_default());
        if read < CHUNK || most == 0 {
            break;
        }
        if round % PAUSE_EACH == 0 {
            std::thread::sleep(PAUSE);
        }
    }
    let mut hash = Hash([0; 32]);
    hash.0.copy_from_slice(context.finish().as_ref());
    Ok(hash)
}

/// By how it begins: where, with which bytes.
const HEADS: &[(usize, &[u8], &str)] = &[
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypqt  ", "video/quicktime"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-wmv"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"7z\xbc\xaf'\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
];

/// By the ending of its name, where the first bytes say nothing.
const ENDINGS: &[(&str, &str)] = &[
    ("avi", "video/x-msvideo"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("iso", "application/x-iso9660-image"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpg", "video/mpeg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("qcow2", "application/x-qemu-disk"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("txt", "text/plain"),
    ("vdi", "application/x-virtualbox-vdi"),
    ("vmdk", "application/x-vmdk"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
];

/// What lies in a zip file, by its name.
const ZIPPED: &[(&str, &str)] = &[
    ("apk", "application/vnd.android.package-archive"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("epub", "application/epub+zip"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
];

fn by_head(head: &[u8]) -> Option<&'static str> {
    let begins = |&&(at, bytes, _): &&(usize, &[u8], _)| {
        head.get(at..).is_some_and(|rest| rest.starts_with(bytes))
    };
    HEADS.iter().find(begins).map(|(_, _, mime)| *mime)
}

fn by_name(path: &Path) -> Option<&'static str> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    let mut all = ENDINGS.iter().chain(ZIPPED);
    all.find(|(ending, _)| *ending == end)
        .map(|(_, mime)| *mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(types: bool, hashes: bool) -> Asked {
        Asked {
            types,
            hashes,
            ..Asked::default()
        }
    }

    #[test]
    fn what_nobody_asks_for_is_not_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, b"abc").unwrap();
        let me = Some(Owner(rustix::process::getuid().as_raw()));
        let of = |asked: &Asked| describe(&path, me, asked);
        assert_eq!(of(&asked(false, false)), Described::default());
        let typed = of(&asked(true, false));
        assert_eq!(
            (typed.mime.as_deref(), typed.sha256),
            (Some("image/jpeg"), None)
        );
        let hashed = of(&asked(false, true));
        assert_eq!((hashed.mime, hashed.sha256), (None, Some(Hash::of(b"abc"))));
        let other = describe(&path, Some(Owner(4_000_000)), &asked(false, true));
        assert_eq!(other.sha256, None, "of another account");
    }

    #[test]
    fn what_a_file_begins_with_counts_more_than_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let me = Some(Owner(rustix::process::getuid().as_raw()));
        for (name, bytes, mime) in [
            ("a.txt", &b"\xff\xd8\xff\xe0"[..], Some("image/jpeg")),
            (
                "b.jpg",
                b"MZ\x90",
                Some("application/vnd.microsoft.portable-executable"),
            ),
            ("c.TXT", b"hello", Some("text/plain")),
            ("d", b"\0\0\0\x20ftypisom", Some("video/mp4")),
            ("e", b"", None),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let described = describe(&path, me, &asked(true, false));
            assert_eq!(described.mime.as_deref(), mime, "{name}");
        }
    }

    #[test]
    fn a_long_file_is_hashed_whole_and_a_very_long_one_not() {
        let dir = tempfile::tempdir().unwrap();
        let me = Some(Owner(rustix::process::getuid().as_raw()));
        let path = dir.path().join("a");
        let bytes = vec![7; 3 * CHUNK + 5];
        std::fs::write(&path, &bytes).unwrap();
        let hashed = describe(&path, me, &asked(false, true));
        assert_eq!(hashed.sha256, Some(Hash::of(&bytes)));
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(LONGEST + 1)
            .unwrap();
        assert_eq!(describe(&path, me, &asked(false, true)).sha256, None);
    }
}
