//! Lists that only the collector holds and that somebody hands over beside the bundle.
//!
//! Promises: a list counts where an order, or an update of its list, pins the list of that hash, and
//! nowhere else. Nothing of the bundle is covered by it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proviso_report::Hash;
use proviso_report::bundle::{Check, Files, Outcome, Question};

use super::{List, line};
use crate::order::ListUpdate;

/// A bundle, and lists beside it.
pub(super) struct WithLists<'a> {
    bundle: &'a dyn Files,
    given: BTreeMap<Hash, (String, Vec<u8>)>,
    unread: Vec<Check>,
    used: RefCell<BTreeSet<Hash>>,
}

impl<'a> WithLists<'a> {
    /// `bundle` with `lists` beside it.
    pub(super) fn new(bundle: &'a dyn Files, lists: Vec<List>) -> Self {
        let (mut given, mut unread) = (BTreeMap::new(), Vec::new());
        for List { name, bytes } in lists {
            match bytes {
                Ok(bytes) => {
                    given.insert(Hash::of(&bytes), (name, bytes));
                }
                Err(why) => unread.push(pinned(&name, Outcome::Unchecked(why))),
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
        let checks = given.map(|(hash, (name, _))| pinned(name, outcome(hash)));
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

fn pinned(name: &str, outcome: Outcome) -> Check {
    let name = line(name);
    Check::new(
        Question::Orders,
        format!("the list {name} is one that an order of this bundle pins"),
        outcome,
    )
}
