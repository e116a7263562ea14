//! Is the link to the network one that is paid for by the byte?
//!
//! Promises: a phone on the cable, a modem and a phone's own hot-spot as far as its addresses are known
//! count as such. Refuses: to be sure. A hot-spot of a new phone looks like any other network, and no
//! system tells its price to those who only look; the settings can say it.

use std::net::IpAddr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux::default_interface_is_a_phone;

#[cfg(not(target_os = "linux"))]
const fn default_interface_is_a_phone() -> bool {
    false
}

/// `own`: the address of this computer on the way to the collector.
#[must_use]
pub fn is_metered(own: IpAddr) -> bool {
    is_hot_spot(own) || default_interface_is_a_phone()
}

/// The networks that phones give: 172.20.10.0/28 by iPhones, 192.168.42.0/24 to 192.168.44.0/24 by Android
/// up to 10.
fn is_hot_spot(own: IpAddr) -> bool {
    match own {
        IpAddr::V4(own) => matches!(own.octets(), [172, 20, 10, 0..=15] | [192, 168, 42..=44, _]),
        IpAddr::V6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_known_by_their_networks() {
        for (address, is) in [
            ("172.20.10.2", true),
            ("172.20.10.16", false),
            ("192.168.43.7", true),
            ("192.168.1.7", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_hot_spot(address.parse().unwrap()), is, "{address}");
        }
    }
}
