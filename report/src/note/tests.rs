use proptest::prelude::*;

use super::*;
use crate::key::tests::key;

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: "a.example/device/01".into(),
        size: 41,
        root: Hash([1; 32]),
    }
}

fn device() -> VerifierKey {
    VerifierKey::ed25519("a.example/device/01", key().public()).unwrap()
}

fn note() -> Note {
    checkpoint_note(
        &checkpoint(),
        &device(),
        key().sign(checkpoint().body().as_bytes()),
    )
}

#[test]
fn a_checkpoint_is_these_bytes() {
    let text = String::from_utf8(note().bytes()).unwrap();
    assert_eq!(
        text,
        "a.example/device/01\n41\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n\
         \u{2014} a.example/device/01 enAXK0fYeJBemPpbO9ca6F2vxN4kTilE6PF4Pc+Sp+QPNgkvauzJ0Y4wxkdWSbxayOaifvUu7tS2LfNMxdEdTyNiHQY=\n"
    );
    assert_eq!(
        open_checkpoint(text.as_bytes(), &device()),
        Ok(checkpoint())
    );
}

#[test]
fn a_key_is_this_text() {
    let text = "a.example/device/01+7a70172b+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    assert_eq!(device().to_string(), text);
    assert_eq!(text.parse(), Ok(device()));
}

#[test]
fn the_specifications_own_example_holds() {
    // C2SP signed-note, section "Signatures": PeterNeumann's key and note.
    let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        .parse()
        .unwrap();
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_eq!(Note::parse(note.as_bytes()).unwrap().verify(&key), Ok(()));
    let bent = note.replace("your", "our");
    assert!(matches!(
        Note::parse(bent.as_bytes()).unwrap().verify(&key),
        Err(NoteError::Forged(_))
    ));
}

#[test]
fn keys_are_refused_for_a_reason() {
    let good = device().to_string();
    let parse = |text: &str| text.parse::<VerifierKey>();
    assert!(matches!(parse("name"), Err(KeyError::Form(_))));
    assert!(matches!(
        parse(&good.replace("/01+", "/02+")),
        Err(KeyError::Form(_))
    ));
    assert!(matches!(
        parse(&good.replace("+Ad", "+Bd")),
        Err(KeyError::Form(_))
    ));
    assert_eq!(
        VerifierKey::ed25519("a b", key().public()),
        Err(KeyError::Name("a b".into()))
    );
    assert_eq!(
        VerifierKey::ed25519("", key().public()),
        Err(KeyError::Name(String::new()))
    );
    assert_eq!(VerifierKey::ed25519("a", [0; 32]), Err(KeyError::Weak));
}

#[test]
fn a_checkpoint_opens_for_its_log_alone() {
    let bytes = note().bytes();
    let stranger = VerifierKey::ed25519("a.example/device/02", key().public()).unwrap();
    assert!(matches!(
        open_checkpoint(&bytes, &stranger),
        Err(NoteError::Unsigned(_))
    ));
    let other = Checkpoint {
        origin: "a.example/device/02".into(),
        ..checkpoint()
    };
    let wrong = checkpoint_note(&other, &device(), key().sign(other.body().as_bytes()));
    assert!(matches!(
        open_checkpoint(&wrong.bytes(), &device()),
        Err(NoteError::Origin { .. })
    ));
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert!(open_checkpoint(&bent, &device()).is_err(), "byte {at}");
    }
}

#[test]
fn other_forms_are_refused() {
    let text = note().to_string();
    for wrong in [
        text.trim_end().to_owned(),
        text.replace("\n\n", "\n"),
        text.replace('\u{2014}', "-"),
        format!("{text}\n"),
        format!("{text}x"),
        text.replace("\n41", "\r\n41"),
        "\n\n".to_owned(),
        "a\n\n".to_owned(),
        String::new(),
        format!("a\n\n{}", text.lines().last().unwrap().repeat(2)),
        "x".repeat(MAX_NOTE + 1),
    ] {
        assert!(Note::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn a_note_has_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.bytes(), bytes);
        }
    }

    #[test]
    fn a_bent_note_is_another_note_or_none(at in 0_usize..500, byte: u8) {
        let mut bytes = note().bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.bytes(), bytes);
        }
    }
}
