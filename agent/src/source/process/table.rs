//! The system's list of processes.
//!
//! A process is named by its number and the second it started in; a number alone is given again.
//! Which there are is asked of a library that many systems answer; one process is looked at by the
//! fastest way that this system has.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use sysinfo::{
    Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, ThreadKind, UpdateKind,
};

use crate::platform::accounts::Owner;
use crate::platform::program::{FileKey, Look, ProgramFile, Running, look};

/// Room for arguments in one record, whatever they hold.
const MAX_ARGS: usize = 8 * 1024;
/// Stands for what was cut off.
const CUT: &str = "…";
/// What Linux puts behind the path of a file that was replaced since.
const DELETED: &str = " (deleted)";

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its number.
    pub(super) pid: u32,
    /// When it started, in seconds since boot.
    pub(super) since_boot: u64,
    /// The same in Unix milliseconds.
    pub(super) started: i64,
    /// Whose it is.
    pub(super) owner: Option<String>,
    /// Who started it.
    pub(super) parent: Option<u32>,
    /// What it runs.
    pub(super) image: Image,
    /// Which file that is, whatever lies at its path by now.
    pub(super) file: Option<FileKey>,
}

/// A program as it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    /// Its file.
    pub(super) exe: Option<String>,
    /// Its short name.
    pub(super) name: String,
    /// Its arguments, without its own name.
    pub(super) args: Vec<String>,
}

/// What became of a look at one process.
#[derive(Debug)]
pub(super) enum Found {
    /// It is one of theirs, and this is its file.
    Theirs(Box<Seen>, Option<ProgramFile>),
    /// It is somebody else's.
    Others,
    /// It is gone.
    Gone,
}

/// Looks at processes.
#[derive(Debug)]
pub(super) struct Table {
    system: System,
    boot: u64,
}

impl Table {
    /// Looks at nothing yet; `None`: this system does not tell.
    pub(super) fn new() -> Option<Self> {
        let system = System::new().ok()?;
        let boot = System::boot_time().ok()?;
        Some(Self { system, boot })
    }

    /// Looks at one process, if it is one of these owners'.
    pub(super) fn one(&mut self, pid: u32, owners: &[Owner]) -> Found {
        match look(pid, |owner| owners.contains(&owner)) {
            Look::Theirs(running) => {
                let seen = Box::new(self.running(pid, &running));
                Found::Theirs(seen, running.file)
            }
            Look::Others => Found::Others,
            Look::Gone => Found::Gone,
            Look::Unsupported => self.one_slowly(pid, owners),
        }
    }

    fn one_slowly(&mut self, pid: u32, owners: &[Owner]) -> Found {
        let Some(user) = self.owner(pid) else {
            return Found::Gone;
        };
        if !owners.iter().any(|owner| is_owner(&user, *owner)) {
            return Found::Others;
        }
        let kind = details().with_user(UpdateKind::Always);
        let found = self.refresh(pid, kind).is_some();
        let process = self.system.process(Pid::from_u32(pid));
        match process.filter(|_| found).and_then(|it| self.seen(it)) {
            Some(seen) => Found::Theirs(Box::new(seen), None),
            None => Found::Gone,
        }
    }

    /// Whose a process is; `None`: it is gone.
    pub(super) fn owner(&mut self, pid: u32) -> Option<String> {
        let kind = nothing().with_user(UpdateKind::Always);
        let process = self.refresh(pid, kind)?;
        process.user_id().map(|user| user.to_string())
    }

    /// The file of a program, whoever's it is.
    pub(super) fn exe(&mut self, pid: u32) -> Option<String> {
        let kind = nothing().with_exe(UpdateKind::Always);
        exe(self.refresh(pid, kind)?)
    }

    fn refresh(&mut self, pid: u32, kind: ProcessRefreshKind) -> Option<&Process> {
        let pid = Pid::from_u32(pid);
        let only = ProcessesToUpdate::Some(&[pid]);
        self.system.refresh_processes_specifics(only, true, kind);
        self.system.process(pid)
    }

    /// Looks at all of them; gives those of these owners, with what they run.
    pub(super) fn all(&mut self, owners: &[Owner]) -> BTreeMap<u32, Seen> {
        // Each time: a process that signs somebody in begins as the system's and becomes theirs.
        let kind = nothing().with_user(UpdateKind::Always);
        self.system
            .refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let mut theirs: Vec<Pid> = self
            .system
            .processes()
            .values()
            .filter(|process| is(process, owners))
            .map(Process::pid)
            .collect();
        theirs.sort_unstable();
        // What others run is not looked at.
        let found = theirs
            .iter()
            .filter_map(|pid| match self.one(pid.as_u32(), owners) {
                Found::Theirs(seen, _) => Some((seen.pid, *seen)),
                Found::Others | Found::Gone => None,
            });
        found.collect()
    }

    fn running(&self, pid: u32, running: &Running) -> Seen {
        let started = self.boot.saturating_add(running.since_boot);
        let exe = running.file.as_ref().map(|file| file.path().to_owned());
        Seen {
            pid,
            since_boot: running.since_boot,
            started: i64::try_from(started)
                .unwrap_or(i64::MAX)
                .saturating_mul(1000),
            owner: Some(running.owner.0.to_string()),
            parent: running.parent,
            image: image(exe, &running.name, &running.args),
            file: running.file.as_ref().map(ProgramFile::key),
        }
    }

    fn seen(&self, process: &Process) -> Option<Seen> {
        if process.thread_kind() == Some(ThreadKind::Kernel) {
            return None;
        }
        Some(Seen {
            pid: process.pid().as_u32(),
            since_boot: process.start_time().saturating_sub(self.boot),
            started: i64::try_from(process.start_time())
                .unwrap_or(i64::MAX)
                .saturating_mul(1000),
            owner: process.user_id().map(|user| user.to_string()),
            parent: process.parent().map(Pid::as_u32),
            image: image(exe(process), process.name(), process.cmd()),
            file: None,
        })
    }
}

impl Seen {
    /// Are these one process?
    pub(super) fn is_same_process(&self, other: &Self) -> bool {
        (self.pid, self.since_boot) == (other.pid, other.since_boot)
    }

    /// Do they run one file with the same arguments?
    pub(super) fn runs_the_same(&self, other: &Self) -> bool {
        (&self.image, self.file) == (&other.image, other.file)
    }
}

/// Processes alone: the library lists each thread of a program beside it if it is not told.
fn nothing() -> ProcessRefreshKind {
    ProcessRefreshKind::nothing().without_tasks()
}

fn details() -> ProcessRefreshKind {
    nothing()
        .with_exe(UpdateKind::Always)
        .with_cmd(UpdateKind::Always)
}

/// The system names owners by text, since some systems have no numbers.
pub(super) fn is_owner(user: &str, owner: Owner) -> bool {
    user == owner.0.to_string()
}

fn is(process: &Process, owners: &[Owner]) -> bool {
    let Some(user) = process.user_id().map(|user| user.to_string()) else {
        return false;
    };
    owners.iter().any(|owner| is_owner(&user, *owner))
}

fn exe(process: &Process) -> Option<String> {
    let exe = process.exe()?.to_string_lossy();
    let exe = exe.strip_suffix(DELETED).unwrap_or(&exe);
    (!exe.is_empty()).then(|| exe.to_owned())
}

fn image(exe: Option<String>, short: &OsStr, args: &[OsString]) -> Image {
    // The system's own short name is cut at 15 characters.
    let name = exe
        .as_deref()
        .and_then(|exe| exe.rsplit(['/', '\\']).next())
        .map_or_else(|| short.to_string_lossy().into_owned(), str::to_owned);
    let args = arguments(args.get(1..).unwrap_or_default());
    Image { exe, name, args }
}

/// As many as fit; what does not fit is seen to be missing.
fn arguments(args: &[OsString]) -> Vec<String> {
    let mut left = MAX_ARGS;
    let mut kept = Vec::new();
    for arg in args {
        let arg = arg.to_string_lossy();
        if arg.len() > left {
            kept.push(format!("{}{CUT}", &arg[..arg.floor_char_boundary(left)]));
            break;
        }
        // One more, so that nothing at all has a price too.
        left = left.saturating_sub(arg.len() + 1);
        kept.push(arg.into_owned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_itself() {
        let mut table = Table::new().unwrap();
        let owner = Owner(rustix::process::getuid().as_raw());
        let one = |table: &mut Table, pid| match table.one(pid, &[owner]) {
            Found::Theirs(seen, file) => (*seen, file),
            other => panic!("{other:?}"),
        };
        let (me, file) = one(&mut table, std::process::id());
        assert_eq!(Some(file.unwrap().path()), me.image.exe.as_deref());
        let exe = std::env::current_exe().unwrap();
        assert_eq!(me.image.exe.as_deref(), exe.to_str());
        let args: Vec<_> = std::env::args().skip(1).collect();
        assert_eq!(me.image.args, args);
        let user = table.owner(me.pid).unwrap();
        assert_eq!(me.owner.as_deref(), Some(&*user));
        assert!(is_owner(&user, owner) && !is_owner(&user, Owner(owner.0 + 1)));
        assert_eq!(table.exe(me.pid), me.image.exe);
        let all = table.all(&[owner]);
        assert!(me.is_same_process(&all[&me.pid]));
        assert!(table.all(&[Owner(4_000_000)]).is_empty());
        let nobody = u32::MAX >> 2;
        assert!(matches!(table.one(nobody, &[owner]), Found::Gone));
        assert_eq!(table.owner(nobody), None);
        let others = table.one(me.pid, &[Owner(owner.0 + 1)]);
        assert!(matches!(others, Found::Others));
        // The slow way sees the same.
        let Found::Theirs(mut slow, None) = table.one_slowly(me.pid, &[owner]) else {
            panic!("not found")
        };
        slow.file = me.file;
        assert_eq!(*slow, me);
    }

    #[test]
    fn a_thread_is_no_program() {
        let mut table = Table::new().unwrap();
        let owner = Owner(rustix::process::getuid().as_raw());
        let (tell, told) = std::sync::mpsc::channel();
        let (_end, ended) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            tell.send(rustix::thread::gettid()).unwrap();
            ended.recv().unwrap_err();
        });
        let thread = told.recv().unwrap().as_raw_nonzero().get().unsigned_abs();
        let all = table.all(&[owner]);
        assert!(all.contains_key(&std::process::id()));
        assert!(!all.contains_key(&thread));
    }

    #[test]
    fn arguments_fit_into_a_record() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(arguments(&words(&["-a", "", "b c"])), ["-a", "", "b c"]);
        let long = "ü".repeat(MAX_ARGS);
        let cut = arguments(&words(&["-a", &long, "lost"]));
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with(CUT) && cut[1].len() < MAX_ARGS + 4);
        assert!(arguments(&words(&["x"; 10_000])).len() < MAX_ARGS);
    }
}
