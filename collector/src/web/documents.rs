//! Files that officers keep about a person.
//!
//! Promises: a file is a PDF or plain text by what is in it, whatever it is called; it is kept sealed under the
//! person's key, with its name, and both go with it. It is sent as something to save, never to show, so nothing in it runs in
//! these pages. It is taken out only with a reason, and then its row says who did and why.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::documents::{self, Document, Removed};
use crate::store::{Hash, StoreError};

use super::Site;
use super::fault::Fault;
use super::fields::{self, Each, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::head::{Tab, Whose};
use super::upload::Upload;
use super::{audit, decide, govuk, keep, layout, typed, words};

/// Bytes of a file.
const MOST: usize = 10 * 1024 * 1024;

/// Bytes of a request.
pub(super) const LIMIT: usize = MOST + 64 * 1024;

/// Files about one person.
const FILES: u64 = 500;

/// Most letters of a file's name.
const NAME: usize = 120;

/// Most letters of what a file is, and of why it is removed.
const ABOUT: usize = 300;
const WHY: usize = 1_000;

const WHAT: Label<'_> = label("about", "What it is");
const REMOVED: Label<'_> = Label {
    name: "why",
    says: "Why it is removed",
    hint: "What is in it is then gone; that it was there stays.",
};

/// The end of a file.
#[derive(Deserialize)]
pub(super) struct End {
    token: String,
    document: String,
    why: String,
}

/// What is typed into each form of the page.
#[derive(Default)]
struct Forms {
    new: Filled,
    /// The file that was chosen, where only something else was wrong.
    kept: Option<Markup>,
    /// One for each file that is there.
    end: Each,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let whose = site.whose(&signed, &id, audit::SAW_DOCUMENTS, "").await?;
    page(&site, &signed, &whose, &Forms::default()).await
}

/// Takes a file in.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, upload.text("token"), &id).await?;
    let once = fields::named(upload.text("once"))?;
    let mut filled = Filled::default();
    let about = filled.words(WHAT, upload.text("about"), ABOUT, Some("Say what it is."));
    let file = upload.file();
    let kind = match &file {
        None => {
            filled.wrong("file", "Choose a file.");
            None
        }
        Some(file) if file.bytes.len() > MOST => {
            filled.wrong(
                "file",
                "The file is longer than 10 MiB. Choose a shorter one.",
            );
            None
        }
        Some(file) => {
            let kind = kind(&file.bytes);
            if kind.is_none() {
                filled.wrong(
                    "file",
                    "This is neither a PDF nor plain text in UTF-8. Choose another file.",
                );
            }
            kind
        }
    };
    let kept = kind.and(file.as_ref());
    let kept = kept.and_then(|file| typed::keep_file("file", file));
    if let (Some(kind), Some(file), true) = (kind, file, filled.is_good()) {
        let document = Document {
            id: once,
            person: whose.id.clone(),
            name: Some(plain(&file.name)),
            kind: kind.to_owned(),
            size: file.bytes.len() as u64,
            sha256: Hash::of(&file.bytes),
            about,
            staff: signed.staff.clone(),
            at: clock::now(),
            removed: None,
            staff_name: String::new(),
        };
        let done = site
            .keep(&signed, &whose, audit::UPLOADED, move |tx, by| {
                let there = documents::get(tx, &document.id)?.map(|there| Document {
                    at: document.at,
                    removed: None,
                    staff_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &document)? {
                    return Ok(None);
                }
                if documents::count(tx, &by.person)? >= FILES {
                    return Err(Fault::Input(
                        "there are 500 documents about this person, which is as many as are kept; remove one \
                         first",
                    ));
                }
                documents::add(tx, &document, &file.bytes)?;
                Ok(Some(document.id))
            })
            .await;
        if filled.was_taken(done, ("file", keep::USED))? {
            return Ok(decide::to(&whose.at(Tab::Documents)));
        }
    }
    let forms = Forms {
        new: filled,
        kept,
        ..Forms::default()
    };
    Ok(keep::again(page(&site, &signed, &whose, &forms).await?))
}

/// Sends a file, to be saved.
pub(super) async fn send(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path((id, document)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let whose = site.whose_form(&signed, &id).await?;
    let person = whose.id.clone();
    let found = site
        .store
        .read(move |read| {
            let found = documents::get(read, &document)?.filter(|one| one.person == person);
            let Some(found) = found else {
                return Ok::<_, StoreError>(None);
            };
            let bytes = documents::bytes(read, &found.id)?;
            Ok(Some((found, bytes)))
        })
        .await?;
    let (found, bytes) = found.ok_or(NONE)?;
    let bytes = bytes.ok_or(Fault::Missing(
        "this document was removed; the list of documents says by whom and why",
    ))?;
    if Hash::of(&bytes) != found.sha256 {
        return Err(Fault::Damaged(
            "the stored document is not what was uploaded; restore the store from a backup"
                .to_owned(),
        ));
    }
    site.looks(&signed, audit::SAW_DOCUMENT, Some(&whose.id), &found.id)
        .await?;
    let kind = match found.kind.as_str() {
        "pdf" => HeaderValue::from_static("application/pdf"),
        _ => HeaderValue::from_static("text/plain; charset=utf-8"),
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (
            CONTENT_DISPOSITION,
            disposition(found.name.as_deref().unwrap_or("document")),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Takes a file out.
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<End>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let mut filled = Filled::default().within(&sent.document);
    let why = filled.words(REMOVED, &sent.why, WHY, Some("Say why it is removed."));
    if !filled.is_good() {
        let forms = Forms {
            end: Each::sent(sent.document, filled),
            ..Forms::default()
        };
        let page = page(&site, &signed, &whose, &forms).await?;
        return Ok(keep::again(page));
    }
    site.keep(&signed, &whose, audit::REMOVED_DOCUMENT, move |tx, by| {
        let found = documents::get(tx, &sent.document)?.filter(|one| one.person == by.person);
        let found = found.ok_or(NONE)?;
        let removed = Removed {
            at: by.now,
            by: Some(by.staff.clone()),
            why,
            by_name: None,
        };
        // Gone is gone, whoever was first.
        Ok(documents::remove(tx, &found.id, &removed)?.then_some(found.id))
    })
    .await?;
    Ok(decide::to(&whose.at(Tab::Documents)))
}

const NONE: Fault =
    Fault::Missing("there is no such document about this person; look in the list of documents");

/// `pdf` or `text`, by what is in it.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    let has = |part: &[u8], text: &[u8]| part.windows(text.len()).any(|window| window == text);
    let (begin, end) = (
        bytes.get(..8).unwrap_or_default(),
        bytes
            .get(bytes.len().saturating_sub(1_024)..)
            .unwrap_or_default(),
    );
    if begin.starts_with(b"%PDF-") && has(end, b"%%EOF") {
        return Some("pdf");
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let is_text =
        |letter: char| matches!(letter, '\n' | '\r' | '\t' | '\u{c}') || !letter.is_control();
    (!bytes.starts_with(b"%PDF-") && text.chars().all(is_text)).then_some("text")
}

/// A name without folders, control characters and marks that turn the direction of reading.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_plain = |letter: &char| {
        let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !letter.is_control() && *letter != '"' && !turns
    };
    let name: String = name.chars().filter(is_plain).take(NAME).collect();
    let name = name.trim().trim_start_matches('.').to_owned();
    if name.is_empty() {
        "without a name".to_owned()
    } else {
        name
    }
}

/// A name as plain letters for old browsers, and whole for the others.
fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | ' ' => letter,
            _ => '_',
        })
        .collect();
    let whole: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

async fn page(site: &Site, signed: &Signed, whose: &Whose, forms: &Forms) -> Result<Markup, Fault> {
    let id = whose.id.clone();
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(documents::of_person(read, &id, 2 * FILES)?))
        .await?;
    let body = html! {
        (forms.new.summary())
        (forms.end.summary())
        h1 { "Documents" }
        section aria-labelledby="all" {
            h2 #all { "What is kept" }
            @if all.is_empty() { p.empty { "No document is kept about this person." } }
            ul.rows { @for one in &all { li { (row(signed, whose, one, forms)) } } }
        }
        section aria-labelledby="new" {
            h2 #new { "Add a document" }
            form.sheet method="post" enctype="multipart/form-data" action=(whose.at(Tab::Documents)) {
                (govuk::hidden("token", &signed.token))
                (fields::once()?)
                (forms.new.input(WHAT, ABOUT))
                @if let Some(kept) = &forms.kept { (kept) }
                (forms.new.other(Label {
                    name: "file",
                    says: "File",
                    hint: "A PDF or plain text, of at most 10 MiB.",
                }, "file"))
                (govuk::button("Add it"))
            }
        }
    };
    Ok(whose.page(signed, Tab::Documents, "Documents", &body))
}

fn row(signed: &Signed, whose: &Whose, one: &Document, forms: &Forms) -> Markup {
    let (filled, sent) = forms.end.of(&one.id);
    html! {
        p {
            b { bdi { (one.about) } } ". "
            @if one.removed.is_none() {
                a href={ (whose.at(Tab::Documents)) "/" (one.id) } { "Save " (called(whose, one)) }
            } @else {
                (called(whose, one))
            }
            " (" (kind_words(&one.kind)) ", " (size(one.size)) ")"
        }
        p.quiet {
            "Added by " (one.staff_name) ", " (words::moment(one.at, &signed.zone)) ". SHA-256 "
            code { (one.sha256) }
        }
        @match &one.removed {
            Some(removed) => {
                p {
                    (layout::tag("review", "Removed")) " " (words::moment(removed.at, &signed.zone))
                    @if let Some(by) = &removed.by_name { " by " (by) }
                    ": " span dir="auto" { (removed.why) }
                }
            }
            None => {
                details.govuk-details open[sent] {
                    summary.govuk-details__summary {
                        span.govuk-details__summary-text {
                            "Remove" span.govuk-visually-hidden { " " (one.about) }
                        }
                    }
                    form method="post" action={ (whose.at(Tab::Documents)) "/remove" } {
                        (govuk::hidden("token", &signed.token))
                        (govuk::hidden("document", &one.id))
                        (filled.area(REMOVED, WHY))
                        (govuk::warning("Remove it"))
                    }
                }
            }
        }
    }
}

/// What it was called, if that can be read: it goes with what is erased, and is sealed under the person's key.
fn called(whose: &Whose, one: &Document) -> Markup {
    html! {
        @match &one.name {
            Some(name) => bdi { (name) },
            None if whose.is_unreadable() => "the file, whose name cannot be read now",
            None => "the file, whose name is gone",
        }
    }
}

fn kind_words(kind: &str) -> &'static str {
    match kind {
        "pdf" => "PDF",
        _ => "text",
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => words::counted(i128::from(bytes), "byte"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_is_what_is_in_it() {
        for (bytes, is) in [
            (&b"%PDF-1.7\n...\n%%EOF\n"[..], Some("pdf")),
            (b"%PDF-1.7\n...", None),
            ("Größe\r\n".as_bytes(), Some("text")),
            (b"", Some("text")),
            (b"MZ\x90\x00", None),
            (b"\xff\xfe", None),
            (b"<script>alert(1)</script>", Some("text")),
        ] {
            assert_eq!(kind(bytes), is, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_is_no_path_and_reads_as_it_is() {
        for (given, kept) in [
            ("C:\\scans\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("bill\u{202e}fdp.exe", "billfdp.exe"),
            ("a\"b\r\nc", "abc"),
            ("..", "without a name"),
            ("Übersicht 報告.pdf", "Übersicht 報告.pdf"),
        ] {
            assert_eq!(plain(given), kept);
        }
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        let made = disposition("a b\u{202e}\"; x=\r\n報.pdf");
        assert_eq!(
            made.to_str().unwrap(),
            "attachment; filename=\"a b___ x____.pdf\"; \
             filename*=UTF-8''a%20b%E2%80%AE%22%3B%20x%3D%0D%0A%E5%A0%B1.pdf"
        );
    }

    proptest! {
        #[test]
        fn every_name_is_short_and_plain(name in any::<String>()) {
            let kept = plain(&name);
            prop_assert!(!kept.is_empty() && kept.chars().count() <= NAME);
            prop_assert!(!kept.contains(['/', '\\', '"', '\n', '\r', '\0']));
        }

        #[test]
        fn every_name_is_a_header(name in any::<String>()) {
            let made = disposition(&name);
            prop_assert!(made.to_str().unwrap().starts_with("attachment; filename=\""));
        }

        #[test]
        fn any_bytes_are_of_a_kind_or_of_none(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if kind(&bytes) == Some("text") {
                prop_assert!(std::str::from_utf8(&bytes).is_ok());
            }
        }
    }
}
