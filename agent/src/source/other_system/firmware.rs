//! What the firmware starts (UEFI): its entries, their order, and the one that was started.
//!
//! Refuses: to keep more of an entry than its name and a mark of the rest.

use std::collections::BTreeMap;
use std::path::Path;

use proviso_report::fact::OtherSystem;
use serde::{Deserialize, Serialize};

use crate::source::bounded;

const FOLDER: &str = "sys/firmware/efi/efivars";
/// Of all variables of this vendor: the UEFI standard's own.
const GLOBAL: &str = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// The system puts four bytes of attributes before each.
const ATTRIBUTES: usize = 4;
const MAX_VARIABLE: usize = 64 << 10;
const MAX_ENTRIES: usize = 256;

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Firmware {
    /// By number, as in `Boot0001`.
    entries: BTreeMap<String, Entry>,
    /// The numbers, in the order in which they are tried.
    order: Vec<String>,
    /// The one that was started.
    current: Option<String>,
    /// The one that is started next time, whatever the order.
    next: Option<String>,
}

/// Something that can be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    mark: String,
}

/// What a court must know before it makes anything of it.
const INNOCENT: &str = "firmware makes entries by itself for what is plugged in, and updates of a system make them too";

impl Firmware {
    /// `None`: this computer has none that says, or does not let the agent see it.
    pub(super) fn read(root: &Path) -> Option<Self> {
        let folder = root.join(FOLDER);
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .ok()?
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(GLOBAL).map(str::to_owned))
            .take(MAX_ENTRIES)
            .collect();
        names.sort();
        let value = |name: &str| {
            let path = folder.join(format!("{name}{GLOBAL}"));
            let bytes = bounded::read(&path, MAX_VARIABLE).ok()?;
            Some(bytes.get(ATTRIBUTES..)?.to_vec())
        };
        let mut entries = BTreeMap::new();
        for name in names {
            let number = name.strip_prefix("Boot").filter(|number| is_number(number));
            if let Some(number) = number
                && let Some(entry) = value(&name).and_then(|bytes| Entry::parse(&bytes))
            {
                entries.insert(number.to_owned(), entry);
            }
        }
        let numbers = |name: &str| {
            let bytes = value(name)?;
            let (numbers, _) = bytes.as_chunks::<2>();
            let numbers = numbers.iter().take(MAX_ENTRIES);
            Some(
                numbers
                    .map(|it| format!("{:04X}", u16::from_le_bytes(*it)))
                    .collect::<Vec<_>>(),
            )
        };
        let one = |name: &str| numbers(name)?.into_iter().next();
        let order = numbers("BootOrder").unwrap_or_default();
        if entries.is_empty() && order.is_empty() {
            return None;
        }
        Some(Self {
            entries,
            order,
            current: one("BootCurrent"),
            next: one("BootNext"),
        })
    }

    /// Signs of another system since `before`.
    pub(super) fn since(&self, before: &Self) -> Vec<OtherSystem> {
        let mut signs = Vec::new();
        let mut tell = |sign: &str, detail: String| {
            signs.push(OtherSystem {
                sign: sign.to_owned(),
                volume: None,
                detail: format!("{detail}; {INNOCENT}"),
            });
        };
        for (number, entry) in &self.entries {
            match before.entries.get(number) {
                None => tell(
                    "boot_entry",
                    format!(
                        "the firmware has a new entry that can be started: {}",
                        entry.name
                    ),
                ),
                Some(old) if old != entry => tell(
                    "boot_entry",
                    format!(
                        "an entry that can be started was changed: {}, before {}",
                        entry.name, old.name
                    ),
                ),
                Some(_) => {}
            }
        }
        if self.current != before.current
            && let Some(current) = &self.current
        {
            let name = self.name(current);
            tell(
                "boot_current",
                format!("the computer was started by another entry of the firmware: {name}"),
            );
        }
        // New entries are told above; what is tried first is told here.
        if self.order.first() != before.order.first()
            && let Some(first) = self.order.first()
        {
            let name = self.name(first);
            tell(
                "boot_order",
                format!("another entry is tried first: {name}"),
            );
        }
        if self.next != before.next
            && let Some(next) = &self.next
        {
            let name = self.name(next);
            tell(
                "boot_next",
                format!("the next start, and only that, was set to be by {name}"),
            );
        }
        signs
    }

    fn name(&self, number: &str) -> String {
        match self.entries.get(number) {
            Some(entry) => entry.name.clone(),
            None => format!("number {number}"),
        }
    }
}

impl Entry {
    /// Four bytes of attributes, two of the length of what comes after the name, then the name in
    /// UTF-16 with a zero at its end.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (units, _) = bytes.get(6..)?.as_chunks::<2>();
        let units = units.iter().map(|it| u16::from_le_bytes(*it));
        let name: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Some(Self {
            name: bounded::name(&String::from_utf16_lossy(&name)),
            mark: bounded::mark(&[&data_encoding::HEXLOWER.encode(bytes)]),
        })
    }
}

fn is_number(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn put(root: &Path, name: &str, bytes: &[u8]) {
        let folder = root.join(FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        let all = [&[7, 0, 0, 0], bytes].concat();
        std::fs::write(folder.join(format!("{name}{GLOBAL}")), all).unwrap();
    }

    fn entry(name: &str) -> Vec<u8> {
        let name = name.encode_utf16().flat_map(u16::to_le_bytes);
        [1, 0, 0, 0, 4, 0]
            .into_iter()
            .chain(name)
            .chain([0, 0, 0x7f, 0xff, 4, 0])
            .collect()
    }

    fn signs(now: &Firmware, before: &Firmware) -> Vec<String> {
        let signs = now.since(before);
        let words = signs.iter().map(|it| {
            assert!(it.detail.ends_with(INNOCENT));
            format!("{}: {}", it.sign, it.detail.split(';').next().unwrap())
        });
        words.collect()
    }

    #[test]
    fn what_changes_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(Firmware::read(root), None);
        put(root, "Boot0001", &entry("debian"));
        put(root, "BootOrder", &[1, 0]);
        put(root, "BootCurrent", &[1, 0]);
        put(root, "BootOptionSupport", &[1, 0, 0, 0]);
        let first = Firmware::read(root).unwrap();
        assert_eq!(signs(&first, &first), [""; 0]);
        put(root, "Boot001A", &entry("USB: Täils"));
        put(root, "BootOrder", &[0x1A, 0, 1, 0]);
        put(root, "BootNext", &[0x1A, 0]);
        let second = Firmware::read(root).unwrap();
        assert_eq!(
            signs(&second, &first),
            [
                "boot_entry: the firmware has a new entry that can be started: USB: Täils",
                "boot_order: another entry is tried first: USB: Täils",
                "boot_next: the next start, and only that, was set to be by USB: Täils",
            ]
        );
        put(root, "BootCurrent", &[0x1A, 0]);
        put(root, "Boot0001", &entry("ubuntu"));
        let third = Firmware::read(root).unwrap();
        assert_eq!(
            signs(&third, &second),
            [
                "boot_entry: an entry that can be started was changed: ubuntu, before debian",
                "boot_current: the computer was started by another entry of the firmware: USB: Täils",
            ]
        );
    }

    #[test]
    fn entries_are_pinned() {
        let bytes = [1, 0, 0, 0, 4, 0, b'a', 0, 0xfc, 0, 0, 0, 9, 9];
        assert_eq!(Entry::parse(&bytes).unwrap().name, "aü");
        assert_eq!(Entry::parse(&bytes[..5]), None);
        assert!(is_number("00aF") && !is_number("Next") && !is_number("001"));
    }

    proptest! {
        #[test]
        fn any_variables_are_read(
            entry in prop::collection::vec(any::<u8>(), 0..64),
            order in prop::collection::vec(any::<u8>(), 0..16),
        ) {
            let dir = tempfile::tempdir().unwrap();
            put(dir.path(), "Boot0001", &entry);
            put(dir.path(), "BootOrder", &order);
            put(dir.path(), "BootNext", &entry);
            if let Some(firmware) = Firmware::read(dir.path()) {
                prop_assert_eq!(firmware.since(&firmware), vec![]);
            }
        }
    }
}
