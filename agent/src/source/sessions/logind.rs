//! The list of logind: one file for each session, of lines `NAME=value`.

use std::io;
use std::path::Path;

use super::Seen;
use crate::source::bounded;

const MAX_SESSIONS: usize = 1024;
const MAX_FILE: usize = 64 << 10;
/// Sessions in which somebody sits; others are of the system and of screens that wait.
const OF_PEOPLE: &[&str] = &["user", "user-early", "user-light", "user-incomplete"];

/// All sessions of people.
pub(super) fn read(folder: &Path) -> io::Result<Vec<Seen>> {
    let mut sessions = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten().take(2 * MAX_SESSIONS) {
        let Ok(id) = entry.file_name().into_string() else {
            continue;
        };
        // Beside each session lies a pipe, and what is being written begins with a dot.
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        // It may be gone by now.
        if let Ok(text) = bounded::text(&entry.path(), MAX_FILE) {
            sessions.extend(parse(&id, &text));
        }
    }
    sessions.truncate(MAX_SESSIONS);
    Ok(sessions)
}

fn parse(id: &str, text: &str) -> Option<Seen> {
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(key, _)| *key == name)?;
        (!value.is_empty()).then_some(value)
    };
    let of_people = value("CLASS").is_none_or(|class| OF_PEOPLE.contains(&class));
    // What it left running goes on; the person has signed out.
    if !of_people || value("STATE") == Some("closing") {
        return None;
    }
    Some(Seen {
        id: id.to_owned(),
        user: value("USER")?.to_owned(),
        seat: value("SEAT").map(bounded::name),
        remote: match value("REMOTE") {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        },
        // Microseconds.
        since: value("REALTIME")
            .and_then(|it| it.parse::<i64>().ok())
            .map(|it| it / 1000),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEATED: &str = "\
# This is private data. Do not parse.
UID=1000
USER=alex
ACTIVE=1
IS_DISPLAY=1
STATE=active
REMOTE=0
TYPE=wayland
CLASS=user
SCOPE=session-2.scope
SEAT=seat0
TTY=tty2
LEADER=1234
REALTIME=1764133200123456
MONOTONIC=12345678
";

    #[test]
    fn files_are_pinned() {
        let seated = Seen {
            id: "2".into(),
            user: "alex".into(),
            seat: Some("seat0".into()),
            remote: Some(false),
            since: Some(1_764_133_200_123),
        };
        assert_eq!(parse("2", SEATED), Some(seated));
        let remote = parse("c5", "USER=alex\nREMOTE=1\nCLASS=user\nSEAT=\n").unwrap();
        assert_eq!(
            (remote.seat, remote.remote, remote.since),
            (None, Some(true), None)
        );
        for none in [
            SEATED.replace("=user", "=greeter"),
            SEATED.replace("=user", "=manager"),
            SEATED.replace("=active", "=closing"),
            SEATED.replace("USER=alex\n", ""),
        ] {
            assert_eq!(parse("2", &none), None, "{none}");
        }
    }

    #[test]
    fn only_sessions_are_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("2"), SEATED).unwrap();
        std::fs::write(dir.path().join(".#2abc"), SEATED).unwrap();
        std::fs::write(dir.path().join("2.ref"), SEATED).unwrap();
        std::fs::create_dir(dir.path().join("3")).unwrap();
        assert_eq!(read(dir.path()).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_file_is_read(text in "([A-Z]{2,8}=?[ -~]{0,12}\n?){0,12}") {
            if let Some(seen) = parse("1", &text) {
                prop_assert!(!seen.user.is_empty());
            }
        }
    }
}
