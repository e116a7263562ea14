//! Visits, calls and notes: what officers write down about a person.
//!
//! Promises: a note is never changed. A correction is a note of its own that names what it puts right, and
//! both are shown, the one at the other. A form that is sent twice adds one note. Erasing one is asked for here
//! ([`erase`]) and done elsewhere; of one that was erased it stays said that there was one.

pub(super) mod erase;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::StoreError;
use crate::store::holds;
use crate::store::notes::{self, Note, NoteKind};

use super::Site;
use super::access::Right;
use super::erasures::{self, Asked};
use super::fault::Fault;
use super::fields::{self, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::head::{Tab, Whose};
use super::layout::{self, PER_PAGE};
use super::{audit, decide, govuk, keep, on_hold, words};

/// Most letters of a note, and of what came of it.
const LONGEST: usize = 8_000;
const OUTCOME: usize = 1_000;

const TEXT: Label<'_> = Label {
    name: "text",
    says: "What was said and seen",
    hint: "Kept with your name. It cannot be changed later, only corrected.",
};
const CAME: Label<'_> = label("outcome", "What came of it (optional)");

/// Where in the list, and which note is to be put right or erased.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
    correct: Option<String>,
    erase: Option<String>,
}

/// What stands above the list.
pub(super) enum Above {
    /// The form for another note.
    Write,
    /// The form that puts this one right.
    Correct(Note),
    /// The form that asks for this one to be erased.
    Erase(Note),
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Sent {
    token: String,
    once: String,
    #[serde(default)]
    corrects: String,
    #[serde(default)]
    kind: String,
    day: String,
    time: String,
    #[serde(default)]
    asked_in: String,
    text: String,
    outcome: String,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let whose = site.whose(&signed, &id, audit::SAW_NOTES, "").await?;
    let above = match (wanted.correct, wanted.erase) {
        (Some(id), _) => Above::Correct(note(&site, &whose, id).await?),
        (None, Some(id)) => Above::Erase(note(&site, &whose, id).await?),
        (None, None) => Above::Write,
    };
    let mut filled = Filled::default();
    let now = clock::now();
    filled.typed("day", &words::date(now, &signed.zone).to_string());
    filled.typed("time", &time(now, &signed.zone));
    if let Above::Correct(note) = &above {
        filled.typed("kind", note.kind.as_str());
        filled.typed("day", &words::date(note.happened, &signed.zone).to_string());
        filled.typed("time", &time(note.happened, &signed.zone));
        filled.typed("text", &note.text);
        filled.typed("outcome", &note.outcome);
    }
    page(&site, &signed, &whose, &above, &filled, wanted.page).await
}

/// Adds a note.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let once = fields::named(&sent.once)?;
    let corrected = match sent.corrects.as_str() {
        "" => None,
        id => Some(note(&site, &whose, id.to_owned()).await?),
    };
    let mut filled = Filled::default();
    let kind = filled.one_of::<NoteKind>("kind", &sent.kind, "Choose what kind of contact it was.");
    filled.asked_in(&sent.asked_in, &signed.zone);
    let happened = filled.moment(
        (&sent.day, "Say on which day it was."),
        &sent.time,
        &signed.zone,
        "This is still to come. A note is about what was; what shall be done belongs into the plan.",
    );
    let text = filled.words(
        TEXT,
        &sent.text,
        LONGEST,
        Some("Write what there is to note."),
    );
    let outcome = filled.words(CAME, &sent.outcome, OUTCOME, None);
    if let (Some(kind), Some(happened), true) = (kind, happened, filled.is_good()) {
        let note = Note {
            id: once,
            person: whose.id.clone(),
            kind,
            happened,
            text,
            outcome,
            corrects: corrected.as_ref().map(|note| note.id.clone()),
            staff: signed.staff.clone(),
            at: clock::now(),
            staff_name: String::new(),
            erased: None,
        };
        let to = format!("{}#note-{}", whose.at(Tab::Notes), note.id);
        let kept = site
            .keep(&signed, &whose, audit::NOTED, move |tx, _| {
                let there = notes::get(tx, &note.id)?.map(|there| Note {
                    at: note.at,
                    staff_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &note)? {
                    return Ok(None);
                }
                notes::add(tx, &note)?;
                Ok(Some(note.id))
            })
            .await;
        if filled.was_taken(kept, ("text", keep::USED))? {
            return Ok(decide::to(&to));
        }
    }
    let above = corrected.map_or(Above::Write, Above::Correct);
    let page = page(&site, &signed, &whose, &above, &filled, None).await?;
    Ok(keep::again(page))
}

/// A note about this person.
async fn note(site: &Site, whose: &Whose, id: String) -> Result<Note, Fault> {
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(notes::get(read, &id)?))
        .await?;
    found
        .filter(|note| note.person == whose.id && note.erased.is_none())
        .ok_or(Fault::Missing(
            "there is no such note about this person, or it was erased; look in the list of notes",
        ))
}

async fn page(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    above: &Above,
    filled: &Filled,
    page: Option<u64>,
) -> Result<Markup, Fault> {
    let (page, skip) = layout::skip(page);
    let (id, person) = (whose.id.clone(), whose.person.clone());
    let (after, now) = (site.notes_after, clock::now());
    let (mut all, right, due, asked, held) = site
        .store
        .read(move |read| {
            let all = notes::of_person(read, &id, PER_PAGE + 1, skip)?;
            let right = notes::corrections(read, &id, PER_PAGE, skip)?;
            let due = match after {
                None => None,
                Some(days) => {
                    let days = i64::from(days).saturating_mul(24 * 60 * 60_000);
                    notes::older(read, &id, now.saturating_sub(days))?
                }
            };
            let asked = erasures::about(read, &person, now)?;
            Ok::<_, StoreError>((all, right, due, asked, holds::of_person(read, &id)?))
        })
        .await?;
    let more = all.len() as u64 > PER_PAGE;
    all.truncate(PER_PAGE as usize);
    let path = whose.at(Tab::Notes);
    let body = html! {
        (filled.summary())
        h1 { "Notes and visits" }
        section aria-labelledby="new" {
            @match above {
                Above::Write => {
                    h2 #new { "Write a note" }
                    (form(signed, &path, None, filled)?)
                }
                Above::Correct(note) => {
                    h2 #new { "Put a note right" }
                    p {
                        "This corrects the note of " (words::moment(note.happened, &signed.zone)) " by "
                        (note.staff_name) ". That one stays as it is, with yours at it. "
                        a href=(path) { "Write another note instead" }
                    }
                    (form(signed, &path, Some(note), filled)?)
                }
                Above::Erase(note) => {
                    h2 #new { "Ask for a note to be erased" }
                    (on_hold::said(on_hold::of_all(&held), &signed.zone))
                    (erase::form(signed, whose, note, filled, asked.iter().find(|one| one.has(note))))
                }
            }
        }
        section aria-labelledby="all" {
            h2 #all { "What was written" }
            (review(after, due, &signed.zone))
            @if all.is_empty() { p.empty { "Nobody has written anything yet." } }
            ol.rows {
                @for note in &all {
                    li id={ "note-" (note.id) } {
                        (one((&path, &signed.zone), note, &right, asked.iter().find(|asked| asked.has(note))))
                    }
                }
            }
            (layout::pager(&path, "", page, more))
        }
    };
    Ok(whose.page(signed, Tab::Notes, "Notes and visits", &body))
}

/// How long notes are kept, and which are to be looked at again.
fn review(after: Option<u32>, due: Option<(u64, i64)>, zone: &TimeZone) -> Markup {
    html! {
        p.quiet {
            "Nothing here is erased by itself. Erasing what somebody did takes none of this: it is what officers wrote, and \
             is asked for note by note. "
            @match after {
                None => "Nobody has said after how long notes are due for review.",
                Some(days) => { "Notes are due for review after " (words::counted(i128::from(days), "day")) "." }
            }
        }
        @if let Some((count, oldest)) = due {
            p.note {
                (words::counted(i128::from(count), "note")) " " (if count == 1 { "is" } else { "are" })
                " due for review, the oldest written " (words::moment(oldest, zone))
                ": look whether it is still needed."
            }
        }
    }
}

fn form(
    signed: &Signed,
    path: &str,
    corrected: Option<&Note>,
    filled: &Filled,
) -> Result<Markup, Fault> {
    let kinds = NoteKind::ALL.map(|kind| (kind.as_str(), kind_words(kind)));
    Ok(html! {
        form.sheet method="post" action=(path) {
            (govuk::hidden("token", &signed.token))
            (fields::once()?)
            @if let Some(note) = corrected {
                (govuk::hidden("corrects", &note.id))
            }
            (filled.radios(label("kind", "What was it?"), kinds))
            (filled.other(label("day", "Day"), "date"))
            (filled.other(Label { name: "time", says: "Time", hint: &fields::in_the_time_of(&signed.zone) }, "time"))
            (fields::zone(&signed.zone))
            (filled.area(TEXT, LONGEST))
            (filled.area(CAME, OUTCOME))
            (govuk::button("Keep the note"))
        }
    })
}

/// A note, which of `all` put it right, and whether somebody asked for it to be erased.
fn one(
    (path, zone): (&str, &TimeZone),
    note: &Note,
    all: &[Note],
    asked: Option<&Asked>,
) -> Markup {
    let of = |one: &&Note| one.corrects.as_ref() == Some(&note.id);
    let right: Vec<_> = all.iter().filter(of).collect();
    html! {
        p {
            b { (kind_words(note.kind)) } ", " (words::moment(note.happened, zone)) " "
            @if !right.is_empty() { (layout::tag("review", "Corrected")) }
        }
        @if let Some(corrects) = &note.corrects {
            p { "Corrects " a href={ "#note-" (corrects) } { "an earlier note" } "." }
        }
        @if note.erased.is_some() {
            p { (layout::tag("", "Erased")) " Its words were erased. Who asked, who confirmed and why is in the audit." }
        } @else {
            p.reason dir="auto" { (note.text) }
        }
        (erase::waiting(asked, zone))
        @if !note.outcome.is_empty() {
            p.reason dir="auto" { b { "Came of it: " } (note.outcome) }
        }
        p.quiet {
            (note.staff_name) ", written " (words::moment(note.at, zone)) ". "
            @if note.erased.is_none() {
                a href={ (path) "?correct=" (note.id) "#new" } {
                    "Correct" span.govuk-visually-hidden { " the note of " (words::full(note.happened, zone)) }
                }
                @if asked.is_none() {
                    " · "
                    a href={ (path) "?erase=" (note.id) "#new" } {
                        "Erase" span.govuk-visually-hidden { " the note of " (words::full(note.happened, zone)) }
                    }
                }
                " · Number " code { (note.id) }
            }
        }
        @for one in right {
            p.quiet {
                (one.staff_name) " corrected this, " (words::moment(one.at, zone)) ": "
                a href={ "#note-" (one.id) } { "read that note" } "."
            }
        }
    }
}

/// What was written of a time, for pages that show it beside records; nothing for whom it is not for.
pub(super) async fn beside(
    site: &Site,
    signed: &Signed,
    whose: &Whose,
    span: (i64, i64),
) -> Result<Markup, Fault> {
    if !Right::Manage.of(signed.role) {
        return Ok(html! {});
    }
    let id = whose.id.clone();
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(notes::of_time(read, &id, span, PER_PAGE)?))
        .await?;
    Ok(html! {
        @if !all.is_empty() {
            section aria-labelledby="noted" {
                h2 #noted { "What officers noted" }
                ol.rows {
                    @for note in &all {
                        li {
                            p {
                                (words::moment(note.happened, &signed.zone)) ": " b { (kind_words(note.kind)) }
                                ". " a href={ (whose.at(Tab::Notes)) "#note-" (note.id) } { "Read it" }
                            }
                            p.quiet { (note.staff_name) }
                        }
                    }
                }
            }
        }
    })
}

/// A kind in words.
pub(super) const fn kind_words(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Unannounced => "Home visit, unannounced",
        NoteKind::Announced => "Home visit, announced",
        NoteKind::Office => "Seen at the office",
        NoteKind::Call => "Telephone call",
        NoteKind::Note => "Note",
    }
}

/// The time of day of a moment, as a field has it.
fn time(at: i64, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned_datetime(zone.clone())
        .strftime("%H:%M")
        .to_string()
}
