//! Systems whose desktops are not known yet.

use std::fmt;
use std::io;

use super::{Change, DesktopError};
use crate::platform::accounts::Account;

/// Cannot exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {}

impl fmt::Display for Screen {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Cannot exist.
#[derive(Debug)]
pub enum Desktop {}

/// Always refuses.
pub fn screens(_account: &Account) -> io::Result<Vec<Screen>> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Desktop {
    /// Cannot be called.
    pub async fn connect(screen: &Screen, _account: &Account) -> Result<Self, DesktopError> {
        match *screen {}
    }

    /// Cannot be called.
    pub async fn next(&mut self) -> Result<Change, DesktopError> {
        match *self {}
    }
}
