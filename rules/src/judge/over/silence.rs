//! `silence`: the computer was on, and the agent wrote nothing for too long.

use super::{Outcome, length, part};
use crate::judge::Why;
use crate::judge::life::Quiet;

/// What a rule that allows so many milliseconds makes of a silence that is over. Where nothing tells
/// whether the computer was on for so long, nobody can tell.
pub(crate) fn outcome(quiet: &Quiet, longer_than: i64) -> Outcome {
    let allowed = u64::try_from(longer_than).unwrap_or_default();
    let allowed = allowed.max(quiet.allowed.unwrap_or_default());
    if quiet.most <= allowed {
        return Outcome::Nothing;
    }
    if quiet.least <= allowed {
        return Outcome::CannotTell(Why::Awake);
    }
    let text = if quiet.since_boot {
        let on = length(quiet.ms);
        format!(
            "{on} since the computer was on, after record {}",
            quiet.after
        )
    } else if quiet.least == quiet.ms {
        format!("{} after record {}", length(quiet.ms), quiet.after)
    } else {
        format!(
            "{} after record {}; awake for {} of it at least",
            length(quiet.ms),
            quiet.after,
            length(quiet.least)
        )
    };
    Outcome::Match(vec![part("silence", text)])
}
