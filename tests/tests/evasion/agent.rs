//! What people do to the agent in order not to be seen.

use anyhow::ensure;
use proviso_report::fact::{Fact, GapCause, Kind, PreviousEnd};
use proviso_tests::evasion::{Watched, starts};
use proviso_tests::held::{Held, records};
use proviso_tests::process::Running;
use proviso_tests::wait::{PATIENCE, until};

const HOUR: i64 = 3_600;

pub(super) fn clock_set_back() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::recording()?;
    watched.record("a sign of life", |fact| matches!(fact, Fact::Heartbeat(_)))?;
    watched.computer.stop()?;
    // An hour passed since boot, and not by the clock on the wall.
    watched.computer.let_pass(HOUR, HOUR);
    watched.computer.start_recording()?;
    let stepped = watched.record(
        "the step",
        |fact| matches!(fact, Fact::ClockStepped(step) if step.by_ms < -(HOUR - 60) * 1_000),
    )?;
    let gap = watched.record(
        "the gap",
        |fact| matches!(fact, Fact::Gap(gap) if gap.cause == GapCause::Clock),
    )?;
    Ok(vec![stepped, gap])
}

pub(super) fn killed_and_started() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::recording()?;
    watched.start_marker()?;
    watched.computer.kill()?;
    watched.run_as("meanwhile", &["1000"])?.kill()?;
    watched.computer.start_recording()?;
    let started = watched.record(
        "how it ended",
        |fact| matches!(fact, Fact::AgentStarted(start) if start.previous == PreviousEnd::Killed),
    )?;
    let gap = watched.record(
        "for how long it was down",
        |fact| matches!(fact, Fact::Gap(gap) if gap.cause == GapCause::Killed),
    )?;
    let mut running = Vec::new();
    watched.until_told(
        "a program afterwards",
        |number| {
            running.push(watched.marker("after", number)?);
            Ok(())
        },
        |fact| starts(fact, "after-"),
    )?;
    let all = records(&watched.scene.collector)?;
    let seen = all
        .iter()
        .any(|held| starts(&held.record.fact, "meanwhile"));
    ensure!(!seen, "what was done meanwhile was seen: {all:?}");
    Ok(vec![started, gap])
}

pub(super) fn stopped() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::recording()?;
    watched.computer.stop()?;
    let held = watched.record("that it was stopped", |fact| {
        matches!(fact, Fact::AgentStopped(_))
    })?;
    Ok(vec![held])
}

pub(super) fn network_cut() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::on_a_network()?;
    watched.start_marker()?;
    watched.root("ip link set lo down")?;
    let before = watched.recorded(Kind::ProcessStart)?;
    let _running = watched.run_as("offline", &["1000"])?;
    until("the program to be recorded", PATIENCE, || {
        Ok((watched.recorded(Kind::ProcessStart)? > before).then_some(()))
    })?;
    watched.root("ip link set lo up")?;
    let held = watched.record("the program", |fact| starts(fact, "offline"))?;
    Ok(vec![held])
}

pub(super) fn settings_altered() -> anyhow::Result<Vec<Held>> {
    let watched = Watched::recording()?;
    let held = watched.until_told(
        "settings that were changed",
        |number| {
            watched.computer.configure(|config| {
                let seconds = toml::Value::Integer(i64::from(number) + 1);
                config.insert("heartbeat_seconds".into(), seconds);
            })
        },
        |fact| matches!(fact, Fact::AgentAltered(it) if it.part == "settings"),
    )?;
    Ok(vec![held])
}

pub(super) fn taken_off() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::recording()?;
    let settings = watched.computer.state().join("agent.toml");
    until("the agent's files to be sealed", PATIENCE, || {
        let said = watched.computer.said();
        Ok(said.contains("sealed as they are").then_some(()))
    })?;
    std::fs::remove_file(settings)?;
    let held = watched.record(
        "that they are gone",
        |fact| matches!(fact, Fact::AgentAltered(it) if it.detail.ends_with("agent.toml: gone")),
    )?;
    watched.computer.kill()?;
    Ok(vec![held])
}

pub(super) fn debugger() -> anyhow::Result<Vec<Held>> {
    const HOLD: &str = "exec gdb --batch -nx --readnever -iex 'set debuginfod enabled off' \
                        -iex 'set auto-load off' -p \"$(pgrep -o -x proviso-agent)\" -ex continue";
    let watched = Watched::recording()?;
    watched.record("a sign of life", |fact| matches!(fact, Fact::Heartbeat(_)))?;
    let mut gdb = watched.computer.machine.command("sh");
    gdb.args(["-euc", HOLD]);
    let _holding = Running::start(gdb, &watched.log())?;
    let held = watched.record("who traces", |fact| matches!(fact, Fact::AgentTraced(_)))?;
    Ok(vec![held])
}

pub(super) fn firewall() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::on_a_network()?;
    watched.computer.stop()?;
    watched.root(
        "nft add table inet away; \
         nft add chain inet away out '{ type filter hook output priority 0; }'; \
         nft add rule inet away out meta l4proto udp drop",
    )?;
    watched.computer.start()?;
    until("the agent to notice", PATIENCE, || {
        let said = watched.computer.said();
        let noticed = said.contains("something on this computer blocks the collector");
        Ok(noticed.then_some(()))
    })?;
    watched.root("nft delete table inet away")?;
    let held = watched.record(
        "what blocked",
        |fact| matches!(fact, Fact::CollectorBlocked(it) if it.how == "firewall"),
    )?;
    Ok(vec![held])
}

pub(super) fn right_taken_away() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    watched.computer.take_away("net_admin");
    watched.computer.start_recording()?;
    let held = watched.record(
        "the right that is missing",
        |fact| matches!(fact, Fact::SourceFailed(it) if it.source == "right:CAP_NET_ADMIN"),
    )?;
    Ok(vec![held])
}
