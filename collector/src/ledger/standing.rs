//! How far each witness came, for pages and commands.

use proviso_report::VerifierKey;

use crate::config;
use crate::store::{Read, SqlError, checkpoints, ledger};

/// A witness that has not cosigned the newest checkpoint for longer than this is behind, in
/// milliseconds.
const BEHIND: i64 = 15 * 60_000;

/// One witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name in the configuration.
    pub name: String,
    /// The size that it cosigned last, and when by its clock, Unix milliseconds.
    pub cosigned: Option<(u64, i64)>,
    /// There is a checkpoint that it should have cosigned long ago.
    pub behind: bool,
}

/// The witnesses of a configuration, and how many entries there are.
pub fn standing(
    read: &Read<'_>,
    witnesses: &[config::Witness],
    now: i64,
) -> Result<(u64, Vec<Standing>), SqlError> {
    let newest = checkpoints::last(read)?;
    let mut all = Vec::new();
    for witness in witnesses {
        // The spelling that cosignatures are kept under.
        let key = witness.key.parse::<VerifierKey>().ok();
        let key = key.map_or_else(|| witness.key.clone(), |key| key.to_string());
        let last = checkpoints::last_cosigned(read, &key)?;
        let size = last.as_ref().map_or(0, |last| last.size);
        // The checkpoints after it are each a minute younger; the oldest of them counts.
        let waiting = checkpoints::after(read, size)?;
        let behind = newest.is_some() && waiting.is_some_and(|next| now - next.at > BEHIND);
        all.push(Standing {
            name: witness.name.clone(),
            cosigned: last.map(|last| {
                let seconds = i64::try_from(last.time).unwrap_or(i64::MAX);
                (last.size, seconds.saturating_mul(1_000))
            }),
            behind,
        });
    }
    Ok((ledger::size(read)?, all))
}
