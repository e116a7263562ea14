//! What is there: installed, set up, mounted, and what the computer runs in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use proviso_report::fact::ToolState;
use proviso_report::record::Method;

use super::packages::Lists;
use super::places::{is_there, matches, names};
use super::table::TOOLS;
use super::tool::Tool;
use super::{Fact, inside};
use crate::platform::accounts::Account;
use crate::platform::changes::Told;
use crate::platform::mounts::table;
use crate::source::bounded;

/// Where programs of the system are.
const PROGRAMS: &[&str] = &[
    "usr/bin",
    "usr/sbin",
    "usr/local/bin",
    "usr/local/sbin",
    "usr/games",
    "snap/bin",
    "opt",
];
/// Where an account has programs of its own,
const OWN_PROGRAMS: &[&str] = &[".local/bin", "bin", "Applications"];
/// and where they are only if their name says so.
const OWN_IMAGES: &[&str] = &["Downloads", "Desktop", ""];
const IMAGE: &str = ".appimage";
const OWN_FLATPAKS: &str = ".local/share/flatpak/app";
/// Lists of packages change with these folders.
const LISTS: &[&str] = &[
    "var/lib/dpkg",
    "lib/apk/db",
    "var/lib/pacman/local",
    "var/lib/snapd/snaps",
    "var/lib/flatpak/app",
];
const MAX_MOUNTS: usize = 4 << 20;
const MAX_WORD: usize = 4096;

/// Looks at all of it.
pub(super) fn look(root: &Path, accounts: &[Account], lists: &mut Lists) -> io::Result<Vec<Fact>> {
    let mut facts = Vec::new();
    installed(root, lists, &mut facts)?;
    for account in accounts {
        own(&home(root, account), &account.name, &mut facts);
    }
    for tool in TOOLS {
        for account in accounts {
            let base = home(root, account);
            let there = |place: &&&str| {
                place
                    .strip_prefix("~/")
                    .is_some_and(|place| is_there(&base, place))
            };
            put_together(tool, Some(&account.name), there, &mut facts);
        }
        let there = |place: &&&str| {
            place
                .strip_prefix('/')
                .is_some_and(|place| is_there(root, place))
        };
        put_together(tool, None, there, &mut facts);
    }
    mounted(root, accounts, &mut facts);
    facts.extend(volumes(root));
    facts.extend(inside::look(root));
    Ok(facts)
}

/// The folders whose changes are waited for.
pub(super) fn folders(root: &Path, accounts: &[Account]) -> Vec<(PathBuf, Told)> {
    let system = PROGRAMS.iter().chain(LISTS).copied();
    let system = system.chain([
        "dev/mapper",
        "etc/wireguard",
        "etc/openvpn",
        "etc/libvirt/qemu",
    ]);
    let mut folders: Vec<PathBuf> = system.map(|folder| root.join(folder)).collect();
    for account in accounts {
        let home = home(root, account);
        let own = OWN_PROGRAMS.iter().chain(OWN_IMAGES).copied();
        let own = own.chain([OWN_FLATPAKS, ".config", "VirtualBox VMs", ".local/share"]);
        folders.extend(own.map(|folder| home.join(folder)));
    }
    folders
        .into_iter()
        .map(|folder| (folder, Told::Names))
        .collect()
}

fn home(root: &Path, account: &Account) -> PathBuf {
    root.join(account.home.strip_prefix("/").unwrap_or(&account.home))
}

/// By packages first: what a package brings needs no second sign.
fn installed(root: &Path, lists: &mut Lists, facts: &mut Vec<Fact>) -> io::Result<()> {
    let wanted = |name: &str| TOOLS.iter().any(|tool| tool.packages.contains(&name));
    let found = lists.installed(root, &wanted)?;
    let mut signs: BTreeMap<&str, Fact> = BTreeMap::new();
    for (package, manager) in &found {
        for tool in TOOLS
            .iter()
            .filter(|tool| tool.packages.contains(&&**package))
        {
            let sign = format!("the package {package} ({manager})");
            let fact = Fact::of(tool, None, ToolState::Installed, sign).by(Method::SystemRead);
            signs.entry(tool.name).or_insert(fact);
        }
    }
    let opt = names(&root.join("opt"));
    let opt = opt
        .iter()
        .flat_map(|name| [format!("opt/{name}"), format!("opt/{name}/bin")]);
    let folders = PROGRAMS.iter().map(|&folder| folder.to_owned()).chain(opt);
    for folder in folders {
        for name in names(&root.join(&folder)) {
            for tool in TOOLS.iter().filter(|tool| is_program_of(tool, &name)) {
                let sign = format!("the program /{folder}/{}", bounded::name(&name));
                let fact = Fact::of(tool, None, ToolState::Installed, sign);
                signs.entry(tool.name).or_insert(fact);
            }
        }
    }
    facts.extend(signs.into_values());
    Ok(())
}

/// What an account has for itself.
fn own(home: &Path, account: &str, facts: &mut Vec<Fact>) {
    let mut signs: BTreeMap<&str, Fact> = BTreeMap::new();
    let mut note = |tool: &Tool, sign| {
        let fact = Fact::of(tool, Some(account), ToolState::Installed, sign);
        signs.entry(tool.name).or_insert(fact);
    };
    for folder in OWN_PROGRAMS.iter().chain(OWN_IMAGES) {
        if !is_there(home, folder) {
            continue;
        }
        for name in names(&home.join(folder)) {
            let image = name.to_ascii_lowercase().ends_with(IMAGE);
            if !image && OWN_IMAGES.contains(folder) {
                continue;
            }
            for tool in TOOLS.iter().filter(|tool| is_program_of(tool, &name)) {
                let what = if image { "an AppImage" } else { "a program" };
                let place = if folder.is_empty() {
                    "the home"
                } else {
                    folder
                };
                note(tool, format!("{what} of the account, in {place}"));
            }
        }
    }
    for name in names(&home.join(OWN_FLATPAKS)) {
        for tool in TOOLS.iter().filter(|tool| tool.packages.contains(&&*name)) {
            note(tool, format!("the package {name} (flatpak) of the account"));
        }
    }
    facts.extend(signs.into_values());
}

/// Is a program file of this name one of the tool's? An AppImage is named after it.
pub(super) fn is_program_of(tool: &Tool, name: &str) -> bool {
    let known = |program: &&str| matches(program, name);
    if tool.programs.iter().chain(tool.services).any(known) {
        return true;
    }
    let lower = name.to_ascii_lowercase();
    lower.ends_with(IMAGE)
        && tool.programs.iter().any(|program| {
            // Short names begin too many others.
            program.len() > 4 && lower.starts_with(&program.to_ascii_lowercase())
        })
}

/// Folders that are the tool, and what is there once it is set up.
fn put_together(
    tool: &Tool,
    account: Option<&str>,
    there: impl Fn(&&&str) -> bool,
    facts: &mut Vec<Fact>,
) {
    for (places, state) in [
        (tool.folders, ToolState::Installed),
        (tool.set_up, ToolState::Configured),
    ] {
        let known = |fact: &Fact| {
            (fact.account.as_deref(), &*fact.name, fact.state) == (account, tool.name, state)
        };
        if let Some(place) = places.iter().find(&there)
            && !facts.iter().any(known)
        {
            facts.push(Fact::of(tool, account, state, (*place).to_owned()));
        }
    }
}

/// File systems that are there only while a tool is used.
fn mounted(root: &Path, accounts: &[Account], facts: &mut Vec<Fact>) {
    let mounts = bounded::read(&root.join("proc/self/mountinfo"), MAX_MOUNTS).unwrap_or_default();
    for mount in table::parse(&mounts) {
        let Some(tool) = TOOLS.iter().find(|tool| tool.mounts.contains(&&*mount.fs)) else {
            continue;
        };
        let account = match mount.number("user_id") {
            None | Some(0) => None,
            Some(user) => {
                let mut accounts = accounts.iter();
                match accounts.find(|account| account.owner.0 == user) {
                    Some(account) => Some(&*account.name),
                    // It is another's.
                    None => continue,
                }
            }
        };
        let sign = format!("a file system of type {} is mounted", mount.fs);
        let fact = Fact::of(tool, account, ToolState::Used, sign);
        facts.push(fact.by(Method::SystemRead));
    }
}

/// Encrypted volumes that are open.
fn volumes(root: &Path) -> Vec<Fact> {
    let blocks = root.join("sys/block");
    let mut facts = Vec::new();
    for name in names(&blocks).iter().filter(|name| name.starts_with("dm-")) {
        let word = |file| {
            let path = blocks.join(name).join("dm").join(file);
            let word = bounded::text(&path, MAX_WORD).unwrap_or_default();
            word.trim().to_owned()
        };
        let (id, label) = (word("uuid"), word("name"));
        let veracrypt = label.starts_with("veracrypt") || id.starts_with("CRYPT-TCRYPT");
        if !veracrypt && !id.starts_with("CRYPT-") {
            continue;
        }
        let name = if veracrypt { "veracrypt" } else { "cryptsetup" };
        let sign = "an encrypted volume was opened".to_owned();
        if let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) {
            facts.push(Fact {
                which: format!("{id} {label}"),
                ..Fact::of(tool, None, ToolState::Used, sign).by(Method::SystemRead)
            });
        }
    }
    facts
}
