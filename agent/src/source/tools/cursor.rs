//! What was told: the source's cursor. By marks alone.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::fact::ToolState;
use serde::{Deserialize, Serialize};

use super::Fact;

const FORMAT: u8 = 1;
/// A use is told again after so long.
const AGAIN_MS: i64 = 3_600_000;
/// Each tool of the table, by account and state, and some volumes.
const MAX_MARKS: usize = 2048;

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    format: u8,
    /// Was there a look since monitoring began?
    begun: bool,
    /// What is there.
    there: BTreeSet<String>,
    /// Encrypted volumes that were open when monitoring began.
    own: BTreeSet<String>,
    /// When each use was told.
    used: BTreeMap<String, i64>,
}

impl Default for Cursor {
    /// Before the first look.
    fn default() -> Self {
        Self {
            format: FORMAT,
            begun: false,
            there: BTreeSet::new(),
            own: BTreeSet::new(),
            used: BTreeMap::new(),
        }
    }
}

impl Cursor {
    /// Notes all that is there now; gives what is news.
    pub(super) fn note_states(&mut self, facts: Vec<Fact>) -> Vec<Fact> {
        let first = !self.begun;
        let mut there = BTreeSet::new();
        let mut news = Vec::new();
        for mut fact in facts.into_iter().take(MAX_MARKS) {
            let volume = fact.state == ToolState::Used && !fact.which.is_empty();
            let mark = fact.mark();
            if volume && first {
                self.own.insert(mark.clone());
                fact.state = ToolState::Configured;
                "an encrypted volume that was open when monitoring began, often the computer's own disk"
                    .clone_into(&mut fact.sign);
            } else if volume && self.own.contains(&mark) {
                continue;
            }
            let known = self.there.contains(&mark);
            if there.insert(mark) && !known && !(first && fact.common) {
                news.push(fact);
            }
        }
        self.begun = true;
        self.there = there;
        news
    }

    /// Notes a use at this moment; true if it is to be told.
    pub(super) fn note_use(&mut self, fact: &Fact, now: i64) -> bool {
        let mark = fact.mark();
        let once = fact.state != ToolState::Used;
        let told = self.used.get(&mark).is_some_and(|&at| {
            // A clock that was ahead must not silence it.
            once || (at <= now && now.saturating_sub(at) < AGAIN_MS)
        });
        if told || (self.used.len() >= MAX_MARKS && !self.used.contains_key(&mark)) {
            return false;
        }
        self.used.insert(mark, now);
        true
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Only strings and numbers: there is nothing in it that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(bytes).ok()?;
        (cursor.format == FORMAT).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tools::table::TOOLS;

    fn fact(name: &str, state: ToolState) -> Fact {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        Fact::of(tool, None, state, "a sign".into())
    }

    fn volume(which: &str) -> Fact {
        Fact {
            which: which.into(),
            ..fact("cryptsetup", ToolState::Used)
        }
    }

    #[test]
    fn what_is_there_is_told_once_and_again_after_it_was_gone() {
        let mut cursor = Cursor::default();
        let wipe = fact("wipe", ToolState::Installed);
        let shred = fact("shred", ToolState::Installed);
        let gpg = fact("gpg", ToolState::Installed);
        let all = || vec![wipe.clone(), shred.clone()];
        assert_eq!(cursor.note_states(all()), std::slice::from_ref(&wipe));
        let mut cursor = Cursor::from_bytes(&cursor.to_bytes()).unwrap();
        assert_eq!(cursor.note_states(all()), []);
        // What systems bring along is told if it comes later.
        assert_eq!(cursor.note_states(vec![shred, gpg.clone()]), [gpg]);
        assert_eq!(cursor.note_states(vec![wipe.clone()]), [wipe]);
    }

    #[test]
    fn the_computers_own_disk_is_never_used() {
        let mut cursor = Cursor::default();
        let news = cursor.note_states(vec![volume("a")]);
        assert_eq!((news.len(), news[0].state), (1, ToolState::Configured));
        assert_eq!(
            cursor.note_states(vec![volume("a"), volume("b")]),
            [volume("b")]
        );
        assert_eq!(cursor.note_states(vec![]), []);
        // After the next start of the computer.
        assert_eq!(cursor.note_states(vec![volume("a")]), []);
        assert_eq!(cursor.note_states(vec![volume("b")]), [volume("b")]);
    }

    #[test]
    fn a_use_is_told_once_in_an_hour() {
        let mut cursor = Cursor::default();
        let used = fact("shred", ToolState::Used);
        assert!(cursor.note_use(&used, 1_000));
        assert!(!cursor.note_use(&used, 1_000 + AGAIN_MS - 1));
        assert!(cursor.note_use(&used, 1_000 + AGAIN_MS));
        assert!(cursor.note_use(&used, 500), "the clock was set back");
        let service = fact("docker", ToolState::Configured);
        assert!(cursor.note_use(&service, 1_000));
        assert!(!cursor.note_use(&service, i64::MAX));
    }

    #[test]
    fn bytes_are_pinned() {
        let mut cursor = Cursor::default();
        cursor.note_states(vec![fact("wipe", ToolState::Installed), volume("a")]);
        cursor.note_use(&fact("shred", ToolState::Used), 7);
        let text = r#"{"format":1,"begun":true,"there":["@W","@V"],"own":["@V"],"used":{"@S":7}}"#;
        let text = text
            .replace(
                "@W",
                &crate::source::bounded::mark(&["", "wipe", "installed", ""]),
            )
            .replace(
                "@V",
                &crate::source::bounded::mark(&["", "cryptsetup", "used", "a"]),
            )
            .replace(
                "@S",
                &crate::source::bounded::mark(&["", "shred", "used", ""]),
            );
        assert_eq!(Cursor::from_bytes(text.as_bytes()), Some(cursor));
        for wrong in [
            "",
            "{}",
            &text.replace("t\":1", "t\":2"),
            &text.replace("own", "one"),
        ] {
            assert_eq!(Cursor::from_bytes(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
