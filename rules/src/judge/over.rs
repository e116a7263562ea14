//! What rules count or wait for over time.
//!
//! Each verb has a file: what it remembers, and what a further fact makes of it. What they remember
//! is about when things happened, so that it does not matter in which order they come to be known.

pub(crate) mod grace;
pub(crate) mod quota;
pub(crate) mod run;
pub(crate) mod sequence;
pub(crate) mod silence;
pub(crate) mod threshold;

use proviso_report::bundle::Matched;

use super::Why;

/// What became of a rule with one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Nothing,
    CannotTell(Why),
    /// It matches; this is what says why.
    Match(Vec<Matched>),
}

/// A fact's place in time and in the log. Ordered as things happened.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub(crate) struct Moment(
    /// When, in Unix milliseconds.
    pub(crate) i64,
    /// Its record.
    pub(crate) u64,
);

pub(crate) fn part(field: &str, text: String) -> Matched {
    Matched {
        field: field.to_owned(),
        text,
    }
}

pub(crate) fn record(moment: Moment) -> Matched {
    part("record", moment.1.to_string())
}

/// A length of time in words: `4 h 1 min`.
pub(crate) fn length(ms: u64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let mut rest = ms;
    let mut words = Vec::new();
    for (unit, name) in units {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            words.push(format!("{count} {name}"));
        }
    }
    if words.is_empty() {
        return "0 s".to_owned();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_in_whole_units() {
        for (ms, words) in [
            (0, "0 s"),
            (1, "1 ms"),
            (60_000, "1 min"),
            (14_460_000, "4 h 1 min"),
            (14_400_001, "4 h 1 ms"),
            (90_061_000, "1 d 1 h 1 min 1 s"),
        ] {
            assert_eq!(length(ms), words);
        }
    }
}
