//! The key that signs the device log now, and its files. Keys evolve: a computer that is seized holds
//! none that could sign the log as it was before the last change.
//!
//! ```text
//! log.key        the key that signs now (PKCS#8, Ed25519)
//! log-next.key   while keys change: the one that follows
//! ```
//!
//! Promises: the next key is on disk before the log names it. When the log names it, durably, the
//! one before is overwritten, synced and replaced ([`LogKey::pass_to`]); a crash in between is mended
//! by [`LogKey::load`], to which the journal says which key counts. Private keys are in these files
//! and nowhere else: not in the database, not in temporary files.
//!
//! The old key is wiped at once, not when the receipt has come: a report is signed when it closes,
//! the report that names the new key closes in the transaction that makes it count, and what is sent
//! again is the stored bytes. So nothing is left that only the old key could sign.
//!
//! Refuses: to vouch for what a disk does with blocks that were overwritten. Disks with flash and
//! file systems that copy on write may keep them for a while, and a computer that runs holds its key
//! in memory.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use proviso_report::{Checkpoint, KeyError, Note, SigningKey, VerifierKey, checkpoint_note};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::files::{sync_folder, write_private};

/// The key that signs now.
pub(crate) const FILE: &str = "log.key";
/// The key that follows, while keys change.
const NEXT: &str = "log-next.key";

/// The key that signs the log now.
#[derive(Debug)]
pub struct LogKey {
    folder: PathBuf,
    key: SigningKey,
    verifier: VerifierKey,
    /// The files may not be as they should be.
    is_unsettled: bool,
}

/// A key that is on disk and does not count yet.
#[derive(Debug)]
pub struct NextKey {
    key: SigningKey,
    verifier: VerifierKey,
}

/// Why there is no key to sign with.
#[derive(Debug, Error)]
pub enum LogKeyError {
    /// A file cannot be read or written.
    #[error("cannot {what} {}: {source}; check that the state directory belongs to the account the agent runs as and that the disk has room", .path.display())]
    Io {
        /// Verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is there and holds no key.
    #[error("{} holds no key that can be used ({why}): restore it, or enrol this computer anew with another --state directory", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: KeyError,
    },
    /// None of the files holds the key that the journal names.
    #[error("the key that signs this computer's log is not in {}: keep a copy of the state directory and tell whoever looks after this computer", .0.display())]
    Missing(PathBuf),
    /// No random numbers.
    #[error("this computer gives no random numbers; restart it")]
    Random,
}

impl LogKey {
    /// The key in this folder that signs the log `origin`: the one that the journal names, or the
    /// one of enrolment if it names none. Mends what a crash left half done.
    pub fn load(
        folder: &Path,
        origin: &str,
        named: Option<&[u8; 32]>,
    ) -> Result<Self, LogKeyError> {
        let path = folder.join(FILE);
        let first = read(&path)?;
        let found = match named {
            None => match first {
                Some(Ok(key)) => Some(key),
                Some(Err(why)) => return Err(LogKeyError::Damaged { path, why }),
                None => None,
            },
            Some(public) => [first, read(&folder.join(NEXT))?]
                .into_iter()
                .flatten()
                .flatten()
                .find(|key| key.public() == *public),
        };
        let key = found.ok_or_else(|| LogKeyError::Missing(folder.to_owned()))?;
        let verifier = VerifierKey::ed25519(origin, key.public())
            .map_err(|why| LogKeyError::Damaged { path, why })?;
        let mut loaded = Self {
            folder: folder.to_owned(),
            key,
            verifier,
            is_unsettled: true,
        };
        loaded.settle()?;
        Ok(loaded)
    }

    /// What checks its signatures.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a checkpoint of the log.
    #[must_use]
    pub fn sign(&self, checkpoint: &Checkpoint) -> Note {
        let signature = self.key.sign(checkpoint.body().as_bytes());
        checkpoint_note(checkpoint, &self.verifier, signature)
    }

    /// Makes the key that will follow for the same log, and writes it down.
    pub fn make_next(&mut self) -> Result<NextKey, LogKeyError> {
        self.settle()?;
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| LogKeyError::Random)?;
        let made = Zeroizing::new(made.as_ref().to_vec());
        let path = self.folder.join(NEXT);
        let damaged = |why| LogKeyError::Damaged {
            path: path.clone(),
            why,
        };
        let key = SigningKey::from_pkcs8(&made).map_err(damaged)?;
        let verifier = VerifierKey::ed25519(self.verifier.name(), key.public()).map_err(damaged)?;
        // Made empty and private first, so that no temporary file ever holds a key.
        write_private(&path, b"").map_err(io("write", &path))?;
        self.is_unsettled = true;
        OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(&made)?;
                file.sync_all()
            })
            .map_err(io("write", &path))?;
        Ok(NextKey { key, verifier })
    }

    /// The log names the next key, durably: it signs from now on, and the one before is wiped. An
    /// error: it could not be wiped yet; that is tried again before the next change.
    pub fn pass_to(&mut self, next: NextKey) -> Result<(), LogKeyError> {
        self.key = next.key;
        self.verifier = next.verifier;
        self.is_unsettled = true;
        self.settle()
    }

    /// The next key, to sign the log `origin` in place of this one. Its files are settled later.
    pub(crate) fn followed_by(&self, next: NextKey, origin: &str) -> Result<Self, LogKeyError> {
        let verifier = VerifierKey::ed25519(origin, next.key.public()).map_err(|why| {
            LogKeyError::Damaged {
                path: self.folder.join(NEXT),
                why,
            }
        })?;
        Ok(Self {
            folder: self.folder.clone(),
            key: next.key,
            verifier,
            is_unsettled: true,
        })
    }

    /// It does not count after all.
    pub(crate) fn into_next(self) -> NextKey {
        NextKey {
            key: self.key,
            verifier: self.verifier,
        }
    }

    /// Wipes what does not count, and puts what counts in its place.
    pub(crate) fn settle(&mut self) -> Result<(), LogKeyError> {
        if !self.is_unsettled {
            return Ok(());
        }
        let (path, next) = (self.folder.join(FILE), self.folder.join(NEXT));
        let is_in_place =
            matches!(read(&path)?, Some(Ok(key)) if key.public() == self.key.public());
        if is_in_place {
            if wipe(&next).map_err(io("wipe", &next))? {
                std::fs::remove_file(&next).map_err(io("remove", &next))?;
            }
        } else {
            wipe(&path).map_err(io("wipe", &path))?;
            std::fs::rename(&next, &path).map_err(io("replace", &path))?;
        }
        sync_folder(&self.folder).map_err(io("sync", &self.folder))?;
        self.is_unsettled = false;
        Ok(())
    }
}

impl NextKey {
    /// What checks its signatures.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs to prove that it is here.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message)
    }
}

/// `None`: there is no such file.
fn read(path: &Path) -> Result<Option<Result<SigningKey, KeyError>>, LogKeyError> {
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => Ok(Some(SigningKey::from_pkcs8(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

/// Overwrites a file, durably; false: there is none.
fn wipe(path: &Path) -> io::Result<bool> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    let len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    file.write_all(&vec![0; len])?;
    file.sync_all()?;
    Ok(true)
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogKeyError {
    let path = path.to_owned();
    move |source| LogKeyError::Io { what, path, source }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const ORIGIN: &str = "a.example/device/05";

    pub(crate) fn pkcs8() -> Vec<u8> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        made.as_ref().to_vec()
    }

    fn folder() -> (tempfile::TempDir, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let first = pkcs8();
        write_private(&dir.path().join(FILE), &first).unwrap();
        (dir, first)
    }

    fn public(pkcs8: &[u8]) -> [u8; 32] {
        SigningKey::from_pkcs8(pkcs8).unwrap().public()
    }

    fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read(path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn the_next_key_takes_over_and_nothing_of_the_first_is_left() {
        let (dir, first) = folder();
        let mut key = LogKey::load(dir.path(), ORIGIN, None).unwrap();
        let next = key.make_next().unwrap();
        let public_next = *next.verifier().key();
        let second = std::fs::read(dir.path().join(NEXT)).unwrap();
        assert_eq!(public(&second), public_next);
        key.pass_to(next).unwrap();
        assert_eq!(key.verifier().key(), &public_next);
        assert_eq!(files(dir.path()), [(FILE.to_owned(), second)]);
        let again = LogKey::load(dir.path(), ORIGIN, Some(&public_next)).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        let gone = LogKey::load(dir.path(), ORIGIN, Some(&public(&first))).unwrap_err();
        assert!(matches!(gone, LogKeyError::Missing(_)), "{gone}");
    }

    /// Every state in which a crash can leave the files.
    #[test]
    fn a_crash_at_any_moment_is_mended() {
        let wiped = |bytes: &[u8]| vec![0; bytes.len()];
        let half = |bytes: &[u8]| [&[0; 40][..], &bytes[40..]].concat();
        let (_, old) = folder();
        let new = pkcs8();
        let to_old: [Option<&[u8]>; 4] = [None, Some(b""), Some(&new[..30]), Some(&new)];
        for next in to_old {
            let (dir, _) = folder();
            std::fs::write(dir.path().join(FILE), &old).unwrap();
            if let Some(next) = next {
                std::fs::write(dir.path().join(NEXT), next).unwrap();
            }
            let key = LogKey::load(dir.path(), ORIGIN, Some(&public(&old))).unwrap();
            assert_eq!(key.verifier().key(), &public(&old));
            assert_eq!(files(dir.path()), [(FILE.to_owned(), old.clone())]);
        }
        for first in [old.clone(), half(&old), wiped(&old)] {
            let (dir, _) = folder();
            std::fs::write(dir.path().join(FILE), first).unwrap();
            std::fs::write(dir.path().join(NEXT), &new).unwrap();
            let key = LogKey::load(dir.path(), ORIGIN, Some(&public(&new))).unwrap();
            assert_eq!(key.verifier().key(), &public(&new));
            assert_eq!(files(dir.path()), [(FILE.to_owned(), new.clone())]);
        }
    }

    #[test]
    fn what_is_no_key_is_told_with_its_file() {
        let (dir, _) = folder();
        std::fs::write(dir.path().join(FILE), b"no key").unwrap();
        let error = LogKey::load(dir.path(), ORIGIN, None).unwrap_err();
        assert!(error.to_string().contains(FILE), "{error}");
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        let error = LogKey::load(dir.path(), ORIGIN, None).unwrap_err();
        assert!(matches!(error, LogKeyError::Missing(_)), "{error}");
    }

    #[test]
    fn never_prints_a_key() {
        let (dir, _) = folder();
        let key = LogKey::load(dir.path(), ORIGIN, None).unwrap();
        assert!(format!("{key:?}").contains("SigningKey(..)"));
    }
}
