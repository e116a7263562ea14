//! An entry of the ledger: any line is read or refused, and has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::ledger::Entry;

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(entry) = Entry::parse(line) {
        assert_eq!(entry.to_line().as_deref(), Ok(line));
    }
});
