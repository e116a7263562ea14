//! The DevTools protocol over a pipe: JSON messages, each ended by a zero byte.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::wait::PATIENCE;

/// Our end of the pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    to: ChildStdin,
    from: Receiver<Value>,
    last: u64,
    requests: Vec<String>,
    files: usize,
    complaints: Vec<String>,
}

impl Pipe {
    /// Takes the standard input and output of a program started for it.
    pub(super) fn new(child: &mut Child) -> anyhow::Result<Self> {
        let to = child.stdin.take().context("no input")?;
        let mut out = BufReader::new(child.stdout.take().context("no output")?);
        let (tell, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while let Ok(1..) = out.read_until(0, &mut message) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else {
                    return;
                };
                if tell.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        Ok(Self {
            to,
            from,
            last: 0,
            requests: Vec::new(),
            files: 0,
            complaints: Vec::new(),
        })
    }

    /// The address of every request that the browser told of.
    pub(super) fn requests(&self) -> &[String] {
        &self.requests
    }

    /// How many of the answers that the browser told of are files to keep, and no pages.
    pub(super) fn files(&self) -> usize {
        self.files
    }

    /// What the browser complained of, and what pages asked whoever looks at them.
    pub(super) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Asks and waits for the answer. Of events in between, only requests, files and complaints are kept.
    pub(super) fn ask(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> anyhow::Result<Value> {
        let number = self.say(session, method, params)?;
        loop {
            let mut answer = match self.from.recv_timeout(PATIENCE) {
                Ok(answer) => answer,
                Err(RecvTimeoutError::Timeout) => bail!("Chromium does not answer {method}"),
                Err(RecvTimeoutError::Disconnected) => bail!("Chromium ended during {method}"),
            };
            if answer["id"] != number {
                self.note(session, &answer)?;
                continue;
            }
            if let Some(error) = answer.get("error") {
                bail!("Chromium refused {method}: {error}");
            }
            return Ok(answer["result"].take());
        }
    }

    /// Says it, and gives the number of the answer.
    fn say(&mut self, session: Option<&str>, method: &str, params: &Value) -> anyhow::Result<u64> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.to
            .write_all(&bytes)
            .with_context(|| format!("Chromium is gone, asked for {method}"))?;
        Ok(self.last)
    }

    /// Keeps what an event tells.
    fn note(&mut self, session: Option<&str>, event: &Value) -> anyhow::Result<()> {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str();
                self.requests.extend(url.map(str::to_owned));
            }
            "Network.responseReceived" if params["type"] == "Document" => {
                let headers = params["response"]["headers"].as_object();
                let file = headers.into_iter().flatten().any(|(name, value)| {
                    let value = value.as_str().unwrap_or_default();
                    name.eq_ignore_ascii_case("content-disposition")
                        && value.starts_with("attachment")
                });
                self.files += usize::from(file);
            }
            // A page waits until somebody answers; it is not answered yes.
            "Page.javascriptDialogOpening" => {
                self.complaints
                    .push(format!("asked: {}", params["message"]));
                let no = json!({ "accept": false });
                self.say(session, "Page.handleJavaScriptDialog", &no)?;
            }
            // A page that is not found is an answer of the site's.
            "Log.entryAdded" if params["entry"]["source"] != "network" => {
                let text = &params["entry"]["text"];
                self.complaints.push(format!("logged: {text}"));
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                self.complaints.push(format!("failed: {details}"));
            }
            _ => {}
        }
        Ok(())
    }
}
