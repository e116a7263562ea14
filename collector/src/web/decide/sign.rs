//! A supervisor agrees to a decision, or sends it back.
//!
//! Promises: nobody agrees to a decision of their own; a decision is agreed to or sent back once, and whoever is
//! second is told; so is whoever answers to one in whose place there is another by now. What is sent back waits again,
//! but for what was decided anew meanwhile.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::Change;
use crate::store::cases::{self, CaseKind};
use crate::store::rulings::{self, Shown, SignOff};

use super::super::access::Right;
use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{Errors, Textarea, hidden};
use super::super::{Site, audit, casefile, layout, words};
use super::form::{Taken, reason};
use super::{By, Verdict, rule, to};

/// Most characters of what a supervisor says.
const LONGEST: usize = 4_000;

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(in crate::web) struct Answer {
    token: String,
    ruling: String,
    answer: String,
    #[serde(default)]
    reason: String,
}

/// Agrees, or sends back.
pub(in crate::web) async fn sign_off(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Answer>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    casefile::check(&site, &signed, &id).await?;
    let agreed = match form.answer.as_str() {
        "agree" => true,
        "back" => false,
        _ => {
            return Err(Fault::Input(
                "say whether you agree or send it back; go back and press one of the buttons",
            ));
        }
    };
    let reason = reason(&form.reason);
    let errors = wrong(&form, &reason, agreed);
    if !errors.is_empty() {
        let draft = casefile::Draft::answer(form, errors);
        let page = casefile::page(&site, &signed, &id, draft).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (now, staff, case_id) = (clock::now(), signed.staff, id.clone());
    site.store
        .write("sign off", move |tx| {
            let case = casefile::of_theirs(tx, &case_id, &staff, now)?;
            let shown = rulings::get(tx, &form.ruling)?.filter(|one| one.ruling.case == case.id);
            let shown = shown.ok_or(casefile::MISSING)?;
            if shown.superseded.is_some() {
                return Err(Fault::Superseded);
            }
            let ruling = shown.ruling;
            if ruling.staff == staff {
                return Err(Fault::Input(
                    "this decision is your own; another supervisor must agree to it",
                ));
            }
            let said = SignOff {
                ruling: ruling.id.clone(),
                staff: staff.clone(),
                at: now,
                agreed,
                reason: reason.clone(),
            };
            if !rulings::sign(tx, &said)? {
                return Err(Fault::Overtaken);
            }
            let on = format!("{} {}", case.id, ruling.verdict);
            let action = if agreed {
                audit::SIGNED_OFF
            } else {
                audit::SENT_BACK
            };
            audit::enter(tx, &staff, action, Some(&case.person), &on, now)?;
            tx.announce(Change::Case {
                person: case.person.clone(),
            });
            if agreed {
                return Ok(());
            }
            let case = cases::get(tx, &case.id)?.ok_or(casefile::MISSING)?;
            // What is opened again is told to nobody.
            let by = By {
                staff: &staff,
                now,
                hooks: &[],
            };
            let taken = Taken::reopened(&reason);
            if case.kind != CaseKind::Finding {
                return rule(tx, by, &taken, &case, None, &[]);
            }
            let decided = rulings::decided_by(tx, &ruling.id)?.into_iter();
            let still: Vec<_> = decided
                .filter(|(_, still)| *still)
                .map(|(id, _)| id)
                .collect();
            let only = ruling.finding.filter(|_| still.len() == 1);
            rule(tx, by, &taken, &case, only, &still)
        })
        .await?;
    Ok(to(&format!("/case/{id}#decision")))
}

fn wrong(form: &Answer, reason: &str, agreed: bool) -> Errors {
    let mut errors = Errors::default();
    if reason.chars().count() > LONGEST {
        errors.add(
            field(&form.ruling),
            "What you wrote is longer than 4,000 characters: shorten it",
        );
    }
    if !agreed && reason.is_empty() {
        errors.add(
            field(&form.ruling),
            "Say why you send it back, because whoever decided must know",
        );
    }
    errors
}

/// The field for what is said to a ruling.
fn field(ruling: &str) -> String {
    format!("back-{ruling}")
}

/// Whether a supervisor agreed, or must; `replaced`: the word that took its place.
pub(in crate::web) fn said(one: &Shown, replaced: Option<&str>, zone: &TimeZone) -> Markup {
    html! {
        @match (&one.sign_off, replaced) {
            (Some((said, name)), _) => {
                p {
                    b { (name) }
                    (if said.agreed { " agreed" } else { " sent it back" })
                    " " span.quiet { (words::moment(said.at, zone)) }
                }
                @if !said.reason.is_empty() { p.reason { (said.reason) } }
            }
            (None, Some(word)) if one.ruling.wanted => {
                p.quiet {
                    "It was "
                    (if Verdict::parse(word) == Some(Verdict::Reopened) { "opened again" } else { "decided anew" })
                    " before a supervisor agreed, so nobody has to any more."
                }
            }
            (None, None) if one.ruling.wanted => {
                p { (layout::tag("review", "To be signed off")) " A supervisor must agree." }
            }
            (None, _) => {}
        }
    }
}

/// For whom may agree: a form for each ruling that waits for it.
pub(in crate::web) fn forms(
    signed: &Signed,
    case: &str,
    said: &[Shown],
    (typed, errors): &(Answer, Errors),
) -> Markup {
    let may = Right::SignOff.of(signed.role);
    html! {
        @for one in said.iter().filter(|one| one.pending()) {
            @if may && one.ruling.staff != signed.staff {
                form.sheet method="post" action={ "/case/" (case) "/sign-off" } {
                    h3 { "Do you agree to the decision of " (one.staff_name) "?" }
                    (hidden("token", &signed.token))
                    (hidden("ruling", &one.ruling.id))
                    @let id = field(&one.ruling.id);
                    (Textarea {
                        id: &id,
                        name: "reason",
                        label: "What you say to it (needed to send it back)",
                        value: if typed.ruling == one.ruling.id { &typed.reason } else { "" },
                        error: errors.of(&id),
                        rows: 3,
                        longest: Some(LONGEST),
                        ..Textarea::default()
                    })
                    div.govuk-button-group {
                        button.govuk-button type="submit" name="answer" value="agree" { "Agree" }
                        button.govuk-button.govuk-button--secondary type="submit" name="answer" value="back" {
                            "Send back"
                        }
                    }
                }
            }
        }
    }
}
