//! `silence`: the computer was on, and the agent wrote nothing for too long.

use super::{Outcome, length, part};
use crate::judge::life::Quiet;

/// What a rule that allows so many milliseconds makes of a silence that is over.
pub(crate) fn outcome(quiet: &Quiet, longer_than: i64) -> Outcome {
    let allowed = u64::try_from(longer_than).unwrap_or_default();
    if quiet.counts() <= allowed {
        return Outcome::Nothing;
    }
    let whole = format!("{} after record {}", length(quiet.ms), quiet.after);
    let text = match quiet.awake {
        Some(awake) if awake == quiet.ms => whole,
        Some(awake) => format!("{whole}; awake for {} of it at least", length(awake)),
        None => format!("{whole}; nothing tells whether the computer slept"),
    };
    Outcome::Match(vec![part("silence", text)])
}
