use proptest::prelude::*;

use super::*;
use crate::key::tests::key;
use crate::note::checkpoint_note;

const DEVICE: DeviceId = DeviceId([0x0d; 16]);

pub(super) fn vkey() -> VerifierKey {
    VerifierKey::ed25519("a.example/device/0d", key().public()).unwrap()
}

pub(super) fn log(size: u64) -> CompactRange {
    let mut log = CompactRange::new();
    (0..size).for_each(|seq| log.append(Hash::of(&seq.to_be_bytes())));
    log
}

pub(super) fn report(before: &CompactRange, lines: &[Vec<u8>]) -> Vec<u8> {
    let mut builder = ReportBuilder::new(DEVICE, before, Seed::new([7; 32]));
    lines.iter().for_each(|line| builder.push(line).unwrap());
    let unsigned = builder.finish(vkey().name()).unwrap();
    let signature = key().sign(unsigned.checkpoint().body().as_bytes());
    unsigned
        .sign_with(&checkpoint_note(unsigned.checkpoint(), &vkey(), signature))
        .unwrap()
}

pub(super) fn two() -> Vec<u8> {
    report(&log(3), &[b"one".to_vec(), b"two".to_vec()])
}

/// Where the body's length stands.
const BODY: usize = 5 + 16 + 8 + 4 + 4 + 32;

#[test]
fn is_these_bytes() {
    let bytes = two();
    let (head, rest) = bytes.split_at(BODY);
    let mut expected = b"PVSO\x02".to_vec();
    expected.extend([0x0d; 16]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 3]);
    expected.extend([0, 0, 0, 2]);
    expected.extend([0, 0, 0, 8]);
    expected.extend([7; 32]);
    assert_eq!(head, expected);
    let body_len = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
    let (body, note) = rest[4..].split_at(body_len);
    assert_eq!(pack::unpack(body, 3, 2, 8).unwrap(), b"one\ntwo\n");
    let mut after = log(3);
    after.append(leaf_hash(&Seed::new([7; 32]).salt(3), b"one"));
    after.append(leaf_hash(&Seed::new([7; 32]).salt(4), b"two"));
    let checkpoint = Checkpoint {
        origin: "a.example/device/0d".into(),
        size: 5,
        root: after.root(),
    };
    let signature = key().sign(checkpoint.body().as_bytes());
    let text = checkpoint_note(&checkpoint, &vkey(), signature).bytes();
    assert_eq!(note[..2], u16::try_from(text.len()).unwrap().to_be_bytes());
    assert_eq!(note[2..], text);
}

#[test]
fn holds_for_its_device_at_its_place() {
    let bytes = two();
    let report = Report::parse(&bytes).unwrap();
    assert_eq!((report.device, report.first, report.count), (DEVICE, 3, 2));
    let verified = report.verify(&vkey(), &log(3)).unwrap();
    assert_eq!(verified.after.size(), 5);
    assert_eq!(verified.lines.iter().collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!(
        report.verify(&vkey(), &log(2)).unwrap_err(),
        ReportError::Place { first: 3, size: 2 }
    );
    let mut other = log(2);
    other.append(Hash([0; 32]));
    assert_eq!(
        report.verify(&vkey(), &other).unwrap_err(),
        ReportError::Root
    );
    let stranger = VerifierKey::ed25519("a.example/device/0e", key().public()).unwrap();
    assert!(matches!(
        report.verify(&stranger, &log(3)),
        Err(ReportError::Note(_))
    ));
}

#[test]
fn no_bit_can_be_changed() {
    let bytes = two();
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        let holds = Report::parse(&bent).and_then(|report| {
            report
                .verify(&vkey(), &log(3))
                .map(|verified| (report, verified))
        });
        if let Ok((report, verified)) = holds {
            // The device id is bound by the key's name, which the collector looks up by it; zstd's
            // frame header has bits that say nothing. What was recorded is the same.
            assert_eq!(verified.lines.iter().collect::<Vec<_>>(), [b"one", b"two"]);
            assert!(
                report.device != DEVICE || (BODY + 4..BODY + 20).contains(&at),
                "byte {at}"
            );
        }
        assert!(Report::parse(&bytes[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn the_version_before_is_still_read() {
    let packed = two();
    let report = Report::parse(&packed).unwrap();
    let body = zstd::bulk::compress(b"one\ntwo\n", 3).unwrap();
    let mut bytes = b"PVSO\x01".to_vec();
    bytes.extend(&packed[5..BODY]);
    bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(&body);
    bytes.extend(&packed[BODY + 4 + report.body.len()..]);
    let before = Report::parse(&bytes).unwrap();
    assert_eq!(before.lines(), report.lines());
    assert!(before.verify(&vkey(), &log(3)).is_ok());
    assert_eq!(Report::parse(b"PVSO\x03").unwrap_err(), ReportError::Magic);
}

#[test]
fn a_bomb_is_a_fault() {
    let bytes = two();
    let body_len = u32::from_be_bytes(bytes[BODY..BODY + 4].try_into().unwrap()) as usize;
    let bomb = zstd::bulk::compress(&vec![b'x'; 64 << 20], 3).unwrap();
    let mut bent = bytes[..BODY].to_vec();
    bent.extend(u32::try_from(bomb.len()).unwrap().to_be_bytes());
    bent.extend(&bomb);
    bent.extend(&bytes[BODY + 4 + body_len..]);
    assert_eq!(
        Report::parse(&bent).unwrap().lines(),
        Err(ReportError::Packing)
    );
    bent[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(
        Report::parse(&bent),
        Err(ReportError::Limit { .. })
    ));
}

#[test]
fn limits_hold() {
    let mut builder = ReportBuilder::new(DEVICE, &log(0), Seed::new([7; 32]));
    assert_eq!(builder.push(b""), Err(ReportError::Records));
    assert_eq!(builder.push(b"a\nb"), Err(ReportError::Records));
    assert!(matches!(
        builder.push(&vec![b'x'; MAX_RECORD + 1]),
        Err(ReportError::Limit { .. })
    ));
    for _ in 0..MAX_REPORT_RECORDS {
        builder.push(b"x").unwrap();
    }
    assert!(matches!(builder.push(b"x"), Err(ReportError::Limit { .. })));
    assert_eq!(builder.finish("o").unwrap().count(), MAX_REPORT_RECORDS);
    let empty = ReportBuilder::new(DEVICE, &log(0), Seed::new([7; 32]));
    assert_eq!(empty.finish("o").unwrap_err(), ReportError::Empty);
}

#[test]
fn a_note_about_something_else_is_refused() {
    let mut builder = ReportBuilder::new(DEVICE, &log(0), Seed::new([7; 32]));
    builder.push(b"one").unwrap();
    let unsigned = builder.finish("o").unwrap();
    let other = Checkpoint {
        size: 9,
        ..unsigned.checkpoint().clone()
    };
    assert!(
        unsigned
            .sign_with(&checkpoint_note(&other, &vkey(), [0; 64]))
            .is_err()
    );
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(
        before in 0_u64..40,
        lines in proptest::collection::vec("[^\n]{1,80}", 1..60),
    ) {
        let lines: Vec<Vec<u8>> = lines.into_iter().map(String::into_bytes).collect();
        let bytes = report(&log(before), &lines);
        let parsed = Report::parse(&bytes).unwrap();
        let verified = parsed.verify(&vkey(), &log(before)).unwrap();
        prop_assert_eq!(verified.lines.iter().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn any_bytes_are_a_report_or_a_fault(
        head in prop_oneof![Just(Vec::new()), Just(MAGIC.to_vec())],
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = [head, bytes].concat();
        if let Ok(report) = Report::parse(&bytes) {
            let _ = report.lines();
        }
    }

    #[test]
    fn a_bent_report_never_panics(at: prop::sample::Index, byte: u8) {
        let mut bytes = two();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(report) = Report::parse(&bytes) {
            let _ = report.verify(&vkey(), &log(3));
        }
    }
}
