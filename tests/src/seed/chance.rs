//! Chance that comes out the same each time (SplitMix64), and the words that people meet.

/// A row of numbers.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Begins a row; each of these numbers begins another.
    #[must_use]
    pub(super) fn new(of: [u64; 3]) -> Self {
        let mut chance = Self(0x70_72_6f_76_69_73_6f);
        for one in of {
            chance.0 ^= one.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chance.next();
        }
        chance
    }

    /// The next one.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below `bound`; 0 where there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Few of them often: about half are of the first root of `bound`.
    pub(super) fn few(&mut self, bound: u64) -> u64 {
        let part = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (((bound as f64).powf(part) - 1.0) as u64).min(bound.saturating_sub(1))
    }

    /// So many of a hundred times.
    pub(super) fn of_100(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// Bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let next = self.next().to_be_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
        bytes
    }
}

const SYLLABLES: [&str; 24] = [
    "ba", "con", "der", "el", "fa", "gar", "hol", "in", "ja", "kel", "lo", "mar", "nor", "os",
    "pen", "qua", "ri", "sol", "ta", "ul", "ver", "wes", "yor", "zen",
];

const ENDINGS: [&str; 4] = ["example", "co.uk", "com", "org.uk"];

/// Words that anybody meets.
pub(super) const WORDS: u64 = 12_000;
/// Sites that anybody visits.
pub(super) const SITES: u64 = 4_000;

/// A word by its number.
#[must_use]
pub(super) fn word(mut number: u64) -> String {
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[(number % 24) as usize]);
        number /= 24;
        if number == 0 {
            return word;
        }
        number -= 1;
    }
}

/// A site by its number; the first is always `social.example`, the second `news.example`.
#[must_use]
pub(super) fn site(number: u64) -> String {
    match number {
        0 => "social.example".to_owned(),
        1 => "news.example".to_owned(),
        _ => format!(
            "{}.{}",
            word(number * 7 + 30),
            ENDINGS[(number % 4) as usize]
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_numbers_begin_the_same_row() {
        let row = |of| {
            let mut chance = Chance::new(of);
            [
                chance.next(),
                chance.next(),
                chance.below(100),
                chance.few(100),
            ]
        };
        assert_eq!(row([1, 2, 3]), row([1, 2, 3]));
        assert_ne!(row([1, 2, 3]), row([1, 2, 4]));
        assert_ne!(row([1, 2, 3]), row([2, 1, 3]));
    }

    #[test]
    fn words_and_sites_are_told_apart() {
        let words: BTreeSet<_> = (0..WORDS).map(word).collect();
        assert_eq!(words.len() as u64, WORDS);
        let sites: BTreeSet<_> = (0..SITES).map(site).collect();
        assert_eq!(sites.len() as u64, SITES);
        let mut chance = Chance::new([0; 3]);
        let low = (0..1_000).filter(|_| chance.few(10_000) < 100).count();
        assert!((300..700).contains(&low), "{low}");
    }
}
