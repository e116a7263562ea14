//! Letters that look like others, read as what they look like: `sсhool` with a Cyrillic с is
//! `school` (Unicode UTS 39).
//!
//! Where look-alikes are not looked at one by one but as whole words, little is found by chance:
//! a word of one foreign alphabet counts only in a text that as a whole reads as Latin, because
//! honest Russian and Greek are full of words that look like English ones.
//!
//! Case is gone before letters are read, so that what only the capital looks like is read too
//! (`н` for h); where the two look like different letters, the small one counts (`ν` is v, not n).
//!
//! ASCII text is never changed here, and costs nothing.

use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

/// The most letters that one letter can look like: `æ`, `ю`.
const MOST: usize = 3;

/// A folded text with its look-alikes read as Latin letters.
#[derive(Debug)]
pub(crate) struct Alike {
    pub(crate) text: String,
    /// For each byte of `text`: was it another letter?
    changed: Vec<bool>,
    /// For each byte of `text`: where in the folded text the letter begins that it was read from.
    from: Vec<usize>,
    /// A letter is left that looks like no Latin one.
    foreign: bool,
}

impl Alike {
    /// Reads a folded text. `None`: nothing in it looks like something else.
    pub(crate) fn of(folded: &str) -> Option<Self> {
        if folded.is_ascii() {
            return None;
        }
        let mut text = String::with_capacity(folded.len());
        let mut changed = Vec::with_capacity(folded.len());
        let mut from = Vec::with_capacity(folded.len());
        let (mut latin, mut foreign, mut any) = (false, false, false);
        for (at, c) in folded.char_indices() {
            if c.is_ascii() {
                text.push(c);
                changed.push(false);
                from.push(at);
                latin |= c.is_ascii_alphabetic();
                continue;
            }
            let read = read(c);
            match &read {
                Some(letters) => text.extend(letters.chars()),
                None => text.push(c),
            }
            changed.resize(text.len(), read.is_some());
            from.resize(text.len(), at);
            any |= read.is_some();
            foreign |= read.is_none() && c.is_alphabetic();
        }
        (any || (latin && foreign)).then_some(Self {
            text,
            changed,
            from,
            foreign,
        })
    }

    /// Is this part of the text, which reads as a Latin word, written with letters that are none?
    pub(crate) fn is_disguised(&self, from: usize, to: usize) -> bool {
        let part = || self.part(from, to);
        let mixed = part().any(|(byte, changed)| !changed && byte.is_ascii_alphabetic());
        part().any(|(_, changed)| changed) && (mixed || !self.foreign)
    }

    /// Is this part written as it reads, or disguised: does the word that it reads as stand here?
    pub(crate) fn is_as_it_reads(&self, from: usize, to: usize) -> bool {
        !self.part(from, to).any(|(_, changed)| changed) || self.is_disguised(from, to)
    }

    /// How this part is written in the folded text that was read.
    pub(crate) fn written<'a>(&self, folded: &'a str, from: usize, to: usize) -> Option<&'a str> {
        let start = *self.from.get(from)?;
        let last = *self.from.get(to.checked_sub(1)?)?;
        let end = last + folded.get(last..)?.chars().next()?.len_utf8();
        folded.get(start..end)
    }

    /// Is any letter of this part no Latin one? Asked for words that are not Latin themselves.
    pub(crate) fn is_foreign(&self, from: usize, to: usize) -> bool {
        self.part(from, to)
            .any(|(byte, changed)| changed || !byte.is_ascii())
    }

    fn part(&self, from: usize, to: usize) -> impl Iterator<Item = (u8, bool)> {
        let bytes = self.text.as_bytes().get(from..to).unwrap_or_default();
        let changed = self.changed.get(from..to).unwrap_or_default();
        bytes.iter().copied().zip(changed.iter().copied())
    }
}

/// A folded word as [`Alike`] reads it. `None`: nothing in it looks like something else.
pub(crate) fn read_word(folded: &str) -> Option<String> {
    let read = Alike::of(folded)?;
    read.changed.contains(&true).then_some(read.text)
}

/// The Latin letters that a letter looks like.
struct Letters {
    bytes: [u8; MOST],
    len: usize,
}

impl Letters {
    const fn new() -> Self {
        Self {
            bytes: [0; MOST],
            len: 0,
        }
    }

    /// `None`: too many, or no letter.
    fn push(&mut self, c: char) -> Option<()> {
        let letter = if c.is_ascii_alphabetic() {
            u8::try_from(c).ok()?
        } else {
            small_capital(c)?
        };
        *self.bytes.get_mut(self.len)? = letter.to_ascii_lowercase();
        self.len += 1;
        Some(())
    }

    fn chars(&self) -> impl Iterator<Item = char> {
        let letters = self.bytes.get(..self.len).unwrap_or_default();
        // UTS 39 takes `m` for the two letters that it looks like.
        let letters = if letters == b"rn" { b"m" } else { letters };
        letters.iter().copied().map(char::from)
    }
}

/// What a letter that is not ASCII looks like, or what its capital does.
fn read(c: char) -> Option<Letters> {
    if c.is_ascii() || is_apart(c) || !c.is_alphabetic() {
        return None;
    }
    prototype(c).or_else(|| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) if upper != c => prototype(upper),
            _ => None,
        }
    })
}

fn prototype(c: char) -> Option<Letters> {
    let mut letters = Letters::new();
    if let Some(letter) = in_a_box(c) {
        letters.push(char::from(letter))?;
        return Some(letters);
    }
    for c in skeleton(c.encode_utf8(&mut [0; 4])).filter(|c| !is_combining_mark(*c)) {
        letters.push(c)?;
    }
    (letters.len > 0).then_some(letters)
}

/// Scripts that are nowhere near Latin, so that most text in them is passed quickly: Hangul, kana,
/// ideographs, Yi.
const fn is_apart(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{20000}'..='\u{3ffff}')
}

/// Small capitals, which UTS 39 keeps apart from their letters. "Fancy text" is made of them.
const fn small_capital(c: char) -> Option<u8> {
    Some(match c {
        'ᴀ' => b'a',
        'ʙ' => b'b',
        'ᴅ' => b'd',
        'ᴇ' => b'e',
        'ꜰ' => b'f',
        'ɢ' => b'g',
        'ʜ' => b'h',
        'ᴊ' => b'j',
        'ᴋ' | 'ĸ' => b'k',
        'ʟ' => b'l',
        'ᴍ' => b'm',
        'ɴ' => b'n',
        'ᴘ' => b'p',
        'ʀ' => b'r',
        'ᴛ' => b't',
        _ => return None,
    })
}

/// White letters in black circles and squares: what compatibility forms leave out.
fn in_a_box(c: char) -> Option<u8> {
    let place = match c {
        '\u{1f150}'..='\u{1f169}' => u32::from(c) - 0x1f150,
        '\u{1f170}'..='\u{1f189}' => u32::from(c) - 0x1f170,
        _ => return None,
    };
    Some(b'a' + u8::try_from(place).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold;

    fn reading(text: &str) -> String {
        let folded = fold(text);
        Alike::of(&folded).map_or_else(|| folded.to_lowercase(), |alike| alike.text.to_lowercase())
    }

    #[test]
    fn letters_are_read_as_what_they_look_like() {
        for (text, read) in [
            // Cyrillic, small and capital.
            ("sсhооl", "school"),
            ("SСНООL", "school"),
            ("тееn", "teen"),
            ("ԁіѕсоrԁ", "discord"),
            // Greek.
            ("schοοl", "school"),
            ("ΤΕΕn", "teen"),
            // Latin letters from further away.
            ("ѕсhøøł", "school"),
            ("ɡırl", "girl"),
            // Fancy text.
            ("ꜱᴄʜᴏᴏʟ", "school"),
            ("ᴛᴇᴇɴ", "teen"),
            ("𝓼𝓬𝓱𝓸𝓸𝓵", "school"),
            ("ⓢⓒⓗⓞⓞⓛ", "school"),
            ("🅣🅔🅔🅝", "teen"),
            ("🆃🅴🅴🅽", "teen"),
            // What looks like two letters.
            ("æ", "ae"),
            ("ｍ", "m"),
            // Armenian and Cherokee.
            ("ѕсһօօӏ", "school"),
            ("ᎢᎬᎬN", "teen"),
            // Nothing like Latin.
            ("жизнь", "жизhb"),
            ("私の学校", "私の学校"),
            ("school", "school"),
        ] {
            assert_eq!(reading(text), fold(read), "{text}");
        }
    }

    fn disguised(text: &str, word: &str) -> bool {
        let Some(alike) = Alike::of(&fold(text)) else {
            return false;
        };
        let at = alike.text.find(word).unwrap();
        alike.is_disguised(at, at + word.len())
    }

    #[test]
    fn an_honest_word_is_not_disguised() {
        assert!(disguised("my sсhool", "school"));
        // All letters are Cyrillic, and so is nothing else.
        assert!(disguised("ѕех", "sex"));
        assert!(disguised("free ѕех", "sex"));
        // Russian, and a Latin word in Russian.
        assert!(!disguised("это мой кот", "kot"));
        assert!(!disguised("это school", "school"));
        // A Cyrillic word among letters that stand for nothing else.
        assert!(!disguised("сор и пыль", "cop"));
        assert!(disguised("сoр и пыль", "cop"));
        assert!(!disguised("é school", "school"));
    }

    #[test]
    fn what_changes_nothing_is_not_read() {
        for text in ["", "school", "14", "—", "私の学校", "é".repeat(3).as_str()] {
            assert!(Alike::of(&fold(text)).is_none(), "{text}");
        }
        assert_eq!(read_word("школа").as_deref(), Some("wkoлa"));
        assert_eq!(read_word("学校"), None);
        assert_eq!(read_word("school"), None);
    }

    proptest! {
        #[test]
        fn ascii_stays(text in "[ -~]{0,20}", other in "[а-я]{1,3}") {
            prop_assert!(Alike::of(&text).is_none());
            let both = format!("{text}{other}");
            if let Some(alike) = Alike::of(&both) {
                prop_assert!(alike.text.starts_with(&text));
                prop_assert!(!alike.is_disguised(0, text.len()));
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,20}", from in 0_usize..40, to in 0_usize..40) {
            if let Some(alike) = Alike::of(&fold(&text)) {
                prop_assert_eq!(alike.text.len(), alike.changed.len());
                alike.is_disguised(from, to);
                alike.is_foreign(from, to);
                // What was read once reads the same again.
                let again = Alike::of(&alike.text);
                prop_assert!(again.is_none_or(|again| again.text == alike.text));
            }
        }
    }
}
