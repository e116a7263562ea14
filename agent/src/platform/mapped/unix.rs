//! `mmap`, private and read only.

use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapped file. No bytes: nothing is mapped, since the system refuses that.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory is only read, and stays where it is until the mapping is dropped.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let len = usize::try_from(metadata.len()).map_err(io::Error::other)?;
        if len == 0 {
            let start = NonNull::dangling();
            return Ok(Self { start, len });
        }
        // SAFETY: the system chooses a free place, so no memory in use is touched.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                len,
                ProtFlags::READ,
                MapFlags::PRIVATE,
                &file,
                0,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes are mapped at `start`, readable, until `self` is dropped; that the
        // file is neither shortened nor rewritten in place is the promise of `Mapped`'s callers.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    #[cfg(target_os = "linux")]
    pub(super) fn let_go(&self) {
        use rustix::mm::{Advice, madvise};

        if self.len > 0 {
            // SAFETY: exactly what `open` mapped, and nobody writes to it: what is read later is
            // the same bytes of the same file.
            let _ = unsafe { madvise(self.start.as_ptr().cast(), self.len, Advice::LinuxDontNeed) };
        }
    }

    /// Elsewhere the system takes the memory when it wants it.
    #[cfg(not(target_os = "linux"))]
    pub(super) const fn let_go(&self) {}
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: exactly what `open` mapped; nobody can hold a reference into it any more.
            let _ = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        }
    }
}
