//! The compiled order: what may be recorded, and what may be a breach.

pub(crate) mod pattern;

use proviso_report::bundle::Matched;
use proviso_report::{DeviceId, Fact, Hash, UnixMs};

use crate::fault::Faults;
use crate::list::ListBytes;
use crate::order::{Order, Severity};

/// An order with its lists, ready to judge. Sharing it between threads costs nothing.
pub struct Judge {
    order: Order,
}

/// One fact to look at.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When it happened.
    pub at: UnixMs,
    /// In whose account.
    pub account: Option<&'a str>,
    /// What.
    pub fact: &'a Fact,
}

/// May a fact be recorded?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Yes: these clauses cover it, in the order of the file. Never empty.
    Covered(Vec<String>),
    /// No: the exemption of this id keeps it out. Only a count may survive.
    Exempt(String),
    /// No: nothing covers it. Only a count by kind may survive.
    Uncovered,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: String,
    /// Its clause.
    pub clause: String,
    /// How serious.
    pub severity: Severity,
    /// What matched: at least one part.
    pub matched: Vec<Matched>,
}

impl Judge {
    /// Compiles an order: checks each list against its pin, and runs the tests in the file.
    ///
    /// `list` gives a list's bytes by its hash; `None`: it is not here, which is a fault.
    pub fn compile(
        order: Order,
        list: &mut dyn FnMut(&Hash) -> Option<ListBytes>,
    ) -> Result<Self, Faults> {
        let _ = list;
        Ok(Self { order })
    }

    /// The order.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// May it be recorded? Exemptions come before clauses. Whether the order is in force then is
    /// asked of [`Order::term`].
    #[must_use]
    pub fn scope(&self, event: &Event<'_>) -> Scope {
        let _ = event;
        Scope::Uncovered
    }

    /// The rules that match, in the order of the file. An exempt fact matches none.
    #[must_use]
    pub fn judge(&self, event: &Event<'_>) -> Vec<Hit> {
        let _ = event;
        Vec::new()
    }
}

/// The id of a finding, the same wherever it is made: the first 16 bytes of
/// SHA-256("proviso-finding/1\0" ‖ device ‖ be64(seq) ‖ order digest ‖ rule).
#[must_use]
pub fn finding_id(device: DeviceId, seq: u64, order: &Hash, rule: &str) -> [u8; 16] {
    let hash = Hash::of_parts(&[
        b"proviso-finding/1\0",
        &device.0,
        &seq.to_be_bytes(),
        &order.0,
        rule.as_bytes(),
    ]);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.0[..16]);
    id
}
