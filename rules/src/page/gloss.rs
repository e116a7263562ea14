//! Rules in words: sentences that a machine makes from what it will check, for people to hear.

mod fact;
mod field;
mod program;
mod verb;

use proviso_report::fact::Transition;

use super::annex;
use super::words::{join, one_of, quoted};
use crate::order::{Condition, Field, ListKind, Order, Part};

pub(super) use fact::{fact, step};
pub(super) use program::program;
pub(super) use verb::{approval, checked, over, takes};

/// All of its parts, joined.
pub(super) fn condition(condition: &Condition, order: &Order) -> String {
    let parts: Vec<String> = condition.parts.iter().map(|one| part(one, order)).collect();
    let leet = if condition.leet {
        ", also with signs or digits for letters, as in `sch00l`"
    } else {
        ""
    };
    format!("{}{leet}", parts.join(", and "))
}

/// One part of a condition.
pub(super) fn part(part: &Part, order: &Order) -> String {
    match part {
        Part::Host(hosts) => format!("the site is {}, or one below it", one_of(hosts)),
        Part::HostIn(list) => format!("the site is {}, or one below it", entry_of(list, order)),
        Part::UrlWords(words) => format!(
            "the address, after the name of the site, has the words {}",
            quoted(words)
        ),
        Part::Words(words) => format!(
            "the address, after the name of the site, or the page's title has the words {}",
            quoted(words)
        ),
        Part::WordsIn(list) => format!(
            "the address, after the name of the site, or the page's title has {}",
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
        Part::App(apps) => format!("the program is {}", program::programs(apps)),
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
        Part::SearchWordsIn(list) => format!("what was searched for has {}", entry_of(list, order)),
        Part::Near(near) => verb::near(near),
        Part::LooksLike(hosts) => {
            format!(
                "the name of the site looks like {}, but is another",
                one_of(hosts)
            )
        }
        Part::LooksLikeIn(list) => format!(
            "the name of the site looks like {}, but is another",
            entry_of(list, order)
        ),
        Part::Sha256In(list) => format!("the fingerprint of the file is {}", entry_of(list, order)),
        Part::Under(paths) => format!("the file lies in {}, or in a folder below", one_of(paths)),
        Part::Is { field, values } => field::is(*field, values),
    }
}

/// "one of the 10 sites on the list `social` (listed in Annex A)".
fn entry_of(list: &str, order: &Order) -> String {
    let Some(pin) = order.lists().iter().find(|pin| pin.name == list) else {
        return format!("on the list `{list}`");
    };
    let (one, more) = match pin.kind {
        ListKind::Domains => ("site", "sites"),
        ListKind::Words => ("word or phrase", "words and phrases"),
        ListKind::Apps => ("program", "programs"),
        ListKind::Hashes => ("fingerprint", "fingerprints"),
    };
    let pointer = annex::pointer(pin);
    match pin.count {
        1 => format!("the one {one} on the list `{list}` ({pointer})"),
        count => format!("one of the {count} {more} on the list `{list}` ({pointer})"),
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
