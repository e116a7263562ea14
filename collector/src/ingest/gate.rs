//! How many strangers may stand at the door: in all, and from one address.
//!
//! A stranger is a connection that no device has said hello on yet.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Strangers in all.
const MOST: usize = 2_048;
/// Strangers from one address. An office full of computers can stand behind one.
const FROM_ONE: usize = 128;
/// With more strangers than this, who comes must first show that its address is its own.
const CROWD: usize = 256;

/// Counts strangers.
#[derive(Debug, Default)]
pub(super) struct Gate {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// Lets one stranger stand; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    address: IpAddr,
}

impl Gate {
    /// A place for a stranger, if there is one.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Pass> {
        let address = network(address);
        let mut inside = self.lock();
        let here = inside.by_address.get(&address).copied().unwrap_or(0);
        if inside.all >= MOST || here >= FROM_ONE {
            return None;
        }
        inside.all += 1;
        inside.by_address.insert(address, here + 1);
        Some(Pass {
            gate: Arc::clone(self),
            address,
        })
    }

    /// Must addresses be proved just now?
    pub(super) fn is_crowded(&self) -> bool {
        self.lock().all >= CROWD
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.lock();
        inside.all = inside.all.saturating_sub(1);
        if let Some(here) = inside.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                inside.by_address.remove(&self.address);
            }
        }
    }
}

/// One customer has at least a /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_keep_others_out() {
        let gate = Arc::new(Gate::default());
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let mut passes: Vec<Pass> = (0..FROM_ONE).map(|_| gate.enter(here).unwrap()).collect();
        assert!(gate.enter(here).is_none());
        assert!(gate.enter("::ffff:192.0.2.1".parse().unwrap()).is_none());
        assert!(gate.enter("192.0.2.2".parse().unwrap()).is_some());
        passes.pop();
        assert!(gate.enter(here).is_some());
        passes.clear();
        assert!(gate.lock().by_address.is_empty() && gate.lock().all == 0);
    }

    #[test]
    fn a_v6_customer_is_one_and_the_door_is_not_endless() {
        let gate = Arc::new(Gate::default());
        let mut passes = Vec::new();
        for n in 0..FROM_ONE {
            passes.push(
                gate.enter(format!("2001:db8::{n:x}").parse().unwrap())
                    .unwrap(),
            );
        }
        assert!(gate.enter("2001:db8::ffff".parse().unwrap()).is_none());
        for n in 1..=(MOST / FROM_ONE) {
            for _ in 0..FROM_ONE {
                passes.extend(gate.enter(format!("198.51.100.{n}").parse().unwrap()));
            }
        }
        assert_eq!(passes.len(), MOST);
        assert!(gate.is_crowded());
        assert!(gate.enter("203.0.113.1".parse().unwrap()).is_none());
    }
}
