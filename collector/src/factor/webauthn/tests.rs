//! A device of our own, and everything that can be wrong with what it sends.

use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::*;

const CHALLENGE: &[u8] = b"0123456789abcdef0123456789abcdef";

struct Device {
    pair: EcdsaKeyPair,
}

/// What may differ.
struct Said<'a> {
    kind: &'a str,
    origin: &'a str,
    more: &'a str,
    site: &'a str,
    flags: u8,
    counter: u32,
}

const GOOD: Said<'static> = Said {
    kind: "webauthn.get",
    origin: "https://collector.example:7480",
    more: "",
    site: "collector.example",
    flags: PRESENT | VERIFIED,
    counter: 7,
};

fn party() -> Party {
    Party::of("https://collector.example:7480/").unwrap()
}

impl Device {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random);
        Self {
            pair: pair.unwrap(),
        }
    }

    fn key(&self) -> PublicKey {
        PublicKey::from_bytes(public_key::ES256, self.pair.public_key().as_ref()).unwrap()
    }

    fn registration(&self, said: &Said<'_>, behind: &[u8]) -> Registration {
        let point = self.pair.public_key().as_ref();
        let whole = |number: i64| Value::Integer(number.into());
        let key = Value::Map(vec![
            (whole(1), whole(2)),
            (whole(3), whole(-7)),
            (whole(-1), whole(1)),
            (whole(-2), Value::Bytes(point[1..33].to_vec())),
            (whole(-3), Value::Bytes(point[33..].to_vec())),
        ]);
        let mut data = head(said);
        data.extend([0; 16]);
        data.extend([0, 4]);
        data.extend(b"cred");
        ciborium::into_writer(&key, &mut data).unwrap();
        data.extend(behind);
        let attestation = Value::Map(vec![
            (Value::Text("fmt".into()), Value::Text("none".into())),
            (Value::Text("attStmt".into()), Value::Map(vec![])),
            (Value::Text("authData".into()), Value::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&attestation, &mut bytes).unwrap();
        Registration {
            client: BASE64URL_NOPAD.encode(said.client().as_bytes()),
            attestation: BASE64URL_NOPAD.encode(&bytes),
        }
    }

    fn assertion(&self, said: &Said<'_>) -> Assertion {
        let (client, data) = (said.client(), head(said));
        let message = [data.as_slice(), &Hash::of(client.as_bytes()).0].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        Assertion {
            id: BASE64URL_NOPAD.encode(b"cred"),
            client: BASE64URL_NOPAD.encode(client.as_bytes()),
            authenticator: BASE64URL_NOPAD.encode(&data),
            signature: BASE64URL_NOPAD.encode(signature.as_ref()),
            user: BASE64URL_NOPAD.encode(b"morgan"),
        }
    }
}

impl Said<'_> {
    fn client(&self) -> String {
        format!(
            r#"{{"type":"{}","challenge":"{}","origin":"{}"{}}}"#,
            self.kind,
            BASE64URL_NOPAD.encode(CHALLENGE),
            self.origin,
            self.more
        )
    }
}

fn head(said: &Said<'_>) -> Vec<u8> {
    let mut data = Hash::of(said.site.as_bytes()).0.to_vec();
    data.push(said.flags);
    data.extend(said.counter.to_be_bytes());
    data
}

const NEW: Said<'static> = Said {
    kind: "webauthn.create",
    flags: PRESENT | VERIFIED | ATTESTED,
    ..GOOD
};

#[test]
fn a_passkey_is_registered_and_signs_in() {
    let device = Device::new();
    let made = party()
        .register(&device.registration(&NEW, &[]), CHALLENGE)
        .unwrap();
    assert_eq!(
        (made.credential.as_slice(), made.counter),
        (b"cred".as_slice(), 7)
    );
    assert_eq!(made.key, device.key());
    let sent = device.assertion(&Said { counter: 8, ..GOOD });
    assert_eq!(party().check(&sent, &made.key), Ok(8));
    assert_eq!(sent.challenge().unwrap(), CHALLENGE);
    assert_eq!(sent.user().unwrap(), b"morgan");
    let other = Device::new().key();
    assert_eq!(party().check(&sent, &other), Err(Signature));
}

#[test]
fn another_site_another_purpose_and_nobody_verified_are_refused() {
    let device = Device::new();
    for (said, wrong) in [
        (
            Said {
                origin: "https://collector.example",
                ..GOOD
            },
            Origin,
        ),
        (
            Said {
                origin: "https://collector.example.evil:7480",
                ..GOOD
            },
            Origin,
        ),
        (
            Said {
                origin: "http://collector.example:7480",
                ..GOOD
            },
            Origin,
        ),
        (
            Said {
                more: r#","crossOrigin":true"#,
                ..GOOD
            },
            Origin,
        ),
        (
            Said {
                site: "evil.example",
                ..GOOD
            },
            Origin,
        ),
        (
            Said {
                kind: "webauthn.create",
                ..GOOD
            },
            Kind,
        ),
        (
            Said {
                kind: "payment.get",
                ..GOOD
            },
            Kind,
        ),
        (
            Said {
                flags: PRESENT,
                ..GOOD
            },
            Unverified,
        ),
        (
            Said {
                flags: VERIFIED,
                ..GOOD
            },
            Unverified,
        ),
        (
            Said {
                flags: PRESENT | VERIFIED | BACKED_UP,
                ..GOOD
            },
            Form,
        ),
        (
            Said {
                flags: PRESENT | VERIFIED | ATTESTED,
                ..GOOD
            },
            Form,
        ),
        (
            Said {
                flags: PRESENT | VERIFIED | EXTENDED,
                ..GOOD
            },
            Form,
        ),
    ] {
        let got = party().check(&device.assertion(&said), &device.key());
        assert_eq!(got, Err(wrong), "{}", said.client());
    }
    let fine = Said {
        more: r#","crossOrigin":false,"other":[1]"#,
        ..GOOD
    };
    assert!(
        party()
            .check(&device.assertion(&fine), &device.key())
            .is_ok()
    );
}

#[test]
fn a_registration_of_another_challenge_or_with_more_behind_it_is_refused() {
    let device = Device::new();
    let sent = device.registration(&NEW, &[]);
    assert_eq!(party().register(&sent, b"another"), Err(Kind));
    let long = device.registration(&NEW, &[0]);
    assert_eq!(party().register(&long, CHALLENGE), Err(Form));
    let without = Said {
        flags: PRESENT | VERIFIED,
        ..NEW
    };
    assert_eq!(
        party().register(&device.registration(&without, &[]), CHALLENGE),
        Err(Form)
    );
    let extended = Said {
        flags: NEW.flags | EXTENDED,
        ..NEW
    };
    assert!(
        party()
            .register(&device.registration(&extended, &[0xa0]), CHALLENGE)
            .is_ok()
    );
}

/// Every byte counts: whichever is changed, the signature or something before it refuses it.
#[test]
fn every_byte_of_a_sign_in_counts() {
    let device = Device::new();
    let sent = device.assertion(&GOOD);
    let turned = |text: &str, at: usize| {
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        bytes[at] ^= 1;
        BASE64URL_NOPAD.encode(&bytes)
    };
    for at in 0..37 {
        let authenticator = turned(&sent.authenticator, at);
        let other = Assertion {
            authenticator,
            ..sent.clone()
        };
        assert!(party().check(&other, &device.key()).is_err(), "{at}");
    }
    for at in 0..GOOD.client().len() {
        let client = turned(&sent.client, at);
        let other = Assertion {
            client,
            ..sent.clone()
        };
        assert!(party().check(&other, &device.key()).is_err(), "{at}");
    }
}

#[test]
fn a_site_without_a_name_or_encryption_has_no_passkeys() {
    for link in [
        "https://127.0.0.1:7480",
        "https://[::1]/",
        "http://collector.example",
        "nonsense",
    ] {
        assert_eq!(Party::of(link), None, "{link}");
    }
    assert_eq!(
        Party::of("https://collector.example").unwrap().origin,
        "https://collector.example"
    );
}

/// A key of each kind as COSE writes it, to the byte.
#[test]
fn keys_are_read_as_they_are_written() {
    let ed = [
        &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20][..],
        &[7; 32],
    ]
    .concat();
    let (value, rest) = cbor(&ed).unwrap();
    assert_eq!(
        (cose(&value), rest.len()),
        (Ok(PublicKey::EdDsa([7; 32])), 0)
    );
    let rsa = [
        &[
            0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x43, 9, 9, 9, 0x21, 0x43,
        ][..],
        &[1, 0, 1],
    ]
    .concat();
    let (value, _) = cbor(&rsa).unwrap();
    assert_eq!(
        cose(&value),
        Ok(PublicKey::rs256(&[9, 9, 9], &[1, 0, 1]).unwrap())
    );
    // Twice the same label, and ES384.
    let (value, _) = cbor(&[0xa2, 0x01, 0x01, 0x01, 0x01]).unwrap();
    assert_eq!(cose(&value), Err(Algorithm));
    let (value, _) = cbor(&[0xa3, 0x01, 0x02, 0x03, 0x38, 0x22, 0x20, 0x02]).unwrap();
    assert_eq!(cose(&value), Err(Algorithm));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(
        client in prop::collection::vec(any::<u8>(), 0..200),
        data in prop::collection::vec(any::<u8>(), 0..400),
        good in any::<bool>(),
    ) {
        let client = if good { NEW.client().into_bytes() } else { client };
        let sent = Registration {
            client: BASE64URL_NOPAD.encode(&client),
            attestation: BASE64URL_NOPAD.encode(&data),
        };
        prop_assert!(party().register(&sent, CHALLENGE).is_err());
        let _ = Registration::parse(&String::from_utf8_lossy(&data));
    }

    #[test]
    fn what_stands_behind_the_head_is_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..400), flags: u8) {
        let mut bytes = head(&Said { flags: flags | PRESENT | VERIFIED, ..GOOD });
        bytes.extend(data);
        let _ = party().authenticator(&bytes);
    }
}
