//! What somebody typed into a form, carried through the sign-in.
//!
//! Promises: a form whose session had ended is not lost: it goes through the sign-in with them, is shown to
//! them again with the new session's token, and is sent when they send it. It is carried only if it belonged to
//! a session of this collector, which its token says, and shown only to whose session that was.
//!
//! Refuses: to send anything by itself, and long files: those are named, and chosen again. What shows who somebody is
//! (passwords, codes) is carried nowhere: the sign-in says so, and leads back to the page that asks for it.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde::Deserialize;

use crate::store::{Read, StoreError, sessions};

use super::fault::Fault;
use super::typed::{self, Fields, TOKEN};
use super::{Site, layout, sign_in};

/// Most bytes of what was typed, as it is sent.
pub(super) const MOST: usize = 512 * 1024;

/// Most bytes of a sign-in that carries it: encoded once more, and files with it.
pub(super) const SIGN_IN: usize = 2 * MOST + 2 * typed::FILES;

const LONG: Fault = Fault::Input(
    "your session has ended, and what you sent is too long to be kept while you sign in; sign in in another tab, then \
     go back to this form and send it again",
);

/// A form on its way through the sign-in. Every field is the browser's word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Carried {
    /// Where it was to be sent.
    pub(super) to: String,
    /// Who typed it.
    pub(super) by: String,
    /// Its fields, as a form encodes them.
    pub(super) fields: String,
}

impl Carried {
    /// The fields with which the sign-in form carries it.
    pub(super) fn hidden(&self) -> Markup {
        html! {
            @if !self.fields.is_empty() {
                input type="hidden" name="carried_to" value=(self.to);
                input type="hidden" name="carried_by" value=(self.by);
                input type="hidden" name="carried" value=(self.fields);
            }
        }
    }

    /// What cannot be carried with it, in a sentence.
    pub(super) fn says_left(&self) -> Markup {
        let fields = Fields::parse(self.fields.as_bytes());
        fields.map_or_else(|| html! {}, |fields| fields.says_left())
    }

    /// The page that shows it again to who signed in; none if there is nothing to show them.
    pub(super) fn again(&self, staff: &str, token: &str) -> Option<Markup> {
        if self.fields.is_empty() {
            return None;
        }
        let mut fields = Fields::parse(self.fields.as_bytes())?;
        let to = sign_in::local(Some(&self.to));
        if self.by != staff {
            return Some(layout::bare(
                "Signed in",
                &html! {
                    h1 { "You are signed in" }
                    p.fault {
                        "The form that was open here was filled in by somebody else, so it is not shown to you, and \
                         nothing was sent."
                    }
                    p { a href="/" { "Go on to Proviso" } }
                },
            ));
        }
        fields.take(TOKEN);
        Some(layout::bare(
            "Send it again",
            &html! {
                h1 { "You are signed in. Send what you typed?" }
                p.note {
                    "Your session had ended when you sent this form, so nothing was recorded yet. Here is what you \
                     typed. Read it, change it if you want to, and send it."
                }
                (fields.form(to, token))
                p { a href="/" { "Do not send it: go to Proviso" } }
            },
        ))
    }
}

/// Answers a form whose session had ended: with a sign-in that carries it, if it belonged to a session.
pub(super) async fn signed_out(site: &Site, request: Request) -> Result<Response, Fault> {
    let nothing = || Fault::SignedOut("/".to_owned());
    let to = request.uri().path().to_owned();
    if !typed::is_form(request.method(), request.headers()) {
        return Err(nothing());
    }
    if typed::is_secret(&to) {
        let next = asking(&to, request).await.ok_or_else(nothing)?;
        let page = sign_in::page(
            site,
            &next,
            "",
            &Carried::default(),
            Some(sign_in::NOT_KEPT),
        );
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    }
    let fields = Fields::read(request, MOST).await;
    let fields = fields.map_err(|why| match why {
        Fault::TooLong(_) => LONG,
        why => why,
    })?;
    let by = site.writer(fields.token()).await?.ok_or_else(nothing)?;
    let carried = Carried {
        to,
        by,
        fields: fields.encode(),
    };
    if carried.fields.len() > MOST + 2 * typed::FILES {
        return Err(LONG);
    }
    let page = sign_in::page(site, "/", "", &carried, Some(sign_in::ENDED));
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// The page whose form is sent to this address, where what is typed there is not carried.
async fn asking(to: &str, request: Request) -> Option<String> {
    match to {
        "/prove" => {
            let mut fields = Fields::read(request, MOST).await.ok()?;
            let page = fields.take("to")?;
            Some(sign_in::local(Some(&page)).to_owned())
        }
        to if to.starts_with("/account/") => Some("/account".to_owned()),
        _ => None,
    }
}

impl Site {
    /// Whose session a form belongs to, whether or not it has ended; none if to nobody's. A browser that signed out
    /// has no cookie left, so the form's own token says it.
    pub(super) async fn writer(&self, token: &str) -> Result<Option<String>, Fault> {
        let token = HEXLOWER.decode(token.as_bytes()).unwrap_or_default();
        let Ok(token) = <[u8; 32]>::try_from(token) else {
            return Ok(None);
        };
        let look = move |read: &Read<'_>| Ok::<_, StoreError>(sessions::writer(read, &token)?);
        Ok(self.store.read(look).await?)
    }
}
