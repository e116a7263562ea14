//! The answers in `fixtures/` are by `openssl ts`, about the text "a.example/ledger\n"; their keys are
//! gone.

use proptest::prelude::*;

use super::*;

const TEXT: &[u8] = b"a.example/ledger\n";
const BY_RSA: (&[u8], &[u8]) = (
    include_bytes!("fixtures/rsa.tsr"),
    include_bytes!("fixtures/ca-rsa.pem"),
);
const BY_EC: (&[u8], &[u8]) = (
    include_bytes!("fixtures/ec.tsr"),
    include_bytes!("fixtures/ca-ec.pem"),
);

#[test]
fn what_openssl_made_holds() {
    for (answer, trusted) in [BY_RSA, BY_EC] {
        let at = verify(answer, TEXT, trusted, None).unwrap();
        assert!(at.to_string().starts_with("2026-11-25T23:2"), "{at}");
        let both = [BY_RSA.1, BY_EC.1].concat();
        assert_eq!(verify(answer, TEXT, &both, None), Ok(at));
    }
}

#[test]
fn what_is_not_so_is_told_apart_from_what_cannot_be_said() {
    let (answer, trusted) = BY_RSA;
    let of = |text, trusted, nonce| verify(answer, text, trusted, nonce).unwrap_err();
    assert!(
        matches!(of(b"other", trusted, None), StampError::Wrong(why) if why.contains("other bytes"))
    );
    assert!(
        matches!(of(TEXT, trusted, Some([1; 8])), StampError::Wrong(why) if why.contains("another request"))
    );
    assert!(matches!(of(TEXT, b"", None), StampError::Unchecked(_)));
    // A root of the same name and another key.
    assert!(matches!(
        of(TEXT, BY_EC.1, None),
        StampError::Unchecked(_) | StampError::Wrong(_)
    ));
    assert!(matches!(
        verify(b"", TEXT, trusted, None),
        Err(StampError::Unchecked(_))
    ));
}

#[test]
fn a_request_is_these_bytes() {
    let bytes = request(&Hash([7; 32]), [0x80; 8]).unwrap();
    // SEQUENCE { 1, { { sha256, NULL }, 07.. }, nonce, TRUE }
    let mut expected = vec![0x30, 0x43, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d, 6, 9];
    expected.extend([0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]);
    expected.extend([7; 32]);
    expected.extend([
        2, 8, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 1, 0xff,
    ]);
    assert_eq!(bytes, expected);
}

#[test]
fn every_byte_counts() {
    let (answer, trusted) = BY_EC;
    let at = verify(answer, TEXT, trusted, None);
    let mut harmless = 0;
    for place in 0..answer.len() {
        for bit in [0x01, 0x80] {
            let mut bent = answer.to_vec();
            bent[place] ^= bit;
            let now = verify(&bent, TEXT, trusted, None);
            // What is not signed and decides nothing: words of the status, versions.
            harmless += u32::from(now == at);
            assert!(now == at || now.is_err(), "byte {place} moves the time");
        }
    }
    assert!(harmless < 60, "{harmless} bits can be changed");
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..1_500, with in any::<u8>()) {
        let _refused = verify(&bytes, TEXT, BY_EC.1, None);
        let _refused = verify(BY_EC.0, TEXT, &bytes, None);
        let mut bent = BY_RSA.0.to_vec();
        if let Some(place) = bent.get_mut(at) {
            *place = with;
        }
        let _refused = verify(&bent, TEXT, BY_RSA.1, None);
        bent.truncate(at);
        prop_assert!(verify(&bent, TEXT, BY_RSA.1, None).is_err() || at >= BY_RSA.0.len());
    }
}
