//! The proof of scope: for each source of this agent and each kind that it can see, which clause and
//! which rule of the order in force let it be recorded, and what keeps it out.
//!
//! Promises: it is made from the order as it is compiled on this computer and from the table by which
//! sources decide whether to look ([`crate::source::table`]), not from a description of either. What
//! no clause wants is said not to be looked at; what a clause wants and no source sees is said too.

mod text;

use serde::{Deserialize, Serialize};

/// The form of [`Proof`].
pub const FORMAT: &str = "proviso-scope/1";

/// What this agent may record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`FORMAT`].
    pub format: String,
    /// When it was made, by this computer's clock.
    pub at: String,
    /// The agent's version.
    pub agent: String,
    /// The version of the judge and all its tables.
    pub engine: String,
    /// Is an order in force?
    pub on: bool,
    /// Why, or why not.
    pub why: String,
    /// The account that asked.
    pub account: Option<String>,
    /// Is it one that is monitored?
    pub monitored: bool,
    /// What only monitored accounts and root see.
    pub scope: Option<Scope>,
}

/// Source by source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The accounts that are looked at; no other is.
    pub accounts: Vec<String>,
    /// The order in force; `None`: none is, and nothing is looked at.
    pub order: Option<OrderNamed>,
    /// Every source of this agent.
    pub sources: Vec<SourceScope>,
    /// Kinds that the order wants and that no source of this agent sees.
    pub unseen: Vec<KindScope>,
    /// The exemptions.
    pub exempts: Vec<ExemptScope>,
    /// What was counted and not kept since midnight in the order's zone.
    pub dropped: Vec<super::today::NotKept>,
}

/// An order, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderNamed {
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The court.
    pub court: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// The lists by which it is judged here.
    pub lists: Vec<ListNamed>,
}

/// A list, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListNamed {
    /// How rules name it.
    pub name: String,
    /// What its entries are.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// SHA-256 of the list.
    pub sha256: String,
    /// Is it held on this computer? Otherwise only where records are collected.
    pub here: bool,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceScope {
    /// Its name in records.
    pub name: String,
    /// Where it looks.
    pub looks_at: String,
    /// Does it look now?
    pub looks: bool,
    /// All that it can see.
    pub kinds: Vec<KindScope>,
}

/// One kind of facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindScope {
    /// The kind.
    pub kind: String,
    /// What is kept of it.
    pub kept: Kept,
    /// The clauses that let it be recorded whatever it is.
    pub clauses: Vec<String>,
    /// The rules that let be recorded what fits them.
    pub rules: Vec<RuleScope>,
    /// The exemptions that can keep it out.
    pub exempts: Vec<String>,
}

/// What is kept of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Every one that happens.
    All,
    /// What fits a rule; others are counted.
    Matching,
    /// What follows on a record of another kind: the end of a program whose start is recorded. It is
    /// recorded under the same clauses.
    Following,
    /// Nothing: only rules that are not checked on this computer ask for it. It is counted.
    Counted,
    /// Nothing: no clause wants it, and it is not looked at.
    NotLookedAt,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleScope {
    /// Its number.
    pub id: String,
    /// Its clause.
    pub clause: String,
    /// What it looks for.
    pub says: String,
    /// Is it checked on this computer?
    pub here: bool,
}

/// An exemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptScope {
    /// Its number.
    pub id: String,
    /// Whom it protects.
    pub who: String,
    /// How.
    pub says: String,
    /// Is nothing kept but a count? Otherwise it is recorded if a clause covers it, and no rule finds
    /// anything in it.
    pub suppresses: bool,
    /// On which days and at which hours; empty: always.
    pub within: Vec<String>,
    /// Its first day, if it has one of its own.
    pub starts: Option<String>,
    /// Its last day, if it has one of its own.
    pub ends: Option<String>,
}
