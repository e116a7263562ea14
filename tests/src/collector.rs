//! A collector of its own for a test: the real program, on free ports, in a folder of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use proviso_collector::store::vault::Vault;
use rusqlite::{Connection, OpenFlags};

use crate::ports;
use crate::process::{Running, done};
use crate::programs::program;
use crate::wait::{PATIENCE, until};

/// Who signs in to the pages.
pub const MANAGER: &str = "morgan";
/// Their password.
pub const PASSWORD: &str = "correct horse battery staple";
/// The name the collector signs under.
pub const AUTHORITY: &str = "monitoring.example";

/// A collector that can be started, stopped, killed and looked into.
#[derive(Debug)]
pub struct Collector {
    data: PathBuf,
    log: PathBuf,
    /// Where agents reach it.
    pub quic: SocketAddr,
    /// Where managers reach it.
    pub web: SocketAddr,
    running: Option<Running>,
}

/// Where a collector listens on loopback.
#[derive(Clone, Copy, Debug)]
pub enum Ports {
    /// Wherever it is free.
    Free,
    /// Where the documentation says, or wherever it is free.
    Usual,
}

impl Ports {
    fn choose(self) -> anyhow::Result<(SocketAddr, SocketAddr)> {
        let (quic, web) = match self {
            Self::Free => (None, None),
            Self::Usual => (
                UdpSocket::bind(("127.0.0.1", 7443)).ok(),
                TcpListener::bind(("127.0.0.1", 7480)).ok(),
            ),
        };
        Ok((
            quic.map_or_else(ports::take, |usual| Ok(usual.local_addr()?))?,
            web.map_or_else(ports::take, |usual| Ok(usual.local_addr()?))?,
        ))
    }
}

/// A row of the findings.
#[derive(Clone, Debug)]
pub struct Found {
    /// Pseudonym of the person.
    pub person: String,
    /// Place in the device's log.
    pub seq: u64,
    /// Which clause.
    pub clause: String,
    /// Which rule.
    pub rule: String,
    /// What matched, as JSON.
    pub matched: String,
    /// `unproven`, `proven` or `contradicted`.
    pub proof: String,
    /// The alert's state, when there is one.
    pub alert: Option<String>,
}

impl Collector {
    /// Initialises one in `dir/collector` with somebody to sign in, and starts it.
    pub fn start(dir: &Path, allowed_signers: &Path, ports: Ports) -> anyhow::Result<Self> {
        let (quic, web) = ports.choose()?;
        let mut collector = Self {
            data: dir.join("collector"),
            log: dir.join("collector.log"),
            quic,
            web,
            running: None,
        };
        done(
            collector
                .command(&["init"])?
                .args(["--authority", AUTHORITY, "--signers"])
                .arg(allowed_signers),
        )?;
        collector.add_manager()?;
        collector.serve()?;
        Ok(collector)
    }

    /// Starts the one that is in `dir/collector` already.
    pub fn around(dir: &Path) -> anyhow::Result<Self> {
        let (quic, web) = Ports::Free.choose()?;
        let mut collector = Self {
            data: dir.join("collector"),
            log: dir.join("collector.log"),
            quic,
            web,
            running: None,
        };
        collector.serve()?;
        Ok(collector)
    }

    /// Its folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What it has said.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Fails, with what it said, when it has ended by itself.
    pub fn check(&mut self) -> anyhow::Result<()> {
        self.running
            .as_mut()
            .context("the collector is not running")?
            .check()
    }

    /// Its process number, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// The address of its pages.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.web)
    }

    /// Starts it and waits until it takes connections.
    pub fn serve(&mut self) -> anyhow::Result<()> {
        let mut command = self.command(&["serve"])?;
        command
            .args(["--listen", &self.quic.to_string()])
            .args(["--web", &self.web.to_string()]);
        let mut running = Running::start(command, &self.log)?;
        until("the collector to listen", PATIENCE, || {
            running.check()?;
            Ok(TcpStream::connect_timeout(&self.web, Duration::from_secs(1)).ok())
        })?;
        self.running = Some(running);
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.running
            .take()
            .context("the collector is not running")?
            .kill()
    }

    /// Asks it to end and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let running = self
            .running
            .take()
            .context("the collector is not running")?;
        let status = running.stop(PATIENCE)?;
        if !status.success() {
            bail!(
                "the collector ended with {status} and said:\n{}",
                self.said()
            );
        }
        Ok(())
    }

    /// Adds a person, under the name they have in the register.
    pub fn add_person(&self, name: &str) -> anyhow::Result<()> {
        done(&mut self.command(&["person", "add", "--name", name])?)?;
        Ok(())
    }

    /// Puts a person under an order.
    pub fn put_order(&self, person: &str, order: &Path) -> anyhow::Result<String> {
        done(
            self.command(&["order", "put", "--person", person])?
                .arg(order),
        )
    }

    /// A one-time token for a computer of that person.
    pub fn token(&self, person: &str, account: &str) -> anyhow::Result<String> {
        let said =
            done(&mut self.command(&["token", "--person", person, "--account", account])?)?;
        said.split_whitespace()
            .find(|word| word.starts_with("pv1_"))
            .map(str::to_owned)
            .with_context(|| format!("there is no token in {said:?}"))
    }

    /// Exports everything of a person, from yesterday to tomorrow.
    pub fn export(&self, person: &str, out: &Path) -> anyhow::Result<()> {
        let now = jiff::Timestamp::now();
        let day = jiff::SignedDuration::from_hours(24);
        self.export_between(person, now - day, now + day, out)
    }

    /// The same of a time that is named.
    pub fn export_between(
        &self,
        person: &str,
        from: jiff::Timestamp,
        to: jiff::Timestamp,
        out: &Path,
    ) -> anyhow::Result<()> {
        done(
            self.command(&["export", "--person", person])?
                .args(["--from", &from.to_string()])
                .args(["--to", &to.to_string()])
                .arg("--out")
                .arg(out),
        )?;
        Ok(())
    }

    /// The file of the embedded store.
    #[must_use]
    pub fn store_file(&self) -> PathBuf {
        self.data.join("store.db")
    }

    /// The embedded store, read while the collector writes it.
    pub fn store(&self) -> anyhow::Result<Connection> {
        open(&self.store_file())
    }

    /// Every finding, oldest first.
    pub fn findings(&self) -> anyhow::Result<Vec<Found>> {
        findings_in(&self.store_file())
    }

    /// Waits for a finding that is as wanted.
    pub fn wait_for_finding(
        &self,
        what: &str,
        wanted: impl Fn(&Found) -> bool,
    ) -> anyhow::Result<Found> {
        until(&format!("a finding: {what}"), PATIENCE, || {
            Ok(self.findings()?.into_iter().find(&wanted))
        })
        .with_context(|| format!("the collector said:\n{}", self.said()))
    }

    /// One of its subcommands, on its folder.
    pub fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> anyhow::Result<Command> {
        let mut command = Command::new(program("proviso-collector")?);
        command.args(words).arg("--data").arg(&self.data);
        Ok(command)
    }

    fn add_manager(&self) -> anyhow::Result<()> {
        let mut child = self
            .command(&["staff", "add", MANAGER])?
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        writeln!(child.stdin.take().context("no input")?, "{PASSWORD}")?;
        if !child.wait()?.success() {
            bail!("cannot add the manager {MANAGER}");
        }
        Ok(())
    }
}

/// Every finding in a store, oldest first.
pub fn findings_in(store: &Path) -> anyhow::Result<Vec<Found>> {
    let (store, vault) = (open(store)?, Vault::beside(store));
    let mut found = store.prepare(
        "SELECT r.name, f.seq, f.clause, f.rule, f.matched, f.proof, a.state FROM finding f \
         JOIN register r ON r.person = f.person LEFT JOIN alert a ON a.finding = f.id \
         ORDER BY f.made, f.seq, f.rule",
    )?;
    let rows = found.query_map([], |row| {
        Ok(Found {
            person: row.get(0)?,
            seq: row.get::<_, i64>(1)?.unsigned_abs(),
            clause: row.get(2)?,
            rule: row.get(3)?,
            matched: row.get(4)?,
            proof: row.get(5)?,
            alert: row.get(6)?,
        })
    })?;
    let mut all: Vec<Found> = rows.collect::<Result<_, _>>()?;
    for one in &mut all {
        one.matched = vault.open_text(std::mem::take(&mut one.matched))?;
    }
    Ok(all)
}

fn open(store: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(store, flags)?;
    store.busy_timeout(PATIENCE)?;
    Ok(store)
}
