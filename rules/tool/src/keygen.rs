//! Signing with the system's own `ssh-keygen`, so that keys stay where they are: in a file, in an
//! agent, on a card.
//!
//! What it says is shown at once, because it may ask for a finger on a card; if it refuses, the
//! likeliest reasons are said in words of our own, with what to do.

use std::io::{self, Read, Write as _};
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
    #[error("ssh-keygen made no signature with {}: {why}", .key.display())]
    Refused { key: PathBuf, why: &'static str },
}

/// What it says when it refuses, and what that means. The first that fits counts.
const REASONS: &[(&str, &str)] = &[
    (
        "UNPROTECTED PRIVATE KEY",
        "others on this computer may read the key. Take that away (chmod 600, on Windows in the \
         properties of the file), think whether somebody has read it, and sign again",
    ),
    (
        "incorrect passphrase",
        "the passphrase was wrong, or there was no terminal to ask for it. Sign again in a \
         terminal, or put the key into ssh-agent with ssh-add and name its public half with --key",
    ),
    (
        "No private key found for public key",
        "ssh-agent does not hold the other half of this public key. Put it there with ssh-add, or \
         name the file of the private key with --key",
    ),
    (
        "No such file",
        "there is no such file. Name your own key with --key",
    ),
    (
        "Permission denied",
        "you may not read it. Name your own key with --key",
    ),
    (
        "invalid format",
        "it is no OpenSSH key. Name your own key with --key, or make one with ssh-keygen -t ed25519",
    ),
    (
        "error in libcrypto",
        "it is no OpenSSH key. Name your own key with --key, or make one with ssh-keygen -t ed25519",
    ),
];
/// What is said when none of them fits.
const OTHER: &str = "what it says stands above. Name your own key with --key";
/// The most of what it says that is looked at, in bytes.
const MOST_SAID: usize = 16 << 10;

/// An armoured signature of these bytes for this purpose.
///
/// Its questions (for a passphrase, say) go to the terminal, the bytes by its input.
pub(crate) fn sign(namespace: &str, bytes: &[u8], key: &Path) -> Result<Vec<u8>, KeygenError> {
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeygenError::Missing,
            _ => KeygenError::Run(error),
        })?;
    // It reads all before it writes anything. If it ends early, its exit code says so.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(bytes);
    }
    let said = child.stderr.take().map(shown).unwrap_or_default();
    let output = child.wait_with_output().map_err(KeygenError::Run)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(KeygenError::Refused {
        key: key.to_owned(),
        why: reason(&said),
    })
}

/// Shows what comes as soon as it comes, and gives back the beginning of it.
fn shown(mut from: impl Read) -> String {
    let (mut said, mut chunk) = (Vec::new(), [0; 1024]);
    while let Ok(count) = from.read(&mut chunk) {
        let new = chunk.get(..count).unwrap_or_default();
        if new.is_empty() {
            break;
        }
        // Where nobody can be told, the exit code still says what became of it.
        let _ = io::stderr().write_all(new);
        if said.len() < MOST_SAID {
            said.extend_from_slice(new);
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn reason(said: &str) -> &'static str {
    let known = REASONS.iter().find(|(words, _)| said.contains(words));
    known.map_or(OTHER, |(_, why)| *why)
}
