//! The order in force on this computer: taken from the collector, kept, checked, ended.
//!
//! Read [`Book`]. What it decides is a [`Change`]: facts to record and the state to store with
//! them in one transaction; only [`Book::apply`], after the commit, lets it count.
//!
//! Promises: an order counts only if two people of different roles signed it, it is not older than
//! one that was taken before, and it passes its own tests; from its first day to its last, by the
//! clock. It is checked again at each start. An update of one of its lists counts from the record on
//! that says so, if the order lets whoever signed it do that (`updates`). Outside its term nothing is wanted of any source. What
//! happened before an order took over is for the one of before ([`Book::at`]), which is held until
//! the next change.
//!
//! Refuses: everything else, with a sentence that is also a record. A refused order leaves the one
//! in force as it is. And to ask for a list that the order keeps at the collector: its bytes never
//! come here.

mod assigned;
mod store;
mod updates;

pub use store::StoreError;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use proviso_report::fact::{Fact, OrderEnded, OrderInForce, OrderRefused};
use proviso_report::frame::OrderPackage;
use proviso_report::{Hash, UnixMs};
use proviso_rules::order::{ListVersion, Updates, Where};
use proviso_rules::{Basis, Judge, ListBytes, Order, Side, Signers, Term};

use crate::journal::Judges as JudgesOfLog;
use crate::platform::mapped::Mapped;
use crate::source::Wanted;
use crate::source::files::asked::Asked;
use crate::uplink::Offered;
use assigned::{Assigned, Entry, Place};
use store::Store;
use updates::UpdateOffer;

/// Refusals that are remembered, so that each is recorded once in a run.
const MAX_REFUSED: usize = 64;

/// The orders that this computer holds.
#[derive(Debug)]
pub struct Book {
    store: Store,
    signers: Signers,
    assigned: Assigned,
    judges: Judges,
    waiting: Option<Waiting>,
    refused: BTreeSet<Refusal>,
}

/// A refused order, and why: without digits, for sentences that differ in a time are one refusal.
type Refusal = (Hash, String);

/// Something that must be recorded before it counts.
#[derive(Debug)]
pub struct Change {
    /// To be recorded, in this order.
    pub facts: Vec<Fact>,
    assigned: Assigned,
    judges: Judges,
    refusal: Option<Refusal>,
}

/// What becomes of an offer, and what to record before saying so.
#[derive(Debug)]
pub struct Answer {
    /// For the uplink.
    pub offered: Offered,
    /// For the journal.
    pub change: Option<Change>,
}

/// What waits for lists.
#[derive(Debug)]
struct Waiting {
    /// The order whose lists they are.
    digest: Hash,
    missing: BTreeSet<Hash>,
    offer: Offer,
}

/// What was offered, and may be taken when its lists are here.
#[derive(Debug)]
enum Offer {
    Order(Box<Order>),
    Updates(Box<UpdateOffer>),
}

/// An order bound at that moment, and the judge of it is not held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

/// Orders, compiled.
#[derive(Clone, Debug, Default)]
struct Judges {
    current: Option<Compiled>,
    /// Of the order that bound before.
    previous: Option<Compiled>,
}

#[derive(Clone)]
struct Compiled {
    judge: Arc<Judge>,
    /// The order, and the updates of its lists that count.
    basis: Basis,
    /// Those that were taken.
    updates: Arc<Updates>,
}

impl Book {
    /// Opens the book over the folder `dir`; `stored` is what the journal has of it.
    ///
    /// A stored order that does not hold any more is left out; the first [`Self::turn`] says so.
    pub fn open(dir: PathBuf, signers: Signers, stored: Option<&[u8]>) -> Result<Self, StoreError> {
        let assigned = stored.map_or_else(|| Ok(Assigned::default()), Assigned::parse)?;
        let mut book = Self {
            store: Store::new(dir),
            signers,
            assigned,
            judges: Judges::default(),
            waiting: None,
            refused: BTreeSet::new(),
        };
        let load = |entry: &Entry| {
            book.load(entry)
                .inspect_err(|reason| {
                    tracing::error!(order = %entry.digest, %reason, "a stored order does not hold");
                })
                .ok()
        };
        let previous = book.assigned.earlier.first();
        book.judges = Judges {
            current: book.assigned.current.as_ref().and_then(load),
            previous: previous.and_then(|earlier| load(&earlier.entry)),
        };
        Ok(book)
    }

    /// The order in force, compiled.
    #[must_use]
    pub fn in_force(&self) -> Option<&Arc<Judge>> {
        self.current().filter(|_| self.assigned.in_force)
    }

    /// The order in force, or the last that was, or the first that will be.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<Judge>> {
        self.judges.current.as_ref().map(|current| &current.judge)
    }

    /// The order that bound at this moment; `None`: there was none, or it is not known of.
    pub fn at(&self, at: UnixMs) -> Result<Option<&Judge>, NotHeld> {
        let judge = match self.assigned.at(at) {
            None => return Ok(None),
            Some(Place::Current) => &self.judges.current,
            Some(Place::Previous) => &self.judges.previous,
            Some(Place::LetGo) => &None,
        };
        match judge {
            Some(compiled) => Ok(Some(&*compiled.judge)),
            None => Err(NotHeld),
        }
    }

    /// Its hash.
    #[must_use]
    pub fn digest(&self) -> Option<Hash> {
        self.current().map(|judge| judge.order().digest())
    }

    /// How many updates of its lists were taken.
    #[must_use]
    pub fn updates(&self) -> u64 {
        let current = self.assigned.current.as_ref();
        updates::count(current.map_or(0, |entry| entry.updates.len()))
    }

    /// The updates of its lists that count.
    #[must_use]
    pub fn lists(&self) -> BTreeMap<String, ListVersion> {
        let current = self.assigned.current.as_ref();
        current.map_or_else(BTreeMap::new, |entry| entry.lists.clone())
    }

    /// What sources may look at.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.in_force().map_or_else(Wanted::default, |judge| {
            let order = judge.order();
            Wanted::new(order.kinds()).with_files(Asked::of(order))
        })
    }

    /// The collector assigns an order.
    pub fn offer(&mut self, package: OrderPackage, now: UnixMs) -> Result<Answer, StoreError> {
        let digest = Hash::of(&package.order);
        self.waiting = None;
        if self.holds(digest) {
            return self.offer_updates(digest, package.updates, now);
        }
        let checked = self
            .signers
            .verify(&package.order, &package.signatures, now)
            .map_err(|error| error.to_string())
            .and_then(|_| Order::parse(&package.order).map_err(|faults| faults.to_string()))
            .and_then(|order| self.assigned.may_take(&order).map(|()| order))
            .and_then(|order| match order.term(now) {
                Term::Ended(at) => Err(format!("the order ended at {at}: a new one is needed")),
                _ => Ok(order),
            });
        let order = match checked {
            Ok(order) => order,
            Err(reason) => return Ok(self.refuse(digest, reason)),
        };
        self.store.put(digest, &package)?;
        let ours = order.lists().iter().filter(|pin| pin.held == Where::Device);
        let lists = ours.map(|pin| pin.sha256).collect();
        self.with_lists(digest, lists, Offer::Order(Box::new(order)), now)
    }

    /// A list that what was offered needs.
    pub fn list(&mut self, sha256: Hash, bytes: &[u8], now: UnixMs) -> Result<Answer, StoreError> {
        let Some(mut waiting) = self.waiting.take() else {
            return Ok(Answer::no("no order waits for this list"));
        };
        if Hash::of(bytes) != sha256 || !waiting.missing.remove(&sha256) {
            self.waiting = Some(waiting);
            return Ok(Answer::no("this is not a list that was asked for"));
        }
        self.store.put_list(waiting.digest, &sha256, bytes)?;
        self.go_on(waiting, now)
    }

    /// Does an order begin or end now?
    pub fn turn(&self, now: UnixMs) -> Option<Change> {
        if let Some(entry) = &self.assigned.next
            && now >= entry.starts
        {
            return Some(match self.load(entry) {
                Ok(judge) => self.assign(entry.clone(), judge, now),
                Err(reason) => Change {
                    facts: vec![refused(entry.digest, reason)],
                    assigned: Assigned {
                        next: None,
                        ..self.assigned.clone()
                    },
                    ..self.unchanged()
                },
            });
        }
        let entry = self.assigned.current.as_ref()?;
        let (in_force, reason) = match self.current().map(|judge| judge.order().term(now)) {
            Some(Term::InForce(_)) => (true, String::new()),
            Some(Term::Ended(at)) => (false, format!("it ended at {at}")),
            Some(Term::NotYet(at)) => (false, format!("by the clock it begins at {at}")),
            Some(Term::Suspended(Some(at))) => (false, format!("it is suspended until {at}")),
            Some(Term::Suspended(None)) => (false, "it is suspended".to_owned()),
            None => (false, "its stored file does not hold any more".to_owned()),
        };
        if in_force == self.assigned.in_force {
            if in_force && now < entry.starts {
                return Some(Change {
                    assigned: self.assigned.with_clock_set_back(now),
                    ..self.unchanged()
                });
            }
            return self.update_due(now);
        }
        Some(Change {
            facts: vec![if in_force {
                in_force_fact(entry)
            } else {
                ended(entry, reason)
            }],
            assigned: Assigned {
                in_force,
                ..self.assigned.clone()
            },
            ..self.unchanged()
        })
    }

    /// When the next [`Self::turn`] is due, if the clock is not set.
    #[must_use]
    pub fn next_turn(&self, now: UnixMs) -> Option<UnixMs> {
        let own = self
            .current()
            .and_then(|judge| match judge.order().term(now) {
                Term::NotYet(at) => Some(at),
                Term::InForce(end) | Term::Suspended(end) => end,
                Term::Ended(_) => None,
            });
        let next = self.assigned.next.as_ref().map(|entry| entry.starts);
        let update = self.next_update();
        own.into_iter().chain(next).chain(update).min()
    }

    /// Lets a change count that is recorded now.
    pub fn apply(&mut self, change: Change) {
        self.assigned = change.assigned;
        self.judges = change.judges;
        self.refused.extend(change.refusal);
        let held = [&self.assigned.current, &self.assigned.next];
        let previous = self.assigned.earlier.first().map(|earlier| &earlier.entry);
        let held = held.into_iter().flatten().chain(previous);
        let held = held.map(|entry| entry.digest);
        let offered = self.waiting.iter().map(|waiting| waiting.digest);
        let keep: Vec<Hash> = held.chain(offered).collect();
        if let Err(error) = self.store.keep_only(&keep) {
            tracing::warn!(%error, "orders of earlier could not be removed");
        }
    }

    fn holds(&self, digest: Hash) -> bool {
        let is = |entry: &Option<Entry>| entry.as_ref().is_some_and(|e| e.digest == digest);
        (is(&self.assigned.current) && self.judges.current.is_some()) || is(&self.assigned.next)
    }

    /// Goes on with an offer as soon as these lists of the order are here.
    fn with_lists(
        &mut self,
        digest: Hash,
        lists: Vec<Hash>,
        offer: Offer,
        now: UnixMs,
    ) -> Result<Answer, StoreError> {
        let mut missing = BTreeSet::new();
        for sha256 in lists {
            if !self.store.has_list(digest, &sha256)? {
                missing.insert(sha256);
            }
        }
        let waiting = Waiting {
            digest,
            missing,
            offer,
        };
        self.go_on(waiting, now)
    }

    fn go_on(&mut self, waiting: Waiting, now: UnixMs) -> Result<Answer, StoreError> {
        if !waiting.missing.is_empty() {
            let missing = waiting.missing.iter().copied().collect();
            self.waiting = Some(waiting);
            return Ok(Answer {
                offered: Offered::Needs(missing),
                change: None,
            });
        }
        match waiting.offer {
            Offer::Order(order) => Ok(self.take_order(*order, now)),
            Offer::Updates(offer) => self.take_updates(*offer),
        }
    }

    fn take_order(&mut self, order: Order, now: UnixMs) -> Answer {
        let digest = order.digest();
        let (term, id, version) = (order.term(now), order.id().to_owned(), order.version());
        let starts = match term {
            Term::NotYet(at) => at,
            _ => now,
        };
        let ends = end_of(&order, starts);
        let judge = match self.compile(order, BTreeMap::new(), None) {
            Ok(judge) => judge,
            Err(reason) => return self.refuse(digest, reason),
        };
        let entry = Entry {
            digest,
            id,
            version,
            taken: now,
            starts,
            ends,
            updates: Vec::new(),
            lists: BTreeMap::new(),
        };
        let change = match term {
            Term::NotYet(_) if self.is_current(now) => Change {
                assigned: self.assigned.with_next(entry),
                ..self.unchanged()
            },
            _ => self.assign(entry, judge, now),
        };
        Answer::taken(Some(change), 0)
    }

    /// Is there an order that binds now, or will again when its suspension is over?
    fn is_current(&self, now: UnixMs) -> bool {
        self.assigned.in_force
            || self
                .current()
                .is_some_and(|judge| matches!(judge.order().term(now), Term::Suspended(_)))
    }

    /// Makes an order the current one.
    fn assign(&self, entry: Entry, judge: Compiled, now: UnixMs) -> Change {
        let mut facts = Vec::new();
        if let Some(old) = self
            .assigned
            .current
            .as_ref()
            .filter(|_| self.assigned.in_force)
        {
            let by = format!("version {} of {} took its place", entry.version, entry.id);
            facts.push(ended(old, by));
        }
        let in_force = matches!(judge.judge.order().term(now), Term::InForce(_));
        if in_force {
            facts.push(in_force_fact(&entry));
        }
        let assigned = self.assigned.with_current(entry, in_force, now);
        let previous = if assigned.earlier.first() == self.assigned.earlier.first() {
            self.judges.previous.clone()
        } else {
            self.judges.current.clone()
        };
        Change {
            facts,
            assigned,
            judges: Judges {
                current: Some(judge),
                previous,
            },
            refusal: None,
        }
    }

    fn unchanged(&self) -> Change {
        Change {
            facts: Vec::new(),
            assigned: self.assigned.clone(),
            judges: self.judges.clone(),
            refusal: None,
        }
    }

    /// Reads and checks a stored order as it was checked when it was taken.
    fn load(&self, entry: &Entry) -> Result<Compiled, String> {
        let package = self.store.get(entry.digest).map_err(|e| e.to_string())?;
        if Hash::of(&package.order) != entry.digest {
            return Err("its file was changed".into());
        }
        self.signers
            .verify(&package.order, &package.signatures, entry.taken)
            .map_err(|error| error.to_string())?;
        let order = Order::parse(&package.order).map_err(|faults| faults.to_string())?;
        let updates = self.taken_updates(entry, &order)?;
        self.compile(order, entry.lists.clone(), Some(Arc::new(updates)))
    }

    /// With these updates of its lists.
    fn compile(
        &self,
        order: Order,
        lists: BTreeMap<String, ListVersion>,
        updates: Option<Arc<Updates>>,
    ) -> Result<Compiled, String> {
        let digest = order.digest();
        let updates = updates.unwrap_or_else(|| Arc::new(Updates::new(&order)));
        let order = order
            .with_updates(&updates, &lists)
            .map_err(|missing| missing.to_string())?;
        let mut mapped: Vec<Arc<Mapped>> = Vec::new();
        let mut list = |sha256: &Hash| -> Option<ListBytes> {
            let list = self
                .store
                .list(digest, sha256)
                .inspect_err(|error| tracing::error!(%error, "a list of the order cannot be read"))
                .ok()?;
            let list = Arc::new(list);
            mapped.push(Arc::clone(&list));
            Some(list)
        };
        let judge =
            Judge::compile(order, Side::Device, &mut list).map_err(|faults| faults.to_string())?;
        // Every byte was looked at, and from now on hardly any is.
        mapped.iter().for_each(|list| list.let_go());
        Ok(Compiled {
            judge: Arc::new(judge),
            basis: Basis {
                order: digest,
                lists,
            },
            updates,
        })
    }

    fn refuse(&self, digest: Hash, reason: String) -> Answer {
        tracing::warn!(order = %digest, %reason, "an order was refused");
        let words = reason.chars().filter(|c| !c.is_ascii_digit()).collect();
        let refusal = (digest, words);
        let new = self.refused.len() < MAX_REFUSED && !self.refused.contains(&refusal);
        let change = new.then(|| Change {
            facts: vec![refused(digest, reason.clone())],
            refusal: Some(refusal),
            ..self.unchanged()
        });
        Answer {
            offered: Offered::Refused(reason),
            change,
        }
    }
}

/// By these orders records are judged in their place in the log: those that bind or bound last.
impl JudgesOfLog for Book {
    fn of(&self, basis: &Basis) -> Option<&Judge> {
        let held = [&self.judges.current, &self.judges.previous];
        let mut held = held.into_iter().flatten();
        let found = held.find(|one| one.basis == *basis)?;
        Some(&found.judge)
    }
}

impl Change {
    /// The state to store with the facts.
    #[must_use]
    pub fn stored(&self) -> Vec<u8> {
        self.assigned.to_bytes()
    }
}

impl Answer {
    fn taken(change: Option<Change>, updates: u64) -> Self {
        Self {
            offered: Offered::Taken { updates },
            change,
        }
    }

    fn no(sentence: &str) -> Self {
        Self {
            offered: Offered::Refused(sentence.to_owned()),
            change: None,
        }
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compiled({})", self.judge.basis())
    }
}

/// The first moment after its last day, suspended or not; `None`: it has none.
fn end_of(order: &Order, mut at: UnixMs) -> Option<UnixMs> {
    loop {
        at = match order.term(at) {
            Term::Ended(end) => return Some(end),
            // Each is later than the one before.
            Term::NotYet(next) | Term::InForce(Some(next)) | Term::Suspended(Some(next)) => next,
            Term::InForce(None) | Term::Suspended(None) => return None,
        };
    }
}

fn in_force_fact(entry: &Entry) -> Fact {
    OrderInForce {
        id: entry.id.clone(),
        version: entry.version,
        digest: entry.digest,
    }
    .into()
}

fn ended(entry: &Entry, reason: String) -> Fact {
    OrderEnded {
        id: entry.id.clone(),
        version: entry.version,
        reason,
    }
    .into()
}

fn refused(digest: Hash, reason: String) -> Fact {
    OrderRefused {
        digest: Some(digest),
        reason: reason.chars().take(MAX_REASON).collect(),
    }
    .into()
}

/// An order can have many faults; the record shows the first.
const MAX_REASON: usize = 2_000;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
