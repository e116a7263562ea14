//! Random bytes from the system.

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};

/// The system gave none.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random numbers; nothing was done; try again")]
pub struct NoRandom;

/// `N` of them.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut out = [0; N];
    SystemRandom::new().fill(&mut out).map_err(|_| NoRandom)?;
    Ok(out)
}

/// A row's name that sorts by `at`: 16 digits of Unix milliseconds, then 16 random ones.
pub fn row_id(at: i64) -> Result<String, NoRandom> {
    let tail: [u8; 8] = bytes()?;
    Ok(format!("{:016x}{}", at.max(0), HEXLOWER.encode(&tail)))
}

/// At which moment a row got its name: rows that one form made share it. None: the name is not one of [`row_id`].
#[must_use]
pub fn made_at(row: &str) -> Option<i64> {
    i64::from_str_radix(row.get(..16)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_ids_sort_by_time_and_differ() {
        let (early, late) = (row_id(999).unwrap(), row_id(1_000).unwrap());
        assert!(early < late);
        assert_ne!(row_id(5).unwrap(), row_id(5).unwrap());
        assert_eq!(early.len(), 32);
        assert_eq!(made_at(&late), Some(1_000));
        assert_eq!(made_at("1"), None);
    }
}
