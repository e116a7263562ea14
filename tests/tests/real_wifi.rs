//! Wireless networks that a computer joins and leaves, with radios that the kernel makes up: one is the network, the
//! other the computer's. What speaks over them is what does on real ones.

use proviso_report::fact::Fact;
use proviso_report::record::Method;
use proviso_tests::guest::{Parts, Supervised};

/// The network of this name, and the computer on it, with its way out by it.
const JOIN: &str = r#"
pkill wpa_supplicant || true
pkill hostapd || true
printf 'interface=wlan0\nssid=%s\nhw_mode=g\nchannel=1\n' "$name" >/run/hostapd.conf
printf 'network={\nssid="%s"\nkey_mgmt=NONE\n}\n' "$name" >/run/wpa.conf
hostapd -B /run/hostapd.conf
wpa_supplicant -B -i wlan1 -c /run/wpa.conf
until iw dev wlan1 link | grep -F "SSID: $name"; do sleep 0.2; done
ip addr replace 192.168.9.1/24 dev wlan0
ip addr replace 192.168.9.2/24 dev wlan1
ip route replace default via 192.168.9.1 dev wlan1
"#;

#[test]
fn the_network_that_the_computer_is_on_is_recorded_by_its_name() {
    let computer = Supervised::recording(&Parts::default()).unwrap();
    computer.wait_until_settled().unwrap();
    computer
        .guest
        .run("modprobe mac80211_hwsim radios=2")
        .unwrap();
    computer
        .record("the computer's radio", |fact| match fact {
            Fact::NetworkInterface(it) => {
                it.interface == "wlan1" && it.interface_type.as_deref() == Some("wifi")
            }
            _ => false,
        })
        .unwrap();
    for name in ["Harbour Cafe", "Second Cafe"] {
        computer.guest.run(&format!("name='{name}'{JOIN}")).unwrap();
        let joined = computer
            .record(name, |fact| match fact {
                Fact::NetworkJoined(it) => it.network == name,
                _ => false,
            })
            .unwrap();
        assert_eq!(joined.record.methods, [Method::SystemRead]);
        let Fact::NetworkJoined(joined) = joined.record.fact else {
            panic!("{joined:?}")
        };
        assert_eq!(
            (joined.interface.as_deref(), joined.tethered),
            (Some("wlan1"), None)
        );
    }
}
