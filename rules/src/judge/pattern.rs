//! Regular expressions of an order: without Unicode classes, without case.

use regex::bytes::{Regex, RegexBuilder};

/// The most memory that one compiled pattern may take, in bytes.
const SIZE: usize = 256 << 10;

/// Compiles one pattern as the judge uses it.
pub(crate) fn build(regex: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(regex)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(SIZE)
        .build()
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
}
