//! Partner extracts: chosen facts about a person, given to another agency for a while.
//!
//! Promises: who gets it, what for and on which legal basis is said before anything is disclosed (DPA 2018
//! s.62); what is kept is a frozen copy of what was shown, with what was blacked out gone from it. Making one,
//! each reading and each withdrawal is entered in the audit. A partner reads what was given to them until it
//! ends, and nothing else.

mod facts;
pub(super) mod make;
pub(super) mod partner;
mod redact;
pub(super) mod theirs;

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::extracts::{Body, Extract};

use super::govuk;
use super::words;

/// Legal bases that can be chosen; each needs words of its own as well.
const BASES: [(&str, &str); 6] = [
    (
        "law_enforcement",
        "Law enforcement by a competent authority (Data Protection Act 2018, Part 3)",
    ),
    (
        "mappa",
        "Co-operation under MAPPA (Criminal Justice Act 2003, section 325)",
    ),
    (
        "crime_disorder",
        "Prevention of crime and disorder (Crime and Disorder Act 1998, section 115)",
    ),
    (
        "safeguarding",
        "Safeguarding of a child or an adult at risk (Children Acts 1989 and 2004, Care Act 2014)",
    ),
    ("court", "Required by a court or an enactment"),
    ("other", "Another basis, named below"),
];

/// A legal basis in words.
fn basis(word: &str) -> &str {
    let found = BASES.iter().find(|(own, _)| *own == word);
    found.map_or(word, |(_, words)| words)
}

/// The extract as its recipient reads it.
fn shown(body: &Body) -> Markup {
    html! {
        @if !body.about.is_empty() { p { "About: " b { (body.about) } } }
        @for (index, fact) in body.facts.iter().enumerate() {
            section aria-labelledby={ "fact-" (index) } {
                h2 id={ "fact-" (index) } { (index + 1) ". " (fact.title) }
                p.reason { (fact.text) }
            }
        }
        @if !body.words.is_empty() {
            section aria-labelledby="words" {
                h2 #words { "From the officer" }
                p.reason { (body.words) }
            }
        }
    }
}

/// Where an extract stands: for whom, what for, until when.
fn terms(extract: &Extract, by: &str, zone: &TimeZone) -> Markup {
    govuk::summary_list(&[
        ("Given to", html! { (extract.recipient_name) }),
        ("By", html! { (by) }),
        ("Made", words::moment(extract.made, zone)),
        ("Purpose", html! { span.reason { (extract.purpose) } }),
        (
            "Legal basis",
            html! { (basis(&extract.basis)) ". " span.reason { (extract.basis_text) } },
        ),
        ("Can be read until", words::moment(extract.expires, zone)),
        ("SHA-256 of its text", html! { code { (extract.sha256) } }),
    ])
}
