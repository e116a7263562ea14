//! What a program's file holds: its hash, and the package that it came with.
//!
//! Promises: read off the thread that waits for events, one file at a time, and once for as long as
//! the file stays what it is: programs that begin over and over cost no reading. What is read is the
//! file that the process holds, so one that was replaced or deleted is the right one. Refuses: files
//! that are too large, and those behind which stands another program or computer; then there is no
//! hash.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use proviso_report::Hash;
use ring::digest::{Context, SHA256};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::origin::Origins;
use crate::platform::program::{FileError, FileKey, ProgramFile};

/// Larger than any honest program.
const MAX_BYTES: u64 = 512 << 20;
/// Files known by what they hold.
const MAX_KNOWN: usize = 512;
/// Files held open until they are read: a build's first burst. Beyond, records have no hash.
const MAX_HELD: usize = 64;
/// The slowest disk has read the largest program by then.
const PATIENCE: Duration = Duration::from_secs(30);
const PIECE: usize = 64 * 1024;
/// A program for Linux, and in its unused bytes the mark of an AppImage of either kind.
const ELF: &[u8] = b"\x7fELF";
const APP_IMAGE: [&[u8]; 2] = [b"AI\x01", b"AI\x02"];
const APP_IMAGE_AT: usize = 8;

/// What is known of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Print {
    /// The hash of all of it.
    pub(super) sha256: Option<Hash>,
    /// The package that it came with.
    pub(super) origin: Option<String>,
    /// Is it a program that carries all it needs with it?
    pub(super) is_app_image: bool,
}

/// Knows files by what they hold.
#[derive(Debug)]
pub(super) struct Prints {
    origins: Arc<Origins>,
    known: BTreeMap<FileKey, Arc<Printed>>,
    /// The oldest first.
    order: VecDeque<FileKey>,
    held: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

/// A file that was read, or will be when somebody asks.
#[derive(Debug)]
pub(super) struct Printed {
    file: Mutex<Option<(ProgramFile, OwnedSemaphorePermit)>>,
    print: OnceCell<Print>,
    origins: Arc<Origins>,
    reading: Arc<Semaphore>,
}

impl Prints {
    /// Knows none yet.
    pub(super) fn new(origins: Origins) -> Self {
        Self {
            origins: Arc::new(origins),
            known: BTreeMap::new(),
            order: VecDeque::new(),
            held: Arc::new(Semaphore::new(MAX_HELD)),
            reading: Arc::new(Semaphore::new(1)),
        }
    }

    /// Takes a program's file; `None`: too many wait to be read.
    pub(super) fn of(&mut self, file: ProgramFile) -> Option<Arc<Printed>> {
        let key = file.key();
        if let Some(known) = self.known.get(&key) {
            return Some(Arc::clone(known));
        }
        let permit = Arc::clone(&self.held).try_acquire_owned().ok()?;
        let printed = Arc::new(Printed {
            file: Mutex::new(Some((file, permit))),
            print: OnceCell::new(),
            origins: Arc::clone(&self.origins),
            reading: Arc::clone(&self.reading),
        });
        self.known.insert(key, Arc::clone(&printed));
        self.order.push_back(key);
        if self.order.len() > MAX_KNOWN
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        Some(printed)
    }
}

impl Printed {
    /// Reads the file, if nobody did.
    pub(super) async fn print(&self) -> Print {
        self.print.get_or_init(|| self.read()).await.clone()
    }

    async fn read(&self) -> Print {
        let held = {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.take()
        };
        // One that waits for a disk that does not answer must not take all threads with it.
        let turn = Arc::clone(&self.reading).try_acquire_owned();
        let (Some((file, permit)), Ok(turn)) = (held, turn) else {
            return Print::default();
        };
        let origins = Arc::clone(&self.origins);
        let work = tokio::task::spawn_blocking(move || {
            let print = read(&file, &origins);
            drop((file, permit, turn));
            print
        });
        match timeout(PATIENCE, work).await {
            Ok(Ok(print)) => print,
            _ => Print::default(),
        }
    }
}

fn read(file: &ProgramFile, origins: &Origins) -> Print {
    let (sha256, is_app_image) = match content(file) {
        Ok(content) => content,
        Err(error) => {
            tracing::debug!(%error, "a program's file is not read");
            return Print::default();
        }
    };
    let origin = origins.of(file.path(), file.key());
    Print {
        sha256,
        origin: origin.or_else(|| is_app_image.then(|| "appimage".to_owned())),
        is_app_image,
    }
}

fn content(file: &ProgramFile) -> Result<(Option<Hash>, bool), FileError> {
    let opened = file.open()?;
    let mut from = opened.take(MAX_BYTES + 1);
    let mut piece = vec![0; PIECE];
    let mut hash = Context::new(&SHA256);
    let (mut length, mut is_app_image) = (0_u64, false);
    loop {
        let read = from.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        if length == 0 {
            is_app_image = bears_app_image(bytes);
            if file.key().size > MAX_BYTES {
                return Ok((None, is_app_image));
            }
        }
        hash.update(bytes);
        length = length.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    // Once it has ended, anybody who may can write into it.
    let is_whole = length == file.key().size && file.is_unchanged();
    let hash = <[u8; 32]>::try_from(hash.finish().as_ref()).ok().map(Hash);
    Ok((hash.filter(|_| is_whole), is_app_image))
}

fn bears_app_image(start: &[u8]) -> bool {
    let mark = start.get(APP_IMAGE_AT..).unwrap_or_default();
    start.starts_with(ELF) && APP_IMAGE.iter().any(|kind| mark.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use ring::digest::digest;

    use super::*;
    use crate::platform::program::{Look, look};

    fn nowhere() -> Origins {
        Origins::below("/nowhere".as_ref(), &[])
    }

    /// Runs until its input is closed.
    fn start() -> (Child, ProgramFile) {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let child = command.spawn().unwrap();
        let Look::Theirs(seen) = look(child.id(), |_| true) else {
            panic!("not found")
        };
        (child, seen.file.unwrap())
    }

    fn end(mut child: Child) {
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn a_file_is_read_once_and_known_by_what_it_holds() {
        let mut prints = Prints::new(nowhere());
        let (child, file) = start();
        let first = prints.of(file).unwrap();
        end(child);
        // It has ended, and is read all the same.
        let print = first.print().await;
        let whole = std::fs::read("/bin/cat").unwrap();
        let hash: [u8; 32] = digest(&SHA256, &whole).as_ref().try_into().unwrap();
        assert_eq!(print.sha256, Some(Hash(hash)));
        assert_eq!((print.origin, print.is_app_image), (None, false));
        let (child, file) = start();
        assert!(Arc::ptr_eq(&first, &prints.of(file).unwrap()));
        assert!(first.file.lock().unwrap().is_none(), "nothing is held open");
        end(child);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_disk_that_does_not_answer() {
        let mut prints = Prints::new(nowhere());
        let _stuck = Arc::clone(&prints.reading).try_acquire_owned().unwrap();
        let (child, file) = start();
        let print = prints.of(file).unwrap().print().await;
        assert_eq!(print, Print::default());
        end(child);
    }

    #[tokio::test]
    async fn few_files_are_held_open() {
        let mut prints = Prints::new(nowhere());
        let all = u32::try_from(MAX_HELD).unwrap();
        let held = Arc::clone(&prints.held).try_acquire_many_owned(all);
        let (child, file) = start();
        assert!(prints.of(file).is_none());
        drop(held);
        end(child);
    }

    #[test]
    fn an_app_image_bears_its_mark() {
        assert!(bears_app_image(b"\x7fELF\x02\x01\x01\x00AI\x02rest"));
        assert!(bears_app_image(b"\x7fELF\x02\x01\x01\x00AI\x01"));
        for other in [
            &b"\x7fELF\x02\x01\x01\x00AI\x03"[..],
            b"\x7fELF",
            b"AI\x02",
            b"",
        ] {
            assert!(!bears_app_image(other));
        }
    }
}
