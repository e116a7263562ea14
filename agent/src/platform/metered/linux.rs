//! By the driver of the interface that the default route leads through.

use std::path::Path;

/// Drivers of phones on the cable and of modems.
const DRIVERS: [&str; 7] = [
    "rndis_host",
    "cdc_ether",
    "cdc_ncm",
    "cdc_mbim",
    "huawei_cdc_ncm",
    "ipheth",
    "qmi_wwan",
];
/// How the interfaces of modems and of phones over Bluetooth are called.
const NAMES: [&str; 4] = ["wwan", "ppp", "bnep", "rmnet"];
/// A route that leads everywhere, as the kernel prints it.
const ANYWHERE: &str = "00000000";

pub(super) fn default_interface_is_a_phone() -> bool {
    is_a_phone(Path::new("/"))
}

fn is_a_phone(root: &Path) -> bool {
    let routes = std::fs::read_to_string(root.join("proc/net/route")).unwrap_or_default();
    default_interface(&routes).is_some_and(|interface| {
        let driver = root
            .join("sys/class/net")
            .join(interface)
            .join("device/driver");
        let driver = std::fs::read_link(driver).ok();
        let driver = driver.as_deref().and_then(Path::file_name);
        DRIVERS
            .iter()
            .any(|known| driver.is_some_and(|driver| driver == *known))
            || NAMES.iter().any(|known| interface.starts_with(known))
    })
}

/// The interface of the default route with the least metric (proc(5), `/proc/net/route`).
fn default_interface(routes: &str) -> Option<&str> {
    let routes = routes.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, _, _, _, _, metric, mask, ..] = *columns.as_slice() else {
            return None;
        };
        let leads_anywhere = destination == ANYWHERE && mask == ANYWHERE;
        let metric: u64 = metric.parse().ok()?;
        (leads_anywhere && !interface.contains('/')).then_some((metric, interface))
    });
    routes.min().map(|(_, interface)| interface)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

    fn route(interface: &str, destination: &str, metric: u32) -> String {
        format!(
            "{interface}\t{destination}\t0101A8C0\t0003\t0\t0\t{metric}\t{destination}\t0\t0\t0\n"
        )
    }

    #[test]
    fn the_default_route_counts() {
        let routes = [
            HEAD,
            &route("usb0", "0001A8C0", 0),
            &route("wlan0", ANYWHERE, 600),
            &route("usb1", ANYWHERE, 100),
        ]
        .concat();
        assert_eq!(default_interface(&routes), Some("usb1"));
        for nothing in ["", HEAD, "a b\nc d e\n", "\n\n../..\t00000000\n"] {
            assert_eq!(default_interface(nothing), None);
        }
    }

    #[test]
    fn a_phone_is_known_by_its_driver() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("proc/net")).unwrap();
        assert!(!is_a_phone(root.path()));
        let to = |interface: &str| {
            std::fs::write(
                at("proc/net/route"),
                [HEAD, &route(interface, ANYWHERE, 1)].concat(),
            )
            .unwrap();
        };
        for (interface, driver, phone) in [
            ("usb0", "rndis_host", true),
            ("eth0", "e1000e", false),
            ("enx1", "ipheth", true),
        ] {
            let device = at(&format!("sys/class/net/{interface}/device"));
            std::fs::create_dir_all(&device).unwrap();
            std::os::unix::fs::symlink(format!("../../drivers/{driver}"), device.join("driver"))
                .unwrap();
            to(interface);
            assert_eq!(is_a_phone(root.path()), phone, "{interface}");
        }
        to("wwan0");
        assert!(is_a_phone(root.path()));
        to("lo");
        assert!(!is_a_phone(root.path()));
    }
}
