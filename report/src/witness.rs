//! Witnesses of a log (C2SP tlog-witness `add-checkpoint`, tlog-cosignature `cosignature/v1`).
//!
//! A log offers each checkpoint to witnesses that others run. A witness cosigns it only if it
//! continues the last one that it cosigned; so a log that shows different stories to different
//! people finds nobody who signs the second.
//!
//! A request is
//!
//! ```text
//! old 20852014
//! <base64 of a hash, one a line: the consistency proof from there>
//!
//! <the checkpoint, a signed note>
//! ```
//!
//! Promises: both ends are plain functions. [`judge`] is the whole decision of a witness; whoever
//! calls it must hold the log's [`Seen`] from before the call until the new one is durable.
//! [`Reply::read`] is what a log makes of an answer; a cosignature counts only if it holds.
//!
//! Refuses: checkpoints with extension lines, which nobody here understands; more than
//! [`MAX_PROOF`] hashes; any other spelling.

use data_encoding::BASE64;

use crate::base64::decode_strict;
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::merkle::{CompactRange, verify_consistency};
use crate::note::{MAX_NOTE, Note, NoteError, VerifierKey};
use crate::receipt::Receipt;

/// The path under a witness's address.
pub const PATH: &str = "/add-checkpoint";
/// The most hashes of a proof.
pub const MAX_PROOF: usize = 63;
/// The longest request, in bytes: a note, hashes of 44 digits, and the size.
pub const MAX_REQUEST: usize = MAX_NOTE + (MAX_PROOF + 1) * 64;
/// The longest answer that a log reads, in bytes.
pub const MAX_ANSWER: usize = 16 << 10;
/// What the body of a 409 is.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A checkpoint that is offered, with the proof that it continues a smaller one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The size of the checkpoint that it continues; 0: it is the first.
    pub old: u64,
    /// The proof.
    pub proof: Vec<Hash>,
    /// The checkpoint as the log signed it.
    pub note: Note,
}

/// The last checkpoint of a log that a witness cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a request is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than any.
    #[error("the request has {0} bytes; {MAX_REQUEST} is the most that a request can have")]
    TooLong(usize),
    /// Not of the form.
    #[error("this is not a request to add a checkpoint: {0}")]
    Form(&'static str),
    /// The note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It would go backwards.
    #[error("the old size is larger than the checkpoint's")]
    Backwards,
}

/// Why a witness does not cosign. [`Refusal::status`] is how it says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// 404.
    #[error("this witness does not know the log {0:?}")]
    Unknown(String),
    /// 403.
    #[error("the checkpoint is not signed by the key that this witness knows for its log")]
    Unsigned,
    /// 409: what it cosigned last has this size, or this size and another root.
    #[error("the last checkpoint that this witness cosigned has size {0}")]
    Conflict(u64),
    /// 422: another history.
    #[error("the proof does not show that the checkpoint continues the last one")]
    Inconsistent,
}

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It cosigned.
    Cosigned(Receipt),
    /// It cosigned a checkpoint of this size last: offer again from there.
    Has(u64),
    /// What it cosigned last and this checkpoint exclude each other.
    Excluded,
    /// It does not take the log's checkpoints: its operator has not added the log or its key.
    Stranger,
    /// Something else; a sentence.
    Failed(String),
}

impl Offer {
    /// The request's body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&BASE64.encode(&hash.0));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note.to_string());
        text.into_bytes()
    }

    /// Reads a request. Its checkpoint is not verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, OfferError> {
        if bytes.len() > MAX_REQUEST {
            return Err(OfferError::TooLong(bytes.len()));
        }
        let form = OfferError::Form;
        let text = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(form("no empty line stands before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old
            .and_then(number)
            .ok_or(form("it does not begin with `old` and a size"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == MAX_PROOF {
                return Err(form("its proof has too many hashes"));
            }
            let hash = decode_strict(line).and_then(|hash| hash.try_into().ok());
            proof.push(Hash(hash.ok_or(form("a hash is not 32 bytes in base64"))?));
        }
        let note = Note::parse(note.as_bytes())?;
        Ok(Self { old, proof, note })
    }
}

/// A witness's decision about a request: what to keep, durably, before it cosigns the checkpoint.
///
/// `key` gives the key of the log with this name; `seen` the last checkpoint of it that was cosigned.
pub fn judge<'k>(
    request: &[u8],
    key: impl FnOnce(&str) -> Option<(&'k VerifierKey, Option<Seen>)>,
) -> Result<(Checkpoint, Seen), Refusal> {
    let offer = Offer::parse(request)?;
    let checkpoint = Checkpoint::parse(offer.note.text()).map_err(OfferError::Note)?;
    let Some((key, seen)) = key(&checkpoint.origin) else {
        return Err(Refusal::Unknown(checkpoint.origin));
    };
    if offer.note.verify(key).is_err() {
        return Err(Refusal::Unsigned);
    }
    if offer.old > checkpoint.size {
        return Err(OfferError::Backwards.into());
    }
    let seen = seen.unwrap_or(Seen {
        size: 0,
        root: CompactRange::new().root(),
    });
    if offer.old != seen.size {
        return Err(Refusal::Conflict(seen.size));
    }
    if checkpoint.size == seen.size {
        if checkpoint.root != seen.root {
            return Err(Refusal::Conflict(seen.size));
        }
        if !offer.proof.is_empty() {
            return Err(Refusal::Inconsistent);
        }
    } else {
        let continues = if seen.size == 0 {
            offer.proof.is_empty()
        } else {
            verify_consistency(
                seen.size,
                &seen.root,
                checkpoint.size,
                &checkpoint.root,
                &offer.proof,
            )
        };
        if !continues {
            return Err(Refusal::Inconsistent);
        }
    }
    let now = Seen {
        size: checkpoint.size,
        root: checkpoint.root,
    };
    Ok((checkpoint, now))
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Offer(_) => 400,
            Self::Unsigned => 403,
            Self::Unknown(_) => 404,
            Self::Conflict(_) => 409,
            Self::Inconsistent => 422,
        }
    }

    /// The answer's body and its type.
    #[must_use]
    pub fn body(&self) -> (String, &'static str) {
        match self {
            Self::Conflict(size) => (format!("{size}\n"), SIZE_TYPE),
            other => (format!("{other}\n"), "text/plain; charset=utf-8"),
        }
    }
}

impl Reply {
    /// What `witness` answered to an offer of `checkpoint` from the size `old` on.
    #[must_use]
    pub fn read(
        status: u16,
        body: &[u8],
        old: u64,
        checkpoint: &Checkpoint,
        witness: &VerifierKey,
    ) -> Self {
        let text = std::str::from_utf8(body.get(..MAX_ANSWER.min(body.len())).unwrap_or_default());
        let text = text.unwrap_or_default();
        match status {
            200 => {
                let mut lines = text.lines();
                match lines.find_map(|line| Receipt::verify(line, checkpoint, witness).ok()) {
                    Some(receipt) if i64::try_from(receipt.time).is_ok() => Self::Cosigned(receipt),
                    _ => Self::Failed(format!(
                        "it gave no cosignature that holds under {}: compare its key with the one \
                         in collector.toml",
                        witness.name()
                    )),
                }
            }
            403 | 404 => Self::Stranger,
            409 => match text.strip_suffix('\n').and_then(number) {
                Some(size) if size == old => Self::Excluded,
                Some(size) => Self::Has(size),
                None => Self::Failed("it answered 409 without a size".to_owned()),
            },
            422 => Self::Excluded,
            other => Self::Failed(format!("it answered {other}")),
        }
    }
}

/// A decimal number in its one spelling.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text.len() == 1 || !text.starts_with('0')))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests;
