//! Collects faults while an order is read, each at its place in the text.

use std::ops::Range;

use crate::fault::{Fault, Faults};

use super::limits;
use super::parts::Place;

/// How faults name the order file.
pub(super) const FILE: &str = "order.toml";

/// All that is wrong with one text so far.
pub(super) struct Sink<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    /// How many were not kept, because there were too many.
    more: usize,
}

impl<'t> Sink<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            text,
            lines,
            faults: Vec::new(),
            warnings: Vec::new(),
            more: 0,
        }
    }

    /// Line and column of a byte of the text.
    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|line| self.lines.get(line))
            .copied()
            .unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        (count(line), count(before.chars().count()).saturating_add(1))
    }

    /// Where a character stands in `span`; the whole of it if it is written as an escape there.
    pub(super) fn of_char(&self, span: &Range<usize>, c: char) -> Range<usize> {
        let at = self.text.get(span.clone()).and_then(|text| text.find(c));
        at.map_or_else(
            || span.clone(),
            |at| span.start.saturating_add(at)..span.end,
        )
    }

    /// Takes down a fault about what stands at `span`.
    pub(super) fn fault(
        &mut self,
        span: &Range<usize>,
        code: &'static str,
        sentence: impl Into<String>,
    ) {
        let at = self.place(span.start);
        self.fault_at(at, code, sentence);
    }

    /// The same for a place that was found before.
    pub(super) fn fault_at(&mut self, at: Place, code: &'static str, sentence: impl Into<String>) {
        if self.faults.len() >= limits::FAULTS {
            self.more += 1;
            return;
        }
        self.faults.push(Fault {
            file: FILE.to_owned(),
            at: Some(at),
            code,
            sentence: sentence.into(),
        });
    }

    /// Takes down what is not wrong and should be looked at before anybody signs.
    pub(super) fn warn_at(&mut self, at: Place, code: &'static str, sentence: impl Into<String>) {
        if self.warnings.len() < limits::FAULTS {
            self.warnings.push(Fault {
                file: FILE.to_owned(),
                at: Some(at),
                code,
                sentence: sentence.into(),
            });
        }
    }

    /// The warnings in the order of their places, if there are no faults.
    pub(super) fn finish(mut self) -> Result<Vec<Fault>, Faults> {
        self.faults.sort_by_key(|fault| fault.at);
        if self.more > 0 {
            self.faults.push(Fault {
                file: FILE.to_owned(),
                at: None,
                code: "more",
                sentence: format!("there are {} more faults; correct these first", self.more),
            });
        }
        Faults::none(self.faults)?;
        self.warnings.sort_by_key(|fault| fault.at);
        Ok(self.warnings)
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The valid name that somebody may have meant, as the end of a sentence.
pub(crate) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let close = names
        .iter()
        .filter(|_| word.len() <= limits::ID_BYTES)
        .map(|name| (strsim::damerau_levenshtein(word, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    match close {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "there are none".to_owned(),
        None if names.len() <= 16 => format!("there is {}", or(&names)),
        None => "look at the list of names again".to_owned(),
    }
}

/// `a`, `b` or `c`.
pub(super) fn or(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let sink = Sink::new("ab\nçd\n");
        assert_eq!(sink.place(0), (1, 1));
        assert_eq!(sink.place(2), (1, 3));
        assert_eq!(sink.place(3), (2, 1));
        assert_eq!(sink.place(5), (2, 2));
        assert_eq!(sink.place(7), (3, 1));
        assert_eq!(sink.place(99), (3, 1));
    }

    #[test]
    fn a_near_name_is_named() {
        assert_eq!(
            nearest("claus", ["clause", "rule"]),
            "did you mean `clause`?"
        );
        assert_eq!(
            nearest("xyz", ["clause", "rule", "exempt"]),
            "there is `clause`, `rule` or `exempt`"
        );
        assert_eq!(nearest("x", []), "there are none");
    }
}
