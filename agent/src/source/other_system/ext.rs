//! The superblock of ext2, ext3 and ext4: how often and when it was mounted, by whichever system.
//!
//! Promises: read from the volume itself, which every system that mounts it writes. All numbers are
//! little-endian (Linux, `fs/ext4/ext4.h`).

/// Where it begins on the volume.
pub(super) const AT: u64 = 1024;
/// Its length.
pub(super) const LENGTH: usize = 1024;
const MAGIC: u16 = 0xEF53;

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Superblock {
    /// The volume.
    pub(super) uuid: [u8; 16],
    /// How often it was mounted to be written, since it was last checked.
    pub(super) mounts: u16,
    /// When it was last mounted, Unix seconds.
    pub(super) mounted: i64,
    /// When this block was last written.
    pub(super) written: i64,
    /// When it was last checked.
    pub(super) checked: i64,
}

impl Superblock {
    /// `None`: it is another's, or cut short.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        if short(bytes, 0x38)? != MAGIC {
            return None;
        }
        Some(Self {
            uuid: *bytes.get(0x68..)?.first_chunk()?,
            mounts: short(bytes, 0x34)?,
            mounted: time(bytes, 0x2C, 0x275)?,
            written: time(bytes, 0x30, 0x274)?,
            checked: time(bytes, 0x40, 0x277)?,
        })
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Forty bits, the highest eight of which stand apart.
fn time(bytes: &[u8], low: usize, high: usize) -> Option<i64> {
    let low = u32::from_le_bytes(*bytes.get(low..)?.first_chunk()?);
    Some(i64::from(*bytes.get(high)?) << 32 | i64::from(low))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn block() -> Vec<u8> {
        let mut bytes = vec![0; LENGTH];
        let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
        put(0x2C, &[4, 3, 2, 1]);
        put(0x30, &[8, 7, 6, 5]);
        put(0x34, &[0x34, 0x12]);
        put(0x38, &[0x53, 0xEF]);
        put(0x40, &[1, 0, 0, 0]);
        put(0x68, &[9; 16]);
        put(0x274, &[0xA, 0xB, 0xC, 0xD]);
        bytes
    }

    #[test]
    fn bytes_are_pinned() {
        let read = Superblock::parse(&block()).unwrap();
        let expected = Superblock {
            uuid: [9; 16],
            mounts: 0x1234,
            mounted: 0x0B_0102_0304,
            written: 0x0A_0506_0708,
            checked: 0x0D_0000_0001,
        };
        assert_eq!(read, expected);
        assert_eq!(Superblock::parse(&block()[1..]), None);
        let mut other = block();
        other[0x39] = 0;
        assert_eq!(Superblock::parse(&other), None);
    }

    /// Another reader of the format is the judge.
    #[test]
    fn it_is_what_the_systems_own_tool_reads() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        let run = |program: &str, args: &[&str]| {
            let output = Command::new(program)
                .args(args)
                .arg(&image)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        run("truncate", &["--size=1M"]);
        run("/usr/sbin/mkfs.ext4", &["-q", "-F"]);
        run("/usr/sbin/tune2fs", &["-C", "17"]);
        let said = run("/usr/sbin/dumpe2fs", &["-h"]);
        let bytes = std::fs::read(&image).unwrap();
        let at = usize::try_from(AT).unwrap();
        let read = Superblock::parse(&bytes[at..at + LENGTH]).unwrap();
        assert_eq!(read.mounts, 17);
        assert!(
            said.lines()
                .any(|line| { line.starts_with("Mount count:") && line.ends_with(" 17") })
        );
        let uuid = super::super::volumes::uuid(&read.uuid);
        assert!(said.contains(&uuid), "{said}");
        assert!(read.checked > 1_700_000_000 && read.mounted == 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..1100)) {
            let _ = Superblock::parse(&bytes);
        }

        #[test]
        fn any_block_with_its_mark_is_read(mut bytes in prop::collection::vec(any::<u8>(), LENGTH)) {
            bytes[0x38..0x3A].copy_from_slice(&[0x53, 0xEF]);
            prop_assert!(Superblock::parse(&bytes).is_some());
        }
    }
}
