//! A computer of its own for each test, inside this one.
//!
//! A mount namespace with its own copy-on-write `/etc` and `/usr/lib`: accounts, browser policies
//! and native hosts are written there for real, by the real installer, and nothing outside changes.
//! Needs root, since mounting does.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

const SETUP: &str = r#"
set -eu
for place in etc usr/lib; do
    mkdir -p "$1/up/$place" "$1/over/$place"
    mount -t overlay overlay -o "lowerdir=/$place,upperdir=$1/up/$place,workdir=$1/over/$place" "/$place"
done
echo ready
exec cat
"#;

/// One such computer. Dropped, it is gone; its folder stays.
#[derive(Debug)]
pub struct Machine {
    dir: PathBuf,
    holder: Child,
}

/// An account of such a computer.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number, and that of its group.
    pub uid: u32,
    /// Its home.
    pub home: PathBuf,
}

impl Machine {
    /// Makes one that keeps its files in `dir`.
    pub fn new(dir: &Path) -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!(
                "whole-system tests mount a system of their own and so need root: run this again \
                 as root, in a container if you like"
            );
        }
        std::fs::create_dir_all(dir)?;
        let mut holder = Command::new("unshare")
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                SETUP,
                "sh",
            ])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start unshare; it is in the package util-linux")?;
        let mut ready = String::new();
        let out = holder.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut ready)?;
        if ready.trim() != "ready" {
            bail!("this system does not let root mount an overlay in a namespace of its own");
        }
        Ok(Self {
            dir: dir.to_owned(),
            holder,
        })
    }

    /// Adds an account with an empty home.
    pub fn add_account(&self, name: &str) -> anyhow::Result<Account> {
        let passwd = self.dir.join("up/etc/passwd");
        let passwd_text = match std::fs::read_to_string(&passwd) {
            Ok(text) => text,
            Err(_) => std::fs::read_to_string("/etc/passwd")?,
        };
        let uid = 23_000 + u32::try_from(passwd_text.lines().count())?;
        let home = self.dir.join("home").join(name);
        std::fs::create_dir_all(&home)?;
        chown(&home, Some(uid), Some(uid))?;
        let line = format!("{name}:x:{uid}:{uid}::{}:/bin/sh", home.display());
        // Written from inside, so that the overlay notices.
        self.append("/etc/passwd", &line)?;
        self.append("/etc/group", &format!("{name}:x:{uid}:"))?;
        Ok(Account {
            name: name.to_owned(),
            uid,
            home,
        })
    }

    /// A command that runs on this computer, as root.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id()))
            .args(["--", "setpriv", "--pdeathsig", "KILL", "--"])
            .arg(program);
        command
    }

    /// A command that runs on this computer, as `account`.
    pub fn command_as(&self, account: &Account, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id()))
            .args(["--", "setpriv", "--clear-groups"])
            .arg(format!("--reuid={}", account.uid))
            .arg(format!("--regid={}", account.uid))
            .args(["--pdeathsig", "KILL", "--", program])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("USER", &account.name)
            .env("LOGNAME", &account.name)
            .env("HOME", &account.home)
            .current_dir(&account.home);
        command
    }

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
        // `cat` ends with its input; the namespace goes with the last program in it.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
