//! Adding people who may sign in, and giving them new passwords.
//!
//! Promises: a password is at least [`password::SHORTEST`] characters long or made here from 100
//! random bits; only its Argon2id hash is kept. A new password ends every session of that name and
//! opens it if it was shut.

use data_encoding::HEXLOWER;

use crate::clock;
use crate::random::{self, NoRandom};
use crate::store::audit::{self, Entry};
use crate::store::staff::{self, Role, Staff};
use crate::store::{
    SqlError, Store, StoreError, Tx, api_tokens, calendars, passkeys, second, sessions, tries,
};
use crate::web::audit::SIGN_IN_FAILED;
use crate::web::password::{self, PasswordError};
use crate::web::sign_in;

/// Most characters of a name.
const LONGEST: usize = 200;

/// What somebody new does here.
#[derive(Debug, Clone)]
pub struct Place {
    /// As what.
    pub role: Role,
    /// With whom; may be empty.
    pub team: String,
    /// Where to tell them of what waits; may be empty.
    pub mail: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// No name to sign in with.
    #[error(
        "a name to sign in with has 1 to {LONGEST} characters and no line breaks; choose another"
    )]
    Name,
    /// The name is taken.
    #[error("{0:?} may sign in already; choose another name, or give that one a new password")]
    Taken(String),
    /// Nobody has the name.
    #[error("nobody signs in as {0:?}; add that name first")]
    Nobody(String),
    /// Not them, or not now.
    #[error(
        "{0:?} and this password do not fit, or the name is shut for a while after wrong passwords: \
         nothing was done; try again in 15 minutes at most"
    )]
    Wrong(String),
    /// Nobody would be left.
    #[error(
        "{0:?} is the only administrator who may sign in: make somebody else an administrator first, so that accounts \
         and computers stay in somebody's hands; nothing was changed"
    )]
    LastAdministrator(String),
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl From<SqlError> for StaffError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// Adds somebody. May wait: not for async code.
pub fn add(store: &Store, name: &str, password: &str, place: &Place) -> Result<(), StaffError> {
    let name = sound_name(name).ok_or(StaffError::Name)?;
    let id: [u8; 16] = random::bytes()?;
    let mut new = Staff::new(
        HEXLOWER.encode(&id),
        name,
        password::hash(password)?,
        place.role,
    );
    new.team = place.team.trim().to_owned();
    new.mail = place.mail.trim().to_owned();
    store.write_blocking("add staff", move |tx| {
        if staff::by_name(tx, &new.name)?.is_some() {
            return Err(StaffError::Taken(new.name));
        }
        Ok(staff::add(tx, &new)?)
    })
}

/// A name to sign in with, without blanks around it.
pub(crate) fn sound_name(name: &str) -> Option<String> {
    let name = name.trim();
    let sound =
        !name.is_empty() && name.chars().count() <= LONGEST && !name.contains(char::is_control);
    sound.then(|| name.to_owned())
}

/// Is it them? Wrong passwords count as they do at the sign-in, and shut the name for as long. May wait:
/// not for async code.
pub fn identify(store: &Store, name: &str, password: &str) -> Result<Staff, StaffError> {
    let name = name.trim().to_owned();
    let (who, given) = (name.clone(), password.to_owned());
    let known = store.write_blocking("identify", move |tx| {
        let now = clock::now();
        let somebody = staff::by_name(tx, &who)?;
        let right = password::check(&given, somebody.as_ref().map(|staff| staff.hash.as_str()));
        let Some(somebody) = somebody else {
            return Ok(None);
        };
        if somebody.locked_until.is_some_and(|until| now < until) || somebody.closed.is_some() {
            return Ok(None);
        }
        if right {
            staff::clear_failures(tx, &somebody.id)?;
            return Ok(Some(somebody));
        }
        let failed = staff::count_failure(tx, &somebody.id)?;
        if let Some(shut) = sign_in::shut(failed) {
            staff::lock(tx, &somebody.id, now.saturating_add(shut))?;
        }
        enter(tx, somebody.id, SIGN_IN_FAILED, "", now)?;
        Ok::<_, StaffError>(None)
    })?;
    known.ok_or(StaffError::Wrong(name))
}

/// Changes what somebody does here; they must sign in again. Gives them as they are now. May wait: not
/// for async code.
pub fn change(
    store: &Store,
    name: &str,
    how: impl FnOnce(&mut Staff) + Send,
) -> Result<Staff, StaffError> {
    let name = name.trim().to_owned();
    let found = store.read_blocking(|read| Ok::<_, StoreError>(staff::by_name(read, &name)?))?;
    let Some(mut somebody) = found else {
        return Err(StaffError::Nobody(name));
    };
    how(&mut somebody);
    let changed = somebody.clone();
    store.write_blocking("change staff", move |tx| {
        if staff::leaves_no_administrator(tx, &changed)? {
            return Err(StaffError::LastAdministrator(changed.name));
        }
        staff::change(tx, &changed)?;
        let on = match changed.closed {
            None => changed.role.as_str(),
            Some(_) => "signs in no more",
        };
        enter(tx, changed.id, "changed_role", on, clock::now())
    })?;
    Ok(somebody)
}

/// Gives somebody a new password; their tokens and their calendar's address end with the old one. May wait: not for
/// async code.
pub fn set_password(store: &Store, name: &str, password: &str) -> Result<(), StaffError> {
    let name = name.trim().to_owned();
    let hash = password::hash(password)?;
    store.write_blocking("new password", move |tx| {
        let Some(somebody) = staff::by_name(tx, &name)? else {
            return Err(StaffError::Nobody(name));
        };
        let now = clock::now();
        renew(tx, &somebody.id, &hash, None, "", now)?;
        enter(tx, somebody.id, "new_password", "", now)
    })
}

/// Ends every second factor of somebody, and signs them out. May wait: not for async code.
pub fn reset_second(store: &Store, name: &str) -> Result<(), StaffError> {
    let name = name.trim().to_owned();
    store.write_blocking("reset second factor", move |tx| {
        let Some(somebody) = staff::by_name(tx, &name)? else {
            return Err(StaffError::Nobody(name));
        };
        let now = clock::now();
        end_second(tx, &somebody.id, now)?;
        enter(tx, somebody.id, "lost_second_factor", "", now)
    })
}

/// Keeps another password that somebody else made; nothing that the old one opened stays open. `must_change`: since
/// when they must choose one of their own. `by`: staff id of who made it; empty on the command line.
pub(crate) fn renew(
    tx: &Tx<'_>,
    id: &str,
    hash: &str,
    must_change: Option<i64>,
    by: &str,
    now: i64,
) -> Result<(), SqlError> {
    staff::set_hash(tx, id, hash, must_change)?;
    staff::clear_failures(tx, id)?;
    tries::clear_all(tx, id)?;
    sessions::end_all(tx, id)?;
    // Who needs another password may have lost more than the one before.
    api_tokens::revoke_all(tx, id, by, now)?;
    calendars::end(tx, id, now)?;
    Ok(())
}

/// No second factor of theirs counts any more, and they are signed out.
pub(crate) fn end_second(tx: &Tx<'_>, id: &str, now: i64) -> Result<(), SqlError> {
    second::end(tx, id, now)?;
    second::end_codes(tx, id, now)?;
    passkeys::end_all(tx, id, now)?;
    tries::clear_all(tx, id)?;
    sessions::end_all(tx, id)
}

/// Enters what was done to somebody, or tried in their name, on this machine.
fn enter(tx: &Tx<'_>, staff: String, action: &str, on: &str, now: i64) -> Result<(), StaffError> {
    let entry = Entry {
        id: random::row_id(now)?,
        at: now,
        staff,
        action: action.to_owned(),
        person: None,
        reason: on.to_owned(),
    };
    Ok(audit::put(tx, &entry)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            role: Role::Manager,
            team: String::new(),
            mail: String::new(),
        }
    }

    #[test]
    fn a_name_is_added_once_and_can_have_a_new_password() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let store = Store::open(&path).unwrap();
        add(&store, " morgan ", "correct horse battery", &place()).unwrap();
        let why = add(&store, "morgan", "correct horse battery", &place()).unwrap_err();
        assert!(matches!(why, StaffError::Taken(_)), "{why}");
        assert!(matches!(
            add(&store, "a\nb", "correct horse battery", &place()),
            Err(StaffError::Name)
        ));
        assert!(add(&store, "kim", "short", &place()).is_err());

        let hash = |store: &Store| {
            let found =
                store.read_blocking(|read| Ok::<_, StoreError>(staff::by_name(read, "morgan")?));
            found.unwrap().unwrap().hash
        };
        let before = hash(&store);
        assert!(!before.contains("correct"));
        set_password(&store, "morgan", "another long password").unwrap();
        assert_ne!(hash(&store), before);
        assert_eq!(
            identify(&store, "morgan ", "another long password")
                .unwrap()
                .name,
            "morgan"
        );
        let wrong = |name| identify(&store, name, "correct horse battery").unwrap_err();
        assert!(matches!(wrong("kim"), StaffError::Wrong(_)));
        for _ in 0..5 {
            assert!(matches!(wrong("morgan"), StaffError::Wrong(_)));
        }
        // The name is shut now, for the right password too.
        identify(&store, "morgan", "another long password").unwrap_err();
        let why = set_password(&store, "kim", "another long password").unwrap_err();
        assert!(matches!(why, StaffError::Nobody(_)), "{why}");
    }
}
