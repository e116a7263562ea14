//! Whoever changes the agent's settings, units or policies leaves a record; what the installer
//! writes is no such change.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::{AgentAltered, Fact};
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::done;
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
