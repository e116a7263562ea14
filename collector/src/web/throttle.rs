//! How often there may be a try to sign in from one place, whoever it says it is.
//!
//! Promises: at most [`BURST`] tries a minute from one address or one known browser, and bounded memory however many
//! try. Whoever gives a password and shares an address with somebody who guesses is not held up by them in a browser
//! that is known. Time is an argument.

use std::collections::BTreeMap;

use super::sign_in::Place;

/// Tries that one place has in a minute.
const BURST: u32 = 20;

/// In milliseconds.
const MINUTE: i64 = 60_000;

/// Places remembered at once.
const REMEMBERED: usize = 4_096;

/// Tries by place.
#[derive(Debug)]
pub(super) struct Throttle {
    most: u32,
    tries: BTreeMap<Place, Tries>,
}

#[derive(Debug)]
struct Tries {
    since: i64,
    count: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::of(BURST)
    }
}

impl Throttle {
    /// So many a minute from one place.
    pub(super) fn of(most: u32) -> Self {
        Self {
            most,
            tries: BTreeMap::new(),
        }
    }

    /// Counts a try; the error says in how many seconds to come back.
    pub(super) fn allow(&mut self, place: &Place, now: i64) -> Result<(), u64> {
        if self.tries.len() >= REMEMBERED && !self.tries.contains_key(place) {
            self.forget(now);
        }
        let tries = self.tries.entry(place.clone()).or_insert(Tries {
            since: now,
            count: 0,
        });
        if now - tries.since >= MINUTE || now < tries.since {
            *tries = Tries {
                since: now,
                count: 0,
            };
        }
        if tries.count >= self.most {
            let left = MINUTE - (now - tries.since);
            return Err(u64::try_from(left).unwrap_or(0).div_ceil(1_000));
        }
        tries.count += 1;
        Ok(())
    }

    /// Drops what is over; if all is recent, drops the oldest.
    fn forget(&mut self, now: i64) {
        self.tries.retain(|_, tries| now - tries.since < MINUTE);
        if self.tries.len() >= REMEMBERED {
            let oldest = self.tries.iter().min_by_key(|(_, tries)| tries.since);
            if let Some(place) = oldest.map(|(place, _)| place.clone()) {
                self.tries.remove(&place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_tries_each_minute() {
        let mut throttle = Throttle::default();
        let one = Place::Address("192.0.2.1".parse().unwrap());
        let other = Place::Address("192.0.2.2".parse().unwrap());
        for _ in 0..BURST {
            throttle.allow(&one, 1_000).unwrap();
        }
        assert_eq!(throttle.allow(&one, 31_000), Err(30));
        assert_eq!(throttle.allow(&other, 31_000), Ok(()));
        assert_eq!(throttle.allow(&one, 61_000), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for number in 0..10_000_u32 {
            let place = Place::Address(std::net::Ipv4Addr::from(number).into());
            throttle.allow(&place, i64::from(number)).unwrap();
        }
        assert!(throttle.tries.len() <= REMEMBERED);
    }
}
