//! UUIDs made of names (RFC 9562, version 5), written as `urn:uuid:...`.

use std::fmt;

use ring::digest;
use serde::{Serialize, Serializer};

/// The namespace of all: version 5 of `urn:proviso:leaf` in the namespace for URLs.
const NAMESPACE: [u8; 16] = [
    0x42, 0xa2, 0x9d, 0x75, 0x6e, 0x9f, 0x57, 0xa9, 0xbd, 0xa4, 0x62, 0xc9, 0x7d, 0x0e, 0x8b, 0x85,
];

/// A UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uuid([u8; 16]);

impl Uuid {
    /// Of a name, which may come in parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        // Version 5 is made with SHA-1. Nothing rests on it: it only gives a name.
        let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&NAMESPACE);
        for part in parts {
            context.update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *byte = *hashed;
        }
        bytes[6] = bytes[6] & 0x0f | 0x50;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("urn:uuid:")?;
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_version_5() {
        // Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "urn:proviso:leaf"), "01" * 32).
        let one = Uuid::of(&[&"01".repeat(31), "01"]);
        assert_eq!(
            one.to_string(),
            "urn:uuid:3fe78e5c-c0ee-5953-a998-57b2296655b8"
        );
    }
}
