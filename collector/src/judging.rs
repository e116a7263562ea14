//! Orders from the store, compiled once, and what they find in records (`follow`), with what the
//! judge remembers of each log (`memory`).
//!
//! Promises: an order is compiled at most once while it is remembered, however many ask at the same
//! moment, on a thread that may wait; orders that pin the same list share its bytes. The same
//! records and order give the same findings as on the agent and in the verifier: each record is
//! judged by the order that it names, a sign of life by the one in force, and by no other.
//!
//! Refuses: to judge by an order that the store does not hold, or that was not in force when the
//! record was made. Who asks for findings is told which orders were missing, and which records lie
//! outside their order's term.

mod follow;
mod memory;

pub use follow::{Judged, Outside};
pub use memory::{Memory, Unwritten};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use proviso_rules::{Faults, Judge, ListBytes, Order, Side};
use tokio::sync::OnceCell;

use crate::store::{DeviceId, Hash, SqlError, Store, StoreError, orders};

/// Orders remembered at once. A collector serves as many people as have an order in force, and
/// most of an order's weight, its lists, is shared.
const KEPT: usize = 1_024;

/// The orders of the store, ready to judge.
pub struct OrderBook {
    store: Store,
    known: Mutex<Known>,
}

/// Why an order cannot judge.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JudgingError {
    /// The store failed.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// The order that is held does not pass this program's checks.
    #[error(
        "the order {digest} is held and cannot judge: put a corrected version with \
         `proviso-collector order put`, or use the program version that took it:\n{faults}"
    )]
    Order {
        /// Which.
        digest: Hash,
        /// What is wrong with it.
        faults: Arc<Faults>,
    },
    /// A part of a finding, or what the judge remembers, could not be written down.
    #[error("a finding could not be written as JSON: {0}")]
    Form(String),
    /// A stored report does not hold.
    #[error(
        "the stored report of device {device} that begins at record {first} cannot be read ({why}): \
         restore the store from a backup"
    )]
    Stored {
        /// Whose.
        device: DeviceId,
        /// Where it begins.
        first: u64,
        /// What is wrong.
        why: String,
    },
    /// The compiling thread ended badly.
    #[error("compiling the order {0} ended badly: report this, with the order")]
    Ended(Hash),
}

/// An order in the making or made; an order that is not held is forgotten at once, one with faults
/// is not compiled again and again.
type Slot = Arc<OnceCell<Result<Arc<Judge>, JudgingError>>>;

#[derive(Default)]
struct Known {
    /// By digest, with the moment of last use.
    orders: BTreeMap<Hash, (u64, Slot)>,
    /// Lists that some judge may still hold.
    lists: BTreeMap<Hash, Weak<dyn AsRef<[u8]> + Send + Sync>>,
    /// Counts uses.
    clock: u64,
}

/// Why a slot was not filled.
enum Unfilled {
    NotHeld,
    Failed(JudgingError),
}

impl OrderBook {
    /// Of the orders in this store.
    #[must_use]
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            known: Mutex::default(),
        })
    }

    /// The judge of an order; `None` if the store does not hold it.
    pub async fn get(self: &Arc<Self>, digest: Hash) -> Result<Option<Arc<Judge>>, JudgingError> {
        let slot = self.known().slot(digest);
        let filled = slot
            .get_or_try_init(|| async {
                let book = Arc::clone(self);
                tokio::task::spawn_blocking(move || book.compile(digest))
                    .await
                    .map_err(|_| Unfilled::Failed(JudgingError::Ended(digest)))?
            })
            .await;
        match filled {
            Ok(judge) => judge.clone().map(Some),
            Err(unfilled) => {
                self.known().forget(&digest, &slot);
                match unfilled {
                    Unfilled::NotHeld => Ok(None),
                    Unfilled::Failed(error) => Err(error),
                }
            }
        }
    }

    /// Off the async threads. An error of the store leaves the slot empty: the next try may do.
    fn compile(&self, digest: Hash) -> Result<Result<Arc<Judge>, JudgingError>, Unfilled> {
        let stored = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(orders::by_digest(read, &digest)?))
            .map_err(Unfilled::store)?
            .ok_or(Unfilled::NotHeld)?;
        let order = match Order::parse(&stored.bytes) {
            Ok(order) => order,
            Err(faults) => return Ok(Err(JudgingError::order(digest, faults))),
        };
        let mut lists = BTreeMap::new();
        for pin in order.lists() {
            if let Some(list) = self.list(&pin.sha256).map_err(Unfilled::store)? {
                lists.insert(pin.sha256, list);
            }
        }
        let judge = Judge::compile(order, Side::Collector, &mut |hash| lists.get(hash).cloned());
        Ok(judge
            .map(Arc::new)
            .map_err(|faults| JudgingError::order(digest, faults)))
    }

    /// A list's bytes: those that another order holds, or else those of the store.
    fn list(&self, hash: &Hash) -> Result<Option<ListBytes>, StoreError> {
        if let Some(shared) = self.known().lists.get(hash).and_then(Weak::upgrade) {
            return Ok(Some(shared));
        }
        let stored = self
            .store
            .read_blocking(|read| Ok::<_, StoreError>(orders::list(read, hash)?))?;
        let Some(bytes) = stored else {
            return Ok(None);
        };
        let list: ListBytes = Arc::new(bytes);
        let mut known = self.known();
        known.lists.retain(|_, list| list.strong_count() > 0);
        known.lists.insert(*hash, Arc::downgrade(&list));
        Ok(Some(list))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The place of an order. When there are too many, the one unused for longest goes.
    fn slot(&mut self, digest: Hash) -> Slot {
        self.clock += 1;
        if let Some((used, slot)) = self.orders.get_mut(&digest) {
            *used = self.clock;
            return Arc::clone(slot);
        }
        if self.orders.len() >= KEPT {
            let oldest = self.orders.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
                self.orders.remove(&oldest);
            }
        }
        let slot = Slot::default();
        self.orders.insert(digest, (self.clock, Arc::clone(&slot)));
        slot
    }

    /// Forgets an order that was not compiled, unless another try has begun since.
    fn forget(&mut self, digest: &Hash, slot: &Slot) {
        let same = self.orders.get(digest);
        if same.is_some_and(|(_, own)| Arc::ptr_eq(own, slot) && !own.initialized()) {
            self.orders.remove(digest);
        }
    }
}

impl JudgingError {
    fn order(digest: Hash, faults: Faults) -> Self {
        Self::Order {
            digest,
            faults: Arc::new(faults),
        }
    }
}

impl Unfilled {
    fn store(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for JudgingError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<SqlError> for JudgingError {
    fn from(error: SqlError) -> Self {
        StoreError::from(error).into()
    }
}

impl std::fmt::Debug for OrderBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderBook").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
