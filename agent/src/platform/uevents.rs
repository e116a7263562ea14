//! The kernel's word that a device came, changed or went, as it happens.
//!
//! Promises: only what the kernel itself says is taken, and what is lost is said ([`Told::Lost`]).
//! Refuses: what other programs send to the same place, and messages of any other form.

use std::io;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::Uevents;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::Uevents;

/// What the kernel says about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uevent {
    /// `add`, `remove`, `change`, ...
    pub action: String,
    /// `usb`, `block`, `net`, ...
    pub subsystem: String,
    /// Where it is below `/sys`, with the first slash.
    pub path: String,
    /// Which sort of that subsystem: `usb_device`, `disk`, ...
    pub sort: Option<String>,
    /// Vendor, product and version of a USB device, in hexadecimal without zeros in front.
    pub product: Option<String>,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something happened to a device.
    Event(Uevent),
    /// More happened than could be taken.
    Lost,
}

/// Why there are no events.
#[derive(Debug, Error)]
pub enum UeventsError {
    /// The system has none.
    #[error("this system does not tell of devices as they come and go")]
    Unsupported,
    /// The system refused.
    #[error("the system refused to tell of devices as they come and go: {0}")]
    Io(#[from] io::Error),
}

impl Uevent {
    /// Reads a message: `action@path`, then `KEY=value` for each key, each ended by a zero. `None`
    /// when it is something else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let mut parts = message.split(|&byte| byte == 0);
        let head = std::str::from_utf8(parts.next()?).ok()?;
        let (action, path) = head.split_once('@')?;
        let mut found = Self {
            action: action.to_owned(),
            subsystem: String::new(),
            path: path.to_owned(),
            sort: None,
            product: None,
        };
        for part in parts {
            let Ok(part) = std::str::from_utf8(part) else {
                continue;
            };
            match part.split_once('=') {
                Some(("SUBSYSTEM", value)) => value.clone_into(&mut found.subsystem),
                Some(("DEVTYPE", value)) => found.sort = Some(value.to_owned()),
                Some(("PRODUCT", value)) => found.product = Some(value.to_owned()),
                _ => {}
            }
        }
        // A path leads to a device below `/sys`, and nowhere else.
        let stays = path.starts_with("/devices/") && !path.split('/').any(|part| part == "..");
        (stays && !found.subsystem.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STICK: &[u8] = b"add@/devices/pci0000:00/0000:00:14.0/usb1/1-4\0ACTION=add\0\
        DEVPATH=/devices/pci0000:00/0000:00:14.0/usb1/1-4\0SUBSYSTEM=usb\0MAJOR=189\0MINOR=5\0\
        DEVNAME=bus/usb/001/006\0DEVTYPE=usb_device\0PRODUCT=781/5567/100\0TYPE=0/0/0\0\
        BUSNUM=001\0DEVNUM=006\0SEQNUM=4711\0";

    #[test]
    fn a_message_of_the_kernel_is_read() {
        let stick = Uevent {
            action: "add".into(),
            subsystem: "usb".into(),
            path: "/devices/pci0000:00/0000:00:14.0/usb1/1-4".into(),
            sort: Some("usb_device".into()),
            product: Some("781/5567/100".into()),
        };
        assert_eq!(Uevent::parse(STICK), Some(stick));
        let loopback = b"change@/devices/virtual/block/loop0\0ACTION=change\0SUBSYSTEM=block\0";
        let loopback = Uevent::parse(loopback).unwrap();
        assert_eq!((&*loopback.subsystem, loopback.sort), ("block", None));
    }

    #[test]
    fn other_messages_are_none() {
        for wrong in [
            b"".as_slice(),
            b"libudev\0\xfe\xed\xca\xfe\0\0\0\x28",
            b"add@/devices/x\0ACTION=add\0",
            b"add@/devices/../../etc\0SUBSYSTEM=usb\0",
            b"add@/etc\0SUBSYSTEM=usb\0",
            b"\xff@/devices/x\0SUBSYSTEM=usb\0",
        ] {
            assert_eq!(Uevent::parse(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(event) = Uevent::parse(&bytes) {
                prop_assert!(event.path.starts_with("/devices/"));
            }
        }

        #[test]
        fn a_damaged_message_is_read_or_refused(at in 0..STICK.len(), byte: u8, cut in 0..STICK.len()) {
            let mut bytes = STICK.to_vec();
            bytes[at] = byte;
            bytes.truncate(cut);
            if let Some(event) = Uevent::parse(&bytes) {
                prop_assert!(!event.path.contains("/../"));
            }
        }
    }
}
