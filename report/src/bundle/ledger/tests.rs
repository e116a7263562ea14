use std::borrow::Cow;

use data_encoding::HEXLOWER;

use super::*;
use crate::key::tests::key as secret;
use crate::ledger::{
    Access, Began, Decision, Entry, Event, Export, OrderPut, OrderWhat, Receipt as Received,
    checkpoint as checkpoint_of,
};
use crate::merkle::{CompactRange, consistency_proof, inclusion_proof};
use crate::note::checkpoint_note;

const DEVICE: DeviceId = DeviceId([0x0d; 16]);
/// Unix milliseconds when the ledger begins.
const BEGAN: i64 = 1_795_496_400_000;

struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self
            .0
            .get(path)
            .map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }
}

impl Memory {
    fn text(&self, path: &str) -> String {
        String::from_utf8(self.0[path].clone()).unwrap()
    }

    fn edited(&self, path: &str, from: &str, to: &str) -> Self {
        let text = self.text(path);
        assert!(text.contains(from), "{from} is not in {path}");
        let mut files = self.0.clone();
        files.insert(path.to_owned(), text.replacen(from, to, 1).into());
        Self(files)
    }
}

/// A ledger's lines, all with the salt of their place.
#[derive(Clone, Default)]
struct Story {
    lines: Vec<String>,
}

impl Story {
    fn new() -> Self {
        Self::default()
            .then(Began {
                reports: 1,
                orders: 0,
                list_updates: 0,
                decisions: 0,
                accesses: 0,
                incidents: 0,
                devices: 1,
            })
            .then(OrderPut {
                digest: Hash::of(b"order"),
                id: "SHPO-1".into(),
                version: 1,
                person: "p".into(),
                what: OrderWhat::Put,
            })
            .then(Received {
                device: DEVICE,
                size: 5,
                root: Hash([5; 32]),
                time: 1_795_496_401,
            })
            .then(Decision {
                id: "d1".into(),
                finding: "f1".into(),
                verdict: "no_breach".into(),
                staff: "s1".into(),
                at: UnixMs(BEGAN + 5),
                reason: Hash::of(b"He had permission."),
            })
    }

    fn then(mut self, event: impl Into<Event>) -> Self {
        let seq = self.lines.len() as u64;
        let entry = Entry {
            seq,
            at: UnixMs(BEGAN),
            event: event.into(),
        };
        self.lines.push(entry.to_line().unwrap());
        self
    }

    fn looked(self, who: &str) -> Self {
        self.then(Access {
            id: "a".into(),
            staff: who.into(),
            action: "saw_day".into(),
            person: None,
            at: UnixMs(BEGAN),
            on: Hash::of(b""),
        })
    }

    fn leaves(&self) -> Vec<Hash> {
        let leaf_of = |(at, line): (usize, &String)| leaf(&[at as u8; SALT], line);
        self.lines.iter().enumerate().map(leaf_of).collect()
    }

    fn root(&self, size: usize) -> Hash {
        let mut range = CompactRange::new();
        self.leaves()
            .iter()
            .take(size)
            .for_each(|leaf| range.append(*leaf));
        range.root()
    }

    /// As a bundle has it, cosigned by `witnesses` of two.
    fn bundle(&self, show: &[usize], earlier: &[usize], witnesses: u8, quorum: u64) -> Memory {
        let (size, leaves) = (self.lines.len(), self.leaves());
        let key = VerifierKey::ed25519("a.example/ledger", secret().public()).unwrap();
        let signed = checkpoint_of("a.example", size as u64, self.root(size));
        let mut note = checkpoint_note(&signed, &key, secret().sign(signed.body().as_bytes()));
        let mut files = BTreeMap::new();
        let mut put = |path: &str, text: String| {
            files.insert(path.to_owned(), text.into_bytes());
        };
        for number in 1..=2_u8 {
            let witness = witness(number);
            let name = format!("w.example/{number}");
            let key = VerifierKey::new(&name, Alg::CosignatureV1, witness.public()).unwrap();
            if number <= witnesses {
                let signature = witness.sign(&Receipt::message_to_sign(&signed, 1_795_496_500));
                let receipt = Receipt::assemble(&key, 1_795_496_500, signature);
                let line = crate::note::SignatureLine::parse(receipt.line()).unwrap();
                note = note.with(line);
            }
            put(
                &format!("data/keys/witness-{number}.vkey"),
                format!("{key}\n"),
            );
        }
        put(CHECKPOINT, note.to_string());
        put("data/keys/ledger.vkey", format!("{key}\n"));
        let lines = show.iter().map(|at| ShownEntry {
            seq: *at as u64,
            salt: HEXLOWER.encode(&[*at as u8; SALT]),
            line: self.lines[*at].clone(),
            proof: inclusion_proof(&leaves, *at).unwrap(),
        });
        put(
            ENTRIES,
            lines
                .map(|one| serde_json::to_string(&one).unwrap() + "\n")
                .collect(),
        );
        let lines = earlier.iter().map(|old| Earlier {
            size: *old as u64,
            root: self.root(*old),
            proof: consistency_proof(&leaves, *old).unwrap(),
        });
        put(
            CONSISTENCY,
            lines
                .map(|one| serde_json::to_string(&one).unwrap() + "\n")
                .collect(),
        );
        put(
            "data/decisions.jsonl",
            format!(
                r#"{{"id":"d1","finding":"f1","at":"{}","by":"morgan","verdict":"no_breach","reason":"He had permission."}}{}"#,
                UnixMs(BEGAN + 5),
                "\n"
            ),
        );
        let order = Hash::of(b"order");
        put(
            &format!("data/orders/{order}/put.txt"),
            format!("{}\n", UnixMs(BEGAN + 1)),
        );
        let device = Checkpoint {
            origin: format!("a.example/device/{DEVICE}"),
            size: 5,
            root: Hash([5; 32]),
        };
        let path = format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 5);
        let device_note = checkpoint_note(&device, &key, [1; 64]).to_string();
        put(&path, device_note);
        put(
            "quorum",
            serde_json::to_string(&LedgerAbout {
                size: size as u64,
                quorum,
            })
            .unwrap(),
        );
        Memory(files)
    }
}

fn witness(number: u8) -> crate::key::SigningKey {
    // PKCS#8 v2 of the seed, as ring writes it, with the public half made by ring.
    let seed = [number; 32];
    crate::key::tests::from_seed(&seed)
}

fn checked(files: &Memory) -> (Vec<Check>, Option<Ledger>) {
    let about = About {
        format: super::super::FORMAT.to_owned(),
        person: "p".into(),
        from: UnixMs(BEGAN),
        to: UnixMs(BEGAN + 1),
        exported_at: UnixMs(BEGAN),
        collector: "a.example".into(),
        engine: "e".into(),
        devices: vec![DEVICE],
        selection: None,
        ledger: Some(serde_json::from_slice(&files.0["quorum"]).unwrap()),
    };
    let log = DeviceLog {
        first: 0,
        end: 5,
        records: Vec::new(),
        leaves: Vec::new(),
        receipts: crate::bounds::Receipts::new(),
        bounds: vec![],
        withheld: 0,
        erased: crate::bundle::Places::default(),
        received: BTreeMap::from([(5, 1_795_496_401)]),
        roots: BTreeMap::new(),
    };
    let listed = files.0.keys().cloned().collect();
    check(
        files,
        &listed,
        Some(&about),
        &BTreeMap::from([(DEVICE, log)]),
    )
}

fn outcome(files: &Memory) -> Outcome {
    let (checks, _) = checked(files);
    let bad = checks
        .into_iter()
        .find(|check| check.outcome != Outcome::Holds);
    bad.map_or(Outcome::Holds, |check| check.outcome)
}

fn story() -> Story {
    Story::new().looked("s1").looked("s2").looked("s3")
}

const ALL: [usize; 4] = [0, 1, 2, 3];

#[test]
fn what_is_whole_holds_and_says_who_cosigned() {
    let files = story().bundle(&ALL, &[2, 4, 6], 2, 2);
    let (checks, ledger) = checked(&files);
    let words: Vec<_> = checks.iter().map(|check| check.what.as_str()).collect();
    assert!(
        checks.iter().all(|check| check.outcome == Outcome::Holds),
        "{checks:?}"
    );
    assert!(
        words.iter().any(|what| what.contains("2 of 2 witnesses")),
        "{words:?}"
    );
    assert_eq!(ledger.unwrap().entries.len(), 4);
    let none = story().bundle(&ALL, &[], 0, 0);
    assert_eq!(outcome(&none), Outcome::Holds);
    let one = story().bundle(&ALL, &[], 1, 2);
    assert!(matches!(outcome(&one), Outcome::Fails(why) if why.contains("1 of 2")));
}

#[test]
fn the_lines_are_these_bytes() {
    let files = story().bundle(&[0], &[7], 0, 0);
    let begins =
        r#"{"seq":0,"salt":"00000000000000000000000000000000","line":"{\"v\":1,\"seq\":0,"#;
    assert!(
        files.text(ENTRIES).starts_with(begins),
        "{}",
        files.text(ENTRIES)
    );
    assert_eq!(
        files.text(CONSISTENCY),
        format!(
            "{{\"size\":7,\"root\":\"{}\",\"proof\":[]}}\n",
            story().root(7)
        )
    );
    assert_eq!(files.text("quorum"), r#"{"size":7,"quorum":0}"#);
}

#[test]
fn what_was_changed_fails() {
    let files = story().bundle(&ALL, &[2, 4], 2, 1);
    for (path, from, to) in [
        (CHECKPOINT, "\n7\n", "\n6\n"),
        (CHECKPOINT, "a.example/ledger\n", "b.example/ledger\n"),
        (ENTRIES, "no_breach", "breach"),
        (ENTRIES, "\"seq\":1,\"salt\"", "\"seq\":2,\"salt\""),
        (ENTRIES, "\"salt\":\"01", "\"salt\":\"02"),
        (CONSISTENCY, "\"size\":2", "\"size\":3"),
        ("data/decisions.jsonl", "no_breach", "breach"),
        ("data/decisions.jsonl", "permission", "permissions"),
        ("data/decisions.jsonl", "\"d1\"", "\"d2\""),
        ("quorum", "\"size\":7", "\"size\":6"),
        ("quorum", "\"quorum\":1", "\"quorum\":3"),
    ] {
        let outcome = outcome(&files.edited(path, from, to));
        assert!(
            matches!(outcome, Outcome::Fails(_)),
            "{path} {from}: {outcome:?}"
        );
    }
    // A cosignature by a key that the bundle names, and that does not hold.
    let note = files.text(CHECKPOINT);
    let line = note
        .lines()
        .find(|line| line.contains("w.example/1"))
        .unwrap();
    let last = line.trim_end_matches('=').chars().nth_back(8).unwrap();
    let bent = line.replacen(&last.to_string(), if last == 'A' { "B" } else { "A" }, 1);
    let bent = files.edited(CHECKPOINT, line, &bent);
    assert_ne!(outcome(&bent), Outcome::Holds);
    let twice = files.text("data/keys/witness-1.vkey");
    let mut two = Memory(files.0.clone());
    two.0
        .insert("data/keys/witness-2.vkey".to_owned(), twice.into());
    assert!(matches!(outcome(&two), Outcome::Fails(why) if why.contains("somebody else")));
}

#[test]
fn what_is_no_entry_fails_or_is_from_before() {
    for (missing, word) in [(1, "order"), (2, "receipt"), (3, "decision")] {
        let show: Vec<_> = ALL.into_iter().filter(|at| *at != missing).collect();
        let outcome = outcome(&story().bundle(&show, &[], 0, 0));
        assert!(
            matches!(&outcome, Outcome::Fails(why) if why.contains(word)),
            "{outcome:?}"
        );
    }
    assert!(matches!(
        outcome(&story().bundle(&[1, 2, 3], &[], 0, 0)),
        Outcome::Fails(why) if why.contains("began")
    ));
    let files = story().bundle(&[0, 2, 3], &[], 0, 0);
    let order = format!("data/orders/{}/put.txt", Hash::of(b"order"));
    let before = files.edited(
        &order,
        &UnixMs(BEGAN + 1).to_string(),
        &UnixMs(BEGAN - 9).to_string(),
    );
    assert!(
        matches!(outcome(&before), Outcome::Unchecked(why) if why.contains("before the ledger"))
    );
}

#[test]
fn every_erasure_is_an_entry() {
    let erasure = crate::ledger::Erasure {
        id: "e1".into(),
        person: "p".into(),
        staff: "s1".into(),
        confirmed: "s2".into(),
        what: "records".into(),
        rule: "plan 3".into(),
        certificate: Hash::of(b"one erasure"),
    };
    let story = Story::new().then(erasure);
    let with = |show: &[usize], text: &str| {
        let mut files = story.bundle(show, &[], 0, 0);
        files.0.insert(ERASURES.to_owned(), text.into());
        outcome(&files)
    };
    assert_eq!(with(&[0, 1, 2, 3, 4], "one erasure\n"), Outcome::Holds);
    for (show, text) in [
        (&[0, 1, 2, 3][..], "one erasure\n"),
        (&[0, 1, 2, 3, 4], "one Erasure\n"),
        (&[0, 1, 2, 3, 4], "one erasure\nanother\n"),
    ] {
        assert!(
            matches!(with(show, text), Outcome::Fails(why) if why.contains("is no entry")),
            "{text}"
        );
    }
}

#[test]
fn every_byte_counts() {
    let files = story().bundle(&ALL, &[2], 1, 1);
    for path in [CHECKPOINT, ENTRIES, CONSISTENCY] {
        for at in 0..files.0[path].len() {
            let mut bent = Memory(files.0.clone());
            bent.0.get_mut(path).unwrap()[at] ^= 1;
            let (checks, _) = checked(&bent);
            let holds = checks.iter().all(|check| check.outcome == Outcome::Holds);
            assert!(!holds, "byte {at} of {path}");
        }
    }
}

#[test]
fn two_stories_are_found() {
    let of =
        |story: &Story, earlier: &[usize]| checked(&story.bundle(&ALL, earlier, 0, 0)).1.unwrap();
    let common = Story::new().looked("s1");
    let (long, other) = (
        common.clone().looked("s2").looked("s3"),
        common.clone().looked("s4").looked("s5"),
    );
    let holds = |one: &Ledger, two: &Ledger| {
        let check = compare(one, two);
        assert_eq!(check.outcome, compare(two, one).outcome);
        check.outcome
    };
    let (first, later) = (of(&common, &[]), of(&long, &[5]));
    assert_eq!(holds(&first, &later), Outcome::Holds);
    assert_eq!(holds(&first, &first), Outcome::Holds);
    // Without a proof nothing can be said.
    assert!(matches!(
        holds(&of(&common, &[]), &of(&long, &[])),
        Outcome::Unchecked(_)
    ));
    // The same size, another root.
    assert!(matches!(
        holds(&later, &of(&other, &[5])),
        Outcome::Fails(_)
    ));
    // Rewritten: the proof is from another checkpoint of that size.
    let mut rewritten = Story::new().looked("s9").looked("s2").looked("s3");
    assert!(matches!(
        holds(&first, &of(&rewritten, &[5])),
        Outcome::Fails(_)
    ));
    // Neither size is common, but subtrees are: the last entries make the ledgers longer than eight.
    let mut long = long.looked("x").looked("x");
    rewritten = rewritten.looked("y").looked("y").looked("y");
    assert!(matches!(
        holds(&of(&long, &[]), &of(&rewritten, &[])),
        Outcome::Fails(_)
    ));
    long = long.then(Export {
        manifest: Hash([1; 32]),
        person: "p".into(),
        staff: "s".into(),
        purpose: "court".into(),
        size: 9,
    });
    assert!(matches!(
        holds(&of(&long, &[9]), &first),
        Outcome::Unchecked(_)
    ));
}
