//! The source over a network of its own, with real interfaces and ways out.
//!
//! This machine's kernel makes no WireGuard and has no wireless hardware: their messages are tried in
//! `platform/links/wire.rs`.

use std::process::Command;

use proviso_report::fact::{Change, NetworkInterface};

use super::*;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::Program;
use crate::source::stage::{Run, Stage};

/// Has one account, whose number nobody else has.
struct OneAccount(PathBuf);

impl Computer for OneAccount {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        Ok(Account {
            name: name.to_owned(),
            owner: Owner(3_000_077),
            home: self.0.join("home"),
        })
    }

    fn programs(&self, _owner: Owner, _names: &[&str]) -> std::io::Result<Vec<Program>> {
        Ok(Vec::new())
    }
}

fn run_here(stage: &Stage, root: &Path) -> Run {
    let root = root.to_owned();
    stage.run(KINDS, |port, context| async move {
        let computer = Box::new(OneAccount(root.clone()));
        run_in(root, computer, port, context).await;
    })
}

fn ip(words: &str) {
    let status = Command::new("ip").args(words.split_whitespace()).status();
    assert!(status.unwrap().success(), "ip {words}");
}

fn interface(change: Change, name: &str, sort: &str) -> Fact {
    NetworkInterface {
        change,
        interface: name.into(),
        interface_type: Some(sort.into()),
    }
    .into()
}

async fn setting(run: &mut Run, which: &str) -> String {
    let (value, _) = run
        .find(|fact| match fact {
            Fact::NetworkSetting(it) if it.setting == which => Some(it.value.clone()),
            _ => None,
        })
        .await;
    value
}

#[tokio::test]
async fn interfaces_ways_out_and_networks_are_told_as_they_change() {
    let own = std::env::current_exe().unwrap();
    let name = "source::network::tests::in_a_network_of_its_own";
    let status = Command::new("unshare")
        .args(["--net", "--"])
        .arg(own)
        .args(["--exact", "--ignored", name])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
#[ignore = "run by the test above, in a network of its own"]
async fn in_a_network_of_its_own() {
    // Never by mistake in the network of the machine.
    let links = links::links().unwrap();
    assert!(links.iter().all(|link| link.hardware == 772), "{links:?}");
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/resolv.conf"), "nameserver 10.9.0.1\n").unwrap();
    ip("link set lo up");
    ip("link add up0 type veth peer name up1");

    let stage = Stage::default();
    let mut running = run_here(&stage, root);
    running.kept(KEY).await;
    for (name, sort, make) in [
        ("tun7", "tun", "tuntap add dev tun7 mode tun"),
        ("br7", "bridge", "link add br7 type bridge"),
    ] {
        ip(make);
        let next = running.next().await;
        assert_eq!(next.fact, interface(Change::Added, name, sort));
        assert_eq!((next.method, next.account), (Method::SystemEvent, None));
    }
    // A port that leaves a bridge is not gone.
    ip("link set up1 master br7");
    ip("link set up1 nomaster");
    // Nor is one that gets another name.
    ip("link set br7 name br77");
    ip("link delete br77");
    assert_eq!(
        running.next().await.fact,
        interface(Change::Removed, "br7", "bridge")
    );

    ip("addr add 10.9.0.2/24 dev up0");
    ip("link set up1 up");
    ip("link set up0 up");
    ip("neigh add 10.9.0.1 lladdr 02:00:00:00:00:09 dev up0");
    ip("route add default via 10.9.0.1");
    let (joined, _) = running
        .find(|fact| match fact {
            Fact::NetworkJoined(joined) => Some(joined.clone()),
            _ => None,
        })
        .await;
    assert_eq!(joined.network, "gateway 02:00:00:00:00:09");
    assert_eq!(
        (joined.interface.as_deref(), joined.tethered),
        (Some("up0"), None)
    );
    // A way through the tunnel, as VPN programs make it.
    ip("link set tun7 up");
    ip("route add 0.0.0.0/1 dev tun7 table 77");
    assert_eq!(setting(&mut running, "route").await, "tun");
    ip("route flush table 77");
    assert_eq!(setting(&mut running, "route").await, "direct");
    let left = running.stop().await;
    assert!(left.is_empty(), "{left:?}");

    // While the agent is down.
    ip("link delete tun7");
    ip("link add br8 type bridge");
    std::fs::write(root.join("etc/resolv.conf"), "nameserver 9.9.9.9\n").unwrap();
    let mut running = run_here(&stage, root);
    let next = running.next().await;
    assert_eq!(next.fact, interface(Change::Added, "br8", "bridge"));
    assert_eq!(next.method, Method::SystemRead);
    assert_eq!(setting(&mut running, "resolver").await, "9.9.9.9");
    let left = running.stop().await;
    assert!(left.is_empty(), "{left:?}");

    // While nobody wanted to know.
    let mut running = run_here(&stage, root);
    running.kept(KEY).await;
    let (off, on) = (super::super::Wanted::default(), KINDS.to_vec());
    running.wanted.send(off).unwrap();
    running.kept(WANTED_KEY).await;
    ip("link delete br8");
    ip("link add br9 type bridge");
    running.wanted.send(super::super::Wanted::new(on)).unwrap();
    running.kept(KEY).await;
    ip("link delete br9");
    assert_eq!(
        running.next().await.fact,
        interface(Change::Removed, "br9", "bridge")
    );
    running.stop().await;
}
