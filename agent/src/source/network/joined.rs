//! Which network the computer is on.
//!
//! A wireless network is named as it names itself, any other by the hardware address of the computer
//! that leads out of it. Both can be made up by whoever runs the network.
//!
//! Whether it is a phone's is said where a phone's driver carries it, and where the way out has an
//! address that phones give themselves as hot-spots. The address is a hint and no more: another
//! network may use it, and newer phones make up others. So it is never said to be no phone's.

use std::net::IpAddr;
use std::path::Path;

use proviso_report::fact::NetworkJoined;

use super::known::Known;
use super::place;
use super::route::to_network;
use crate::platform::links::{Neighbour, Route};
use crate::source::devices;

/// Drivers for nothing but phones.
const PHONES: [&str; 2] = ["rndis_host", "ipheth"];
/// Drivers for phones and for adapters alike: then the device says which it is.
const PERHAPS: [&str; 3] = ["cdc_ether", "cdc_ncm", "cdc_eem"];
/// What phones call themselves as hot-spots: Android by Wi-Fi, by USB and by Bluetooth; iPhones.
const HOT_SPOTS: [[u8; 4]; 4] = [
    [192, 168, 43, 1],
    [192, 168, 42, 129],
    [192, 168, 44, 1],
    [172, 20, 10, 1],
];

/// The network; `None`: it is on none, or nothing names it yet.
pub(super) fn network(
    root: &Path,
    routes: &[Route],
    neighbours: &[Neighbour],
    wireless: &[(u32, Vec<u8>)],
    known: &Known,
) -> Option<NetworkJoined> {
    let way = to_network(routes, known)?;
    let (interface, sort) = known.get(way.interface)?;
    let gateway = way.gateway?;
    let of_wifi = wireless.iter().find(|(index, _)| *index == way.interface);
    let network = match of_wifi {
        Some((_, name)) => printed(name),
        None => {
            let neighbour = neighbours
                .iter()
                .find(|it| it.interface == way.interface && it.address == gateway)?;
            format!("gateway {}", hardware(&neighbour.hardware)?)
        }
    };
    let tethered = is_phone(root, interface, sort) || is_hot_spot(gateway);
    Some(NetworkJoined {
        network,
        interface: Some(interface.to_owned()),
        tethered: tethered.then_some(true),
    })
}

/// A name as people can read it; bytes that are no text are shown as such.
fn printed(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// `02:00:00:00:00:09`; `None` where it is no address of hardware.
fn hardware(bytes: &[u8]) -> Option<String> {
    if bytes.len() < 6 || bytes.iter().all(|byte| *byte == 0) {
        return None;
    }
    let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(words.join(":"))
}

fn is_phone(root: &Path, interface: &str, sort: &str) -> bool {
    // The network of a phone over Bluetooth.
    if sort == "bluetooth" {
        return true;
    }
    let device = place(root, "sys/class/net").join(interface).join("device");
    let driver = std::fs::read_link(device.join("driver")).unwrap_or_default();
    let driver = driver.file_name().unwrap_or_default();
    PHONES.iter().any(|it| driver == *it)
        || (PERHAPS.iter().any(|it| driver == *it)
            && devices::is_of_phone(&place(root, "sys"), &device))
}

fn is_hot_spot(gateway: IpAddr) -> bool {
    match gateway {
        IpAddr::V4(gateway) => HOT_SPOTS.contains(&gateway.octets()),
        IpAddr::V6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(gateway: [u8; 4]) -> Route {
        Route {
            interface: 2,
            gateway: Some(gateway.into()),
            v6: false,
            whole: true,
            table: 254,
            metric: 0,
        }
    }

    fn known(sort: &str) -> Known {
        let mut known = Known::default();
        known.begin(vec![(2, "net0".into(), sort.into())], None);
        known
    }

    fn neighbour(gateway: [u8; 4], hardware: &[u8]) -> Neighbour {
        Neighbour {
            interface: 2,
            address: gateway.into(),
            hardware: hardware.to_vec(),
        }
    }

    #[test]
    fn a_network_is_named_by_itself_or_by_its_way_out() {
        let root = Path::new("/no/such/root");
        let gateway = [10, 0, 0, 1];
        let at = |neighbours: &[Neighbour], wireless: &[(u32, Vec<u8>)]| {
            network(
                root,
                &[way(gateway)],
                neighbours,
                wireless,
                &known("ethernet"),
            )
        };
        assert_eq!(at(&[], &[]), None);
        assert_eq!(at(&[neighbour(gateway, &[0; 6])], &[]), None);
        let named = at(&[neighbour(gateway, &[2, 0, 0, 0, 0, 9])], &[]).unwrap();
        assert_eq!(named.network, "gateway 02:00:00:00:00:09");
        assert_eq!(
            (named.interface.as_deref(), named.tethered),
            (Some("net0"), None)
        );
        let named = at(&[], &[(2, b"Caf\xff\x07".to_vec())]).unwrap();
        assert_eq!(named.network, "Caf\u{fffd}");
    }

    #[test]
    fn a_phones_network_is_known_by_driver_device_or_address() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let device = root.join("sys/devices/usb1/1-2/1-2:1.0");
        let shown = root.join("sys/class/net/net0");
        std::fs::create_dir_all(&device).unwrap();
        std::fs::create_dir_all(&shown).unwrap();
        std::os::unix::fs::symlink(&device, shown.join("device")).unwrap();
        let drive = |driver: &str| {
            let _ = std::fs::remove_file(device.join("driver"));
            std::os::unix::fs::symlink(Path::new("/drivers").join(driver), device.join("driver"))
                .unwrap();
        };
        let tethered = |gateway| {
            let hardware = [neighbour(gateway, &[2, 0, 0, 0, 0, 9])];
            network(root, &[way(gateway)], &hardware, &[], &known("usb"))
                .unwrap()
                .tethered
        };
        let usual = [10, 0, 0, 1];
        assert_eq!(tethered(usual), None);
        assert_eq!(tethered([172, 20, 10, 1]), Some(true));
        drive("ipheth");
        assert_eq!(tethered(usual), Some(true));
        drive("cdc_ncm");
        assert_eq!(tethered(usual), None);
        for (vendor, phone) in [("0bda", None), ("04e8", Some(true))] {
            std::fs::write(root.join("sys/devices/usb1/1-2/idVendor"), vendor).unwrap();
            std::fs::write(root.join("sys/devices/usb1/1-2/idProduct"), "1").unwrap();
            let ncm = [9, 4, 0, 0, 1, 2, 0x0d, 0, 0];
            std::fs::write(root.join("sys/devices/usb1/1-2/descriptors"), ncm).unwrap();
            assert_eq!(tethered(usual), phone, "{vendor}");
        }
    }
}
