//! The pages for offender managers.
//!
//! Promises: every page works without scripts; the one small script only keeps a page up to date.
//! Every page behind the sign-in needs a session, every form a token of that session, and every
//! look at a person's data is entered in the audit before the page is sent. What software found is
//! called a possible breach; only a person's decision is called more.
//!
//! Refuses: inline scripts and styles, foreign origins, frames, and putting anything about a person
//! into an address but opaque ids.
//!
//! Read [`Site`] and [`routes`] first, then [`access`]. The way of a request: `headers` -> `guard` (session, by
//! `gate`; role; whether it was proved lately that it is them, by `prove`) -> a page's file (`gate` again: the form's token, and whether this person is in their
//! sight) -> `audit` -> `layout`.

pub mod access;
mod account;
mod admin;
mod alike;
pub mod api;
mod around;
mod assets;
pub(crate) mod audit;
mod body;
mod calendar;
mod carry;
mod case;
mod casefile;
mod counted;
pub mod csv;
mod decide;
mod documents;
mod erasures;
mod export;
mod extracts;
mod facts;
mod fault;
mod fields;
mod form;
mod gate;
mod given_back;
mod govuk;
mod groups;
mod guard;
mod head;
mod headers;
mod history;
mod intelligence;
mod keep;
mod lapses;
mod layout;
mod let_in;
mod live;
mod notes;
mod on_hold;
mod orders;
mod overview;
mod passkey;
pub mod password;
mod people;
mod person;
mod plan;
mod prove;
mod provider;
mod queue;
pub(crate) mod records;
mod refused;
mod register;
mod review;
pub mod routes;
mod rules;
mod said;
mod search;
mod shift;
pub(crate) mod sign_in;
mod stuck;
mod team;
mod texts;
mod throttle;
mod timeline;
mod typed;
mod unreadable;
mod unsure;
mod upload;
mod watched;
mod when;
mod witnessed;
mod words;
mod zones;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use jiff::tz::TimeZone;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Overdue, Queue, SignIn, UnknownZone, Witness};
use crate::factor::sealing::{Sealing, SealingError};
use crate::factor::webauthn::Party;
use crate::metrics::Requests;
use crate::ready::{self, Ready};
use crate::store::{Store, StoreError, second};

pub use export::Exporter;
pub use orders::Ordering;
use orders::checked::Drafts;
pub use orders::narrow::Trying;
use provider::Provider;
pub use provider::ProviderError;
use texts::Texts;
use throttle::Throttle;

/// A form is a name, a password or a reason: nothing near this.
const MAX_BODY: usize = 64 * 1024;

/// How long open requests may take to end once the collector stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long a client may take for its TLS handshake, and then for its first request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Passwords checked at once: each check takes 19 MiB.
const CHECKS: usize = 2;

/// Pages that ask a browser for a passkey, for one place in a minute: each is a row of the store for a while.
const ASKED: u32 = 120;

/// Tries of strangers that wait for their check at once.
const LINE: usize = 64;

/// Pages that may follow changes at once.
const STREAMS: usize = 1_024;

/// What all pages share.
pub struct Site {
    store: Store,
    zone: TimeZone,
    ways: Vec<(String, String)>,
    /// Webhooks, as the outbox names them.
    hooks: Vec<String>,
    texts: Texts,
    throttle: Mutex<Throttle>,
    asking: Mutex<Throttle>,
    checks: Semaphore,
    checks_of_strangers: Semaphore,
    line: Semaphore,
    sealing: Arc<Sealing>,
    streams: Arc<Semaphore>,
    exporter: Option<Arc<Exporter>>,
    exports: Arc<Semaphore>,
    witnesses: Vec<Witness>,
    /// Whether mails of the week are sent.
    digest: bool,
    overdue: Overdue,
    /// After how many days notes are due for review; none: nobody said so.
    notes_after: Option<u32>,
    sign_in: SignIn,
    link: String,
    limits: Mutex<api::Limits>,
    queue: Queue,
    requests: Arc<Requests>,
    ready: Option<Arc<Ready>>,
    ordering: Option<Ordering>,
    drafts: Drafts,
    trying: Trying,
    party: Option<Party>,
    provider: Option<Provider>,
    stop: CancellationToken,
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The configuration names a time zone that nobody knows.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// The address is taken or not ours.
    #[error(
        "cannot serve pages on {address}: {why}; choose another address with --web, or stop what uses it"
    )]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("the server's certificate cannot be used: {0}; restore it from a backup")]
    Certificate(std::io::Error),
    /// The key under which secrets of the sign-in lie.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The single sign-on provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server failed.
    #[error("the pages ended: {0}")]
    Ended(std::io::Error),
}

impl Site {
    /// Pages over `store`. Streams end when `stop` does.
    pub fn new(store: Store, config: &Config, stop: CancellationToken) -> Result<Self, WebError> {
        let zone = config.listen.zone()?;
        Ok(Self {
            texts: Texts::new(store.clone()),
            hooks: config.webhooks.iter().map(|hook| hook.channel()).collect(),
            zone,
            ways: [config.ways(), config.staff_ways()].concat(),
            throttle: Mutex::new(Throttle::default()),
            asking: Mutex::new(Throttle::of(ASKED)),
            checks: Semaphore::new(CHECKS),
            checks_of_strangers: Semaphore::new(CHECKS),
            line: Semaphore::new(LINE),
            sealing: Arc::new(sealing(&store)?),
            store,
            streams: Arc::new(Semaphore::new(STREAMS)),
            exporter: None,
            exports: Arc::new(Semaphore::new(1)),
            witnesses: config.witnesses.clone(),
            digest: config.digest.is_some(),
            overdue: config.queue.overdue_hours,
            notes_after: {
                let classes = config.retention.iter().filter(|class| class.notes);
                classes.map(|class| class.review_after_days).min()
            },
            sign_in: config.sign_in.clone(),
            link: String::new(),
            limits: Mutex::default(),
            queue: config.queue.clone(),
            requests: Arc::default(),
            ready: None,
            ordering: None,
            drafts: Drafts::new(),
            trying: Trying::default(),
            party: config.listen.link.as_deref().and_then(Party::of),
            provider: provider(config)?,
            stop,
        })
    }

    /// With the address at which people reach the pages, for what is read elsewhere.
    #[must_use]
    pub fn reached_at(self, link: &str) -> Self {
        Self {
            link: link.trim_end_matches('/').to_owned(),
            ..self
        }
    }

    /// With `/healthz` and `/readyz`.
    #[must_use]
    pub fn ready(self, ready: Arc<Ready>) -> Self {
        Self {
            ready: Some(ready),
            ..self
        }
    }

    /// How many requests each address had.
    #[must_use]
    pub fn requests(&self) -> Arc<Requests> {
        Arc::clone(&self.requests)
    }

    /// In which days are meant where no order says it.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// With a button on each person's page that makes an evidence bundle.
    #[must_use]
    pub fn exporting(self, exporter: Arc<Exporter>) -> Self {
        Self {
            exporter: Some(exporter),
            ..self
        }
    }

    /// With another bound on what is judged for a narrower rule.
    #[must_use]
    pub fn trying(self, trying: Trying) -> Self {
        Self { trying, ..self }
    }

    /// With pages that take signatures, put orders in force and enrol computers.
    #[must_use]
    pub fn ordering(self, ordering: Ordering) -> Self {
        Self {
            ordering: Some(ordering),
            ..self
        }
    }
}

fn provider(config: &Config) -> Result<Option<Provider>, ProviderError> {
    let open = |oidc| Provider::open(oidc, config.listen.link.as_deref());
    config.oidc.as_ref().map(open).transpose()
}

/// The key under which secrets of the sign-in lie; none is made while something lies under one.
fn sealing(store: &Store) -> Result<Sealing, WebError> {
    let needed = store.read_blocking(|read| Ok::<_, StoreError>(second::any(read)?))?;
    Ok(Sealing::in_file(&store.beside("sign-in.key"), needed)?)
}

/// All pages, the API, and `/healthz` and `/readyz`.
pub fn router(site: Arc<Site>) -> Router {
    let counted = Arc::clone(&site.requests);
    let pages = routes::router(&site).merge(api::router(&site));
    let pages = match &site.ready {
        None => pages,
        Some(ready) => pages.merge(ready::router(Arc::clone(ready))),
    };
    pages
        .fallback(fault::no_such_page)
        .layer(axum::middleware::from_fn(refused::in_words))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn(body::taken))
        .layer(axum::middleware::from_fn_with_state(
            counted,
            counted::count,
        ))
        .layer(axum::middleware::from_fn(headers::guard))
        .with_state(site)
}

/// Takes the address, so that a port in use is said before anything else starts.
pub fn bind(address: SocketAddr) -> Result<TcpListener, WebError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|why| WebError::Bind { address, why })
}

/// Serves the pages over HTTPS until `stop`. `chain` and `key` are DER, as QUIC presents them.
pub async fn serve(
    site: Arc<Site>,
    listener: TcpListener,
    chain: Vec<Vec<u8>>,
    key: Vec<u8>,
) -> Result<(), WebError> {
    // Another part of the process may have installed it; either is the same.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let tls = RustlsConfig::from_der(chain, key)
        .await
        .map_err(WebError::Certificate)?;
    let stop = site.stop.clone();
    let handle = axum_server::Handle::new();
    let farewell = handle.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        farewell.graceful_shutdown(Some(FAREWELL));
    });
    let app = router(site).into_make_service_with_connect_info::<SocketAddr>();
    axum_server::from_tcp_rustls(listener, tls)
        .map_err(WebError::Ended)?
        // The end of a page waits for no acknowledgement of its beginning.
        .map(|acceptor| {
            let acceptor = acceptor.handshake_timeout(PATIENCE);
            acceptor.acceptor(NoDelayAcceptor::new())
        })
        .first_request_timeout(PATIENCE)
        .handle(handle)
        .serve(app)
        .await
        .map_err(WebError::Ended)
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}
