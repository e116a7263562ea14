//! People of whom nothing can be read, because their key is missing beside the store.
//!
//! Promises: it is said where whoever can do something looks: in the lists and on the pages of a person and their
//! cases, so that an empty page is never taken for a quiet day, and on the first page of administrators, as a number and
//! no more. A page that cannot be made without the key says so under the top of every page about that person.
//!
//! Refuses: to say where the keys lie. `/readyz` and the log do, to whoever runs the collector.

use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::store::{PersonId, Read, SqlError, StoreError, cases, sealed};

use super::fault::{Failed, Fault};
use super::gate::Signed;
use super::head::{Tab, Whose};
use super::queue::people_words;
use super::{Site, decide};

/// How many people that are.
pub(super) fn of_all(read: &Read<'_>) -> Result<u64, SqlError> {
    Ok(sealed::unreadable(read)?.len() as u64)
}

/// For administrators.
pub(super) fn to_administrators(count: u64) -> Markup {
    html! {
        @if count > 0 {
            section.trouble aria-labelledby="keys" {
                h2 #keys { "Keys of " (people_words(count)) " are missing" }
                p {
                    "They are not in the folder " code { "person-keys" } " beside the store. What they did can be shown and \
                     exported, and more of it taken, only while this collector still remembers their keys: after its next \
                     start nothing of it can be read, and their computers keep what is new until it is taken. Restore that folder from its own \
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
                h2 #keys { "Keys of " (people_words(count as u64)) " are missing" }
                p {
                    "Without them what these people did cannot be read, and nothing new of theirs is taken. What the \
                     collector still remembers of the keys serves until its next start; after that pages about these people \
                     leave out what they did. Whoever runs the collector has to restore the folder " code { "person-keys" }
                    " from its own backup: tell them. Each of these people is marked below."
                }
            }
        }
    }
}

/// Beside the name of one of them in a list.
pub(super) const MARK: &str = "Cannot be read";

/// At the top of every page about one of them.
pub(super) const OF_ONE: &str = "The key of this person is missing beside the store. Without it what they did cannot be \
     read, and nothing new of theirs is taken; their computers keep it until it is. What the collector still remembers of the \
     key serves until its next start; what is not to be read even now is left out below. Whoever runs the collector has to \
     restore the folder person-keys from its own backup: tell them.";

/// The title of a page that is not shown.
pub(super) const TITLE: &str = "This cannot be read now";

/// In the place of what would stand there.
pub(super) const UNREAD: &str = "What a person did cannot be read, because their key is missing beside the store. So it is \
     not shown here, and nothing is decided or kept that rests on it. Nothing of it is lost. Whoever runs the \
     collector has to restore the folder person-keys from its own backup: tell them.";

/// In the place of the form that decides about it.
pub(super) const UNDECIDED: &str =
    "What was seen cannot be read, so it is not decided here until it can be.";

/// The answer; in the place of one that could not be made without a key, the page that says so.
pub(super) async fn after(site: &Site, signed: &Signed, path: &str, answer: Response) -> Response {
    let failed = answer.extensions().get::<Failed>();
    if !failed.is_some_and(|failed| failed.is_unreadable) {
        return answer;
    }
    match unshown(site, signed, path).await {
        Ok(Some(page)) => (answer.status(), page).into_response(),
        Ok(None) => answer,
        Err(fault) => fault.into_response(),
    }
}

async fn unshown(site: &Site, signed: &Signed, path: &str) -> Result<Option<Markup>, Fault> {
    let Some(person) = about(site, path).await? else {
        return Ok(None);
    };
    let whose = site.whose_form(signed, person.as_str()).await?;
    let tab = tab(&whose, path);
    let body = html! {
        @if tab == Tab::Overview { h2 { (TITLE) } } @else { h1 { (TITLE) } }
        p.fault { (UNREAD) }
    };
    Ok(Some(whose.page(signed, tab, TITLE, &body)))
}

/// Whom the page at this address is about.
async fn about(site: &Site, path: &str) -> Result<Option<PersonId>, Fault> {
    let mut parts = path.split('/').skip(1);
    let (Some(kind), Some(id)) = (parts.next(), parts.next()) else {
        return Ok(None);
    };
    let id = id.to_owned();
    let case = match kind {
        "person" => return Ok(id.parse().ok()),
        "alert" => {
            let id = decide::finding(&id)?;
            let find = move |read: &Read<'_>| Ok::<_, StoreError>(cases::of_finding(read, id)?);
            site.store.read(find).await?
        }
        "case" => {
            let find = move |read: &Read<'_>| Ok::<_, StoreError>(cases::get(read, &id)?);
            site.store.read(find).await?
        }
        _ => None,
    };
    Ok(case.map(|case| case.person))
}

/// Which of the pages about somebody stands at this address: the nearest.
fn tab(whose: &Whose, path: &str) -> Tab {
    let day = format!("{}/day", whose.at(Tab::Overview));
    let mut others = Tab::ALL.into_iter().filter(|tab| *tab != Tab::Overview);
    match others.find(|tab| path.starts_with(&whose.at(*tab))) {
        Some(tab) => tab,
        None if path == day => Tab::Timeline,
        None => Tab::Overview,
    }
}
