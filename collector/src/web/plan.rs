//! Risk level and risk management plan.
//!
//! Promises: levels are what people came to, with their reasons and the day of the next review, and the
//! history stays. An action has an owner and a day, and is closed with an outcome. What is overdue is said.
//! Who assesses anew has read what stands there, or is shown it before theirs is taken.
//!
//! Refuses: to work a level out.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::plan::{self, Action, Assessed, Closed, ClosedAs, Level};
use crate::store::staff::{self, Role, Staff};
use crate::store::{Read, SqlError, StoreError, sight};

use super::Site;
use super::fault::Fault;
use super::fields::{self, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::govuk::{self, Head};
use super::head::{self, Tab, Whose};
use super::{audit, decide, layout, words};

/// Most letters of reasons, of an action and of its outcome.
const REASONS: usize = 4_000;
const WHAT: usize = 500;
const OUTCOME: usize = 1_000;

/// Assessments and actions that are shown.
const SHOWN: u64 = 200;

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
    /// Which action's form.
    end: Option<(String, Filled)>,
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
    signed.check(&sent.token)?;
    let whose = site.whose_form(&signed, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let level = filled.one_of::<Level>("level", &sent.level, "Choose a level.");
    let reasons = filled.words(
        "reasons",
        &sent.reasons,
        REASONS,
        Some("Give the reasons, because others will rely on them."),
    );
    let review = filled.day("review", &sent.review, "Say when it is to be reviewed.");
    if review.is_some_and(|day| day < whose.today) {
        filled.wrong(
            "review",
            "The next review cannot be in the past. Choose a day to come.",
        );
    }
    let now = clock::now();
    if let (Some(level), Some(review), true) = (level, review, filled.is_good()) {
        let assessed = Assessed {
            id: once,
            person: whose.id.clone(),
            level,
            reasons,
            review,
            staff: signed.staff.clone(),
            at: now,
            staff_name: String::new(),
        };
        let taken = site
            .store
            .write("assess", move |tx| -> Result<bool, Fault> {
                sight::why(tx, &assessed.staff, &assessed.person, now)?.ok_or(Fault::Sight)?;
                let all = plan::assessments(tx, &assessed.person, SHOWN)?;
                if all.iter().any(|one| one.id == assessed.id) {
                    return Ok(true);
                }
                if all.first().map_or("", |latest| &latest.id) != sent.seen {
                    return Ok(false);
                }
                plan::assess(tx, &assessed)?;
                let on = format!("{}, review on {}", assessed.level.as_str(), assessed.review);
                audit::enter(
                    tx,
                    &assessed.staff,
                    audit::ASSESSED,
                    Some(&assessed.person),
                    &on,
                    now,
                )?;
                Ok(true)
            })
            .await?;
        if taken {
            return Ok(decide::to(&whose.at(Tab::Plan)));
        }
        filled.wrong(
            "level",
            "Somebody else assessed the risk while you had this page open. Nothing was recorded yet: \
             read theirs, and send yours again if it is still needed.",
        );
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
    signed.check(&sent.token)?;
    let whose = site.whose_form(&signed, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let what = filled.words("what", &sent.what, WHAT, Some("Say what is to be done."));
    let due = filled.day("due", &sent.due, "Say until when.");
    filled.typed("owner", &sent.owner);
    let owners = site
        .store
        .read(|read| Ok::<_, StoreError>(owners(read)?))
        .await?;
    let owner = owners.into_iter().find(|one| one.id == sent.owner);
    if owner.is_none() {
        filled.wrong("owner", "Choose who is to do it.");
    }
    let now = clock::now();
    let (Some(due), Some(owner), true) = (due, owner, filled.is_good()) else {
        let forms = Forms {
            action: filled,
            ..Forms::default()
        };
        return again(&site, &signed, &whose, &forms).await;
    };
    let action = Action {
        id: once,
        person: whose.id.clone(),
        what,
        owner: owner.id,
        due,
        staff: signed.staff.clone(),
        at: now,
        closed: None,
        owner_name: String::new(),
    };
    let to = format!("{}#action-{}", whose.at(Tab::Plan), action.id);
    site.store
        .write("plan", move |tx| -> Result<(), Fault> {
            sight::why(tx, &action.staff, &action.person, now)?.ok_or(Fault::Sight)?;
            match plan::action(tx, &action.id)? {
                Some(before) if before.person == action.person && before.staff == action.staff => {
                    return Ok(());
                }
                Some(_) => return Err(fields::ANOTHERS),
                None => {}
            }
            plan::add(tx, &action)?;
            audit::enter(
                tx,
                &action.staff,
                audit::PLANNED,
                Some(&action.person),
                &action.id,
                now,
            )
        })
        .await?;
    Ok(decide::to(&to))
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
    signed.check(&sent.token)?;
    let whose = site.whose_form(&signed, &id).await?;
    let mut filled = Filled::default().within(&sent.action);
    let how = filled.one_of::<ClosedAs>("how", &sent.how, "Choose how it ended.");
    let outcome = filled.words(
        "outcome",
        &sent.outcome,
        OUTCOME,
        Some("Say what came of it."),
    );
    let now = clock::now();
    if let (Some(how), true) = (how, filled.is_good()) {
        let closed = Closed {
            at: now,
            by: signed.staff.clone(),
            how,
            outcome,
            by_name: String::new(),
        };
        let (action, person) = (sent.action.clone(), whose.id.clone());
        let taken = site
            .store
            .write("close action", move |tx| -> Result<bool, Fault> {
                sight::why(tx, &closed.by, &person, now)?.ok_or(Fault::Sight)?;
                let before = plan::action(tx, &action)?.filter(|one| one.person == person);
                if let Some(other) = before.ok_or(NONE)?.closed {
                    return Ok(other.by == closed.by
                        && other.how == closed.how
                        && other.outcome == closed.outcome);
                }
                plan::close(tx, &action, &closed)?;
                let on = format!("{action} {}", closed.how.as_str());
                audit::enter(
                    tx,
                    &closed.by,
                    audit::CLOSED_ACTION,
                    Some(&person),
                    &on,
                    now,
                )?;
                Ok(true)
            })
            .await?;
        if taken {
            return Ok(decide::to(&format!(
                "{}#action-{}",
                whose.at(Tab::Plan),
                sent.action
            )));
        }
        return Err(Fault::Input(
            "this action is closed already, with another outcome, so yours was not recorded; open the plan \
             again, and write a note if there is more to say",
        ));
    }
    let forms = Forms {
        end: Some((sent.action, filled)),
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
    let page = page(site, signed, whose, forms).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
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
        @if let Some((_, filled)) = &forms.end { (filled.summary()) }
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
    Ok(html! {
            section aria-labelledby="risk" {
                h2 #risk { "Risk level" }
                @match latest {
                    None => p.empty { "Nobody has assessed the risk yet." },
                    Some(latest) => {
                        p { (head::level(latest.level)) " " (head::due("Review", latest.review, whose.today)) }
                        p.reason dir="auto" { (latest.reasons) }
                        p.quiet { (latest.staff_name) ", " (words::moment(latest.at, &whose.zone)) }
                    }
                }
                @if history.len() > 1 {
                    details {
                        summary { "Earlier assessments (" (history.len() - 1) ")" }
    (govuk::table("Earlier assessments, the latest first", &[
                            Head::Text("Assessed"),
                            Head::Text("Level"),
                            Head::Text("Reasons"),
                            Head::Text("Review was due"),
                            Head::Text("By"),
                        ], &earlier))
                    }
                }
                details open[!filled.is_good()] {
                    summary { "Assess anew" }
                    form.sheet method="post" action={ (whose.at(Tab::Plan)) "/risk" } {
                        (govuk::hidden("token", &signed.token))
                        (govuk::hidden("seen", latest.map_or("", |latest| &latest.id)))
                        (fields::once()?)
                        (filled.radios(label("level", "Risk of serious harm"), levels))
                        (filled.area(Label {
                            name: "reasons",
                            says: "Reasons",
                            hint: "What raises the risk and what lowers it. Kept with your name.",
                        }, REASONS))
                        (filled.other(label("review", "Review on"), "date"))
                        (govuk::button("Record the assessment"))
                    }
                }
            }
        })
}

fn earlier(whose: &Whose, one: &Assessed) -> Vec<Markup> {
    vec![
        words::moment(one.at, &whose.zone),
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
            @if waiting.is_empty() { p.empty { "No action waits." } }
            ol.rows {
                @for one in waiting {
                    li id={ "action-" (one.id) } { (waits(signed, whose, one, forms.end.as_ref())) }
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
                    (filled.input(label("what", "What is to be done"), WHAT))
                    (filled.select(label("owner", "Who does it"), choices))
                    (filled.other(label("due", "Until"), "date"))
                    (govuk::button("Add to the plan"))
                }
            }
        }
    })
}

fn waits(signed: &Signed, whose: &Whose, one: &Action, typed: Option<&(String, Filled)>) -> Markup {
    let empty = Filled::default().within(&one.id);
    let own = typed
        .filter(|(id, _)| *id == one.id)
        .map(|(_, filled)| filled);
    let filled = own.unwrap_or(&empty);
    let ends = ClosedAs::ALL.map(|how| (how.as_str(), how_words(how)));
    html! {
        p.reason dir="auto" { b { (one.what) } }
        p { (head::due("It", one.due, whose.today)) " Owner: " (one.owner_name) "." }
        details open[own.is_some()] {
            summary { "Close" span.govuk-visually-hidden { ": " (one.what) } }
            form.sheet method="post" action={ (whose.at(Tab::Plan)) "/close" } {
                (govuk::hidden("token", &signed.token))
                (govuk::hidden("action", &one.id))
                (filled.radios(label("how", "How did it end?"), ends))
                (filled.area(label("outcome", "What came of it"), OUTCOME))
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
            p.quiet { (closed.by_name) ", " (words::moment(closed.at, &whose.zone)) }
        }
    }
}

const fn how_words(how: ClosedAs) -> &'static str {
    match how {
        ClosedAs::Done => "Done",
        ClosedAs::Dropped => "Not done, and no longer needed",
    }
}
