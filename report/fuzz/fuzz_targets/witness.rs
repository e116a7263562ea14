//! A request to a witness, and an answer from one: each is read or refused and has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::witness::{Offer, Reply, judge};
use proviso_report::{Checkpoint, Hash, VerifierKey};

/// RFC 8032, section 7.1, test 1, as a key of cosignatures.
const KEY: &str = "a+f7f34b0f+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fuzz_target!(|bytes: &[u8]| {
    let key = KEY.parse::<VerifierKey>().expect("a sound key");
    if let Ok(offer) = Offer::parse(bytes) {
        assert_eq!(offer.to_bytes(), bytes);
    }
    // Nothing is signed by a key of cosignatures.
    assert!(judge(bytes, |_| Some((&key, None))).is_err());
    let checkpoint = Checkpoint {
        origin: "a".into(),
        size: 1,
        root: Hash([1; 32]),
    };
    for status in [200, 403, 404, 409, 422, 500] {
        let reply = Reply::read(status, bytes, 0, &checkpoint, &key);
        assert!(!matches!(reply, Reply::Cosigned(_)));
    }
});
