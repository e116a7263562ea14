//! What matched, in words.

use maud::{Markup, html};
use serde::Deserialize;

/// Most characters of a matched text in a list.
const LONGEST: usize = 200;

/// In the place of what matched, where that was erased.
pub(super) const ERASED: &str = "What matched was erased.";

/// One place where a rule matched.
#[derive(Deserialize)]
pub(super) struct Matched {
    pub(super) field: String,
    pub(super) text: String,
}

/// What matched, in words.
pub(super) fn matched(json: &str) -> Markup {
    let parts: Vec<Matched> = serde_json::from_str(json).unwrap_or_default();
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index > 0 { ", " }
            @match (part.field.as_str(), part.text.as_str()) {
                ("private", "true") => b { "a private window" },
                ("private", _) => b { "an ordinary window" },
                (name, text) => { b { (short(text)) } " " (field(name)) }
            }
        }
    }
}

/// The beginning of a text that could fill a page.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}

pub(super) fn field(name: &str) -> &str {
    match name {
        "url" => "in the address",
        "host" => "in the host name",
        "title" => "in the page's title",
        "search" => "in what was searched for",
        "search_guess" => "in what may have been searched for",
        "looks_like" => "as what the host name looks like",
        "exe" => "in the program's file",
        "name" => "in the program's name",
        "args" => "in the program's arguments",
        "account" => "as the account",
        "browser" => "as the browser",
        "transition" => "as the way it was opened",
        other => other,
    }
}
