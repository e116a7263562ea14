//! The table of mounts (proc(5), `mountinfo`).

/// Lines looked at; a computer full of containers has some thousand.
const MAX_MOUNTS: usize = 8192;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Major and minor number of the device.
    pub(crate) device: (u32, u32),
    /// Where.
    pub(crate) point: String,
    /// Type of the file system.
    pub(crate) fs: String,
    /// What is mounted there.
    pub(crate) source: String,
    /// The file system's own options.
    pub(crate) options: String,
}

impl Mount {
    /// Can the file system be written to?
    pub(crate) fn is_writable(&self) -> bool {
        self.options.split(',').any(|option| option == "rw")
    }

    /// The value of an option that is a number.
    pub(crate) fn number(&self, option: &str) -> Option<u32> {
        let mut options = self.options.split(',').filter_map(|it| it.split_once('='));
        let (_, value) = options.find(|(name, _)| *name == option)?;
        value.parse().ok()
    }
}

/// Reads the table; lines of another form are passed over.
pub(crate) fn parse(table: &str) -> Vec<Mount> {
    table.lines().filter_map(line).take(MAX_MOUNTS).collect()
}

fn line(line: &str) -> Option<Mount> {
    // What stands before the dash has one field or more at its end that nobody needs here.
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ');
    let (major, minor) = before.nth(2)?.split_once(':')?;
    let point = before.nth(1)?;
    let mut after = after.split(' ');
    Some(Mount {
        device: (major.parse().ok()?, minor.parse().ok()?),
        point: unescape(point),
        fs: after.next()?.to_owned(),
        source: unescape(after.next()?),
        options: after.next().unwrap_or_default().to_owned(),
    })
}

/// Blanks and the like stand there as a backslash and three octal digits.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.first_chunk::<3>().filter(|_| first == b'\\');
        let byte = octal.and_then(|digits| {
            digits.iter().try_fold(0_u8, |sum, digit| match digit {
                b'0'..=b'7' => sum.checked_mul(8)?.checked_add(digit - b'0'),
                _ => None,
            })
        });
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_pinned() {
        let table = "\
36 35 98:0 /mnt1 /mnt/my\\040disk rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
40 35 0:44 / /home/alex/x ro,nosuid - fuse.gocryptfs /home/alex/c ro,user_id=1000,group_id=1000
half of a line
";
        let mounts = parse(table);
        let (disk, fuse) = (&mounts[0], &mounts[1]);
        assert_eq!(mounts.len(), 2);
        assert_eq!((disk.device, &*disk.point), ((98, 0), "/mnt/my disk"));
        assert_eq!((&*disk.fs, &*disk.source), ("ext3", "/dev/root"));
        assert!(disk.is_writable() && !fuse.is_writable());
        assert_eq!(fuse.fs, "fuse.gocryptfs");
        assert_eq!(
            (fuse.number("user_id"), fuse.number("no")),
            (Some(1000), None)
        );
        assert_eq!(unescape("a\\134\\777\\04"), "a\\\\777\\04");
    }

    proptest! {
        #[test]
        fn any_table_is_read(table in "[0-9:/ \\\\a-z-]{0,200}") {
            for mount in parse(&table) {
                prop_assert!(mount.point.len() <= table.len());
            }
        }
    }
}
