use proptest::prelude::*;
use ring::digest::{SHA256, digest};

use super::*;

const VISIT: &str = r#""boot":"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a","kind":"web_visit","account":"alex","clauses":["4"],"methods":["extension"],"f":{"url":"https://a.example/"}}"#;

fn line(seq: u64, at: &str, noted: &str, mono: u64) -> String {
    format!(r#"{{"v":1,"seq":{seq},"at":"{at}","noted":"{noted}","mono":{mono},{VISIT}"#)
}

fn there_and_back(raw: &[u8], first: u64) {
    let count = raw.split_inclusive(|byte| *byte == b'\n').count();
    let body = pack(raw, first).unwrap();
    assert_eq!(unpack(&body, first, count, raw.len()).unwrap(), raw);
    for (count, len) in [(count + 1, raw.len()), (count, raw.len() + 1)] {
        assert!(unpack(&body, first, count, len).is_err());
    }
}

#[test]
fn the_dictionary_never_changes() {
    let hash = digest(&SHA256, DICTIONARY);
    assert_eq!(
        data_encoding::HEXLOWER.encode(hash.as_ref()),
        "5024f993bdb53c4587bf6d11527544e0019e7b97b14e5dc5e35eeccde7da37c7"
    );
}

#[test]
fn is_these_bytes() {
    let raw = [
        line(
            7,
            "1970-01-01T00:00:01.000Z",
            "1970-01-01T00:00:01.002Z",
            1_000,
        ),
        "whole".to_owned(),
        line(
            9,
            "1970-01-01T00:00:00.999Z",
            "1970-01-01T00:00:01.064Z",
            1_063,
        ),
    ]
    .map(|line| line + "\n")
    .concat();
    let body = pack(raw.as_bytes(), 7).unwrap();
    let packed = Decompressor::with_prepared_dictionary(&UNPACKING)
        .and_then(|mut zstd| zstd.decompress(&body, 1_000))
        .unwrap();
    // 1 + 2000, 0, 1 + 1; 4, 130; 2 x 2 - 1, 2.
    let mut expected = vec![0xd1, 0x0f, 0, 2, 4, 0x82, 1, 3, 2];
    expected.extend(format!(",{VISIT}\nwhole\n,{VISIT}\n").bytes());
    assert_eq!(packed, expected);
    there_and_back(raw.as_bytes(), 7);
}

#[test]
fn what_is_not_as_agents_write_it_stays_whole() {
    let (at, noted) = ("2026-11-24T05:00:00.000Z", "2026-11-24T05:00:00.021Z");
    let good = line(7, at, noted, 5);
    for (wrong, with) in [
        ("\"seq\":7", "\"seq\":07"),
        ("\"seq\":7", "\"seq\":8"),
        ("\"mono\":5", "\"mono\":05"),
        ("\"mono\":5", "\"mono\":18446744073709551615"),
        ("\"mono\":5", "\"mono\":-5"),
        ("\"mono\":5", "\"mono\":"),
        (at, "2026-02-30T05:00:00.000Z"),
        (at, "2026-11-24T05:00:00.00Z"),
        ("\"v\":1", "\"v\":2"),
    ] {
        let bent = good.replace(wrong, with) + "\n";
        assert!(Head::read(bent.as_bytes(), 7).is_none(), "{bent}");
        there_and_back(bent.as_bytes(), 7);
    }
    let (head, rest) = Head::read(good.as_bytes(), 7).unwrap();
    assert_eq!((head.noted - head.at, head.mono), (21, 5));
    assert_eq!(rest, format!(",{VISIT}").as_bytes());
}

#[test]
fn a_small_report_is_small() {
    let lines: Vec<_> = (0..5)
        .map(|n| line(n, "2026-11-24T05:00:00.000Z", "2026-11-24T05:00:00.021Z", n) + "\n")
        .collect();
    let raw = lines.concat();
    let plain = zstd::bulk::compress(raw.as_bytes(), 3).unwrap();
    assert!(pack(raw.as_bytes(), 0).unwrap().len() < plain.len() * 7 / 10);
}

#[test]
fn numbers_are_bounded() {
    for number in [0, 1, 127, 128, u64::MAX] {
        let mut bytes = Vec::new();
        push(&mut bytes, number);
        assert_eq!(super::number(&mut &*bytes), Some(number));
    }
    for number in [0, 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(unzigzag(zigzag(number)), number);
    }
    assert_eq!(number(&mut &[0xff; 11][..]), None);
    assert_eq!(number(&mut &[0x80][..]), None);
    let mut digits = Vec::new();
    decimal(&mut digits, u64::MAX);
    decimal(&mut digits, 0);
    assert_eq!(digits, b"184467440737095516150");
}

proptest! {
    #[test]
    fn any_lines_come_back(
        lines in prop::collection::vec("[ -~]{1,40}", 1..20),
        times in prop::collection::vec((any::<i64>(), any::<i64>(), any::<u64>()), 1..20),
        first in any::<u32>(),
    ) {
        let first = u64::from(first);
        let mut raw = String::new();
        for (seq, (at, noted, mono)) in (first..).zip(&times) {
            let time = |ms: i64| UnixMs(ms.rem_euclid(253_402_207_199_999)).to_string();
            raw += &line(seq, &time(*at), &time(*noted), *mono);
            raw.push('\n');
        }
        for line in &lines {
            raw += line;
            raw.push('\n');
        }
        there_and_back(raw.as_bytes(), first);
    }

    #[test]
    fn any_bytes_are_unpacked_or_refused(
        packed in prop::collection::vec(any::<u8>(), 0..200),
        first in any::<u64>(),
        count in 0_usize..20,
        len in 0_usize..400,
    ) {
        if let Some(raw) = join(&packed, first, count, len) {
            prop_assert_eq!(raw.len(), len);
        }
        prop_assert!(unpack(&packed, first, count, len).is_err() || len == 0);
    }
}
