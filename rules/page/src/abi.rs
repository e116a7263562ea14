//! The border between the module and the page's script.
//!
//! ```text
//! page.read(file, at, into, length) -> 1 or 0    the script fills memory with bytes of a file
//! room(length) -> address                        where the script puts the question, as JSON
//! verify()                                       answers it
//! about()                                        which program and judge this is
//! said() -> address, said_length() -> bytes      what was said last, as JSON
//! ```
//!
//! The only unsafe code: names that the script calls, and the one function that it gives. The script
//! writes into memory that is lent to it and nowhere else; it stands in the same file as this module.
//! One thread, and a call ends before the next one begins.

use std::cell::RefCell;

use crate::source::{Gone, Source};
use crate::{Asked, answer, who};

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Fills `length` bytes from `into` on with those of file number `file` from `at` on.
    fn read(file: u32, at: u64, into: *mut u8, length: usize) -> u32;
}

thread_local! {
    static QUESTION: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The files that the script holds.
struct Page;

impl Source for Page {
    fn read(&self, file: usize, at: u64, into: &mut [u8]) -> Result<(), Gone> {
        let file = u32::try_from(file).map_err(|_| Gone)?;
        // SAFETY: the script writes `into.len()` bytes there, or none; `into` is borrowed until it returns.
        let filled = unsafe { read(file, at, into.as_mut_ptr(), into.len()) };
        if filled == 1 { Ok(()) } else { Err(Gone) }
    }
}

// A verifier needs no random numbers. One that asked for some would be refused.
getrandom::register_custom_getrandom!(no_random);

fn no_random(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}

// SAFETY: no other function of the module has this name, here and below.
#[unsafe(no_mangle)]
extern "C" fn room(length: usize) -> *mut u8 {
    QUESTION.with_borrow_mut(|question| {
        *question = vec![0; length];
        question.as_mut_ptr()
    })
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn verify() {
    let question = QUESTION.take();
    let said = answer(&Page, Asked::parse(&question));
    ANSWER.set(said);
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn about() {
    ANSWER.set(who());
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn said() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn said_length() -> usize {
    ANSWER.with_borrow(String::len)
}
