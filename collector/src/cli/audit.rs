//! What a command did, in the audit that the pages show.

use proviso_collector::store::audit::{self, Entry};
use proviso_collector::store::{PersonId, Tx};
use proviso_collector::{clock, random};

/// Who did it: whoever may use the data directory.
pub(super) const WHO: &str = "the command line";

/// Enters it in the caller's transaction, or nothing of both is kept.
pub(super) fn enter(
    tx: &Tx<'_>,
    action: &str,
    person: Option<&PersonId>,
    on: &str,
) -> anyhow::Result<()> {
    enter_by(tx, WHO, action, person, on)
}

/// The same by somebody who said who they are, by id.
pub(super) fn enter_by(
    tx: &Tx<'_>,
    staff: &str,
    action: &str,
    person: Option<&PersonId>,
    on: &str,
) -> anyhow::Result<()> {
    let now = clock::now();
    let entry = Entry {
        id: random::row_id(now)?,
        at: now,
        staff: staff.to_owned(),
        action: action.to_owned(),
        person: person.cloned(),
        reason: on.to_owned(),
    };
    Ok(audit::put(tx, &entry)?)
}
