//! A network of its own for a computer of a test, with nothing in it but a way to the collector.
//!
//! A network namespace, kept by a process that waits for a pipe that only the test holds. Datagrams to
//! the collector's address on its loopback are carried over by threads of the test, so interfaces
//! and ways out in it are the test's to make, and nothing outside changes. Needs root.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// How soon the threads notice that it is over.
const SOON: Duration = Duration::from_millis(200);
/// No datagram is longer.
const DATAGRAM: usize = 64 << 10;

/// One such network. Dropped, it is gone with what is left in it.
#[derive(Debug)]
pub struct Network {
    holder: Child,
    ended: Arc<AtomicBool>,
}

impl Network {
    /// Makes one from which the collector at this address is reached.
    pub fn with_way_to(collector: SocketAddr) -> anyhow::Result<Self> {
        let mut holder = Command::new("unshare")
            .args([
                "--net",
                "sh",
                "-c",
                "ip link set lo up && echo ready && exec cat",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start unshare; it is in the package util-linux")?;
        let mut ready = String::new();
        let out = holder.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut ready)?;
        if ready.trim() != "ready" {
            bail!("this system makes no network of its own for a test: run this as root");
        }
        let network = Self {
            holder,
            ended: Arc::default(),
        };
        network.carry(collector)?;
        Ok(network)
    }

    /// Names it to `nsenter`.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.holder.id()).into()
    }

    fn carry(&self, collector: SocketAddr) -> anyhow::Result<()> {
        let inside = Arc::new(self.socket(collector)?);
        let outside = Arc::new(UdpSocket::bind((collector.ip(), 0))?);
        outside.connect(collector)?;
        for socket in [&inside, &outside] {
            socket.set_read_timeout(Some(SOON))?;
        }
        let agent: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let (ended, from, to, last) = (
            Arc::clone(&self.ended),
            Arc::clone(&inside),
            Arc::clone(&outside),
            Arc::clone(&agent),
        );
        thread::spawn(move || {
            let mut bytes = vec![0; DATAGRAM];
            while !ended.load(Ordering::Relaxed) {
                if let Ok((length, sender)) = from.recv_from(&mut bytes) {
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
                    // A datagram may get lost.
                    let _ = to.send(bytes.get(..length).unwrap_or_default());
                }
            }
        });
        let ended = Arc::clone(&self.ended);
        thread::spawn(move || {
            let mut bytes = vec![0; DATAGRAM];
            while !ended.load(Ordering::Relaxed) {
                if let Ok(length) = outside.recv(&mut bytes) {
                    let to = *agent.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(to) = to {
                        let _ = inside.send_to(bytes.get(..length).unwrap_or_default(), to);
                    }
                }
            }
        });
        Ok(())
    }

    /// A socket in there: a thread goes in to open it, and stays in.
    fn socket(&self, address: SocketAddr) -> anyhow::Result<UdpSocket> {
        let network = File::open(self.file())?;
        let opening = thread::spawn(move || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&network), kind)?;
            UdpSocket::bind(address)
        });
        let opened = opening
            .join()
            .map_err(|_| anyhow!("the thread ended early"))?;
        Ok(opened?)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // `cat` ends with its input.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
