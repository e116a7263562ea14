//! The page of a draft: source and reading page side by side, what is wrong, lists, tests, signatures.
//!
//! Promises: what is signed is one version, byte for byte; a draft that ended is shown and not changed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, PreEscaped, html};

use crate::store::drafts::{self, Draft, Signature, Version};
use crate::store::orders::{self, StoredOrder};
use crate::store::people::{self, Person};
use crate::store::{Read, SqlError, StoreError};

use super::super::assets::ORDER;
use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Errors, Input, Textarea};
use super::super::layout::{self, Page};
use super::super::{Site, audit, words};
use super::checked::Checked;
use super::{LONGEST, Names, force, proofs, purpose, replay, short, sign, source, state, wrong};

/// Versions shown; all are kept.
const VERSIONS: u64 = 50;

pub(super) const MISSING: Fault =
    Fault::Missing("there is no draft with this id; look for it in the list of orders");

/// What a page about a draft needs.
pub(super) struct Case {
    pub(super) draft: Draft,
    pub(super) person: Person,
    pub(super) latest: Version,
    versions: Vec<Version>,
    pub(super) current: Option<StoredOrder>,
    pub(super) signatures: Vec<Signature>,
    pub(super) names: Names,
}

/// What somebody typed, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    /// Instead of the latest version.
    pub(super) text: Option<String>,
    /// Of a signature.
    pub(super) pasted: String,
    /// To try it on.
    pub(super) days: String,
    /// Why it is given up.
    pub(super) why: String,
    pub(super) errors: Errors,
}

impl Typed {
    /// Nothing, and something wrong at one place.
    pub(super) fn wrong(id: &str, why: &str) -> Self {
        Self {
            errors: wrong(id, why),
            ..Self::default()
        }
    }
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let case = site.draft(&signed, &id).await?;
    site.looks(&signed, audit::SAW_DRAFT, Some(&case.person.id), &id)
        .await?;
    render(&site, &signed, &case, Typed::default(), StatusCode::OK).await
}

/// A version, byte for byte: what is signed.
pub(in crate::web) async fn file(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let case = site.draft(&signed, &id).await?;
    let number: u64 = number.parse().map_err(|_| MISSING)?;
    let on = format!("{id} version {number}");
    site.looks(&signed, audit::TOOK_DRAFT, Some(&case.person.id), &on)
        .await?;
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(drafts::version_of(read, &id, number)?))
        .await?
        .ok_or(MISSING)?;
    Ok(toml(found.bytes))
}

/// An order as a file that browsers keep and do not show.
pub(super) fn toml(bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/toml"),
        (CONTENT_DISPOSITION, "attachment; filename=\"order.toml\""),
    ];
    (headers, bytes).into_response()
}

impl Site {
    /// A draft of somebody whom this one sees.
    pub(super) async fn draft(&self, signed: &Signed, id: &str) -> Result<Case, Fault> {
        let id = id.to_owned();
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(gather(read, &id)?))
            .await?;
        let case = found.ok_or(MISSING)?;
        self.in_sight(signed, &case.person.id).await?;
        Ok(case)
    }
}

fn gather(read: &Read<'_>, id: &str) -> Result<Option<Case>, SqlError> {
    let Some(draft) = drafts::get(read, id)? else {
        return Ok(None);
    };
    let person = people::get(read, &draft.person)?;
    let Some((person, latest)) = person.zip(drafts::latest(read, id)?) else {
        return Ok(None);
    };
    Ok(Some(Case {
        versions: drafts::versions(read, id, VERSIONS)?,
        current: orders::current(read, &draft.person)?,
        signatures: drafts::signatures(read, id, &latest.sha256)?,
        names: Names::read(read)?,
        draft,
        person,
        latest,
    }))
}

/// The page with what somebody typed.
pub(super) async fn render(
    site: &Arc<Site>,
    signed: &Signed,
    case: &Case,
    mut typed: Typed,
    status: StatusCode,
) -> Result<Response, Fault> {
    let checked = site.checked(&case.latest.bytes).await?;
    let reading = site.reading(&checked, case.current.clone()).await?;
    let standing = sign::standing(site, case).await?;
    let (id, open) = (&case.draft.id, case.draft.ended.is_none());
    let path = format!("/draft/{id}");
    let stored = String::from_utf8_lossy(&case.latest.bytes);
    let text = typed.text.as_deref().unwrap_or(&stored);
    source::add_faults(&checked, &mut typed.errors);
    let adding = format!("{path}/list");
    let adding = open.then_some((adding.as_str(), signed.token.as_str()));
    let body = html! {
        link rel="stylesheet" href=(ORDER.path);
        p.crumbs { a href={ "/person/" (case.person.id) "/orders" } { "Orders of " (case.person.name) } }
        (typed.errors.summary())
        h1 { (purpose(case.draft.purpose)) " for " (case.person.name) " " small { (case.person.pseudonym) } }
        (head(signed, case, &checked))
        div.order-sides {
            section aria-labelledby="source" {
                h2 #source { "Source, version " (case.latest.number) }
                (editor(signed, case, (text, &typed.errors), open))
            }
            section aria-labelledby="reading" {
                h2 #reading { "What people read" }
                @match &reading {
                    Some(page) => (PreEscaped(page)),
                    None => p.empty { "It is made once the form of the order is right." },
                }
            }
        }
        (source::lines(&checked, &stored))
        (source::warnings(&checked))
        (proofs::lists(&checked, adding))
        (proofs::tests(&checked))
        (replay::form(site, signed, case, &checked, &typed))
        (sign::section(signed, case, (&checked, &standing), &typed))
        (force::section(signed, case, &checked, &standing))
        (history(signed, case))
        @if open { (give_up(signed, case, &typed)) }
    };
    let whose = case.person.id.to_string();
    let about = Page {
        title: &format!("Draft for {}", case.person.name),
        here: "/orders",
        person: Some(&whose),
        ..Page::default()
    };
    Ok((status, layout::page(signed, &about, &body)).into_response())
}

fn head(signed: &Signed, case: &Case, checked: &Checked) -> Markup {
    let Case { draft, names, .. } = case;
    html! {
        p {
            (layout::tag("review", state(draft))) " Begun by " (names.of(&draft.begun_by)) ", "
            (words::moment(draft.begun, &signed.zone)) "."
            @if let Some(ended) = &draft.ended {
                " " (state(draft)) " by " (names.of(&ended.by)) ", " (words::moment(ended.at, &signed.zone)) "."
                @if !ended.why.is_empty() { " " (ended.why) }
            }
        }
        @if !draft.reason.is_empty() { p.reason { (draft.reason) } }
        p {
            @match checked.faults.len() {
                0 if checked.is_whole() => "No fault was found.",
                0 => "No fault was found, but words of a template stand in it: put the court's own words in \
                      their place before anybody signs.",
                1 => "1 fault was found: nobody may use the order as it stands.",
                more => (format!("{more} faults were found: nobody may use the order as it stands.")),
            }
            " SHA-256 " code { (checked.digest) } "."
        }
    }
}

fn editor(signed: &Signed, case: &Case, (text, errors): (&str, &Errors), open: bool) -> Markup {
    let path = format!("/draft/{}", case.draft.id);
    let file = format!("{path}/file/{}", case.latest.number);
    html! {
        @if open {
            form.sheet method="post" action={ (path) "/save" } {
                input type="hidden" name="token" value=(signed.token);
                input type="hidden" name="seen" value=(case.latest.number);
                label.govuk-label for="text" { "The order file" }
                textarea.govuk-textarea.source #text name="text" rows="30" spellcheck="false"
                    autocomplete="off" { "\n" (text) }
                button.govuk-button type="submit" { "Save as a new version and check" }
            }
            form.sheet method="post" action={ (path) "/upload" } enctype="multipart/form-data" {
                input type="hidden" name="token" value=(signed.token);
                input type="hidden" name="seen" value=(case.latest.number);
                (Input {
                    id: "file", label: "Or take a file as the next version", kind: "file", required: true,
                    error: errors.of("file"), ..Input::default()
                })
                (govuk::secondary("Upload"))
            }
        } @else {
            pre.source tabindex="0" { code { (text) } }
        }
        p { a href=(file) { "Download this version (order.toml)" } }
    }
}

fn history(signed: &Signed, case: &Case) -> Markup {
    html! {
        section aria-labelledby="versions" {
            h2 #versions { "Versions of the draft" }
            div.pv-scroll tabindex="0" {
                table.govuk-table {
                    caption.govuk-visually-hidden { "Versions of the draft, the latest first" }
                    thead { tr {
                        th scope="col" { "Version" } th scope="col" { "From" } th scope="col" { "By" }
                        th scope="col" { "SHA-256" } th scope="col" { "File" }
                    } }
                    tbody {
                        @for one in &case.versions {
                            tr {
                                th scope="row" { (one.number) }
                                td { (one.origin) }
                                td { (case.names.of(&one.made_by)) ", " (words::moment(one.made, &signed.zone)) }
                                td { code { (short(&one.sha256)) "…" } }
                                td {
                                    a href={ "/draft/" (case.draft.id) "/file/" (one.number) } {
                                        "Download" span.govuk-visually-hidden { " version " (one.number) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn give_up(signed: &Signed, case: &Case, typed: &Typed) -> Markup {
    html! {
        section aria-labelledby="give-up" {
            h2 #give-up { "Give the draft up" }
            form.sheet method="post" action={ "/draft/" (case.draft.id) "/drop" } {
                input type="hidden" name="token" value=(signed.token);
                (Textarea {
                    id: "why", label: "Why", value: &typed.why, rows: 2, longest: Some(LONGEST), required: true,
                    error: typed.errors.of("why"), ..Textarea::default()
                })
                (govuk::warning("Give up this draft"))
            }
        }
    }
}

/// Nobody changes a draft that ended, or that somebody else has changed since.
pub(super) fn open(
    tx: &crate::store::Tx<'_>,
    signed: (&str, i64),
    id: &str,
) -> Result<Draft, Fault> {
    let draft = drafts::get(tx, id)?.ok_or(MISSING)?;
    super::seen(tx, signed.0, &draft.person, signed.1)?;
    match draft.ended {
        None => Ok(draft),
        Some(_) => Err(Fault::Input(
            "this draft was put in force or given up meanwhile, so nothing was changed; open it again to \
             see which",
        )),
    }
}
