//! The accounts of this computer, as its own account database knows them.
//!
//! Promises: directory services count too, not only a file of accounts. Refuses: to guess a home
//! folder.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
use unsupported as system;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number, which files and processes carry.
    pub owner: Owner,
    /// Its home folder.
    pub home: PathBuf,
}

/// Whose a file or a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(pub u32);

/// Why an account cannot be told.
#[derive(Debug, Error)]
pub enum AccountError {
    /// There is none of that name.
    #[error(
        "this computer has no account named {0:?}; give its right name, with --account when you enrol it and in agent.toml afterwards"
    )]
    Unknown(String),
    /// The account database could not be read.
    #[error("the accounts of this computer could not be read: {0}")]
    Io(#[from] io::Error),
}

/// The account of this name.
pub fn find(name: &str) -> Result<Account, AccountError> {
    system::find(name)
}

/// Is there an account of this number?
pub fn exists(owner: Owner) -> Result<bool, AccountError> {
    system::exists(owner)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_an_account_are_told() {
        assert!(exists(Owner(0)).unwrap());
        assert!(!exists(Owner(4_000_000_000)).unwrap());
    }

    #[test]
    fn root_is_known_and_nobody_else_is_made_up() {
        let root = find("root").unwrap();
        assert_eq!(root.owner, Owner(0));
        assert!(root.home.is_absolute());
        for name in ["no-such-account", "", "ro\0ot"] {
            let error = find(name).unwrap_err();
            assert!(matches!(error, AccountError::Unknown(_)), "{error}");
        }
    }
}
