//! Table `declared_item`: the devices and accounts that a person told of.
//!
//! Promises: an item is added, and withdrawn once with a reason; it stays. What was seen on the person's
//! computers is not here; pages hold the two side by side.

use jiff::civil::Date;

use super::ids::PersonId;
use super::sql::{Read, Row, SqlError, Tx};
use super::word::words;

/// The items that the rest of a statement says, in the columns that [`item`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.person, i.kind, i.what, i.since, i.declared, i.staff, i.at, i.withdrawn, \
             i.withdrawn_by, i.withdrawn_why, COALESCE(s.name, i.staff), \
             COALESCE(w.name, i.withdrawn_by) FROM declared_item i LEFT JOIN staff s ON s.id = i.staff \
             LEFT JOIN staff w ON w.id = i.withdrawn_by ",
            $rest
        )
    };
}

/// What kind of thing was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// A computer.
    Computer,
    /// A phone or tablet.
    Phone,
    /// A drive, a card, a console, anything else.
    Other,
    /// An e-mail address.
    Email,
    /// A name used somewhere, or on a computer.
    UserName,
    /// An account at a service.
    Account,
    /// A profile of a browser.
    Profile,
    /// A bank account or a card.
    Bank,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Sorts by time.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// What kind.
    pub kind: ItemKind,
    /// What was declared: make, serial number, address, name.
    pub what: String,
    /// Since when they have it, if they said.
    pub since: Option<Date>,
    /// When they told of it.
    pub declared: Date,
    /// Who noted it, by staff id.
    pub staff: String,
    /// When it was noted, Unix milliseconds.
    pub at: i64,
    /// When and why it no longer counts.
    pub withdrawn: Option<Withdrawn>,
    /// Who noted it, by name; not written.
    pub staff_name: String,
}

/// The end of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// Unix milliseconds.
    pub at: i64,
    /// Staff id.
    pub by: String,
    /// In their words.
    pub why: String,
    /// By name; not written.
    pub by_name: String,
}

impl Withdrawn {
    /// Whether the same person withdrew it in the same words.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.by, &self.why) == (&other.by, &other.why)
    }
}

/// Adds an item.
pub fn add(tx: &Tx<'_>, item: &Item) -> Result<(), SqlError> {
    let since = item.since.map(|day| day.to_string()).unwrap_or_default();
    tx.execute(
        "INSERT INTO declared_item (id, person, kind, what, since, declared, staff, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            (&item.id).into(),
            item.person.as_str().into(),
            item.kind.as_str().into(),
            (&item.what).into(),
            (&since).into(),
            (&item.declared.to_string()).into(),
            (&item.staff).into(),
            item.at.into(),
        ],
    )?;
    Ok(())
}

/// Withdraws an item; false if it was withdrawn before.
pub fn withdraw(tx: &Tx<'_>, id: &str, withdrawn: &Withdrawn) -> Result<bool, SqlError> {
    let changed = tx.execute(
        "UPDATE declared_item SET withdrawn = $2, withdrawn_by = $3, withdrawn_why = $4 \
         WHERE id = $1 AND withdrawn IS NULL",
        &[
            id.into(),
            withdrawn.at.into(),
            (&withdrawn.by).into(),
            (&withdrawn.why).into(),
        ],
    )?;
    Ok(changed > 0)
}

/// One item.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Item>, SqlError> {
    read.first(select!("WHERE i.id = $1"), &[id.into()], item)
}

/// What a person declared, in the order in which they did.
pub fn of_person(read: &Read<'_>, person: &PersonId, limit: u64) -> Result<Vec<Item>, SqlError> {
    read.query(
        select!("WHERE i.person = $1 ORDER BY i.declared, i.id LIMIT $2"),
        &[person.as_str().into(), limit.into()],
        item,
    )
}

fn item(row: &Row<'_>) -> Result<Item, SqlError> {
    let withdrawn = match row.maybe_int(8)? {
        None => None,
        Some(at) => Some(Withdrawn {
            at,
            by: row.text(9)?,
            why: row.text(10)?,
            by_name: row.text(12)?,
        }),
    };
    Ok(Item {
        id: row.text(0)?,
        person: row.parsed(1)?,
        kind: row.parsed(2)?,
        what: row.text(3)?,
        // Empty: they did not say.
        since: row.text(4)?.parse().ok(),
        declared: row.parsed(5)?,
        staff: row.text(6)?,
        at: row.int(7)?,
        withdrawn,
        staff_name: row.text(11)?,
    })
}

words! {
    ItemKind {
        Computer = "computer",
        Phone = "phone",
        Other = "other",
        Email = "email",
        UserName = "user_name",
        Account = "account",
        Profile = "profile",
        Bank = "bank",
    }
}
