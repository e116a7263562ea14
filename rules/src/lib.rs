//! Court orders that a machine can check: read, signed, compiled, judged.
//!
//! Read first [`order::Order`] (what the court ordered and how software checks it), then
//! [`judge::Judge`] (the order with its lists, compiled: what may be recorded, and what may be a
//! breach). [`signature`] says who signed an order, [`page`] prints it for people, [`evidence`]
//! checks a bundle's orders and findings, [`verify`] says all of a bundle in words, [`replay`] tries a changed
//! order on records of the past, [`templates`] are what orders begin from.
//!
//! Promises: the same records, order and [`ENGINE`] give the same findings, bit for bit, on agent,
//! collector and verifier. An order that does not pass its own tests is no order.
//!
//! Nothing here opens a file or a socket or asks for the time: bytes and times are arguments.

#![forbid(unsafe_code)]

mod alike;
mod domain;
mod engine;
mod essential;
pub mod evidence;
pub mod fault;
pub mod innocent;
mod json;
pub mod judge;
pub mod list;
pub mod lookup;
pub mod order;
pub mod page;
pub mod replay;
pub mod signature;
pub mod templates;
mod text;
pub mod verify;
mod written;

pub use engine::ENGINE;
pub use fault::{Fault, Faults};
pub use judge::{
    Basis, Binding, CannotTell, Event, Followed, HeldError, HeldLists, Hit, Judge, Scope, Side,
    State, StateError, Step, Verdict, Why, finding_id,
};
pub use list::ListBytes;
pub use order::{Order, Severity, Term};
pub use signature::{SignatureError, SignedBy, Signers};
