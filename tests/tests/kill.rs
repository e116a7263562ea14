//! Kill -9 of agent and collector at random moments: every numbered visit is held exactly once.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::time::{Duration, Instant, SystemTime};

use proviso_collector::store::sealed;
use proviso_collector::store::vault::Vault;
use proviso_report::report::Report;
use proviso_report::{CompactRange, VerifierKey};
use proviso_tests::extension::Extension;
use proviso_tests::held;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::until;

const VISITS: usize = 10_000;
const KILLS: usize = 12;
const LONG: Duration = Duration::from_secs(240);

/// Numbers that differ from run to run and are printed, so that a failure can be told about.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64;
        println!("seed {seed}");
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

#[test]
fn every_numbered_visit_is_held_exactly_once() {
    let mut chance = Chance::new();
    let mut scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000a1").unwrap();

    // After how many visits somebody is killed.
    let mut kills: Vec<usize> = (0..KILLS).map(|_| chance.below(VISITS)).collect();
    kills.sort_unstable();
    for n in 0..VISITS {
        while kills.first() == Some(&n) {
            kills.remove(0);
            match chance.below(3) {
                0 => {
                    computer.kill().unwrap();
                    computer.start_quickly().unwrap();
                }
                1 => {
                    scene.collector.kill().unwrap();
                    scene.collector.serve().unwrap();
                }
                _ => {
                    computer.kill().unwrap();
                    scene.collector.kill().unwrap();
                    scene.collector.serve().unwrap();
                    computer.start_quickly().unwrap();
                }
            }
        }
        extension
            .visit(&format!("https://numbered.example/{n}"), LONG)
            .unwrap();
    }
    extension.all_taken(LONG).unwrap();

    let begun = Instant::now();
    let counts = until("every visit to be held", LONG, || {
        let counts = held::visits(&scene.collector)?;
        Ok((counts.len() >= VISITS).then_some(counts))
    })
    .unwrap();
    println!("all held {} ms after the last", begun.elapsed().as_millis());
    for n in 0..VISITS {
        let count = counts.get(&format!("https://numbered.example/{n}"));
        assert_eq!(count, Some(&1), "visit {n}");
    }
    assert_eq!(counts.len(), VISITS);
    check_log(&scene);
}

/// The log as it is stored: one run of reports, each signed, each continuing the one before.
fn check_log(scene: &Scene) {
    let store = scene.collector.store().unwrap();
    let vault = Vault::beside(&scene.collector.store_file());
    let (device, key, size): (String, Vec<u8>, i64) = store
        .query_row("SELECT id, log_key, size FROM device", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let origin = format!("{}/device/{device}", proviso_tests::collector::AUTHORITY);
    let key = VerifierKey::ed25519(&origin, key.try_into().unwrap()).unwrap();
    let id = device.parse().unwrap();
    let mut reports = store
        .prepare("SELECT bytes, first FROM report ORDER BY first")
        .unwrap();
    let mut log = CompactRange::new();
    let mut rows = reports.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let place = sealed::report(id, row.get::<_, i64>(1).unwrap().unsigned_abs());
        let bytes = vault.open(&place, row.get(0).unwrap()).unwrap();
        log = Report::parse(&bytes)
            .unwrap()
            .verify(&key, &log)
            .unwrap()
            .after;
    }
    assert_eq!(log.size(), size.unsigned_abs());
}
