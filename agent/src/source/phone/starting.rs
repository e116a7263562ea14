//! Starts an adb server, where there has to be one.
//!
//! One is started only while the order wants it (this source runs at no other time), a phone on the
//! cable offers Android's debug bridge, none runs already, and the program is installed where only the
//! system's administrator installs programs. It ends with the last phone, and with the agent. The
//! agent does not bring the program along, and looks for it nowhere else: no program of the
//! supervised person's is ever started.
//!
//! The agent's own service may open no device. So where systemd runs, it is asked to run the server
//! beside the agent, bound to its life; that way was never tried, for the machine of the tests has no
//! systemd. Elsewhere the server is a child of the agent.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::process::{Child, Command};

use crate::source::devices;

/// Until it listens.
pub(super) const SOON: Duration = Duration::from_secs(1);
/// Where systems put it.
const PROGRAMS: &[&str] = &["/usr/bin/adb", "/usr/lib/android-sdk/platform-tools/adb"];
/// Where its key is kept, below the state directory: the key that the phone's owner allows.
const FOLDER: &str = "adb";

/// There, if systemd runs.
const SYSTEMD: &str = "/run/systemd/system";
/// What systemd calls the server,
const UNIT: &str = "proviso-adb.service";
/// and the agent.
const AGENT: &str = "proviso-agent.service";

/// A server that was started here, if one was.
#[derive(Debug, Default)]
pub(super) struct Started(Option<Server>);

#[derive(Debug)]
enum Server {
    Child(Child),
    /// systemd runs it.
    Beside,
}

/// Why none is started.
#[derive(Debug, Error)]
pub(super) enum StartError {
    /// The program is missing.
    #[error(
        "an attached phone could be read, and the program adb is not installed; install it (on Debian: apt install adb)"
    )]
    Missing,
    /// systemd does not start it.
    #[error(
        "an attached phone could be read, and systemd does not run the program adb beside the agent; look at `systemctl status proviso-adb`"
    )]
    Refused,
    /// It does not start.
    #[error("an attached phone could be read, and the program adb does not start: {0}")]
    Io(#[from] std::io::Error),
}

impl Started {
    /// Starts one if a phone on the cable offers to be read.
    pub(super) async fn start(&mut self, state: &Path, port: u16) -> Result<(), StartError> {
        if self.runs() || !devices::has_debug_bridge() {
            return Ok(());
        }
        let program = PROGRAMS.iter().map(Path::new).find(|it| it.exists());
        let program = program.ok_or(StartError::Missing)?;
        let home = state.join(FOLDER);
        tokio::fs::create_dir_all(&home).await?;
        self.0 = Some(if Path::new(SYSTEMD).exists() {
            let status = beside(program, &home, port).status().await?;
            if !status.success() {
                return Err(StartError::Refused);
            }
            Server::Beside
        } else {
            Server::Child(child(program, &home, port).spawn()?)
        });
        tracing::info!("the adb server is started, for a phone that offers to be read");
        Ok(())
    }

    /// Does one run that was started here?
    pub(super) fn runs(&mut self) -> bool {
        if let Some(Server::Child(child)) = &mut self.0
            && !matches!(child.try_wait(), Ok(None))
        {
            self.0 = None;
        }
        self.0.is_some()
    }

    /// Was it started here, with no phone left?
    pub(super) fn may_end(&mut self) -> bool {
        self.runs() && !devices::has_debug_bridge()
    }

    /// Ends it.
    pub(super) async fn end(&mut self) {
        let ended = match self.0.take() {
            None => Ok(()),
            Some(Server::Child(mut child)) => child.kill().await,
            Some(Server::Beside) => {
                let mut stop = quiet("systemctl");
                stop.args(["stop", UNIT]).status().await.map(|_| ())
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "the adb server does not end");
        }
    }
}

fn child(program: &Path, home: &Path, port: u16) -> Command {
    let mut command = quiet(program);
    command
        .args(["-P", &port.to_string(), "nodaemon", "server"])
        .env("HOME", home)
        .kill_on_drop(true);
    command
}

/// The same by systemd, for as long as the agent runs.
fn beside(program: &Path, home: &Path, port: u16) -> Command {
    let mut command = quiet("systemd-run");
    command
        .args(["--quiet", "--collect", "--unit", UNIT])
        .args(["--property", &format!("BindsTo={AGENT}")])
        .args(["--property", &format!("After={AGENT}")])
        .arg("--setenv")
        .arg(format!("HOME={}", home.display()))
        .arg(program)
        .args(["-P", &port.to_string(), "nodaemon", "server"]);
    command
}

fn quiet(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::super::server::Tracking;
    use super::*;

    /// A server of the system's that answers, on a port that nobody had a moment ago.
    async fn answering(state: &Path) -> (Started, Tracking) {
        let mut started = Started::default();
        loop {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let command = &mut child(Path::new("/usr/bin/adb"), state, port);
            started.0 = Some(Server::Child(command.spawn().unwrap()));
            // Somebody else has the port now, if it ends.
            while started.runs() {
                match Tracking::begin(port).await {
                    Ok(tracking) => return (started, tracking),
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        }
    }

    #[tokio::test]
    async fn the_systems_server_is_started_answers_and_ends() {
        let state = tempfile::tempdir().unwrap();
        assert!(!Started::default().runs());
        let (mut started, mut tracking) = answering(state.path()).await;
        assert_eq!(tracking.next().await.unwrap(), []);
        started.end().await;
        assert!(!started.runs() && tracking.next().await.is_err());
        // Whoever holds the phone allows this computer by its key.
        assert!(state.path().join(".android/adbkey.pub").exists());
    }

    #[test]
    fn systemd_is_asked_to_run_it_for_as_long_as_the_agent_runs() {
        let command = beside(Path::new("/usr/bin/adb"), Path::new("/s/adb"), 5037);
        let words: Vec<&str> = command
            .as_std()
            .get_args()
            .filter_map(OsStr::to_str)
            .collect();
        assert_eq!(
            words.join(" "),
            "--quiet --collect --unit proviso-adb.service --property BindsTo=proviso-agent.service \
             --property After=proviso-agent.service --setenv HOME=/s/adb \
             /usr/bin/adb -P 5037 nodaemon server"
        );
    }
}
