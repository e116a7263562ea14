//! What people did, sealed under a key of theirs ([`vault`](super::vault)) on its way into the store.
//!
//! Promises: the lines of records (in reports, and in those that incidents keep), what findings quote of
//! them and what the judge remembers of them go into the store sealed and come out as they were. A person
//! gets a key with the first thing that is sealed; `person.key_number` says which of them counts.
//! [`rotate`] seals everything of a person under a new key, so that the old one can be destroyed.
//!
//! Refuses: to seal what people wrote, and names in the register: those are not taken by an erasure. Files
//! that officers uploaded, and their names, are sealed and not sealed again: they go with the key.

use std::collections::BTreeSet;

use super::ids::{DeviceId, PersonId};
use super::sql::{Read, Row, SqlError, Tx};
use super::vault::{Blind, VaultError};
use super::{devices, erasures, findings, incidents, reports};

/// Seals what belongs to a device's person.
pub(super) fn of_device(
    tx: &Tx<'_>,
    device: DeviceId,
    place: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, SqlError> {
    let found = tx.first(
        "SELECT p.id, p.key_number FROM device d JOIN person p ON p.id = d.person WHERE d.id = $1",
        &[(&device.to_string()).into()],
        owner,
    )?;
    let (person, number) = known(tx, found)?;
    Ok(tx.vault().seal((&person, number), place, bytes, false)?)
}

/// Seals what a finding about a person quotes; the same comes out the same.
pub(super) fn quoted(tx: &Tx<'_>, person: &PersonId, text: &str) -> Result<String, SqlError> {
    let found = tx.first(
        "SELECT id, key_number FROM person WHERE id = $1",
        &[person.as_str().into()],
        owner,
    )?;
    let (person, number) = known(tx, found)?;
    Ok(tx.vault().seal_text((&person, number), text)?)
}

/// Seals something that officers keep about a person.
pub(super) fn of_person(
    tx: &Tx<'_>,
    person: &PersonId,
    place: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, SqlError> {
    let found = tx.first(
        "SELECT id, key_number FROM person WHERE id = $1",
        &[person.as_str().into()],
        owner,
    )?;
    let (person, number) = known(tx, found)?;
    Ok(tx.vault().seal((&person, number), place, bytes, false)?)
}

/// Where the bytes of a file stand.
pub(super) fn of_document(id: &str) -> String {
    format!("document {id}")
}

/// Where the name of a file stands.
pub(super) fn name_of_document(id: &str) -> String {
    format!("document name {id}")
}

fn owner(row: &Row<'_>) -> Result<(PersonId, Option<i64>), SqlError> {
    Ok((row.parsed(0)?, row.maybe_int(1)?))
}

/// The key that counts; made if there is none.
fn known(tx: &Tx<'_>, found: Option<(PersonId, Option<i64>)>) -> Result<(PersonId, u32), SqlError> {
    let (person, number) = found.ok_or(VaultError::Nobody)?;
    let number = match number {
        Some(number) => u32::try_from(number).map_err(|_| VaultError::Form)?,
        None => begin(tx, &person, 1)?,
    };
    Ok((person, number))
}

fn begin(tx: &Tx<'_>, person: &PersonId, number: u32) -> Result<u32, SqlError> {
    tx.vault().make(person, number)?;
    tx.execute(
        "UPDATE person SET key_number = $2 WHERE id = $1",
        &[person.as_str().into(), u64::from(number).into()],
    )?;
    Ok(number)
}

/// The people whose key is missing that counts now: nothing that they did can be read, and nothing new taken.
pub fn unreadable(read: &Read<'_>) -> Result<BTreeSet<PersonId>, SqlError> {
    let all = read.query(
        "SELECT id, key_number FROM person WHERE key_number IS NOT NULL",
        &[],
        |row| {
            let (person, number) = owner(row)?;
            let number = number.and_then(|number| u32::try_from(number).ok());
            Ok((person, number.ok_or(VaultError::Form)?))
        },
    )?;
    Ok(read.vault().missing(all)?)
}

/// Whether this person is one of those.
pub fn is_unreadable(read: &Read<'_>, person: &PersonId) -> Result<bool, SqlError> {
    let key = counts(read, person)?;
    Ok(key.is_some_and(|number| !read.vault().has(person, number)))
}

/// Fails where this person is one of those: nothing is decided about what nobody can read.
pub fn must_be_readable(read: &Read<'_>, person: &PersonId) -> Result<(), SqlError> {
    match is_unreadable(read, person)? {
        true => Err(read.vault().lacks().into()),
        false => Ok(()),
    }
}

/// Which key of a person counts now; none while nothing of them is sealed.
fn counts(read: &Read<'_>, person: &PersonId) -> Result<Option<u32>, SqlError> {
    let found = read.first(
        "SELECT key_number FROM person WHERE id = $1",
        &[person.as_str().into()],
        |row| row.maybe_int(0),
    )?;
    let number = found.flatten().map(u32::try_from).transpose();
    Ok(number.map_err(|_| VaultError::Form)?)
}

/// Seals everything of a person under a new key. What the judge remembers is forgotten.
pub fn rotate(tx: &Tx<'_>, person: &PersonId) -> Result<(), SqlError> {
    let before = tx.first(
        "SELECT id, key_number FROM person WHERE id = $1",
        &[person.as_str().into()],
        owner,
    )?;
    let before = before.and_then(|(_, number)| u32::try_from(number?).ok());
    begin(tx, person, before.unwrap_or(0).saturating_add(1))?;
    for device in devices::of_person(tx, person)? {
        for first in reports::firsts(tx, device.id)? {
            if let Some(stored) = reports::get(tx, device.id, first)? {
                erasures::replace(tx, device.id, first, &stored.bytes)?;
            }
        }
        erasures::forget_state(tx, device.id)?;
    }
    for finding in findings::of_person(tx, person, i64::MIN, i64::MAX)? {
        tx.execute(
            "UPDATE finding SET matched = $2 WHERE id = $1",
            &[
                (&finding.id.to_string()).into(),
                (&quoted(tx, person, &finding.matched)?).into(),
            ],
        )?;
    }
    incidents::seal_again(tx, person)
}

/// Destroys the keys that no longer count of those people of whom something was erased.
pub(super) fn forget(tx: &Tx<'_>) -> Result<(), SqlError> {
    let people = tx.query(
        "SELECT DISTINCT p.id, p.key_number FROM person p JOIN erasure e ON e.person = p.id \
         WHERE e.cleaned IS NULL",
        &[],
        owner,
    )?;
    for (person, number) in people {
        if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
            tx.vault().destroy_others(&person, number)?;
        }
    }
    Ok(())
}

/// What stands for words in the index of a person; none while nothing of them is sealed.
pub fn index(read: &Read<'_>, person: &PersonId) -> Result<Option<Blind>, SqlError> {
    match counts(read, person)? {
        None => Ok(None),
        Some(number) => Ok(Some(read.vault().blind(person, number)?)),
    }
}

/// Makes a person's key if there is none.
pub fn begin_index(tx: &Tx<'_>, person: &PersonId) -> Result<(), SqlError> {
    let found = tx.first(
        "SELECT id, key_number FROM person WHERE id = $1",
        &[person.as_str().into()],
        owner,
    )?;
    known(tx, found).map(drop)
}

/// Where the digest of a day stands.
pub(super) fn day(device: DeviceId, day: i64) -> String {
    format!("day {device} {day}")
}

/// Where a report stands.
#[must_use]
pub fn report(device: DeviceId, first: u64) -> String {
    format!("report {device} {first}")
}
