//! Reads patterns: regular expressions that are cheap on every text, and mean what they say.

use crate::judge::{pattern, steps};
use crate::text::fold;

use super::condition::{Field, Part};
use super::limits;
use super::shape::{Section, Value, choice, string};
use super::sink::Sink;

/// `pattern` with its `field`.
pub(super) fn pattern_part(
    section: &mut Section<'_, '_>,
    value: &Value<'_>,
    sink: &mut Sink<'_>,
) -> Option<Part> {
    let regex = string(value, "pattern", sink);
    let field = section.need(sink, "field").and_then(|value| {
        let told = ("unknown-field", "a pattern cannot look at");
        choice(value, "field", Field::ALL, Field::as_str, told, sink)
    });
    let regex = regex?;
    if let Err((code, sentence)) = pattern_fault(regex) {
        sink.fault(&value.span(), code, sentence);
        return None;
    }
    Some(Part::Pattern {
        field: field?,
        regex: regex.to_owned(),
    })
}

fn pattern_fault(regex: &str) -> Result<(), (&'static str, String)> {
    if regex.len() > limits::PATTERN_BYTES {
        let sentence = format!("a pattern has at most {} bytes", limits::PATTERN_BYTES);
        return Err(("limit", sentence));
    }
    if pattern::asks_for_unicode(regex) {
        return Err((
            "pattern-unicode",
            "this pattern asks for Unicode classes, which are slow and change with their tables; \
             take the `u` flag or `\\p` out: text is matched without case and accents anyway"
                .to_owned(),
        ));
    }
    if let Some(c) = regex
        .chars()
        .find(|c| !c.is_ascii() && fold(c.encode_utf8(&mut [0; 4])) != *c.encode_utf8(&mut [0; 4]))
    {
        return Err((
            "pattern-accent",
            format!(
                "`{c}` never stands in the text that a pattern looks at; write `{}`",
                fold(&c.to_string())
            ),
        ));
    }
    if let Some(states) = steps::states(regex)
        && states > limits::PATTERN_STATES
    {
        return Err((
            "pattern-size",
            format!(
                "this pattern is too large: it has {} states, {} is the most; use shorter \
                 repetitions, such as .{{0,20}}",
                at_most(states),
                limits::PATTERN_STATES
            ),
        ));
    }
    let built = pattern::build(regex);
    match built {
        Ok(built) if built.is_match(b"") => Err((
            "pattern-empty",
            "this pattern matches everything; say what it looks for".to_owned(),
        )),
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err((
            "pattern-size",
            "this pattern is too large when compiled; use shorter repetitions".to_owned(),
        )),
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let reason = last.trim().trim_start_matches("error: ");
            Err((
                "pattern",
                format!("this pattern cannot be read: {reason}; correct it"),
            ))
        }
    }
}

/// A number that a person can read.
fn at_most(states: usize) -> String {
    const MANY: usize = 1_000_000;
    if states > MANY {
        "more than a million".to_owned()
    } else {
        states.to_string()
    }
}
