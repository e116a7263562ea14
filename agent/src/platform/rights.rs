//! Who may change what the agent trusts: its state directory and its keys.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file or folder cannot be trusted.
#[derive(Debug, Error)]
pub enum RightsError {
    /// It belongs to another account.
    #[error("{} belongs to another account than the one that runs this: run proviso-agent as the owner of the state directory, or give the directory to it", .0.display())]
    Owner(PathBuf),
    /// Others can change it.
    #[error("other accounts can write to {}: run `chmod go-w {}`; if you do not know why they could, tell whoever looks after this computer", .0.display(), .0.display())]
    Writable(PathBuf),
    /// Others can read a secret.
    #[error("other accounts can read {}, which is secret: enrol this computer anew with another --state directory", .0.display())]
    Readable(PathBuf),
    /// It cannot be looked at.
    #[error("cannot look at {}: {source}; run proviso-agent as the owner of the state directory", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Only this account can change this folder.
pub fn check_folder(path: &Path) -> Result<(), RightsError> {
    check(path, 0o022, RightsError::Writable)
}

/// Only this account can read this file.
pub fn check_secret(path: &Path) -> Result<(), RightsError> {
    check(path, 0o077, RightsError::Readable)
}

/// From here on only the administrator can take hold of this process as a debugger does, and no copy of
/// its memory, with the keys in it, is written to the disk when it fails.
pub fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "copies of the agent's memory may be written to the disk");
        }
    }
}

#[cfg(unix)]
fn check(
    path: &Path,
    forbidden: u32,
    fault: fn(PathBuf) -> RightsError,
) -> Result<(), RightsError> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).map_err(|source| RightsError::Io {
        path: path.to_owned(),
        source,
    })?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(RightsError::Owner(path.to_owned()));
    }
    if metadata.mode() & forbidden != 0 {
        return Err(fault(path.to_owned()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(path: &Path, _: u32, _: fn(PathBuf) -> RightsError) -> Result<(), RightsError> {
    // Elsewhere the folder's own access list is the installer's work; only look that it is there.
    std::fs::metadata(path)
        .map(drop)
        .map_err(|source| RightsError::Io {
            path: path.to_owned(),
            source,
        })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_others_can_touch_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(dir.path(), 0o755);
        check_folder(dir.path()).unwrap();
        set(dir.path(), 0o775);
        let error = check_folder(dir.path()).unwrap_err();
        assert!(matches!(error, RightsError::Writable(_)));
        assert!(error.to_string().contains("chmod go-w"), "{error}");
        let key = dir.path().join("log.key");
        assert!(matches!(check_secret(&key), Err(RightsError::Io { .. })));
        crate::files::write_private(&key, b"k").unwrap();
        check_secret(&key).unwrap();
        set(&key, 0o640);
        assert!(matches!(check_secret(&key), Err(RightsError::Readable(_))));
    }
}
