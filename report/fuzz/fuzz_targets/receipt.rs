//! A receipt's line has one spelling, and none is taken that the key did not sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::note::SignatureLine;
use proviso_report::{Checkpoint, Hash, Receipt, VerifierKey};

/// RFC 8032, section 7.1, test 1, as a key of receipts.
const KEY: &str = "a+f7f34b0f+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(parsed) = SignatureLine::parse(line) {
        assert_eq!(parsed.to_string(), line);
    }
    let key = KEY.parse::<VerifierKey>().expect("a sound key");
    let checkpoint = Checkpoint {
        origin: "a".into(),
        size: 1,
        root: Hash([1; 32]),
    };
    assert!(Receipt::verify(line, &checkpoint, &key).is_err());
});
