//! Table `bundle`: what was handed out, each with its entry in the ledger.

use proviso_report::ledger::Export;

use super::ids::{Hash, PersonId};
use super::sql::{Read, SqlError, Tx};
use super::{checkpoints, ledger};

/// One bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// SHA-256 of its manifest.
    pub manifest: Hash,
    /// Whose records.
    pub person: PersonId,
    /// Unix milliseconds.
    pub at: i64,
    /// Who asked for it: a staff id, or that it was a command.
    pub staff: String,
    /// What for, in a word.
    pub purpose: String,
    /// How many entries its checkpoint covers.
    pub size: u64,
}

/// Enters a bundle, and remembers that its checkpoint went out.
pub fn add(tx: &Tx<'_>, bundle: &Bundle) -> Result<(), SqlError> {
    let stated = Export {
        manifest: bundle.manifest,
        person: bundle.person.to_string(),
        staff: bundle.staff.clone(),
        purpose: bundle.purpose.clone(),
        size: bundle.size,
    };
    let seq = ledger::enter(tx, bundle.at, stated)?;
    tx.execute(
        "INSERT INTO bundle (entry, manifest, person, at, staff, purpose, size) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            seq.into(),
            (&bundle.manifest.to_string()).into(),
            bundle.person.as_str().into(),
            bundle.at.into(),
            (&bundle.staff).into(),
            (&bundle.purpose).into(),
            bundle.size.into(),
        ],
    )?;
    checkpoints::mark_exported(tx, bundle.size)
}

/// The entries of the bundles about a person.
pub fn entries_of(read: &Read<'_>, person: &PersonId) -> Result<Vec<u64>, SqlError> {
    read.query(
        "SELECT entry FROM bundle WHERE person = $1 ORDER BY entry",
        &[person.as_str().into()],
        |row| row.count(0),
    )
}
