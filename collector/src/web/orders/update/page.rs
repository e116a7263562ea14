//! The page on which a list is brought up to date.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use proviso_rules::Fault as Wrong;
use proviso_rules::order::{ListPin, Where};
use proviso_rules::signature::UPDATE_NAMESPACE;

use crate::store::people::Person;
use crate::updating::{Signed as Update, Under};

use super::super::super::fault::{Fault, sentence};
use super::super::super::gate::Signed;
use super::super::super::govuk::{self, Errors, Input, Textarea, hidden};
use super::super::super::layout::{self, Page};
use super::super::{short, source};
use super::{Found, Given, Stage, path};

/// Faults of the order that are shown; they are mended on the signers' own computers.
const FAULTS: usize = 100;

/// The page with what somebody gave.
pub(super) fn render<const ADMIN: bool>(
    signed: &Signed,
    (person, under): (&Person, &Found),
    given: &Given,
    stage: &Stage,
    status: StatusCode,
) -> Result<Response, Fault> {
    let base = path::<ADMIN>(person);
    let whose = match ADMIN {
        true => &person.pseudonym,
        false => &person.name,
    };
    let errors = errors(given);
    let body = html! {
        p.crumbs {
            @if ADMIN { a href="/lists" { "Lists" } }
            @else { a href={ "/person/" (person.id) "/orders" } { "Orders of " (person.name) } }
        }
        (errors.summary())
        h1 { "Lists of the order of " (whose) }
        @match under {
            Err(why) => p.fault #held { (sentence(why)) },
            Ok(None) => p.empty { "No order was put, so there is no list to bring up to date." },
            Ok(Some(under)) => {
                (held(under))
                @match stage {
                    Stage::Nothing => {}
                    Stage::Wanted(update) => (wanted(signed, &base, given, update, &errors)),
                    Stage::Ready(tried) => (ready(signed, &base, given, tried.signed())),
                }
                @if under.order.lists().iter().any(|pin| pin.updates.is_some()) {
                    (first(signed, &base, given, &errors))
                }
            }
        }
    };
    let id = person.id.to_string();
    let about = Page {
        title: "Update a list",
        here: if ADMIN { "/lists" } else { "/orders" },
        person: (!ADMIN).then_some(id.as_str()),
        ..Page::default()
    };
    Ok((status, layout::page(signed, &about, &body)).into_response())
}

/// What is wrong, with what is wrong in the files.
fn errors(given: &Given) -> Errors {
    let mut errors = given.errors.clone();
    for wrong in &given.faults {
        let (anchor, place) = match wrong.at {
            Some((line, column)) => (
                format!("line-{line}"),
                format!("Line {line}, column {column}: "),
            ),
            None => ("update".to_owned(), String::new()),
        };
        errors.add(anchor, sentence(&format!("{place}{}", wrong.sentence)));
    }
    if !given.tests.is_empty() {
        let sentence = "With the new list the order does not pass its own checks, so the update was not taken.";
        errors.add("checks", sentence);
    }
    errors
}

fn held(under: &Under) -> Markup {
    let lists = under.order.lists();
    html! {
        section aria-labelledby="held" {
            h2 #held { (under.stored.id) ", version " (under.stored.version) }
            @if lists.is_empty() { p.empty { "It pins no list." } } @else {
                div.pv-scroll tabindex="0" {
                    table.govuk-table {
                        caption.govuk-visually-hidden { "Lists of the order, as they are now" }
                        thead { tr {
                            th scope="col" { "List" } th scope="col" { "Now" } th scope="col" { "SHA-256" }
                            th scope="col" { "Who may update it" }
                        } }
                        tbody { @for pin in lists { (pinned(under, pin)) } }
                    }
                }
                @if lists.iter().all(|pin| pin.updates.is_none()) {
                    p { "The order lets nobody update a list: have a new version of the order signed that pins the new list." }
                }
            }
        }
    }
}

fn pinned(under: &Under, pin: &ListPin) -> Markup {
    let last = under.last(&pin.name);
    let sha256 = last.map_or(pin.sha256, |last| last.sha256);
    html! {
        tr {
            th scope="row" { (pin.name) }
            td {
                @match last {
                    None => "As the order pins it",
                    Some(last) => { "Update " (last.number) }
                }
                @if pin.held == Where::Collector { ", held by the collector only" }
            }
            td { code { (short(&sha256)) "…" } }
            td {
                @match &pin.updates {
                    None => "Nobody",
                    Some(updates) => { (updates.by) ". " (updates.says) }
                }
            }
        }
    }
}

/// Takes an update and its signature.
fn first(signed: &Signed, base: &str, given: &Given, errors: &Errors) -> Markup {
    let text = String::from_utf8_lossy(&given.statement);
    let pasted = String::from_utf8_lossy(&given.signature);
    html! {
        section aria-labelledby="give" {
            h2 #give { "Give an update" }
            p {
                "Whoever the order names signs it on their own computer, with a key that never comes here: "
                "with " code { "proviso list sign-update" } ", or without our program: "
            }
            pre tabindex="0" { code { "ssh-keygen -Y sign -f KEY -n " (UPDATE_NAMESPACE) " update.toml" } }
            (source::lines_of(given.faults.iter(), "update", &text))
            (checks(&given.tests))
            form.sheet method="post" action={ (base) "/check" } enctype="multipart/form-data" {
                (hidden("token", &signed.token))
                (hidden("statement", &HEXLOWER.encode(&given.statement)))
                (hidden("signature", &HEXLOWER.encode(&given.signature)))
                (Input {
                    id: "update-file", label: "Update (the file that proviso list update wrote)", kind: "file",
                    ..Input::default()
                })
                (Textarea {
                    id: "update", label: "Or paste it", value: &text, rows: 10, error: errors.of("update"),
                    ..Textarea::default()
                })
                (Input {
                    id: "signature-file", label: "Its signature (ends in .sig)", kind: "file", ..Input::default()
                })
                (Textarea {
                    id: "pasted", label: "Or paste it", value: &pasted, rows: 6, error: errors.of("pasted"),
                    ..Textarea::default()
                })
                (govuk::secondary("Check the update"))
            }
        }
    }
}

/// What the order says against the new list.
fn checks(tests: &[Wrong]) -> Markup {
    html! {
        @if !tests.is_empty() {
            section aria-labelledby="checks" {
                h2 #checks { "What does not pass with the new list" }
                ul.govuk-list.govuk-list--bullet {
                    @for wrong in tests.iter().take(FAULTS) {
                        li {
                            (wrong.file)
                            @if let Some((line, column)) = wrong.at { ", line " (line) ", column " (column) }
                            ": " (sentence(&wrong.sentence)) " (" (wrong.code) ")"
                        }
                    }
                }
                @if let Some(left) = tests.len().checked_sub(FAULTS).filter(|left| *left > 0) {
                    p.quiet { (left) " more do not pass." }
                }
                p { "The list is signed by its hash: have another list signed, or this one with an order whose tests it passes." }
            }
        }
    }
}

fn says(update: &Update) -> Markup {
    let said = update.update();
    html! {
        p {
            "Update " (said.number) " of the list " b { (said.list) } ", signed by " (update.by) ": "
            (said.count) " entries, from " (said.from) " on."
            @if let Some(from) = &said.source { " " (sentence(from)) }
            " SHA-256 of the new list " code { (said.sha256) } "."
        }
        p {
            @if update.held() {
                "Only the collector holds this list: the update goes to no computer and counts for all records \
                 that come in after it was taken."
            } @else {
                "Each of their computers gets it at its next contact, and says in its log from which record on \
                 it counts."
            }
        }
    }
}

fn carried(signed: &Signed, given: &Given) -> Markup {
    html! {
        (hidden("token", &signed.token))
        (hidden("statement", &HEXLOWER.encode(&given.statement)))
        (hidden("signature", &HEXLOWER.encode(&given.signature)))
    }
}

fn wanted(signed: &Signed, base: &str, given: &Given, update: &Update, errors: &Errors) -> Markup {
    html! {
        section aria-labelledby="next" {
            h2 #next { "The list that it brings" }
            (says(update))
            form.sheet method="post" action={ (base) "/list" } enctype="multipart/form-data" {
                (carried(signed, given))
                (Input {
                    id: "file", label: "The new list", kind: "file", required: true, error: errors.of("file"),
                    hint: "At most 64 MiB; a longer one is taken by the command line.", ..Input::default()
                })
                (govuk::button("Send the list"))
            }
        }
    }
}

fn ready(signed: &Signed, base: &str, given: &Given, update: &Update) -> Markup {
    html! {
        section aria-labelledby="next" {
            h2 #next { "Ready to be taken" }
            (says(update))
            p { "The new list is held here, and the order passes its own tests with it." }
            form method="post" action={ (base) "/take" } {
                (carried(signed, given))
                (hidden("seen", &update.under().stored.digest.to_string()))
                (govuk::button("Take the update"))
            }
        }
    }
}
