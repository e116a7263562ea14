//! Which programs' starts were handed over: the source's cursor.
//!
//! Times are seconds since boot, which no setting of the clock changes; programs that began in the
//! last of these seconds are named one by one.

use std::collections::BTreeSet;

use proviso_report::BootId;

const FORMAT: u8 = 1;
/// Named in one second; the numbers of those that began later are left out.
const MAX_NAMED: usize = 1024;

/// How far starts were handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    boot: BootId,
    last: u64,
    named: BTreeSet<u32>,
}

impl Cursor {
    /// Nothing of this boot was handed over.
    pub(super) const fn begin(boot: BootId) -> Self {
        Self {
            boot,
            last: 0,
            named: BTreeSet::new(),
        }
    }

    /// Is it about this boot?
    pub(super) fn is_of(&self, boot: BootId) -> bool {
        self.boot == boot
    }

    /// Notes a start.
    pub(super) fn note(&mut self, pid: u32, since_boot: u64) {
        if since_boot > self.last {
            self.last = since_boot;
            self.named.clear();
        }
        if since_boot == self.last && self.named.len() < MAX_NAMED {
            self.named.insert(pid);
        }
    }

    /// Was this start noted, or is it older than one that was?
    pub(super) fn covers(&self, pid: u32, since_boot: u64) -> bool {
        since_boot < self.last || (since_boot == self.last && self.named.contains(&pid))
    }

    /// As stored: format, boot, last second, then the numbers of its processes; all big-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.boot.0);
        bytes.extend(self.last.to_be_bytes());
        for pid in &self.named {
            bytes.extend(pid.to_be_bytes());
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (boot, rest) = rest.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let (named, odd) = rest.as_chunks();
        let whole = odd.is_empty() && named.len() <= MAX_NAMED;
        (format == FORMAT && whole).then(|| Self {
            boot: BootId(*boot),
            last: u64::from_be_bytes(*last),
            named: named.iter().map(|pid| u32::from_be_bytes(*pid)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: BootId = BootId([0xbb; 16]);

    #[test]
    fn covers_what_was_noted_and_what_is_older() {
        let mut cursor = Cursor::begin(BOOT);
        assert!(!cursor.covers(1, 0));
        cursor.note(7, 5);
        cursor.note(8, 5);
        cursor.note(6, 4);
        assert!(cursor.covers(7, 5) && cursor.covers(8, 5) && cursor.covers(9, 4));
        assert!(!cursor.covers(9, 5) && !cursor.covers(7, 6));
        cursor.note(9, 6);
        assert!(cursor.covers(10, 5) && !cursor.covers(7, 6));
        assert!(cursor.is_of(BOOT) && !cursor.is_of(BootId([0; 16])));
    }

    #[test]
    fn bytes_are_pinned() {
        let mut cursor = Cursor::begin(BOOT);
        cursor.note(0x0102, 5);
        let mut bytes = vec![1];
        bytes.extend([0xbb; 16]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 1, 2]);
        assert_eq!(cursor.to_bytes(), bytes);
        assert_eq!(Cursor::from_bytes(&bytes), Some(cursor));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 1], &bytes[..20], b""] {
            assert_eq!(Cursor::from_bytes(wrong), None);
        }
    }

    #[test]
    fn many_in_one_second_stay_small() {
        let mut cursor = Cursor::begin(BOOT);
        for pid in 0..100_000 {
            cursor.note(pid, 1);
        }
        let bytes = cursor.to_bytes();
        assert_eq!(bytes.len(), 25 + MAX_NAMED * 4);
        assert_eq!(Cursor::from_bytes(&bytes), Some(cursor));
    }
}
