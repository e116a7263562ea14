//! Two processes watch each other: kill -9 of either leaves a record, with when and how.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_agent::platform::clock;
use proviso_report::fact::{Fact, GapCause};
use proviso_tests::agent::Computer;
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::process::{Running, output};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

/// Starts the process that watches, and waits until both know of each other.
fn watch(computer: &Computer, scene: &Scene) -> Running {
    let log = scene.dir().join("watch.log");
    let mut running = Running::start(computer.command("watch"), &log).unwrap();
    both_watch(computer, &mut running);
    running
}

fn both_watch(computer: &Computer, running: &mut Running) {
    let agent = computer.id().unwrap();
    let own = running.id();
    until("the two to watch each other", PATIENCE, || {
        running.check()?;
        let watched = inside(own, &computer.said(), "the agent is watched");
        let watches = inside(agent, &running.said(), "watches the agent");
        Ok((watched && watches).then_some(()))
    })
    .unwrap();
}

/// Does the last such line name this process, by the number that it has inside its computer?
fn inside(id: u32, said: &str, words: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let number = numbers.and_then(|numbers| numbers.split_whitespace().last());
    let line = said.lines().rfind(|line| line.contains(words));
    line.zip(number)
        .is_some_and(|(line, number)| line.ends_with(&format!("pid={number}")))
}

/// From Linux 6.15 on the system tells everybody how a process ended.
fn tells_signals() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map(|one| one.parse().unwrap_or(0_u32));
    (numbers.next(), numbers.next()) >= (Some(6), Some(15))
}

fn is_failure(held: &Held, of: &str) -> bool {
    matches!(&held.record.fact, Fact::SourceFailed(it) if it.source == of)
}

#[test]
fn kill_9_of_either_process_is_recorded_by_the_other() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    let watcher = watch(&computer, &scene);

    // The one that watches.
    watcher.kill().unwrap();
    let failed = wait_for_record(&scene.collector, "its end", |held| {
        is_failure(held, "watch")
    })
    .unwrap();
    let Fact::SourceFailed(it) = &failed.record.fact else {
        panic!("{failed:?}");
    };
    if tells_signals() {
        assert!(it.reason.contains("signal 9 (SIGKILL)"), "{}", it.reason);
    }
    let mut watcher = watch(&computer, &scene);
    wait_for_record(
        &scene.collector,
        "its return",
        |held| matches!(&held.record.fact, Fact::SourceRestored(it) if it.source == "watch"),
    )
    .unwrap();
    let second = output(&mut computer.command("watch")).unwrap();
    assert_eq!(second.status.code(), Some(6), "{second:?}");

    // The agent.
    let before = clock::now().0;
    computer.kill().unwrap();
    until("its end to be noted", PATIENCE, || {
        watcher.check()?;
        Ok(watcher.said().contains("the agent ended").then_some(()))
    })
    .unwrap();
    let after = clock::now().0;
    computer.start_recording().unwrap();
    let held = wait_for_record(
        &scene.collector,
        "the gap",
        |held| matches!(&held.record.fact, Fact::Gap(gap) if gap.cause == GapCause::Killed),
    )
    .unwrap();
    let Fact::Gap(gap) = &held.record.fact else {
        panic!("{held:?}");
    };
    let from = gap.from.unwrap();
    assert!((before..=after).contains(&from), "{before} {gap:?} {after}");
    assert!(
        gap.detail.contains("the process that watches it saw"),
        "{gap:?}"
    );
    if tells_signals() {
        let how = "it was ended by signal 9 (SIGKILL)";
        assert!(gap.detail.starts_with(how), "{gap:?}");
    }

    // And so on: the next one is watched too, and an end in good order is no kill.
    both_watch(&computer, &mut watcher);
    computer.stop().unwrap();
    computer.start_recording().unwrap();
    both_watch(&computer, &mut watcher);
    wait_for_record(&scene.collector, "a sign of life after it", |later| {
        later.record.seq > held.record.seq && matches!(later.record.fact, Fact::AgentStarted(_))
    })
    .unwrap();
    let kills = records(&scene.collector).unwrap();
    let kills = kills.iter().filter(
        |held| matches!(&held.record.fact, Fact::Gap(gap) if gap.cause == GapCause::Killed),
    );
    assert_eq!(kills.count(), 1);
}
