//! Devices, accounts and profiles that records of the last days show.
//!
//! Promises: each thing names the first record that shows it, of those that were looked at; how far back that
//! was is said. A report that cannot be read is said. Only lines of a kind that can show such a thing are
//! parsed.
//!
//! Refuses: to look at more than [`REPORTS`] reports of a device, or further back than [`DAYS`] days, and to
//! list more than [`THINGS`] things: then it says that there is more.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proviso_report::fact::{BrowserFound, Change, Device};
use proviso_report::report::Kept;
use proviso_report::{DeviceId, Fact, Kind, Record};

use crate::store::declared::ItemKind;
use crate::store::{PersonId, Read, SqlError, devices, reports};
use crate::web::zones;

/// How far back it looks, in days.
pub(super) const DAYS: i64 = 30;

/// Reports of one device that it looks at, and how many of them at once.
const REPORTS: u64 = 5_000;
const AT_ONCE: u64 = 50;

/// Things that were seen, and things that the person declared on a computer.
const THINGS: usize = 1_000;

/// Kinds that show such a thing, as they stand in a line.
static KINDS: LazyLock<[String; 5]> = LazyLock::new(|| {
    let kinds = [
        Kind::Device,
        Kind::AccountChange,
        Kind::BrowserFound,
        Kind::NetworkJoined,
        Kind::Declaration,
    ];
    kinds.map(|kind| format!("\"kind\":\"{kind}\""))
});

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// As which kinds it could have been declared.
    pub(super) kinds: &'static [ItemKind],
    /// What it is, in words.
    pub(super) what: String,
    /// What is like no other's: a serial number, a name.
    pub(super) own: Vec<String>,
    /// What others may have too: the name of a model.
    pub(super) model: Option<String>,
    /// The record that shows it; none: it was enrolled.
    pub(super) shown: Option<Shown>,
}

/// The first record that shows something, and how many do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) device: DeviceId,
    pub(super) seq: u64,
    pub(super) at: i64,
    pub(super) times: u64,
}

/// What was looked at, and what that showed.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) seen: Vec<Seen>,
    /// What the person declared on a computer: what, which, and the record.
    pub(super) said: Vec<(String, String, Shown)>,
    /// The computers by name.
    pub(super) hosts: BTreeMap<DeviceId, String>,
    /// In which zones they showed times.
    pub(super) zones: zones::Devices,
    /// The oldest moment that was looked at, by the devices' clocks.
    pub(super) back_to: Option<i64>,
    /// There is more of that time.
    pub(super) cut: bool,
    pub(super) unreadable: usize,
}

/// Looks.
pub(super) fn look(read: &Read<'_>, person: &PersonId, now: i64) -> Result<Looked, SqlError> {
    let since = now.saturating_sub(DAYS * 24 * 60 * 60_000);
    let mut looked = Looked::default();
    let mut found: BTreeMap<String, Seen> = BTreeMap::new();
    for device in devices::of_person(read, person)? {
        let registered = devices::registered(read, device.id)?;
        let host = registered
            .as_ref()
            .map_or_else(|| device.id.to_string(), |one| one.host.clone());
        enrolled(&mut looked.seen, &host, registered.as_ref());
        looked.hosts.insert(device.id, host);
        let (mut end, mut count) = (u64::MAX, 0);
        'reports: while count < REPORTS {
            let stored = reports::ending(read, device.id, end, AT_ONCE)?;
            if stored.is_empty() {
                break;
            }
            for report in stored {
                if report.max_at < since {
                    break 'reports;
                }
                (end, count) = (report.first, count.saturating_add(1));
                looked.back_to = Some(
                    looked
                        .back_to
                        .map_or(report.min_at, |at| at.min(report.min_at)),
                );
                match Kept::parse(&report.bytes) {
                    Ok(kept) => pass(&mut looked, &mut found, device.id, &kept),
                    Err(_) => looked.unreadable = looked.unreadable.saturating_add(1),
                }
            }
        }
        looked.cut |= count >= REPORTS;
    }
    looked.zones = zones::Devices::of(read, looked.hosts.keys().copied())?;
    looked.seen.extend(found.into_values());
    looked
        .said
        .sort_by_key(|(_, _, shown)| (shown.at, shown.device, shown.seq));
    Ok(looked)
}

fn enrolled(seen: &mut Vec<Seen>, host: &str, registered: Option<&devices::Registered>) {
    let one = |kinds, what, own: &str| Seen {
        kinds,
        what,
        own: vec![own.to_owned()],
        model: None,
        shown: None,
    };
    seen.push(one(
        &[ItemKind::Computer],
        format!("Computer {host}, enrolled"),
        host,
    ));
    for account in registered.iter().flat_map(|one| &one.accounts) {
        let what = format!("Account {account} on {host}, watched");
        let known = one(ACCOUNT, what, account);
        if !seen.contains(&known) {
            seen.push(known);
        }
    }
}

const ACCOUNT: &[ItemKind] = &[ItemKind::UserName, ItemKind::Account];

fn pass(looked: &mut Looked, found: &mut BTreeMap<String, Seen>, device: DeviceId, kept: &Kept) {
    for (_, line) in kept.lines().filter(|(_, line)| is_wanted(line)) {
        let Ok(record) = Record::parse(line) else {
            looked.unreadable = looked.unreadable.saturating_add(1);
            continue;
        };
        let shown = Shown {
            device,
            seq: record.seq,
            at: record.at.0,
            times: 1,
        };
        if let Fact::Declaration(said) = &record.fact {
            if looked.said.len() < THINGS {
                let said = (said.what.clone(), said.id.clone(), shown);
                looked.said.push(said);
            } else {
                looked.cut = true;
            }
        }
        let Some(mut seen) = of_fact(&record.fact) else {
            continue;
        };
        // The same thing on two computers is one.
        let name = format!("{} {:?}", seen.what, seen.own);
        if found.len() >= THINGS && !found.contains_key(&name) {
            looked.cut = true;
            continue;
        }
        seen.shown = Some(match found.get(&name).and_then(|before| before.shown) {
            None => shown,
            Some(before) => Shown {
                times: before.times.saturating_add(1),
                ..if (shown.at, shown.seq) < (before.at, before.seq) {
                    shown
                } else {
                    before
                }
            },
        });
        found.insert(name, seen);
    }
}

/// A quote in a value is escaped, so what stands here is the record's own kind.
fn is_wanted(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return true;
    };
    KINDS.iter().any(|kind| line.contains(kind))
}

fn of_fact(fact: &Fact) -> Option<Seen> {
    match fact {
        // What goes came before, or was there when the agent began.
        Fact::Device(device) => Some(of_device(device)),
        Fact::AccountChange(account) => Some(Seen {
            kinds: ACCOUNT,
            what: format!(
                "Account {} on a computer, {}",
                account.name,
                match account.change {
                    Change::Added => "made",
                    Change::Removed => "removed",
                }
            ),
            own: vec![account.name.clone()],
            model: None,
            shown: None,
        }),
        Fact::BrowserFound(found) => Some(of_browser(found)),
        Fact::NetworkJoined(network) if network.tethered == Some(true) => Some(Seen {
            kinds: &[ItemKind::Phone],
            what: format!("A phone's own network, {}", network.network),
            own: vec![network.network.clone()],
            model: None,
            shown: None,
        }),
        _ => None,
    }
}

fn of_device(device: &Device) -> Seen {
    let (kinds, class): (&[ItemKind], _) = match device.class.as_str() {
        "phone" => (&[ItemKind::Phone, ItemKind::Other], "Phone"),
        "camera" => (&[ItemKind::Other, ItemKind::Phone], "Camera"),
        "storage" => (&[ItemKind::Other], "Storage"),
        "network" => (&[ItemKind::Other], "Network adapter"),
        _ => (&[ItemKind::Other, ItemKind::Phone], "Device"),
    };
    let names = [&device.vendor, &device.product];
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let serial = device.serial.as_deref();
    let mut what = format!("{class} {}", names.join(" ")).trim_end().to_owned();
    match serial {
        Some(serial) => what.push_str(&format!(", serial number {serial}")),
        None => what.push_str(", without a serial number"),
    }
    Seen {
        kinds,
        what,
        own: serial.map(str::to_owned).into_iter().collect(),
        model: device.product.clone(),
        shown: None,
    }
}

fn of_browser(found: &BrowserFound) -> Seen {
    let profile = found.profile.as_deref();
    Seen {
        kinds: &[ItemKind::Profile],
        what: match profile {
            None => format!("{} at {}", found.browser, found.path),
            Some(profile) => format!("{} profile {profile} at {}", found.browser, found.path),
        },
        own: match profile {
            None => vec![found.path.clone()],
            Some(profile) => vec![format!("{} {profile}", found.browser), found.path.clone()],
        },
        model: None,
        shown: None,
    }
}
