//! What a volume says now against what it said at the look before.
//!
//! A volume counts each time that it is mounted to be written. This system's own mounts are known:
//! one by each start of the computer, and one by each change of the time of the last mount while the
//! agent watches. Whatever is more was done by another.

use proviso_report::fact::OtherSystem;

use super::cursor::Known;
use super::volumes::Volume;

/// What happened between the two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// The agent watched all the time, and this system mounted something.
    Watched,
    /// The agent watched all the time, and this system mounted nothing.
    Quiet,
    /// The agent was down, the computer not: this system may have mounted anything.
    AgentDown,
    /// The computer was started anew, at this moment (Unix seconds).
    Started(i64),
}

/// So long after the last look that is kept this system may still have run, in seconds,
const RAN_ON: i64 = 2 * 3_600;
/// and so long before its start by a clock that was not right yet.
const BEGAN: i64 = 600;
/// More mounts between two looks are none, but a count that was set.
const MOST: u16 = 1000;

/// What a court must know before it makes anything of it.
const INNOCENT: &str = "a check or repair of the volume (fsck, tune2fs, a rescue system used by whoever looks after the computer), a start of this system at which the agent did not run, or mounts that this system made within moments can show the same";

/// The sign that another system used the volume, if there is one.
pub(super) fn sign(before: &Known, now: &Volume, between: Between) -> Option<OtherSystem> {
    let block = &now.superblock;
    if between == Between::AgentDown {
        return None;
    }
    let mounted_anew = block.mounted != before.mounted;
    let own = match between {
        Between::Watched if mounted_anew => 1,
        Between::Started(_) | Between::Quiet if now.here && now.writable && mounted_anew => 1,
        _ => 0,
    };
    let since = block.mounts.wrapping_sub(before.mounts);
    let all = if block.checked == before.checked {
        since
    } else {
        // A full check begins to count anew. What came before it nobody can say.
        since.min(block.mounts)
    };
    if all > MOST {
        let detail = format!(
            "the count of mounts went from {} back to {}, as tune2fs sets it; {INNOCENT}",
            before.mounts, block.mounts
        );
        return Some(told("mount_count", now, detail));
    }
    let foreign = all.saturating_sub(own);
    if foreign > 0 {
        let when = moment(block.mounted);
        let last = if now.here {
            ""
        } else {
            &format!(", the last time at {when}")
        };
        let times = if foreign == 1 {
            "once".to_owned()
        } else {
            format!("{foreign} times")
        };
        let detail = format!(
            "since the agent last looked, it was mounted {times} by something else than this system{last}; {INNOCENT}"
        );
        return Some(told("mount_count", now, detail));
    }
    if mounted_anew && own == 0 && !now.here {
        let when = moment(block.mounted);
        let detail = format!("it was mounted at {when}, and not by this system; {INNOCENT}");
        return Some(told("last_mount", now, detail));
    }
    let Between::Started(start) = between else {
        return None;
    };
    let off = before.seen.saturating_add(RAN_ON)..start.saturating_sub(BEGAN);
    (!now.here && block.written != before.written && off.contains(&block.written)).then(|| {
        let when = moment(block.written);
        let detail = format!("it was written at {when}, while this system did not run; {INNOCENT}");
        told("last_write", now, detail)
    })
}

fn told(sign: &str, volume: &Volume, detail: String) -> OtherSystem {
    OtherSystem {
        sign: sign.to_owned(),
        volume: Some(volume.label.clone()),
        detail,
    }
}

/// By the clock of whoever wrote it.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("second {seconds}"), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ext::Superblock;
    use super::*;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 1_800_000_000;

    fn before() -> Known {
        Known {
            label: "/data".into(),
            mounts: 10,
            mounted: DAY,
            written: DAY,
            checked: 5,
            seen: DAY + HOUR,
        }
    }

    fn now(here: bool, mounts: u16, mounted: i64) -> Volume {
        Volume {
            label: "/data".into(),
            writable: here,
            here,
            superblock: Superblock {
                uuid: [0; 16],
                mounts,
                mounted,
                written: mounted,
                checked: 5,
            },
        }
    }

    fn says(now: &Volume, between: Between) -> Option<String> {
        let said = sign(&before(), now, between)?;
        assert_eq!(said.volume.as_deref(), Some("/data"));
        assert!(said.detail.contains("fsck"), "{}", said.detail);
        Some(format!("{}: {}", said.sign, said.detail.split(';').next()?))
    }

    #[test]
    fn what_this_system_did_is_no_sign() {
        let start = Between::Started(DAY + 10 * HOUR);
        for (volume, between) in [
            (now(true, 10, DAY), Between::Watched),
            (now(true, 11, DAY + 2 * HOUR), Between::Watched),
            (now(false, 11, DAY + 2 * HOUR), Between::Watched),
            (now(true, 11, DAY + 2 * HOUR), Between::Quiet),
            (now(true, 11, DAY + 10 * HOUR), start),
            (now(false, 10, DAY), start),
            (now(true, 17, DAY + 2 * HOUR), Between::AgentDown),
        ] {
            assert_eq!(says(&volume, between), None, "{volume:?} {between:?}");
        }
        // A check at the start of the computer, which begins to count anew.
        let mut checked = now(true, 1, DAY + 10 * HOUR);
        checked.superblock.checked = DAY + 10 * HOUR;
        assert_eq!(says(&checked, start), None);
        // Written as this system went down, after the agent.
        let mut closed = now(false, 10, DAY);
        closed.superblock.written = DAY + HOUR + 30;
        assert_eq!(says(&closed, start), None);
    }

    #[test]
    fn what_another_did_is_one() {
        let start = Between::Started(DAY + 10 * HOUR);
        let once = "mount_count: since the agent last looked, it was mounted once by something else than this system";
        let say = |volume: &Volume, between| says(volume, between).unwrap();
        assert_eq!(say(&now(true, 12, DAY + 10 * HOUR), start), once);
        assert_eq!(say(&now(true, 12, DAY + 2 * HOUR), Between::Watched), once);
        let when = ", the last time at 2027-01-15T10:00:00Z";
        let quiet = say(&now(false, 11, DAY + 2 * HOUR), Between::Quiet);
        assert_eq!(quiet, format!("{once}{when}"));
        assert_eq!(
            say(&now(false, 12, DAY + 5 * HOUR), start),
            "mount_count: since the agent last looked, it was mounted 2 times by something else than this system, the last time at 2027-01-15T13:00:00Z"
        );
        assert_eq!(
            say(&now(false, 10, DAY + 5 * HOUR), start),
            "last_mount: it was mounted at 2027-01-15T13:00:00Z, and not by this system"
        );
        assert_eq!(
            say(&now(true, 3, DAY), Between::Watched),
            "mount_count: the count of mounts went from 10 back to 3, as tune2fs sets it"
        );
        let mut written = now(false, 10, DAY);
        written.superblock.written = DAY + 5 * HOUR;
        assert_eq!(
            say(&written, start),
            "last_write: it was written at 2027-01-15T13:00:00Z, while this system did not run"
        );
    }

    #[test]
    fn a_count_goes_round() {
        let mut before = before();
        before.mounts = u16::MAX;
        let said = sign(&before, &now(true, 0, DAY + HOUR), Between::Watched);
        assert_eq!(said, None);
        assert!(sign(&before, &now(true, 1, DAY + HOUR), Between::Watched).is_some());
    }

    proptest! {
        #[test]
        fn any_volumes_are_compared(
            here in any::<bool>(), mounts in any::<u16>(), times in any::<(i64, i64, i64, i64)>(),
        ) {
            let mut volume = now(here, mounts, times.0);
            volume.superblock.written = times.1;
            volume.superblock.checked = times.2;
            for between in [
                Between::Watched,
                Between::Quiet,
                Between::AgentDown,
                Between::Started(times.3),
            ] {
                let said = sign(&before(), &volume, between);
                prop_assert!(between != Between::AgentDown || said.is_none());
            }
        }
    }
}
