//! The body of a report: its lines, packed small enough for a phone's link.
//!
//! ```text
//! zstd with DICTIONARY: heads of all lines | seen of all heads | risen of all heads | rests, each ended by a line feed
//! head   0: the line stands whole in its rest
//!        1 + zigzag(at - at of the head before)
//! seen   zigzag(noted - at)
//! risen  zigzag((mono - noted) - the same of the head before)
//! ```
//! Numbers are LEB128. A line that begins as agents write it, `{"v":1,"seq":..,"at":"..","noted":"..","mono":..`,
//! with the number that its place gives it, loses that beginning; before the first head stands 0. Three
//! numbers that nearly repeat themselves cost less than the digits of them.
//!
//! Promises: what is unpacked is what was packed, byte for byte, whatever it is; and it never takes more
//! memory than the report's header says.
//!
//! Refuses: to know anything else of what a line says.

use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;

use super::ReportError;
use crate::time::UnixMs;

/// Words that lines share, so that a report of three records need not carry them. Made by
/// `zstd --train` from made-up records of every kind, packed as above; nobody's activity is in it. A
/// report names it by the version in its first bytes: it never changes.
const DICTIONARY: &[u8] = include_bytes!("pack/lines.dict");
/// What is higher costs the supervised person's computer more than it saves.
const LEVEL: i32 = 6;
/// Longer bodies have words enough of their own.
const WITH_DICTIONARY: usize = 128 << 10;
/// The most bytes of a number.
const LONGEST: usize = 10;

static UNPACKING: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Packs lines, each ended by a line feed; `first`: the place of the first in the log.
pub(super) fn pack(raw: &[u8], first: u64) -> Result<Vec<u8>, ReportError> {
    let (mut heads, mut seen, mut risen) = (Vec::new(), Vec::new(), Vec::new());
    let mut rests = Vec::with_capacity(raw.len());
    let mut before = Before::default();
    for (seq, line) in (first..).zip(raw.split_inclusive(|byte| *byte == b'\n')) {
        let read = Head::read(line, seq);
        let step = read.and_then(|(head, rest)| Some((before.step_to(head)?, rest)));
        match step {
            Some((step, rest)) => {
                push(&mut heads, step.at);
                push(&mut seen, step.seen);
                push(&mut risen, step.risen);
                rests.extend_from_slice(rest);
            }
            None => {
                push(&mut heads, 0);
                rests.extend_from_slice(line);
            }
        }
    }
    heads.extend(seen);
    heads.extend(risen);
    heads.extend(rests);
    let dictionary = if heads.len() < WITH_DICTIONARY {
        DICTIONARY
    } else {
        &[]
    };
    Compressor::with_dictionary(LEVEL, dictionary)
        .and_then(|mut zstd| zstd.compress(&heads))
        .map_err(|_| ReportError::Packing)
}

/// Unpacks `count` lines of `raw_len` bytes.
pub(super) fn unpack(
    body: &[u8],
    first: u64,
    count: usize,
    raw_len: usize,
) -> Result<Vec<u8>, ReportError> {
    // Numbers and rests of any report that this module has packed: a head is longer than its numbers.
    let bound = raw_len.saturating_add(count);
    let packed = Decompressor::with_prepared_dictionary(&UNPACKING)
        .and_then(|mut zstd| zstd.decompress(body, bound))
        .map_err(|_| ReportError::Packing)?;
    join(&packed, first, count, raw_len).ok_or(ReportError::Records)
}

/// `None`: these are not `count` lines of `raw_len` bytes.
fn join(packed: &[u8], first: u64, count: usize, raw_len: usize) -> Option<Vec<u8>> {
    let mut rest = packed;
    let steps = numbers(&mut rest, count)?;
    let heads = steps.iter().filter(|step| **step != 0).count();
    let seen = numbers(&mut rest, heads)?;
    let risen = numbers(&mut rest, heads)?;
    let mut pairs = seen.into_iter().zip(risen);
    let mut lines = rest.split_inclusive(|byte| *byte == b'\n');
    let mut raw = Vec::with_capacity(raw_len);
    let mut before = Before::default();
    for (seq, at) in (first..).zip(steps) {
        if at != 0 {
            let (seen, risen) = pairs.next()?;
            before
                .after(&Step { at, seen, risen })?
                .write(&mut raw, seq);
        }
        raw.extend_from_slice(lines.next()?);
        if raw.len() > raw_len {
            return None;
        }
    }
    (lines.next().is_none() && raw.len() == raw_len).then_some(raw)
}

/// The beginning of a line, without its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    at: i64,
    noted: i64,
    mono: i64,
}

/// The head before, as far as the next one leans on it.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    at: i64,
    /// `mono - noted`.
    risen: i64,
}

/// From one head to the next, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// Not 0.
    at: u64,
    seen: u64,
    risen: u64,
}

impl Head {
    /// The head of a line and what stands behind it; `None` if it has none that could be written again.
    fn read(line: &[u8], seq: u64) -> Option<(Self, &[u8])> {
        let mut rest = line.strip_prefix(b"{\"v\":1,\"seq\":")?;
        digits(&mut rest)?;
        let at = time(&mut rest, b",\"at\":\"")?;
        let noted = time(&mut rest, b",\"noted\":\"")?;
        rest = rest.strip_prefix(b",\"mono\":")?;
        let head = Self {
            at,
            noted,
            mono: digits(&mut rest)?,
        };
        let mut written = Vec::with_capacity(128);
        head.write(&mut written, seq);
        let (before, _) = line.split_at_checked(line.len().checked_sub(rest.len())?)?;
        (written == before).then_some((head, rest))
    }

    fn write(self, into: &mut Vec<u8>, seq: u64) {
        into.extend_from_slice(b"{\"v\":1,\"seq\":");
        decimal(into, seq);
        into.extend_from_slice(b",\"at\":\"");
        UnixMs(self.at).write(into);
        into.extend_from_slice(b"\",\"noted\":\"");
        UnixMs(self.noted).write(into);
        into.extend_from_slice(b"\",\"mono\":");
        decimal(into, self.mono.unsigned_abs());
    }
}

impl Before {
    fn step_to(&mut self, head: Head) -> Option<Step> {
        let risen = head.mono.checked_sub(head.noted)?;
        let step = Step {
            at: zigzag(head.at.checked_sub(self.at)?).checked_add(1)?,
            seen: zigzag(head.noted.checked_sub(head.at)?),
            risen: zigzag(risen.checked_sub(self.risen)?),
        };
        (self.at, self.risen) = (head.at, risen);
        Some(step)
    }

    fn after(&mut self, step: &Step) -> Option<Head> {
        let at = self.at.checked_add(unzigzag(step.at.checked_sub(1)?))?;
        let noted = at.checked_add(unzigzag(step.seen))?;
        let risen = self.risen.checked_add(unzigzag(step.risen))?;
        (self.at, self.risen) = (at, risen);
        let mono = noted.checked_add(risen)?;
        let writable = UnixMs(at).is_writable() && UnixMs(noted).is_writable() && mono >= 0;
        writable.then_some(Head { at, noted, mono })
    }
}

/// The time in quotes behind `key`.
fn time(rest: &mut &[u8], key: &[u8]) -> Option<i64> {
    let (text, behind) = rest.strip_prefix(key)?.split_at_checked(24)?;
    *rest = behind.strip_prefix(b"\"")?;
    let time: UnixMs = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(time.0)
}

/// The number that it begins with.
fn digits(rest: &mut &[u8]) -> Option<i64> {
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn decimal(into: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(number % 10).unwrap_or(0)];
        len += 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    into.extend(digits.iter().skip(20 - len));
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn push(into: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f).to_le_bytes()[0];
        number >>= 7;
        if number == 0 {
            into.push(low);
            return;
        }
        into.push(low | 0x80);
    }
}

/// Takes so many numbers off the front.
fn numbers(rest: &mut &[u8], count: usize) -> Option<Vec<u64>> {
    // Each takes a byte at least.
    if count > rest.len() {
        return None;
    }
    (0..count).map(|_| number(rest)).collect()
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for at in 0..LONGEST {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        let low = u64::from(byte & 0x7f);
        let shift = u32::try_from(at * 7).ok()?;
        if low.checked_shl(shift)? >> shift != low {
            return None;
        }
        number |= low << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;
