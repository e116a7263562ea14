//! The words of orders, read once for each order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::order_text::OrderText;
use crate::store::{Hash, Store, StoreError, orders};

use super::fault::Fault;

/// Orders remembered at once.
const KEPT: usize = 256;

/// The words of orders, by digest.
#[derive(Debug)]
pub(super) struct Texts {
    store: Store,
    known: Mutex<BTreeMap<Hash, Arc<OrderText>>>,
}

impl Texts {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// The words of an order; none if it is not held here.
    pub(super) async fn get(&self, digest: Hash) -> Result<Option<Arc<OrderText>>, Fault> {
        if let Some(text) = self.known().get(&digest) {
            return Ok(Some(Arc::clone(text)));
        }
        let stored = self
            .store
            .read(move |read| Ok::<_, StoreError>(orders::by_digest(read, &digest)?))
            .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let text = Arc::new(
            OrderText::parse(&stored.bytes, digest)
                .map_err(|why| Fault::Damaged(why.to_string()))?,
        );
        let mut known = self.known();
        if known.len() >= KEPT {
            known.pop_first();
        }
        known.insert(digest, Arc::clone(&text));
        Ok(Some(text))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Hash, Arc<OrderText>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
