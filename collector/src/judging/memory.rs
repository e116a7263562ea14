//! What the judge remembers of a device's log: kept beside it, made again where it is missing.
//!
//! Promises: what is made again from the stored reports is what was there before, to the byte, unless
//! records were erased: the same records, followed in the same way. That is done when a store of an earlier version is brought
//! up, when the engine is another one, and when the kept bytes cannot be read.
//!
//! Refuses: to guess. Between two collectors of one store it is the compare-and-set on the log's size
//! that decides; whoever loses reads the state again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proviso_report::{Record, report};
use proviso_rules::{ENGINE, State};

use super::{JudgingError, OrderBook, held_lists};
use crate::store::devices::Device;
use crate::store::judged::{self, CannotTell, Kept};
use crate::store::reports::{self, StoredReport};
use crate::store::{Hash, SqlError, StoreError, Tx, orders};

/// Records that are read at once when a log is followed again.
const AT_ONCE: u64 = 8_192;

/// What is remembered of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// By the judge.
    pub state: State,
    /// Does the store have just this?
    kept: bool,
    /// Counts that take the place of those in the store.
    counts: Option<Vec<CannotTell>>,
}

/// What of it must be written.
#[derive(Debug)]
pub struct Unwritten {
    state: Option<Vec<u8>>,
    counts: Option<Vec<CannotTell>>,
}

impl OrderBook {
    /// What is remembered of a log of so many records; `None`: the log does not stand there.
    pub async fn memory(
        self: &Arc<Self>,
        device: &Device,
        size: u64,
    ) -> Result<Option<Memory>, JudgingError> {
        let id = device.id;
        let kept = self
            .store
            .read(move |read| Ok::<_, StoreError>(judged::state(read, id, size, ENGINE)?));
        match kept.await? {
            Kept::Moved => Ok(None),
            Kept::State(bytes) => match State::from_bytes(&bytes) {
                Ok(state) => Ok(Some(Memory {
                    state,
                    kept: true,
                    counts: None,
                })),
                Err(error) => {
                    tracing::warn!(device = %id, %error, "the log is followed again");
                    self.follow_again(device, size).await.map(Some)
                }
            },
            Kept::Nothing => self.follow_again(device, size).await.map(Some),
        }
    }

    /// The same, made again from the stored reports. Findings stay as they were made.
    pub async fn follow_again(
        self: &Arc<Self>,
        device: &Device,
        size: u64,
    ) -> Result<Memory, JudgingError> {
        let (id, person) = (device.id, device.person.clone());
        let known = self.store.read(move |read| {
            let theirs = orders::digests(read, &person)?;
            Ok::<_, StoreError>((theirs, held_lists(read, id)?))
        });
        let (theirs, held) = known.await?;
        let theirs: BTreeSet<Hash> = theirs.into_iter().collect();
        let mut state = State::new();
        let mut counts: BTreeMap<CannotTell, u64> = BTreeMap::new();
        let mut next = 0;
        while next < size {
            let end = next.saturating_add(AT_ONCE).min(size);
            let records = self.store.read(move |read| {
                let mut all = Vec::new();
                for stored in reports::run(read, id, next, end)? {
                    all.extend(records(&stored)?);
                }
                Ok::<_, JudgingError>(all)
            });
            let records = records.await?;
            let followed = self
                .follow(device, (&theirs, &held), &mut state, &records, 0)
                .await?;
            for one in followed.cannot_tell {
                let count = one.count;
                let sum = counts.entry(CannotTell { count: 0, ..one }).or_default();
                *sum = sum.saturating_add(count);
            }
            next = end;
        }
        let counts = counts.into_iter();
        Ok(Memory {
            state,
            kept: false,
            counts: Some(
                counts
                    .map(|(one, count)| CannotTell { count, ..one })
                    .collect(),
            ),
        })
    }
}

impl Memory {
    /// What becomes of it when the log goes on to `state`, and what to write then.
    pub fn goes_on(self, state: State) -> Result<(Self, Unwritten), JudgingError> {
        let bytes = if self.kept && self.state == state {
            None
        } else {
            let bytes = state.to_bytes();
            Some(bytes.map_err(|error| JudgingError::Form(error.to_string()))?)
        };
        let after = Self {
            state,
            kept: true,
            counts: None,
        };
        let unwritten = Unwritten {
            state: bytes,
            counts: self.counts,
        };
        Ok((after, unwritten))
    }
}

impl Unwritten {
    /// Writes it, in the transaction in which the log goes on.
    pub fn write(&self, tx: &Tx<'_>, device: &Device) -> Result<(), SqlError> {
        if let Some(bytes) = &self.state {
            judged::set_state(tx, device.id, ENGINE, bytes)?;
        }
        if let Some(counts) = &self.counts {
            judged::forget(tx, device.id)?;
            for count in counts {
                judged::add(tx, device.id, &device.person, count)?;
            }
        }
        Ok(())
    }
}

fn records(stored: &StoredReport) -> Result<Vec<Record>, JudgingError> {
    let unreadable = |why: &dyn std::fmt::Display| JudgingError::Stored {
        device: stored.device,
        first: stored.first,
        why: why.to_string(),
    };
    let kept = report::Kept::parse(&stored.bytes).map_err(|why| unreadable(&why))?;
    kept.lines()
        .map(|(_, line)| Record::parse(line).map_err(|why| unreadable(&why)))
        .collect()
}
