//! What the library that reads requests refuses, in our words.
//!
//! Promises: whoever asks with what cannot be read (a broken address, a number that is none, another method, another
//! kind of body) gets a page, or a problem of the API, that says what to do; never the words of a library.

use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::fault::Fault;
use super::{MAX_BODY, api};

/// The middleware.
pub(super) async fn in_words(request: Request, next: Next) -> Response {
    let program = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    if !response.status().is_client_error() || !is_bare(&response) {
        return response;
    }
    let status = response.status();
    let mut said = match program {
        true => api::refused(status),
        false => page(status).into_response(),
    };
    *said.status_mut() = status;
    // Such as which methods there are.
    for (name, value) in response.headers() {
        if *name != CONTENT_TYPE && *name != CONTENT_LENGTH {
            said.headers_mut().insert(name.clone(), value.clone());
        }
    }
    said
}

/// Pages and problems are of a kind; what the library says is plain text, or nothing.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_none_or(|kind| *kind == HeaderValue::from_static("text/plain; charset=utf-8"))
}

fn page(status: StatusCode) -> Fault {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Fault::Unasked(
            "this address cannot be asked in that way, so nothing was changed; go to the overview and use the page's \
             own links and buttons",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLong(MAX_BODY),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Fault::Unasked(
            "what was sent is no form, so nothing was changed; open the page again and use its own form",
        ),
        _ => Fault::Unasked(
            "this address cannot be read: something in it is not what belongs there; go back, or go to the overview, \
             and use the page's own links",
        ),
    }
}
