//! `proviso-agent ended`: adds to the note of the agent's end what the service manager says of it.
//!
//! systemd runs it after each end of the agent, with its word in the environment (systemd.exec(5)). Before Linux 6.15
//! the kernel tells how a process ended to its parent alone; and what it counted for the service, memory that was used
//! up among it, is gone with the service's group, often before the process that watches can read it.
//!
//! Promises: what that process saw itself stays as it is. Refuses: to add to the note of another end.

use std::path::Path;

use super::{NOTE, Note, WatchError, last_note};
use crate::files;
use crate::platform::clock::{Clock, Moment};
use crate::platform::other_process::How;
use crate::platform::rights;

/// The service manager runs this at once; a computer that is out of memory takes its time.
const SOON_MS: u64 = 60_000;

/// By the names that systemd has for them, without `SIG`.
const SIGNALS: &[(&str, u8)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("SYS", 31),
];

/// What the service manager says of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    how: How,
    for_memory: bool,
}

impl Said {
    /// From the variables of these names.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let word = |name| variable(name).unwrap_or_default();
        let status = word("EXIT_STATUS");
        let how = if word("EXIT_CODE") == "exited" {
            status.parse().map_or(How::Unknown, How::Exited)
        } else {
            let signal = SIGNALS.iter().find(|(name, _)| *name == status);
            signal.map_or(How::Unknown, |(_, number)| How::Signal(*number))
        };
        Self {
            how,
            for_memory: word("SERVICE_RESULT") == "oom-kill",
        }
    }
}

/// Adds it to the note, or leaves one where nobody watched.
pub async fn ended(state: &Path, said: Said) -> Result<(), WatchError> {
    rights::check_folder(state)?;
    let now = Clock::new()?.now();
    // The process that watches is to say when, and may be about to.
    let note = whole(last_note(state).await, said, now);
    let Some(note) = note else {
        return Ok(());
    };
    let (path, bytes) = (state.join(NOTE), note.to_bytes());
    bytes
        .and_then(|bytes| files::write_private(&path, &bytes))
        .map_err(|source| WatchError::Note { path, source })
}

/// The note as it is to be, if that is another one.
fn whole(note: Option<Note>, said: Said, now: Moment) -> Option<Note> {
    let of_now = note.filter(|note| note.at.boot == now.boot);
    let Some(mut note) = of_now else {
        // An agent that was asked to end, and did, says so itself.
        let is_news = said.for_memory || !matches!(said.how, How::Exited(0) | How::Unknown);
        return is_news.then_some(Note {
            at: now,
            how: said.how,
            for_memory: said.for_memory,
        });
    };
    let before = note;
    let is_of_it = now.awake.saturating_sub(note.at.awake) <= SOON_MS
        && (note.how == How::Unknown || note.how == said.how);
    if is_of_it {
        note.how = said.how;
        note.for_memory |= said.for_memory;
    }
    (note != before).then_some(note)
}

#[cfg(test)]
mod tests {
    use proviso_report::{BootId, UnixMs};

    use super::*;

    fn said(result: &str, code: &str, status: &str) -> Said {
        Said::read(|name| {
            let word = match name {
                "SERVICE_RESULT" => result,
                "EXIT_CODE" => code,
                "EXIT_STATUS" => status,
                _ => return None,
            };
            Some(word.to_owned())
        })
    }

    const fn at(awake: u64) -> Moment {
        Moment {
            at: UnixMs(5),
            mono: awake,
            awake,
            boot: BootId([7; 16]),
        }
    }

    const fn note(how: How, for_memory: bool) -> Note {
        Note {
            at: at(1_000),
            how,
            for_memory,
        }
    }

    #[test]
    fn the_words_of_systemd_are_read() {
        for (result, code, status, how, for_memory) in [
            ("success", "exited", "0", How::Exited(0), false),
            ("exit-code", "exited", "101", How::Exited(101), false),
            ("signal", "killed", "KILL", How::Signal(9), false),
            ("core-dump", "dumped", "SEGV", How::Signal(11), false),
            ("watchdog", "killed", "ABRT", How::Signal(6), false),
            ("oom-kill", "killed", "KILL", How::Signal(9), true),
            ("signal", "killed", "RTMIN+3", How::Unknown, false),
            ("exit-code", "exited", "256", How::Unknown, false),
            ("", "", "", How::Unknown, false),
        ] {
            let expected = Said { how, for_memory };
            assert_eq!(said(result, code, status), expected, "{result} {status}");
        }
    }

    #[test]
    fn a_note_is_made_whole_and_another_one_is_left_alone() {
        let oom = said("oom-kill", "killed", "KILL");
        let soon = at(1_500);
        let full = Some(note(How::Signal(9), true));
        assert_eq!(whole(Some(note(How::Unknown, false)), oom, soon), full);
        assert_eq!(whole(Some(note(How::Signal(9), false)), oom, soon), full);
        assert_eq!(whole(full, oom, soon), None, "nothing to add");
        let seen = Some(note(How::Exited(5), false));
        assert_eq!(whole(seen, oom, soon), None, "it saw another end");
        let old = Some(note(How::Unknown, false));
        assert_eq!(whole(old, oom, at(1_001 + SOON_MS)), None);
    }

    #[test]
    fn where_nobody_watched_an_end_that_nobody_asked_for_is_noted() {
        let soon = at(1_500);
        let expected = Note {
            at: soon,
            how: How::Signal(9),
            for_memory: false,
        };
        let killed = said("signal", "killed", "KILL");
        assert_eq!(whole(None, killed, soon), Some(expected));
        let mut before = note(How::Unknown, false);
        before.at.boot = BootId([8; 16]);
        assert_eq!(whole(Some(before), killed, soon), Some(expected));
        assert_eq!(whole(None, said("success", "exited", "0"), soon), None);
        assert_eq!(whole(None, said("", "", ""), soon), None);
    }

    #[tokio::test]
    async fn it_lies_where_the_agent_looks() {
        let state = tempfile::tempdir().unwrap();
        let clock = Clock::new().unwrap();
        let now = clock.now();
        let mut first = note(How::Unknown, false);
        first.at = now;
        first.add_to(state.path()).unwrap();
        let oom = said("oom-kill", "killed", "KILL");
        ended(state.path(), oom).await.unwrap();
        let left = Note::read(state.path()).unwrap();
        assert_eq!((left.at, left.how), (now, How::Signal(9)));
        assert!(left.for_memory);
    }
}
