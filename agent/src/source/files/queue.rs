//! What the system tells, on its way from the thread that hears it to the one that looks.
//!
//! Promises: pushing never waits and never looks at a disk, so the system's own queue is emptied as
//! fast as it fills. What comes is kept short: of paths in one folder only what differs. What does
//! not fit is counted, with when it began and ended, and nothing after it is taken until whoever
//! looks has taken all before it, so that a hole lies where it belongs.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::platform::files::{path_bytes, path_of};

/// So many bytes wait at most: some 100,000 deletions in one folder.
pub(super) const LIMIT: usize = 2 << 20;
/// A queue that was full gives its memory back.
const AT_REST: usize = 4096;

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A file, or anything but a folder, was made.
    Created,
    /// A folder was made.
    Folder,
    /// It was written to.
    Written,
    /// Whoever wrote to it is done.
    Closed,
    /// A file is gone.
    Removed,
    /// A folder is gone, or the volume that it was on.
    FolderRemoved,
    /// A watched folder was moved, it does not say where to.
    Moved,
    /// It lost this name.
    From,
    /// It got this name.
    To,
    /// The system lost events.
    Lost,
}

const WHATS: [What; 10] = [
    What::Created,
    What::Folder,
    What::Written,
    What::Closed,
    What::Removed,
    What::FolderRemoved,
    What::Moved,
    What::From,
    What::To,
    What::Lost,
];

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) what: What,
    /// Joins the two names of one renaming.
    pub(super) cookie: u64,
    /// Unix milliseconds.
    pub(super) at: i64,
    pub(super) path: PathBuf,
}

/// What did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) count: u64,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// What is taken from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Happened(Happened),
    /// Here so much is missing.
    Lost(Lost),
}

/// Both ends of the queue. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    inner: Arc<Mutex<Inner>>,
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    bytes: VecDeque<u8>,
    limit: usize,
    /// The last that was pushed, and the last that was taken: what comes next is told by how it
    /// differs.
    pushed: Last,
    taken: Last,
    lost: Option<Lost>,
}

#[derive(Debug, Default)]
struct Last {
    path: Vec<u8>,
    at: i64,
    what: Option<What>,
}

impl Queue {
    /// An empty one of so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        let inner = Inner {
            bytes: VecDeque::new(),
            limit,
            pushed: Last::default(),
            taken: Last::default(),
            lost: None,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            wake: Arc::new(Notify::new()),
        }
    }

    /// Puts one at the end.
    pub(super) fn push(&self, what: What, cookie: u64, at: i64, path: &Path) {
        self.lock().push(what, cookie, at, path_bytes(path));
        self.wake.notify_one();
    }

    /// The first one.
    pub(super) fn take(&self) -> Option<Taken> {
        self.lock().take()
    }

    /// Is there nothing in it?
    pub(super) fn is_empty(&self) -> bool {
        let inner = self.lock();
        inner.bytes.is_empty() && inner.lost.is_none()
    }

    /// Waits until there is something in it.
    pub(super) async fn filled(&self) {
        while self.is_empty() {
            self.wake.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, what: What, cookie: u64, at: i64, path: &[u8]) {
        // Programs write in many small pieces; one word of it says all.
        let again = what == What::Written && self.pushed.what == Some(what);
        if again && !self.bytes.is_empty() && self.pushed.path == path {
            return;
        }
        let shared = self.pushed.path.iter().zip(path);
        let shared = shared.take_while(|(one, other)| one == other).count();
        let rest = path.get(shared..).unwrap_or_default();
        let mut head = Vec::with_capacity(24);
        head.push(what as u8);
        number(&mut head, cookie);
        // Nearly always a small step forward.
        number(&mut head, at.wrapping_sub(self.pushed.at).cast_unsigned());
        number(&mut head, shared as u64);
        number(&mut head, rest.len() as u64);
        let full = self.bytes.len() + head.len() + rest.len() > self.limit;
        if let Some(lost) = &mut self.lost {
            lost.count = lost.count.saturating_add(1);
            lost.to = at;
            return;
        }
        if full {
            let (count, from, to) = (1, at, at);
            self.lost = Some(Lost { count, from, to });
            return;
        }
        self.bytes.extend(head);
        self.bytes.extend(rest);
        self.pushed.path.truncate(shared);
        self.pushed.path.extend(rest);
        self.pushed.at = at;
        self.pushed.what = Some(what);
    }

    fn take(&mut self) -> Option<Taken> {
        if self.bytes.is_empty() {
            self.bytes.shrink_to(AT_REST);
            return self.lost.take().map(Taken::Lost);
        }
        let what = WHATS.get(usize::from(self.bytes.pop_front()?)).copied()?;
        let cookie = self.number()?;
        let at = self.taken.at.wrapping_add(self.number()?.cast_signed());
        let shared = usize::try_from(self.number()?).ok()?;
        let rest = usize::try_from(self.number()?).ok()?;
        self.taken.path.truncate(shared);
        let rest = rest.min(self.bytes.len());
        self.taken.path.extend(self.bytes.drain(..rest));
        self.taken.at = at;
        Some(Taken::Happened(Happened {
            what,
            cookie,
            at,
            path: path_of(self.taken.path.clone()),
        }))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes.pop_front()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(number)
    }
}

/// Seven bits a byte, the lowest first.
fn number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn happened(what: What, cookie: u64, at: i64, path: &str) -> Taken {
        let path = path.into();
        Taken::Happened(Happened {
            what,
            cookie,
            at,
            path,
        })
    }

    #[test]
    fn what_is_pushed_is_taken_in_its_order() {
        let queue = Queue::new(LIMIT);
        queue.push(What::Created, 0, 1_700_000_000_000, Path::new("/a/one"));
        queue.push(What::From, 77, 1_700_000_000_001, Path::new("/a/one"));
        queue.push(What::To, 77, 1_600_000_000_000, Path::new("/b"));
        let wanted = [
            happened(What::Created, 0, 1_700_000_000_000, "/a/one"),
            happened(What::From, 77, 1_700_000_000_001, "/a/one"),
            happened(What::To, 77, 1_600_000_000_000, "/b"),
        ];
        for one in wanted {
            assert_eq!(queue.take(), Some(one));
        }
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn a_file_written_in_pieces_is_told_once_while_it_waits() {
        let queue = Queue::new(LIMIT);
        for at in 1..9 {
            queue.push(What::Written, 0, at, Path::new("/a"));
        }
        assert_eq!(queue.take(), Some(happened(What::Written, 0, 1, "/a")));
        assert!(queue.is_empty());
        queue.push(What::Written, 0, 9, Path::new("/a"));
        assert!(!queue.is_empty(), "it was written to since it was taken");
    }

    #[test]
    fn what_does_not_fit_is_counted_where_it_is_missing() {
        let queue = Queue::new(100);
        for at in 0..20 {
            queue.push(What::Removed, 0, at, Path::new(&format!("/folder/{at:09}")));
        }
        let mut taken = 0;
        let lost = loop {
            match queue.take().unwrap() {
                Taken::Happened(one) => assert_eq!(one.at, taken),
                Taken::Lost(lost) => break lost,
            }
            taken += 1;
        };
        let count = u64::try_from(20 - taken).unwrap();
        let (from, to) = (taken, 19);
        assert!(taken > 1 && count > 1);
        assert_eq!(lost, Lost { count, from, to });
        assert!(queue.is_empty());
        queue.push(What::Removed, 0, 20, Path::new("/x"));
        assert_eq!(queue.take(), Some(happened(What::Removed, 0, 20, "/x")));
    }

    #[test]
    fn a_burst_in_one_folder_fits() {
        let queue = Queue::new(LIMIT);
        for n in 0..50_000 {
            let path = format!("/home/alex/Downloads/file number {n:05}.jpg");
            queue.push(
                What::Removed,
                0,
                1_700_000_000_000 + n / 10,
                Path::new(&path),
            );
        }
        let mut count = 0;
        while let Some(Taken::Happened(_)) = queue.take() {
            count += 1;
        }
        assert_eq!(count, 50_000);
    }

    proptest! {
        #[test]
        fn nothing_changes_on_the_way(
            all in proptest::collection::vec((0..10_usize, any::<u64>(), any::<i64>(), "[/ab\n]{0,12}"), 0..40),
        ) {
            let queue = Queue::new(LIMIT);
            let mut wanted = Vec::new();
            for (what, cookie, at, path) in &all {
                let what = WHATS[*what];
                queue.push(what, *cookie, *at, Path::new(path));
                let one = happened(what, *cookie, *at, path);
                let again = |before: &Taken| matches!(
                    before,
                    Taken::Happened(before)
                        if what == What::Written && before.what == what
                            && before.path.as_os_str() == path.as_str()
                );
                if !wanted.last().is_some_and(again) {
                    wanted.push(one);
                }
            }
            for one in wanted {
                prop_assert_eq!(queue.take(), Some(one));
            }
            prop_assert_eq!(queue.take(), None);
        }
    }
}
