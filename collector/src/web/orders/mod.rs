//! Orders on the desk: written as drafts, checked, tried on the past, signed, put in force; and computers
//! that are enrolled under them.
//!
//! Promises: an order is put by the same steps as by the command line ([`crate::putting`]); no version of a
//! draft is ever changed; nothing of a replay becomes a finding. The collector holds no signer's key.
//!
//! Refuses: anything about a person whom somebody does not see, and to say that an order may be used that
//! does not pass its own tests.
//!
//! Read [`draft`] first, then [`checked`].

pub(super) mod begin;
pub(super) mod checked;
pub(super) mod draft;
pub(super) mod enrol;
pub(super) mod force;
mod jobs;
pub(super) mod lists;
pub(super) mod narrow;
mod next;
pub(super) mod notice;
pub(super) mod overview;
mod proofs;
pub(super) mod replay;
mod run;
pub(super) mod save;
pub(super) mod sign;
mod source;
pub(super) mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_rules::Signers;

use crate::store::drafts::{Draft, Purpose};
use crate::store::orders::{self, StoredOrder};
use crate::store::people::{self, Person};
use crate::store::{Hash, PersonId, Read, SqlError, StoreError, Tx, sight, staff};

use super::Site;
use super::decide::to;
use super::fault::{Fault, sentence};
use super::gate::Signed;
use super::govuk::Errors;

/// The longest order that a form sends, in bytes: its letters may each become three.
pub(super) const ORDER: usize = 4 << 20;

/// The longest list that a form sends, in bytes, with the form around it.
pub(super) const LIST: usize = (64 << 20) + (64 << 10);

/// The longest update of a list with its signature that a form sends, in bytes, each of them twice.
pub(super) const UPDATE: usize = 256 << 10;

/// Most characters of a reason.
const LONGEST: usize = 4_000;

const NOBODY: Fault =
    Fault::Missing("there is no person with this id; look for the person in the overview");

/// What the pages need of the data directory to put orders in force and to enrol computers.
pub struct Ordering {
    signers: Box<Signing>,
    ca: Hash,
    collector: Option<String>,
}

/// Who may sign orders now. The error is a sentence.
type Signing = dyn Fn() -> Result<Signers, String> + Send + Sync;

impl Ordering {
    /// `signers` gives who may sign whenever it is asked; `ca` is the SHA-256 of the authority's certificate,
    /// `collector` where agents reach it.
    pub fn new(
        signers: impl Fn() -> Result<Signers, String> + Send + Sync + 'static,
        ca: Hash,
        collector: Option<String>,
    ) -> Self {
        Self {
            signers: Box::new(signers),
            ca,
            collector,
        }
    }
}

impl Site {
    fn keys(&self) -> Result<&Ordering, Fault> {
        self.ordering.as_ref().ok_or(Fault::Missing(
            "orders are not put by this collector's pages; use the command line",
        ))
    }

    /// Who may sign orders; off the async threads.
    async fn signers(self: &Arc<Self>) -> Result<Signers, Fault> {
        let site = Arc::clone(self);
        let read = move || {
            let read = (site.keys()?.signers)();
            read.map_err(Fault::Unready)
        };
        apart(read).await?
    }

    /// Somebody whom this one sees.
    async fn whom(&self, signed: &Signed, id: &str) -> Result<Person, Fault> {
        let id: PersonId = id.parse().map_err(|_| NOBODY)?;
        let whose = id.clone();
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(people::get(read, &whose)?))
            .await?;
        let person = found.ok_or(NOBODY)?;
        self.in_sight(signed, &id).await?;
        Ok(person)
    }
}

/// Work that takes long, off the async threads.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|why| Fault::Damaged(format!("a part of the page ended badly: {why}")))
}

/// Nobody writes about a person whom they do not see.
fn seen(tx: &Tx<'_>, staff: &str, person: &PersonId, now: i64) -> Result<(), Fault> {
    let why = sight::why(tx, staff, person, now)?;
    why.map(drop).ok_or(Fault::Sight)
}

/// The order that is in force for somebody.
async fn current(site: &Site, person: &Person) -> Result<Option<StoredOrder>, Fault> {
    let whose = person.id.clone();
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(orders::current(read, &whose)?));
    Ok(found.await?)
}

/// What staff are called.
struct Names(BTreeMap<String, String>);

impl Names {
    fn read(read: &Read<'_>) -> Result<Self, SqlError> {
        let all = staff::all(read)?.into_iter();
        Ok(Self(all.map(|one| (one.id, one.name)).collect()))
    }

    fn of<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// Something wrong at one place of a page.
fn wrong(id: &str, why: &str) -> Errors {
    let mut errors = Errors::default();
    errors.add(id, sentence(why));
    errors
}

/// What somebody typed, with the line ends of files.
fn typed(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A reason that somebody gave.
fn reason(text: &str) -> Result<String, &'static str> {
    let reason = typed(text.trim());
    match reason.chars().count() {
        0 => Err("give a reason: others will rely on it"),
        1..=LONGEST => Ok(reason),
        _ => Err("the reason is longer than 4,000 characters; shorten it"),
    }
}

/// A hash as people compare it.
fn short(digest: &Hash) -> String {
    digest.to_string().chars().take(12).collect()
}

/// What a draft is for, in words.
const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::New => "New order",
        Purpose::Vary => "Variation",
        Purpose::Suspend => "Suspension",
        Purpose::End => "End",
    }
}

/// How a draft stands, in words.
fn state(draft: &Draft) -> &'static str {
    match &draft.ended {
        None => "Draft",
        Some(ended) if ended.put.is_some() => "Put in force",
        Some(_) => "Given up",
    }
}

impl std::fmt::Debug for Ordering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ordering").finish_non_exhaustive()
    }
}
