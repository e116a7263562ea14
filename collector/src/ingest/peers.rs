//! The devices that are connected now.
//!
//! Promises: of one device one connection counts, the newest; the older hears that it was replaced.
//! A new order reaches a connected device within about a second, whatever process put it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::store::{DeviceId, Hash, Read, SqlError, devices, updates};

/// Who is connected.
#[derive(Debug, Default)]
pub(super) struct Peers {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    seats: BTreeMap<DeviceId, (u64, watch::Sender<News>)>,
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
pub(super) struct Assigned(Vec<(DeviceId, Option<Hash>, u64)>);

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
        if let Some((_, older)) = inside.seats.insert(device, (number, sender)) {
            older.send_modify(|news| news.replaced = true);
        }
        Seat {
            peers: Arc::clone(self),
            device,
            number,
            news,
        }
    }

    /// Everybody's orders, from one snapshot.
    pub(super) fn assigned(&self, read: &Read<'_>) -> Result<Assigned, SqlError> {
        let connected: Vec<DeviceId> = self.lock().seats.keys().copied().collect();
        let mut assigned = Vec::with_capacity(connected.len());
        for device in connected {
            let order = devices::get(read, device)?.and_then(|row| row.order);
            let updates = match &order {
                Some(order) => updates::count_given(read, order)?,
                None => 0,
            };
            assigned.push((device, order, updates));
        }
        Ok(Assigned(assigned))
    }

    /// Tells those whose order is another now, or has more updates.
    pub(super) fn tell(&self, Assigned(assigned): Assigned) {
        let inside = self.lock();
        for (device, order, updates) in assigned {
            if let Some((_, sender)) = inside.seats.get(&device) {
                sender.send_if_modified(|news| {
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
        if own.is_some_and(|(number, _)| *number == self.number) {
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
        peers.tell(Assigned(vec![
            (DEVICE, order, 1),
            (DeviceId([3; 16]), order, 0),
        ]));
        assert!(!same.news.has_changed().unwrap());
        assert!(other.news.has_changed().unwrap());
        assert_eq!(other.news.borrow_and_update().order, order);
        assert_eq!(same.news.borrow_and_update().order, order);
        // More updates are news, too.
        peers.tell(Assigned(vec![(DEVICE, order, 2)]));
        assert!(same.news.has_changed().unwrap());
        assert_eq!(same.news.borrow_and_update().updates, 2);
    }
}
