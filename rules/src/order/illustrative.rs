//! Words of a template that stand in an order still. They are nobody's, and nobody signs them.
//!
//! A template writes `illustrative` into every name, site, person and number that it made up, so that
//! each is found wherever it stands: in the court's words, in exemptions, approvals, lists and
//! conditions. What stands in a test harms nobody, and is not looked at.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Order;
use super::sink::Sink;

/// What every such text holds, in any case.
const MARK: &[u8] = b"illustrative";
/// How deep a table of an order can lie in another.
const DEPTH: usize = 16;

/// Takes down where they stand. Are there any?
pub(super) fn all(root: &DeTable<'_>, sink: &mut Sink<'_>) -> bool {
    let mut found = Vec::new();
    table(root, DEPTH, &mut found);
    for (key, span) in &found {
        let place = sink.place(span.start);
        let sentence = format!(
            "`{key}` holds words of a template, which are nobody's; put the true ones in their place"
        );
        sink.warn_at(place, "illustrative", sentence);
    }
    !found.is_empty()
}

impl Order {
    /// Do words of a template stand in it? Nobody should sign it.
    #[must_use]
    pub const fn is_illustrative(&self) -> bool {
        self.illustrative
    }
}

fn table<'t>(table: &'t DeTable<'_>, depth: usize, found: &mut Vec<(&'t str, Range<usize>)>) {
    for (key, value) in table.iter().filter(|(key, _)| key.get_ref() != "test") {
        look(key.get_ref(), value.get_ref(), value.span(), depth, found);
    }
}

fn look<'t>(
    key: &'t str,
    value: &'t DeValue<'_>,
    span: Range<usize>,
    depth: usize,
    found: &mut Vec<(&'t str, Range<usize>)>,
) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    match value {
        DeValue::String(text) if is_marked(text) => found.push((key, span)),
        DeValue::Array(array) => {
            for value in array.iter() {
                look(key, value.get_ref(), value.span(), depth, found);
            }
        }
        DeValue::Table(inner) => table(inner, depth, found),
        _ => {}
    }
}

fn is_marked(text: &str) -> bool {
    text.as_bytes()
        .windows(MARK.len())
        .any(|word| word.eq_ignore_ascii_case(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "format = \"proviso-order/1\"\n[order]\nid = \"ILLUSTRATIVE-1\"\n\
        version = 1\ncourt = \"ILLUSTRATIVE: a court\"\nmade = 2026-01-01\nstarts = 2026-01-01\n\
        timezone = \"Europe/London\"\n[[exempt]]\nid = \"E1\"\nwho = \"Solicitor\"\nsays = \"Private.\"\n\
        match = { host = [\"a.example\", \"illustrative.example\"] }\neffect = \"no_alert\"\n\
        [[clause]]\nid = \"1\"\ntext = 'ILLUSTRATIVE. No sites.'\nrecords = [\"package\"]\n";

    fn warned(text: &str) -> (bool, Vec<String>) {
        let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        let warnings = order.warnings().iter();
        let said = warnings
            .filter(|one| one.code == "illustrative")
            .map(|one| {
                let (line, column) = one.at.unwrap();
                let key = one.sentence.split(" holds ").next().unwrap();
                format!("{line}:{column} {key}")
            })
            .collect();
        (order.is_illustrative(), said)
    }

    #[test]
    fn every_word_of_a_template_is_seen_where_it_stands() {
        let (is, said) = warned(TEXT);
        assert!(is);
        assert_eq!(
            said,
            ["3:6 `id`", "5:9 `court`", "13:32 `host`", "17:8 `text`"]
        );
        // One that was overlooked is enough.
        let text = TEXT.replace("ILLUSTRATIVE", "x");
        assert_eq!(warned(&text), (true, vec!["13:32 `host`".to_owned()]));
        let text = text.replace("illustrative.", "b.");
        assert_eq!(warned(&text), (false, vec![]));
    }
}
