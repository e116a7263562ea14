//! A Wayland compositor that says which window is in front (`wlr-foreign-toplevel-management`) and
//! when nobody is there (`ext-idle-notify`, or KDE's older protocol for it).
//!
//! It names windows by what the program calls itself and tells no process, so none is told on.

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::wayland_wire::{self as wire, Arguments, HEAD, Message};
use super::{PATIENCE, Stream, bounded};
use crate::platform::accounts::Account;
use crate::platform::desktop::{Change, DesktopError, Window};

const SEAT: &str = "wl_seat";
const WINDOWS: &str = "zwlr_foreign_toplevel_manager_v1";
const EXT_IDLE: &str = "ext_idle_notifier_v1";
const KDE_IDLE: &str = "org_kde_kwin_idle";
/// What only GNOME's and only KDE's compositor have.
const GNOME: &str = "gtk_shell1";
const KDE: &str = "org_kde_plasma_shell";
/// In the state of a window: it is in front.
const ACTIVATED: u32 = 2;
/// More windows than anybody opens.
const MAX_WINDOWS: usize = 1024;
const MAX_CHANGES: usize = 4096;

/// A connection to a compositor.
#[derive(Debug)]
pub struct Wayland {
    stream: Stream,
    windows: BTreeMap<u32, Shown>,
    /// What was told to be in front.
    front: Option<Window>,
    changes: VecDeque<Change>,
}

/// A window, as far as it is known.
#[derive(Clone, Debug, Default)]
struct Shown {
    class: Option<String>,
    is_active: bool,
}

/// The things of the compositor that are needed, by the numbers that it gave them.
#[derive(Debug, Default)]
struct Offered {
    seat: Option<u32>,
    windows: Option<u32>,
    ext_idle: Option<(u32, u32)>,
    kde_idle: Option<u32>,
    desk: Option<&'static str>,
}

impl Wayland {
    pub(super) async fn connect(
        socket: &Path,
        account: &Account,
        idle_ms: u32,
    ) -> Result<Self, DesktopError> {
        let theirs = |owner: u32| owner == account.owner.0;
        // A socket of another account, or of the system, is not so much as opened.
        if !theirs(std::fs::symlink_metadata(socket)?.uid()) {
            return Err(DesktopError::Refused("its socket is another account's"));
        }
        let stream = Stream::new(UnixStream::connect(socket).await?);
        if !theirs(stream.peer()?.0) {
            return Err(DesktopError::Refused("another account's program shows it"));
        }
        let mut it = Self {
            stream,
            windows: BTreeMap::new(),
            front: None,
            changes: VecDeque::new(),
        };
        timeout(PATIENCE, it.begin(idle_ms))
            .await
            .map_err(|_| DesktopError::Mute)??;
        Ok(it)
    }

    async fn begin(&mut self, idle_ms: u32) -> Result<(), DesktopError> {
        self.stream.send(&wire::ask_for_all()).await?;
        let mut offered = Offered::default();
        loop {
            let bytes = self.message().await?;
            let message = whole(&bytes)?;
            match (message.object, message.number) {
                (wire::REGISTRY, 0) => offered.note(message.arguments),
                (wire::CALLBACK, 0) => break,
                (wire::DISPLAY, 0) => return Err(DesktopError::Garbled("it refuses our words")),
                _ => {}
            }
        }
        let (Some(seat), Some(windows)) = (offered.seat, offered.windows) else {
            let reason = offered.desk.unwrap_or("its compositor names no windows");
            return Err(DesktopError::Silent(reason));
        };
        let mut ask = wire::bind(seat, SEAT, 1, wire::SEAT);
        ask.extend(match (offered.ext_idle, offered.kde_idle) {
            (Some((name, version)), _) => {
                // The newer one counts what the person does, whatever a film asks for.
                let version = version.clamp(1, 2);
                let number = if version == 1 { 1 } else { 2 };
                let mut ask = wire::bind(name, EXT_IDLE, version, wire::IDLE);
                let words = [wire::IDLE_NOTE, idle_ms, wire::SEAT];
                ask.extend(wire::request(wire::IDLE, number, &words));
                ask
            }
            (None, Some(name)) => {
                let mut ask = wire::bind(name, KDE_IDLE, 1, wire::IDLE);
                let words = [wire::IDLE_NOTE, wire::SEAT, idle_ms];
                ask.extend(wire::request(wire::IDLE, 0, &words));
                ask
            }
            (None, None) => {
                return Err(DesktopError::Silent(
                    "its compositor does not say when nobody is there",
                ));
            }
        });
        ask.extend(wire::bind(windows, WINDOWS, 1, wire::WINDOWS));
        self.stream.send(&ask).await
    }

    /// Waits for the next change.
    pub(super) async fn next(&mut self) -> Result<Change, DesktopError> {
        loop {
            if let Some(change) = self.changes.pop_front() {
                return Ok(change);
            }
            let bytes = self.message().await?;
            let ended = self.take(whole(&bytes)?)?;
            if let Some(window) = ended {
                // So that its number can be given again.
                const DESTROY: u16 = 7;
                self.stream
                    .send(&wire::request(window, DESTROY, &[]))
                    .await?;
            }
        }
    }

    /// Notes what a message says; gives the window that has ended by it.
    fn take(&mut self, message: Message<'_>) -> Result<Option<u32>, DesktopError> {
        let mut arguments = message.arguments;
        match (message.object, message.number) {
            (wire::DISPLAY, 0) => return Err(DesktopError::Garbled("it refuses our words")),
            (wire::IDLE_NOTE, 0) => self.tell(Change::Idle)?,
            (wire::IDLE_NOTE, 1) => self.tell(Change::Active)?,
            (wire::WINDOWS, 0) => {
                let id = arguments.word().filter(|id| *id >= wire::SERVER);
                let id = id.ok_or(DesktopError::Garbled("a window without a number"))?;
                if self.windows.len() >= MAX_WINDOWS {
                    return Err(DesktopError::Garbled("windows without end"));
                }
                self.windows.insert(id, Shown::default());
            }
            (wire::WINDOWS, 1) => {
                return Err(DesktopError::Silent("its compositor names no more windows"));
            }
            (id, number) => {
                let Some(window) = self.windows.get_mut(&id) else {
                    return Ok(None);
                };
                match number {
                    // Number 0 is the title, which is not looked at.
                    1 => window.class = arguments.text().and_then(bounded),
                    4 => {
                        let states = arguments.bytes().unwrap_or_default().as_chunks().0;
                        window.is_active = states
                            .iter()
                            .any(|state| u32::from_ne_bytes(*state) == ACTIVATED);
                    }
                    5 => self.look()?,
                    6 => {
                        self.windows.remove(&id);
                        self.look()?;
                        return Ok(Some(id));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// Did what is in front change?
    fn look(&mut self) -> Result<(), DesktopError> {
        let front = self.windows.values().find(|window| window.is_active);
        let front = front.map(|window| Window {
            pid: None,
            class: window.class.clone(),
        });
        if front != self.front {
            self.front.clone_from(&front);
            self.tell(Change::Front(front))?;
        }
        Ok(())
    }

    fn tell(&mut self, change: Change) -> Result<(), DesktopError> {
        if self.changes.len() >= MAX_CHANGES {
            return Err(DesktopError::Garbled("events without end"));
        }
        self.changes.push_back(change);
        Ok(())
    }

    async fn message(&mut self) -> Result<Vec<u8>, DesktopError> {
        self.stream.wait_for(HEAD).await?;
        let length = wire::length(&self.stream.read);
        let length = length.ok_or(DesktopError::Garbled("a message without a length"))?;
        self.stream.wait_for(length).await?;
        Ok(self.stream.take(length))
    }
}

impl Offered {
    fn note(&mut self, mut arguments: Arguments<'_>) {
        let mut parse = || {
            let name = arguments.word()?;
            let interface = arguments.text()?;
            Some((name, interface, arguments.word()?))
        };
        let Some((name, interface, version)) = parse() else {
            return;
        };
        match std::str::from_utf8(interface) {
            Ok(SEAT) => self.seat = self.seat.or(Some(name)),
            Ok(WINDOWS) => self.windows = Some(name),
            Ok(EXT_IDLE) => self.ext_idle = Some((name, version)),
            Ok(KDE_IDLE) => self.kde_idle = Some(name),
            Ok(GNOME) => self.desk = Some("GNOME's compositor names no windows to other programs"),
            Ok(KDE) => self.desk = Some("KDE's compositor names no windows to other programs"),
            _ => {}
        }
    }
}

fn whole(bytes: &[u8]) -> Result<Message<'_>, DesktopError> {
    wire::message(bytes).ok_or(DesktopError::Garbled("a message without a head"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the registry: what mutter 43 and KWin 5.27 said.
    #[test]
    fn the_two_large_desktops_are_known_by_what_they_offer() {
        for (said, reason) in [
            (
                &b"\x02\0\0\0\0\0\x20\0\x09\0\0\0\x0b\0\0\0gtk_shell1\0\0\x05\0\0\0"[..],
                "GNOME's compositor names no windows to other programs",
            ),
            (
                b"\x02\0\0\0\0\0\x2c\0\x16\0\0\0\x15\0\0\0org_kde_plasma_shell\0\0\0\0\x08\0\0\0",
                "KDE's compositor names no windows to other programs",
            ),
        ] {
            let mut offered = Offered::default();
            offered.note(whole(said).unwrap().arguments);
            assert_eq!(offered.desk, Some(reason));
            assert_eq!(offered.windows, None);
        }
    }
}
