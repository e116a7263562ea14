//! The words of an order, for pages and bundles: clauses verbatim, the sentence of each rule, the
//! time zone.
//!
//! Promises: words come from the stored file, which was checked and whose signatures were verified
//! when it was put; an order that an earlier version of this program took can still be quoted.
//!
//! Refuses: to judge, and to load lists. A page that quotes a clause must not wait for 300,000
//! domains.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::store::Hash;

/// The words of one order.
#[derive(Debug)]
pub struct OrderText {
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The zone in which its times are meant.
    pub zone: TimeZone,
    /// First and last day.
    pub days: (Option<String>, Option<String>),
    /// The court's words by clause, in the order's own sequence.
    clauses: Vec<(String, String)>,
    /// What each rule says.
    rules: BTreeMap<String, String>,
}

/// The stored file is not what was put.
#[derive(Debug, thiserror::Error)]
#[error("the stored order {digest} cannot be read ({why}); restore the store from a backup")]
pub struct OrderTextError {
    digest: Hash,
    why: String,
}

/// What is read of the file; the rest is for the judge.
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

impl OrderText {
    /// Reads the file with this digest.
    pub fn parse(bytes: &[u8], digest: Hash) -> Result<Self, OrderTextError> {
        let unreadable = |why: &dyn std::fmt::Display| OrderTextError {
            digest,
            why: why.to_string(),
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
    pub fn clause(&self, id: &str) -> Option<&str> {
        let mut clauses = self.clauses();
        clauses.find(|(own, _)| *own == id).map(|(_, text)| text)
    }

    /// All clauses, in the order's own sequence.
    pub fn clauses(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clauses
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
    }

    /// What a rule says.
    pub fn says(&self, rule: &str) -> Option<&str> {
        self.rules.get(rule).map(String::as_str)
    }
}
