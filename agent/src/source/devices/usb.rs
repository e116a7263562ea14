//! What a USB device is, by what it says of its interfaces.
//!
//! Promises: any bytes are read without fault; whatever a device claims, its class is one of five.
//! Refuses: to trust names. A device can say that it is something else; then it is recorded as
//! what it says that it is, and its ids with it.

/// Class, subclass and protocol of an interface (`bInterfaceClass` and so on).
pub(super) type Interface = (u8, u8, u8);

/// No device has more.
const MAX_INTERFACES: usize = 256;
const INTERFACE: u8 = 4;

const STORAGE: u8 = 0x08;
const VIDEO: u8 = 0x0e;
const COMMUNICATION: u8 = 0x02;
const STILL_IMAGE: Interface = (0x06, 0x01, 0x01);
/// Android's debug bridge.
pub(super) const ADB: Interface = (0xff, 0x42, 0x01);
/// The same interface of a phone that waits for a new system.
const FASTBOOT: Interface = (0xff, 0x42, 0x03);
/// Apple's way to talk to an iPhone, and its network (`ipheth`).
const APPLE: [Interface; 2] = [(0xff, 0xfe, 0x02), (0xff, 0xfd, 0x01)];
/// A network over USB as phones offer it (RNDIS), by both of its names.
const RNDIS: [Interface; 2] = [(0xe0, 0x01, 0x03), (0xef, 0x04, 0x01)];
const BLUETOOTH: Interface = (0xe0, 0x01, 0x01);

/// Makers of cameras whose cameras speak as phones do (PTP, MTP): Canon, Nikon, Fujifilm, Olympus,
/// Panasonic, Kodak, Casio, Pentax, Leica, Sigma, GoPro, DJI, Ricoh, Sony's cameras.
const CAMERA_MAKERS: &[u16] = &[
    0x04a9, 0x04b0, 0x04cb, 0x07b4, 0x04da, 0x040a, 0x07cf, 0x0a17, 0x1a98, 0x1003, 0x2672, 0x2ca3,
    0x05ca, 0x054c,
];

/// Makers of phones whose networks speak as adapters do (CDC): Google, Samsung, Xiaomi, OnePlus,
/// Motorola, Sony's phones, LG, HTC, Oppo, Nokia, HMD, Fairphone, Apple.
const PHONE_MAKERS: &[u16] = &[
    0x18d1, 0x04e8, 0x2717, 0x2a70, 0x22b8, 0x0fce, 0x1004, 0x0bb4, 0x22d9, 0x0421, 0x2e04, 0x2ae5,
    0x05ac,
];

/// What is known of a USB device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Usb {
    pub(super) vendor: u16,
    pub(super) interfaces: Vec<Interface>,
    /// An interface calls itself `MTP`.
    pub(super) mtp: bool,
    /// The system uses it as a network adapter,
    pub(super) network: bool,
    /// as a camera,
    pub(super) video: bool,
    /// as a disk.
    pub(super) disk: bool,
}

/// The interfaces in a device's descriptors, as the system shows them (`descriptors`).
pub(super) fn interfaces(mut descriptors: &[u8]) -> Vec<Interface> {
    let mut found = Vec::new();
    while let [length, sort, ..] = *descriptors {
        let length = usize::from(length);
        if length < 2 || found.len() >= MAX_INTERFACES {
            break;
        }
        let Some((one, rest)) = descriptors.split_at_checked(length) else {
            break;
        };
        if let (INTERFACE, &[_, _, _, _, _, class, subclass, protocol, ..]) = (sort, one) {
            let interface = (class, subclass, protocol);
            if !found.contains(&interface) {
                found.push(interface);
            }
        }
        descriptors = rest;
    }
    found
}

impl Usb {
    /// `phone`, `camera`, `storage`, `network` or `other`: the first that fits.
    pub(super) fn class(&self) -> &'static str {
        let speaks = |interface: &Interface| self.interfaces.contains(interface);
        let is_of = |class: u8| self.interfaces.iter().any(|it| it.0 == class);
        let pictures = self.mtp || speaks(&STILL_IMAGE);
        if pictures && CAMERA_MAKERS.contains(&self.vendor) {
            return "camera";
        }
        let phone = pictures
            || [ADB, FASTBOOT].iter().chain(&APPLE).any(speaks)
            || RNDIS.iter().any(speaks)
            || (is_of(COMMUNICATION) && PHONE_MAKERS.contains(&self.vendor));
        if phone {
            "phone"
        } else if self.video || is_of(VIDEO) {
            "camera"
        } else if self.disk || is_of(STORAGE) {
            "storage"
        } else if self.network || is_of(COMMUNICATION) {
            "network"
        } else {
            "other"
        }
    }

    /// May the system still find out more, once it has found a driver?
    pub(super) fn may_be_more(&self) -> bool {
        let own = |it: &Interface| it.0 == 0xff || *it == BLUETOOTH;
        self.class() == "other" && (self.interfaces.is_empty() || self.interfaces.iter().any(own))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn device(vendor: u16, interfaces: &[Interface]) -> Usb {
        Usb {
            vendor,
            interfaces: interfaces.to_vec(),
            ..Usb::default()
        }
    }

    #[test]
    fn descriptors_of_a_stick_are_read() {
        let mut bytes = vec![
            18, 1, 0, 2, 0, 0, 0, 64, 0x81, 7, 0x67, 0x55, 0, 1, 1, 2, 3, 1,
        ];
        bytes.extend([9, 2, 32, 0, 1, 1, 0, 0x80, 50]);
        bytes.extend([9, 4, 0, 0, 2, 8, 6, 0x50, 0]);
        bytes.extend([7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2, 1]);
        assert_eq!(interfaces(&bytes), [(8, 6, 0x50)]);
        // Cut in the middle of the interface; a length of zero; nothing.
        assert_eq!(interfaces(&bytes[..34]), []);
        assert_eq!(interfaces(&[0, 4, 0, 0, 0, 8, 6, 0x50, 0]), []);
        assert_eq!(interfaces(&[]), []);
    }

    #[test]
    fn what_a_device_is_follows_from_what_it_speaks() {
        for (vendor, speaks, class) in [
            (0x0781, &[(8, 6, 0x50)][..], "storage"),
            (0x18d1, &[(6, 1, 1), (0xff, 0x42, 1)], "phone"),
            (0x04e8, &[(0xff, 0x42, 1)], "phone"),
            (0x18d1, &[(8, 6, 0x50), (0xff, 0x42, 3)], "phone"),
            (0x05ac, &[(6, 1, 1), (0xff, 0xfe, 2)], "phone"),
            (0x05ac, &[(3, 1, 2)], "other"),
            (0x2717, &[(0xe0, 1, 3), (0x0a, 0, 0)], "phone"),
            (0x04a9, &[(6, 1, 1)], "camera"),
            (0x046d, &[(0x0e, 1, 0), (1, 1, 0)], "camera"),
            (0x0bda, &[(2, 0x0d, 0), (0x0a, 0, 1)], "network"),
            (0x04e8, &[(2, 0x0d, 0), (0x0a, 0, 1)], "phone"),
            (0x8087, &[(0xe0, 1, 1)], "other"),
            (0x046d, &[(3, 1, 1)], "other"),
            (0x1234, &[], "other"),
        ] {
            assert_eq!(device(vendor, speaks).class(), class, "{vendor:04x}");
        }
        let mtp = Usb {
            mtp: true,
            ..device(0x0e8d, &[(0xff, 0xff, 0)])
        };
        assert_eq!(mtp.class(), "phone");
        let dongle = device(0x0bda, &[(0xff, 0xff, 0)]);
        assert!(dongle.may_be_more() && !device(1, &[(3, 1, 1)]).may_be_more());
        let network = true;
        assert_eq!(Usb { network, ..dongle }.class(), "network");
    }

    proptest! {
        #[test]
        fn any_descriptors_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let found = interfaces(&bytes);
            prop_assert!(found.len() <= MAX_INTERFACES && found.len() * 8 <= bytes.len());
            device(1, &found).class();
        }
    }
}
