//! The keeper's thread: waits for messages and for time, and hands both to the keeper.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{End, Keeper};
use crate::journal::WriteError;
use crate::person::Ask;
use crate::platform::clock::Clock;
use crate::source::ToPipeline;

/// Messages taken into one commit.
const MAX_GROUP: usize = 64;

/// Where messages come from.
#[derive(Debug)]
pub struct Inlets {
    /// From sources, desk and uplink.
    pub messages: mpsc::Receiver<ToPipeline>,
    /// From people.
    pub asks: mpsc::Receiver<Ask>,
    /// To record the end; answered when that is on disk.
    pub stop: oneshot::Receiver<(End, oneshot::Sender<()>)>,
    /// To end.
    pub quit: CancellationToken,
}

/// Runs the keeper; the answer comes when it has ended.
pub fn spawn(
    keeper: Keeper,
    clock: Clock,
    inlets: Inlets,
) -> io::Result<oneshot::Receiver<Result<(), WriteError>>> {
    // A runtime of its own, for waiting only: the agent's may be gone before the last answer.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let (ended, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name("keeper".into())
        .spawn(move || {
            let outcome = runtime.block_on(run(keeper, clock, inlets));
            // Nobody waits any more when the agent was told to end at once.
            let _ = ended.send(outcome);
        })?;
    Ok(answer)
}

async fn run(mut keeper: Keeper, clock: Clock, mut inlets: Inlets) -> Result<(), WriteError> {
    let mut group = Vec::new();
    let mut stopping = false;
    loop {
        let wait = Duration::from_millis(keeper.next_tick(&clock.now()));
        tokio::select! {
            biased;
            () = inlets.quit.cancelled() => return Ok(()),
            count = inlets.messages.recv_many(&mut group, MAX_GROUP) => {
                if count == 0 {
                    return Ok(());
                }
                keeper.take(&mut group, &clock.now())?;
            }
            stop = &mut inlets.stop, if !stopping => {
                stopping = true;
                if let Ok((end, done)) = stop {
                    keeper.stop(end, &clock.now())?;
                    // Nobody waits any more when the agent was told to end at once.
                    let _ = done.send(());
                }
            }
            Some(ask) = inlets.asks.recv() => keeper.person(ask, &clock.now())?,
            () = tokio::time::sleep(wait) => keeper.tick(&clock.now())?,
        }
    }
}
