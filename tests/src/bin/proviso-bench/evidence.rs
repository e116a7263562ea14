//! What it costs to check evidence, on one core: a whole bundle, one record more in a log, one proof.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, bail};
use proviso_report::bundle::{
    About, FORMAT, Files, Leaf, SEAL, Start, seal_note, seal_statement, verify,
};
use proviso_report::merkle::{inclusion_proof, verify_inclusion};
use proviso_report::{
    Alg, Checkpoint, CompactRange, DeviceId, Hash, Receipt, Seed, SigningKey, UnixMs, VerifierKey,
    checkpoint_note,
};
use proviso_rules::ENGINE;
use proviso_tests::load::visit_line;
use proviso_tests::urls::Urls;
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use crate::figures::Figures;

const RECORDS: usize = 1_000_000;
/// What one report holds at most in everyday use; each has a checkpoint with a receipt.
const REPORT: u64 = 256;
const PROOFS: usize = 2_000;
const DEVICE: DeviceId = DeviceId([0x0b; 16]);
/// Only the judge would read it.
const ORDER: &[u8] = b"order";
const RECEIVED: u64 = 1_795_496_400;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let (seed, order) = (Seed::new([7; 32]), Hash::of(ORDER));
    let leaves: Vec<Leaf> = (0_u32..)
        .zip(Urls::new(RECORDS as u64).take(RECORDS))
        .map(|(place, url)| {
            let index = u64::from(place);
            let line = visit_line(
                index,
                1_795_000_000_000 + 1_700 * i64::from(place),
                order,
                &url,
            )?;
            let line = String::from_utf8(line).context("a record is no text")?;
            let salt = seed.salt(index);
            Ok(Leaf::Shown { index, salt, line })
        })
        .collect::<anyhow::Result<_>>()?;
    let hashes = append(figures, &leaves);
    proofs(figures, &hashes)?;
    whole(figures, &leaves)
}

fn append(figures: &mut Figures, leaves: &[Leaf]) -> Vec<Hash> {
    let (began, mut log) = (Instant::now(), CompactRange::new());
    let mut hashes = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        let hash = leaf.hash();
        log.append(hash);
        hashes.push(hash);
    }
    figures.add(
        "append_ns_per_record",
        began.elapsed().as_nanos() as f64 / leaves.len() as f64,
        "ns",
        "leaf hash and Merkle tree, of records in memory; no disk",
    );
    hashes
}

fn proofs(figures: &mut Figures, hashes: &[Hash]) -> anyhow::Result<()> {
    let mut log = CompactRange::new();
    hashes.iter().for_each(|hash| log.append(*hash));
    let (index, root) = (hashes.len() / 3, log.root());
    let proof = inclusion_proof(hashes, index).context("there is no such record")?;
    let began = Instant::now();
    for _ in 0..PROOFS {
        if !verify_inclusion(&hashes[index], index as u64, log.size(), &proof, &root) {
            bail!("a proof does not hold");
        }
    }
    figures.add(
        "proof_ns",
        began.elapsed().as_nanos() as f64 / PROOFS as f64,
        "ns",
        format!(
            "checks the proof that one of {RECORDS} records is in the log: {} hashes",
            proof.len()
        ),
    );
    Ok(())
}

fn whole(figures: &mut Figures, leaves: &[Leaf]) -> anyhow::Result<()> {
    let bundle = bundle(leaves)?;
    let began = Instant::now();
    let verified = verify(&bundle);
    let seconds = began.elapsed().as_secs_f64();
    if !verified.holds() {
        bail!(
            "the benchmark makes a bundle that does not hold: {:?}",
            verified.checks
        );
    }
    figures.add(
        "verify_records_per_s",
        RECORDS as f64 / seconds,
        "records/s",
        format!(
            "a bundle of {RECORDS} records in memory, a signed checkpoint with receipt for each \
             {REPORT}, one core, without the judge"
        ),
    );
    Ok(())
}

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

fn made() -> anyhow::Result<SigningKey> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let made = made.ok().context("no key could be made")?;
    Ok(SigningKey::from_pkcs8(made.as_ref())?)
}

fn bundle(leaves: &[Leaf]) -> anyhow::Result<Memory> {
    let (device_key, collector_key) = (made()?, made()?);
    let origin = format!("a.example/device/{DEVICE}");
    let device = VerifierKey::ed25519(&origin, device_key.public())?;
    let collector = VerifierKey::new(
        "a.example/collector",
        Alg::CosignatureV1,
        collector_key.public(),
    )?;
    let receipt = |statement: &Checkpoint| {
        let message = Receipt::message_to_sign(statement, RECEIVED);
        Receipt::assemble(&collector, RECEIVED, collector_key.sign(&message))
    };
    let under = format!("data/devices/{DEVICE}");
    let mut files = BTreeMap::new();
    let mut log = CompactRange::new();
    let start = serde_json::to_vec(&Start::of(&log))?;
    files.insert(format!("{under}/start.json"), start);
    let mut lines = Vec::new();
    for leaf in leaves {
        serde_json::to_writer(&mut lines, leaf)?;
        lines.push(b'\n');
        log.append(leaf.hash());
        if log.size().is_multiple_of(REPORT) || log.size() == leaves.len() as u64 {
            let checkpoint = Checkpoint {
                origin: origin.clone(),
                size: log.size(),
                root: log.root(),
            };
            let signature = device_key.sign(checkpoint.body().as_bytes());
            let note = checkpoint_note(&checkpoint, &device, signature);
            let text = format!("{note}{}\n", receipt(&checkpoint).line());
            let path = format!("{under}/checkpoints/{:020}.note", log.size());
            files.insert(path, text.into());
        }
    }
    files.insert(format!("{under}/leaves.jsonl"), lines);
    files.insert(
        format!("data/keys/device-{DEVICE}.vkey"),
        format!("{device}\n").into(),
    );
    files.insert(
        "data/keys/collector.vkey".to_owned(),
        format!("{collector}\n").into(),
    );
    let path = format!("data/orders/{}/order.toml", Hash::of(ORDER));
    files.insert(path, ORDER.to_vec());
    let about = About {
        format: FORMAT.to_owned(),
        person: "P-0001".to_owned(),
        from: UnixMs(0),
        to: UnixMs(1),
        exported_at: UnixMs(1),
        collector: "a.example".to_owned(),
        engine: ENGINE.to_owned(),
        devices: vec![DEVICE],
        selection: None,
        ledger: None,
    };
    files.insert("data/bundle.json".to_owned(), serde_json::to_vec(&about)?);
    let manifest = sums(&files);
    let statement = seal_statement("a.example", "P-0001", &manifest);
    let seal = seal_note(&statement, &receipt(&statement));
    let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    let mut tags = BTreeMap::from([
        ("bagit.txt".to_owned(), declaration.into()),
        ("manifest-sha256.txt".to_owned(), manifest),
        (SEAL.to_owned(), seal.into_bytes()),
    ]);
    let sums = sums(&tags);
    files.append(&mut tags);
    files.insert("tagmanifest-sha256.txt".to_owned(), sums);
    Ok(Memory(files))
}

fn sums(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let lines = files.iter();
    let lines = lines.map(|(path, bytes)| format!("{}  {path}\n", Hash::of(bytes)));
    lines.collect::<String>().into_bytes()
}
