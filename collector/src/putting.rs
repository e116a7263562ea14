//! How a person is put under an order, by command and by page.
//!
//! Promises: form, lists, the tests in the file and two signatures of different roles are checked, in this
//! order, before anything is written; then order and lists are stored together or not at all. A version is
//! never replaced by a lower one or by another text of the same number, nor by one that says that it takes
//! the place of another text than the one that was put.
//!
//! Refuses: words of a template, and an order that is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proviso_report::UnixMs;
use proviso_rules::{
    Fault, Faults, Judge, ListBytes, Order, Side, SignatureError, SignedBy, Signers, Term,
};

use crate::store::orders::{self, StoredOrder};
use crate::store::people::Person;
use crate::store::{Hash, PersonId, Read, SqlError, StoreError, Tx, devices};

/// Lists by their hashes.
pub type Lists = Vec<(Hash, ListBytes)>;

/// An order that may be put: only [`prove`] makes it.
#[derive(Debug)]
pub struct Proven {
    order: Order,
    stored: StoredOrder,
    lists: ListsOf,
    /// What is not wrong and should be looked at.
    pub warnings: Vec<Fault>,
    /// Who signed.
    pub signed: SignedBy,
    /// From when to when, in words.
    pub term: String,
}

struct ListsOf(Lists);

/// Why an order is not put.
#[derive(Debug, thiserror::Error)]
pub enum NotPut {
    /// It, a list or a test in it has faults.
    #[error("{0}")]
    Faults(Faults),
    /// Nobody's order.
    #[error(
        "words of a template stand in it that no court wrote; put the court's own words in their place, \
         and have the order signed again"
    )]
    Illustrative,
    /// It is not signed as it must be.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is over.
    #[error(
        "the order ended on {0}: an order that is over records nothing; put the one that is in force"
    )]
    Ended(String),
    /// It was made from another text.
    #[error(
        "the order says that it takes the place of {id} version {version} with the SHA-256 {says}, and the \
         version {version} that was put for {whose} has {put}: make the new version from the one that was \
         put, and have it signed again"
    )]
    Replaces {
        /// Its id.
        id: String,
        /// Which version.
        version: u64,
        /// What the order says.
        says: Hash,
        /// What was put.
        put: Hash,
        /// A pseudonym.
        whose: String,
    },
    /// A version is put once.
    #[error(
        "{id} version {version} was put for {whose} before: a new text needs a higher version than \
         {version}, signed anew"
    )]
    Version {
        /// Its id.
        id: String,
        /// Which version.
        version: u64,
        /// A pseudonym.
        whose: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlError> for NotPut {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// Reads an order that a court may have written.
pub fn read(bytes: &[u8]) -> Result<Order, NotPut> {
    let order = Order::parse(bytes).map_err(NotPut::Faults)?;
    if order.is_illustrative() {
        return Err(NotPut::Illustrative);
    }
    Ok(order)
}

/// Compiling checks each list against its pin and runs the tests in the file. May take long: not for async
/// code.
pub fn compile(order: Order, lists: &Lists) -> Result<Judge, Faults> {
    let lists: BTreeMap<Hash, ListBytes> = lists.iter().cloned().collect();
    Judge::compile(order, Side::Collector, &mut |hash| lists.get(hash).cloned())
}

/// What is not wrong and should be looked at before anybody signs.
#[must_use]
pub fn warnings(judge: &Judge) -> Vec<Fault> {
    let mut warnings = judge.order().warnings().to_vec();
    warnings.extend(judge.warnings());
    warnings
}

/// Checks all else that must be right before `person` is put under the order at this moment. `judge`: what
/// [`compile`] made of these bytes and lists.
pub fn prove(
    judge: &Judge,
    (bytes, lists): (Vec<u8>, Lists),
    signatures: Vec<Vec<u8>>,
    signers: &Signers,
    (person, now): (&PersonId, i64),
) -> Result<Proven, NotPut> {
    let order = judge.order().clone();
    if order.is_illustrative() {
        return Err(NotPut::Illustrative);
    }
    let signed = signers.verify(&bytes, &signatures, UnixMs(now))?;
    let term = term(&order, now)?;
    Ok(Proven {
        stored: StoredOrder {
            digest: order.digest(),
            person: person.clone(),
            id: order.id().to_owned(),
            version: order.version(),
            bytes,
            signatures,
            put: now,
            current: true,
        },
        warnings: warnings(judge),
        lists: ListsOf(lists),
        order,
        signed,
        term,
    })
}

impl Proven {
    /// The order.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Puts the person under it; how many computers get it. Who did is for the caller to enter, in the same
    /// transaction.
    pub fn put(&self, tx: &Tx<'_>, person: &Person) -> Result<usize, NotPut> {
        for past in orders::of_person(tx, &person.id)? {
            self.follows(&past, person)?;
        }
        for (hash, bytes) in &self.lists.0 {
            orders::put_list(tx, hash, (**bytes).as_ref())?;
        }
        orders::put(tx, &self.stored)?;
        Ok(devices::of_person(tx, &person.id)?.len())
    }

    fn follows(&self, past: &StoredOrder, person: &Person) -> Result<(), NotPut> {
        let whose = || person.pseudonym.clone();
        if let Some(replaces) = self.order.replaces()
            && past.id == self.stored.id
            && past.version == replaces.version
            && past.digest != replaces.sha256
        {
            return Err(NotPut::Replaces {
                id: past.id.clone(),
                version: past.version,
                says: replaces.sha256,
                put: past.digest,
                whose: whose(),
            });
        }
        if past.id == self.stored.id
            && past.digest != self.stored.digest
            && past.version >= self.stored.version
        {
            return Err(NotPut::Version {
                id: past.id.clone(),
                version: past.version,
                whose: whose(),
            });
        }
        Ok(())
    }
}

/// From when to when, in words; an order that is over binds nobody.
pub fn term(order: &Order, now: i64) -> Result<String, NotPut> {
    let words = |at: UnixMs| match Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned_datetime(order.zone().clone())
            .strftime("%-d %B %Y, %H:%M %Z")
            .to_string(),
        Err(_) => format!("{} ms after 1970", at.0),
    };
    Ok(match order.term(UnixMs(now)) {
        Term::Ended(at) => return Err(NotPut::Ended(words(at))),
        Term::NotYet(at) => format!(
            "It starts on {}; until then nothing is recorded under it.",
            words(at)
        ),
        Term::Suspended(Some(at)) => format!(
            "It is suspended until {}; until then nothing is recorded under it.",
            words(at)
        ),
        Term::Suspended(None) => {
            "It is suspended until a further version; nothing is recorded under it.".to_owned()
        }
        Term::InForce(Some(at)) => format!("It is in force until {}.", words(at)),
        Term::InForce(None) => "It is in force until a further order.".to_owned(),
    })
}

/// The lists that an order pins and that the store holds.
pub fn held_lists(read: &Read<'_>, order: &Order) -> Result<Lists, SqlError> {
    let mut lists: BTreeMap<Hash, ListBytes> = BTreeMap::new();
    for pin in order.lists() {
        if !lists.contains_key(&pin.sha256)
            && let Some(bytes) = orders::list(read, &pin.sha256)?
        {
            lists.insert(pin.sha256, Arc::new(bytes));
        }
    }
    Ok(lists.into_iter().collect())
}

impl std::fmt::Debug for ListsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lists", self.0.len())
    }
}
