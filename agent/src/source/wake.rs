//! Wakes a source that looks at all of its things anew whenever one of them changes.
//!
//! Promises: several changes in a moment make one look, and where the system tells of none there is a
//! look from time to time. Refuses: to keep anybody waiting for a folder that is not there: it is
//! asked for again at each look.

use std::path::Path;
use std::time::Duration;

use super::beat;
use crate::platform::changes::{Changes, MountChanges, Told};

/// Files change by twos and threes.
const SETTLE: Duration = Duration::from_millis(250);

/// What a source waits for.
#[derive(Debug)]
pub(crate) struct Wake {
    folders: Option<Changes>,
    mounts: Option<MountChanges>,
    net: Duration,
    net_alone: Duration,
}

impl Wake {
    /// Waits for changes in folders that are named later. `net`: between two looks where nothing is
    /// told; `net_alone`: the same where the system tells of no changes.
    pub(crate) fn of_folders(net: Duration, net_alone: Duration) -> Self {
        let folders = Changes::open()
            .inspect_err(|error| {
                tracing::warn!(%error, "folders are looked at from time to time");
            })
            .ok();
        Self {
            folders,
            mounts: None,
            net,
            net_alone,
        }
    }

    /// The same, and for mounts.
    #[must_use]
    pub(crate) fn and_mounts(self) -> Self {
        let mounts = MountChanges::open()
            .inspect_err(|error| {
                tracing::warn!(%error, "mounts are looked at from time to time");
            })
            .ok();
        Self { mounts, ..self }
    }

    /// This counts too, from now on. What is not there is passed over.
    pub(crate) fn watch(&mut self, path: &Path, told: Told) {
        if let Some(folders) = &mut self.folders
            && let Err(error) = folders.watch(path, told)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(kind = ?error.kind(), "something cannot be watched");
        }
    }

    /// Waits until it is time to look. True if mounts may have changed.
    pub(crate) async fn next(&mut self) -> bool {
        let alone = self.folders.is_none();
        let net = if alone { self.net_alone } else { self.net };
        let mut mounted = self.mounts.is_none();
        tokio::select! {
            () = beat::rest(net) => return self.mounts.is_none(),
            told = folders(&mut self.folders) => {
                if let Err(error) = told {
                    tracing::warn!(%error, "folders are looked at from time to time from now on");
                    self.folders = None;
                }
            }
            told = mounts(&mut self.mounts) => {
                mounted = true;
                if let Err(error) = told {
                    tracing::warn!(%error, "mounts are looked at from time to time from now on");
                    self.mounts = None;
                }
            }
        }
        tokio::time::sleep(SETTLE).await;
        mounted
    }
}

async fn folders(changes: &mut Option<Changes>) -> std::io::Result<()> {
    match changes {
        Some(changes) => changes.next(|_| true).await,
        None => std::future::pending().await,
    }
}

async fn mounts(changes: &mut Option<MountChanges>) -> std::io::Result<()> {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}
