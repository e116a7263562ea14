//! What is right and wrong about an order that somebody writes.
//!
//! Promises: form, lists and tests are checked as the command line checks them, off the async threads, a few at
//! once; the same bytes with the same lists are checked once while they are remembered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proviso_rules::order::ListPin;
use proviso_rules::{Fault as Wrong, Judge, Order, page};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::putting::{self, Lists};
use crate::store::orders::StoredOrder;
use crate::store::{Hash, StoreError};

use super::super::Site;
use super::super::fault::Fault;
use super::narrow::Narrowings;
use super::replay::Replays;

/// Orders remembered at once: each may hold lists.
const KEPT: usize = 4;

/// Orders checked at once.
const AT_ONCE: usize = 2;

/// What is remembered of drafts between pages.
pub(in crate::web) struct Drafts {
    known: Mutex<VecDeque<Arc<Checked>>>,
    turns: Semaphore,
    /// One at a time judges the past.
    pub(super) judging: Arc<Semaphore>,
    pub(super) replays: Replays,
    pub(super) narrowings: Narrowings,
}

/// An order with what is wrong about it.
pub(super) struct Checked {
    /// Of its bytes.
    pub(super) digest: Hash,
    /// If its form is right.
    pub(super) order: Option<Order>,
    /// If all of it is.
    pub(super) judge: Option<Judge>,
    /// All that is wrong.
    pub(super) faults: Vec<Wrong>,
    /// What should be looked at before anybody signs.
    pub(super) warnings: Vec<Wrong>,
    /// The lists that it pins and that are here.
    pub(super) lists: Lists,
}

impl Drafts {
    pub(in crate::web) fn new() -> Self {
        Self {
            known: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            judging: Arc::new(Semaphore::new(1)),
            replays: Replays::default(),
            narrowings: Narrowings::default(),
        }
    }

    /// A turn for work on an order that takes long.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<Arc<Checked>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Checked {
    /// The lists that it pins and that are not here.
    pub(super) fn missing(&self) -> Vec<&ListPin> {
        let pins = self.order.as_ref().map_or(&[][..], Order::lists);
        pins.iter().filter(|pin| !self.holds(pin)).collect()
    }

    /// Is this list here?
    pub(super) fn holds(&self, pin: &ListPin) -> bool {
        self.lists.iter().any(|(hash, _)| *hash == pin.sha256)
    }

    /// Is it an order that could be signed, as it stands?
    pub(super) fn is_whole(&self) -> bool {
        self.judge
            .as_ref()
            .is_some_and(|judge| !judge.order().is_illustrative())
    }

    fn of(bytes: &[u8], site: &Site) -> Result<Self, StoreError> {
        let mut checked = Self {
            digest: Hash::of(bytes),
            order: None,
            judge: None,
            faults: Vec::new(),
            warnings: Vec::new(),
            lists: Lists::new(),
        };
        let order = match Order::parse(bytes) {
            Ok(order) => order,
            Err(faults) => {
                checked.faults = faults.all().to_vec();
                return Ok(checked);
            }
        };
        checked.lists = site
            .store
            .read_blocking(|read| Ok::<_, StoreError>(putting::held_lists(read, &order)?))?;
        match putting::compile(order.clone(), &checked.lists) {
            Ok(judge) => {
                checked.warnings = putting::warnings(&judge);
                checked.judge = Some(judge);
            }
            Err(faults) => {
                checked.faults = faults.all().to_vec();
                checked.warnings = order.warnings().to_vec();
            }
        }
        checked.order = Some(order);
        Ok(checked)
    }
}

impl Site {
    /// Checks an order that somebody writes.
    pub(super) async fn checked(self: &Arc<Self>, bytes: &[u8]) -> Result<Arc<Checked>, Fault> {
        let digest = Hash::of(bytes);
        let remembered = |drafts: &Drafts| {
            let known = drafts.known();
            let found = known.iter().find(|one| one.digest == digest);
            found.map(Arc::clone)
        };
        if let Some(known) = remembered(&self.drafts) {
            return Ok(known);
        }
        let _turn = self.drafts.turn().await;
        if let Some(known) = remembered(&self.drafts) {
            return Ok(known);
        }
        let (site, bytes) = (Arc::clone(self), bytes.to_vec());
        let checked = super::apart(move || Checked::of(&bytes, &site)).await??;
        let checked = Arc::new(checked);
        // A list that is missing may come.
        if checked.missing().is_empty() {
            let mut known = self.drafts.known();
            known.truncate(KEPT - 1);
            known.push_front(Arc::clone(&checked));
        }
        Ok(checked)
    }

    /// The reading page of an order, as `proviso order show` gives it; with what has changed since the order that
    /// is in force, if there is one of the same id.
    pub(super) async fn reading(
        self: &Arc<Self>,
        checked: &Arc<Checked>,
        before: Option<StoredOrder>,
    ) -> Result<Option<String>, Fault> {
        let (site, checked) = (Arc::clone(self), Arc::clone(checked));
        let made = move || {
            let Some(order) = &checked.order else {
                return Ok::<_, StoreError>(None);
            };
            let mut lists = checked.lists.clone();
            let mut document =
                page::document(order, checked.faults.len(), &mut |hash| found(&lists, hash));
            let before = before.filter(|one| one.digest != checked.digest && one.id == order.id());
            if let Some(before) = before.and_then(|one| Order::parse(&one.bytes).ok()) {
                let read = |read: &crate::store::Read<'_>| putting::held_lists(read, &before);
                lists.extend(
                    site.store
                        .read_blocking(|one| Ok::<_, StoreError>(read(one)?))?,
                );
                let changes = page::changes(&before, order, &mut |hash| found(&lists, hash));
                document.sections.insert(0, changes);
            }
            Ok(Some(page::html_fragment_of(&document)))
        };
        Ok(super::apart(made).await??)
    }
}

fn found(lists: &Lists, hash: &Hash) -> Option<proviso_rules::ListBytes> {
    let mut lists = lists.iter();
    lists
        .find(|(own, _)| own == hash)
        .map(|(_, bytes)| Arc::clone(bytes))
}
