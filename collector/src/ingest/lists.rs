//! Lists of orders for devices that ask: all who want the same list at one moment share its bytes.
//!
//! Refuses: lists that the device's own order neither pins nor was updated to, and those that it keeps at the collector.
//! Their bytes never leave it, whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use proviso_rules::Order;
use proviso_rules::order::{ListPin, Where};

use crate::store::{Hash, PersonId, Store, StoreError, orders, updates};

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
        let found = store.read(move |read| {
            let Some(order) = orders::current(read, &person)? else {
                return Ok(None);
            };
            let updated = updates::lists_with(read, &order.digest, &sha256)?;
            Ok::<_, StoreError>(Some((order.bytes, updated)))
        });
        let found = found.await?;
        if !found.is_some_and(|(order, updated)| gives(&order, &updated, &sha256)) {
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

/// May devices have this list, which the order pins or which these lists of it were updated to? One
/// order could pin the same bytes under two names.
fn gives(order: &[u8], updated: &[String], sha256: &Hash) -> bool {
    let Ok(order) = Order::parse(order) else {
        return false;
    };
    let is_it = |pin: &&ListPin| pin.sha256 == *sha256 || updated.contains(&pin.name);
    let mut pins = order.lists().iter().filter(is_it);
    let first = pins.next();
    first.is_some_and(|pin| pin.held == Where::Device) && pins.all(|pin| pin.held == Where::Device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_out_only_if_the_order_keeps_it_on_devices() {
        let order = |held: &str| {
            let hash = Hash([0xab; 32]);
            format!(
                "format = \"proviso-order/1\"\n[order]\nid = \"O-1\"\nversion = 1\n\
                 court = \"C\"\nmade = 2026-03-02\nstarts = 2026-03-02\nends = 2027-03-02\n\
                 timezone = \"Etc/UTC\"\n[lists.a]\nfile = \"lists/a\"\nkind = \"domains\"\n\
                 sha256 = \"{hash}\"\ncount = 1\nsource = \"s\"\n{held}\n\
                 [[clause]]\nid = \"4\"\ntext = \"Using it.\"\n\
                 records = [\"web_visit\"]\n[[rule]]\nid = \"4.a\"\n\
                 clause = \"4\"\nsays = \"Possible breach.\"\nseverity = \"breach\"\n\
                 on = [\"web_visit\"]\nany = [{{ host_in = \"a\" }}]\n{}\n\
                 [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://a.example/\", \
                 at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"match\"\n\
                 lists = {{ a = [\"a.example\"] }}\n\
                 [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://b.example/\", \
                 at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"no_match\"\n",
                if held.is_empty() {
                    ""
                } else {
                    "where = \"collector\""
                }
            )
        };
        let (ours, other) = (Hash([0xab; 32]), Hash([1; 32]));
        let device = order("");
        assert!(Order::parse(device.as_bytes()).is_ok());
        assert!(gives(device.as_bytes(), &[], &ours));
        assert!(!gives(device.as_bytes(), &[], &other), "of another order");
        let collector = order("held = \"collector\"");
        assert!(Order::parse(collector.as_bytes()).is_ok());
        assert!(!gives(collector.as_bytes(), &[], &ours));
        assert!(!gives(b"no order", &[], &ours));
    }
}
