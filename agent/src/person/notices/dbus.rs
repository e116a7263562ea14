//! As much of D-Bus as it takes to ask a desktop for a notice: bytes to send, bytes to understand.
//!
//! Promises: pinned to the bytes of the specification, and bounded in all that the other end can make
//! it hold. Refuses: everything that is no answer to what was asked. The other end runs as the
//! supervised person and may send anything; nothing it says is kept.

use thiserror::Error;

/// The longest line of the greeting.
pub const MAX_LINE: usize = 512;
/// The longest message that is read; answers are some hundred bytes.
pub const MAX_MESSAGE: usize = 64 << 10;
/// What says how long a message is.
pub const FIXED: usize = 16;

const CALL: u8 = 1;
const RETURN: u8 = 2;
const ERROR: u8 = 3;
const LITTLE: u8 = b'l';

const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// What a desktop is asked to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its title.
    pub title: String,
    /// What it says.
    pub body: String,
    /// Must it stay until it is read?
    pub stays: bool,
}

/// Why there is no notice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DbusError {
    /// The bus does not take us.
    #[error("the desktop's message bus does not let the agent in")]
    Refused,
    /// It answers with an error: mostly nothing shows notices.
    #[error("nothing on this desktop shows notices")]
    Nobody,
    /// It answers something that is none.
    #[error("the desktop's message bus answers what is no message")]
    Form,
}

/// An answer to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was not.
    Failed,
    /// It is about something else.
    Other,
}

/// The first bytes: who we are, by the kernel's word.
#[must_use]
pub fn greeting(uid: u32) -> Vec<u8> {
    let digits = data_encoding::HEXLOWER.encode(uid.to_string().as_bytes());
    format!("\0AUTH EXTERNAL {digits}\r\n").into_bytes()
}

/// After the bus said that it takes us.
pub const BEGIN: &[u8] = b"BEGIN\r\n";

/// Does the bus take us?
#[must_use]
pub fn is_welcome(line: &[u8]) -> bool {
    line.starts_with(b"OK ")
}

/// Asks the bus for a name, which it wants first.
#[must_use]
pub fn hello(serial: u32) -> Vec<u8> {
    let bus = "org.freedesktop.DBus";
    call(
        serial,
        ["/org/freedesktop/DBus", bus, "Hello", bus],
        "",
        &[],
    )
}

/// Asks for a notice.
#[must_use]
pub fn notify(serial: u32, notice: &Notice) -> Vec<u8> {
    let name = "org.freedesktop.Notifications";
    let mut body = Bytes::default();
    body.text("Proviso");
    body.number(0);
    body.text("");
    body.text(&notice.title);
    body.text(&notice.body);
    // No buttons.
    body.number(0);
    // Of the hints only how urgent it is: normal.
    body.array(8, |hints| {
        hints.pad(8);
        hints.text("urgency");
        hints.signature("y");
        hints.0.push(1);
    });
    // Milliseconds; -1: as long as the desktop likes.
    body.pad(4);
    let expires: i32 = if notice.stays { 0 } else { -1 };
    body.0.extend(expires.to_le_bytes());
    let target = ["/org/freedesktop/Notifications", name, "Notify", name];
    call(serial, target, "susssasa{sv}i", &body.0)
}

/// How many bytes a message has, by its first [`FIXED`].
pub fn length(fixed: &[u8; FIXED]) -> Result<usize, DbusError> {
    let number = numbers(fixed[0]).ok_or(DbusError::Form)?;
    let at = |place: usize| {
        let four = fixed.get(place..)?.first_chunk()?;
        usize::try_from(number(*four)).ok()
    };
    let (body, fields) = (
        at(4).ok_or(DbusError::Form)?,
        at(12).ok_or(DbusError::Form)?,
    );
    let length = fields
        .checked_next_multiple_of(8)
        .and_then(|fields| fields.checked_add(FIXED)?.checked_add(body));
    length
        .filter(|length| *length <= MAX_MESSAGE)
        .ok_or(DbusError::Form)
}

/// What a whole message is to the call of this serial.
pub fn answer(message: &[u8], serial: u32) -> Result<Answer, DbusError> {
    let (&order, sort) = match message {
        [order, sort, ..] => (order, *sort),
        _ => return Err(DbusError::Form),
    };
    if sort != RETURN && sort != ERROR {
        return Ok(Answer::Other);
    }
    let mut fields = Fields::of(message, order).ok_or(DbusError::Form)?;
    let replied = fields.reply_serial().ok_or(DbusError::Form)?;
    Ok(match (replied == Some(serial), sort) {
        (false, _) => Answer::Other,
        (true, RETURN) => Answer::Done,
        (true, _) => Answer::Failed,
    })
}

fn call(
    serial: u32,
    [path, interface, member, to]: [&str; 4],
    signature: &str,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = Bytes(vec![LITTLE, CALL, 0, 1]);
    bytes.number(u32::try_from(body.len()).unwrap_or(u32::MAX));
    bytes.number(serial);
    bytes.array(8, |fields| {
        for (code, kind, value) in [
            (PATH, "o", path),
            (INTERFACE, "s", interface),
            (MEMBER, "s", member),
            (DESTINATION, "s", to),
        ] {
            fields.pad(8);
            fields.0.push(code);
            fields.signature(kind);
            fields.text(value);
        }
        if !signature.is_empty() {
            fields.pad(8);
            fields.0.push(SIGNATURE);
            fields.signature("g");
            fields.signature(signature);
        }
    });
    bytes.pad(8);
    bytes.0.extend_from_slice(body);
    bytes.0
}

/// Bytes of a message as they grow, each value at its own alignment.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn pad(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn number(&mut self, number: u32) {
        self.pad(4);
        self.0.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(u32::try_from(text.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
    }

    /// Of at most 255 characters, which ours are.
    fn signature(&mut self, text: &str) {
        self.0.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
    }

    /// `alignment`: of its elements. The length does not count the bytes before the first of them.
    fn array(&mut self, alignment: usize, fill: impl FnOnce(&mut Self)) {
        self.number(0);
        let place = self.0.len() - 4;
        self.pad(alignment);
        let begin = self.0.len();
        fill(self);
        let length = u32::try_from(self.0.len() - begin).unwrap_or(u32::MAX);
        if let Some(four) = self.0.get_mut(place..place + 4) {
            four.copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// How numbers are written in a message that begins so.
fn numbers(order: u8) -> Option<fn([u8; 4]) -> u32> {
    match order {
        LITTLE => Some(u32::from_le_bytes),
        b'B' => Some(u32::from_be_bytes),
        _ => None,
    }
}

/// The fields in front of a message.
struct Fields<'a> {
    message: &'a [u8],
    at: usize,
    end: usize,
    number: fn([u8; 4]) -> u32,
}

impl<'a> Fields<'a> {
    fn of(message: &'a [u8], order: u8) -> Option<Self> {
        let number = numbers(order)?;
        let length = usize::try_from(number(*message.get(12..)?.first_chunk()?)).ok()?;
        let end = FIXED
            .checked_add(length)
            .filter(|end| *end <= message.len())?;
        Some(Self {
            message,
            at: FIXED,
            end,
            number,
        })
    }

    /// `None`: the fields are none. `Some(None)`: it is not among them.
    fn reply_serial(&mut self) -> Option<Option<u32>> {
        while self.at < self.end {
            self.at = self.at.next_multiple_of(8);
            let code = *self.take(1)?.first()?;
            let kind = self.signature()?;
            match kind {
                b"u" => {
                    self.at = self.at.next_multiple_of(4);
                    let value = (self.number)(*self.take(4)?.first_chunk()?);
                    if code == REPLY_SERIAL {
                        return Some(Some(value));
                    }
                }
                b"s" | b"o" => {
                    self.at = self.at.next_multiple_of(4);
                    let length = (self.number)(*self.take(4)?.first_chunk()?);
                    self.take(usize::try_from(length).ok()?.checked_add(1)?)?;
                }
                b"g" => {
                    self.signature()?;
                }
                _ => return None,
            }
        }
        Some(None)
    }

    fn signature(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(*self.take(1)?.first()?);
        let text = self.take(length)?;
        self.take(1)?;
        Some(text)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn greets_with_the_digits_of_the_account() {
        assert_eq!(greeting(1000), b"\0AUTH EXTERNAL 31303030\r\n");
        assert!(is_welcome(b"OK 1234deadbeef") && !is_welcome(b"REJECTED EXTERNAL"));
    }

    #[test]
    fn hello_is_these_bytes() {
        let bytes = hello(1);
        assert_eq!(&bytes[..16], b"l\x01\0\x01\0\0\0\0\x01\0\0\0\x6d\0\0\0");
        assert_eq!(&bytes[16..24], b"\x01\x01o\0\x15\0\0\0");
        assert_eq!(&bytes[24..46], b"/org/freedesktop/DBus\0");
        assert_eq!(bytes.len(), 128);
        assert_eq!(length(bytes.first_chunk().unwrap()), Ok(128));
    }

    #[test]
    fn a_notice_has_its_hint_and_its_time_where_they_belong() {
        let notice = Notice {
            title: "T".into(),
            body: "B".into(),
            stays: false,
        };
        let bytes = notify(2, &notice);
        assert_eq!(length(bytes.first_chunk().unwrap()), Ok(bytes.len()));
        let body = &bytes[bytes.len() - 68..];
        assert_eq!(&body[..12], b"\x07\0\0\0Proviso\0");
        assert_eq!(
            &body[44..],
            b"\x10\0\0\0\x07\0\0\0urgency\0\x01y\0\x01\xff\xff\xff\xff"
        );
    }

    #[test]
    fn answers_are_told_apart() {
        // A return to serial 2 with a sender in front, as dbus-daemon writes it.
        let mut bytes = Bytes(vec![LITTLE, RETURN, 1, 1]);
        bytes.number(0);
        bytes.number(9);
        bytes.array(8, |fields| {
            fields.0.push(7);
            fields.signature("s");
            fields.text(":1.5");
            fields.pad(8);
            fields.0.push(REPLY_SERIAL);
            fields.signature("u");
            fields.number(2);
        });
        bytes.pad(8);
        let mut message = bytes.0;
        assert_eq!(answer(&message, 2), Ok(Answer::Done));
        assert_eq!(answer(&message, 3), Ok(Answer::Other));
        message[1] = ERROR;
        assert_eq!(answer(&message, 2), Ok(Answer::Failed));
        message[1] = 4;
        assert_eq!(answer(&message, 2), Ok(Answer::Other));
        message[1] = RETURN;
        message[12] = 255;
        assert_eq!(answer(&message, 2), Err(DbusError::Form));
        assert_eq!(
            length(b"l\x02\0\x01\xff\xff\xff\xff\0\0\0\0\0\0\0\0"),
            Err(DbusError::Form)
        );
        assert_eq!(
            length(b"x\x02\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"),
            Err(DbusError::Form)
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            fields in 0_u8..200,
        ) {
            let _answer = answer(&bytes, 1);
            let mut message = vec![LITTLE, RETURN, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, fields, 0, 0, 0];
            message.extend(&bytes);
            let _answer = answer(&message, 1);
            let _length = message.first_chunk().map(length);
        }

        #[test]
        fn a_notice_is_as_long_as_it_says(title: String, body: String, stays: bool) {
            let bytes = notify(2, &Notice { title, body, stays });
            prop_assert_eq!(length(bytes.first_chunk().unwrap()), Ok(bytes.len()));
        }
    }
}
