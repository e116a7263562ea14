//! Notes, checkpoints and verifier keys have one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::{Checkpoint, Note, VerifierKey, open_checkpoint};

/// RFC 8032, section 7.1, test 1.
const KEY: &str = "a+91305c6d+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fuzz_target!(|bytes: &[u8]| {
    let key = KEY.parse::<VerifierKey>().expect("a sound key");
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.bytes(), bytes);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.body(), note.text());
        }
    }
    let _ = open_checkpoint(bytes, &key);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.body(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
});
