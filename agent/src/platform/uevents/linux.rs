//! The kernel's own messages over netlink (`NETLINK_KOBJECT_UEVENT`, group 1); those that a device
//! manager sends on are in another group.

use std::io;

use rustix::net::netlink::KOBJECT_UEVENT;

use super::{Told, Uevent, UeventsError};
use crate::platform::netlink::{Received, Socket};

const KERNEL: u32 = 1;
/// Some hundred messages: a dock with all that hangs on it.
const QUEUE: usize = 256 << 10;
/// The kernel has 2 kB for the keys, and a path before them.
const MESSAGE: usize = 8 << 10;

/// The kernel's messages. Dropped, they end.
#[derive(Debug)]
pub struct Uevents {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Uevents {
    /// Listens. Needs a running tokio.
    pub fn open() -> Result<Self, UeventsError> {
        Ok(Self {
            socket: Socket::open(Some(KOBJECT_UEVENT), KERNEL, QUEUE)?,
            buffer: vec![0; MESSAGE],
        })
    }

    /// The next message. Dropping the future loses none.
    pub async fn next(&mut self) -> io::Result<Told> {
        loop {
            match self.socket.receive(&mut self.buffer).await? {
                Received::Lost => return Ok(Told::Lost),
                Received::Bytes(length) => {
                    let message = self.buffer.get(..length).unwrap_or_default();
                    if let Some(event) = Uevent::parse(message) {
                        return Ok(Told::Event(event));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_tells_of_a_device() {
        let mut events = Uevents::open().unwrap();
        // Writing to this file makes the kernel tell of the device once more.
        std::fs::write("/sys/class/mem/null/uevent", "change").unwrap();
        loop {
            let Told::Event(event) = events.next().await.unwrap() else {
                continue;
            };
            if event.path == "/devices/virtual/mem/null" {
                assert_eq!((&*event.action, &*event.subsystem), ("change", "mem"));
                break;
            }
        }
    }

    #[tokio::test]
    async fn what_a_program_says_in_the_kernels_place_is_not_heard() {
        use rustix::net::netlink::SocketAddrNetlink;
        use rustix::net::{AddressFamily, SendFlags, SocketType, sendto, socket};
        let mut events = Uevents::open().unwrap();
        let liar = socket(
            AddressFamily::NETLINK,
            SocketType::RAW,
            Some(KOBJECT_UEVENT),
        )
        .unwrap();
        let story = b"add@/devices/made-up\0SUBSYSTEM=usb\0";
        let everybody = SocketAddrNetlink::new(0, KERNEL);
        sendto(&liar, story, SendFlags::empty(), &everybody).unwrap();
        std::fs::write("/sys/class/mem/zero/uevent", "change").unwrap();
        loop {
            if let Told::Event(event) = events.next().await.unwrap() {
                assert_ne!(event.path, "/devices/made-up");
                if event.path == "/devices/virtual/mem/zero" {
                    break;
                }
            }
        }
    }
}
