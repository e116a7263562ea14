//! Patterns that are right and may not mean what their author thinks.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A shorter match is found by chance, inside other words.
const SHORTEST: usize = 4;
/// A class of more bytes runs over what is between words too.
const MOST_BYTES: usize = 100;

/// What should be looked at before anybody signs: codes, and the ends of sentences.
pub(super) fn doubts(regex: &str) -> Vec<(&'static str, String)> {
    let mut doubts = Vec::new();
    let parsed = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex);
    // What cannot be read is refused elsewhere.
    let Ok(hir) = parsed else { return doubts };
    let shortest = hir.properties().minimum_len().unwrap_or_default();
    let edges = hir.properties().look_set();
    let has_edge = edges.contains(Look::WordAscii)
        || edges.contains(Look::WordStartAscii)
        || edges.contains(Look::WordEndAscii)
        || edges.contains_anchor();
    if shortest < SHORTEST && !has_edge {
        doubts.push((
            "pattern-short",
            format!(
                "finds texts of fewer than {SHORTEST} letters, inside other words too; set it \
                 between \\b"
            ),
        ));
    }
    if runs_on(&hir) {
        doubts.push((
            "pattern-runs-on",
            "repeats without end what can be any text, so what it finds may lie far apart; say \
             how often at most, such as .{0,20}"
                .to_owned(),
        ));
    }
    doubts
}

/// Does it repeat nearly any byte without a bound? `[0-9]+` ends with the number; `.*` does not.
fn runs_on(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repeated) => {
            (repeated.max.is_none() && is_anything(&repeated.sub)) || runs_on(&repeated.sub)
        }
        HirKind::Capture(capture) => runs_on(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(runs_on),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

fn is_anything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            let held: usize = class.ranges().iter().map(|range| range.len()).sum();
            held > MOST_BYTES
        }
        HirKind::Class(Class::Unicode(class)) => {
            let held: usize = class.ranges().iter().map(|range| range.len()).sum();
            held > MOST_BYTES
        }
        HirKind::Capture(capture) => is_anything(&capture.sub),
        HirKind::Alternation(parts) => parts.iter().any(is_anything),
        HirKind::Repetition(_)
        | HirKind::Concat(_)
        | HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_are_about_chance_and_distance() {
        for (regex, codes) in [
            ("meet.{0,3}me", &[][..]),
            (r"\bsex\b", &[]),
            ("^/a", &[]),
            ("sex", &["pattern-short"]),
            ("(cat|horses)", &["pattern-short"]),
            ("meet.*me", &["pattern-runs-on"]),
            ("meet(?s:.)+me", &["pattern-runs-on"]),
            (r"meet\S*me", &["pattern-runs-on"]),
            ("meet([^/])+me", &["pattern-runs-on"]),
            ("item-[0-9]+", &[]),
            (r"watch\?v=\w*", &[]),
            ("x.{3,}", &["pattern-runs-on"]),
            ("(", &[]),
        ] {
            let found: Vec<&str> = doubts(regex).into_iter().map(|(code, _)| code).collect();
            assert_eq!(found, codes, "{regex}");
        }
    }
}
