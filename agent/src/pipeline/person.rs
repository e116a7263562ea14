//! Answers to the person whom monitoring is about, and what the person says.

use jiff::tz::TimeZone;
use proviso_report::UnixMs;
use proviso_rules::{Judge, Order, Severity, page};
use serde_json::Value;

use super::Keeper;
use super::show;
use crate::journal::{Day as Counts, Shown, WriteError};
use crate::person::explain::{Explained, MAX_A_DAY};
use crate::person::today::{self, Day, Found, Line, NotKept, Recorded, Said, Today, Why};
use crate::person::{Ask, Question, Reply};
use crate::platform::clock::Moment;
use crate::status::RuleShown;

/// Whoever may look after the whole computer.
pub(super) const ROOT: &str = "root";
/// Records that are shown of a day.
const RECORDS: usize = 50;
/// Records that are read for them: as many as are kept.
const READ: usize = 220;
/// Findings, and explanations, that are shown.
const SHOWN: usize = 50;

/// What is said when the journal cannot be read.
const UNREADABLE: &str = "the journal cannot be read now; try again in a minute, and tell your offender manager if that does not help";

impl Keeper {
    /// Answers, and records what is said.
    pub(super) fn person(&mut self, ask: Ask, now: &Moment) -> Result<(), WriteError> {
        let account = ask.account.as_deref();
        let reply: Reply = match ask.question {
            Question::Status => Ok(self.status(account, now)),
            Question::Today => value(self.today(account, now)),
            Question::Scope => value(self.proof(account, now)),
            Question::Order => Ok(Value::String(self.reading_page(account))),
            Question::Explain(said) => self.explain(account, said, now)?.map(Value::from),
        };
        // The person may have closed the window.
        let _ = ask.reply.send(reply);
        Ok(())
    }

    /// May this account see what is held of itself, or of all?
    pub(super) fn may_see(&self, account: Option<&str>) -> bool {
        account.is_some_and(|account| account == ROOT || self.scope.is_monitored(account))
    }

    /// Records what the person says about records of their own. The answer comes after the commit.
    fn explain(
        &mut self,
        account: Option<&str>,
        said: Explained,
        now: &Moment,
    ) -> Result<Result<u64, String>, WriteError> {
        let Some(account) = account.filter(|account| self.scope.is_monitored(account)) else {
            return Ok(Err(
                "only an account that is monitored can explain what was recorded of it".into(),
            ));
        };
        if self.stopped {
            return Ok(Err(
                "the agent is about to end; try again when it runs".into()
            ));
        }
        let full = "nothing can be written on this computer now, so this is not recorded; try \
                    again later, or tell your offender manager";
        let allowed = (|| {
            for &seq in said.seqs() {
                if self.journal.account_of(seq)?.as_deref() != Some(account) {
                    return Ok(Err(not_yours(seq)));
                }
            }
            if self.journal.explained(account, now.at)? >= MAX_A_DAY {
                return Ok(Err(format!(
                    "{MAX_A_DAY} explanations of the last 24 hours are recorded, and more are not \
                     taken; try again tomorrow, or ask your offender manager"
                )));
            }
            Ok(match self.journal.full(now.at)? {
                Some(_) => Err(full.to_owned()),
                None => Ok(()),
            })
        })();
        match allowed {
            Ok(Ok(())) => {}
            Ok(Err(sentence)) => return Ok(Err(sentence)),
            Err(error) => {
                self.failed(error, false, now)?;
                return Ok(Err(full.into()));
            }
        }
        let written = self.journal.transact_judged(&self.book, |writer| {
            let seq = writer.explain(account, said.into_fact(), now)?;
            // It goes out with the next report: at once.
            writer.close(now)?;
            Ok(seq)
        });
        match written {
            Ok(durable) => {
                self.tell(Vec::new());
                Ok(Ok(durable.into_value()))
            }
            Err(error) => {
                self.failed(error, false, now)?;
                Ok(Err(full.into()))
            }
        }
    }

    /// The reading page of the order that is here, as a part of an HTML page; empty: there is none.
    fn reading_page(&self, account: Option<&str>) -> String {
        let judge = self.book.current().filter(|_| self.may_see(account));
        judge.map_or_else(String::new, |judge| {
            page::html_fragment(judge.order(), 0, &mut |_| None)
        })
    }

    fn today(&self, account: Option<&str>, now: &Moment) -> Result<Today, WriteError> {
        let (on, why) = self.state(now.at);
        let may_see = self.may_see(account);
        let notice = self.book.current().map(|judge| judge.order().notice());
        let of_order = notice.and_then(|notice| notice.contact.clone());
        Ok(Today {
            format: today::FORMAT.to_owned(),
            on,
            why,
            account: account.map(str::to_owned),
            monitored: account.is_some_and(|account| self.scope.is_monitored(account)),
            contact: of_order
                .or_else(|| self.contact.clone())
                .filter(|_| may_see),
            complaints: notice
                .and_then(|notice| notice.complaints.clone())
                .filter(|_| may_see),
            day: if may_see {
                Some(self.day(account, now)?)
            } else {
                None
            },
        })
    }

    fn day(&self, asks: Option<&str>, now: &Moment) -> Result<Day, WriteError> {
        // Whoever administers the computer sees what is held of everybody.
        let account = asks.filter(|account| *account != ROOT);
        let judge = self.book.current().map(AsRef::as_ref);
        let order = judge.map(Judge::order);
        let zone = order.map_or(TimeZone::UTC, |order| order.zone().clone());
        let midnight = midnight(now.at, &zone);
        let counts = self.journal.since(account, midnight)?;
        let kept = self.journal.last(account, READ)?;
        let of_today: Vec<&Shown> = kept
            .iter()
            .filter(|shown| shown.record.at >= midnight)
            .collect();
        let records: Vec<Line> = of_today
            .iter()
            .filter_map(|shown| line(shown, &zone))
            .take(RECORDS)
            .collect();
        let explanations = self.said(account, &zone)?;
        let mut findings = Vec::new();
        for shown in self.journal.found(account, SHOWN)? {
            findings.extend(found(&shown, order, &zone, &explanations));
        }
        let in_all: u64 = counts.recorded.values().sum();
        let explained = asks.map_or(Ok(0), |account| self.journal.explained(account, now.at))?;
        Ok(Day {
            date: day_of(now.at, &zone),
            zone: order.map_or("UTC", Order::timezone).to_owned(),
            order: order.map(show::shown),
            more: u64::try_from(records.len()).unwrap_or(u64::MAX) < in_all,
            recorded: counts
                .recorded
                .iter()
                .map(|(kind, count)| Recorded {
                    kind: kind.clone(),
                    count: *count,
                    last: of_today
                        .iter()
                        .find(|shown| shown.record.kind().as_str() == kind)
                        .map(|shown| hour_of(shown.record.at, &zone)),
                })
                .collect(),
            records,
            findings,
            not_kept: not_kept(&counts),
            explanations,
            explanations_left: MAX_A_DAY.saturating_sub(explained),
        })
    }

    fn said(&self, account: Option<&str>, zone: &TimeZone) -> Result<Vec<Said>, WriteError> {
        let said = self.journal.said(account, SHOWN)?;
        Ok(said
            .into_iter()
            .map(|(record, said)| Said {
                seq: record.seq,
                at: show::time(record.at, zone),
                about: said.seqs,
                text: said.text,
                accident: said.accident == Some(true),
            })
            .collect())
    }

    /// What was counted and not kept since midnight in the order's zone.
    pub(super) fn dropped(&self, now: &Moment) -> Result<Vec<NotKept>, WriteError> {
        let order = self.book.current().map(|judge| judge.order());
        let zone = order.map_or(TimeZone::UTC, |order| order.zone().clone());
        Ok(not_kept(
            &self.journal.since(None, midnight(now.at, &zone))?,
        ))
    }
}

/// As JSON; what went wrong is for the log, not for whoever asks.
fn value<T: serde::Serialize>(made: Result<T, WriteError>) -> Reply {
    let made = made.map_err(|error| {
        tracing::error!(%error, "the journal cannot be read for the person");
        UNREADABLE.to_owned()
    })?;
    // Strings and numbers under strings: there is nothing that cannot be written.
    serde_json::to_value(made).map_err(|_| UNREADABLE.to_owned())
}

fn not_yours(seq: u64) -> String {
    format!(
        "record {seq} is not one of yours that this computer still holds: it holds the newest of \
         them; leave the number out and say in words what you mean"
    )
}

fn not_kept(counts: &Counts) -> Vec<NotKept> {
    let counters = &counts.counters;
    let uncovered = counters.uncovered.iter().map(|(kind, count)| NotKept {
        count: *count,
        why: Why::Uncovered { kind: kind.clone() },
    });
    let exempt = counters.suppressed.iter().map(|(id, count)| NotKept {
        count: *count,
        why: Why::Exempt { id: id.clone() },
    });
    let unsure = counters.cannot_tell.iter().map(|(rule, count)| NotKept {
        count: *count,
        why: Why::CannotTell { rule: rule.clone() },
    });
    uncovered.chain(exempt).chain(unsure).collect()
}

fn line(shown: &Shown, zone: &TimeZone) -> Option<Line> {
    let record = &shown.record;
    Some(Line {
        seq: record.seq,
        at: show::time(record.at, zone),
        account: record.account.clone(),
        what: show::what(record)?,
        clauses: record.clauses.clone(),
    })
}

/// `None`: nobody is told of what these rules find.
fn found(
    shown: &Shown,
    order: Option<&Order>,
    zone: &TimeZone,
    explanations: &[Said],
) -> Option<Found> {
    let record = line(shown, zone)?;
    let rule = |id: &String| order?.rules().iter().find(|rule| rule.id == *id);
    let told: Vec<&String> = shown
        .rules
        .iter()
        .filter(|id| rule(id).is_none_or(|rule| rule.severity > Severity::Log))
        .collect();
    if told.is_empty() {
        return None;
    }
    let mut clauses: Vec<String> = told
        .iter()
        .filter_map(|id| rule(id))
        .map(|rule| rule.clause.clone())
        .collect();
    clauses.dedup();
    if clauses.is_empty() {
        clauses.clone_from(&record.clauses);
    }
    Some(Found {
        possible_breach: told
            .iter()
            .any(|id| rule(id).is_none_or(|rule| rule.severity > Severity::Review)),
        rules: told
            .iter()
            .map(|id| order.map_or_else(|| show::unknown(id), |order| show::rule_shown(order, id)))
            .collect::<Vec<RuleShown>>(),
        said: explanations
            .iter()
            .filter(|said| said.about.contains(&record.seq))
            .cloned()
            .collect(),
        clauses,
        record,
    })
}

/// When the day began that it is now in that zone.
pub(super) fn midnight(now: UnixMs, zone: &TimeZone) -> UnixMs {
    let begun = || {
        let day = zone.to_datetime(now.timestamp()?).date();
        let start = zone.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        Some(UnixMs(start.as_millisecond()))
    };
    begun().unwrap_or(now)
}

fn day_of(at: UnixMs, zone: &TimeZone) -> String {
    formatted(at, zone, "%A %-d %B %Y")
}

fn hour_of(at: UnixMs, zone: &TimeZone) -> String {
    formatted(at, zone, "%H:%M")
}

fn formatted(at: UnixMs, zone: &TimeZone, format: &str) -> String {
    at.timestamp().map_or_else(
        || at.to_string(),
        |at| zone.to_datetime(at).strftime(format).to_string(),
    )
}
