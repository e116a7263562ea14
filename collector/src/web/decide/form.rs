//! The form in which somebody says what they decide.

use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::casework::AlertState;

use super::super::fault::Fault;
use super::super::govuk::{Choice, Errors, Input, Radios, Select, Textarea};
use super::super::{Site, fault, words};
use super::Verdict;

/// Most characters of a reason.
const LONGEST: usize = 4_000;

/// Which part of a false alarm was wrong.
const PARTS: [(&str, &str); 6] = [
    ("", "Choose one, for a false alarm"),
    ("list", "A list: this site or program does not belong in it"),
    ("rule", "The rule: it finds too much"),
    ("attribution", "The attribution: it was somebody else"),
    ("clock", "The clock: it did not happen at that time"),
    ("other", "Something else"),
];

/// The form, as it was sent.
#[derive(Clone, Default, Deserialize)]
pub(in crate::web) struct Sheet {
    pub(super) token: String,
    /// What the page showed of what was said before.
    pub(super) seen: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    part: String,
    #[serde(default)]
    review: String,
    #[serde(default)]
    sign_off: String,
}

impl Sheet {
    /// What a program hands in: the verdict and its reason.
    pub(in crate::web) fn of(verdict: String, reason: String) -> Self {
        Self {
            verdict,
            reason,
            ..Self::default()
        }
    }

    /// With which part of a false alarm was wrong, when to look again, and whether somebody else must agree.
    #[must_use]
    pub(in crate::web) fn with(self, part: String, review: String, sign_off: bool) -> Self {
        Self {
            part,
            review,
            sign_off: if sign_off { "1" } else { "" }.to_owned(),
            ..self
        }
    }
}

/// What somebody typed, and what is wrong with it.
#[derive(Clone, Default)]
pub(in crate::web) struct Draft {
    pub(super) said: Sheet,
    pub(in crate::web) errors: Errors,
}

/// A form that can be taken.
#[derive(Clone)]
pub(in crate::web) struct Taken {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    pub(super) part: String,
    pub(super) review: String,
    /// Somebody else must agree.
    pub(super) wanted: bool,
    /// By which token, for the audit; empty: by a form.
    pub(in crate::web) by: String,
}

impl Draft {
    /// It is not what the page showed any more; what was typed stands there again.
    pub(super) fn refused(said: Sheet, why: &Fault) -> Self {
        let errors = Errors::default();
        Self { said, errors }.and(why)
    }

    /// The same, beside what else is wrong.
    pub(super) fn and(mut self, why: &Fault) -> Self {
        self.errors
            .add("verdict", fault::sentence(&why.to_string()));
        self
    }
}

impl Taken {
    /// What sends a ruling back.
    pub(super) fn reopened(reason: &str) -> Self {
        Self {
            verdict: Verdict::Reopened,
            reason: reason.to_owned(),
            part: String::new(),
            review: String::new(),
            wanted: false,
            by: String::new(),
        }
    }
}

impl Site {
    /// What can be taken of a form, or what is wrong with it.
    pub(in crate::web) fn taken(&self, said: &Sheet) -> Result<Taken, Errors> {
        let today = words::date(clock::now(), &self.zone);
        taken(said, today, &self.queue.sign_off)
    }
}

fn taken(said: &Sheet, today: Date, sign_off: &[String]) -> Result<Taken, Errors> {
    let mut errors = Errors::default();
    let verdict = Verdict::parse(&said.verdict);
    if verdict.is_none() {
        errors.add("verdict", "Choose one of the decisions");
    }
    let reason = reason(&said.reason);
    if reason.chars().count() > LONGEST {
        errors.add(
            "reason",
            "The reason is longer than 4,000 characters: shorten it",
        );
    }
    if reason.is_empty() && verdict != Some(Verdict::Acknowledged) {
        errors.add(
            "reason",
            "A decision needs a reason, because others will rely on it: give one",
        );
    }
    let false_alarm = verdict == Some(Verdict::FalseAlarm);
    let known = PARTS.iter().skip(1).any(|(word, _)| *word == said.part);
    if false_alarm && !known {
        errors.add("part", "Say which part was wrong, so that it can be mended");
    }
    let review = said.review.trim();
    if !review.is_empty() {
        match review.parse::<Date>() {
            Ok(day) if day < today => {
                errors.add("review", "The review is in the past: choose a day to come");
            }
            Ok(day) if day.duration_since(today).as_hours() > 24 * 366 * 2 => {
                errors.add(
                    "review",
                    "The review is more than two years away: choose an earlier day",
                );
            }
            Ok(_) => {}
            Err(_) => errors.add("review", "The review is no day: write it as 2026-11-24"),
        }
    }
    match verdict {
        Some(verdict) if errors.is_empty() => Ok(Taken {
            verdict,
            reason,
            part: if false_alarm {
                said.part.clone()
            } else {
                String::new()
            },
            review: review.to_owned(),
            wanted: !said.sign_off.is_empty()
                || sign_off.iter().any(|word| word == verdict.as_str()),
            by: String::new(),
        }),
        _ => Err(errors),
    }
}

/// As it is kept.
pub(super) fn reason(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

/// Which part was wrong, in words.
pub(in crate::web) fn part_words(part: &str) -> &str {
    let found = PARTS.iter().find(|(word, _)| *word == part);
    found.map_or(part, |(_, words)| words)
}

/// The fields of a decision on what stands so.
pub(in crate::web) fn fields(site: &Site, state: AlertState, draft: &Draft) -> Markup {
    let fitting = Verdict::ALL.into_iter().filter(|one| one.fits(state));
    let choices: Vec<_> = fitting
        .map(|one| Choice {
            value: one.as_str(),
            text: one.words(),
            hint: hint(one, &site.queue.sign_off),
        })
        .collect();
    let parts = PARTS.map(|(word, text)| Choice::new(word, text));
    let (said, errors) = (&draft.said, &draft.errors);
    let later = words::date(clock::now(), &site.zone).saturating_add(7.days());
    html! {
        (Radios {
            id: "verdict",
            legend: "What do you say?",
            choices: &choices,
            chosen: &said.verdict,
            error: errors.of("verdict"),
            required: true,
            small: true,
            ..Radios::default()
        })
        (Select {
            id: "part",
            label: "For a false alarm: which part was wrong",
            choices: &parts,
            chosen: &said.part,
            error: errors.of("part"),
            ..Select::default()
        })
        (Textarea {
            id: "reason",
            label: "Reason, in your own words (kept with your name)",
            hint: "Needed for everything but “I am looking into it”. Earlier decisions stay visible.",
            value: &said.reason,
            error: errors.of("reason"),
            longest: Some(LONGEST),
            ..Textarea::default()
        })
        (Input {
            id: "review",
            label: "Look again on (optional)",
            hint: &format!("A day to come, for example {later}"),
            kind: "date",
            value: &said.review,
            error: errors.of("review"),
            ..Input::default()
        })
        div.govuk-form-group {
            div.govuk-checkboxes.govuk-checkboxes--small {
                div.govuk-checkboxes__item {
                    input #sign_off .govuk-checkboxes__input type="checkbox" name="sign_off" value="1"
                        checked[!said.sign_off.is_empty()];
                    label.govuk-label.govuk-checkboxes__label for="sign_off" {
                        "Ask a supervisor to agree"
                    }
                }
            }
        }
    }
}

fn hint(verdict: Verdict, sign_off: &[String]) -> &'static str {
    match verdict {
        Verdict::Reopened => "It waits for a person again",
        one if sign_off.iter().any(|word| word == one.as_str()) => "A supervisor must agree",
        Verdict::FalseAlarm => "Say below which part was wrong",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(verdict: &str, reason: &str) -> Sheet {
        Sheet {
            verdict: verdict.to_owned(),
            reason: reason.to_owned(),
            ..Sheet::default()
        }
    }

    fn today() -> Date {
        jiff::civil::date(2026, 11, 26)
    }

    #[test]
    fn each_fault_of_a_form_stands_beside_its_field() {
        let none = taken(&said("guilty", " "), today(), &[]).err().unwrap();
        assert!(none.of("verdict").is_some() && none.of("reason").is_some());
        assert!(taken(&said("acknowledged", ""), today(), &[]).is_ok());
        let long = "x".repeat(LONGEST + 1);
        assert!(
            taken(&said("visit", &long), today(), &[])
                .err()
                .unwrap()
                .of("reason")
                .is_some()
        );
        let vague = taken(&said("false_alarm", "x"), today(), &[])
            .err()
            .unwrap();
        assert!(vague.of("part").is_some());
        for (day, good) in [
            ("2026-11-26", true),
            ("2026-11-25", false),
            ("2029-01-01", false),
            ("soon", false),
            ("", true),
        ] {
            let form = Sheet {
                review: day.to_owned(),
                ..said("visit", "x")
            };
            assert_eq!(taken(&form, today(), &[]).is_ok(), good, "{day}");
        }
    }

    #[test]
    fn a_supervisor_is_wanted_where_the_configuration_or_the_decider_says_so() {
        let wanted = |form: &Sheet| {
            taken(form, today(), &["recall".to_owned()])
                .ok()
                .unwrap()
                .wanted
        };
        assert!(wanted(&said("recall", "x")));
        assert!(!wanted(&said("visit", "x")));
        let asked = Sheet {
            sign_off: "1".to_owned(),
            ..said("visit", "x")
        };
        assert!(wanted(&asked));
        // A part that belongs to no false alarm is not kept.
        let odd = Sheet {
            part: "list".to_owned(),
            ..said("visit", "x")
        };
        assert_eq!(taken(&odd, today(), &[]).ok().unwrap().part, "");
    }
}
