mod chosen;
mod erased;

use data_encoding::HEXLOWER;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::fact::AgentStopped;
use crate::key::tests::key as signing_key;
use crate::merkle::CompactRange;
use crate::note::{Alg, checkpoint_note};
use crate::receipt::Receipt;
use crate::record::{BootId, Method, Record};
use crate::salt::Seed;
use crate::time::UnixMs;

pub(crate) const DEVICE: DeviceId = DeviceId([0x0d; 16]);

/// A bundle in memory.
#[derive(Clone)]
pub(crate) struct Memory(BTreeMap<String, Vec<u8>>);

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
    pub(crate) fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), bytes.into());
    }

    pub(crate) fn with(mut self, path: &str, bytes: &str) -> Self {
        self.put(path, bytes);
        self
    }

    pub(crate) fn without(&self, path: &str) -> Self {
        let mut less = self.clone();
        less.0.remove(path);
        less
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.0[path].clone()).unwrap()
    }

    /// As the collector would: the hashes fit, and it signs them.
    fn bagged(self) -> Self {
        let mut files = self.hashed();
        let statement = seal_statement("a.example", "p", &files.0["manifest-sha256.txt"]);
        let signature = signing_key().sign(&Receipt::message_to_sign(&statement, 1_795_600_000));
        let receipt = Receipt::assemble(&collector(), 1_795_600_000, signature);
        files.put(SEAL, seal_note(&statement, &receipt));
        files.hashed()
    }

    /// As a forger would: the hashes fit again.
    fn hashed(mut self) -> Self {
        self.put(
            "bagit.txt",
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        );
        let line = |(path, bytes): (&String, &Vec<u8>)| format!("{}  {path}\n", Hash::of(bytes));
        self.0.remove("tagmanifest-sha256.txt");
        let of = |files: &Self, data: bool| -> String {
            files
                .0
                .iter()
                .filter(|(path, _)| path.starts_with("data/") == data)
                .map(line)
                .collect()
        };
        let payload = of(&self, true);
        self.put("manifest-sha256.txt", payload);
        let tags = of(&self, false);
        self.put("tagmanifest-sha256.txt", tags);
        self
    }

    fn edited(&self, path: &str, from: &str, to: &str) -> Self {
        let mut bent = self.clone();
        let text = self.text(path);
        assert!(text.contains(from), "{from} is not in {path}");
        bent.put(path, text.replacen(from, to, 1));
        bent.bagged()
    }
}

fn collector() -> VerifierKey {
    VerifierKey::new(
        "a.example/collector",
        Alg::CosignatureV1,
        signing_key().public(),
    )
    .unwrap()
}

fn record(seq: u64) -> String {
    let record = Record {
        seq,
        at: UnixMs(1_795_496_400_000),
        noted: UnixMs(1_795_496_400_000),
        mono: 1,
        boot: BootId([1; 16]),
        account: None,
        clauses: Vec::new(),
        methods: vec![Method::Agent],
        order: (seq == 4).then(|| Hash::of(b"order")),
        receipt: None,
        fact: AgentStopped {
            reason: format!("stop {seq}"),
            shutdown: None,
        }
        .into(),
    };
    String::from_utf8(record.to_line().unwrap()).unwrap()
}

/// Records 3 to 7 of a log, in two reports; record 7 is withheld.
pub(crate) fn bundle() -> Memory {
    bundle_without(7)
}

fn bundle_without(withheld: u64) -> Memory {
    let mut files = Memory(BTreeMap::new());
    let origin = format!("a.example/device/{DEVICE}");
    let device = VerifierKey::ed25519(&origin, signing_key().public()).unwrap();
    let collector = collector();
    let mut log = CompactRange::new();
    (0..3_u64).for_each(|n| log.append(Hash::of(&n.to_be_bytes())));
    let under = format!("data/devices/{DEVICE}");
    files.put(
        &format!("{under}/start.json"),
        serde_json::to_vec(&Start::of(&log)).unwrap(),
    );
    let seed = Seed::new([7; 32]);
    let mut lines = String::new();
    for index in 3..8 {
        let leaf = Leaf::Shown {
            index,
            salt: seed.salt(index),
            line: record(index),
        };
        log.append(leaf.hash());
        let leaf = if index == withheld {
            Leaf::Withheld {
                index,
                hash: leaf.hash(),
            }
        } else {
            leaf
        };
        lines += &(serde_json::to_string(&leaf).unwrap() + "\n");
        if index == 4 || index == 7 {
            let checkpoint = Checkpoint {
                origin: origin.clone(),
                size: log.size(),
                root: log.root(),
            };
            let signature = signing_key().sign(checkpoint.body().as_bytes());
            let note = checkpoint_note(&checkpoint, &device, signature);
            let message = Receipt::message_to_sign(&checkpoint, 1_795_496_400 + index);
            let receipt = Receipt::assemble(
                &collector,
                1_795_496_400 + index,
                signing_key().sign(&message),
            );
            let text = format!("{note}{}\n", receipt.line());
            files.put(
                &format!("{under}/checkpoints/{:020}.note", log.size()),
                text,
            );
        }
    }
    files.put(&format!("{under}/leaves.jsonl"), lines);
    files.put(
        &format!("data/keys/device-{DEVICE}.vkey"),
        format!("{device}\n"),
    );
    files.put("data/keys/collector.vkey", format!("{collector}\n"));
    files.put(
        &format!("data/orders/{}/order.toml", Hash::of(b"order")),
        "order",
    );
    files.put(
        "data/bundle.json",
        format!(
            r#"{{"format":"proviso-bundle/2","person":"p","from":"2026-11-24T05:00:00.000Z","to":"2026-11-25T05:00:00.000Z","exported_at":"2026-11-26T05:00:00.000Z","collector":"a.example","engine":"e","devices":["{DEVICE}"]}}"#
        ),
    );
    files.bagged()
}

fn faults(files: &Memory) -> Vec<String> {
    let checks = verify(files).checks.into_iter();
    checks
        .filter_map(|check| match check.outcome {
            Outcome::Holds => None,
            Outcome::Fails(why) => Some(format!("fails: {why}")),
            Outcome::Unchecked(why) => Some(format!("unchecked: {why}")),
        })
        .collect()
}

#[test]
fn a_whole_bundle_holds() {
    let verified = verify(&bundle());
    assert!(verified.holds(), "{:#?}", verified.checks);
    let log = &verified.logs[&DEVICE];
    assert_eq!(
        (log.first, log.end, log.withheld, log.records.len()),
        (3, 8, 1, 4)
    );
    assert_eq!(
        log.received,
        BTreeMap::from([(5, 1_795_496_404), (8, 1_795_496_407)])
    );
}

#[test]
fn a_leaf_is_these_bytes() {
    let salt = HEXLOWER.encode(&Seed::new([7; 32]).salt(3));
    let line = serde_json::to_string(&record(3)).unwrap();
    let text = bundle().text(&format!("data/devices/{DEVICE}/leaves.jsonl"));
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!(r#"{{"index":3,"salt":"{salt}","line":{line}}}"#)
    );
    assert!(lines.nth(3).unwrap().starts_with(r#"{"index":7,"hash":""#));
    for wrong in [
        r#"{"index":5}"#,
        r#"{"index":5,"salt":"00","line":""}"#,
        "{}",
    ] {
        assert!(serde_json::from_str::<Leaf>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_changed_byte_is_found() {
    let whole = bundle();
    for (path, bytes) in &whole.0 {
        let mut bent = whole.clone();
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        bent.put(path, changed);
        assert!(!verify(&bent).holds(), "{path} changed");
        bent.0.remove(path);
        assert!(!verify(&bent).holds(), "{path} missing");
    }
    let mut more = whole;
    more.put("data/more.txt", "x");
    assert!(verify(&more).fails());
}

#[test]
fn who_mends_the_hashes_fails_at_the_signatures() {
    let whole = bundle();
    let leaves = format!("data/devices/{DEVICE}/leaves.jsonl");
    let first = format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 5);
    let text = whole.text(&leaves);
    let line = |n: usize| text.lines().nth(n).unwrap().to_owned() + "\n";
    for (what, bent) in [
        ("a word changed", whole.edited(&leaves, "stop 6", "stop 9")),
        ("a record less", whole.edited(&leaves, &line(1), "")),
        (
            "a record twice",
            whole.edited(&leaves, &line(1), &(line(1) + &line(1))),
        ),
        ("the last record less", whole.edited(&leaves, &line(4), "")),
        (
            "a salt changed",
            whole.edited(&leaves, r#""salt":""#, r#""salt":"00"#),
        ),
        ("a size changed", whole.edited(&first, "\n5\n", "\n6\n")),
        (
            "a collector's key",
            whole.edited("data/keys/collector.vkey", "collector", "c0llector"),
        ),
    ] {
        assert!(verify(&bent).fails(), "{what}");
        assert!(
            !verify(&bent).logs.contains_key(&DEVICE) || what.contains("key"),
            "{what}"
        );
    }
    let mut short = whole;
    short
        .0
        .remove(&format!("data/devices/{DEVICE}/checkpoints/{:020}.note", 8));
    assert!(verify(&short.bagged()).fails());
}

#[test]
fn a_seal_is_these_bytes() {
    let statement = seal_statement("a.example", "P-0001", b"00  data/a\n01  data/b\n");
    let signature = signing_key().sign(&Receipt::message_to_sign(&statement, 1_795_600_000));
    let receipt = Receipt::assemble(&collector(), 1_795_600_000, signature);
    assert_eq!(
        seal_note(&statement, &receipt),
        "a.example/bundle/P-0001\n2\nHz82rRGUgfRR393jmPxo32x0Xz93NdNv01veLQ4L/To=\n\n\u{2014} \
         a.example/collector NGER9wAAAABrBq6Ab7FtvzrhvGCIhURGIIgVxG2eFZY5iWtwbsyeuBZplBpuaF6KyZfI\
         y/xE+TGxA4R/zkTe68/JxfxVmdd8AdXbCA==\n"
    );
}

/// Whatever no device signs, and everything of a device at once.
#[test]
fn what_only_the_collector_says_is_under_its_signature() {
    let mut whole = bundle();
    whole.put("data/decisions.jsonl", "no breach\n");
    let whole = whole.bagged();
    assert_eq!(faults(&whole), Vec::<String>::new());
    let under = format!("data/devices/{DEVICE}/");

    let rewritten = whole.clone().with("data/decisions.jsonl", "a breach\n");
    let mut no_device = whole.edited("data/bundle.json", &format!("\"{DEVICE}\""), "");
    no_device
        .0
        .retain(|path, _| !path.contains(&DEVICE.to_string()));
    let mut no_last = whole.clone();
    no_last
        .0
        .remove(&format!("{under}checkpoints/{:020}.note", 8));
    let leaves = whole.text(&format!("{under}leaves.jsonl"));
    let first: String = leaves.split_inclusive('\n').take(2).collect();
    let no_last = no_last.with(&format!("{under}leaves.jsonl"), &first);
    let hidden = Leaf::Withheld {
        index: 3,
        hash: serde_json::from_str::<Leaf>(leaves.lines().next().unwrap())
            .unwrap()
            .hash(),
    };
    let hidden = serde_json::to_string(&hidden).unwrap();
    let hidden = leaves.replace(leaves.lines().next().unwrap(), &hidden);
    let hidden = whole.clone().with(&format!("{under}leaves.jsonl"), &hidden);
    for mut forged in [rewritten, no_device, no_last, hidden] {
        forged.put(SEAL, whole.0[SEAL].clone());
        let forged = forged.hashed();
        assert_eq!(
            faults(&forged),
            [
                "fails: bundle.note: it is about other files: something was changed, added or taken out since"
            ]
        );
    }
}

#[test]
fn a_seal_is_the_collectors_or_none() {
    let whole = bundle();
    let seal = whole.text(SEAL);
    let last = seal.lines().last().unwrap();
    let twice = format!("{seal}{last}\n");
    let mut unsealed = whole.clone();
    unsealed.0.remove(SEAL);
    assert_eq!(
        faults(&unsealed.hashed()),
        ["fails: bundle.note is missing"]
    );
    for (from, to, why) in [
        (
            "\u{2014} a.example",
            "\u{2014} b.example",
            "it is not signed by a.example/collector",
        ),
        (
            "a.example/bundle/p",
            "a.example/bundle/q",
            "it is about other files",
        ),
        ("\n\n", "\n", "this is not a signed note"),
        (
            seal.as_str(),
            twice.as_str(),
            "it bears more than one signature",
        ),
    ] {
        let mut bent = whole.clone();
        bent.put(SEAL, whole.text(SEAL).replacen(from, to, 1));
        let faults = faults(&bent.hashed());
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].starts_with("fails: bundle.note: ") && faults[0].contains(why),
            "{faults:?}"
        );
    }
    let mut bent = whole.clone();
    let text = whole.text(SEAL);
    let at = text.len() - 20;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    bent.put(SEAL, format!("{}{other}{}", &text[..at], &text[at + 1..]));
    assert!(
        faults(&bent.hashed())[0].contains("the signature by a.example/collector does not hold")
    );
}

#[test]
fn a_record_withheld_between_others_is_said() {
    assert_eq!(
        faults(&bundle_without(5)),
        [
            "unchecked: record 5 is withheld although it lies between records of the time asked for; \
          it may be about another time: ask for a bundle of a longer one"
        ]
    );
    for edge in [3, 7] {
        assert_eq!(faults(&bundle_without(edge)), Vec::<String>::new());
    }
}

/// One of its files cannot be read.
struct Unreadable(Memory, &'static str);

impl Files for Unreadable {
    fn list(&self) -> Result<Vec<String>, String> {
        self.0.list()
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        if path == self.1 {
            return Err(format!("cannot read {path}"));
        }
        self.0.read(path)
    }
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let unread = "data/a.txt";
    let whole = bundle().with(unread, "one").with("data/b.txt", "two");
    let whole = whole.bagged();
    let verified = verify(&Unreadable(whole.clone(), unread));
    assert!(!verified.holds() && !verified.fails());
    let bent = whole.with("data/b.txt", "three");
    let verified = verify(&Unreadable(bent, unread));
    let changed = Outcome::Fails("data/b.txt was changed".to_owned());
    assert!(verified.checks.iter().any(|check| check.outcome == changed));
}

#[test]
fn what_is_not_there_is_said() {
    let nothing = Memory(BTreeMap::new());
    let other = nothing.clone().with("data/devices/x/leaves.jsonl", "");
    for folder in [nothing, other] {
        assert!(faults(&folder)[0].starts_with("unchecked: this is no bundle"));
    }
    let mut whole = bundle();
    whole
        .0
        .remove(&format!("data/orders/{}/order.toml", Hash::of(b"order")));
    let faults_now = faults(&whole.bagged());
    assert_eq!(faults_now.len(), 1, "{faults_now:?}");
    assert!(
        faults_now[0].starts_with("unchecked: data/orders/"),
        "{faults_now:?}"
    );
    let newer = bundle().edited("data/bundle.json", "bundle/2", "bundle/3");
    assert!(faults(&newer)[0].contains("use a newer one"));
    assert!(faults(&newer)[1].contains("does not say whose it is"));
    let older = bundle().edited("data/bundle.json", "bundle/2", "bundle/1");
    assert!(faults(&older)[0].starts_with("unchecked: the bundle is of the older format"));
}

#[test]
fn a_held_update_is_this_line() {
    let one = HeldUpdate {
        order: Hash([1; 32]),
        list: "kept".into(),
        number: 2,
        sha256: Hash([0xab; 32]),
        from: 41,
    };
    let line = format!(
        r#"{{"order":"{}","list":"kept","number":2,"sha256":"{}","from":41}}"#,
        "01".repeat(32),
        "ab".repeat(32)
    );
    assert_eq!(serde_json::to_string(&one).unwrap(), line);
    assert_eq!(serde_json::from_str::<HeldUpdate>(&line).unwrap(), one);
    for wrong in [
        line.replace("41", "-1"),
        line.replace("}", r#","more":1}"#),
        line.replace(r#","from":41"#, ""),
    ] {
        assert!(serde_json::from_str::<HeldUpdate>(&wrong).is_err());
    }
}
