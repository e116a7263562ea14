//! Bundles to be read: of a person, with the log of one computer or none.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use proviso_report::bundle::{
    About, FORMAT, Files, Leaf, SEAL, Start, seal_note, seal_statement, verify,
};
use proviso_report::{
    Alg, Checkpoint, CompactRange, DeviceId, Hash, Receipt, Record, Seed, SigningKey, UnixMs,
    VerifierKey, checkpoint_note, tables,
};
use tempfile::TempDir;

/// 2026-11-24T05:00:00Z.
pub(crate) const NOW: UnixMs = UnixMs(1_795_496_400_000);

/// RFC 8032, section 7.1, test 1, as PKCS#8.
const KEY: &str = "3053020101300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703b\
    ac031cae7f60a123032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SIGNERS: &str = "court:clerk ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEkUY4SqVgaxID/SXAICbp5x00wbbplTNVOS2xza2i4S\n";
const DEVICE: DeviceId = DeviceId([0x0d; 16]);

/// A bundle of a person; without records it names no computer.
pub(crate) fn bundle(engine: &str, person: &str, records: &[Record]) -> TempDir {
    let secret = SigningKey::from_pkcs8(&HEXLOWER.decode(KEY.as_bytes()).unwrap()).unwrap();
    let collector =
        VerifierKey::new("a.example/collector", Alg::CosignatureV1, secret.public()).unwrap();
    let about = About {
        format: FORMAT.into(),
        person: person.into(),
        from: NOW,
        to: NOW.plus(1),
        exported_at: NOW,
        collector: "a.example".into(),
        engine: engine.into(),
        devices: if records.is_empty() {
            vec![]
        } else {
            vec![DEVICE]
        },
        selection: None,
        ledger: None,
    };
    let mut files: Vec<(String, Vec<u8>)> = vec![
        (
            "data/bundle.json".into(),
            serde_json::to_vec(&about).unwrap(),
        ),
        ("data/findings.jsonl".into(), Vec::new()),
        ("data/keys/allowed_signers".into(), SIGNERS.into()),
        (
            "data/keys/collector.vkey".into(),
            format!("{collector}\n").into(),
        ),
    ];
    if !records.is_empty() {
        files.extend(log(&secret, &collector, records));
    }
    let made = {
        let files = Memory(files.iter().cloned().collect());
        tables::made(&files, &verify(&files)).unwrap()
    };
    files.extend(made.into_iter().map(|(path, bytes)| (path.into(), bytes)));
    let mut manifest = String::new();
    for (path, bytes) in &files {
        manifest += &format!("{}  {path}\n", Hash::of(bytes));
    }
    let statement = seal_statement("a.example", person, manifest.as_bytes());
    let signature = secret.sign(&Receipt::message_to_sign(&statement, 1_795_496_400));
    let receipt = Receipt::assemble(&collector, 1_795_496_400, signature);
    let seal = seal_note(&statement, &receipt);
    let mut tags = String::new();
    for (path, text) in [
        (
            "bagit.txt",
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        ),
        ("manifest-sha256.txt", &manifest),
        (SEAL, &seal),
    ] {
        tags += &format!("{}  {path}\n", Hash::of(text.as_bytes()));
        files.push((path.into(), text.into()));
    }
    files.push(("tagmanifest-sha256.txt".into(), tags.into()));
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// Files that are nowhere yet.
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self.0.get(path).map(|bytes| Cow::Borrowed(&bytes[..])))
    }
}

/// The log of a computer whose key is the collector's too.
fn log(secret: &SigningKey, collector: &VerifierKey, records: &[Record]) -> Vec<(String, Vec<u8>)> {
    let origin = format!("a.example/device/{DEVICE}");
    let device = VerifierKey::ed25519(&origin, secret.public()).unwrap();
    let folder = format!("data/devices/{DEVICE}");
    let (seed, mut log, mut leaves) = (Seed::new([7; 32]), CompactRange::new(), String::new());
    let start = serde_json::to_vec(&Start::of(&log)).unwrap();
    for record in records {
        let line = String::from_utf8(record.to_line().unwrap()).unwrap();
        let leaf = Leaf::Shown {
            index: record.seq,
            salt: seed.salt(record.seq),
            line,
        };
        log.append(leaf.hash());
        leaves += &(serde_json::to_string(&leaf).unwrap() + "\n");
    }
    let checkpoint = Checkpoint {
        origin,
        size: log.size(),
        root: log.root(),
    };
    let signature = secret.sign(checkpoint.body().as_bytes());
    let note = checkpoint_note(&checkpoint, &device, signature);
    let message = Receipt::message_to_sign(&checkpoint, 1);
    let receipt = Receipt::assemble(collector, 1, secret.sign(&message));
    vec![
        (format!("{folder}/start.json"), start),
        (format!("{folder}/leaves.jsonl"), leaves.into()),
        (
            format!("{folder}/checkpoints/{:020}.note", log.size()),
            format!("{note}{}\n", receipt.line()).into(),
        ),
        (
            format!("data/keys/device-{DEVICE}.vkey"),
            format!("{device}\n").into(),
        ),
    ]
}
