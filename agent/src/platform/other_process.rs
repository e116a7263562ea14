//! Another process, held on to until it ends.
//!
//! Promises: what is waited for is that process and never one that got its number afterwards.
//! Refuses: to guess how it ended where the system does not tell.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::Other;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::Other;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By itself, with this code.
    Exited(u8),
    /// A signal of this number ended it.
    Signal(u8),
    /// The system did not tell.
    Unknown,
}

impl How {
    /// Did it fail by its own fault: an access to memory that is not its own, say, or an exit code that
    /// is not 0?
    #[must_use]
    pub const fn is_crash(self) -> bool {
        match self {
            // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
            Self::Signal(number) => matches!(number, 4..=8 | 11 | 31),
            Self::Exited(code) => code != 0,
            Self::Unknown => false,
        }
    }

    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "no other system tells so far")
    )]
    /// A status of wait(2).
    fn from_status(status: i32) -> Self {
        let [low, code, ..] = status.to_le_bytes();
        match low & 0x7f {
            0 => Self::Exited(code),
            number => Self::Signal(number),
        }
    }
}

impl fmt::Display for How {
    /// Goes on after "it was ended" or "it ended".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "it ended with exit code {code}"),
            Self::Signal(9) => f.write_str("it was ended by signal 9 (SIGKILL)"),
            Self::Signal(number) => write!(f, "it was ended by signal {number}"),
            Self::Unknown => f.write_str("it ended, this system does not say how"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_wait_gives_it() {
        let how = How::from_status;
        assert_eq!(how(0), How::Exited(0));
        assert_eq!(how(5 << 8), How::Exited(5));
        assert_eq!(how(9), How::Signal(9));
        // With a core dump.
        assert_eq!(how(11 | 0x80), How::Signal(11));
        assert!(how(11).is_crash() && how(5 << 8).is_crash());
        assert!(!how(9).is_crash() && !how(15).is_crash() && !how(0).is_crash());
    }
}
