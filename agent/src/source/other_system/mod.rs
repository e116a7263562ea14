//! Signs that another system ran on this computer.
//!
//! - `mount_count`, `last_mount`, `last_write`: a volume of ext2, ext3 or ext4 counts its mounts and
//!   notes their times, whichever system makes them. More of them than this system's own mean that
//!   another had the volume.
//! - `boot_entry`, `boot_current`, `boot_order`, `boot_next`: the firmware (UEFI) has a new entry to
//!   start from, started another one, tries another one first, or will at the next start.
//!
//! Promises: what happened while the agent was down is found at its next start; each sign says in its
//! `detail` what else can make it: checks and repairs (fsck, tune2fs), a rescue system, a start of this
//! system at which the agent did not run, firmware and updates that make entries by themselves.
//!
//! Refuses: to read anything of a volume but its superblock; volumes that can be taken out, which
//! other computers may mount; to name a place outside of the system's own folders.
//!
//! Not visible: another system that mounted nothing, or only read; one that ran while this one was
//! hibernated, whose memory has the old superblock; mounts before a full check, which begins to count
//! anew; mounts while only the agent was down, since they may be this system's own; the whole of it on
//! volumes of other types (btrfs, xfs), which is said where a computer has no volume that tells. The
//! time between the last sign of life and the start of the computer is told by `power` and gaps.

mod compare;
mod cursor;
mod ext;
mod firmware;
#[cfg(test)]
mod tests;
mod volumes;

use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::BootId;
use proviso_report::fact::{Kind, OtherSystem};
use proviso_report::record::Method;

use self::compare::{Between, sign};
use self::cursor::Cursor;
use self::firmware::Firmware;
use self::volumes::Seen;
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::wake::Wake;
use super::{Context, NotTaken, Observation, Port};
use crate::platform::changes::Told;
use crate::platform::clock;

/// What was seen at the last look.
const KEY: &str = "other_system";
/// When it was wanted.
const WANTED_KEY: &str = "other_system:wanted";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::OtherSystem];
/// Between two looks, where the system tells of changes,
const NET: Duration = Duration::from_secs(900);
/// and where it does not.
const NET_ALONE: Duration = Duration::from_secs(120);
/// When a volume was seen last is kept at most so old, in seconds.
const KEPT: i64 = 3_600;
const VARIABLES: &str = "sys/firmware/efi/efivars";

/// Looks for signs until the agent stops.
pub async fn run(port: Port, context: Context) {
    let Ok(boot) = clock::boot_id() else {
        // The agent does not start without one.
        return;
    };
    run_in(PathBuf::from("/"), boot, port, context).await;
}

/// The same for another computer, whose files lie below `root`.
pub async fn run_in(root: PathBuf, boot: BootId, port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(&root, boot, &port, &context))).await;
}

async fn serve(root: &Path, boot: BootId, port: &Port, context: &Context) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(watch(root, boot, port, &turn, &mut condition));
        turns.during(work).await?;
    }
}

async fn watch(
    root: &Path,
    boot: BootId,
    port: &Port,
    turn: &Turn,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let mut wake = Wake::of_folders(NET, NET_ALONE).and_mounts();
    let stored = match port.cursor(KEY).await {
        Some(bytes) if !turn.anew => Cursor::from_bytes(&bytes),
        _ => None,
    };
    let mut between = match &stored {
        Some(cursor) if !cursor.is_of(boot) => Between::Started(started()),
        _ => Between::AgentDown,
    };
    let mut known = stored.unwrap_or_else(|| Cursor::begin(boot));
    loop {
        // Before the look, so that nothing falls in between.
        wake.watch(&root.join(VARIABLES), Told::Writes);
        match look(root, &known).await {
            Ok((seen, firmware)) => {
                match silent(&seen) {
                    Some(reason) => condition.failed(port, reason).await?,
                    None => condition.works(port).await?,
                }
                let (signs, next) = compare_all(&known, seen, firmware, between, boot);
                if next != known || !signs.is_empty() {
                    let at = clock::now();
                    let signs = signs.into_iter().map(|sign| Observation {
                        at,
                        account: None,
                        method: Method::SystemRead,
                        fact: sign.into(),
                    });
                    let signs: Vec<_> = signs.collect();
                    hand_over(port, KEY, &signs, &next.to_bytes()).await?;
                    known = next;
                }
                between = Between::Quiet;
            }
            Err(reason) => condition.failed(port, reason).await?,
        }
        let mounted = wake.next().await;
        between = if between == Between::Quiet && mounted {
            Between::Watched
        } else {
            between
        };
    }
}

/// Everything new since it was known, and what is known now.
fn compare_all(
    known: &Cursor,
    seen: Seen,
    firmware: Option<Firmware>,
    between: Between,
    boot: BootId,
) -> (Vec<OtherSystem>, Cursor) {
    let mut signs = Vec::new();
    let mut next = known.clone();
    next.set_boot(boot);
    let now = seconds(clock::now().0);
    for (uuid, volume) in seen.volumes {
        match known.volumes.get(&uuid) {
            Some(before) => {
                signs.extend(sign(before, &volume, between));
                let block = &volume.superblock;
                let same = (before.mounts, before.mounted, before.checked)
                    == (block.mounts, block.mounted, block.checked);
                // A look that finds all as it was is not worth a write, but for now and then.
                let old = now.saturating_sub(before.seen) > KEPT;
                if !same || old || !matches!(between, Between::Watched | Between::Quiet) {
                    next.note(&uuid, &volume, now);
                }
            }
            None => next.note(&uuid, &volume, now),
        }
    }
    if let Some(firmware) = firmware {
        if let Some(before) = &known.firmware {
            signs.extend(firmware.since(before));
        }
        next.firmware = Some(firmware);
    }
    (signs, next)
}

/// Why nothing of the volumes is visible, where that is so.
fn silent(seen: &Seen) -> Option<String> {
    if !seen.volumes.is_empty() {
        return None;
    }
    let types = if seen.silent.is_empty() {
        "there is none that the agent can read".to_owned()
    } else {
        format!("they are {}", seen.silent.join(", "))
    };
    Some(format!(
        "no volume of this computer counts its mounts ({types}): whether another system used them is not visible"
    ))
}

async fn look(root: &Path, known: &Cursor) -> Result<(Seen, Option<Firmware>), String> {
    let (root, labels) = (root.to_owned(), known.labels());
    let looked = tokio::task::spawn_blocking(move || {
        let seen = volumes::look(&root, &labels)?;
        Ok::<_, std::io::Error>((seen, Firmware::read(&root)))
    });
    match looked.await {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(error)) => Err(format!("what is mounted could not be read: {error}")),
        Err(_) => Err("the look at the volumes failed; restart the agent".to_owned()),
    }
}

/// When the computer was started, Unix seconds.
fn started() -> i64 {
    let since = i64::try_from(clock::boottime_ms()).unwrap_or(i64::MAX);
    seconds(clock::now().0.saturating_sub(since))
}

const fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
