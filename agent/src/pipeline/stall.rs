//! Times when nothing can be written, and the gap record that tells of them.

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Gap, GapCause};

use super::Keeper;
use crate::journal::WriteError;
use crate::platform::clock::Moment;

/// After a failed write.
const RETRY_MS: u64 = 1_000;
/// A source whose batch was refused hands it over again within this time, unless it has ended.
const REFUSED_MS: u64 = 60_000;

/// Something could not be written.
///
/// It is over when what was refused is taken. On a disk that is nearly full a sign of life may fit
/// where a batch does not: that alone does not end it, or there would be a gap record each second.
#[derive(Debug)]
pub(super) struct Stall {
    cause: GapCause,
    since: UnixMs,
    pub(super) why: String,
    /// Not before this moment, in milliseconds since boot.
    pub(super) retry: u64,
    /// When a batch was last refused.
    refused: Option<u64>,
}

impl Stall {
    /// When it is over if no batch comes, in milliseconds since boot.
    pub(super) fn over(&self) -> u64 {
        self.refused
            .map_or(self.retry, |refused| refused.saturating_add(REFUSED_MS))
    }

    pub(super) fn gap(&self, now: &Moment) -> Fact {
        Gap {
            cause: self.cause,
            source: None,
            count: None,
            from: Some(self.since.0),
            to: Some(now.at.0),
            detail: format!(
                "nothing could be written: {}; what sources could hold meanwhile was recorded \
                 afterwards",
                self.why
            ),
        }
        .into()
    }
}

impl Keeper {
    /// A write failed. A damaged journal ends the agent; anything else is tried again.
    pub(super) fn failed(
        &mut self,
        error: WriteError,
        refused: bool,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let cause = match &error {
            WriteError::Damaged(_) => return Err(error),
            WriteError::Full => GapCause::DiskFull,
            _ => GapCause::Crash,
        };
        self.stalled(cause, &error.to_string(), refused, now);
        Ok(())
    }

    pub(super) fn stalled(&mut self, cause: GapCause, why: &str, refused: bool, now: &Moment) {
        if self.stall.is_none() {
            tracing::error!(reason = why, "nothing can be recorded until this is mended");
        }
        let stall = self.stall.get_or_insert_with(|| Stall {
            cause,
            since: now.at,
            why: why.to_owned(),
            retry: 0,
            refused: None,
        });
        stall.retry = now.mono.saturating_add(RETRY_MS);
        if refused {
            stall.refused = Some(now.mono);
        }
    }
}
