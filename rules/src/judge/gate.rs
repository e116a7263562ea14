//! Tells quickly that a text has no needle in it.
//!
//! Five bytes on end are looked at as one number: letters without case, digits, and one value for
//! everything else. Two bits in a table say whether any needle begins so. Where a needle is a whole
//! word, the byte before it is one of the five, and it is no letter.
//!
//! Such an edge is in nearly all needles, and in few places of a text: where each needle has one,
//! only the fives that begin with an edge are looked at. One needle without an edge, and all are.
//!
//! Promises: no needle is missed. What it lets through can still be none: few texts by chance up
//! to some thousand needles; with many more it is open nearly always, and no harm is done.

use super::needles::Stands;

/// How many bytes are looked at together.
const WINDOW: usize = 5;
/// How many of needles that can stand anywhere and are too short for that.
const SHORT: usize = 3;
/// How many bytes are looked at before one asks what came of it.
const STRETCH: usize = 32;
/// How many bytes are searched for edges at once: one bit each.
const EDGES: usize = 64;
/// Bits of the number of a bit in a table.
const PLACE: u32 = 17;

/// Which windows needles begin with.
#[derive(Default)]
pub(crate) struct Gate {
    long: Option<Table>,
    short: Option<Table>,
    /// A window of each needle that begins with an edge.
    edges: Option<Table>,
    /// How far into its needle such a window begins at most.
    reach: usize,
    /// A needle has no such window.
    bare: bool,
    /// A needle begins with a letter that is not ASCII: open for all text that has one.
    foreign: bool,
}

impl Gate {
    /// Opens for a needle from now on.
    pub(crate) fn add(&mut self, needle: &[u8], stands: Stands) {
        if !needle.first().is_some_and(u8::is_ascii) {
            self.foreign = true;
            return;
        }
        let values = needle.iter().map(|byte| Some(value(*byte)));
        if stands == Stands::Whole {
            // Beside a letter that is not ASCII another one can stand.
            let beside =
                |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric).then_some(0);
            let (before, behind) = (beside(needle.first()), beside(needle.last()));
            let whole = values.chain([behind]);
            // What is no letter itself is an edge.
            let from_edge = before.map(Some).into_iter().chain(whole.clone());
            add(&mut self.edges, Window::long, from_edge, WINDOW);
            let beginning = [before].into_iter().chain(whole);
            add(&mut self.long, Window::long, beginning, WINDOW);
        } else if needle.len() >= WINDOW {
            self.add_edge(needle);
            add(&mut self.long, Window::long, values, WINDOW);
        } else {
            self.bare = true;
            add(&mut self.short, Window::short, values, SHORT);
        }
    }

    /// Takes the window that says most of those that begin with an edge.
    fn add_edge(&mut self, needle: &[u8]) {
        let letters = |window: &[u8]| window.iter().filter(|byte| value(**byte) != 0).count();
        let windows = needle.windows(WINDOW).enumerate();
        let edges = windows.filter(|(_, window)| value(window[0]) == 0);
        let Some((at, window)) = edges.max_by_key(|(_, window)| letters(window)) else {
            self.bare = true;
            return;
        };
        self.reach = self.reach.max(at);
        let values = window.iter().map(|byte| Some(value(*byte)));
        add(&mut self.edges, Window::long, values, WINDOW);
    }

    /// No needle that counts begins before this place. `None`: there is none in the text at all.
    pub(crate) fn first(&self, text: &[u8]) -> Option<usize> {
        if self.foreign && !text.is_ascii() {
            return Some(0);
        }
        if !self.bare {
            let edge = first_edge(text, self.edges.as_ref()?)?;
            return Some(edge.saturating_sub(self.reach));
        }
        match (&self.long, &self.short) {
            (None, None) => None,
            (Some(long), None) => first(
                text,
                |window| long.may_have(window.long()),
                |window| long.has(window.long()),
            ),
            (None, Some(short)) => first(
                text,
                |window| short.may_have(window.short()),
                |window| short.has(window.short()),
            ),
            (Some(long), Some(short)) => first(
                text,
                |window| long.may_have(window.long()) | short.may_have(window.short()),
                |window| long.has(window.long()) || short.has(window.short()),
            ),
        }
    }
}

/// Adds each window of so many bytes that fits a beginning. `None`, and what is beyond its end, can
/// be any byte.
fn add(
    table: &mut Option<Table>,
    number: fn(Window) -> u64,
    beginning: impl Iterator<Item = Option<u8>>,
    bytes: usize,
) {
    let mut windows = vec![Window::default()];
    for value in beginning.chain(std::iter::repeat(None)).take(bytes) {
        let values = match value {
            Some(value) => vec![value],
            None => (0..=b'z').filter(|byte| value_is(*byte)).collect(),
        };
        windows = windows
            .iter()
            .flat_map(|window| values.iter().map(|value| window.and(*value)))
            .collect();
    }
    let table = table.get_or_insert_with(Table::new);
    windows
        .into_iter()
        .for_each(|window| table.add(number(window)));
}

/// Where to begin, by a quick question for each window and a sure one where its answer was yes.
/// Before and behind the text stand bytes that are no letters.
fn first(
    text: &[u8],
    may_have: impl Fn(Window) -> u64,
    has: impl Fn(Window) -> bool,
) -> Option<usize> {
    const BEFORE: usize = WINDOW - 1;
    let mut values = [0; STRETCH + size_of::<Window>()];
    let mut rest = text;
    let mut at = 0;
    while at < text.len() + BEFORE {
        let (stretch, after) = rest.split_at(rest.len().min(STRETCH));
        rest = after;
        let (before, these) = values.split_at_mut(BEFORE);
        before.copy_from_slice(&these[STRETCH - BEFORE..STRETCH]);
        these.fill(0);
        for (into, byte) in these.iter_mut().zip(stretch) {
            *into = value(*byte);
        }
        let mut windows = values.windows(size_of::<Window>()).take(STRETCH);
        let quick = windows
            .clone()
            .fold(0, |any, values| any | may_have(Window::of(values)));
        if quick & 1 == 1
            && let Some(sure) = windows.position(|values| has(Window::of(values)))
        {
            return Some((at + sure).saturating_sub(BEFORE));
        }
        at += STRETCH;
    }
    None
}

/// Where the first window is that begins with an edge and is in the table. Before and behind the text
/// stand bytes that are no letters.
fn first_edge(text: &[u8], table: &Table) -> Option<usize> {
    const BEFORE: usize = WINDOW - 1;
    let mut values = [0; EDGES + size_of::<Window>()];
    let mut rest = text;
    let mut at = 0;
    while at < text.len() + BEFORE {
        let (stretch, after) = rest.split_at(rest.len().min(EDGES));
        rest = after;
        let mut bytes = [0; EDGES];
        bytes[..stretch.len()].copy_from_slice(stretch);
        values.copy_within(EDGES..EDGES + BEFORE, 0);
        for (into, byte) in values[BEFORE..].iter_mut().zip(&bytes) {
            *into = value(*byte);
        }
        // What begins behind the text, or in front of the one byte before it, is no needle.
        let behind = EDGES - (stretch.len() + BEFORE).min(EDGES);
        let before = if at == 0 { BEFORE - 1 } else { 0 };
        let mut left = edges(&values) & (u64::MAX >> behind) & (u64::MAX << before);
        while left != 0 {
            let edge = left.trailing_zeros() as usize;
            left &= left - 1;
            let number = Window::of(&values[edge..]).long();
            if table.may_have(number) & 1 == 1 && table.has(number) {
                return Some((at + edge).saturating_sub(BEFORE));
            }
        }
        at += EDGES;
    }
    None
}

/// One bit for each of the first values that is an edge, the first of them lowest.
fn edges(values: &[u8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Brings the lowest bits of eight bytes together in the highest byte.
    const TOGETHER: u64 = 0x0102_0408_1020_4080;
    let eights = values.chunks_exact(8).take(EDGES / 8);
    eights.rev().fold(0, |edges, eight| {
        let eight = Window::of(eight).0;
        // No value has the highest bit. All but 0 get it here, and none overflows into the next.
        let letters = (eight + 0x7f * ONES) >> 7 & ONES;
        edges << 8 | (letters ^ ONES).wrapping_mul(TOGETHER) >> 56
    })
}

/// The value of a byte: a small letter, a digit, or 0 for all that is neither.
const fn value(byte: u8) -> u8 {
    let small = byte | b' ';
    if small.is_ascii_lowercase() {
        small
    } else if byte.is_ascii_digit() {
        byte
    } else {
        0
    }
}

const fn value_is(byte: u8) -> bool {
    byte == value(byte)
}

/// Values of bytes on end: the fifth is the newest, what is behind it does not count.
#[derive(Clone, Copy, Default)]
struct Window(u64);

impl Window {
    fn of(values: &[u8]) -> Self {
        Self(
            values
                .first_chunk()
                .map_or(0, |values| u64::from_le_bytes(*values)),
        )
    }

    /// With one byte more at its end, and the oldest gone.
    const fn and(self, value: u8) -> Self {
        Self(self.0 >> 8 | (value as u64) << (8 * (WINDOW - 1)))
    }

    /// All five, in the high bits.
    const fn long(self) -> u64 {
        self.0 << (64 - 8 * WINDOW)
    }

    /// The newest three, in the high bits.
    const fn short(self) -> u64 {
        self.long() >> (64 - 8 * SHORT) << (64 - 8 * SHORT)
    }
}

/// A set of numbers that sometimes takes another one for its own: two bits each, by hashes.
struct Table(Box<[u64; 1 << (PLACE - 6)]>);

impl Table {
    fn new() -> Self {
        Self(Box::new([0; 1 << (PLACE - 6)]))
    }

    fn add(&mut self, number: u64) {
        for hash in [first_hash(number), second_hash(number)] {
            self.0[word(hash)] |= 1 << (hash % 64);
        }
    }

    /// Yes where the lowest bit is 1; the others mean nothing.
    fn may_have(&self, number: u64) -> u64 {
        let hash = first_hash(number);
        self.0[word(hash)] >> (hash % 64)
    }

    fn has(&self, number: u64) -> bool {
        let hash = second_hash(number);
        self.may_have(number) & (self.0[word(hash)] >> (hash % 64)) & 1 == 1
    }
}

const fn first_hash(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACE)
}

const fn second_hash(number: u64) -> u64 {
    (number ^ number >> 23).wrapping_mul(0xff51_afd7_ed55_8ccd) >> (u64::BITS - PLACE)
}

/// Which word of a table has the bit of a hash.
const fn word(hash: u64) -> usize {
    (hash >> 6) as usize
}
