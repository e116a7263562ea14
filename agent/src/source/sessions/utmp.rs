//! The list of who is signed in that systems without logind keep (utmp(5)).
//!
//! One record of a fixed length for each line: 384 bytes where times in it have 32 bits, as on x86,
//! and 400 where they have 64.

use std::io;
use std::path::Path;

use super::Seen;
use crate::source::bounded;

const MAX_FILE: usize = 1 << 20;
/// Somebody is signed in there.
const USER_PROCESS: u16 = 7;

/// Where the fields are.
#[derive(Clone, Copy, Debug)]
struct Layout {
    length: usize,
    seconds: usize,
    address: usize,
    /// Do times have 64 bits?
    wide: bool,
}

const NARROW: Layout = Layout {
    length: 384,
    seconds: 340,
    address: 348,
    wide: false,
};
const WIDE: Layout = Layout {
    length: 400,
    seconds: 344,
    address: 360,
    wide: true,
};

/// As the C library of this architecture has it.
const HERE: Layout = if cfg!(any(target_arch = "aarch64", target_arch = "loongarch64")) {
    WIDE
} else {
    NARROW
};

/// All sessions of people.
pub(super) fn read(path: &Path) -> io::Result<Vec<Seen>> {
    let bytes = bounded::read(path, MAX_FILE)?;
    Ok(parse(&bytes, HERE))
}

/// What does not fill a record at the end is being written, and read the next time.
fn parse(bytes: &[u8], layout: Layout) -> Vec<Seen> {
    let records = bytes.chunks_exact(layout.length);
    records
        .filter_map(|record| session(record, layout))
        .collect()
}

fn session(record: &[u8], layout: Layout) -> Option<Seen> {
    let kind = u16::from_ne_bytes(*record.first_chunk()?);
    if kind != USER_PROCESS {
        return None;
    }
    let process = u32::from_ne_bytes(*record.get(4..)?.first_chunk()?);
    let line = text(record, 8, 32)?;
    let user = text(record, 44, 32)?;
    let host = text(record, 76, 256)?;
    let address = record.get(layout.address..)?.first_chunk::<16>()?;
    let far = *address != [0; 16] || !(host.is_empty() || host.starts_with(':'));
    let seated = line.starts_with("tty") || line.starts_with(':') || line == "console";
    // A window with a command line is signed in to nothing.
    if user.is_empty() || !(far || seated) {
        return None;
    }
    let seconds = if layout.wide {
        i64::from_ne_bytes(*record.get(layout.seconds..)?.first_chunk()?)
    } else {
        // Without a sign: such a list is used beyond 2038.
        i64::from(u32::from_ne_bytes(
            *record.get(layout.seconds..)?.first_chunk()?,
        ))
    };
    Some(Seen {
        id: format!("{line}:{process}"),
        user,
        seat: (!far).then(|| "seat0".to_owned()),
        remote: Some(far),
        // The last moment of that second.
        since: seconds.checked_mul(1000).and_then(|ms| ms.checked_add(999)),
    })
}

/// Until its first zero.
fn text(record: &[u8], at: usize, length: usize) -> Option<String> {
    let field = record.get(at..at.checked_add(length)?)?;
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
    Some(String::from_utf8_lossy(field.get(..end)?).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(layout: Layout, kind: u8, line: &str, user: &str, host: &str) -> Vec<u8> {
        let mut bytes = vec![0; layout.length];
        let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
        put(0, &u16::from(kind).to_ne_bytes());
        put(4, &77_u32.to_ne_bytes());
        put(8, line.as_bytes());
        put(44, user.as_bytes());
        put(76, host.as_bytes());
        let seconds = 1_764_133_200_u32;
        if layout.wide {
            put(layout.seconds, &u64::from(seconds).to_ne_bytes());
        } else {
            put(layout.seconds, &seconds.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn records_are_pinned() {
        for layout in [NARROW, WIDE] {
            let all = [
                record(layout, 2, "~", "reboot", "6.1"),
                record(layout, 7, "tty1", "alex", ""),
                record(layout, 7, "pts/0", "alex", "laptop.example"),
                record(layout, 7, "pts/1", "alex", ":0"),
                record(layout, 7, ":0", "alex", ":0"),
                record(layout, 8, "tty2", "alex", ""),
                vec![7; 100],
            ];
            let seen = parse(&all.concat(), layout);
            let words: Vec<_> = seen
                .iter()
                .map(|it| (&*it.id, &*it.user, it.seat.as_deref(), it.remote, it.since))
                .collect();
            let since = Some(1_764_133_200_999);
            assert_eq!(
                words,
                [
                    ("tty1:77", "alex", Some("seat0"), Some(false), since),
                    ("pts/0:77", "alex", None, Some(true), since),
                    (":0:77", "alex", Some("seat0"), Some(false), since),
                ]
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(mut bytes in prop::collection::vec(any::<u8>(), 0..1300), wide in any::<bool>()) {
            let layout = if wide { WIDE } else { NARROW };
            for record in bytes.chunks_mut(layout.length).filter(|it| it.len() > 2) {
                record[..2].copy_from_slice(&USER_PROCESS.to_ne_bytes());
            }
            for seen in parse(&bytes, layout) {
                prop_assert!(!seen.user.is_empty() && seen.user.len() <= 96);
            }
        }
    }
}
