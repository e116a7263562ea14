//! Conditions and tests in words.

use proviso_report::fact::{Fact, Transition};

use super::words::{join, one_of};
use crate::order::{Condition, Field, Order, Part, TestStep};

/// All of its parts, joined.
pub(super) fn condition(condition: &Condition, order: &Order) -> String {
    let parts: Vec<String> = condition.parts.iter().map(|one| part(one, order)).collect();
    parts.join(", and ")
}

/// One part of a condition.
pub(super) fn part(part: &Part, order: &Order) -> String {
    match part {
        Part::Host(hosts) => format!("the site is {}, or below", one_of(hosts)),
        Part::HostIn(list) => format!("the site is {}, or below", entry_of(list, order)),
        Part::UrlWords(words) => format!(
            "the address, behind the name of the site, has the words {}",
            quoted(words)
        ),
        Part::Words(words) => format!(
            "the address, behind the name of the site, or the page's title has the words {}",
            quoted(words)
        ),
        Part::WordsIn(list) => format!(
            "the address, behind the name of the site, or the page's title has the words of {}",
            entry_of(list, order)
        ),
        Part::Pattern { field, regex } => {
            let place = match field {
                Field::Url => "the address",
                Field::Title => "the page's title",
                Field::Exe => "the program's path",
                Field::Args => "one of the program's arguments",
                Field::Search => "what was searched for",
            };
            format!("the pattern `{regex}` finds something in {place}")
        }
        Part::App(apps) => format!("the program is {}", one_of(apps)),
        Part::AppIn(list) => format!("the program is {}", entry_of(list, order)),
        Part::ArgsAny(args) => format!("one of the program's arguments is {}", quoted(args)),
        Part::Account(names) => format!("it happens in the account {}", one_of(names)),
        Part::Private(true) => "the page is opened in a private window".to_owned(),
        Part::Private(false) => "the page is opened in a window that is not private".to_owned(),
        Part::Transition(ways) => {
            let ways: Vec<&str> = ways.iter().map(|way| transition(*way)).collect();
            format!("the person came to the page by {}", join(&ways))
        }
        Part::Browser(names) => format!("the browser is {}", one_of(names)),
        Part::SearchWords(words) => {
            format!("what was searched for has the words {}", quoted(words))
        }
        Part::SearchWordsIn(list) => format!(
            "what was searched for has the words of {}",
            entry_of(list, order)
        ),
        Part::Near(near) => format!(
            "what was searched for has two things at most {} words apart",
            near.within_words
        ),
        Part::LooksLike(hosts) => {
            format!("the site looks like {} and is another", one_of(hosts))
        }
        Part::LooksLikeIn(list) => format!(
            "the site looks like {} and is another",
            entry_of(list, order)
        ),
        Part::Sha256In(list) => format!("the file is {}", entry_of(list, order)),
        Part::Under(paths) => format!("the file lies in {}, or below", one_of(paths)),
        Part::Is { field, values } => format!("`{}` is {}", field.as_str(), one_of(values)),
    }
}

/// What happens in a test.
pub(super) fn step(step: &TestStep) -> String {
    let Some(fact) = &step.fact else {
        return "time passes".to_owned();
    };
    let mut words = match fact {
        Fact::WebVisit(visit) => {
            let mut words = format!("the page {}", visit.url);
            if let Some(title) = &visit.title {
                words += &format!(" titled \"{title}\"");
            }
            match visit.private {
                Some(true) => words += " in a private window",
                Some(false) => words += " in a window that is not private",
                None => {}
            }
            if let Some(way) = visit.transition {
                words += &format!(" by {}", transition(way));
            }
            if !visit.browser.is_empty() {
                words += &format!(" in {}", visit.browser);
            }
            words
        }
        Fact::ProcessStart(start) => {
            let program = start.exe.as_deref().unwrap_or(&start.name);
            let mut words = format!("the program {program}");
            if !start.args.is_empty() {
                words += &format!(" started as `{}`", start.args.join(" "));
            }
            words
        }
        other => format!("a record of the kind {}", other.kind()),
    };
    if let Some(account) = &step.account {
        words += &format!(" in the account {account}");
    }
    words
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    one_of(&words)
}

fn entry_of(list: &str, order: &Order) -> String {
    let pin = order.lists().iter().find(|pin| pin.name == list);
    match pin.map_or(0, |pin| pin.count) {
        1 => format!("the one on the list `{list}`"),
        count => format!("one of the {count} on the list `{list}`"),
    }
}

const fn transition(way: Transition) -> &'static str {
    match way {
        Transition::Typed => "typing or choosing the address",
        Transition::Link => "following a link",
        Transition::Bookmark => "a bookmark",
        Transition::FormSubmit => "sending a form",
        Transition::Reload => "loading it again",
        Transition::Redirect => "being sent there by another page",
        Transition::BackForward => "going back or forward",
        Transition::Download => "a download",
        Transition::Subframe => "a frame inside another page",
        _ => "another way",
    }
}
