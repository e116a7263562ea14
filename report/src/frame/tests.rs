use proptest::prelude::*;

use super::*;
use crate::device::DeviceId;
use crate::fact::LogBreak;

/// One frame of each type beside its bytes after the length.
fn all() -> Vec<(Frame, Vec<u8>)> {
    let hash = Hash([0xab; 32]);
    let hex = "ab".repeat(32);
    let device = DeviceId([0x0d; 16]);
    let id = "0d".repeat(16);
    let with = |kind: u8, text: &str| [&[kind], text.as_bytes()].concat();
    let list = Frame::List {
        sha256: hash,
        total: 5,
        offset: 2,
        bytes: b"abc".to_vec(),
    };
    vec![
        (
            Frame::Hello(Hello {
                protocol: 1,
                agent_version: "0.1.0".into(),
                device,
                size: 7,
                order: Some(hash),
            }),
            with(
                1,
                &format!(
                    r#"{{"protocol":1,"agent_version":"0.1.0","device":"{id}","size":7,"order":"{hex}"}}"#
                ),
            ),
        ),
        (
            Frame::Welcome(Welcome {
                size: 7,
                root: hash,
                receipt: Some("r".into()),
                checkpoint: Some("c".into()),
                order: None,
                updates: 0,
            }),
            with(
                2,
                &format!(r#"{{"size":7,"root":"{hex}","receipt":"r","checkpoint":"c"}}"#),
            ),
        ),
        (Frame::Report(b"PVSO".to_vec()), with(3, "PVSO")),
        (
            Frame::Receipt {
                size: 7,
                line: "l".into(),
            },
            with(4, r#"{"size":7,"line":"l"}"#),
        ),
        (
            Frame::Refusal(Refusal {
                code: RefusalCode::WrongSize,
                size: 7,
                sentence: "s".into(),
            }),
            with(5, r#"{"code":"wrong_size","size":7,"sentence":"s"}"#),
        ),
        (Frame::GetOrder, vec![6]),
        (
            Frame::Order(OrderPackage {
                order: b"o".to_vec(),
                signatures: vec![b"s".to_vec()],
                updates: vec![],
            }),
            with(7, r#"{"order":"bw==","signatures":["cw=="]}"#),
        ),
        (
            Frame::GetList { sha256: hash },
            with(8, &format!(r#"{{"sha256":"{hex}"}}"#)),
        ),
        (
            list,
            [
                &[9][..],
                &[0xab; 32],
                &[0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2],
                b"abc",
            ]
            .concat(),
        ),
        (
            Frame::NoList { sha256: hash },
            with(10, &format!(r#"{{"sha256":"{hex}"}}"#)),
        ),
        (
            Frame::OrderChanged {
                digest: hash,
                updates: 0,
            },
            with(11, &format!(r#"{{"sha256":"{hex}"}}"#)),
        ),
        (
            Frame::Notice {
                index: 9,
                line: b"{}".to_vec(),
            },
            [&[12, 0, 0, 0, 0, 0, 0, 0, 9][..], b"{}"].concat(),
        ),
        (
            Frame::EnrolRequest(EnrolRequest {
                secret: [0; 16],
                csr: vec![1],
                log_key: [0; 32],
                proof: [0; 64],
                host: "h".into(),
                platform: "p".into(),
                agent_version: "0.1.0".into(),
                no_account: false,
            }),
            with(
                13,
                &format!(
                    r#"{{"secret":"{}==","csr":"AQ==","log_key":"{}=","proof":"{}==","host":"h","platform":"p","agent_version":"0.1.0"}}"#,
                    "A".repeat(22),
                    "A".repeat(43),
                    "A".repeat(86)
                ),
            ),
        ),
        (
            Frame::EnrolAnswer(EnrolAnswer {
                device,
                origin: "o".into(),
                certificate: vec![1],
                ca: vec![2],
                collector_key: "k".into(),
                allowed_signers: vec![3],
                monitored_accounts: vec!["alex".into()],
            }),
            with(
                14,
                &format!(
                    r#"{{"device":"{id}","origin":"o","certificate":"AQ==","ca":"Ag==","collector_key":"k","allowed_signers":"Aw==","monitored_accounts":["alex"]}}"#
                ),
            ),
        ),
        (
            Frame::EpochRequest(EpochRequest {
                log: device,
                cause: LogBreak::SetBack,
                ends: vec![(7, hash)],
                log_key: [0; 32],
                proof: [0; 64],
                agent_version: "0.1.0".into(),
            }),
            with(
                15,
                &format!(
                    r#"{{"log":"{id}","cause":"set_back","ends":[[7,"{hash}"]],"log_key":"{}=","proof":"{}==","agent_version":"0.1.0"}}"#,
                    "A".repeat(43),
                    "A".repeat(86)
                ),
            ),
        ),
        (
            Frame::EpochAnswer(EpochAnswer {
                device,
                origin: "o".into(),
                held: 7,
            }),
            with(16, &format!(r#"{{"device":"{id}","origin":"o","held":7}}"#)),
        ),
    ]
}

fn framed(tail: &[u8]) -> Vec<u8> {
    [
        &u32::try_from(tail.len() - 1).unwrap().to_be_bytes()[..],
        tail,
    ]
    .concat()
}

#[test]
fn every_type_is_these_bytes() {
    for (at, (frame, tail)) in all().into_iter().enumerate() {
        assert_eq!(usize::from(frame.type_byte()), at + 1);
        assert_eq!(frame.encode().unwrap(), framed(&tail), "{frame:?}");
        let mut decoder = FrameDecoder::new();
        decoder.push(&framed(&tail));
        assert_eq!(decoder.next().unwrap().as_ref(), Some(&frame));
        assert!(!decoder.is_within_frame());
    }
}

#[test]
fn a_request_for_a_new_log_is_signed_over_these_bytes() {
    let request = EpochRequest {
        log: DeviceId([1; 16]),
        cause: LogBreak::Fork,
        ends: vec![(7, Hash([2; 32]))],
        log_key: [0; 32],
        proof: [0; 64],
        agent_version: "1".into(),
    };
    let message = [
        &b"proviso-epoch/1\0"[..],
        &[1; 16],
        &[0, 0, 0, 0, 0, 0, 0, 7],
        &[2; 32],
    ];
    assert_eq!(request.message_to_sign(), message.concat());
}

#[test]
fn updates_of_lists_are_these_bytes() {
    let hex = "ab".repeat(32);
    let hash = Hash([0xab; 32]);
    for (frame, kind, text) in [
        (
            Frame::Welcome(Welcome {
                size: 0,
                root: hash,
                receipt: None,
                checkpoint: None,
                order: Some(hash),
                updates: 2,
            }),
            2,
            format!(r#"{{"size":0,"root":"{hex}","order":"{hex}","updates":2}}"#),
        ),
        (
            Frame::Order(OrderPackage {
                order: b"o".to_vec(),
                signatures: vec![],
                updates: vec![UpdatePackage {
                    update: b"u".to_vec(),
                    signature: b"s".to_vec(),
                }],
            }),
            7,
            r#"{"order":"bw==","signatures":[],"updates":[{"update":"dQ==","signature":"cw=="}]}"#
                .to_owned(),
        ),
        (
            Frame::OrderChanged {
                digest: hash,
                updates: 2,
            },
            11,
            format!(r#"{{"sha256":"{hex}","updates":2}}"#),
        ),
    ] {
        let tail = [&[kind], text.as_bytes()].concat();
        assert_eq!(frame.encode().unwrap(), framed(&tail), "{frame:?}");
        let mut decoder = FrameDecoder::new();
        decoder.push(&framed(&tail));
        assert_eq!(decoder.next().unwrap(), Some(frame));
    }
}

#[test]
fn a_proof_signs_these_bytes() {
    let mut message = b"proviso-enrol/1\0".to_vec();
    message.extend([7; 16]);
    // SHA-256("abc"), FIPS 180-4.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    message.extend(data_encoding::HEXLOWER.decode(abc.as_bytes()).unwrap());
    assert_eq!(EnrolRequest::message_to_sign(&[7; 16], b"abc"), message);
}

#[test]
fn who_names_no_account_says_so_and_who_does_is_as_before() {
    let found = all().into_iter().find_map(|(frame, tail)| match frame {
        Frame::EnrolRequest(request) => Some((request, tail)),
        _ => None,
    });
    let (request, tail) = found.unwrap();
    let none = Frame::EnrolRequest(EnrolRequest {
        no_account: true,
        ..request
    });
    let text = std::str::from_utf8(&tail[1..]).unwrap();
    let text = text.replace("\"0.1.0\"}", "\"0.1.0\",\"no_account\":true}");
    let wanted = framed(&[&[13], text.as_bytes()].concat());
    assert_eq!(none.encode().unwrap(), wanted);
    let mut decoder = FrameDecoder::new();
    decoder.push(&wanted);
    assert_eq!(decoder.next().unwrap(), Some(none));
}

#[test]
fn closing_codes_are_these() {
    let codes = [Close::Done, Close::Replaced, Close::Fault, Close::Away].map(Close::code);
    assert_eq!(codes, [0, 1, 2, 3]);
}

#[test]
fn comes_in_pieces_of_any_size() {
    let bytes: Vec<u8> = all()
        .iter()
        .flat_map(|(frame, _)| frame.encode().unwrap())
        .collect();
    for size in [1, 2, 3, 7, 100, bytes.len()] {
        let mut decoder = FrameDecoder::new();
        let mut frames = Vec::new();
        for piece in bytes.chunks(size) {
            decoder.push(piece);
            while let Some(frame) = decoder.next().unwrap() {
                frames.push(frame);
            }
        }
        assert_eq!(
            frames,
            all()
                .into_iter()
                .map(|(frame, _)| frame)
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn limits_hold() {
    assert!(Frame::Report(vec![0; MAX_FRAME]).encode().is_ok());
    let len = MAX_FRAME + 1;
    assert_eq!(
        Frame::Report(vec![0; len]).encode(),
        Err(FrameError::TooLarge { len })
    );
    let mut decoder = FrameDecoder::new();
    decoder.push(&u32::try_from(len).unwrap().to_be_bytes());
    decoder.push(&[3]);
    assert_eq!(decoder.next(), Err(FrameError::TooLarge { len }));
}

#[test]
fn a_newer_side_is_understood_or_told() {
    let next = |bytes: &[u8]| {
        let mut decoder = FrameDecoder::new();
        decoder.push(bytes);
        decoder.next()
    };
    let newer = framed(&[&[4][..], br#"{"size":7,"line":"l","new":true}"#].concat());
    assert_eq!(
        next(&newer),
        Ok(Some(Frame::Receipt {
            size: 7,
            line: "l".into()
        }))
    );
    assert_eq!(next(&framed(&[77, 1])), Err(FrameError::Type(77)));
    assert!(matches!(
        next(&framed(&[6, 1])),
        Err(FrameError::Payload { .. })
    ));
    assert!(matches!(
        next(&framed(&[9, 1])),
        Err(FrameError::Payload { .. })
    ));
    assert!(matches!(
        next(&framed(&[12, 1])),
        Err(FrameError::Payload { .. })
    ));
}

#[test]
fn prints_no_content() {
    for (frame, _) in all() {
        assert_eq!(format!("{frame:?}"), format!("Frame({})", frame.name()));
    }
}

proptest! {
    #[test]
    fn any_payload_is_a_frame_or_a_fault(
        kind in 0_u8..20,
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut decoder = FrameDecoder::new();
        decoder.push(&framed(&[&[kind], &payload[..]].concat()));
        let _ = decoder.next();
    }
}
