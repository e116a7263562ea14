//! A ZIP file as a folder.
//!
//! Promises: what is read is what every tool unpacks: each file stands once, as the directory at the end
//! of the archive says, with its size and check sum. No more is unpacked than the directory names, and
//! no more than [`crate::MAX_FILE`] at once.
//!
//! Refuses: archives in several parts, encrypted files, links, two files of one name, names that are no
//! UTF-8, and every way of packing but `stored` and `deflated`.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

use flate2::read::DeflateDecoder;

use crate::source::{Gone, Named, Part, Source};

/// The longest directory that is read.
const MAX_DIRECTORY: u64 = 128 * 1024 * 1024;
/// The end of an archive: its record, and the longest comment.
const MAX_TAIL: u64 = 22 + 65_535;
/// A record before it, which large archives have, and where that stands.
const LOCATOR: u64 = 20;

const END: [u8; 4] = *b"PK\x05\x06";
const LARGE_END: [u8; 4] = *b"PK\x06\x06";
const LARGE_LOCATOR: [u8; 4] = *b"PK\x06\x07";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const FILE: [u8; 4] = *b"PK\x03\x04";
/// What every archive begins with that holds something.
pub(crate) const MAGIC: [u8; 4] = FILE;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// A number that does not fit its field stands in the extra field of this kind.
const LARGE: u16 = 1;
const LINK: u32 = 0o120_000;
const KIND: u32 = 0o170_000;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is no ZIP file, or not all of it is here: fetch it again")]
    NoEnd,
    #[error("its directory is damaged: fetch it again")]
    Directory,
    #[error("it is one of several parts: put them together again first")]
    Parts,
    #[error("its directory is larger than this page reads: unpack it, and choose the folder")]
    Large,
    #[error("{0:?} stands in it twice: nobody can say which of the two is meant")]
    Twice(String),
    #[error("{0:?} is encrypted: unpack it, and choose the folder")]
    Encrypted(String),
    #[error(
        "{0:?} is packed in a way that this page does not know: unpack it, and choose the folder"
    )]
    Method(String),
    #[error("{0:?} is a link, and a bundle holds files only: ask for the bundle again")]
    Link(String),
    #[error("it holds a file whose name is no text: ask for the bundle again")]
    Name,
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// The directory of an archive.
#[derive(Debug)]
pub(crate) struct Zip {
    file: usize,
    size: u64,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: u64,
    packed: u64,
    size: u64,
    sum: u32,
    method: u16,
}

impl Zip {
    /// Reads the directory of file number `file`.
    pub(crate) fn open(source: &dyn Source, file: usize, size: u64) -> Result<Self, Unreadable> {
        let (from, length, count) = end(source, file, size)?;
        if length > MAX_DIRECTORY {
            return Err(Unreadable::Large);
        }
        if from.checked_add(length).is_none_or(|end| end > size) {
            return Err(Unreadable::Directory);
        }
        let bytes = read(source, file, from, length)?;
        let mut rest = Fields(&bytes);
        let mut entries = BTreeMap::new();
        let mut seen = 0_u64;
        while !rest.0.is_empty() {
            seen = seen.saturating_add(1);
            let (name, entry) = rest.entry()?;
            if name.ends_with('/') {
                continue;
            }
            if entries.insert(name.clone(), entry).is_some() {
                return Err(Unreadable::Twice(name));
            }
        }
        if seen != count {
            return Err(Unreadable::Directory);
        }
        Ok(Self {
            file,
            size,
            entries,
        })
    }

    /// Its files.
    pub(crate) fn names(&self) -> Vec<Named> {
        let named = |(name, entry): (&String, &Entry)| Named {
            name: name.clone(),
            size: entry.size,
        };
        self.entries.iter().map(named).collect()
    }

    /// A file, unpacked. The error is what is wrong with it.
    pub(crate) fn read(&self, source: &dyn Source, name: &str) -> Result<Vec<u8>, String> {
        let damaged = || format!("{name} is damaged in the archive: fetch it again");
        let entry = self.entries.get(name).ok_or_else(damaged)?;
        let header = read(source, self.file, entry.at, 30).map_err(|gone| gone.to_string())?;
        let mut fields = Fields(&header);
        if fields.take() != Some(FILE) {
            return Err(damaged());
        }
        fields.skip(22);
        let (names, extra) = (fields.u16(), fields.u16());
        let from = names
            .zip(extra)
            .and_then(|(names, extra)| {
                let before = u64::from(names) + u64::from(extra) + 30;
                entry.at.checked_add(before)
            })
            .ok_or_else(damaged)?;
        let end = from
            .checked_add(entry.packed)
            .filter(|end| *end <= self.size);
        let part = Part::new(source, self.file, from, end.ok_or_else(damaged)?);
        let bytes = match entry.method {
            STORED => whole(part, entry.size),
            _ => whole(DeflateDecoder::new(part), entry.size),
        };
        let bytes = bytes.map_err(|error| match error.get_ref() {
            Some(inner) if inner.is::<Gone>() => format!("{name}: {inner}"),
            _ => damaged(),
        })?;
        let mut sum = flate2::Crc::new();
        sum.update(&bytes);
        if sum.sum() != entry.sum {
            return Err(damaged());
        }
        Ok(bytes)
    }
}

/// Just so many bytes.
fn whole(from: impl io::Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let wanted = usize::try_from(size).map_err(io::Error::other)?;
    bytes.try_reserve_exact(wanted).map_err(io::Error::other)?;
    from.take(size.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() == wanted {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// Where the directory is, how long it is, and how many files it names.
fn end(source: &dyn Source, file: usize, size: u64) -> Result<(u64, u64, u64), Unreadable> {
    let from = size.saturating_sub(MAX_TAIL);
    let tail = read(source, file, from, size - from)?;
    // The comment behind the record reaches to the end, so what only looks like one is passed over.
    let found = (0..tail.len().saturating_sub(21)).rev().find(|at| {
        let record = tail.get(*at..).unwrap_or_default();
        let comment = record.len().saturating_sub(22);
        let mut length = Fields(record.get(20..22).unwrap_or_default());
        record.starts_with(&END) && length.u16().map(usize::from) == Some(comment)
    });
    let at = found.ok_or(Unreadable::NoEnd)?;
    let mut fields = Fields(tail.get(at + 4..).unwrap_or_default());
    let damaged = || Unreadable::Directory;
    let disks = (fields.u16(), fields.u16());
    let here = fields.u16().ok_or_else(damaged)?;
    let all = fields.u16().ok_or_else(damaged)?;
    let length = fields.u32().ok_or_else(damaged)?;
    let directory = fields.u32().ok_or_else(damaged)?;
    if all == u16::MAX || length == u32::MAX || directory == u32::MAX {
        return large_end(source, file, from + at as u64);
    }
    if disks != (Some(0), Some(0)) || here != all {
        return Err(Unreadable::Parts);
    }
    Ok((directory.into(), length.into(), all.into()))
}

/// The same from the record of a large archive.
fn large_end(source: &dyn Source, file: usize, end: u64) -> Result<(u64, u64, u64), Unreadable> {
    let damaged = || Unreadable::Directory;
    let at = end.checked_sub(LOCATOR).ok_or_else(damaged)?;
    let bytes = read(source, file, at, LOCATOR)?;
    let mut fields = Fields(&bytes);
    if fields.take() != Some(LARGE_LOCATOR) {
        return Err(damaged());
    }
    fields.skip(4);
    let at = fields.u64().ok_or_else(damaged)?;
    if at.checked_add(56).is_none_or(|behind| behind > end) {
        return Err(damaged());
    }
    let bytes = read(source, file, at, 56)?;
    let mut fields = Fields(&bytes);
    if fields.take() != Some(LARGE_END) {
        return Err(damaged());
    }
    fields.skip(12);
    let disks = (fields.u32(), fields.u32());
    let (here, all) = (fields.u64(), fields.u64().ok_or_else(damaged)?);
    if disks != (Some(0), Some(0)) || here != Some(all) {
        return Err(Unreadable::Parts);
    }
    let length = fields.u64().ok_or_else(damaged)?;
    Ok((fields.u64().ok_or_else(damaged)?, length, all))
}

fn read(source: &dyn Source, file: usize, at: u64, length: u64) -> Result<Vec<u8>, Gone> {
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| Gone)?];
    source.read(file, at, &mut bytes)?;
    Ok(bytes)
}

/// Little-endian fields, read from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn skip(&mut self, length: usize) {
        self.0 = self.0.get(length..).unwrap_or_default();
    }

    fn bytes(&mut self, length: u16) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// The next file of the directory.
    fn entry(&mut self) -> Result<(String, Entry), Unreadable> {
        let damaged = || Unreadable::Directory;
        if self.take() != Some(ENTRY) {
            return Err(damaged());
        }
        self.skip(4);
        let flags = self.u16().ok_or_else(damaged)?;
        let method = self.u16().ok_or_else(damaged)?;
        self.skip(4);
        let sum = self.u32().ok_or_else(damaged)?;
        let packed = self.u32().ok_or_else(damaged)?;
        let size = self.u32().ok_or_else(damaged)?;
        let name = self.u16().ok_or_else(damaged)?;
        let extra = self.u16().ok_or_else(damaged)?;
        let comment = self.u16().ok_or_else(damaged)?;
        self.skip(4);
        let kind = self.u32().ok_or_else(damaged)? >> 16;
        let at = self.u32().ok_or_else(damaged)?;
        let name = self.bytes(name).ok_or_else(damaged)?;
        let extra = self.bytes(extra).ok_or_else(damaged)?;
        self.bytes(comment).ok_or_else(damaged)?;

        let name = String::from_utf8(name.to_vec()).map_err(|_| Unreadable::Name)?;
        if kind & KIND == LINK {
            return Err(Unreadable::Link(name));
        }
        if flags & 1 != 0 {
            return Err(Unreadable::Encrypted(name));
        }
        if ![STORED, DEFLATED].contains(&method) {
            return Err(Unreadable::Method(name));
        }
        let mut large = Fields(large(extra));
        let mut number = |field: u32| match field {
            u32::MAX => large.u64(),
            small => Some(small.into()),
        };
        // In this order; each only if its field is full.
        let size = number(size).ok_or_else(damaged)?;
        let packed = number(packed).ok_or_else(damaged)?;
        let at = number(at).ok_or_else(damaged)?;
        let entry = Entry {
            at,
            packed,
            size,
            sum,
            method,
        };
        Ok((name, entry))
    }
}

/// The numbers that did not fit.
fn large(extra: &[u8]) -> &[u8] {
    let mut fields = Fields(extra);
    while let (Some(kind), Some(length)) = (fields.u16(), fields.u16()) {
        match fields.bytes(length) {
            Some(found) if kind == LARGE => return found,
            Some(_) => {}
            None => break,
        }
    }
    &[]
}

#[cfg(test)]
mod tests;
