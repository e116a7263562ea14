//! An X server: the window manager names the window in front, the server the process behind it, and
//! its counter of idle time says when nobody is there. A window that is gone or hidden is not in front,
//! although a manager can go on naming it when there is no other.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::x11_wire::{self as wire, HEAD, Message};
use super::{PATIENCE, Stream, bounded};
use crate::platform::accounts::{Account, Owner};
use crate::platform::desktop::{Change, DesktopError, Window};
use crate::platform::files::open_owned;

/// Where the account keeps its keys, if it is not said.
const KEYS: &str = ".Xauthority";
const MAX_KEYS: u64 = 64 * 1024;
/// The window manager starts after the server.
const MANAGER_STARTS: Duration = Duration::from_secs(15);
/// Events that came while an answer was awaited.
const MAX_EVENTS: usize = 4096;
const BEHIND: &str =
    "a Wayland compositor stands behind its server, which knows only some of the windows";
const NO_MANAGER: &str = "its window manager names no window in front";

/// A connection to an X server.
#[derive(Debug)]
pub struct X11 {
    stream: Stream,
    sequence: u16,
    events: VecDeque<Vec<u8>>,
    root: u32,
    active: u32,
    class: u32,
    /// The window in front, of which the server tells what becomes; 0 if there is none.
    front: u32,
    /// The extension that names processes.
    resource: Option<u8>,
    sync: Sync,
    /// What is still to be told from the start: that nobody is there, and what is in front.
    first: VecDeque<First>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Idle,
    Front,
}

/// The extension that counts how long nobody was there.
#[derive(Clone, Copy, Debug)]
struct Sync {
    major: u8,
    alarm_event: u8,
    counter: u32,
    idle: u32,
    back: u32,
}

impl X11 {
    pub(super) async fn connect(
        number: u32,
        keys: Option<&Path>,
        account: &Account,
        idle_ms: u32,
    ) -> Result<Self, DesktopError> {
        let path = format!("/tmp/.X11-unix/X{number}");
        // The name without a file first: the agent can have a folder of its own in that place.
        let stream = match UnixStream::connect(format!("\0{path}")).await {
            Ok(stream) => stream,
            Err(_) => UnixStream::connect(path).await?,
        };
        let mut stream = Stream::new(stream);
        let peer = stream.peer()?;
        let home = account.home.join(KEYS);
        let key = key(keys.unwrap_or(&home), number, account.owner);
        let is_theirs = peer == account.owner || (peer == Owner(0) && key.is_some());
        if !is_theirs {
            return Err(DesktopError::Refused("another account's program shows it"));
        }
        stream.send(&wire::hello(key.as_deref())).await?;
        stream.wait_for(8).await?;
        let head = stream.take(8);
        let length = wire::hello_rest(&head);
        stream.wait_for(length).await?;
        let (base, root) = wire::welcome(&head, &stream.take(length))?;
        let mut it = Self {
            stream,
            sequence: 0,
            events: VecDeque::new(),
            root,
            active: 0,
            class: 0,
            front: 0,
            resource: None,
            sync: Sync {
                major: 0,
                alarm_event: 0,
                counter: 0,
                idle: base,
                back: base.wrapping_add(1),
            },
            first: VecDeque::new(),
        };
        it.begin(idle_ms).await?;
        Ok(it)
    }

    async fn begin(&mut self, idle_ms: u32) -> Result<(), DesktopError> {
        if self.is_xwayland().await? {
            return Err(DesktopError::Silent(BEHIND));
        }
        self.active = self.atom("_NET_ACTIVE_WINDOW").await?;
        self.class = self.atom("WM_CLASS").await?;
        let manager = self.atom("_NET_SUPPORTING_WM_CHECK").await?;
        // Before anything is looked at, so that nothing falls in between.
        self.send(&wire::watch(self.root, wire::PROPERTIES)).await?;
        self.begin_idle(idle_ms).await?;
        if let Some((major, _)) = self.extension("X-Resource").await? {
            let version = self.ask(&wire::resource_version(major)).await?;
            let version =
                version.and_then(|it| Some((wire::short(&it, 8)?, wire::short(&it, 10)?)));
            self.resource = version.filter(|it| *it >= (1, 2)).map(|_| major);
        }
        let manages = async {
            while self.windows(self.root, manager).await?.is_none() {
                self.wait_for_event().await?;
                self.events.clear();
            }
            Ok(())
        };
        let silent = |_| DesktopError::Silent(NO_MANAGER);
        timeout(MANAGER_STARTS, manages).await.map_err(silent)?
    }

    /// Is it the server beside a Wayland compositor? Since 23.1 an extension says it; before, the name
    /// of its screen does, which no program can give.
    async fn is_xwayland(&mut self) -> Result<bool, DesktopError> {
        if self.extension("XWAYLAND").await?.is_some() {
            return Ok(true);
        }
        let Some((major, _)) = self.extension("RANDR").await? else {
            return Ok(false);
        };
        self.ask(&wire::randr_begin(major)).await?;
        let screens = self.ask(&wire::randr_screens(major, self.root)).await?;
        let Some((screen, time)) = screens.as_deref().and_then(wire::first_screen) else {
            return Ok(false);
        };
        let answer = self.ask(&wire::randr_screen(major, screen, time)).await?;
        let name = answer.as_deref().and_then(wire::screen_name);
        Ok(name.is_some_and(|name| name.starts_with(b"XWAYLAND")))
    }

    async fn begin_idle(&mut self, idle_ms: u32) -> Result<(), DesktopError> {
        const SILENT: DesktopError =
            DesktopError::Silent("its server does not count how long nobody was there");
        let Some((major, first_event)) = self.extension("SYNC").await? else {
            return Err(SILENT);
        };
        self.ask(&wire::sync_begin(major)).await?;
        let counters = self.ask(&wire::sync_counters(major)).await?;
        let counter = counters.and_then(|it| wire::counter(&it, b"IDLETIME"));
        self.sync.major = major;
        self.sync.alarm_event = first_event.wrapping_add(1);
        self.sync.counter = counter.ok_or(SILENT)?;
        let Sync {
            counter,
            idle,
            back,
            ..
        } = self.sync;
        // Told each time that the counter passes: an alarm of this kind never falls silent.
        let rises = wire::sync_alarm(major, idle, counter, idle_ms, wire::RISES_TO);
        self.send(&rises).await?;
        let falls = wire::sync_alarm(
            major,
            back,
            counter,
            idle_ms.saturating_sub(1),
            wire::FALLS_TO,
        );
        self.send(&falls).await?;
        let now = self.ask(&wire::sync_value(major, counter)).await?;
        let now = now.and_then(|it| wire::count(&it, 8));
        if now.is_some_and(|ms| ms >= idle_ms) {
            self.first.push_back(First::Idle);
        }
        self.first.push_back(First::Front);
        Ok(())
    }

    /// Waits for the next change.
    pub(super) async fn next(&mut self) -> Result<Change, DesktopError> {
        match self.first.pop_front() {
            Some(First::Idle) => return Ok(Change::Idle),
            Some(First::Front) => return self.front().await,
            None => {}
        }
        loop {
            let Some(event) = self.events.pop_front() else {
                self.wait_for_event().await?;
                continue;
            };
            let kind = event.first().map(|kind| kind & 0x7f);
            if kind == Some(wire::PROPERTY_NOTIFY) {
                let about = (wire::long(&event, 4), wire::long(&event, 8));
                if about == (Some(self.root), Some(self.active)) {
                    return self.front().await;
                }
            } else if matches!(kind, Some(wire::DESTROY_NOTIFY | wire::UNMAP_NOTIFY)) {
                if self.is_of_front(&event) {
                    return Ok(Change::Front(None));
                }
            } else if kind == Some(wire::MAP_NOTIFY) {
                if self.is_of_front(&event) {
                    return self.front().await;
                }
            } else if kind == Some(self.sync.alarm_event) {
                match wire::long(&event, 4) {
                    Some(alarm) if alarm == self.sync.idle => return Ok(Change::Idle),
                    Some(alarm) if alarm == self.sync.back => return Ok(Change::Active),
                    _ => {}
                }
            }
        }
    }

    /// Is it about the window in front?
    fn is_of_front(&self, event: &[u8]) -> bool {
        self.front != 0 && wire::long(event, 8) == Some(self.front)
    }

    async fn front(&mut self) -> Result<Change, DesktopError> {
        let named = self.windows(self.root, self.active).await?;
        self.follow(named).await?;
        let Some(window) = named else {
            return Ok(Change::Front(None));
        };
        let pid = match self.resource {
            Some(major) => {
                let answer = self.ask(&wire::resource_process(major, window)).await?;
                answer.and_then(|answer| wire::process(&answer))
            }
            None => None,
        };
        let Some(class) = self.ask(&wire::property(window, self.class)).await? else {
            // It went before anybody could be told of it.
            return Ok(Change::Front(None));
        };
        // An instance's name, and behind a zero the class's.
        let class = wire::value(&class).and_then(|(_, text)| {
            let mut names = text.split(|&byte| byte == 0);
            names.nth(1).and_then(bounded)
        });
        Ok(Change::Front(Some(Window { pid, class })))
    }

    /// Asks to be told what becomes of this window, and no more of the one before. (What is to be told of
    /// the root stays as it is, whoever names that.)
    async fn follow(&mut self, window: Option<u32>) -> Result<(), DesktopError> {
        let window = window.filter(|window| *window != self.root).unwrap_or(0);
        if self.front != 0 && self.front != window {
            self.send(&wire::watch(self.front, wire::NOTHING)).await?;
        }
        self.front = window;
        if window != 0 {
            self.send(&wire::watch(window, wire::STRUCTURE)).await?;
        }
        Ok(())
    }

    /// The window that a property of a window names.
    async fn windows(&mut self, of: u32, property: u32) -> Result<Option<u32>, DesktopError> {
        let answer = self.ask(&wire::property(of, property)).await?;
        let window = answer
            .as_deref()
            .and_then(wire::value)
            .and_then(|value| match value {
                (32, bytes) => wire::long(bytes, 0),
                _ => None,
            });
        Ok(window.filter(|window| *window != 0))
    }

    async fn atom(&mut self, name: &str) -> Result<u32, DesktopError> {
        let answer = self.ask(&wire::intern(name)).await?;
        let atom = answer.and_then(|answer| wire::long(&answer, 8));
        atom.ok_or(DesktopError::Garbled("a name without a number"))
    }

    /// An extension's number, and that of its first event.
    async fn extension(&mut self, name: &str) -> Result<Option<(u8, u8)>, DesktopError> {
        let answer = self.ask(&wire::query_extension(name)).await?;
        Ok(answer.and_then(|answer| match answer.get(8..11)? {
            &[present, major, event] if present != 0 => Some((major, event)),
            _ => None,
        }))
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), DesktopError> {
        self.sequence = self.sequence.wrapping_add(1);
        self.stream.send(request).await
    }

    /// Asks and waits for the answer; `None`: an error, as when a window is gone.
    async fn ask(&mut self, request: &[u8]) -> Result<Option<Vec<u8>>, DesktopError> {
        self.send(request).await?;
        let asked = self.sequence;
        let answer = async {
            loop {
                match self.message().await? {
                    Message::Answer { sequence, bytes } if sequence == asked => {
                        return Ok(Some(bytes));
                    }
                    Message::Error { sequence } if sequence == asked => return Ok(None),
                    Message::Event(event) => self.keep(event)?,
                    Message::Answer { .. } | Message::Error { .. } => {}
                }
            }
        };
        timeout(PATIENCE, answer)
            .await
            .map_err(|_| DesktopError::Mute)?
    }

    async fn wait_for_event(&mut self) -> Result<(), DesktopError> {
        loop {
            if let Message::Event(event) = self.message().await? {
                return self.keep(event);
            }
        }
    }

    fn keep(&mut self, event: Vec<u8>) -> Result<(), DesktopError> {
        if self.events.len() >= MAX_EVENTS {
            return Err(DesktopError::Garbled("events without end"));
        }
        self.events.push_back(event);
        Ok(())
    }

    async fn message(&mut self) -> Result<Message, DesktopError> {
        self.stream.wait_for(HEAD).await?;
        let length = HEAD.saturating_add(wire::rest(&self.stream.read));
        self.stream.wait_for(length).await?;
        Ok(wire::message(self.stream.take(length)))
    }
}

/// The account's key to a display, from a file of its own.
fn key(keys: &Path, number: u32, owner: Owner) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let (file, _) = open_owned(keys, owner).ok()?;
    let mut bytes = Vec::new();
    file.take(MAX_KEYS).read_to_end(&mut bytes).ok()?;
    let host = rustix::system::uname();
    let host = host.nodename().to_bytes();
    wire::key(&bytes, host, number.to_string().as_bytes())
}
