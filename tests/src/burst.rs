//! Many files deleted at once, and what the collector then knows of it.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use proviso_report::fact::{Fact, FileWas};

use crate::agent::Computer;
use crate::held::{Held, records};
use crate::scene::Scene;
use crate::wait::until;

/// A clause under which all that happens to files is recorded.
pub const KEEPS_FILES: &str = r#"
[[clause]]
id = "7"
text = '''Storing files on any device unless what happens to them can be inspected.'''
records = ["file_change"]
"#;

/// What became of a burst.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Deletions with a record of their own.
    pub told: u64,
    /// Deletions that gaps count.
    pub counted: u64,
    /// Gaps of the source.
    pub gaps: usize,
    /// From the first deletion until all were at the collector.
    pub took: Duration,
    /// The most that was resident of the agent, KiB.
    pub peak_kib: f64,
}

/// Puts a person under the usual order and [`KEEPS_FILES`].
pub fn order_files(scene: &Scene, person: &str) -> anyhow::Result<()> {
    scene.person_with(person, KEEPS_FILES)?;
    Ok(())
}

/// Makes so many files in the account's downloads, which is made for it.
pub fn make_files(computer: &Computer, count: usize) -> anyhow::Result<PathBuf> {
    let folder = downloads(computer)?;
    for n in 0..count {
        fs::write(folder.join(name(n)), b"x")?;
    }
    Ok(folder)
}

/// The account's downloads, seen from outside.
pub fn downloads(computer: &Computer) -> anyhow::Result<PathBuf> {
    let folder = computer.account.outside.join("Downloads");
    fs::create_dir_all(&folder)?;
    let owner = Some(computer.account.uid);
    chown(&folder, owner, owner)?;
    Ok(folder)
}

/// Waits until what happens in the folder is recorded as it happens. Nothing else says when that
/// begins: so files are made in it until one of them is.
pub fn until_watched(scene: &Scene, folder: &Path, patience: Duration) -> anyhow::Result<()> {
    let mut made = 0;
    until("the downloads to be watched", patience, || {
        fs::write(folder.join(format!("first-{made}")), b"x")?;
        made += 1;
        std::thread::sleep(Duration::from_millis(200));
        let first = |held: &Held| match &held.record.fact {
            Fact::FileChange(change) => {
                change.change == FileWas::Created && change.path.contains("/first-")
            }
            _ => false,
        };
        Ok(records(&scene.collector)?.iter().any(first).then_some(()))
    })
}

/// Deletes what [`make_files`] made, and waits until all of it is known.
pub fn delete_at_once(
    scene: &Scene,
    computer: &Computer,
    count: usize,
    patience: Duration,
) -> anyhow::Result<Burst> {
    let folder = downloads(computer)?;
    let begin = Instant::now();
    for n in 0..count {
        fs::remove_file(folder.join(name(n)))?;
    }
    let wanted = count as u64;
    let (told, counted, gaps) = until("every deletion to be known", patience, || {
        let known = known(&records(&scene.collector)?);
        Ok((known.0 + known.1 >= wanted).then_some(known))
    })?;
    let id = computer.id().context("the agent is not running")?;
    Ok(Burst {
        told,
        counted,
        gaps,
        took: begin.elapsed(),
        peak_kib: peak_kib(id)?,
    })
}

/// Deletions with a record, deletions that gaps count, gaps.
fn known(records: &[Held]) -> (u64, u64, usize) {
    let (mut told, mut counted, mut gaps) = (0, 0, 0);
    for held in records {
        match &held.record.fact {
            Fact::FileChange(change)
                if change.change == FileWas::Deleted && change.path.contains("/burst-") =>
            {
                told += 1;
            }
            Fact::Gap(gap) if gap.source.as_deref() == Some("files") => {
                gaps += 1;
                counted += gap.count.unwrap_or_default();
            }
            _ => {}
        }
    }
    (told, counted, gaps)
}

fn name(n: usize) -> String {
    format!("burst-{n:05}.jpg")
}

fn peak_kib(id: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
