//! The X11 protocol's bytes, as far as they are needed: requests out, answers in.
//!
//! Numbers are little-endian, which the first byte of a connection chooses. Requests are padded to
//! four bytes and say their length in fours; answers, events and errors have 32 bytes, and answers can
//! have more.

use crate::platform::desktop::DesktopError;

/// Of an answer's head, and of all events and errors.
pub(super) const HEAD: usize = 32;
/// The kind of key that all X servers know.
const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";
/// Keys for one host in a file of keys, by the host's name, or for any.
const LOCAL: u16 = 256;
const WILD: u16 = 65_535;
const MAX_KEY: usize = 256;

pub(super) const DESTROY_NOTIFY: u8 = 17;
pub(super) const UNMAP_NOTIFY: u8 = 18;
pub(super) const MAP_NOTIFY: u8 = 19;
pub(super) const PROPERTY_NOTIFY: u8 = 28;
/// What to be told of a window: nothing, what becomes of itself, what becomes of its properties.
pub(super) const NOTHING: u32 = 0;
pub(super) const STRUCTURE: u32 = 0x0002_0000;
pub(super) const PROPERTIES: u32 = 0x0040_0000;
/// Tests of an alarm.
pub(super) const RISES_TO: u32 = 0;
pub(super) const FALLS_TO: u32 = 1;

/// One message from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Answer { sequence: u16, bytes: Vec<u8> },
    Error { sequence: u16 },
    Event(Vec<u8>),
}

/// How much longer than its head a message is.
pub(super) fn rest(head: &[u8]) -> usize {
    const ANSWER: u8 = 1;
    const LONG_EVENT: u8 = 35;
    match head.first().map(|kind| kind & 0x7f) {
        Some(ANSWER | LONG_EVENT) => {
            let fours = long(head, 4).unwrap_or(0);
            usize::try_from(fours)
                .unwrap_or(usize::MAX)
                .saturating_mul(4)
        }
        _ => 0,
    }
}

/// A whole message.
pub(super) fn message(bytes: Vec<u8>) -> Message {
    let sequence = short(&bytes, 2).unwrap_or(0);
    match bytes.first() {
        Some(0) => Message::Error { sequence },
        Some(1) => Message::Answer { sequence, bytes },
        _ => Message::Event(bytes),
    }
}

/// The first message to a server.
pub(super) fn hello(key: Option<&[u8]>) -> Vec<u8> {
    let (name, key) = match key {
        Some(key) => (COOKIE, key),
        None => (&b""[..], &b""[..]),
    };
    let mut bytes = vec![b'l', 0, 11, 0, 0, 0];
    for part in [name, key] {
        bytes.extend(u16::try_from(part.len()).unwrap_or(0).to_le_bytes());
    }
    bytes.extend([0; 2]);
    for part in [name, key] {
        bytes.extend(part);
        pad(&mut bytes);
    }
    bytes
}

/// How much follows the eight bytes that a server answers first.
pub(super) fn hello_rest(head: &[u8]) -> usize {
    usize::from(short(head, 6).unwrap_or(0)).saturating_mul(4)
}

/// What a server says of itself: where numbers for our own things begin, and its root window.
pub(super) fn welcome(head: &[u8], rest: &[u8]) -> Result<(u32, u32), DesktopError> {
    const FIXED: usize = 32;
    const FORMAT: usize = 8;
    if head.first() != Some(&1) {
        return Err(DesktopError::Refused("the key to it is missing or wrong"));
    }
    let parse = || {
        let vendor = usize::from(short(rest, 16)?).checked_next_multiple_of(4)?;
        let formats = usize::from(*rest.get(21)?).checked_mul(FORMAT)?;
        let screen = FIXED.checked_add(vendor)?.checked_add(formats)?;
        Some((long(rest, 4)?, long(rest, screen)?))
    };
    parse().ok_or(DesktopError::Garbled("its welcome is cut short"))
}

/// Asks to be told of this about a window, and of nothing else.
pub(super) fn watch(window: u32, what: u32) -> Vec<u8> {
    const EVENTS: u32 = 0x0800;
    request(2, 0, &[window, EVENTS, what])
}

pub(super) fn intern(name: &str) -> Vec<u8> {
    named(16, name)
}

pub(super) fn query_extension(name: &str) -> Vec<u8> {
    named(98, name)
}

/// Asks for a property; so much of it as ever counts here.
pub(super) fn property(window: u32, name: u32) -> Vec<u8> {
    const ANY_TYPE: u32 = 0;
    request(20, 0, &[window, name, ANY_TYPE, 0, 64])
}

/// A property's value, in units of so many bits.
pub(super) fn value(answer: &[u8]) -> Option<(u8, &[u8])> {
    let bits = *answer.get(1)?;
    let count = usize::try_from(long(answer, 16)?).ok()?;
    let length = count.checked_mul(usize::from(bits / 8))?;
    let end = HEAD.checked_add(length)?;
    Some((bits, answer.get(HEAD..end)?))
}

/// Begins the extension that counts how long nobody was there.
pub(super) fn sync_begin(major: u8) -> Vec<u8> {
    request(major, 0, &[u32::from_le_bytes([3, 1, 0, 0])])
}

pub(super) fn sync_counters(major: u8) -> Vec<u8> {
    request(major, 1, &[])
}

pub(super) fn sync_value(major: u8, counter: u32) -> Vec<u8> {
    request(major, 5, &[counter])
}

/// Asks to be told when a counter passes a value: rises to it, or falls to it.
pub(super) fn sync_alarm(major: u8, alarm: u32, counter: u32, at: u32, test: u32) -> Vec<u8> {
    // The counter, an absolute value, which (high and low half), how it is passed, not to move on
    // when it was (both halves), and that we want to know.
    const ALL: u32 = 0x3f;
    request(major, 8, &[alarm, ALL, counter, 0, 0, at, test, 0, 0, 1])
}

/// The number of a counter of that name.
pub(super) fn counter(answer: &[u8], name: &[u8]) -> Option<u32> {
    const FIXED: usize = 14;
    let count = long(answer, 8)?;
    let mut rest = answer.get(HEAD..)?;
    for _ in 0..count {
        let length = usize::from(short(rest, 12)?);
        let end = FIXED.checked_add(length)?;
        if rest.get(FIXED..end)? == name {
            return long(rest, 0);
        }
        rest = rest.get(end.checked_next_multiple_of(4)?..)?;
    }
    None
}

/// A counter's value in an answer or an event; the largest number where it is larger.
pub(super) fn count(bytes: &[u8], at: usize) -> Option<u32> {
    match long(bytes, at)? {
        0 => long(bytes, at.checked_add(4)?),
        _ => Some(u32::MAX),
    }
}

pub(super) fn resource_version(major: u8) -> Vec<u8> {
    request(major, 0, &[u32::from_le_bytes([1, 2, 0, 0])])
}

/// Asks for the process behind a window, which the server has from the system.
pub(super) fn resource_process(major: u8, window: u32) -> Vec<u8> {
    const LOCAL_PROCESS: u32 = 2;
    request(major, 4, &[1, window, LOCAL_PROCESS])
}

pub(super) fn process(answer: &[u8]) -> Option<u32> {
    if long(answer, 8)? == 0 || long(answer, HEAD + 8)? < 4 {
        return None;
    }
    long(answer, HEAD + 12).filter(|pid| *pid != 0)
}

/// Begins the extension that names screens.
pub(super) fn randr_begin(major: u8) -> Vec<u8> {
    request(major, 0, &[1, 3])
}

pub(super) fn randr_screens(major: u8, root: u32) -> Vec<u8> {
    request(major, 25, &[root])
}

/// The first of the screens, and the time of the answer that says so.
pub(super) fn first_screen(answer: &[u8]) -> Option<(u32, u32)> {
    let controllers = usize::from(short(answer, 16)?);
    let screens = short(answer, 18)?;
    let at = HEAD.checked_add(controllers.checked_mul(4)?)?;
    (screens != 0).then_some((long(answer, at)?, long(answer, 12)?))
}

pub(super) fn randr_screen(major: u8, screen: u32, time: u32) -> Vec<u8> {
    request(major, 9, &[screen, time])
}

/// The name that the server gave a screen.
pub(super) fn screen_name(answer: &[u8]) -> Option<&[u8]> {
    const FIXED: usize = 36;
    let mut numbers = 0_usize;
    // What drives it, its modes, and what shows the same.
    for at in [26, 28, 32] {
        numbers = numbers.checked_add(usize::from(short(answer, at)?))?;
    }
    let begin = FIXED.checked_add(numbers.checked_mul(4)?)?;
    let end = begin.checked_add(usize::from(short(answer, 34)?))?;
    answer.get(begin..end)
}

/// The key to a display of this computer in a file of keys, whose numbers are big-endian: the kind of
/// the address, and with their lengths the address, the display's number, the key's kind, the key.
pub(super) fn key(file: &[u8], host: &[u8], display: &[u8]) -> Option<Vec<u8>> {
    let mut rest = file;
    loop {
        let (family, after) = rest.split_first_chunk()?;
        let family = u16::from_be_bytes(*family);
        let (address, after) = counted(after)?;
        let (number, after) = counted(after)?;
        let (kind, after) = counted(after)?;
        let (key, after) = counted(after)?;
        let here = family == WILD || (family == LOCAL && address == host);
        if here && (number.is_empty() || number == display) && kind == COOKIE {
            return (key.len() <= MAX_KEY).then(|| key.to_vec());
        }
        rest = after;
    }
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn request(major: u8, minor: u8, words: &[u32]) -> Vec<u8> {
    let length = u16::try_from(words.len().saturating_add(1)).unwrap_or(u16::MAX);
    let mut bytes = vec![major, minor];
    bytes.extend(length.to_le_bytes());
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes
}

/// A request that is a name: ours are short.
fn named(major: u8, name: &str) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    let fours = length.div_ceil(4).saturating_add(2);
    let mut bytes = vec![major, 0];
    bytes.extend(fours.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend(name.as_bytes());
    pad(&mut bytes);
    bytes
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

pub(super) fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

pub(super) fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_are_pinned() {
        let mut expected = b"l\0\x0b\0\0\0\x12\0\x02\0\0\0MIT-MAGIC-COOKIE-1\0\0".to_vec();
        expected.extend(b"ab\0\0");
        assert_eq!(hello(Some(b"ab")), expected);
        assert_eq!(hello(None), b"l\0\x0b\0\0\0\0\0\0\0\0\0");
        let watched = watch(7, PROPERTIES);
        assert_eq!(watched, b"\x02\0\x04\0\x07\0\0\0\0\x08\0\0\0\0\x40\0");
        let watched = watch(7, STRUCTURE);
        assert_eq!(watched, b"\x02\0\x04\0\x07\0\0\0\0\x08\0\0\0\0\x02\0");
        assert_eq!(intern("_NET"), b"\x10\0\x03\0\x04\0\0\0_NET");
        let query = query_extension("SYNC2");
        assert_eq!(query, b"\x62\0\x04\0\x05\0\0\0SYNC2\0\0\0");
        let property = property(7, 9);
        assert_eq!(property[..12], *b"\x14\0\x06\0\x07\0\0\0\x09\0\0\0");
        assert_eq!(property[12..], *b"\0\0\0\0\0\0\0\0\x40\0\0\0");
        assert_eq!(sync_begin(9), b"\x09\0\x02\0\x03\x01\0\0");
        let alarm = sync_alarm(9, 5, 6, 60_000, FALLS_TO);
        assert_eq!(alarm[..12], *b"\x09\x08\x0b\0\x05\0\0\0\x3f\0\0\0");
        let values = b"\x06\0\0\0\0\0\0\0\0\0\0\0\x60\xea\0\0\x01\0\0\0";
        assert_eq!(alarm[12..32], *values);
        assert_eq!(alarm[32..], *b"\0\0\0\0\0\0\0\0\x01\0\0\0");
        assert_eq!(resource_version(9), b"\x09\0\x02\0\x01\x02\0\0");
        let process = resource_process(9, 7);
        assert_eq!(process, b"\x09\x04\x04\0\x01\0\0\0\x07\0\0\0\x02\0\0\0");
    }

    #[test]
    fn answers_are_pinned() {
        let mut answer = vec![0; HEAD];
        (answer[0], answer[1], answer[4], answer[16]) = (1, 8, 2, 5);
        answer.extend(b"xterm\0\0\0");
        assert_eq!(rest(&answer), 8);
        assert_eq!(value(&answer), Some((8, &b"xterm"[..])));
        answer[16] = 9;
        assert_eq!(value(&answer), None, "it says to be longer than it is");
        // Two counters: number, resolution (8), length of the name, name.
        let mut answer = vec![0; HEAD];
        answer[8] = 2;
        answer.extend(b"\x01\0\0\0\0\0\0\0\x04\0\0\0\x0a\0SERVERTIME");
        answer.extend(b"\x02\0\0\0\0\0\0\0\x04\0\0\0\x08\0IDLETIME\0\0");
        assert_eq!(counter(&answer, b"IDLETIME"), Some(2));
        assert_eq!(counter(&answer, b"OTHER"), None);
        let mut answer = vec![0; HEAD];
        answer[8] = 1;
        answer.extend(b"\x07\0\0\0\x02\0\0\0\x04\0\0\0\x39\x05\0\0");
        assert_eq!(process(&answer), Some(1337));
        let mut rest = vec![0; 32];
        (rest[5], rest[16], rest[21]) = (0x40, 3, 1);
        rest.extend(b"abc\0");
        rest.extend([0; 8]);
        rest.extend(7_u32.to_le_bytes());
        assert_eq!(welcome(&[1], &rest).unwrap(), (0x4000, 7));
        assert!(welcome(&[1], &rest[..40]).is_err());
        assert!(matches!(welcome(&[0], &[]), Err(DesktopError::Refused(_))));
    }

    /// What Xwayland 22.1 beside KWin 5.27 said, of its modes only the numbers.
    #[test]
    fn the_name_of_a_screen_is_pinned() {
        assert_eq!(randr_begin(9), b"\x09\0\x03\0\x01\0\0\0\x03\0\0\0");
        assert_eq!(randr_screens(9, 7), b"\x09\x19\x02\0\x07\0\0\0");
        let asked = randr_screen(9, 0x21, 5);
        assert_eq!(asked, b"\x09\x09\x03\0\x21\0\0\0\x05\0\0\0");
        let mut screens = b"\x01\0\x03\0\x50\0\0\0\xdb\x43\x15\x02\xdb\x43\x15\x02".to_vec();
        screens.extend(b"\x01\0\x01\0\x08\0\x38\0\0\0\0\0\0\0\0\0");
        screens.extend(b"\x20\0\0\0\x21\0\0\0");
        assert_eq!(first_screen(&screens), Some((0x21, 0x0215_43db)));
        screens[18] = 0;
        assert_eq!(first_screen(&screens), None);
        let mut screen = b"\x01\0\x04\0\x0d\0\0\0\xdb\x43\x15\x02\x20\0\0\0".to_vec();
        screen.extend(b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\x01\0\x08\0\x01\0\0\0\x09\0");
        screen.extend(b"\x20\0\0\0");
        screen.extend((0x41_u32..=0x48).flat_map(u32::to_le_bytes));
        screen.extend(b"XWAYLAND0\0\0\0");
        assert_eq!(screen_name(&screen), Some(&b"XWAYLAND0"[..]));
        assert_eq!(screen_name(&screen[..70]), None);
    }

    #[test]
    fn a_key_is_found_by_host_and_display() {
        let entry = |family: u16, parts: [&[u8]; 4]| {
            let mut bytes = family.to_be_bytes().to_vec();
            for part in parts {
                bytes.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
                bytes.extend(part);
            }
            bytes
        };
        let file = [
            entry(0, [b"\x7f\0\0\x01", b"0", COOKIE, b"tcp"]),
            entry(LOCAL, [b"other", b"0", COOKIE, b"other"]),
            entry(LOCAL, [b"here", b"1", COOKIE, b"one"]),
            entry(LOCAL, [b"here", b"0", b"XDM", b"kind"]),
            entry(LOCAL, [b"here", b"0", COOKIE, b"zero"]),
            entry(WILD, [b"", b"", COOKIE, b"any"]),
        ]
        .concat();
        for (host, display, found) in [
            ("here", "0", "zero"),
            ("here", "1", "one"),
            ("x", "5", "any"),
        ] {
            let key = key(&file, host.as_bytes(), display.as_bytes());
            assert_eq!(key.as_deref(), Some(found.as_bytes()));
        }
        assert_eq!(key(&file[..20], b"here", b"0"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (value(&bytes), counter(&bytes, b"IDLETIME"), process(&bytes));
            let _ = (first_screen(&bytes), screen_name(&bytes));
            let _ = (count(&bytes, 8), hello_rest(&bytes), rest(&bytes));
            drop((welcome(&bytes, &bytes), key(&bytes, b"h", b"0")));
            drop(message(bytes));
        }
    }
}
