//! What is not over yet: files that are being written, and names that may come again.
//!
//! A file is told when whoever made it has closed it, or was quiet for a while; a browser's download
//! that is not complete, when it gets its name. A file that lost its name is told as renamed if it
//! got another one in what is watched. If it did not before the queue was empty for a moment, it is
//! told as deleted: it is gone from what is watched, and nobody can see where to.
//!
//! Pure: time comes in as an argument. Promises: nothing waits without a bound in number and time.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::queue::{Happened, What};

/// A file that nobody writes to for so long is told as it is.
const QUIET: Duration = Duration::from_secs(1);
/// The same of a download that is not complete.
const QUIET_PART: Duration = Duration::from_secs(60);
/// One that is always written to is told so often.
const BUSY: Duration = Duration::from_secs(60);
/// After the first name of a renaming the second comes at once.
const PAIR: Duration = Duration::from_millis(500);
/// A file that was made and is not there is deleted or renamed at once, or was moved with its folder.
const MISSING: Duration = Duration::from_secs(5);
/// More are told at once.
const MOST: usize = 4096;

/// What is to be told or looked at now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Look at this file.
    Look {
        path: PathBuf,
        at: i64,
        /// It was made, and that is not told.
        created: bool,
        /// It was looked at before, and was to be looked at again.
        again: bool,
    },
    /// It is gone.
    Deleted {
        path: PathBuf,
        at: i64,
        /// When it was made, if that is not told.
        created: Option<i64>,
    },
    /// It has another name.
    Renamed {
        from: PathBuf,
        to: PathBuf,
        at: i64,
        /// When it was made, if that is not told.
        created: Option<i64>,
    },
    /// It came from where nothing is watched.
    MovedIn { path: PathBuf, at: i64 },
    /// A folder was made.
    Folder { path: PathBuf, at: i64 },
    /// A folder is gone.
    FolderGone { path: PathBuf, at: i64 },
    /// A watched folder was moved; if it lies in another, its names tell the rest.
    FolderMoved { path: PathBuf },
    /// The system lost events.
    Lost { at: i64 },
    /// A file was made and was gone before anybody could look.
    Vanished,
}

#[derive(Debug, Default)]
pub(super) struct Waiting {
    files: BTreeMap<PathBuf, Open>,
    moves: VecDeque<Move>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// When it was made, if that is not told.
    created: Option<i64>,
    at: i64,
    due: Instant,
    /// It is not put off longer.
    last: Instant,
    missing: bool,
    again: bool,
}

#[derive(Debug)]
struct Move {
    cookie: u64,
    path: PathBuf,
    at: i64,
    created: Option<i64>,
    due: Instant,
}

/// Does a browser call what it has not loaded to the end so?
pub(super) fn is_part(path: &Path) -> bool {
    const PARTS: &[&str] = &["crdownload", "part", "partial", "opdownload", "download"];
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| PARTS.contains(&end))
}

impl Waiting {
    /// Takes what happened; gives what there is to do.
    pub(super) fn take(&mut self, one: Happened, now: Instant) -> Vec<Step> {
        let Happened { path, at, .. } = one;
        let mut steps = Vec::new();
        if matches!(one.what, What::Created | What::To) {
            steps.extend(self.left_before(&path, one.cookie));
        }
        match one.what {
            What::Created => self.written(path, at, true, now, &mut steps),
            What::Written => self.written(path, at, false, now, &mut steps),
            What::Closed => {
                if is_part(&path) {
                    self.written(path, at, false, now, &mut steps);
                } else {
                    let open = self.files.remove(&path);
                    let created = open.is_some_and(|open| open.created.is_some());
                    steps.push(Step::Look {
                        path,
                        at,
                        created,
                        again: false,
                    });
                }
            }
            What::Removed => {
                let open = self.files.remove(&path);
                let created = open.and_then(|open| open.created);
                steps.push(Step::Deleted { path, at, created });
            }
            What::From => {
                let open = self.files.remove(&path);
                self.moves.push_back(Move {
                    cookie: one.cookie,
                    path,
                    at,
                    created: open.and_then(|open| open.created),
                    due: now + PAIR,
                });
                if self.moves.len() > MOST {
                    steps.extend(self.moves.pop_front().map(left));
                }
            }
            What::To => {
                // An empty file may have held the name.
                self.files.remove(&path);
                let mut moves = self.moves.iter();
                let first = moves.position(|other| other.cookie == one.cookie);
                steps.push(match first.and_then(|first| self.moves.remove(first)) {
                    Some(first) => Step::Renamed {
                        from: first.path,
                        to: path,
                        at,
                        created: first.created,
                    },
                    None => Step::MovedIn { path, at },
                });
            }
            What::Folder => steps.push(Step::Folder { path, at }),
            What::FolderRemoved => steps.push(Step::FolderGone { path, at }),
            What::Moved => steps.push(Step::FolderMoved { path }),
            What::Lost => steps.push(Step::Lost { at }),
        }
        steps
    }

    /// It is not there, or holds nothing yet: look again later.
    pub(super) fn again(&mut self, path: PathBuf, at: i64, missing: bool, now: Instant) {
        let due = now + if missing { MISSING } else { QUIET };
        let created = Some(at);
        self.files.insert(
            path,
            Open {
                created,
                at,
                due,
                last: due,
                missing,
                again: true,
            },
        );
    }

    /// Is a browser loading this file, under another name beside it?
    pub(super) fn is_loaded_beside(&self, path: &Path) -> bool {
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else {
            return false;
        };
        let stem = stem.as_encoded_bytes();
        let from = (Bound::Included(folder), Bound::Unbounded);
        let beside = self.files.range::<Path, _>(from);
        let mut beside = beside.take_while(|(other, _)| other.starts_with(folder));
        beside.any(|(other, _)| {
            let name = other.file_name().unwrap_or_default();
            other.parent() == Some(folder)
                && is_part(other)
                && name.as_encoded_bytes().starts_with(stem)
        })
    }

    /// What is due now that the queue is empty.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        while self.moves.front().is_some_and(|first| first.due <= now) {
            steps.extend(self.moves.pop_front().map(left));
        }
        let due = self.files.iter().filter(|(_, open)| open.due <= now);
        let due: Vec<PathBuf> = due.map(|(path, _)| path.clone()).collect();
        for path in due {
            if let Some(open) = self.files.remove(&path) {
                steps.push(look(path, open));
            }
        }
        steps
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Option<Instant> {
        let files = self.files.values().map(|open| open.due).min();
        let moves = self.moves.front().map(|first| first.due);
        files.into_iter().chain(moves).min()
    }

    /// Forgets what lies below a folder that left with its volume; how much of it was not told.
    pub(super) fn leave(&mut self, folder: &Path) -> u64 {
        let before = self.files.len() + self.moves.len();
        self.files.retain(|path, _| !path.starts_with(folder));
        self.moves.retain(|one| !one.path.starts_with(folder));
        (before - self.files.len() - self.moves.len()) as u64
    }

    /// What had this name and lost it to no other that is watched: gone before something else takes the name, or
    /// its end would be told as that of the other.
    fn left_before(&mut self, path: &Path, cookie: u64) -> Option<Step> {
        let mut moves = self.moves.iter();
        let first = moves.position(|one| one.path == path && one.cookie != cookie)?;
        self.moves.remove(first).map(left)
    }

    /// The same of all below a folder, before it is looked through for what is there now.
    pub(super) fn left_below(&mut self, folder: &Path) -> Vec<Step> {
        let all = self.moves.drain(..);
        let (below, rest): (VecDeque<_>, _) = all.partition(|one| one.path.starts_with(folder));
        self.moves = rest;
        below.into_iter().map(left).collect()
    }

    fn written(
        &mut self,
        path: PathBuf,
        at: i64,
        created: bool,
        now: Instant,
        steps: &mut Vec<Step>,
    ) {
        let (quiet, busy) = match is_part(&path) {
            true => (QUIET_PART, 60 * BUSY),
            false => (QUIET, BUSY),
        };
        if let Some(open) = self.files.get_mut(&path) {
            open.at = at;
            open.missing = false;
            open.due = (now + quiet).min(open.last);
            return;
        }
        let open = Open {
            created: created.then_some(at),
            at,
            due: now + quiet,
            last: now + busy,
            missing: false,
            again: false,
        };
        if self.files.len() < MOST {
            self.files.insert(path, open);
        } else {
            steps.push(look(path, open));
        }
    }
}

fn look(path: PathBuf, open: Open) -> Step {
    if open.missing {
        return Step::Vanished;
    }
    Step::Look {
        path,
        at: open.created.unwrap_or(open.at),
        created: open.created.is_some(),
        again: open.again,
    }
}

fn left(one: Move) -> Step {
    Step::Deleted {
        path: one.path,
        at: one.at,
        created: one.created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(what: What, cookie: u64, at: i64, path: &str) -> Happened {
        Happened {
            what,
            cookie,
            at,
            path: path.into(),
        }
    }

    fn look(path: &str, at: i64, created: bool) -> Step {
        let path = path.into();
        Step::Look {
            path,
            at,
            created,
            again: false,
        }
    }

    #[test]
    fn what_left_is_gone_before_another_has_its_name() {
        let now = Instant::now();
        for (what, cookie) in [(What::Created, 0), (What::To, 2)] {
            let mut waiting = Waiting::default();
            waiting.take(one(What::From, 1, 1, "/a"), now);
            waiting.take(one(What::From, 2, 2, "/b"), now);
            let steps = waiting.take(one(what, cookie, 3, "/a"), now);
            let gone = Step::Deleted {
                path: "/a".into(),
                at: 1,
                created: None,
            };
            assert_eq!(steps.first(), Some(&gone), "{what:?}");
            let later = waiting.due(now + PAIR);
            assert!(!later.contains(&gone), "{what:?}: {later:?}");
        }
    }

    #[test]
    fn a_file_is_looked_at_once_it_is_closed_or_quiet() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        assert_eq!(waiting.take(one(What::Created, 0, 1, "/a"), now), []);
        assert_eq!(waiting.take(one(What::Written, 0, 2, "/a"), now), []);
        let steps = waiting.take(one(What::Closed, 0, 3, "/a"), now);
        assert_eq!(steps, [look("/a", 3, true)]);
        assert_eq!(waiting.next(), None);
        // A second name of a file is never closed.
        assert_eq!(waiting.take(one(What::Created, 0, 4, "/b"), now), []);
        assert_eq!(waiting.due(now), []);
        assert_eq!(waiting.next(), Some(now + QUIET));
        assert_eq!(waiting.due(now + QUIET), [look("/b", 4, true)]);
        // One that is always written to is told all the same.
        let mut at = now;
        let mut told = 0;
        while at < now + 2 * BUSY {
            waiting.take(one(What::Written, 0, 5, "/log"), at);
            at += QUIET / 2;
            told += waiting.due(at).len();
        }
        assert_eq!(told, 2);
    }

    #[test]
    fn two_names_of_one_file_are_joined_and_a_lost_one_is_a_deletion() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        waiting.take(one(What::From, 1, 1, "/a"), now);
        waiting.take(one(What::From, 2, 2, "/b"), now);
        let steps = waiting.take(one(What::To, 1, 3, "/c"), now);
        let (from, to) = ("/a".into(), "/c".into());
        let created = None;
        let renamed = Step::Renamed {
            from,
            to,
            at: 3,
            created,
        };
        assert_eq!(steps, [renamed]);
        let steps = waiting.take(one(What::To, 9, 4, "/d"), now);
        assert_eq!(
            steps,
            [Step::MovedIn {
                path: "/d".into(),
                at: 4
            }]
        );
        assert_eq!(waiting.due(now), []);
        let path = "/b".into();
        let gone = Step::Deleted {
            path,
            at: 2,
            created,
        };
        assert_eq!(waiting.due(now + PAIR), [gone]);
        assert_eq!(waiting.next(), None);
    }

    #[test]
    fn what_is_made_and_gone_at_once_is_told_as_both() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        waiting.take(one(What::Created, 0, 1, "/a"), now);
        let steps = waiting.take(one(What::Removed, 0, 2, "/a"), now);
        let gone = |path: &str, at, created| Step::Deleted {
            path: path.into(),
            at,
            created,
        };
        assert_eq!(steps, [gone("/a", 2, Some(1))]);
        // The same where the look came between.
        waiting.again("/b".into(), 1, true, now);
        let steps = waiting.take(one(What::Removed, 0, 2, "/b"), now);
        assert_eq!(steps, [gone("/b", 2, Some(1))]);
        waiting.again("/c".into(), 1, true, now);
        assert_eq!(waiting.due(now + MISSING), [Step::Vanished]);
        waiting.take(one(What::From, 7, 1, "/v/a"), now);
        waiting.take(one(What::Created, 0, 1, "/v/b"), now);
        assert_eq!(waiting.leave(Path::new("/v")), 2);
        assert_eq!(waiting.next(), None);
    }

    #[test]
    fn downloads_wait_for_their_name() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        // Firefox: an empty file holds the name.
        waiting.take(one(What::Created, 0, 1, "/d/film.mp4"), now);
        let part = "/d/film.x7Yq.mp4.part";
        waiting.take(one(What::Created, 0, 2, part), now);
        assert_eq!(waiting.take(one(What::Closed, 0, 3, part), now), []);
        assert!(waiting.is_loaded_beside(Path::new("/d/film.mp4")));
        assert!(!waiting.is_loaded_beside(Path::new("/d/other.mp4")));
        assert!(!waiting.is_loaded_beside(Path::new("/film.mp4")));
        waiting.take(one(What::From, 5, 4, part), now);
        let steps = waiting.take(one(What::To, 5, 4, "/d/film.mp4"), now);
        let renamed = Step::Renamed {
            from: part.into(),
            to: "/d/film.mp4".into(),
            at: 4,
            created: Some(2),
        };
        assert_eq!(steps, [renamed]);
        assert_eq!(waiting.next(), None, "the empty one is over");
        // One that is never completed is told under its own name.
        waiting.take(one(What::Created, 0, 9, "/d/x.crdownload"), now);
        assert_eq!(waiting.due(now + QUIET), []);
        let told = waiting.due(now + QUIET_PART);
        assert_eq!(told, [look("/d/x.crdownload", 9, true)]);
    }

    #[test]
    fn no_more_wait_than_there_may() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        let mut told = 0;
        for n in 0..MOST + 5 {
            let path = format!("/{n}");
            told += waiting.take(one(What::Created, 0, 1, &path), now).len();
            told += waiting
                .take(one(What::From, n as u64, 1, &format!("/m{n}")), now)
                .len();
        }
        assert_eq!(told, 10);
    }
}
