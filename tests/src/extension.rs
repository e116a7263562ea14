//! Stands in for the browser extension where a test needs more visits than a browser opens: talks
//! to the real native host and keeps the extension's promise, to hold each event until the agent
//! says that it has it, and to send it again under the same number.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::agent::Computer;
use crate::process::Running;
use crate::wait::until;

/// As many as are sent before an acknowledgement must come.
const WINDOW: usize = 200;

/// A browser's extension, as the agent sees it.
#[derive(Debug)]
pub struct Extension {
    shared: Arc<Mutex<Shared>>,
    epoch: String,
    last: u64,
    _host: Running,
}

#[derive(Debug)]
struct Shared {
    to: ChildStdin,
    link: u64,
    waiting: BTreeMap<u64, Value>,
}

impl Extension {
    /// Starts the host as a browser does. `epoch`: 16 hex digits, the name of this life.
    pub fn start(computer: &Computer, epoch: &str) -> anyhow::Result<Self> {
        let log = computer.machine.dir().join("native-host.log");
        let mut command = computer.native_host();
        command
            .args(["--", "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(&log)?,
            );
        let mut host = Running::spawn(command, &log)?;
        let to = host.pipes().stdin.take().context("no input")?;
        let from = host.pipes().stdout.take().context("no output")?;
        let shared = Arc::new(Mutex::new(Shared {
            to,
            link: 0,
            waiting: BTreeMap::new(),
        }));
        let listening = Arc::clone(&shared);
        std::thread::spawn(move || listen(from, &listening));
        Ok(Self {
            shared,
            epoch: epoch.to_owned(),
            last: 0,
            _host: host,
        })
    }

    /// A page was opened. Waits while too many are not acknowledged.
    pub fn visit(&mut self, url: &str, patience: Duration) -> anyhow::Result<()> {
        until("the agent to acknowledge visits", patience, || {
            Ok((self.waiting() < WINDOW).then_some(()))
        })?;
        self.last += 1;
        let event = json!({
            "type": "visit",
            "epoch": self.epoch,
            "n": self.last,
            "at": jiff::Timestamp::now().as_millisecond(),
            "url": url,
            "transition": "link",
            "private": false,
        });
        let mut shared = lock(&self.shared);
        shared.waiting.insert(self.last, event.clone());
        shared.send(&event)?;
        Ok(())
    }

    /// How many the agent has not acknowledged.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.shared).waiting.len()
    }

    /// Waits until the agent has everything.
    pub fn all_taken(&self, patience: Duration) -> anyhow::Result<()> {
        until("the agent to take every visit", patience, || {
            Ok((self.waiting() == 0).then_some(()))
        })
    }
}

impl Shared {
    /// Nothing while the agent is away: it is sent after the next welcome.
    fn send(&mut self, event: &Value) -> std::io::Result<()> {
        if self.link == 0 {
            return Ok(());
        }
        let body = json!({ "link": self.link, "event": event }).to_string();
        let length = u32::try_from(body.len()).map_err(std::io::Error::other)?;
        self.to
            .write_all(&[&length.to_ne_bytes()[..], body.as_bytes()].concat())
    }

    fn heard(&mut self, message: &Value) -> std::io::Result<()> {
        match message["type"].as_str() {
            Some("welcome") => {
                let link = message["link"].as_u64().unwrap_or(0);
                if link != self.link {
                    self.link = link;
                    for event in self.waiting.clone().values() {
                        self.send(event)?;
                    }
                }
            }
            Some("away") => self.link = 0,
            Some("ack") => {
                let n = message["n"].as_u64().unwrap_or(0);
                self.waiting.retain(|&number, _| number > n);
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        }
        Ok(())
    }
}

/// Until the host ends; then visits wait for ever, and the test says so.
fn listen(mut from: ChildStdout, shared: &Mutex<Shared>) {
    while let Ok(message) = read(&mut from) {
        if lock(shared).heard(&message).is_err() {
            return;
        }
    }
}

fn read(from: &mut ChildStdout) -> std::io::Result<Value> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_ne_bytes(length) as usize];
    from.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
