//! A log of three keys: records 0 to 8, a report each, keys changed by records 2 and 5.

use std::borrow::Cow;

use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::bundle::complete::Said;
use crate::bundle::{Check, DeviceLog, Leaf, Start, log};
use crate::checkpoint::Checkpoint;
use crate::fact::{AgentStopped, KeyChanged, KeyReason};
use crate::key::SigningKey;
use crate::merkle::CompactRange;
use crate::note::checkpoint_note;
use crate::receipt::Receipt;
use crate::record::{BootId, Method};
use crate::time::UnixMs;

const DEVICE: DeviceId = DeviceId([0x0d; 16]);
const SALTS: [u8; SALT] = [7; SALT];

struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        let found = self.0.get(path);
        Ok(found.map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }
}

/// A log that is written: what each place of it is.
struct Written {
    keys: Vec<SigningKey>,
    lines: Vec<String>,
    /// Of the log before each record.
    before: Vec<CompactRange>,
}

fn made() -> SigningKey {
    let made = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(made.as_ref()).unwrap()
}

fn named(key: &SigningKey) -> VerifierKey {
    VerifierKey::ed25519(&format!("a.example/device/{DEVICE}"), key.public()).unwrap()
}

fn line(seq: u64, fact: Fact) -> String {
    let record = Record {
        seq,
        at: UnixMs(1_795_496_400_000),
        noted: UnixMs(1_795_496_400_000),
        mono: 1,
        boot: BootId([1; 16]),
        account: None,
        clauses: Vec::new(),
        methods: vec![Method::Agent],
        order: None,
        receipt: None,
        fact,
    };
    String::from_utf8(record.to_line().unwrap()).unwrap()
}

impl Written {
    fn new() -> Self {
        let keys = vec![made(), made(), made()];
        let mut written = Self {
            keys,
            lines: Vec::new(),
            before: vec![CompactRange::new()],
        };
        for seq in 0..9 {
            let fact = match seq {
                2 => written.change(1),
                5 => written.change(2),
                _ => AgentStopped {
                    reason: "r".into(),
                    shutdown: None,
                }
                .into(),
            };
            written.push(line(seq, fact));
        }
        written
    }

    fn change(&self, to: usize) -> Fact {
        KeyChanged {
            key: named(&self.keys[to]).to_string(),
            reason: KeyReason::Age,
        }
        .into()
    }

    fn push(&mut self, line: String) {
        let mut log = self.before.last().unwrap().clone();
        log.append(leaf_hash(&SALTS, line.as_bytes()));
        self.before.push(log);
        self.lines.push(line);
    }

    /// The key that counts for a log of this size.
    fn key(&self, size: u64) -> &SigningKey {
        &self.keys[usize::from(size > 3) + usize::from(size > 6)]
    }

    fn note(&self, size: u64, key: &SigningKey) -> String {
        let log = &self.before[usize::try_from(size).unwrap()];
        let checkpoint = Checkpoint {
            origin: format!("a.example/device/{DEVICE}"),
            size,
            root: log.root(),
        };
        let signature = key.sign(checkpoint.body().as_bytes());
        let note = checkpoint_note(&checkpoint, &named(key), signature);
        let collector = crate::key::tests::key();
        let signature = collector.sign(&Receipt::message_to_sign(&checkpoint, 1_795_496_400));
        let receipt = Receipt::assemble(&receipts(), 1_795_496_400, signature);
        format!("{note}{}\n", receipt.line())
    }

    fn announcement(&self, index: u64) -> Announcement {
        let at = usize::try_from(index).unwrap();
        Announcement::new(
            index,
            &SALTS,
            self.lines[at].clone(),
            self.before[at].nodes(),
            self.note(index + 1, self.key(index + 1)),
        )
    }

    /// The records from `first` on, with a checkpoint behind each.
    fn bundle(&self, first: u64) -> Memory {
        let mut files = Memory(BTreeMap::new());
        let under = format!("data/devices/{DEVICE}");
        let at = usize::try_from(first).unwrap();
        let start = serde_json::to_vec(&Start::of(&self.before[at])).unwrap();
        files.0.insert(format!("{under}/start.json"), start);
        let (mut leaves, mut keys) = (String::new(), String::new());
        for (index, line) in (0_u64..).zip(&self.lines) {
            if index >= first {
                let leaf = Leaf::Shown {
                    index,
                    salt: SALTS,
                    line: line.clone(),
                };
                leaves += &(serde_json::to_string(&leaf).unwrap() + "\n");
                let size = index + 1;
                let path = format!("{under}/checkpoints/{size:020}.note");
                files.0.insert(path, self.note(size, self.key(size)).into());
            } else if line.contains(r#""kind":"key_changed""#) {
                keys += &(serde_json::to_string(&self.announcement(index)).unwrap() + "\n");
            }
        }
        files
            .0
            .insert(format!("{under}/leaves.jsonl"), leaves.into());
        if !keys.is_empty() {
            files.0.insert(format!("{under}/keys.jsonl"), keys.into());
        }
        let key = format!("{}\n", named(&self.keys[0]));
        files
            .0
            .insert(format!("data/keys/device-{DEVICE}.vkey"), key.into());
        files
    }
}

fn receipts() -> VerifierKey {
    let key = crate::key::tests::key().public();
    VerifierKey::new("a.example/collector", Alg::CosignatureV1, key).unwrap()
}

fn check(files: &Memory) -> (Vec<Check>, Option<DeviceLog>) {
    let listed = files.list().unwrap().into_iter().collect();
    log::check(files, &listed, DEVICE, Some(&receipts()), &Said::default())
}

fn holds(files: &Memory) -> bool {
    let (checks, log) = check(files);
    log.is_some() && checks.iter().all(|one| one.outcome == Outcome::Holds)
}

fn put(files: &mut Memory, name: &str, text: String) {
    let path = format!("data/devices/{DEVICE}/{name}");
    files.0.insert(path, text.into_bytes());
}

#[test]
fn a_bundle_holds_wherever_it_begins() {
    let written = Written::new();
    for first in 0..9 {
        let files = written.bundle(first);
        let (checks, log) = check(&files);
        assert!(holds(&files), "from {first}: {checks:#?}");
        assert_eq!(log.unwrap().records.len() as u64, 9 - first);
        let said = "its 3 keys follow each other from that of its enrolment";
        assert!(
            checks.iter().any(|one| one.what.contains(said)),
            "{checks:#?}"
        );
    }
}

#[test]
fn a_key_signs_only_what_it_counts_for() {
    let written = Written::new();
    for first in [0, 4] {
        for size in first + 1..=9 {
            for key in &written.keys {
                let mut files = written.bundle(first);
                let name = format!("checkpoints/{size:020}.note");
                put(&mut files, &name, written.note(size, key));
                let counts = key.public() == written.key(size).public();
                assert_eq!(holds(&files), counts, "{size} from {first}");
            }
        }
    }
}

/// Whoever has the last key writes the past anew, under a checkpoint of today.
#[test]
fn the_last_key_covers_no_past() {
    let written = Written::new();
    let true_note = written.note(6, written.key(6));
    let last = written.bundle(8);
    let last = last.0[&format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 9)].clone();
    let mut forged = Written {
        keys: Vec::new(),
        lines: Vec::new(),
        before: vec![CompactRange::new()],
    };
    for (seq, text) in (0_u64..).zip(&written.lines) {
        let lie = AgentStopped {
            reason: "forged".into(),
            shutdown: None,
        };
        forged.push(match seq {
            4 => line(4, lie.into()),
            _ => text.clone(),
        });
    }
    forged.keys = written.keys;
    let own_note = forged.note(6, &forged.keys[2]);
    for end_of_second_key in [None, Some(own_note), Some(true_note)] {
        let mut files = forged.bundle(4);
        for size in 5..9 {
            let path = format!("data/devices/{DEVICE}/checkpoints/{size:020}.note");
            files.0.remove(&path);
        }
        if let Some(note) = end_of_second_key {
            put(&mut files, &format!("checkpoints/{:020}.note", 6), note);
        }
        let (checks, _) = check(&files);
        assert!(!holds(&files), "{checks:#?}");
        let path = format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 9);
        assert_ne!(files.0[&path], last, "nothing was forged");
    }
}

#[test]
fn a_chain_with_a_link_missing_or_bent_fails() {
    let written = Written::new();
    let whole = written.bundle(7);
    assert!(holds(&whole));
    let path = format!("data/devices/{DEVICE}/keys.jsonl");
    let text = String::from_utf8(whole.0[&path].clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let other = Written::new();
    let foreign = serde_json::to_string(&other.announcement(5)).unwrap();
    let mut later = written.announcement(5);
    later.note = written.note(6, &written.keys[2]);
    let mut elsewhere = written.announcement(5);
    elsewhere.hashes.clear();
    for bent in [
        String::new(),
        format!("{}\n", lines[0]),
        format!("{}\n", lines[1]),
        format!("{}\n{}\n", lines[1], lines[0]),
        format!("{}\n{foreign}\n", lines[0]),
        format!("{}\n{}\n", lines[0], serde_json::to_string(&later).unwrap()),
        format!(
            "{}\n{}\n",
            lines[0],
            serde_json::to_string(&elsewhere).unwrap()
        ),
        text.replace("\"size\":6", "\"size\":7"),
        text.replace("\"size\"", "\"length\""),
    ] {
        let mut files = written.bundle(7);
        put(&mut files, "keys.jsonl", bent.clone());
        assert!(!holds(&files), "{bent}");
    }
}

#[test]
fn a_line_is_these_bytes() {
    let one = Announcement::new(1, &[7; SALT], "{}".into(), &[Hash([1; 32])], "a\n".into());
    let text = concat!(
        r#"{"index":1,"salt":"07070707070707070707070707070707","line":"{}","size":2,"#,
        r#""hashes":["0101010101010101010101010101010101010101010101010101010101010101"],"#,
        r#""note":"a\n"}"#
    );
    assert_eq!(serde_json::to_string(&one).unwrap(), text);
    assert_eq!(serde_json::from_str::<Announcement>(text).unwrap(), one);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let written = Written::new();
        let mut files = written.bundle(7);
        let path = format!("data/devices/{DEVICE}/keys.jsonl");
        files.0.insert(path, bytes);
        prop_assert!(!holds(&files));
    }

    #[test]
    fn any_bent_byte_is_found(at in any::<proptest::sample::Index>(), bit in 0_u8..8) {
        let written = Written::new();
        let mut files = written.bundle(7);
        let path = format!("data/devices/{DEVICE}/keys.jsonl");
        let mut bytes = files.0[&path].clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        files.0.insert(path, bytes);
        prop_assert!(!holds(&files), "byte {at}");
    }
}
