//! Orders begin, end and follow each other.

use super::*;

#[test]
fn the_order_ends_by_the_clock() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    let end = 19 * 3_600_000;
    assert!(agent.wanted.borrow_and_update().wants(Kind::WebVisit));
    agent.keeper.tick(&at(end - 1)).unwrap();
    assert_eq!(agent.keeper.next_tick(&at(end - 1)), 1);
    assert!(!agent.wanted.has_changed().unwrap());
    let late = vec![
        seen("https://in-time.example/", end - 1),
        seen("https://late.example/", end),
    ];
    assert!(agent.submit(late, "3", end));
    assert_eq!(*agent.wanted.borrow_and_update(), Wanted::default());
    assert_eq!(world.collect_kinds(&agent).last(), Some(&"order_ended"));
    assert!(!agent.status("alex").on);
    agent.keeper.tick(&at(end + 5_000)).unwrap();
    let [visit] = &world.collect(&agent)[..] else {
        panic!("one visit happened in its term");
    };
    assert_eq!(
        (visit.at, visit.order),
        (at(end - 1).at, agent.keeper.book.digest())
    );
    assert!(!is_on_disk(world.dir.path(), b"//late.example"));
    let standing: Standing = agent.ask(Ask::Standing, end);
    assert!(standing.order.is_some(), "the last one that was");
}

#[test]
fn what_happened_before_an_order_took_over_is_for_the_one_of_before() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    let one = agent.keeper.book.digest();
    let two = world.take_next(&mut agent, 2, 60_000);
    // Nothing is forgotten over a restart.
    drop(agent);
    let mut agent = world.start(&at(61_000));
    assert_eq!(agent.keeper.book.digest(), Some(two));
    let backlog = vec![
        seen("https://social.example/before", 59_999),
        seen("https://social.example/after", 60_000),
    ];
    assert!(agent.submit(backlog.clone(), "1", 62_000));
    agent.keeper.tick(&at(70_000)).unwrap();
    let records = world.collect(&agent);
    let visits: Vec<_> = records
        .iter()
        .filter(|record| record.kind() == Kind::WebVisit)
        .map(|record| (record.at, record.order, record.clauses.concat()))
        .collect();
    assert_eq!(visits, [(at(59_999).at, one, "14".to_owned())]);
    assert!(!is_on_disk(world.dir.path(), b"social.example/after"));

    // Two versions further the first cannot judge any more.
    world.take_next(&mut agent, 3, 80_000);
    assert!(agent.submit(backlog, "2", 90_000));
    agent.keeper.tick(&at(100_000)).unwrap();
    let records = world.collect(&agent);
    let gaps: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.fact {
            Fact::Gap(gap) => Some((gap.cause, gap.count, gap.from)),
            _ => None,
        })
        .collect();
    let lost = (GapCause::DroppedByAge, Some(1), Some(at(59_999).at.0));
    assert_eq!(gaps, [lost]);
    assert!(records.iter().all(|record| record.kind() != Kind::WebVisit));
}

#[test]
fn an_order_that_was_taken_by_a_wrong_clock_binds_by_the_right_one() {
    let mut world = World::new();
    let mut agent = world.start(&at(3_600_000));
    let digest = world.take_next(&mut agent, 1, 3_600_000);
    assert_eq!(agent.keeper.book.digest(), Some(digest));
    agent.keeper.tick(&at(10_000)).unwrap();
    let start = ProcessStart {
        exe: None,
        name: "shred".into(),
        args: vec![],
        pid: 1,
        started: 1,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    };
    let wiping = Observation {
        fact: start.into(),
        ..seen("", 20_000)
    };
    assert!(agent.submit(vec![wiping], "1", 20_000));
    agent.keeper.stop(stopped(), &at(21_000)).unwrap();
    assert!(world.collect_kinds(&agent).contains(&"process_start"));
}
