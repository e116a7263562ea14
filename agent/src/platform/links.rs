//! The computer's network: its interfaces, its ways out, its neighbours, and the kernel's word when
//! they change.
//!
//! Promises: interfaces are told one by one as they come and go, so none is too short-lived; what is
//! lost is said ([`Told::Lost`]). Refuses: to look at any packet.

use std::io;
use std::net::IpAddr;

use thiserror::Error;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "linux")]
mod wire;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

pub use system::Links;

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number, the same for as long as it is there.
    pub index: u32,
    /// Its name, which can change.
    pub name: String,
    /// What made it, where it is no hardware: `tun`, `wireguard`, `bridge`, ...
    pub kind: Option<String>,
    /// What its addresses are like (`ARPHRD_*`).
    pub hardware: u16,
    /// What its hardware is attached to: `usb`, `pci`, ...
    pub bus: Option<String>,
    /// Is it switched on?
    pub up: bool,
}

/// A way out for all, or for half, of all addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The interface.
    pub interface: u32,
    /// The next computer on the way; `None`: whatever is at the other end.
    pub gateway: Option<IpAddr>,
    /// Is it for the newer sort of addresses?
    pub v6: bool,
    /// For all addresses, or only for half of them?
    pub whole: bool,
    /// The list that it stands in. 254 is the usual one.
    pub table: u32,
    /// Of several the smallest counts.
    pub metric: u32,
}

/// A computer on the same network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// By which interface.
    pub interface: u32,
    /// Its address.
    pub address: IpAddr,
    /// The address of its hardware.
    pub hardware: Vec<u8>,
}

/// What the kernel tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An interface came, or something of it is another.
    Link(Link),
    /// The interface of this number is gone.
    Gone(u32),
    /// The ways out may be others.
    Routes,
    /// More happened than could be taken.
    Lost,
}

/// Why the network cannot be looked at.
#[derive(Debug, Error)]
pub enum LinksError {
    /// Nobody taught the agent this system.
    #[error(
        "this version of proviso-agent cannot see the network interfaces of this operating system"
    )]
    Unsupported,
    /// The system refused.
    #[error("the system refused to show its network interfaces: {0}")]
    Io(#[from] io::Error),
}

/// All interfaces.
pub fn links() -> Result<Vec<Link>, LinksError> {
    system::links()
}

/// All ways out.
pub fn routes() -> Result<Vec<Route>, LinksError> {
    system::routes()
}

/// The neighbours whose hardware is known.
pub fn neighbours() -> Result<Vec<Neighbour>, LinksError> {
    system::neighbours()
}

/// The names of the wireless networks that interfaces are on, by the interfaces' numbers.
pub fn wireless() -> Result<Vec<(u32, Vec<u8>)>, LinksError> {
    system::wireless()
}
