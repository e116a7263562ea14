//! From which record of a log on updates of lists count that only the collector holds.
//!
//! Refuses: to hand on what such a list says. The updates themselves, which name it by its hash, lie
//! beside their order.

use std::collections::BTreeSet;

use proviso_report::DeviceId;

use super::bag::Bag;
use super::{ExportError, line};
use crate::store::{Hash, Read, updates};

/// Writes those of the orders in the bundle that count for a record before `end`.
pub(super) fn write(
    bag: &mut Bag,
    read: &Read<'_>,
    device: DeviceId,
    end: u64,
    orders: &BTreeSet<Hash>,
) -> Result<(), ExportError> {
    let mut text = String::new();
    for one in updates::held_of(read, device)? {
        if one.from < end && orders.contains(&one.order) {
            text += &line(serde_json::to_string(&one)?);
        }
    }
    if text.is_empty() {
        return Ok(());
    }
    bag.put(&format!("data/devices/{device}/lists.jsonl"), text)
}
