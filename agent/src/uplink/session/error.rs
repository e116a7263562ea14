//! Why a session ends, and what that says of the log.

use proviso_report::fact::LogBreak;
use proviso_report::{FrameError, Refusal, RefusalCode};
use thiserror::Error;

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// Not a frame.
    #[error("the collector's words cannot be understood: {0}")]
    Frame(#[from] FrameError),
    /// A frame that has no place here.
    #[error("the collector said {0} where it has no place")]
    Unexpected(&'static str),
    /// Silence.
    #[error("the collector did not answer in time")]
    Silent,
    /// A receipt that does not hold.
    #[error("the collector's receipt does not hold: {0}")]
    Receipt(String),
    /// A report of our own that cannot be read.
    #[error("a report in the journal cannot be read: {0}")]
    OwnReport(String),
    /// The collector knows other things of the log than this computer.
    #[error("{0}")]
    Apart(Apart),
    /// It says no.
    #[error("the collector refuses: {}", .0.sentence)]
    Refused(Refusal),
}

/// How the collector's log and this computer's differ. People must look into it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Apart {
    /// It has more.
    #[error(
        "the collector holds {theirs} records of this computer's log, and the journal here has \
         {ours}: the journal was lost or set back. Nothing is deleted; it goes on in a new log"
    )]
    More {
        /// Of the collector.
        theirs: u64,
        /// Of this computer.
        ours: u64,
    },
    /// It has less than it had.
    #[error(
        "the collector holds {theirs} records and gave receipts for {ours}: its store was set \
         back. Nothing is deleted here; whoever runs the collector must restore it"
    )]
    Less {
        /// What it holds now.
        theirs: u64,
        /// What it had.
        ours: u64,
    },
    /// It has another.
    #[error(
        "the collector holds another log under this computer's number. Nothing is deleted; it goes \
         on in a new log, and people must look into it"
    )]
    Other,
    /// It has an end that no report here has.
    #[error("the collector holds {0} records, and no report here ends there. Nothing is deleted")]
    NoReport(u64),
}

impl SessionError {
    /// Can this log not go on at the collector, and why? Then a new one must begin.
    #[must_use]
    pub const fn breaks_log(&self) -> Option<LogBreak> {
        match self {
            Self::Apart(Apart::More { .. }) => Some(LogBreak::SetBack),
            Self::Apart(Apart::Other | Apart::NoReport(_)) => Some(LogBreak::Fork),
            Self::Refused(refusal) => match refusal.code {
                RefusalCode::Inconsistent | RefusalCode::WrongKey | RefusalCode::BrokenOff => {
                    Some(LogBreak::Fork)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Must people look into it? Then there is no use in trying again soon.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Apart(_) | Self::Receipt(_) => true,
            Self::Refused(refusal) => refusal.code != RefusalCode::Busy,
            _ => false,
        }
    }
}
