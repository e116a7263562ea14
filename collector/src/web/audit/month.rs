//! The report of a month: who looked at whom how often, outside of their own cases and why; what was searched,
//! disclosed, erased and refused.
//!
//! Promises: the page and the file say the same; the SHA-256 of the file goes into this collector's own log
//! with the look at the report, so that nobody can swap the file later. Auditors get all, managers and
//! supervisors their own.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::audit::Shown;
use crate::store::audited::{self, Filter, Given, Looked};
use crate::store::sight::Why;
use crate::store::{Hash, StoreError};

use super::super::csv::Csv;
use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::layout::{self, Page};
use super::super::{Site, words};
use super::about::Names;
use super::kind::Kind;
use super::{SAW_MONTH, action, list};

/// Entries of one kind on the page; the file has more.
const SHOWN: usize = 100;

/// Entries of one kind in the file; page and file say where there are more.
const MOST: usize = 100_000;

/// The kinds that are listed entry by entry.
const LISTED: [Kind; 5] = [
    Kind::Searched,
    Kind::Disclosed,
    Kind::Erased,
    Kind::Refused,
    Kind::Changed,
];

/// Which month.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    m: Option<String>,
}

struct Report {
    month: Date,
    looked: Vec<Looked>,
    given: Vec<Given>,
    entries: Vec<Entries>,
    /// How many entries there are in all, and where in the ledger.
    names: Names,
    places: (u64, Option<(i64, i64)>),
    /// Whether the month is not over.
    open: bool,
}

/// Those of one kind, the newest first.
struct Entries {
    kind: Kind,
    rows: Vec<Shown>,
    /// Whether there are older ones than the file has.
    cut: bool,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let report = gather(&site, &signed, &wanted).await?;
    let (digest, place) = anchor(&site, &signed, &report).await?;
    let month = report.month.strftime("%Y-%m").to_string();
    let body = html! {
        (govuk::breadcrumbs(&[("/audit", "Who looked")]))
        h1 { "Who looked: " (report.month.strftime("%B %Y").to_string()) }
        form.inline method="get" action="/audit/month" {
            (govuk::Input { id: "m", label: "Month", kind: "month", value: &month, ..govuk::Input::default() })
            (govuk::secondary("Show"))
        }
        @if report.open { p.note { "This month is not over: the report goes on growing." } }
        (looks(&signed, &report))
        (outside(&signed, &report))
        (given(&signed, &report))
        @for of_kind in &report.entries { (entries(&signed, of_kind, &report.names)) }
        section aria-labelledby="proof" {
            h2 #proof { "The file, and how to check it" }
            p { a href={ "/audit/month.csv?m=" (month) } { "Get all of it as CSV" } }
            (govuk::summary_list(&[
                ("SHA-256 of the file", html! { code { (digest) } }),
                ("In this collector's own log", html! {
                    @match place { Some(place) => { "entry " (place) ", made with this look" } None => "not yet" }
                }),
                ("Entries of the month", html! {
                    (report.places.0)
                    @if let Some((first, last)) = report.places.1 { ", from entry " (first) " to " (last) " of the log" }
                }),
            ]))
            (list::how_to_check())
        }
    };
    let about = Page {
        title: &format!("Who looked, {month}"),
        here: "/audit",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// The file.
pub(in crate::web) async fn csv(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let report = gather(&site, &signed, &wanted).await?;
    anchor(&site, &signed, &report).await?;
    let name = format!("proviso-audit-{}", report.month.strftime("%Y-%m"));
    Ok(report.file().send(&name))
}

/// Enters the look with the digest of the file: the digest, and where in the ledger it stands.
async fn anchor(
    site: &Site,
    signed: &Signed,
    report: &Report,
) -> Result<(Hash, Option<i64>), Fault> {
    let digest = Hash::of(&report.file().bytes());
    let on = format!("{} sha256 {digest}", report.month.strftime("%Y-%m"));
    site.looks(signed, SAW_MONTH, None, &on).await?;
    let staff = signed.staff.clone();
    let place = site
        .store
        .read(move |read| Ok::<_, StoreError>(audited::place(read, &staff, SAW_MONTH, &on)?))
        .await?;
    Ok((digest, place))
}

async fn gather(site: &Site, signed: &Signed, wanted: &Wanted) -> Result<Report, Fault> {
    let now = clock::now();
    let today = words::date(now, &site.zone);
    let month = match wanted.m.as_deref() {
        None | Some("") => today.first_of_month(),
        Some(text) => format!("{text}-01").parse().map_err(|_| {
            Fault::Input("the month is not one; write it as 2026-11, then open it again")
        })?,
    };
    let span = span(month, site).ok_or(Fault::Input(
        "the month is too far away; choose one within a few years",
    ))?;
    let reader = list::reader(signed, now);
    let report = site.store.read(move |read| {
        let known = audited::actions(read)?;
        let mut entries = Vec::new();
        for kind in LISTED {
            let of = known.iter().filter(|action| Kind::of(action) == kind);
            let filter = Filter {
                actions: of.cloned().collect(),
                from: span.0,
                to: span.1,
                ..Filter::default()
            };
            let mut rows = match filter.actions.is_empty() {
                true => Vec::new(),
                false => audited::find(read, &reader, &filter, MOST as u64 + 1, 0)?,
            };
            let cut = rows.len() > MOST;
            rows.truncate(MOST);
            entries.push(Entries { kind, rows, cut });
        }
        Ok::<_, StoreError>(Report {
            month,
            looked: audited::looked(read, &reader, span)?,
            given: audited::given(read, &reader, span)?,
            entries,
            names: Names::read(read)?,
            places: audited::places(read, span)?,
            open: now < span.1,
        })
    });
    Ok(report.await?)
}

fn span(month: Date, site: &Site) -> Option<(i64, i64)> {
    let next = month.last_of_month().tomorrow().ok()?;
    Some((
        words::midnight(month, &site.zone)?,
        words::midnight(next, &site.zone)?,
    ))
}

impl Report {
    /// All of it as one table: what the page shows, and more of it.
    fn file(&self) -> Csv {
        let mut file = Csv::new(&[
            "part", "first", "last", "staff", "action", "person", "count", "why", "reason",
        ]);
        for one in &self.looked {
            let (first, last) = (moment(one.span.0), moment(one.span.1));
            let count = one.count.to_string();
            let why = why(one.why);
            let cells = [
                "looked",
                &first,
                &last,
                &one.staff_name,
                "",
                &one.pseudonym,
                &count,
                why,
                "",
            ];
            file.row(cells);
        }
        for one in &self.given {
            let (since, until) = (moment(one.since), one.until.map(moment).unwrap_or_default());
            let reason = match one.by.as_str() {
                "" => one.reason.clone(),
                by => format!("{by}: {}", one.reason),
            };
            let why = why(Some(one.why));
            let cells = [
                "sight given",
                &since,
                &until,
                &one.staff_name,
                "",
                &one.of,
                "",
                why,
                &reason,
            ];
            file.row(cells);
        }
        for Entries { kind, rows, cut } in &self.entries {
            for row in rows {
                let at = moment(row.entry.at);
                let person = row.pseudonym.as_deref().unwrap_or_default();
                let cells = [
                    kind.as_str(),
                    &at,
                    &at,
                    &row.staff_name,
                    &row.entry.action,
                    person,
                    "1",
                    "",
                    &row.entry.reason,
                ];
                file.row(cells);
            }
            if *cut {
                let cells = [
                    kind.as_str(),
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "older ones of this kind are not in this file",
                ];
                file.row(cells);
            }
        }
        file
    }
}

fn looks(signed: &Signed, report: &Report) -> Markup {
    let rows: Vec<_> = report
        .looked
        .iter()
        .map(|one| looked(signed, one))
        .collect();
    html! {
        section aria-labelledby="looks" {
            h2 #looks { "Who looked at whom" }
            @if rows.is_empty() { p.empty { "Nobody looked at anybody." } }
            @else { (govuk::table("Pages about a person that were opened", &HEADS, &rows)) }
        }
    }
}

fn outside(signed: &Signed, report: &Report) -> Markup {
    let outside = report.looked.iter().filter(|one| one.why != Some(Why::Own));
    let rows: Vec<_> = outside.map(|one| looked(signed, one)).collect();
    html! {
        section aria-labelledby="outside" {
            h2 #outside { "Outside of their own cases" }
            p { "Of these, by people whose case it was not at that time, with why they saw the person all the same." }
            @if rows.is_empty() { p.empty { "Nobody." } }
            @else { (govuk::table("Looks outside of one's own cases", &HEADS, &rows)) }
        }
    }
}

const HEADS: [Head<'_>; 6] = [
    Head::Text("Who"),
    Head::Text("At whom"),
    Head::Number("How often"),
    Head::Text("Why they see the person"),
    Head::Text("First"),
    Head::Text("Last"),
];

fn looked(signed: &Signed, one: &Looked) -> Vec<Markup> {
    vec![
        html! { (one.staff_name) },
        html! { (one.pseudonym) },
        html! { (one.count) },
        html! { (why(one.why)) },
        words::moment(one.span.0, &signed.zone),
        words::moment(one.span.1, &signed.zone),
    ]
}

fn given(signed: &Signed, report: &Report) -> Markup {
    let rows: Vec<_> = report
        .given
        .iter()
        .map(|one| {
            vec![
                html! { (one.staff_name) },
                html! { (why(Some(one.why))) },
                html! { (one.of) },
                words::moment(one.since, &signed.zone),
                html! { @match one.until { Some(at) => (words::moment(at, &signed.zone)), None => "it lasts" } },
                html! { @if one.by.is_empty() { "the command line" } @else { (one.by) } },
                html! { @if one.reason.is_empty() { "none given" } @else { (one.reason) } },
            ]
        })
        .collect();
    let heads = [
        Head::Text("To whom"),
        Head::Text("Why they see"),
        Head::Text("Of whom"),
        Head::Text("From"),
        Head::Text("Until"),
        Head::Text("Given by"),
        Head::Text("Reason"),
    ];
    html! {
        section aria-labelledby="given" {
            h2 #given { "Sight that was given" }
            @if rows.is_empty() { p.empty { "None." } }
            @else { (govuk::table("Cases, hand-overs, turns on call and passes", &heads, &rows)) }
        }
    }
}

fn entries(signed: &Signed, of_kind: &Entries, names: &Names) -> Markup {
    let Entries { kind, rows, cut } = of_kind;
    let mut counts: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.entry.action.as_str()).or_default() += 1;
    }
    let shown = rows.get(..rows.len().min(SHOWN)).unwrap_or_default();
    html! {
        section aria-labelledby=(kind.as_str()) {
            h2 id=(kind.as_str()) { (kind.words()) ": " @if *cut { "more than " } (rows.len()) }
            @if rows.is_empty() {
                p.empty { "None." }
            } @else {
                ul { @for (word, count) in &counts { li { (action(word).trim_end_matches(':')) ": " (count) } } }
                (list::rows_of(signed, shown, names))
                @if rows.len() > shown.len() { p.quiet { "The other " (rows.len() - shown.len()) " are in the file." } }
            }
        }
    }
}

const fn why(why: Option<Why>) -> &'static str {
    match why {
        Some(Why::Own) => "their own case",
        Some(Why::Team) => "they supervise the team",
        Some(Why::Nobodys) => "it is nobody's case",
        Some(Why::Cover) => "they cover for a colleague",
        Some(Why::Rota) => "they were on call",
        Some(Why::Pass) => "they were let in",
        None => "nothing that is known now: their role, or whose case it is, has changed since",
    }
}

fn moment(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}
