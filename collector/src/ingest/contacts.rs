//! Signs of life that no report brings, written together.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::store::{Change, DeviceId, Store, StoreError, devices};

/// When devices were last heard from, as far as it is not written down yet.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    heard: Mutex<BTreeMap<DeviceId, i64>>,
}

impl Contacts {
    /// Notes that a device was heard from.
    pub(super) fn mark(&self, device: DeviceId, now: i64) {
        self.lock().insert(device, now);
    }

    /// Writes down what was noted.
    pub(super) async fn write(&self, store: &Store) {
        let heard = std::mem::take(&mut *self.lock());
        if heard.is_empty() {
            return;
        }
        let written = store
            .write("contacts", move |tx| {
                for (device, at) in heard {
                    devices::touch(tx, device, at)?;
                    tx.announce(Change::Contact { device });
                }
                Ok::<_, StoreError>(())
            })
            .await;
        if let Err(error) = written {
            // The next sign of life of each says the same.
            tracing::warn!(%error, "signs of life were not written down");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<DeviceId, i64>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
