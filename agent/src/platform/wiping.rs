//! Memory that is given back is overwritten first.
//!
//! What an exemption keeps out, and what belongs to nobody who is monitored, passes through the
//! agent's memory before it is known for that. Promises: of it no buffer that was let go of can be read
//! out of the process, or out of a file of its memory, afterwards: neither Rust's own memory nor
//! SQLite's, which reads the browsers' histories. Does not reach: what still stands on a thread's stack until it is
//! used again, and what the system kernel holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{Ordering, compiler_fence};

#[cfg(target_os = "linux")]
mod linux;

/// The system's memory, wiped as it is given back. For the program's `#[global_allocator]`.
#[derive(Debug)]
pub struct Wiping;

// SAFETY: everything is handed to the system's allocator as it came; what is wiped is wiped while it
// is still ours. `realloc` is the trait's own: new memory, a copy, and the old given back through here.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of this call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of this call.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back memory of this layout and uses it no more.
        unsafe {
            wipe(memory, layout.size());
            System.dealloc(memory, layout);
        }
    }
}

/// Lets SQLite wipe what it gives back too. To be called before anything opens a database; false: this
/// system cannot do it, or something did.
#[must_use]
pub fn wipe_databases() -> bool {
    #[cfg(target_os = "linux")]
    {
        linux::configure()
    }
    #[cfg(not(target_os = "linux"))]
    {
        false
    }
}

/// Overwrites memory in a way that no compiler takes for useless.
///
/// # Safety
///
/// So many bytes from there on may be written.
unsafe fn wipe(memory: *mut u8, size: usize) {
    // SAFETY: promised by the caller.
    unsafe { memory.write_bytes(0, size) };
    let _seen = black_box(memory);
    compiler_fence(Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_it_was_until_it_is_given_back() {
        let layout = Layout::from_size_align(64, 16).unwrap();
        // SAFETY: the memory is of this layout, used within it and given back once.
        unsafe {
            let memory = Wiping.alloc(layout);
            assert!(!memory.is_null() && memory.addr().is_multiple_of(16));
            memory.write_bytes(7, 64);
            let longer = Wiping.realloc(memory, layout, 128);
            assert_eq!(std::slice::from_raw_parts(longer, 64), [7; 64]);
            wipe(longer, 64);
            assert_eq!(std::slice::from_raw_parts(longer, 64), [0; 64]);
            Wiping.dealloc(longer, Layout::from_size_align(128, 16).unwrap());
            let zeroed = Wiping.alloc_zeroed(layout);
            assert_eq!(std::slice::from_raw_parts(zeroed, 64), [0; 64]);
            Wiping.dealloc(zeroed, layout);
        }
    }
}
