//! Reports.

pub use crate::device::{DeviceId, DeviceIdError};
