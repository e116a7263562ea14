//! What people try in order not to be seen, each tried for real on a computer whose order asks for
//! everything, and the table of `docs/coverage.md` that is made of it.
//!
//! A row stands beside the test that runs it: the macro makes both, and the row says no more than what
//! its test saw. `PROVISO_WRITE_COVERAGE=1` writes the table anew (`make coverage`).
//!
//! Not tried here: what needs USB, wireless hardware, firmware that says what it starts or a clock that is really set,
//! which is tried on a machine of its own in the files `real_…` beside this; and a real phone, which is not.

mod agent;
mod browsers;
mod phone;

use std::path::{Path, PathBuf};
use std::process::Command;

use agent::{
    clock_set_back, debugger, firewall, killed_and_started, network_cut, right_taken_away,
    settings_altered, stopped, taken_off,
};
use anyhow::{Context as _, ensure};
use browsers::{
    dns_over_https, firefox_private_window, guest, history_deleted_in_browser,
    history_edited_as_file, history_off, incognito, new_profile, portable_browser,
};
use phone::phone;
use proviso_report::fact::{Change, Device, Fact, GapCause, Kind, PowerWas, ToolState};
use proviso_tests::browser::Chromium;
use proviso_tests::evasion::Outcome::{Inferred, NotVisible, Seen};
use proviso_tests::evasion::{Scenario, Watched, starts, table, with_table};
use proviso_tests::held::{Held, records};
use proviso_tests::machine::Machine;
use proviso_tests::process::{Running, done};
use proviso_tests::wait::{PATIENCE, until};

/// Makes each row of the table and the test that it stands on. A test gives the records that show it.
macro_rules! scenarios {
    ($($run:ident: $threat:literal, $does:literal, $outcome:ident [$($kind:ident),*], $but:literal;)+) => {
        const ROWS: &[Scenario] = &[$(rows::$run),+];

        #[expect(non_upper_case_globals, reason = "a row has the name of its test")]
        mod rows {
            use super::*;
            $(pub(super) const $run: Scenario = Scenario {
                threat: $threat,
                does: $does,
                outcome: $outcome,
                by: &[$(Kind::$kind),*],
                but: $but,
            };)+
        }

        mod tried {
            $(#[test] fn $run() {
                super::rows::$run.holds(&super::$run().unwrap()).unwrap();
            })+
        }
    };
}

scenarios! {
    second_computer:
        "second device", "a page is opened on a computer that no agent runs on",
        NotVisible [],
        "Nothing of another device is on this one. A person who uses this one less than before may be ill, away or at work.";
    disk_is_carried:
        "second device", "a disk that can be carried elsewhere is attached",
        Inferred [Device],
        "Backups and shared disks look the same; what is done with it elsewhere stays unseen.";
    mounted_elsewhere:
        "live USB, other system", "another system mounts a volume of this computer",
        Inferred [OtherSystem],
        "A check or repair of the volume counts as well. A system that leaves this computer's volumes alone is not seen by this.";
    started_anew:
        "live USB, other system", "the power goes, and the computer starts anew later",
        Inferred [Power, Gap],
        "It may just have been off. What ran meanwhile, if anything did, stays unseen.";
    virtual_machine:
        "virtual machine", "a program named `qemu-system-x86_64` is run",
        Seen [ToolFound, ProcessStart],
        "Many people run one for work or study. What is done inside stays unseen.";
    virtual_machine_renamed:
        "virtual machine", "the same program is run under another name",
        Inferred [ProcessStart],
        "One unknown program among others, with its hash: somebody has to look.";
    incognito:
        "private browsing", "Chromium is started with `--incognito`",
        Seen [PrivateWindow],
        "Somebody else at the keyboard, a shortcut of the desktop. Pages in it stay unseen unless the extension is allowed in it.";
    guest:
        "private browsing", "Chromium is started with `--guest`",
        Seen [PrivateWindow],
        "Meant for visitors of the household. Pages in it stay unseen.";
    firefox_private_window:
        "private browsing", "a private window is opened in a running Firefox that has the extension",
        Seen [PrivateWindow, WebVisit],
        "Sites that need a clean start, a present that is bought. Without the extension no record shows it.";
    new_profile:
        "new profile", "Chromium is started with a profile that was not there before",
        Seen [BrowserFound],
        "Profiles for work or family.";
    history_deleted_in_browser:
        "history edited or deleted", "pages are removed by Firefox's own means, first one, then all",
        Seen [HistoryCleared],
        "Habit, lack of space, a page of somebody else. The visits that were recorded stay recorded.";
    history_edited_as_file:
        "history edited or deleted", "rows are deleted from the file of a closed Chromium",
        Seen [HistoryCleared],
        "Cleaning programs do it. A visit that was gone before the agent read it, with no extension there, is not missed.";
    history_off:
        "history edited or deleted", "Firefox is set to keep no history",
        Seen [BrowserSetting],
        "Advice on privacy says to do so; an administrator's policy may.";
    clock_set_back:
        "clock change", "the clock on the wall is an hour behind the clocks since the start",
        Seen [ClockStepped, Gap],
        "An empty battery, summer time done by hand, a second system on the computer. The collector's own time is on every report.";
    killed_and_started:
        "agent killed or removed", "the agent is killed, a program is run meanwhile, and the agent is started",
        Seen [AgentStarted, Gap],
        "A crash, no memory, no power. What was done meanwhile stays unseen; for how long is recorded.";
    stopped:
        "agent killed or removed", "the agent is asked to stop, as a service manager does",
        Seen [AgentStopped],
        "Updates and shutdowns stop it too; the record says why. Silence afterwards is for the collector to see.";
    settings_altered:
        "agent killed or removed", "the agent's settings are changed by hand",
        Seen [AgentAltered],
        "Whoever administers the computer may do so. What is changed is not told, only that it is.";
    taken_off:
        "agent killed or removed", "the agent's files are removed, and then it is killed",
        Seen [AgentAltered],
        "An administrator who cleans up, an update that went wrong. Afterwards there is silence, which the collector shows.";
    debugger:
        "agent killed or removed", "`gdb` takes hold of the agent",
        Seen [AgentTraced],
        "Somebody who develops software. Told while it holds on; one that comes and goes between two signs of life is not seen.";
    right_taken_away:
        "permission loss", "the agent is started without the right to be told of programs as they begin",
        Seen [SourceFailed],
        "An update of the system, a container, a service unit that somebody tightened.";
    firewall:
        "network blocked", "a rule of the firewall drops what goes to the collector",
        Seen [CollectorBlocked],
        "Rules for all of a network look the same. Told once the way is open again; until then there is silence.";
    network_cut:
        "network blocked", "the computer is cut off, a program is run, and it is connected again",
        Seen [ProcessStart],
        "Recorded at its time and sent later. Computers are offline every day; until then the collector sees only silence.";
    tunnel:
        "VPN", "an interface of the type `tun` appears",
        Inferred [NetworkInterface],
        "Work's networks and virtual machines make them as well. A VPN in the router or inside a browser makes none.";
    vpn_program:
        "VPN", "a program named `openvpn` is run",
        Seen [ToolFound],
        "Work may ask for it. Known by its name: under another one it is an unknown program.";
    tor:
        "Tor", "a program named `tor` listens where Tor does",
        Inferred [ToolFound, NetworkSetting],
        "Some programs bring it along, and another program may use its port. What goes through it stays unseen.";
    dns_over_https:
        "DNS over HTTPS", "Firefox is set to ask for names over HTTPS only",
        Seen [BrowserSetting],
        "Browsers turn it on by themselves. Nothing is lost by it: the agent does not rely on names that are asked for.";
    portable_browser:
        "portable browser", "Chromium is run with its data in a folder of its own",
        Seen [BrowserFound, BrowserSetting],
        "Developers do it. What such a browser visits is read from that folder from then on.";
    account_made:
        "other account", "an account is made with `useradd`",
        Seen [AccountChange],
        "A member of the family, a service that was installed.";
    account_used:
        "other account", "a program is run in an account that is not monitored",
        NotVisible [],
        "Other people's accounts are not looked at; the order's account is. An account's making is seen, its use is not.";
    phone:
        "phone with messages that vanish", "a phone on the cable, whose owner allows it to be read, has a messenger on it",
        Inferred [Device, PhoneApp],
        "Which applications there are and for how long they were in front, never a message. A phone that is not on the cable, or does not allow it, shows nothing. Tried with a phone that is a program.";
}

#[test]
fn the_manual_says_what_these_tests_saw() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    let there = std::fs::read_to_string(&manual).unwrap();
    let made = with_table(&there, &table(ROWS)).unwrap();
    if std::env::var_os("PROVISO_WRITE_COVERAGE").is_some() {
        std::fs::write(&manual, made).unwrap();
    } else {
        assert!(
            there == made,
            "docs/coverage.md has another table: run `make coverage`"
        );
    }
}

fn second_computer() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::on_a_network()?;
    let elsewhere = Machine::new(&watched.scene.dir().join("elsewhere"))?;
    let account = elsewhere.add_account(&watched.computer.account.name)?;
    watched.unseen(|| {
        let mut chromium = Chromium::start(&elsewhere, &account, &watched.scene.sites)?;
        chromium.open("https://www.facebook.com/groups")?;
        chromium.close()
    })
}

/// A disk of the kernel's that is a file. Dropped, it is detached.
struct Disk(PathBuf);

impl Disk {
    fn attach(file: &Path) -> anyhow::Result<Self> {
        let mut attach = Command::new("losetup");
        let name = done(attach.args(["--find", "--show"]).arg(file))?;
        Ok(Self(name.trim().into()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = done(Command::new("losetup").arg("--detach").arg(&self.0));
    }
}

fn disk_is_carried() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let mut disks = Vec::new();
    // Sizes that no other test's disks have.
    let size = |number: u32| 3_146_752 + 512 * u64::from(std::process::id() % 1_000 + number);
    let attach = |number: u32| {
        let file = watched.scene.dir().join(format!("disk-{number}"));
        std::fs::File::create(&file)?.set_len(size(number))?;
        disks.push(Disk::attach(&file)?);
        Ok(())
    };
    let held = watched.until_told("a disk", attach, |fact| match fact {
        Fact::Device(Device { change, bytes, .. }) => {
            *change == Change::Added && (1..20).any(|number| *bytes == Some(size(number)))
        }
        _ => false,
    })?;
    Ok(vec![held])
}

fn mounted_elsewhere() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    let image = watched.scene.dir().join("image");
    std::fs::File::create(&image)?.set_len(8 << 20)?;
    done(Command::new("mkfs.ext4").arg("-q").arg(&image))?;
    let Disk(disk) = &Disk::attach(&image)?;
    let (folder, elsewhere) = (
        watched.computer.machine.dir().join("volume"),
        watched.scene.dir().join("elsewhere"),
    );
    std::fs::create_dir(folder)?;
    std::fs::create_dir(&elsewhere)?;
    let here = watched.computer.machine.inside("volume");
    let (mount, unmount) = (
        format!("mount {} {}", disk.display(), here.display()),
        format!("umount {}", here.display()),
    );
    watched.root(&mount)?;
    watched.computer.start_recording()?;
    let held = watched.until_told(
        "a volume that was mounted elsewhere",
        |_| {
            watched.root(&unmount)?;
            // The other system, which this one does not see.
            let script = r#"mount "$1" "$2" && umount "$2""#;
            let mut other = Command::new("unshare");
            other.args(["--mount", "--propagation", "private"]);
            other.args(["sh", "-c", script, "sh"]);
            done(other.arg(disk).arg(&elsewhere))?;
            watched.root(&mount).map(drop)
        },
        |fact| matches!(fact, Fact::OtherSystem(sign) if sign.sign == "mount_count"),
    )?;
    watched.root(&unmount)?;
    Ok(vec![held])
}

fn started_anew() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::recording()?;
    watched.record("a sign of life", |fact| matches!(fact, Fact::Heartbeat(_)))?;
    watched.computer.kill()?;
    let since_boot = || -> anyhow::Result<i64> {
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let seconds = uptime.split('.').next().context("no uptime")?;
        Ok(seconds.parse()?)
    };
    // It boots a second later, so that this is after every sign of life by any clock.
    let killed = since_boot()?;
    let booted = until("the computer to start anew", PATIENCE, || {
        let now = since_boot()?;
        Ok((now >= killed + 2).then_some(now))
    })?;
    let boot_id = watched.computer.machine.inside("boot_id");
    watched.root(&format!(
        "echo 01234567-89ab-4def-8123-456789abcdef >{0}; mount --bind {0} /proc/sys/kernel/random/boot_id",
        boot_id.display()
    ))?;
    watched.computer.let_pass(-booted, -booted);
    watched.computer.start_recording()?;
    let on = watched.record(
        "that it was switched on",
        |fact| matches!(fact, Fact::Power(power) if power.change == PowerWas::On),
    )?;
    let off = watched.record(
        "that it was off",
        |fact| matches!(fact, Fact::Gap(gap) if gap.cause == GapCause::Off),
    )?;
    Ok(vec![on, off])
}

fn is_tool(fact: &Fact, name: &str) -> bool {
    matches!(fact, Fact::ToolFound(tool) if tool.name == name && tool.state == ToolState::Used)
}

/// Runs a program of that name again and again until it is told as a tool that is used.
fn tool_is_used(watched: &Watched, program: &str, tool: &str) -> anyhow::Result<Held> {
    let mut running = Vec::new();
    watched.until_told(
        tool,
        |number| {
            running.clear();
            running.push(watched.run_as(program, &[&format!("{}", 1_000 + number)])?);
            Ok(())
        },
        |fact| is_tool(fact, tool),
    )
}

fn virtual_machine() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let used = tool_is_used(&watched, "qemu-system-x86_64", "qemu")?;
    let _again = watched.run_as("qemu-system-x86_64", &["2000"])?;
    let started = watched.record("its start", |fact| starts(fact, "qemu-system-x86_64"))?;
    Ok(vec![used, started])
}

fn virtual_machine_renamed() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let mut running = Vec::new();
    let started = watched.until_told(
        "a program",
        |number| {
            running.push(watched.run_as(&format!("notes-{number}"), &["1000"])?);
            Ok(())
        },
        |fact| starts(fact, "notes-"),
    )?;
    // The next one is a tool, and told as one.
    tool_is_used(&watched, "qemu-system-x86_64", "qemu")?;
    let all = records(&watched.scene.collector)?;
    let tools = all.iter().filter(|held| match &held.record.fact {
        Fact::ToolFound(tool) => tool.state == ToolState::Used && tool.name != "qemu",
        _ => false,
    });
    ensure!(tools.count() == 0, "it was known all the same: {all:?}");
    Ok(vec![started])
}

fn tunnel() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::on_a_network()?;
    Ok(vec![tunnel_is_told(&watched)?])
}

/// Makes tunnels until one is told, which is news only to an agent that has looked at the network before.
fn tunnel_is_told(watched: &Watched) -> anyhow::Result<Held> {
    watched.until_told(
        "a tunnel",
        |number| {
            let line = format!("ip tuntap add dev tun{number} mode tun");
            watched.root(&line).map(drop)
        },
        |fact| {
            matches!(fact, Fact::NetworkInterface(it) if it.change == Change::Added
                && it.interface_type.as_deref() == Some("tun"))
        },
    )
}

fn vpn_program() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    Ok(vec![tool_is_used(&watched, "openvpn", "openvpn")?])
}

fn tor() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::on_a_network()?;
    // What listens when the agent first looks is no news.
    tunnel_is_told(&watched)?;
    let python = std::fs::canonicalize("/usr/bin/python3")?;
    let account = &watched.computer.account;
    let file = account.outside.join("tor");
    done(Command::new("cp").arg(python).arg(file))?;
    let start = || {
        let machine = &watched.computer.machine;
        let mut command = machine.command_as(account, account.home.join("tor"));
        command.args(["-m", "http.server", "9050", "--bind", "127.0.0.1"]);
        Running::start(command, &watched.log())
    };
    let mut running: Option<Running> = None;
    let used = watched.until_told(
        "tor",
        |_| {
            if let Some(before) = running.take() {
                before.kill()?;
            }
            running = Some(start()?);
            Ok(())
        },
        |fact| is_tool(fact, "tor"),
    )?;
    let listens = watched.record("that it listens", |fact| {
        matches!(fact, Fact::NetworkSetting(it) if it.setting == "tor" && it.value == "listens")
    })?;
    Ok(vec![used, listens])
}

fn account_made() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let held = watched.until_told(
        "an account",
        |number| {
            let line = format!("useradd --no-create-home eve{number}");
            watched.root(&line).map(drop)
        },
        |fact| {
            matches!(fact, Fact::AccountChange(it)
                if it.change == Change::Added && it.name.starts_with("eve"))
        },
    )?;
    Ok(vec![held])
}

fn account_used() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    let other = watched.computer.machine.add_account("bea")?;
    watched.computer.start_recording()?;
    watched.unseen(|| {
        let mut command = watched.computer.machine.command_as(&other, "sh");
        command.args([
            "-c",
            "echo private > \"$HOME/notes\"; shred -u \"$HOME/notes\"",
        ]);
        done(&mut command).map(drop)
    })
}
