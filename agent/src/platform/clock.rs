//! The computer's clocks, and which run of the operating system this is.
//!
//! Promises: the clock since boot counts the time asleep and cannot be set by anybody. Refuses: to
//! invent a boot id where the system names none, since two runs of it would then look like one.

use proviso_report::{BootId, UnixMs};
use thiserror::Error;

/// The clocks of a [`Moment`] are read within so many milliseconds.
const TOGETHER_MS: u64 = 100;
/// How often that is tried on a computer that is too busy for it.
const TRIES: u32 = 20;

/// One moment by every clock. It enters the pipeline as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock, which people can set.
    pub at: UnixMs,
    /// Milliseconds since boot, the time asleep included.
    pub mono: u64,
    /// Milliseconds since boot, the time asleep left out.
    pub awake: u64,
    /// Which boot.
    pub boot: BootId,
}

/// Tells moments.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    boot: BootId,
}

/// Why this computer's clocks cannot be read.
#[derive(Debug, Error)]
pub enum ClockError {
    /// The system does not tell.
    #[error(
        "cannot read which start of the system this is: {0}; the agent needs /proc to be mounted"
    )]
    BootId(std::io::Error),
    /// It tells something else.
    #[error("the system names its start in a form that is not known; update proviso-agent")]
    Form,
    /// Nobody taught the agent this system.
    #[error("this version of proviso-agent cannot read the clocks of this operating system")]
    Unsupported,
}

impl Clock {
    /// Reads once what does not change while the system runs.
    pub fn new() -> Result<Self, ClockError> {
        Ok(Self { boot: boot_id()? })
    }

    /// This moment.
    ///
    /// The system may do something else between one clock and the next, or fall asleep there: that
    /// would look as if somebody had set the clock. Then they are read again.
    #[must_use]
    pub fn now(&self) -> Moment {
        let mut moment = self.read();
        for _ in 0..TRIES {
            if boottime_ms().saturating_sub(moment.mono) <= TOGETHER_MS {
                break;
            }
            moment = self.read();
        }
        moment
    }

    fn read(&self) -> Moment {
        Moment {
            mono: boottime_ms(),
            at: now(),
            awake: system::awake_ms(),
            boot: self.boot,
        }
    }
}

/// The wall clock.
#[must_use]
pub fn now() -> UnixMs {
    UnixMs(jiff::Timestamp::now().as_millisecond())
}

/// Milliseconds since boot, the time asleep included.
#[must_use]
pub fn boottime_ms() -> u64 {
    system::boottime_ms()
}

/// Which run of the operating system this is.
pub fn boot_id() -> Result<BootId, ClockError> {
    system::boot_id()
}

#[cfg(target_os = "linux")]
mod system {
    use proviso_report::BootId;
    use rustix::time::{ClockId, Timespec, clock_gettime};

    use super::ClockError;

    /// A UUID that the kernel makes when it starts.
    const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

    pub(super) fn boottime_ms() -> u64 {
        milliseconds(clock_gettime(ClockId::Boottime))
    }

    pub(super) fn awake_ms() -> u64 {
        milliseconds(clock_gettime(ClockId::Monotonic))
    }

    pub(super) fn boot_id() -> Result<BootId, ClockError> {
        let text = std::fs::read_to_string(BOOT_ID).map_err(ClockError::BootId)?;
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        digits.parse().map_err(|_| ClockError::Form)
    }

    /// These clocks begin at 0 and would need ages to leave the range.
    fn milliseconds(time: Timespec) -> u64 {
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
        seconds
            .saturating_mul(1_000)
            .saturating_add(nanoseconds / 1_000_000)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::OnceLock;
    use std::time::Instant;

    use proviso_report::BootId;

    use super::ClockError;

    /// [`boot_id`] fails first, so no record is ever made with these.
    pub(super) fn boottime_ms() -> u64 {
        awake_ms()
    }

    pub(super) fn awake_ms() -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let passed = START.get_or_init(Instant::now).elapsed();
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn boot_id() -> Result<BootId, ClockError> {
        Err(ClockError::Unsupported)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_kernel_says() {
        let clock = Clock::new().unwrap();
        let earlier = clock.now();
        let later = clock.now();
        assert!(earlier.mono <= later.mono && earlier.awake <= later.awake);
        assert!(earlier.awake <= later.mono, "sleep only adds");
        assert_eq!(later.boot, boot_id().unwrap());
        let kernel = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        assert_eq!(later.boot.to_string(), kernel.trim().replace('-', ""));
    }
}
