//! What is plugged in, and which networks the computer is on.

use serde::{Deserialize, Serialize};

use super::Change;

/// A device came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// What became of it.
    pub change: Change,
    /// `storage`, `phone`, `camera`, `network`, `other`.
    pub class: String,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// How much it can hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What a phone on the cable says about an application on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneApp {
    /// The phone's serial number.
    pub phone: String,
    /// The application, by its package.
    pub package: String,
    /// The application, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long it was in front on the day of the record, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// What could not be read of it: `usage`, `name`, ...
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// A network interface came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkInterface {
    /// What became of it.
    pub change: Change,
    /// Its name: `wg0`.
    pub interface: String,
    /// `ethernet`, `wifi`, `usb`, `tun`, `wireguard`, `ppp`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface_type: Option<String>,
}

/// How the computer reaches the network changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSetting {
    /// Which: `proxy`, `resolver`, `route`, `tor`, ...
    pub setting: String,
    /// What it is now.
    pub value: String,
}

/// The computer is on another network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkJoined {
    /// Its name.
    pub network: String,
    /// By which interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Is it a phone's?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tethered: Option<bool>,
}
