//! What the judge remembers of this device's log.
//!
//! Promises: every record is followed in its place, signs of life among them, and what is remembered
//! after it is stored in the transaction that stores the record. What was remembered by another
//! engine, or up to another place in the log, is not used.
//!
//! The findings here are provisional: the collector follows the same records and has the last word.
//! So a memory that is lost costs a warning on this computer and no finding.

use std::sync::Arc;

use proviso_report::fact::{ListInForce, OrderInForce};
use proviso_report::{Fact, Record};
use proviso_rules::{Basis, ENGINE, Followed, HeldLists, Judge, Severity, State, Step};
use rusqlite::Connection;

use super::{WriteError, Writer, meta};
use crate::platform::clock::Moment;

/// Finds the judge of an order with the lists that count.
pub trait Judges: std::fmt::Debug {
    /// `None`: it is not held here.
    fn of(&self, basis: &Basis) -> Option<&Judge>;
}

/// Who judges nothing: for what appends no record.
#[derive(Debug)]
pub(super) struct Nobody;

/// What is remembered, up to the next record.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    state: Arc<State>,
    /// It was made anew, since what was stored could not be used.
    pub(super) is_new: bool,
}

/// What the judge says of a record in its place.
pub(super) struct Said {
    /// The rules that matched.
    pub(super) rules: Vec<String>,
    /// Must it go out at once?
    pub(super) is_pressing: bool,
}

impl Judges for Nobody {
    fn of(&self, _basis: &Basis) -> Option<&Judge> {
        None
    }
}

impl Memory {
    /// What is stored, if it is of a log whose next record is this one.
    pub(super) fn read(db: &Connection, next: u64) -> Result<Self, WriteError> {
        let place = meta::get(db, meta::FOLLOWED)?;
        if place.as_deref() == Some(&next.to_be_bytes())
            && let Some(stored) = meta::get(db, meta::JUDGE)?
            && let Some(state) = stored.strip_prefix(head().as_bytes())
        {
            match State::from_bytes(state) {
                Ok(state) => {
                    return Ok(Self {
                        state: Arc::new(state),
                        is_new: false,
                    });
                }
                Err(error) => tracing::warn!(%error, "what the judge remembered is not used"),
            }
        }
        Ok(Self::fresh())
    }

    /// Of a log that begins.
    pub(super) fn fresh() -> Self {
        Self {
            state: Arc::default(),
            is_new: true,
        }
    }

    /// Stores it if it is not what `before` was.
    pub(super) fn write(
        &self,
        before: &Self,
        db: &Connection,
        next: u64,
    ) -> Result<(), WriteError> {
        if before.is_new || (!Arc::ptr_eq(&self.state, &before.state) && self.state != before.state)
        {
            let state = self.state.to_bytes();
            let state = state.map_err(|error| WriteError::Damaged(error.to_string()))?;
            meta::put(db, meta::JUDGE, &[head().as_bytes(), &state].concat())?;
        }
        Ok(meta::put(db, meta::FOLLOWED, &next.to_be_bytes())?)
    }

    /// A memory that begins now in the middle of a log, before the record `next`, under an order that
    /// is in force with these updates of its lists.
    pub(super) fn begin(
        &mut self,
        order: OrderInForce,
        lists: Vec<ListInForce>,
        next: u64,
        now: &Moment,
    ) {
        let state = Arc::make_mut(&mut self.state);
        let lists = lists.into_iter().map(Fact::ListInForce);
        for fact in [Fact::OrderInForce(order)].into_iter().chain(lists) {
            state.pass(&Step {
                seq: next.saturating_sub(1),
                at: now.at,
                noted: now.at,
                mono: now.mono,
                boot: now.boot,
                account: None,
                fact: &fact,
            });
        }
    }
}

impl Writer<'_> {
    /// Follows a record that stands in its place. `None`: no order judges it, or not one that is here.
    pub(super) fn judge(&mut self, record: &Record) -> Option<Said> {
        let judges = self.judges;
        let state = Arc::make_mut(&mut self.tip.memory.state);
        match state.follow(record, &HeldLists::default(), |basis| judges.of(basis)) {
            Followed::Judged { verdict, .. } => {
                let severity = verdict.hits.iter().map(|hit| hit.severity).max();
                Some(Said {
                    is_pressing: severity >= Some(Severity::Breach),
                    rules: verdict.hits.into_iter().map(|hit| hit.rule).collect(),
                })
            }
            Followed::NoOrder | Followed::NotHeld(_) | Followed::Outside { .. } => None,
        }
    }
}

/// What stands before the stored state.
fn head() -> String {
    format!("{ENGINE}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_used_only_in_its_place_and_by_its_engine() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
            .unwrap();
        let is_new = |next| Memory::read(&db, next).unwrap().is_new;
        assert!(is_new(0));
        let memory = Memory::read(&db, 0).unwrap();
        memory.write(&memory, &db, 3).unwrap();
        assert!(!is_new(3));
        // A program that follows nothing wrote a record.
        assert!(is_new(4));
        let stored = meta::get(&db, meta::JUDGE).unwrap().unwrap();
        assert!(stored.starts_with(format!("{ENGINE}\n{{").as_bytes()));
        for other in [
            &b"proviso-engine/0\n{}"[..],
            format!("{ENGINE}\n").as_bytes(),
        ] {
            meta::put(&db, meta::JUDGE, other).unwrap();
            assert!(is_new(3));
        }
    }
}
