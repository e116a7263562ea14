//! Passwords: Argon2id with the parameters that OWASP asks for (19 MiB, two passes).
//!
//! Promises: a check takes as long for a name that nobody has as for one that somebody has.
//!
//! Refuses: passwords that are short enough to guess, long enough to be no password, or that not every keyboard
//! types.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use data_encoding::BASE32_NOPAD;

use crate::random::{self, NoRandom};

/// Fewest characters of a password that a person chose.
pub const SHORTEST: usize = 12;

/// Most bytes.
pub const LONGEST: usize = 1_024;

/// A sound hash that no password is known for, for names that nobody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm8gb25lIGhhcyB0aGlz$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too easy to guess.
    #[error("a password needs at least {SHORTEST} characters; choose a longer one")]
    Short,
    /// No password.
    #[error("a password has at most {LONGEST} bytes; choose a shorter one")]
    Long,
    /// Not to be typed.
    #[error(
        "a password holds letters, digits, signs and blanks, and no tabs or other control characters, which not \
         every keyboard types; choose another"
    )]
    Control,
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The hash failed.
    #[error("the password could not be hashed: {0}; nothing was stored")]
    Hash(String),
}

/// The text to keep instead of a password.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::Short);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::Long);
    }
    if password.contains(char::is_control) {
        return Err(PasswordError::Control);
    }
    let salt: [u8; 16] = random::bytes()?;
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Hash(error.to_string()))
}

/// A password that nobody chose: 100 bits in groups that can be read aloud.
pub fn generate() -> Result<String, PasswordError> {
    let bytes: [u8; 13] = random::bytes()?;
    let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
    let letters: Vec<char> = text.chars().take(20).collect();
    let groups: Vec<String> = letters
        .chunks(5)
        .map(|group| group.iter().collect())
        .collect();
    Ok(groups.join("-"))
}

/// Whether `password` is the one that `kept` was made from. Takes its time whatever the answer.
pub fn check(password: &str, kept: Option<&str>) -> bool {
    let parsed = kept.and_then(|kept| PasswordHash::new(kept).ok());
    let known = parsed.is_some();
    let Some(parsed) = parsed.or_else(|| PasswordHash::new(NOBODY).ok()) else {
        return false;
    };
    let password = password.get(..LONGEST).unwrap_or(password);
    let right = Argon2::default().verify_password(password.as_bytes(), &parsed);
    known && right.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_opens_and_no_other() {
        let kept = hash("correct horse battery").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(check("correct horse battery", Some(&kept)));
        assert!(!check("correct horse batterz", Some(&kept)));
        assert!(!check("correct horse battery", Some("garbage")));
        assert!(!check("correct horse battery", None));
    }

    #[test]
    fn the_hash_for_nobody_is_a_real_one() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(nobody.hash.map(|hash| hash.as_bytes().len()), Some(32));
    }

    #[test]
    fn a_made_password_is_long_enough_and_never_the_same() {
        let one = generate().unwrap();
        assert_eq!(one.len(), 23);
        assert_ne!(one, generate().unwrap());
        hash(&one).unwrap();
    }

    #[test]
    fn a_short_or_endless_password_is_refused() {
        assert!(matches!(hash("hunter2"), Err(PasswordError::Short)));
        assert!(matches!(hash(&"x".repeat(2_000)), Err(PasswordError::Long)));
    }

    #[test]
    fn a_password_that_not_every_keyboard_types_is_refused() {
        for odd in ['\0', '\t', '\u{7f}', '\u{85}', '\n'] {
            let given = format!("correct horse{odd} battery");
            assert!(
                matches!(hash(&given), Err(PasswordError::Control)),
                "{odd:?}"
            );
        }
        hash("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{1f40e} \u{e9}\u{e8} na\u{ef}ve")
            .unwrap();
    }
}
