//! What sources say of themselves, on its way to a record.
//!
//! Promises: a source that failed and works again leaves a gap record from when until when. Losses
//! that come by the dozen are told together, once per heartbeat, with their sum. Until that they
//! are held in memory: an agent that is killed meanwhile says so, and from when on.

use std::collections::{BTreeMap, VecDeque};

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Gap, GapCause, SourceFailed, SourceRestored};

use crate::platform::clock::Moment;
use crate::source::{Health, SourceKey};

/// Facts that wait for room to be written; more are counted.
pub(super) const MAX_UNSAID: usize = 1_000;
/// Sources, and sorts of losses, that are remembered; more are said at once.
const MAX_KNOWN: usize = 1_000;

/// Facts about the agent that are not written yet, with the time when they became true.
#[derive(Debug, Default)]
pub(super) struct Unsaid {
    pub(super) facts: VecDeque<(UnixMs, Fact)>,
    /// By source and words: told at the next heartbeat.
    losses: BTreeMap<(Option<SourceKey>, String), Gap>,
    /// Since when a source does not work.
    failing: BTreeMap<SourceKey, UnixMs>,
}

impl Unsaid {
    pub(super) fn note(&mut self, health: Health, now: &Moment) {
        match health {
            Health::Failed { source, reason } => {
                if self.failing.len() < MAX_KNOWN {
                    self.failing.entry(source.clone()).or_insert(now.at);
                }
                self.say(SourceFailed { source, reason }.into(), now.at);
            }
            Health::Restored { source } => {
                if let Some(since) = self.failing.remove(&source) {
                    self.say(failed(&source, since, now.at), now.at);
                }
                self.say(SourceRestored { source }.into(), now.at);
            }
            Health::Gap(gap) => self.say(gap.into(), now.at),
            Health::Lost(gap) => self.lose(gap, now),
            // Anything else would get by scope.
            Health::Sign(fact) if fact.kind().is_life_sign() => self.say(fact, now.at),
            Health::Sign(_) => {}
        }
    }

    /// Queues a fact about the agent for the next commit.
    pub(super) fn say(&mut self, fact: Fact, at: UnixMs) {
        if self.facts.len() < MAX_UNSAID {
            self.facts.push_back((at, fact));
            return;
        }
        match self.facts.back_mut() {
            Some((
                _,
                Fact::Gap(Gap {
                    cause: GapCause::Overflow,
                    count: Some(count),
                    to,
                    ..
                }),
            )) => {
                *count = count.saturating_add(1);
                *to = Some(at.0);
            }
            _ => self.facts.push_back((at, too_many(at))),
        }
    }

    /// Lets go of what was lost, to be written.
    pub(super) fn say_losses(&mut self, now: &Moment) {
        for gap in std::mem::take(&mut self.losses).into_values() {
            self.say(gap.into(), now.at);
        }
    }

    /// It is written.
    pub(super) fn said(&mut self) {
        self.facts.clear();
    }

    fn lose(&mut self, gap: Gap, now: &Moment) {
        let key = (gap.source.clone(), gap.detail.clone());
        if let Some(sum) = self.losses.get_mut(&key) {
            sum.count = match (sum.count, gap.count) {
                (Some(one), Some(other)) => Some(one.saturating_add(other)),
                _ => None,
            };
            sum.from = sum.from.zip(gap.from).map(|(one, other)| one.min(other));
            sum.to = sum.to.zip(gap.to).map(|(one, other)| one.max(other));
        } else if self.losses.len() < MAX_KNOWN {
            self.losses.insert(key, gap);
        } else {
            self.say(gap.into(), now.at);
        }
    }
}

fn failed(source: &str, from: UnixMs, to: UnixMs) -> Fact {
    Gap {
        cause: GapCause::SourceFailed,
        source: Some(source.to_owned()),
        count: None,
        from: Some(from.0),
        to: Some(to.0),
        detail: "the source did not work; what it can still see of that time is recorded late"
            .into(),
    }
    .into()
}

fn too_many(at: UnixMs) -> Fact {
    Gap {
        cause: GapCause::Overflow,
        source: None,
        count: Some(1),
        from: Some(at.0),
        to: Some(at.0),
        detail: "so many things were to be said about the agent that they were only counted".into(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::tests::at;

    fn lost(count: Option<u64>, from: Option<i64>, to: i64, detail: &str) -> Health {
        Health::Lost(Gap {
            cause: GapCause::Overflow,
            source: Some("process".into()),
            count,
            from,
            to: Some(to),
            detail: detail.into(),
        })
    }

    #[test]
    fn losses_alike_are_told_together() {
        let mut unsaid = Unsaid::default();
        unsaid.note(lost(Some(2), Some(10), 20, "short"), &at(0));
        unsaid.note(lost(Some(3), Some(5), 15, "short"), &at(1));
        unsaid.note(lost(None, None, 30, "many"), &at(2));
        unsaid.note(lost(None, Some(1), 40, "many"), &at(3));
        assert!(unsaid.facts.is_empty());
        unsaid.say_losses(&at(4));
        let told: Vec<_> = unsaid
            .facts
            .iter()
            .map(|(_, fact)| fact.to_json().unwrap())
            .collect();
        assert_eq!(
            told,
            [
                r#"{"cause":"overflow","source":"process","to":40,"detail":"many"}"#,
                r#"{"cause":"overflow","source":"process","count":5,"from":5,"to":20,"detail":"short"}"#,
            ]
        );
        unsaid.said();
        unsaid.say_losses(&at(5));
        assert!(unsaid.facts.is_empty());
    }

    #[test]
    fn a_source_that_works_again_leaves_a_gap() {
        let mut unsaid = Unsaid::default();
        let source = || SourceKey::from("history:a");
        let reason = String::new();
        unsaid.note(
            Health::Failed {
                source: source(),
                reason,
            },
            &at(1_000),
        );
        unsaid.note(Health::Restored { source: source() }, &at(9_000));
        unsaid.note(Health::Restored { source: source() }, &at(9_001));
        let kinds: Vec<_> = unsaid
            .facts
            .iter()
            .map(|(_, one)| one.kind().as_str())
            .collect();
        assert_eq!(
            kinds,
            ["source_failed", "gap", "source_restored", "source_restored"]
        );
        let Some((_, Fact::Gap(gap))) = unsaid.facts.get(1) else {
            panic!("no gap");
        };
        assert_eq!(
            (gap.cause, gap.from, gap.to),
            (
                GapCause::SourceFailed,
                Some(at(1_000).at.0),
                Some(at(9_000).at.0)
            )
        );
    }
}
