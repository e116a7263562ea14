//! What `collector.toml` says of the queue: `[queue]`, `[escalation]` and `[sms]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Secret;

/// How the queue treats what waits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// An urgent case can be put aside for no longer.
    pub urgent_snooze_hours: u32,
    /// Any other for no longer.
    pub snooze_days: u32,
    /// After how many hours a case is overdue, by severity.
    pub overdue_hours: Overdue,
    /// Decisions to which a supervisor must agree, by the words of the form.
    pub sign_off: Vec<String>,
}

/// After how many hours a case is overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overdue {
    /// One that is urgent.
    pub urgent: u32,
    /// A possible breach.
    pub breach: u32,
    /// One for review.
    pub review: u32,
}

/// When a case that nobody takes up goes on to others, by severity. What is not named goes to nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Escalation {
    /// Urgent cases.
    pub urgent: Option<Steps>,
    /// Possible breaches.
    pub breach: Option<Steps>,
    /// Cases for review.
    pub review: Option<Steps>,
}

/// After how many minutes a case goes on to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// To the officer on call; absent: not to them.
    pub on_call_after_minutes: Option<u32>,
    /// To the supervisor; absent: not to them, unless nobody is on call.
    pub supervisor_after_minutes: Option<u32>,
}

/// The gateway for text messages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Where to post.
    pub url: String,
    /// What to post: JSON with `{to}` and `{text}` in its strings.
    pub body: String,
    /// Headers to send with it, such as the one that signs in to the gateway.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Numbers by the name with which somebody signs in.
    pub numbers: BTreeMap<String, String>,
}

/// The words of decisions that can be made to need a supervisor.
pub const VERDICTS: [&str; 8] = [
    "no_action",
    "false_alarm",
    "advice",
    "visit",
    "statement",
    "arrest",
    "recall",
    "referral",
];

impl Queue {
    /// What cannot be meant; the error is a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let unknown = |word: &&String| !VERDICTS.contains(&word.as_str());
        if let Some(word) = self.sign_off.iter().find(unknown) {
            return Err(format!(
                "[queue] sign_off names {word:?}, which is no decision; choose among {}",
                VERDICTS.join(", ")
            ));
        }
        if self.snooze_days > 366 || self.urgent_snooze_hours > 24 * 366 {
            return Err("[queue] lets a case be put aside for more than a year".to_owned());
        }
        Ok(())
    }
}

impl Escalation {
    /// The steps for a severity.
    #[must_use]
    pub fn of(&self, severity: &str) -> Option<Steps> {
        match severity {
            "urgent" => self.urgent,
            "breach" => self.breach,
            _ => self.review,
        }
    }

    pub(super) fn says_something(&self) -> bool {
        self != &Self::default()
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            urgent_snooze_hours: 4,
            snooze_days: 14,
            overdue_hours: Overdue::default(),
            sign_off: ["arrest", "recall", "referral"].map(str::to_owned).to_vec(),
        }
    }
}

impl Overdue {
    /// In milliseconds: urgent, breach, review.
    #[must_use]
    pub fn millis(self) -> [i64; 3] {
        [self.urgent, self.breach, self.review].map(|hours| i64::from(hours) * 3_600_000)
    }
}

impl Default for Overdue {
    fn default() -> Self {
        Self {
            urgent: 4,
            breach: 72,
            review: 168,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Queue};

    #[test]
    fn the_sample_of_the_readme_is_understood() {
        let readme = include_str!("../../../README.md");
        let (_, rest) = readme.split_once("    [queue]\n").unwrap();
        let (sample, _) = rest.split_once("\n\n").unwrap();
        let config = Config::parse(&format!("[queue]\n{sample}\n")).unwrap();
        assert_eq!(config.queue, Queue::default(), "it says so");
        let urgent = config.escalation.of("urgent").unwrap();
        assert_eq!(urgent.on_call_after_minutes, Some(15));
        assert_eq!(urgent.supervisor_after_minutes, Some(30));
        assert_eq!(config.escalation.of("review"), None);
        assert_eq!(config.sms.unwrap().numbers["noor"], "+44 7700 900000");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let why = Config::parse("[queue]\nsign_off = [\"hanging\"]\n").unwrap_err();
        assert!(why.contains("hanging") && why.contains("referral"), "{why}");
        let why = Config::parse("[escalation.urgent]\non_call_after_minutes = 5\n").unwrap_err();
        assert!(why.contains("no way out"), "{why}");
        assert!(Config::parse("[escalation.urgent]\nafter = 5\n").is_err());
    }
}
