//! Curfew-tag events from a CSV file: looked at first, then taken.
//!
//! Promises: before anything is kept the page says which lines are new, which are there already, and what is
//! wrong with the others, by line and column. Only good lines are taken. The same file taken again adds
//! nothing.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::StoreError;
use crate::store::intelligence::{self, Grade, Origin, Report};
use crate::web::fault::Fault;
use crate::web::fields::{Filled, Label};
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk::{self, Head};
use crate::web::head::{Tab, Whose};
use crate::web::upload::Upload;
use crate::web::{Site, audit, decide, keep, words};

use super::grade;
use super::lines::{self, Line, MOST_BYTES, Parsed};

/// Bytes of a request: the text of a file may grow threefold on its way back.
pub(in crate::web) const LIMIT: usize = 3 * MOST_BYTES + 64 * 1024;

/// Lines and problems that the page before shows.
const SHOWN: usize = 200;

/// What was looked at, sent back to be taken.
#[derive(Deserialize)]
pub(in crate::web) struct Taken {
    token: String,
    lines: String,
    source: String,
    assessment: String,
    handling: String,
    conditions: String,
}

/// Shows what a file would bring.
pub(in crate::web) async fn preview(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, upload.text("token"), &id).await?;
    let mut filled = empty();
    let grade = grade::taken(&mut filled, &typed(&upload));
    let file = upload.file();
    match &file {
        None => filled.wrong("file", "Choose a file."),
        Some(file) if file.bytes.len() > MOST_BYTES => {
            filled.wrong(
                "file",
                "The file is longer than 256 KiB. Import it in parts.",
            );
        }
        Some(_) => {}
    }
    let (Some(grade), Some(file), true) = (grade, &file, filled.is_good()) else {
        let other = super::empty(&whose);
        let page = super::page(&site, &signed, &whose, &other, &filled, None).await?;
        return Ok(keep::again(page));
    };
    let parsed = lines::parse(&file.bytes, &whose.zone, clock::now());
    let known = known(&site, &whose, &parsed.good).await?;
    let text = String::from_utf8_lossy(&file.bytes);
    let body = html! {
        h1 { "What the file would bring" }
        (grade::show(&grade))
        (wrong(&parsed))
        (good(&signed, &whose, &parsed, &known, (&text, &grade)))
        p { a href=(whose.at(Tab::Intelligence)) { "Take nothing, and go back" } }
    };
    Ok(whose
        .page(&signed, Tab::Intelligence, "Import", &body)
        .into_response())
}

/// Takes the good lines.
pub(in crate::web) async fn take(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<Taken>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let typed = grade::Typed {
        source: &sent.source,
        assessment: &sent.assessment,
        handling: &sent.handling,
        conditions: &sent.conditions,
    };
    let grade = grade::taken(&mut Filled::default(), &typed).ok_or(Fault::Input(
        "the form did not arrive whole, so nothing was taken; choose the file again",
    ))?;
    let parsed = lines::parse(sent.lines.as_bytes(), &whose.zone, clock::now());
    site.keep(&signed, &whose, audit::IMPORTED, move |tx, by| {
        let mut added = 0_usize;
        for line in &parsed.good {
            let report = Report {
                id: random::row_id(by.now)?,
                person: by.person.clone(),
                origin: Origin::Tag,
                grade: grade.clone(),
                happened: line.at,
                text: words_of(line),
                line: Some(line.digest()),
                staff: by.staff.clone(),
                at: by.now,
                staff_name: String::new(),
            };
            added += usize::from(intelligence::add(tx, &report)?);
        }
        let all = parsed.good.len();
        Ok(Some(format!("{added} of {all} lines, {grade}")))
    })
    .await?;
    Ok(decide::to(&whose.at(Tab::Intelligence)))
}

/// The form that sends a file, before anything was typed into it. The page has another with fields of these names.
pub(super) fn empty() -> Filled {
    Filled::default().within("import")
}

/// The form that sends a file.
pub(super) fn form(signed: &Signed, whose: &Whose, filled: &Filled) -> Markup {
    html! {
        section aria-labelledby="import" {
            h2 #import { "Import curfew-tag events" }
            form.sheet method="post" enctype="multipart/form-data"
                action={ (whose.at(Tab::Intelligence)) "/import" } {
                (govuk::hidden("token", &signed.token))
                (filled.other(Label {
                    name: "file",
                    says: "CSV file",
                    hint: "The first line names the columns: time, event, and detail if there is one. You see \
                           what is in the file before anything is kept.",
                }, "file"))
                (grade::fields(filled))
                (govuk::button("Look at the file"))
            }
        }
    }
}

fn typed(upload: &Upload) -> grade::Typed<'_> {
    grade::Typed {
        source: upload.text("source"),
        assessment: upload.text("assessment"),
        handling: upload.text("handling"),
        conditions: upload.text("conditions"),
    }
}

/// Of each line whether it was taken before.
async fn known(site: &Site, whose: &Whose, all: &[Line]) -> Result<Vec<bool>, Fault> {
    let moments = || all.iter().map(|line| line.at);
    let (Some(from), Some(to)) = (moments().min(), moments().max()) else {
        return Ok(Vec::new());
    };
    let id = whose.id.clone();
    let there = site
        .store
        .read(move |read| Ok::<_, StoreError>(intelligence::lines(read, &id, (from, to))?))
        .await?;
    Ok(all
        .iter()
        .map(|line| there.contains(&line.digest()))
        .collect())
}

fn words_of(line: &Line) -> String {
    match line.detail.as_str() {
        "" => line.event.clone(),
        detail => format!("{}: {detail}", line.event),
    }
}

fn wrong(parsed: &Parsed) -> Markup {
    let heads = [
        Head::Number("Line"),
        Head::Number("Column"),
        Head::Text("What is wrong"),
    ];
    let rows: Vec<_> = parsed
        .wrong
        .iter()
        .take(SHOWN)
        .map(|one| {
            vec![
                html! { (one.line) },
                html! { (one.column) },
                html! { (one.why) "." },
            ]
        })
        .collect();
    html! {
        @if !parsed.ignored.is_empty() {
            p {
                "Columns that mean nothing here are left out: "
                @for (place, name) in parsed.ignored.iter().take(20).enumerate() {
                    @if place > 0 { ", " }
                    bdi { (if name.is_empty() { "one without a name" } else { name }) }
                }
                "."
            }
        }
        @if !rows.is_empty() {
            (govuk::table("Not taken, because something is wrong", &heads, &rows))
            @if parsed.wrong.len() > SHOWN {
                p.quiet { "And " (parsed.wrong.len() - SHOWN) " more." }
            }
        }
    }
}

fn good(
    signed: &Signed,
    whose: &Whose,
    parsed: &Parsed,
    known: &[bool],
    (text, grade): (&str, &Grade),
) -> Markup {
    let there = known.iter().filter(|known| **known).count() + parsed.twice;
    let new = known.iter().filter(|known| !**known).count();
    let heads = [
        Head::Number("Line"),
        Head::Text("When"),
        Head::Text("What"),
        Head::Text(""),
    ];
    let rows: Vec<_> = parsed
        .good
        .iter()
        .zip(known)
        .take(SHOWN)
        .map(|(line, known)| {
            vec![
                html! { (line.number) },
                words::moment(line.at, &signed.zone),
                html! { span dir="auto" { (words_of(line)) } },
                html! { (if *known { "There already" } else { "New" }) },
            ]
        })
        .collect();
    html! {
        p {
            (words::counted(new as i128, "new event")) ". "
            @if there > 0 { (words::counted(there as i128, "line")) " there already, or twice in the file. " }
            @if !parsed.wrong.is_empty() { (words::counted(parsed.wrong.len() as i128, "problem")) ": those lines are not taken." }
        }
        @if !rows.is_empty() {
            (govuk::table("What would be taken", &heads, &rows))
            @if parsed.good.len() > SHOWN { p.quiet { "And " (parsed.good.len() - SHOWN) " more." } }
        }
        @if new > 0 {
            form method="post" action={ (whose.at(Tab::Intelligence)) "/import/take" } {
                (govuk::hidden("token", &signed.token))
                (govuk::hidden("lines", text))
                (govuk::hidden("source", grade.source.as_str()))
                (govuk::hidden("assessment", grade.assessment.as_str()))
                (govuk::hidden("handling", grade.handling.as_str()))
                (govuk::hidden("conditions", &grade.conditions))
                (govuk::button(&format!("Take {}", words::counted(new as i128, "event"))))
            }
        }
    }
}
