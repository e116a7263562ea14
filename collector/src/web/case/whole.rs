//! What matched, marked inside the whole of what the record states.
//!
//! Promises: everything is text, whatever a web page wrote into it; the whole value is shown, and the marks
//! change nothing of it.

use maud::{Markup, html};
use serde_json::Value;

use super::super::groups::{self, Matched};
use super::super::records::Held;

/// Rows of a description list: each value in which something matched.
pub(super) fn shown(matched: &str, own: Option<&Held>) -> Markup {
    let parts: Vec<Matched> = serde_json::from_str(matched).unwrap_or_default();
    let Some(fields) = own.and_then(fields) else {
        return html! {};
    };
    // Two parts of one value stand in it together.
    let mut values: Vec<(&str, String, Vec<&str>)> = Vec::new();
    for part in &parts {
        let field = field_of(&part.field);
        let Some(value) = value(&fields, field) else {
            continue;
        };
        match values.iter_mut().find(|(name, ..)| *name == field) {
            Some((.., texts)) => texts.push(&part.text),
            None => values.push((field, value, vec![&part.text])),
        }
    }
    html! {
        @for (field, value, texts) in &values {
            dt { "Whole value " (groups::field(field)) }
            dd.address { (marked(value, texts)) }
        }
    }
}

/// The value with these texts marked, in whichever case they stand there.
fn marked(value: &str, texts: &[&str]) -> Markup {
    let mut spans: Vec<(usize, usize)> =
        texts.iter().flat_map(|text| places(value, text)).collect();
    spans.sort_unstable();
    let mut pieces = Vec::new();
    let mut at = 0;
    for (from, to) in spans {
        // What lies in a mark already is not marked again.
        let from = from.max(at);
        if let (Some(before), Some(mark)) = (value.get(at..from), value.get(from..to)) {
            pieces.push((before, mark));
            at = to;
        }
    }
    html! {
        @for (before, mark) in &pieces {
            (before)
            @if !mark.is_empty() { mark { (mark) } }
        }
        (value.get(at..).unwrap_or_default())
    }
}

/// Where a text stands in a value: byte ranges that lie between letters.
fn places(value: &str, text: &str) -> Vec<(usize, usize)> {
    let wanted: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return found;
    }
    let mut free = 0;
    for (from, _) in value.char_indices() {
        if from < free {
            continue;
        }
        if let Some(length) = value.get(from..).and_then(|rest| begins(rest, &wanted)) {
            free = from + length;
            found.push((from, free));
        }
    }
    found
}

/// How many bytes of `rest` these lower-case letters are, if it begins with them.
fn begins(rest: &str, wanted: &[char]) -> Option<usize> {
    let mut wanted = wanted.iter();
    let mut length = 0;
    for letter in rest.chars() {
        if wanted.len() == 0 {
            break;
        }
        for lower in letter.to_lowercase() {
            if wanted.next() != Some(&lower) {
                return None;
            }
        }
        length += letter.len_utf8();
    }
    (wanted.len() == 0).then_some(length)
}

/// The fields of the record's fact.
fn fields(own: &Held) -> Option<Value> {
    serde_json::from_str(&own.record.fact.to_json().ok()?).ok()
}

/// In which field a rule found it: what it made of an address stands in the address.
fn field_of(name: &str) -> &str {
    match name {
        "host" | "search_guess" | "looks_like" | "site" => "url",
        other => other,
    }
}

fn value(fields: &Value, field: &str) -> Option<String> {
    match fields.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => {
            let texts: Vec<_> = all.iter().filter_map(Value::as_str).collect();
            Some(texts.join(" "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(value: &str, texts: &[&str]) -> String {
        marked(value, texts).into_string()
    }

    #[test]
    fn what_matched_is_marked_and_nothing_in_it_is_markup() {
        assert_eq!(
            plain(
                "https://www.FaceBook.com/?q=<script>",
                &["facebook.com", "<SCRIPT>"]
            ),
            "https://www.<mark>FaceBook.com</mark>/?q=<mark>&lt;script&gt;</mark>"
        );
        assert_eq!(
            plain("aaa", &["aa", "aaa"]),
            "<mark>aa</mark><mark>a</mark>"
        );
        assert_eq!(plain("ÄÖ", &["äö"]), "<mark>ÄÖ</mark>");
        assert_eq!(plain("abc", &["", "x"]), "abc");
        // One letter that becomes two is not cut.
        assert_eq!(plain("İx", &["i"]), "İx");
    }

    proptest! {
        #[test]
        fn marks_change_nothing_of_the_value(value in ".{0,40}", one in ".{0,4}", two in "[a-z<&İ]{0,3}") {
            let made = plain(&value, &[&one, &two]);
            let without = made.replace("<mark>", "").replace("</mark>", "");
            prop_assert_eq!(without, html! { (value) }.into_string());
        }
    }
}
