//! Record locks (fcntl(2)): they are a process's, and the kernel says whose.
//!
//! Closing any descriptor of the file lets go of the lock, so the process that holds it opens the
//! file once.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;
use rustix::process::{Flock, FlockType, fcntl_getlk};

use super::LockError;

/// What a lock file says, padded to this.
const WORD: usize = 16;

/// Held by this process until it is dropped.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes it, and makes the file if there is none.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let fault = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let file = open(path).map_err(fault)?;
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(Errno::AGAIN | Errno::ACCESS) => Err(LockError::Held(path.to_owned())),
            Err(error) => Err(fault(error.into())),
        }
    }

    /// Writes a word for whoever looks; who watches the file is told.
    pub fn say(&self, word: &str) -> io::Result<()> {
        self.0.write_all_at(format!("{word:<WORD$}").as_bytes(), 0)
    }
}

/// Which process holds it, by its number here, and the word that it says. `None`: nobody, or
/// somebody in another container.
pub fn holder(path: &Path) -> io::Result<Option<(u32, String)>> {
    let mut file = open(path)?;
    let Some(lock) = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock))? else {
        return Ok(None);
    };
    let mut word = [0; WORD];
    let read = file.read(&mut word)?;
    let word = String::from_utf8_lossy(word.get(..read).unwrap_or(&[]));
    let pid = lock
        .pid
        .map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    Ok(pid.map(|pid| (pid, word.trim_end().to_owned())))
}

fn open(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_kernel_says_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        assert_eq!(holder(&path).unwrap(), None);
        let lock = Lock::take(&path).unwrap();
        lock.say("waiting").unwrap();
        lock.say("ok").unwrap();
        // Locks are a process's: only another one meets them.
        let name = "platform::lock::linux::tests::is_held_by_another";
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", name])
            .env("PROVISO_TEST_LOCK", &path)
            .env("PROVISO_TEST_HOLDER", std::process::id().to_string())
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    #[ignore = "run by the test above, in another process"]
    fn is_held_by_another() {
        let path = std::path::PathBuf::from(std::env::var_os("PROVISO_TEST_LOCK").unwrap());
        let holds: u32 = std::env::var("PROVISO_TEST_HOLDER")
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(holder(&path).unwrap(), Some((holds, "ok".to_owned())));
        assert_eq!(std::fs::read(&path).unwrap(), b"ok              ");
        assert!(matches!(Lock::take(&path), Err(LockError::Held(_))));
    }
}
