//! An Android phone as the system's adb server meets it: the device's side of ADB's protocol over TCP.
//!
//! A message is six words of 32 bits, the lowest byte first (command, two arguments, length and sum of
//! the data, the command inverted), and the data. The phone greets only those whom its owner allows: it
//! sends a token, takes the server's signature and then its key, and waits. A shell prints in parts, of
//! which each is acknowledged before the next.
//!
//! What a real phone does beyond that is left out: no TLS, no `shell_v2`, and the signature is not
//! checked (a phone that does not know the key refuses it whatever it is).

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

const CNXN: u32 = 0x4e58_4e43;
const AUTH: u32 = 0x4854_5541;
const OPEN: u32 = 0x4e45_504f;
const OKAY: u32 = 0x5941_4b4f;
const CLSE: u32 = 0x4553_4c43;
const WRTE: u32 = 0x4554_5257;

const TOKEN: u32 = 1;
const SIGNATURE: u32 = 2;
const PUBLIC_KEY: u32 = 3;

/// With sums of the data, as phones of all ages understand.
const VERSION: u32 = 0x0100_0000;
const MAX_DATA: u32 = 4096;
/// An adb key in text, with the name of its owner.
const MAX_MESSAGE: u32 = 64 << 10;

/// What the phone says of itself.
#[derive(Clone, Debug)]
pub struct Says {
    /// `ro.serialno`.
    pub serial: String,
    /// `ro.product.manufacturer`.
    pub maker: String,
    /// `ro.product.model`.
    pub model: String,
    /// What was installed on it.
    pub packages: Vec<String>,
    /// What `dumpsys usagestats` prints; `@DAY@` stands for its date.
    pub usage: String,
}

/// A phone that waits for an adb server. Dropped, it is taken off the line.
#[derive(Debug)]
pub struct Phone {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    says: Mutex<Says>,
    /// When its owner allowed it: on the phone, that was midnight.
    allowed: Mutex<Option<Instant>>,
    changed: Condvar,
    ended: AtomicBool,
    /// Everything that was asked of its shell.
    asked: Mutex<Vec<String>>,
    line: Mutex<Option<TcpStream>>,
}

struct Message {
    command: u32,
    first: u32,
    second: u32,
    data: Vec<u8>,
}

/// What is still to be printed, by the number that the phone gave the stream.
type Streams = BTreeMap<u32, (u32, VecDeque<Vec<u8>>)>;

/// The day on the phone.
pub const DAY: &str = "2026-03-04";

impl Phone {
    /// Switches one on; nobody is allowed to read it yet.
    pub fn on(says: Says) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            says: Mutex::new(says),
            allowed: Mutex::new(None),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
            asked: Mutex::default(),
            line: Mutex::default(),
        });
        let phone = Arc::clone(&shared);
        thread::spawn(move || {
            for server in listener.incoming() {
                if phone.ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(server) = server else { break };
                let phone = Arc::clone(&phone);
                // An end of the line is no fault of the phone's.
                thread::spawn(move || phone.serve(server).is_ok());
            }
        });
        Ok(Self { address, shared })
    }

    /// Where it waits.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its owner allows the server to read it. On the phone, it is midnight.
    pub fn allow(&self) {
        *lock(&self.shared.allowed) = Some(Instant::now());
        self.shared.changed.notify_all();
    }

    /// It says something else from now on.
    pub fn change(&self, change: impl FnOnce(&mut Says)) {
        change(&mut lock(&self.shared.says));
    }

    /// Every command that it was given.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared.asked).clone()
    }

    /// Breaks the line, as a cable that is pulled.
    pub fn unplug(&self) {
        if let Some(line) = lock(&self.shared.line).take() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.shared.changed.notify_all();
        self.unplug();
        // Wakes the thread that waits for servers.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Shared {
    fn serve(&self, mut server: TcpStream) -> anyhow::Result<()> {
        *lock(&self.line) = Some(server.try_clone()?);
        let mut streams = Streams::new();
        let mut numbers = 1..;
        loop {
            let message = receive(&mut server)?;
            match message.command {
                CNXN => self.greet(&mut server)?,
                AUTH if message.first == SIGNATURE => token(&mut server)?,
                AUTH if message.first == PUBLIC_KEY => {
                    self.wait_for_owner()?;
                    self.welcome(&mut server)?;
                }
                OPEN => {
                    let name = String::from_utf8(message.data)?;
                    let own = numbers.next().context("too many streams")?;
                    let theirs = message.first;
                    let Some(command) = name.trim_end_matches('\0').strip_prefix("shell:") else {
                        send(&mut server, CLSE, 0, theirs, b"")?;
                        continue;
                    };
                    lock(&self.asked).push(command.to_owned());
                    let printed = self.run(command).into_bytes();
                    let parts = printed.chunks(MAX_DATA as usize / 4).map(<[u8]>::to_vec);
                    streams.insert(own, (theirs, parts.collect()));
                    send(&mut server, OKAY, own, theirs, b"")?;
                    print(&mut server, &mut streams, own)?;
                }
                OKAY => print(&mut server, &mut streams, message.second)?,
                CLSE => {
                    streams.remove(&message.second);
                }
                _ => {}
            }
        }
    }

    fn greet(&self, server: &mut TcpStream) -> anyhow::Result<()> {
        if lock(&self.allowed).is_some() {
            self.welcome(server)
        } else {
            token(server)
        }
    }

    fn wait_for_owner(&self) -> anyhow::Result<()> {
        let mut allowed = lock(&self.allowed);
        while allowed.is_none() {
            if self.ended.load(Ordering::Relaxed) {
                bail!("switched off");
            }
            allowed = self
                .changed
                .wait_timeout(allowed, Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(())
    }

    fn welcome(&self, server: &mut TcpStream) -> anyhow::Result<()> {
        let model = lock(&self.says).model.clone();
        let banner = format!(
            "device::ro.product.name=fake;ro.product.model={model};ro.product.device=fake;features=cmd"
        );
        send(server, CNXN, VERSION, MAX_DATA, banner.as_bytes())
    }

    /// What its shell prints.
    fn run(&self, line: &str) -> String {
        line.split(';')
            .map(|command| self.command(command.trim()))
            .collect()
    }

    fn command(&self, command: &str) -> String {
        let says = lock(&self.says).clone();
        match command {
            "getprop ro.serialno" => says.serial + "\n",
            "getprop ro.product.manufacturer" => says.maker + "\n",
            "getprop ro.product.model" => says.model + "\n",
            "date '+%Y-%m-%d %H:%M:%S'" => {
                let since = lock(&self.allowed).map_or(0, |it| it.elapsed().as_secs());
                let (hours, minutes) = (since / 3600, since / 60 % 60);
                format!("{DAY} {hours:02}:{minutes:02}:{:02}\n", since % 60)
            }
            "pm list packages -3" => {
                let lines = says.packages.iter().map(|name| format!("package:{name}\n"));
                lines.collect()
            }
            "dumpsys usagestats" => says.usage.replace("@DAY@", DAY),
            other => format!("/system/bin/sh: {other}: inaccessible or not found\n"),
        }
    }
}

/// Prints the next part, or says that there is no more.
fn print(server: &mut TcpStream, streams: &mut Streams, own: u32) -> anyhow::Result<()> {
    let Some((theirs, parts)) = streams.get_mut(&own) else {
        return Ok(());
    };
    let theirs = *theirs;
    match parts.pop_front() {
        Some(part) => send(server, WRTE, own, theirs, &part),
        None => {
            streams.remove(&own);
            send(server, CLSE, own, theirs, b"")
        }
    }
}

fn token(server: &mut TcpStream) -> anyhow::Result<()> {
    send(server, AUTH, TOKEN, 0, &[7; 20])
}

fn send(
    server: &mut TcpStream,
    command: u32,
    first: u32,
    second: u32,
    data: &[u8],
) -> anyhow::Result<()> {
    let sum = data
        .iter()
        .fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    let length = u32::try_from(data.len())?;
    let mut bytes = Vec::new();
    for word in [command, first, second, length, sum, !command] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(data);
    server.write_all(&bytes)?;
    Ok(())
}

fn receive(server: &mut TcpStream) -> anyhow::Result<Message> {
    let mut head = [0; 24];
    server.read_exact(&mut head)?;
    let (words, _) = head.as_chunks();
    let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
    let mut next = || words.next().context("six words");
    let (command, first, second) = (next()?, next()?, next()?);
    let (length, _sum, magic) = (next()?, next()?, next()?);
    if magic != !command || length > MAX_MESSAGE {
        bail!("no message of ADB");
    }
    let mut data = vec![0; usize::try_from(length)?];
    server.read_exact(&mut data)?;
    Ok(Message {
        command,
        first,
        second,
        data,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
