//! How long what somebody sends may be, and that they read the answer when it is longer.
//!
//! Promises: where a body is longer than its address takes, whoever sent it is told how long it may be. A browser
//! that is still sending does not read the answer, and a connection that is closed under it shows no page at
//! all: so what is left of a body is taken, and dropped, before the answer goes out.
//!
//! Refuses: to take more of it than [`PATIENT`] bytes, or for longer than [`PATIENCE`].

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::MethodRouter;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Mutex;

use super::fault::Fault;
use super::{MAX_BODY, Site};

/// Most bytes that are taken only to be dropped: several times the longest document.
const PATIENT: usize = 64 << 20;

/// For how long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long bodies may be at an address, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longest(usize);

/// Takes bodies of up to so many bytes at an address, in place of [`MAX_BODY`].
pub(super) fn long(handler: MethodRouter<Arc<Site>>, most: usize) -> MethodRouter<Arc<Site>> {
    let handler: MethodRouter<Arc<Site>> = handler.layer(DefaultBodyLimit::max(most));
    handler.layer(Extension(Longest(most)))
}

/// What is said where a body is longer than the request's address takes.
pub(super) fn too_long(request: &Request) -> Fault {
    let own = request.extensions().get::<Longest>();
    Fault::TooLong(own.map_or(MAX_BODY, |longest| longest.0))
}

/// The middleware: answers only when the body was taken.
pub(super) async fn taken(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(body.into_data_stream()));
    let handed = stream::unfold(Arc::clone(&rest), |rest| async move {
        let piece = rest.lock().await.next().await;
        piece.map(|piece| (piece, rest))
    });
    let handed = Body::from_stream(handed);
    let response = next.run(Request::from_parts(parts, handed)).await;
    // Who sends for longer than this finds the connection closed.
    let _all = tokio::time::timeout(PATIENCE, drop_all(&rest)).await;
    response
}

async fn drop_all(rest: &Mutex<BodyDataStream>) {
    let mut rest = rest.lock().await;
    let mut left = PATIENT;
    while let Some(Ok(piece)) = rest.next().await {
        match left.checked_sub(piece.len()) {
            Some(fewer) => left = fewer,
            None => return,
        }
    }
}
