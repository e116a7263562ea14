//! A supervised computer of a test: the real agent and the real installer on a [`Machine`].

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::browser::{Chromium, Firefox};
use crate::collector::Collector;
use crate::machine::{Account, Machine};
use crate::ports;
use crate::process::{Running, done};
use crate::site::Sites;
use crate::wait::{PATIENCE, until};

/// The supervised person's account on every such computer.
pub const ACCOUNT: &str = "alex";

const STATE: &str = "agent";

/// A computer with an agent that can be started, stopped, killed and asked.
#[derive(Debug)]
pub struct Computer {
    /// Stands before the machine, so that it ends first.
    running: Option<Running>,
    /// The computer itself.
    pub machine: Machine,
    /// The monitored account.
    pub account: Account,
    /// Seconds that its clocks since boot are ahead: with the time asleep, and without.
    ahead: Option<(i64, i64)>,
    /// A right that the agent starts without.
    without: Option<&'static str>,
    agent: PathBuf,
    installer: PathBuf,
}

impl Computer {
    /// A computer that nobody monitors yet.
    pub fn new(dir: &Path) -> anyhow::Result<Self> {
        let machine = Machine::new(dir)?;
        let account = machine.add_account(ACCOUNT)?;
        Ok(Self {
            running: None,
            ahead: None,
            without: None,
            agent: machine.install("proviso-agent")?,
            installer: machine.install("proviso-installer")?,
            machine,
            account,
        })
    }

    /// The agent's folder, seen from outside.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.machine.dir().join(STATE)
    }

    /// Enrols with a token of that person.
    pub fn enrol(&self, collector: &Collector, token: &str) -> anyhow::Result<String> {
        let said = done(
            self.command("enrol")
                .args(["--collector", &collector.quic.to_string()])
                .args(["--token", token, "--account", &self.account.name]),
        )?;
        // Other computers of the tests share our loopback.
        let port = ports::take()?.port();
        self.configure(|config| {
            config.insert(
                "extension".into(),
                toml::toml! { port = (i64::from(port)) }.into(),
            );
        })?;
        Ok(said)
    }

    /// Changes the agent's settings; they count from its next start.
    pub fn configure(&self, change: impl FnOnce(&mut toml::Table)) -> anyhow::Result<()> {
        let path = self.state().join("agent.toml");
        let mut config: toml::Table = std::fs::read_to_string(&path)?.parse()?;
        change(&mut config);
        std::fs::write(&path, config.to_string())?;
        Ok(())
    }

    /// Lets the agent give its signs of life, and the counts in them, as often as it can.
    pub fn beat_each_second(&self) -> anyhow::Result<()> {
        self.configure(|config| {
            config.insert("heartbeat_seconds".into(), toml::Value::Integer(1));
        })
    }

    /// From its next start on the agent sees the clocks since boot so many seconds ahead of what they
    /// really are: the one that counts the time asleep, and the one that does not. Nobody can do that
    /// to the clock on the wall.
    pub const fn let_pass(&mut self, boot: i64, awake: i64) {
        self.ahead = Some((boot, awake));
    }

    /// From its next start on the agent has not this right of root's, by its name in capabilities(7) without `CAP_`.
    pub const fn take_away(&mut self, right: &'static str) {
        self.without = Some(right);
    }

    /// Starts the agent and waits until it can be asked.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let mut running = Running::start(self.run(), &self.log())?;
        let socket = self.machine.through(STATE).join("agent.sock");
        until("the agent to take connections", PATIENCE, || {
            running.check()?;
            Ok(std::os::unix::net::UnixStream::connect(&socket).ok())
        })?;
        self.running = Some(running);
        Ok(())
    }

    /// Starts the agent and waits until the order is in force, so that what happens is recorded.
    pub fn start_recording(&mut self) -> anyhow::Result<()> {
        self.start()?;
        until("the order to be in force", PATIENCE, || {
            self.check()?;
            Ok(self.is_recording()?.then_some(()))
        })
    }

    /// Whether an order is in force, by the agent's own word.
    pub fn is_recording(&self) -> anyhow::Result<bool> {
        let mut status = self.command("status");
        let status: serde_json::Value = serde_json::from_str(&done(status.arg("--json"))?)?;
        Ok(status["on"] == true)
    }

    /// Starts the agent without waiting for anything.
    pub fn start_quickly(&mut self) -> anyhow::Result<()> {
        self.running = Some(Running::start(self.run(), &self.log())?);
        Ok(())
    }

    /// Tells the installed browsers about the extension, as the installer does.
    pub fn tell_browsers(&self) -> anyhow::Result<String> {
        done(
            self.machine
                .command(&self.installer)
                .args(["browsers", "install", "--state"])
                .arg(self.machine.inside(STATE)),
        )
    }

    /// Lets the computer's own service manager run the agent, and the process that watches it.
    pub fn serve(&mut self) -> anyhow::Result<String> {
        self.machine.boot()?;
        done(&mut self.service("install"))
    }

    /// The installer's way with the services.
    #[must_use]
    pub fn service(&self, action: &str) -> Command {
        let mut command = self.machine.command(&self.installer);
        command
            .args(["service", action, "--state"])
            .arg(self.machine.inside(STATE));
        command
    }

    /// Ends the agent as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.running
            .take()
            .context("the agent is not running")?
            .kill()
    }

    /// Asks the agent to end and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().context("the agent is not running")?;
        let status = running.stop(PATIENCE)?;
        if !status.success() {
            bail!("the agent ended with {status} and said:\n{}", self.said());
        }
        Ok(())
    }

    /// Fails, with what it said, when the agent has ended by itself.
    pub fn check(&mut self) -> anyhow::Result<()> {
        self.running
            .as_mut()
            .context("the agent is not running")?
            .check()
    }

    /// The agent's program, as it is seen there.
    #[must_use]
    pub fn agent(&self) -> &Path {
        &self.agent
    }

    /// The agent's process number, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// What the agent has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// `proviso-agent status`, asked by the supervised person.
    pub fn status(&self) -> anyhow::Result<String> {
        done(
            self.machine
                .command_as(&self.account, &self.agent)
                .args(["status", "--state"])
                .arg(self.machine.inside(STATE)),
        )
    }

    /// Waits until a running browser has started the extension's host.
    pub fn wait_for_extension(&self, browser: &str) -> anyhow::Result<()> {
        until(&format!("the extension in {browser}"), PATIENCE, || {
            let list = done(self.machine.command("ps").args(["-eo", "pid=,ppid=,args="]))?;
            let processes: Vec<(&str, &str, &str)> = list.lines().filter_map(columns).collect();
            let parent = |of: &str| processes.iter().find(|(pid, ..)| *pid == of);
            let running = processes
                .iter()
                .filter(|(.., line)| line.contains("proviso-agent native-host"))
                .filter_map(|(_, ppid, _)| parent(ppid))
                .any(|(.., line)| line.contains(browser));
            Ok(running.then_some(()))
        })
    }

    /// The command that browsers start for the extension, as the supervised person.
    #[must_use]
    pub fn native_host(&self) -> Command {
        let mut command = self.machine.command_as(&self.account, &self.agent);
        command
            .args(["native-host", "--state"])
            .arg(self.machine.inside(STATE));
        command
    }

    /// The supervised person's Chromium.
    pub fn chromium(&self, sites: &Sites) -> anyhow::Result<Chromium> {
        Chromium::start(&self.machine, &self.account, sites)
    }

    /// The supervised person's Firefox.
    pub fn firefox(&self, sites: &Sites) -> anyhow::Result<Firefox> {
        Firefox::start(&self.machine, &self.account, sites)
    }

    /// One of the agent's subcommands, as root.
    #[must_use]
    pub fn command(&self, subcommand: &str) -> Command {
        let mut command = self.machine.command(&self.agent);
        command
            .args([subcommand, "--state"])
            .arg(self.machine.inside(STATE));
        command
    }

    fn run(&self) -> Command {
        if let Some(right) = self.without {
            // It becomes the agent.
            let mut command = self.machine.command("setpriv");
            command
                .arg(format!("--bounding-set=-{right}"))
                .arg(format!("--inh-caps=-{right}"))
                .arg("--")
                .arg(&self.agent)
                .args(["run", "--state"])
                .arg(self.machine.inside(STATE));
            return command;
        }
        let Some((boot, awake)) = self.ahead else {
            return self.command("run");
        };
        // It becomes the agent, in a namespace of the clocks.
        let mut command = self.machine.command("unshare");
        command
            .args(["--time", "--boottime", &boot.to_string()])
            .args(["--monotonic", &awake.to_string(), "--"])
            .arg(&self.agent)
            .args(["run", "--state"])
            .arg(self.machine.inside(STATE));
        command
    }

    fn log(&self) -> PathBuf {
        self.machine.dir().join("agent.log")
    }
}

/// Process, parent and command line, as `ps` prints them.
fn columns(line: &str) -> Option<(&str, &str, &str)> {
    let (pid, rest) = line.trim_start().split_once(' ')?;
    let (ppid, line) = rest.trim_start().split_once(' ')?;
    Some((pid, ppid, line))
}
