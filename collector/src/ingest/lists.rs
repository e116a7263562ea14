//! Lists of orders for devices that ask: all who want the same list at one moment share its bytes.
//!
//! Refuses: lists that the device's own order does not pin, and those that it keeps at the collector.
//! Their bytes never leave it, whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use proviso_rules::Order;
use proviso_rules::order::Where;

use crate::store::{Hash, PersonId, Store, StoreError, orders};

/// The lists that are on their way to somebody.
#[derive(Debug, Default)]
pub(super) struct Lists {
    shared: Mutex<BTreeMap<Hash, Weak<Vec<u8>>>>,
}

impl Lists {
    /// A list of the store, for a device of this person.
    pub(super) async fn get(
        &self,
        store: &Store,
        person: &PersonId,
        sha256: Hash,
    ) -> Result<Option<Arc<Vec<u8>>>, StoreError> {
        let person = person.clone();
        let order = store
            .read(move |read| Ok::<_, StoreError>(orders::current(read, &person)?))
            .await?;
        if !order.is_some_and(|order| gives(&order.bytes, &sha256)) {
            return Ok(None);
        }
        if let Some(bytes) = self.lock().get(&sha256).and_then(Weak::upgrade) {
            return Ok(Some(bytes));
        }
        let found = store
            .read(move |read| Ok::<_, StoreError>(orders::list(read, &sha256)?))
            .await?;
        let Some(found) = found.map(Arc::new) else {
            return Ok(None);
        };
        let mut shared = self.lock();
        // Whoever was first while we read is shared by all.
        if let Some(bytes) = shared.get(&sha256).and_then(Weak::upgrade) {
            return Ok(Some(bytes));
        }
        shared.retain(|_, bytes| bytes.strong_count() > 0);
        shared.insert(sha256, Arc::downgrade(&found));
        Ok(Some(found))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Hash, Weak<Vec<u8>>>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// May devices have this list? One order could pin the same bytes under two names.
fn gives(order: &[u8], sha256: &Hash) -> bool {
    let Ok(order) = Order::parse(order) else {
        return false;
    };
    let mut pins = order.lists().iter().filter(|pin| pin.sha256 == *sha256);
    let first = pins.next();
    first.is_some_and(|pin| pin.held == Where::Device) && pins.all(|pin| pin.held == Where::Device)
}
