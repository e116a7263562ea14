//! What goes over the agent's local socket, and over a browser's native messaging.
//!
//! Socket: u32 big-endian length, then JSON. Native messaging: u32 in the machine's byte order,
//! then JSON. Both are bounded before anything is allocated, and unknown keys are refused: the
//! other end runs as the supervised person and may send anything.

mod event;

use proviso_report::fact::Kind;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use event::{Epoch, Event, Lost, SeenCleared, SeenDownload, SeenFront, SeenPrivate, SeenVisit};

/// Version of this wire; agent and host come from one program and differ only during an update.
pub const PROTOCOL: u16 = 2;
/// Longest message of a host or of `status` to the agent.
pub const MAX_REQUEST: usize = 256 * 1024;
/// Longest answer of the agent.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// From a browser's host, or from a command of the person's, to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// First message of a browser's host.
    Hello {
        /// [`PROTOCOL`].
        protocol: u16,
        /// "chromium", "firefox", ...
        browser: String,
    },
    /// Something happened in the browser.
    Event {
        /// What.
        event: Event,
    },
    /// How monitoring stands, for the person and for `proviso-agent status`.
    Status,
    /// What was recorded today, for `proviso-agent today`.
    Today,
    /// What may be recorded, for `proviso-agent scope`.
    Scope,
    /// The address of the person's page, for `proviso-agent page`.
    Page,
    /// The person says something to what was recorded.
    Explain {
        /// The records that it is about.
        seqs: Vec<u64>,
        /// In the person's own words.
        text: String,
        /// Does the person say that it was an accident?
        accident: bool,
    },
}

/// From the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// To `Hello`.
    Welcome {
        /// Whether the account on the other end is monitored. If not, nothing of it is wanted.
        monitored: bool,
        /// What an order in force lets be recorded of what an extension sees: nothing else is to
        /// be sent. Sent again when it changes.
        wanted: Vec<Kind>,
    },
    /// Every event of this epoch up to this number is durable.
    Ack {
        /// As sent.
        epoch: Epoch,
        /// As sent.
        n: u64,
    },
    /// To `Status`.
    Status {
        /// Made by the agent, shown by `proviso-agent status`.
        status: serde_json::Value,
    },
    /// To `Today` and `Scope`.
    Told {
        /// Made by the agent, shown by the command that asked.
        told: serde_json::Value,
    },
    /// To `Page`.
    Page {
        /// It opens once, within a minute.
        url: String,
    },
    /// To `Explain`: it is on disk.
    Explained {
        /// Its place in the log.
        seq: u64,
    },
    /// The connection ends after this.
    Refused {
        /// What was wrong and what to do.
        sentence: String,
    },
}

/// From the extension to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromExtension {
    /// The number in the welcome after which it was sent.
    pub link: u32,
    /// What happened.
    pub event: Event,
}

/// From the host to the extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToExtension {
    /// The agent is reached: send what waits.
    Welcome {
        /// Number of the host's connection to the agent, from 1.
        link: u32,
        /// See [`Answer::Welcome`].
        monitored: bool,
        /// See [`Answer::Welcome`].
        wanted: Vec<Kind>,
    },
    /// The agent is not reached: keep what you have.
    Away,
    /// See [`Answer::Ack`].
    Ack {
        /// As sent.
        epoch: Epoch,
        /// As sent.
        n: u64,
    },
}

/// Byte order of the length in front of each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The agent's socket.
    Socket,
    /// A browser's pipe: the machine's own order.
    Native,
}

/// A message could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The other end promised more than is ever needed.
    #[error("a message of {length} bytes was announced, {limit} are allowed")]
    TooLong {
        /// Announced.
        length: usize,
        /// Allowed.
        limit: usize,
    },
    /// The other end closed in the middle.
    #[error("the connection ended within a message")]
    CutOff,
    /// Not a message of this wire.
    #[error("a message is not understood: {0}")]
    NotUnderstood(#[from] serde_json::Error),
    /// The system.
    #[error("reading failed: {0}")]
    Io(std::io::Error),
}

/// Reads one message; `None` when the other end closed between two.
pub async fn read<T, R>(
    from: &mut R,
    framing: Framing,
    limit: usize,
) -> Result<Option<T>, ReadError>
where
    T: serde::de::DeserializeOwned,
    R: AsyncRead + Unpin,
{
    let mut length = [0; 4];
    match from.read(&mut length).await.map_err(ReadError::Io)? {
        0 => return Ok(None),
        got => fill(from, &mut length[got..]).await?,
    }
    let length = match framing {
        Framing::Socket => u32::from_be_bytes(length),
        Framing::Native => u32::from_ne_bytes(length),
    } as usize;
    if length > limit {
        return Err(ReadError::TooLong { length, limit });
    }
    let mut body = vec![0; length];
    fill(from, &mut body).await?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one message.
pub async fn write<T, W>(to: &mut W, framing: Framing, message: &T) -> std::io::Result<()>
where
    T: Serialize,
    W: AsyncWrite + Unpin,
{
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(std::io::Error::other)?;
    let length = match framing {
        Framing::Socket => length.to_be_bytes(),
        Framing::Native => length.to_ne_bytes(),
    };
    // One write: a message is never half in one packet because of us.
    to.write_all(&[&length[..], &body].concat()).await?;
    to.flush().await
}

async fn fill<R: AsyncRead + Unpin>(from: &mut R, into: &mut [u8]) -> Result<(), ReadError> {
    match from.read_exact(into).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(ReadError::CutOff),
        Err(error) => Err(ReadError::Io(error)),
    }
}

#[cfg(test)]
mod tests;
