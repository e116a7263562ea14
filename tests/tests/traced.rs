//! An agent that is stopped, or frozen with its group, leaves a record.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::Path;
use std::time::{Duration, Instant};

use proviso_agent::platform::clock;
use proviso_report::fact::{Fact, Gap};
use proviso_tests::agent::Computer;
use proviso_tests::held::{Held, wait_for_record};
use proviso_tests::process::Running;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};
use rustix::process::{Pid, Signal, kill_process};

/// Of two signs within so many milliseconds the agent tells the first.
const SAME: i64 = 2_000;
/// A time of so many that nobody explains is told as such.
const LATE: i64 = 10_000;

fn recording(scene: &Scene) -> (Computer, Pid) {
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    wait_for_record(&scene.collector, "a heartbeat", |held| {
        matches!(held.record.fact, Fact::Heartbeat(_))
    })
    .unwrap();
    let pid = Pid::from_raw(computer.id().unwrap().cast_signed()).unwrap();
    (computer, pid)
}

/// What the agent says of a time in which it did nothing.
fn stop(held: &Held) -> Option<&Gap> {
    match &held.record.fact {
        Fact::Gap(gap) if gap.source.as_deref() == Some("agent") => Some(gap),
        _ => None,
    }
}

#[test]
fn a_debugger_is_seen_while_it_holds_the_agent() {
    let scene = Scene::new().unwrap();
    let (computer, _) = recording(&scene);
    // From inside the computer: the system names to nobody a tracer that stands outside of it.
    const HOLD: &str = "exec gdb --batch -nx --readnever -iex 'set debuginfod enabled off' \
                        -iex 'set auto-load off' -p \"$(pgrep -o -x proviso-agent)\" -ex continue";
    let mut gdb = computer.machine.command("sh");
    gdb.args(["-c", HOLD]);
    let gdb = Running::start(gdb, &scene.dir().join("gdb.log")).unwrap();
    let held = wait_for_record(&scene.collector, "the debugger", |held| {
        matches!(held.record.fact, Fact::AgentTraced(_))
    });
    let held = held.unwrap_or_else(|fault| panic!("{fault}\n{}", gdb.said()));
    let Fact::AgentTraced(traced) = &held.record.fact else {
        unreachable!()
    };
    let by = traced.by.as_deref().unwrap();
    assert!(by.ends_with("/gdb"), "{by}");
    // It goes, and the agent goes on.
    gdb.kill().unwrap();
    let since = held.record.seq;
    wait_for_record(&scene.collector, "a sign of life", |held| {
        held.record.seq > since + 1 && matches!(held.record.fact, Fact::Heartbeat(_))
    })
    .unwrap();
}

#[test]
fn a_stop_is_seen_when_the_agent_goes_on() {
    let scene = Scene::new().unwrap();
    let (_computer, pid) = recording(&scene);
    kill_process(pid, Signal::STOP).unwrap();
    until("the agent to be stopped", PATIENCE, || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
        Ok(stat.contains(") T ").then_some(()))
    })
    .unwrap();
    // A computer that was too busy for the agent before is told as well, and is not this stop.
    let stopped = clock::now().0;
    kill_process(pid, Signal::CONT).unwrap();
    let held = wait_for_record(&scene.collector, "the stop", |held| {
        stop(held).is_some_and(|gap| gap.to > Some(stopped - SAME))
    })
    .unwrap();
    let gap = stop(&held).unwrap();
    // On such a computer the time itself can be what tells.
    let by_time = gap.detail.contains("while the computer was awake")
        && gap.to.unwrap() - gap.from.unwrap() > LATE;
    assert!(by_time || gap.detail.contains("SIGCONT"), "{gap:?}");
}

#[test]
fn a_frozen_group_is_seen_by_the_time_that_passed() {
    let scene = Scene::new().unwrap();
    let (_computer, pid) = recording(&scene);
    let group = Group::make(&format!("proviso-frozen-{}", std::process::id()));
    group.put("cgroup.procs", &pid.as_raw_nonzero().to_string());
    group.put("cgroup.freeze", "1");
    until("the agent to be frozen", PATIENCE, || {
        let events = std::fs::read_to_string(group.0.join("cgroup.events"))?;
        Ok(events.contains("frozen 1").then_some(()))
    })
    .unwrap();
    // Longer than a busy computer lets a process wait: what is awaited here is time itself.
    let begun = Instant::now();
    until("time to pass", PATIENCE, || {
        Ok((begun.elapsed() > Duration::from_secs(12)).then_some(()))
    })
    .unwrap();
    group.put("cgroup.freeze", "0");
    let held = wait_for_record(&scene.collector, "the time", |held| stop(held).is_some()).unwrap();
    let gap = stop(&held).unwrap();
    assert!(
        gap.detail.contains("while the computer was awake"),
        "{gap:?}"
    );
    let length = gap.to.unwrap() - gap.from.unwrap();
    assert!(length > LATE, "{gap:?}");
}

/// A group of the system's own for processes; gone, once they are, with the test.
struct Group(std::path::PathBuf);

impl Group {
    fn make(name: &str) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        let place = mounts
            .lines()
            .filter_map(|line| line.split_once(" - "))
            .find(|(_, system)| system.starts_with("cgroup2 "))
            .and_then(|(mount, _)| mount.split(' ').nth(4));
        // A system without control groups of version 2 fails here: mount them.
        let group = Path::new(place.unwrap()).join(name);
        std::fs::create_dir(&group).unwrap();
        Self(group)
    }

    fn put(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(std::fs::write(self.0.join("cgroup.freeze"), "0"));
        // The topmost group takes them back.
        if let Ok(inside) = std::fs::read_to_string(self.0.join("cgroup.procs")) {
            for process in inside.lines() {
                let above = self.0.with_file_name("cgroup.procs");
                drop(std::fs::write(above, process));
            }
        }
        drop(std::fs::remove_dir(&self.0));
    }
}
