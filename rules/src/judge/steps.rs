//! What a pattern costs: an upper bound on the states that a text can have it in at once.
//!
//! Looking for a pattern takes at most this many steps for each byte of a text. It is counted from
//! the pattern as it is read, not from what a library compiles it to: which orders are refused
//! must not change with the library.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// So many ranges of a class take as long as one letter.
const RANGES: usize = 4;

/// The states of a pattern. `None`: it cannot be read.
pub(crate) fn states(regex: &str) -> Option<usize> {
    let mut parser = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .case_insensitive(true)
        .build();
    parser.parse(regex).ok().map(|hir| of(&hir))
}

/// The parser refuses what is nested deeply.
fn of(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => of_ranges(class.ranges().len()),
        // A letter has up to four bytes.
        HirKind::Class(Class::Unicode(class)) => of_ranges(class.ranges().len()).saturating_mul(4),
        HirKind::Capture(capture) => of(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) => sum(parts),
        HirKind::Alternation(parts) => sum(parts).saturating_add(parts.len()),
        HirKind::Repetition(repeated) => of_repeated(repeated),
    }
}

fn sum(parts: &[Hir]) -> usize {
    parts
        .iter()
        .fold(0, |all: usize, part| all.saturating_add(of(part)))
}

const fn of_ranges(ranges: usize) -> usize {
    ranges / RANGES + 1
}

/// Each time that it may stand there is a copy of it, and a fork wherever it may end.
fn of_repeated(repeated: &Repetition) -> usize {
    let times = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let least = times(repeated.min);
    let copies = repeated.max.map_or(least.max(1), times);
    let forks = match repeated.max {
        Some(_) => copies.saturating_sub(least),
        None => 1,
    };
    of(&repeated.sub)
        .saturating_mul(copies)
        .saturating_add(forks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repetitions_multiply() {
        for (regex, count) in [
            ("abc", 3),
            ("a|bc", 5),
            ("(abc)", 5),
            ("item-007-[0-9]{4}-sold", 18),
            ("[ab]*a[ab]{400}c", 404),
            (".*a.{1000}c", 1004),
            ("(?:(?:ab){10}){10}", 200),
            ("a{2,5}", 8),
            ("a{2,}", 3),
            (r"\bx$", 3),
        ] {
            assert_eq!(states(regex), Some(count), "{regex}");
        }
        assert_eq!(
            states("(((x{1000}){1000}){1000}){1000}{1000}{1000}{1000}"),
            Some(usize::MAX)
        );
        assert_eq!(states("("), None);
    }

    proptest! {
        /// Saying the same thing more often never costs less.
        #[test]
        fn more_of_it_costs_more(
            regex in prop::sample::select(vec!["a", "[ab]", "(ab|c)", "x?", ".*y", r"\w{2,3}"]),
            few in 1_u32..50,
            more in 1_u32..50,
        ) {
            let of = |times: u32| states(&format!("(?:{regex}){{{times}}}")).unwrap();
            prop_assert!(of(few) < of(few + more));
            prop_assert!(of(few) >= few as usize);
        }
    }
}
