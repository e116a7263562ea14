//! Stored logs, and proofs that are not proofs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::merkle::{verify_consistency, verify_inclusion};
use proviso_report::{CompactRange, Hash};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut log) = CompactRange::from_bytes(bytes) {
        assert_eq!(log.to_bytes(), bytes);
        let size = log.size();
        log.append(Hash([1; 32]));
        assert_eq!(log.size(), size.saturating_add(1));
        let again = CompactRange::from_bytes(&log.to_bytes()).expect("what was written");
        assert_eq!(again.root(), log.root());
    }
    let Some((a, rest)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let Some((b, rest)) = rest.split_first_chunk::<8>() else {
        return;
    };
    let (a, b) = (u64::from_be_bytes(*a), u64::from_be_bytes(*b));
    let proof: Vec<Hash> = rest
        .as_chunks::<32>()
        .0
        .iter()
        .map(|hash| Hash(*hash))
        .collect();
    let [leaf, root] = [Hash([1; 32]), Hash([2; 32])];
    assert!(!verify_inclusion(&leaf, a, b, &proof, &root));
    assert!(!verify_consistency(a, &leaf, b, &root, &proof));
});
