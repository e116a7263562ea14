//! One case: what lies in it, repeats in one line; the alert that stands for it in full; what people said; and
//! everything that can be done about it.
//!
//! Promises: whoever decides the case decides what the page showed, or is told that it changed. What cleared by
//! itself says so and waits all the same.

mod exhibits;
mod file;
mod told;

use std::sync::Arc;

use axum::extract::{Path, State};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock;
use crate::store::cases::{self, CaseFile, CaseKind, Repeat, Stage};
use crate::store::conditions::Condition;
use crate::store::escalations::{self, Told};
use crate::store::exhibits::Exhibit;
use crate::store::people::{self, Person};
use crate::store::rulings::{self, Shown};
use crate::store::snoozes::{self, Snooze};
use crate::store::{Hash, Read, SqlError, StoreError, Tx, sealed, sight, staff};

use super::Site;
use super::access::Right;
use super::case::{self, Case};
use super::decide;
use super::fault::Fault;
use super::gate::Signed;
use super::govuk::{Errors, button, hidden};
use super::layout::{self, Page};
use super::queue::snooze::{self, Aside};
use super::queue::{self, Line};
use super::{audit, export, unreadable, words, zones};

pub(super) use exhibits::{Typed, add as add_exhibit};

pub(super) const MISSING: Fault = Fault::Missing(
    "there is no case with this id; it may belong to another collector, so check the address",
);

/// Lines of repeats on the page.
const REPEATS: u64 = 50;

/// What somebody typed into one of the page's forms.
#[derive(Default)]
pub(super) struct Draft {
    decision: decide::Draft,
    answer: (decide::Answer, Errors),
    aside: (Aside, Errors),
    exhibit: (Typed, Errors),
}

impl Draft {
    pub(super) fn decision(decision: decide::Draft) -> Self {
        Self {
            decision,
            ..Self::default()
        }
    }

    pub(super) fn answer(typed: decide::Answer, errors: Errors) -> Self {
        Self {
            answer: (typed, errors),
            ..Self::default()
        }
    }

    pub(super) fn aside(typed: Aside, errors: Errors) -> Self {
        Self {
            aside: (typed, errors),
            ..Self::default()
        }
    }

    pub(super) fn exhibit(typed: Typed, errors: Errors) -> Self {
        Self {
            exhibit: (typed, errors),
            ..Self::default()
        }
    }
}

/// Everything the page shows, from one snapshot.
struct Gathered {
    line: Line,
    person: Option<Person>,
    officer: Option<String>,
    /// Each with the zones of its devices at the first and at the last of them.
    repeats: Vec<(Repeat, zones::Ends)>,
    conditions: Vec<Condition>,
    /// In which zones their computers showed times.
    zones: zones::Devices,
    incidents: Vec<(i64, String)>,
    lead: Option<Case>,
    /// Their key is missing, so nothing of what lies in it can be read.
    unreadable: bool,
    said: Vec<Shown>,
    seen: Hash,
    snoozes: Vec<(Snooze, String)>,
    exhibits: Vec<(Exhibit, String)>,
    told: Vec<Told>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    page(&site, &signed, &id, Draft::default()).await
}

/// The case in an address is of somebody whom they see; that it was asked for otherwise is entered.
pub(super) async fn check(site: &Site, signed: &Signed, id: &str) -> Result<(), Fault> {
    let name = id.to_owned();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(cases::get(read, &name)?))
        .await?;
    site.in_sight(signed, &found.ok_or(MISSING)?.person).await
}

/// The case in an address, of somebody whom they see: asked inside the transaction that changes it. Nothing is
/// changed of what cannot be read.
pub(super) fn of_theirs(tx: &Tx<'_>, id: &str, staff: &str, now: i64) -> Result<CaseFile, Fault> {
    let case = cases::get(tx, id)?.ok_or(MISSING)?;
    sight::why(tx, staff, &case.person, now)?.ok_or(Fault::Sight)?;
    must_be_readable(tx, &case)?;
    Ok(case)
}

/// Refuses a case of which nothing can be read, because the key of whom it is about is missing.
pub(super) fn must_be_readable(read: &Read<'_>, case: &CaseFile) -> Result<(), SqlError> {
    match case.kind {
        CaseKind::Finding => sealed::must_be_readable(read, &case.person),
        CaseKind::Condition | CaseKind::Incident => Ok(()),
    }
}

/// The page, with what somebody typed.
pub(super) async fn page(
    site: &Site,
    signed: &Signed,
    id: &str,
    draft: Draft,
) -> Result<Markup, Fault> {
    let name = id.to_owned();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &name)?))
        .await?;
    let all = found.ok_or(MISSING)?;
    let case = &all.line.case;
    let whose = case.person.clone();
    site.in_sight(signed, &whose).await?;
    site.looks(signed, audit::SAW_CASE, Some(&whose), &case.id)
        .await?;
    let text = match &all.lead {
        None => None,
        Some(lead) => site.texts.get(lead.finding.order).await?,
    };
    let zone = &signed.zone;
    let days = text.as_ref().map_or(&site.zone, |text| &text.zone);
    let now = clock::now();
    let person = all.person.as_ref();
    let person = person.map_or(words::NOBODY, |one| &one.name);
    let earlier = match &all.lead {
        None => html! {},
        Some(lead) => lead.earlier(site, text.as_deref()).await?,
    };
    let (errors, aside) = (&draft.decision.errors, &draft.aside);
    let body = html! {
        p.crumbs {
            a href="/alerts" { "Queue" } " · " a href={ "/person/" (whose) } { (person) }
            " · case " code { (short(&case.id)) }
        }
        (errors.summary())
        (draft.answer.1.summary())
        (aside.1.summary())
        (draft.exhibit.1.summary())
        h1 { (queue::label(case)) }
        @if all.unreadable { p.fault { (unreadable::OF_ONE) } }
        div #state data-live { (all.standing(site, (zone, now))) }
        (file::inside(site, &all, (zone, days)).await?)
        @if let Some(lead) = &all.lead {
            @if case.total > 1 {
                p.note {
                    "What follows is the alert that weighs most in this case. Each of the others has a page of its \
                     own."
                }
            }
            (lead.record(text.as_deref(), (zone, days)))
        }
        (earlier)
        (all.decision(site, signed, &draft, zone))
        @if Right::Decide.of(signed.role) {
            @let signed = (!all.unreadable).then_some(signed);
            (snooze::section(site, signed, case, &all.snoozes, (&aside.0, &aside.1), (zone, now)))
            (exhibits::section(signed, case, &all.exhibits, &draft.exhibit, zone))
        }
        @if Right::Export.of(signed.role) {
            @let span = [case.span.0, case.span.1].map(|at| words::date(at, days));
            (export::form_of_days(site, signed, &whose, days, (span[0], span[1])))
        }
        (told::section(site, &all.told, zone))
    };
    let (whose, title) = (whose.to_string(), format!("Case {}", short(&case.id)));
    let at = format!("/case/{}", case.id);
    let about = Page {
        title: &title,
        person: Some(&whose),
        live: true,
        at: Some(&at),
        here: "",
    };
    Ok(layout::page(signed, &about, &body))
}

fn gather(read: &Read<'_>, id: &str) -> Result<Option<Gathered>, SqlError> {
    let Some(found) = cases::get(read, id)? else {
        return Ok(None);
    };
    let lead = match found.lead {
        None => None,
        Some(lead) => match case::gather(read, lead) {
            Err(SqlError::Vault(_)) => None,
            lead => lead?,
        },
    };
    let officer = match sight::officer(read, &found.person)? {
        None => None,
        Some(officer) => staff::by_id(read, &officer)?.map(|one| one.name),
    };
    let conditions = cases::conditions(read, id, REPEATS)?;
    let repeats = cases::repeats(read, id, REPEATS + 1, 0)?;
    let repeats = repeats.into_iter().map(|repeat| {
        let ends = zones::ends(read, (id, &found.person), repeat.span)?;
        Ok::<_, SqlError>((repeat, ends))
    });
    Ok(Some(Gathered {
        zones: zones::Devices::of(read, conditions.iter().map(|one| one.device))?,
        conditions,
        person: people::get(read, &found.person)?,
        officer,
        unreadable: found.kind == CaseKind::Finding && sealed::is_unreadable(read, &found.person)?,
        repeats: repeats.collect::<Result<_, _>>()?,
        incidents: cases::incidents(read, id, REPEATS)?,
        lead,
        said: rulings::of_case(read, id)?,
        seen: cases::seen_digest(read, &found)?,
        snoozes: snoozes::of_case(read, id)?,
        exhibits: crate::store::exhibits::of_case(read, id)?,
        told: escalations::of_case(read, id)?,
        line: Line::gather(read, found)?,
    }))
}

impl Gathered {
    /// Where it stands, in a sentence or two.
    fn standing(&self, site: &Site, (zone, now): (&TimeZone, i64)) -> Markup {
        let case = &self.line.case;
        html! {
            p.tags {
                (layout::tag(case.rank.as_str(), queue::label(case)))
                @if case.stage == Stage::Waits { (queue::mark(case, now, &site.queue.overdue_hours)) }
            }
            p.summary {
                @match case.stage {
                    Stage::Waits => {
                        @if case.unheeded == 0 { "Somebody is looking into it. " }
                        "Nobody has decided all of it. " a href="#decision" { "Decide" }
                    }
                    Stage::SignOff => "Decided; a supervisor must still agree.",
                    Stage::Done => "Decided.",
                }
                @if case.asleep(now) {
                    " Put aside until " (words::moment(case.snoozed, zone)) "."
                }
            }
            p.quiet {
                @match &self.officer {
                    Some(officer) => { "It is the case of " (officer) "." }
                    None => "It is nobody's case: every manager sees it.",
                }
            }
        }
    }

    fn decision(&self, site: &Site, signed: &Signed, draft: &Draft, zone: &TimeZone) -> Markup {
        let case = &self.line.case;
        let alerts = match (case.kind, case.waits()) {
            (CaseKind::Finding, 0) => case.total,
            (_, waits) => waits,
        };
        let counted = match alerts {
            0 | 1 => "Record".to_owned(),
            many => format!("Record for all {many}"),
        };
        html! {
            section #decision aria-labelledby="decide" {
                h2 #decide { "Decision" }
                div #history data-live { (file::history(&self.said, zone)) }
                @if self.unreadable {
                    p.note { (unreadable::UNDECIDED) }
                } @else {
                    (decide::sign_forms(signed, &case.id, &self.said, &draft.answer))
                    @if Right::Decide.of(signed.role) {
                        form.sheet method="post" action={ "/case/" (case.id) "/decide" } {
                            (hidden("token", &signed.token))
                            // What comes while somebody writes is not decided with it.
                            (hidden("seen", &self.seen.to_string()))
                            @if case.kind == CaseKind::Finding && case.waits() > 1 {
                                p {
                                    "This decides all " (case.waits()) " alerts that wait in this case. To decide one \
                                     of them, open it."
                                }
                            }
                            @if case.kind == CaseKind::Finding && case.waits() == 0 && case.total > 1 {
                                p {
                                    "All " (case.total) " alerts of this case are decided. What you say here takes the \
                                     place of what was said of each. To decide one of them anew, open it."
                                }
                            }
                            (decide::fields(site, case.state(), &draft.decision))
                            (button(&counted))
                        }
                    }
                }
            }
        }
    }
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
