//! What a changed order would have found in records of the past, beside the one that was in force.
//!
//! Both orders judge the same records, each with a memory of its own, as if it had been in force
//! over the whole time: where the log says that an order came into force, each takes it for itself,
//! and terms and suspensions are left out of it, or a version that starts tomorrow could not be tried
//! on yesterday. In a log that begins in its middle, or whose records name an order before one says
//! that it came into force, an order is taken to be in force.
//!
//! Promises: a function of the records, in the order in which they are given, and of the two
//! orders; what is kept of the records is a few examples of each rule.
//!
//! Refuses: to speak of what is in no record. What no clause covered was never kept, so a wider
//! rule may find more than shows here; how much that can be is counted
//! ([`Comparison::uncovered`]).

mod by_hand;

use std::collections::BTreeMap;

use proviso_report::bundle::Matched;
use proviso_report::fact::{Fact, Kind, OrderInForce};
use proviso_report::{Hash, Record, UnixMs};

use crate::judge::{HeldLists, Judge, State, Step, Verdict, Why};
use crate::order::{Rule, Severity};

pub use by_hand::{NoRecord, read_line};

/// The most examples of one change in one rule.
pub const EXAMPLES: usize = 3;

/// Judges records by two orders.
///
/// Give all [`record`](Self::record)s of a log in its order, say where the
/// [`next_log`](Self::next_log) begins, then [`finish`](Self::finish).
pub struct Replay<'j> {
    /// `None`: there is none to compare with.
    old: Option<Follower<'j>>,
    new: Follower<'j>,
    log: usize,
    /// Has no record of this log been judged yet?
    begins: bool,
    found: Comparison,
}

/// An order, and what it remembers of a log.
struct Follower<'j> {
    judge: &'j Judge,
    state: State,
    /// Did anything say yet that the order is in force?
    begun: bool,
}

/// What two orders make of the same records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many records there were.
    pub records: u64,
    /// How many of them no order judges: signs of life before the records say that one is in force.
    pub without_order: u64,
    /// How many were made under orders that are neither of the two, by the hash of the order. They
    /// are judged all the same.
    pub other_orders: BTreeMap<Hash, u64>,
    /// By kind: of how many facts the records say that they were not kept. Nobody can judge them.
    pub uncovered: BTreeMap<String, u64>,
    /// Each rule: as in the new order, then those that only the old one has.
    pub rules: Vec<RuleChange>,
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// The rule.
    pub rule: String,
    /// Its clause, in the new order if it is there.
    pub clause: String,
    /// In the old order; `None`: it has no such rule.
    pub before: Option<Tally>,
    /// In the new order.
    pub after: Option<Tally>,
    /// Findings that only the new order makes.
    pub added: u64,
    /// Findings that only the old order makes.
    pub dropped: u64,
    /// A few of each change, in the order of the records.
    pub examples: Vec<Example>,
}

/// What one rule made of all records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How serious its findings are.
    pub severity: Severity,
    /// How many findings it makes.
    pub found: u64,
    /// Of how many records it cannot tell.
    pub cannot_tell: u64,
}

/// One record in which the orders differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// How.
    pub change: Change,
    /// In which log, from 0.
    pub log: usize,
    /// Its place there.
    pub seq: u64,
    /// When it happened.
    pub at: UnixMs,
    /// What kind of fact it is.
    pub kind: Kind,
    /// What matched, if something did.
    pub matched: Vec<Matched>,
}

/// How the orders differ about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the new one finds something.
    Added,
    /// Only the old one finds something.
    Dropped,
    /// The new one cannot tell, and the old one could.
    CannotTell(Why),
}

impl<'j> Replay<'j> {
    /// Of the order that was in force and the one that may take its place.
    #[must_use]
    pub fn new(old: &'j Judge, new: &'j Judge) -> Self {
        Self::of(Some(old), new)
    }

    /// Of an order that takes the place of none: each finding of it is one that it adds.
    #[must_use]
    pub fn alone(new: &'j Judge) -> Self {
        Self::of(None, new)
    }

    fn of(old: Option<&'j Judge>, new: &'j Judge) -> Self {
        let before = old.map_or(&[][..], |old| old.order().rules());
        Self {
            old: old.map(Follower::new),
            new: Follower::new(new),
            log: 0,
            begins: true,
            found: Comparison {
                rules: rules(before, new.order().rules()),
                ..Comparison::default()
            },
        }
    }

    /// What follows is the log of another computer.
    pub fn next_log(&mut self) {
        self.old = self.old.take().map(|old| Follower::new(old.judge));
        self.new = Follower::new(self.new.judge);
        self.begins = true;
        self.log = self.log.saturating_add(1);
    }

    /// Judges the next record of the log.
    pub fn record(&mut self, record: &Record) {
        self.found.records = self.found.records.saturating_add(1);
        if let Fact::Heartbeat(alive) = &record.fact {
            for (kind, count) in &alive.uncovered {
                let sum = self.found.uncovered.entry(kind.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        if let Some(order) = record.order
            && self.old.as_ref().is_none_or(|old| order != old.digest())
            && order != self.new.digest()
        {
            let count = self.found.other_orders.entry(order).or_default();
            *count = count.saturating_add(1);
        }
        if std::mem::take(&mut self.begins) && record.seq > 0 {
            if let Some(old) = &mut self.old {
                old.assume(record);
            }
            self.new.assume(record);
        }
        let before = match &mut self.old {
            Some(old) => old.follow(record),
            None => Some(Verdict::default()),
        };
        let after = self.new.follow(record);
        let (Some(before), Some(after)) = (before, after) else {
            self.found.without_order = self.found.without_order.saturating_add(1);
            return;
        };
        for rule in &mut self.found.rules {
            rule.take(self.log, record, &before, &after);
        }
    }

    /// What came of it.
    #[must_use]
    pub fn finish(self) -> Comparison {
        self.found
    }
}

impl<'j> Follower<'j> {
    fn new(judge: &'j Judge) -> Self {
        Self {
            judge,
            state: State::new(),
            begun: false,
        }
    }

    fn digest(&self) -> Hash {
        self.judge.order().digest()
    }

    /// Takes the order to be in force from this record on.
    fn assume(&mut self, record: &Record) {
        self.begun = true;
        let fact = self.in_force();
        self.state.pass(&Step {
            fact: &fact,
            ..Step::from(record)
        });
    }

    /// `None`: no order judges the record.
    fn follow(&mut self, record: &Record) -> Option<Verdict> {
        let step = Step::from(record);
        if self.state.basis_of(record, &HeldLists::default()).is_none() {
            match record.fact {
                Fact::OrderInForce(_) => self.assume(record),
                _ => self.state.pass(&step),
            }
            return None;
        }
        if !std::mem::replace(&mut self.begun, true)
            && !matches!(record.fact, Fact::OrderInForce(_))
        {
            self.assume(record);
        }
        let own;
        let fact = match record.fact {
            Fact::OrderInForce(_) => {
                own = self.in_force();
                &own
            }
            ref fact => fact,
        };
        Some(self.judge.follow(&mut self.state, &Step { fact, ..step }))
    }

    fn in_force(&self) -> Fact {
        let order = self.judge.order();
        OrderInForce {
            id: order.id().to_owned(),
            version: order.version(),
            digest: order.digest(),
        }
        .into()
    }
}

impl Comparison {
    /// Would anything be different: a finding, how serious it is, or of what nobody can tell?
    #[must_use]
    pub fn differs(&self) -> bool {
        self.rules.iter().any(RuleChange::differs)
    }
}

impl RuleChange {
    /// Would anything about it be different?
    #[must_use]
    pub fn differs(&self) -> bool {
        let cannot = |tally: Option<Tally>| tally.map_or(0, |tally| tally.cannot_tell);
        self.added > 0
            || self.dropped > 0
            || self.regraded()
            || cannot(self.before) != cannot(self.after)
            || self.has_example_of(|change| matches!(change, Change::CannotTell(_)))
    }

    /// Do findings stay that become more or less serious?
    #[must_use]
    pub fn regraded(&self) -> bool {
        self.before.zip(self.after).is_some_and(|(before, after)| {
            before.severity != after.severity && before.found > self.dropped
        })
    }

    /// How many findings both orders make.
    #[must_use]
    pub fn kept(&self) -> u64 {
        let found = self.before.map_or(0, |before| before.found);
        found.saturating_sub(self.dropped)
    }

    fn has_example_of(&self, is: impl Fn(Change) -> bool) -> bool {
        self.examples.iter().any(|example| is(example.change))
    }

    fn take(&mut self, log: usize, record: &Record, before: &Verdict, after: &Verdict) {
        let old = Said::of(&self.rule, before);
        let new = Said::of(&self.rule, after);
        old.count(&mut self.before);
        new.count(&mut self.after);
        let (change, matched) = match (old, new) {
            (Said::Found(_), Said::Found(_)) | (Said::CannotTell(_), Said::CannotTell(_)) => return,
            (_, Said::Found(matched)) => {
                self.added = self.added.saturating_add(1);
                (Change::Added, matched)
            }
            (Said::Found(matched), _) => {
                self.dropped = self.dropped.saturating_add(1);
                (Change::Dropped, matched)
            }
            (Said::Nothing, Said::CannotTell(why)) => (Change::CannotTell(why), &[][..]),
            (_, Said::Nothing) => return,
        };
        let alike = self.examples.iter().filter(|example| {
            std::mem::discriminant(&example.change) == std::mem::discriminant(&change)
        });
        if alike.count() < EXAMPLES {
            self.examples.push(Example {
                change,
                log,
                seq: record.seq,
                at: record.at,
                kind: record.fact.kind(),
                matched: matched.to_vec(),
            });
        }
    }
}

/// What a verdict says of one rule.
#[derive(Clone, Copy)]
enum Said<'a> {
    Found(&'a [Matched]),
    CannotTell(Why),
    Nothing,
}

impl<'a> Said<'a> {
    fn of(rule: &str, verdict: &'a Verdict) -> Self {
        if let Some(hit) = verdict.hits.iter().find(|hit| hit.rule == rule) {
            return Self::Found(&hit.matched);
        }
        match verdict.cannot_tell.iter().find(|one| one.rule == rule) {
            Some(one) => Self::CannotTell(one.why),
            None => Self::Nothing,
        }
    }

    fn count(self, tally: &mut Option<Tally>) {
        let Some(tally) = tally else { return };
        match self {
            Self::Found(_) => tally.found = tally.found.saturating_add(1),
            Self::CannotTell(_) => tally.cannot_tell = tally.cannot_tell.saturating_add(1),
            Self::Nothing => {}
        }
    }
}

fn rules(old: &[Rule], new: &[Rule]) -> Vec<RuleChange> {
    let find = |rules: &'_ [Rule], id: &str| rules.iter().find(|rule| rule.id == id).map(tally);
    let gone = old
        .iter()
        .filter(|rule| !new.iter().any(|other| other.id == rule.id));
    new.iter()
        .chain(gone)
        .map(|rule| RuleChange {
            rule: rule.id.clone(),
            clause: rule.clause.clone(),
            before: find(old, &rule.id),
            after: find(new, &rule.id),
            added: 0,
            dropped: 0,
            examples: Vec::new(),
        })
        .collect()
}

const fn tally(rule: &Rule) -> Tally {
    Tally {
        severity: rule.severity,
        found: 0,
        cannot_tell: 0,
    }
}

#[cfg(test)]
mod tests;
