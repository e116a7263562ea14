//! A real systemd runs the agent and the process that watches it, by the units that the installer writes: with all
//! that the units take from them both do their work, they come back when they are killed, and say why they stop.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const AGENT: &str = "proviso-agent.service";
const WATCH: &str = "proviso-watch.service";

/// What systemd says of a unit.
fn property(computer: &Computer, unit: &str, name: &str) -> anyhow::Result<String> {
    let mut show = computer.machine.command("systemctl");
    let said = done(show.args(["show", "--value", "--property", name, unit]))?;
    Ok(said.trim().to_owned())
}

/// Kills a unit's process, and waits until another one runs.
fn kill(computer: &Computer, unit: &str) {
    let before = property(computer, unit, "MainPID").unwrap();
    let mut kill = computer.machine.command("systemctl");
    done(kill.args(["kill", "--signal", "KILL", unit])).unwrap();
    until("it to be started again", PATIENCE, || {
        let now = property(computer, unit, "MainPID")?;
        Ok((now != "0" && now != before).then_some(()))
    })
    .unwrap();
}

fn started(scene: &Scene) -> usize {
    let held = records(&scene.collector).unwrap();
    held.iter()
        .filter(|held| matches!(held.record.fact, Fact::AgentStarted(_)))
        .count()
}

#[test]
fn systemd_runs_both_and_starts_them_again() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    let said = computer.serve().unwrap();
    assert!(said.contains("run now and after every start"), "{said}");
    let recording = |computer: &Computer| {
        until("the order to be in force", PATIENCE, || {
            Ok(computer.is_recording().unwrap_or(false).then_some(()))
        })
        .unwrap();
    };
    recording(&computer);
    // It tells systemd that it lives, and is held to what the unit allows.
    for (unit, name, value) in [
        (AGENT, "MemoryMax", "134217728"),
        (AGENT, "CPUQuotaPerSecUSec", "200ms"),
        (AGENT, "TasksMax", "64"),
        (AGENT, "NoNewPrivileges", "yes"),
        (WATCH, "MemoryMax", "33554432"),
        (WATCH, "PrivateNetwork", "yes"),
    ] {
        assert_eq!(property(&computer, unit, name).unwrap(), value, "{name}");
    }
    until("the agent to say that it lives", PATIENCE, || {
        let last = property(&computer, AGENT, "WatchdogTimestampMonotonic")?;
        Ok((last != "0").then_some(()))
    })
    .unwrap();
    let before = started(&scene);
    kill(&computer, AGENT);
    until("the collector to hear that it began anew", PATIENCE, || {
        Ok((started(&scene) > before).then_some(()))
    })
    .unwrap();
    recording(&computer);

    kill(&computer, WATCH);
    wait_for_record(
        &scene.collector,
        "the return of the process that watches",
        |held| matches!(&held.record.fact, Fact::SourceRestored(it) if it.source == "watch"),
    )
    .unwrap();

    // Nothing that it needs is kept from it.
    let failed: Vec<_> = records(&scene.collector)
        .unwrap()
        .into_iter()
        .filter_map(|held| match held.record.fact {
            Fact::SourceFailed(it) if it.source != "watch" => Some((it.source, it.reason)),
            _ => None,
        })
        .collect();
    assert_eq!(failed, []);

    let said = done(&mut computer.service("remove")).unwrap();
    assert!(said.contains("will not start again"), "{said}");
    wait_for_record(&scene.collector, "the reason of its end", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();
    for unit in [AGENT, WATCH] {
        assert_eq!(property(&computer, unit, "LoadState").unwrap(), "not-found");
    }
}
