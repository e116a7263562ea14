//! Risk level and risk management plan.
//!
//! Promises: levels are what people came to, with their reasons and the day of the next review, and the
//! history stays. An action has an owner and a day, and is closed with an outcome. What is overdue is said.
//! Who assesses anew has read what stands there, or is shown it before theirs is taken.
//!
//! Refuses: to work a level out.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::plan::{self, Action, Assessed, Closed, ClosedAs, Level};
use crate::store::staff::{self, Role, Staff};
use crate::store::{Read, SqlError, StoreError};

use super::Site;
use super::fault::Fault;
use super::fields::{self, Each, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::govuk::{self, Head};
use super::head::{self, Tab, Whose};
use super::{audit, decide, keep, layout, words};

/// Most letters of reasons, of an action and of its outcome.
const REASONS: usize = 4_000;
const WHAT: usize = 500;
const OUTCOME: usize = 1_000;

/// Assessments and actions that are shown.
const SHOWN: u64 = 200;

const WHY: Label<'_> = Label {
    name: "reasons",
    says: "Reasons",
    hint: "What raises the risk and what lowers it. Kept with your name.",
};
const REVIEW: Label<'_> = label("review", "Review on");
const TO_DO: Label<'_> = label("what", "What is to be done");
const DUE: Label<'_> = label("due", "Until");
const CAME: Label<'_> = label("outcome", "What came of it");

/// A new assessment.
#[derive(Deserialize)]
pub(super) struct Risk {
    token: String,
    once: String,
    /// The assessment that the page showed as the latest.
    seen: String,
    #[serde(default)]
    level: String,
    reasons: String,
    review: String,
}

/// A new action.
#[derive(Deserialize)]
pub(super) struct New {
    token: String,
    once: String,
    what: String,
    #[serde(default)]
    owner: String,
    due: String,
}

/// The end of an action.
#[derive(Deserialize)]
pub(super) struct End {
    token: String,
    action: String,
    #[serde(default)]
    how: String,
    outcome: String,
}

/// What is typed into each form of the page.
#[derive(Default)]
struct Forms {
    risk: Filled,
    action: Filled,
    /// One for each action that waits.
    end: Each,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let whose = site.whose(&signed, &id, audit::SAW_PLAN, "").await?;
    page(&site, &signed, &whose, &Forms::default()).await
}

/// Adds an assessment.
pub(super) async fn assess(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Risk>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let level = filled.one_of::<Level>("level", &sent.level, "Choose a level.");
    let reasons = filled.words(
        WHY,
        &sent.reasons,
        REASONS,
        Some("Give the reasons, because others will rely on them."),
    );
    let review = filled.day(REVIEW, &sent.review, "Say when it is to be reviewed.");
    if review.is_some_and(|day| day < whose.today) {
        filled.wrong(
            "review",
            "The next review cannot be in the past. Choose a day to come.",
        );
    }
    if let (Some(level), Some(review), true) = (level, review, filled.is_good()) {
        let assessed = Assessed {
            id: once,
            person: whose.id.clone(),
            level,
            reasons,
            review,
            staff: signed.staff.clone(),
            at: clock::now(),
            staff_name: String::new(),
        };
        let kept = site
            .keep(&signed, &whose, audit::ASSESSED, move |tx, by| {
                let there = plan::assessment(tx, &assessed.id)?.map(|there| Assessed {
                    at: assessed.at,
                    staff_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &assessed)? {
                    return Ok(None);
                }
                let latest = plan::latest(tx, &by.person)?;
                if latest.map_or(String::new(), |latest| latest.id) != sent.seen {
                    return Err(Fault::Stale);
                }
                plan::assess(tx, &assessed)?;
                let (level, review) = (assessed.level.as_str(), assessed.review);
                Ok(Some(format!("{level}, review on {review}")))
            })
            .await;
        let stale = "Somebody else assessed the risk while you had this page open, or you did. Nothing was recorded \
                     yet: read that, and send yours again if it is still needed.";
        if filled.was_taken(kept, ("level", stale))? {
            return Ok(decide::to(&whose.at(Tab::Plan)));
        }
    }
    let forms = Forms {
        risk: filled,
        ..Forms::default()
    };
    again(&site, &signed, &whose, &forms).await
}

/// Adds an action.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<New>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let what = filled.words(TO_DO, &sent.what, WHAT, Some("Say what is to be done."));
    let due = filled.day(DUE, &sent.due, "Say until when.");
    filled.typed("owner", &sent.owner);
    let owners = site
        .store
        .read(|read| Ok::<_, StoreError>(owners(read)?))
        .await?;
    let owner = owners.into_iter().find(|one| one.id == sent.owner);
    if owner.is_none() {
        filled.wrong("owner", "Choose who is to do it.");
    }
    if let (Some(due), Some(owner), true) = (due, owner, filled.is_good()) {
        let action = Action {
            id: once,
            person: whose.id.clone(),
            what,
            owner: owner.id,
            due,
            staff: signed.staff.clone(),
            at: clock::now(),
            closed: None,
            owner_name: String::new(),
        };
        let to = format!("{}#action-{}", whose.at(Tab::Plan), action.id);
        let kept = site
            .keep(&signed, &whose, audit::PLANNED, move |tx, _| {
                let there = plan::action(tx, &action.id)?.map(|there| Action {
                    at: action.at,
                    closed: None,
                    owner_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &action)? {
                    return Ok(None);
                }
                plan::add(tx, &action)?;
                Ok(Some(action.id))
            })
            .await;
        if filled.was_taken(kept, ("what", keep::USED))? {
            return Ok(decide::to(&to));
        }
    }
    let forms = Forms {
        action: filled,
        ..Forms::default()
    };
    again(&site, &signed, &whose, &forms).await
}

/// Closes an action.
pub(super) async fn close(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<End>,
) -> Result<Response, Fault> {
    const NONE: Fault =
        Fault::Missing("there is no such action about this person; look in the plan");
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let mut filled = Filled::default().within(&sent.action);
    let how = filled.one_of::<ClosedAs>("how", &sent.how, "Choose how it ended.");
    let outcome = filled.words(CAME, &sent.outcome, OUTCOME, Some("Say what came of it."));
    if let (Some(how), true) = (how, filled.is_good()) {
        let closed = Closed {
            at: clock::now(),
            by: signed.staff.clone(),
            how,
            outcome,
            by_name: String::new(),
        };
        let to = format!("{}#action-{}", whose.at(Tab::Plan), sent.action);
        let action = sent.action.clone();
        let kept = site
            .keep(&signed, &whose, audit::CLOSED_ACTION, move |tx, by| {
                let found = plan::action(tx, &action)?.filter(|one| one.person == by.person);
                match found.ok_or(NONE)?.closed {
                    None => {
                        plan::close(tx, &action, &closed)?;
                        Ok(Some(format!("{action} {}", closed.how.as_str())))
                    }
                    Some(before) if before.is_same(&closed) => Ok(None),
                    Some(_) => Err(Fault::Stale),
                }
            })
            .await;
        let stale = "This action was closed while you had this page open, with another outcome, so yours was not \
                     recorded. Read the other, and write a note if there is more to say.";
        if filled.was_taken(kept, ("outcome", stale))? {
            return Ok(decide::to(&to));
        }
    }
    let forms = Forms {
        end: Each::sent(sent.action, filled),
        ..Forms::default()
    };
    again(&site, &signed, &whose, &forms).await
}

async fn again(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    forms: &Forms,
) -> Result<Response, Fault> {
    Ok(keep::again(page(site, signed, whose, forms).await?))
}

/// Who can be asked to do something.
fn owners(read: &Read<'_>) -> Result<Vec<Staff>, SqlError> {
    let mut all = staff::all(read)?;
    all.retain(|one| one.closed.is_none() && matches!(one.role, Role::Manager | Role::Supervisor));
    Ok(all)
}

async fn page(site: &Site, signed: &Signed, whose: &Whose, forms: &Forms) -> Result<Markup, Fault> {
    let id = whose.id.clone();
    let (history, actions, owners) = site
        .store
        .read(move |read| {
            let history = plan::assessments(read, &id, SHOWN)?;
            let actions = plan::actions(read, &id, SHOWN)?;
            Ok::<_, StoreError>((history, actions, owners(read)?))
        })
        .await?;
    let body = html! {
        (forms.risk.summary())
        (forms.action.summary())
        (forms.end.summary())
        h1 { "Risk and plan" }
        (risk(signed, whose, &history, &forms.risk)?)
        (actions_part(signed, whose, &actions, &owners, forms)?)
    };
    Ok(whose.page(signed, Tab::Plan, "Risk and plan", &body))
}

fn risk(
    signed: &Signed,
    whose: &Whose,
    history: &[Assessed],
    filled: &Filled,
) -> Result<Markup, Fault> {
    let levels = Level::ALL.map(|level| (level.as_str(), head::level_words(level)));
    let latest = history.first();
    let earlier: Vec<_> = history
        .iter()
        .skip(1)
        .map(|one| earlier(whose, one))
        .collect();
    let heads = [
        Head::Text("Assessed"),
        Head::Text("Level"),
        Head::Text("Reasons"),
        Head::Text("Review was due"),
        Head::Text("By"),
    ];
    Ok(html! {
        section aria-labelledby="risk" {
            h2 #risk { "Risk level" }
            @match latest {
                None => p.empty { "Nobody has assessed the risk yet." },
                Some(latest) => {
                    p { (head::level(latest.level)) " " (head::due("Review", latest.review, whose.today)) }
                    p.reason dir="auto" { (latest.reasons) }
                    p.quiet { (latest.staff_name) ", " (words::moment(latest.at, &signed.zone)) }
                }
            }
            @if !earlier.is_empty() {
                (govuk::details(
                    &format!("Earlier assessments ({})", earlier.len()),
                    &govuk::table("Earlier assessments, the latest first", &heads, &earlier),
                ))
            }
            details open[!filled.is_good()] {
                summary { "Assess anew" }
                form.sheet method="post" action={ (whose.at(Tab::Plan)) "/risk" } {
                    (govuk::hidden("token", &signed.token))
                    (govuk::hidden("seen", latest.map_or("", |latest| &latest.id)))
                    (fields::once()?)
                    (filled.radios(label("level", "Risk of serious harm"), levels))
                    (filled.area(WHY, REASONS))
                    (filled.other(REVIEW, "date"))
                    (govuk::button("Record the assessment"))
                }
            }
        }
    })
}

fn earlier(whose: &Whose, one: &Assessed) -> Vec<Markup> {
    vec![
        words::moment(one.at, &whose.reader),
        html! { (head::level_words(one.level)) },
        html! { div.reason dir="auto" { (one.reasons) } },
        html! { (head::day(one.review)) },
        html! { (one.staff_name) },
    ]
}

fn actions_part(
    signed: &Signed,
    whose: &Whose,
    actions: &[Action],
    owners: &[Staff],
    forms: &Forms,
) -> Result<Markup, Fault> {
    let (closed, waiting): (Vec<_>, Vec<_>) = actions.iter().partition(|one| one.closed.is_some());
    let filled = &forms.action;
    let choices = owners
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str()));
    Ok(html! {
        section aria-labelledby="plan" {
            h2 #plan { "Risk management plan" }
            @if let Some(left) = forms.end.left(waiting.iter().map(|one| one.id.as_str())) {
                (left.area(label("outcome", "What you typed"), OUTCOME))
            }
            @if waiting.is_empty() { p.empty { "No action waits." } }
            ol.rows {
                @for one in waiting {
                    li id={ "action-" (one.id) } { (waits(signed, whose, one, &forms.end)) }
                }
            }
            @if !closed.is_empty() {
                details {
                    summary { "Closed actions (" (closed.len()) ")" }
                    ol.rows {
                        @for one in closed { li id={ "action-" (one.id) } { (ended(whose, one)) } }
                    }
                }
            }
            @if actions.len() as u64 >= SHOWN {
                p.quiet { "Only " (SHOWN) " actions are shown: what waits, then what was closed last." }
            }
            details open[!filled.is_good()] {
                summary { "Add an action" }
                form.sheet method="post" action={ (whose.at(Tab::Plan)) "/action" } {
                    (govuk::hidden("token", &signed.token))
                    (fields::once()?)
                    (filled.input(TO_DO, WHAT))
                    (filled.select(label("owner", "Who does it"), choices))
                    (filled.other(DUE, "date"))
                    (govuk::button("Add to the plan"))
                }
            }
        }
    })
}

fn waits(signed: &Signed, whose: &Whose, one: &Action, each: &Each) -> Markup {
    let (filled, sent) = each.of(&one.id);
    let ends = ClosedAs::ALL.map(|how| (how.as_str(), how_words(how)));
    html! {
        p.reason dir="auto" { b { (one.what) } }
        p { (head::due("It", one.due, whose.today)) " Owner: " (one.owner_name) "." }
        details open[sent] {
            summary { "Close" span.govuk-visually-hidden { ": " (one.what) } }
            form.sheet method="post" action={ (whose.at(Tab::Plan)) "/close" } {
                (govuk::hidden("token", &signed.token))
                (govuk::hidden("action", &one.id))
                (filled.radios(label("how", "How did it end?"), ends))
                (filled.area(CAME, OUTCOME))
                (govuk::button("Close the action"))
            }
        }
    }
}

fn ended(whose: &Whose, one: &Action) -> Markup {
    html! {
        p.reason dir="auto" { b { (one.what) } }
        @if let Some(closed) = &one.closed {
            p {
                (layout::tag(if closed.how == ClosedAs::Done { "held" } else { "review" }, how_words(closed.how)))
                " Was due on " (head::day(one.due)) ". Owner: " (one.owner_name) "."
            }
            p.reason dir="auto" { (closed.outcome) }
            p.quiet { (closed.by_name) ", " (words::moment(closed.at, &whose.reader)) }
        }
    }
}

const fn how_words(how: ClosedAs) -> &'static str {
    match how {
        ClosedAs::Done => "Done",
        ClosedAs::Dropped => "Not done, and no longer needed",
    }
}
