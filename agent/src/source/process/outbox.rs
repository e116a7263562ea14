//! Hands news over beside the watching, which must not wait for a disk: programs that run for
//! milliseconds can be looked at only while they do. Here their files are read, too.

use std::sync::Arc;
use std::time::Duration;

use proviso_report::fact::{Fact, Kind};
use tokio::sync::mpsc;

use super::app_images::AppImages;
use super::cursor::Cursor;
use super::known::News;
use super::print::Printed;
use crate::source::browsers::arguments;
use crate::source::hand_over::hand_over;
use crate::source::{Health, NotTaken, Observation, Port, Wanted};

/// Waiting news; beyond, watching waits too, and then the system's queue.
pub(super) const WAITING: usize = 4096;
/// Programs begin in bursts.
const GATHER: Duration = Duration::from_millis(20);
const BATCH: usize = 256;

/// Something to hand over.
#[derive(Debug)]
pub(super) enum Out {
    /// With the file of a program that began.
    News(News, Option<Arc<Printed>>),
    Health(Health),
    /// It was there already: nothing is handed over but that it is known.
    Noted(u32, u64),
}

/// Hands over what is wanted until the sender is gone.
pub(super) async fn deliver(
    port: Port,
    key: &str,
    wanted: Wanted,
    mut cursor: Cursor,
    mut waiting: mpsc::Receiver<Out>,
) -> Result<(), NotTaken> {
    let mut app_images = AppImages::new(port.clone());
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH {
                let Ok(out) = waiting.try_recv() else { break };
                batch.push(out);
            }
        }
        let mut observations = Vec::new();
        for out in batch.drain(..) {
            let start = match out {
                Out::News(mut news, file) => {
                    if let Some(file) = file {
                        read(&mut news.observation, &file, &wanted, &mut app_images).await?;
                    }
                    let said = arguments::observations(&news.observation, &wanted);
                    if wanted.wants(Kind::ProcessStart) {
                        observations.push(news.observation);
                    }
                    observations.extend(said);
                    news.start
                }
                Out::Noted(pid, since_boot) => Some((pid, since_boot)),
                Out::Health(health) => {
                    // In the order in which things happened.
                    let before = std::mem::take(&mut observations);
                    if !before.is_empty() {
                        hand_over(&port, key, &before, &cursor.to_bytes()).await?;
                    }
                    port.health(health).await?;
                    None
                }
            };
            if let Some((pid, since_boot)) = start {
                cursor.note(pid, since_boot);
            }
        }
        hand_over(&port, key, &observations, &cursor.to_bytes()).await?;
    }
    Ok(())
}

/// Adds to a start what its file says.
async fn read(
    observation: &mut Observation,
    file: &Printed,
    wanted: &Wanted,
    app_images: &mut AppImages,
) -> Result<(), NotTaken> {
    let print = file.print().await;
    let Fact::ProcessStart(start) = &mut observation.fact else {
        return Ok(());
    };
    start.sha256 = print.sha256;
    start.signer.clone_from(&print.origin);
    if wanted.wants(Kind::Package) {
        let start = start.clone();
        app_images.tell(observation, &start, &print).await?;
    }
    Ok(())
}
