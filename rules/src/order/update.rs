//! Lists that are brought up to date without a new version of the order, where the order says so.
//!
//! The order names who may do it: `updates = { by = "police:lists@police.example", says = "..." }`
//! under the list. That person signs a statement, for [`UPDATE_NAMESPACE`]:
//!
//! ```toml
//! format = "proviso-list-update/1"
//! order = "SHPO-2026-000123"
//! list = "adult"
//! number = 1                        # the next one is 2
//! previous = "..."                  # the list that it takes the place of
//! sha256 = "..."                    # the new list
//! count = 148301
//! from = 2026-08-20T00:00:00Z       # not earlier
//! source = "UT1 adult 2026-08-17"   # may be left out
//! ```
//!
//! Promises: [`ListUpdate`] is only read, an [`AuthorisedUpdate`] is signed by whom the order names,
//! [`Updates`] are a chain: they begin at the list that the order pins, their numbers rise by one,
//! and each names the list before it by its hash. A statement for another order or list, or one
//! that was left behind, changes nothing. They belong to one version of the order: a new one may name
//! somebody else or pin another list, so the statements that fit it are verified again for it.
//!
//! An order with updated lists is an [`Order`] with other pins and another [`Order::basis`]; its
//! digest stays that of the file. It compiles only if its own tests pass with the new lists.
//!
//! What whoever holds an order must do with an update:
//! - Verify it, check that the list has the hash and count that it says, and compile. If that fails,
//!   go on with the list before and say why.
//! - Keep statement, signature and list verbatim beside the order, for whoever judges again later.
//! - Write a record into the device's log that names list, number and SHA-256. From that
//!   record on the update counts, for no record before it, and not before its own `from`: which list
//!   a record was judged by is then a fact of the log, the same for agent, collector and verifier.
//! - Of two statements with one number take the first, keep both, and tell people: somebody signed
//!   twice.
//!
//! An update of a list that only the collector holds goes to no device, so no log says from where on it
//! counts. The collector keeps with it, for each log, how many records it had when it took the update,
//! and judges those from there on by it ([`HeldLists`](crate::HeldLists)). It takes none before its
//! `from`. A device refuses it.
//!
//! [`UPDATE_NAMESPACE`]: crate::signature::UPDATE_NAMESPACE

mod counted;

pub use counted::{ListVersion, MissingUpdate};

use std::collections::BTreeMap;

use proviso_report::{Hash, UnixMs};
use toml::de::DeTable;

use crate::fault::{Fault, Faults};
use crate::list::entries;
use crate::signature::{Signers, UpdateSignatureError};

use super::parts::{ListKind, ListPin};
use super::shape::{Section, string};
use super::sink::{Sink, nearest};
use super::{Order, name, read, read_event};

/// The first line of every statement.
const FORMAT: &str = "proviso-list-update/1";
/// How faults name the statement.
const FILE: &str = "update.toml";
/// The longest statement, in bytes.
const LONGEST: usize = 16 << 10;

/// A statement that a list takes the place of another. Nobody is known yet to have signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUpdate {
    bytes: Vec<u8>,
    /// The id of the order.
    pub order: String,
    /// The name of the list in it.
    pub list: String,
    /// Its place among the updates of the list, from 1.
    pub number: u64,
    /// The list that it takes the place of.
    pub previous: Hash,
    /// The new list.
    pub sha256: Hash,
    /// How many entries that has.
    pub count: u64,
    /// It does not count before this moment.
    pub from: UnixMs,
    /// Where the new list comes from, in words.
    pub source: Option<String>,
}

/// An update that is signed by whom the order names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorisedUpdate {
    update: ListUpdate,
    /// The order's digest.
    of: Hash,
}

/// The updates of one version of an order, those of each list in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates {
    /// The order's digest.
    of: Hash,
    lists: BTreeMap<String, Vec<ListUpdate>>,
}

/// Why an update does not count, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// It is for another order.
    #[error("the update is for the order {said}, and this is {own}: take the one for this order")]
    Order {
        /// Its order.
        said: String,
        /// The order that it was held against.
        own: String,
    },
    /// It was verified for another version of the order.
    #[error("the update was verified for another version of the order: verify it for this one")]
    Version,
    /// The order has no such list.
    #[error("the order pins no list `{list}`; {near}")]
    NoList {
        /// The name that it pins nothing by.
        list: String,
        /// Which one may be meant.
        near: String,
    },
    /// Nobody may update the list.
    #[error(
        "the order lets nobody update the list `{0}`: have a new version of the order signed that \
         pins the new list"
    )]
    NotAllowed(String),
    /// It is not signed as it must be.
    #[error(transparent)]
    Signature(#[from] UpdateSignatureError),
    /// More entries than such a list can have, or none.
    #[error("the update says {count} entries; a list of {} has 1 to {}", .kind.as_str(), .kind.most_entries())]
    Count {
        /// What it says.
        count: u64,
        /// The kind of the list.
        kind: ListKind,
    },
    /// It is not the next one.
    #[error(
        "this is update {number} of the list `{list}`, and {next} is the next: {}",
        if number > next { "put those before it first" } else { "it was left behind" }
    )]
    Number {
        /// The list.
        list: String,
        /// Its number.
        number: u64,
        /// The number that is wanted.
        next: u64,
    },
    /// It follows another list.
    #[error(
        "the update takes the place of the list {previous}, and `{list}` is {current}: have it \
         signed again for this one"
    )]
    Previous {
        /// The list.
        list: String,
        /// The hash that it follows.
        previous: Hash,
        /// The hash that is in force.
        current: Hash,
    },
    /// It would count before the one before it.
    #[error("the update counts from {from}, before the one before it ({before}): correct `from`")]
    From {
        /// Its moment.
        from: UnixMs,
        /// That of the one before.
        before: UnixMs,
    },
}

impl ListUpdate {
    /// Reads a statement. All faults are said at once, each with its line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, Faults> {
        if bytes.len() > LONGEST {
            return Err(Fault {
                file: FILE.to_owned(),
                at: None,
                code: "limit",
                sentence: format!(
                    "the update has {} bytes; {LONGEST} is the most: leave out the comments",
                    bytes.len()
                ),
            }
            .into());
        }
        read::document(bytes, "update", |root, sink| statement(bytes, root, sink))
            .map(|(update, _)| update)
            .map_err(|faults| faults.in_file(FILE))
    }

    /// The text of the statement that this file takes the place of a list of the order. `before`: the
    /// update before it; `from`: as in a statement. Whether it means something is for
    /// [`ListUpdate::parse`] to say.
    pub fn text(
        order: &Order,
        list: &str,
        before: Option<&Self>,
        bytes: &[u8],
        from: &str,
        source: Option<&str>,
    ) -> Result<String, UpdateError> {
        let pin = pin(order, list)?;
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let time = |c: char| c.is_ascii_digit() || "-+:.TZ".contains(c);
        let mut text = format!("format = \"{FORMAT}\"\n");
        for (key, value) in [
            ("order", quoted(order.id())),
            ("list", quoted(list)),
            (
                "number",
                before
                    .map_or(1, |before| before.number.saturating_add(1))
                    .to_string(),
            ),
            (
                "previous",
                quoted(
                    &before
                        .map_or(pin.sha256, |before| before.sha256)
                        .to_string(),
                ),
            ),
            ("sha256", quoted(&Hash::of(bytes).to_string())),
            ("count", entries(bytes).count().to_string()),
            (
                "from",
                if from.chars().all(time) && !from.is_empty() {
                    from.to_owned()
                } else {
                    quoted(from)
                },
            ),
        ] {
            text += &format!("{key} = {value}\n");
        }
        if let Some(source) = source {
            text += &format!("source = {}\n", quoted(source));
        }
        Ok(text)
    }

    /// Its exact bytes: what is signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Is it signed, for this order, by the person whom the order names for the list, with a key that
    /// was valid at that time?
    pub fn verify(
        self,
        order: &Order,
        signers: &Signers,
        signature: &[u8],
        at: UnixMs,
    ) -> Result<AuthorisedUpdate, UpdateError> {
        let by = self.may_be_signed_by(order)?;
        signers.verify_update(&self.bytes, signature, by, at)?;
        Ok(AuthorisedUpdate {
            update: self,
            of: order.digest(),
        })
    }

    /// Who must sign it, as the order says. It has nothing in it that the order forbids.
    pub fn may_be_signed_by<'o>(&self, order: &'o Order) -> Result<&'o str, UpdateError> {
        let pin = self.pin(order)?;
        let Some(updates) = &pin.updates else {
            return Err(UpdateError::NotAllowed(self.list.clone()));
        };
        if self.count == 0 || self.count > pin.kind.most_entries() {
            return Err(UpdateError::Count {
                count: self.count,
                kind: pin.kind,
            });
        }
        Ok(&updates.by)
    }

    /// Is it the next one of its list after `before`, or the first after the list that is pinned?
    pub fn follows(&self, order: &Order, before: Option<&Self>) -> Result<(), UpdateError> {
        let pin = self.pin(order)?;
        let (next, current) = match before {
            None => (1, pin.sha256),
            Some(before) => (before.number.saturating_add(1), before.sha256),
        };
        if self.number != next {
            return Err(UpdateError::Number {
                list: self.list.clone(),
                number: self.number,
                next,
            });
        }
        if self.previous != current {
            return Err(UpdateError::Previous {
                list: self.list.clone(),
                previous: self.previous,
                current,
            });
        }
        match before {
            Some(before) if self.from < before.from => Err(UpdateError::From {
                from: self.from,
                before: before.from,
            }),
            _ => Ok(()),
        }
    }

    /// The order as it would be with this list. For whoever signs the update: nothing may be judged
    /// by it.
    #[must_use]
    pub fn tried_on(&self, order: Order) -> Order {
        order.with_lists(|pin| (pin.name == self.list).then_some(self))
    }

    fn pin<'o>(&self, order: &'o Order) -> Result<&'o ListPin, UpdateError> {
        if self.order != order.id() {
            return Err(UpdateError::Order {
                said: self.order.clone(),
                own: order.id().to_owned(),
            });
        }
        pin(order, &self.list)
    }
}

impl AuthorisedUpdate {
    /// What it says.
    #[must_use]
    pub const fn update(&self) -> &ListUpdate {
        &self.update
    }
}

impl Updates {
    /// None yet, for this order as its file says.
    #[must_use]
    pub const fn new(order: &Order) -> Self {
        Self {
            of: order.digest(),
            lists: BTreeMap::new(),
        }
    }

    /// Takes the next update of a list. `order` is as its file says, without updates.
    pub fn add(&mut self, order: &Order, update: AuthorisedUpdate) -> Result<(), UpdateError> {
        let AuthorisedUpdate { update, of } = update;
        if of != self.of || order.basis() != self.of {
            return Err(UpdateError::Version);
        }
        let before = self.lists.get(&update.list).and_then(|chain| chain.last());
        update.follows(order, before)?;
        self.lists
            .entry(update.list.clone())
            .or_default()
            .push(update);
        Ok(())
    }
}

impl Order {
    /// The order with the lists that count at this moment: of each list the last update that begins
    /// by then. Updates of another version change nothing.
    #[must_use]
    pub fn updated(self, updates: &Updates, at: UnixMs) -> Self {
        if self.basis() != updates.of {
            return self;
        }
        self.with_lists(|pin| {
            let chain = updates.lists.get(&pin.name)?;
            chain.iter().rfind(|update| update.from <= at)
        })
    }

    /// What its findings rest on: its digest, or if lists of it were updated,
    /// SHA-256("proviso-basis/1\0" ‖ digest ‖ for each such list, by name, be64(length of its name) ‖
    /// name ‖ SHA-256 of the list).
    #[must_use]
    pub const fn basis(&self) -> Hash {
        self.basis
    }

    fn with_lists<'u>(mut self, update: impl Fn(&ListPin) -> Option<&'u ListUpdate>) -> Self {
        let mut updated = BTreeMap::new();
        for pin in &mut self.lists {
            if let Some(update) = update(pin)
                && update.sha256 != pin.sha256
            {
                pin.sha256 = update.sha256;
                pin.count = update.count;
                pin.source.clone_from(&update.source);
                updated.insert(pin.name.clone(), update.sha256);
            }
        }
        if !updated.is_empty() {
            let mut bytes = b"proviso-basis/1\0".to_vec();
            bytes.extend(self.digest.0);
            for (name, sha256) in updated {
                bytes.extend((name.len() as u64).to_be_bytes());
                bytes.extend(name.as_bytes());
                bytes.extend(sha256.0);
            }
            self.basis = Hash::of(&bytes);
        }
        self
    }
}

fn pin<'o>(order: &'o Order, list: &str) -> Result<&'o ListPin, UpdateError> {
    let mut pins = order.lists().iter();
    pins.find(|pin| pin.name == list)
        .ok_or_else(|| UpdateError::NoList {
            list: name::shown(list),
            near: nearest(list, order.lists().iter().map(|pin| &*pin.name)),
        })
}

fn statement(bytes: &[u8], root: &DeTable<'_>, sink: &mut Sink<'_>) -> Option<ListUpdate> {
    let mut root = Section::new("the update", root, 0..0);
    if let Some(value) = root.need(sink, "format")
        && let Some(format) = string(value, "format", sink)
        && format != FORMAT
    {
        let sentence = format!(
            "this file is of format `{}`, and this version reads `{FORMAT}`",
            name::shown(format)
        );
        sink.fault(&value.span(), "format", sentence);
    }
    let order = root.id(sink, "order");
    let list = root.id(sink, "list");
    let number = root.number(sink, "number");
    if number == Some(0) {
        let sentence = "there is no update 0; count updates from 1";
        sink.fault(&root.span_of("number"), "number", sentence);
    }
    let previous = root.hash(sink, "previous");
    let sha256 = root.hash(sink, "sha256");
    if let (Some(previous), Some(sha256)) = (previous, sha256)
        && previous == sha256
    {
        let sentence = "`previous` and `sha256` are one list, so the update would change nothing; \
                        name the new list";
        sink.fault(&root.span_of("sha256"), "same-list", sentence);
    }
    let count = root.number(sink, "count");
    let from = root
        .need(sink, "from")
        .and_then(|value| read_event::time(value, "from", sink));
    let source = root.text_opt(sink, "source");
    root.finish(sink);
    Some(ListUpdate {
        bytes: bytes.to_vec(),
        order: order?,
        list: list?,
        number: number?,
        previous: previous?,
        sha256: sha256?,
        count: count?,
        from: from?,
        source,
    })
}

#[cfg(test)]
mod tests;
