//! On what something was done, as an entry shows it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::natural::natural;
use crate::store::audit::Entry;
use crate::store::{Read, SqlError, staff};

use super::{
    ADDED_ACCOUNT, CHANGED_ACCOUNT, CLOSED_ACCOUNT, DECIDED, ENDED_HAND_OVER, ENDED_TURN,
    EXHIBITED, GAVE_PASSWORD, HANDED_OVER, LET_IN, OPENED_ACCOUNT, PUT_ON_CALL, RESET_SECOND,
    RULED, SAW_ALERT, SAW_ALIKE, SAW_CASE, SENT_BACK, SIGNED_OFF, SNOOZED, WOKE,
};

/// What staff are called, by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    pub(super) fn read(read: &Read<'_>) -> Result<Self, SqlError> {
        let all = staff::all(read)?.into_iter();
        Ok(Self(all.map(|one| (one.id, one.name)).collect()))
    }

    /// Ids and names, by name.
    pub(super) fn each(&self) -> Vec<(&String, &String)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by(|(_, a), (_, b)| natural(a, b));
        all
    }

    /// Words in which ids of staff are names, and ids of other things short.
    fn said(&self, words: &str) -> String {
        let word = |word: &str| match self.0.get(word) {
            Some(name) => name.clone(),
            None if is_id(word) => short(word),
            None => word.to_owned(),
        };
        let words: Vec<_> = words.split(' ').map(word).collect();
        words.join(" ")
    }
}

/// On what: a link to the alert or the case where there is one, and names in place of the ids of staff.
pub(super) fn about(entry: &Entry, names: &Names, links: bool) -> Markup {
    let (what, path) = match entry.action.as_str() {
        SAW_ALERT | SAW_ALIKE | DECIDED => ("alert", "/alert/"),
        SAW_CASE | RULED | SIGNED_OFF | SENT_BACK | SNOOZED | WOKE | EXHIBITED => {
            ("case", "/case/")
        }
        LET_IN => {
            let (who, pass) = first(&entry.reason);
            return html! { (names.said(who)) ", with the pass " (short(pass)) ", to records" };
        }
        HANDED_OVER | ENDED_HAND_OVER | PUT_ON_CALL | ENDED_TURN | ADDED_ACCOUNT
        | CHANGED_ACCOUNT | CLOSED_ACCOUNT | OPENED_ACCOUNT | GAVE_PASSWORD | RESET_SECOND => {
            return html! { (names.said(&entry.reason)) };
        }
        _ => return html! { (entry.reason) },
    };
    let (id, rest) = first(&entry.reason);
    html! {
        @if links && !id.is_empty() {
            a href={ (path) (id) } { (what) " " (short(id)) }
        } @else {
            (what) " " (short(id))
        }
        " " (rest)
    }
}

fn first(reason: &str) -> (&str, &str) {
    reason.split_once(' ').unwrap_or((reason, ""))
}

/// Whether it is what rows are called.
fn is_id(word: &str) -> bool {
    word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
