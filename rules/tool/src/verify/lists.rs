//! Lists that only the collector holds and that somebody hands over beside the bundle.
//!
//! Promises: a list counts where an order, or an update of its list, pins the list of that hash, and
//! nowhere else. Nothing of the bundle is covered by it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proviso_report::Hash;
use proviso_report::bundle::{Check, Files, Outcome, Question};
use proviso_rules::order::ListUpdate;

use crate::whole_file;

/// A bundle, and lists beside it.
pub(super) struct WithLists<'a> {
    bundle: &'a dyn Files,
    given: BTreeMap<Hash, (PathBuf, Vec<u8>)>,
    unread: Vec<Check>,
    used: RefCell<BTreeSet<Hash>>,
}

impl<'a> WithLists<'a> {
    /// Reads the lists.
    pub(super) fn new(bundle: &'a dyn Files, paths: &[PathBuf]) -> Self {
        let (mut given, mut unread) = (BTreeMap::new(), Vec::new());
        for path in paths {
            match whole_file::bounded(path, whole_file::ANY_LIST) {
                Ok(bytes) => {
                    given.insert(Hash::of(&bytes), (path.clone(), bytes));
                }
                Err(error) => {
                    let why = format!("cannot read it: {error}");
                    unread.push(Check::new(
                        Question::Orders,
                        pinned(path),
                        Outcome::Unchecked(why),
                    ));
                }
            }
        }
        Self {
            bundle,
            given,
            unread,
            used: RefCell::default(),
        }
    }

    /// Says of each list whether it was the one that is pinned. After everything else.
    pub(super) fn checks(&self) -> Vec<Check> {
        let used = self.used.borrow();
        let outcome = |hash: &Hash| match used.contains(hash) {
            true => Outcome::Holds,
            false => Outcome::Unchecked(format!(
                "no order that could be read asks for a list with its hash, {hash}"
            )),
        };
        let given = self.given.iter();
        let checks = given
            .map(|(hash, (path, _))| Check::new(Question::Orders, pinned(path), outcome(hash)));
        checks.chain(self.unread.iter().cloned()).collect()
    }

    /// The hash of the list that belongs at this place.
    fn wanted(&self, path: &str) -> Option<Hash> {
        let inside = path.strip_prefix("data/orders/")?;
        let (_, inside) = inside.split_once('/')?;
        if let Some(hash) = inside.strip_prefix("lists/") {
            return hash.parse().ok();
        }
        let folder = path.strip_suffix("/list")?;
        let update = self.bundle.read(&format!("{folder}/update.toml")).ok()??;
        Some(ListUpdate::parse(&update).ok()?.sha256)
    }
}

impl Files for WithLists<'_> {
    fn list(&self) -> Result<Vec<String>, String> {
        self.bundle.list()
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        if let Some(bytes) = self.bundle.read(path)? {
            return Ok(Some(bytes));
        }
        let wanted = self
            .wanted(path)
            .and_then(|hash| Some((hash, self.given.get(&hash)?)));
        Ok(wanted.map(|(hash, (_, bytes))| {
            self.used.borrow_mut().insert(hash);
            Cow::Borrowed(bytes.as_slice())
        }))
    }
}

fn pinned(path: &Path) -> String {
    format!(
        "the list {} is one that an order of this bundle pins",
        path.display()
    )
}
