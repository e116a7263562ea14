//! The bundle in what was handed over: a folder or a ZIP file.
//!
//! Promises: finds the folder that holds `bagit.txt`, says which one that is, and gives its files as
//! `proviso verify` would find them on a disk. Nothing is read that is larger than this page can hold:
//! then that is said, and what rests on it is not checked.
//!
//! Refuses: to choose between two bundles.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use proviso_report::bundle::Files;

use crate::source::{Named, Source};
use crate::zip::{MAGIC, Zip};

/// The most files.
pub const MAX_FILES: usize = 500_000;

const BAG: &str = "bagit.txt";

/// The files of a bundle that was handed over.
pub struct Dropped<'a> {
    source: &'a dyn Source,
    /// The folder in it, with `/` at its end, or nothing.
    folder: String,
    files: BTreeMap<String, Place>,
    zip: Option<Zip>,
}

#[derive(Clone, Copy)]
struct Place {
    file: usize,
    size: u64,
}

/// Why nothing can be checked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nothing was handed over.
    #[error(
        "There are no files in what you chose. Choose the folder that holds bagit.txt, or the ZIP file."
    )]
    Empty,
    /// Too much was.
    #[error(
        "There are {0} files, and this page checks up to {MAX_FILES}. Use the command proviso verify."
    )]
    Many(usize),
    /// More than one bundle.
    #[error("There are two bundles, {0:?} and {1:?}. Choose one of them.")]
    Two(String, String),
    /// One name twice.
    #[error("There are two files of the name {0:?}. Choose one folder.")]
    Twice(String),
    /// An archive that cannot be read.
    #[error("The ZIP file {0:?} cannot be read: {1}.")]
    Zip(String, String),
}

impl<'a> Dropped<'a> {
    /// Finds the bundle among `files`.
    pub fn open(source: &'a dyn Source, files: &[Named]) -> Result<Self, Unusable> {
        if let [only] = files
            && is_zip(source, only)
        {
            let unreadable = |error: String| Unusable::Zip(only.name.clone(), error);
            let zip = Zip::open(source, 0, only.size).map_err(|why| unreadable(why.to_string()))?;
            return Self::found(source, &zip.names(), Some(zip));
        }
        Self::found(source, files, None)
    }

    fn found(source: &'a dyn Source, named: &[Named], zip: Option<Zip>) -> Result<Self, Unusable> {
        if named.is_empty() {
            return Err(Unusable::Empty);
        }
        if named.len() > MAX_FILES {
            return Err(Unusable::Many(named.len()));
        }
        let folder = folder(named)?;
        let mut files = BTreeMap::new();
        for (file, Named { name, size }) in named.iter().enumerate() {
            let Some(path) = name.strip_prefix(&folder) else {
                continue;
            };
            let place = Place { file, size: *size };
            if files.insert(path.to_owned(), place).is_some() {
                return Err(Unusable::Twice(name.clone()));
            }
        }
        Ok(Self {
            source,
            folder,
            files,
            zip,
        })
    }

    /// Which folder it is; empty if what was handed over has none.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.folder.trim_end_matches('/')
    }

    /// How many files it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// How many bytes all files have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let sizes = self.files.values().map(|place| place.size);
        sizes.fold(0, u64::saturating_add)
    }
}

impl Files for Dropped<'_> {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.files.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        let Some(place) = self.files.get(path) else {
            return Ok(None);
        };
        let named = Named {
            name: path.to_owned(),
            size: place.size,
        };
        let bytes = match &self.zip {
            None => named.read(self.source, place.file)?,
            Some(zip) => {
                named.fits()?;
                zip.read(self.source, &format!("{}{path}", self.folder))?
            }
        };
        Ok(Some(Cow::Owned(bytes)))
    }
}

fn is_zip(source: &dyn Source, file: &Named) -> bool {
    let mut begins = [0; 4];
    let wants = file.name.to_ascii_lowercase().ends_with(".zip");
    wants || (file.size > 4 && source.read(0, 0, &mut begins).is_ok() && begins == MAGIC)
}

/// The folder that holds the bag, with `/` at its end. Without a bag it is the one that holds all, so that
/// what is missing can be said.
fn folder(files: &[Named]) -> Result<String, Unusable> {
    let depth = |folder: &str| folder.matches('/').count();
    let mut bags: Vec<&str> = files
        .iter()
        .filter_map(|file| file.name.strip_suffix(BAG))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .collect();
    bags.sort_by_key(|folder| (depth(folder), *folder));
    match bags[..] {
        [one, two, ..] if depth(one) == depth(two) && one != two => {
            Err(Unusable::Two(trimmed(one), trimmed(two)))
        }
        [one, ..] => Ok(one.to_owned()),
        [] => {
            let top = |file: &'_ Named| Some(file.name.split_once('/')?.0.to_owned());
            let tops: BTreeSet<Option<String>> = files.iter().map(top).collect();
            match tops.first() {
                Some(Some(only)) if tops.len() == 1 => Ok(format!("{only}/")),
                _ => Ok(String::new()),
            }
        }
    }
}

fn trimmed(folder: &str) -> String {
    folder.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Held, MAX_FILE};

    fn held(names: &[&str]) -> Held {
        let file = |name: &&str| ((*name).to_owned(), name.as_bytes().to_vec());
        Held(names.iter().map(file).collect())
    }

    fn opened(names: &[&str]) -> Result<(String, Vec<String>), Unusable> {
        let held = held(names);
        let dropped = Dropped::open(&held, &held.names())?;
        Ok((dropped.folder().to_owned(), dropped.list().unwrap()))
    }

    fn found(folder: &str, files: &[&str]) -> Result<(String, Vec<String>), Unusable> {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        Ok((folder.to_owned(), files))
    }

    #[test]
    fn the_bundle_is_where_the_bag_is() {
        assert_eq!(
            opened(&["b/bagit.txt", "b/data/x", "other"]),
            found("b", &["bagit.txt", "data/x"])
        );
        assert_eq!(
            opened(&["bagit.txt", "data/bagit.txt"]),
            found("", &["bagit.txt", "data/bagit.txt"])
        );
        assert_eq!(
            opened(&["a/b/bagit.txt", "a/notes"]),
            found("a/b", &["bagit.txt"])
        );
        assert_eq!(
            opened(&["a/xbagit.txt", "a/y"]),
            found("a", &["xbagit.txt", "y"])
        );
        assert_eq!(opened(&["a/x", "y"]), found("", &["a/x", "y"]));
        assert_eq!(opened(&[]), Err(Unusable::Empty));
        assert_eq!(
            opened(&["b/bagit.txt", "a/bagit.txt"]),
            Err(Unusable::Two("a".to_owned(), "b".to_owned()))
        );
        assert_eq!(
            opened(&["a/bagit.txt", "a/x", "a/x"]),
            Err(Unusable::Twice("a/x".to_owned()))
        );
    }

    #[test]
    fn what_is_there_is_read_and_what_is_too_large_is_said() {
        let held = held(&["a/bagit.txt", "a/x"]);
        let mut names = held.names();
        names[1].size = MAX_FILE + 1;
        let dropped = Dropped::open(&held, &names).unwrap();
        assert_eq!(
            dropped.read("bagit.txt").unwrap().unwrap(),
            &b"a/bagit.txt"[..]
        );
        assert!(dropped.read("y").unwrap().is_none());
        assert!(dropped.read("x").unwrap_err().contains("has 805 MB"));
        names[1].size = 100;
        let dropped = Dropped::open(&held, &names).unwrap();
        assert!(dropped.read("x").unwrap_err().contains("cannot be read"));
    }
}
