//! What a log says is missing, beside what was watched: gaps, and sources that failed.

use std::collections::BTreeMap;

use crate::fact::{Fact, Gap, GapCause};
use crate::record::Record;

/// Something that is missing, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The record that says so.
    pub seq: u64,
    /// Why.
    pub cause: GapCause,
    /// In which source; `None`: in all.
    pub source: Option<String>,
    /// How many records are known to be lost.
    pub count: Option<u64>,
    /// From when on, Unix milliseconds by the device's clock.
    pub from: i64,
    /// Until when; `None`: it goes on.
    pub to: Option<i64>,
}

/// Collects them.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    over: Vec<Lost>,
    /// By source.
    failing: BTreeMap<String, Lost>,
}

impl Losses {
    pub(super) fn pass(&mut self, record: &Record) {
        let at = record.at.0;
        match &record.fact {
            // Known as the failure itself, if that was in the records followed.
            Fact::Gap(gap) if self.is_failing(gap) => {}
            Fact::Gap(gap) => {
                let (from, to) = (gap.from.unwrap_or(at), gap.to);
                self.over.push(Lost {
                    seq: record.seq,
                    cause: gap.cause,
                    source: gap.source.clone(),
                    count: gap.count,
                    from: from.min(to.unwrap_or(from)),
                    to: Some(from.max(to.unwrap_or(at))),
                });
            }
            Fact::SourceFailed(failed) => {
                let lost = Lost {
                    seq: record.seq,
                    cause: GapCause::SourceFailed,
                    source: Some(failed.source.clone()),
                    count: None,
                    from: at,
                    to: None,
                };
                self.failing.entry(failed.source.clone()).or_insert(lost);
            }
            Fact::SourceRestored(restored) => {
                if let Some(lost) = self.failing.remove(&restored.source) {
                    self.end(lost, at);
                }
            }
            // An agent that starts says anew what fails.
            Fact::AgentStarted(_) => {
                for lost in std::mem::take(&mut self.failing).into_values() {
                    self.end(lost, at);
                }
            }
            _ => {}
        }
    }

    /// Those that touch a time.
    pub(super) fn over(&self, from: i64, to: i64) -> Vec<Lost> {
        let all = self.over.iter().chain(self.failing.values());
        let mut found: Vec<Lost> = all
            .filter(|lost| lost.from < to && lost.to.is_none_or(|end| end >= from))
            .cloned()
            .collect();
        found.sort_by_key(|lost| (lost.from, lost.seq));
        found
    }

    fn is_failing(&self, gap: &Gap) -> bool {
        let failing = gap
            .source
            .as_ref()
            .map(|source| self.failing.contains_key(source));
        gap.cause == GapCause::SourceFailed && failing == Some(true)
    }

    fn end(&mut self, lost: Lost, at: i64) {
        self.over.push(Lost {
            to: Some(at.max(lost.from)),
            ..lost
        });
    }
}
