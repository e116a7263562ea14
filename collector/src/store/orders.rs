//! Tables `orders`, `list` and the counter that tells a running server of a new order.
//!
//! Promises: order files, signatures and lists are kept byte for byte under their SHA-256 and
//! never changed or removed: a finding must be checkable for as long as it is kept.

use data_encoding::BASE64;
use proviso_report::ledger::{OrderPut, OrderWhat};

use super::ids::Hash;
use super::ledger;

use super::ids::PersonId;
use super::people::{self, Person};
use super::sql::{Read, Row, SqlError, Tx};
use super::{devices, updates};

/// One order as it was put.
#[derive(Debug, Clone)]
pub struct StoredOrder {
    /// SHA-256 of the file.
    pub digest: Hash,
    /// Whom it binds.
    pub person: PersonId,
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// `order.toml`, byte for byte.
    pub bytes: Vec<u8>,
    /// Armoured signatures, byte for byte.
    pub signatures: Vec<Vec<u8>>,
    /// Unix milliseconds when it was put; its signatures were checked for this moment.
    pub put: i64,
    /// True for the one assigned to the person's devices.
    pub current: bool,
}

/// Stores an order, makes it the person's current one and assigns it to all their devices.
/// Putting the same order again changes nothing but makes it current.
pub fn put(tx: &Tx<'_>, order: &StoredOrder) -> Result<(), SqlError> {
    let person = order.person.as_str();
    let signatures: Vec<_> = order
        .signatures
        .iter()
        .map(|one| BASE64.encode(one))
        .collect();
    tx.execute(
        "UPDATE orders SET state = 'past' WHERE person = $1",
        &[person.into()],
    )?;
    let stated = OrderPut {
        digest: order.digest,
        id: order.id.clone(),
        version: order.version,
        person: order.person.to_string(),
        what: OrderWhat::Put,
    };
    let seq = ledger::enter(tx, order.put, stated)?;
    tx.execute(
        "INSERT INTO orders (digest, person, id, version, bytes, sigs, put, state, entry) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'current', $8) \
         ON CONFLICT (digest, person) DO UPDATE SET state = 'current'",
        &[
            (&order.digest.to_string()).into(),
            person.into(),
            (&order.id).into(),
            order.version.into(),
            (&order.bytes).into(),
            (&signatures.join("\n")).into(),
            order.put.into(),
            seq.into(),
        ],
    )?;
    devices::assign(tx, &order.person, &order.digest)?;
    updates::begin(tx, &order.digest)?;
    announce(tx)
}

/// Lets running servers know that an order is new, or an update of its lists.
pub(super) fn announce(tx: &Tx<'_>) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'orders'",
        &[],
    )?;
    Ok(())
}

/// Stores a list under its hash.
pub fn put_list(tx: &Tx<'_>, sha256: &Hash, bytes: &[u8]) -> Result<(), SqlError> {
    tx.execute(
        "INSERT INTO list (sha256, bytes) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING",
        &[(&sha256.to_string()).into(), bytes.into()],
    )?;
    Ok(())
}

/// A list by its hash.
pub fn list(read: &Read<'_>, sha256: &Hash) -> Result<Option<Vec<u8>>, SqlError> {
    read.first(
        "SELECT bytes FROM list WHERE sha256 = $1",
        &[(&sha256.to_string()).into()],
        |row| row.bytes(0),
    )
}

/// The pseudonyms of others who were put under an order of this id.
pub fn others(read: &Read<'_>, id: &str, person: &PersonId) -> Result<Vec<String>, SqlError> {
    read.query(
        "SELECT DISTINCT p.pseudonym FROM orders o JOIN person p ON p.id = o.person \
         WHERE o.id = $1 AND o.person <> $2 ORDER BY p.pseudonym",
        &[id.into(), person.as_str().into()],
        |row| row.text(0),
    )
}

/// Whom somebody sees now, by pseudonym.
pub fn people_of(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    limit: u64,
    skip: u64,
) -> Result<Vec<Person>, SqlError> {
    read.query(
        "SELECT p.id, p.pseudonym, p.created, r.name, r.note \
         FROM person p JOIN register r ON r.person = p.id \
         WHERE p.id IN (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY length(p.pseudonym), p.pseudonym LIMIT $3 OFFSET $4",
        &[staff.into(), now.into(), limit.into(), skip.into()],
        people::person,
    )
}

/// An order by its digest, whoever it binds.
pub fn by_digest(read: &Read<'_>, digest: &Hash) -> Result<Option<StoredOrder>, SqlError> {
    read.first(
        "SELECT digest, person, id, version, bytes, sigs, put, state FROM orders \
         WHERE digest = $1 ORDER BY put",
        &[(&digest.to_string()).into()],
        order,
    )
}

/// The order assigned to a person.
pub fn current(read: &Read<'_>, person: &PersonId) -> Result<Option<StoredOrder>, SqlError> {
    read.first(
        "SELECT digest, person, id, version, bytes, sigs, put, state FROM orders \
         WHERE person = $1 AND state = 'current'",
        &[person.as_str().into()],
        order,
    )
}

/// The order in force of each of those whom `staff` sees, by digest.
pub fn in_force(
    read: &Read<'_>,
    (staff, now): (&str, i64),
) -> Result<Vec<(PersonId, Hash)>, SqlError> {
    read.query(
        "SELECT person, digest FROM orders WHERE state = 'current' AND person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) ORDER BY person",
        &[staff.into(), now.into()],
        |row| Ok((row.parsed(0)?, row.parsed(1)?)),
    )
}

/// All orders of a person, oldest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<StoredOrder>, SqlError> {
    read.query(
        "SELECT digest, person, id, version, bytes, sigs, put, state FROM orders \
         WHERE person = $1 ORDER BY put, version",
        &[person.as_str().into()],
        order,
    )
}

/// The digests of all orders of a person, past ones too.
pub fn digests(read: &Read<'_>, person: &PersonId) -> Result<Vec<Hash>, SqlError> {
    read.query(
        "SELECT digest FROM orders WHERE person = $1 ORDER BY digest",
        &[person.as_str().into()],
        |row| row.parsed(0),
    )
}

/// Grows with every [`put`] and every update of a list, from whatever process.
pub fn generation(read: &Read<'_>) -> Result<u64, SqlError> {
    let value = read.first(
        "SELECT value FROM meta WHERE key = $1",
        &["orders".into()],
        |row| row.parsed(0),
    )?;
    Ok(value.unwrap_or(0))
}

fn order(row: &Row<'_>) -> Result<StoredOrder, SqlError> {
    let signatures = row.text(5)?;
    let signatures: Result<Vec<_>, _> = signatures
        .lines()
        .map(|line| BASE64.decode(line.as_bytes()))
        .collect();
    Ok(StoredOrder {
        digest: row.parsed(0)?,
        person: row.parsed(1)?,
        id: row.text(2)?,
        version: row.count(3)?,
        bytes: row.bytes(4)?,
        signatures: signatures.map_err(|error| SqlError::Column {
            column: 5,
            detail: error.to_string(),
        })?,
        put: row.int(6)?,
        current: row.text(7)? == "current",
    })
}
