//! A descriptor of the process (pidfd_open(2)).

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::How;

/// Whoever started it has so long to take note of its end; only then the kernel tells others how.
const NOTED: Duration = Duration::from_millis(50);
const TRIES: u32 = 20;

/// Another process.
#[derive(Debug)]
pub struct Other {
    fd: OwnedFd,
    pid: u32,
}

impl Other {
    /// The process that has this number now.
    pub fn open(pid: u32) -> io::Result<Self> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or(io::ErrorKind::InvalidInput)?;
        let fd = pidfd_open(number, PidfdFlags::empty())?;
        Ok(Self { fd, pid })
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The file of its program, if it may be known.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        let path = std::fs::read_link(format!("/proc/{}/exe", self.pid)).ok()?;
        // A file that was replaced while it runs.
        let text = path
            .to_str()
            .and_then(|text| text.strip_suffix(" (deleted)"));
        Some(text.map_or_else(|| path.clone(), PathBuf::from))
    }

    /// Waits for its end; nothing happens meanwhile.
    pub fn wait(&self) -> io::Result<How> {
        loop {
            match poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], None) {
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for _ in 0..TRIES {
            match self.how() {
                How::Unknown => std::thread::sleep(NOTED),
                how => return Ok(how),
            }
        }
        Ok(How::Unknown)
    }

    /// The same, without blocking others.
    pub async fn ended(&self) -> io::Result<How> {
        let fd = self.fd.try_clone()?;
        // SAFETY: an `OwnedFd` is open, and the same descriptor, for as long as it lives; it goes
        // into the `AsyncFd` and is not taken out again.
        let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
        drop(fd.map_err(io::Error::from)?.readable().await?);
        for _ in 0..TRIES {
            match self.how() {
                How::Unknown => tokio::time::sleep(NOTED).await,
                how => return Ok(how),
            }
        }
        Ok(How::Unknown)
    }

    /// Kernels from 6.15 on tell this to everybody who holds a descriptor, not to its parent alone.
    fn how(&self) -> How {
        // SAFETY: zeroes are a value of it, a struct of integers.
        let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
        info.mask = u64::from(libc::PIDFD_INFO_EXIT);
        // SAFETY: the kernel writes no more than the size that is part of the request's number.
        let done = unsafe {
            libc::ioctl(
                self.fd.as_fd().as_raw_fd(),
                libc::PIDFD_GET_INFO,
                &raw mut info,
            )
        };
        if done == 0 && info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0 {
            How::from_status(info.exit_code)
        } else {
            How::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn sleeping() -> (Child, Other) {
        let child = Command::new("sleep").arg("1000").spawn().unwrap();
        let other = Other::open(child.id()).unwrap();
        (child, other)
    }

    /// Linux 6.15.
    fn is_told() -> bool {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split('.').map(|one| one.parse().unwrap_or(0_u32));
        (numbers.next(), numbers.next()) >= (Some(6), Some(15))
    }

    #[test]
    fn an_end_is_seen_with_its_signal() {
        let (mut child, other) = sleeping();
        child.kill().unwrap();
        let reaper = std::thread::spawn(move || child.wait());
        let how = other.wait().unwrap();
        reaper.join().unwrap().unwrap();
        let expected = if is_told() {
            How::Signal(9)
        } else {
            How::Unknown
        };
        assert_eq!(how, expected);
        assert!(Other::open(0).is_err());
    }

    #[tokio::test]
    async fn the_same_without_blocking() {
        let (mut child, other) = sleeping();
        assert_eq!(other.pid(), child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let how = other.ended().await.unwrap();
        let expected = if is_told() {
            How::Signal(9)
        } else {
            How::Unknown
        };
        assert_eq!(how, expected);
    }
}
