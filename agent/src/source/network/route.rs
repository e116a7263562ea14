//! Which way all traffic goes out.
//!
//! Every list of ways counts, not only the usual one: VPN programs make lists of their own, or two
//! ways for half of all addresses each, so as not to touch the way that was there. Whether a rule
//! leads traffic into such a list is not looked at. A VPN that has no interface (IPsec by policy)
//! changes no way out, and is not seen here.

use super::interface::is_tunnel;
use super::known::Known;
use crate::platform::links::Route;

/// The list of ways that counts where no rule names another.
const MAIN: u32 = 254;

/// The type of the tunnel that traffic goes through, or `direct`.
pub(super) fn setting(routes: &[Route], known: &Known) -> String {
    let through = routes.iter().filter_map(|route| known.get(route.interface));
    let mut tunnels: Vec<&str> = through
        .map(|(_, sort)| sort)
        .filter(|sort| is_tunnel(sort))
        .collect();
    tunnels.sort_unstable();
    match tunnels.first() {
        Some(sort) => (*sort).to_owned(),
        None => "direct".to_owned(),
    }
}

/// The way by which the computer is on a network: the usual one, but for tunnels.
pub(super) fn to_network<'a>(routes: &'a [Route], known: &Known) -> Option<&'a Route> {
    let mut ways: Vec<&Route> = routes
        .iter()
        .filter(|route| route.whole && route.table == MAIN && route.gateway.is_some())
        .filter(|route| {
            let interface = known.get(route.interface);
            interface.is_some_and(|(_, sort)| !is_tunnel(sort))
        })
        .collect();
    ways.sort_by_key(|route| (route.v6, route.metric, route.interface));
    ways.first().copied()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_way_through_a_tunnel_counts_in_any_list() {
        let mut known = Known::default();
        let seen = |index, name: &str, sort: &str| (index, name.to_owned(), sort.to_owned());
        known.begin(
            vec![
                seen(2, "eth0", "ethernet"),
                seen(3, "wg0", "wireguard"),
                seen(4, "wlan0", "wifi"),
            ],
            None,
        );
        let usual = Route {
            interface: 2,
            gateway: Some(IpAddr::from([10, 0, 0, 1])),
            v6: false,
            whole: true,
            table: MAIN,
            metric: 600,
        };
        let wifi = Route {
            interface: 4,
            metric: 100,
            ..usual.clone()
        };
        let half = Route {
            interface: 3,
            gateway: None,
            whole: false,
            table: 51_820,
            ..usual.clone()
        };
        assert_eq!(setting(&[], &known), "direct");
        assert_eq!(setting(std::slice::from_ref(&usual), &known), "direct");
        let all = [usual, half, wifi.clone()];
        assert_eq!(setting(&all, &known), "wireguard");
        assert_eq!(to_network(&all, &known), Some(&wifi));
        assert_eq!(to_network(&all[1..2], &known), None);
    }
}
