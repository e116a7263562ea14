//! The one way in which a form keeps something about a person: notes, plan, register, intelligence, documents.
//!
//! Promises: a form of another session is refused before anything is read. Whoever does not have the person in
//! sight reads nothing, and is asked again where it is written. What is written is entered in the audit with
//! it, or neither is. A form that adds something is taken once, however often it is sent; with something else in
//! it, it comes back with what was typed.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::Markup;

use crate::clock;
use crate::store::{PersonId, Tx, sight};

use super::fault::Fault;
use super::gate::Signed;
use super::head::Whose;
use super::{Site, audit};

/// Who keeps something about whom, and when.
pub(super) struct By {
    /// Staff id.
    pub(super) staff: String,
    pub(super) person: PersonId,
    /// Unix milliseconds.
    pub(super) now: i64,
}

impl Site {
    /// Opens a form about a person: it is of this session, and they are in sight.
    pub(super) async fn form_about(
        &self,
        signed: &Signed,
        token: &str,
        id: &str,
    ) -> Result<Whose, Fault> {
        signed.check(token)?;
        self.whose_form(signed, id).await
    }

    /// Writes. `write` says what to enter that it was done on; none: nothing was done.
    pub(super) async fn keep(
        &self,
        signed: &Signed,
        whose: &Whose,
        action: &'static str,
        write: impl FnOnce(&Tx<'_>, &By) -> Result<Option<String>, Fault> + Send + 'static,
    ) -> Result<(), Fault> {
        let by = By {
            staff: signed.staff.clone(),
            person: whose.id.clone(),
            now: clock::now(),
        };
        self.store
            .write(action, move |tx| -> Result<(), Fault> {
                sight::why(tx, &by.staff, &by.person, by.now)?.ok_or(Fault::Sight)?;
                match write(tx, &by)? {
                    None => Ok(()),
                    Some(on) => audit::enter(tx, &by.staff, action, Some(&by.person), &on, by.now),
                }
            })
            .await
    }
}

/// Whether what a form adds is there already, because the form was sent before: `there` is what has its name,
/// without what only the store knows. Something else that has it is an error.
pub(super) fn is_there<T: PartialEq>(there: Option<T>, new: &T) -> Result<bool, Fault> {
    match there {
        None => Ok(false),
        Some(before) if before == *new => Ok(true),
        Some(_) => Err(Fault::Stale),
    }
}

/// What a form says that brings something else under the same name.
pub(super) const USED: &str = "This form was used for something else before, so nothing was recorded. Read what \
     is there, and send it again if it is still needed.";

/// A page that shows a form again, because it could not be taken.
pub(super) fn again(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}
