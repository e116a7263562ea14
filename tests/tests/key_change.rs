//! The real agent changes its keys each second, is killed at random, and is then seized: nothing is
//! lost, and with all its files nobody can sign what it signed before.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use proviso_agent::identity::Identity;
use proviso_agent::log_key::LogKey;
use proviso_collector::store::sealed;
use proviso_collector::store::vault::Vault;
use proviso_report::report::Report;
use proviso_report::{Checkpoint, CompactRange, Fact, Record, VerifierKey, open_checkpoint};
use proviso_tests::extension::Extension;
use proviso_tests::held;
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::until;

const VISITS: usize = 400;
const KILLS: usize = 8;
const LONG: Duration = Duration::from_secs(120);

/// The log as the collector holds it.
struct Walked {
    log: CompactRange,
    /// By the size from which on it signs.
    keys: Vec<(u64, VerifierKey)>,
    checkpoints: Vec<Checkpoint>,
}

#[test]
fn a_seized_computer_signs_no_past_and_kills_around_a_change_lose_nothing() {
    let mut scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer
        .configure(|config| {
            config.insert("key_seconds".into(), toml::Value::Integer(1));
        })
        .unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000a1").unwrap();
    let mut seeds: BTreeSet<[u8; 32]> = BTreeSet::new();
    let mut chance = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as usize;
    println!("seed {chance}");
    for n in 0..VISITS {
        seeds.extend(seed_in(&computer.state().join("log.key")));
        seeds.extend(seed_in(&computer.state().join("log-next.key")));
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if (chance >> 33) % VISITS < KILLS {
            if chance & 1 << 32 == 0 {
                computer.kill().unwrap();
                computer.start_quickly().unwrap();
            } else {
                scene.collector.kill().unwrap();
                scene.collector.serve().unwrap();
            }
        }
        extension
            .visit(&format!("https://numbered.example/{n}"), LONG)
            .unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    extension.all_taken(LONG).unwrap();
    let counts = until("every visit to be held", LONG, || {
        let counts = held::visits(&scene.collector)?;
        Ok((counts.len() >= VISITS).then_some(counts))
    })
    .unwrap();
    for n in 0..VISITS {
        let count = counts.get(&format!("https://numbered.example/{n}"));
        assert_eq!(count, Some(&1), "visit {n}");
    }
    until("some changes of keys", LONG, || {
        computer.check()?;
        seeds.extend(seed_in(&computer.state().join("log.key")));
        Ok((walk(&scene).keys.len() > 3 && seeds.len() > 3).then_some(()))
    })
    .unwrap();
    computer.stop().unwrap();
    held::wait_for_record(&scene.collector, "the end of the agent", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();

    let walked = walk(&scene);
    seized(&computer.state(), &seeds, &walked);
    bundle(&scene);
}

/// Walks the stored log; every report is signed by the key that counts there.
fn walk(scene: &Scene) -> Walked {
    let store = scene.collector.store().unwrap();
    let vault = Vault::beside(&scene.collector.store_file());
    let (device, key): (String, Vec<u8>) = store
        .query_row("SELECT id, log_key FROM device", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let origin = format!("{}/device/{device}", proviso_tests::collector::AUTHORITY);
    let key = VerifierKey::ed25519(&origin, key.try_into().unwrap()).unwrap();
    let mut walked = Walked {
        log: CompactRange::new(),
        keys: vec![(0, key)],
        checkpoints: Vec::new(),
    };
    let id = device.parse().unwrap();
    let mut reports = store
        .prepare("SELECT bytes, first FROM report ORDER BY first")
        .unwrap();
    let mut rows = reports.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let place = sealed::report(id, row.get::<_, i64>(1).unwrap().unsigned_abs());
        let bytes = vault.open(&place, row.get(0).unwrap()).unwrap();
        let report = Report::parse(&bytes).unwrap();
        let (_, key) = walked.keys.last().unwrap();
        let verified = report.verify(key, &walked.log).unwrap();
        let last = verified.lines.iter().last().unwrap();
        if let Fact::KeyChanged(changed) = Record::parse(last).unwrap().fact {
            let next = (verified.after.size(), changed.key.parse().unwrap());
            walked.keys.push(next);
        }
        walked.log = verified.after;
        walked.checkpoints.push(verified.checkpoint);
    }
    walked
}

/// With every file of the computer: its key is the last one, and no other is left anywhere.
fn seized(state: &Path, seeds: &BTreeSet<[u8; 32]>, walked: &Walked) {
    let identity = Identity::load(state).unwrap();
    let current = seed_in(&state.join("log.key")).unwrap();
    let (since, last) = walked.keys.last().unwrap();
    let key = LogKey::load(state, identity.origin(), Some(last.key())).unwrap();
    for path in files(state) {
        let bytes = std::fs::read(&path).unwrap();
        for seed in seeds.iter().filter(|seed| **seed != current) {
            let found = bytes.windows(seed.len()).any(|window| window == seed);
            assert!(!found, "an old key is in {}", path.display());
        }
    }
    for checkpoint in &walked.checkpoints {
        let forged = key.sign(checkpoint).bytes();
        let counts = walked
            .keys
            .iter()
            .rev()
            .find(|(since, _)| *since < checkpoint.size)
            .unwrap();
        let opens = open_checkpoint(&forged, &counts.1).is_ok();
        assert_eq!(opens, checkpoint.size > *since, "{}", checkpoint.size);
    }
}

/// The whole log, and a bundle that begins in its middle, hold.
fn bundle(scene: &Scene) {
    let out = scene.dir().join("bundle");
    scene.collector.export(PERSON, &out).unwrap();
    let said = Command::new(program("proviso").unwrap())
        .arg("verify")
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{text}");
    assert!(text.contains("keys follow each other"), "{text}");
}

/// The private half in a PKCS#8 file as ring writes it.
fn seed_in(path: &Path) -> Option<[u8; 32]> {
    let bytes = std::fs::read(path).ok()?;
    let seed: [u8; 32] = bytes.get(16..48)?.try_into().ok()?;
    (seed != [0; 32]).then_some(seed)
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}
