//! What a record is judged by: an order, and the updates of its lists that count.
//!
//! Promises: which lists count is said by the log alone, but for lists that only the collector holds
//! ([`HeldLists`]). From the record on that says that an update
//! is in force, it counts for the order that was in force then, and for no record before; numbers
//! only rise. An order that takes over begins with the lists that it pins.
//!
//! Refuses: to say whether an update was authorised. Who finds the judge of a [`Basis`] has the
//! updates, and verified them.

use std::collections::BTreeMap;

use proviso_report::fact::{Fact, ListInForce};
use proviso_report::{Hash, Record};
use serde::{Deserialize, Serialize};

use super::HeldLists;
use crate::order::ListVersion;
use crate::order::limits::{ID_BYTES, LISTS};

/// The most orders whose updated lists are remembered.
const ORDERS: usize = 8;

/// An order, and the updates of its lists that count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis {
    /// The order's digest.
    pub order: Hash,
    /// By the list's name; those that the order pins are not named.
    pub lists: BTreeMap<String, ListVersion>,
}

/// Which order is in force and which lists count, followed through a log without judging it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    in_force: Option<InForce>,
    lists: UpdatedLists,
}

/// An order that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InForce {
    pub(super) order: Hash,
    /// The record from which on it was.
    pub(super) since: u64,
}

/// By the order's digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct UpdatedLists(BTreeMap<Hash, OfOrder>);

/// The updates of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrder {
    /// The last record that said so.
    last: u64,
    lists: BTreeMap<String, ListVersion>,
}

impl Basis {
    /// An order as its file says.
    #[must_use]
    pub const fn of(order: Hash) -> Self {
        Self {
            order,
            lists: BTreeMap::new(),
        }
    }
}

impl Binding {
    pub(super) const fn new(in_force: Option<InForce>, lists: UpdatedLists) -> Self {
        Self { in_force, lists }
    }

    /// What a record is judged by, as in [`State::basis_of`](super::State::basis_of).
    #[must_use]
    pub fn basis_of(&self, record: &Record, held: &HeldLists) -> Option<Basis> {
        self.lists.basis_of(self.in_force, record, held)
    }

    /// Takes note of the next record.
    pub fn pass(&mut self, record: &Record) {
        self.lists
            .pass(&mut self.in_force, record.seq, &record.fact);
    }

    /// The order in force.
    #[must_use]
    pub fn in_force(&self) -> Option<Hash> {
        self.in_force.map(|in_force| in_force.order)
    }
}

impl UpdatedLists {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn basis_of(
        &self,
        in_force: Option<InForce>,
        record: &Record,
        held: &HeldLists,
    ) -> Option<Basis> {
        let order = record
            .order
            .or_else(|| in_force.map(|in_force| in_force.order))?;
        let lists = self.0.get(&order);
        let said = Basis {
            order,
            lists: lists.map_or_else(BTreeMap::new, |of| of.lists.clone()),
        };
        Some(held.within(said, record.seq))
    }

    /// Takes note of what a record says of orders and lists.
    pub(super) fn pass(&mut self, in_force: &mut Option<InForce>, seq: u64, fact: &Fact) {
        match fact {
            Fact::OrderInForce(order) if in_force.is_none_or(|old| old.order != order.digest) => {
                *in_force = Some(InForce {
                    order: order.digest,
                    since: seq,
                });
            }
            Fact::OrderEnded(_) => *in_force = None,
            Fact::ListInForce(list) => {
                if let Some(in_force) = in_force {
                    self.update(in_force.order, seq, list);
                }
            }
            _ => {}
        }
    }

    fn update(&mut self, order: Hash, seq: u64, said: &ListInForce) {
        if said.list.len() > ID_BYTES {
            return;
        }
        if !self.0.contains_key(&order) && self.0.len() >= ORDERS {
            let oldest = self.0.iter().min_by_key(|(_, of)| of.last);
            if let Some(oldest) = oldest.map(|(order, _)| *order) {
                self.0.remove(&oldest);
            }
        }
        let of = self.0.entry(order).or_insert(OfOrder {
            last: seq,
            lists: BTreeMap::new(),
        });
        of.last = seq;
        let new = ListVersion {
            number: said.number,
            sha256: said.sha256,
        };
        let counts = match of.lists.get(&said.list) {
            Some(old) => old.number < new.number,
            None => of.lists.len() < LISTS,
        };
        if counts {
            of.lists.insert(said.list.clone(), new);
        }
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::fact::{OrderEnded, OrderInForce};
    use proviso_report::{BootId, Method, UnixMs};

    use super::*;
    use crate::{State, Step};

    const ORDER: Hash = Hash([1; 32]);

    fn record(seq: u64, fact: Fact, order: Option<Hash>) -> Record {
        Record {
            seq,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: seq,
            boot: BootId([0; 16]),
            account: None,
            clauses: vec![],
            methods: vec![Method::Agent],
            order,
            receipt: None,
            fact,
        }
    }

    fn begins(digest: Hash) -> Fact {
        OrderInForce {
            id: "o".into(),
            version: 1,
            digest,
        }
        .into()
    }

    fn list(name: &str, number: u64, sha256: u8) -> Fact {
        ListInForce {
            list: name.into(),
            number,
            sha256: Hash([sha256; 32]),
        }
        .into()
    }

    fn ends() -> Fact {
        OrderEnded {
            id: "o".into(),
            version: 1,
            reason: "r".into(),
        }
        .into()
    }

    /// The state after these facts, followed in both ways.
    fn after(facts: Vec<Fact>) -> State {
        let (mut state, mut binding) = (State::new(), Binding::default());
        for (seq, fact) in (0..).zip(facts) {
            let record = record(seq, fact, None);
            let none = HeldLists::default();
            assert_eq!(
                state.basis_of(&record, &none),
                binding.basis_of(&record, &none)
            );
            state.pass(&Step::from(&record));
            binding.pass(&record);
            assert_eq!(state.binding(), binding);
        }
        state
    }

    fn basis(state: &State, order: Option<Hash>) -> Option<Basis> {
        state.basis_of(&record(99, ends(), order), &HeldLists::default())
    }

    fn numbers(state: &State, order: Hash) -> Vec<(String, u64)> {
        let basis = basis(state, Some(order)).unwrap();
        assert_eq!(basis.order, order);
        let lists = basis.lists.into_iter();
        lists.map(|(name, one)| (name, one.number)).collect()
    }

    #[test]
    fn lists_count_for_the_order_in_force_and_only_go_on() {
        assert!(numbers(&after(vec![list("a", 1, 1)]), ORDER).is_empty());
        let other = Hash([2; 32]);
        let state = after(vec![
            begins(ORDER),
            list("a", 2, 1),
            list("a", 1, 9),
            list("a", 2, 9),
            list("b", 1, 3),
            list(&"x".repeat(ID_BYTES + 1), 1, 1),
            begins(other),
            list("a", 1, 4),
            ends(),
            list("b", 7, 4),
        ]);
        let of_order = [("a".to_owned(), 2), ("b".to_owned(), 1)];
        assert_eq!(numbers(&state, ORDER), of_order);
        assert_eq!(numbers(&state, other), [("a".to_owned(), 1)]);
        let of_order = basis(&state, Some(ORDER)).unwrap();
        assert_eq!(of_order.lists["a"].sha256, Hash([1; 32]));
        assert_eq!(basis(&state, None), None);
    }

    #[test]
    fn it_is_kept_beside_the_log_as_these_bytes() {
        let state = after(vec![begins(ORDER), list("a", 2, 0xab)]);
        let bytes = state.to_bytes().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let (order, hash) = ("01".repeat(32), "ab".repeat(32));
        let wanted = format!(
            r#""in_force":{{"order":"{order}","since":0}},"lists":{{"{order}":{{"last":1,"lists":{{"a":{{"number":2,"sha256":"{hash}"}}}}}}}}"#
        );
        assert!(text.contains(&wanted), "{text}");
        assert_eq!(State::from_bytes(&bytes).unwrap(), state);
        let nothing = String::from_utf8(after(vec![begins(ORDER)]).to_bytes().unwrap());
        assert!(!nothing.unwrap().contains("lists"));
    }

    #[test]
    fn what_a_device_can_make_it_remember_is_bounded() {
        let mut facts = vec![begins(ORDER)];
        facts.extend((0..100).map(|n| list(&format!("{n:03}"), 1, 1)));
        assert_eq!(numbers(&after(facts), ORDER).len(), LISTS);
        let orders = (0..20).map(|n| Hash([n; 32]));
        let facts = orders.flat_map(|order| [begins(order), list("a", 1, 1)]);
        let state = after(facts.collect());
        assert!(numbers(&state, Hash([11; 32])).is_empty());
        assert_eq!(numbers(&state, Hash([12; 32])).len(), 1);
        assert_eq!(state.binding().lists.0.len(), ORDERS);
    }
}
