//! Ports of loopback for programs that open them later, and again after a restart.
//!
//! Promises: while this process runs, no other test gets the port, and the system gives it to nobody
//! by itself: it lies below those that the ends of connections get, and a locked file keeps it. A port
//! that the system names and that is let go again may be anybody's a moment later.

use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

/// Nothing usual is here, and Linux names ports from 32768 on.
const FIRST: u16 = 21_000;
const COUNT: u16 = 9_000;

/// Kept until the process ends.
static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port that nobody has, for UDP and TCP.
pub fn take() -> anyhow::Result<SocketAddr> {
    let folder = std::env::temp_dir().join("proviso-ports");
    std::fs::create_dir_all(&folder)?;
    // Where others most likely do not look.
    let start = u16::try_from(std::process::id() % u32::from(COUNT))?;
    for n in 0..COUNT {
        let port = FIRST + (start + n) % COUNT;
        let path = folder.join(port.to_string());
        let file =
            File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => continue,
            locked => locked?,
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
            taken.push(file);
            return Ok(address);
        }
    }
    bail!("no port from {FIRST} on is free");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_it_twice_and_it_is_free() {
        let (one, two) = (take().unwrap(), take().unwrap());
        assert_ne!(one, two);
        for address in [one, two] {
            let _udp = UdpSocket::bind(address).unwrap();
            let _tcp = TcpListener::bind(address).unwrap();
        }
    }
}
