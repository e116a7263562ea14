//! How often one token may ask.
//!
//! Promises: at most [`BURST`] requests a minute with one token, and bounded memory: only tokens that count get
//! here, and what is over is forgotten. Time is an argument.

use std::collections::BTreeMap;

/// Requests that one token has in a minute.
pub(super) const BURST: u32 = 300;

/// In milliseconds.
const MINUTE: i64 = 60_000;

/// Requests by token.
#[derive(Debug, Default)]
pub(in crate::web) struct Limits {
    asked: BTreeMap<String, (i64, u32)>,
}

impl Limits {
    /// Counts a request; the error says in how many seconds to come back.
    pub(in crate::web) fn allow(&mut self, token: &str, now: i64) -> Result<(), u64> {
        self.asked
            .retain(|_, (since, _)| (0..MINUTE).contains(&now.saturating_sub(*since)));
        let (since, count) = self.asked.entry(token.to_owned()).or_insert((now, 0));
        if *count >= BURST {
            let left = MINUTE - now.saturating_sub(*since);
            return Err(u64::try_from(left).unwrap_or(0).div_ceil(1_000));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_requests_a_minute_and_another_one_its_own() {
        let mut limits = Limits::default();
        for _ in 0..BURST {
            limits.allow("a", 1_000).unwrap();
        }
        assert_eq!(limits.allow("a", 31_000), Err(30));
        assert_eq!(limits.allow("b", 31_000), Ok(()));
        assert_eq!(limits.allow("a", 61_000), Ok(()));
        // A clock that is set back does not shut anybody out.
        assert_eq!(limits.allow("a", 5), Ok(()));
        assert_eq!(limits.asked.len(), 1);
    }
}
