//! What one process runs, and for whom.

use std::fs::File;
use std::io::Read as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::states::is_program_of;
use super::table::TOOLS;
use super::tool::Tool;
use crate::platform::accounts::Account;
use crate::source::bounded;

/// Arguments looked at.
const MAX_ARGS: u64 = 16 << 10;
const MAX_STATUS: usize = 64 << 10;
/// Parents asked for whom a program runs.
const MAX_PARENTS: usize = 32;
/// What Linux puts behind the path of a file that was replaced since.
const DELETED: &str = " (deleted)";
/// Programs that run another that is a text.
const INTERPRETERS: &[&str] = &[
    "python*", "perl*", "sh", "bash", "dash", "zsh", "node", "ruby*",
];

/// For whom a program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A monitored account, or root for it.
    Account(String),
    /// The system itself.
    System,
    /// Another account of a person: nothing more is looked at.
    Other,
}

/// Who is who.
#[derive(Clone, Debug)]
pub(super) struct People {
    pub(super) accounts: Vec<Account>,
    /// Numbers of accounts of people.
    pub(super) numbers: RangeInclusive<u32>,
}

/// The file that a process runs; `None`: it is gone, or has none.
pub(super) fn program(process: &Path) -> Option<PathBuf> {
    let exe = std::fs::read_link(process.join("exe")).ok()?;
    match exe.to_str().and_then(|exe| exe.strip_suffix(DELETED)) {
        Some(before) => Some(PathBuf::from(before)),
        None => Some(exe),
    }
}

/// The tool that a process runs as this program, and the name of the tool's program.
pub(super) fn tool(process: &Path, exe: &Path) -> Option<(&'static Tool, String)> {
    let name = exe.file_name()?.to_str()?;
    if let Some(tool) = TOOLS.iter().find(|tool| is_program_of(tool, name)) {
        return is_use(tool, process).then(|| (tool, bounded::name(name)));
    }
    if is_tor_browser(exe) {
        let tool = TOOLS.iter().find(|tool| tool.name == "tor-browser")?;
        return Some((tool, bounded::name(name)));
    }
    if !INTERPRETERS
        .iter()
        .any(|it| super::places::matches(it, name))
    {
        return None;
    }
    let args = arguments(process);
    let script = script(&args)?;
    let tool = TOOLS.iter().find(|tool| is_program_of(tool, &script))?;
    is_use(tool, process).then(|| (tool, bounded::name(&script)))
}

/// The program of the text that an interpreter runs.
fn script(args: &[String]) -> Option<String> {
    for arg in args.iter().skip(1) {
        if !arg.starts_with('-') {
            let name = arg.rsplit('/').next()?;
            let name = name
                .strip_suffix(".py")
                .or_else(|| name.strip_suffix(".sh"))
                .unwrap_or(name);
            return Some(name.to_owned());
        }
        // What follows is no file.
        if matches!(&**arg, "-c" | "-e" | "-m") {
            return None;
        }
    }
    None
}

/// The browser lies in the folder that was unpacked, whatever it is called there.
fn is_tor_browser(exe: &Path) -> bool {
    let mut parts = exe
        .components()
        .filter_map(|part| part.as_os_str().to_str());
    parts.any(|part| part.starts_with("tor-browser")) && parts.any(|part| part == "Browser")
}

fn is_use(tool: &Tool, process: &Path) -> bool {
    if tool.only_with.is_empty() {
        return true;
    }
    arguments(process).iter().skip(1).any(|arg| {
        tool.only_with.iter().any(|wanted| {
            let letter = wanted.strip_prefix('-').filter(|rest| rest.len() == 1);
            let several = arg.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            arg == wanted
                || letter
                    .zip(several)
                    .is_some_and(|(one, all)| all.contains(one))
        })
    })
}

fn arguments(process: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(process.join("cmdline")) {
        // What could not be read is no sign.
        let _ = file.take(MAX_ARGS).read_to_end(&mut bytes);
    }
    let words = bytes.split(|&byte| byte == 0);
    words
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

impl People {
    /// Is it a process of an account that is none of ours? Then nothing more of it is looked at.
    pub(super) fn is_others(&self, process: &Path) -> bool {
        user_and_parent(process).is_some_and(|(user, _)| {
            self.numbers.contains(&user) && !self.accounts.iter().any(|it| it.owner.0 == user)
        })
    }

    /// For whom does this process run? Root and the system's accounts do it for whoever signed in,
    /// or for an account among their parents.
    pub(super) fn whose(&self, proc: &Path, pid: u32) -> Whose {
        let mut pid = pid;
        for _ in 0..MAX_PARENTS {
            let process = proc.join(pid.to_string());
            let Some((user, parent)) = user_and_parent(&process) else {
                return Whose::System;
            };
            let login = bounded::text(&process.join("loginuid"), 64).ok();
            let login = login.and_then(|it| it.trim().parse().ok());
            for user in [Some(user), login].into_iter().flatten() {
                if let Some(account) = self.accounts.iter().find(|it| it.owner.0 == user) {
                    return Whose::Account(account.name.clone());
                }
                if self.numbers.contains(&user) {
                    return Whose::Other;
                }
            }
            if parent <= 1 {
                break;
            }
            pid = parent;
        }
        Whose::System
    }
}

fn user_and_parent(process: &Path) -> Option<(u32, u32)> {
    let status = bounded::text(&process.join("status"), MAX_STATUS).ok()?;
    let word = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    };
    Some((word("Uid:")?, word("PPid:")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::accounts::Owner;

    fn process(proc: &Path, pid: u32, user: u32, parent: u32, args: &str) {
        let folder = proc.join(pid.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let status = format!("Name:\tx\nPPid:\t{parent}\nUid:\t{user}\t{user}\t{user}\t{user}\n");
        std::fs::write(folder.join("status"), status).unwrap();
        std::fs::write(folder.join("cmdline"), args.replace(' ', "\0")).unwrap();
    }

    fn is(args: &str, exe: &str) -> Option<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        process(dir.path(), 7, 1000, 1, args);
        tool(&dir.path().join("7"), Path::new(exe)).map(|(tool, _)| tool.name)
    }

    #[test]
    fn programs_are_known_by_name_and_by_what_they_are_asked() {
        assert_eq!(is("shred -u a", "/usr/bin/shred"), Some("shred"));
        assert_eq!(is("cat shred", "/usr/bin/cat"), None);
        assert_eq!(is("x", "/usr/bin/qemu-system-x86_64"), Some("qemu"));
        assert_eq!(
            is("x", "/home/a/VeraCrypt-1.26.AppImage"),
            Some("veracrypt")
        );
        assert_eq!(is("x", "/home/a/wipe-notes.AppImage"), None);
        assert_eq!(
            is("python3 /usr/bin/bleachbit", "/usr/bin/python3.13"),
            Some("bleachbit")
        );
        assert_eq!(
            is("python3 -I /opt/x/bleachbit.py", "/usr/bin/python3.13"),
            Some("bleachbit")
        );
        assert_eq!(is("sh -c bleachbit", "/usr/bin/dash"), None);
        assert_eq!(is("gpg --verify a", "/usr/bin/gpg"), None);
        assert_eq!(is("gpg -ac a", "/usr/bin/gpg"), Some("gpg"));
        assert_eq!(is("gpg --symmetric a", "/usr/bin/gpg"), Some("gpg"));
        assert_eq!(is("cryptsetup status x", "/usr/sbin/cryptsetup"), None);
        assert_eq!(
            is("cryptsetup open a x", "/usr/sbin/cryptsetup"),
            Some("cryptsetup")
        );
        let browser = "/home/a/tor-browser_de/Browser/firefox.real";
        assert_eq!(is("x", browser), Some("tor-browser"));
        assert_eq!(is("x", "/home/a/Browser/tor-browser/firefox"), None);
    }

    #[test]
    fn root_works_for_whoever_is_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let proc = dir.path();
        let people = People {
            accounts: vec![Account {
                name: "alex".into(),
                owner: Owner(1000),
                home: "/home/alex".into(),
            }],
            numbers: 1000..=60_000,
        };
        process(proc, 10, 1000, 1, "");
        process(proc, 11, 0, 10, "");
        process(proc, 20, 1001, 1, "");
        process(proc, 21, 0, 20, "");
        process(proc, 30, 0, 1, "");
        process(proc, 31, 107, 30, "");
        let alex = Whose::Account("alex".into());
        let whose = |pid| people.whose(proc, pid);
        assert_eq!((whose(10), whose(11)), (alex.clone(), alex.clone()));
        assert_eq!((whose(20), whose(21)), (Whose::Other, Whose::Other));
        let others = |pid: u32| people.is_others(&proc.join(pid.to_string()));
        assert!(others(20) && !others(21) && !others(10) && !others(99));
        assert_eq!((whose(30), whose(31)), (Whose::System, Whose::System));
        std::fs::write(proc.join("30/loginuid"), "4294967295").unwrap();
        assert_eq!(whose(30), Whose::System);
        std::fs::write(proc.join("30/loginuid"), "1000\n").unwrap();
        assert_eq!(whose(30), alex);
        // A ring of parents, as nothing honest has it.
        process(proc, 40, 0, 41, "");
        process(proc, 41, 0, 40, "");
        assert_eq!(whose(40), Whose::System);
    }

    proptest! {
        #[test]
        fn any_process_is_looked_at(args in "[ -~]{0,80}", exe in "(/[a-z.*-]{0,8}){0,4}") {
            let dir = tempfile::tempdir().unwrap();
            process(dir.path(), 7, 1000, 1, &args);
            let _ = tool(&dir.path().join("7"), Path::new(&exe));
        }
    }
}
