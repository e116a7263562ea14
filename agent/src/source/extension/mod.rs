//! The browser extension as a source, in real time: pages opened, downloads that are complete,
//! history that was removed, the page in front, private windows.
//!
//! Parts: the extension itself ([`package`], files in `agent/extension/`), signed for Chromium
//! with a key of this computer ([`crx`]) and handed out on loopback ([`http`]); the host that a
//! browser starts ([`native_host`]); and the desk at which hosts and `status` talk to the agent
//! ([`desk`], messages in [`wire`]).
//!
//! Promises: what the extension sees is kept by the extension until the agent has it on disk, and
//! is recorded once; a kind that no order in force wants stays in the browser. Refuses: to be
//! hidden. The browser shows the extension with its name and purpose, and lists it among those
//! installed by policy.
//!
//! What the history shows too (visits, downloads, history that was removed) is one record, which
//! the second source confirms: see [`crate::merge`]. Of addresses removed from the history only
//! those are counted that the extension saw opened in the same life of its script: browsers let
//! old ones go by themselves. The time in front counts while a window of the browser has the focus
//! and the person is not idle, in stretches of at least three seconds that are told each minute;
//! the desktop's own word on the browser's window is left out meanwhile: see `scope/front.rs`.

pub mod crx;
pub mod desk;
pub mod http;
mod ledger;
pub mod native_host;
pub mod package;
mod presence;
mod taken;
pub mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proviso_report::fact::Kind;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::platform::shared;
use crx::{ExtensionKey, KeyError};
use http::Served;
use package::{FIREFOX_ID, HOST_NAME, VERSION};

pub use presence::Presence;

/// What the extension sees.
pub(super) const KINDS: &[Kind] = &[
    Kind::WebVisit,
    Kind::Download,
    Kind::HistoryCleared,
    Kind::Foreground,
    Kind::PrivateWindow,
];
/// Browsers whose hosts are accepted; the names are those of the history sources, and of orders.
pub(super) const BROWSERS: [&str; 7] = [
    "chromium", "chrome", "edge", "brave", "vivaldi", "opera", "firefox",
];
/// The extension's key inside the state directory.
const KEY: &str = "extension.key";
/// What the installer reads inside the state directory.
const DESCRIPTION: &str = "extension.json";
/// The folder browsers may read, inside the state directory.
const BROWSER_FOLDER: &str = "browser";

/// What the installer needs to write policies: `<state>/extension.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// "proviso-extension/1"
    pub format: String,
    /// Version of the extension.
    pub version: String,
    /// Chromium's id of the extension.
    pub chromium_id: String,
    /// Firefox's id of the extension.
    pub firefox_id: String,
    /// Name under which browsers start the host.
    pub host_name: String,
    /// Port on 127.0.0.1 where the extension is handed out.
    pub port: u16,
    /// Firefox's package on disk, owned by the agent's user.
    pub xpi: PathBuf,
    /// The program that has the `native-host` subcommand.
    pub agent: PathBuf,
}

/// Why the extension cannot be handed out.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// The key.
    #[error("{}: {source}", .path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// A file of the state directory.
    #[error("cannot write {}: {source}; check that the disk has room and that the state directory belongs to the account the agent runs as", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Packing.
    #[error(transparent)]
    Pack(#[from] package::PackError),
}

/// Makes the packages and writes what browsers and the installer read. Called at enrolment, so
/// that policies can be written before the agent runs, and at every start.
pub fn prepare(
    state: &Path,
    port: u16,
    agent: &Path,
) -> Result<(Served, Description), PrepareError> {
    let key = key(&state.join(KEY))?;
    let chromium_id = key.chromium_id();
    let served = Served {
        update_xml: package::update_xml(&chromium_id, port).into_bytes(),
        crx: key
            .pack(&package::chromium_zip()?)
            .map_err(|source| PrepareError::Key {
                path: state.join(KEY),
                source,
            })?,
        xpi: package::firefox_xpi()?,
    };
    let folder = state.join(BROWSER_FOLDER);
    shared::folder(&folder).map_err(|source| PrepareError::File {
        path: folder.clone(),
        source,
    })?;
    let description = Description {
        format: "proviso-extension/1".into(),
        version: VERSION.into(),
        chromium_id,
        firefox_id: FIREFOX_ID.into(),
        host_name: HOST_NAME.into(),
        port,
        xpi: folder.join("proviso.xpi"),
        agent: agent.to_owned(),
    };
    write(&description.xpi, &served.xpi)?;
    let mut text = serde_json::to_vec_pretty(&description).map_err(|e| PrepareError::File {
        path: state.join(DESCRIPTION),
        source: e.into(),
    })?;
    text.push(b'\n');
    write(&state.join(DESCRIPTION), &text)?;
    Ok((served, description))
}

/// What [`prepare`] wrote, if it is there and whole.
pub fn description(state: &Path) -> Option<Description> {
    serde_json::from_slice(&std::fs::read(state.join(DESCRIPTION)).ok()?).ok()
}

/// Hands the packages out until the agent stops.
pub async fn hand_out(
    served: Served,
    port: u16,
    stop: tokio_util::sync::CancellationToken,
) -> Result<(), http::ListenError> {
    let listener = http::listen(port).await?;
    tokio::select! {
        () = stop.cancelled() => {}
        () = http::serve(listener, Arc::new(served)) => {}
    }
    Ok(())
}

fn key(path: &Path) -> Result<ExtensionKey, PrepareError> {
    let key_error = |source| PrepareError::Key {
        path: path.to_owned(),
        source,
    };
    let file_error = |source| PrepareError::File {
        path: path.to_owned(),
        source,
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes = ExtensionKey::generate().map_err(key_error)?;
            crate::files::write_private(path, &bytes).map_err(file_error)?;
            bytes
        }
        Err(error) => return Err(file_error(error)),
    };
    ExtensionKey::from_pkcs8(&bytes).map_err(key_error)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PrepareError> {
    shared::write(path, bytes).map_err(|source| PrepareError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preparing_twice_keeps_the_identity() {
        let state = tempfile::tempdir().unwrap();
        let agent = Path::new("/usr/bin/proviso-agent");
        let (served, first) = prepare(state.path(), 17491, agent).unwrap();
        let (again, second) = prepare(state.path(), 17491, agent).unwrap();
        assert_eq!(first, second);
        assert_eq!(served.xpi, again.xpi);
        assert_eq!(std::fs::read(&first.xpi).unwrap(), served.xpi);
        let text = std::fs::read(state.path().join(DESCRIPTION)).unwrap();
        assert_eq!(serde_json::from_slice::<Description>(&text).unwrap(), first);
        assert_eq!(description(state.path()), Some(first));
    }

    #[test]
    fn a_damaged_key_is_named() {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join(KEY), b"junk").unwrap();
        let error = prepare(state.path(), 17491, Path::new("/a")).unwrap_err();
        assert!(matches!(
            error,
            PrepareError::Key {
                source: KeyError::Damaged,
                ..
            }
        ));
        assert!(error.to_string().contains("extension.key"));
    }
}
