//! What sources ask of the computer, so that they can be tried on another one.

use std::io;

use crate::platform::accounts::{self, Account, AccountError, Owner};
use crate::platform::open_files::{self, Program};

/// Accounts and what they run.
pub trait Computer: Send + Sync {
    /// The account of this name.
    fn account(&self, name: &str) -> Result<Account, AccountError>;

    /// The running programs of an account, each with its open files of the given names.
    fn programs(&self, owner: Owner, names: &[&str]) -> io::Result<Vec<Program>>;
}

/// The computer that the agent runs on.
#[derive(Clone, Copy, Debug)]
pub struct ThisComputer;

impl Computer for ThisComputer {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        accounts::find(name)
    }

    fn programs(&self, owner: Owner, names: &[&str]) -> io::Result<Vec<Program>> {
        open_files::of_account(owner, names)
    }
}
