//! rtnetlink and nl80211.

use std::collections::VecDeque;
use std::io;

use rustix::net::Protocol;
use rustix::net::netlink::GENERIC;

use super::wire::{self, Message};
use super::{Link, LinksError, Neighbour, Route, Told};
use crate::platform::netlink::{Received, Socket, ask};

/// Interfaces, ways out of both sorts of addresses (`RTMGRP_*`).
const GROUPS: u32 = 0x1 | 0x40 | 0x400;
const QUEUE: usize = 256 << 10;
/// What is told of one interface.
const MESSAGE: usize = 16 << 10;
/// The kernel fills no more in an answer.
const ANSWER: usize = 32 << 10;
/// Of each sort. Beyond, a computer is not what this is for.
const MAX: usize = 4096;

/// The kernel's messages. Dropped, they end.
#[derive(Debug)]
pub struct Links {
    socket: Socket,
    buffer: Vec<u8>,
    waiting: VecDeque<Told>,
}

impl Links {
    /// Listens. Needs a running tokio.
    pub fn open() -> Result<Self, LinksError> {
        Ok(Self {
            socket: Socket::open(None, GROUPS, QUEUE)?,
            buffer: vec![0; MESSAGE],
            waiting: VecDeque::new(),
        })
    }

    /// The next message. Dropping the future loses none.
    pub async fn next(&mut self) -> io::Result<Told> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Ok(told);
            }
            match self.socket.receive(&mut self.buffer).await? {
                Received::Lost => return Ok(Told::Lost),
                Received::Bytes(length) => {
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    self.waiting
                        .extend(wire::messages(bytes).into_iter().filter_map(told));
                }
            }
        }
    }
}

fn told(message: Message) -> Option<Told> {
    match message {
        Message::Link(link) => Some(Told::Link(link)),
        Message::LinkGone(index) => Some(Told::Gone(index)),
        Message::Routes(routes) => (!routes.is_empty()).then_some(Told::Routes),
        _ => None,
    }
}

pub(super) fn links() -> Result<Vec<Link>, LinksError> {
    let request = wire::request(wire::GET_LINK, wire::ALL, &[0; 16]);
    all(None, &request, |message, found| {
        if let Message::Link(link) = message {
            found.push(link);
        }
    })
}

pub(super) fn routes() -> Result<Vec<Route>, LinksError> {
    let request = wire::request(wire::GET_ROUTE, wire::ALL, &[0; 12]);
    all(None, &request, |message, found| {
        if let Message::Routes(routes) = message {
            found.extend(routes);
        }
    })
}

pub(super) fn neighbours() -> Result<Vec<Neighbour>, LinksError> {
    let request = wire::request(wire::GET_NEIGHBOUR, wire::ALL, &[0; 12]);
    all(None, &request, |message, found| match message {
        Message::Neighbour(neighbour) if !neighbour.hardware.is_empty() => found.push(neighbour),
        _ => {}
    })
}

pub(super) fn wireless() -> Result<Vec<(u32, Vec<u8>)>, LinksError> {
    let name: (u16, &[u8]) = (2, b"nl80211\0");
    let body = wire::generic(wire::GET_FAMILY, Some(name));
    let request = wire::request(wire::CONTROL, wire::ONE, &body);
    let families = all(Some(GENERIC), &request, |message, found| {
        if let Message::Other(_, body) = message {
            found.extend(wire::family(&body));
        }
    });
    let family = match families {
        Ok(families) => families.first().copied(),
        // Without wireless hardware the kernel need not know of it.
        Err(LinksError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some(family) = family else {
        return Ok(Vec::new());
    };
    let body = wire::generic(wire::GET_INTERFACE, None);
    let request = wire::request(family, wire::ALL, &body);
    let interfaces = all(Some(GENERIC), &request, |message, found| {
        if let Message::Other(_, body) = message {
            found.extend(wire::wireless(&body));
        }
    })?;
    let named = interfaces.into_iter().filter_map(|(index, name)| {
        // One that sees no networks is on none.
        let name = name.or_else(|| in_the_air(family, index).unwrap_or_default())?;
        Some((index, name))
    });
    Ok(named.collect())
}

/// The name of the network that this interface is on.
fn in_the_air(family: u16, index: u32) -> Result<Option<Vec<u8>>, LinksError> {
    let (number, value) = wire::seen_by(index);
    let body = wire::generic(wire::GET_SCAN, Some((number, &value)));
    let request = wire::request(family, wire::ALL, &body);
    let found = all(Some(GENERIC), &request, |message, found| {
        if let Message::Other(_, body) = message {
            found.extend(wire::in_the_air(&body));
        }
    })?;
    Ok(found.into_iter().next())
}

/// Asks once, and takes what `each` finds in the answer.
fn all<T>(
    protocol: Option<Protocol>,
    request: &[u8],
    mut each: impl FnMut(Message, &mut Vec<T>),
) -> Result<Vec<T>, LinksError> {
    let mut buffer = vec![0; ANSWER];
    let mut found = Vec::new();
    let many = request.get(6..8) == Some(&wire::ALL.to_ne_bytes());
    ask(protocol, request, &mut buffer, |bytes| {
        for message in wire::messages(bytes) {
            match message {
                Message::Done | Message::Error(0) => return Ok(true),
                Message::Error(number) => {
                    return Err(io::Error::from_raw_os_error(number.saturating_neg()));
                }
                message if found.len() < MAX => each(message, &mut found),
                _ => {}
            }
        }
        Ok(!many)
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loopback_is_there_and_questions_are_answered() {
        let loopback = links().unwrap().into_iter().find(|it| it.name == "lo");
        assert_eq!(loopback.unwrap().hardware, 772);
        let indices: Vec<u32> = links().unwrap().iter().map(|it| it.index).collect();
        for route in routes().unwrap() {
            assert!(indices.contains(&route.interface), "{route:?}");
        }
        neighbours().unwrap();
        wireless().unwrap();
        Links::open().unwrap();
    }
}
