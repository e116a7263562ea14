//! The devices that are connected now.
//!
//! Promises: of one device one connection counts, the newest; the older hears that it was replaced.
//! A new order reaches a connected device within about a second, whatever process put it, and however it met
//! with the device's coming: who took a seat is looked at once more, since what it was welcomed with may be older.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::store::{DeviceId, Hash, Read, SqlError, devices, orders, updates};

/// Who is connected.
#[derive(Debug, Default)]
pub(super) struct Peers {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    seats: BTreeMap<DeviceId, Taken>,
}

#[derive(Debug)]
struct Taken {
    number: u64,
    news: watch::Sender<News>,
    /// Which state of all orders it was told of since.
    told: Option<u64>,
}

/// What a connected device must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The order that is assigned to it.
    pub(super) order: Option<Hash>,
    /// How many updates of its lists there are.
    pub(super) updates: u64,
    /// It has connected anew elsewhere.
    pub(super) replaced: bool,
}

/// One connection's place. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Arc<Peers>,
    device: DeviceId,
    number: u64,
    pub(super) news: watch::Receiver<News>,
}

/// What [`Peers::tell`] tells.
#[derive(Debug)]
pub(super) struct Assigned {
    generation: u64,
    devices: Vec<(DeviceId, Option<Hash>, u64)>,
}

impl Peers {
    /// Takes the device's place, from an older connection if there is one.
    pub(super) fn seat(
        self: &Arc<Self>,
        device: DeviceId,
        order: Option<Hash>,
        updates: u64,
    ) -> Seat {
        let (sender, news) = watch::channel(News {
            order,
            updates,
            replaced: false,
        });
        let mut inside = self.lock();
        let number = inside.next;
        inside.next += 1;
        let taken = Taken {
            number,
            news: sender,
            told: None,
        };
        if let Some(older) = inside.seats.insert(device, taken) {
            older.news.send_modify(|news| news.replaced = true);
        }
        Seat {
            peers: Arc::clone(self),
            device,
            number,
            news,
        }
    }

    /// The orders of those who were not told of this state of them, from one snapshot.
    pub(super) fn assigned(&self, read: &Read<'_>) -> Result<Assigned, SqlError> {
        let generation = orders::generation(read)?;
        let behind = self.behind(generation);
        let mut devices = Vec::with_capacity(behind.len());
        for device in behind {
            let order = devices::get(read, device)?.and_then(|row| row.order);
            let updates = match &order {
                Some(order) => updates::count_given(read, order)?,
                None => 0,
            };
            devices.push((device, order, updates));
        }
        Ok(Assigned {
            generation,
            devices,
        })
    }

    fn behind(&self, generation: u64) -> Vec<DeviceId> {
        let inside = self.lock();
        let seats = inside.seats.iter();
        let behind = seats.filter(|(_, taken)| taken.told != Some(generation));
        behind.map(|(device, _)| *device).collect()
    }

    /// Tells those whose order is another now, or has more updates.
    pub(super) fn tell(&self, assigned: Assigned) {
        let mut inside = self.lock();
        for (device, order, updates) in assigned.devices {
            if let Some(taken) = inside.seats.get_mut(&device) {
                taken.told = Some(assigned.generation);
                taken.news.send_if_modified(|news| {
                    let other = (news.order, news.updates) != (order, updates);
                    (news.order, news.updates) = (order, updates);
                    other
                });
            }
        }
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.lock().seats.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = self.peers.lock();
        let own = inside.seats.get(&self.device);
        if own.is_some_and(|taken| taken.number == self.number) {
            inside.seats.remove(&self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId([1; 16]);

    #[test]
    fn the_newest_connection_counts() {
        let peers = Arc::new(Peers::default());
        let older = peers.seat(DEVICE, None, 0);
        let newer = peers.seat(DEVICE, None, 0);
        assert!(older.news.borrow().replaced && !newer.news.borrow().replaced);
        drop(older);
        assert_eq!(peers.count(), 1);
        drop(newer);
        assert_eq!(peers.count(), 0);
    }

    #[test]
    fn only_who_has_another_order_is_told() {
        let peers = Arc::new(Peers::default());
        let order = Some(Hash([2; 32]));
        let (mut same, mut other) = (
            peers.seat(DEVICE, order, 1),
            peers.seat(DeviceId([3; 16]), None, 0),
        );
        let tell = |generation, devices| {
            peers.tell(Assigned {
                generation,
                devices,
            });
        };
        tell(5, vec![(DEVICE, order, 1), (DeviceId([3; 16]), order, 0)]);
        assert!(!same.news.has_changed().unwrap());
        assert!(other.news.has_changed().unwrap());
        assert_eq!(other.news.borrow_and_update().order, order);
        assert_eq!(same.news.borrow_and_update().order, order);
        // More updates are news, too.
        tell(6, vec![(DEVICE, order, 2)]);
        assert!(same.news.has_changed().unwrap());
        assert_eq!(same.news.borrow_and_update().updates, 2);
    }

    #[test]
    fn who_took_a_seat_since_is_looked_at_once_more() {
        let peers = Arc::new(Peers::default());
        let _there = peers.seat(DEVICE, None, 0);
        assert_eq!(peers.behind(5), [DEVICE]);
        peers.tell(Assigned {
            generation: 5,
            devices: vec![(DEVICE, None, 0)],
        });
        assert_eq!(peers.behind(5), []);
        // Welcomed with what was read before the last look, and seated after it.
        let _late = peers.seat(DeviceId([3; 16]), None, 0);
        assert_eq!(peers.behind(5), [DeviceId([3; 16])]);
        assert_eq!(peers.behind(6), [DEVICE, DeviceId([3; 16])]);
        let _again = peers.seat(DEVICE, None, 0);
        assert_eq!(peers.behind(5), [DEVICE, DeviceId([3; 16])]);
    }
}
