//! Other systems show notices in other ways.

use std::io;

use super::{Account, BusError, Notice};

pub(super) fn show(_account: &Account, _notice: &Notice) -> Result<(), BusError> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}
