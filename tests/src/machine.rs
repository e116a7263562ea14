//! A computer of its own for each test, inside this one.
//!
//! Namespaces with processes of their own and a copy-on-write `/etc` and `/usr/lib`: accounts,
//! browser policies and native hosts are written there for real, by the real installer, and
//! nothing outside changes. Everything that runs there ends with it, even when the test is killed:
//! it waits for a pipe that only the test holds open. Needs root, since mounting
//! does. The network is the real one, and ports on loopback are shared, unless it joins one of its own.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail};

use crate::network::Network;
use crate::process::{done, output};
use crate::programs::program;
use crate::wait::{PATIENCE, until};

/// `$1` is a folder to mount a memory file system on: overlays do not stand on overlays. `$2` is the
/// computer's folder outside and `$3` inside, where every account reaches it.
const SETUP: &str = r#"
set -eu
mount -t tmpfs tmpfs "$1"
for place in etc usr/lib srv; do
    mkdir -p "$1/up/$place" "$1/over/$place"
    mount -t overlay overlay -o "lowerdir=/$place,upperdir=$1/up/$place,workdir=$1/over/$place" "/$place"
done
mkdir -p "$3"
mount --bind "$2" "$3"
echo ready
# The end of the input ends it all. A line before that starts the service manager in a control group of that name.
read -r own
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/lock /run/systemd/system
exec 3<&0
{ cat >/dev/null; systemctl poweroff --force --force; } <&3 &
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$own"
echo 1 >"/sys/fs/cgroup/$own/cgroup.procs"
rm -rf /etc/systemd/system
mkdir /etc/systemd/system
cd /etc/systemd/system
for unit in sysinit basic shutdown network-online multi-user; do
    printf '[Unit]\nDefaultDependencies=no\n' >$unit.target
done
exec unshare --cgroup sh -euc '
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env --ignore-environment PATH="$PATH" container=proviso SYSTEMD_UNIT_PATH=/etc/systemd/system \
        /usr/lib/systemd/systemd --unit=multi-user.target --log-target=null --show-status=no'
"#;

/// Where its folder is seen from inside.
const INSIDE: &str = "/srv/computer";
/// Where a package puts our programs.
const PROGRAMS: &str = "/usr/lib/proviso";
const FIRST_UID: u32 = 23_000;

/// One such computer. Dropped, it is gone with all that ran there; its folder stays.
#[derive(Debug)]
pub struct Machine {
    dir: PathBuf,
    holder: Child,
    accounts: AtomicU32,
    /// Instead of the real network.
    network: Option<PathBuf>,
}

/// An account of such a computer.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number, and that of its group.
    pub uid: u32,
    /// Its home, as the account itself sees it.
    pub home: PathBuf,
    /// The same, seen from outside.
    pub outside: PathBuf,
}

impl Machine {
    /// Makes one that keeps its files in `dir`.
    pub fn new(dir: &Path) -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!(
                "this sets up a computer inside this one and needs root for that: run the same \
                 command again with sudo (or as root in a virtual machine)"
            );
        }
        let layers = dir.join("layers");
        std::fs::create_dir_all(&layers)?;
        let dir = &dir.canonicalize()?;
        // Accounts must get through to their homes, whatever the folder's maker thought.
        std::fs::set_permissions(dir, Permissions::from_mode(0o755))?;
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private"])
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", "-c", SETUP, "sh"])
            .args([&layers, dir, Path::new(INSIDE)])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start unshare; it is in the package util-linux")?;
        let mut ready = String::new();
        let out = holder.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut ready)?;
        if ready.trim() != "ready" {
            drop(holder.stdin.take());
            let said = holder.wait_with_output()?.stderr;
            bail!(
                "this system does not let root mount in a namespace of its own ({}): run this on \
                 a real or virtual machine, or in a container with --privileged",
                String::from_utf8_lossy(&said).trim()
            );
        }
        Ok(Self {
            dir: dir.to_owned(),
            holder,
            accounts: AtomicU32::new(0),
            network: None,
        })
    }

    /// Where its files are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How programs on it see a path below its folder.
    #[must_use]
    pub fn inside(&self, path: impl AsRef<Path>) -> PathBuf {
        Path::new(INSIDE).join(path)
    }

    /// The same, for a program outside: short, as socket names must be.
    #[must_use]
    pub fn through(&self, path: impl AsRef<Path>) -> PathBuf {
        let root = format!("/proc/{}/root{INSIDE}", self.holder.id());
        Path::new(&root).join(path)
    }

    /// Lets a real systemd run it, with no units but those that are put there from now on; its `/run` and
    /// `/tmp` are empty.
    pub fn boot(&mut self) -> anyhow::Result<()> {
        let group = self.group();
        let input = self.holder.stdin.as_mut().context("no input")?;
        writeln!(input, "{group}")?;
        until("systemd to run the computer", PATIENCE, || {
            if let Some(status) = self.holder.try_wait()? {
                bail!("systemd did not start ({status}); it is in the package systemd");
            }
            let state = output(self.command("systemctl").args(["is-system-running"]))?;
            let state = String::from_utf8_lossy(&state.stdout).into_owned();
            Ok(matches!(state.trim(), "running" | "degraded").then_some(()))
        })
    }

    /// What starts there from now on is on that network and no other, for as long as that lasts.
    pub fn join(&mut self, network: &Network) {
        self.network = Some(network.file());
    }

    /// Adds an account with an empty home.
    pub fn add_account(&self, name: &str) -> anyhow::Result<Account> {
        let uid = FIRST_UID + self.accounts.fetch_add(1, Ordering::Relaxed);
        let place = Path::new("home").join(name);
        let (outside, home) = (self.dir.join(&place), self.inside(&place));
        std::fs::create_dir_all(&outside)?;
        chown(&outside, Some(uid), Some(uid))?;
        let line = format!("{name}:x:{uid}:{uid}::{}:/bin/sh", home.display());
        self.append("/etc/passwd", &line)?;
        self.append("/etc/group", &format!("{name}:x:{uid}:"))?;
        Ok(Account {
            name: name.to_owned(),
            uid,
            home,
            outside,
        })
    }

    /// Puts one of our programs where every account can run it; gives its path there.
    pub fn install(&self, name: &str) -> anyhow::Result<PathBuf> {
        let place = Path::new(PROGRAMS).join(name);
        // Mounted, since copies of unstripped programs would fill the memory.
        let script = r#"mkdir -p "${2%/*}" && touch "$2" && mount --bind "$1" "$2""#;
        done(
            self.command("sh")
                .args(["-eu", "-c", script, "sh"])
                .arg(program(name)?)
                .arg(&place),
        )?;
        Ok(place)
    }

    /// A command that runs on this computer, as root.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.enter();
        command.arg(program);
        command
    }

    /// A command that runs on this computer, as `account`.
    pub fn command_as(&self, account: &Account, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.enter();
        command
            .args(["setpriv", "--clear-groups"])
            .arg(format!("--reuid={}", account.uid))
            .arg(format!("--regid={}", account.uid))
            .arg("--")
            .arg(program)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("USER", &account.name)
            .env("LOGNAME", &account.name)
            .env("HOME", &account.home);
        command
    }

    fn enter(&self) -> Command {
        let namespaces = format!("/proc/{}/ns", self.holder.id());
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount={namespaces}/mnt"))
            .arg(format!("--pid={namespaces}/pid_for_children"));
        if let Some(network) = &self.network {
            command.arg(format!("--net={}", network.display()));
        }
        command.arg("--");
        command
    }

    /// Its control group, once a service manager runs it.
    fn group(&self) -> String {
        format!("proviso-{}", self.holder.id())
    }

    /// Writes from inside, so that the overlay notices.
    fn append(&self, file: &str, line: &str) -> anyhow::Result<()> {
        let mut tee = self
            .command("tee")
            .args(["--append", file])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        writeln!(tee.stdin.take().context("no input")?, "{line}")?;
        if !tee.wait()?.success() {
            bail!("cannot write {file}");
        }
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Its first process ends with its input, and with it every process of the namespace.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
            remove_groups(&Path::new(root).join(self.group()));
        }
    }
}

/// Takes a control group and those in it away, if there is one: its files go with it.
fn remove_groups(group: &Path) {
    for inner in std::fs::read_dir(group).into_iter().flatten().flatten() {
        if inner.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&inner.path());
        }
    }
    let _ = std::fs::remove_dir(group);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Running;

    #[test]
    fn what_is_written_and_run_there_stays_there() {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::new(dir.path()).unwrap();
        let alice = machine.add_account("alice").unwrap();
        let who = done(
            machine
                .command_as(&alice, "sh")
                .args(["-c", "id -un; pwd -P; echo $HOME"]),
        );
        assert!(who.unwrap().starts_with("alice\n"));
        done(machine.command("touch").arg("/etc/proviso-was-here")).unwrap();
        assert!(!Path::new("/etc/proviso-was-here").exists());
        let mut sleep = machine.command_as(&alice, "sleep");
        sleep.arg("1000");
        let running = Running::start(sleep, &dir.path().join("log")).unwrap();
        let seen = done(machine.command("ps").args(["-C", "sleep", "-o", "user="])).unwrap();
        assert_eq!(seen.trim(), "alice");
        let outside = format!("/proc/{}", running.id());
        assert!(Path::new(&outside).exists());
        drop(machine);
        until("the machine's programs to end", PATIENCE, || {
            let state = std::fs::read_to_string(format!("{outside}/stat")).unwrap_or_default();
            Ok((state.is_empty() || state.contains(") Z ")).then_some(()))
        })
        .unwrap();
    }
}
