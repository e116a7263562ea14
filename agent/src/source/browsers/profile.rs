//! The files of a profile in which its settings are, and when to read them again.
//!
//! They are the supervised person's: opened only if they are regular files of the account, and read
//! up to a bound. Whether they changed is told without reading them.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use proviso_report::Hash;

use super::settings::Values;
use super::{chromium, firefox, policy};
use crate::platform::accounts::Owner;
use crate::platform::files::{OpenError, identity, open_owned};
use crate::source::history::family::Family;
use crate::source::history::find::History;

/// Preferences are some hundred kilobytes; more is nobody's.
const MAX_FILE: u64 = 16 << 20;

/// The ids of our extension.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    /// Made on this computer; `None`: it is not known, and so nothing can be said of the extension.
    pub(super) chromium: Option<String>,
    pub(super) firefox: String,
}

/// Why a profile's settings are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The files, whether they are there or not.
pub(super) fn files(history: &History) -> Vec<PathBuf> {
    let folder = history.profile_folder();
    match history.family {
        Family::Chromium => vec![
            folder.join("Preferences"),
            folder.join("Secure Preferences"),
            local_state(folder),
        ],
        Family::Firefox => ["prefs.js", "user.js", "extensions.json"]
            .map(|name| folder.join(name))
            .to_vec(),
    }
}

/// Beside the profiles; in the profile itself where there is only one.
fn local_state(folder: &Path) -> PathBuf {
    const NAME: &str = "Local State";
    let inside = folder.join(NAME);
    match folder.parent() {
        Some(above) if !inside.is_file() => above.join(NAME),
        _ => inside,
    }
}

/// What tells that files are as they were, without reading them.
pub(super) fn marks(files: &[PathBuf]) -> Hash {
    let mut marks = String::new();
    for path in files {
        let Ok(metadata) = path.symlink_metadata() else {
            marks.push_str("none;");
            continue;
        };
        // A String takes everything.
        let _ = write!(
            marks,
            "{:?} {} {:?};",
            identity(&metadata),
            metadata.len(),
            metadata.modified().ok()
        );
    }
    Hash::of(marks.as_bytes())
}

/// The same of a profile and of what the administrator set for its browser.
pub(super) fn marks_of(history: &History, root: &Path) -> Hash {
    let own = marks(&files(history));
    let policies = policy::marks(root, history.browser);
    Hash::of_parts(&[&own.0, &policies.0])
}

/// The settings of a profile now.
pub(super) fn read(history: &History, root: &Path, ids: &Ids) -> Result<Values, Unreadable> {
    let policy = policy::Policy::read(root, history.browser).map_err(|_| Unreadable)?;
    let mut texts = Vec::new();
    for path in files(history) {
        texts.push(text(&path, history.account.owner)?);
    }
    let [first, second, third] = texts.try_into().map_err(|_| Unreadable)?;
    match history.family {
        Family::Chromium => {
            let profile = history.profile().unwrap_or_default();
            let files = chromium::Files {
                preferences: &first,
                secure: &second,
                local_state: &third,
            };
            chromium::settings(&files, &profile, &policy, ids.chromium.as_deref())
        }
        Family::Firefox => firefox::settings([&first, &second], &third, &policy, &ids.firefox),
    }
}

/// What a file says; nothing if there is none.
fn text(path: &Path, owner: Owner) -> Result<String, Unreadable> {
    let file = match open_owned(path, owner) {
        Ok((file, metadata)) if metadata.len() <= MAX_FILE => file,
        Err(OpenError::Missing) => return Ok(String::new()),
        _ => return Err(Unreadable),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(|_| Unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
