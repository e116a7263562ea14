//! The page that shows what came of a narrower rule.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_rules::replay::{Change, Example};

use crate::clock;
use crate::store::{StoreError, sight};

use super::super::super::fault::{self, Fault};
use super::super::super::fields;
use super::super::super::gate::Signed;
use super::super::super::govuk::{self, Head};
use super::super::super::layout::{self, Page};
use super::super::super::zones::{self, Own};
use super::super::super::{Site, queue, words};
use super::super::jobs::{self, Job};
use super::super::run;
use super::{Came, DAYS, Narrower, Row, Trying, enter};

/// What came of it, or how far it is.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Response, Fault> {
    let job = site.drafts.narrowings.of(&signed.staff);
    let running = job.as_ref().is_some_and(|job| job.is_running());
    let (staff, now) = (signed.staff.clone(), clock::now());
    let own = site
        .store
        .read(move |read| Ok::<_, StoreError>(sight::people(read, &staff, now)?))
        .await?;
    let rows = job.as_ref().and_then(|job| job.came());
    let rows: Vec<_> = rows
        .into_iter()
        .flatten()
        .filter(|row| own.contains(&row.person.id))
        .collect();
    if let Some(job) = job.as_ref().filter(|_| !rows.is_empty()) {
        let on = format!("what came of rule {}", job.wanted.rule);
        enter(&site, &signed, rows.iter().map(|row| &row.person), &on).await?;
    }
    let Trying {
        people,
        records,
        time,
    } = site.trying;
    let body = html! {
        (govuk::breadcrumbs(&[("/rules", "Rules")]))
        h1 { "A narrower rule on past records" }
        p {
            "Judged are the last " (words::counted(i128::from(DAYS), "day")) " of at most " (people)
            " people whom you see, " (records) " records in all, for at most "
            (words::counted(i128::from(time.as_secs() / 60), "minute"))
            ". What lies beyond is not judged, and the page says so. Nothing of this is a finding."
        }
        @match &job {
            None => p.empty {
                "Nothing is remembered: begin at a rule's page. What comes of it is kept only while the collector runs."
            },
            Some(job) => {
                p {
                    "Rule " (job.wanted.rule) ": " (job.wanted.says) " Left out: " code { "unless = [" (job.wanted.part.condition()) "]" } ". Asked for "
                    (words::moment(job.asked, &signed.zone)) "."
                }
                @if running { (jobs::standing(&job.progress, " of the person whose turn it is")) }
                @else if job.came().is_none() { p.fault { "It ended badly: try again." } }
                @else { (result((&signed.zone, &site.zone), &signed, job, &rows)?) }
            }
        }
    };
    let about = Page {
        title: "A narrower rule on past records",
        here: "/rules",
        ..Page::default()
    };
    Ok(jobs::page(layout::page(&signed, &about, &body), running))
}

fn result(
    zones: (&TimeZone, &TimeZone),
    signed: &Signed,
    job: &Job<Narrower, Vec<Row>>,
    rows: &[&Row],
) -> Result<Markup, Fault> {
    let heads = [
        Head::Text("Person"),
        Head::Number("Records judged"),
        Head::Number("No longer found"),
        Head::Number("Newly found"),
        Head::Text("What to do"),
    ];
    let mut cells = Vec::new();
    for row in rows {
        let who = html! {
            a href={ "/person/" (row.person.id) } { (row.person.name) } " " small { (row.person.pseudonym) }
        };
        cells.push(match &row.came {
            Err(why) => vec![
                who,
                html! { "-" },
                html! { "-" },
                html! { "-" },
                html! { (fault::sentence(why)) },
            ],
            Ok(came) => vec![
                who,
                html! { (came.records) @if came.cut { ", not all" } },
                html! { (came.dropped) },
                html! { (came.added) },
                begin(signed, job, row)?,
            ],
        });
    }
    let judged = rows.iter().filter_map(|row| row.came.as_ref().ok());
    let cut = judged.clone().any(|came| came.cut);
    let sum = |of: fn(&Came) -> u64| judged.clone().map(of).sum::<u64>();
    let (dropped, added) = (sum(|came| came.dropped), sum(|came| came.added));
    let erased = sum(|came| came.erased);
    let right = judged.count();
    let failed = rows.len().saturating_sub(right);
    Ok(html! {
        @if right > 0 {
            p {
                (words::counted(dropped, "finding")) " would not be made any more, and " (added) " would be made that are not made now, of "
                (queue::people_words(right as u64)) "."
            }
        }
        @if failed > 0 {
            p.note { "The records of " (queue::people_words(failed as u64)) " could not be judged: why stands below." }
        }
        (run::erased_words(erased))
        @if cut { p.note { "There are more records than are judged at once: not all of them were." } }
        @if job.wanted.left > 0 { p.note { "The order of " (queue::people_words(job.wanted.left as u64)) " more has the rule: their records were not judged." } }
        @if rows.is_empty() { p.empty { "The order in force of nobody whom you see has this rule." } }
        @else { (govuk::table("What would be different, by person", &heads, &cells)) }
        @for row in rows {
            @if let Some(came) = row.came.as_ref().ok().filter(|came| !came.examples.is_empty()) {
                h2 { (row.person.pseudonym) }
                ul.rows { @for one in &came.examples { li { (example(zones, row, one)) } } }
            }
        }
    })
}

fn begin(signed: &Signed, job: &Job<Narrower, Vec<Row>>, row: &Row) -> Result<Markup, Fault> {
    Ok(html! {
        form.inline method="post" action="/rules/try" {
            (govuk::hidden("token", &signed.token))
            (fields::once()?)
            (govuk::hidden("person", row.person.id.as_str()))
            (govuk::hidden("rule", &job.wanted.rule))
            (govuk::hidden("seen", &row.order.to_string()))
            (govuk::hidden("key", job.wanted.part.key))
            (govuk::hidden("text", &job.wanted.part.text))
            button.pv-plain type="submit" {
                "Begin a draft with it" span.govuk-visually-hidden { ", " (row.person.pseudonym) }
            }
        }
    })
}

fn example(
    (zone, days): (&TimeZone, &TimeZone),
    row: &Row,
    (host, own, one): &(String, Option<Arc<Own>>, Example),
) -> Markup {
    html! {
        b {
            @match one.change {
                Change::Added => "Found newly",
                Change::Dropped => "No longer found",
                Change::CannotTell(_) => "The narrower rule cannot tell",
            }
        }
        ": "
        @for (at, part) in one.matched.iter().enumerate() {
            @if at > 0 { ", " }
            (part.field) " " span.address { (part.text) }
        }
        p.quiet {
            a href={ "/person/" (row.person.id) "/day?day=" (words::date(one.at.0, days)) } {
                "Record " (one.seq) " of " (host)
            }
            ", " (one.kind) ", " (words::moment(one.at.0, zone))
            (zones::by_its_clock(one.at.0, zone, own.as_deref()))
        }
    }
}
