//! What a form sends, or a sentence: never the words of the library that reads it.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::body;
use super::fault::Fault;
use super::govuk::Errors;

/// Most characters of a reason that stands on one line.
pub(super) const LINE: usize = 500;

pub(super) const TOO_MANY: Fault = Fault::Input(
    "what was sent has more fields than any form here, so nothing was changed; go back, open the page again and \
     use its own form",
);
pub(super) const INCOMPLETE: Fault = Fault::Input(
    "the form did not arrive whole, so nothing was changed; go back, open the page again, fill in \
     everything and send it once more",
);

/// A form with nothing but its token.
#[derive(Deserialize)]
pub(super) struct Bare {
    pub(super) token: String,
}

/// The reason in field `why`, on one line as it is kept.
pub(super) fn why(typed: &str, missing: &str, errors: &mut Errors) -> String {
    let why = typed.trim().replace(['\r', '\n'], " ");
    if why.is_empty() {
        errors.add("why", missing);
    }
    if why.chars().count() > LINE {
        errors.add(
            "why",
            format!("The reason is longer than {LINE} characters: shorten it"),
        );
    }
    why
}

/// The fields of a form.
pub(super) struct Form<T>(pub(super) T);

impl<S, T> FromRequest<S> for Form<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let too_long = body::too_long(&request);
        match axum::extract::Form::from_request(request, state).await {
            Ok(axum::extract::Form(fields)) => Ok(Self(fields)),
            Err(why) if why.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_long),
            Err(_) => Err(INCOMPLETE),
        }
    }
}
