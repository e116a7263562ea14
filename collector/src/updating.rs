//! How a list of an order that was put takes the place of another, by command and by page.
//!
//! Promises: whether the order lets anybody update the list, who signed, whether the update is the next one,
//! and the list's hash and count are checked, and the order passes its own tests with the new list, in this
//! order, before anything is written; then update and list are stored together or not at all.
//!
//! An update of a list that only the collector holds goes to no computer. It counts at once, for all records
//! that come in from then on; how many were held of each log is stored with it.
//!
//! Refuses: to let such an update count before the moment that it names, and to keep to itself what devices
//! hold already.

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_report::UnixMs;
use proviso_rules::order::{ListPin, ListUpdate, MissingUpdate, UpdateError, Updates, Where};
use proviso_rules::{Faults, Judge, ListBytes, Order, Side, Signers};

use crate::judging::{JudgingError, chain};
use crate::putting::{self, Lists};
use crate::store::orders::{self, StoredOrder};
use crate::store::updates::{self, StoredUpdate};
use crate::store::{Hash, PersonId, Read, SqlError, StoreError, Tx, devices};

/// The longest list that is taken, in bytes.
pub const LONGEST_LIST: usize = 256 << 20;

/// The longest update and the longest signature that are taken, in bytes.
pub const LONGEST: usize = 16 << 10;

/// The most bytes of all updates of an order, signatures included: with the order they must fit one
/// frame to the agent.
const MOST_BYTES: usize = 1 << 20;

/// The order that a person is under, with what was updated before.
#[derive(Debug, Clone)]
pub struct Under {
    /// The order as it was put.
    pub stored: StoredOrder,
    /// What it says.
    pub order: Order,
    updates: Vec<StoredUpdate>,
    chain: Updates,
}

/// An update that whoever may has signed, and that is the next one: only [`Under::signed`] makes it.
#[derive(Debug, Clone)]
pub struct Signed {
    under: Under,
    /// The order with all lists as they would be.
    order: Order,
    update: ListUpdate,
    signature: Vec<u8>,
    at: i64,
    held: bool,
    /// Who signed.
    pub by: String,
}

/// An update with whose list the order passes its own tests: only [`Signed::tried`] makes it.
pub struct Tried {
    signed: Signed,
    list: ListBytes,
}

/// Why an update is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotUpdated {
    /// The order that was put.
    #[error("the stored order does not pass this program's checks: {0}")]
    Order(Faults),
    /// The update itself, each fault with its line.
    #[error("{0}")]
    Update(Faults),
    /// Not this one, or not by them.
    #[error(transparent)]
    Refused(#[from] UpdateError),
    /// Another list than the one that was signed.
    #[error(
        "this is not the list of the update: it has the SHA-256 {given}, and the update names {named}; use \
         the list that was signed"
    )]
    List {
        /// What was given.
        given: Hash,
        /// What was signed.
        named: Hash,
    },
    /// It would count at once.
    #[error(
        "the update counts from {0} on, and one of a list that only the collector holds counts as soon as it \
         is taken: put it then"
    )]
    Early(UnixMs),
    /// It is no secret.
    #[error(
        "this is a list that devices hold already, and then they could get it no more: let the order hold \
         `{0}` on devices, or sign another list"
    )]
    Given(String),
    /// Too much for one frame.
    #[error(
        "the updates of this order would have {0} bytes, and {MOST_BYTES} is the most: have a new version of \
         the order signed that pins the lists of today"
    )]
    Full(usize),
    /// A test of it fails, or the list has faults.
    #[error("with the new list the order does not pass its own checks:\n{0}")]
    Tests(Faults),
    /// What was updated before cannot be put together.
    #[error(transparent)]
    Missing(#[from] MissingUpdate),
    /// What was updated before cannot be read.
    #[error(transparent)]
    Before(#[from] JudgingError),
    /// Somebody was faster.
    #[error("another update of this order was taken at the same moment: try again")]
    Overtaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlError> for NotUpdated {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

impl Under {
    /// What somebody is under now; `None`: no order.
    pub fn of(read: &Read<'_>, person: &PersonId) -> Result<Option<Self>, NotUpdated> {
        let Some(stored) = orders::current(read, person)? else {
            return Ok(None);
        };
        let order = Order::parse(&stored.bytes).map_err(NotUpdated::Order)?;
        let updates = updates::of_order(read, &stored.digest)?;
        let chain = chain(&order, &updates)?;
        Ok(Some(Self {
            stored,
            order,
            updates,
            chain,
        }))
    }

    /// The last update of a list that was taken.
    #[must_use]
    pub fn last(&self, list: &str) -> Option<&StoredUpdate> {
        self.updates.iter().rfind(|one| one.list == list)
    }

    /// Whether this very update was taken.
    #[must_use]
    pub fn has(&self, update: &[u8]) -> bool {
        self.updates.iter().any(|one| one.bytes == update)
    }

    /// How many updates of its lists were taken.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.updates.len()
    }

    /// Reads an update and its signature.
    pub fn signed(
        mut self,
        (update, signature): (&[u8], Vec<u8>),
        signers: &Signers,
        now: i64,
    ) -> Result<Signed, NotUpdated> {
        let update = ListUpdate::parse(update).map_err(NotUpdated::Update)?;
        let by = update.may_be_signed_by(&self.order)?.to_owned();
        let authorised = update
            .clone()
            .verify(&self.order, signers, &signature, UnixMs(now))?;
        self.chain.add(&self.order, authorised)?;
        let held = self.is_held_here(&update.list);
        if held {
            self.may_be_held(&update, UnixMs(now))?;
        }
        self.fits(update.bytes().len().saturating_add(signature.len()))?;
        let last = self.order.lists().iter().filter_map(|pin| {
            let update = self.chain.last(&pin.name)?;
            Some((pin.name.clone(), update.version()))
        });
        let last = last.collect();
        Ok(Signed {
            order: self.order.clone().with_updates(&self.chain, &last)?,
            under: self,
            update,
            signature,
            at: now,
            held,
            by,
        })
    }

    /// Does only the collector hold this list?
    fn is_held_here(&self, list: &str) -> bool {
        let is_it = |pin: &&ListPin| pin.name == list;
        let mut pins = self.order.lists().iter().filter(is_it);
        pins.any(|pin| pin.held == Where::Collector)
    }

    fn may_be_held(&self, update: &ListUpdate, now: UnixMs) -> Result<(), NotUpdated> {
        if now < update.from {
            return Err(NotUpdated::Early(update.from));
        }
        let mut pins = self.order.lists().iter();
        let mut updates = self.updates.iter();
        let given = pins.any(|pin| pin.held == Where::Device && pin.sha256 == update.sha256)
            || updates.any(|one| !one.held && one.sha256 == update.sha256);
        match given {
            true => Err(NotUpdated::Given(update.list.clone())),
            false => Ok(()),
        }
    }

    fn fits(&self, more: usize) -> Result<(), NotUpdated> {
        let all = self.updates.iter().fold(more, |sum, one| {
            sum.saturating_add(one.bytes.len())
                .saturating_add(one.signature.len())
        });
        match all > MOST_BYTES {
            true => Err(NotUpdated::Full(all)),
            false => Ok(()),
        }
    }
}

impl Signed {
    /// What it says.
    #[must_use]
    pub const fn update(&self) -> &ListUpdate {
        &self.update
    }

    /// The order that it is of.
    #[must_use]
    pub const fn under(&self) -> &Under {
        &self.under
    }

    /// Whether it goes to no computer.
    #[must_use]
    pub const fn held(&self) -> bool {
        self.held
    }

    /// The list must be the one that was signed.
    pub fn brings(&self, list: &[u8]) -> Result<(), NotUpdated> {
        let (given, named) = (Hash::of(list), self.update.sha256);
        match given == named {
            true => Ok(()),
            false => Err(NotUpdated::List { given, named }),
        }
    }

    /// The lists that the order would have and that are held, the new one among them if it is.
    pub fn lists(&self, read: &Read<'_>) -> Result<Lists, SqlError> {
        putting::held_lists(read, &self.order)
    }

    /// Compiling checks the list against the update and runs the tests in the order's file: with all lists as
    /// they were updated last. `lists` are those that are held. May take long: not for async code.
    pub fn tried(self, list: ListBytes, lists: Lists) -> Result<Tried, NotUpdated> {
        self.brings((*list).as_ref())?;
        let mut lists: BTreeMap<Hash, ListBytes> = lists.into_iter().collect();
        lists.insert(self.update.sha256, Arc::clone(&list));
        Judge::compile(self.order.clone(), Side::Collector, &mut |hash| {
            lists.get(hash).cloned()
        })
        .map_err(NotUpdated::Tests)?;
        Ok(Tried { signed: self, list })
    }
}

impl Tried {
    /// The update.
    #[must_use]
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// Takes it; how many computers it is for. Who did is for the caller to enter, in the same transaction.
    pub fn put(&self, tx: &Tx<'_>) -> Result<usize, NotUpdated> {
        let Signed {
            under,
            update,
            signature,
            ..
        } = &self.signed;
        let (order, person) = (&under.stored.digest, &under.stored.person);
        let current = orders::current(tx, person)?.map(|one| one.digest);
        let known = u64::try_from(under.taken()).unwrap_or(u64::MAX);
        if current != Some(*order) || updates::count(tx, order)? != known {
            return Err(NotUpdated::Overtaken);
        }
        orders::put_list(tx, &update.sha256, (*self.list).as_ref())?;
        let entry = StoredUpdate {
            order: *order,
            list: update.list.clone(),
            number: update.number,
            sha256: update.sha256,
            bytes: update.bytes().to_vec(),
            signature: signature.clone(),
            put: self.signed.at,
            held: self.signed.held,
        };
        updates::put(tx, &entry)?;
        Ok(devices::of_person(tx, person)?.len())
    }

    /// What was done, for the audit.
    #[must_use]
    pub fn what(&self) -> String {
        let Signed { under, update, .. } = &self.signed;
        format!(
            "{}: update {} of the list {}",
            under.stored.id, update.number, update.list
        )
    }

    /// From when on it counts, where, in words.
    #[must_use]
    pub fn when(&self, computers: usize) -> String {
        match self.signed.held {
            true => format!(
                "No computer gets it: it counts for all records of {computers} computers that come in \
                 from now on."
            ),
            false => format!(
                "{computers} computers get it at their next contact; each says in its log from which \
                 record on it counts."
            ),
        }
    }
}

impl std::fmt::Debug for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tried").finish_non_exhaustive()
    }
}
