//! Caseload and team: every device of one's people, the load of each officer, and whose case a person is.
//!
//! Promises: figures are counted when a page is asked for, from what is kept; nobody's figure is a verdict.
//! Whoever assigns a person has seen whose case it was, says why, and is entered in the audit.

pub(super) mod assign;
mod battery;
pub(super) mod caseload;
mod devices;
pub(super) mod load;
pub(super) mod returns;
