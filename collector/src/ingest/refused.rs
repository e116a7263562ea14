//! Why a device or a report is not taken: for the program a code, for people a sentence.

use proviso_report::note::NoteError;
use proviso_report::report::ReportError;
use proviso_report::{DeviceId, FrameError, Hash, RecordError, Refusal, RefusalCode};

use crate::judging::JudgingError;
use crate::store::{SqlError, StoreError};

/// No, and why. Nothing of what a person did stands in any of the sentences.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No certificate where one is needed.
    #[error("a device must show the certificate that it was given when it enrolled")]
    NoCertificate,
    /// The certificate is of another device.
    #[error("the certificate is of device {certificate}, and this was said to be device {said}")]
    WrongDevice {
        /// Whose certificate it is.
        certificate: DeviceId,
        /// Who it said it is.
        said: DeviceId,
    },
    /// The certificate was replaced, or is of another authority's device of the same number.
    #[error("this certificate is not the one that the device has now: enrol the computer anew")]
    OtherKey,
    /// Nobody knows it.
    #[error("this collector does not know device {0}: enrol the computer anew")]
    UnknownDevice(DeviceId),
    /// Not any more.
    #[error("device {0} was taken out of service: its reports are not taken any more")]
    Retired(DeviceId),
    /// It goes on in another log.
    #[error("the log {0} was broken off and takes nothing more: ask for a new one")]
    BrokenOff(DeviceId),
    /// It breaks again and again.
    #[error(
        "this computer began {0} new logs in a day and gets no more: people must look at it first. \
         What it records waits on it"
    )]
    Epochs(u64),
    /// The log does not begin, or go on, as it must.
    #[error("record {seq} of the report cannot be taken: {why}")]
    Epoch {
        /// Its place.
        seq: u64,
        /// Why.
        why: &'static str,
    },
    /// Another version of the protocol.
    #[error("this collector speaks version {ours} of the protocol, and the agent {theirs}")]
    Protocol {
        /// Of this program.
        ours: u16,
        /// Of the agent.
        theirs: u16,
    },
    /// The report does not begin where the log ends.
    #[error("the report begins at record {first}, and {size} records are held: send from there on")]
    WrongSize {
        /// Where it begins.
        first: u64,
        /// What is held.
        size: u64,
    },
    /// Two histories.
    #[error(
        "the report contradicts what the device signed before: both are kept, and people are told"
    )]
    Fork,
    /// Signed by a key that does not count there.
    #[error(
        "the report is signed by a key that signs this log from record {from} to record {until} only: \
         it is kept, and people are told"
    )]
    WrongKey {
        /// From which record on the key counts.
        from: u64,
        /// Up to which one.
        until: u64,
    },
    /// A record that names the next key of the log cannot be taken.
    #[error("record {seq} of the report names a key that cannot be taken: {why}")]
    Key {
        /// Its place.
        seq: u64,
        /// Why.
        why: String,
    },
    /// The report does not hold.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A record in it does not hold.
    #[error("record {seq} of the report cannot be taken: {why}")]
    Record {
        /// Its place.
        seq: u64,
        /// Why.
        why: RecordError,
    },
    /// A record says that it is another one.
    #[error("record {place} of the report says that it is record {says}")]
    Place {
        /// Where it stands.
        place: u64,
        /// What it says.
        says: u64,
    },
    /// An order of somebody else, or of nobody.
    #[error("the order {0} that records name is not one of this device: put it, or enrol anew")]
    Order(Hash),
    /// No order to give.
    #[error("no order is assigned to this device")]
    NoOrder,
    /// A frame that cannot be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// More than a stranger may send.
    #[error("more than {0} bytes came before a word that opens the door")]
    TooMuch(usize),
    /// A frame that nobody expects here.
    #[error("a {0} frame has no place here")]
    Unexpected(&'static str),
    /// More questions than answers can be given to.
    #[error("more than {0} lists were asked for at once")]
    TooManyLists(usize),
    /// Nothing came.
    #[error("nothing was said in time")]
    Silent,
    /// The request to enrol does not prove its keys.
    #[error(
        "the request does not prove that its keys are the computer's own ({0}): enrol again with a current agent"
    )]
    Proof(String),
    /// No such token.
    #[error("this collector does not know the token: ask for a new one")]
    TokenUnknown,
    /// Used before.
    #[error("the token was used before: ask for a new one")]
    TokenUsed,
    /// Too old.
    #[error("the token is too old: ask for a new one")]
    TokenExpired,
    /// Nobody to monitor. The token was not used.
    #[error(
        "neither the token nor whoever enrols names an account: name one; the token is still good"
    )]
    NoAccount,
    /// Too much waits.
    #[error("the collector is busy: try again later")]
    Busy,
    /// The store failed. What exactly is not the device's business.
    #[error("the collector could not store anything just now: try again later")]
    Store(StoreError),
    /// An order cannot judge.
    #[error("the collector could not judge the records just now: try again later")]
    Judging(JudgingError),
}

impl Refused {
    /// For the program.
    #[must_use]
    pub const fn code(&self) -> RefusalCode {
        match self {
            Self::NoCertificate | Self::WrongDevice { .. } | Self::OtherKey => {
                RefusalCode::WrongDevice
            }
            Self::UnknownDevice(_) | Self::Retired(_) => RefusalCode::UnknownDevice,
            Self::BrokenOff(_) => RefusalCode::BrokenOff,
            Self::Epochs(_) => RefusalCode::TooManyEpochs,
            Self::WrongSize { .. } | Self::Report(ReportError::Place { .. }) => {
                RefusalCode::WrongSize
            }
            Self::WrongKey { .. } => RefusalCode::WrongKey,
            Self::Fork | Self::Report(ReportError::Root) => RefusalCode::Inconsistent,
            Self::Report(
                ReportError::Note(
                    NoteError::Unsigned(_) | NoteError::Forged(_) | NoteError::Origin { .. },
                )
                | ReportError::Key(_),
            ) => RefusalCode::BadSignature,
            Self::Report(ReportError::Limit { .. })
            | Self::Frame(FrameError::TooLarge { .. })
            | Self::Record {
                why: RecordError::TooLong(_),
                ..
            }
            | Self::TooMuch(_)
            | Self::TooManyLists(_) => RefusalCode::TooLarge,
            Self::Order(_) | Self::NoOrder => RefusalCode::OrderMismatch,
            Self::TokenUnknown => RefusalCode::TokenUnknown,
            Self::TokenUsed => RefusalCode::TokenUsed,
            Self::TokenExpired => RefusalCode::TokenExpired,
            Self::NoAccount => RefusalCode::NoAccount,
            Self::Busy | Self::Store(_) | Self::Judging(_) => RefusalCode::Busy,
            Self::Report(_)
            | Self::Record { .. }
            | Self::Place { .. }
            | Self::Key { .. }
            | Self::Epoch { .. }
            | Self::Protocol { .. }
            | Self::Frame(_)
            | Self::Unexpected(_)
            | Self::Silent
            | Self::Proof(_) => RefusalCode::BadReport,
        }
    }

    /// The frame's content. `size`: how many records are held.
    #[must_use]
    pub fn to_refusal(&self, size: u64) -> Refusal {
        Refusal {
            code: self.code(),
            size,
            sentence: self.to_string(),
        }
    }

    /// Says in the log what went wrong here; what a peer did wrong is said by who talks to it.
    pub(super) fn note(&self) {
        match self {
            Self::Store(error) => tracing::error!(%error, "a device had to be put off"),
            Self::Judging(error) => tracing::error!(%error, "a device had to be put off"),
            _ => {}
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SqlError> for Refused {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

impl From<JudgingError> for Refused {
    fn from(error: JudgingError) -> Self {
        Self::Judging(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_code_and_no_secret() {
        let device = DeviceId([1; 16]);
        for (refused, code) in [
            (Refused::NoCertificate, RefusalCode::WrongDevice),
            (Refused::UnknownDevice(device), RefusalCode::UnknownDevice),
            (Refused::Retired(device), RefusalCode::UnknownDevice),
            (
                Refused::WrongSize { first: 1, size: 2 },
                RefusalCode::WrongSize,
            ),
            (Refused::Fork, RefusalCode::Inconsistent),
            (Refused::BrokenOff(device), RefusalCode::BrokenOff),
            (Refused::Epochs(4), RefusalCode::TooManyEpochs),
            (
                Refused::WrongKey { from: 0, until: 3 },
                RefusalCode::WrongKey,
            ),
            (ReportError::Root.into(), RefusalCode::Inconsistent),
            (ReportError::Magic.into(), RefusalCode::BadReport),
            (ReportError::Packing.into(), RefusalCode::BadReport),
            (
                ReportError::from(NoteError::Forged("a".into())).into(),
                RefusalCode::BadSignature,
            ),
            (
                ReportError::from(NoteError::TooLong(9)).into(),
                RefusalCode::BadReport,
            ),
            (
                FrameError::TooLarge { len: 9 }.into(),
                RefusalCode::TooLarge,
            ),
            (FrameError::Type(77).into(), RefusalCode::BadReport),
            (Refused::Order(Hash([0; 32])), RefusalCode::OrderMismatch),
            (Refused::NoAccount, RefusalCode::NoAccount),
            (Refused::Busy, RefusalCode::Busy),
            (StoreError::Stopped.into(), RefusalCode::Busy),
        ] {
            assert_eq!(refused.code(), code, "{refused}");
        }
        let refusal = Refused::from(StoreError::Missing("/secret/place".into())).to_refusal(7);
        assert_eq!(refusal.size, 7);
        assert!(!refusal.sentence.contains("secret"), "{}", refusal.sentence);
    }
}
