//! Updates of lists that only the collector holds, as the judge asks for them.

use proviso_rules::HeldLists;
use proviso_rules::order::ListVersion;

use crate::store::{DeviceId, Read, SqlError, updates};

/// Which of them count for a device's log, and from which records on.
///
/// It only ever grows, by what counts behind the records that are held: who followed those by what was
/// read earlier has followed them rightly. Who takes more records in compares it in the transaction
/// that does so.
pub fn held_lists(read: &Read<'_>, device: DeviceId) -> Result<HeldLists, SqlError> {
    let mut held = HeldLists::default();
    for one in updates::held_of(read, device)? {
        let version = ListVersion {
            number: one.number,
            sha256: one.sha256,
        };
        held.add(one.order, &one.list, version, one.from)
            .map_err(|error| SqlError::Damaged(error.to_string()))?;
    }
    Ok(held)
}
