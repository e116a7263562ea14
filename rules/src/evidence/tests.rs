use std::borrow::Cow;

use data_encoding::HEXLOWER;
use proviso_report::bundle::{About, FORMAT, Finding, Leaf, Start, verify};
use proviso_report::fact::{Fact, Heartbeat, OrderInForce, WebVisit};
use proviso_report::{
    Alg, BootId, Checkpoint, CompactRange, DeviceId, Method, Receipt, Record, Seed, SigningKey,
    UnixMs, VerifierKey, checkpoint_note,
};

use super::*;

mod cover;
mod held;
mod over_time;
mod updates;

use crate::order::tests::demonstration;
use crate::signature::tests::sign;
use crate::{Followed, HeldLists, Hit, Judge, Order, Side, State, finding_id};

const DEVICE: DeviceId = DeviceId([0x0d; 16]);
/// 2026-11-24T05:00:00Z.
const NOW: UnixMs = UnixMs(1_795_496_400_000);
const LIST: &str = "facebook.com\n";

/// A bundle in memory.
#[derive(Clone, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self.0.get(path).map(|bytes| Cow::Borrowed(&bytes[..])))
    }
}

impl Memory {
    fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), bytes.into());
    }

    fn without(&self, path: &str) -> Self {
        let mut less = self.clone();
        assert!(less.0.remove(path).is_some(), "{path}");
        less
    }

    fn edited(&self, path: &str, from: &str, to: &str) -> Self {
        let mut bent = self.clone();
        let text = String::from_utf8(self.0[path].clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {path}");
        bent.put(path, text.replacen(from, to, 1));
        bent
    }

    /// What does not hold: the end of what was checked, and how it came out.
    fn faults(&self) -> Vec<String> {
        let checks = check(self, &verify(self)).into_iter();
        checks
            .filter_map(|one| match one.outcome {
                Outcome::Holds => None,
                Outcome::Fails(why) => Some(format!("{} FAILS: {why}", one.what)),
                Outcome::Unchecked(why) => Some(format!("{} UNCHECKED: {why}", one.what)),
            })
            .collect()
    }

    #[track_caller]
    fn has_one_fault(&self, what: &str, outcome: &str) {
        let faults = self.faults();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(
            faults[0].contains(what) && faults[0].contains(outcome),
            "{faults:#?}"
        );
    }
}

/// RFC 8032, section 7.1, tests 1 and 2.
fn keys() -> [SigningKey; 2] {
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60a123032100\
         d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fba123032100\
         3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ]
    .map(|hex| {
        let der = format!("3053020101300506032b657004220420{hex}");
        SigningKey::from_pkcs8(&HEXLOWER.decode(der.as_bytes()).unwrap()).unwrap()
    })
}

fn visit(url: &str, private: bool) -> Fact {
    WebVisit {
        url: url.into(),
        title: None,
        browser: "firefox".into(),
        profile: None,
        transition: None,
        private: Some(private),
    }
    .into()
}

fn record(seq: u64, fact: Fact, order: Hash) -> Record {
    let life = fact.kind().is_life_sign();
    Record {
        seq,
        at: NOW,
        noted: NOW,
        mono: 1,
        boot: BootId([1; 16]),
        account: (!life).then(|| "alex".to_owned()),
        clauses: if life { vec![] } else { vec!["1".into()] },
        methods: vec![Method::Agent],
        order: (!life).then_some(order),
        receipt: None,
        fact,
    }
}

/// The record with which an order begins to count.
fn begins(order: &Order) -> Fact {
    OrderInForce {
        id: order.id().to_owned(),
        version: order.version(),
        digest: order.digest(),
    }
    .into()
}

/// As the collector judges, with these lists.
fn compiled(order: Order, lists: &[&'static str]) -> Judge {
    Judge::compile(order, Side::Collector, &mut |hash| {
        let mut lists = lists.iter();
        let list = lists.find(|list| Hash::of(list.as_bytes()) == *hash)?;
        Some(std::sync::Arc::new(list.as_bytes()) as crate::ListBytes)
    })
    .unwrap()
}

/// A forbidden page, a harmless one, a life sign, a private window.
fn records() -> Vec<Record> {
    let digest = Hash::of(demonstration().as_bytes());
    let mut records: Vec<Record> = (0..)
        .zip([
            visit("https://www.facebook.com/groups", false),
            visit("https://news.example/", false),
            Heartbeat {
                uncovered: BTreeMap::new(),
                suppressed: BTreeMap::new(),
                cannot_tell: BTreeMap::new(),
                awake_ms: 1,
                order: None,
            }
            .into(),
            visit("https://news.example/", true),
        ])
        .map(|(seq, fact)| record(seq, fact, digest))
        .collect();
    // By the records of clause 1 and by a rule of clause 4.
    records[0].clauses.push("4".into());
    records
}

/// `withheld` of the records is not shown.
fn bundle_without(withheld: Option<u64>) -> Memory {
    bundle_of(&records(), withheld)
}

fn bundle_of(records: &[Record], withheld: Option<u64>) -> Memory {
    bundle_under(&demonstration(), records, withheld)
}

fn bundle_under(order: &str, records: &[Record], withheld: Option<u64>) -> Memory {
    let judge = compiled(Order::parse(order.as_bytes()).unwrap(), &[LIST]);
    let (mut lines, mut state) = (String::new(), State::new());
    for record in records {
        let followed = state.follow(record, &HeldLists::default(), |_| Some(&judge));
        if let Followed::Judged { verdict, .. } = followed {
            lines += &findings(&judge, record.seq, verdict.hits);
        }
    }
    bundle_with(order, records, withheld, &lines)
}

/// The lines of what a judge found in one record.
fn findings(judge: &Judge, seq: u64, hits: Vec<Hit>) -> String {
    let digest = judge.order().digest();
    let mut lines = String::new();
    for hit in hits {
        let mut rules = judge.order().rules().iter();
        let rule = rules.find(|rule| rule.id == hit.rule);
        let finding = Finding {
            id: HEXLOWER.encode(&finding_id(DEVICE, seq, &digest, &hit.rule)),
            device: DEVICE,
            seq,
            says: rule.unwrap().says.clone(),
            rule: hit.rule,
            clause: hit.clause,
            severity: hit.severity.as_str().into(),
            matched: hit.matched,
            engine: ENGINE.into(),
            order: digest,
            basis: Some(judge.basis()).filter(|basis| *basis != digest),
        };
        lines += &(serde_json::to_string(&finding).unwrap() + "\n");
    }
    lines
}

fn bundle_with(order: &str, records: &[Record], withheld: Option<u64>, findings: &str) -> Memory {
    let digest = Hash::of(order.as_bytes());
    let [court, police] = keys();
    let mut files = Memory::default();

    let folder = format!("data/orders/{digest}");
    files.put(&format!("{folder}/order.toml"), order.as_bytes());
    files.put(&format!("{folder}/put.txt"), format!("{NOW}\n"));
    files.put(
        &format!("{folder}/lists/{}", Hash::of(LIST.as_bytes())),
        LIST,
    );
    let (by_court, court_line) = sign(&court, "court:clerk", order.as_bytes());
    let (by_police, police_line) = sign(&police, "police:om", order.as_bytes());
    files.put(&format!("{folder}/signatures/1.sig"), by_court);
    files.put(&format!("{folder}/signatures/2.sig"), by_police);
    files.put("data/keys/allowed_signers", court_line + &police_line);

    log(&mut files, records, withheld);

    files.put("data/findings.jsonl", findings);
    let about = About {
        format: FORMAT.into(),
        person: "p".into(),
        from: NOW,
        to: NOW.plus(1),
        exported_at: NOW,
        collector: "a.example".into(),
        engine: ENGINE.into(),
        devices: vec![DEVICE],
        selection: None,
        ledger: None,
    };
    files.put("data/bundle.json", serde_json::to_vec(&about).unwrap());
    files
}

fn bundle() -> Memory {
    bundle_without(None)
}

fn log(files: &mut Memory, records: &[Record], withheld: Option<u64>) {
    let [key, _] = keys();
    let origin = format!("a.example/device/{DEVICE}");
    let device = VerifierKey::ed25519(&origin, key.public()).unwrap();
    let collector =
        VerifierKey::new("a.example/collector", Alg::CosignatureV1, key.public()).unwrap();
    let folder = format!("data/devices/{DEVICE}");
    let (seed, mut log, mut leaves) = (Seed::new([7; 32]), CompactRange::new(), String::new());
    let start = serde_json::to_vec(&Start::of(&log)).unwrap();
    files.put(&format!("{folder}/start.json"), start);
    for record in records {
        let index = record.seq;
        let line = String::from_utf8(record.to_line().unwrap()).unwrap();
        let salt = seed.salt(index);
        let mut leaf = Leaf::Shown { index, salt, line };
        log.append(leaf.hash());
        if withheld == Some(index) {
            leaf = Leaf::Withheld {
                index,
                hash: leaf.hash(),
            };
        }
        leaves += &(serde_json::to_string(&leaf).unwrap() + "\n");
    }
    files.put(&format!("{folder}/leaves.jsonl"), leaves);
    let checkpoint = Checkpoint {
        origin,
        size: log.size(),
        root: log.root(),
    };
    let signature = key.sign(checkpoint.body().as_bytes());
    let note = checkpoint_note(&checkpoint, &device, signature);
    let message = Receipt::message_to_sign(&checkpoint, 1);
    let receipt = Receipt::assemble(&collector, 1, key.sign(&message));
    files.put(
        &format!("{folder}/checkpoints/{:020}.note", log.size()),
        format!("{note}{}\n", receipt.line()),
    );
    files.put(
        &format!("data/keys/device-{DEVICE}.vkey"),
        format!("{device}\n"),
    );
    files.put("data/keys/collector.vkey", format!("{collector}\n"));
}

fn order_file(name: &str) -> String {
    format!(
        "data/orders/{}/{name}",
        Hash::of(demonstration().as_bytes())
    )
}

#[test]
fn a_whole_bundle_holds() {
    let files = bundle();
    assert_eq!(files.faults(), Vec::<String>::new());
    let verified = verify(&files);
    assert_eq!(verified.logs[&DEVICE].records.len(), 4);
    let text = String::from_utf8(files.0["data/findings.jsonl"].clone()).unwrap();
    let rules: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Finding>(line).unwrap().rule)
        .collect();
    assert_eq!(rules, ["4.a", "1.c"]);
    let checks = check(&files, &verified);
    let said: Vec<&str> = checks.iter().map(|check| check.what.as_str()).collect();
    assert!(said[1].ends_with(
        "it is signed by court:clerk and police:om, whose keys were valid at 2026-11-24T05:00:00.000Z"
    ));
    assert!(said[6].contains("(findings: 2)"), "{said:#?}");
    assert!(
        said[7].contains("(findings: 2; records of which a rule cannot tell: 0)"),
        "{said:#?}"
    );
}

#[test]
fn a_changed_order_is_found() {
    let order = order_file("order.toml");
    let bent = bundle().edited(&order, "social", "s0cial");
    let faults = bent.faults();
    assert!(faults[0].contains("it can be read FAILS") && faults[0].contains("another file"));
    let faults = bundle().without(&order).faults();
    assert!(faults[0].contains("UNCHECKED") && faults[0].contains("order.toml is missing"));
    // Then nobody can say what the records should lead to.
    assert!(faults[1].contains("UNCHECKED"), "{faults:#?}");
}

#[test]
fn changed_signatures_are_found() {
    let what = "it is signed by two people of different roles";
    let first = order_file("signatures/1.sig");
    bundle()
        .edited(&first, "U1NIU0lH", "U1NIU0lI")
        .has_one_fault(what, "FAILS: signature 1 cannot be read");
    // Without the second one the order is signed by one person; the first one missing hides both.
    bundle()
        .without(&order_file("signatures/2.sig"))
        .has_one_fault(what, "FAILS: the order is signed by court:clerk only");
    bundle()
        .without(&first)
        .has_one_fault(what, "FAILS: the order is signed by nobody;");
    bundle()
        .edited("data/keys/allowed_signers", "police:om", "court:om")
        .has_one_fault(what, "FAILS: all who signed");
    bundle()
        .edited(
            "data/keys/allowed_signers",
            "police:om ",
            "police:om valid-before=\"20200101Z\" ",
        )
        .has_one_fault(what, "FAILS: the key of police:om was not valid");
    bundle()
        .edited(&order_file("put.txt"), "2026", "twenty-six")
        .has_one_fault(what, "FAILS: data/orders/");
    for missing in ["data/keys/allowed_signers", &order_file("put.txt")] {
        bundle().without(missing).has_one_fault(what, "UNCHECKED");
    }
}

#[test]
fn a_changed_list_is_found() {
    let list = order_file(&format!("lists/{}", Hash::of(LIST.as_bytes())));
    let faults = bundle().edited(&list, "facebook", "facebooc").faults();
    assert!(
        faults[0].contains("those that it names (lists: 2) FAILS"),
        "{faults:#?}"
    );
    let faults = bundle().without(&list).faults();
    assert!(faults[0].contains("UNCHECKED"), "{faults:#?}");
}

#[test]
fn changed_findings_are_found_in_both_directions() {
    let file = "data/findings.jsonl";
    let text = String::from_utf8(bundle().0[file].clone()).unwrap();
    let first = text.lines().next().unwrap().to_owned() + "\n";
    let follow = "each finding follows";
    bundle().edited(file, &first, "").has_one_fault(
        "every record that is shown",
        "FAILS: rule 4.a matches record 0",
    );
    for (from, to) in [
        ("\"severity\":\"breach\"", "\"severity\":\"log\""),
        ("facebook.com", "example.com"),
        ("\"clause\":\"4\"", "\"clause\":\"1\""),
        ("Possible breach", "Breach"),
    ] {
        bundle()
            .edited(file, from, to)
            .has_one_fault(follow, "FAILS: finding");
    }
    // One more, about the harmless page.
    let id = |seq: u64| {
        let order = Hash::of(demonstration().as_bytes());
        HEXLOWER.encode(&finding_id(DEVICE, seq, &order, "4.a"))
    };
    let more = first
        .replace(&id(0), &id(1))
        .replace("\"seq\":0", "\"seq\":1");
    bundle()
        .edited(file, &first, &(first.clone() + &more))
        .has_one_fault(
            follow,
            "matches record 1 of device 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d, and it does not",
        );
    let other = first.replace(&id(0), &id(1)).replace(
        &Hash::of(demonstration().as_bytes()).to_string(),
        &Hash([9; 32]).to_string(),
    );
    bundle()
        .edited(file, &first, &(first.clone() + &other))
        .has_one_fault(follow, "was made under another");
    bundle()
        .edited(file, &first, &(first.clone() + &first))
        .has_one_fault("the findings can be read", "stands twice");
    bundle()
        .edited(file, "\"seq\"", "\"sec\"")
        .has_one_fault("the findings can be read", "line 1");
    bundle()
        .without(file)
        .has_one_fault("the findings can be read", "FAILS");
}

#[test]
fn what_cannot_be_said_is_not_said() {
    // Another engine: what it made is neither right nor wrong.
    let other = bundle().edited("data/bundle.json", ENGINE, "proviso-engine/0");
    let faults = other.faults();
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(
        faults
            .iter()
            .all(|fault| fault.contains("UNCHECKED: the bundle was made by"))
    );
    // So is a finding that is older than the bundle's engine, and so may others be missing.
    let file = "data/findings.jsonl";
    let older = bundle().edited(file, ENGINE, "proviso-engine/0").edited(
        file,
        "facebook.com",
        "www.facebook.com",
    );
    let last = String::from_utf8(older.0[file].clone()).unwrap();
    let last = last.lines().last().unwrap().to_owned() + "\n";
    for older in [older.clone(), older.edited(file, &last, "")] {
        let faults = older.faults();
        assert_eq!(faults.len(), 2, "{faults:#?}");
        for fault in faults {
            assert!(
                fault.contains("UNCHECKED: finding")
                    && fault.contains("was made by proviso-engine/0, and this program has"),
                "{fault}"
            );
        }
    }
    // A record that is withheld cannot be judged again.
    bundle_without(Some(0)).has_one_fault("each finding follows", "UNCHECKED");
    // Nor can one whose log does not hold.
    let leaves = format!("data/devices/{DEVICE}/leaves.jsonl");
    let faults = bundle().edited(&leaves, "groups", "groupz").faults();
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(faults[0].contains("UNCHECKED") && faults[0].contains("log does not hold"));
    assert!(faults[1].contains("UNCHECKED") && faults[1].contains("were not judged"));
}
