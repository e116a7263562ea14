//! The same for a terminal.

use std::fmt;

use super::{Day, Found, Line, NotKept, Recorded, Said, Today, Why};
use crate::person::words::{Words, clauses, fill, kind};
use crate::status::text::wrapped;

impl fmt::Display for Today {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Words::of("en");
        head(f, words, self.on, &self.why)?;
        whose(f, words, self.account.as_deref(), self.monitored)?;
        if let Some(day) = &self.day {
            day.write(f, words)?;
        }
        if self.monitored || self.day.is_some() {
            heading(f, words.contact)?;
            wrapped(f, "  ", self.contact.as_deref().unwrap_or(words.no_contact))?;
            if let Some(how) = &self.complaints {
                heading(f, words.complaints)?;
                wrapped(f, "  ", how)?;
            }
        }
        Ok(())
    }
}

/// Is it on, and why?
pub(in crate::person) fn head(
    f: &mut fmt::Formatter<'_>,
    words: &Words,
    on: bool,
    why: &str,
) -> fmt::Result {
    let sentence = if on { words.on } else { words.off };
    wrapped(f, "", &fill(sentence, &[("why", why)]))
}

/// Whose account asks.
pub(in crate::person) fn whose(
    f: &mut fmt::Formatter<'_>,
    words: &Words,
    account: Option<&str>,
    monitored: bool,
) -> fmt::Result {
    let sentence = match (account, monitored) {
        (Some(_), true) => words.monitored,
        (Some(_), false) => words.not_monitored,
        (None, _) => words.nameless,
    };
    let account = account.unwrap_or_default();
    wrapped(f, "", &fill(sentence, &[("account", account)]))
}

/// The beginning of a part.
pub(in crate::person) fn heading(f: &mut fmt::Formatter<'_>, words: &str) -> fmt::Result {
    writeln!(f, "\n{}", words.to_uppercase())
}

/// What was counted and not kept.
pub(in crate::person) fn not_kept(
    f: &mut fmt::Formatter<'_>,
    words: &Words,
    all: &[NotKept],
) -> fmt::Result {
    heading(f, words.not_kept)?;
    if all.is_empty() {
        return writeln!(f, "  {}", words.nothing_counted);
    }
    for one in all {
        wrapped(f, "  ", &one.words(words))?;
    }
    wrapped(f, "  ", words.about_not_kept)
}

impl NotKept {
    /// As a sentence.
    pub(in crate::person) fn words(&self, words: &Words) -> String {
        let count = self.count.to_string();
        let (sentence, name, value) = match &self.why {
            Why::Uncovered { kind: name } => (words.uncovered, "kind", kind(name)),
            Why::Exempt { id } => (words.exempt, "id", id.clone()),
            Why::CannotTell { rule } => (words.cannot_tell, "rule", rule.clone()),
        };
        fill(sentence, &[("count", &count), (name, &value)])
    }
}

impl Recorded {
    /// As a sentence.
    pub(in crate::person) fn words(&self, words: &Words) -> String {
        let (count, kind) = (self.count.to_string(), kind(&self.kind));
        let sentence = match self.last {
            Some(_) => words.count_last,
            None => words.count,
        };
        let last = self.last.as_deref().unwrap_or_default();
        fill(
            sentence,
            &[("count", &count), ("kind", &kind), ("last", last)],
        )
    }
}

impl Found {
    /// What it is called.
    pub(in crate::person) fn words(&self, words: &Words) -> String {
        let sentence = if self.possible_breach {
            words.possible_breach
        } else {
            words.for_review
        };
        fill(sentence, &[("clauses", &clauses(&self.clauses))])
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        wrapped(f, "  ", &self.words(words))?;
        self.record.write(f, words)?;
        for rule in &self.rules {
            let sentence = fill(words.rule, &[("rule", &rule.id), ("says", &rule.says)]);
            wrapped(f, "      ", &sentence)?;
        }
        for said in &self.said {
            said.write(f, words, "      ")?;
        }
        Ok(())
    }
}

impl Said {
    /// What it is about.
    pub(in crate::person) fn about(&self, words: &Words) -> String {
        if self.about.is_empty() {
            return words.said_at_large.to_owned();
        }
        let seqs: Vec<String> = self.about.iter().map(u64::to_string).collect();
        fill(words.said_about, &[("seqs", &seqs.join(", "))])
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, words: &Words, indent: &str) -> fmt::Result {
        wrapped(f, indent, &format!("{}  {}:", self.at, self.about(words)))?;
        if self.accident {
            wrapped(f, indent, words.accident)?;
        }
        let quoted = format!("{indent}| ");
        for line in self.text.lines() {
            wrapped(f, &quoted, line)?;
        }
        Ok(())
    }
}

impl Line {
    /// What stands before it: its number, whose it is, the clauses.
    pub(in crate::person) fn place(&self, words: &Words) -> String {
        let account = self.account.as_deref().unwrap_or(words.system);
        let mut place = format!(
            "{}, {account}",
            fill(words.record, &[("seq", &self.seq.to_string())])
        );
        if !self.clauses.is_empty() {
            place.push_str(", ");
            place.push_str(&fill(words.under, &[("clauses", &clauses(&self.clauses))]));
        }
        place
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        wrapped(f, "    ", &format!("{}  {}:", self.at, self.place(words)))?;
        writeln!(f, "      {}", self.what)
    }
}

impl Day {
    fn write(&self, f: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        heading(f, words.findings)?;
        if self.findings.is_empty() {
            writeln!(f, "  {}", words.no_findings)?;
        } else {
            wrapped(f, "  ", words.about_findings)?;
        }
        for found in &self.findings {
            found.write(f, words)?;
        }
        heading(f, &fill(words.recorded, &[("date", &self.date)]))?;
        if self.recorded.is_empty() {
            writeln!(f, "  {}", words.nothing_recorded)?;
        }
        for recorded in &self.recorded {
            wrapped(f, "  ", &recorded.words(words))?;
        }
        if !self.records.is_empty() {
            heading(f, &fill(words.newest, &[("zone", &self.zone)]))?;
        }
        for record in &self.records {
            record.write(f, words)?;
        }
        if self.more {
            writeln!(f, "  {}", words.more)?;
        }
        not_kept(f, words, &self.not_kept)?;
        heading(f, words.said)?;
        if self.explanations.is_empty() {
            writeln!(f, "  {}", words.nothing_said)?;
        }
        for said in &self.explanations {
            said.write(f, words, "  ")?;
        }
        heading(f, words.how)?;
        wrapped(f, "  ", words.about_explaining)?;
        for command in [words.command, words.command_accident, words.command_page] {
            writeln!(f, "    {command}")?;
        }
        let left = self.explanations_left.to_string();
        wrapped(f, "  ", &fill(words.left, &[("left", &left)]))?;
        heading(f, words.never)?;
        for never in words.never_recorded {
            wrapped(f, "  ", never)?;
        }
        match &self.order {
            Some(order) => writeln!(f, "\n{}", order.to_string().trim_end()),
            None => {
                heading(f, words.order)?;
                wrapped(f, "  ", words.no_order)
            }
        }
    }
}
