//! Does a pattern look for words? What words mean only a person can say.
//!
//! In a title and in what was searched for: always. In an address and in arguments it does where it
//! spells four letters or more in a run. What only says where something is, is none: a host and the
//! path right behind it, written from the beginning (`^https://a\.example/profile`); an option,
//! written from the beginning (`^--proxy`); a name before `=` or `:`; an ending after a dot.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::super::condition::Field;

/// So many letters in a run are a word.
const LETTERS: usize = 4;
/// A class of more letters spells none.
const MOST_CHOICES: usize = 4;

pub(super) fn looks_for_words(field: Field, regex: &str) -> bool {
    match field {
        Field::Title | Field::Search => return true,
        Field::Exe => return false,
        Field::Url | Field::Args => {}
    }
    let parsed = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex);
    // What cannot be read is refused elsewhere.
    let Ok(hir) = parsed else { return false };
    let mut reader = Reader {
        field,
        words: false,
    };
    let end = reader.read(&hir, State::default());
    reader.words || end.run.is_word()
}

struct Reader {
    field: Field,
    words: bool,
}

/// What was read up to here.
#[derive(Clone, Copy, Default)]
struct State {
    part: Part,
    run: Run,
    slashes: u8,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Nothing yet.
    #[default]
    Start,
    /// What only says where something is.
    Place,
    /// Anything.
    Open,
}

/// Letters on end, and the digits after them.
#[derive(Clone, Copy, Default)]
struct Run {
    letters: usize,
    is_over: bool,
    after_dot: bool,
    before: u8,
}

impl Run {
    const fn is_word(self) -> bool {
        self.letters >= LETTERS && !self.after_dot
    }
}

impl Reader {
    fn read(&mut self, hir: &Hir, state: State) -> State {
        match hir.kind() {
            HirKind::Empty => state,
            HirKind::Literal(literal) => {
                let bytes = literal.0.iter();
                bytes.fold(state, |state, byte| self.byte(*byte, state))
            }
            HirKind::Class(class) => match one_of(class) {
                Some(letter) => self.byte(letter, state),
                None => self.other(has_slash(class), state),
            },
            HirKind::Look(Look::Start) if state.part == Part::Start => State {
                part: Part::Place,
                ..state
            },
            HirKind::Look(_) => self.end(state),
            HirKind::Capture(capture) => self.read(&capture.sub, state),
            HirKind::Repetition(repeated) => {
                let once = self.read(&repeated.sub, state);
                // As often as it must stand there, and once if it may.
                let more =
                    (1..repeated.min.min(8)).fold(once, |state, _| self.read(&repeated.sub, state));
                if repeated.min == 0 {
                    farther(state, more)
                } else {
                    more
                }
            }
            HirKind::Concat(parts) => parts
                .iter()
                .fold(state, |state, part| self.read(part, state)),
            HirKind::Alternation(parts) => parts
                .iter()
                .map(|part| self.read(part, state))
                .reduce(farther)
                .unwrap_or(state),
        }
    }

    fn byte(&mut self, byte: u8, mut state: State) -> State {
        if byte.is_ascii_alphabetic() || !byte.is_ascii() {
            if state.run.is_over {
                state = self.end(state);
            }
            if state.part == Part::Start {
                state.part = Part::Open;
            }
            if state.part == Part::Open {
                if state.run.letters == 0 {
                    state.run.after_dot = state.run.before == b'.';
                }
                state.run.letters += 1;
            }
            return state;
        }
        if byte.is_ascii_digit() && state.run.letters > 0 {
            state.run.is_over = true;
            return state;
        }
        if matches!(byte, b'=' | b':') {
            state.run = Run::default();
        } else {
            state = self.end(state);
        }
        state.run.before = byte;
        state.slashes = state.slashes.saturating_add(u8::from(byte == b'/'));
        state.part = match (self.field, state.part, byte) {
            (Field::Url, Part::Place, b'?' | b'#') | (Field::Args, Part::Place, b'=' | b' ') => {
                Part::Open
            }
            (_, Part::Place, _) => Part::Place,
            (_, Part::Start | Part::Open, _) => Part::Open,
        };
        state
    }

    /// What may be any of several: a host may have it, behind the host nobody knows where it ends.
    fn other(&mut self, slash: bool, state: State) -> State {
        let in_host = self.field == Field::Url && state.slashes < 3 && !slash;
        let mut state = self.end(state);
        if state.part != Part::Place || !in_host {
            state.part = Part::Open;
        }
        state
    }

    fn end(&mut self, mut state: State) -> State {
        self.words |= state.run.is_word();
        state.run = Run::default();
        state
    }
}

/// The state of the two from which more counts as words.
fn farther(one: State, other: State) -> State {
    let longer = if one.run.letters > other.run.letters {
        one.run
    } else {
        other.run
    };
    State {
        part: one.part.max(other.part),
        run: longer,
        slashes: one.slashes.max(other.slashes),
    }
}

fn has_slash(class: &Class) -> bool {
    match class {
        Class::Bytes(class) => {
            let mut ranges = class.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&b'/'))
        }
        Class::Unicode(_) => true,
    }
}

/// A letter, if the class is one in both cases, or one of few.
fn one_of(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let mut letters = Vec::new();
    for range in class.ranges() {
        for byte in range.start()..=range.end() {
            let byte = byte.to_ascii_lowercase();
            if !byte.is_ascii_alphabetic() {
                return None;
            }
            if !letters.contains(&byte) {
                letters.push(byte);
            }
        }
    }
    letters
        .first()
        .copied()
        .filter(|_| letters.len() <= MOST_CHOICES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_places() {
        for regex in [
            r"[?&]q=[^&]{0,80}\bschoolgirl\b",
            "schoolgirl",
            "(?i)schoolgirl",
            "sch(ool|ule)girl",
            "s[ck]hool",
            r"^https://www\.google\.com/search\?q=girls",
            "^https?://.*girls",
            r"^https://[^/]+/[a-z]*/girls",
            "/(girls|a)/",
            "(girl)+",
            r"girls[0-9]",
        ] {
            assert!(looks_for_words(Field::Url, regex), "{regex}");
        }
        for regex in [
            r"(?i)^https?://([a-z0-9-]+\.)*social\.example/jordanexample99([/?#]|$)",
            r"^https://([a-z]+\.)?social\.example/jordan99(/|$)",
            r"(?i)\.(zip|7z|rar)([?#]|$)",
            r"(?i)\.(torrent|jpeg)$",
            r"[?&]v=[a-z]{4}\b",
            "[?&]list=[0-9]+",
            "^https?://",
            ".*",
        ] {
            assert!(!looks_for_words(Field::Url, regex), "{regex}");
        }
        for (regex, words) in [
            ("girls", true),
            ("socks5?://", false),
            ("^--proxy-server=", false),
            ("^--proxy-server=.*girls", true),
            ("^-x", false),
            ("--search girls", true),
        ] {
            assert_eq!(looks_for_words(Field::Args, regex), words, "{regex}");
        }
        assert!(looks_for_words(Field::Title, "a"));
        assert!(looks_for_words(Field::Search, "a"));
        assert!(!looks_for_words(Field::Exe, "/wiper"));
    }
}
