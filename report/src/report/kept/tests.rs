use proptest::prelude::*;

use super::*;
use crate::report::tests::{log, report, two, vkey};
use crate::salt::Seed;

fn erased_second() -> Vec<u8> {
    let kept = Kept::parse(&two()).unwrap();
    kept.erase(|seq| seq == 4).to_bytes().unwrap()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

#[test]
fn is_these_bytes() {
    let bytes = erased_second();
    let salt = Seed::new([7; 32]).salt(3);
    let second = leaf_hash(&Seed::new([7; 32]).salt(4), b"two");
    let mut raw = vec![1];
    raw.extend(salt);
    raw.extend([0, 0, 0, 3]);
    raw.extend(b"one");
    raw.push(0);
    raw.extend(second.0);
    let mut head = b"PVSE\x01".to_vec();
    head.extend([0x0d; 16]);
    head.extend([0, 0, 0, 0, 0, 0, 0, 3]);
    head.extend([0, 0, 0, 2]);
    head.extend([0, 0, 0, 57]);
    assert_eq!(raw.len(), 57);
    assert!(bytes.starts_with(&head));
    let rest = &bytes[head.len()..];
    let body_len = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
    let (body, note) = rest[4..].split_at(body_len);
    assert_eq!(zstd::bulk::decompress(body, 100).unwrap(), raw);
    let whole = two();
    let signed = Report::parse(&whole).unwrap().note().to_vec();
    assert_eq!(
        note[..2],
        u16::try_from(signed.len()).unwrap().to_be_bytes()
    );
    assert_eq!(note[2..], signed);
}

#[test]
fn leads_to_the_root_that_was_signed_without_what_was_erased() {
    let bytes = erased_second();
    let kept = Kept::parse(&bytes).unwrap();
    let whole = two();
    let report = Report::parse(&whole).unwrap();
    let after = report.verify(&vkey(), &log(3)).unwrap().after;
    assert_eq!(kept.verify(&vkey(), &log(3)).unwrap(), after);
    assert_eq!(kept.checkpoint(), report.checkpoint());
    for bytes in [&bytes, &whole] {
        let (note, checkpoint) = Kept::note_of(bytes).unwrap();
        assert_eq!((note, &checkpoint), (report.note(), report.checkpoint()));
    }
    assert_eq!(kept.lines().collect::<Vec<_>>(), [(3, b"one".as_slice())]);
    // Neither the text, nor its salt, nor the seed that both salts are made from.
    let unerased = Kept::parse(&whole).unwrap();
    let KeptLeaf::Line { salt, .. } = &unerased.leaves()[1] else {
        panic!("nothing was erased of the whole one");
    };
    let unpacked = format!("{:?}", kept.leaves()[1]);
    assert!(unpacked.starts_with("Erased("), "{unpacked}");
    assert!(!holds(&bytes, salt) && !holds(&bytes, &[7; 32]) && !holds(&bytes, b"two"));
    // Again, and all of it.
    let none = kept.erase(|_| true).to_bytes().unwrap();
    let none = Kept::parse(&none).unwrap();
    assert_eq!(none.verify(&vkey(), &log(3)).unwrap(), after);
    assert_eq!(none.lines().count(), 0);
}

#[test]
fn a_report_as_it_was_signed_is_read_too() {
    let whole = two();
    let kept = Kept::parse(&whole).unwrap();
    let after = kept.verify(&vkey(), &log(3)).unwrap();
    let report = Report::parse(&whole).unwrap();
    assert_eq!(after, report.verify(&vkey(), &log(3)).unwrap().after);
    assert_eq!(kept.lines().count(), 2);
    assert_eq!(
        kept.verify(&vkey(), &log(2)).unwrap_err(),
        ReportError::Place { first: 3, size: 2 }
    );
}

#[test]
fn what_was_changed_does_not_hold() {
    let bytes = erased_second();
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        let kept = Kept::parse(&bent).and_then(|kept| {
            let after = kept.verify(&vkey(), &log(3))?;
            Ok((kept.device, after))
        });
        // Whose it is said to be stands beside what is signed, and is held against the store.
        let said_of_another = kept
            .as_ref()
            .is_ok_and(|(device, _)| *device != DeviceId([0x0d; 16]));
        // Some bytes of a zstd frame mean nothing.
        let same = Kept::parse(&bent).ok() == Kept::parse(&bytes).ok();
        assert!(kept.is_err() || said_of_another || same, "byte {at}");
    }
    for short in 0..bytes.len() {
        assert!(Kept::parse(&bytes[..short]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), known in any::<bool>()) {
        if known {
            bytes.splice(0..0, *MAGIC);
        }
        let _read_or_refused = Kept::parse(&bytes);
        let _note = Kept::note_of(&bytes);
        let _leaves = leaves(&bytes, 3);
    }

    #[test]
    fn what_is_erased_is_gone_and_the_rest_is_as_it_was(
        lines in proptest::collection::vec("[a-z]{1,40}", 1..12),
        erased in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let lines: Vec<Vec<u8>> = lines.into_iter().map(String::into_bytes).collect();
        let whole = report(&log(3), &lines);
        let is_erased = |seq: u64| erased[usize::try_from(seq).unwrap() - 3];
        let bytes = Kept::parse(&whole).unwrap().erase(is_erased).to_bytes().unwrap();
        let kept = Kept::parse(&bytes).unwrap();
        let before = log(3);
        prop_assert_eq!(
            kept.verify(&vkey(), &before).unwrap(),
            Kept::parse(&whole).unwrap().verify(&vkey(), &before).unwrap()
        );
        let left: Vec<(u64, Vec<u8>)> = kept.lines().map(|(seq, line)| (seq, line.to_vec())).collect();
        let wanted: Vec<(u64, Vec<u8>)> = (3..).zip(lines).filter(|(seq, _)| !is_erased(*seq)).collect();
        prop_assert_eq!(left, wanted);
        prop_assert_eq!(kept.to_bytes().unwrap(), bytes);
    }
}
