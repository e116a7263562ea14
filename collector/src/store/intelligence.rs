//! Table `intelligence`: what others say about a person, graded, and kept apart from evidence.
//!
//! The grading is that of the national intelligence report (3x5x2): how reliable the source is, how it knows
//! what it says, and how the report may be handled.
//!
//! Promises: a report is added and never changed. One that was imported carries the digest of its line
//! (`line`), so the same file imported again adds nothing.
//!
//! Refuses: to stand in evidence. `export` does not read this table.

use std::collections::BTreeSet;

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};
use super::word::words;

/// The reports that the rest of a statement says, in the columns that [`report`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.person, i.origin, i.source, i.assessment, i.handling, i.conditions, \
             i.happened, i.text, i.line, i.staff, i.at, COALESCE(s.name, i.staff) \
             FROM intelligence i LEFT JOIN staff s ON s.id = i.staff ",
            $rest
        )
    };
}

/// Who told us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A member of the public, a library, a workplace.
    Public,
    /// Another agency.
    Partner,
    /// Police.
    Police,
    /// The service that runs curfew tags.
    Tag,
    /// Anybody else.
    Other,
}

/// How reliable the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// 1.
    Reliable,
    /// 2.
    Untested,
    /// 3.
    NotReliable,
}

/// How the source knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assessment {
    /// A.
    Directly,
    /// B.
    Corroborated,
    /// C.
    Indirectly,
    /// D.
    NotKnown,
    /// E.
    SuspectedFalse,
}

/// How it may be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// P.
    Permitted,
    /// C.
    Conditions,
}

/// How a report is graded: `1-A-P`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Of three.
    pub source: Source,
    /// Of five.
    pub assessment: Assessment,
    /// Of two.
    pub handling: Handling,
    /// Under which conditions; empty where there are none.
    pub conditions: String,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Sorts by time.
    pub id: String,
    /// About whom.
    pub person: PersonId,
    /// Who told us.
    pub origin: Origin,
    /// How it is graded.
    pub grade: Grade,
    /// Of which moment it is, Unix milliseconds.
    pub happened: i64,
    /// In the words of who entered it.
    pub text: String,
    /// The digest of the line that it was imported from.
    pub line: Option<String>,
    /// Who entered it, by staff id.
    pub staff: String,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who entered it, by name; not written.
    pub staff_name: String,
}

/// Adds a report; false if its line was imported before.
pub fn add(tx: &Tx<'_>, report: &Report) -> Result<bool, SqlError> {
    let added = tx.execute(
        "INSERT INTO intelligence (id, person, origin, source, assessment, handling, conditions, happened, \
         text, line, staff, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (person, line) DO NOTHING",
        &[
            (&report.id).into(),
            report.person.as_str().into(),
            report.origin.as_str().into(),
            report.grade.source.as_str().into(),
            report.grade.assessment.as_str().into(),
            report.grade.handling.as_str().into(),
            (&report.grade.conditions).into(),
            report.happened.into(),
            (&report.text).into(),
            report.line.as_deref().into(),
            (&report.staff).into(),
            report.at.into(),
        ],
    )?;
    Ok(added > 0)
}

/// The digests of the lines that were imported for this person and are of a time from `from` to `to`.
pub fn lines(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (i64, i64),
) -> Result<BTreeSet<String>, SqlError> {
    let all = read.query(
        "SELECT line FROM intelligence WHERE person = $1 AND happened >= $2 AND happened <= $3 \
         AND line IS NOT NULL",
        &[person.as_str().into(), from.into(), to.into()],
        |row| row.text(0),
    )?;
    Ok(all.into_iter().collect())
}

/// One report.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Report>, SqlError> {
    read.first(select!("WHERE i.id = $1"), &[id.into()], report)
}

/// Reports about a person, by the moment they are of, the latest first.
pub fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<Report>, SqlError> {
    read.query(
        select!("WHERE i.person = $1 ORDER BY i.happened DESC, i.id DESC LIMIT $2 OFFSET $3"),
        &[person.as_str().into(), limit.into(), skip.into()],
        report,
    )
}

/// Reports of a time from `from` up to but not including `to`, in order.
pub fn of_time(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (i64, i64),
    limit: u64,
) -> Result<Vec<Report>, SqlError> {
    read.query(
        select!(
            "WHERE i.person = $1 AND i.happened >= $2 AND i.happened < $3 \
             ORDER BY i.happened, i.id LIMIT $4"
        ),
        &[person.as_str().into(), from.into(), to.into(), limit.into()],
        report,
    )
}

fn report(row: &Row<'_>) -> Result<Report, SqlError> {
    Ok(Report {
        id: row.text(0)?,
        person: row.parsed(1)?,
        origin: row.parsed(2)?,
        grade: Grade {
            source: row.parsed(3)?,
            assessment: row.parsed(4)?,
            handling: row.parsed(5)?,
            conditions: row.text(6)?,
        },
        happened: row.int(7)?,
        text: row.text(8)?,
        line: row.maybe_text(9)?,
        staff: row.text(10)?,
        at: row.int(11)?,
        staff_name: row.text(12)?,
    })
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}-{}-{}",
            self.source.as_str(),
            self.assessment.as_str(),
            self.handling.as_str()
        )
    }
}

words! {
    Origin { Public = "public", Partner = "partner", Police = "police", Tag = "tag", Other = "other", }
    Source { Reliable = "1", Untested = "2", NotReliable = "3", }
    Assessment { Directly = "A", Corroborated = "B", Indirectly = "C", NotKnown = "D", SuspectedFalse = "E", }
    Handling { Permitted = "P", Conditions = "C", }
}
