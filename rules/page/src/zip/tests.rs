use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::source::Held;

fn held(bytes: Vec<u8>) -> Held {
    Held(vec![("a.zip".to_owned(), bytes)])
}

fn open(held: &Held) -> Result<Zip, Unreadable> {
    Zip::open(held, 0, held.0[0].1.len() as u64)
}

/// By another hand than ours.
fn written(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Held {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_directory("b/", options).unwrap();
    for (name, bytes) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.set_comment("PK\x05\x06 is no end").unwrap();
    held(zip.finish().unwrap().into_inner())
}

/// One stored file `a` with the text `x`.
const SMALL: &[u8] = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\x83\x16\xdc\x8c\x01\0\0\0\x01\0\0\0\x01\0\0\0ax\
    PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\0\0\x83\x16\xdc\x8c\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a\
    PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x20\0\0\0\0\0";

#[test]
fn literal_bytes_are_read() {
    let small = held(SMALL.to_vec());
    let zip = open(&small).unwrap();
    assert_eq!(
        zip.names(),
        [Named {
            name: "a".to_owned(),
            size: 1
        }]
    );
    assert_eq!(zip.read(&small, "a").unwrap(), b"x");
}

#[test]
fn what_others_pack_is_read() {
    let long = vec![b'l'; 3_000_000];
    let files: [(&str, &[u8]); 3] = [("b/long", &long), ("b/short", b"s"), ("b/empty", b"")];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for large in [false, true] {
            let options = SimpleFileOptions::default()
                .compression_method(method)
                .large_file(large);
            let held = written(&files, options);
            let zip = open(&held).unwrap();
            assert_eq!(zip.names().len(), 3);
            for (name, bytes) in files {
                assert!(zip.read(&held, name).unwrap() == bytes, "{name}");
            }
        }
    }
}

#[test]
fn what_is_changed_is_said() {
    let mut bent = held(SMALL.to_vec());
    bent.0[0].1[31] = b'y';
    let zip = open(&bent).unwrap();
    assert!(zip.read(&bent, "a").unwrap_err().contains("damaged"));
    let with = |at: usize, byte: u8| {
        let mut bytes = SMALL.to_vec();
        bytes[at] = byte;
        open(&held(bytes)).unwrap_err().to_string()
    };
    // In the directory's entry, which begins at 32, and in the end, which begins at 79.
    assert!(with(32 + 8, 1).contains("encrypted"));
    assert!(with(32 + 10, 12).contains("packed in a way"));
    assert!(with(32 + 41, 0xa1).contains("a link"));
    assert!(with(32 + 46, 0xff).contains("no text"));
    assert!(with(79 + 4, 1).contains("parts"));
    assert!(with(79 + 12, 0x2e).contains("damaged"));
    let cut = open(&held(SMALL[..SMALL.len() - 1].to_vec()));
    assert!(matches!(cut, Err(Unreadable::NoEnd)), "{cut:?}");
    assert!(matches!(open(&held(Vec::new())), Err(Unreadable::NoEnd)));
}

#[test]
fn one_name_stands_once() {
    let options = SimpleFileOptions::default();
    let mut twice = written(&[("b/x", b"1"), ("b/y", b"2")], options);
    let bytes = &mut twice.0[0].1;
    while let Some(at) = bytes.windows(3).position(|name| name == b"b/y") {
        bytes[at + 2] = b'x';
    }
    assert!(matches!(open(&twice), Err(Unreadable::Twice(name)) if name == "b/x"));
}

#[test]
fn more_than_the_directory_says_is_not_unpacked() {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let bomb = written(&[("b/x", &vec![0; 1_000_000])], options);
    let mut zip = open(&bomb).unwrap();
    zip.entries.get_mut("b/x").unwrap().size = 10;
    assert!(zip.read(&bomb, "b/x").unwrap_err().contains("damaged"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(bytes);
    }

    #[test]
    fn any_change_is_read_or_refused(at in 0..SMALL.len(), byte: u8, cut in 0..SMALL.len()) {
        let mut bytes = SMALL.to_vec();
        bytes[at] = byte;
        read_all(bytes.clone());
        read_all(bytes[cut..].to_vec());
    }
}

fn read_all(bytes: Vec<u8>) {
    let held = held(bytes);
    if let Ok(zip) = open(&held) {
        for name in zip.names() {
            let read = zip.read(&held, &name.name);
            assert!(read.is_err() || read.unwrap().len() as u64 == name.size);
        }
    }
}
