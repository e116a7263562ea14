//! How often one address may try to sign in, whoever it says it is.
//!
//! Promises: at most [`BURST`] tries a minute for one address, and bounded memory however many
//! addresses try. Time is an argument.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Tries that one address has in a minute.
const BURST: u32 = 10;

/// In milliseconds.
const MINUTE: i64 = 60_000;

/// Addresses remembered at once.
const REMEMBERED: usize = 4_096;

/// Tries by address.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    tries: BTreeMap<IpAddr, Tries>,
}

#[derive(Debug)]
struct Tries {
    since: i64,
    count: u32,
}

impl Throttle {
    /// Counts a try; the error says in how many seconds to come back.
    pub(super) fn allow(&mut self, address: IpAddr, now: i64) -> Result<(), u64> {
        let address = network(address);
        if self.tries.len() >= REMEMBERED && !self.tries.contains_key(&address) {
            self.forget(now);
        }
        let tries = self.tries.entry(address).or_insert(Tries {
            since: now,
            count: 0,
        });
        if now - tries.since >= MINUTE || now < tries.since {
            *tries = Tries {
                since: now,
                count: 0,
            };
        }
        if tries.count >= BURST {
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
            if let Some(address) = oldest.map(|(address, _)| *address) {
                self.tries.remove(&address);
            }
        }
    }
}

/// An IPv6 user has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => IpAddr::from((u128::from(six) >> 64 << 64).to_be_bytes()),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_ten_tries_a_minute() {
        let mut throttle = Throttle::default();
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let other: IpAddr = "192.0.2.2".parse().unwrap();
        for _ in 0..10 {
            throttle.allow(one, 1_000).unwrap();
        }
        assert_eq!(throttle.allow(one, 31_000), Err(30));
        assert_eq!(throttle.allow(other, 31_000), Ok(()));
        assert_eq!(throttle.allow(one, 61_000), Ok(()));
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one() {
        let mut throttle = Throttle::default();
        for host in 0..10_u8 {
            let address = format!("2001:db8::{host}").parse().unwrap();
            throttle.allow(address, 0).unwrap();
        }
        assert!(
            throttle
                .allow("2001:db8::ffff".parse().unwrap(), 0)
                .is_err()
        );
        assert!(throttle.allow("2001:db8:1::1".parse().unwrap(), 0).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for number in 0..10_000_u32 {
            let address = std::net::Ipv4Addr::from(number).into();
            throttle.allow(address, i64::from(number)).unwrap();
        }
        assert!(throttle.tries.len() <= REMEMBERED);
    }
}
