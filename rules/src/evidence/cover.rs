//! Did the order that a record names allow the record?
//!
//! Promises: what the agent asked before it wrote a record is asked again. A visit or the start of a
//! program lies within the order's term and names exactly the clauses that the order gives it. The
//! end of a program lies within the term and names the order and the clauses of its start. Visits
//! that were seen again are those of earlier records, under no clause that these do not name; their
//! own time is when that was written, which may be after the term.
//!
//! Refuses: to judge signs of life, which need no order; to guess at records that are not shown; and
//! to say that an agent of another engine was wrong.

use proviso_report::Record;
use proviso_report::bundle::{Check, DeviceLog, Outcome, Question, Verified};
use proviso_report::fact::{Fact, ProcessEnd, VisitsConfirmed};

use super::findings::shown;
use super::held::Held;
use super::orders::{Ready, says_in_log};
use super::{Judges, other_engine};
use crate::{Binding, ENGINE, Event, Judge, Scope, Term};

const ALLOWED: &str = "each record lies within the term of the order that it names, and names the \
                       clauses that the order gives it";
const EARLIER: &str = "each record that a program ended or that visits were seen again has the \
                       clauses of the records that it is about";

pub(super) fn check(verified: &Verified, held: &Held, judges: &Judges) -> Vec<Check> {
    let (mut allowed, mut earlier) = (Outcome::Holds, Outcome::Holds);
    let mut not_claimed = 0_u64;
    for (device, log) in &verified.logs {
        let (mut engine, mut binding) = (ENGINE, Binding::default());
        let mut unseen = None;
        for (place, record) in (0..).zip(&log.records) {
            if record.seq != place {
                unseen = unseen.or(Some(place));
            }
            let basis = binding.basis_of(record, held.of(*device));
            binding.pass(record);
            if let Fact::AgentStarted(started) = &record.fact {
                engine = &started.engine;
            }
            let (Some(basis), false) = (
                basis.filter(|_| record.order.is_some()),
                record.kind().is_life_sign(),
            ) else {
                continue;
            };
            let judge = judges.get(&basis).map(Ready::device);
            let updatable = judge.is_some_and(|judge| {
                let mut pins = judge.order().lists().iter();
                pins.any(says_in_log)
            });
            let place = format!("record {} of device {device}", record.seq);
            let mut as_earlier = is_as_earlier(log, record, judge);
            let unchecked = matches!(as_earlier, Outcome::Unchecked(_));
            if unchecked && needs_withheld(log, record, verified.chosen().is_some()) {
                not_claimed += 1;
                as_earlier = Outcome::Holds;
            }
            for (sum, outcome) in [
                (&mut allowed, is_allowed(record, judge)),
                (&mut earlier, as_earlier),
            ] {
                let outcome = match (outcome, unseen.filter(|_| updatable)) {
                    (Outcome::Fails(why), Some(gap)) => Outcome::Unchecked(format!(
                        "{why}; but lists of its order may have been updated by record {gap}, which is \
                         not shown"
                    )),
                    (outcome, _) => outcome,
                };
                add(sum, said(outcome, &place, engine));
            }
        }
    }
    let whole = |outcome| other_engine(verified).unwrap_or(outcome);
    vec![
        Check::new(Question::Findings, ALLOWED, whole(allowed)),
        Check::new(Question::Findings, claimed(not_claimed), whole(earlier)),
    ]
}

/// What the bundle claims of records that are about earlier ones.
fn claimed(not: u64) -> String {
    if not == 0 {
        return EARLIER.to_owned();
    }
    format!(
        "{EARLIER}; not claimed of {not} records, whose earlier records were not chosen or were \
         erased"
    )
}

/// Is it about an earlier record of which the bundle says that it was not chosen, or was erased?
fn needs_withheld(log: &DeviceLog, record: &Record, chosen: bool) -> bool {
    let hidden = |seq: &u64| {
        *seq < record.seq && shown(Some(log), *seq).is_none() && (chosen || log.erased.has(*seq))
    };
    match &record.fact {
        Fact::ProcessEnd(end) => end.start_seq.iter().any(hidden),
        Fact::VisitsConfirmed(these) => these.seqs.iter().any(hidden),
        _ => false,
    }
}

fn is_allowed(record: &Record, judge: Option<&Judge>) -> Outcome {
    if matches!(record.fact, Fact::VisitsConfirmed(_)) {
        return Outcome::Holds;
    }
    let Some(judge) = judge else {
        return unchecked("names an order that could not be used, or not with the lists of then");
    };
    match judge.order().term(record.at) {
        Term::InForce(_) => {}
        Term::NotYet(start) => {
            return fails(format!("is from before its order's term, from {start} on"));
        }
        Term::Suspended(_) => {
            return fails("is from a time in which its order was suspended".to_owned());
        }
        Term::Ended(end) => return fails(format!("is from after its order's term, up to {end}")),
    }
    if matches!(record.fact, Fact::ProcessEnd(_)) {
        return Outcome::Holds;
    }
    match scope(record, judge) {
        Scope::Covered(clauses) if clauses == record.clauses => Outcome::Holds,
        Scope::Covered(clauses) => fails(format!(
            "names the clauses {}, and its order gives it {}",
            words(&record.clauses),
            words(&clauses)
        )),
        Scope::Exempt(id) => fails(format!("shows what the exemption {id:?} keeps out")),
        Scope::Uncovered => fails("shows what no clause of its order covers".to_owned()),
    }
}

fn is_as_earlier(log: &DeviceLog, record: &Record, judge: Option<&Judge>) -> Outcome {
    match &record.fact {
        Fact::ProcessEnd(end) => is_end_of_start(log, record, end),
        Fact::VisitsConfirmed(these) => are_visits(log, record, these, judge),
        _ => Outcome::Holds,
    }
}

fn is_end_of_start(log: &DeviceLog, record: &Record, end: &ProcessEnd) -> Outcome {
    let Some(seq) = end.start_seq else {
        return fails("says that a program ended, and not which record says that it began".into());
    };
    let start = match earlier(log, record, seq) {
        Ok(start) => start,
        Err(outcome) => return outcome,
    };
    match &start.fact {
        Fact::ProcessStart(began) if (began.pid, began.started) == (end.pid, end.started) => {}
        _ => return fails(format!("ends a program that record {seq} does not begin")),
    }
    if (start.order, &start.clauses) == (record.order, &record.clauses) {
        return Outcome::Holds;
    }
    fails(format!(
        "is not under the order and the clauses of record {seq}"
    ))
}

fn are_visits(
    log: &DeviceLog,
    record: &Record,
    these: &VisitsConfirmed,
    judge: Option<&Judge>,
) -> Outcome {
    let mut sum = Outcome::Holds;
    for &seq in &these.seqs {
        add(&mut sum, is_visit(log, record, seq, judge));
    }
    sum
}

/// A second source may see less than the first, so it may have fewer clauses.
fn is_visit(log: &DeviceLog, record: &Record, seq: u64, judge: Option<&Judge>) -> Outcome {
    let visit = match earlier(log, record, seq) {
        Ok(visit) => visit,
        Err(outcome) => return outcome,
    };
    if !matches!(visit.fact, Fact::WebVisit(_)) {
        return fails(format!("says that record {seq} is a visit, and it is none"));
    }
    let within = |clauses: &[String]| record.clauses.iter().all(|one| clauses.contains(one));
    if visit.order == record.order {
        return match within(&visit.clauses) {
            true => Outcome::Holds,
            false => fails(format!("names clauses that record {seq} does not name")),
        };
    }
    // Seen again under the next order, whose clauses it names.
    match judge.map(|judge| scope(visit, judge)) {
        Some(Scope::Covered(clauses)) if within(&clauses) => Outcome::Holds,
        _ => unchecked(&format!(
            "was made under another order than record {seq}, which it is about"
        )),
    }
}

/// The record that another one is about.
fn earlier<'a>(log: &'a DeviceLog, record: &Record, seq: u64) -> Result<&'a Record, Outcome> {
    if seq >= record.seq {
        return Err(fails(format!("is about record {seq}, which is no earlier")));
    }
    shown(Some(log), seq)
        .ok_or_else(|| unchecked(&format!("is about record {seq}, which is not shown")))
}

fn scope(record: &Record, judge: &Judge) -> Scope {
    judge.scope(&Event {
        at: record.at,
        account: record.account.as_deref(),
        fact: &record.fact,
    })
}

/// Of which record that is said. `engine`: the agent's, as far as it is known.
fn said(outcome: Outcome, place: &str, engine: &str) -> Outcome {
    match outcome {
        Outcome::Holds => Outcome::Holds,
        Outcome::Unchecked(why) => Outcome::Unchecked(format!("{place} {why}")),
        Outcome::Fails(_) if engine != ENGINE => Outcome::Unchecked(format!(
            "{place} was written by an agent that has {engine}, and this program has {ENGINE}: \
             check it with a `proviso` of that engine"
        )),
        Outcome::Fails(why) => Outcome::Fails(format!("{place} {why}")),
    }
}

/// What fails counts more than what is unchecked; of two the first is kept.
fn add(sum: &mut Outcome, one: Outcome) {
    let weight = |outcome: &Outcome| match outcome {
        Outcome::Holds => 0,
        Outcome::Unchecked(_) => 1,
        Outcome::Fails(_) => 2,
    };
    if weight(&one) > weight(sum) {
        *sum = one;
    }
}

fn words(clauses: &[String]) -> String {
    format!("{:?}", clauses.join(", "))
}

fn fails(why: String) -> Outcome {
    Outcome::Fails(why)
}

fn unchecked(why: &str) -> Outcome {
    Outcome::Unchecked(why.to_owned())
}
