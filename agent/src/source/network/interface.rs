//! What sort of interface it is.
//!
//! Refuses: to go by names, which anybody can give.

use std::path::Path;

use super::place;
use crate::platform::links::Link;

const ETHER: u16 = 1;
const PPP: u16 = 512;
const LOOPBACK: u16 = 772;
/// Made by programs and kernels to carry one network inside another.
const TUNNELS: &[&str] = &[
    "tun",
    "wireguard",
    "ppp",
    "pptp",
    "l2tp",
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "ipip",
    "sit",
    "ip6tnl",
    "vti",
    "vti6",
    "xfrm",
    "ovpn",
    "amneziawg",
];

/// `ethernet`, `wifi`, `usb`, `tun`, `wireguard`, `ppp`, `bridge`, ...; `None`: it leads nowhere but to
/// the computer itself.
pub(super) fn type_of(link: &Link, root: &Path) -> Option<String> {
    if link.hardware == LOOPBACK {
        return None;
    }
    if let Some(kind) = &link.kind {
        return Some(kind.clone());
    }
    let shown = place(root, "sys/class/net").join(&link.name);
    let sort = std::fs::read_to_string(shown.join("uevent")).unwrap_or_default();
    let is = |sort_of: &str| {
        sort.lines()
            .any(|line| line.strip_prefix("DEVTYPE=") == Some(sort_of))
    };
    let wireless = shown.join("wireless").exists() || shown.join("phy80211").exists();
    let word = if is("wlan") || wireless {
        "wifi"
    } else if is("wwan") {
        "wwan"
    } else if is("bluetooth") {
        "bluetooth"
    } else if link.hardware == PPP {
        "ppp"
    } else if link.bus.as_deref() == Some("usb") {
        "usb"
    } else if link.hardware == ETHER {
        "ethernet"
    } else {
        "other"
    };
    Some(word.to_owned())
}

/// Does it carry one network inside another, as VPNs do?
pub(super) fn is_tunnel(sort: &str) -> bool {
    TUNNELS.contains(&sort)
}

/// Is it hardware, which is found again at each start of the computer?
pub(super) fn is_hardware(sort: &str) -> bool {
    matches!(sort, "ethernet" | "wifi" | "wwan" | "usb" | "other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_follows_from_what_made_it() {
        let dir = tempfile::tempdir().unwrap();
        let shown = |name: &str| dir.path().join("sys/class/net").join(name);
        std::fs::create_dir_all(shown("wg0").join("wireless")).unwrap();
        std::fs::create_dir_all(shown("cell")).unwrap();
        std::fs::write(
            shown("cell").join("uevent"),
            "INTERFACE=cell\nDEVTYPE=wwan\n",
        )
        .unwrap();
        let link = |name: &str, kind: Option<&str>, hardware, bus: Option<&str>| Link {
            index: 1,
            name: name.into(),
            kind: kind.map(str::to_owned),
            hardware,
            bus: bus.map(str::to_owned),
            up: true,
        };
        for (link, sort) in [
            (link("lo", None, LOOPBACK, None), None),
            (
                link("eth0", Some("wireguard"), 0xfffe, None),
                Some("wireguard"),
            ),
            (link("wg0", None, ETHER, Some("pci")), Some("wifi")),
            (link("cell", None, ETHER, Some("usb")), Some("wwan")),
            (link("enx0", None, ETHER, Some("usb")), Some("usb")),
            (link("eth1", None, ETHER, Some("pci")), Some("ethernet")),
            (link("ppp0", None, PPP, None), Some("ppp")),
            (link("ib0", None, 32, Some("pci")), Some("other")),
        ] {
            assert_eq!(type_of(&link, dir.path()).as_deref(), sort, "{}", link.name);
        }
        assert!(is_tunnel("tun") && !is_tunnel("veth") && is_hardware("wifi"));
    }
}
