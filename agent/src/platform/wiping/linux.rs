//! SQLite's memory, through the C library, which knows how long each piece is.

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::ffi;

use super::wipe;

/// As SQLite wants lengths.
const ROUND: c_int = 8;

pub(super) fn configure() -> bool {
    let methods = ffi::sqlite3_mem_methods {
        xMalloc: Some(malloc),
        xFree: Some(free),
        xRealloc: Some(realloc),
        xSize: Some(size),
        xRoundup: Some(round_up),
        xInit: Some(init),
        xShutdown: Some(shutdown),
        pAppData: ptr::null_mut(),
    };
    // SAFETY: SQLite copies the table, and refuses (with another code) when it already works.
    let code = unsafe {
        ffi::sqlite3_config(
            ffi::SQLITE_CONFIG_MALLOC,
            ptr::from_ref::<ffi::sqlite3_mem_methods>(&methods),
        )
    };
    code == ffi::SQLITE_OK
}

unsafe extern "C" fn malloc(length: c_int) -> *mut c_void {
    match usize::try_from(length) {
        // SAFETY: any length may be asked for.
        Ok(length) => unsafe { libc::malloc(length) },
        Err(_) => ptr::null_mut(),
    }
}

unsafe extern "C" fn free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    // SAFETY: SQLite gives back what `malloc` gave it, and uses it no more.
    unsafe {
        wipe(memory.cast(), libc::malloc_usable_size(memory));
        libc::free(memory);
    }
}

unsafe extern "C" fn realloc(memory: *mut c_void, length: c_int) -> *mut c_void {
    // SAFETY: `memory` is of `malloc` or null, and both pieces are at least as long as what is copied.
    unsafe {
        let new = malloc(length);
        if !new.is_null() && !memory.is_null() {
            let old = libc::malloc_usable_size(memory);
            let count = old.min(usize::try_from(length).unwrap_or(0));
            ptr::copy_nonoverlapping(memory.cast::<u8>(), new.cast::<u8>(), count);
            free(memory);
        }
        new
    }
}

unsafe extern "C" fn size(memory: *mut c_void) -> c_int {
    // SAFETY: SQLite asks of what `malloc` gave it, or of nothing.
    let size = unsafe { libc::malloc_usable_size(memory) };
    c_int::try_from(size).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn round_up(length: c_int) -> c_int {
    length.saturating_add(ROUND - 1) & !(ROUND - 1)
}

unsafe extern "C" fn init(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn shutdown(_: *mut c_void) {}
