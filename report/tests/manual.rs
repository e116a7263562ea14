//! `docs/evidence.md`: the bundle that it shows is checked, and its hashes are made again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use proviso_report::bundle::{FORMAT, Files, Leaf, Outcome, verify};
use proviso_report::{CompactRange, DeviceId, Receipt};

const MANUAL: &str = include_str!("../../docs/evidence.md");
const DEVICE: &str = "0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d";

/// The files that the page shows.
struct Shown(BTreeMap<&'static str, String>);

impl Files for Shown {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().map(|path| (*path).to_owned()).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self.0.get(path).map(|text| Cow::Borrowed(text.as_bytes())))
    }
}

fn shown() -> Shown {
    let (mut files, mut open) = (BTreeMap::new(), None);
    for line in MANUAL.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(""), Some(_)) => open = None,
            (Some(info), None) => {
                let path = info.strip_prefix("text ").unwrap();
                assert_eq!(files.insert(path, String::new()), None, "{path} twice");
                open = Some(path);
            }
            (None, Some(path)) => {
                let text = files.get_mut(path).unwrap();
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    assert_eq!(open, None);
    Shown(files)
}

#[test]
fn the_bundle_of_the_page_holds() {
    let verified = verify(&shown());
    for check in &verified.checks {
        assert_eq!(check.outcome, Outcome::Holds, "{}", check.what);
    }
    let device: DeviceId = DEVICE.parse().unwrap();
    let log = &verified.logs[&device];
    assert_eq!((log.first, log.end, log.withheld), (0, 3, 1));
    assert!(MANUAL.contains(&format!("(`{FORMAT}`)")));
}

#[test]
fn the_hashes_of_the_page_are_made_again() {
    let files = shown();
    let leaves = &files.0[format!("data/devices/{DEVICE}/leaves.jsonl").as_str()];
    let mut log = CompactRange::new();
    let mut nodes = Vec::new();
    for line in leaves.lines() {
        let leaf: Leaf = serde_json::from_str(line).unwrap();
        assert!(MANUAL.contains(&format!("\n    {}\n", leaf.hash())));
        log.append(leaf.hash());
        nodes.push(log.root());
    }
    let [_, two, root] = nodes[..] else {
        panic!("the page has three records");
    };
    assert!(MANUAL.contains(&format!("the first two is {two}")));
    assert!(MANUAL.contains(&format!("the root\n{root}.")));
    // The second record names the receipt of the first.
    let note = &files.0[format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 1).as_str()];
    let receipt = Receipt::hash_of(note.lines().last().unwrap());
    assert!(leaves.contains(&format!(r#"\"receipt\":\"{receipt}\""#)));
}

/// Every byte of every file counts.
#[test]
fn no_byte_of_the_page_s_bundle_can_be_another() {
    let whole = shown();
    for (path, text) in &whole.0 {
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let bent = Bent(&whole, path, &bytes);
            assert!(!verify(&bent).holds(), "byte {at} of {path}");
        }
    }
}

/// Another bundle but for one file.
struct Bent<'a>(&'a Shown, &'a str, &'a [u8]);

impl Files for Bent<'_> {
    fn list(&self) -> Result<Vec<String>, String> {
        self.0.list()
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        if path == self.1 {
            return Ok(Some(Cow::Borrowed(self.2)));
        }
        self.0.read(path)
    }
}
