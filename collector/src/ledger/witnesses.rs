//! Asks witnesses to cosign checkpoints of the ledger. `proviso_report::witness` is the protocol.
//!
//! Promises: a witness is asked from the last checkpoint that it cosigned; one that knows another
//! is asked once more from there. A witness that excludes what this ledger says, or has seen a longer
//! one than the store holds, is trouble: entered for good and shown. A witness that does not answer, or
//! that another process of this store asked meanwhile, is tried again with the next checkpoint; how far
//! each came is in the store.

use std::time::Duration;

use proviso_report::witness::{MAX_ANSWER, Offer, PATH, Reply};
use proviso_report::{Alg, Checkpoint, Note, VerifierKey};
use url::Url;

use crate::clock;
use crate::config;
use crate::store::checkpoints::{self, Cosignature, StoredCheckpoint, Trouble};
use crate::store::{Store, StoreError, ledger};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The witnesses of a configuration.
#[derive(Debug)]
pub struct Witnesses {
    store: Store,
    client: reqwest::Client,
    all: Vec<Witness>,
}

#[derive(Debug)]
struct Witness {
    name: String,
    url: Url,
    key: VerifierKey,
}

/// Why a witness cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The address.
    #[error("[[witness]] {0:?} has no usable url: give one that begins with https:// or http://")]
    Url(String),
    /// The key.
    #[error(
        "[[witness]] {name:?} has no usable key ({why}): copy the one that `proviso-witness init` printed"
    )]
    Key {
        /// Whose.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// No client could be made.
    #[error("no witness can be asked: {0}")]
    Client(String),
}

/// What came of asking once.
enum Asked {
    Cosigned(Cosignature),
    Again(u64),
    /// It has cosigned a later checkpoint of this store.
    Overtaken,
    Trouble(&'static str, String),
    Failed(String),
}

impl Witnesses {
    /// Takes the addresses and keys.
    pub fn open(wanted: &[config::Witness], store: Store) -> Result<Self, WitnessError> {
        let client =
            super::client(PATIENCE).map_err(|error| WitnessError::Client(error.to_string()))?;
        let all: Result<Vec<_>, _> = wanted.iter().map(Witness::new).collect();
        Ok(Self {
            store,
            client,
            all: all?,
        })
    }

    /// Their keys.
    pub fn keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.all.iter().map(|witness| &witness.key)
    }

    /// Offers a checkpoint to all that have not cosigned it, at the same time. True: one of them never
    /// will, for it has cosigned a later one of this store.
    pub async fn offer(&self, checkpoint: &StoredCheckpoint) -> bool {
        let asked = self.all.iter().map(|one| self.offer_to(one, checkpoint));
        let overtaken = futures_util::future::join_all(asked).await;
        overtaken.contains(&true)
    }

    async fn offer_to(&self, witness: &Witness, stored: &StoredCheckpoint) -> bool {
        match self.try_offer(witness, stored).await {
            Ok(overtaken) => overtaken,
            Err(error) => {
                tracing::error!(witness = witness.name, %error, "a witness could not be asked");
                false
            }
        }
    }

    async fn try_offer(
        &self,
        witness: &Witness,
        stored: &StoredCheckpoint,
    ) -> Result<bool, StoreError> {
        let key = witness.key.to_string();
        let last = self
            .store
            .read(move |read| Ok::<_, StoreError>(checkpoints::last_cosigned(read, &key)?))
            .await?;
        let last = last.map_or(0, |last| last.size);
        if last == stored.size {
            return Ok(false);
        }
        let mut asked = self.ask(witness, stored, last.min(stored.size)).await?;
        if let Asked::Again(old) = asked {
            asked = self.ask(witness, stored, old).await?;
        }
        match asked {
            Asked::Cosigned(one) => {
                let keep = self.store.write("cosignature", move |tx| {
                    Ok::<_, StoreError>(checkpoints::cosigned(tx, &one)?)
                });
                keep.await?;
            }
            Asked::Trouble(kind, detail) => self.trouble(witness, kind, detail).await?,
            Asked::Overtaken => return Ok(true),
            Asked::Again(_) => {
                tracing::warn!(
                    witness = witness.name,
                    "a witness moves on by itself; tried again"
                );
            }
            Asked::Failed(why) => {
                tracing::warn!(
                    witness = witness.name,
                    why,
                    "a witness did not cosign; tried again"
                );
            }
        }
        Ok(false)
    }

    async fn ask(
        &self,
        witness: &Witness,
        stored: &StoredCheckpoint,
        old: u64,
    ) -> Result<Asked, StoreError> {
        let size = stored.size;
        let Ok(note) = Note::parse(stored.note.as_bytes()) else {
            return Ok(Asked::Failed("the checkpoint cannot be read".to_owned()));
        };
        let Ok(checkpoint) = Checkpoint::parse(note.text()) else {
            return Ok(Asked::Failed("the checkpoint cannot be read".to_owned()));
        };
        let proof = self
            .store
            .read(move |read| Ok::<_, StoreError>(ledger::consistency(read, old, size)?))
            .await?;
        let offer = Offer {
            old,
            proof: proof.unwrap_or_default(),
            note,
        };
        let (status, body) = match self.post(witness, offer.to_bytes()).await {
            Ok(answer) => answer,
            Err(why) => return Ok(Asked::Failed(why)),
        };
        Ok(
            match Reply::read(status, &body, old, &checkpoint, &witness.key) {
                Reply::Cosigned(receipt) => Asked::Cosigned(Cosignature {
                    size,
                    witness: witness.key.to_string(),
                    time: receipt.time,
                    line: receipt.line().to_owned(),
                }),
                // Another process of this store was quicker, with a checkpoint that it made meanwhile.
                Reply::Has(seen) if seen > size && seen <= self.size().await? => Asked::Overtaken,
                Reply::Has(seen) if seen > size => Asked::Trouble(
                    "ledger_set_back",
                    format!(
                        "The witness {} has cosigned {seen} entries of this ledger, which is shorter: \
                         this store is an old copy, or another collector goes on under the same key",
                        witness.name
                    ),
                ),
                Reply::Has(seen) => Asked::Again(seen),
                Reply::Excluded => Asked::Trouble(
                    "ledger_forked",
                    format!(
                        "The witness {} has cosigned another history of this ledger's first {old} \
                         entries: the store was changed, or another collector goes on under the \
                         same key",
                        witness.name
                    ),
                ),
                Reply::Stranger => Asked::Failed(
                    "it does not know this ledger or its key: its operator must run \
                     `proviso-witness add-log`"
                        .to_owned(),
                ),
                Reply::Failed(why) => Asked::Failed(why),
            },
        )
    }

    /// How many entries the store holds.
    async fn size(&self) -> Result<u64, StoreError> {
        let size = self
            .store
            .read(|read| Ok::<_, StoreError>(ledger::size(read)?));
        size.await
    }

    async fn post(&self, witness: &Witness, body: Vec<u8>) -> Result<(u16, Vec<u8>), String> {
        let sent = self
            .client
            .post(witness.url.clone())
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| error.without_url().to_string())?;
        let status = answer.status().as_u16();
        Ok((status, super::body(answer, MAX_ANSWER).await?))
    }

    async fn trouble(
        &self,
        witness: &Witness,
        kind: &'static str,
        detail: String,
    ) -> Result<(), StoreError> {
        tracing::error!(
            witness = witness.name,
            kind,
            detail,
            "THE LEDGER IS IN DOUBT"
        );
        let one = Trouble {
            at: clock::now(),
            witness: witness.name.clone(),
            kind: kind.to_owned(),
            detail,
        };
        let entered = self.store.write("trouble", move |tx| {
            Ok::<_, StoreError>(checkpoints::trouble(tx, &one)?)
        });
        entered.await.map(drop)
    }
}

impl Witness {
    fn new(wanted: &config::Witness) -> Result<Self, WitnessError> {
        let name = wanted.name.clone();
        let base = wanted.url.trim_end_matches('/');
        let url = Url::parse(&format!("{base}{PATH}")).ok();
        let url = url.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        let url = url.ok_or_else(|| WitnessError::Url(name.clone()))?;
        let fault = |why: &dyn std::fmt::Display| WitnessError::Key {
            name: name.clone(),
            why: why.to_string(),
        };
        let key: VerifierKey = wanted.key.parse().map_err(|error| fault(&error))?;
        if key.alg() != Alg::CosignatureV1 {
            return Err(fault(&"it is no key of a witness"));
        }
        Ok(Self { name, url, key })
    }
}
