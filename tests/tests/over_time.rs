//! Rules that count over time, through kills of agent and collector: what they find is found once,
//! and whoever follows the same log finds the same.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::process::Command;

use proviso_collector::judging::OrderBook;
use proviso_collector::store::devices::Device;
use proviso_collector::store::judged::{self, CannotTell, Kept};
use proviso_collector::store::{PersonId, Read, SqlError, Store, StoreError, devices, people};
use proviso_rules::ENGINE;
use proviso_tests::collector::Found;
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::process::output;
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const RULES: &str = r#"
[[rule]]
id = "4.b"
clause = "4"
says = "Possible breach if a chat is opened three times within an hour."
severity = "breach"
on = ["web_visit"]
any = [{ host = ["chat.example"] }]
threshold = { count = 3, within = "1h" }
[[rule.test]]
events = [
    { kind = "web_visit", url = "https://chat.example/1", at = "@DAY@T20:00:00Z" },
    { kind = "web_visit", url = "https://chat.example/2", at = "@DAY@T20:10:00Z" },
    { kind = "web_visit", url = "https://chat.example/3", at = "@DAY@T20:20:00Z" },
]
expect = "match"
[[rule.test]]
events = [
    { kind = "web_visit", url = "https://chat.example/1", at = "@DAY@T20:00:00Z" },
    { kind = "web_visit", url = "https://chat.example/2", at = "@DAY@T20:10:00Z" },
]
expect = "no_match"

[[rule]]
id = "4.c"
clause = "4"
says = "Kept to see what follows a social network."
severity = "log"
on = ["web_visit"]
any = [{ host = ["after.example"] }]
[[rule.test]]
event = { kind = "web_visit", url = "https://after.example/", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://before.example/", at = "@DAY@T20:00:00Z" }
expect = "no_match"

[[rule]]
id = "4.d"
clause = "4"
says = "Possible breach if that page is opened within an hour of a social network."
severity = "breach"
sequence = { first = "4.a", then = "4.c", within = "1h" }
[[rule.test]]
events = [
    { kind = "web_visit", url = "https://www.facebook.com/groups", at = "@DAY@T20:00:00Z" },
    { kind = "web_visit", url = "https://after.example/", at = "@DAY@T20:10:00Z" },
]
expect = "match"
[[rule.test]]
events = [
    { kind = "web_visit", url = "https://after.example/", at = "@DAY@T20:00:00Z" },
    { kind = "web_visit", url = "https://www.facebook.com/groups", at = "@DAY@T20:10:00Z" },
]
expect = "no_match"
"#;

/// Findings of these rules, in the order of the log.
fn found(scene: &Scene, rules: &[&str]) -> Vec<Found> {
    let mut all = scene.collector.findings().unwrap();
    all.retain(|one| rules.contains(&one.rule.as_str()));
    all.sort_by_key(|one| one.seq);
    all
}

#[test]
fn what_is_counted_over_time_is_found_once_through_kills_and_verifies() {
    let mut scene = Scene::new().unwrap();
    scene.person_with(PERSON, RULES).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000e1").unwrap();

    for n in 1..=2 {
        let url = format!("https://chat.example/{n}");
        extension.visit(&url, PATIENCE).unwrap();
        wait_for_record(&scene.collector, &url, |held| held.is_visit_of(&url)).unwrap();
    }
    computer.kill().unwrap();
    scene.collector.kill().unwrap();
    scene.collector.serve().unwrap();
    computer.start_quickly().unwrap();
    for n in 3..=5 {
        let url = format!("https://chat.example/{n}");
        extension.visit(&url, PATIENCE).unwrap();
        wait_for_record(&scene.collector, &url, |held| held.is_visit_of(&url)).unwrap();
    }
    let burst = found(&scene, &["4.b"]);
    assert_eq!(burst.len(), 1, "{burst:?}");
    let third = wait_for_record(&scene.collector, "the third", |held| {
        held.is_visit_of("https://chat.example/3")
    });
    assert_eq!(burst[0].seq, third.unwrap().record.seq);
    assert_eq!(burst[0].alert.as_deref(), Some("open"));
    let status = computer.status().unwrap();
    assert!(status.contains("rule 4.b)"), "found here too: {status}");

    // The collector is away while the sequence is completed, and the agent is killed meanwhile.
    let first = "https://www.facebook.com/first";
    extension.visit(first, PATIENCE).unwrap();
    wait_for_record(&scene.collector, first, |held| held.is_visit_of(first)).unwrap();
    scene.collector.kill().unwrap();
    extension.visit("https://after.example/", PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    computer.kill().unwrap();
    computer.start_quickly().unwrap();
    scene.collector.serve().unwrap();
    scene
        .collector
        .wait_for_finding("the sequence", |one| one.rule == "4.d")
        .unwrap();
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        held.record.kind() == proviso_report::Kind::AgentStopped
    })
    .unwrap();
    let all = found(&scene, &["4.b", "4.d"]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|one| one.proof == "proven"), "{all:?}");

    let bundle = scene.dir().join("bundle");
    scene.collector.export(PERSON, &bundle).unwrap();
    let mut verify = Command::new(program("proviso").unwrap());
    let said = output(verify.arg("verify").arg(&bundle)).unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{words}");
    assert!(
        words.contains("no finding is missing of rules that look at more than one record"),
        "{words}"
    );

    scene.collector.stop().unwrap();
    what_is_remembered_can_be_made_again(&scene);
}

/// From the stored reports comes what the collector kept while they came, to the byte.
fn what_is_remembered_can_be_made_again(scene: &Scene) {
    let store = Store::open(&scene.collector.store_file()).unwrap();
    let (person, device, kept, counts) = store
        .read_blocking(|read| Ok::<_, StoreError>(kept(read)?))
        .unwrap();
    let Kept::State(bytes) = kept else {
        panic!("no state is kept: {kept:?}");
    };
    assert!(bytes.len() > 200, "it remembers something");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let book = OrderBook::new(store.clone());
    let again = runtime
        .block_on(book.follow_again(&device, device.size))
        .unwrap();
    assert_eq!(again.state.to_bytes().unwrap(), bytes);

    // A store whose state is lost makes it again by itself when the device is next heard.
    let id = device.id;
    store
        .write_blocking("lose", move |tx| -> Result<(), StoreError> {
            tx.execute("UPDATE judge_state SET bytes = $1", &[b"lost"[..].into()])?;
            Ok(())
        })
        .unwrap();
    let memory = runtime.block_on(book.memory(&device, device.size)).unwrap();
    assert_eq!(memory.unwrap().state.to_bytes().unwrap(), bytes);
    assert_eq!(
        runtime
            .block_on(book.memory(&device, device.size + 1))
            .unwrap(),
        None,
        "the log of {id} does not stand there"
    );
    assert_eq!(counts, [], "everything could be told of {person}");
    store.close();
}

type KeptOf = (PersonId, Device, Kept, Vec<CannotTell>);

fn kept(read: &Read<'_>) -> Result<KeptOf, SqlError> {
    let person = people::find(read, PERSON)?.pop().unwrap().id;
    let device = devices::of_person(read, &person)?.pop().unwrap();
    let kept = judged::state(read, device.id, device.size, ENGINE)?;
    let counts = judged::of_person(read, &person, "0000-00-00", "9999-99-99")?;
    let counts = counts.into_iter().map(|(_, count)| count).collect();
    Ok((person, device, kept, counts))
}
