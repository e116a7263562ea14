//! People of whom nothing can be read, because their key is missing beside the store.
//!
//! Promises: it is said where whoever can do something looks: in the lists and on the pages of a person and their cases, so that an
//! empty page is never taken for a quiet day, and on the first page of administrators, as a number and no more.

use maud::{Markup, html};

use crate::store::{Read, SqlError, sealed};

use super::queue::people_words;
use super::words;

/// How many people that are.
pub(super) fn of_all(read: &Read<'_>) -> Result<u64, SqlError> {
    Ok(sealed::unreadable(read)?.len() as u64)
}

/// For administrators.
pub(super) fn to_administrators(count: u64) -> Markup {
    html! {
        @if count > 0 {
            section.trouble aria-labelledby="keys" {
                h2 #keys { "Records of " (people_words(count)) " cannot be read" }
                p {
                    (words::counted(count, "key")) " of theirs " (if count == 1 { "is" } else { "are" }) " missing from the \
                     folder " code { "person-keys" } " beside the store. Nothing that they did can be shown or exported, and \
                     nothing new of theirs is taken; their computers keep it until it is. Restore that folder from its own \
                     backup, of the same time as the store. Nothing has to be started again, and no other key is made in \
                     the place of one that is missing."
                }
            }
        }
    }
}

/// On the overview of those who see these people.
pub(super) fn to_officers(count: usize) -> Markup {
    html! {
        @if count > 0 {
            section.trouble aria-labelledby="keys" {
                h2 #keys { "Records of " (people_words(count as u64)) " cannot be read" }
                p {
                    "Their keys are missing beside the store, so pages about them leave out what they did, and nothing new of \
                     theirs is taken. Whoever runs the collector has to restore the folder " code { "person-keys" } " from \
                     its own backup: tell them. Each of these people is marked below."
                }
            }
        }
    }
}

/// Beside the name of one of them in a list.
pub(super) const MARK: &str = "Cannot be read";

/// At the top of every page about one of them.
pub(super) const OF_ONE: &str = "What this person did cannot be read: their key is missing beside the store. What stands \
     below leaves it out, and nothing new of theirs is taken; their computers keep it until it is. Whoever runs the \
     collector has to restore the folder person-keys from its own backup: tell them.";
