//! Devices that are not heard from any more are told of by webhook.
//!
//! Promises: what is due follows from the store and the time that is given ([`tick`]); each silence is told of
//! once, across restarts and by one collector of many. A device that is heard and falls silent again is told of
//! again.
//!
//! Refuses: to say what a silence means.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::store::{SqlError, Store, StoreError, Tx, told};

/// How often the store is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// How long a collector that begins listens first: it may have been away itself.
const FIRST: Duration = Duration::from_secs(10 * 60);

/// Devices in one transaction; the rest follow in the next round.
const TOGETHER: u64 = 500;

/// Enters the silences that are new now; says how many.
pub fn tick(tx: &Tx<'_>, hooks: &[String], now: i64) -> Result<usize, SqlError> {
    let mut entered = 0;
    for silence in told::silent(tx, now, TOGETHER)? {
        entered += usize::from(told::put(tx, &silence, hooks, now)?);
    }
    Ok(entered)
}

/// Looks until `stop`.
pub async fn run(store: Store, hooks: Vec<String>, stop: CancellationToken) {
    if hooks.is_empty() {
        // A part that ends by itself ends the collector.
        return stop.cancelled().await;
    }
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = LOOK;
        match round(&store, &hooks).await {
            Ok(0) => {}
            Ok(devices) => tracing::info!(devices, "not heard from for a day"),
            Err(error) => tracing::warn!(%error, "cannot tell which devices are silent"),
        }
    }
}

/// Looking is cheap; only what is new needs the one writer.
async fn round(store: &Store, hooks: &[String]) -> Result<usize, StoreError> {
    let now = clock::now();
    let new = store
        .read(move |read| Ok::<_, StoreError>(told::silent(read, now, 1)?))
        .await?;
    if new.is_empty() {
        return Ok(0);
    }
    let hooks = hooks.to_vec();
    let enter = move |tx: &Tx<'_>| Ok::<_, StoreError>(tick(tx, &hooks, now)?);
    store.write("tell of silence", enter).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::cases::tests::{Fixture, device};
    use crate::store::devices::{self, SILENT};
    use crate::store::outbox::{self, About};
    use crate::store::told::Told;

    #[test]
    fn each_silence_is_told_of_once_and_a_new_one_again() {
        let fixture = Fixture::new(&[1, 2]);
        let hooks = vec!["webhook-1".to_owned()];
        let enrolled = device(1).enrolled;
        let tick = |now| {
            let hooks = hooks.clone();
            fixture.write(move |tx| tick(tx, &hooks, now))
        };
        fixture.write(move |tx| devices::retire(tx, device(2).id));
        assert_eq!(tick(enrolled + SILENT), 0, "not yet");
        assert_eq!(tick(enrolled + SILENT + 1), 1);
        assert_eq!(tick(enrolled + 9 * SILENT), 0, "once");
        fixture.write(move |tx| devices::touch(tx, device(1).id, enrolled + 9 * SILENT));
        assert_eq!(tick(enrolled + 10 * SILENT + 1), 1, "again");
        let parcels =
            fixture.write(move |tx| outbox::claim(tx, "webhook-1", i64::MAX / 2, 9, |_| 0));
        let told = |since| {
            About::Told(Told::DeviceSilent {
                device: device(1).id,
                person: Fixture::person(1),
                since,
            })
        };
        let about: Vec<_> = parcels.into_iter().map(|one| one.about).collect();
        assert_eq!(about, [told(enrolled), told(enrolled + 9 * SILENT)]);
    }

    #[test]
    fn without_a_webhook_nothing_is_entered() {
        let fixture = Fixture::new(&[1]);
        let now = device(1).enrolled + 2 * SILENT;
        assert_eq!(fixture.write(move |tx| tick(tx, &[], now)), 0);
        assert_eq!(fixture.read(|read| told::silent(read, now, 9)).len(), 1);
    }
}
