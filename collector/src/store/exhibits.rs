//! Table `case_exhibit`: records of a case that are produced in court, under the reference they have there.
//!
//! Promises: one reference names one exhibit of a person. The records of an exhibit are on hold
//! ([`super::holds`]) from the same transaction on, so that no erasure takes them.

use super::holds::{self, Hold};
use super::ids::{FindingId, PersonId};
use super::sql::{Read, SqlError, Tx};

/// An exhibit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// Sorts by time.
    pub id: String,
    /// Of which case.
    pub case: String,
    /// The record of one alert only.
    pub finding: Option<FindingId>,
    /// Whose.
    pub person: PersonId,
    /// What it is called in court: `ABC/1`.
    pub reference: String,
    /// What it shows.
    pub note: String,
    /// Staff id.
    pub staff: String,
    /// Unix milliseconds.
    pub at: i64,
}

/// Adds an exhibit and holds its records, which are JSON of `[proviso_report::bundle::Erased]`; without
/// records there is nothing to hold. False if the reference names another exhibit of this person.
pub fn put(
    tx: &Tx<'_>,
    exhibit: &Exhibit,
    by: &str,
    records: Option<&str>,
) -> Result<bool, SqlError> {
    let finding = exhibit.finding.map(|finding| finding.to_string());
    let hold = records.map(|_| exhibit.id.as_str());
    let new = tx.execute(
        "INSERT INTO case_exhibit (id, casefile, finding, person, reference, shows, staff, at, hold) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (person, reference) DO NOTHING",
        &[
            (&exhibit.id).into(),
            (&exhibit.case).into(),
            finding.as_deref().into(),
            exhibit.person.as_str().into(),
            (&exhibit.reference).into(),
            (&exhibit.note).into(),
            (&exhibit.staff).into(),
            exhibit.at.into(),
            hold.into(),
        ],
    )?;
    if new == 1 && records.is_some() {
        let hold = Hold {
            id: exhibit.id.clone(),
            at: exhibit.at,
            by: by.to_owned(),
            reason: format!("exhibit {}", exhibit.reference),
            exhibit: Some(exhibit.reference.clone()),
            records: records.map(str::to_owned),
        };
        holds::put(tx, &exhibit.person, &hold)?;
    }
    Ok(new == 1)
}

/// The exhibits of a case, oldest first, each with the name of who added it.
pub fn of_case(read: &Read<'_>, case: &str) -> Result<Vec<(Exhibit, String)>, SqlError> {
    read.query(
        "SELECT e.id, e.casefile, e.finding, e.person, e.reference, e.shows, e.staff, e.at, \
         COALESCE(s.name, e.staff) FROM case_exhibit e LEFT JOIN staff s ON s.id = e.staff \
         WHERE e.casefile = $1 ORDER BY e.at, e.id",
        &[case.into()],
        |row| {
            let exhibit = Exhibit {
                id: row.text(0)?,
                case: row.text(1)?,
                finding: row.maybe_parsed(2)?,
                person: row.parsed(3)?,
                reference: row.text(4)?,
                note: row.text(5)?,
                staff: row.text(6)?,
                at: row.int(7)?,
            };
            Ok((exhibit, row.text(8)?))
        },
    )
}
