//! The load of each officer of a team, for who runs it.
//!
//! Promises: people who are nobody's case stand first; an alert counts for whose case the person is now. The
//! figures say how work is spread, and nothing of how well it is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::clock;
use crate::store::staff::{self, Role, Staff};
use crate::store::team::{self, Load};
use crate::store::{StoreError, sight};

use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Errors, Head};
use super::super::layout::{self, Page};
use super::super::{Site, audit, words};
use super::assign::{self, Typed};

/// What counts as lately, in milliseconds: four weeks.
pub(super) const LATELY: i64 = 28 * 24 * 60 * 60_000;

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    page(&site, &signed, &Typed::default(), &Errors::default()).await
}

/// The page, with what was typed into its form and what is wrong with that.
pub(super) async fn page(
    site: &Site,
    signed: &Signed,
    typed: &Typed,
    errors: &Errors,
) -> Result<Markup, Fault> {
    site.looks(signed, audit::SAW_TEAM, None, "").await?;
    let now = clock::now();
    let (id, team) = (signed.staff.clone(), signed.team.clone());
    let patience = site.overdue.millis();
    let (officers, loads, unassigned, others) = site
        .store
        .read(move |read| {
            let all: Vec<Staff> = staff::all(read)?
                .into_iter()
                .filter(assign::has_cases)
                .collect();
            let own = sight::people(read, &id, now)?;
            let mut unassigned = team::nobodys(read)?;
            unassigned.retain(|person| own.contains(person));
            let lines = assign::lines(read, unassigned)?;
            let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.team == team);
            let loads = team::loads(read, patience, now.saturating_sub(LATELY), now)?;
            Ok::<_, StoreError>((own, loads, lines, others))
        })
        .await?;
    let to: Vec<_> = officers.iter().chain(&others).collect();
    let body = html! {
        h1 { "Team" @if !signed.team.is_empty() { " " (signed.team) } }
        (errors.summary())
        section aria-labelledby="nobodys" {
            h2 #nobodys { "Nobody's case: " (unassigned.len()) }
            @if unassigned.is_empty() {
                p.empty { "Everybody is somebody's case." }
            } @else {
                p { "Every manager and supervisor sees them until somebody is given the case." }
                (assign::form(signed, "", &unassigned, &to, typed, errors))
            }
        }
        (table((site, signed), &officers, &loads, now))
        section aria-labelledby="more" {
            h2 #more { "More" }
            ul { (more()) }
        }
    };
    let about = Page {
        title: "Team",
        here: "/team",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

fn more() -> Markup {
    html! {
        li { a href="/caseload" { "Caseload: every device of everybody you see" } }
        li { a href="/rules" { "Rules: confirmed and dismissed, and which are noisy" } }
        li { a href="/team/figures" { "Figures for returns" } }
        li { a href="/audit/month" { "Who looked at whom, by month" } }
    }
}

fn table(
    (site, signed): (&Site, &Signed),
    officers: &[Staff],
    loads: &BTreeMap<String, Load>,
    now: i64,
) -> Markup {
    let none = Load::default();
    let of = |one: &Staff| loads.get(&one.id).unwrap_or(&none);
    let sum = |figure: fn(&Load) -> u64| officers.iter().map(|one| figure(of(one))).sum::<u64>();
    let mut rows: Vec<_> = officers
        .iter()
        .map(|one| row(signed, one, of(one), now))
        .collect();
    rows.push(vec![
        html! { "All" },
        html! { (sum(|load| load.people)) },
        html! { (sum(|load| load.waiting)) },
        html! { (sum(|load| load.overdue)) },
        html! {},
        html! { (sum(|load| load.decisions)) },
        html! {},
        html! { (sum(|load| load.unheard)) },
    ]);
    html! {
        section aria-labelledby="load" {
            h2 #load { "Load of each officer" }
            (govuk::table("As it is now; decisions and first words of the last 4 weeks", &HEADS, &rows))
            p.quiet {
                "Overdue: nobody has taken it up after " (words::counted(site.overdue.urgent, "hour"))
                " if it is urgent, " (words::counted(site.overdue.breach, "hour")) " if it is a possible breach, "
                (words::counted(site.overdue.review, "hour")) " if it is for review. "
                "First word after: the middle one of the times until \
                 anybody first said something. These figures say how work is spread, not how well it is done."
            }
        }
    }
}

const HEADS: [Head<'_>; 8] = [
    Head::Text("Officer"),
    Head::Number("People"),
    Head::Number("Waiting"),
    Head::Number("Overdue"),
    Head::Text("Oldest waiting"),
    Head::Number("Decisions made"),
    Head::Text("First word after"),
    Head::Number("No word yet"),
];

fn row(signed: &Signed, officer: &Staff, load: &Load, now: i64) -> Vec<Markup> {
    vec![
        html! {
            a href={ "/team/officer/" (officer.id) } { (officer.name) }
            @if officer.role == Role::Supervisor { " " span.quiet { "supervisor" } }
        },
        html! { (load.people) },
        html! { (load.waiting) },
        html! {
            @if load.overdue > 0 { (layout::tag("urgent", &load.overdue.to_string())) } @else { "0" }
        },
        html! {
            @match load.oldest {
                Some(at) => { (words::moment(at, &signed.zone)) ", " (words::ago(at, now)) }
                None => "none",
            }
        },
        html! { (load.decisions) },
        first(load),
        html! { (load.unheard) },
    ]
}

fn first(load: &Load) -> Markup {
    html! {
        @match load.median() {
            None => "nothing to count",
            Some(middle) => {
                (words::span(middle).unwrap_or_else(|| "under a minute".to_owned()))
                " " span.quiet { "of " (load.first.len()) }
            }
        }
    }
}
