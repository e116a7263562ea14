//! The words of orders, read once for each order.
//!
//! Promises: whether two orders have the same rule is told without their words. Of many people there are many
//! orders, and pages that count by rule ask for all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::order_text::OrderText;
use crate::store::{Hash, Store, StoreError, orders};

use super::fault::Fault;

/// Orders remembered at once with their words.
const KEPT: usize = 256;

/// Orders whose rules are told apart, a kilobyte or two each.
const KEPT_RULES: usize = 10_000;

/// The words of orders, by digest.
#[derive(Debug)]
pub(super) struct Texts {
    store: Store,
    known: Mutex<BTreeMap<Hash, Arc<OrderText>>>,
    /// The hash of what each rule says, by order.
    rules: Mutex<BTreeMap<Hash, Arc<Rules>>>,
}

/// The hash of what each rule of an order says.
type Rules = BTreeMap<String, Hash>;

impl Texts {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            known: Mutex::default(),
            rules: Mutex::default(),
        }
    }

    /// The words of an order; none if it is not held here.
    pub(super) async fn get(&self, digest: Hash) -> Result<Option<Arc<OrderText>>, Fault> {
        if let Some(text) = locked(&self.known).get(&digest) {
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
        keep(&mut locked(&self.known), KEPT, digest, &text);
        Ok(Some(text))
    }

    /// Whether a rule of an order says just this; not, where the order is not held here or has no such rule.
    pub(super) async fn says(&self, order: Hash, rule: &str, says: Hash) -> Result<bool, Fault> {
        let known = locked(&self.rules).get(&order).cloned();
        let rules = match known {
            Some(rules) => rules,
            None => {
                let Some(text) = self.get(order).await? else {
                    return Ok(false);
                };
                let hashes = text.rules();
                let hashes = hashes.map(|(id, says)| (id.to_owned(), Hash::of(says.as_bytes())));
                let rules = Arc::new(hashes.collect());
                keep(&mut locked(&self.rules), KEPT_RULES, order, &rules);
                rules
            }
        };
        Ok(rules.get(rule) == Some(&says))
    }
}

/// Puts one in; another goes where there are too many.
fn keep<T>(all: &mut BTreeMap<Hash, Arc<T>>, most: usize, digest: Hash, one: &Arc<T>) {
    if all.len() >= most {
        all.pop_first();
    }
    all.insert(digest, Arc::clone(one));
}

fn locked<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}
