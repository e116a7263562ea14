//! Regular expressions of an order: without Unicode classes, without case.
//!
//! A pattern that cannot match without some literal is only tried where the search for words saw
//! that literal. The others of a field run together as one set.
//!
//! Bounded, whoever wrote the order and whoever wrote the text: looking for a pattern takes at most
//! one step for each of its states (see `steps.rs`) and each byte. The patterns of a field take at
//! most [`STEPS`] for one record when they must always be tried, however often they are tried, and as
//! many again when their literals are there; of arguments that is for all together. The more states
//! they have, the less of a text is looked at, and never more than [`PATTERN_TEXT`] bytes. What is longer
//! is looked at as far as that: a match there counts, and without one nobody can tell. A step took
//! about 12 ns on a 2-core shared machine.

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};

use crate::order::limits::PATTERN_TEXT;
use crate::order::{Field, Order, Part};

use super::found::{Atom, Found};
use super::{left_out, steps};

/// The most memory that one compiled pattern may take, in bytes.
const SIZE: usize = 256 << 10;
/// The most that a set may keep of the states it has been in, in bytes; less makes it forget and go
/// slow.
const STATES: usize = 4 << 20;
/// The most that the patterns of one field take for one record: their states times the bytes that they
/// look at.
const STEPS: usize = 4_000_000;
/// A shorter literal is in nearly every text.
const SHORTEST: usize = 3;
/// A class of more characters is no part of a literal: a hundred literals are no quicker to look for
/// than the one that they all begin with.
const CHOICES: usize = 3;
/// The most of a match that a finding shows, in bytes.
const SHOWN: usize = 200;

/// Compiles one pattern as the judge uses it.
pub(crate) fn build(regex: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(regex)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(SIZE)
        // No lazy states: a pattern whose states are new at each byte would make one for each, at a
        // hundred times the cost of a step without them.
        .dfa_size_limit(0)
        .build()
}

/// The patterns of one order.
pub(crate) struct Patterns {
    patterns: Vec<Pattern>,
    /// For each field, those that must always be tried.
    always: Vec<(Field, RegexSet, Vec<usize>)>,
    room: Room,
}

/// How much of a text the patterns of a field look at: less, the more states they have together in
/// the whole order, so that every side looks at the same.
#[derive(Clone, Debug)]
pub(crate) struct Room(Vec<(Field, Left)>);

/// What is left to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// For patterns that must always be tried.
    always: usize,
    /// For one whose literal was seen.
    seen: usize,
}

impl Room {
    pub(crate) fn of(order: &Order) -> Self {
        let exempts = order.exempts().iter().flat_map(|exempt| &exempt.matches);
        let parts = order
            .rules()
            .iter()
            .flat_map(left_out::parts)
            .chain(exempts);
        let patterns = parts.filter_map(|part| match part {
            Part::Pattern { field, regex } => Some((*field, regex.as_str())),
            _ => None,
        });
        Self::among(&patterns.collect::<Vec<_>>())
    }

    pub(super) fn among(patterns: &[(Field, &str)]) -> Self {
        let room = |field: &Field| {
            let (mut always, mut seen) = (0_usize, 0_usize);
            for (_, regex) in patterns.iter().filter(|(other, _)| other == field) {
                let states = steps::states(regex).unwrap_or(usize::MAX);
                if wanted(*field, regex).is_some() {
                    seen = seen.saturating_add(states);
                } else {
                    // Does any match, which do, and where?
                    always = always.saturating_add(states.saturating_mul(3));
                }
            }
            let room = |states: usize| (STEPS / states.max(1)).min(PATTERN_TEXT);
            let left = Left {
                always: room(always),
                seen: room(seen),
            };
            (*field, left)
        };
        Self(Field::ALL.iter().map(room).collect())
    }
}

impl Left {
    const NONE: Self = Self { always: 0, seen: 0 };

    /// Is nothing left for patterns that must always be tried?
    pub(crate) const fn is_used_up(self) -> bool {
        self.always == 0
    }
}

struct Pattern {
    atom: Atom,
    field: Field,
    regex: Regex,
}

/// A literal that must be in a text before a pattern, by its number, can match it.
pub(crate) type Literal = (Vec<u8>, usize);

impl Patterns {
    /// Compiles all. Gives also the literals that the search for words must look for.
    pub(crate) fn build(
        sources: &[(Atom, Field, &str)],
        room: Room,
    ) -> Result<(Self, Vec<Literal>), regex::Error> {
        let mut patterns = Vec::with_capacity(sources.len());
        let mut literals = Vec::new();
        let mut rest: Vec<(Field, Vec<usize>)> = Field::ALL
            .iter()
            .map(|field| (*field, Vec::new()))
            .collect();
        for (number, (atom, field, regex)) in sources.iter().enumerate() {
            match wanted(*field, regex) {
                Some(found) => literals.extend(found.into_iter().map(|one| (one, number))),
                None => {
                    for (_, numbers) in rest.iter_mut().filter(|(other, _)| other == field) {
                        numbers.push(number);
                    }
                }
            }
            patterns.push(Pattern {
                atom: *atom,
                field: *field,
                regex: build(regex)?,
            });
        }
        let always = rest
            .into_iter()
            .filter(|(_, numbers)| !numbers.is_empty())
            .map(|(field, numbers)| {
                let set = RegexSetBuilder::new(numbers.iter().map(|number| sources[*number].2))
                    .unicode(false)
                    .case_insensitive(true)
                    .size_limit(SIZE.saturating_mul(numbers.len()))
                    .dfa_size_limit(STATES)
                    .build()?;
                Ok((field, set, numbers))
            })
            .collect::<Result<_, regex::Error>>()?;
        let all = Self {
            patterns,
            always,
            room,
        };
        Ok((all, literals))
    }

    /// How much is looked at of all texts of a field in one record.
    pub(crate) fn room(&self, field: Field) -> Left {
        let mut rooms = self.room.0.iter();
        let room = rooms.find(|(other, _)| *other == field);
        room.map_or(Left::NONE, |(_, room)| *room)
    }

    /// Tries what must always be tried on a field, and `seen`: patterns whose literals were seen.
    /// Takes what was looked at from `room`, which is [`room`](Self::room) before the first text of a
    /// field.
    pub(crate) fn find(
        &self,
        field: Field,
        text: &str,
        seen: &[usize],
        room: &mut Left,
        found: &mut Found,
    ) {
        let whole = text;
        let text = Looked::at(whole, room.always);
        room.always -= text.bytes.len();
        for (other, set, numbers) in &self.always {
            if *other != field {
                continue;
            }
            if text.cut {
                for number in numbers {
                    self.try_one(*number, field, text, found);
                }
            } else if set.is_match(text.bytes) {
                // Most texts match nothing, and asking that allocates nothing.
                for at in set.matches(text.bytes) {
                    self.try_one(numbers[at], field, text, found);
                }
            }
        }
        let text = Looked::at(whole, room.seen);
        room.seen -= text.bytes.len();
        for number in seen {
            self.try_one(*number, field, text, found);
        }
    }

    fn try_one(&self, number: usize, field: Field, text: Looked<'_>, found: &mut Found) {
        let pattern = &self.patterns[number];
        if pattern.field != field {
            return;
        }
        let part = pattern.regex.find(text.bytes);
        // What ends at the cut may end there because of it.
        let part = part.filter(|part| !text.cut || part.end() < text.bytes.len());
        match part {
            Some(part) => {
                let shown = shown(part.as_bytes());
                found.add(pattern.atom, field.as_str(), part.start(), &shown);
            }
            None if text.cut => found.much(pattern.atom),
            None => {}
        }
    }
}

/// As much of a text as is looked at.
#[derive(Clone, Copy)]
struct Looked<'t> {
    bytes: &'t [u8],
    /// There is more of it.
    cut: bool,
}

impl<'t> Looked<'t> {
    fn at(text: &'t str, room: usize) -> Self {
        let (bytes, rest) = text.as_bytes().split_at(text.len().min(room));
        Self {
            bytes,
            cut: !rest.is_empty(),
        }
    }
}

/// A match as findings show it: in one case, and not too long.
fn shown(part: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(part);
    let end = (0..=SHOWN.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or_default();
    text[..end].to_ascii_lowercase()
}

/// Literals of a pattern, where they are looked for.
fn wanted(field: Field, regex: &str) -> Option<Vec<Vec<u8>>> {
    let searched = matches!(field, Field::Url | Field::Title | Field::Search);
    searched.then(|| required(regex))?
}

/// Literals of which one is in every match, without regard to case. `None`: there are none that
/// are long enough.
fn required(regex: &str) -> Option<Vec<Vec<u8>>> {
    // Read with its case, or every letter would double the number of literals.
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex)
        .ok()?;
    let mut best = literals(&hir);
    if let HirKind::Concat(parts) = hir.kind() {
        for from in 1..parts.len() {
            let rest = Hir::concat(parts[from..].to_vec());
            best = best.max(literals(&rest));
        }
    }
    best.map(|(_, literals)| literals)
}

/// The literals that a match of `hir` begins with, and the length of the shortest.
fn literals(hir: &Hir) -> Option<(usize, Vec<Vec<u8>>)> {
    let mut seq = Extractor::new()
        .kind(ExtractKind::Prefix)
        .limit_class(CHOICES)
        .extract(hir);
    seq.minimize_by_preference();
    let mut literals: Vec<Vec<u8>> = seq
        .literals()?
        .iter()
        .map(|literal| literal.as_bytes().to_ascii_lowercase())
        .collect();
    literals.sort();
    // Where `tube` is looked for, `tube1` need not be.
    literals.dedup_by(|longer, shorter| longer.starts_with(shorter));
    let shortest = literals.iter().map(Vec::len).min()?;
    (shortest >= SHORTEST).then_some((shortest, literals))
}

/// Does a pattern switch Unicode classes on? They cost a hundred times more, and their tables
/// change.
pub(crate) fn asks_for_unicode(regex: &str) -> bool {
    let bytes = regex.as_bytes();
    let mut at = 0;
    let mut class = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                if matches!(bytes.get(at + 1), Some(b'p' | b'P')) {
                    return true;
                }
                at += 1;
            }
            b'[' => class += 1,
            b']' => class = class.saturating_sub(1),
            b'(' if class == 0 && bytes.get(at + 1) == Some(&b'?') => {
                let flags = bytes.get(at + 2..).unwrap_or_default();
                let on = flags
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphabetic())
                    .any(|byte| *byte == b'u');
                // `(?P<u>` and `(?<u>` name a group.
                if on && !flags.starts_with(b"P<") {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sees_unicode_asked_for() {
        for yes in ["(?u)a", "(?iu:a)", "a(?us-i)b", "\\pL", "[\\p{Greek}]"] {
            assert!(asks_for_unicode(yes), "{yes}");
        }
        for no in [
            "(?i)u", "(?-u)a", "(?P<u>a)", "(?<u>a)", "\\(?u\\)", "[(?u)]", "a?u", "\\\\px",
            "(?i-u:a)",
        ] {
            assert!(!asks_for_unicode(no), "{no}");
        }
    }

    fn in_text(regex: &str, text: &str) -> (bool, bool) {
        let room = Room::among(&[(Field::Args, regex)]);
        let (patterns, _) = Patterns::build(&[(7, Field::Args, regex)], room).unwrap();
        let mut found = Found::default();
        let mut room = patterns.room(Field::Args);
        patterns.find(Field::Args, text, &[], &mut room, &mut found);
        found.sort();
        (found.has(7), found.is_much(7))
    }

    #[test]
    fn of_a_long_text_nobody_can_tell() {
        let fill = |bytes: usize| "-".repeat(bytes);
        let whole = format!("{}cat", fill(PATTERN_TEXT - 3));
        assert_eq!(in_text("cat", &whole), (true, false));
        assert_eq!(in_text("dog", &whole), (false, false));
        let longer = format!("{whole}s");
        // Perhaps it is the beginning of something else.
        assert_eq!(in_text("cat\\b", &longer), (false, true));
        assert_eq!(in_text("dog", &longer), (false, true));
        // What stands in front of the cut stands there, whatever follows.
        let early = format!("a cat {}", fill(PATTERN_TEXT));
        assert_eq!(in_text("\\bcat\\b", &early), (true, false));
        assert_eq!(in_text("^a cat$", &early), (false, true));
    }

    #[test]
    fn the_more_states_the_less_is_looked_at() {
        let regex = "[a-z]*x[a-z]{994}9";
        let room = |count: usize, regex: &str| {
            let patterns = vec![(Field::Url, regex); count];
            let room = Room::among(&patterns);
            let (patterns, _) = Patterns::build(&[], room).unwrap();
            [Field::Url, Field::Title].map(|field| patterns.room(field))
        };
        let whole = Left {
            always: PATTERN_TEXT,
            seen: PATTERN_TEXT,
        };
        // Those of other fields do not count, nor what is tried otherwise.
        assert_eq!(room(0, regex), [whole, whole]);
        let less = |always| Left { always, ..whole };
        assert_eq!(room(1, regex), [less(STEPS / 3 / 998), whole]);
        assert_eq!(room(10, regex), [less(STEPS / 3 / 9_980), whole]);
        let less = |seen| Left { seen, ..whole };
        assert_eq!(room(500, "zebra[ab]{15}"), [less(STEPS / 10_000), whole]);
    }

    #[test]
    fn all_arguments_share_one_room() {
        let room = Room::among(&[(Field::Args, "dog")]);
        let (patterns, _) = Patterns::build(&[(7, Field::Args, "dog")], room).unwrap();
        let mut found = Found::default();
        let mut room = patterns.room(Field::Args);
        let arg = "x".repeat(PATTERN_TEXT / 2);
        for much in [false, false, true, true] {
            patterns.find(Field::Args, &arg, &[], &mut room, &mut found);
            assert_eq!(found.is_much(7), much);
        }
        assert_eq!(room.always, 0);
        // Nothing more to look at is nothing missed.
        let mut found = Found::default();
        patterns.find(Field::Args, "", &[], &mut room, &mut found);
        assert!(!found.is_much(7));
    }

    fn literals_of(regex: &str) -> Vec<String> {
        required(regex)
            .unwrap_or_default()
            .into_iter()
            .map(|literal| String::from_utf8(literal).unwrap())
            .collect()
    }

    #[test]
    fn literals_are_those_that_every_match_has() {
        assert_eq!(literals_of("foobar"), ["foobar"]);
        assert_eq!(
            literals_of(r"\bFoo[-_]?bar\w*"),
            ["foo-bar", "foo_bar", "foobar"]
        );
        assert_eq!(literals_of("[a-z]+tube[0-9]*"), ["tube"]);
        assert_eq!(literals_of("item-[0-9]{4}-sold"), ["item-"]);
        assert_eq!(literals_of("(?i)abc"), ["abc"]);
        assert_eq!(literals_of("(cat|horse)s"), ["cats", "horses"]);
        for none in ["a.c", "[a-z]+", "ab", "(abc)?d", "x|long"] {
            assert_eq!(literals_of(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_shown_match_is_short_and_whole() {
        assert_eq!(shown(b"ABC"), "abc");
        let long = "é".repeat(SHOWN);
        assert_eq!(shown(long.as_bytes()).len(), SHOWN);
    }

    proptest! {
        /// No match is missed because its literal was not seen.
        #[test]
        fn every_match_has_a_literal(
            regex in prop::sample::select(vec![
                "foo[-_ ]?bar\\w*", "(?i)abc+", "[ab]{3,5}c", "a(bc|de)f|xyz", "\\bABC\\b",
                "ab?c?abc", "(?:abc){1,2}", "^abc", "[^a]bca", "(?-i)ABCa",
            ]),
            text in "[abcABCdefxyzo_ -]{0,16}",
        ) {
            if let Some(literals) = required(regex)
                && build(regex).unwrap().is_match(text.as_bytes())
            {
                let text = text.to_lowercase();
                prop_assert!(literals
                    .iter()
                    .any(|literal| text.contains(std::str::from_utf8(literal).unwrap())));
            }
        }
    }
}
