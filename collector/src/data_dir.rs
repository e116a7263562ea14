//! The data directory: what lies where, who may read it.
//!
//! Promises: secret files are 0600 in a 0700 directory, written once and synced; `init` refuses a
//! directory that holds anything; opening says in a sentence what is missing or too open.
//!
//! Layout: `authority` (its name), `ca.der` and `ca.key`, `server.der` and `server.key` (for QUIC
//! and HTTPS), `receipt.key` and `ledger.key` (PKCS#8, Ed25519), `allowed_signers` (who may sign orders),
//! `store.db`, `serve.lock` once it was served, and `collector.toml` when somebody wrote one.

use std::fs::TryLockError;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use proviso_report::KeyError;

use crate::key_file::{self, KeyFileError};
use crate::ledger::LedgerKey;
use crate::random::NoRandom;
use crate::signing::{self, Signer, SignerError};

/// A data directory that exists and is closed to others.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

/// That nobody else serves a data directory. It ends with this value, and with the process however that ends.
#[derive(Debug)]
pub struct Serving(
    #[expect(dead_code, reason = "the lock lasts as long as the file is open")] std::fs::File,
);

/// Files that nobody but the collector may read.
const SECRET: [&str; 3] = ["ca.key", "server.key", "receipt.key"];

/// What signs checkpoints of the ledger.
const LEDGER_KEY: &str = "ledger.key";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// There is none.
    #[error("no data directory at {0}: run `proviso-collector init --data {0}` first")]
    Missing(PathBuf),
    /// There are keys and no name.
    #[error(
        "{0} holds keys, and the file authority is missing: bring the directory back from a backup; if an `init` was \
         cut off there and it was never served, remove it and begin again"
    )]
    Unfinished(PathBuf),
    /// `init` would overwrite something.
    #[error(
        "{0} already holds files: keys and evidence are never overwritten; choose an empty or new directory"
    )]
    NotEmpty(PathBuf),
    /// Others can read a secret.
    #[error(
        "{0} can be read by other users (mode {1:03o}): run `chmod go-rwx {0}` and find out who read it"
    )]
    TooOpen(PathBuf, u32),
    /// A collector serves it.
    #[error(
        "another collector serves {0}: stop that one first; two would each know only half of who is connected and \
         who tried to sign in, and would tell open pages only half of the alerts"
    )]
    Served(PathBuf),
    /// It cannot be read or written.
    #[error(
        "cannot {what} {path}: {why}; check the path, the permissions of this user and the free space"
    )]
    Io {
        /// Verb.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The receipt key or the authority's name.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The ledger's key.
    #[error("the ledger's key cannot be used ({0}); restore ledger.key from a backup")]
    LedgerKey(KeyError),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl DataDir {
    /// Makes a new one, or takes an empty one.
    pub fn create(root: &Path) -> Result<Self, DataDirError> {
        if root.exists() {
            let mut entries = std::fs::read_dir(root).map_err(io("read", root))?;
            if entries.next().is_some() {
                return Err(DataDirError::NotEmpty(root.to_owned()));
            }
            std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700))
                .map_err(io("close", root))?;
        } else {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(root)
                .map_err(io("make", root))?;
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Takes an existing one.
    pub fn open(root: &Path) -> Result<Self, DataDirError> {
        if !root.join("authority").exists() {
            // A directory that this user may not enter must not be called missing.
            if let Err(why) = std::fs::metadata(root.join("authority"))
                && why.kind() == std::io::ErrorKind::PermissionDenied
            {
                return Err(DataDirError::Io {
                    what: "read",
                    path: root.to_owned(),
                    why,
                });
            }
            if root.join("ca.key").exists() {
                return Err(DataDirError::Unfinished(root.to_owned()));
            }
            return Err(DataDirError::Missing(root.to_owned()));
        }
        let dir = Self {
            root: root.to_owned(),
        };
        for path in std::iter::once(dir.root.clone()).chain(SECRET.map(|name| dir.path(name))) {
            let metadata = std::fs::metadata(&path).map_err(io("read", &path))?;
            let mode = metadata.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(DataDirError::TooOpen(path, mode));
            }
        }
        Ok(dir)
    }

    /// Takes back what [`DataDir::create`] and later writes made: for an `init` that failed, whose
    /// keys nobody has seen.
    pub fn abandon(self) {
        for entry in std::fs::read_dir(&self.root)
            .into_iter()
            .flatten()
            .flatten()
        {
            // What cannot be removed stays, and the next `init` says that it is there.
            let _removed = std::fs::remove_file(entry.path());
        }
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.path("store.db")
    }

    /// Reads a file of it.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, DataDirError> {
        let path = self.path(name);
        std::fs::read(&path).map_err(io("read", &path))
    }

    /// The authority's name, as `init` was given it.
    pub fn authority(&self) -> Result<String, DataDirError> {
        let bytes = self.read("authority")?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// What signs receipts.
    pub fn signer(&self) -> Result<Signer, DataDirError> {
        Ok(Signer::load(
            &self.authority()?,
            &self.read("receipt.key")?,
        )?)
    }

    /// What signs checkpoints of the ledger. A directory from before the ledger gets one.
    pub fn ledger_key(&self) -> Result<LedgerKey, DataDirError> {
        if !self.path(LEDGER_KEY).exists() {
            key_file::make(&self.path(LEDGER_KEY), &signing::new_key()?)?;
        }
        let path = self.path(LEDGER_KEY);
        let metadata = std::fs::metadata(&path).map_err(io("read", &path))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(DataDirError::TooOpen(path, mode));
        }
        let pkcs8 = self.read(LEDGER_KEY)?;
        LedgerKey::load(&self.authority()?, &pkcs8).map_err(DataDirError::LedgerKey)
    }

    /// Says that this process serves it, and refuses where another one does. Commands run beside it.
    pub fn serving(&self) -> Result<Serving, DataDirError> {
        let path = self.path("serve.lock");
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io("write", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Serving(file)),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Served(self.root.clone())),
            Err(TryLockError::Error(why)) => Err(io("lock", &path)(why)),
        }
    }

    /// Writes a new file, 0600, synced; never over another.
    pub fn write_new(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
        let path = self.path(name);
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            });
        written.map_err(io("write", &path))
    }
}

impl From<KeyFileError> for DataDirError {
    fn from(KeyFileError { what, path, why }: KeyFileError) -> Self {
        Self::Io { what, path, why }
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> DataDirError {
    let path = path.to_owned();
    move |why| DataDirError::Io { what, path, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_holds_something_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("letter"), "x").unwrap();
        let refused = DataDir::create(dir.path()).unwrap_err();
        assert!(
            refused.to_string().contains("never overwritten"),
            "{refused}"
        );
    }

    #[test]
    fn a_missing_directory_is_said_with_what_to_do() {
        let refused = DataDir::open(Path::new("/nonexistent/proviso")).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("init --data /nonexistent/proviso"),
            "{refused}"
        );
    }

    #[test]
    fn keys_without_a_name_are_not_called_a_new_directory() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::create(&dir.path().join("data")).unwrap();
        data.write_new("ca.key", b"x").unwrap();
        let refused = DataDir::open(&data.path("")).unwrap_err().to_string();
        assert!(refused.contains("from a backup"), "{refused}");
        assert!(
            !refused.contains("run `proviso-collector init"),
            "{refused}"
        );
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::create(&dir.path().join("data")).unwrap();
        for name in SECRET.iter().chain(&["authority"]) {
            data.write_new(name, b"x").unwrap();
        }
        assert!(DataDir::open(&data.path("")).is_ok());
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(data.path("receipt.key"), open).unwrap();
        let refused = DataDir::open(&data.path("")).unwrap_err();
        assert!(
            matches!(&refused, DataDirError::TooOpen(_, 0o644)),
            "{refused}"
        );
        assert!(refused.to_string().contains("chmod go-rwx"), "{refused}");
    }

    #[test]
    fn a_directory_from_before_the_ledger_gets_a_key_and_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::create(&dir.path().join("data")).unwrap();
        data.write_new("authority", b"a.example\n").unwrap();
        let key = data.ledger_key().unwrap();
        assert_eq!(key.verifier().name(), "a.example/ledger");
        assert_eq!(data.ledger_key().unwrap().verifier(), key.verifier());
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(data.path(LEDGER_KEY), open).unwrap();
        assert!(matches!(
            data.ledger_key(),
            Err(DataDirError::TooOpen(_, 0o644))
        ));
        assert_eq!(std::fs::read_dir(data.path("")).unwrap().count(), 2);
    }

    #[test]
    fn one_serves_and_another_does_when_that_one_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::create(&dir.path().join("data")).unwrap();
        let serving = data.serving().unwrap();
        let why = data.serving().unwrap_err();
        assert!(matches!(&why, DataDirError::Served(_)), "{why}");
        assert!(why.to_string().contains("stop that one first"), "{why}");
        drop(serving);
        data.serving().unwrap();
    }

    #[test]
    fn a_file_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::create(&dir.path().join("data")).unwrap();
        data.write_new("ca.key", b"one").unwrap();
        assert!(data.write_new("ca.key", b"two").is_err());
        assert_eq!(data.read("ca.key").unwrap(), b"one");
    }
}
