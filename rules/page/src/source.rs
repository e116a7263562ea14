//! What was handed over, as whoever holds it names it: files with names and sizes, read piece by piece.
//!
//! Promises: nothing is kept of a file but what was asked for, so that a bundle needs no more memory here
//! than on a disk.

use std::io;

use serde::Deserialize;

/// The longest file that is read: it is held whole while it is checked, in at most 4 GB with all else.
pub const MAX_FILE: u64 = 768 * 1024 * 1024;

/// One file that was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its path, with `/`; the folder that was handed over comes first.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
}

/// Whoever holds the files.
pub trait Source {
    /// Fills `into` with the bytes of file number `file` from `at` on.
    fn read(&self, file: usize, at: u64, into: &mut [u8]) -> Result<(), Gone>;
}

/// A file could not be read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read any more: it was changed, moved or taken away since it was handed over")]
pub struct Gone;

impl Named {
    /// All of file number `file`. The error is a sentence.
    pub(crate) fn read(&self, source: &dyn Source, file: usize) -> Result<Vec<u8>, String> {
        self.fits()?;
        let name = &self.name;
        let mut bytes = Vec::new();
        let size = usize::try_from(self.size).ok();
        let room = size.filter(|size| bytes.try_reserve_exact(*size).is_ok());
        let size = room.ok_or_else(|| {
            format!("there is no memory left for {name}: use the command proviso verify")
        })?;
        bytes.resize(size, 0);
        match source.read(file, 0, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(gone) => Err(format!("{name}: {gone}")),
        }
    }

    /// Can it be held? The error is a sentence.
    pub(crate) fn fits(&self) -> Result<(), String> {
        if self.size <= MAX_FILE {
            return Ok(());
        }
        Err(format!(
            "{} has {} MB, and this page reads files of up to {} MB: use the command proviso verify",
            self.name,
            self.size / 1_000_000,
            MAX_FILE / 1_000_000
        ))
    }
}

/// How much is asked for at once.
const PIECE: u64 = 1024 * 1024;

/// A part of a file, from its beginning to its end.
pub(crate) struct Part<'a> {
    source: &'a dyn Source,
    file: usize,
    at: u64,
    end: u64,
    piece: Vec<u8>,
    used: usize,
}

impl<'a> Part<'a> {
    /// The bytes of `file` from `at` up to but not including `end`.
    pub(crate) fn new(source: &'a dyn Source, file: usize, at: u64, end: u64) -> Self {
        Self {
            source,
            file,
            at,
            end,
            piece: Vec::new(),
            used: 0,
        }
    }
}

impl io::Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.used == self.piece.len() {
            let next = self.end.saturating_sub(self.at).min(PIECE);
            self.piece
                .resize(usize::try_from(next).map_err(io::Error::other)?, 0);
            self.source
                .read(self.file, self.at, &mut self.piece)
                .map_err(io::Error::other)?;
            self.at = self.at.saturating_add(next);
            self.used = 0;
        }
        let left = self.piece.get(self.used..).unwrap_or_default();
        let taken = left.len().min(into.len());
        for (to, from) in into.iter_mut().zip(left) {
            *to = *from;
        }
        self.used = self.used.saturating_add(taken);
        Ok(taken)
    }
}

/// Files in memory.
#[cfg(test)]
pub(crate) struct Held(pub(crate) Vec<(String, Vec<u8>)>);

#[cfg(test)]
impl Held {
    pub(crate) fn names(&self) -> Vec<Named> {
        let named = |(name, bytes): &(String, Vec<u8>)| Named {
            name: name.clone(),
            size: bytes.len() as u64,
        };
        self.0.iter().map(named).collect()
    }
}

#[cfg(test)]
impl Source for Held {
    fn read(&self, file: usize, at: u64, into: &mut [u8]) -> Result<(), Gone> {
        let (_, bytes) = self.0.get(file).ok_or(Gone)?;
        let at = usize::try_from(at).map_err(|_| Gone)?;
        let end = at.checked_add(into.len()).ok_or(Gone)?;
        into.copy_from_slice(bytes.get(at..end).ok_or(Gone)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_part_is_read_in_pieces() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let held = Held(vec![("a".to_owned(), bytes.clone())]);
        let mut read = Vec::new();
        Part::new(&held, 0, 10, 2_999_990)
            .read_to_end(&mut read)
            .unwrap();
        assert!(read == bytes[10..2_999_990]);
        let mut past = Part::new(&held, 0, 10, 3_000_001);
        assert!(past.read_to_end(&mut Vec::new()).is_err());
    }
}
