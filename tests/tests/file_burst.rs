//! 50,000 files are deleted at once: each has its record, or gaps say how many have none.

use std::time::Duration;

use proviso_tests::burst::{delete_at_once, make_files, order_files, until_watched};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const FILES: usize = 50_000;
/// An unoptimised agent and collector take their time for so many.
const LONG: Duration = Duration::from_secs(400);

#[test]
fn every_one_of_fifty_thousand_deletions_is_recorded_or_counted() {
    let scene = Scene::new().unwrap();
    order_files(&scene, PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let folder = make_files(&computer, FILES).unwrap();
    computer.start_recording().unwrap();
    until_watched(&scene, &folder, PATIENCE).unwrap();
    let burst = delete_at_once(&scene, &computer, FILES, LONG).unwrap();
    assert_eq!(burst.told + burst.counted, FILES as u64, "{burst:?}");
    computer.stop().unwrap();
}
