//! The orders that records were made under: byte for byte, with signatures, lists and the updates of
//! these.
//!
//! Refuses: to hand on a list that the order keeps at the collector. The verifier says then which
//! rules it could not check.

use std::collections::BTreeSet;

use proviso_report::UnixMs;
use proviso_rules::Order;
use proviso_rules::order::Where;

use super::bag::Bag;
use super::{ExportError, line};
use crate::store::orders::{self, StoredOrder};
use crate::store::{Hash, PersonId, Read, updates};

/// Writes each of these orders that the store holds, and gives them. One that it does not hold is
/// missing in the bundle too, and its verification says so.
pub(super) fn write(
    bag: &mut Bag,
    read: &Read<'_>,
    person: &PersonId,
    named: &BTreeSet<Hash>,
) -> Result<Vec<StoredOrder>, ExportError> {
    let own = orders::of_person(read, person)?;
    let mut written = Vec::new();
    for digest in named {
        let stored = match own.iter().find(|order| order.digest == *digest) {
            Some(order) => Some(order.clone()),
            None => orders::by_digest(read, digest)?,
        };
        if let Some(stored) = stored {
            one(bag, read, &stored)?;
            written.push(stored);
        }
    }
    Ok(written)
}

fn one(bag: &mut Bag, read: &Read<'_>, stored: &StoredOrder) -> Result<(), ExportError> {
    let under = format!("data/orders/{}", stored.digest);
    bag.put(&format!("{under}/order.toml"), &stored.bytes)?;
    bag.put(&format!("{under}/put.txt"), line(UnixMs(stored.put)))?;
    for (number, signature) in (1..).zip(&stored.signatures) {
        let number: u32 = number;
        bag.put(&format!("{under}/signatures/{number}.sig"), signature)?;
    }
    let Ok(order) = Order::parse(&stored.bytes) else {
        // This program no longer understands it; the next verifier may, and misses the lists.
        return Ok(());
    };
    let of = |held: Where| -> BTreeSet<Hash> {
        let pins = order.lists().iter().filter(|pin| pin.held == held);
        pins.map(|pin| pin.sha256).collect()
    };
    for hash in &of(Where::Device) - &of(Where::Collector) {
        if let Some(bytes) = orders::list(read, &hash)? {
            bag.put(&format!("{under}/lists/{hash}"), bytes)?;
        }
    }
    updated(bag, read, stored, &order)
}

/// The updates of its lists, in the order in which they were put.
fn updated(
    bag: &mut Bag,
    read: &Read<'_>,
    stored: &StoredOrder,
    order: &Order,
) -> Result<(), ExportError> {
    for (number, update) in (1_u32..).zip(updates::of_order(read, &stored.digest)?) {
        let under = format!("data/orders/{}/updates/{number}", stored.digest);
        bag.put(&format!("{under}/update.toml"), &update.bytes)?;
        bag.put(&format!("{under}/update.sig"), &update.signature)?;
        bag.put(&format!("{under}/put.txt"), line(UnixMs(update.put)))?;
        let mut pins = order.lists().iter();
        let is_given = pins.any(|pin| pin.name == update.list && pin.held == Where::Device);
        if is_given && let Some(bytes) = orders::list(read, &update.sha256)? {
            bag.put(&format!("{under}/list"), bytes)?;
        }
    }
    Ok(())
}
