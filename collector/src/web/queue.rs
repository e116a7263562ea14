//! The queue: every case that waits for a person, of everybody whom the reader sees.
//!
//! Promises: worst first, then longest waiting, with how long in words and as a mark; a case leaves it by a
//! decision alone. What is put aside stands in a part of its own until it comes back by itself, and a supervisor
//! finds it in its place all the same. Decisions that wait for a supervisor stand in a part of their own, to which a
//! line at the top leads; requests to erase that wait for the reader are said there too.

mod age;
mod line;
pub(super) mod snooze;

use std::sync::Arc;

use axum::extract::{Query, State};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::cases::{self, CaseFile, Counts};
use crate::store::people;
use crate::store::rulings::{self, Shown};
use crate::store::staff::Role;
use crate::store::{PersonId, Read, SqlError, StoreError};

use super::Site;
use super::access::Right;
use super::decide::Verdict;
use super::fault::Fault;
use super::gate::Signed;
use super::layout::{self, PER_PAGE, Page};
use super::{audit, erasures, words};

pub(super) use age::mark;
pub(super) use line::{Line, label};

/// Cases on the overview.
const FIRST: u64 = 10;

/// Cases that are put aside, and decisions that wait for a supervisor, on one page.
const ASIDE: u64 = 100;

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// What a page of the queue shows, from one snapshot.
pub(super) struct Queue {
    lines: Vec<Line>,
    more: bool,
    aside: Vec<Line>,
    unsigned: Vec<(Shown, String)>,
    /// Decisions that wait for a supervisor: for the reader, if they are one.
    agree: u64,
    /// Requests to erase that wait for the reader.
    erasures: u64,
    pub(super) counts: Counts,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_ALERTS, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let now = clock::now();
    let by = (signed.staff.clone(), signed.role);
    let queue = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>(gather(read, (&by.0, by.1), now, (PER_PAGE, skip), ASIDE)?)
        })
        .await?;
    let body = html! {
        div #alerts data-live {
            h1 { "Queue" }
            (queue.summary())
            h2 { "Waiting for a decision" }
            @if queue.lines.is_empty() {
                p.empty { "Nothing is waiting on this page." }
            } @else {
                ul.cards { @for line in &queue.lines { (line.show(&site, (&signed.zone, now), true).await?) } }
            }
            (layout::pager("/alerts", "", page, queue.more))
            (queue.rest(&site, (&signed.zone, now)).await?)
        }
    };
    let title = format!("({}) Queue", queue.counts.cases);
    let about = Page {
        title: &title,
        here: "/alerts",
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// The beginning of it, for the overview.
pub(super) fn first(read: &Read<'_>, staff: (&str, Role), now: i64) -> Result<Queue, SqlError> {
    // Of what stands apart it matters only whether there is any.
    gather(read, staff, now, (FIRST, 0), 1)
}

/// One person's cases as lines; `skip` of them lie before.
pub(super) fn of_person(
    read: &Read<'_>,
    person: &PersonId,
    limit: u64,
    skip: u64,
) -> Result<Vec<Line>, SqlError> {
    let cases = cases::of_person(read, person, limit, skip)?;
    cases
        .into_iter()
        .map(|case| Line::gather(read, case))
        .collect()
}

fn gather(
    read: &Read<'_>,
    (staff, role): (&str, Role),
    now: i64,
    (limit, skip): (u64, u64),
    aside: u64,
) -> Result<Queue, SqlError> {
    let lines = |cases: Vec<CaseFile>| -> Result<Vec<Line>, SqlError> {
        cases
            .into_iter()
            .map(|case| Line::gather(read, case))
            .collect()
    };
    // Nothing is hidden from whoever answers for the team.
    let all = role == Role::Supervisor;
    let mut cases = cases::queue(read, (staff, now), all, limit + 1, skip)?;
    let more = cases.len() as u64 > limit;
    cases.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    // They stand on the first page alone.
    let aside = if skip == 0 { aside } else { 0 };
    let mut unsigned = Vec::new();
    for shown in rulings::pending(read, (staff, now), aside)? {
        let case = cases::get(read, &shown.ruling.case)?;
        let person = case
            .map(|case| people::get(read, &case.person))
            .transpose()?;
        let name = person.flatten().map(|person| person.name);
        unsigned.push((shown, name.unwrap_or_else(|| words::NOBODY.to_owned())));
    }
    let (all_pending, of_others) = rulings::count_pending(read, (staff, now))?;
    Ok(Queue {
        lines: lines(cases)?,
        more,
        aside: lines(cases::asleep(read, (staff, now), aside)?)?,
        unsigned,
        agree: if Right::SignOff.of(role) {
            of_others
        } else {
            all_pending
        },
        erasures: erasures::waiting(read, (staff, role), now)?,
        counts: cases::counts(read, (staff, now))?,
    })
}

impl Queue {
    /// How much waits.
    pub(super) fn summary(&self) -> Markup {
        let counts = &self.counts;
        let alerts: u64 = counts.alerts.iter().sum();
        html! {
            p.summary data-open=(counts.cases) {
                @if counts.cases == 0 {
                    "Nothing is waiting for a person. That is not a statement that there was no breach: \
                     look at how long each device was silent."
                } @else {
                    b { (words::counted(counts.cases, "case")) }
                    " of " (people_words(counts.people)) " waiting for a decision"
                    @if alerts > 0 {
                        ", with " b { (words::possible_breaches(alerts)) }
                        @if counts.unheeded < alerts {
                            ", of which somebody is looking into " (alerts - counts.unheeded)
                        }
                    }
                    @if counts.watching > 0 {
                        ". " (words::counted(counts.watching, "case"))
                        (if counts.watching == 1 { " is" } else { " are" })
                        " about watching itself"
                    }
                    "."
                    @if counts.snoozed > 0 { " " (counts.snoozed) " put aside for now." }
                }
            }
            @if self.agree > 0 {
                p.note {
                    a href="/alerts#unsigned" { (words::counted(self.agree, "decision")) }
                    (if self.agree == 1 { " waits" } else { " wait" }) " for a supervisor to agree."
                }
            }
            (erasures::notice(self.erasures))
        }
    }

    /// The first cases, for the overview.
    pub(super) async fn cards(
        &self,
        site: &Site,
        (zone, now): (&TimeZone, i64),
    ) -> Result<Markup, Fault> {
        Ok(html! {
            section aria-labelledby="decide" {
                h2 #decide { "Needs a person" }
                @if self.lines.is_empty() {
                    p.empty { "Nothing needs a person now." }
                } @else {
                    ul.cards { @for line in &self.lines { (line.show(site, (zone, now), true).await?) } }
                }
                @if self.more || !self.aside.is_empty() || !self.unsigned.is_empty() {
                    p { a href="/alerts" { "See the whole queue" } }
                }
            }
        })
    }

    /// What is put aside, and what waits for a supervisor.
    async fn rest(&self, site: &Site, (zone, now): (&TimeZone, i64)) -> Result<Markup, Fault> {
        Ok(html! {
            @if !self.aside.is_empty() {
                section #aside aria-labelledby="put-aside" {
                    h2 #put-aside { "Put aside for a while" }
                    p { "Each comes back by itself." }
                    ul.cards { @for line in &self.aside { (line.show(site, (zone, now), true).await?) } }
                }
            }
            @if !self.unsigned.is_empty() {
                section #unsigned aria-labelledby="to-sign" {
                    h2 #to-sign { "Waits for a supervisor to agree" }
                    ul.rows {
                        @for (shown, name) in &self.unsigned {
                            li {
                                a href={ "/case/" (shown.ruling.case) "#decision" } {
                                    (Verdict::words_of(&shown.ruling.verdict))
                                }
                                " about " bdi { (name) } " "
                                span.quiet {
                                    (shown.staff_name) ", waiting "
                                    (words::waiting_for(shown.ruling.at, now)) "."
                                }
                            }
                        }
                    }
                }
            }
        })
    }
}

pub(super) fn people_words(count: u64) -> String {
    match count {
        1 => "1 person".to_owned(),
        _ => format!("{count} people"),
    }
}
