//! Erasing notes: what an officer wrote goes; that they wrote something, of what kind and when, stays.
//!
//! Promises: as with records one person asks, another confirms, and nothing but what was asked for goes. An extract
//! that quotes a note loses its text. Notes are in no bundle, so no bundle tells of it; the store, the ledger, the
//! audit and the certificate of destruction do.
//!
//! Refuses: what is erased already, what waits to be, and everything while all of a person is on hold. A note that
//! corrects another is a note of its own: who wants both gone names both.

use std::collections::BTreeSet;

use proviso_report::UnixMs;
use serde::{Deserialize, Serialize};

use super::{EraseError, Why, refuse};
use crate::store::erasures::{Request, What};
use crate::store::extracts::{self, Source};
use crate::store::notes;
use crate::store::people::Person;
use crate::store::staff::Staff;
use crate::store::{Read, Tx};

/// Most notes of one request.
const MOST: usize = 100;

/// An erasure of notes, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotesErased {
    /// Which erasure.
    pub id: String,
    /// When.
    pub at: UnixMs,
    /// Who asked, by name.
    pub asked_by: String,
    /// Who confirmed, by name.
    pub confirmed_by: String,
    /// About whom, by pseudonym.
    pub person: String,
    /// Under which rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Which.
    pub notes: Vec<ErasedNote>,
}

/// What stays of a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedNote {
    /// Which.
    pub id: String,
    /// Of what kind.
    pub kind: String,
    /// Of when.
    pub happened: UnixMs,
    /// When it was written.
    pub written: UnixMs,
    /// Who wrote it, by name.
    pub by: String,
}

/// Somebody asks to erase notes about a person; one that is named twice is asked for once. Nothing is erased yet.
pub fn ask_notes(
    tx: &Tx<'_>,
    person: &Person,
    notes: Vec<String>,
    why: &Why,
    by: &Staff,
    now: UnixMs,
) -> Result<Request, EraseError> {
    if notes.is_empty() || notes.len() > MOST {
        return Err(EraseError::Notes(MOST));
    }
    refuse::held_whole(tx, person)?;
    let mut seen = BTreeSet::new();
    let notes: Vec<_> = notes
        .into_iter()
        .filter(|id| seen.insert(id.clone()))
        .collect();
    for id in &notes {
        what_stays(tx, person, id)?;
    }
    let what = What::Notes(notes);
    super::enter(tx, person, what, why, by, now)
}

/// Does what a request about notes asks for.
pub(super) fn confirm(
    tx: &Tx<'_>,
    (request, ids): (&Request, &[String]),
    person: &Person,
    (asked_by, by): (String, &Staff),
    now: UnixMs,
) -> Result<NotesErased, EraseError> {
    refuse::held_whole(tx, person)?;
    tx.overwrite()?;
    let mut stays = Vec::new();
    for id in ids {
        stays.push(what_stays(tx, person, id)?);
        if !notes::erase(tx, &person.id, id, &request.id)? {
            return Err(EraseError::Changed);
        }
    }
    let is_gone = |source: &Source| matches!(source, Source::Note(id) if ids.contains(id));
    extracts::erase(tx, &person.id, is_gone)?;
    Ok(NotesErased {
        id: request.id.clone(),
        at: now,
        asked_by,
        confirmed_by: by.name.clone(),
        person: person.pseudonym.clone(),
        rule: request.rule.clone(),
        reason: request.reason.clone(),
        notes: stays,
    })
}

fn what_stays(read: &Read<'_>, person: &Person, id: &str) -> Result<ErasedNote, EraseError> {
    let found = notes::get(read, id)?;
    let note = found.filter(|note| note.person == person.id && note.erased.is_none());
    let note = note.ok_or_else(|| EraseError::NoNote(id.to_owned()))?;
    Ok(ErasedNote {
        id: note.id,
        kind: note.kind.as_str().to_owned(),
        happened: UnixMs(note.happened),
        written: UnixMs(note.at),
        by: note.staff_name,
    })
}
