//! Programs that run beside a test: started with their output in a file, ended with the test.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::{PATIENCE, until};

/// A running program. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// The program itself: `nsenter` waits for it on our side of the namespace.
    pid: Pid,
    name: String,
    log: PathBuf,
}

impl Running {
    /// Starts `command`; what it says goes to the end of `log`.
    pub fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        Self::spawn(command, log)
    }

    /// Starts `command` with the input and output it already has; `log` is where it complains.
    pub fn spawn(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let name = name(&command);
        let entered = command.get_program() == "nsenter";
        // Ctrl-C is for us; what becomes of the program is ours to say.
        let mut child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let own = raw(child.id())?;
        let pid = if entered {
            until(&format!("{name} to start"), PATIENCE, || {
                Ok(match first_child(own) {
                    Some(pid) => Some(pid),
                    None => child.try_wait()?.map(|_| own),
                })
            })?
        } else {
            own
        };
        Ok(Self {
            child,
            pid,
            name,
            log: log.to_owned(),
        })
    }

    /// The pipes to and from it, where it has any.
    pub fn pipes(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Everything it has said so far, earlier runs included.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Fails, with what it said, when the program has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}) and said:\n{}", self.name, self.said()),
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) -> anyhow::Result<()> {
        kill_process(self.pid, Signal::KILL)?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits until it has.
    pub fn stop(mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        kill_process(self.pid, Signal::TERM)?;
        until(&format!("{} to end", self.name), patience, || {
            Ok(self.child.try_wait()?)
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once waited for, its number may be another program's.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Runs a command to its end; fails with its words when it fails.
pub fn done(command: &mut Command) -> anyhow::Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!(
            "{} failed ({}):\n{}{}",
            name(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command to its end, however it ends.
pub fn output(command: &mut Command) -> anyhow::Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))
}

/// As a person would type it, without the way into the namespace.
fn name(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let skip = |words: &[String]| {
        words
            .iter()
            .position(|word| word == "--")
            .map_or(0, |at| at + 1)
    };
    let mut rest = &words[..];
    while matches!(
        rest.first().map(String::as_str),
        Some("nsenter" | "setpriv")
    ) && skip(rest) > 0
    {
        rest = &rest[skip(rest)..];
    }
    rest.join(" ")
}

fn raw(id: u32) -> anyhow::Result<Pid> {
    Pid::from_raw(i32::try_from(id)?).context("a process without a number")
}

fn first_child(parent: Pid) -> Option<Pid> {
    let id = parent.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_its_guard_and_keeps_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo started; exec sleep 1000"]);
        let mut running = Running::start(command, &log).unwrap();
        until("its first word", PATIENCE, || {
            Ok(running.said().contains("started").then_some(()))
        })
        .unwrap();
        running.check().unwrap();
        let proc = format!("/proc/{}", running.id());
        drop(running);
        assert!(!Path::new(&proc).exists());
    }

    #[test]
    fn an_early_end_is_told_with_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no port; exit 3"]);
        let mut running = Running::start(command, &dir.path().join("log")).unwrap();
        let fault = until("the end", PATIENCE, || Ok(running.check().err())).unwrap();
        let fault = fault.to_string();
        assert!(
            fault.contains("no port") && fault.contains("exit status: 3"),
            "{fault}"
        );
        let failed = done(Command::new("sh").args(["-c", "echo why >&2; false"]));
        assert!(failed.unwrap_err().to_string().contains("why"));
    }
}
