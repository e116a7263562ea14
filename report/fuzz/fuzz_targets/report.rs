//! A report, and the packed records of a report whose header and note are sound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::report::Kept;
use proviso_report::{CompactRange, Report, VerifierKey};

/// RFC 8032, section 7.1, test 1.
const KEY: &str = "a+91305c6d+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
const NOTE: &str = "a\n2\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n\u{2014} a AAAAAAA=\n";

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    look(&around(bytes));
    kept(bytes);
    let mut erased = b"PVSE\x01".to_vec();
    erased.extend_from_slice(bytes);
    kept(&erased);
});

/// What is read is written as the same; nothing that is erased twice changes.
fn kept(bytes: &[u8]) {
    let Ok(kept) = Kept::parse(bytes) else {
        return;
    };
    if let Ok(again) = kept.to_bytes() {
        assert_eq!(Kept::parse(&again).as_ref(), Ok(&kept));
    }
    let none = kept.erase(|_| true);
    assert_eq!(none.lines().count(), 0);
}

fn look(bytes: &[u8]) {
    let Ok(report) = Report::parse(bytes) else {
        return;
    };
    if let Ok(lines) = report.lines() {
        assert_eq!(lines.iter().count(), report.count as usize);
        assert_eq!(report.leaf_hashes_of(&lines).len(), report.count as usize);
    }
    let key = KEY.parse::<VerifierKey>().expect("a sound key");
    assert!(report.verify(&key, &CompactRange::new()).is_err());
}

/// A report of two records whose body is `body`; its first two bytes say how long the records are.
fn around(body: &[u8]) -> Vec<u8> {
    let (length, body) = body.split_at(body.len().min(2));
    let length = length
        .iter()
        .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    let mut bytes = b"PVSO\x02".to_vec();
    bytes.extend([7; 16]);
    bytes.extend(0_u64.to_be_bytes());
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([9; 32]);
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    bytes.extend((NOTE.len() as u16).to_be_bytes());
    bytes.extend(NOTE.as_bytes());
    bytes
}
