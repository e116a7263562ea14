//! What a draft would have found in the past, beside what the order in force finds.
//!
//! Promises: it runs apart from the pages, one at a time, and the page says how far it is. What came of it is
//! kept in memory alone, shown to whoever sees the person, and gone when the collector stops.
//!
//! Refuses: to make findings of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_rules::replay::{Change, Example, RuleChange, Tally};
use serde::Deserialize;

use crate::clock;
use crate::store::Hash;

use super::super::fault::{self, Fault};
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Input};
use super::super::layout::{self, Page};
use super::super::{Site, audit, words, zones};
use super::checked::Checked;
use super::draft::{Case, Typed};
use super::jobs::{self, Job, Jobs};
use super::run::{self, Bounds, Outcome};
use super::{save, to};

/// The most days.
const DAYS: i64 = 366;

/// Days if nobody says otherwise.
const USUAL: i64 = 30;

const DAY: i64 = 24 * 60 * 60_000;

/// Those of drafts, by the draft.
pub(super) type Replays = Jobs<Days, Result<Outcome, String>>;

/// What is tried.
pub(super) struct Days {
    /// Which version of the draft.
    sha256: Hash,
    /// The last so many.
    days: i64,
}

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    days: String,
}

/// Begins one.
pub(in crate::web) async fn start(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let case = site.draft(&signed, &id).await?;
    let amiss = async |sentence: &str| {
        let typed = Typed {
            days: form.days.clone(),
            ..Typed::wrong("days", sentence)
        };
        save::again(&site, &signed, &case, typed).await
    };
    let days: Option<i64> = form.days.trim().parse().ok();
    let Some(days) = days.filter(|days| (1..=DAYS).contains(days)) else {
        return amiss("write a number of days from 1 to 366").await;
    };
    let checked = site.checked(&case.latest.bytes).await?;
    if checked.judge.is_none() {
        return amiss("an order with faults finds nothing; mend it first").await;
    }
    launch(&site, &signed, &id, (case, checked), days).await
}

/// Begins one for a draft that was begun just now, of the usual time; one with faults is shown instead.
pub(in crate::web) async fn at_once(
    site: &Arc<Site>,
    signed: &Signed,
    id: &str,
) -> Result<Response, Fault> {
    let case = site.draft(signed, id).await?;
    let checked = site.checked(&case.latest.bytes).await?;
    if checked.judge.is_none() {
        return Ok(to(&format!("/draft/{id}")));
    }
    launch(site, signed, id, (case, checked), USUAL).await
}

async fn launch(
    site: &Arc<Site>,
    signed: &Signed,
    id: &str,
    (case, checked): (Case, Arc<Checked>),
    days: i64,
) -> Result<Response, Fault> {
    let now = clock::now();
    let on = format!("{id} version {}, {days} days", case.latest.number);
    site.looks(signed, audit::REPLAYED, Some(&case.person.id), &on)
        .await?;
    let wanted = Days {
        sha256: case.latest.sha256,
        days,
    };
    let (job, is_new) = site.drafts.replays.begin(id, wanted, now);
    if is_new {
        tokio::spawn(run_it(Arc::clone(site), Arc::clone(&job), case, checked));
    }
    job.wait_a_little().await;
    Ok(to(&format!("/draft/{id}/replay")))
}

async fn run_it(
    site: Arc<Site>,
    job: Arc<Job<Days, Result<Outcome, String>>>,
    case: Case,
    checked: Arc<Checked>,
) {
    let _over = job.over();
    let turn = Arc::clone(&site.drafts.judging).acquire_owned().await;
    let own = Arc::clone(&job);
    let ran = super::apart(move || {
        let _turn = turn;
        let Some(judge) = &checked.judge else {
            return Err("the draft has faults".to_owned());
        };
        let span = (
            &case.person.id,
            own.asked
                .saturating_sub(own.wanted.days.saturating_mul(DAY)),
            own.asked.saturating_add(DAY),
        );
        let bounds = Bounds::default();
        let old = run::in_force(&site, case.current.as_ref())?;
        run::run(&site, judge, old, span, (bounds, &own.progress))
    });
    let outcome = ran.await.unwrap_or_else(|why| Err(why.to_string()));
    job.comes_to(outcome);
}

/// What came of it, or how far it is.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let case = site.draft(&signed, &id).await?;
    site.looks(&signed, audit::SAW_REPLAY, Some(&case.person.id), &id)
        .await?;
    let job = site.drafts.replays.of(&id);
    let running = job.as_ref().is_some_and(|job| job.is_running());
    let body = html! {
        p.crumbs { a href={ "/draft/" (id) } { "The draft" } }
        h1 { "The draft tried on the past of " (case.person.name) }
        @match &job {
            None => p.empty {
                "Nothing is remembered: try the draft on the past from its page. What comes of it is kept \
                 only while the collector runs."
            },
            Some(job) => {
                p {
                    "The last " (words::counted(job.wanted.days, "day")) ", asked for "
                    (words::moment(job.asked, &signed.zone)) "."
                    @if job.wanted.sha256 != case.latest.sha256 {
                        " " b { "This was an earlier version of the draft: try the latest one again." }
                    }
                }
                @match job.came() {
                    None if running => (jobs::standing(&job.progress, "")),
                    None => p.fault { "It ended badly: try again." },
                    Some(Err(why)) => p.fault { (fault::sentence(why)) },
                    Some(Ok(outcome)) => (result((&signed.zone, &site.zone), &case, outcome)),
                }
            }
        }
    };
    let about = Page {
        title: &format!("The past of {}", case.person.name),
        here: "/orders",
        person: Some(case.person.id.as_str()),
        ..Page::default()
    };
    Ok(jobs::page(layout::page(&signed, &about, &body), running))
}

fn result(zones: (&TimeZone, &TimeZone), case: &Case, outcome: &Outcome) -> Markup {
    let found = &outcome.found;
    let changed = found.rules.iter().filter(|rule| rule.differs()).count();
    html! {
        p {
            (words::counted(i128::from(found.records), "record")) " of "
            (words::counted(outcome.logs.len() as i128, "log")) ", judged as if "
            @match &outcome.against {
                Ok(against) => { "each order had been in force throughout. Before: " (against) ". After: this draft." }
                Err(why) => { "this draft had been in force throughout. There is nothing to compare it with: " (why) "." }
            }
            " Nothing of this is a finding."
        }
        @if outcome.cut { p.note { "There are more records than are judged at once: choose fewer days to see all of them." } }
        (run::erased_words(outcome.erased))
        @for sentence in outcome.unreadable.iter().take(5) { p.fault { (sentence) } }
        @if outcome.unreadable.len() > 5 { p.fault { (outcome.unreadable.len() - 5) " more reports cannot be read." } }
        div.pv-scroll tabindex="0" {
            table.govuk-table {
                caption {
                    @match changed {
                        0 => "Findings by rule. Nothing would change.",
                        _ => { "Findings by rule. They would change in " (words::counted(changed as i128, "rule")) "." }
                    }
                }
                thead { tr {
                    th scope="col" { "Rule" } th scope="col" { "Order in force" } th scope="col" { "Draft" }
                    th scope="col" { "Added" } th scope="col" { "Dropped" } th scope="col" { "Cannot tell" }
                } }
                tbody { @for rule in &found.rules { (line(rule)) } }
            }
        }
        @for rule in found.rules.iter().filter(|rule| !rule.examples.is_empty()) {
            h2 { "Rule " (rule.rule) }
            ul.rows { @for one in &rule.examples { li { (example(zones, case, outcome, one)) } } }
        }
        @if !found.uncovered.is_empty() {
            h2 { "What nobody can say" }
            p {
                "What no clause covered was never kept, so a wider rule may find more than shows here:"
                @for (kind, count) in &found.uncovered { " " (count) " of the kind " (kind) ";" }
                " not kept."
            }
        }
    }
}

fn line(rule: &RuleChange) -> Markup {
    let found = |tally: Option<Tally>| match tally {
        None => "no such rule".to_owned(),
        Some(tally) => format!("{} ({})", tally.found, tally.severity.as_str()),
    };
    let unsure = |tally: Option<Tally>| tally.map_or(0, |tally| tally.cannot_tell);
    html! {
        tr {
            th scope="row" { (rule.rule) " " span.quiet { "clause " (rule.clause) } }
            td { (found(rule.before)) }
            td { (found(rule.after)) }
            td { (rule.added) }
            td { (rule.dropped) }
            td { (unsure(rule.before)) " before, " (unsure(rule.after)) " after" }
        }
    }
}

fn example(
    (zone, days): (&TimeZone, &TimeZone),
    case: &Case,
    outcome: &Outcome,
    one: &Example,
) -> Markup {
    let log = outcome.logs.get(one.log);
    let host = log.map_or("", |(host, _)| host);
    let own = log.and_then(|(_, zones)| zones.at(one.seq));
    html! {
        b {
            @match one.change {
                Change::Added => "Only the draft flags it",
                Change::Dropped => "Only the order in force flags it",
                Change::CannotTell(_) => "The draft cannot tell",
            }
        }
        ": "
        @match one.change {
            Change::CannotTell(why) => (why),
            Change::Added | Change::Dropped => {
                @for (at, part) in one.matched.iter().enumerate() {
                    @if at > 0 { ", " }
                    (part.field) " " span.address { (part.text) }
                }
            }
        }
        p.quiet {
            a href={ "/person/" (case.person.id) "/day?day=" (words::date(one.at.0, days)) } {
                "Record " (one.seq) " of " (host)
            }
            ", " (one.kind) ", " (words::moment(one.at.0, zone))
            (zones::by_its_clock(one.at.0, zone, own.as_deref()))
        }
    }
}

/// The part of the draft's page.
pub(super) fn form(
    site: &Site,
    signed: &Signed,
    case: &Case,
    checked: &Checked,
    typed: &Typed,
) -> Markup {
    let path = format!("/draft/{}/replay", case.draft.id);
    let usual = USUAL.to_string();
    let days = Some(typed.days.as_str()).filter(|days| !days.is_empty());
    let known = site.drafts.replays.of(&case.draft.id).is_some();
    html! {
        section aria-labelledby="replay" {
            h2 #replay { "Try it on this person's past" }
            @if checked.judge.is_none() {
                p.empty { "It can be tried once no fault is found." }
            } @else {
                form.sheet method="post" action=(path) {
                    input type="hidden" name="token" value=(signed.token);
                    (Input {
                        id: "days", label: "Days before today (1 to 366)", value: days.unwrap_or(&usual), width: Some(4),
                        inputmode: Some("numeric"), required: true, error: typed.errors.of("days"), ..Input::default()
                    })
                    (govuk::secondary("Try the draft on them"))
                }
                @if known { p { a href=(path) { "What came of it last" } } }
            }
        }
    }
}
