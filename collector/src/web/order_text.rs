//! The words of an order, for pages: clauses verbatim, the sentence of each rule, the time zone.
//!
//! Promises: words come from the stored file, which was checked and whose signatures were verified
//! when it was put; they are read once for each order. Nothing is judged here.
//!
//! Refuses: to load lists. A page that quotes a clause must not wait for 300,000 domains.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::store::{Hash, Store, StoreError, orders};

use super::fault::Fault;

/// Orders remembered at once.
const KEPT: usize = 256;

/// The words of one order.
#[derive(Debug)]
pub(super) struct OrderText {
    /// The court's reference.
    pub(super) id: String,
    /// Its version.
    pub(super) version: u64,
    /// The zone in which its times are meant.
    pub(super) zone: TimeZone,
    /// First and last day.
    pub(super) days: (Option<String>, Option<String>),
    /// The court's words by clause, in the order's own sequence.
    clauses: Vec<(String, String)>,
    /// What each rule says.
    rules: BTreeMap<String, String>,
}

/// The words of orders, by digest.
#[derive(Debug)]
pub(super) struct Texts {
    store: Store,
    known: Mutex<BTreeMap<Hash, Arc<OrderText>>>,
}

/// What pages read of the file; the rest is for the judge.
#[derive(Deserialize)]
struct File {
    order: Order,
    #[serde(default)]
    clause: Vec<Clause>,
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    version: u64,
    timezone: Option<String>,
    starts: Option<toml::Value>,
    ends: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Clause {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    says: String,
}

impl Texts {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// The words of an order; none if it is not held here.
    pub(super) async fn get(&self, digest: Hash) -> Result<Option<Arc<OrderText>>, Fault> {
        if let Some(text) = self.known().get(&digest) {
            return Ok(Some(Arc::clone(text)));
        }
        let stored = self
            .store
            .read(move |read| Ok::<_, StoreError>(orders::by_digest(read, &digest)?))
            .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let text = Arc::new(OrderText::parse(&stored.bytes, digest)?);
        let mut known = self.known();
        if known.len() >= KEPT {
            known.pop_first();
        }
        known.insert(digest, Arc::clone(&text));
        Ok(Some(text))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<Hash, Arc<OrderText>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OrderText {
    fn parse(bytes: &[u8], digest: Hash) -> Result<Self, Fault> {
        let unreadable = |why: &dyn std::fmt::Display| {
            Fault::Damaged(format!("the stored order {digest} cannot be read: {why}"))
        };
        let text = std::str::from_utf8(bytes).map_err(|why| unreadable(&why))?;
        let file: File = toml::from_str(text).map_err(|why| unreadable(&why.message()))?;
        let named = file.order.timezone.as_deref();
        let zone = named.and_then(|name| TimeZone::get(name).ok());
        let words = |value: Option<toml::Value>| {
            value.map(|value| value.to_string().trim_matches('"').to_owned())
        };
        Ok(Self {
            id: file.order.id,
            version: file.order.version,
            zone: zone.unwrap_or(TimeZone::UTC),
            days: (words(file.order.starts), words(file.order.ends)),
            clauses: file
                .clause
                .into_iter()
                .map(|clause| (clause.id, clause.text))
                .collect(),
            rules: file
                .rule
                .into_iter()
                .map(|rule| (rule.id, rule.says))
                .collect(),
        })
    }

    /// The court's words of one clause.
    pub(super) fn clause(&self, id: &str) -> Option<&str> {
        let mut clauses = self.clauses();
        clauses.find(|(own, _)| *own == id).map(|(_, text)| text)
    }

    /// All clauses, in the order's own sequence.
    pub(super) fn clauses(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clauses
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
    }

    /// What a rule says.
    pub(super) fn says(&self, rule: &str) -> Option<&str> {
        self.rules.get(rule).map(String::as_str)
    }
}
