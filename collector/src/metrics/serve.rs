//! The address where the figures are.
//!
//! Promises: on this machine's own address in the clear and for whoever is on it; on any other address
//! over HTTPS with the collector's certificate, and for whoever has the token.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

use super::Metrics;
use super::text::KIND;
use crate::config;
use crate::ready;

/// Where they are if nothing else is said.
pub const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7481);

const NO_TOKEN: &str = "this page needs the token of [metrics] in collector.toml, as `Authorization: \
     Bearer TOKEN`\n";

/// Why the figures cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The address is taken or not ours.
    #[error(
        "cannot serve figures on {address}: {why}; choose another address with `listen` under [metrics] \
         in collector.toml, or stop what uses it"
    )]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("the server's certificate cannot be used for [metrics]: {0}; restore it from a backup")]
    Certificate(std::io::Error),
    /// The server failed.
    #[error("the figures ended: {0}")]
    Ended(std::io::Error),
}

/// Takes the address, so that a port in use is said before anything else starts.
pub fn bind(address: SocketAddr) -> Result<TcpListener, MetricsError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|why| MetricsError::Bind { address, why })
}

/// Serves them until `stop`. `chain` and `key` are DER, as the pages have them.
pub async fn serve(
    metrics: Arc<Metrics>,
    config: config::Metrics,
    listener: TcpListener,
    (chain, key): (Vec<Vec<u8>>, Vec<u8>),
    stop: CancellationToken,
) -> Result<(), MetricsError> {
    let own = listener.local_addr().map_err(MetricsError::Ended)?;
    let app = router(metrics, config.token).into_make_service();
    let handle = axum_server::Handle::new();
    let farewell = handle.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        farewell.shutdown();
    });
    if own.ip().is_loopback() {
        let server = axum_server::from_tcp(listener).map_err(MetricsError::Ended)?;
        let served = server.handle(handle).serve(app).await;
        return served.map_err(MetricsError::Ended);
    }
    // Another part of the process may have installed it; either is the same.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let tls = RustlsConfig::from_der(chain, key)
        .await
        .map_err(MetricsError::Certificate)?;
    let server = axum_server::from_tcp_rustls(listener, tls).map_err(MetricsError::Ended)?;
    let served = server.handle(handle).serve(app).await;
    served.map_err(MetricsError::Ended)
}

/// What answers there.
pub fn router(metrics: Arc<Metrics>, token: Option<config::Secret>) -> Router {
    let checks = Arc::clone(&metrics.ready);
    Router::new()
        .route("/metrics", get(page))
        .with_state(metrics)
        .layer(middleware::from_fn_with_state(Arc::new(token), guard))
        .merge(ready::router(checks))
}

async fn page(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.page().await {
        Ok(page) => ([(CONTENT_TYPE, KIND)], page).into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures could not be read");
            let said = "the figures could not be read; the collector's log says why\n";
            (StatusCode::INTERNAL_SERVER_ERROR, said).into_response()
        }
    }
}

async fn guard(
    State(token): State<Arc<Option<config::Secret>>>,
    request: Request,
    next: Next,
) -> Response {
    let may = match token.as_ref() {
        None => true,
        Some(token) => bearer(request.headers())
            .is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.0.as_bytes()))),
    };
    if may {
        return next.run(request).await;
    }
    let asked = [(WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, asked, NO_TOKEN).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}
