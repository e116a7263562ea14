//! What a request asks away, as a page shows it.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::erasure::away::{Away, RecordsAway, Said, Stated};
use crate::plain::beginning;
use crate::store::erasures::{Wanted, What};
use crate::store::notes::Note;
use crate::web::gate::Signed;
use crate::web::head::{self, Tab};
use crate::web::zones::{self, Devices};
use crate::web::{govuk, notes, words};

use super::Asked;

/// Letters of a note or an explanation that are shown.
const BEGINNING: usize = 300;

/// Runs of numbers, and explanations, that are shown.
const MOST: usize = 50;

/// What is there now, with the zones of the devices, or why that cannot be said.
pub(super) type Found = Result<(Away, Devices), String>;

/// `found`: none for whoever sees no activity. `order`: the zone of the person's order.
pub(super) fn what(
    signed: &Signed,
    asked: &Asked,
    found: Option<&Found>,
    order: Option<&TimeZone>,
) -> Markup {
    let (request, zone) = (&asked.request, &signed.zone);
    let mut rows = vec![
        ("About", asked.whom(signed)),
        (
            "Asked",
            html! { (asked.by) ", " (words::moment(request.asked, zone)) },
        ),
        ("Under which rule", html! { (request.rule) }),
        ("Why", html! { (request.reason) }),
        (
            "Lapses",
            html! { (words::moment(request.lapses(), zone)) ", unless somebody confirms it" },
        ),
        ("What would go", html! { (asked.counted()) }),
    ];
    if let What::Records { wanted, whole, .. } = &request.what {
        let kinds = found.is_some();
        let chosen = chosen(wanted.as_ref(), *whole, (zone, order), kinds);
        rows.push(("Chosen", chosen));
    }
    html! {
        (govuk::summary_list(&rows))
        @match found {
            None => {
                p {
                    "Administrators see no activity, so what it says is not shown. An offender manager or a supervisor who \
                     sees this person can look here."
                }
            }
            Some(Err(why)) => p.fault { (why) },
            Some(Ok((Away::Notes(all), _))) => (of_notes(asked, all, zone)),
            Some(Ok((Away::Records(found), devices))) => {
                (of_records(found, devices, zone))
                (numbers(asked))
            }
        }
    }
}

fn of_notes(asked: &Asked, all: &[Note], zone: &TimeZone) -> Markup {
    html! {
        section aria-labelledby="notes" {
            h2 #notes { "These notes" }
            ol.rows {
                @for note in all {
                    li {
                        p { b { (notes::kind_words(note.kind)) } ", " (words::moment(note.happened, zone)) }
                        p.reason dir="auto" { (beginning(&note.text, BEGINNING)) }
                        @if !note.outcome.is_empty() {
                            p.reason dir="auto" { b { "Came of it: " } (beginning(&note.outcome, BEGINNING)) }
                        }
                        p.quiet { (note.staff_name) ", written " (words::moment(note.at, zone)) "." }
                    }
                }
            }
            p { a href={ "/person/" (asked.person.id) (head::path(Tab::Notes)) } { "All notes about this person" } }
        }
    }
}

fn of_records(found: &RecordsAway, devices: &Devices, zone: &TimeZone) -> Markup {
    let stated = |one: &Stated| stated(one, devices, zone);
    html! {
        section aria-labelledby="records" {
            h2 #records { "These records" }
            @if let Some((first, last)) = found.span {
                p {
                    "From " (stated(&first)) " to " (stated(&last)) ", by the computers' clocks."
                }
            }
            ul {
                @for (kind, count) in &found.kinds {
                    li { (count) " of kind " code { (kind.as_str()) } }
                }
            }
            @if !found.said.is_empty() {
                h3 { "Among them, what the person said for themselves" }
                ol.rows { @for one in found.said.iter().take(MOST) { li { (said(one, devices, zone)) } } }
                @if found.said.len() > MOST { p { "And " (found.said.len() - MOST) " more." } }
            }
        }
    }
}

fn said(one: &Said, devices: &Devices, zone: &TimeZone) -> Markup {
    let at = &one.stated;
    html! {
        p.reason dir="auto" { (beginning(&one.text, BEGINNING)) }
        p.quiet { (stated(at, devices, zone)) ", record " (at.seq) " of " code { (at.device) } }
    }
}

fn stated(one: &Stated, devices: &Devices, zone: &TimeZone) -> Markup {
    let own = devices.at(one.device, one.seq);
    html! { (words::moment(one.at.0, zone)) (zones::beside(one.at.0, zone, own.as_deref())) }
}

/// The places, by computer.
fn numbers(asked: &Asked) -> Markup {
    let What::Records { places, .. } = &asked.request.what else {
        return html! {};
    };
    let runs = places
        .iter()
        .flat_map(|one| one.places.runs().iter().map(move |run| (one.device, run)));
    let runs: Vec<_> = runs.collect();
    let list = html! {
        ul {
            @for (device, [first, last]) in runs.iter().take(MOST) {
                li { code { (device) } ": " (first) " to " (last) }
            }
        }
        @if runs.len() > MOST {
            p {
                "And " (runs.len() - MOST) " more: "
                code { "proviso-collector erase show " (asked.request.id) " --staff NAME --all" } " lists all of them."
            }
        }
    };
    govuk::details("Their numbers, by computer", &list)
}

/// By what records were chosen. `kinds_shown`: whether the reader may know of what kinds.
fn chosen(
    wanted: Option<&Wanted>,
    whole: bool,
    (zone, order): (&TimeZone, Option<&TimeZone>),
    kinds_shown: bool,
) -> Markup {
    let none = Wanted::default();
    let wanted = wanted.unwrap_or(&none);
    let kinds: Vec<_> = wanted.kinds.iter().map(|kind| kind.as_str()).collect();
    html! {
        @if whole {
            "All that the person did. The key under which it is sealed goes as well, and documents and extracts with it."
        } @else {
            @if let Some(before) = wanted.before {
                "Of a time before " (words::moment(before.0, zone))
                @if let Some(order) = order { (zones::also(before.0, zone, order, "in the order's zone")) }
                ". "
            }
            @if !kinds.is_empty() && !kinds_shown { "By their kind. " }
            @if !kinds.is_empty() && kinds_shown { "Of kind " (kinds.join(" or ")) ". " }
            @if !wanted.clauses.is_empty() {
                "Under clause " (wanted.clauses.join(" or ")) " and no other. "
            }
            @if !wanted.records.is_empty() || *wanted == none { "By their numbers." }
        }
    }
}
