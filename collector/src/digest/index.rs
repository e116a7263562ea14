//! Which terms occur on which days of a month.
//!
//! ```text
//! entry:  term u64, big-endian | days u32, big-endian: bit 0 is the first | how often, LEB128
//! ```
//! Entries are sorted by term and each stands once. A month of a device has [`BUCKETS`] of them, by the first
//! bits of the term, so that a look-up reads one and a few new records write few anew.
//!
//! Promises: a term is what stands for a word under the person's key (`store::vault::Blind`), so nothing here
//! says a word. An entry has thirteen bytes as long as a term is rare.

use std::collections::BTreeMap;

/// Parts of a month.
pub const BUCKETS: u8 = 64;

/// On which days, and how often in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    days: u32,
    /// Records that have the term, at most `u32::MAX`.
    pub count: u32,
}

/// The terms of one bucket.
pub type Entries = BTreeMap<u64, Seen>;

/// Where a term stands.
#[must_use]
pub const fn bucket(term: u64) -> u8 {
    // The first six bits.
    term.to_be_bytes()[0] >> 2
}

impl Seen {
    /// Once, on this day of the month.
    #[must_use]
    pub fn on(day: i8) -> Self {
        let place = u32::try_from(day.saturating_sub(1)).unwrap_or(0).min(30);
        Self {
            days: 1 << place,
            count: 1,
        }
    }

    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: Self) {
        self.days |= other.days;
        self.count = self.count.saturating_add(other.count);
    }

    /// The days of the month.
    pub fn days(self) -> impl Iterator<Item = i8> {
        (0..31_i8).filter_map(move |place| (self.days >> place & 1 == 1).then_some(place + 1))
    }
}

/// As the store has them.
#[must_use]
pub fn to_bytes(entries: &Entries) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 13);
    for (term, seen) in entries {
        bytes.extend(term.to_be_bytes());
        bytes.extend(seen.days.to_be_bytes());
        let mut rest = seen.count;
        while rest >= 0x80 {
            bytes.push(rest.to_be_bytes()[3] | 0x80);
            rest >>= 7;
        }
        bytes.push(rest.to_be_bytes()[3]);
    }
    bytes
}

/// Reads them; none: these bytes are something else.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Entries> {
    let (mut rest, mut entries, mut before) = (bytes, Entries::new(), None);
    while !rest.is_empty() {
        let (term, seen) = entry(&mut rest)?;
        if before.is_some_and(|before| before >= term) {
            return None;
        }
        before = Some(term);
        entries.insert(term, seen);
    }
    Some(entries)
}

/// One term of them, without reading them all into memory.
#[must_use]
pub fn find(bytes: &[u8], wanted: u64) -> Option<Seen> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (term, seen) = entry(&mut rest)?;
        if term >= wanted {
            return (term == wanted).then_some(seen);
        }
    }
    None
}

fn entry(rest: &mut &[u8]) -> Option<(u64, Seen)> {
    let (term, after) = rest.split_first_chunk::<8>()?;
    let (days, mut after) = after.split_first_chunk::<4>()?;
    let (mut count, mut shift) = (0_u32, 0_u32);
    loop {
        let (byte, more) = after.split_first()?;
        after = more;
        let part = u32::from(byte & 0x7f);
        // In the one shortest form.
        if shift == 28 && part > 0xf || (shift > 0 && *byte == 0) {
            return None;
        }
        count |= part << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > 28 {
            return None;
        }
    }
    let days = u32::from_be_bytes(*days);
    if days == 0 || days >> 31 == 1 || count == 0 {
        return None;
    }
    *rest = after;
    Some((u64::from_be_bytes(*term), Seen { days, count }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_are_these_bytes() {
        let mut entries = Entries::new();
        let mut seen = Seen::on(1);
        seen.add(Seen {
            days: 1 << 30,
            count: 299,
        });
        entries.insert(0x0102_0304_0506_0708, seen);
        entries.insert(0xff00_0000_0000_0000, Seen::on(2));
        let bytes = to_bytes(&entries);
        let expected = [
            &[1, 2, 3, 4, 5, 6, 7, 8][..],
            &[0x40, 0, 0, 1, 0xac, 0x02],
            &[0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
        ];
        assert_eq!(bytes, expected.concat());
        assert_eq!(parse(&bytes), Some(entries));
        let days: Vec<_> = find(&bytes, 0x0102_0304_0506_0708)
            .unwrap()
            .days()
            .collect();
        assert_eq!(days, [1, 31]);
        assert_eq!(find(&bytes, 5), None);
        assert_eq!(bucket(0x0102_0304_0506_0708), 0);
        assert_eq!(bucket(0xff00_0000_0000_0000), BUCKETS - 1);
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 1];
        assert!(parse(&good).is_some());
        for end in 1..good.len() {
            assert_eq!(parse(&good[..end]), None, "{end}");
        }
        let bent = |at: usize, byte: u8| {
            let mut bytes = good.to_vec();
            bytes[at] = byte;
            parse(&bytes)
        };
        assert_eq!(bent(12, 0), None, "never seen");
        assert_eq!(bent(11, 0), None, "on no day");
        assert_eq!(bent(8, 0x80), None, "a thirty-second day");
        assert_eq!(parse(&[good, good].concat()), None, "twice");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in proptest::collection::btree_map(any::<u64>(), (1_u32..1 << 31, 1_u32..), 0..20)) {
            let entries: Entries = all.into_iter().map(|(term, (days, count))| (term, Seen { days, count })).collect();
            let bytes = to_bytes(&entries);
            for (term, seen) in &entries {
                prop_assert_eq!(find(&bytes, *term), Some(*seen));
            }
            prop_assert_eq!(parse(&bytes), Some(entries));
        }

        #[test]
        fn what_is_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(entries) = parse(&bytes) {
                prop_assert_eq!(to_bytes(&entries), bytes);
            }
        }
    }
}
