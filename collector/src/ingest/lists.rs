//! Lists of orders for devices that ask: all who want the same list at one moment share its bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::store::{Hash, Store, StoreError, orders};

/// The lists that are on their way to somebody.
#[derive(Debug, Default)]
pub(super) struct Lists {
    shared: Mutex<BTreeMap<Hash, Weak<Vec<u8>>>>,
}

impl Lists {
    /// A list of the store.
    pub(super) async fn get(
        &self,
        store: &Store,
        sha256: Hash,
    ) -> Result<Option<Arc<Vec<u8>>>, StoreError> {
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
