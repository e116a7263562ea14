//! Carries closed reports to the collector and brings receipts and orders back.
//!
//! Read [`Ask`] first: everything that the uplink wants of the rest of the agent. The uplink owns
//! the connection and nothing else; reports stay in the journal until their receipt is verified.

pub mod dial;
pub mod tls;

use proviso_report::frame::OrderPackage;
use proviso_report::{Checkpoint, Hash, Receipt};
use tokio::sync::oneshot;

/// What the uplink asks of the pipeline.
#[derive(Debug)]
pub enum Ask {
    /// Where does the log stand?
    Standing(oneshot::Sender<Standing>),
    /// The bytes of the closed report that begins at this record; `None`: there is none.
    Report {
        /// The place of its first record.
        first: u64,
        /// The answer.
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    /// The collector holds the log up to this checkpoint, by a receipt that was verified with the
    /// collector's key. The pipeline compares the root with its own before it lets go of anything;
    /// it answers false when the collector holds another log than this one.
    Held {
        /// What the collector signed.
        checkpoint: Checkpoint,
        /// The receipt.
        receipt: Receipt,
        /// Is it this log?
        reply: oneshot::Sender<bool>,
    },
    /// The collector assigns this order. The pipeline checks signatures, version and form.
    Order {
        /// As it came.
        package: OrderPackage,
        /// What becomes of it.
        reply: oneshot::Sender<Offered>,
    },
    /// A list that was asked for, whole.
    List {
        /// Its hash, as asked for; the pipeline checks it.
        sha256: Hash,
        /// The list.
        bytes: Vec<u8>,
        /// What becomes of the order that needs it.
        reply: oneshot::Sender<Offered>,
    },
    /// How the connection stands, for `status`.
    Link(Link),
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many records are in closed reports.
    pub closed: u64,
    /// How many of them the collector has given a receipt for.
    pub held: u64,
    /// The order in force, or the last one that was.
    pub order: Option<Hash>,
}

/// What becomes of an order that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It is in force, or will be on its first day.
    Taken,
    /// These lists are not here yet.
    Needs(Vec<Hash>),
    /// It is not taken; why, as a sentence. A record says so too.
    Refused(String),
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Connected.
    Up,
    /// Not connected; why, as a sentence.
    Down(String),
    /// Connected, and the collector refuses the log; why, as a sentence. Nothing is deleted.
    Refused(String),
}

/// A record that must not wait behind a backlog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its place in the log.
    pub index: u64,
    /// Its line.
    pub line: Vec<u8>,
}
