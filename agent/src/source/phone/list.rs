//! What the adb server and phones print: lists, read line by line.
//!
//! Promises: any text is read without fault; what is taken from it is short and prints. Refuses:
//! serial numbers and packages that could mean something else in a question to the server.

use std::collections::BTreeSet;

/// Attached at once.
const MAX_PHONES: usize = 8;
const MAX_SERIAL: usize = 64;
const MAX_NAME: usize = 128;
/// On one phone.
const MAX_PACKAGES: usize = 2048;

/// A phone, as the server sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phone {
    /// By which the server knows it.
    pub(super) serial: String,
    /// Whether it can be read.
    pub(super) state: State,
    /// Is it on a cable? Otherwise it is reached over a network.
    pub(super) cable: bool,
}

/// Whether a phone can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It can.
    Ready,
    /// Its owner has not allowed it.
    Unauthorized,
    /// It cannot, at the moment or for another reason.
    Other,
}

/// What a phone says that it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) serial: Option<String>,
    pub(super) maker: Option<String>,
    pub(super) model: Option<String>,
    /// Its date, and the seconds since its midnight.
    pub(super) day: Option<(String, i64)>,
}

/// The command whose output [`Identity::parse`] reads.
pub(super) const IDENTITY: &str = "getprop ro.serialno; getprop ro.product.manufacturer; \
    getprop ro.product.model; date '+%Y-%m-%d %H:%M:%S'";
/// The command whose output [`packages`] reads: what was installed, not what the phone came with.
pub(super) const PACKAGES: &str = "pm list packages -3";

/// The server's list of phones: a serial number, a state and more words on each line.
pub(super) fn parse(text: &str) -> Vec<Phone> {
    text.lines().filter_map(phone).take(MAX_PHONES).collect()
}

fn phone(line: &str) -> Option<Phone> {
    let mut words = line.split_whitespace();
    let serial = words.next()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".:_-".contains(letter);
    if serial.len() > MAX_SERIAL || !serial.chars().all(plain) {
        return None;
    }
    let state = match words.next()? {
        "device" => State::Ready,
        "unauthorized" => State::Unauthorized,
        _ => State::Other,
    };
    Some(Phone {
        serial: serial.to_owned(),
        state,
        cable: words.any(|word| word.starts_with("usb:")),
    })
}

impl Identity {
    /// Reads what [`IDENTITY`] prints.
    pub(super) fn parse(text: &str) -> Self {
        let mut lines = text.lines().map(|line| {
            let printed = printed(line, MAX_NAME);
            (!printed.is_empty()).then_some(printed)
        });
        let mut next = || lines.next().flatten();
        Self {
            serial: next(),
            maker: next(),
            model: next(),
            day: next().and_then(|it| day(&it)),
        }
    }
}

/// `2026-11-26 08:15:30`: the date, and the seconds since midnight.
fn day(text: &str) -> Option<(String, i64)> {
    let (date, time) = text.split_once(' ')?;
    let mut numbers = time.splitn(3, ':').map(|number| number.parse::<u32>().ok());
    let (hours, minutes, seconds) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let right = is_date(date) && hours < 24 && minutes < 60 && seconds <= 60;
    right.then(|| {
        let all = (i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
        (date.to_owned(), all)
    })
}

/// `2026-11-26`
pub(super) fn is_date(text: &str) -> bool {
    let digit = |at: usize, byte: u8| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| digit(at, byte))
}

/// The packages that [`PACKAGES`] prints: `package:com.example.app` on each line.
pub(super) fn packages(text: &str) -> BTreeSet<String> {
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("package:"));
    named
        .filter(|name| is_package(name))
        .take(MAX_PACKAGES)
        .map(str::to_owned)
        .collect()
}

/// Is this the name of a package?
pub(super) fn is_package(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._".contains(letter);
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(plain)
}

/// The text without what does not print, cut to this many letters.
pub(super) fn printed(text: &str, most: usize) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    let text: String = letters.take(most).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_of_phones_are_read() {
        let text = "R58M123       device usb:1-4 product:a52 model:SM_A525F transport_id:1\n\
                    emulator-5554 unauthorized transport_id:2\n\
                    10.0.0.3:5555 offline\n\
                    bad;serial device\n\
                    ???????????? no permissions\n\
                    lonely\n";
        let said: Vec<(String, State, bool)> = parse(text)
            .into_iter()
            .map(|it| (it.serial, it.state, it.cable))
            .collect();
        let all = [
            ("R58M123".to_owned(), State::Ready, true),
            ("emulator-5554".to_owned(), State::Unauthorized, false),
            ("10.0.0.3:5555".to_owned(), State::Other, false),
        ];
        assert_eq!(said, all);
    }

    #[test]
    fn a_phone_says_what_it_is_and_what_it_does_not_say_is_left_out() {
        let said = Identity::parse("R58\r\nsamsung\nSM-A525F\u{7}\n2026-11-26 01:02:03\n");
        let word = |word: &str| Some(word.to_owned());
        assert_eq!(
            (said.serial, said.maker, said.model),
            (word("R58"), word("samsung"), word("SM-A525F"))
        );
        assert_eq!(said.day, Some(("2026-11-26".to_owned(), 3723)));
        assert_eq!(Identity::parse("\n\n\nyesterday"), Identity::default());
        assert_eq!(Identity::parse("").day, None);
        for wrong in [
            "2026-11-26 24:00:00",
            "2026-11-2x 01:00:00",
            "2026-11-26 1:2",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn packages_are_read_and_nothing_else() {
        let text =
            "package:com.whatsapp\npackage:org.example_a.B\r\nError: x\npackage:a b\npackage:\n";
        let names: Vec<String> = packages(text).into_iter().collect();
        assert_eq!(names, ["com.whatsapp", "org.example_a.B"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,40}(\n|package:|[a-z0-9 .:;/-]{0,20}){0,10}") {
            for phone in parse(&text) {
                prop_assert!(!phone.serial.contains([' ', '/', ';']));
            }
            for name in packages(&text) {
                prop_assert!(is_package(&name));
            }
            Identity::parse(&text);
        }
    }
}
