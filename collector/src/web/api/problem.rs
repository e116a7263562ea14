//! What went wrong, as problem details: what happened and what to do.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::store::{SqlError, StoreError};
use crate::web::fault::{self, Fault};
use crate::web::unreadable;

use super::shapes::ProblemDetails;

/// One of them.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// Ends its `type`.
    kind: &'static str,
    title: &'static str,
    detail: String,
    /// When to come back, in seconds.
    retry: Option<u64>,
}

impl Problem {
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.into(),
            retry: None,
        }
    }

    /// No token, or none that counts.
    pub(super) fn token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "No token that counts",
            "Send `Authorization: Bearer` and a token that is neither expired nor revoked. Make one on the page \
             /account/tokens.",
        )
    }

    /// The role does not open it.
    pub(super) fn role() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "role",
            "Not for this role",
            "The role of whose token it is does not open this. If their work needs it, ask an administrator for \
             another role.",
        )
    }

    /// The token is for less.
    pub(super) fn scope() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "scope",
            "The token is only for reading",
            "This token is for reading. Make one with the scope `decide` on the page /account/tokens.",
        )
    }

    /// Too many requests.
    pub(super) fn often(seconds: u64) -> Self {
        Self {
            retry: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate",
                "Too many requests",
                format!(
                    "This token has used up its requests of this minute. Wait {seconds} seconds, then go on."
                ),
            )
        }
    }

    /// There is no such thing.
    pub(super) fn missing(detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "missing", "Not found", detail)
    }

    /// Something that was sent cannot be taken.
    pub(super) fn input(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "input",
            "Cannot be taken",
            detail,
        )
    }

    /// A body of another kind.
    pub(super) fn kind() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "kind",
            "Not JSON",
            "Send the body as JSON in UTF-8 with `Content-Type: application/json`.",
        )
    }

    /// A body that is far too long.
    pub(super) fn long() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "long",
            "Too long",
            "The body is longer than 64 KiB, which is the most that is taken here, so nothing was changed. Send less.",
        )
    }

    /// It does not say what was seen.
    pub(super) fn unmatched() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "unmatched",
            "What was seen is not said",
            "Send `If-Match` with the `ETag` of the alert as the person who decides saw it, so that nobody decides \
             past somebody else.",
        )
    }

    /// Somebody else was faster.
    pub(super) fn overtaken() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "overtaken",
            "Decided by somebody else",
            "Somebody recorded a decision since this alert was read, so yours was not recorded. Read the alert \
             again, show it to who decides, and send what they say then with the new `ETag`.",
        )
    }

    /// Another method.
    pub(super) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method",
            "Not with this method",
            "This address does not take that method. /api/v1/openapi.json says which it takes.",
        )
    }

    /// Nothing is there.
    pub(super) fn nowhere() -> Self {
        Self::missing("There is nothing at this address. /api/v1/openapi.json says what there is.")
    }
}

/// What the library that reads requests refuses; the status stays what it is.
pub(in crate::web) fn refused(status: StatusCode) -> Response {
    let mut problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::method(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::long(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::kind(),
        _ => Problem::input(
            "The address cannot be read: something in it is not what belongs there. /api/v1/openapi.json says what \
             there is.",
        ),
    };
    problem.status = status;
    problem.into_response()
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let retry = fault.retry();
        match fault {
            Fault::Sight => Self::new(
                StatusCode::FORBIDDEN,
                "sight",
                "Not yours to see",
                fault::sentence(&Fault::Sight.to_string()),
            ),
            Fault::Role => Self::role(),
            Fault::Overtaken | Fault::Changed => Self::overtaken(),
            Fault::Missing(why) => Self::new(
                StatusCode::NOT_FOUND,
                "missing",
                "Not found",
                fault::sentence(why),
            ),
            Fault::Input(why) | Fault::Unasked(why) => Self::input(fault::sentence(why)),
            Fault::TooLong(_) => Self::long(),
            Fault::Busy { .. } | Fault::Held(_) => Self {
                retry,
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "Busy",
                    fault::sentence(&fault.to_string()),
                )
            },
            Fault::Unreadable(why) => {
                tracing::error!(error = %why, "an answer of the API failed");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unreadable",
                    unreadable::TITLE,
                    unreadable::UNREAD,
                )
            }
            other => {
                tracing::error!(error = %other, "an answer of the API failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "failed",
                    "This did not work",
                    "Nothing was changed. Try again; if it stays, whoever runs the collector finds the cause in its \
                     log.",
                )
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Fault::from(error).into()
    }
}

impl From<SqlError> for Problem {
    fn from(error: SqlError) -> Self {
        Fault::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails {
            r#type: format!("urn:proviso:problem:{}", self.kind),
            title: self.title.to_owned(),
            status: u64::from(self.status.as_u16()),
            detail: self.detail,
        };
        // Of four texts and a number nothing can fail to be written.
        let body = serde_json::to_string(&details).unwrap_or_default();
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
