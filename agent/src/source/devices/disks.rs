//! Disks that are no USB devices, and how much any disk holds.
//!
//! Refuses: to name the file behind a disk image, which may be anybody's.

use std::path::Path;

use super::tree::{Found, More, clean, text};

/// The system counts in these, whatever the disk does.
const SECTOR: u64 = 512;
/// Made of memory or of other disks: nothing that is attached.
const MADE: &[&str] = &["ram", "zram", "dm-", "md", "drbd", "bcache"];
/// Where a package manager keeps images that it mounts by itself.
const SYSTEM_IMAGES: &[&str] = &["/var/lib/snapd/", "/snap/"];

/// How much it holds; 0: nothing is in it. `None`: it is no disk of its own.
pub(super) fn size(disk: &Path) -> Option<u64> {
    let name = disk.file_name()?.to_str()?;
    let parts = name.contains("boot") || name.contains("rpmb");
    if MADE.iter().any(|made| name.starts_with(made)) || (name.starts_with("mmcblk") && parts) {
        return None;
    }
    if let Some(file) = text(&disk.join("loop/backing_file"))
        && SYSTEM_IMAGES.iter().any(|place| file.starts_with(place))
    {
        return None;
    }
    // A drive without a disc says nothing true.
    if name.starts_with("sr") {
        return Some(0);
    }
    let sectors: u64 = text(&disk.join("size"))?.parse().ok()?;
    Some(sectors.saturating_mul(SECTOR))
}

/// A disk that holds something.
pub(super) fn found(key: String, disk: &Path, bytes: u64) -> Found {
    let name = disk.file_name().unwrap_or_default().to_string_lossy();
    let device = disk.join("device");
    let made = if name.starts_with("loop") {
        Some("disk image")
    } else if name.starts_with("nbd") {
        Some("disk over the network")
    } else {
        None
    };
    let model = || text(&device.join("model")).or_else(|| text(&device.join("name")));
    let id = match made {
        Some(_) => format!("port:{name}"),
        None => serial(disk).unwrap_or_else(|| format!("port:{name}")),
    };
    Found {
        key,
        // An image is no thing that anybody has to declare.
        class: if made.is_some() { "other" } else { "storage" },
        id: Some(id),
        vendor: text(&device.join("vendor")),
        product: made.map(str::to_owned).or_else(model),
        bytes: Some(bytes),
        more: More::Nothing,
    }
}

fn serial(disk: &Path) -> Option<String> {
    let device = disk.join("device");
    text(&device.join("serial"))
        .or_else(|| text(&disk.join("serial")))
        .or_else(|| page_80(&device.join("vpd_pg80")))
        .or_else(|| text(&device.join("wwid")))
        .or_else(|| text(&disk.join("wwid")))
}

/// The serial number of a SCSI disk: four bytes, then text.
fn page_80(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    clean(bytes.get(4..)?.get(..64.min(bytes.len().checked_sub(4)?))?)
}
