//! The compliance summary: good days count too.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use proviso_report::coverage::length;

use crate::web::decide::Verdict;
use crate::web::fault::{self, Fault};
use crate::web::gate::Signed;
use crate::web::govuk::{self, Head};
use crate::web::head::{self, Tab, Whose};
use crate::web::{Site, audit, words};

use super::period::{Period, Sum};
use super::{Asked, Wanted, lacking, span};

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let asked = Asked::open(&site, &signed, &id, &wanted, audit::SAW_SUMMARY).await?;
    let whose = &asked.whose;
    let body = html! {
        (asked.filled.summary())
        h1 { "Compliance summary" }
        (asked.form(&whose.at(Tab::Reviews)))
        @if let Some((days, period)) = &asked.found {
            p.quiet {
                (span(*days)) ". Days begin at midnight, " (words::zone_name(&whose.zone)) ". "
                a href={ "/person/" (whose.id) "/polygraph?from=" (days.0) "&to=" (days.1) } {
                    "Polygraph session brief for these days"
                }
            }
            (lacking(period))
            (sentences(&Sum::of(&period.days), period))
            (weeks(period))
            (decisions(period))
            (missing(period))
            (days_table(whose, period))
        }
    };
    let page = whose.page(&signed, Tab::Reviews, "Compliance summary", &body);
    Ok(asked.answer(page))
}

fn sentences(sum: &Sum, period: &Period) -> Markup {
    let days = |count: u64| words::counted(i128::from(count), "day");
    html! {
        section aria-labelledby="short" {
            h2 #short { "In short" }
            ul.govuk-list.govuk-list--bullet {
                li {
                    "Watched in full: " b { (days(sum.full + sum.off)) } " of " (sum.days) "."
                    @if sum.off > 0 { " On " (days(sum.off)) " of these every computer was off or asleep." }
                }
                li {
                    "Without a possible breach: " b { (days(sum.quiet)) } ". Of these, watched in full: "
                    b { (sum.good) } "."
                }
                @if sum.partly + sum.not > 0 {
                    li {
                        "Watched in part: " (days(sum.partly)) ". Not watched at all: " (days(sum.not)) ". That no \
                         possible breach was recorded on such a day does not say that there was none."
                    }
                }
                @if sum.none > 0 { li { "No computer to watch yet: " (days(sum.none)) "." } }
                li { (fault::sentence(&words::possible_breaches(sum.found))) " What people decided is below." }
                li { "Explanations by the person: " (sum.said) "." }
                li { "Computers: " (period.hosts.len()) "." }
            }
        }
    }
}

fn weeks(period: &Period) -> Markup {
    let heads = [
        Head::Text("From"),
        Head::Number("Days"),
        Head::Number("Watched in full"),
        Head::Number("Without a possible breach"),
        Head::Number("Monitored"),
        Head::Number("Off or asleep"),
        Head::Number("Dark"),
        Head::Number("Possible breaches"),
        Head::Number("Explanations"),
    ];
    let rows: Vec<_> = period
        .weeks()
        .into_iter()
        .map(|(from, sum)| {
            let said = sum.total.lengths();
            vec![
                html! { (head::day(from)) },
                html! { (sum.days) },
                html! { (sum.full + sum.off) },
                html! { (sum.quiet) },
                html! { (said.monitored) },
                html! { (said.off) },
                html! { (said.dark) },
                html! { (sum.found) },
                html! { (sum.said) },
            ]
        })
        .collect();
    html! {
        section aria-labelledby="weeks" {
            h2 #weeks { "Week by week" }
            p.quiet {
                "Hours are those of all computers together, rounded so that they add up. Of what is missing, below, \
                 each length is cut to whole minutes."
            }
            (govuk::table("Weeks, from Monday on", &heads, &rows))
        }
    }
}

fn decisions(period: &Period) -> Markup {
    let heads = [
        Head::Text("What people say of it"),
        Head::Number("Possible breaches"),
    ];
    let rows: Vec<_> = period
        .by_decision()
        .into_iter()
        .map(|(verdict, count)| vec![html! { (verdict_words(verdict)) }, html! { (count) }])
        .collect();
    html! {
        section aria-labelledby="decided" {
            h2 #decided { "Possible breaches by decision" }
            @if rows.is_empty() {
                p.empty { "No possible breach was recorded in these days." }
            } @else {
                (govuk::table("Possible breaches by their latest decision", &heads, &rows))
            }
        }
    }
}

fn missing(period: &Period) -> Markup {
    let heads = [
        Head::Text("Cause"),
        Head::Number("Times"),
        Head::Number("How long"),
    ];
    let rows: Vec<_> = period
        .missing
        .iter()
        .map(|(cause, one)| {
            let long = if one.ms == 0 {
                "not known".to_owned()
            } else {
                length(one.ms)
            };
            vec![
                html! { (fault::sentence(cause)) },
                html! { (one.times) },
                html! { (long) },
            ]
        })
        .collect();
    html! {
        section aria-labelledby="gaps" {
            h2 #gaps { "What is missing, and why" }
            @if rows.is_empty() {
                p.empty { "Nothing is known to be missing of these days." }
            } @else {
                (govuk::table("Gaps by cause, of all computers", &heads, &rows))
            }
        }
    }
}

fn days_table(whose: &Whose, period: &Period) -> Markup {
    use super::period::Watched;
    let watched = |watched| match watched {
        Watched::Full => "In full",
        Watched::Off => "In full; off or asleep all day",
        Watched::Partly => "In part",
        Watched::Not => "Not at all",
        Watched::None => "No computer yet",
    };
    let heads = [
        Head::Text("Day"),
        Head::Text("Watched"),
        Head::Number("Monitored"),
        Head::Number("Dark"),
        Head::Number("Possible breaches"),
        Head::Number("Explanations"),
    ];
    let rows: Vec<_> = period
        .days
        .iter()
        .map(|day| {
            let said = day.total.lengths();
            vec![
                html! { a href={ "/person/" (whose.id) "/day?day=" (day.date) } { (head::day(day.date)) } },
                html! { (watched(day.watched)) },
                html! { (said.monitored) },
                html! { (said.dark) },
                html! { (day.found) },
                html! { (day.said) },
            ]
        })
        .collect();
    govuk::details("Day by day", &govuk::table("Each day", &heads, &rows))
}

pub(super) fn verdict_words(verdict: &str) -> &str {
    match verdict {
        "" => "Nobody has decided yet",
        verdict => Verdict::words_of(verdict),
    }
}
