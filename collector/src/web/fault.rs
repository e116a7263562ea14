//! What goes wrong, as a page: what happened and what to do.

use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::random::NoRandom;
use crate::store::vault::VaultError;
use crate::store::{SqlError, StoreError};

use super::{layout, unreadable};

/// Why a request gets no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Nobody is signed in; where to go after signing in.
    #[error("sign in to see this page")]
    SignedOut(String),
    /// The page keeps itself up to date and the session has ended.
    #[error("you are signed out")]
    LiveSignedOut,
    /// The form does not carry the session's token.
    #[error(
        "this form belongs to another session, so nothing was changed; open the page again and repeat"
    )]
    Token,
    /// The form comes from another site.
    #[error("this form was sent by another site, so nothing was changed")]
    Elsewhere,
    /// Not for this role.
    #[error(
        "your role does not open this page; if your work needs it, ask an administrator for another role"
    )]
    Role,
    /// Not one of theirs.
    #[error(
        "this person is not one of yours now; whose case it is can hand over to you for a while, or a \
         supervisor can make it yours; that you asked is recorded"
    )]
    Sight,
    /// Something has to be done before anything else.
    #[error(
        "{0} first, on the page of your account; nothing was done; then go back and send this form again"
    )]
    First(&'static str),
    /// There is no such thing.
    #[error("{0}")]
    Missing(&'static str),
    /// A field cannot be taken.
    #[error("{0}")]
    Input(&'static str),
    /// Longer than the address takes: so many bytes.
    #[error(
        "what was sent is longer than {}, which is the most that is taken here, so nothing was changed; go back, where \
         your browser still has what you typed, shorten it or choose a smaller file, and send it again", size(*.0)
    )]
    TooLong(usize),
    /// An address that is asked for as no page of ours asks for it.
    #[error("{0}")]
    Unasked(&'static str),
    /// Somebody else was faster.
    #[error(
        "a decision was recorded while you had this page open, by somebody else or by you from another page, so this one was not; go back, read that one and decide again if it is still needed"
    )]
    Overtaken,
    /// Agreed to, or sent back, and nothing of it stands.
    #[error(
        "this decision was replaced while you had this page open: somebody decided anew, or opened it again; nobody has \
         to agree to it any more, and nothing was recorded; go back, open the case again and read what stands there now"
    )]
    Superseded,
    /// What was to be decided together is not what the page showed.
    #[error(
        "these alerts have changed since you opened the page: one came, or somebody decided or took one up; nothing was recorded; go back, open the page again, look at them and decide then"
    )]
    Changed,
    /// The page showed something older.
    #[error(
        "somebody else changed this while you had the page open, so nothing was changed; go back, open the page \
         again, look, and send it once more if it is still needed"
    )]
    Stale,
    /// What was to be ended is over: when, and by whom.
    #[error(
        "there was nothing left to end, so nothing was changed: {0}; open the page again to see what lasts"
    )]
    Over(String),
    /// Too many at once.
    #[error("too many {what} at once; try again in {seconds} seconds")]
    Busy {
        /// Of what.
        what: &'static str,
        /// When to come back.
        seconds: u64,
    },
    /// Something that whoever runs the collector has to put right first.
    #[error("{0}; nothing was changed; whoever runs the collector has to put this right")]
    Unready(String),
    /// Another process holds the store.
    #[error(transparent)]
    Held(SqlError),
    /// A person's key is missing, without which this is neither shown nor taken.
    #[error(transparent)]
    Unreadable(VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The store holds something that cannot be read.
    #[error("{0}")]
    Damaged(String),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl From<SqlError> for Fault {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Busy => Self::Held(error),
            SqlError::Vault(why @ VaultError::Missing(_)) => Self::Unreadable(why),
            _ => Self::Store(error.into()),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Sql(error) => error.into(),
            _ => Self::Store(error),
        }
    }
}

/// When to come back while another process holds the store, in seconds.
const HELD: u64 = 5;

impl Fault {
    /// In how many seconds the same may work.
    pub(super) const fn retry(&self) -> Option<u64> {
        match self {
            Self::Busy { seconds, .. } => Some(*seconds),
            Self::Held(_) => Some(HELD),
            _ => None,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::SEE_OTHER,
            Self::LiveSignedOut => StatusCode::UNAUTHORIZED,
            Self::Token | Self::Elsewhere | Self::Role | Self::Sight | Self::First(_) => {
                StatusCode::FORBIDDEN
            }
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Input(_) | Self::Unasked(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overtaken | Self::Superseded | Self::Changed | Self::Stale | Self::Over(_) => {
                StatusCode::CONFLICT
            }
            Self::Busy { .. } | Self::Held(_) | Self::Unreadable(_) | Self::Unready(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(_) | Self::Damaged(_) | Self::Random(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// What is said of it on a page. Where a key lies that is missing is in the log, for whoever runs the collector.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Unreadable(_) => unreadable::UNREAD.to_owned(),
            _ => sentence(&self.to_string()),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => unreadable::TITLE,
            Self::SignedOut(_) | Self::LiveSignedOut => "Signed out",
            Self::Token | Self::Elsewhere => "Not done",
            Self::Role | Self::Sight => "Not yours to see",
            Self::First(_) => "Your account first",
            Self::Missing(_) => "Not found",
            Self::Input(_) => "Please check the form",
            Self::TooLong(_) => "Too long",
            Self::Unasked(_) => "This address does not open like that",
            Self::Overtaken => "Decided by somebody else",
            Self::Over(_) => "Ended already",
            Self::Superseded => "Decided anew",
            Self::Changed | Self::Stale => "Changed meanwhile",
            Self::Busy { .. } | Self::Held(_) => "Busy",
            Self::Unready(_) => "Not possible just now",
            Self::Store(_) | Self::Damaged(_) | Self::Random(_) => "This did not work",
        }
    }

    /// Whether the same form may be taken later, or must be looked at first.
    fn then(&self) -> Then {
        match self {
            Self::Token => Then::SendAnew,
            Self::First(_)
            | Self::Busy { .. }
            | Self::Held(_)
            | Self::Unreadable(_)
            | Self::Store(_)
            | Self::Damaged(_)
            | Self::Random(_) => Then::Send,
            _ => Then::Copy,
        }
    }
}

/// What an answer that says why nothing was done carries along, for what was typed to be given back with it.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    title: &'static str,
    /// What happened.
    pub(super) sentence: String,
    /// What helps.
    pub(super) then: Then,
    /// A person's key is missing.
    pub(super) is_unreadable: bool,
}

/// What somebody can do with what they typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Send it again.
    Send,
    /// Send it in the session that they have now.
    SendAnew,
    /// Copy it to where it belongs.
    Copy,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Self::SignedOut(next) = &self {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("next", next);
            let to = format!("/sign-in?{}", query.finish());
            let to = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/sign-in"));
            return (status, [(LOCATION, to)]).into_response();
        }
        if status.is_server_error() {
            tracing::error!(error = %self, "a page failed");
        }
        let failed = Failed {
            title: self.title(),
            sentence: self.told(),
            then: self.then(),
            is_unreadable: matches!(self, Self::Unreadable(_)),
        };
        let mut response = (status, page(&failed, &html! {})).into_response();
        response.extensions_mut().insert(failed);
        if let Some(seconds) = self.retry() {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The page, with what was typed.
pub(super) fn page(failed: &Failed, typed: &Markup) -> Markup {
    let body = html! {
        h1 { (failed.title) }
        p.fault { (failed.sentence) }
        (typed)
        p { a href="/" { "Go to the overview" } }
    };
    layout::bare(failed.title, &body)
}

/// The answer to an address that names nothing.
pub(super) async fn no_such_page() -> Fault {
    Fault::Missing("there is no page at this address; go to the overview and look from there")
}

/// Bytes as people say them, in whole units.
fn size(bytes: usize) -> String {
    let whole = bytes & ((1 << 20) - 1) == 0;
    match bytes >> 20 {
        mib if whole && mib > 0 => format!("{mib} MiB"),
        _ => format!("{} KiB", bytes >> 10),
    }
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect());
    let first: String = first.unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_another_process_holds_is_busy_and_no_failure() {
        let held = || Fault::from(SqlError::Busy);
        assert!(matches!(held().then(), Then::Send));
        let response = held().into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let told = response.extensions().get::<Failed>().unwrap();
        assert!(
            told.sentence.starts_with("The store is busy"),
            "{}",
            told.sentence
        );
        assert!(told.sentence.ends_with("try again."), "{}", told.sentence);
        let full = Fault::from(SqlError::Full).into_response();
        assert_eq!(full.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
