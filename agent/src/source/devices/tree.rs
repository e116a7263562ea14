//! The devices that the system shows below `/sys`.
//!
//! Promises: nothing below `/sys` is trusted to be short, to be text, or to stay there while it is
//! read. A device has one name while it is attached ([`Found::key`]) and one id over time: its serial
//! number, or `port:<vendor>:<product>:<where>` where it has none, so that nobody takes a port for
//! a serial number. Refuses: to open any device.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::disks;
use super::usb::{self, Usb};

/// Descriptors of a device with many configurations.
const MAX_BYTES: u64 = 64 << 10;
/// Of a name that a device gives itself; USB allows 126.
const MAX_NAME: usize = 128;
/// Of one sort. Beyond, a computer is not what this is for.
const MAX_DEVICES: usize = 1024;

/// A device that is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Names it while it is attached.
    pub(super) key: String,
    /// `storage`, `phone`, `camera`, `network`, `other`.
    pub(super) class: &'static str,
    /// Its serial number, or where it is attached.
    pub(super) id: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) product: Option<String>,
    /// How much it can hold.
    pub(super) bytes: Option<u64>,
    /// What the system may still find out of it: then it is not told at once.
    pub(super) more: More,
}

/// What the system may still find out of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// Nothing that counts.
    Nothing,
    /// What it is, or that there is something in it.
    Perhaps,
    /// Its disk: it says that it is storage, and the system shows none yet, with a driver or without.
    Disk,
}

/// `/sys`, or a folder in its form.
#[derive(Clone, Debug)]
pub(super) struct Tree(PathBuf);

/// What the system made of a USB device.
#[derive(Debug, Default)]
struct Uses {
    network: bool,
    video: bool,
    disk: bool,
    bytes: u64,
}

impl Tree {
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// All devices, but what is part of the computer's board and has no driver.
    pub(super) fn all(&self) -> io::Result<Vec<Found>> {
        // Without it there is no such tree here.
        fs::read_dir(self.0.join("class"))?;
        let mut uses: BTreeMap<PathBuf, Uses> = BTreeMap::new();
        let mut found = Vec::new();
        for disk in self.list("block") {
            let Some(size) = disks::size(&disk) else {
                continue;
            };
            match above(&disk, is_usb) {
                Some(usb) => {
                    let uses = uses.entry(usb).or_default();
                    uses.disk = true;
                    uses.bytes = uses.bytes.saturating_add(size);
                }
                None if size > 0 => found.push(disks::found(self.key(&disk), &disk, size)),
                None => {}
            }
        }
        for adapter in self.list("class/net") {
            if let Some(usb) = above(&adapter, is_usb) {
                uses.entry(usb).or_default().network = true;
            } else if let Ok(device) = adapter.join("device").canonicalize() {
                found.push(self.part("network", &device, None));
            }
        }
        for camera in self.list("class/video4linux") {
            if let Some(usb) = above(&camera, is_usb) {
                uses.entry(usb).or_default().video = true;
            } else {
                let device = camera.join("device").canonicalize();
                let name = text(&camera.join("name"));
                let device = device.unwrap_or(camera);
                found.push(self.part("camera", &device, name));
            }
        }
        for device in self.list("bus/usb/devices") {
            if is_usb(&device) {
                let uses = uses.remove(&device).unwrap_or_default();
                found.extend(self.usb(&device, &uses));
            }
        }
        // A camera has several entries.
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found.dedup_by(|a, b| a.key == b.key);
        Ok(found)
    }

    /// The USB device at this path, below the root.
    pub(super) fn usb_at(&self, path: &str) -> Option<Found> {
        let device = self.0.join(path.trim_start_matches('/'));
        let device = device.canonicalize().ok()?;
        self.usb(&device, &Uses::default())
    }

    /// Is there anything at this path, below the root?
    pub(super) fn is_there(&self, path: &str) -> bool {
        self.0.join(path.trim_start_matches('/')).exists()
    }

    fn usb(&self, device: &Path, uses: &Uses) -> Option<Found> {
        let (vendor, product) = (
            text(&device.join("idVendor"))?,
            text(&device.join("idProduct"))?,
        );
        // What other devices are attached to.
        if text(&device.join("bDeviceClass")).as_deref() == Some("09") {
            return None;
        }
        let usb = Usb {
            vendor: u16::from_str_radix(&vendor, 16).unwrap_or_default(),
            interfaces: usb::interfaces(&bytes(&device.join("descriptors")).unwrap_or_default()),
            mtp: speaks_mtp(device),
            network: uses.network,
            video: uses.video,
            disk: uses.disk,
        };
        let class = usb.class();
        let place = device.file_name()?.to_string_lossy();
        let id = text(&device.join("serial"))
            .unwrap_or_else(|| format!("port:{vendor}:{product}:{place}"));
        let holds = (class == "storage" && uses.bytes > 0).then_some(uses.bytes);
        let more = if class == "storage" && !uses.disk {
            More::Disk
        } else if usb.may_be_more() || (class == "storage" && holds.is_none()) {
            More::Perhaps
        } else {
            More::Nothing
        };
        Some(Found {
            key: self.key(device),
            class,
            id: Some(id),
            vendor: Some(text(&device.join("manufacturer")).unwrap_or(vendor)),
            product: Some(text(&device.join("product")).unwrap_or(product)),
            bytes: holds,
            more,
        })
    }

    /// A part of the computer, or something in a slot.
    fn part(&self, class: &'static str, device: &Path, name: Option<String>) -> Found {
        let number = |file: &str| {
            let text = text(&device.join(file))?;
            Some(text.trim_start_matches("0x").to_owned())
        };
        let (vendor, product) = (number("vendor"), number("device"));
        let place = device.file_name().unwrap_or_default().to_string_lossy();
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        Found {
            key: self.key(device),
            class,
            id: Some(format!("port:{}:{}:{place}", word(&vendor), word(&product))),
            vendor,
            product: name.or(product),
            bytes: None,
            more: More::Nothing,
        }
    }

    /// Does a phone on the cable offer Android's debug bridge?
    pub(super) fn has_debug_bridge(&self) -> bool {
        self.list("bus/usb/devices").iter().any(|device| {
            let descriptors = bytes(&device.join("descriptors")).unwrap_or_default();
            usb::interfaces(&descriptors).contains(&usb::ADB)
        })
    }

    /// The class of the USB device that this is a part of, by what it says of itself.
    pub(super) fn class_of_usb(&self, part: &Path) -> Option<&'static str> {
        let part = part.canonicalize().ok()?;
        let device = above(&part, is_usb)?;
        let found = self.usb(&device, &Uses::default())?;
        Some(found.class)
    }

    /// Where the entries of a folder of links lead.
    fn list(&self, folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.join(folder)).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path().canonicalize());
        let mut paths: Vec<PathBuf> = paths.flatten().take(MAX_DEVICES).collect();
        paths.sort();
        paths
    }

    /// The path below the root.
    fn key(&self, device: &Path) -> String {
        let root = self.0.canonicalize().unwrap_or_default();
        let path = device.strip_prefix(root).unwrap_or(device);
        path.to_string_lossy().into_owned()
    }
}

/// The nearest folder above that is one.
fn above(path: &Path, is: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let mut above = path.ancestors().skip(1);
    above.find(|path| is(path)).map(Path::to_owned)
}

fn is_usb(device: &Path) -> bool {
    device.join("idVendor").exists()
}

fn speaks_mtp(device: &Path) -> bool {
    let parts = fs::read_dir(device).into_iter().flatten().flatten();
    let mut names = parts.take(MAX_DEVICES).map(|part| part.path());
    names.any(|part| text(&part.join("interface")).as_deref() == Some("MTP"))
}

/// A line of text without what does not print; `None` where there is none.
pub(super) fn text(path: &Path) -> Option<String> {
    clean(&bytes(path)?)
}

/// The first line of these bytes, as people can read it.
pub(super) fn clean(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|&byte| byte == b'\n').next()?;
    let printed: String = String::from_utf8_lossy(line)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_NAME)
        .collect();
    let text = printed.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
