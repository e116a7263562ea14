//! The ledger: what holds the collector to account. `proviso_report::ledger` says what entries are,
//! `store::ledger` keeps them.
//!
//! Promises: a checkpoint each minute while anything is added, signed by a key that signs nothing
//! else, kept for good and offered to every witness. The collector signs a checkpoint only over what
//! its store holds, and the store only grows; if a witness has seen otherwise, people are told.
//!
//! Refuses: to go on in silence when a witness excludes what this ledger says, and to sign two
//! checkpoints of one size.
//!
//! [`enter`] is how something gets into it; [`sign`] makes a checkpoint; [`Witnesses`] asks others and
//! `stamps` a time-stamping authority;
//! [`check::check`] compares the store with it.

pub mod check;
mod stamps;
mod standing;
mod witnesses;

use std::sync::Arc;
use std::time::Duration;

use proviso_report::{
    Checkpoint, KeyError, SigningKey, VerifierKey, checkpoint_note, ledger as format,
};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::Config;
use crate::store::checkpoints::{self, StoredCheckpoint};
use crate::store::{SqlError, Store, StoreError, Tx, ledger};

pub use crate::store::ledger::enter;
pub use stamps::StampError;
pub use stamps::trusted;
pub use standing::{Standing, standing};
pub use witnesses::{WitnessError, Witnesses};

/// How often a checkpoint is made while anything is added.
const EACH: Duration = Duration::from_secs(60);

/// Signs checkpoints of the ledger, and nothing else.
pub struct LedgerKey {
    authority: String,
    key: SigningKey,
    verifier: VerifierKey,
}

impl LedgerKey {
    /// Takes the authority's name and a key that [`new_key`](crate::signing::new_key) made.
    pub fn load(authority: &str, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8(pkcs8)?;
        let verifier = VerifierKey::ed25519(&format::origin(authority), key.public())?;
        Ok(Self {
            authority: authority.to_owned(),
            key,
            verifier,
        })
    }

    /// What witnesses and verifiers check its checkpoints with.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn note(&self, checkpoint: &Checkpoint) -> String {
        let signature = self.key.sign(checkpoint.body().as_bytes());
        checkpoint_note(checkpoint, &self.verifier, signature).to_string()
    }
}

impl std::fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerKey")
            .field("name", &self.verifier.name())
            .finish_non_exhaustive()
    }
}

/// The checkpoint over everything that was entered before this transaction. One of the same size
/// that is there already is given again.
pub fn sign(tx: &Tx<'_>, key: &LedgerKey, now: i64) -> Result<StoredCheckpoint, SqlError> {
    let size = ledger::size(tx)?;
    if let Some(made) = checkpoints::get(tx, size)? {
        return Ok(made);
    }
    let checkpoint = format::checkpoint(&key.authority, size, ledger::root(tx, size)?);
    let made = StoredCheckpoint {
        size,
        at: now,
        note: key.note(&checkpoint),
    };
    checkpoints::add(tx, &made)?;
    Ok(made)
}

/// Makes checkpoints and has them cosigned and stamped, until told to stop.
pub async fn run(store: Store, key: Arc<LedgerKey>, config: Config, stop: CancellationToken) {
    let witnesses = match Witnesses::open(&config.witnesses, store.clone()) {
        Ok(witnesses) => witnesses,
        // `serve` looked before; it cannot be otherwise now.
        Err(error) => {
            tracing::error!(%error, "no witness is asked");
            return;
        }
    };
    let mut ticks = tokio::time::interval(EACH);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let newest = match fresh(&store, &key).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::error!(%error, "no checkpoint of the ledger could be made");
                continue;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _overtaken = witnesses.offer(&newest) => {}
        }
        let Some(stamper) = &config.timestamp else {
            continue;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            done = stamps::daily(&store, stamper, &newest) => if let Err(error) = done {
                tracing::warn!(%error, "no timestamp for the ledger; tried again in a minute");
            }
        }
    }
}

/// The newest checkpoint, made now if anything was added since the last.
pub async fn fresh(store: &Store, key: &Arc<LedgerKey>) -> Result<StoredCheckpoint, StoreError> {
    let grown = store
        .read(|read| {
            let last = checkpoints::last(read)?;
            let size = ledger::size(read)?;
            Ok::<_, StoreError>(last.filter(|last| last.size == size))
        })
        .await?;
    if let Some(last) = grown {
        return Ok(last);
    }
    let key = Arc::clone(key);
    store
        .write("checkpoint", move |tx| {
            Ok::<_, StoreError>(sign(tx, &key, clock::now())?)
        })
        .await
}

/// Asks others over HTTP: follows no redirect, and is patient for so long.
fn client(patience: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Another part of the process may have installed it; either is the same.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("proviso-collector/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// An answer's body, if it is not longer than `most`. The error is a sentence.
async fn body(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = answer
        .chunk()
        .await
        .map_err(|error| error.without_url().to_string())?
    {
        if body.len() + piece.len() > most {
            return Err("its answer is too long".to_owned());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
