//! `/proc/PID/status` (proc_pid_status(5)): who traces a process, and which rights it has.

use std::path::Path;

/// What of it is of use here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The process that holds it as a debugger does.
    pub(super) tracer: Option<u32>,
    /// The rights that count now, a bit each (capabilities(7)); `None`: it does not say.
    pub(super) rights: Option<u64>,
}

impl Status {
    /// Of this process below `proc`; `None`: it ended, or this system has no such file.
    pub(super) fn of(proc: &Path, process: &str) -> Option<Self> {
        let text = std::fs::read(proc.join(process).join("status")).ok()?;
        Some(Self::parse(&String::from_utf8_lossy(&text)))
    }

    fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(found.strip_prefix(':')?.trim())
        };
        let tracer = value("TracerPid").and_then(|number| number.parse().ok());
        Self {
            tracer: tracer.filter(|number| *number != 0),
            rights: value("CapEff").and_then(|bits| u64::from_str_radix(bits, 16).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_read_as_the_kernel_writes_it() {
        let text = "Name:\tTracerPid: 7\nTracerPid:\t0\nUid:\t0\t0\nCapEff:\t000001fffeffffff\n";
        let expected = Status {
            tracer: None,
            rights: Some(0x1ff_feff_ffff),
        };
        assert_eq!(Status::parse(text), expected);
        let traced = text.replace("TracerPid:\t0", "TracerPid:\t4242");
        assert_eq!(Status::parse(&traced).tracer, Some(4242));
        assert_eq!(Status::parse(""), Status::default());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(TracerPid|CapEff)?:?\t?\\PC*") {
            let status = Status::parse(&text);
            prop_assert_ne!(status.tracer, Some(0));
        }
    }
}
