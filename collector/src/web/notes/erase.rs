//! Asking for a note to be erased. Somebody else confirms it, on the collector's own computer.
//!
//! Promises: whoever asks has proved within ten minutes that it is them, and says under which rule and why; nothing is
//! erased by this page. A form that is sent twice asks once; whoever asks for what was asked for before is told who did,
//! and keeps what they typed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::UnixMs;
use serde::Deserialize;

use crate::clock;
use crate::erasure::{self, EraseError, Waiting, Why};
use crate::store::notes::Note;
use crate::store::{people, sight, staff};
use crate::web::erasures::Asked;
use crate::web::fault::Fault;
use crate::web::fields::{Filled, Label, label};
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::head::{Tab, Whose};
use crate::web::{Site, audit, decide, govuk, keep, words};

use super::{Above, kind_words};

/// Most letters of a rule and of a reason, as erasures take them.
const MOST: usize = 200;

const RULE: Label<'_> = Label {
    name: "rule",
    says: "Under which rule",
    hint: "As in your plan for how long what is kept, or the court's order that it go.",
};
const REASON: Label<'_> = label("reason", "Why");

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    token: String,
    note: String,
    rule: String,
    reason: String,
}

/// Takes it.
pub(in crate::web) async fn ask(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let note = super::note(&site, &whose, sent.note).await?;
    let mut filled = Filled::default();
    let why = Why {
        rule: filled.words(RULE, &sent.rule, MOST, Some("Say under which rule.")),
        reason: filled.words(REASON, &sent.reason, MOST, Some("Say why it is to go.")),
    };
    if filled.is_good() {
        let (staff, person) = (signed.staff.clone(), whose.id.clone());
        let (which, now, zone) = (note.id.clone(), clock::now(), signed.zone.clone());
        let asked = site.store.write("ask to erase", move |tx| {
            sight::why(tx, &staff, &person, now)?.ok_or(Fault::Sight)?;
            let (Some(by), Some(whose)) = (staff::by_id(tx, &staff)?, people::get(tx, &person)?)
            else {
                return Err(Fault::Sight);
            };
            match erasure::ask_notes(tx, &whose, vec![which], &why, &by, UnixMs(now)) {
                Ok(request) => {
                    let action = audit::ASKED_NOTE_ERASURE;
                    audit::enter(tx, &staff, action, Some(&person), &request.id, now)?;
                    Ok(None)
                }
                Err(EraseError::Store(error)) => Err(error.into()),
                // This form was sent twice.
                Err(EraseError::Waits(there)) if there.again => Ok(None),
                Err(EraseError::Waits(there)) => Ok(Some(waits(&there, &zone))),
                Err(refused) => Ok(Some(refused.to_string())),
            }
        });
        match asked.await? {
            None => {
                return Ok(decide::to(&format!(
                    "{}#note-{}",
                    whose.at(Tab::Notes),
                    note.id
                )));
            }
            Some(refused) => filled.wrong("reason", crate::web::fault::sentence(&refused)),
        }
    }
    let page = super::page(&site, &signed, &whose, &Above::Erase(note), &filled, None).await?;
    Ok(keep::again(page))
}

/// Why it is not asked for once more.
fn waits(there: &Waiting, zone: &TimeZone) -> String {
    format!(
        "{} asked for this note to be erased on {}, and that waits for somebody else to confirm it, so nothing was asked \
         for now. If this rule or reason is the better one, take that request back first, and send this \
         again.",
        there.by,
        words::full(there.asked.0, zone)
    )
}

/// Who asked for a note to be erased, if anybody did.
pub(super) fn waiting(asked: Option<&Asked>, zone: &TimeZone) -> Markup {
    html! {
        @if let Some(asked) = asked {
            p.note {
                (asked.by) " asked for this to be erased, " (words::moment(asked.request.asked, zone)) ". It waits for \
                 somebody else to confirm it on the collector's own computer. "
                a href=(asked.path()) { "See the request, or take it back" }
            }
        }
    }
}

/// The form about one note.
pub(super) fn form(
    signed: &Signed,
    whose: &Whose,
    note: &Note,
    filled: &Filled,
    asked: Option<&Asked>,
) -> Markup {
    html! {
        (waiting(asked, &signed.zone))
        p {
            "This asks for the note of " (words::moment(note.happened, &signed.zone)) " by " (note.staff_name)
            " to be erased. Nothing is erased yet: somebody else confirms it within two weeks, while the collector is \
             stopped. Then its words are gone, here and in extracts that quote it; that it was written, of what kind, \
             when and by whom stays. Notes that correct it are asked for by themselves. "
            a href=(whose.at(Tab::Notes)) { "Leave it as it is" }
        }
        p.reason dir="auto" { b { (kind_words(note.kind)) } ": " (note.text) }
        p.quiet {
            "Several notes are asked for at once with " code { "proviso-collector erase ask --note" } "; the number of this one \
             is " code { (note.id) } "."
        }
        form.sheet method="post" action={ (whose.at(Tab::Notes)) "/erase" } {
            (govuk::hidden("token", &signed.token))
            (govuk::hidden("note", &note.id))
            (filled.input(RULE, MOST))
            (filled.input(REASON, MOST))
            (govuk::warning("Ask for it to be erased"))
        }
    }
}
