//! The socket in the account's runtime folder, or the one that its programs name.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Uid, getuid};
use rustix::thread::set_thread_res_uid;

use super::{Account, BusError, Notice};
use crate::person::notices::dbus::{
    self, Answer, BEGIN, DbusError, FIXED, MAX_LINE, answer, greeting, is_welcome, length,
};

/// For one bus to answer everything.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages that are about something else, before the answer.
const MAX_OTHERS: usize = 64;
/// Buses that are tried.
const MAX_BUSES: usize = 4;
/// More than an environment that names a bus has.
const MAX_ENVIRONMENT: u64 = 64 << 10;
const VARIABLE: &[u8] = b"DBUS_SESSION_BUS_ADDRESS=";

/// Where a bus listens.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Path(PathBuf),
    Abstract(Vec<u8>),
}

pub(super) fn show(account: &Account, notice: &Notice) -> Result<(), BusError> {
    let uid = account.owner.0;
    let (account, notice) = (account.clone(), notice.clone());
    // A thread of its own: rights that cannot be given back must not stay with one that goes on.
    let shown = std::thread::Builder::new()
        .name("notice".into())
        .spawn(move || {
            let mut outcome = Err(BusError::NoDesktop(account.name));
            let buses = buses(Path::new("/"), uid);
            become_for_a_while(uid)?;
            for address in buses {
                outcome = tell(&address, uid, &notice);
                if outcome.is_ok() {
                    break;
                }
            }
            outcome
        })?
        .join();
    shown.unwrap_or_else(|_| Err(io::Error::other("the thread that shows notices failed").into()))
}

/// Only what the thread may do is the account's; whose it is stays, so that the account can neither
/// signal nor trace it.
fn become_for_a_while(uid: u32) -> io::Result<()> {
    let own = getuid();
    if own.as_raw() == uid {
        return Ok(());
    }
    set_thread_res_uid(own, Uid::from_raw(uid), own)?;
    Ok(())
}

/// The buses of an account, the likeliest first.
fn buses(root: &Path, uid: u32) -> Vec<Address> {
    let usual = root.join(format!("run/user/{uid}/bus"));
    let mut found = Vec::new();
    if fs::symlink_metadata(&usual).is_ok_and(|it| it.uid() == uid) {
        found.push(Address::Path(usual));
    }
    let processes = fs::read_dir(root.join("proc"))
        .into_iter()
        .flatten()
        .flatten();
    for entry in processes {
        if found.len() >= MAX_BUSES {
            break;
        }
        let is_theirs = entry.file_name().as_bytes().iter().all(u8::is_ascii_digit)
            && entry.metadata().is_ok_and(|it| it.uid() == uid);
        if is_theirs
            && let Some(address) = named_by(&entry.path())
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// The bus that a program's environment names. Nothing else of it is looked at.
fn named_by(process: &Path) -> Option<Address> {
    let mut bytes = Vec::new();
    let file = File::open(process.join("environ")).ok()?;
    file.take(MAX_ENVIRONMENT).read_to_end(&mut bytes).ok()?;
    let value = bytes
        .split(|byte| *byte == 0)
        .find_map(|one| one.strip_prefix(VARIABLE))?;
    address(value)
}

/// The first address of this machine in a list of them.
fn address(text: &[u8]) -> Option<Address> {
    text.split(|byte| *byte == b';').find_map(|one| {
        let keys = one.strip_prefix(b"unix:")?;
        keys.split(|byte| *byte == b',').find_map(|key| {
            if let Some(path) = key.strip_prefix(b"path=") {
                let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
                return path.is_absolute().then_some(Address::Path(path));
            }
            let name = key.strip_prefix(b"abstract=")?;
            Some(Address::Abstract(name.to_vec()))
        })
    })
}

fn tell(address: &Address, uid: u32, notice: &Notice) -> Result<(), BusError> {
    let stream = match address {
        Address::Path(path) => UnixStream::connect(path)?,
        Address::Abstract(name) => {
            UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?)?
        }
    };
    // Whoever put a socket there: only the account itself may be told.
    let other = rustix::net::sockopt::socket_peercred(&stream).map_err(io::Error::from)?;
    if other.uid.as_raw() != uid {
        return Err(DbusError::Refused.into());
    }
    let mut bus = Bus {
        stream,
        until: Instant::now() + PATIENCE,
    };
    bus.send(&greeting(uid))?;
    if !is_welcome(&bus.line()?) {
        return Err(DbusError::Refused.into());
    }
    bus.send(BEGIN)?;
    bus.send(&dbus::hello(1))?;
    bus.wait_for(1)?;
    bus.send(&dbus::notify(2, notice))?;
    bus.wait_for(2)
}

/// A connection that ends in time.
struct Bus {
    stream: UnixStream,
    until: Instant,
}

impl Bus {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write_all(bytes)
    }

    fn line(&mut self) -> Result<Vec<u8>, BusError> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            if line.len() > MAX_LINE {
                return Err(DbusError::Form.into());
            }
            let mut byte = [0];
            self.fill(&mut byte)?;
            line.extend(byte);
        }
        Ok(line)
    }

    fn wait_for(&mut self, serial: u32) -> Result<(), BusError> {
        for _ in 0..MAX_OTHERS {
            let mut fixed = [0; FIXED];
            self.fill(&mut fixed)?;
            let mut message = vec![0; length(&fixed)?];
            let (head, rest) = message
                .split_first_chunk_mut::<FIXED>()
                .ok_or(DbusError::Form)?;
            *head = fixed;
            self.fill(rest)?;
            match answer(&message, serial)? {
                Answer::Done => return Ok(()),
                Answer::Failed => return Err(DbusError::Nobody.into()),
                Answer::Other => {}
            }
        }
        Err(DbusError::Form.into())
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => bytes = bytes.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::platform::accounts::Owner;

    #[test]
    fn addresses_of_this_machine_are_understood() {
        for (text, expected) in [
            (
                "unix:path=/run/user/1000/bus",
                Some(Address::Path("/run/user/1000/bus".into())),
            ),
            (
                "tcp:host=a;unix:guid=1,abstract=/tmp/dbus-x",
                Some(Address::Abstract(b"/tmp/dbus-x".to_vec())),
            ),
            ("unix:path=relative", None),
            ("unix:tmpdir=/tmp", None),
            ("", None),
        ] {
            assert_eq!(address(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_bus_is_found_where_the_account_has_it() {
        let root = tempfile::tempdir().unwrap();
        let uid = getuid().as_raw();
        assert_eq!(buses(root.path(), uid), []);
        let process = root.path().join("proc/17");
        fs::create_dir_all(&process).unwrap();
        fs::write(
            process.join("environ"),
            b"HOME=/home/alex\0DBUS_SESSION_BUS_ADDRESS=unix:abstract=x\0",
        )
        .unwrap();
        let named = Address::Abstract(b"x".to_vec());
        assert_eq!(buses(root.path(), uid), std::slice::from_ref(&named));
        let runtime = root.path().join(format!("run/user/{uid}"));
        fs::create_dir_all(&runtime).unwrap();
        let usual = runtime.join("bus");
        let _listener = UnixListener::bind(&usual).unwrap();
        assert_eq!(buses(root.path(), uid), [Address::Path(usual), named]);
        assert_eq!(buses(root.path(), uid + 1), []);
    }

    #[test]
    fn a_bus_that_says_nonsense_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bus");
        let listener = UnixListener::bind(&path).unwrap();
        let bus = std::thread::spawn(move || {
            for says in [&b"REJECTED\r\n"[..], b"OK 1\r\nnonsense that is no message"] {
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(says).unwrap();
                // Until the other end has had enough.
                let _ended = io::copy(&mut stream, &mut io::sink());
            }
        });
        let notice = Notice {
            title: String::new(),
            body: String::new(),
            stays: false,
        };
        let uid = getuid().as_raw();
        let told = || tell(&Address::Path(path.clone()), uid, &notice).unwrap_err();
        assert!(matches!(told(), BusError::Bus(DbusError::Refused)));
        assert!(matches!(told(), BusError::Bus(DbusError::Form)));
        bus.join().unwrap();
    }

    #[test]
    fn an_account_without_a_desktop_is_said_to_have_none() {
        let nobody = Account {
            name: "alex".into(),
            owner: Owner(3_999_999_999),
            home: "/".into(),
        };
        let notice = Notice {
            title: String::new(),
            body: String::new(),
            stays: false,
        };
        // Whoever runs the tests may lack the right to be somebody else.
        let error = show(&nobody, &notice).unwrap_err();
        assert!(
            matches!(error, BusError::NoDesktop(_) | BusError::Io(_)),
            "{error}"
        );
    }
}
