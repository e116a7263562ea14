//! A bundle of any files: each is checked, nothing panics, and none holds without a device's key.
#![no_main]

use std::borrow::Cow;
use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use proviso_report::Hash;
use proviso_report::bundle::{
    About, COMPLETENESS, Completeness, Files, Finding, Leaf, Selection, Start, verify,
};

/// What the parts of the input are the contents of, in this order.
const PATHS: [&str; 9] = [
    "data/devices/0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d/leaves.jsonl",
    "data/devices/0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d/start.json",
    "data/devices/0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d/checkpoints/00000000000000000001.note",
    "data/bundle.json",
    "data/keys/device-0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d.vkey",
    "data/keys/collector.vkey",
    "bagit.txt",
    "manifest-sha256.txt",
    COMPLETENESS,
];

struct Memory(BTreeMap<&'static str, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().map(|path| (*path).to_owned()).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self
            .0
            .get(path)
            .map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let parts = bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec);
    let mut files = Memory(PATHS.into_iter().zip(parts).collect());
    if !files.0.contains_key("manifest-sha256.txt") {
        let lines: String = files
            .0
            .iter()
            .filter(|(path, _)| path.starts_with("data/"))
            .map(|(path, bytes)| format!("{}  {path}\n", Hash::of(bytes)))
            .collect();
        files.0.insert("manifest-sha256.txt", lines.into_bytes());
    }
    let verified = verify(&files);
    assert!(!verified.holds());
    assert!(verified.logs.is_empty());
    if let Ok(leaf) = serde_json::from_slice::<Leaf>(bytes) {
        let again = serde_json::to_vec(&leaf).expect("a leaf that was read");
        assert_eq!(serde_json::from_slice::<Leaf>(&again).ok(), Some(leaf));
    }
    if let Ok(one) = serde_json::from_slice::<Completeness>(bytes) {
        let again = serde_json::to_vec(&one).expect("a statement that was read");
        assert_eq!(
            serde_json::from_slice::<Completeness>(&again).ok(),
            Some(one)
        );
    }
    if let Ok(one) = serde_json::from_slice::<Selection>(bytes) {
        let again = serde_json::to_vec(&one).expect("a choice that was read");
        assert_eq!(serde_json::from_slice::<Selection>(&again).ok(), Some(one));
    }
    let _ = serde_json::from_slice::<About>(bytes);
    let _ = serde_json::from_slice::<Start>(bytes);
    let _ = serde_json::from_slice::<Finding>(bytes);
});
