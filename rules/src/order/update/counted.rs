//! An order by the updates that a device's log says count: the same for agent, collector and verifier.
//!
//! Refuses: to take the log's word for a list. Each update that the log names must be among those
//! that were authorised, by number and by hash.

use std::collections::BTreeMap;

use proviso_report::Hash;
use serde::{Deserialize, Serialize};

use super::{AuthorisedUpdate, ListUpdate, UpdateError, Updates};
use crate::order::Order;

/// Which update of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListVersion {
    /// Its number, from 1.
    pub number: u64,
    /// The list.
    pub sha256: Hash,
}

/// An update is not among those that are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("update {number} of the list `{list}` ({sha256}) is not here")]
pub struct MissingUpdate {
    /// The list.
    pub list: String,
    /// The update's number.
    pub number: u64,
    /// The list that it brings.
    pub sha256: Hash,
}

impl ListUpdate {
    /// An update that was verified before it was stored where nobody else can write. Whether the order
    /// lets anybody update the list is asked again, the signature is not.
    pub fn verified_before(self, order: &Order) -> Result<AuthorisedUpdate, UpdateError> {
        self.may_be_signed_by(order)?;
        Ok(AuthorisedUpdate {
            update: self,
            of: order.digest(),
        })
    }

    /// Which update it is.
    #[must_use]
    pub const fn version(&self) -> ListVersion {
        ListVersion {
            number: self.number,
            sha256: self.sha256,
        }
    }
}

impl Updates {
    /// Those of each list, in order, by the names of the lists.
    pub fn all(&self) -> impl Iterator<Item = &ListUpdate> {
        self.lists.values().flatten()
    }

    /// The last update of a list.
    #[must_use]
    pub fn last(&self, list: &str) -> Option<&ListUpdate> {
        self.lists.get(list)?.last()
    }

    /// An update, if it is this one.
    #[must_use]
    pub fn get(&self, list: &str, version: ListVersion) -> Option<&ListUpdate> {
        let mut chain = self.lists.get(list)?.iter();
        chain.find(|update| update.version() == version)
    }
}

impl Order {
    /// The order with these updates of its lists.
    pub fn with_updates(
        self,
        updates: &Updates,
        lists: &BTreeMap<String, ListVersion>,
    ) -> Result<Self, MissingUpdate> {
        let own = self.basis() == updates.of;
        for (list, version) in lists {
            if !own || updates.get(list, *version).is_none() {
                return Err(MissingUpdate {
                    list: list.clone(),
                    number: version.number,
                    sha256: version.sha256,
                });
            }
        }
        Ok(self.with_lists(|pin| updates.get(&pin.name, *lists.get(&pin.name)?)))
    }
}
