//! What orders find in records.
//!
//! Promises: records of a log are followed one after the other, signs of life among them; a finding
//! about one of these names the order in force. What cannot be told is counted by day, rule, kind and
//! reason, and is never an absence of findings.
//!
//! Refuses: to follow a record that is announced ahead of its report. It is judged by itself, and
//! what is remembered of the log stays as it was: its report brings it again, in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use proviso_report::fact::{Fact, Kind};
use proviso_report::{Record, UnixMs};
use proviso_rules::{
    Basis, ENGINE, Event, Followed, HeldLists, Hit, Judge, Order, State, Term, Verdict, Why,
    finding_id,
};

use proviso_rules::order::ListVersion;

use super::{JudgingError, OrderBook};
use crate::store::devices::Device;
use crate::store::findings::{Finding, Proof};
use crate::store::judged::CannotTell;
use crate::store::{FindingId, Hash, StoreError, updates};

/// Events that a device did not keep are counted by it: no more of them are believed at once.
const MOST_COUNTED: u64 = 1_000_000_000;

/// What came of judging some records.
#[derive(Debug, Default)]
pub struct Judged {
    /// What was found, in the order of the records and of the rules.
    pub findings: Vec<Finding>,
    /// How often it could not be told, by day, order, rule, kind and reason.
    pub cannot_tell: Vec<CannotTell>,
    /// Orders that the store does not hold for this person, or that are not theirs: what is under
    /// them was not judged.
    pub unknown: BTreeSet<Hash>,
    /// For each order, the first record of activity that was made when it was not in force: such
    /// records were not judged.
    pub outside: BTreeMap<Hash, Outside>,
    /// Updates that the records say count, and that no device was given.
    pub unknown_updates: Vec<UnknownUpdate>,
}

/// An update that a device says counts, and that it was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownUpdate {
    /// Where it says so.
    pub seq: u64,
    /// Of which order.
    pub order: Hash,
    /// Of which of its lists.
    pub list: String,
    /// Its number.
    pub number: u64,
    /// The list that it brings.
    pub sha256: Hash,
}

/// A record of activity outside its order's term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside {
    /// Its place.
    pub seq: u64,
    /// When it was made.
    pub at: UnixMs,
    /// How the order stood then.
    pub term: Term,
}

type Judges = BTreeMap<Basis, Arc<Judge>>;

impl OrderBook {
    /// Follows records of a device's log from where `state` stands. `orders`: those of its person;
    /// `held`: what counts of lists that only the collector holds; `now`: when it is done. After an
    /// error the state is of no use.
    pub async fn follow(
        self: &Arc<Self>,
        device: &Device,
        (orders, held): (&BTreeSet<Hash>, &HeldLists),
        state: &mut State,
        records: &[Record],
        now: i64,
    ) -> Result<Judged, JudgingError> {
        let mut judged = Judged::default();
        let mut binding = state.binding();
        let (mut wanted, mut named) = (BTreeSet::new(), Vec::new());
        for record in records {
            wanted.extend(binding.basis_of(record, held));
            if let Fact::ListInForce(said) = &record.fact
                && let Some(order) = binding.in_force().filter(|order| orders.contains(order))
            {
                named.push(UnknownUpdate {
                    seq: record.seq,
                    order,
                    list: said.list.clone(),
                    number: said.number,
                    sha256: said.sha256,
                });
            }
            binding.pass(record);
        }
        judged.unknown_updates = self.not_given(named).await?;
        let judges = self.judges(wanted, orders).await?;
        let mut unsure = Unsure::default();
        for record in records {
            match state.follow(record, held, |basis| {
                judges.get(basis).map(|judge| &**judge)
            }) {
                Followed::Judged { basis, verdict } => {
                    let Verdict { hits, cannot_tell } = verdict;
                    let Some(judge) = judges.get(&basis) else {
                        continue;
                    };
                    for hit in hits {
                        let found = finding(hit, judge, device, record, Proof::Proven, now)?;
                        judged.findings.push(found);
                    }
                    for one in cannot_tell {
                        let kind = record.kind().as_str();
                        unsure.add(judge.order(), record.at, one.rule, kind, words(one.why), 1);
                    }
                    if let Fact::Heartbeat(beat) = &record.fact {
                        unsure.add_not_kept(judge.order(), record.at, &beat.cannot_tell);
                    }
                }
                Followed::NoOrder => {}
                Followed::NotHeld(order) => {
                    judged.unknown.insert(order);
                }
                Followed::Outside { order, term } => {
                    if is_of_its_time(record) {
                        let (seq, at) = (record.seq, record.at);
                        let outside = Outside { seq, at, term };
                        judged.outside.entry(order).or_insert(outside);
                    }
                }
            }
        }
        judged.cannot_tell = unsure.into_counts();
        Ok(judged)
    }

    /// What a record leads to that is announced ahead of its report: what can be found in it alone,
    /// with the lists that counted where `state` stands.
    pub async fn announced(
        self: &Arc<Self>,
        device: &Device,
        (state, held): (&State, &HeldLists),
        record: &Record,
        now: i64,
    ) -> Result<Vec<Finding>, JudgingError> {
        let Some(basis) = state
            .basis_of(record, held)
            .filter(|_| record.order.is_some())
        else {
            return Ok(Vec::new());
        };
        let Some(judge) = self.held(&basis).await? else {
            return Ok(Vec::new());
        };
        if !matches!(judge.order().term(record.at), Term::InForce(_)) {
            return Ok(Vec::new());
        }
        let hits = judge.judge(&Event {
            at: record.at,
            account: record.account.as_deref(),
            fact: &record.fact,
        });
        hits.into_iter()
            .map(|hit| finding(hit, &judge, device, record, Proof::Unproven, now))
            .collect()
    }

    /// Those of these updates that no device was given.
    async fn not_given(
        self: &Arc<Self>,
        mut named: Vec<UnknownUpdate>,
    ) -> Result<Vec<UnknownUpdate>, JudgingError> {
        let of: BTreeSet<Hash> = named.iter().map(|one| one.order).collect();
        for order in of {
            let stored = self
                .store
                .read(move |read| Ok::<_, StoreError>(updates::of_order(read, &order)?))
                .await?;
            let is_given = |said: &UnknownUpdate| {
                stored.iter().any(|one| {
                    !one.held
                        && (&one.order, &one.list, one.number, one.sha256)
                            == (&said.order, &said.list, said.number, said.sha256)
                })
            };
            named.retain(|said| !is_given(said));
        }
        Ok(named)
    }

    /// Those that are held of the person's.
    async fn judges(
        self: &Arc<Self>,
        wanted: BTreeSet<Basis>,
        orders: &BTreeSet<Hash>,
    ) -> Result<Judges, JudgingError> {
        let mut judges = Judges::new();
        for basis in wanted {
            if orders.contains(&basis.order)
                && let Some(judge) = self.held(&basis).await?
            {
                judges.insert(basis, judge);
            }
        }
        Ok(judges)
    }

    /// The judge of an order with those lists that count and are held: a device that names updates
    /// which nobody put cannot keep its records from being judged.
    async fn held(self: &Arc<Self>, basis: &Basis) -> Result<Option<Arc<Judge>>, JudgingError> {
        if let Some(judge) = self.get(basis).await? {
            return Ok(Some(judge));
        }
        if basis.lists.is_empty() {
            return Ok(None);
        }
        let order = basis.order;
        let stored = self
            .store
            .read(move |read| Ok::<_, StoreError>(updates::of_order(read, &order)?))
            .await?;
        let is_held = |list: &str, version: &ListVersion| {
            stored.iter().any(|one| {
                (one.list.as_str(), one.number, one.sha256)
                    == (list, version.number, version.sha256)
            })
        };
        let mut held = basis.clone();
        held.lists.retain(|list, version| is_held(list, version));
        self.get(&held).await
    }
}

/// What could not be told, being counted.
#[derive(Default)]
struct Unsure(BTreeMap<CannotTell, u64>);

impl Unsure {
    fn add(
        &mut self,
        order: &Order,
        at: UnixMs,
        rule: String,
        kind: &str,
        reason: String,
        count: u64,
    ) {
        let one = CannotTell {
            day: day(order, at),
            order: order.digest(),
            rule,
            kind: kind.to_owned(),
            reason,
            count: 0,
        };
        let sum = self.0.entry(one).or_default();
        *sum = sum.saturating_add(count);
    }

    /// What a device counted instead of keeping it. It can name rules that the order does not have.
    fn add_not_kept(&mut self, order: &Order, at: UnixMs, counted: &BTreeMap<String, u64>) {
        for (rule, count) in counted {
            if order.rules().iter().any(|known| known.id == *rule) {
                let count = (*count).min(MOST_COUNTED);
                self.add(order, at, rule.clone(), "", "not_kept".to_owned(), count);
            }
        }
    }

    fn into_counts(self) -> Vec<CannotTell> {
        let counts = self.0.into_iter();
        counts
            .map(|(one, count)| CannotTell { count, ..one })
            .collect()
    }
}

fn finding(
    hit: Hit,
    judge: &Judge,
    device: &Device,
    record: &Record,
    proof: Proof,
    now: i64,
) -> Result<Finding, JudgingError> {
    let UnixMs(at) = record.at;
    let order = judge.order().digest();
    Ok(Finding {
        id: FindingId(finding_id(device.id, record.seq, &order, &hit.rule)),
        device: device.id,
        person: device.person.clone(),
        seq: record.seq,
        at,
        matched: serde_json::to_string(&hit.matched)
            .map_err(|error| JudgingError::Form(error.to_string()))?,
        rule: hit.rule,
        clause: hit.clause,
        severity: hit.severity.as_str().to_owned(),
        engine: ENGINE.to_owned(),
        order,
        basis: Some(judge.basis()).filter(|basis| *basis != order),
        made: now,
        proof,
    })
}

/// Is its time that of what the person did? Signs of life need no order, and what follows another
/// record may be written after the term.
const fn is_of_its_time(record: &Record) -> bool {
    let kind = record.kind();
    !kind.is_life_sign() && !matches!(kind, Kind::VisitsConfirmed | Kind::ProcessEnd)
}

/// The day in the order's zone.
fn day(order: &Order, at: UnixMs) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned_datetime(order.zone().clone())
            .date()
            .to_string(),
        // No record is of a time that no calendar shows.
        Err(_) => String::new(),
    }
}

/// The reason as the store keeps it.
fn words(why: Why) -> String {
    match why {
        Why::Field(field) => format!("field:{field}"),
        Why::Clock => "clock".to_owned(),
        Why::Late => "late".to_owned(),
        Why::Much => "much".to_owned(),
        Why::Encoding => "encoding".to_owned(),
        Why::Awake => "awake".to_owned(),
        Why::Part => "part".to_owned(),
    }
}
