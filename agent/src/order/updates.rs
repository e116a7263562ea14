//! Updates of the lists of an order that is held: taken from the collector, kept, put in force.
//!
//! Promises: an update counts only if the order lets somebody update the list, that person signed it,
//! it is the next one, the list is the one that it names, and the order passes its own tests with it;
//! from its own moment on, and from the record on that says so. It is checked again at each start.
//!
//! Refuses: everything else, with a sentence that is also a record; and updates of lists that the
//! order keeps at the collector. The order goes on by the list that it has.

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_report::fact::{Fact, ListInForce};
use proviso_report::frame::UpdatePackage;
use proviso_report::{Hash, UnixMs};
use proviso_rules::Order;
use proviso_rules::order::{AuthorisedUpdate, ListUpdate, ListVersion, Updates, Where};

use super::assigned::Entry;
use super::{Answer, Book, Change, Judges, Offer, Refusal, StoreError, refused};

/// Updates that may be taken when their lists are here.
#[derive(Debug)]
pub(super) struct UpdateOffer {
    entry: Entry,
    order: Order,
    /// Those that were taken before.
    known: Updates,
    /// In their order.
    new: Vec<(UpdatePackage, AuthorisedUpdate)>,
    /// All of these.
    whole: Updates,
    /// Why others are not taken.
    reason: Option<String>,
    now: UnixMs,
}

impl Book {
    /// The collector has these updates of the lists of an order that is held.
    pub(super) fn offer_updates(
        &mut self,
        digest: Hash,
        packages: Vec<UpdatePackage>,
        now: UnixMs,
    ) -> Result<Answer, StoreError> {
        let Some(entry) = self.assigned.entry(digest).cloned() else {
            return Ok(Answer::no("no such order is held"));
        };
        if packages.len() <= entry.updates.len() {
            return Ok(Answer::taken(None, count(entry.updates.len())));
        }
        let stored = self.store.get(digest)?;
        let known = Order::parse(&stored.order)
            .map_err(|faults| faults.to_string())
            .and_then(|order| Ok((self.taken_updates(&entry, &order)?, order)));
        let (known, order) = match known {
            Ok(known) => known,
            Err(reason) => return Ok(self.refuse(digest, reason)),
        };
        let mut whole = known.clone();
        let (mut new, mut reason) = (Vec::new(), None);
        for package in packages {
            match self.checked(&order, &mut whole, &package, now) {
                Ok(Some(update)) => new.push((package, update)),
                Ok(None) => {}
                Err(why) => {
                    reason.get_or_insert(why);
                }
            }
        }
        let needed = new.iter().map(|(_, update)| update.update());
        let needed = needed.filter(|update| is_needed(&whole, update, now));
        let lists = needed.map(|update| update.sha256).collect();
        let offer = UpdateOffer {
            entry,
            order,
            known,
            new,
            whole,
            reason,
            now,
        };
        self.with_lists(digest, lists, Offer::Updates(Box::new(offer)), now)
    }

    /// The updates of an order that were taken, checked as they were then.
    pub(super) fn taken_updates(&self, entry: &Entry, order: &Order) -> Result<Updates, String> {
        let mut updates = Updates::new(order);
        for (number, taken) in (1..).zip(&entry.updates) {
            let package = self.store.update(entry.digest, number);
            let package = package.map_err(|error| error.to_string())?;
            let update = ListUpdate::parse(&package.update)
                .map_err(|faults| faults.to_string())?
                .verify(order, &self.signers, &package.signature, *taken)
                .map_err(|error| error.to_string())?;
            updates
                .add(order, update)
                .map_err(|error| error.to_string())?;
        }
        Ok(updates)
    }

    /// Does an update begin now? One at a time, each with a record of its own.
    pub(super) fn update_due(&self, now: UnixMs) -> Option<Change> {
        let entry = self.assigned.current.as_ref()?;
        let current = self.judges.current.as_ref()?;
        let due = self.waiting().filter(|update| update.from <= now).last()?;
        let mut entry = entry.clone();
        entry.lists.insert(due.list.clone(), due.version());
        let stored = self.store.get(entry.digest).map_err(|e| e.to_string());
        let judge = stored
            .and_then(|stored| Order::parse(&stored.order).map_err(|faults| faults.to_string()))
            .and_then(|order| {
                let updates = Arc::clone(&current.updates);
                self.compile(order, entry.lists.clone(), Some(updates))
            });
        Some(match judge {
            Ok(judge) => Change {
                facts: vec![in_force(due)],
                assigned: self.assigned.with_entry(entry),
                judges: Judges {
                    current: Some(judge),
                    previous: self.judges.previous.clone(),
                },
                refusal: None,
            },
            Err(reason) => {
                tracing::error!(list = %due.list, number = due.number, %reason, "an update is left out");
                Change {
                    facts: vec![refused(entry.digest, said(due, &reason))],
                    refusal: Some(left_out(entry.digest, due)),
                    ..self.unchanged()
                }
            }
        })
    }

    /// When the next update begins.
    pub(super) fn next_update(&self) -> Option<UnixMs> {
        self.waiting().map(|update| update.from).min()
    }

    /// The updates of the order in force that were taken and do not count yet: of each list in order.
    fn waiting(&self) -> impl Iterator<Item = &ListUpdate> {
        let held = self
            .assigned
            .current
            .as_ref()
            .zip(self.judges.current.as_ref());
        let held = held.filter(|_| self.assigned.in_force);
        held.into_iter().flat_map(move |(entry, current)| {
            let counts = |list: &str| entry.lists.get(list).map_or(0, |one| one.number);
            current.updates.all().filter(move |update| {
                update.number > counts(&update.list)
                    && !self.refused.contains(&left_out(entry.digest, update))
            })
        })
    }

    /// Is it one that the order allows, and the next? `None`: it was taken before.
    fn checked(
        &self,
        order: &Order,
        chain: &mut Updates,
        package: &UpdatePackage,
        now: UnixMs,
    ) -> Result<Option<AuthorisedUpdate>, String> {
        let update = ListUpdate::parse(&package.update).map_err(|faults| faults.to_string())?;
        if chain.get(&update.list, update.version()) == Some(&update) {
            return Ok(None);
        }
        let mut pins = order.lists().iter();
        if pins.any(|pin| pin.name == update.list && pin.held == Where::Collector) {
            let why = "its list is held at the collector only";
            return Err(said(&update, why));
        }
        let authorised = update
            .clone()
            .verify(order, &self.signers, &package.signature, now)
            .and_then(|authorised| {
                chain.add(order, authorised.clone())?;
                Ok(authorised)
            });
        let authorised = authorised.map_err(|error| said(&update, &error.to_string()))?;
        Ok(Some(authorised))
    }

    /// Takes those with which the order passes its own tests.
    pub(super) fn take_updates(&mut self, offer: UpdateOffer) -> Result<Answer, StoreError> {
        let UpdateOffer {
            mut entry,
            order,
            known,
            new,
            whole,
            mut reason,
            now,
        } = offer;
        let digest = entry.digest;
        let mut chain = known;
        for (package, update) in new {
            let mut with = chain.clone();
            let needed = is_needed(&whole, update.update(), now);
            let words = update.update().clone();
            // One that was refused leaves out those that follow it.
            let tried = with
                .add(&order, update)
                .map_err(|error| error.to_string())
                .and_then(|()| match needed {
                    true => self.try_on(&order, &with),
                    false => Ok(()),
                });
            match tried {
                Ok(()) => {
                    entry.updates.push(now);
                    self.store
                        .put_update(digest, entry.updates.len(), &package)?;
                    chain = with;
                }
                Err(why) => {
                    reason.get_or_insert(said(&words, &why));
                }
            }
        }
        let updates = count(entry.updates.len());
        let mut judges = self.judges.clone();
        let current = judges.current.as_mut();
        if let Some(current) = current.filter(|current| current.basis.order == digest) {
            current.updates = Arc::new(chain);
        }
        let assigned = self.assigned.with_entry(entry);
        let Some(reason) = reason else {
            let change = Change {
                assigned,
                judges,
                ..self.unchanged()
            };
            return Ok(Answer::taken(Some(change), updates));
        };
        let mut answer = self.refuse(digest, reason);
        if assigned != self.assigned {
            let change = answer.change.unwrap_or_else(|| self.unchanged());
            answer.change = Some(Change {
                assigned,
                judges,
                ..change
            });
        }
        Ok(answer)
    }

    /// Does the order pass its own tests with the last update of each list?
    fn try_on(&self, order: &Order, chain: &Updates) -> Result<(), String> {
        let lists: BTreeMap<String, ListVersion> = order
            .lists()
            .iter()
            .filter_map(|pin| Some((pin.name.clone(), chain.last(&pin.name)?.version())))
            .collect();
        self.compile(order.clone(), lists, Some(Arc::new(chain.clone())))
            .map(|_| ())
    }
}

/// How many, as the uplink says it.
pub(super) fn count(updates: usize) -> u64 {
    u64::try_from(updates).unwrap_or(u64::MAX)
}

/// Will its list ever be asked? Not when a later one has begun.
fn is_needed(chain: &Updates, update: &ListUpdate, now: UnixMs) -> bool {
    let later = |other: &ListUpdate| {
        other.list == update.list && other.number > update.number && other.from <= now
    };
    !chain.all().any(later)
}

fn in_force(update: &ListUpdate) -> Fact {
    ListInForce {
        list: update.list.clone(),
        number: update.number,
        sha256: update.sha256,
    }
    .into()
}

fn said(update: &ListUpdate, why: &str) -> String {
    format!(
        "update {} of the list `{}` is not taken, and the order goes on by the list that it has: {why}",
        update.number, update.list
    )
}

/// It was left out in this run.
fn left_out(digest: Hash, update: &ListUpdate) -> Refusal {
    (digest, format!("{}#{}", update.list, update.number))
}
