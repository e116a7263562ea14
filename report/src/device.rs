//! The number that a collector gives a device when it enrols.

use std::fmt;
use std::str::FromStr;

use crate::id;

/// A device's number: 16 random bytes, written as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

/// The text is not 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device id is 32 lower-case hex digits; copy it again, whole")]
pub struct DeviceIdError;

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl FromStr for DeviceId {
    type Err = DeviceIdError;

    fn from_str(text: &str) -> Result<Self, DeviceIdError> {
        id::read_hex(text).map(Self).ok_or(DeviceIdError)
    }
}

id::serde_as_text!(DeviceId, "32 lower-case hex digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling() {
        let id = DeviceId([0x0a; 16]);
        assert_eq!(id.to_string(), "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            id.to_string().to_uppercase().parse::<DeviceId>(),
            Err(DeviceIdError)
        );
        assert_eq!("0a".parse::<DeviceId>(), Err(DeviceIdError));
    }
}
