//! What lies in a case, and what people said of it.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::coverage::length;

use crate::store::cases::{CaseKind, Repeat};
use crate::store::conditions::Condition;
use crate::store::rulings::Shown;

use super::super::decide::{self, Verdict, part_words};
use super::super::fault::{self, Fault};
use super::super::{Site, groups, lapses, layout, words, zones};
use super::{Gathered, REPEATS};

/// What lies in it.
pub(super) async fn inside(
    site: &Site,
    all: &Gathered,
    (zone, days): (&TimeZone, &TimeZone),
) -> Result<Markup, Fault> {
    let case = &all.line.case;
    let mut lines = Vec::with_capacity(all.repeats.len());
    for repeat in all.repeats.iter().take(REPEATS as usize) {
        lines.push(line(site, repeat, zone).await?);
    }
    Ok(html! {
        section #inside data-live aria-labelledby="lies-in-it" {
            h2 #lies-in-it { "What lies in this case" }
            @match case.kind {
                CaseKind::Finding => {
                    p {
                        (words::counted(case.total, "alert")) " under clause " (case.subject) ", "
                        (case.waits()) " waiting."
                    }
                    ul.groups { @for line in &lines { (line) } }
                    @if all.repeats.len() as u64 > REPEATS {
                        p.quiet { "There are more kinds than are listed here; the days' pages show all." }
                    }
                }
                CaseKind::Condition => (conditions(all, zone, days)),
                CaseKind::Incident => {
                    p { (all.line.title()) ". It does not clear by itself." }
                    ul.rows {
                        @for (at, detail) in &all.incidents {
                            li { (words::moment(*at, zone)) ": " (fault::sentence(detail)) }
                        }
                    }
                    (cut(case.total))
                }
            }
        }
    })
}

/// What people said, oldest first.
pub(super) fn history(said: &[Shown], zone: &TimeZone) -> Markup {
    html! {
        @if said.is_empty() {
            p.empty { "Nobody has said anything yet." }
        } @else {
            ol.history {
                @for one in said { li { (ruling(one, zone)) } }
            }
        }
    }
}

async fn line(
    site: &Site,
    (repeat, [own_first, own_last]): &(Repeat, zones::Ends),
    zone: &TimeZone,
) -> Result<Markup, Fault> {
    let text = site.texts.get(repeat.order).await?;
    let says = text.as_ref().and_then(|text| text.says(&repeat.rule));
    let link = match repeat.count {
        1 => format!("/alert/{}", repeat.any),
        _ => format!("/alert/{}/alike", repeat.any),
    };
    let (first, last) = repeat.span;
    Ok(html! {
        li {
            (layout::tag(&repeat.severity, words::severity(&repeat.severity)))
            a.what href=(link) { (words::rule(says, text.is_some(), &repeat.rule)) }
            @if repeat.erased {
                span.quiet { (groups::ERASED) }
            } @else {
                span.matched { (groups::matched(&repeat.matched)) }
            }
            span.quiet {
                "Rule " (repeat.rule) ". "
                @if repeat.count == 1 {
                    "Once, " (words::moment(last, zone)) (zones::beside(last, zone, own_last.as_deref()))
                } @else {
                    b { (repeat.count) " times" } ", first " (words::moment(first, zone))
                    (zones::beside(first, zone, own_first.as_deref()))
                    ", last " (words::moment(last, zone)) (zones::beside(last, zone, own_last.as_deref()))
                }
                ". "
                @if repeat.waiting == 0 { "Decided." }
                @else if repeat.waiting < repeat.count { (repeat.waiting) " waiting." }
                @if repeat.count > 1 {
                    " " a href={ "/alert/" (repeat.any) } { "One of them" }
                }
            }
        }
    })
}

fn conditions(all: &Gathered, zone: &TimeZone, days: &TimeZone) -> Markup {
    let case = &all.line.case;
    html! {
        p {
            @if all.line.lasts() {
                "It lasts."
            } @else {
                b { "It is over: it cleared by itself." }
                " It stays here until a person decides what it was."
            }
        }
        ul.rows { @for one in &all.conditions { li { (condition(one, &all.zones, zone)) } } }
        (cut(case.total))
        @if let Some(first) = all.conditions.first() {
            p {
                a href={ "/person/" (first.person) "/day?day=" (words::date(first.since, days)) } {
                    "The day of the latest"
                }
            }
        }
    }
}

/// Said where more lies in the case than is listed.
fn cut(total: u64) -> Markup {
    html! {
        @if total > REPEATS {
            p.quiet { "These are the latest " (REPEATS) " of " (total) "; the days' pages show all." }
        }
    }
}

fn condition(one: &Condition, zones: &zones::Devices, zone: &TimeZone) -> Markup {
    let own = zones.at(one.device, one.seq);
    let own = own.as_deref();
    html! {
        b { (lapses::name(one.kind, one.cleared.is_some())) } " "
        @if !one.source.is_empty() { (one.source) " " }
        (words::moment(one.since, zone)) (zones::beside(one.since, zone, own))
        @match one.until {
            Some(until) => {
                " to " (words::moment(until, zone)) (zones::beside(until, zone, own))
                " (" (length(until.abs_diff(one.since))) ")" (zones::by_clock(own)) "."
            }
            None => { " and on," (zones::by_clock(own)) "." }
        }
        " " span.quiet {
            "Known here " (words::moment(one.known, zone))
            @if let Some(cleared) = one.cleared { ", known to be over " (words::moment(cleared, zone)) }
            ". Record " (one.seq) "."
        }
    }
}

fn ruling(one: &Shown, zone: &TimeZone) -> Markup {
    let ruling = &one.ruling;
    html! {
        b { (one.staff_name) } ": " (Verdict::words_of(&ruling.verdict))
        @if let Some(finding) = ruling.finding {
            " (" a href={ "/alert/" (finding) } { "one alert" } ")"
        } @else if ruling.alerts > 1 {
            " (" (ruling.alerts) " of them)"
        }
        " " span.quiet { (words::moment(ruling.at, zone)) }
        @if !ruling.part.is_empty() { p { "Wrong was: " (part_words(&ruling.part)) "." } }
        @if !ruling.reason.is_empty() { p.reason { (ruling.reason) } }
        @if !ruling.review.is_empty() { p { "To be looked at again on " (ruling.review) "." } }
        (decide::agreement(one, one.superseded.as_deref(), zone))
    }
}
