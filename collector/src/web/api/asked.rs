//! What is asked and sent, read so that what cannot be taken is said in a sentence.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::web::Site;

use super::gate::Caller;
use super::problem::Problem;

/// How many rows an answer has if nothing is said, and at most.
const USUAL: u64 = 50;
const MOST: u64 = 200;

impl FromRequestParts<Arc<Site>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(Problem::token)
    }
}

/// What stands after `?`.
pub(super) struct Wanted<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Site>> for Wanted<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, site).await {
            Ok(Query(wanted)) => Ok(Self(wanted)),
            Err(_) => Err(Problem::input(
                "What stands after `?` cannot be taken: each name once, with a value of its kind, and no others. \
                 /api/v1/openapi.json says what can be asked.",
            )),
        }
    }
}

/// A body in JSON.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::kind());
        }
        let body = Bytes::from_request(request, site).await.map_err(|why| {
            match why.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::long(),
                _ => Problem::input(
                    "The body did not arrive whole, so nothing was changed. Send it again.",
                ),
            }
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|why| {
            Problem::input(format!(
                "The body cannot be taken, so nothing was changed (line {}, column {}): send the fields that \
                 /api/v1/openapi.json names, each once, and no others.",
                why.line(),
                why.column()
            ))
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let (name, more) = kind.split_once(';').unwrap_or((kind, ""));
    let more = more.trim().to_ascii_lowercase();
    name.trim().eq_ignore_ascii_case("application/json")
        && matches!(more.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
}

/// How many rows to give.
pub(super) fn limit(asked: Option<u64>) -> Result<u64, Problem> {
    match asked {
        None => Ok(USUAL),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(_) => Err(Problem::input("`limit` is 1 to 200.")),
    }
}

/// An answer.
pub(super) fn answer(of: &impl Serialize) -> Result<Response, Problem> {
    match serde_json::to_string(of) {
        Ok(body) => Ok(([(CONTENT_TYPE, "application/json")], body).into_response()),
        Err(error) => Err(crate::web::fault::Fault::Damaged(error.to_string()).into()),
    }
}
