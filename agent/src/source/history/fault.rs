//! Why a history could not be read. None of it loses a visit: it is read again.

use std::io;

use thiserror::Error;

use crate::platform::files::OpenError;

/// Why a history could not be read.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// It could not be opened as a file.
    #[error("the browser's history cannot be opened: {0}")]
    Open(#[from] OpenError),
    /// It could not be read as a file.
    #[error("the browser's history cannot be read: {0}; check the disk")]
    Read(#[source] io::Error),
    /// The browser did not pause for long enough.
    #[error("the browser changes its history without a pause; it is read as soon as it rests")]
    Busy,
    /// No honest history is that large.
    #[error(
        "the browser's history is larger than 1 GiB and is not read; look at the file on this computer"
    )]
    TooLarge,
    /// There is no room for the copy.
    #[error(
        "the browser's history cannot be copied into the state directory: {0}; check that the disk has room"
    )]
    Scratch(#[source] io::Error),
    /// It is no database, or a damaged one.
    #[error(
        "the browser's history is damaged or no history at all; look at the file on this computer"
    )]
    Damaged,
    /// It is a database of another kind.
    #[error(
        "the browser's history has a form that this version of proviso-agent does not know ({0}); update proviso-agent"
    )]
    Form(&'static str),
    /// It was made so that reading it takes for ever.
    #[error(
        "reading the browser's history took too long and was given up; look at the file on this computer"
    )]
    Slow,
    /// The reader itself gave up.
    #[error(
        "reading the browser's history ended by a mistake of proviso-agent's own; it is tried again, and an update may help"
    )]
    Ended,
    /// SQLite failed in another way.
    #[error("the browser's history could not be read: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::NotADatabase | Code::DatabaseCorrupt) => Self::Damaged,
            Some(Code::OperationInterrupted) => Self::Slow,
            Some(Code::DiskFull) => Self::Scratch(io::ErrorKind::StorageFull.into()),
            _ => Self::Sql(error),
        }
    }
}

impl Fault {
    /// Does it pass by itself, as a rule?
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self, Self::Busy)
    }
}
