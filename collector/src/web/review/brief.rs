//! The brief for a polygraph session: what was recorded, what people decided, what the person said.
//!
//! Refuses: what officers think. Risk levels, notes, plans and intelligence are not in it, and it is in no
//! bundle: what is said at such a session must not come back as evidence.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::order_text::OrderText;
use crate::store::Hash;
use crate::store::standing::Stands;
use crate::web::fault::Fault;
use crate::web::gate::Signed;
use crate::web::govuk::{self, Head};
use crate::web::head::Whose;
use crate::web::layout::{self, Page};
use crate::web::{Site, audit, words, zones};

use super::period::{Period, Sum};
use super::summary::verdict_words;
use super::{Asked, Wanted, lacking, span};

/// Possible breaches that are listed.
const LISTED: usize = 500;

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let asked = Asked::open(&site, &signed, &id, &wanted, audit::SAW_POLYGRAPH).await?;
    let whose = &asked.whose;
    let mut texts = BTreeMap::new();
    let found_in = asked.found.iter().flat_map(|(_, period)| &period.found);
    for one in found_in.take(LISTED) {
        if let Entry::Vacant(free) = texts.entry(one.order) {
            free.insert(site.texts.get(one.order).await?);
        }
    }
    let path = format!("/person/{}/polygraph", whose.id);
    let body = html! {
        (asked.filled.summary())
        p { a href={ "/person/" (whose.id) } { (whose.person.name) } }
        h1 { "Polygraph session brief" }
        p {
            b { (whose.person.name) } " (" (whose.person.pseudonym) "). Facts of these days, for the session \
             alone. Not evidence, and in no evidence bundle."
        }
        (asked.form(&path))
        @if let Some((days, period)) = &asked.found {
            p { (span(*days)) ". Days begin at midnight, " (words::zone_name(&whose.zone)) "." }
            (lacking(period))
            (order(whose.text.as_deref()))
            (watched(&Sum::of(&period.days), period))
            (found(whose, period, &texts))
            (said(whose, period))
        }
    };
    let person = whose.id.to_string();
    let about = Page {
        title: "Polygraph session brief",
        person: Some(&person),
        ..Page::default()
    };
    let page = layout::page(&signed, &about, &body);
    Ok(asked.answer(page))
}

fn order(text: Option<&OrderText>) -> Markup {
    html! {
        section aria-labelledby="order" {
            h2 #order { "The order" }
            @match text {
                None => p.empty { "No order is assigned." },
                Some(text) => {
                    p { (text.id) ", version " (text.version) "." }
                    dl {
                        @for (id, words) in text.clauses() {
                            dt { "Clause " (id) }
                            dd { blockquote { (words) } }
                        }
                    }
                }
            }
        }
    }
}

fn watched(sum: &Sum, period: &Period) -> Markup {
    let said = sum.total.lengths();
    let rows = [
        ("Days", html! { (sum.days) }),
        ("Watched in full", html! { (sum.full + sum.off) }),
        ("Watched in part", html! { (sum.partly) }),
        ("Not watched", html! { (sum.not) }),
        ("Monitored, all computers", html! { (said.monitored) }),
        ("Off or asleep", html! { (said.off) }),
        ("Dark", html! { (said.dark) }),
        (
            "Without a possible breach",
            html! { (words::counted(i128::from(sum.quiet), "day")) },
        ),
        ("Computers", html! { bdi { (period.hosts.join(", ")) } }),
    ];
    html! {
        section aria-labelledby="watched" {
            h2 #watched { "How much was watched" }
            (govuk::summary_list(&rows))
        }
    }
}

fn found(whose: &Whose, period: &Period, texts: &BTreeMap<Hash, Option<Arc<OrderText>>>) -> Markup {
    let says = |one: &Stands| {
        let text = texts.get(&one.order).and_then(Option::as_ref);
        let says = text.and_then(|text| text.says(&one.rule));
        words::rule(says, text.is_some(), &one.rule)
    };
    let heads = [
        Head::Text("When"),
        Head::Text("Clause"),
        Head::Text("Rule"),
        Head::Text("What people say of it"),
        Head::Text("Reason"),
    ];
    let rows: Vec<_> = period
        .found
        .iter()
        .take(LISTED)
        .map(|one| {
            let (verdict, reason) = match &one.said {
                None => ("", ""),
                Some((verdict, reason, _)) => (verdict.as_str(), reason.as_str()),
            };
            vec![
                html! {
                    @let own = period.zones.at(one.device, one.seq);
                    (words::moment(one.at, &whose.reader))
                    (zones::beside(one.at, &whose.reader, own.as_deref()))
                },
                html! { (one.clause) },
                html! {
                    (says(one))
                    @match one.proof.as_str() {
                        "proven" => {}
                        "unproven" => " Announced; the signed report has not come.",
                        _ => " Announced; the signed report does not show it.",
                    }
                },
                html! { (verdict_words(verdict)) },
                html! { div.reason dir="auto" { (reason) } },
            ]
        })
        .collect();
    html! {
        section aria-labelledby="found" {
            h2 #found { "Possible breaches and what people decided" }
            @if rows.is_empty() {
                p.empty { "No possible breach was recorded in these days." }
            } @else {
                (govuk::table("Possible breaches, in order", &heads, &rows))
                @if period.found.len() > LISTED {
                    p.quiet { "And " (period.found.len() - LISTED) " more; choose fewer days to see them." }
                }
            }
        }
    }
}

fn said(whose: &Whose, period: &Period) -> Markup {
    html! {
        section aria-labelledby="said" {
            h2 #said { "What the person said" }
            @let all: u64 = period.days.iter().map(|day| day.said).sum();
            @if all == 0 { p.empty { "The person gave no explanation in these days." } }
            ol.rows {
                @for said in &period.said {
                    li {
                        @if said.accident { p { "The person says that it was an accident." } }
                        @if !said.text.is_empty() { blockquote dir="auto" { (said.text) } }
                        p.quiet {
                            @let own = period.zones.at(said.device, said.seq);
                            (words::moment(said.at, &whose.reader))
                            (zones::by_its_clock(said.at, &whose.reader, own.as_deref()))
                            ", record " (said.seq) " of the log of " bdi { (said.host) } "."
                        }
                    }
                }
            }
            @if all > period.said.len() as u64 {
                p.quiet { "And " (all - period.said.len() as u64) " more; choose fewer days to see them." }
            }
        }
    }
}
