//! A form that could not be taken: what was typed into it is given back with the reason.
//!
//! Promises: whoever sends a form and gets a page that says why nothing was done finds on it what they typed: to be
//! sent again where that can help (the store cannot write, they signed in again meanwhile), to be copied where it
//! cannot (a draft that was given up). It is given back only to whose session the form belonged to; what somebody
//! else typed is kept for them, unseen, on a sign-in.
//!
//! Refuses: passwords and codes, and forms that belong to no session.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::carry::Carried;
use super::fault::{self, Failed, Fault, Then};
use super::form::INCOMPLETE;
use super::gate::Signed;
use super::typed::{self, Fields, TOKEN};
use super::{Site, sign_in};

/// Most bytes of a form of which this can be promised: the longest document, and no list.
const LONGEST: usize = 16 << 20;

const AGAIN: &str = "You signed in again after you had opened this form, so nothing was done yet.";

/// A form on its way to its page.
pub(super) struct Held {
    to: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Keeps what a form holds beside the request that goes on; nothing of anything else.
pub(super) async fn hold(request: Request) -> Result<(Request, Option<Held>), Fault> {
    let (headers, to) = (request.headers(), request.uri().path().to_owned());
    let size = headers
        .get(CONTENT_LENGTH)
        .and_then(|size| size.to_str().ok()?.parse().ok());
    let is_short = size.is_some_and(|size: usize| size <= LONGEST);
    if !is_short || !typed::is_form(request.method(), headers) || typed::is_secret(&to) {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(|_| INCOMPLETE)?;
    let held = Held {
        to,
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    Ok((Request::from_parts(parts, Body::from(body)), Some(held)))
}

impl Held {
    /// The answer, with what was typed where it says that nothing was done.
    pub(super) async fn after(self, site: &Site, signed: &Signed, answer: Response) -> Response {
        let Some(mut failed) = answer.extensions().get::<Failed>().cloned() else {
            return answer;
        };
        if failed.then == Then::SendAnew {
            AGAIN.clone_into(&mut failed.sentence);
        }
        let Ok(Some(page)) = self.page(site, signed, &failed).await else {
            return answer;
        };
        let mut headers = answer.headers().clone();
        headers.remove(CONTENT_LENGTH);
        headers.remove(CONTENT_TYPE);
        (answer.status(), headers, page).into_response()
    }

    async fn page(
        self,
        site: &Site,
        signed: &Signed,
        failed: &Failed,
    ) -> Result<Option<Markup>, Fault> {
        let mut request = Request::new(Body::from(self.body));
        *request.headers_mut() = self.headers;
        let mut fields = Fields::read(request, LONGEST).await?;
        if signed.check(fields.token()).is_err() {
            match site.writer(fields.token()).await? {
                None => return Ok(None),
                Some(by) if by != signed.staff => {
                    let carried = Carried {
                        to: self.to,
                        by,
                        fields: fields.encode(),
                    };
                    let page = sign_in::page(site, "/", "", &carried, Some(sign_in::ANOTHERS));
                    return Ok(Some(page));
                }
                Some(_) => {}
            }
        }
        fields.take(TOKEN);
        Ok(fields.is_typed().then(|| {
            let typed = given(&fields, &self.to, &signed.token, failed.then);
            fault::page(failed, &typed)
        }))
    }
}

/// What was typed, to be sent again or to be copied.
fn given(fields: &Fields, to: &str, token: &str, then: Then) -> Markup {
    html! {
        h2 { "What you typed" }
        @match then {
            Then::Send | Then::SendAnew => {
                p {
                    "Nothing of it is lost. Read it, change it if you want to, and send it again."
                    @if then == Then::Send {
                        " If that fails as well, leave this page open, and tell whoever runs the collector what it says."
                    }
                }
                (fields.form(to, token))
            }
            Then::Copy => {
                p { "It was not recorded. Copy from here what is still needed." }
                (fields.to_copy())
            }
        }
    }
}
