//! Finds out whether something on this computer keeps the agent from its collector.
//!
//! Looked at when nobody answered: the table of hosts, what names lead to, routes, and rules against
//! sending. Promises: each cause is recorded once until it is over or a connection comes about.
//! Refuses: to call a missing network, a collector that is down, or somebody else's firewall a block.
//!
//! Not visible: rules that let datagrams out and drop the answers; a resolver that says that the
//! name does not exist.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use proviso_report::fact::CollectorBlocked;

use crate::platform::reach::{self, Reach};

const HOSTS: &str = "/etc/hosts";
/// Nobody's table is longer.
const MAX_HOSTS: u64 = 1 << 20;

/// Causes that were told and are not over.
#[derive(Debug, Default)]
pub(super) struct Causes(BTreeSet<&'static str>);

/// What keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    how: &'static str,
    detail: String,
}

impl Causes {
    /// What of this is news.
    pub(super) fn news(&mut self, cause: Option<Cause>) -> Option<CollectorBlocked> {
        let before = std::mem::take(&mut self.0);
        let Cause { how, detail } = cause?;
        self.0.insert(how);
        (!before.contains(how)).then(|| CollectorBlocked {
            how: how.to_owned(),
            detail,
        })
    }

    /// It is over.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Looks; blocks for the moment that sending takes. `resolved`: where the collector's name leads;
/// `good`: where it was when there last was a connection.
pub(super) fn look(
    collector: &str,
    resolved: &[SocketAddr],
    good: Option<IpAddr>,
) -> Option<Cause> {
    look_with(Path::new(HOSTS), reach::ask, collector, resolved, good)
}

fn look_with(
    hosts: &Path,
    ask: impl Fn(SocketAddr) -> Reach,
    collector: &str,
    resolved: &[SocketAddr],
    good: Option<IpAddr>,
) -> Option<Cause> {
    let host = collector
        .rsplit_once(':')
        .map_or(collector, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    if host.parse::<IpAddr>().is_err() && !is_local(host) {
        let listed = listed(hosts, host);
        let wrong =
            |address: &IpAddr| leads_nowhere(*address) || good.is_some_and(|good| good != *address);
        if !listed.is_empty() && listed.iter().all(wrong) {
            return Some(Cause {
                how: "hosts",
                detail: format!(
                    "{HOSTS} of this computer says that {host} is at {}",
                    words(&listed)
                ),
            });
        }
        let found: Vec<IpAddr> = resolved.iter().map(SocketAddr::ip).collect();
        if listed.is_empty() && !found.is_empty() && found.iter().all(|ip| leads_nowhere(*ip)) {
            return Some(Cause {
                how: "resolver",
                detail: format!(
                    "the resolver that this computer asks says that {host} is at {}",
                    words(&found)
                ),
            });
        }
    }
    let mut first = None;
    for remote in resolved {
        let ip = remote.ip();
        let cause = match ask(*remote) {
            Reach::Open | Reach::Absent => return None,
            Reach::Route(sort) => Cause {
                how: "route",
                detail: format!("a route of this computer lets nothing through to {ip} ({sort})"),
            },
            Reach::Forbidden => Cause {
                how: "firewall",
                detail: format!("a rule of this computer forbids sending to {remote} (UDP)"),
            },
        };
        first.get_or_insert(cause);
    }
    first
}

/// The addresses that the table gives a name.
fn listed(hosts: &Path, host: &str) -> Vec<IpAddr> {
    let mut text = Vec::new();
    let read =
        std::fs::File::open(hosts).and_then(|file| file.take(MAX_HOSTS).read_to_end(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&text);
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            let name = host.trim_end_matches('.');
            words
                .any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name))
                .then_some(address)
        })
        .collect()
}

/// To this computer itself, or to no computer.
fn leads_nowhere(address: IpAddr) -> bool {
    address.is_unspecified() || address.is_loopback()
}

/// Such a name leads to this computer by right.
fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn words(addresses: &[IpAddr]) -> String {
    const NAMED: usize = 3;
    let named: Vec<_> = addresses
        .iter()
        .take(NAMED)
        .map(IpAddr::to_string)
        .collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "collector.example:7443";

    fn how(
        table: &str,
        reach: Reach,
        collector: &str,
        resolved: &[&str],
        good: Option<&str>,
    ) -> Option<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        let hosts = dir.path().join("hosts");
        std::fs::write(&hosts, table).unwrap();
        let resolved: Vec<SocketAddr> = resolved
            .iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 7443))
            .collect();
        let good = good.map(|ip| ip.parse().unwrap());
        look_with(&hosts, |_| reach, collector, &resolved, good).map(|cause| cause.how)
    }

    #[test]
    fn causes_are_told_apart() {
        let there = ["192.0.2.1"];
        assert_eq!(how("", Reach::Open, NAME, &there, None), None);
        assert_eq!(how("", Reach::Absent, NAME, &there, None), None);
        let firewall = how("", Reach::Forbidden, NAME, &there, None);
        assert_eq!(firewall, Some("firewall"));
        let route = how("", Reach::Route("blackhole"), NAME, &there, None);
        assert_eq!(route, Some("route"));
        for nowhere in ["0.0.0.0", "127.0.0.1", "::1", "::"] {
            let resolver = how("", Reach::Open, NAME, &[nowhere], None);
            assert_eq!(resolver, Some("resolver"), "{nowhere}");
            let line = format!("{nowhere} x Collector.Example. # y\n");
            let hosts = how(&line, Reach::Open, NAME, &[nowhere], None);
            assert_eq!(hosts, Some("hosts"));
        }
        // A table may name it rightly.
        let table = "192.0.2.1 collector.example\n";
        assert_eq!(how(table, Reach::Open, NAME, &there, None), None);
        assert_eq!(
            how(table, Reach::Open, NAME, &there, Some("192.0.2.1")),
            None
        );
        let elsewhere = how(table, Reach::Open, NAME, &there, Some("192.0.2.9"));
        assert_eq!(elsewhere, Some("hosts"));
        // Whoever enrolled with a collector on this computer knows.
        for own in ["127.0.0.1:1", "[::1]:1", "localhost:1"] {
            let table = "127.0.0.1 localhost\n";
            assert_eq!(how(table, Reach::Open, own, &["127.0.0.1"], None), None);
        }
        let commented = how(
            "#0.0.0.0 collector.example",
            Reach::Open,
            NAME,
            &there,
            None,
        );
        assert_eq!(commented, None);
    }

    #[test]
    fn a_cause_is_told_once_until_it_is_over() {
        let cause = |how| {
            Some(Cause {
                how,
                detail: String::new(),
            })
        };
        let mut told = Causes::default();
        assert_eq!(told.news(None), None);
        assert_eq!(told.news(cause("route")).unwrap().how, "route");
        assert_eq!(told.news(cause("route")), None);
        assert_eq!(told.news(cause("hosts")).unwrap().how, "hosts");
        assert_eq!(told.news(None), None);
        assert!(told.news(cause("hosts")).is_some());
        told.clear();
        assert!(told.news(cause("hosts")).is_some());
    }

    proptest! {
        #[test]
        fn any_table_is_read(table in "[0-9a-z.: #\n\\PC]{0,200}", collector in "\\PC{0,40}") {
            how(&table, Reach::Open, &collector, &["192.0.2.1"], None);
        }
    }
}
