//! A real bundle holds; nothing that somebody does to it does.

use proviso_report::bundle::Outcome;
use proviso_tests::scene::Scene;
use proviso_tests::tamper::{Memory, bundles, tampered};

/// Not one flip is harmless: files under `data/` are bound by the manifest and that by `bundle.note`, the
/// bag's own files by the tag manifest and that by the files it names; and each of these two has one
/// spelling. Where the bag's hashes are mended, all is found but what is in bag-info.txt, which nobody
/// signs.
#[test]
fn no_byte_can_be_changed_and_no_file_or_line_moved() {
    let scene = Scene::new().unwrap();
    let (whole, other) = bundles(&scene).unwrap();
    for one in [&whole, &other] {
        for check in one.checks() {
            assert_eq!(check.outcome, Outcome::Holds, "{}", check.what);
        }
    }
    let copies = tampered(&whole, &other);
    assert!(copies.len() > 200, "{}", copies.len());
    for (how, bent) in copies {
        assert!(!bent.holds(), "{how}");
    }
    drop(scene);
    many_bytes(&whole);
}

/// Every byte of a small bundle is bent where docs/evidence.md is checked; of this one, which has orders,
/// lists and findings too, one of 17, each file's first among them.
fn many_bytes(whole: &Memory) {
    let mut bent = whole.clone();
    for (path, bytes) in &whole.0 {
        for at in (0..bytes.len()).step_by(17) {
            // Another bit at each place, so that each bit is tried many times.
            let bit = 1 << (at % 8);
            flip(&mut bent, path, at, bit);
            assert!(!bent.holds(), "bit {bit} of byte {at} of {path}");
            flip(&mut bent, path, at, bit);
        }
    }
    assert_eq!(bent, *whole);
}

fn flip(bundle: &mut Memory, path: &str, at: usize, bit: u8) {
    if let Some(byte) = bundle.0.get_mut(path).and_then(|bytes| bytes.get_mut(at)) {
        *byte ^= bit;
    }
}
