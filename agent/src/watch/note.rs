//! What the watching process leaves for the agent's next start: `watch.json`, format
//! `proviso-watch/1`.
//!
//! Promises: it is on disk, whole, before anybody is told that it is. Refuses: to be more than it is: a
//! note lies in a folder that only the administrator writes, and the agent takes it only where it
//! fits its own last sign of life.

use std::io::{self, Read as _};
use std::path::Path;

use proviso_report::{BootId, UnixMs};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::platform::clock::Moment;
use crate::platform::other_process::How;

/// The file inside the state directory.
pub const NOTE: &str = "watch.json";
const FORMAT: &str = "proviso-watch/1";
/// No note is longer.
const MAX: u64 = 4 << 10;

/// How the agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// When, by the clocks of the process that watched it.
    pub at: Moment,
    /// How.
    pub how: How,
    /// Had it used up the memory that it may take, so that the system ended it?
    pub for_memory: bool,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    at: i64,
    mono: u64,
    awake: u64,
    boot: String,
    how: How,
    for_memory: bool,
}

impl Note {
    /// Leaves it, unless there is one that no agent has read yet: what counts is when the agent ended
    /// first.
    pub fn add_to(&self, state: &Path) -> io::Result<()> {
        if Self::read(state).is_some_and(|before| before.at.boot == self.at.boot) {
            return Ok(());
        }
        files::write_private(&state.join(NOTE), &self.to_bytes()?)
    }

    /// The note that lies there, if it is one.
    #[must_use]
    pub fn read(state: &Path) -> Option<Self> {
        let file = std::fs::File::open(state.join(NOTE)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX).read_to_end(&mut bytes).ok()?;
        Self::from_bytes(&bytes)
    }

    /// It was read, and what it says is on disk elsewhere.
    pub fn remove(state: &Path) {
        // One that stays fits no later sign of life.
        drop(std::fs::remove_file(state.join(NOTE)));
    }

    pub(super) fn to_bytes(self) -> io::Result<Vec<u8>> {
        let Moment {
            at,
            mono,
            awake,
            boot,
        } = self.at;
        let mut bytes = serde_json::to_vec(&Written {
            format: FORMAT.to_owned(),
            at: at.0,
            mono,
            awake,
            boot: boot.to_string(),
            how: self.how,
            for_memory: self.for_memory,
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        if written.format != FORMAT {
            return None;
        }
        let boot: BootId = written.boot.parse().ok()?;
        Some(Self {
            at: Moment {
                at: UnixMs(written.at),
                mono: written.mono,
                awake: written.awake,
                boot,
            },
            how: written.how,
            for_memory: written.for_memory,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn note(at: i64) -> Note {
        Note {
            at: Moment {
                at: UnixMs(at),
                mono: 5,
                awake: 4,
                boot: BootId([7; 16]),
            },
            how: How::Signal(9),
            for_memory: false,
        }
    }

    #[test]
    fn is_this_text() {
        let text = "{\"format\":\"proviso-watch/1\",\"at\":1764048873000,\"mono\":5,\"awake\":4,\
                    \"boot\":\"07070707070707070707070707070707\",\"how\":{\"signal\":9},\
                    \"for_memory\":false}\n";
        let note = note(1_764_048_873_000);
        assert_eq!(String::from_utf8(note.to_bytes().unwrap()).unwrap(), text);
        assert_eq!(Note::from_bytes(text.as_bytes()), Some(note));
        assert_eq!(Note::from_bytes(text.replace("/1", "/2").as_bytes()), None);
        assert_eq!(
            Note::from_bytes(text.replace("how", "who").as_bytes()),
            None
        );
        let unknown = text.replace("{\"signal\":9}", "\"unknown\"");
        let how = Note::from_bytes(unknown.as_bytes()).unwrap().how;
        assert_eq!(how, How::Unknown);
    }

    #[test]
    fn the_first_end_that_nobody_read_stays() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(Note::read(state.path()), None);
        note(1).add_to(state.path()).unwrap();
        note(2).add_to(state.path()).unwrap();
        assert_eq!(Note::read(state.path()), Some(note(1)));
        // Of another start of the system, which no agent can be told of any more.
        let mut other = note(3);
        other.at.boot = BootId([8; 16]);
        other.add_to(state.path()).unwrap();
        assert_eq!(Note::read(state.path()), Some(other));
        Note::remove(state.path());
        Note::remove(state.path());
        assert_eq!(Note::read(state.path()), None);
        std::fs::write(state.path().join(NOTE), vec![b' '; 100_000]).unwrap();
        assert_eq!(Note::read(state.path()), None);
        note(4).add_to(state.path()).unwrap();
        assert_eq!(Note::read(state.path()), Some(note(4)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Note::from_bytes(&bytes), None);
        }

        #[test]
        fn any_note_comes_back(
            at in any::<(i64, u64, u64)>(), boot in any::<[u8; 16]>(), code in any::<u8>(), memory: bool,
        ) {
            let note = Note {
                at: Moment { at: UnixMs(at.0), mono: at.1, awake: at.2, boot: BootId(boot) },
                how: How::Exited(code),
                for_memory: memory,
            };
            prop_assert_eq!(Note::from_bytes(&note.to_bytes().unwrap()), Some(note));
        }
    }
}
