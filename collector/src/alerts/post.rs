//! What is posted to others over HTTPS.
//!
//! Promises: anything but a 2xx answer is a failure; no redirect is followed, so what is posted goes nowhere
//! else. A failure names no more of an address than scheme, host and port.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use url::Url;

use super::mail::{on_this_machine, with_causes};
use super::{Failure, WaysError};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What posts.
pub(super) fn client() -> Result<reqwest::Client, WaysError> {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("proviso-collector/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| WaysError::Client(with_causes(&error)))
}

/// Posts it to `place`, as a sentence calls it. `refused`: what it means that the other side is there and does
/// not want it.
pub(super) async fn send(
    request: RequestBuilder,
    place: &str,
    refused: fn(String) -> Failure,
) -> Result<(), Failure> {
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            let why = format!("{place} answered {} instead of taking it", answer.status());
            Err(match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => Failure::Way(why),
                status if status.is_client_error() => refused(why),
                _ => Failure::Way(why),
            })
        }
        Err(error) => Err(Failure::Way(format!(
            "{place} could not be reached: {}",
            with_causes(&error.without_url())
        ))),
    }
}

/// An address to which messages may go: in the clear only to this machine.
pub(super) fn usable(text: &str) -> Result<Url, WaysError> {
    let url = Url::parse(text).map_err(|_| WaysError::Url("an address".to_owned()))?;
    let clear = url.scheme() == "http" && url.host_str().is_some_and(on_this_machine);
    if url.scheme() == "https" || clear {
        Ok(url)
    } else {
        Err(WaysError::Url(shown(&url)))
    }
}

/// Scheme, host and port: a path or query may hold a secret of the receiver's.
pub(super) fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}
