//! What an administrator sees to: accounts, devices, lists.
//!
//! Promises: nothing here says what anybody did, and a person under supervision is a pseudonym. Every change is
//! entered in the audit in its own transaction, asks again who it is, and is refused when somebody else changed
//! the same meanwhile.

pub(super) mod accounts;
pub(super) mod devices;
pub(super) mod lists;
pub(super) mod one;
