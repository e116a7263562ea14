//! One rule: what it found among one's people, and what would not have been flagged without it or without a
//! part of it.
//!
//! Promises: what is said of the past is counted from what was found: each alert of the rule either stays,
//! because another rule found the same record, or would not have been. What people confirmed and a change would
//! have lost is named first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::people::{self, Person};
use crate::store::precision::{self, Figures, Found, Quoted, Weight};
use crate::store::{Hash, PersonId, Read, SqlError, StoreError, orders};

use super::super::decide::Verdict;
use super::super::fault::Fault;
use super::super::fields;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::layout::{self, Page};
use super::super::orders::narrow::Part;
use super::super::orders::{begin, replay};
use super::super::queue::people_words;
use super::super::{Site, audit, groups, words};
use super::{noisy, sentence};

/// Findings read; older ones are not counted, and the page says so.
const MOST: u64 = 20_000;

/// People who are listed.
const PEOPLE: usize = 200;

/// Lines of a table.
const LINES: usize = 20;

const MISSING: Fault =
    Fault::Missing("there is no such rule in this order; look in the list of rules");

/// Which.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    #[serde(default)]
    rule: String,
    #[serde(default)]
    order: String,
}

/// What a change would have left out.
#[derive(Default)]
struct Effect {
    /// Alerts of the rule.
    alerts: u64,
    /// Of these, how many another rule found as well.
    stay: u64,
    /// Of those that would not have been, by what people decided.
    gone: Figures,
    /// And what nobody decided.
    open: u64,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let order: Hash = wanted.order.parse().map_err(|_| MISSING)?;
    let text = site.texts.get(order).await?.ok_or(MISSING)?;
    let says = text.says(&wanted.rule).ok_or(MISSING)?.to_owned();
    let on = format!("{} of {order}", wanted.rule);
    site.looks(&signed, audit::SAW_RULE, None, &on).await?;
    let (staff, now, rule) = (signed.staff.clone(), clock::now(), wanted.rule.clone());
    let found = site.store.read(move |read| {
        let about = (staff.as_str(), now);
        Ok::<_, StoreError>((
            precision::found(read, about, &rule, MOST)?,
            precision::wrong_parts(read, about, &rule)?,
            orders::in_force(read, about)?,
        ))
    });
    let said = Hash::of(says.as_bytes());
    let (found, wrong, in_force, whole) = {
        let (mut found, wrong, in_force) = found.await?;
        let whole = (found.len() as u64) < MOST;
        // The same number says something else in another order.
        let mut same = BTreeMap::new();
        for order in found.iter().map(|one| one.order) {
            if let std::collections::btree_map::Entry::Vacant(entry) = same.entry(order) {
                entry.insert(site.texts.says(order, &wanted.rule, said).await?);
            }
        }
        found.retain(|one| same.get(&one.order) == Some(&true));
        let mut parts: BTreeMap<String, u64> = BTreeMap::new();
        for (part, order, count) in wrong {
            if same.get(&order) == Some(&true) {
                *parts.entry(part).or_default() += count;
            }
        }
        (found, parts, in_force, whole)
    };
    let mut orders = BTreeMap::new();
    for (person, order) in in_force {
        if site.texts.says(order, &wanted.rule, said).await? {
            orders.insert(person, order);
        }
    }
    let about = found.iter().map(|one| one.person.clone()).collect();
    let people = site
        .store
        .read(move |read| Ok::<_, StoreError>(under(read, about, &orders)?))
        .await?;
    let all = effect(&found);
    let mut figures = Figures::default();
    for one in &found {
        figures.add(weight(one), 1);
    }
    let body = html! {
        (govuk::breadcrumbs(&[("/rules", "Rules")]))
        h1 { (says) }
        p { "Rule " (wanted.rule) " of " (text.id) ", and of every other order with the same rule, among your people." }
        @if !whole { p.note { "Only the latest 20,000 findings are counted." } }
        p { (sentence(figures)) }
        @if noisy(figures) {
            (govuk::inset(&html! {
                "Proposal: retire it, or leave out the part that was dismissed every time. What that would have \
                 meant in the past stands below. Whoever agrees begins a draft of the order without it."
            }))
        }
        (without(&all, &found, &signed))
        (parts(&found, (&signed, &wanted)))
        (wrong_parts(&wrong))
        (whose(&signed, &people, (&wanted.rule, site.trying.people))?)
    };
    let about = Page {
        title: &format!("Rule {}", wanted.rule),
        here: "/rules",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// Everybody whose order in force has the rule, with it, and then those of these people whose order does not.
fn under(
    read: &Read<'_>,
    about: BTreeSet<PersonId>,
    orders: &BTreeMap<PersonId, Hash>,
) -> Result<Vec<(Person, Option<Hash>)>, SqlError> {
    let has = orders.iter().map(|(id, order)| (id, Some(*order)));
    let had = about.iter().filter(|id| !orders.contains_key(id));
    let mut all = Vec::with_capacity(orders.len());
    for (id, order) in has.chain(had.map(|id| (id, None))) {
        if let Some(person) = people::get(read, id)? {
            all.push((person, order));
        }
    }
    Ok(all)
}

fn weight(one: &Found) -> Option<Weight> {
    one.verdict.as_deref().and_then(Weight::of)
}

fn effect<'a>(found: impl IntoIterator<Item = &'a Found>) -> Effect {
    let mut effect = Effect::default();
    for one in found {
        effect.alerts += 1;
        if one.stays {
            effect.stay += 1;
            continue;
        }
        match weight(one) {
            None => effect.open += 1,
            weight => effect.gone.add(weight, 1),
        }
    }
    effect
}

fn without(all: &Effect, found: &[Found], signed: &Signed) -> Markup {
    let gone = all.alerts - all.stay;
    let lost: Vec<_> = found
        .iter()
        .filter(|one| !one.stays && weight(one) == Some(Weight::Confirmed))
        .collect();
    html! {
        section aria-labelledby="without" {
            h2 #without { "The past without this rule" }
            (govuk::summary_list(&[
                ("Alerts of this rule", html! { (all.alerts) }),
                ("Would stay", html! { (all.stay) ", because another rule found the same record" }),
                ("Would not have been", html! {
                    (gone) ": " (all.gone.confirmed) " confirmed, " (all.gone.dismissed) " dismissed, "
                    (all.open) " not decided"
                }),
            ]))
            @if !lost.is_empty() {
                h3 { "Confirmed, and lost without it" }
                ul.rows {
                    @for one in lost.iter().take(LINES) {
                        li {
                            a href={ "/alert/" (one.finding) } { "Case " (one.finding.to_string().chars().take(8).collect::<String>()) }
                            ": " (Verdict::words_of(one.verdict.as_deref().unwrap_or_default())) " "
                            span.quiet { (words::moment(one.at, &signed.zone)) }
                        }
                    }
                    @if lost.len() > LINES { li { "And " (lost.len() - LINES) " more." } }
                }
            }
        }
    }
}

/// What matched, by text: what a narrower list would have left out.
fn parts(found: &[Found], asked: (&Signed, &Wanted)) -> Markup {
    let mut by_text: BTreeMap<&Quoted, Vec<&Found>> = BTreeMap::new();
    for one in found {
        by_text.entry(&one.matched).or_default().push(one);
    }
    let mut rows: Vec<_> = by_text
        .into_iter()
        .map(|(matched, found)| (matched, effect(found)))
        .collect();
    rows.sort_by(|(a, one), (b, other)| {
        let noise = |one: &Effect| {
            (
                one.gone.confirmed > 0,
                std::cmp::Reverse(one.gone.dismissed),
            )
        };
        noise(one).cmp(&noise(other)).then_with(|| a.cmp(b))
    });
    let more = rows.len().saturating_sub(LINES);
    let cells: Vec<_> = rows
        .iter()
        .take(LINES)
        .map(|(matched, effect)| {
            vec![
                name(matched),
                html! { (effect.alerts - effect.stay) },
                html! { (effect.gone.confirmed) },
                html! { (effect.gone.dismissed) },
                html! { (effect.open) },
                html! {
                    @if !matches!(matched, Quoted::Text(_)) { "Nobody knows what would have to be left out" }
                    @else if effect.gone.confirmed == 0 && effect.gone.dismissed > 0 { "Leaving it out loses nothing that was confirmed" }
                    @else if effect.gone.confirmed > 0 { "Leaving it out loses what was confirmed" }
                    @else { "Nothing was decided" }
                },
                narrow(asked, matched),
            ]
        })
        .collect();
    let heads = [
        Head::Text("What matched"),
        Head::Number("Would not have been"),
        Head::Number("Confirmed"),
        Head::Number("Dismissed"),
        Head::Number("Not decided"),
        Head::Text("What that means"),
        Head::Text("Judge past records"),
    ];
    html! {
        section aria-labelledby="parts" {
            h2 #parts { "The past with one part left out" }
            @if cells.is_empty() { p.empty { "It found nothing among your people." } }
            @else { (govuk::table("What matched, with what leaving it out would have meant", &heads, &cells)) }
            @if more > 0 { p.quiet { (words::counted(more as i128, "other text")) " matched as well." } }
        }
    }
}

fn name(matched: &Quoted) -> Markup {
    html! {
        @match matched {
            Quoted::Text(matched) if matched == "[]" => i { "No part of the record in particular" },
            Quoted::Text(matched) => (groups::matched(matched)),
            Quoted::Erased => i { "What was erased" },
            Quoted::Unreadable => i { "What cannot be read: the person's key is missing" },
        }
    }
}

/// A button that judges past records by the rule without what matched; nothing where it matched in several places,
/// or where no condition says just that.
fn narrow((signed, wanted): (&Signed, &Wanted), matched: &Quoted) -> Markup {
    let Quoted::Text(matched) = matched else {
        return html! { "Not possible" };
    };
    let places: Vec<groups::Matched> = serde_json::from_str(matched).unwrap_or_default();
    let part = match places.as_slice() {
        [one] => Part::of(&one.field, &one.text).map(|_| one),
        _ => None,
    };
    html! {
        @match part {
            None => span.quiet { "By hand, in a draft" },
            Some(one) => {
                form.inline method="post" action="/rules/narrow" {
                    (govuk::hidden("token", &signed.token))
                    (govuk::hidden("rule", &wanted.rule))
                    (govuk::hidden("order", &wanted.order))
                    (govuk::hidden("field", &one.field))
                    (govuk::hidden("text", &one.text))
                    button.pv-plain type="submit" {
                        "Without this" span.govuk-visually-hidden { ": " (one.text) }
                    }
                }
            }
        }
    }
}

/// Of false alarms: which part was wrong, as people said.
fn wrong_parts(parts: &BTreeMap<String, u64>) -> Markup {
    let rows: Vec<_> = parts
        .iter()
        .map(|(part, count)| vec![html! { (part.replace('_', " ")) }, html! { (count) }])
        .collect();
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="wrong-parts" {
                h2 #wrong-parts { "Which part was wrong" }
                (govuk::table("Of false alarms, as people said", &[Head::Text("Part"), Head::Number("How often")], &rows))
            }
        }
    }
}

/// Each with the order in force if that has the rule, and a button that tries it without. `at_once`: of how many the
/// records are judged at most where a part is left out.
fn whose(
    signed: &Signed,
    people: &[(Person, Option<Hash>)],
    (rule, at_once): (&str, usize),
) -> Result<Markup, Fault> {
    let under = people.iter().filter(|(_, order)| order.is_some()).count();
    Ok(html! {
        section aria-labelledby="whose" {
            h2 #whose { "Whose order has it" }
            @if people.is_empty() { p.empty { "The order in force of nobody whom you see has it." } }
            @else {
                p {
                    "The rule is in the order in force of " (people_words(under as u64)) " whom you see. “Without this” \
                     above judges the records "
                    @if under > at_once { "of " (at_once) " of them." } @else { "of all of them." }
                }
                p {
                    "Trying begins a draft of the person's order without this rule, judges the last weeks by it, and \
                     shows what would have been flagged. A draft is not in force: nothing changes until it is \
                     signed and put in force."
                }
            }
            ul.rows {
                @for (person, current) in people.iter().take(PEOPLE) {
                    li {
                        a href={ "/person/" (person.id) } { (person.name) } " " small { (person.pseudonym) }
                        @match current {
                            None => { " " span.quiet { "the order in force does not have it" } }
                            Some(order) => {
                                form.inline method="post" action="/rules/try" {
                                    (govuk::hidden("token", &signed.token))
                                    (fields::once()?)
                                    (govuk::hidden("person", person.id.as_str()))
                                    (govuk::hidden("rule", rule))
                                    (govuk::hidden("seen", &order.to_string()))
                                    button.pv-plain type="submit" {
                                        "Try it on the past without this rule"
                                        span.govuk-visually-hidden { ", " (person.pseudonym) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if people.len() > PEOPLE { li { "And " (people.len() - PEOPLE) " more." } }
            }
        }
    })
}

/// The form of one person.
#[derive(Deserialize)]
pub(in crate::web) struct Try {
    token: String,
    once: String,
    person: String,
    rule: String,
    /// The order that was shown.
    seen: String,
    /// What the rule is to leave out; empty: the rule itself goes.
    #[serde(default)]
    key: String,
    #[serde(default)]
    text: String,
}

/// Begins a draft without the rule, and tries it on the past.
pub(in crate::web) async fn try_without(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Try>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let once = fields::named(&form.once)?;
    let names = (once.as_str(), form.seen.as_str());
    let part = match (form.key.as_str(), form.text.as_str()) {
        ("", "") => None,
        (key, text) => Some(Part::named(key, text).ok_or(Fault::Stale)?),
    };
    let changed = (form.rule.as_str(), part.as_ref());
    begin::without(&site, &signed, &form.person, names, changed).await?;
    replay::at_once(&site, &signed, &once).await
}
