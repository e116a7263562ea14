//! Nobody sets a clock, suspends a computer or starts it anew without records that say so. The real
//! agent, with the kernel's clocks of a computer that slept, whose clock was set, or that was started
//! anew between two of its runs.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::Record;
use proviso_report::fact::{
    AgentStarted, ClockStepped, Fact, Gap, GapCause, PowerWas, PreviousEnd,
};
use proviso_tests::agent::Computer;
use proviso_tests::held::records;
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const HOUR: i64 = 3_600;
/// What a slow computer may need between two looks at its clocks, in milliseconds.
const SLACK: i64 = 60_000;

fn watched(scene: &Scene) -> Computer {
    scene.person(PERSON).unwrap();
    let computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer
}

/// What the next run of the agent says before its first sign of life.
fn next_run(scene: &Scene, computer: &mut Computer) -> Vec<Record> {
    let runs = starts(&held(scene)).len();
    computer.start_recording().unwrap();
    until("a sign of life of this run", PATIENCE, || {
        let all = held(scene);
        let Some(first) = starts(&all).get(runs).copied() else {
            return Ok(None);
        };
        let said = &all[first..];
        let beats = |record: &Record| matches!(record.fact, Fact::Heartbeat(_));
        let end = said.iter().position(beats);
        Ok(end.map(|end| said[..end].to_vec()))
    })
    .unwrap()
}

/// The whole log.
fn held(scene: &Scene) -> Vec<Record> {
    let all = records(&scene.collector).unwrap().into_iter();
    all.map(|held| held.record).collect()
}

/// Where runs begin.
fn starts(log: &[Record]) -> Vec<usize> {
    let starts = |n: &usize| matches!(log[*n].fact, Fact::AgentStarted(_));
    (0..log.len()).filter(starts).collect()
}

/// When the power changed in this way, if it did.
fn power(said: &[Record], wanted: PowerWas) -> Option<i64> {
    said.iter().find_map(|record| match &record.fact {
        Fact::Power(power) if power.change == wanted => Some(record.at.0),
        _ => None,
    })
}

fn gap(said: &[Record], wanted: GapCause) -> Option<&Gap> {
    said.iter().find_map(|record| match &record.fact {
        Fact::Gap(gap) if gap.cause == wanted => Some(gap),
        _ => None,
    })
}

/// By how many milliseconds the clock was set.
fn stepped(said: &[Record]) -> Option<i64> {
    said.iter().find_map(|record| match &record.fact {
        Fact::ClockStepped(ClockStepped { by_ms }) => Some(*by_ms),
        _ => None,
    })
}

fn is_about(ms: i64, seconds: i64) -> bool {
    (ms - seconds * 1_000).abs() < SLACK
}

#[test]
fn a_clock_that_is_set_and_a_sleep_are_records() {
    let scene = Scene::new().unwrap();
    let mut computer = watched(&scene);
    let said = next_run(&scene, &mut computer);
    assert!(power(&said, PowerWas::Asleep).is_none(), "{said:?}");
    assert!(stepped(&said).is_none(), "{said:?}");
    computer.stop().unwrap();

    // An hour passed since boot, and not by the clock on the wall: somebody set that one back.
    computer.let_pass(HOUR, HOUR);
    let said = next_run(&scene, &mut computer);
    assert!(is_about(stepped(&said).unwrap(), -HOUR), "{said:?}");
    let set = gap(&said, GapCause::Clock).unwrap();
    assert!(
        is_about(set.to.unwrap() - set.from.unwrap(), -HOUR),
        "{set:?}"
    );
    assert!(power(&said, PowerWas::Asleep).is_none(), "{said:?}");
    computer.stop().unwrap();

    // The computer slept through another hour.
    computer.let_pass(2 * HOUR, HOUR);
    let said = next_run(&scene, &mut computer);
    let asleep = power(&said, PowerWas::Asleep).unwrap();
    let awake = power(&said, PowerWas::Awake).unwrap();
    assert!(is_about(awake - asleep, HOUR), "{said:?}");
}

#[test]
fn a_computer_that_is_started_anew_without_a_word_is_a_record() {
    let scene = Scene::new().unwrap();
    let mut computer = watched(&scene);
    next_run(&scene, &mut computer);
    computer.kill().unwrap();
    // It boots a second later, so that this is after every sign of life by any clock.
    let killed = since_boot();
    let booted = until("the computer to start anew", PATIENCE, || {
        let now = since_boot();
        Ok((now >= killed + 2).then_some(now))
    })
    .unwrap();
    let boot_id = "/proc/sys/kernel/random/boot_id";
    let script = "echo 01234567-89ab-4def-8123-456789abcdef >\"$1\"; mount --bind \"$1\" \"$2\"";
    done(
        computer
            .machine
            .command("sh")
            .args(["-eu", "-c", script, "sh"])
            .arg(computer.machine.inside("boot_id"))
            .arg(boot_id),
    )
    .unwrap();
    computer.let_pass(-booted, -booted);
    let said = next_run(&scene, &mut computer);
    assert!(
        matches!(&said[0].fact, Fact::AgentStarted(AgentStarted { previous, .. })
            if *previous == PreviousEnd::Killed),
        "{said:?}"
    );
    let on = power(&said, PowerWas::On).unwrap();
    let off = gap(&said, GapCause::Off).unwrap();
    assert!(off.from.unwrap() <= on && on <= off.to.unwrap(), "{said:?}");
    for cause in [GapCause::Clock, GapCause::Killed] {
        assert!(gap(&said, cause).is_none(), "{said:?}");
    }
    assert!(stepped(&said).is_none(), "{said:?}");
}

/// Whole seconds since the real boot.
fn since_boot() -> i64 {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    uptime.split('.').next().unwrap().parse().unwrap()
}
