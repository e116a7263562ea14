//! What others say about a person: graded, shown beside the records, and kept apart from evidence.
//!
//! Promises: each report shows its grading and how it may be handled wherever it is shown. A report is never
//! changed; who knows better enters another.
//!
//! Refuses: to stand in a bundle, in a finding, or in the count of anything.

mod grade;
mod import;
mod lines;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::StoreError;
use crate::store::intelligence::{self, Origin, Report};

use super::Site;
use super::access::Right;
use super::fault::Fault;
use super::fields::{self, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::head::{Tab, Whose};
use super::layout::{self, PER_PAGE};
use super::{audit, decide, govuk, keep, words};

pub(super) use import::{LIMIT, preview, take};

/// Most letters of a report.
const LONGEST: usize = 4_000;

const TEXT: Label<'_> = Label {
    name: "text",
    says: "What was said",
    hint: "Leave out what would give a confidential source away.",
};

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// A new report.
#[derive(Deserialize)]
pub(super) struct New {
    token: String,
    once: String,
    #[serde(default)]
    origin: String,
    day: String,
    time: String,
    #[serde(default)]
    asked_in: String,
    text: String,
    source: String,
    assessment: String,
    handling: String,
    conditions: String,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let whose = site
        .whose(&signed, &id, audit::SAW_INTELLIGENCE, "")
        .await?;
    page(
        &site,
        &signed,
        &whose,
        &empty(&whose),
        &import::empty(),
        wanted.page,
    )
    .await
}

/// Adds a report.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<New>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let origin = filled.one_of::<Origin>("origin", &sent.origin, "Choose who told us.");
    filled.asked_in(&sent.asked_in, &signed.zone);
    let happened = filled.moment(
        (&sent.day, "Say of which day it is."),
        &sent.time,
        &signed.zone,
        "This is still to come.",
    );
    let text = filled.words(TEXT, &sent.text, LONGEST, Some("Write what was said."));
    let typed = grade::Typed {
        source: &sent.source,
        assessment: &sent.assessment,
        handling: &sent.handling,
        conditions: &sent.conditions,
    };
    let grade = grade::taken(&mut filled, &typed);
    if let (Some(origin), Some(happened), Some(grade), true) =
        (origin, happened, grade, filled.is_good())
    {
        let report = Report {
            id: once,
            person: whose.id.clone(),
            origin,
            grade,
            happened,
            text,
            line: None,
            staff: signed.staff.clone(),
            at: clock::now(),
            staff_name: String::new(),
        };
        let to = format!("{}#report-{}", whose.at(Tab::Intelligence), report.id);
        let kept = site
            .keep(&signed, &whose, audit::REPORTED, move |tx, _| {
                let there = intelligence::get(tx, &report.id)?.map(|there| Report {
                    at: report.at,
                    staff_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &report)? {
                    return Ok(None);
                }
                intelligence::add(tx, &report)?;
                Ok(Some(format!("{} {}", report.grade, report.id)))
            })
            .await;
        if filled.was_taken(kept, ("text", keep::USED))? {
            return Ok(decide::to(&to));
        }
    }
    let page = page(&site, &signed, &whose, &filled, &import::empty(), None).await?;
    Ok(keep::again(page))
}

fn empty(whose: &Whose) -> Filled {
    let mut filled = Filled::default();
    filled.typed("day", &whose.today.to_string());
    filled
}

async fn page(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    filled: &Filled,
    import: &Filled,
    page: Option<u64>,
) -> Result<Markup, Fault> {
    let (page, skip) = layout::skip(page);
    let id = whose.id.clone();
    let mut all = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>(intelligence::of_person(read, &id, PER_PAGE + 1, skip)?)
        })
        .await?;
    let more = all.len() as u64 > PER_PAGE;
    all.truncate(PER_PAGE as usize);
    let path = whose.at(Tab::Intelligence);
    let body = html! {
        (filled.summary())
        (import.summary())
        h1 { "Intelligence from outside" }
        p { (APART) }
        section aria-labelledby="all" {
            h2 #all { "Reports" }
            @if all.is_empty() { p.empty { "Nobody has entered anything yet." } }
            ol.rows {
                @for report in &all { li id={ "report-" (report.id) } { (one(&signed.zone, report)) } }
            }
            (layout::pager(&path, "", page, more))
        }
        section aria-labelledby="new" {
            h2 #new { "Enter a report" }
            (form(signed, &path, filled)?)
        }
        (import::form(signed, whose, import))
    };
    Ok(whose.page(signed, Tab::Intelligence, "Intelligence", &body))
}

const APART: &str = "What others say is not evidence. It is graded, shown beside the records of its time, \
     and never part of an evidence bundle.";

fn one(zone: &TimeZone, report: &Report) -> Markup {
    html! {
        p { b { (grade::origin(report.origin)) } ", of " (words::moment(report.happened, zone)) }
        (grade::show(&report.grade))
        p.reason dir="auto" { (report.text) }
        p.quiet {
            "Entered by " (report.staff_name) ", " (words::moment(report.at, zone))
            @if report.line.is_some() { ", from a file" }
            "."
        }
    }
}

fn form(signed: &Signed, path: &str, filled: &Filled) -> Result<Markup, Fault> {
    let origins = Origin::ALL
        .iter()
        .map(|one| (one.as_str(), grade::origin(*one)));
    Ok(html! {
        form.sheet method="post" action=(path) {
            (govuk::hidden("token", &signed.token))
            (fields::once()?)
            (filled.radios(label("origin", "Who told us?"), origins))
            (filled.other(label("day", "Of which day"), "date"))
            (filled.other(Label { name: "time", says: "At what time", hint: &fields::in_the_time_of(&signed.zone) }, "time"))
            (fields::zone(&signed.zone))
            (filled.area(TEXT, LONGEST))
            (grade::fields(filled))
            (govuk::button("Enter the report"))
        }
    })
}

/// Reports of a time, for pages that show them beside records; nothing for whom they are not for.
pub(super) async fn beside(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    span: (i64, i64),
) -> Result<Markup, Fault> {
    if !Right::Manage.of(signed.role) {
        return Ok(html! {});
    }
    let id = whose.id.clone();
    let all = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>(intelligence::of_time(read, &id, span, PER_PAGE + 1)?)
        })
        .await?;
    Ok(html! {
        @if !all.is_empty() {
            section aria-labelledby="intelligence" {
                h2 #intelligence { "Intelligence from outside" }
                p.quiet { (APART) }
                ol.rows {
                    @for report in all.iter().take(PER_PAGE as usize) { li { (one(&signed.zone, report)) } }
                }
                @if all.len() as u64 > PER_PAGE {
                    p.quiet {
                        "There is more of this time. "
                        a href=(whose.at(Tab::Intelligence)) { "Read all" }
                    }
                }
            }
        }
    })
}
