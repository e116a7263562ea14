//! What on this computer keeps the agent from its collector is recorded with its sort, by real rules and
//! routes in a network of its own; a network without a collector is none of it.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::Running;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

/// Runs the agent in a network of its own that this script sets up, until it has said this.
fn run_alone(scene: &Scene, computer: &Computer, name: &str, script: &str, words: &str) {
    let log = scene.dir().join(format!("{name}.log"));
    let mut command = computer.machine.command("unshare");
    let setup = format!("ip link set lo up; {script}; exec \"$@\"");
    command
        .args(["--net", "--", "sh", "-euc", &setup, "sh"])
        .arg(computer.agent())
        .args(["run", "--state"])
        .arg(computer.machine.inside("agent"));
    let mut running = Running::start(command, &log).unwrap();
    until(words, PATIENCE, || {
        running.check()?;
        Ok(running.said().contains(words).then_some(()))
    })
    .unwrap();
    assert!(running.stop(PATIENCE).unwrap().success());
}

fn causes(scene: &Scene) -> Vec<String> {
    let all = records(&scene.collector).unwrap();
    let facts = all.into_iter().map(|held| held.record.fact);
    facts
        .filter_map(|fact| match fact {
            Fact::CollectorBlocked(it) => Some(it.how),
            _ => None,
        })
        .collect()
}

#[test]
fn rules_and_routes_against_the_collector_are_recorded() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let quic = scene.collector.quic;
    let blocks = "something on this computer blocks the collector";

    // Nobody is there: no block.
    run_alone(
        &scene,
        &computer,
        "alone",
        "true",
        "no collector answers at",
    );
    let drop_it = format!(
        "nft add table inet t; nft add chain inet t out '{{ type filter hook output priority 0; }}'; \
         nft add rule inet t out udp dport {} drop",
        quic.port()
    );
    run_alone(&scene, &computer, "drop", &drop_it, blocks);
    // What leads to this computer itself stands in a table that comes before every other.
    let route = format!(
        "ip route flush table local; ip route add blackhole {} table local",
        quic.ip()
    );
    run_alone(&scene, &computer, "route", &route, blocks);

    computer.start_recording().unwrap();
    wait_for_record(&scene.collector, "the firewall", |held| {
        matches!(&held.record.fact, Fact::CollectorBlocked(it) if it.how == "firewall"
            && it.detail.contains(&quic.to_string()))
    })
    .unwrap();
    wait_for_record(&scene.collector, "the route", |held| {
        matches!(&held.record.fact, Fact::CollectorBlocked(it) if it.how == "route"
            && it.detail.contains("blackhole"))
    })
    .unwrap();
    assert_eq!(causes(&scene), ["firewall", "route"], "each once");
}

#[test]
fn a_table_of_hosts_that_leads_nowhere_is_recorded() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let quic = scene.collector.quic;
    let named = format!("collector.example:{}", quic.port());
    computer
        .configure(|config| {
            config.insert("collector".into(), named.into());
        })
        .unwrap();
    // Only the loopback address leads anywhere in a network of one computer.
    let table = "echo '127.0.0.9 collector.example' >>/etc/hosts";
    let blocks = "something on this computer blocks the collector";
    run_alone(&scene, &computer, "hosts", table, blocks);
    computer
        .configure(|config| {
            config.insert("collector".into(), quic.to_string().into());
        })
        .unwrap();
    computer.start_recording().unwrap();
    wait_for_record(
        &scene.collector,
        "the table",
        |held| matches!(&held.record.fact, Fact::CollectorBlocked(it) if it.how == "hosts"),
    )
    .unwrap();
}
