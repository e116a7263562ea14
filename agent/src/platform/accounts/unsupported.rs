//! Systems whose account database is not read yet.

use std::io;

use super::{Account, AccountError};

pub(super) fn find(_name: &str) -> Result<Account, AccountError> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

pub(super) fn exists(_owner: super::Owner) -> Result<bool, AccountError> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}
