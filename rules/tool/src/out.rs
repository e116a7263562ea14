//! What the program says, to whoever reads it.
//!
//! Promises: a reader who has gone (`| head`) is no fault, and what could not be said for another
//! reason (a full disk) is remembered, so that the program does not end as if all were well.

use std::fmt;
use std::io::{self, Write};
use std::sync::OnceLock;

/// The first thing that went wrong.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Says it on standard error, as a line.
macro_rules! tell {
    ($($words:tt)*) => {
        $crate::out::tell(format_args!($($words)*))
    };
}

/// Prints a line, or a page that ends in one.
pub(crate) fn say(text: &str) {
    note(writeln!(
        io::stdout().lock(),
        "{}",
        text.trim_end_matches('\n')
    ));
}

/// Prints what is no text.
pub(crate) fn give(bytes: &[u8]) {
    note(io::stdout().lock().write_all(bytes));
}

/// What `tell!` says.
pub(crate) fn tell(words: fmt::Arguments<'_>) {
    note(writeln!(io::stderr().lock(), "{words}"));
}

/// Is everything said? If not, it says so.
pub(crate) fn all_said() -> bool {
    note(io::stdout().lock().flush());
    let Some(error) = LOST.get() else {
        return true;
    };
    tell!(
        "proviso: not everything could be written out: {error}; make room, or name another place, \
         and run it again"
    );
    false
}

fn note(done: io::Result<()>) {
    if let Err(error) = done
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // Only the first is said.
        let _ = LOST.set(error);
    }
}
