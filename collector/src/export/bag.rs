//! A bag (BagIt, RFC 8493) in the making.
//!
//! Promises: files are hashed as they are written; nothing is at the bag's place until everything
//! is synced, and what was begun and not finished is removed. The collector signs the manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proviso_report::bundle::SEAL;
use proviso_report::{Hash, UnixMs};
use ring::digest::{Context, SHA256};
use tempfile::TempDir;

use super::ExportError;
use crate::signing::Signer;

const BAGIT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// A bag that is being filled, beside its place.
pub(super) struct Bag {
    dir: TempDir,
    out: PathBuf,
    /// Every file below `data/`.
    payload: BTreeMap<String, Hash>,
    /// Bytes of these files.
    size: u64,
    /// Every directory made, to be synced.
    folders: BTreeSet<PathBuf>,
}

/// A file that is being written.
pub(super) struct BagFile {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    digest: Context,
    size: u64,
}

impl Bag {
    /// Begins one that shall stand at `out`.
    pub(super) fn begin(out: &Path) -> Result<Self, ExportError> {
        if out.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(out.to_owned()));
        }
        let beside = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let dir = tempfile::Builder::new()
            .prefix(".proviso-bundle-")
            // What is in it is nobody else's business.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(beside)
            .map_err(io("make a folder in", beside))?;
        Ok(Self {
            folders: BTreeSet::from([dir.path().to_owned()]),
            dir,
            out: out.to_owned(),
            payload: BTreeMap::new(),
            size: 0,
        })
    }

    /// Writes a whole file below `data/`.
    pub(super) fn put(&mut self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), ExportError> {
        let mut file = self.file(name)?;
        file.write(bytes.as_ref())?;
        self.close(file)?;
        Ok(())
    }

    /// Begins a file below `data/`; [`Bag::close`] ends it.
    pub(super) fn file(&mut self, name: &str) -> Result<BagFile, ExportError> {
        let path = self.dir.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io("make", folder))?;
            let made = folder
                .ancestors()
                .take_while(|above| above.starts_with(self.dir.path()));
            self.folders.extend(made.map(Path::to_owned));
        }
        let file = File::create_new(&path).map_err(io("write", &path))?;
        Ok(BagFile {
            name: name.to_owned(),
            path,
            file: BufWriter::new(file),
            digest: Context::new(&SHA256),
            size: 0,
        })
    }

    /// Ends a file, and says its hash.
    pub(super) fn close(&mut self, file: BagFile) -> Result<Hash, ExportError> {
        let (name, hash, size) = file.end()?;
        self.payload.insert(name, hash);
        self.size += size;
        Ok(hash)
    }

    /// Every file below `data/` so far, with its hash.
    pub(super) const fn files(&self) -> &BTreeMap<String, Hash> {
        &self.payload
    }

    /// The hash of the manifest as it would be now.
    pub(super) fn digest(&self) -> Hash {
        Hash::of(manifest(&self.payload).as_bytes())
    }

    /// Names every file with its hash, signs that and moves the bag to its place; `enter` hears the
    /// manifest's digest before, and can stop it.
    pub(super) fn finish(
        mut self,
        signer: &Signer,
        person: &str,
        words: &str,
        now: UnixMs,
        enter: impl FnOnce(&Hash) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let files = std::mem::take(&mut self.payload);
        let day = now.to_string();
        let info = format!(
            "Source-Organization: {}\n\
             External-Description: {words}\n\
             Bagging-Date: {}\n\
             Bag-Software-Agent: proviso-collector {}\n\
             Payload-Oxum: {}.{}\n",
            signer.authority(),
            day.get(..10).unwrap_or(&day),
            env!("CARGO_PKG_VERSION"),
            self.size,
            files.len()
        );
        let manifest_text = manifest(&files);
        let seconds = u64::try_from(now.0).unwrap_or(0) / 1_000;
        let digest = Hash::of(manifest_text.as_bytes());
        let seal = signer.seal(person, manifest_text.as_bytes(), seconds);
        for (name, text) in [
            ("bagit.txt", BAGIT.to_owned()),
            ("bag-info.txt", info),
            ("manifest-sha256.txt", manifest_text),
            (SEAL, seal),
        ] {
            self.put(name, text)?;
        }
        let tags = manifest(&self.payload);
        self.put("tagmanifest-sha256.txt", tags)?;
        // The deepest first: a name counts once the folder that holds it is synced.
        for folder in self.folders.iter().rev() {
            sync(folder)?;
        }
        if self.out.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(self.out));
        }
        enter(&digest)?;
        std::fs::rename(self.dir.path(), &self.out).map_err(io("make", &self.out))?;
        // It has another name now; there is nothing left to remove.
        let _moved = self.dir.keep();
        match self.out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
            _ => sync(Path::new(".")),
        }
    }
}

impl BagFile {
    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.file
            .write_all(bytes)
            .map_err(io("write", &self.path))?;
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    fn end(self) -> Result<(String, Hash, u64), ExportError> {
        let written = self.file.into_inner().map_err(|error| error.into_error());
        written
            .and_then(|file| file.sync_all())
            .map_err(io("write", &self.path))?;
        let mut hash = [0; 32];
        hash.copy_from_slice(self.digest.finish().as_ref());
        Ok((self.name, Hash(hash), self.size))
    }
}

fn manifest(files: &BTreeMap<String, Hash>) -> String {
    let mut text = String::new();
    for (name, hash) in files {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{hash}  {name}");
    }
    text
}

fn sync(folder: &Path) -> Result<(), ExportError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io("write", folder))
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ExportError {
    let path = path.to_owned();
    move |why| ExportError::Io { what, path, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::new_key;

    #[test]
    fn a_bag_is_these_files() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("bag");
        let mut bag = Bag::begin(&out).unwrap();
        bag.put("data/a/b.txt", "abc").unwrap();
        let signer = Signer::load("a.example", &new_key().unwrap()).unwrap();
        let mut entered = None;
        bag.finish(
            &signer,
            "P-0001",
            "Words",
            UnixMs(1_795_496_400_000),
            |digest| {
                entered = Some(*digest);
                Ok(())
            },
        )
        .unwrap();
        let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
        assert_eq!(
            read("manifest-sha256.txt"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  data/a/b.txt\n"
        );
        assert!(read("bag-info.txt").contains("Payload-Oxum: 3.1\n"));
        assert!(read("bag-info.txt").contains("Bagging-Date: 2026-11-24\n"));
        let manifest = read("manifest-sha256.txt");
        assert_eq!(entered, Some(Hash::of(manifest.as_bytes())));
        assert_eq!(
            read("bundle.note"),
            signer.seal("P-0001", manifest.as_bytes(), 1_795_496_400)
        );
        let names: Vec<_> = read("tagmanifest-sha256.txt")
            .lines()
            .map(|line| line[66..].to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "bag-info.txt",
                "bagit.txt",
                "bundle.note",
                "manifest-sha256.txt"
            ]
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_not_finished_is_gone_and_what_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("bag");
        let mut bag = Bag::begin(&out).unwrap();
        bag.put("data/a", "abc").unwrap();
        drop(bag);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        std::fs::write(&out, "mine").unwrap();
        assert!(matches!(Bag::begin(&out), Err(ExportError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    }
}
