//! What is looked at with each heartbeat: who traces the agent and the process that watches it,
//! whether they were stopped, their rights and caps. Tells the service manager that the agent lives.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::fact::AgentTraced;
use tokio::sync::watch;

use super::caps::Caps;
use super::rights::Rights;
use super::status::Status;
use super::stopped::{Stopped, Woken};
use crate::platform::caps;
use crate::platform::changes::{Changes, Told};
use crate::platform::clock::Clock;
use crate::platform::files::is_systems;
use crate::platform::service_manager::Manager;
use crate::platform::signals::Continued;
use crate::source::{Context, Health, NotTaken, Port};

const PROC: &str = "/proc";
/// At least so often, however seldom the heartbeat is.
const LONGEST: Duration = Duration::from_secs(60);
/// Rights are looked at so often.
const RIGHTS: Duration = Duration::from_secs(3_600);
/// A service manager that ends the agent sends SIGCONT too: then nothing is said of it.
const ENDING: Duration = Duration::from_millis(500);

pub(super) async fn run(
    port: &Port,
    context: &Context,
    watched_by: watch::Receiver<Option<u32>>,
) -> Result<(), NotTaken> {
    let Ok(clock) = Clock::new() else {
        // The agent does not run without clocks.
        return std::future::pending().await;
    };
    let every = Duration::from_secs(context.config.heartbeat_seconds).min(LONGEST);
    let proc = Path::new(PROC);
    let mut continued = Continued::listen();
    let mut stopped = Stopped::default();
    let mut traced = Traced::default();
    let mut caps = Caps::new(caps::own());
    let mut rights = Rights::new();
    let mut looked_at_rights = None;
    let manager = Manager::of_this();
    loop {
        let awake = clock.now().awake;
        if looked_at_rights.is_none_or(|at| is_over(at, awake, RIGHTS)) {
            rights.look(port, proc).await?;
            looked_at_rights = Some(awake);
        }
        let watcher = *watched_by.borrow();
        for by in traced.look(proc, watcher) {
            port.health(Health::Sign(AgentTraced { by }.into())).await?;
        }
        for cap in caps.look(awake) {
            port.health(Health::Sign(cap.into())).await?;
        }
        manager.lives();
        let mut memory = Memory::of(&caps);
        // Only now: a journal that takes its time with the records above is no stop.
        let mut begun = clock.now();
        // Of one beat of memory's, the first change counts; the next beat tells of more.
        let next = tokio::time::sleep(every);
        tokio::pin!(next);
        loop {
            let woken = tokio::select! {
                biased;
                () = continued.next() => {
                    let now = clock.now();
                    tokio::time::sleep(ENDING).await;
                    if let Some(gap) = stopped.between(&begun, every, Woken::Continued, &now) {
                        port.health(Health::Gap(gap)).await?;
                    }
                    begun = now;
                    continue;
                }
                () = memory.changed() => false,
                () = &mut next => true,
            };
            if woken {
                break;
            }
            for cap in caps.look(clock.now().awake) {
                port.health(Health::Sign(cap.into())).await?;
            }
            memory = Memory(None);
        }
        let gap = stopped.between(&begun, every, Woken::Timer, &clock.now());
        if let Some(gap) = gap {
            port.health(Health::Gap(gap)).await?;
        }
    }
}

fn is_over(since: u64, now: u64, time: Duration) -> bool {
    u128::from(now.saturating_sub(since)) >= time.as_millis()
}

/// The system's word that a cap of memory was reached, where it gives it.
struct Memory(Option<Changes>);

impl Memory {
    fn of(caps: &Caps) -> Self {
        let open = |file: PathBuf| {
            let mut events = Changes::open().ok()?;
            events.watch(&file, Told::Writes).ok()?;
            Some(events)
        };
        Self(caps.events().and_then(open))
    }

    async fn changed(&mut self) {
        match &mut self.0 {
            Some(events) => drop(events.next(|_| true).await),
            None => std::future::pending().await,
        }
    }
}

/// Who traced at the last look.
#[derive(Debug, Default)]
struct Traced(BTreeSet<u32>);

impl Traced {
    /// Those that came since: for each, the file of its program if that may be told.
    fn look(&mut self, proc: &Path, watcher: Option<u32>) -> Vec<Option<String>> {
        let watcher = watcher.map(|pid| pid.to_string());
        let processes = std::iter::once("self").chain(watcher.as_deref());
        let now: BTreeSet<u32> = processes
            .filter_map(|process| Status::of(proc, process)?.tracer)
            .collect();
        let new = now
            .difference(&self.0)
            .map(|pid| program(proc, *pid))
            .collect();
        self.0 = now;
        new
    }
}

/// A program of the system is named; one that somebody brought along might say more of that person
/// than that it traces.
fn program(proc: &Path, pid: u32) -> Option<String> {
    let path = std::fs::read_link(proc.join(pid.to_string()).join("exe")).ok()?;
    let systems = std::fs::metadata(&path).is_ok_and(|it| is_systems(&it));
    systems.then(|| path.to_str().map(str::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tracer_is_told_once() {
        let proc = tempfile::tempdir().unwrap();
        let put = |process: &str, tracer: u32| {
            std::fs::create_dir_all(proc.path().join(process)).unwrap();
            let text = format!("TracerPid:\t{tracer}\n");
            std::fs::write(proc.path().join(process).join("status"), text).unwrap();
        };
        let mut traced = Traced::default();
        let mut look = || traced.look(proc.path(), Some(7));
        assert!(look().is_empty());
        put("self", 0);
        put("7", 40);
        assert_eq!(look(), [None]);
        assert!(look().is_empty());
        put("self", 40);
        assert!(look().is_empty(), "the same program");
        put("self", 41);
        assert_eq!(look().len(), 1);
        put("self", 0);
        put("7", 0);
        assert!(look().is_empty());
        put("self", 41);
        assert_eq!(look().len(), 1, "it came again");
    }

    #[test]
    fn a_program_of_the_system_is_named() {
        let proc = tempfile::tempdir().unwrap();
        let folder = proc.path().join("5");
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(program(proc.path(), 5), None);
        let shell = Path::new("/bin/sh").canonicalize().unwrap();
        std::os::unix::fs::symlink(&shell, folder.join("exe")).unwrap();
        assert_eq!(program(proc.path(), 5).as_deref(), shell.to_str());
    }
}
