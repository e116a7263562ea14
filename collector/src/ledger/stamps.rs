//! Has one checkpoint of each day stamped by a time-stamping authority (RFC 3161).
//!
//! Promises: a timestamp is kept only if it was granted, is about this checkpoint, answers this request
//! and holds under the certificate in the configuration.

use std::time::Duration;

use proviso_report::Hash;
use proviso_report::timestamp::{self, MAX_ANSWER, NONCE};

use crate::config;
use crate::random;
use crate::store::checkpoints::{self, StoredCheckpoint};
use crate::store::{Store, StoreError};
use crate::{clock, ledger};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 24 * 60 * 60_000;

/// Why a checkpoint was not stamped.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// The certificate in the configuration.
    #[error(
        "[timestamp] ca {path} cannot be read ({why}): name the authority's certificate, in PEM"
    )]
    Certificate {
        /// Which file.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The authority could not be asked, or did not answer as it should.
    #[error("the time-stamping authority could not be asked: {0}")]
    Answer(String),
    /// Its answer does not count.
    #[error("the time-stamping authority's answer does not count: {0}")]
    Stamp(#[from] timestamp::StampError),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] random::NoRandom),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The certificates that timestamps are checked with.
pub fn trusted(stamper: &config::Timestamp) -> Result<Vec<u8>, StampError> {
    std::fs::read(&stamper.ca).map_err(|why| StampError::Certificate {
        path: stamper.ca.display().to_string(),
        why,
    })
}

/// Has a checkpoint stamped, unless one of this day (UTC) was.
pub(super) async fn daily(
    store: &Store,
    stamper: &config::Timestamp,
    newest: &StoredCheckpoint,
) -> Result<(), StampError> {
    let size = newest.size;
    let last = store
        .read(move |read| Ok::<_, StoreError>(checkpoints::last_stamp(read, size)?))
        .await?;
    let today = clock::now().div_euclid(DAY);
    if last.is_some_and(|(_, at, _)| at.div_euclid(DAY) == today) {
        return Ok(());
    }
    let trusted = trusted(stamper)?;
    let nonce: [u8; NONCE] = random::bytes()?;
    let request = timestamp::request(&Hash::of(newest.note.as_bytes()), nonce)?;
    let answer = ask(stamper, request).await.map_err(StampError::Answer)?;
    timestamp::verify(&answer, newest.note.as_bytes(), &trusted, Some(nonce))?;
    let keep = store.write("timestamp", move |tx| {
        Ok::<_, StoreError>(checkpoints::stamped(tx, size, clock::now(), &answer)?)
    });
    Ok(keep.await?)
}

async fn ask(stamper: &config::Timestamp, request: Vec<u8>) -> Result<Vec<u8>, String> {
    let client = ledger::client(PATIENCE).map_err(|error| error.to_string())?;
    let sent = client
        .post(&stamper.url)
        .header("content-type", "application/timestamp-query")
        .body(request)
        .send()
        .await;
    let answer = sent.map_err(|error| error.without_url().to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status()));
    }
    ledger::body(answer, MAX_ANSWER).await
}
