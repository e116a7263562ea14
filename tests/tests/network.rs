//! The computer's network as the real agent sees it: tunnels, ways out, resolvers, proxies, Tor, and
//! the network that it is on. On a network of the computer's own, with real interfaces.
//!
//! This kernel makes no WireGuard and has no wireless hardware; both are tried with messages of the
//! kernel's form in `agent/src/platform/links/`.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::time::Duration;

use proviso_report::fact::{Change, Fact};
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::held::{Held, records, wait_for_record, wait_longer_for_record};
use proviso_tests::network::Network;
use proviso_tests::process::{Running, done};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const RULES: &str = r#"
[[rule]]
id = "2.v"
clause = "2"
says = "Possible breach if a connection of a VPN appears."
severity = "breach"
on = ["network_interface"]
any = [{ interface_type = ["tun", "wireguard", "bridge"] }]
[[rule.test]]
event = { kind = "network_interface", change = "added", interface = "wg0", interface_type = "wireguard", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "network_interface", change = "added", interface = "eth0", interface_type = "ethernet", at = "@DAY@T20:00:00Z" }
expect = "no_match"

[[rule]]
id = "2.s"
clause = "2"
says = "For an officer to read: the network's settings were changed."
severity = "review"
on = ["network_setting"]
any = [{ setting = ["route", "proxy", "resolver", "tor"] }]
[[rule.test]]
event = { kind = "network_setting", setting = "route", value = "wireguard", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "network_setting", setting = "other", value = "x", at = "@DAY@T20:00:00Z" }
expect = "no_match"

[[rule]]
id = "2.n"
clause = "2"
says = "For an officer to read: the computer is on another network."
severity = "review"
on = ["network_joined"]
any = [{ interface = ["up0"] }]
[[rule.test]]
event = { kind = "network_joined", network = "x", interface = "up0", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "network_joined", network = "x", interface = "up1", at = "@DAY@T20:00:00Z" }
expect = "no_match"
"#;

fn ip(computer: &Computer, words: &str) {
    let mut command = computer.machine.command("ip");
    done(command.args(words.split_whitespace())).unwrap();
}

fn setting(scene: &Scene, account: Option<&str>, which: &str, value: &str) -> Held {
    let what = format!("{which} is {value}");
    wait_longer_for_record(&scene.collector, &what, 2 * PATIENCE, |held| {
        let of = held.record.account.as_deref() == account;
        of && matches!(&held.record.fact, Fact::NetworkSetting(it) if it.setting == which && it.value == value)
    })
    .unwrap()
}

fn interface(held: &Held, change: Change, name: &str) -> bool {
    match &held.record.fact {
        Fact::NetworkInterface(it) => it.change == change && it.interface == name,
        _ => false,
    }
}

#[test]
fn tunnels_ways_out_and_settings_are_recorded_as_they_change() {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, RULES).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let network = Network::with_way_to(scene.collector.quic).unwrap();
    computer.machine.join(&network);
    computer.start_recording().unwrap();

    // What is there before the agent first looks is no news, and nothing says when that was: so
    // interfaces are made until one is recorded.
    let mut tries = 0;
    loop {
        tries += 1;
        let name = format!("br{tries}");
        ip(&computer, &format!("link add {name} type bridge"));
        let found =
            wait_longer_for_record(&scene.collector, &name, Duration::from_secs(15), |held| {
                // A report goes out some seconds after its first record, so it may be one of before.
                (1..=tries).any(|n| interface(held, Change::Added, &format!("br{n}")))
            });
        match found {
            Ok(_) => break,
            Err(error) => assert!(tries < 6, "{error:?}\n{}", computer.said()),
        }
    }

    ip(&computer, "tuntap add dev tun7 mode tun");
    let tunnel = wait_for_record(&scene.collector, "the tunnel", |held| {
        interface(held, Change::Added, "tun7")
    })
    .unwrap();
    assert_eq!(tunnel.record.methods, [Method::SystemEvent]);
    scene
        .collector
        .wait_for_finding("of the tunnel", |found| found.rule == "2.v")
        .unwrap();

    // A network with a computer that leads out of it.
    for words in [
        "link add up0 type veth peer name up1",
        "link set up1 up",
        "addr add 10.9.0.2/24 dev up0",
        "link set up0 up",
        "neigh add 10.9.0.1 lladdr 02:00:00:00:00:09 dev up0",
        "route add default via 10.9.0.1",
    ] {
        ip(&computer, words);
    }
    wait_for_record(&scene.collector, "the network", |held| {
        match &held.record.fact {
            Fact::NetworkJoined(it) => it.network == "gateway 02:00:00:00:00:09",
            _ => false,
        }
    })
    .unwrap();

    // Everything through the tunnel, and back.
    ip(&computer, "link set tun7 up");
    ip(&computer, "route replace default dev tun7");
    setting(&scene, None, "route", "tun");
    ip(&computer, "route replace default via 10.9.0.1");
    setting(&scene, None, "route", "direct");

    // Who turns names into addresses.
    let write = "echo 'nameserver 192.0.2.53' > /etc/resolv.conf";
    done(computer.machine.command("sh").args(["-c", write])).unwrap();
    let held = setting(&scene, None, "resolver", "192.0.2.53");
    assert_eq!(held.record.methods, [Method::SystemRead]);

    // A program that listens where Tor does, and one that is sent through somebody else.
    let log = scene.dir().join("programs.log");
    let mut tor = computer.machine.command_as(&computer.account, "python3");
    tor.args(["-m", "http.server", "9050", "--bind", "127.0.0.1"]);
    let tor = Running::start(tor, &log).unwrap();
    let mut sleep = computer.machine.command_as(&computer.account, "sleep");
    sleep
        .arg("1000")
        .env("https_proxy", "http://me:hush-hush@proxy.example:3128/");
    let sleep = Running::start(sleep, &log).unwrap();
    setting(&scene, Some(ACCOUNT), "tor", "listens");
    setting(&scene, Some(ACCOUNT), "proxy", "http://proxy.example:3128");
    drop((tor, sleep));
    setting(&scene, Some(ACCOUNT), "tor", "none");
    setting(&scene, Some(ACCOUNT), "proxy", "none");

    ip(&computer, "link delete tun7");
    wait_for_record(&scene.collector, "the tunnel's end", |held| {
        interface(held, Change::Removed, "tun7")
    })
    .unwrap();
    for held in records(&scene.collector).unwrap() {
        // The rules name no such interface, and secrets are nobody's business.
        assert!(!interface(&held, Change::Added, "up0"), "{held:?}");
        assert!(!format!("{held:?}").contains("hush-hush"), "{held:?}");
    }
    assert!(!computer.said().contains("hush-hush"));
}
