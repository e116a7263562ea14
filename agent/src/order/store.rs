//! Orders on disk: `order/<digest>/order.toml`, `1.sig`, `2.sig`, ..., `lists/<sha256>`, and of each
//! update of a list `updates/<n>.toml`, `updates/<n>.sig`.
//!
//! Files are written whole, private to the agent's user, and never changed; whether one is what it
//! should be is asked of its hash each time that it is read.

use std::io;
use std::path::{Path, PathBuf};

use proviso_report::Hash;
use proviso_report::frame::{OrderPackage, UpdatePackage};
use thiserror::Error;

use crate::files::write_private;
use crate::platform::mapped::Mapped;

const ORDER: &str = "order.toml";
const LISTS: &str = "lists";
const UPDATES: &str = "updates";

/// Why orders cannot be stored or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file.
    #[error("cannot {what} {}: {source}; check that the disk has room and that the state directory belongs to the account the agent runs as", .path.display())]
    Io {
        /// Verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What the journal has of them.
    #[error("the journal's note of the orders is damaged: {0}")]
    Assigned(String),
}

#[derive(Debug)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Writes an order and its signatures.
    pub(super) fn put(&self, digest: Hash, package: &OrderPackage) -> Result<(), StoreError> {
        let folder = self.folder(digest);
        let lists = folder.join(LISTS);
        std::fs::create_dir_all(&lists).map_err(|e| io("make", &lists, e))?;
        // Signatures of an earlier offer of the same order.
        for number in 1.. {
            let path = folder.join(format!("{number}.sig"));
            if !path.exists() {
                break;
            }
            std::fs::remove_file(&path).map_err(|e| io("remove", &path, e))?;
        }
        for (number, signature) in (1..).zip(&package.signatures) {
            write(&folder.join(format!("{number}.sig")), signature)?;
        }
        write(&folder.join(ORDER), &package.order)
    }

    /// Reads them.
    pub(super) fn get(&self, digest: Hash) -> Result<OrderPackage, StoreError> {
        let folder = self.folder(digest);
        let path = folder.join(ORDER);
        let order = std::fs::read(&path).map_err(|e| io("read", &path, e))?;
        let mut signatures = Vec::new();
        for number in 1.. {
            let path = folder.join(format!("{number}.sig"));
            match std::fs::read(&path) {
                Ok(signature) => signatures.push(signature),
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(io("read", &path, error)),
            }
        }
        Ok(OrderPackage {
            order,
            signatures,
            updates: Vec::new(),
        })
    }

    /// Writes the update of this number, from 1, of an order that is here.
    pub(super) fn put_update(
        &self,
        digest: Hash,
        number: usize,
        package: &UpdatePackage,
    ) -> Result<(), StoreError> {
        let folder = self.folder(digest).join(UPDATES);
        std::fs::create_dir_all(&folder).map_err(|e| io("make", &folder, e))?;
        let signature = folder.join(format!("{number}.sig"));
        write(&signature, &package.signature)?;
        write(&folder.join(format!("{number}.toml")), &package.update)
    }

    /// Reads it.
    pub(super) fn update(&self, digest: Hash, number: usize) -> Result<UpdatePackage, StoreError> {
        let folder = self.folder(digest).join(UPDATES);
        let read = |name: String| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|e| io("read", &path, e))
        };
        Ok(UpdatePackage {
            update: read(format!("{number}.toml"))?,
            signature: read(format!("{number}.sig"))?,
        })
    }

    /// Is the list here? Takes it over from another order that has it.
    pub(super) fn has_list(&self, digest: Hash, sha256: &Hash) -> Result<bool, StoreError> {
        let path = self.list_file(digest, sha256);
        if is_whole(&path, sha256) {
            return Ok(true);
        }
        for other in self.held()? {
            let found = self.list_file(other, sha256);
            if other != digest && is_whole(&found, sha256) {
                let bytes = std::fs::read(&found).map_err(|e| io("read", &found, e))?;
                write(&path, &bytes)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a list whose hash was checked.
    pub(super) fn put_list(
        &self,
        digest: Hash,
        sha256: &Hash,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        write(&self.list_file(digest, sha256), bytes)
    }

    /// A list, mapped.
    pub(super) fn list(&self, digest: Hash, sha256: &Hash) -> Result<Mapped, StoreError> {
        let path = self.list_file(digest, sha256);
        Mapped::open(&path).map_err(|e| io("read", &path, e))
    }

    /// Removes every other order.
    pub(super) fn keep_only(&self, keep: &[Hash]) -> Result<(), StoreError> {
        for digest in self.held()? {
            if !keep.contains(&digest) {
                let folder = self.folder(digest);
                std::fs::remove_dir_all(&folder).map_err(|e| io("remove", &folder, e))?;
            }
        }
        Ok(())
    }

    fn held(&self) -> Result<Vec<Hash>, StoreError> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io("read", &self.dir, error)),
        };
        Ok(entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect())
    }

    fn folder(&self, digest: Hash) -> PathBuf {
        self.dir.join(digest.to_string())
    }

    fn list_file(&self, digest: Hash, sha256: &Hash) -> PathBuf {
        self.folder(digest).join(LISTS).join(sha256.to_string())
    }
}

fn is_whole(path: &Path, sha256: &Hash) -> bool {
    Mapped::open(path).is_ok_and(|bytes| Hash::of(bytes.as_ref()) == *sha256)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_private(path, bytes).map_err(|e| io("write", path, e))
}

fn io(what: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}
