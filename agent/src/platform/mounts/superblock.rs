//! The id of a file system, from its first bytes: it stays when the volume is plugged in elsewhere.

use std::fmt::Write as _;

/// So much of a volume is read.
pub(super) const HEAD: usize = 2048;

const EXT: usize = 1024;

/// The id as the system itself writes it; `None`: of another sort, or none.
pub(super) fn id(head: &[u8]) -> Option<String> {
    let at = |from: usize, bytes: usize| head.get(from..from.checked_add(bytes)?);
    if at(EXT + 0x38, 2) == Some(&[0x53, 0xef]) {
        return uuid(at(EXT + 0x68, 16)?);
    }
    if at(3, 8) == Some(b"EXFAT   ") {
        return serial(at(0x64, 4)?);
    }
    if at(3, 8) == Some(b"NTFS    ") {
        return Some(hex(at(0x48, 8)?.iter().rev(), &[]));
    }
    if at(0x1fe, 2) == Some(&[0x55, 0xaa]) {
        if at(0x52, 5) == Some(b"FAT32") {
            return serial(at(0x43, 4)?);
        }
        if at(0x36, 3) == Some(b"FAT") {
            return serial(at(0x27, 4)?);
        }
    }
    (at(0, 4) == Some(b"XFSB")).then(|| uuid(at(32, 16)?))?
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let none = bytes.iter().all(|&byte| byte == 0);
    (!none).then(|| hex(bytes.iter(), &[4, 6, 8, 10]).to_ascii_lowercase())
}

/// `1A2B-3C4D`, from the number in little-endian.
fn serial(bytes: &[u8]) -> Option<String> {
    let none = bytes.iter().all(|&byte| byte == 0);
    (!none).then(|| hex(bytes.iter().rev(), &[2]))
}

fn hex<'a>(bytes: impl Iterator<Item = &'a u8>, dashes: &[usize]) -> String {
    let mut text = String::new();
    for (number, byte) in bytes.enumerate() {
        if dashes.contains(&number) {
            text.push('-');
        }
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        for (at, bytes) in parts {
            head[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
        head
    }

    #[test]
    fn ids_are_written_as_the_system_writes_them() {
        let number: Vec<u8> = (1..=16).collect();
        let ext = head(&[(EXT + 0x38, &[0x53, 0xef]), (EXT + 0x68, &number)]);
        let uuid = "01020304-0506-0708-090a-0b0c0d0e0f10";
        assert_eq!(id(&ext).as_deref(), Some(uuid));
        let xfs = head(&[(0, b"XFSB"), (32, &number)]);
        assert_eq!(id(&xfs).as_deref(), Some(uuid));
        let four = [0x4d, 0x3c, 0x2b, 0x1a];
        let end = (0x1fe, &[0x55, 0xaa][..]);
        for fat in [
            head(&[(0x52, b"FAT32   "), (0x43, &four), end]),
            head(&[(0x36, b"FAT16   "), (0x27, &four), end]),
            head(&[(3, b"EXFAT   "), (0x64, &four)]),
        ] {
            assert_eq!(id(&fat).as_deref(), Some("1A2B-3C4D"));
        }
        let ntfs = head(&[(3, b"NTFS    "), (0x48, &number[..8])]);
        assert_eq!(id(&ntfs).as_deref(), Some("0807060504030201"));
        assert_eq!(id(&head(&[])), None);
        assert_eq!(id(&head(&[(EXT + 0x38, &[0x53, 0xef])])), None, "no id");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..HEAD)) {
            let _ = id(&bytes);
        }
    }
}
