//! X11 and Wayland, each spoken as far as it is needed here and no further.
//!
//! A display is found by what the account's own programs were told of it (`DISPLAY`, `XAUTHORITY`,
//! `WAYLAND_DISPLAY`, `XDG_RUNTIME_DIR`; nothing else of their surroundings is looked at), and must
//! be the account's: the program behind it runs as the account, or as the system with a key that the
//! account holds. A person can point these words anywhere; nothing is sent before that is known.

mod screens;
#[cfg(test)]
mod tests;
mod wayland;
mod wayland_wire;
mod x11;
mod x11_wire;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rustix::net::sockopt::socket_peercred;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{Change, DesktopError, IDLE_MS};
use crate::platform::accounts::{Account, Owner};

pub use self::screens::screens;

/// A display answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest message that is taken; what is asked for has some hundred bytes.
const MAX_MESSAGE: usize = 256 * 1024;

/// Where an account's windows are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// An X server, by its number, and where the key to it lies.
    X11 {
        /// Its number.
        number: u32,
        /// The account's file of keys.
        keys: Option<PathBuf>,
    },
    /// A Wayland compositor, by its socket.
    Wayland(PathBuf),
    /// On another computer.
    Elsewhere(String),
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X11 { number, .. } => write!(f, "x11-{number}"),
            Self::Wayland(socket) => {
                let name = socket.file_name().unwrap_or_default().as_encoded_bytes();
                f.write_str(&bounded(name).unwrap_or_default())
            }
            Self::Elsewhere(_) => f.write_str("elsewhere"),
        }
    }
}

/// A connection to a display.
#[derive(Debug)]
pub enum Desktop {
    /// An X server.
    X11(Box<x11::X11>),
    /// A Wayland compositor.
    Wayland(Box<wayland::Wayland>),
}

impl Desktop {
    /// Connects to a display of that account.
    pub async fn connect(screen: &Screen, account: &Account) -> Result<Self, DesktopError> {
        Self::connect_with(screen, account, IDLE_MS).await
    }

    async fn connect_with(
        screen: &Screen,
        account: &Account,
        idle_ms: u32,
    ) -> Result<Self, DesktopError> {
        let connect = async {
            match screen {
                Screen::X11 { number, keys } => {
                    let desktop =
                        x11::X11::connect(*number, keys.as_deref(), account, idle_ms).await?;
                    Ok(Self::X11(Box::new(desktop)))
                }
                Screen::Wayland(socket) => {
                    let desktop = wayland::Wayland::connect(socket, account, idle_ms).await?;
                    Ok(Self::Wayland(Box::new(desktop)))
                }
                Screen::Elsewhere(display) => Err(DesktopError::Elsewhere(display.clone())),
            }
        };
        let connected = timeout(PATIENCE * 3, connect).await;
        connected.map_err(|_| DesktopError::Mute)?
    }

    /// Waits for the next change. The future must not be dropped but to end the connection.
    pub async fn next(&mut self) -> Result<Change, DesktopError> {
        match self {
            Self::X11(desktop) => desktop.next().await,
            Self::Wayland(desktop) => desktop.next().await,
        }
    }
}

/// Bytes to and from a display.
#[derive(Debug)]
struct Stream {
    stream: UnixStream,
    read: BytesMut,
}

impl Stream {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            read: BytesMut::new(),
        }
    }

    /// Whose program is behind it?
    fn peer(&self) -> Result<Owner, DesktopError> {
        let peer = socket_peercred(&self.stream).map_err(std::io::Error::from)?;
        Ok(Owner(peer.uid.as_raw()))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), DesktopError> {
        match timeout(PATIENCE, self.stream.write_all(bytes)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(DesktopError::Mute),
        }
    }

    /// Waits until there are so many bytes.
    async fn wait_for(&mut self, length: usize) -> Result<(), DesktopError> {
        if length > MAX_MESSAGE {
            return Err(DesktopError::Garbled("a message without end"));
        }
        while self.read.len() < length {
            self.read.reserve(length);
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
        }
        Ok(())
    }

    /// Takes so many bytes; they are there.
    fn take(&mut self, length: usize) -> Vec<u8> {
        let length = length.min(self.read.len());
        let taken = self.read.copy_to_bytes(length).to_vec();
        if self.read.is_empty() {
            // At rest nothing is held.
            self.read = BytesMut::new();
        }
        taken
    }
}

/// What a program calls itself, as it goes into a record.
fn bounded(name: &[u8]) -> Option<String> {
    const MAX_NAME: usize = 128;
    let name = String::from_utf8_lossy(name).replace(char::is_control, "?");
    let cut = name.floor_char_boundary(MAX_NAME);
    let name = name.get(..cut).unwrap_or_default().trim();
    (!name.is_empty()).then(|| name.to_owned())
}
