//! The tables of a bundle: its records, findings and decisions again, in forms that other tools read.
//!
//! ```text
//! data/tables/records.jsonl     each record that is shown, one JSON object a line
//! data/tables/records.csv       the same, for a spreadsheet
//! data/tables/timesketch.jsonl  the same, for Timesketch
//! data/tables/case.jsonld       the same, as CASE/UCO 1.5.0 in JSON-LD
//! data/tables/findings.csv      what software thinks may be a breach
//! data/tables/decisions.csv     what people said about it
//! data/unused.csv               what is not among the facts above, or points away from a breach
//! ```
//!
//! Promises: each row is a function of the signed records (of `findings.jsonl` and `decisions.jsonl`),
//! the times of the receipts and what `bundle.json` says, byte for byte: [`check`] makes all of them
//! again and compares. Each row says at which place of which log its record stands, and the record's
//! leaf hash. Facts, judgements and decisions are in different files. Whoever writes them needs no more
//! memory than for the records of one report.
//!
//! Refuses: to add anything. What is not in the records is not in the tables.
//!
//! Read first [`Row`] (one record with its times) and [`Tables`] (which makes the text of all tables
//! of records, piece by piece).

mod case;
mod check;
pub mod csv;
mod jsonld;
mod judged;
mod row;
mod unused;
mod uuid;
mod words;

pub use check::{check, made};
pub use judged::{decisions, findings};
pub use row::Row;
pub use words::words;

use crate::device::DeviceId;
use crate::fact::FactError;
use crate::hash::Hash;
use crate::time::UnixMs;

use case::Case;
use unused::Unused;

/// A table that is made of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `records.jsonl`.
    Records,
    /// `records.csv`.
    RecordsCsv,
    /// `timesketch.jsonl`.
    Timesketch,
    /// `case.jsonld`.
    Case,
    /// `unused.csv`.
    Unused,
}

/// Where the findings are as a table.
pub const FINDINGS: &str = "data/tables/findings.csv";
/// Where the decisions are as a table.
pub const DECISIONS: &str = "data/tables/decisions.csv";

impl Table {
    /// Every one of them.
    pub const ALL: [Self; 5] = [
        Self::Records,
        Self::RecordsCsv,
        Self::Timesketch,
        Self::Case,
        Self::Unused,
    ];

    /// Where it is in a bundle.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Records => "data/tables/records.jsonl",
            Self::RecordsCsv => "data/tables/records.csv",
            Self::Timesketch => "data/tables/timesketch.jsonl",
            Self::Case => "data/tables/case.jsonld",
            Self::Unused => "data/unused.csv",
        }
    }
}

/// A table cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A fact cannot be written.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// Something else cannot.
    #[error("a row cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Text that is to be added to each table, since it was last taken.
#[derive(Debug, Default)]
pub struct Pieces {
    records: Vec<u8>,
    records_csv: Vec<u8>,
    timesketch: Vec<u8>,
    case: Vec<u8>,
    unused: Vec<u8>,
}

impl Pieces {
    /// Hands over what there is, table by table, and forgets it.
    pub fn take<E>(
        &mut self,
        mut each: impl FnMut(Table, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for table in Table::ALL {
            let text = self.of(table);
            if !text.is_empty() {
                each(table, text)?;
                text.clear();
            }
        }
        Ok(())
    }

    fn of(&mut self, table: Table) -> &mut Vec<u8> {
        match table {
            Table::Records => &mut self.records,
            Table::RecordsCsv => &mut self.records_csv,
            Table::Timesketch => &mut self.timesketch,
            Table::Case => &mut self.case,
            Table::Unused => &mut self.unused,
        }
    }
}

/// What the tables are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The person, by pseudonym.
    pub person: String,
    /// The first moment asked for.
    pub from: UnixMs,
    /// The first moment after.
    pub to: UnixMs,
}

/// Makes the tables of records: [`Tables::begin`] once; for each device in turn [`Tables::device`],
/// then its records in order ([`Tables::shown`], [`Tables::withheld`], [`Tables::erased`]), then
/// [`Tables::end_device`];
/// [`Tables::end`] once. What is to be written is in [`Tables::pieces`] after each call.
#[derive(Debug)]
pub struct Tables {
    case: Case,
    unused: Unused,
    /// What was not written yet.
    pub pieces: Pieces,
}

impl Tables {
    /// Of this person and time.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            case: Case::new(scope),
            unused: Unused::default(),
            pieces: Pieces::default(),
        }
    }

    /// What stands before the first row.
    pub fn begin(&mut self) -> Result<(), TableError> {
        row::csv_head(&mut self.pieces.records_csv);
        self.case.begin(&mut self.pieces.case);
        unused::head(&mut self.pieces.unused);
        Ok(())
    }

    /// The rows that follow are about this device.
    pub fn device(&mut self, device: DeviceId) {
        self.case.device(device);
        self.unused.device(device);
    }

    /// A record that is shown.
    pub fn shown(&mut self, row: &Row<'_>) -> Result<(), TableError> {
        let fields = row.record.fact.to_json()?;
        let words = words::of_fields(row.record.kind(), &fields)?;
        row.jsonl(&fields, &mut self.pieces.records)?;
        row.csv(&fields, &mut self.pieces.records_csv);
        row.timesketch(&words, &mut self.pieces.timesketch)?;
        self.case.record(row, &words, &mut self.pieces.case)?;
        self.unused.shown(row.record, &mut self.pieces.unused);
        Ok(())
    }

    /// Records of which only the hashes are in the bundle: from `first` to before `end`.
    pub fn withheld(&mut self, first: u64, end: u64) {
        self.unused.withheld(first, end, &mut self.pieces.unused);
    }

    /// Records that were erased: from `first` to before `end`.
    pub fn erased(&mut self, first: u64, end: u64) {
        self.unused.erased(first, end, &mut self.pieces.unused);
    }

    /// There are no more rows about this device. `leaves`: the hash of its `leaves.jsonl`.
    pub fn end_device(&mut self, leaves: Hash) -> Result<(), TableError> {
        self.case.end_device(leaves, &mut self.pieces.case)?;
        self.unused.end_device(&mut self.pieces.unused);
        Ok(())
    }

    /// What stands after the last row.
    pub fn end(&mut self) -> Result<(), TableError> {
        self.case.end(&mut self.pieces.case)
    }
}

#[cfg(test)]
mod tests;
