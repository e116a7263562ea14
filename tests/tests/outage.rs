//! The collector is away for a while and comes back; two computers at once.

use std::collections::BTreeSet;

use proviso_tests::extension::Extension;
use proviso_tests::held::{self, records};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

fn visits_of(scene: &Scene, prefix: &str) -> anyhow::Result<usize> {
    let counts = held::visits(&scene.collector)?;
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    Ok(counts.keys().filter(|url| url.starts_with(prefix)).count())
}

#[test]
fn what_happened_while_the_collector_was_away_comes_when_it_is_back() {
    let mut scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000b1").unwrap();
    extension
        .visit("https://before.example/1", PATIENCE)
        .unwrap();
    until("the first visit", PATIENCE, || {
        Ok((visits_of(&scene, "https://before.example/")? == 1).then_some(()))
    })
    .unwrap();

    scene.collector.stop().unwrap();
    for n in 0..1_000 {
        let url = format!("https://away.example/{n}");
        extension.visit(&url, PATIENCE).unwrap();
    }
    extension
        .visit("https://www.facebook.com/away", PATIENCE)
        .unwrap();
    // Taken means durable on the device: nothing waits in the browser for the collector.
    extension.all_taken(PATIENCE).unwrap();
    until("the person to be told", PATIENCE, || {
        Ok(computer.status()?.contains("Not connected").then_some(()))
    })
    .unwrap();
    // Away for longer than one run of the agent.
    computer.stop().unwrap();
    computer.start_recording().unwrap();

    scene.collector.serve().unwrap();
    scene
        .collector
        .wait_for_finding("made while away", |found| {
            found.matched.contains("facebook.com") && found.proof == "proven"
        })
        .unwrap();
    until("every visit", PATIENCE, || {
        Ok((visits_of(&scene, "https://away.example/")? == 1_000).then_some(()))
    })
    .unwrap();
    assert_eq!(scene.collector.findings().unwrap().len(), 1);
}

#[test]
fn two_computers_are_told_apart() {
    let scene = Scene::new().unwrap();
    for name in ["Sam Sample", "Robin Example"] {
        scene.person(name).unwrap();
    }
    let mut sams = scene.enrolled("Sam Sample").unwrap();
    let mut robins = scene.enrolled("Robin Example").unwrap();
    sams.start_recording().unwrap();
    robins.start_recording().unwrap();
    let mut sam = Extension::start(&sams, "00000000000000c1").unwrap();
    let mut robin = Extension::start(&robins, "00000000000000c2").unwrap();
    for n in 0..500 {
        sam.visit(&format!("https://sam.example/{n}"), PATIENCE)
            .unwrap();
        robin
            .visit(&format!("https://robin.example/{n}"), PATIENCE)
            .unwrap();
    }
    sam.visit("https://www.facebook.com/sam", PATIENCE).unwrap();
    robin
        .visit("https://www.instagram.com/robin", PATIENCE)
        .unwrap();
    until("both computers' visits", PATIENCE, || {
        let all = visits_of(&scene, "https://sam.example/")? == 500
            && visits_of(&scene, "https://robin.example/")? == 500;
        Ok(all.then_some(()))
    })
    .unwrap();
    for (person, host) in [
        ("Sam Sample", "facebook.com"),
        ("Robin Example", "instagram.com"),
    ] {
        let found = scene
            .collector
            .wait_for_finding(host, |found| found.matched.contains(host))
            .unwrap();
        assert_eq!(found.person, person);
    }
    let by = |prefix: &str| -> BTreeSet<String> {
        records(&scene.collector)
            .unwrap()
            .into_iter()
            .filter(|held| {
                held.visit()
                    .is_some_and(|visit| visit.url.starts_with(prefix))
            })
            .map(|held| held.device)
            .collect()
    };
    let (sams, robins) = (by("https://sam.example/"), by("https://robin.example/"));
    assert_eq!((sams.len(), robins.len()), (1, 1));
    assert_ne!(sams, robins);
}
