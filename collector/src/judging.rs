//! Orders from the store, compiled once, and what they find in records (`follow`), with what the
//! judge remembers of each log (`memory`).
//!
//! Promises: an order with the same lists is compiled at most once while it is remembered, however
//! many ask at the same moment, on a thread that may wait; orders that pin the same list share its
//! bytes. The same records and order give the same findings as on the agent and in the verifier: each record is
//! judged by the order that it names, a sign of life by the one in force, and by no other; and with
//! those updates of its lists that the log says count, or of lists that no device holds the store
//! (`held`).
//!
//! Refuses: to judge by an order that the store does not hold, or that was not in force when the
//! record was made. Who asks for findings is told which orders were missing, and which records lie
//! outside their order's term.

mod follow;
mod held;
mod memory;

pub use follow::{Judged, Outside, UnknownUpdate};
pub use held::held_lists;
pub use memory::{Memory, Unwritten};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use proviso_rules::order::{ListUpdate, UpdateError, Updates};
use proviso_rules::{Basis, Faults, Judge, ListBytes, Order, Side};
use tokio::sync::OnceCell;

use crate::store::updates::StoredUpdate;
use crate::store::{DeviceId, Hash, SqlError, Store, StoreError, orders, updates};

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
    /// An update of a list is held and cannot be used.
    #[error(
        "an update of a list of the order {digest} is held and cannot be used ({why}): use the \
         program version that took it"
    )]
    Update {
        /// Which order.
        digest: Hash,
        /// Why.
        why: String,
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
    /// By digest and updated lists, with the moment of last use.
    orders: BTreeMap<Basis, (u64, Slot)>,
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

    /// The judge of an order with the lists that count; `None` if the store does not hold the order,
    /// or not all of these updates of its lists.
    pub async fn get(self: &Arc<Self>, basis: &Basis) -> Result<Option<Arc<Judge>>, JudgingError> {
        let slot = self.known().slot(basis);
        let filled = slot
            .get_or_try_init(|| async {
                let (book, of) = (Arc::clone(self), basis.clone());
                tokio::task::spawn_blocking(move || book.compile(&of))
                    .await
                    .map_err(|_| Unfilled::Failed(JudgingError::Ended(basis.order)))?
            })
            .await;
        match filled {
            Ok(judge) => judge.clone().map(Some),
            Err(unfilled) => {
                self.known().forget(basis, &slot);
                match unfilled {
                    Unfilled::NotHeld => Ok(None),
                    Unfilled::Failed(error) => Err(error),
                }
            }
        }
    }

    /// Off the async threads. An error of the store leaves the slot empty: the next try may do.
    fn compile(&self, basis: &Basis) -> Result<Result<Arc<Judge>, JudgingError>, Unfilled> {
        let digest = basis.order;
        let (stored, stored_updates) = self
            .store
            .read_blocking(|read| {
                let updates = match basis.lists.is_empty() {
                    true => Vec::new(),
                    false => updates::of_order(read, &digest)?,
                };
                Ok::<_, StoreError>((orders::by_digest(read, &digest)?, updates))
            })
            .map_err(Unfilled::store)?;
        let stored = stored.ok_or(Unfilled::NotHeld)?;
        let order = match Order::parse(&stored.bytes) {
            Ok(order) => order,
            Err(faults) => return Ok(Err(JudgingError::order(digest, faults))),
        };
        let known = match chain(&order, &stored_updates) {
            Ok(known) => known,
            Err(error) => return Ok(Err(error)),
        };
        let order = order
            .with_updates(&known, &basis.lists)
            .map_err(|_missing| Unfilled::NotHeld)?;
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
    fn slot(&mut self, basis: &Basis) -> Slot {
        self.clock += 1;
        if let Some((used, slot)) = self.orders.get_mut(basis) {
            *used = self.clock;
            return Arc::clone(slot);
        }
        if self.orders.len() >= KEPT {
            let oldest = self.orders.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(basis, _)| basis.clone()) {
                self.orders.remove(&oldest);
            }
        }
        let slot = Slot::default();
        self.orders
            .insert(basis.clone(), (self.clock, Arc::clone(&slot)));
        slot
    }

    /// Forgets an order that was not compiled, unless another try has begun since.
    fn forget(&mut self, basis: &Basis, slot: &Slot) {
        let same = self.orders.get(basis);
        if same.is_some_and(|(_, own)| Arc::ptr_eq(own, slot) && !own.initialized()) {
            self.orders.remove(basis);
        }
    }
}

/// The updates of an order as they were put. What they say was verified then.
pub fn chain(order: &Order, stored: &[StoredUpdate]) -> Result<Updates, JudgingError> {
    let mut chain = Updates::new(order);
    let digest = order.digest();
    for one in stored {
        let update =
            ListUpdate::parse(&one.bytes).map_err(|faults| JudgingError::order(digest, faults))?;
        let added = update
            .verified_before(order)
            .and_then(|update| chain.add(order, update));
        added.map_err(|error: UpdateError| JudgingError::Update {
            digest,
            why: error.to_string(),
        })?;
    }
    Ok(chain)
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
