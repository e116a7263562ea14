//! What QEMU is asked and tells while it runs (the QEMU Machine Protocol): one line of JSON each.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::wait::PATIENCE;

/// The way to one machine's QEMU.
#[derive(Debug)]
pub(super) struct Qmp {
    stream: BufReader<UnixStream>,
    /// What it told while an answer was waited for.
    events: VecDeque<Value>,
}

impl Qmp {
    /// Begins to talk.
    pub(super) fn connect(socket: &Path) -> anyhow::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Self {
            stream: BufReader::new(stream),
            events: VecDeque::new(),
        };
        // Its greeting.
        qmp.line()?;
        qmp.ask("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Asks for something to be done; gives what it answers.
    pub(super) fn ask(&mut self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        let question = json!({ "execute": command, "arguments": arguments });
        writeln!(self.stream.get_mut(), "{question}")?;
        loop {
            let mut line = self.line()?;
            if line.get("event").is_some() {
                self.events.push_back(line);
            } else if let Some(error) = line.get("error") {
                bail!("QEMU refused {question}: {error}");
            } else {
                return Ok(line["return"].take());
            }
        }
    }

    /// Waits for something to be told, from now on or before.
    pub(super) fn wait_for(&mut self, event: &str) -> anyhow::Result<Value> {
        loop {
            let told = match self.events.pop_front() {
                Some(told) => told,
                None => self
                    .line()
                    .with_context(|| format!("waiting for {event} of QEMU"))?,
            };
            if told["event"] == event {
                return Ok(told);
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("QEMU has ended");
        }
        Ok(serde_json::from_str(&line)?)
    }
}
