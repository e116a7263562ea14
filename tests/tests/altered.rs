//! Whoever changes the agent's settings, units or policies leaves a record; what the installer
//! writes is no such change.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::{AgentAltered, Fact};
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::{Running, done};
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

fn altered(scene: &Scene) -> Vec<AgentAltered> {
    let all = records(&scene.collector).unwrap();
    let facts = all.into_iter().map(|held| held.record.fact);
    facts
        .filter_map(|fact| match fact {
            Fact::AgentAltered(it) => Some(it),
            _ => None,
        })
        .collect()
}

fn wait_for(scene: &Scene, part: &str, words: &str) -> AgentAltered {
    let held = wait_for_record(&scene.collector, &format!("{part}: {words}"), |held| {
        matches!(&held.record.fact, Fact::AgentAltered(it)
            if it.part == part && it.detail.ends_with(words))
    });
    match held.unwrap().record.fact {
        Fact::AgentAltered(it) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_units_and_policies_are_watched() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let computer = scene.computer(PERSON).unwrap();
    until("the agent's files to be sealed", PATIENCE, || {
        Ok(computer.said().contains("sealed as they are").then_some(()))
    })
    .unwrap();
    let settings = computer.state().join("agent.toml");
    let before = std::fs::read(&settings).unwrap();
    computer.beat_each_second().unwrap();
    wait_for(&scene, "settings", "agent.toml: not what it was");
    std::fs::write(&settings, before).unwrap();
    wait_for(&scene, "settings", "agent.toml: again what it was");
    // Of the installer's first writing nothing was said; now its policy goes.
    let parts: Vec<_> = altered(&scene).into_iter().map(|it| it.part).collect();
    assert_eq!(parts, ["settings", "settings"]);
    let ledger = std::fs::read_to_string(computer.state().join("browsers.json")).unwrap();
    let ledger: serde_json::Value = serde_json::from_str(&ledger).unwrap();
    let policy = ledger["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .find(|path| path.contains("chromium/policies"))
        .unwrap();
    done(computer.machine.command("rm").arg(policy)).unwrap();
    let it = wait_for(&scene, "policy", ": gone");
    assert!(it.detail.starts_with(policy), "{it:?}");
    computer.tell_browsers().unwrap();
    wait_for(&scene, "policy", ": again what it was");
    // What changes a unit without touching it; below `/etc`, which is this computer's own.
    let folder = "/etc/systemd/system/proviso-agent.service.d";
    let mkdir = ["--parents", folder];
    done(computer.machine.command("mkdir").args(mkdir)).unwrap();
    wait_for(&scene, "service", ": there, and was not before");
}

#[test]
fn another_program_in_its_place_is_seen_at_the_next_start() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let computer = scene.enrolled(PERSON).unwrap();
    let copy = computer.machine.dir().join("copied-agent");
    std::fs::copy(program("proviso-agent").unwrap(), &copy).unwrap();
    let start = |n: usize| {
        let log = scene.dir().join("copied.log");
        let mut command = computer
            .machine
            .command(computer.machine.inside("copied-agent"));
        command
            .args(["run", "--state"])
            .arg(computer.machine.inside("agent"));
        let running = Running::start(command, &log).unwrap();
        until("it to start", PATIENCE, || {
            let all = records(&scene.collector)?;
            let starts = all
                .iter()
                .filter(|held| matches!(held.record.fact, Fact::AgentStarted(_)));
            Ok((starts.count() == n).then_some(()))
        })
        .unwrap_or_else(|fault| panic!("{fault}\n{}", running.said()));
        running
    };
    let first = start(1);
    until("the agent's files to be sealed", PATIENCE, || {
        Ok(first.said().contains("sealed as they are").then_some(()))
    })
    .unwrap();
    assert!(first.stop(PATIENCE).unwrap().success());
    // Put in its place, as no update does it: the version is the same.
    let other = computer.machine.dir().join("other-agent");
    std::fs::copy(&copy, &other).unwrap();
    let mut bytes = std::fs::OpenOptions::new()
        .append(true)
        .open(&other)
        .unwrap();
    std::io::Write::write_all(&mut bytes, b"!").unwrap();
    drop(bytes);
    std::fs::rename(&other, &copy).unwrap();
    let running = start(2);
    wait_for(&scene, "program", "copied-agent: not what it was");
    assert_eq!(altered(&scene).len(), 1);
    drop(running);
}
