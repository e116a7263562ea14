//! What the witness keeps: its key, its name, and for each log the last checkpoint that it cosigned.
//!
//! Layout of the folder (0700): `name`; `witness.key` (PKCS#8, 0600); `logs`, one line for each log,
//! `<verifier key> <size> <root, hex>`, size 0 before the first; `lock`, which whoever changes `logs`
//! holds; `refused/`, the last request of each log that was of another history: evidence of two
//! stories.
//!
//! Promises: `logs` is written beside its place, synced and renamed while the lock is held, and the
//! folder synced before anybody hears of it. A folder without `logs` is not taken: a witness that
//! forgot what it saw would sign a second story.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use proviso_report::witness::{self, Refusal, Seen};
use proviso_report::{Alg, Hash, KeyError, Receipt, SigningKey, VerifierKey};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

/// An open folder.
#[derive(Debug)]
pub(crate) struct State {
    dir: PathBuf,
    key: SigningKey,
    verifier: VerifierKey,
}

/// One log.
#[derive(Debug)]
pub(crate) struct Log {
    key: VerifierKey,
    seen: Seen,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("{0} exists and is not empty: give the name of a new folder")]
    NotEmpty(PathBuf),
    #[error(
        "cannot {what} {path}: {why}; run `proviso-witness init` first, or check its permissions"
    )]
    Io {
        what: &'static str,
        path: PathBuf,
        why: std::io::Error,
    },
    #[error(
        "{0} can be read by others (mode {1:03o}): run `chmod go-rwx {0}` and find out who read it"
    )]
    TooOpen(PathBuf, u32),
    #[error(
        "{path} is damaged ({why}): a witness whose memory is lost must not go on under its key; make a new one with `proviso-witness init` in another folder"
    )]
    Damaged { path: PathBuf, why: String },
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyError),
    #[error(
        "the key of {0:?} must be an Ed25519 key of that name: copy it as the authority published it"
    )]
    Origin(String),
    #[error("{0:?} is witnessed already, with another key: a log has one key for good")]
    OtherKey(String),
    #[error("the system gave no random numbers; nothing was made")]
    Random,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CosignError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    State(#[from] StateError),
}

impl State {
    /// Makes a new one.
    pub(crate) fn create(dir: &Path, name: &str) -> Result<Self, StateError> {
        let pkcs8 =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| StateError::Random)?;
        let key = SigningKey::from_pkcs8(pkcs8.as_ref())?;
        let verifier = VerifierKey::new(name, Alg::CosignatureV1, key.public())?;
        if dir.exists() {
            let mut inside = std::fs::read_dir(dir).map_err(io("read", dir))?;
            if inside.next().is_some() {
                return Err(StateError::NotEmpty(dir.to_owned()));
            }
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
                .map_err(io("close", dir))?;
        } else {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(io("make", dir))?;
        }
        let state = Self {
            dir: dir.to_owned(),
            key,
            verifier,
        };
        state.replace("witness.key", pkcs8.as_ref())?;
        state.replace("lock", b"")?;
        state.replace("logs", b"")?;
        // Last: a folder without it was not finished.
        state.replace("name", format!("{name}\n").as_bytes())?;
        Ok(state)
    }

    /// Opens one that was made.
    pub(crate) fn open(dir: &Path) -> Result<Self, StateError> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).map_err(io("read", &path))
        };
        let name = String::from_utf8_lossy(&read("name")?)
            .trim_end()
            .to_owned();
        let path = dir.join("witness.key");
        let about = std::fs::metadata(&path).map_err(io("read", &path))?;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(StateError::TooOpen(path, mode));
        }
        let key = SigningKey::from_pkcs8(&read("witness.key")?)?;
        let verifier = VerifierKey::new(&name, Alg::CosignatureV1, key.public())?;
        let state = Self {
            dir: dir.to_owned(),
            key,
            verifier,
        };
        state.logs()?;
        Ok(state)
    }

    /// What its cosignatures are checked with.
    pub(crate) const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Every log.
    pub(crate) fn logs(&self) -> Result<Vec<Log>, StateError> {
        let path = self.dir.join("logs");
        let damaged = |why: String| StateError::Damaged {
            path: path.clone(),
            why,
        };
        let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
        let lines = (1..).zip(text.lines());
        lines
            .map(|(number, line): (u32, _)| {
                Log::parse(line).ok_or_else(|| damaged(format!("line {number}")))
            })
            .collect()
    }

    /// Witnesses a log. Adding it again changes nothing.
    pub(crate) fn add(&self, origin: &str, key: &VerifierKey) -> Result<(), StateError> {
        if key.alg() != Alg::Ed25519 || key.name() != origin {
            return Err(StateError::Origin(origin.to_owned()));
        }
        let _lock = self.lock()?;
        let mut logs = self.logs()?;
        match logs.iter().find(|log| log.key.name() == origin) {
            Some(log) if log.key == *key => return Ok(()),
            Some(_) => return Err(StateError::OtherKey(origin.to_owned())),
            None => {}
        }
        logs.push(Log {
            key: key.clone(),
            seen: Seen {
                size: 0,
                root: Hash::of(b""),
            },
        });
        self.keep(&logs)
    }

    /// Cosigns what a request offers, if it continues what was cosigned before. `now`: Unix seconds.
    pub(crate) fn cosign(&self, request: &[u8], now: u64) -> Result<Receipt, CosignError> {
        let _lock = self.lock()?;
        let mut logs = self.logs()?;
        let judged = witness::judge(request, |origin| {
            let log = logs.iter().find(|log| log.key.name() == origin)?;
            Some((&log.key, Some(log.seen)))
        });
        let (checkpoint, seen) = match judged {
            Ok(judged) => judged,
            Err(refusal) => {
                if refusal == Refusal::Inconsistent {
                    self.keep_refused(request)?;
                }
                return Err(refusal.into());
            }
        };
        if let Some(log) = logs
            .iter_mut()
            .find(|log| log.key.name() == checkpoint.origin)
            && log.seen != seen
        {
            log.seen = seen;
            self.keep(&logs)?;
        }
        let signature = self.key.sign(&Receipt::message_to_sign(&checkpoint, now));
        Ok(Receipt::assemble(&self.verifier, now, signature))
    }

    /// A request with a valid signature that is of another history proves that there are two.
    fn keep_refused(&self, request: &[u8]) -> Result<(), StateError> {
        let folder = self.dir.join("refused");
        if !folder.exists() {
            DirBuilder::new()
                .mode(0o700)
                .create(&folder)
                .map_err(io("make", &folder))?;
        }
        // One for each request would let a broken log fill the disk.
        let origin = witness::Offer::parse(request).ok();
        let origin = origin.and_then(|offer| offer.note.text().lines().next().map(str::to_owned));
        let name = Hash::of(origin.unwrap_or_default().as_bytes());
        self.replace(&format!("refused/{name}"), request)
    }

    fn keep(&self, logs: &[Log]) -> Result<(), StateError> {
        let text: String = logs.iter().map(|log| format!("{log}\n")).collect();
        self.replace("logs", text.as_bytes())
    }

    /// Held until it is dropped.
    fn lock(&self) -> Result<File, StateError> {
        let path = self.dir.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(io("open", &path))?;
        file.lock().map_err(io("lock", &path))?;
        Ok(file)
    }

    /// Writes a file, 0600, durably and whole or not at all.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.dir.join(name);
        let new = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .map_err(io("write", &new))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(io("write", &new))?;
        std::fs::rename(&new, &path).map_err(io("write", &path))?;
        let folder = path.parent().unwrap_or(&self.dir);
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io("write", folder))
    }
}

impl Log {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (key, size, root) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() {
            return None;
        }
        Some(Self {
            key: key.parse().ok()?,
            seen: Seen {
                size: size.parse().ok()?,
                root: root.parse().ok()?,
            },
        })
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.key, self.seen.size, self.seen.root)
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StateError {
    let path = path.to_owned();
    move |why| StateError::Io { what, path, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_report::witness::Offer;
    use proviso_report::{Checkpoint, checkpoint_note};

    struct Ledger(SigningKey);

    impl Ledger {
        fn new() -> Self {
            let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            Self(SigningKey::from_pkcs8(made.as_ref()).unwrap())
        }

        fn key(&self) -> VerifierKey {
            VerifierKey::ed25519("a.example/ledger", self.0.public()).unwrap()
        }

        fn offer(&self, old: u64, size: u64, root: Hash) -> Vec<u8> {
            let checkpoint = Checkpoint {
                origin: "a.example/ledger".to_owned(),
                size,
                root,
            };
            let signature = self.0.sign(checkpoint.body().as_bytes());
            let note = checkpoint_note(&checkpoint, &self.key(), signature);
            Offer {
                old,
                proof: Vec::new(),
                note,
            }
            .to_bytes()
        }
    }

    #[test]
    fn remembers_over_a_restart_and_goes_never_back() {
        let (dir, ledger) = (tempfile_dir(), Ledger::new());
        let root = Hash([1; 32]);
        let state = State::create(&dir, "w.example/w").unwrap();
        let unknown = state.cosign(&ledger.offer(0, 1, root), 7).unwrap_err();
        assert!(matches!(unknown, CosignError::Refused(Refusal::Unknown(_))));
        state.add("a.example/ledger", &ledger.key()).unwrap();
        state.cosign(&ledger.offer(0, 1, root), 7).unwrap();
        drop(state);

        let state = State::open(&dir).unwrap();
        assert!(state.cosign(&ledger.offer(1, 1, root), 8).is_ok());
        let refused = state
            .cosign(&ledger.offer(1, 1, Hash([2; 32])), 8)
            .unwrap_err();
        assert!(matches!(
            refused,
            CosignError::Refused(Refusal::Conflict(1))
        ));
        let refused = state
            .cosign(&ledger.offer(1, 2, Hash([2; 32])), 8)
            .unwrap_err();
        assert!(matches!(
            refused,
            CosignError::Refused(Refusal::Inconsistent)
        ));
        assert_eq!(std::fs::read_dir(dir.join("refused")).unwrap().count(), 1);
        let logs = std::fs::read_to_string(dir.join("logs")).unwrap();
        assert_eq!(logs, format!("{} 1 {root}\n", ledger.key()));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_it_forgot_it_does_not_make_up() {
        let dir = tempfile_dir();
        State::create(&dir, "w.example/w").unwrap();
        assert!(matches!(
            State::create(&dir, "x"),
            Err(StateError::NotEmpty(_))
        ));
        std::fs::write(dir.join("logs"), "nonsense\n").unwrap();
        assert!(matches!(State::open(&dir), Err(StateError::Damaged { .. })));
        std::fs::remove_file(dir.join("logs")).unwrap();
        assert!(State::open(&dir).is_err());
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_log_has_one_key() {
        let (dir, ledger) = (tempfile_dir(), Ledger::new());
        let state = State::create(&dir, "w.example/w").unwrap();
        state.add("a.example/ledger", &ledger.key()).unwrap();
        state.add("a.example/ledger", &ledger.key()).unwrap();
        assert!(state.add("b.example/ledger", &ledger.key()).is_err());
        let other = Ledger::new().key();
        assert!(matches!(
            state.add("a.example/ledger", &other),
            Err(StateError::OtherKey(_))
        ));
        assert_eq!(state.logs().unwrap().len(), 1);
        std::fs::remove_dir_all(&dir).unwrap();
    }

    fn tempfile_dir() -> PathBuf {
        tempfile::tempdir().unwrap().keep()
    }
}
