//! Whether the collector lives (`/healthz`) and can take reports (`/readyz`).
//!
//! Promises: strangers hear one word. Which check fails is in the log and among the figures. However
//! often it is asked, the store is written to once in five seconds at most.
//!
//! Refuses: to call itself ready with a store that takes nothing, without room for a day's reports, with a clock
//! that is set back behind what it wrote itself, or without the keys under which what people did lies.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::clock;
use crate::store::{Store, StoreError, figures, sealed};

/// How long an answer is kept, in milliseconds.
const KEPT: i64 = 5_000;

/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes that must be free beside the store.
const ROOM: u64 = 256 << 20;

/// No clock is right before this program was written: 2026-01-01, Unix milliseconds.
const EARLIEST: i64 = 1_767_225_600_000;

/// How far the clock may lie behind the newest entry, in milliseconds: another collector may write, too.
const BEHIND: i64 = 60_000;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// The store takes a transaction.
    pub store: bool,
    /// There is room on its disk.
    pub disk: bool,
    /// The clock is not behind what was written.
    pub clock: bool,
    /// Every person's key is there.
    pub keys: bool,
}

/// Looks, and remembers for a moment.
pub struct Ready {
    store: Store,
    dir: PathBuf,
    room: u64,
    last: tokio::sync::Mutex<Option<(i64, Checks)>>,
}

impl Checks {
    /// Whether all hold.
    #[must_use]
    pub const fn all(&self) -> bool {
        self.store && self.disk && self.clock && self.keys
    }

    /// Each of them.
    #[must_use]
    pub const fn each(&self) -> [(Check, bool); 4] {
        [
            (Check::Store, self.store),
            (Check::Disk, self.disk),
            (Check::Clock, self.clock),
            (Check::Keys, self.keys),
        ]
    }
}

/// One of [`Checks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// [`Checks::store`].
    Store,
    /// [`Checks::disk`].
    Disk,
    /// [`Checks::clock`].
    Clock,
    /// [`Checks::keys`].
    Keys,
}

impl Check {
    /// Its name in figures and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Keys => "keys",
        }
    }

    /// What it means that it fails, and what to do.
    const fn reason(self) -> &'static str {
        match self {
            Self::Store => {
                "the store takes no transaction: see the errors above, and whether its disk can be written"
            }
            Self::Disk => "less than 256 MiB are free beside the store: free space on that disk",
            Self::Clock => "the clock is behind what was written: set it right",
            Self::Keys => {
                "keys of people are missing beside the store, so that nothing of theirs can be read or taken: restore \
                 the folder person-keys from its own backup"
            }
        }
    }
}

impl Ready {
    /// Of a store whose file lies in `dir`.
    #[must_use]
    pub fn new(store: Store, dir: &Path) -> Self {
        Self {
            store,
            dir: dir.to_owned(),
            room: ROOM,
            last: tokio::sync::Mutex::new(None),
        }
    }

    /// With another need of room, in bytes.
    #[must_use]
    pub fn with_room(self, room: u64) -> Self {
        Self { room, ..self }
    }

    /// How it stands.
    pub async fn now(&self) -> Checks {
        let mut last = self.last.lock().await;
        let now = clock::now();
        if let Some((at, checks)) = *last
            && (0..KEPT).contains(&now.saturating_sub(at))
        {
            return checks;
        }
        let checks = self.look(now).await;
        for (check, holds) in checks.each() {
            if !holds {
                tracing::warn!(
                    check = check.name(),
                    why = check.reason(),
                    "the collector is not ready"
                );
            }
        }
        if checks.all() && last.is_some_and(|(_, before)| !before.all()) {
            tracing::info!("the collector is ready again");
        }
        *last = Some((now, checks));
        checks
    }

    async fn look(&self, now: i64) -> Checks {
        let written = self.store.write("ready", |tx| {
            // The same again: what is asked is whether a transaction can be kept.
            tx.execute("UPDATE meta SET value = value WHERE key = 'schema'", &[])?;
            Ok::<_, StoreError>(figures::ledger(tx)?.1)
        });
        let newest = match tokio::time::timeout(PATIENCE, written).await {
            Ok(Ok(newest)) => Some(newest),
            Ok(Err(_)) | Err(_) => None,
        };
        // Not while others wait to write.
        let missing = self
            .store
            .read(|read| Ok::<_, StoreError>(sealed::unreadable(read)?.len()));
        let missing = tokio::time::timeout(PATIENCE, missing).await;
        Checks {
            store: newest.is_some(),
            disk: room(&self.dir).is_none_or(|free| free >= self.room),
            clock: now >= EARLIEST
                && newest
                    .flatten()
                    .is_none_or(|newest| now.saturating_add(BEHIND) >= newest),
            // Where the store cannot be asked, nothing is known of them.
            keys: !matches!(missing, Ok(Ok(1..))),
        }
    }
}

/// Both addresses.
pub fn router<S: Clone + Send + Sync + 'static>(ready: Arc<Ready>) -> Router<S> {
    Router::new()
        .route("/healthz", get(lives))
        .route("/readyz", get(takes))
        .with_state(ready)
}

async fn lives() -> Response {
    ([(CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

async fn takes(State(ready): State<Arc<Ready>>) -> Response {
    let (status, word) = match ready.now().await.all() {
        true => (StatusCode::OK, "ok\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    (status, [(CACHE_CONTROL, "no-store")], word).into_response()
}

/// Bytes that are free for us on the disk of `dir`; none if the system does not say.
fn room(dir: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}
