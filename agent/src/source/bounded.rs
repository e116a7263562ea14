//! Reads small files that others write: never more of them than the reader asks for.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use ring::digest::{SHA256, digest};

/// Letters in a name that goes into a record.
const MAX_NAME: usize = 128;

/// A whole file of at most so many bytes; a larger one, and what is no file, is an error.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is longer than such a file ever is",
        ));
    }
    Ok(bytes)
}

/// The same as text, whatever is in it.
pub(crate) fn text(path: &Path, most: usize) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&read(path, most)?).into_owned())
}

/// A name from outside as it may stand in a record: not too long, and on one line.
pub(crate) fn name(outside: &str) -> String {
    let letters = outside.chars().take(MAX_NAME);
    letters
        .map(|letter| {
            if letter.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                letter
            }
        })
        .collect()
}

/// Stands for words in a cursor, which keeps no names.
pub(crate) fn mark(words: &[&str]) -> String {
    let joined = words.join("\0");
    let hash = digest(&SHA256, joined.as_bytes());
    let short = hash.as_ref().get(..12).unwrap_or_default();
    data_encoding::HEXLOWER.encode(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_no_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"12345\xff").unwrap();
        assert_eq!(read(&path, 6).unwrap(), b"12345\xff");
        assert_eq!(text(&path, 6).unwrap(), "12345\u{fffd}");
        let error = read(&path, 5).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = read(dir.path(), 5).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let error = read(&dir.path().join("b"), 5).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn names_are_short_and_on_one_line() {
        assert_eq!(name("a\nb"), "a\u{fffd}b");
        assert_eq!(name(&"ü".repeat(500)), "ü".repeat(MAX_NAME));
        assert_eq!(mark(&["a", "b"]), "59b271ae1bbcb1d31d419298");
        assert_ne!(mark(&["a", "b"]), mark(&["ab"]));
    }
}
