//! Watches what begins to run, and who opens `/dev/kvm`.
//!
//! Where the system tells of each program as it begins, that is taken; elsewhere, in containers, the
//! list of processes is looked at every second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proviso_report::fact::{Gap, GapCause, ToolState};
use proviso_report::record::Method;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::running::{People, Whose, program, tool};
use super::tool::Tool;
use super::{Fact, KEY};
use crate::platform::accounts::Account;
use crate::platform::changes::{Changes, Told};
use crate::platform::clock;
use crate::platform::process_events::{Event, Events};
use crate::source::accounts::people;
use crate::source::computer::Computer;
use crate::source::{Health, NotTaken, Port, beat};

/// Programs that were gone before they could be looked at are said together.
const MISSED: Duration = Duration::from_secs(60);
/// Who split off whom, while it is not known what runs in it.
const MAX_PARENTS: usize = 4096;
/// Between two searches for who has `/dev/kvm` open.
const KVM_REST: Duration = Duration::from_secs(5);
const KVM: &str = "kvm";

/// Watches until nobody takes what is seen any more.
pub(super) async fn watch(
    computer: &Arc<dyn Computer>,
    root: &Path,
    accounts: &[Account],
    port: &Port,
    out: mpsc::Sender<Fact>,
) -> Result<(), NotTaken> {
    let people = People {
        accounts: accounts.to_vec(),
        numbers: people(&root.join("etc")),
    };
    let mut watching = Watching {
        proc: root.join("proc"),
        people,
        out: out.clone(),
        parents: BTreeMap::new(),
        missed: 0,
        due: None,
    };
    let device = root.join("dev").join(KVM);
    tokio::select! {
        result = watching.programs(port) => result,
        result = machines(computer, &device, accounts, out) => result,
    }
}

/// What runs in each process; nothing is said of those of others.
type Running = BTreeMap<u32, Option<PathBuf>>;

struct Watching {
    proc: PathBuf,
    people: People,
    out: mpsc::Sender<Fact>,
    /// Parents of processes in which nothing has begun yet.
    parents: BTreeMap<u32, u32>,
    missed: u64,
    /// When it is to be said.
    due: Option<Instant>,
}

impl Watching {
    async fn programs(&mut self, port: &Port) -> Result<(), NotTaken> {
        // Before the list is looked at, so that nothing falls in between.
        let events = Events::open();
        let mut running = Running::new();
        self.list(&mut running).await?;
        // `process` says why, where that is no container.
        let Ok(mut events) = events else {
            loop {
                beat::wait().await;
                self.list(&mut running).await?;
            }
        };
        drop(running);
        loop {
            let due = self.due.unwrap_or_else(|| Instant::now() + MISSED);
            tokio::select! {
                biased;
                () = sleep_until(due), if self.due.is_some() => self.tell_missed(port).await?,
                event = events.next() => match event {
                    Ok(event) => self.take(event, port).await?,
                    Err(error) => {
                        tracing::warn!(%error, "the system tells of no more programs; the list is looked at every second");
                        let mut running = Running::new();
                        loop {
                            self.list(&mut running).await?;
                            beat::wait().await;
                        }
                    }
                },
            }
        }
    }

    async fn take(&mut self, event: Event, port: &Port) -> Result<(), NotTaken> {
        match event {
            Event::Forked { parent, child } => {
                self.parents.insert(child, parent);
                if self.parents.len() > MAX_PARENTS {
                    self.parents.pop_first();
                }
                Ok(())
            }
            Event::Began(pid) => {
                let parent = self.parents.remove(&pid);
                let process = self.proc.join(pid.to_string());
                if self.people.is_others(&process) {
                    return Ok(());
                }
                match program(&process) {
                    Some(exe) => self.began(pid, &exe, Method::ProcessEvent).await,
                    None => {
                        let whose = parent.map(|parent| self.people.whose(&self.proc, parent));
                        if matches!(whose, Some(Whose::Account(_))) {
                            self.missed = self.missed.saturating_add(1);
                            self.due.get_or_insert_with(|| Instant::now() + MISSED);
                        }
                        Ok(())
                    }
                }
            }
            Event::Ended(pid) => {
                self.parents.remove(&pid);
                Ok(())
            }
            Event::Lost => {
                let detail = "more programs began at once than the agent could take; a tool among them is seen if it still runs";
                gap(port, None, detail).await?;
                self.list(&mut Running::new()).await
            }
        }
    }

    /// Looks at all that runs, but for what it has looked at before.
    async fn list(&mut self, running: &mut Running) -> Result<(), NotTaken> {
        let mut now = Running::new();
        for name in super::places::names(&self.proc) {
            let Ok(pid) = name.parse::<u32>() else {
                continue;
            };
            let process = self.proc.join(&name);
            let exe = match running.get(&pid) {
                // Another's, and not looked at again.
                Some(None) => None,
                None if self.people.is_others(&process) => None,
                _ => match program(&process) {
                    Some(exe) => Some(exe),
                    // It is gone, or the system's own.
                    None => continue,
                },
            };
            if let Some(exe) = &exe
                && running.get(&pid) != Some(&Some(exe.clone()))
            {
                self.began(pid, exe, Method::ProcessPoll).await?;
            }
            now.insert(pid, exe);
        }
        *running = now;
        Ok(())
    }

    async fn began(&self, pid: u32, exe: &Path, method: Method) -> Result<(), NotTaken> {
        let Some((tool, program)) = tool(&self.proc.join(pid.to_string()), exe) else {
            return Ok(());
        };
        let account = match self.people.whose(&self.proc, pid) {
            Whose::Account(name) => Some(name),
            Whose::System => None,
            Whose::Other => return Ok(()),
        };
        let fact = fact(tool, account.as_deref(), &program).by(method);
        self.out.send(fact).await.map_err(|_| NotTaken::Closed)
    }

    async fn tell_missed(&mut self, port: &Port) -> Result<(), NotTaken> {
        self.due = None;
        let missed = std::mem::take(&mut self.missed);
        let detail = "programs began and ended before it could be seen whether they were tools";
        gap(port, Some(missed), detail).await
    }
}

fn fact(tool: &Tool, account: Option<&str>, program: &str) -> Fact {
    let service = tool.services.contains(&program);
    let (state, sign) = if service {
        (ToolState::Configured, format!("its service {program} runs"))
    } else {
        (ToolState::Used, format!("the program {program} runs"))
    };
    Fact::of(tool, account, state, sign)
}

async fn gap(port: &Port, count: Option<u64>, detail: &str) -> Result<(), NotTaken> {
    let gap = Gap {
        cause: GapCause::Overflow,
        source: Some(KEY.to_owned()),
        count,
        from: None,
        to: Some(clock::now().0),
        detail: detail.to_owned(),
    };
    port.health(Health::Lost(gap)).await
}

/// Programs of the accounts that make a computer inside this one, whatever they are called.
async fn machines(
    computer: &Arc<dyn Computer>,
    device: &Path,
    accounts: &[Account],
    out: mpsc::Sender<Fact>,
) -> Result<(), NotTaken> {
    let opened = Changes::open().and_then(|mut changes| {
        changes.watch(device, Told::Opens)?;
        Ok(changes)
    });
    let Ok(mut opened) = opened else {
        // There is none on this computer.
        return std::future::pending().await;
    };
    loop {
        for account in accounts {
            let (computer, owner) = (Arc::clone(computer), account.owner);
            let looked = tokio::task::spawn_blocking(move || computer.programs(owner, &[KVM]));
            let Ok(Ok(programs)) = looked.await else {
                continue;
            };
            if programs
                .iter()
                .any(|it| it.files.iter().any(|file| file == device))
            {
                let fact = Fact {
                    account: Some(account.name.clone()),
                    name: KVM.to_owned(),
                    class: "virtual_machine",
                    state: ToolState::Used,
                    sign: "a program has /dev/kvm open".to_owned(),
                    method: Method::ProcessPoll,
                    which: String::new(),
                    common: false,
                };
                out.send(fact).await.map_err(|_| NotTaken::Closed)?;
            }
        }
        sleep(KVM_REST).await;
        if let Err(error) = opened.next(|_| true).await {
            tracing::warn!(%error, "who opens /dev/kvm is not seen any more");
            return std::future::pending().await;
        }
    }
}
