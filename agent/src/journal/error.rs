//! What goes wrong with a journal.

use std::path::PathBuf;

use proviso_report::{RecordError, ReportError};
use rusqlite::ErrorCode;
use thiserror::Error;

use crate::log_key::LogKeyError;

/// Why something did not become durable. Nothing of it did.
#[derive(Debug, Error)]
pub enum WriteError {
    /// No room.
    #[error("the disk is full: free some room; nothing that was recorded is lost")]
    Full,
    /// The file is not as it was written.
    #[error(
        "the journal is damaged ({0}): keep a copy of the state directory and tell whoever looks after this computer; do not delete it, it is evidence"
    )]
    Damaged(String),
    /// The database refused.
    #[error("the journal could not be written: {0}")]
    Database(rusqlite::Error),
    /// A record that cannot be written down.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A report that cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The system gave no random bytes.
    #[error("this computer gives no random numbers; restart it")]
    Random,
    /// The key that signs the log cannot change.
    #[error(transparent)]
    Key(#[from] LogKeyError),
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file cannot be made or read.
    #[error("cannot open the journal {}: {source}; check that the disk has room and that the state directory belongs to the account the agent runs as", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("cannot open the journal {}: {source}; check that no other program uses it", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// The file is not as it was written.
    #[error("the journal {} is damaged ({what}): keep a copy of the state directory and tell whoever looks after this computer; do not delete it, it is evidence", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Written by a newer agent.
    #[error("the journal {} is of form {found}, and this proviso-agent knows form {known}: use the newer proviso-agent", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: i64,
        /// What this version knows.
        known: i64,
    },
    /// It belongs to somebody else.
    #[error("the journal {} belongs to another device: it was copied here, or this computer was enrolled again; move it away and keep it", .path.display())]
    Stranger {
        /// The file.
        path: PathBuf,
    },
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] LogKeyError),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}
