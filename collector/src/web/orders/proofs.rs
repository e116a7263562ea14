//! The lists that an order pins and the tests that it carries, each with how it stands.

use maud::{Markup, html};
use proviso_rules::order::{Expect, ListPin, Rule, RuleTest, Where};
use proviso_rules::{Fault as Wrong, page};

use super::super::fault;
use super::super::words;
use super::checked::Checked;
use super::short;

/// The lists, held and missing; `adding` is where a missing one is sent, with the form's token.
pub(super) fn lists(checked: &Checked, adding: Option<(&str, &str)>) -> Markup {
    let pins = checked.order.as_ref().map(|order| order.lists());
    let pins = pins.unwrap_or_default();
    html! {
        section aria-labelledby="lists" {
            h2 #lists { "Lists that it pins" }
            @if checked.order.is_none() {
                p.empty { "They can be said once the form of the order is right." }
            } @else if pins.is_empty() {
                p.empty { "It pins no list." }
            } @else {
                div.pv-scroll tabindex="0" {
                    table.govuk-table {
                        caption.govuk-visually-hidden { "Lists that the order pins" }
                        thead { tr {
                            th scope="col" { "List" } th scope="col" { "Holds" }
                            th scope="col" { "SHA-256" } th scope="col" { "Here?" }
                        } }
                        tbody { @for pin in pins { (list(checked, pin)) } }
                    }
                }
            }
            @if let (Some((path, token)), false) = (adding, checked.missing().is_empty()) {
                form method="post" action=(path) enctype="multipart/form-data" .sheet {
                    input type="hidden" name="token" value=(token);
                    label.govuk-label for="list-file" { "Add a list that is missing" }
                    p.govuk-hint #list-hint { "It is known by its SHA-256; the file may have any name." }
                    input.govuk-file-upload #list-file type="file" name="file" required
                        aria-describedby="list-hint";
                    button.govuk-button type="submit" { "Add the list" }
                }
            }
        }
    }
}

fn list(checked: &Checked, pin: &ListPin) -> Markup {
    html! {
        tr {
            th scope="row" { (pin.name) " " span.quiet { (pin.file) } }
            td {
                (pin.count) " " (pin.kind.as_str())
                @if pin.held == Where::Collector { ", held by the collector only" }
                @if let Some(source) = &pin.source { ". " (source) }
            }
            td { code { (short(&pin.sha256)) "…" } }
            td { @if checked.holds(pin) { "Held here" } @else { b { "Missing" } } }
        }
    }
}

/// Each test of each rule, and how it came out.
pub(super) fn tests(checked: &Checked) -> Markup {
    let rules = checked.order.as_ref().map(|order| order.rules());
    let rules = rules.unwrap_or_default();
    let outcome = Outcome::of(checked);
    html! {
        section aria-labelledby="tests" {
            h2 #tests { "Tests that it carries" }
            @match outcome {
                Outcome::NotRun if checked.order.is_none() => {
                    p.empty { "They are run once the form of the order is right." }
                }
                Outcome::NotRun => p.fault {
                    "The tests were not run: mend what is said above first, or add the lists that are missing."
                },
                Outcome::Run => p { (counts(checked, rules)) },
            }
            @for rule in rules { (tests_of(checked, rule, outcome)) }
        }
    }
}

fn tests_of(checked: &Checked, rule: &Rule, outcome: Outcome) -> Markup {
    html! {
        details open[rule.tests.iter().any(|test| wrong(checked, test).is_some())] {
            summary {
                "Rule " (rule.id) ": " (words::counted(rule.tests.len() as i128, "test"))
            }
            div.pv-scroll tabindex="0" {
                table.govuk-table {
                    caption.govuk-visually-hidden { "Tests of rule " (rule.id) }
                    thead { tr {
                        th scope="col" { "Line" } th scope="col" { "What happens" }
                        th scope="col" { "Expected" } th scope="col" { "Came out" }
                    } }
                    tbody {
                        @for test in &rule.tests {
                            tr {
                                th scope="row" { (test.place.0) }
                                td { (happens(test)) }
                                td { (expected(test.expect)) }
                                td {
                                    @match (outcome, wrong(checked, test)) {
                                        (Outcome::NotRun, _) => { "Not run" }
                                        (Outcome::Run, None) => { "As expected" }
                                        (Outcome::Run, Some(wrong)) => {
                                            b { "Otherwise: " } (fault::sentence(&wrong.sentence))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Were the tests run?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Run,
    NotRun,
}

impl Outcome {
    /// They are run when nothing else is wrong.
    fn of(checked: &Checked) -> Self {
        let of_tests = |wrong: &Wrong| wrong.code == "test-failed";
        match checked.order.is_some() && checked.faults.iter().all(of_tests) {
            true => Self::Run,
            false => Self::NotRun,
        }
    }
}

fn wrong<'a>(checked: &'a Checked, test: &RuleTest) -> Option<&'a Wrong> {
    let mut faults = checked.faults.iter();
    faults.find(|wrong| wrong.code == "test-failed" && wrong.at == Some(test.place))
}

fn counts(checked: &Checked, rules: &[Rule]) -> String {
    let all: usize = rules.iter().map(|rule| rule.tests.len()).sum();
    let failed = checked.faults.len();
    let all = words::counted(all as i128, "test");
    match failed {
        0 => format!("{all} run, and every one came out as the order expects."),
        _ => format!("{all} run; {failed} came out otherwise."),
    }
}

fn happens(test: &RuleTest) -> String {
    let mut facts = test.steps.iter().filter_map(|step| step.fact.as_ref());
    let first = facts.next().map(page::fact);
    let more = test.steps.len().saturating_sub(1);
    match (first, more) {
        (None, _) => "time passes".to_owned(),
        (Some(first), 0) => first,
        (Some(first), more) => {
            format!("{first}, and {} more", words::counted(more as i128, "step"))
        }
    }
}

const fn expected(expect: Expect) -> &'static str {
    match expect {
        Expect::Match => "the rule matches",
        Expect::NoMatch => "it does not match",
        Expect::CannotTell => "it cannot be told",
    }
}
