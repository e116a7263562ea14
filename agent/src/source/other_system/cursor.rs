//! What the volumes and the firmware said at the last look: the source's cursor.

use std::collections::BTreeMap;

use proviso_report::BootId;
use serde::{Deserialize, Serialize};

use super::firmware::Firmware;
use super::volumes::Volume;

const FORMAT: u8 = 1;
/// A computer has some.
const MAX_VOLUMES: usize = 64;

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    format: u8,
    /// The start of the system at which it was.
    boot: String,
    /// By their uuid.
    pub(super) volumes: BTreeMap<String, Known>,
    /// What the firmware would start. `None`: it did not say.
    pub(super) firmware: Option<Firmware>,
}

/// What a volume said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) label: String,
    pub(super) mounts: u16,
    pub(super) mounted: i64,
    pub(super) written: i64,
    pub(super) checked: i64,
    /// When the agent looked, Unix seconds.
    pub(super) seen: i64,
}

impl Cursor {
    /// Nothing is known yet.
    pub(super) fn begin(boot: BootId) -> Self {
        Self {
            format: FORMAT,
            boot: boot.to_string(),
            volumes: BTreeMap::new(),
            firmware: None,
        }
    }

    /// Is it of this start of the system?
    pub(super) fn is_of(&self, boot: BootId) -> bool {
        self.boot == boot.to_string()
    }

    /// From now on it is.
    pub(super) fn set_boot(&mut self, boot: BootId) {
        self.boot = boot.to_string();
    }

    /// The names of the volumes, by their uuid.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let volumes = self.volumes.iter();
        volumes
            .map(|(uuid, known)| (uuid.clone(), known.label.clone()))
            .collect()
    }

    /// Notes how a volume is now.
    pub(super) fn note(&mut self, uuid: &str, volume: &Volume, seen: i64) {
        if self.volumes.len() >= MAX_VOLUMES && !self.volumes.contains_key(uuid) {
            return;
        }
        let block = &volume.superblock;
        let known = Known {
            label: volume.label.clone(),
            mounts: block.mounts,
            mounted: block.mounted,
            written: block.written,
            checked: block.checked,
            seen,
        };
        self.volumes.insert(uuid.to_owned(), known);
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Only strings and numbers: there is nothing in it that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(bytes).ok()?;
        (cursor.format == FORMAT).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ext::Superblock;
    use super::*;

    #[test]
    fn bytes_are_pinned() {
        let mut cursor = Cursor::begin(BootId([7; 16]));
        let volume = Volume {
            label: "/".into(),
            writable: true,
            here: true,
            superblock: Superblock {
                uuid: [1; 16],
                mounts: 2,
                mounted: 3,
                written: 4,
                checked: 5,
            },
        };
        cursor.note("u", &volume, 6);
        let text = r#"{"format":1,"boot":"07070707070707070707070707070707","volumes":{"u":{"label":"/","mounts":2,"mounted":3,"written":4,"checked":5,"seen":6}},"firmware":null}"#;
        assert_eq!(String::from_utf8(cursor.to_bytes()).unwrap(), text);
        assert_eq!(Cursor::from_bytes(text.as_bytes()), Some(cursor.clone()));
        for wrong in [
            "",
            "{}",
            &text.replace("t\":1", "t\":2"),
            &text.replace("seen", "at"),
        ] {
            assert_eq!(Cursor::from_bytes(wrong.as_bytes()), None, "{wrong}");
        }
        for n in 0..100 {
            cursor.note(&n.to_string(), &volume, 6);
        }
        assert_eq!(cursor.volumes.len(), MAX_VOLUMES);
    }
}
