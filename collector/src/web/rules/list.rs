//! Every rule whose findings were decided, the noisiest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::clock;
use crate::natural::natural;
use crate::store::precision::{self, Figures, Weight};
use crate::store::{Hash, StoreError, sight};

use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Colour, Head};
use super::super::layout::{self, Page};
use super::super::{Site, audit, words};
use super::{ENOUGH, noisy, sentence};

/// One rule: its number and sentence, over all orders that have both.
struct Line {
    rule: String,
    says: String,
    /// One of its orders, for an address.
    order: Hash,
    own: Figures,
    team: Figures,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_RULES, None, "").await?;
    let lines = gather(&site, &signed).await?;
    let noisy_ones: Vec<_> = lines.iter().filter(|one| noisy(one.team)).collect();
    let body = html! {
        h1 { "Rules: confirmed and dismissed" }
        p {
            "What people decided about what each rule found. The latest decision on each counts. Confirmed is \
             what something came of; dismissed is what nothing was in: no breach, somebody else, the software \
             was wrong."
        }
        section aria-labelledby="noisy" {
            h2 #noisy { "Proposed for a change" }
            p.quiet {
                "A rule stands here after " (ENOUGH) " decisions or more, if fewer than 20 in 100 are confirmed even \
                 at the upper end of what is likely. Nothing is changed by this: a rule is part of an order, and \
                 an order changes by its signatures."
            }
            @if noisy_ones.is_empty() {
                p.empty { "None." }
            } @else {
                ul.cards {
                    @for one in noisy_ones {
                        li {
                            h3 { a href=(address(one)) { (one.says) } }
                            p { (govuk::tag(Colour::Orange, "Noisy")) " Rule " (one.rule) ". " (sentence(one.team)) }
                            p {
                                "Proposal: retire it or narrow it. "
                                a href=(address(one)) { "See what that would have left out" }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="all" {
            h2 #all { "All rules" }
            @if lines.is_empty() {
                p.empty { "Nothing that a rule found was decided yet." }
            } @else {
                (govuk::table("Decisions by rule, noisiest first", &HEADS, &lines.iter().map(row).collect::<Vec<_>>()))
            }
        }
    };
    let about = Page {
        title: "Rules",
        here: "/rules",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

const HEADS: [Head<'_>; 6] = [
    Head::Text("Rule"),
    Head::Number("Your people: confirmed"),
    Head::Number("Your people: dismissed"),
    Head::Number("Team: confirmed"),
    Head::Number("Team: dismissed"),
    Head::Text("How sure that is, for the team"),
];

fn row(one: &Line) -> Vec<Markup> {
    vec![
        html! { a href=(address(one)) { (one.says) } " " span.quiet { "rule " (one.rule) } },
        html! { (one.own.confirmed) },
        html! { (one.own.dismissed) },
        html! { (one.team.confirmed) },
        html! { (one.team.dismissed) },
        sentence(one.team),
    ]
}

fn address(one: &Line) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("rule", &one.rule);
    query.append_pair("order", &one.order.to_string());
    format!("/rules/one?{}", query.finish())
}

async fn gather(site: &Site, signed: &Signed) -> Result<Vec<Line>, Fault> {
    let (staff, now) = (signed.staff.clone(), clock::now());
    let (all, own, teams) = site
        .store
        .read(move |read| {
            Ok::<_, StoreError>((
                precision::decided(read)?,
                sight::people(read, &staff, now)?,
                precision::teams(read)?,
            ))
        })
        .await?;
    let mut lines: BTreeMap<(String, String), Line> = BTreeMap::new();
    for one in all {
        let (sees, team) = (
            own.contains(&one.person),
            teams.get(&one.person) == Some(&signed.team),
        );
        if !sees && !team {
            continue;
        }
        let text = site.texts.get(one.order).await?;
        let says = text.as_ref().and_then(|text| text.says(&one.rule));
        let says = words::rule(says, text.is_some(), &one.rule);
        let line = lines
            .entry((one.rule.clone(), says.clone()))
            .or_insert_with(|| Line {
                rule: one.rule.clone(),
                says,
                order: one.order,
                own: Figures::default(),
                team: Figures::default(),
            });
        let weight = Weight::of(&one.verdict);
        if sees {
            line.own.add(weight, one.count);
        }
        // Whoever sees somebody of no team counts them with theirs.
        line.team.add(weight, one.count);
    }
    let mut lines: Vec<_> = lines
        .into_values()
        .filter(|one| one.team.decided() > 0)
        .collect();
    lines.sort_by(|a, b| {
        let high = |one: &Line| one.team.interval().map_or(1.0, |(_, high)| high);
        high(a)
            .total_cmp(&high(b))
            .then_with(|| natural(&a.rule, &b.rule))
            .then_with(|| a.says.cmp(&b.says))
    });
    Ok(lines)
}
