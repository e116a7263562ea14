//! `proviso-agent native-host`: started by a browser, carries events to the agent and
//! acknowledgements back.
//!
//! Promises: it keeps nothing. While the agent is not reached it says so to the extension, which
//! keeps its events and sends them again under the number of the next connection; what still
//! comes in under an older number is thrown away, so that events reach the agent in order.
//! Refuses: messages over 1 MiB and messages it does not know; it then ends with a sentence on
//! stderr, and the extension starts it anew.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::wire::{
    Answer, Framing, FromExtension, MAX_ANSWER, PROTOCOL, ReadError, Request, ToExtension, read,
    write,
};
use crate::platform::local::{self, Stream};

/// Browsers send at most this much in one message.
const MAX_FROM_BROWSER: usize = 1024 * 1024;
const RETRY: Duration = Duration::from_millis(500);
/// The agent's socket inside the state directory.
pub const SOCKET: &str = "agent.sock";

/// Why the host ended before the browser closed it.
#[derive(Debug, Error)]
pub enum HostError {
    /// Not started by a browser.
    #[error(
        "`native-host` is started by a browser for the Proviso extension, which then names itself; to see how monitoring stands, run `proviso-agent status`"
    )]
    NotABrowser,
    /// The browser sent something strange.
    #[error("the browser sent what the Proviso extension never sends: {0}; restart the browser")]
    FromBrowser(ReadError),
    /// The agent refused.
    #[error("the agent refused: {0}")]
    Refused(String),
    /// Writing to the browser failed.
    #[error("the browser closed its pipe: {0}; restart the browser if it is still open")]
    ToBrowser(std::io::Error),
    /// The runtime.
    #[error("the host could not start: {0}; free some memory and restart the browser")]
    Start(std::io::Error),
}

/// Runs until the browser closes the pipe. `arguments` are those the browser gave.
pub fn run(state: &Path, arguments: &[OsString]) -> Result<(), HostError> {
    let browser =
        browser(arguments, local::parent_program().as_deref()).ok_or(HostError::NotABrowser)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(HostError::Start)?;
    let host = Host {
        socket: state.join(SOCKET),
        browser,
    };
    let (input, output) = local::standard_streams().map_err(HostError::Start)?;
    let outcome = runtime.block_on(host.run(input, output));
    // A thread that waits for stdin must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// Which browser this is. The arguments say which family, the program that started us which of it.
fn browser(arguments: &[OsString], parent: Option<&Path>) -> Option<&'static str> {
    let program = parent
        .and_then(Path::file_name)
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let first = arguments.first()?.to_str()?;
    if first.starts_with("chrome-extension://") {
        return Some(match program {
            "chrome" | "google-chrome" => "chrome",
            "msedge" => "edge",
            "brave" => "brave",
            "vivaldi-bin" | "vivaldi" => "vivaldi",
            "opera" => "opera",
            _ => "chromium",
        });
    }
    // Firefox gives the path of the host's manifest and the extension's id.
    let id = arguments.get(1)?.to_str()?;
    (id == super::package::FIREFOX_ID).then_some("firefox")
}

struct Host {
    socket: PathBuf,
    browser: &'static str,
}

/// Why a connection to the agent ended without fault.
enum Ended {
    BrowserClosed,
    AgentGone,
}

impl Host {
    async fn run<R, W>(&self, input: R, mut output: W) -> Result<(), HostError>
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin,
    {
        let mut events = reader(input, Framing::Native, MAX_FROM_BROWSER);
        for link in 1.. {
            let Some(stream) = self.reach(&mut events, &mut output).await? else {
                return Ok(());
            };
            match self.carry(link, stream, &mut events, &mut output).await? {
                Ended::BrowserClosed => return Ok(()),
                Ended::AgentGone => tell(&mut output, &ToExtension::Away).await?,
            }
        }
        Ok(())
    }

    /// Tries until the agent answers. `None`: the browser closed first.
    async fn reach<W: AsyncWrite + Unpin>(
        &self,
        events: &mut mpsc::Receiver<Result<Option<FromExtension>, ReadError>>,
        output: &mut W,
    ) -> Result<Option<Stream>, HostError> {
        let mut told = false;
        loop {
            if let Ok(stream) = local::connect(&self.socket).await {
                return Ok(Some(stream));
            }
            if !std::mem::replace(&mut told, true) {
                tell(output, &ToExtension::Away).await?;
            }
            let pause = tokio::time::sleep(RETRY);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    // The extension keeps it: it was not acknowledged.
                    event = events.recv() => if next(event)?.is_none() { return Ok(None) },
                }
            }
        }
    }

    async fn carry<W: AsyncWrite + Unpin>(
        &self,
        link: u32,
        stream: Stream,
        events: &mut mpsc::Receiver<Result<Option<FromExtension>, ReadError>>,
        output: &mut W,
    ) -> Result<Ended, HostError> {
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = reader::<Answer, _>(from, Framing::Socket, MAX_ANSWER);
        let hello = Request::Hello {
            protocol: PROTOCOL,
            browser: self.browser.to_owned(),
        };
        if write(&mut to, Framing::Socket, &hello).await.is_err() {
            return Ok(Ended::AgentGone);
        }
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(message) = next(event)? else {
                        return Ok(Ended::BrowserClosed);
                    };
                    if message.link != link {
                        continue;
                    }
                    let request = Request::Event { event: message.event };
                    if write(&mut to, Framing::Socket, &request).await.is_err() {
                        return Ok(Ended::AgentGone);
                    }
                }
                answer = answers.recv() => match answer {
                    Some(Ok(Some(Answer::Welcome { monitored, wanted }))) => {
                        tell(output, &ToExtension::Welcome { link, monitored, wanted }).await?;
                    }
                    Some(Ok(Some(Answer::Ack { epoch, n }))) => {
                        tell(output, &ToExtension::Ack { epoch, n }).await?;
                    }
                    Some(Ok(Some(Answer::Refused { sentence }))) => {
                        return Err(HostError::Refused(sentence));
                    }
                    Some(Ok(Some(Answer::Status { .. } | Answer::Told { .. } | Answer::Page { .. } | Answer::Explained { .. }))) => {}
                    Some(Ok(None) | Err(_)) | None => return Ok(Ended::AgentGone),
                },
            }
        }
    }
}

/// Reads messages in a task of its own, because a half-read message must not be dropped.
fn reader<T, R>(
    mut from: R,
    framing: Framing,
    limit: usize,
) -> mpsc::Receiver<Result<Option<T>, ReadError>>
where
    T: serde::de::DeserializeOwned + Send + 'static,
    R: AsyncRead + Unpin + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let message = read(&mut from, framing, limit).await;
            let ended = !matches!(message, Ok(Some(_)));
            if sender.send(message).await.is_err() || ended {
                return;
            }
        }
    });
    receiver
}

fn next<T>(message: Option<Result<Option<T>, ReadError>>) -> Result<Option<T>, HostError> {
    match message {
        None => Ok(None),
        Some(message) => message.map_err(HostError::FromBrowser),
    }
}

async fn tell<W: AsyncWrite + Unpin>(
    output: &mut W,
    message: &ToExtension,
) -> Result<(), HostError> {
    write(output, Framing::Native, message)
        .await
        .map_err(HostError::ToBrowser)
}

#[cfg(test)]
mod tests;
