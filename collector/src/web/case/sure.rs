//! How sure a record is: by which methods it is known, and what each can and cannot know.

use std::collections::BTreeSet;

use maud::{Markup, html};
use proviso_report::Method;

use super::super::around::Around;

/// How much can be built on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Confidence {
    Low,
    Medium,
    High,
}

/// A part of the page of the record.
pub(super) fn section(around: &Around) -> Markup {
    html! {
        section #sure aria-labelledby="how-sure" {
            h2 #how-sure { "How sure this is" }
            @match around.own() {
                None => p.empty {
                    @if around.is_erased() {
                        "The record was erased, and how it was known went with it."
                    } @else if around.report.is_some() {
                        "The record cannot be read out of its report, so nothing can be said of how it is known."
                    } @else {
                        "The record itself is not held here yet, so nothing can be said of how it is known."
                    }
                },
                Some(own) => {
                    p { b { (words(of(&own.methods))) } }
                    ul {
                        @for method in &own.methods {
                            li { (says(*method)) }
                        }
                    }
                    p.quiet {
                        "This is about whether it happened on this computer in this account. It cannot say who "
                        "sat there."
                    }
                }
            }
        }
    }
}

fn of(methods: &BTreeSet<Method>) -> Confidence {
    let seen = methods.iter().filter(|method| first_hand(**method)).count();
    match (seen, methods.len()) {
        (_, 2..) => Confidence::High,
        (1, _) => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn words(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "High: two methods that do not depend on each other agree.",
        Confidence::Medium => {
            "Medium: one method saw it as it happened, and nothing else confirms it."
        }
        Confidence::Low => {
            "Low: it was found afterwards by one method, and nothing else confirms it."
        }
    }
}

/// Whether a method sees things as they happen.
fn first_hand(method: Method) -> bool {
    matches!(
        method,
        Method::Extension
            | Method::ProcessEvent
            | Method::FileEvent
            | Method::SystemEvent
            | Method::Desktop
            | Method::Agent
    )
}

fn says(method: Method) -> &'static str {
    match method {
        Method::Extension => {
            "The browser told the agent as it happened. It knows what was opened, not why or by whom."
        }
        Method::History => {
            "It stands in the browser's history. Pages that load by themselves and pages that another device \
             synchronised can stand there, too."
        }
        Method::ProcessPoll => {
            "It was seen in the list of running programs. What ran only for a moment can be missed, and the \
             name of a program can be chosen freely."
        }
        Method::ProcessEvent => "The system told the agent of it as it happened.",
        Method::FileEvent => {
            "The system told the agent of a file as it changed, not which person changed it."
        }
        Method::FileScan => {
            "A file was found later: when it came there is known only from its own dates."
        }
        Method::SystemEvent => "The system told the agent of it as it happened.",
        Method::SystemRead => "It was read from what the system keeps of itself, afterwards.",
        Method::Desktop => "The desktop said which window was in front.",
        Method::Phone => "The phone on the cable said it of itself.",
        Method::Person => "The person said it.",
        Method::Agent => "The agent states it about itself.",
        _ => "By a method that this program does not know.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_methods_are_more_than_one_and_seeing_is_more_than_finding() {
        let sure = |all: &[Method]| of(&all.iter().copied().collect());
        assert_eq!(
            sure(&[Method::Extension, Method::History]),
            Confidence::High
        );
        assert_eq!(sure(&[Method::Extension]), Confidence::Medium);
        assert_eq!(sure(&[Method::History]), Confidence::Low);
        assert_eq!(sure(&[]), Confidence::Low);
    }
}
