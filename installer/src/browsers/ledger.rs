//! What `install` did, so that `remove` can undo exactly that: `browsers.json` in the agent's state
//! directory, and beside it `browsers-before/` with the files that were there before.
//!
//! It is written before the first file is touched, so that a half-done installation can be undone.

use std::path::{Path, PathBuf};

use proviso_report::Hash;
use serde::{Deserialize, Serialize};

use super::firefox::Entries;
use super::{BrowserError, pretty};
use crate::files::{self, Mode};

const FILE: &str = "browsers.json";
const BEFORE: &str = "browsers-before";
const FORMAT: &str = "proviso-browsers/1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ledger {
    format: String,
    pub(super) files: Vec<Entry>,
    /// Folders that were made, the outermost first.
    pub(super) folders: Vec<PathBuf>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// What was written.
    pub(super) wrote: Hash,
    /// The hash of what was there before, which names its copy; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Hash>,
    /// For a file that others write too: what of it is ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entries: Option<Entries>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            format: FORMAT.to_owned(),
            files: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// `None`: nothing was installed from this state directory.
    pub(super) fn read(state: &Path) -> Result<Option<Self>, BrowserError> {
        let path = state.join(FILE);
        let Some(bytes) = files::read(&path)? else {
            return Ok(None);
        };
        let form = |why: String| BrowserError::Ledger {
            path: path.clone(),
            why,
        };
        let ledger: Self =
            serde_json::from_slice(&bytes).map_err(|error| form(error.to_string()))?;
        if ledger.format == FORMAT {
            Ok(Some(ledger))
        } else {
            Err(form(format!("its format is {:?}", ledger.format)))
        }
    }

    pub(super) fn write(&self, state: &Path) -> Result<(), BrowserError> {
        let value = serde_json::to_value(self).map_err(|error| BrowserError::Ledger {
            path: state.join(FILE),
            why: error.to_string(),
        })?;
        files::write(&state.join(FILE), &pretty(&value), Mode::Read)?;
        Ok(())
    }

    /// Removes the ledger and what it kept.
    pub(super) fn forget(self, state: &Path) -> Result<(), BrowserError> {
        for before in self.files.iter().filter_map(|entry| entry.before) {
            files::remove(&kept(state, &before))?;
        }
        files::remove_if_empty(&state.join(BEFORE))?;
        files::remove(&state.join(FILE))?;
        Ok(())
    }

    pub(super) fn of(&self, path: &Path) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.path == path)
    }

    pub(super) fn set(&mut self, entry: Entry) {
        match self.files.iter_mut().find(|old| old.path == entry.path) {
            Some(old) => *old = entry,
            None => self.files.push(entry),
        }
    }
}

/// Keeps bytes aside under their hash.
pub(super) fn keep(state: &Path, bytes: &[u8]) -> Result<Hash, BrowserError> {
    let hash = Hash::of(bytes);
    files::make_folders(&state.join(BEFORE))?;
    files::write(&kept(state, &hash), bytes, Mode::Read)?;
    Ok(hash)
}

/// Where bytes of this hash are kept.
pub(super) fn kept(state: &Path, hash: &Hash) -> PathBuf {
    state.join(BEFORE).join(hash.to_string())
}
