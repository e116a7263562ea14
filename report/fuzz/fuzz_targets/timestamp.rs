//! An answer of a time-stamping authority: nothing panics, and none holds without its key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::timestamp::verify;

fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == b'-');
    let (answer, trusted) = bytes.split_at(at.unwrap_or(bytes.len()));
    assert!(verify(answer, b"nothing that anybody stamped", trusted, None).is_err());
});
