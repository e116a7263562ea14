//! States, and how long they lasted, for people.

use super::{Dark, Off, State};

/// A length of time in hours and minutes: `5 h 3 min`. What is not nothing is never said to be.
#[must_use]
pub fn length(ms: u64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, 0) if ms > 0 => "under 1 min".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl State {
    /// In the middle of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotYet => "not begun yet: the computer's log starts later",
            Self::Monitored => "monitored",
            Self::NoOrder => "no order in force, as far as records say",
            Self::Off(Off::Asleep) => "asleep",
            Self::Off(Off::Down) => "switched off",
            Self::Dark(Dark::Stopped) => {
                "dark: the agent was stopped, and the computer stayed on or may have"
            }
            Self::Dark(Dark::Unwritten) => "dark: the agent could write nothing",
            Self::Dark(Dark::Silent) => "dark: no sign of the agent has come",
            Self::Dark(Dark::Killed) => "dark: the agent ended without a word",
            Self::Dark(Dark::Unsaid) => "dark: no record says anything of it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_down_but_not_to_nothing() {
        for (ms, words) in [
            (0, "0 min"),
            (1, "under 1 min"),
            (59_999, "under 1 min"),
            (60_000, "1 min"),
            (5 * 3_600_000 + 3 * 60_000, "5 h 3 min"),
        ] {
            assert_eq!(length(ms), words);
        }
        assert!(!length(u64::MAX).is_empty());
    }
}
