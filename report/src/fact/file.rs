//! What happens to files. Names, sizes and hashes, never contents.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

/// Something happened to a file, or a file was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// What.
    pub change: FileWas,
    /// Where it is, or was.
    pub path: String,
    /// Where it was before it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What that place is for: `browser_profile`, `downloads`, `pictures`, `removable`, `network`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The hash of what is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// The volume that it is on, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileWas {
    /// It is there.
    Seen,
    /// It was made.
    Created,
    /// It was written to.
    Changed,
    /// It is shorter than before.
    Truncated,
    /// It has another name or place.
    Renamed,
    /// It is gone.
    Deleted,
}
