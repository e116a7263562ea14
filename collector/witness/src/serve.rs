//! HTTP around [`State::cosign`]: one path, one method, a bounded body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use proviso_report::witness::{MAX_REQUEST, PATH};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use crate::state::{CosignError, State};

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
/// Requests that are read at once: bounds memory at this many bodies.
const AT_ONCE: usize = 64;
const TEXT: &str = "text/plain; charset=utf-8";

struct Served {
    state: State,
    room: Semaphore,
}

/// Answers until SIGTERM or Ctrl-C.
pub(crate) async fn serve(state: State, listen: SocketAddr) -> anyhow::Result<()> {
    let mut told = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: choose another address"))?;
    println!("Witness: http://{}", listener.local_addr()?);
    let served = Arc::new(Served {
        state,
        room: Semaphore::new(AT_ONCE),
    });
    let routes = Router::new().route(PATH, post(add)).with_state(served);
    axum::serve(listener, routes)
        .with_graceful_shutdown(async move {
            tokio::select! {
                _ = told.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        })
        .await
        .context("the witness stopped")
}

async fn add(extract::State(served): extract::State<Arc<Served>>, body: Body) -> Response {
    let Ok(_room) = served.room.try_acquire() else {
        return plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many at once; try again\n",
        );
    };
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MAX_REQUEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return plain(
                StatusCode::BAD_REQUEST,
                "the request is too long or broken\n",
            );
        }
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n"),
    };
    let asked = Arc::clone(&served);
    let cosigned = tokio::task::spawn_blocking(move || asked.state.cosign(&body, now())).await;
    match cosigned {
        Ok(Ok(receipt)) => plain(StatusCode::OK, format!("{}\n", receipt.line())),
        Ok(Err(CosignError::Refused(refusal))) => {
            eprintln!("refused: {refusal}");
            let status = StatusCode::from_u16(refusal.status());
            let (body, kind) = refusal.body();
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(CONTENT_TYPE, kind)], body).into_response()
        }
        Ok(Err(CosignError::State(error))) => {
            eprintln!("proviso-witness: {error}");
            plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the witness cannot write; try later\n",
            )
        }
        Err(error) => {
            eprintln!("proviso-witness: {error}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the witness failed\n")
        }
    }
}

fn plain(status: StatusCode, body: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, TEXT)], body.into()).into_response()
}

/// Unix seconds.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
