//! Where a list goes on.
//!
//! Promises: what this API gave is understood; anything else is said to be none of ours, whatever it is.

use data_encoding::BASE64URL_NOPAD;

use super::problem::Problem;

/// The longest that is looked at.
const LONGEST: usize = 1_000;

/// The place of a row, by what its list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// A number, such as a time.
    pub(super) at: i64,
    /// A text that tells rows of the same number apart.
    pub(super) key: String,
}

impl Cursor {
    /// After a row.
    pub(super) fn new(at: i64, key: impl Into<String>) -> Self {
        Self {
            at,
            key: key.into(),
        }
    }

    /// As it is sent.
    pub(super) fn text(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{} {}", self.at, self.key).as_bytes())
    }

    /// What was sent; `beginning` where nothing was.
    pub(super) fn or(sent: Option<&str>, beginning: Self) -> Result<Self, Problem> {
        match sent {
            None => Ok(beginning),
            Some(text) => Self::parse(text).ok_or_else(|| {
                Problem::input(
                    "The cursor is none that this API gave. Send `next` of the answer before, or no cursor to begin.",
                )
            }),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (at, key) = text.split_once(' ')?;
        Some(Self::new(at.parse().ok()?, key))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sent_is_understood(at in any::<i64>(), key in "\\PC{0,40}") {
            let cursor = Cursor::new(at, key);
            prop_assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }

        #[test]
        fn nothing_else_breaks_it(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,60}") {
            if let Some(cursor) = Cursor::parse(&text) {
                prop_assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
            }
        }
    }
}
