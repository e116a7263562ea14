//! Changing one's own password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::{sessions, staff};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::{First, Signed};
use crate::web::govuk::{Errors, Input, button};
use crate::web::password;
use crate::web::prove::{Proof, Proven};
use crate::web::{Site, audit, sign_in};

use super::Said;

/// What the form holds.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    old: String,
    new: String,
    again: String,
}

/// Takes the form.
pub(in crate::web) async fn change(
    State(site): State<Arc<Site>>,
    mut signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let wrong = |why: &dyn std::fmt::Display, field| Said::wrong(why, field);
    let said = if form.old.is_empty() {
        wrong(&"type the old password", "old")
    } else if form.new.is_empty() {
        wrong(&"type a new password", "new")
    } else if form.new != form.again {
        wrong(
            &"the two new passwords are not the same; type the new one twice",
            "again",
        )
    } else if form.new == form.old {
        wrong(&"the new password is the old one; choose another", "new")
    } else {
        match site.proven(&signed, Proof::password(form.old)).await? {
            Proven::Ended => {
                let page = sign_in::page(
                    &site,
                    "/account",
                    "",
                    &Default::default(),
                    Some(sign_in::TRIED_NOT_KEPT),
                );
                return Ok((StatusCode::UNAUTHORIZED, page).into_response());
            }
            Proven::No => wrong(&"the old password is not right; type it again", "old"),
            Proven::Yes => match site.hashed(form.new).await? {
                Err(why) => wrong(&why, "new"),
                Ok(hash) => {
                    keep(&site, &signed, hash).await?;
                    signed.first = signed.first.filter(|first| *first != First::Password);
                    Said::done("Your password is changed, and every other browser is signed out.")
                }
            },
        }
    };
    let status = match said.wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, super::page(&site, &signed, &said).await?).into_response())
}

async fn keep(site: &Site, signed: &Signed, hash: String) -> Result<(), Fault> {
    let (own, id, now) = (signed.hash, signed.staff.clone(), clock::now());
    site.store
        .write("change password", move |tx| {
            staff::set_hash(tx, &id, &hash, None)?;
            staff::clear_failures(tx, &id)?;
            sessions::end_others(tx, &id, &own)?;
            audit::enter(tx, &id, audit::CHANGED_PASSWORD, None, "", now)
        })
        .await
}

impl Site {
    /// The hash of a new password, off the async threads and a few at a time.
    pub(in crate::web) async fn hashed(
        &self,
        given: String,
    ) -> Result<Result<String, password::PasswordError>, Fault> {
        let _permit = self.checks.acquire().await;
        tokio::task::spawn_blocking(move || password::hash(&given))
            .await
            .map_err(|error| Fault::Damaged(format!("the password could not be hashed: {error}")))
    }
}

/// The form.
pub(super) fn section(signed: &Signed, errors: &Errors) -> Markup {
    let field = |id: &'static str, label: &'static str, complete: &'static str| Input {
        id,
        label,
        kind: "password",
        error: errors.of(id),
        longest: Some(password::LONGEST),
        required: true,
        autocomplete: Some(complete),
        ..Input::default()
    };
    html! {
        section aria-labelledby="your-password" {
            h2 #your-password { "Password" }
            p { "At least " (password::SHORTEST) " characters. Three or four words that do not belong together are \
                 easy to remember and hard to guess." }
            form.sheet method="post" action="/account/password" {
                input type="hidden" name="token" value=(signed.token);
                input type="text" value=(signed.name) autocomplete="username" hidden readonly;
                (field("old", "Old password", "current-password"))
                (field("new", "New password", "new-password"))
                (field("again", "New password again", "new-password"))
                (button("Change the password"))
            }
        }
    }
}
