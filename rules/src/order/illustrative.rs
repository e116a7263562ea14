//! Words of a template that stand in an order still. They are no court's, and nobody signs them.

use super::check::Draft;
use super::parts::Place;
use super::read::Head;
use super::sink::Sink;
use super::{Clause, Order};

/// What every such text says.
const MARK: &str = "ILLUSTRATIVE";

/// Takes down where they stand.
pub(super) fn all(draft: &Draft, head: Option<&Head>, sink: &mut Sink<'_>) {
    if let Some(head) = head {
        for (what, text) in [("`id`", &head.id), ("`court`", &head.court)] {
            warn(what, text, head.place, sink);
        }
    }
    for clause in draft.clauses.iter().filter_map(|named| named.item.as_ref()) {
        let what = format!("the text of clause {}", clause.id);
        warn(&what, &clause.text, clause.place, sink);
    }
}

impl Order {
    /// Do words of a template stand in it that no court wrote? Nobody should sign it.
    #[must_use]
    pub fn is_illustrative(&self) -> bool {
        let texts = self.clauses.iter().map(|Clause { text, .. }| text);
        texts
            .chain([&self.id, &self.court])
            .any(|text| text.contains(MARK))
    }
}

fn warn(what: &str, text: &str, place: Place, sink: &mut Sink<'_>) {
    if text.contains(MARK) {
        let sentence = format!(
            "{what} is a template's, and no court wrote it; put what the court wrote in its place"
        );
        sink.warn_at(place, "illustrative", sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "format = \"proviso-order/1\"\n[order]\nid = \"ILLUSTRATIVE-1\"\n\
        version = 1\ncourt = \"ILLUSTRATIVE: a court\"\nmade = 2026-01-01\nstarts = 2026-01-01\n\
        timezone = \"Europe/London\"\n[[clause]]\nid = \"1\"\ntext = 'ILLUSTRATIVE. No sites.'\n\
        records = [\"package\"]\n";

    fn warned(text: &str) -> (bool, Vec<String>) {
        let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        let warnings = order.warnings().iter();
        let said = warnings
            .filter(|one| one.code == "illustrative")
            .map(|one| one.sentence.split(" is ").next().unwrap_or("").to_owned())
            .collect();
        (order.is_illustrative(), said)
    }

    #[test]
    fn every_word_of_a_template_is_seen() {
        let (is, said) = warned(TEXT);
        assert!(is);
        assert_eq!(said, ["`id`", "`court`", "the text of clause 1"]);
        // One that was overlooked is enough.
        let text = TEXT
            .replace("ILLUSTRATIVE-1", "SHPO-1")
            .replace("ILLUSTRATIVE: a court", "Court");
        assert_eq!(
            warned(&text),
            (true, vec!["the text of clause 1".to_owned()])
        );
        let text = text.replace("ILLUSTRATIVE. ", "");
        assert_eq!(warned(&text), (false, vec![]));
    }
}
