//! The Wayland protocol's bytes, as far as they are needed.
//!
//! A message is the object that it is about, its own length and number in one word, and arguments: words,
//! and texts with their length, a zero and padding. All in the machine's byte order.

/// The object, and length with number.
pub(super) const HEAD: usize = 8;

/// Ours; the server's begin where `SERVER` says.
pub(super) const DISPLAY: u32 = 1;
pub(super) const REGISTRY: u32 = 2;
pub(super) const CALLBACK: u32 = 3;
pub(super) const SEAT: u32 = 4;
pub(super) const IDLE: u32 = 5;
pub(super) const IDLE_NOTE: u32 = 6;
pub(super) const WINDOWS: u32 = 7;
pub(super) const SERVER: u32 = 0xff00_0000;

/// One message from the compositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) object: u32,
    pub(super) number: u16,
    pub(super) arguments: Arguments<'a>,
}

/// What a message says; read one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arguments<'a>(&'a [u8]);

/// The length of a message by its head; `None`: it is no message.
pub(super) fn length(head: &[u8]) -> Option<usize> {
    let length = usize::try_from(word(head, 4)? >> 16).ok()?;
    (length >= HEAD && length.is_multiple_of(4)).then_some(length)
}

/// A whole message.
pub(super) fn message(bytes: &[u8]) -> Option<Message<'_>> {
    let [low, high, ..] = word(bytes, 4)?.to_le_bytes();
    Some(Message {
        object: word(bytes, 0)?,
        number: u16::from_le_bytes([low, high]),
        arguments: Arguments(bytes.get(HEAD..)?),
    })
}

impl<'a> Arguments<'a> {
    pub(super) fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_ne_bytes(*word))
    }

    /// Bytes with their length; a text's zero is one of them.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.word()?).ok()?;
        let (padded, rest) = self
            .0
            .split_at_checked(length.checked_next_multiple_of(4)?)?;
        self.0 = rest;
        padded.get(..length)
    }

    /// A text, without its zero.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let bytes = self.bytes()?;
        Some(bytes.strip_suffix(b"\0").unwrap_or(bytes))
    }
}

/// Asks which things the compositor has, and to say when it has named them all.
pub(super) fn ask_for_all() -> Vec<u8> {
    let mut bytes = request(DISPLAY, 1, &[REGISTRY]);
    bytes.extend(request(DISPLAY, 0, &[CALLBACK]));
    bytes
}

/// Takes one of them under a number of ours.
pub(super) fn bind(name: u32, interface: &str, version: u32, id: u32) -> Vec<u8> {
    let mut text = interface.as_bytes().to_vec();
    text.push(0);
    let length = text.len();
    text.resize(length.next_multiple_of(4), 0);
    let mut words = vec![name, u32::try_from(length).unwrap_or(0)];
    let (fours, _) = text.as_chunks();
    words.extend(fours.iter().map(|four| u32::from_ne_bytes(*four)));
    words.extend([version, id]);
    request(REGISTRY, 0, &words)
}

/// A message to the compositor.
pub(super) fn request(object: u32, number: u16, words: &[u32]) -> Vec<u8> {
    let length = u32::try_from(HEAD + 4 * words.len()).unwrap_or(u32::MAX);
    let head = [object, (length << 16) | u32::from(number)];
    head.iter()
        .chain(words)
        .flat_map(|word| word.to_ne_bytes())
        .collect()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn messages_are_pinned() {
        let expected = words(&[1, 12 << 16 | 1, 2, 1, 12 << 16, 3]);
        assert_eq!(ask_for_all(), expected);
        let mut expected = words(&[2, 36 << 16, 9, 8]);
        expected.extend(b"wl_seat\0");
        expected.extend(words(&[1, 4]));
        expected[4..8].copy_from_slice(&(32_u32 << 16).to_ne_bytes());
        assert_eq!(bind(9, "wl_seat", 1, SEAT), expected);

        let mut bytes = words(&[SERVER, 32 << 16 | 1, 5]);
        bytes.extend(b"foot\0\0\0\0");
        bytes.extend(words(&[4, 2, 9]));
        assert_eq!(length(&bytes), Some(32));
        let mut message = message(&bytes).unwrap();
        assert_eq!((message.object, message.number), (SERVER, 1));
        assert_eq!(message.arguments.text(), Some(&b"foot"[..]));
        assert_eq!(message.arguments.bytes(), Some(&2_u32.to_ne_bytes()[..]));
        assert_eq!(message.arguments.word(), Some(9));
        assert_eq!(message.arguments.word(), None);
        for wrong in [7 << 16, 13 << 16, 0] {
            assert_eq!(length(&words(&[1, wrong])), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = length(&bytes);
            if let Some(message) = message(&bytes) {
                let mut arguments = message.arguments;
                while arguments.text().is_some() {}
                while arguments.word().is_some() {}
            }
        }
    }
}
