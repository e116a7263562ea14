//! Where there is no room: nothing is lost in silence, and nothing is stored twice.

use super::*;

#[test]
fn a_full_journal_takes_nothing_until_there_is_room_and_says_so() {
    let mut world = World::new();
    drop(world.start_under_order());
    let limits = Limits { bytes: 1, ..ROOMY };
    let mut agent = world.start_with(limits, &at(1_000));
    assert!(!agent.submit(vec![seen("https://a.example/", 10)], "1", 2_000));
    let health = Health::Restored {
        source: "extension".into(),
    };
    let mut messages = vec![ToPipeline::Health(health)];
    agent.keeper.take(&mut messages, &at(2_500)).unwrap();
    assert_eq!(agent.cursor(), None);
    let status = agent.status("alex");
    assert!(status.on && status.why.contains("nothing can be written now"));
    world.collect(&agent);
    let (checkpoint, receipt) = (
        checkpoint(&world.collected),
        receipt(&checkpoint(&world.collected), 1),
    );
    let held = agent.ask(
        |reply| Ask::Held {
            checkpoint,
            receipt,
            reply,
        },
        3_000,
    );
    assert!(held);
    agent.keeper.tick(&at(3_500)).unwrap();
    assert!(agent.submit(vec![seen("https://a.example/", 10)], "1", 4_000));
    agent.keeper.tick(&at(9_000)).unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<&str> = records
        .iter()
        .map(|record| record.kind().as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "agent_started",
            "gap",
            "source_restored",
            "gap",
            "web_visit"
        ]
    );
    let Fact::Gap(gap) = &records[3].fact else {
        unreachable!()
    };
    assert_eq!((gap.cause, gap.count), (GapCause::Overflow, None));
    assert_eq!(
        (gap.from, gap.to),
        (Some(at(1_000).at.0), Some(at(4_000).at.0))
    );
}

#[test]
fn a_full_disk_is_a_gap_and_each_visit_is_stored_once() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    agent.keeper.tick(&at(5_000)).unwrap();
    let before = world.collect(&agent).len();
    agent.keeper.journal.leave_pages(0);
    let long = "z".repeat(20_000);
    let visits: Vec<Observation> = (0..3)
        .map(|n| seen(&format!("https://{n}.example/{long}"), 6_000 + n))
        .collect();
    let exempt = seen("https://solicitor.example/", 6_009);
    let batch: Vec<Observation> = visits.into_iter().chain([exempt]).collect();
    for ms in [6_000, 7_000] {
        assert!(!agent.submit(batch.clone(), "5", ms));
        assert_eq!(agent.cursor(), None);
    }
    assert!(agent.status("alex").why.contains("the disk is full"));
    let beat = agent.keeper.next_tick(&at(7_000));
    assert_eq!(beat, 53_000, "the source comes again by itself");
    agent.keeper.journal.leave_pages(1_000_000);
    assert!(agent.submit(batch, "5", 8_000));
    agent.keeper.tick(&at(13_000)).unwrap();
    agent.keeper.tick(&at(60_000)).unwrap();
    agent.keeper.stop(stopped(), &at(61_000)).unwrap();
    let records = world.collect(&agent);
    let Fact::Gap(gap) = &records[0].fact else {
        panic!("{records:?}");
    };
    assert_eq!((before > 0, gap.cause), (true, GapCause::DiskFull));
    assert_eq!(
        (gap.from, gap.to),
        (Some(at(6_000).at.0), Some(at(8_000).at.0))
    );
    let visits = records.iter().filter(|r| r.kind() == Kind::WebVisit);
    assert_eq!(visits.count(), 3);
    let heartbeat = records.iter().find(|r| r.kind() == Kind::Heartbeat);
    let stated = heartbeat.unwrap().fact.to_json().unwrap();
    assert!(stated.contains(r#""suppressed":{"E1":1}"#), "{stated}");
}

#[test]
fn too_many_things_to_say_are_counted() {
    let mut world = World::new();
    let mut agent = world.start_with(Limits { bytes: 0, ..ROOMY }, &at(0));
    let mut messages: Vec<ToPipeline> = (0..health::MAX_UNSAID + 5)
        .map(|_| ToPipeline::Health(Health::Restored { source: "x".into() }))
        .collect();
    agent.keeper.take(&mut messages, &at(1)).unwrap();
    assert_eq!(agent.keeper.unsaid.facts.len(), health::MAX_UNSAID + 1);
    let Some((_, Fact::Gap(gap))) = agent.keeper.unsaid.facts.back() else {
        panic!("no gap");
    };
    // The start was the first to wait.
    assert_eq!(gap.count, Some(6));
    assert!(world.collect(&agent).is_empty() && world.dir.path().join(FILE).exists());
}
