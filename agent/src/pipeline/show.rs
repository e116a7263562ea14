//! How monitoring stands, for the person it is about.

use jiff::tz::TimeZone;
use proviso_report::fact::Fact;
use proviso_report::{Record, UnixMs};
use proviso_rules::{Judge, Order, Term, page};

use super::Keeper;
use super::person::ROOT;
use crate::journal::{Shown, WriteError};
use crate::platform::clock::Moment;
use crate::status::{
    ClauseShown, Details, ExemptShown, FORMAT, OrderShown, ReceiptShown, RecordShown, RuleShown,
    Status,
};
use crate::uplink::Link;

/// Records that are shown.
const RECORDS: usize = 20;
/// Records that are read for them: confirmations are left out.
const READ: usize = 60;
/// An address can have 30,000 characters.
const MAX_WORDS: usize = 400;

impl Keeper {
    /// How monitoring stands, for this account.
    pub(super) fn status(&self, account: Option<&str>, now: &Moment) -> serde_json::Value {
        let monitored = account.is_some_and(|account| self.scope.is_monitored(account));
        let details = (monitored || account == Some(ROOT)).then(|| {
            let of = account.filter(|account| *account != ROOT);
            self.details(of, now)
        });
        let details = details.transpose().unwrap_or_else(|error| {
            tracing::error!(%error, "the journal cannot be read for `status`");
            None
        });
        let (on, why) = self.state(now.at);
        let status = Status {
            format: FORMAT.to_owned(),
            on,
            why,
            account: account.map(str::to_owned),
            monitored,
            details,
        };
        // Strings and numbers under strings: there is nothing that cannot be written.
        serde_json::to_value(status).unwrap_or_default()
    }

    pub(super) fn state(&self, now: UnixMs) -> (bool, String) {
        if self.stopped {
            return (false, "the agent is about to end".into());
        }
        match (self.book.in_force(), self.book.current()) {
            (Some(_), _) if let Some(stall) = &self.stall => (
                true,
                format!(
                    "a court order is in force, and nothing can be written now ({}); what happens \
                     is held where it is seen, as long as there is room, and recorded afterwards",
                    stall.why
                ),
            ),
            (Some(_), _) => (true, "a court order is in force on this computer".into()),
            (None, Some(judge)) => (false, not_now(judge.order(), now)),
            (None, None) => (
                false,
                "there is no signed court order on this computer, so nothing is recorded but that \
                 the agent runs"
                    .into(),
            ),
        }
    }

    fn details(&self, account: Option<&str>, now: &Moment) -> Result<Details, WriteError> {
        let judge = self.book.current().map(AsRef::as_ref);
        let order = judge.map(Judge::order);
        let day = self.journal.day(account, now.at)?;
        let zone = order.map_or(TimeZone::UTC, |order| order.zone().clone());
        let records = self.journal.last(account, READ)?;
        Ok(Details {
            accounts: self.scope.accounts().to_vec(),
            order: order.map(shown),
            zone: order.map_or("UTC", Order::timezone).to_owned(),
            recorded: day.recorded,
            uncovered: day.counters.uncovered,
            suppressed: day.counters.suppressed,
            cannot_tell: day.counters.cannot_tell,
            records: records
                .iter()
                .filter_map(|shown| record(shown, order, &zone))
                .take(RECORDS)
                .collect(),
            link: match &self.link {
                Link::Up => "Connected.".to_owned(),
                Link::Down(why) => format!("Not connected: {why}"),
                Link::Refused(why) => format!("Connected, and the collector refuses: {why}"),
            },
            receipt: self.journal.receipt().map(|held| ReceiptShown {
                at: UnixMs(i64::try_from(held.time.saturating_mul(1_000)).unwrap_or(i64::MAX)),
                records: held.size,
            }),
            waiting: self.journal.waiting().reports,
        })
    }
}

/// Why an order that is here does not bind now.
fn not_now(order: &Order, now: UnixMs) -> String {
    let day = |at| time(at, order.zone());
    let why = match order.term(now) {
        Term::Suspended(until) => {
            let until = until.map_or_else(|| "a further version".to_owned(), day);
            format!("the court order is suspended until {until}")
        }
        Term::NotYet(start) => format!("the court order begins on {}", day(start)),
        Term::Ended(end) => format!("the court order ended on {}", day(end)),
        Term::InForce(_) => "the court order is not in force today".to_owned(),
    };
    format!("{why}, so nothing is recorded but that the agent runs")
}

pub(super) fn shown(order: &Order) -> OrderShown {
    let clause = |clause: &proviso_rules::order::Clause| ClauseShown {
        id: clause.id.clone(),
        text: clause.text.clone(),
        records: clause.records.iter().map(ToString::to_string).collect(),
        rules: order
            .rules()
            .iter()
            .filter(|rule| rule.clause == clause.id)
            .map(|rule| rule_shown(order, &rule.id))
            .collect(),
    };
    OrderShown {
        id: order.id().to_owned(),
        version: order.version(),
        court: order.court().to_owned(),
        starts: order.starts().to_string(),
        ends: order.ends().map(|day| day.to_string()),
        digest: order.digest().to_string(),
        clauses: order.clauses().iter().map(clause).collect(),
        exempts: order
            .exempts()
            .iter()
            .map(|exempt| ExemptShown {
                id: exempt.id.clone(),
                who: exempt.who.clone(),
                says: exempt.says.clone(),
            })
            .collect(),
        not_checked: order
            .not_checkable()
            .iter()
            .map(|not| format!("{} (clause {}): {}", not.part, not.clause, not.why))
            .collect(),
    }
}

fn record(shown: &Shown, order: Option<&Order>, zone: &TimeZone) -> Option<RecordShown> {
    let record = &shown.record;
    Some(RecordShown {
        seq: record.seq,
        at: time(record.at, zone),
        account: record.account.clone(),
        what: what(record)?,
        clauses: record.clauses.clone(),
        possible_breaches: shown
            .rules
            .iter()
            .map(|id| order.map_or_else(|| unknown(id), |order| rule_shown(order, id)))
            .collect(),
    })
}

/// In words; `None` for what only confirms another record.
pub(super) fn what(record: &Record) -> Option<String> {
    let words = match &record.fact {
        Fact::WebVisit(visit) => {
            let private = match visit.private {
                Some(true) => ", in a private window",
                _ => "",
            };
            format!("opened {} in {}{private}", visit.url, visit.browser)
        }
        Fact::ProcessStart(start) => {
            format!("started {}", program(start.exe.as_ref(), &start.name))
        }
        Fact::ProcessEnd(end) => format!("ended {}", program(end.exe.as_ref(), &end.name)),
        Fact::VisitsConfirmed(_) => return None,
        Fact::Explanation(said) => {
            let seqs: Vec<String> = said.seqs.iter().map(u64::to_string).collect();
            let about = match seqs.as_slice() {
                [] => String::new(),
                seqs => format!(" about record {}", seqs.join(", ")),
            };
            let accident = match said.accident {
                Some(true) => ", as an accident",
                _ => "",
            };
            let text: String = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("explained{about}{accident}: {text}")
        }
        other => page::fact(other),
    };
    Some(words.chars().take(MAX_WORDS).collect())
}

fn program<'a>(exe: Option<&'a String>, name: &'a str) -> &'a str {
    exe.map_or(name, String::as_str)
}

pub(super) fn rule_shown(order: &Order, id: &str) -> RuleShown {
    order.rules().iter().find(|rule| rule.id == id).map_or_else(
        || unknown(id),
        |rule| RuleShown {
            id: id.to_owned(),
            severity: rule.severity.as_str().to_owned(),
            says: rule.says.clone(),
        },
    )
}

/// A rule of an order that is not here any more.
pub(super) fn unknown(id: &str) -> RuleShown {
    RuleShown {
        id: id.to_owned(),
        severity: "of an earlier order".to_owned(),
        says: String::new(),
    }
}

pub(super) fn time(at: UnixMs, zone: &TimeZone) -> String {
    at.timestamp().map_or_else(
        || at.to_string(),
        |timestamp| {
            let local = zone.to_datetime(timestamp);
            local.strftime("%Y-%m-%d %H:%M:%S").to_string()
        },
    )
}
