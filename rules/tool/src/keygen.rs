//! Signing with the system's own `ssh-keygen`, so that keys stay where they are: in a file, in an
//! agent, on a card.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeygenError {
    #[error(
        "ssh-keygen is not installed: it is part of OpenSSH (on Debian: apt-get install \
         openssh-client). Install it and sign again"
    )]
    Missing,
    #[error("ssh-keygen could not be run: {0}; try again")]
    Run(#[source] io::Error),
    #[error(
        "ssh-keygen made no signature with {}: what it says stands above. Name your own key with \
         --key",
        .0.display()
    )]
    Refused(PathBuf),
}

/// An armoured signature of these bytes for this purpose.
///
/// Its questions (for a passphrase, say) go to the terminal, the bytes by its input.
pub(crate) fn sign(namespace: &str, bytes: &[u8], key: &Path) -> Result<Vec<u8>, KeygenError> {
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeygenError::Missing,
            _ => KeygenError::Run(error),
        })?;
    // It reads all before it writes anything. If it ends early, its exit code says so.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(bytes);
    }
    let output = child.wait_with_output().map_err(KeygenError::Run)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(KeygenError::Refused(key.to_owned()))
    }
}
