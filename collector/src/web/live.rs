//! The stream that tells an open page that something changed.
//!
//! Promises: an alert is told at once, and so is what somebody does here to a case or to who sees whom (not what
//! ends by its time, nor what another program puts into the store); signs of life are told together, every few
//! seconds; a stream that fell behind is told to look again. A stream ends with its session.
//!
//! Refuses: to tell anybody of a person whom they do not see, and to say what changed. It carries the opaque id of the person at most; what a page may
//! show it asks for itself, through the same gate as everybody.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_stream::wrappers::ReceiverStream;

use crate::store::Change;

use super::Site;
use super::fault::Fault;
use super::gate::Signed;

/// How often signs of life are told.
const CONTACTS: Duration = Duration::from_secs(5);

/// How often the session is looked at.
const SESSION: Duration = Duration::from_secs(30);

/// How often a quiet stream shows that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// Events on their way to one browser; one that reads slower than this is told less.
const QUEUE: usize = 16;

/// The stream.
pub(super) async fn stream(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let permit = Arc::clone(&site.streams)
        .try_acquire_owned()
        .map_err(|_| Fault::Busy {
            what: "open pages",
            seconds: 60,
        })?;
    let (out, events) = mpsc::channel(QUEUE);
    let changes = site.store.changes();
    tokio::spawn(async move {
        follow(&site, &signed, changes, out).await;
        drop(permit);
    });
    let events = ReceiverStream::new(events);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

type Out = mpsc::Sender<Result<Event, Infallible>>;

async fn follow(site: &Site, signed: &Signed, mut changes: broadcast::Receiver<Change>, out: Out) {
    let mut contacts = tokio::time::interval_at(Instant::now() + CONTACTS, CONTACTS);
    contacts.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut session_ends = tokio::time::interval_at(Instant::now() + SESSION, SESSION);
    let mut heard = false;
    // Firefox takes a stream for open only once something of it has come.
    if out
        .send(Ok(Event::default().comment("open")))
        .await
        .is_err()
    {
        return;
    }
    loop {
        let whose = tokio::select! {
            () = site.stop.cancelled() => return,
            () = out.closed() => return,
            _ = session_ends.tick() => {
                if !site.still_signed_in(signed.hash).await {
                    return;
                }
                continue;
            }
            _ = contacts.tick(), if heard => {
                heard = false;
                String::new()
            }
            change = changes.recv() => match change {
                Ok(
                    Change::Alert { person, .. }
                    | Change::Case { person }
                    | Change::Incident { person, .. },
                ) => {
                    if !site.sees(signed, &person).await {
                        continue;
                    }
                    person.to_string()
                }
                Ok(Change::Sight) => String::new(),
                Ok(Change::Contact { .. }) => {
                    heard = true;
                    continue;
                }
                Err(RecvError::Lagged(_)) => String::new(),
                Err(RecvError::Closed) => return,
            },
        };
        if out
            .send(Ok(Event::default().event("change").data(whose)))
            .await
            .is_err()
        {
            return;
        }
    }
}
