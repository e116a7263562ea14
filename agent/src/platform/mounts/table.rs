//! The table of mounts (proc(5), `mountinfo`).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Major and minor number of the device.
    pub(crate) device: (u32, u32),
    /// Is it the whole of a volume, and not a folder of it?
    pub(crate) is_whole: bool,
    /// Where.
    pub(crate) point: PathBuf,
    /// Type of the file system.
    pub(crate) fs: String,
    /// What is mounted there.
    pub(crate) source: PathBuf,
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
pub(crate) fn parse(table: &[u8]) -> impl Iterator<Item = Mount> {
    table.split(|&byte| byte == b'\n').filter_map(line)
}

/// `36 35 98:0 /root /point options optional... - type source options`
fn line(line: &[u8]) -> Option<Mount> {
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let mut words = line.split(|&byte| byte == b' ');
    let device = std::str::from_utf8(words.nth(2)?).ok()?;
    let (major, minor) = device.split_once(':')?;
    let (root, point) = (words.next()?, words.next()?);
    let mut words = words.skip_while(|word| *word != b"-").skip(1);
    Some(Mount {
        device: (major.parse().ok()?, minor.parse().ok()?),
        is_whole: root == b"/",
        point: unescape(point),
        fs: text(words.next()?),
        source: unescape(words.next()?),
        options: words.next().map(text).unwrap_or_default(),
    })
}

/// Blanks and the like stand there as a backslash and three octal digits.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
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
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_pinned() {
        let table = b"\
36 35 98:0 /mnt1 /mnt/my\\040disk rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
40 35 0:44 / /home/alex/x ro,nosuid - fuse.gocryptfs /home/alex/c ro,user_id=1000,group_id=1000
half of a line
";
        let mounts: Vec<_> = parse(table).collect();
        let (disk, fuse) = (&mounts[0], &mounts[1]);
        assert_eq!(mounts.len(), 2);
        assert_eq!(disk.device, (98, 0));
        assert_eq!(disk.point, Path::new("/mnt/my disk"));
        assert_eq!(disk.source, Path::new("/dev/root"));
        assert_eq!(disk.fs, "ext3");
        assert!(fuse.is_whole && !disk.is_whole);
        assert!(disk.is_writable() && !fuse.is_writable());
        assert_eq!(fuse.fs, "fuse.gocryptfs");
        assert_eq!(
            (fuse.number("user_id"), fuse.number("no")),
            (Some(1000), None)
        );
        let odd = unescape(b"a\\134\\777\\999\\+04\\04");
        assert_eq!(odd, Path::new("a\\\\777\\999\\+04\\04"));
        assert_eq!(line(b"69 46 7:0 / /mnt rw - ext4"), None);
        assert_eq!(line(b"69 46 7 / /mnt rw - ext4 /dev/loop0 rw"), None);
    }

    proptest! {
        #[test]
        fn any_table_is_read(
            words in "[0-9:/ \\\\a-z\n-]{0,200}",
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            for mount in parse(words.as_bytes()).chain(parse(&bytes)) {
                prop_assert!(mount.point.as_os_str().len() <= 200);
            }
            let _ = unescape(&bytes);
        }
    }
}
