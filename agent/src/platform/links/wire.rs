//! The messages of rtnetlink (`linux/rtnetlink.h`) and of nl80211, in the machine's byte order.
//!
//! A message is a header of 16 bytes, a body of fixed length and attributes, each with its length and
//! number before it, all on multiples of 4. Promises: any bytes are read without fault; a message
//! that is cut short is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Link, Neighbour, Route};

pub(super) const GET_LINK: u16 = 18;
pub(super) const GET_ROUTE: u16 = 26;
pub(super) const GET_NEIGHBOUR: u16 = 30;
/// The family through which others are asked for by name.
pub(super) const CONTROL: u16 = 16;
/// Its command for that.
pub(super) const GET_FAMILY: u8 = 3;
/// The command of nl80211 that lists interfaces.
pub(super) const GET_INTERFACE: u8 = 5;
/// The one that lists the networks in the air.
pub(super) const GET_SCAN: u8 = 32;
/// An answer of one message, or of many.
pub(super) const ONE: u16 = 1;
pub(super) const ALL: u16 = 0x301;

const ERROR: u16 = 2;
const DONE: u16 = 3;
const NEW_LINK: u16 = 16;
const DEL_LINK: u16 = 17;
const NEW_ROUTE: u16 = 24;
const DEL_ROUTE: u16 = 25;
const NEW_NEIGHBOUR: u16 = 28;

const HEADER: usize = 16;
const LINK: usize = 16;
const ROUTE: usize = 12;
const NEIGHBOUR: usize = 12;
const GENERIC: usize = 4;
const HOP: usize = 8;

const UP: u32 = 1;
const UNICAST: u8 = 1;
/// Addresses of the computer itself.
const LOCAL_TABLE: u32 = 255;
/// Longer names there are not.
const MAX_NAME: usize = 15;
const MAX_SSID: usize = 32;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Link(Link),
    LinkGone(u32),
    /// A way out that came or went, as many as it has next computers; none, if it is no way out for all.
    Routes(Vec<Route>),
    Neighbour(Neighbour),
    /// The answer is whole.
    Done,
    /// The number of an error; 0: it is done.
    Error(i32),
    /// Of another family: number and body.
    Other(u16, Vec<u8>),
}

/// A request with an empty body of this length and these attributes.
pub(super) fn request(sort: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER.saturating_add(body.len())).unwrap_or(u32::MAX);
    let mut message = Vec::new();
    message.extend(length.to_ne_bytes());
    message.extend(sort.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]); // number and port: there is one request on a socket
    message.extend(body);
    message
}

/// The body of a request to a generic family.
pub(super) fn generic(command: u8, attribute: Option<(u16, &[u8])>) -> Vec<u8> {
    let mut body = vec![command, 1, 0, 0];
    if let Some((number, value)) = attribute {
        let length = u16::try_from(value.len().saturating_add(4)).unwrap_or(u16::MAX);
        body.extend(length.to_ne_bytes());
        body.extend(number.to_ne_bytes());
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    body
}

/// The messages of a datagram.
pub(super) fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut found = Vec::new();
    while let Some(length) = u32_at(bytes, 0).and_then(|length| usize::try_from(length).ok()) {
        let Some(message) = bytes.get(..length).filter(|it| it.len() >= HEADER) else {
            break;
        };
        found.extend(message_of(message));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// The number of a generic family, in the body of the answer.
pub(super) fn family(body: &[u8]) -> Option<u16> {
    let found = attributes(body.get(GENERIC..)?).find(|(number, _)| *number == 1)?;
    u16_at(found.1, 0)
}

/// Number of a wireless interface, and the name of the network that it is on. Some kernels (Linux 6.1) leave that name
/// out, and have it only among the networks in the air.
pub(super) fn wireless(body: &[u8]) -> Option<(u32, Option<Vec<u8>>)> {
    let (mut index, mut name) = (None, None);
    for (number, value) in attributes(body.get(GENERIC..)?) {
        match number {
            3 => index = u32_at(value, 0),
            52 => name = ssid(value),
            _ => {}
        }
    }
    Some((index?, name))
}

/// The attribute that asks for the networks that this interface sees.
pub(super) fn seen_by(index: u32) -> (u16, [u8; 4]) {
    (3, index.to_ne_bytes())
}

/// The name of a network in the air, if it is the one that the interface is on.
pub(super) fn in_the_air(body: &[u8]) -> Option<Vec<u8>> {
    let (_, network) = attributes(body.get(GENERIC..)?).find(|(number, _)| *number == 47)?;
    let (mut is_on_it, mut said) = (false, None);
    for (number, value) in attributes(network) {
        match number {
            // Associated, or part of a network without a centre.
            9 => is_on_it = matches!(u32_at(value, 0), Some(1 | 2)),
            6 => said = Some(value),
            _ => {}
        }
    }
    let mut said = said.filter(|_| is_on_it)?;
    // Elements of IEEE 802.11: number, length, value.
    while let [number, length, rest @ ..] = said {
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        if *number == 0 {
            return ssid(value);
        }
        said = next;
    }
    None
}

/// A name; none, where the network hides it.
fn ssid(value: &[u8]) -> Option<Vec<u8>> {
    let is_name = (1..=MAX_SSID).contains(&value.len()) && value.iter().any(|byte| *byte != 0);
    is_name.then(|| value.to_vec())
}

fn message_of(message: &[u8]) -> Option<Message> {
    let body = message.get(HEADER..)?;
    Some(match u16_at(message, 4)? {
        ERROR => Message::Error(u32_at(body, 0)?.cast_signed()),
        DONE => Message::Done,
        // Of another family than none it says what a bridge does with it.
        NEW_LINK if body.first() == Some(&0) => Message::Link(link(body)?),
        DEL_LINK if body.first() == Some(&0) => Message::LinkGone(u32_at(body, 4)?),
        NEW_ROUTE | DEL_ROUTE => Message::Routes(routes(body)?),
        NEW_NEIGHBOUR => Message::Neighbour(neighbour(body)?),
        sort => Message::Other(sort, body.to_vec()),
    })
}

fn link(body: &[u8]) -> Option<Link> {
    let mut link = Link {
        index: u32_at(body, 4)?,
        name: String::new(),
        kind: None,
        hardware: u16_at(body, 2)?,
        bus: None,
        up: u32_at(body, 8)? & UP != 0,
    };
    for (number, value) in attributes(body.get(LINK..)?) {
        match number {
            3 => link.name = name(value)?,
            18 => {
                let mut parts = attributes(value);
                let kind = parts.find(|(number, _)| *number == 1);
                link.kind = kind.and_then(|(_, value)| name(value));
            }
            57 => link.bus = name(value),
            _ => {}
        }
    }
    (!link.name.is_empty()).then_some(link)
}

fn routes(body: &[u8]) -> Option<Vec<Route>> {
    let v6 = *body.first()? == 10;
    let length = *body.get(1)?;
    let mut route = Route {
        interface: 0,
        gateway: None,
        v6,
        whole: length == 0,
        table: u32::from(*body.get(4)?),
        metric: 0,
    };
    let mut hops = Vec::new();
    for (number, value) in attributes(body.get(ROUTE..)?) {
        match number {
            4 => route.interface = u32_at(value, 0)?,
            5 => route.gateway = address(value),
            6 => route.metric = u32_at(value, 0)?,
            9 => hops = next_hops(value),
            15 => route.table = u32_at(value, 0)?,
            18 => route.gateway = value.get(2..).and_then(address),
            _ => {}
        }
    }
    let counts = body.get(7) == Some(&UNICAST) && length <= 1 && route.table != LOCAL_TABLE;
    if !counts {
        return Some(Vec::new());
    }
    if hops.is_empty() {
        return Some(vec![route]);
    }
    let hop = |(interface, gateway)| Route {
        interface,
        gateway,
        ..route.clone()
    };
    Some(hops.into_iter().map(hop).collect())
}

fn next_hops(mut bytes: &[u8]) -> Vec<(u32, Option<IpAddr>)> {
    let mut hops = Vec::new();
    while let (Some(length), Some(interface)) = (u16_at(bytes, 0), u32_at(bytes, 4)) {
        let length = usize::from(length);
        let Some(inside) = bytes.get(HOP..length) else {
            break;
        };
        let gateway = attributes(inside).find(|(number, _)| *number == 5);
        hops.push((interface, gateway.and_then(|(_, value)| address(value))));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}

fn neighbour(body: &[u8]) -> Option<Neighbour> {
    let (mut to, mut hardware) = (None, Vec::new());
    for (number, value) in attributes(body.get(NEIGHBOUR..)?) {
        match number {
            1 => to = address(value),
            2 => hardware = value.get(..32.min(value.len()))?.to_vec(),
            _ => {}
        }
    }
    Some(Neighbour {
        interface: u32_at(body, 4)?,
        address: to?,
        hardware,
    })
}

/// Number and value of each attribute.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        // The two highest bits say how the value is written.
        let number = u16_at(bytes, 2)? & 0x3fff;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((number, value))
    })
}

fn name(value: &[u8]) -> Option<String> {
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    let text = String::from_utf8_lossy(text);
    let printed: String = text.chars().filter(|letter| !letter.is_control()).collect();
    (1..=3 * MAX_NAME)
        .contains(&printed.len())
        .then_some(printed)
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let v4 = |bytes: [u8; 4]| IpAddr::V4(Ipv4Addr::from(bytes));
    let v6 = |bytes: [u8; 16]| IpAddr::V6(Ipv6Addr::from(bytes));
    let four = value.try_into().ok().map(v4);
    four.or_else(|| value.try_into().ok().map(v6))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(value.len() + 4)
            .unwrap()
            .to_ne_bytes()
            .to_vec();
        bytes.extend(number.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(sort: u16, parts: &[&[u8]]) -> Vec<u8> {
        request(sort, 0, &parts.concat())
    }

    fn wg0() -> Vec<u8> {
        let mut body = vec![0, 0];
        body.extend(0xfffe_u16.to_ne_bytes());
        body.extend(7_u32.to_ne_bytes());
        body.extend(0x1_0091_u32.to_ne_bytes());
        body.extend([0; 4]);
        let kind = attribute(18 | 0x8000, &attribute(1, b"wireguard\0"));
        message(NEW_LINK, &[&body, &attribute(3, b"wg0\0"), &kind])
    }

    #[test]
    fn requests_are_pinned() {
        if cfg!(target_endian = "little") {
            let dump = [20, 0, 0, 0, 18, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(request(GET_LINK, ALL, &[0; 4]), dump);
            let ask = [
                3, 1, 0, 0, 12, 0, 2, 0, b'n', b'l', b'8', b'0', b'2', b'1', b'1', 0,
            ];
            assert_eq!(generic(GET_FAMILY, Some((2, b"nl80211\0"))), ask);
        }
    }

    #[test]
    fn links_are_read_and_those_of_bridges_are_not() {
        let link = Link {
            index: 7,
            name: "wg0".into(),
            kind: Some("wireguard".into()),
            hardware: 0xfffe,
            bus: None,
            up: true,
        };
        let mut bytes = wg0();
        assert_eq!(messages(&bytes), [Message::Link(link)]);
        bytes[16] = 7;
        assert!(matches!(
            &messages(&bytes)[..],
            [Message::Other(NEW_LINK, _)]
        ));
        bytes[16] = 0;
        bytes[4] = 17;
        assert_eq!(messages(&bytes), [Message::LinkGone(7)]);
    }

    #[test]
    fn ways_out_are_read() {
        let default = [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        let parts: &[&[u8]] = &[
            &default,
            &attribute(5, &[10, 0, 0, 1]),
            &attribute(4, &3_u32.to_ne_bytes()),
            &attribute(6, &100_u32.to_ne_bytes()),
        ];
        let way = Route {
            interface: 3,
            gateway: Some(IpAddr::from([10, 0, 0, 1])),
            v6: false,
            whole: true,
            table: 254,
            metric: 100,
        };
        let read = messages(&message(NEW_ROUTE, parts));
        assert_eq!(read, [Message::Routes(vec![way.clone()])]);
        // Half of all addresses, in a table of its own, by two next computers.
        let half = [10, 1, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0];
        let hop = |interface: u32, via: &[u8]| {
            let inside = attribute(5, via);
            let mut hop = u16::try_from(8 + inside.len())
                .unwrap()
                .to_ne_bytes()
                .to_vec();
            hop.extend([0, 0]);
            hop.extend(interface.to_ne_bytes());
            hop.extend(inside);
            hop
        };
        let hops = [hop(4, &[1; 16]), hop(5, &[2; 16])].concat();
        let table = attribute(15, &51820_u32.to_ne_bytes());
        let read = messages(&message(NEW_ROUTE, &[&half, &table, &attribute(9, &hops)]));
        let [Message::Routes(ways)] = &read[..] else {
            panic!("{read:?}")
        };
        assert_eq!(ways.len(), 2);
        assert_eq!((ways[1].interface, ways[1].table), (5, 51820));
        assert!(ways[1].v6 && !ways[1].whole);
        // One network; unreachable; the computer itself.
        for other in [
            [2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0],
            [2, 0, 0, 0, 254, 3, 0, 7, 0, 0, 0, 0],
            [2, 0, 0, 0, 255, 3, 0, 1, 0, 0, 0, 0],
        ] {
            let read = messages(&message(NEW_ROUTE, &[&other]));
            assert_eq!(read, [Message::Routes(vec![])]);
        }
    }

    #[test]
    fn neighbours_ends_and_networks_are_read() {
        let body = [2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 1];
        let parts: &[&[u8]] = &[
            &body,
            &attribute(1, &[10, 0, 0, 1]),
            &attribute(2, &[2, 0, 0, 0, 0, 9]),
        ];
        let both = [message(NEW_NEIGHBOUR, parts), message(DONE, &[&[0; 4]])].concat();
        let neighbour = Neighbour {
            interface: u32::from_ne_bytes([3, 0, 0, 0]),
            address: IpAddr::from([10, 0, 0, 1]),
            hardware: vec![2, 0, 0, 0, 0, 9],
        };
        assert_eq!(
            messages(&both),
            [Message::Neighbour(neighbour), Message::Done]
        );
        let error = message(ERROR, &[&(-2_i32).to_ne_bytes(), &[0; 16]]);
        assert_eq!(messages(&error), [Message::Error(-2)]);
        let head = [0; 4];
        let index = attribute(3, &2_u32.to_ne_bytes());
        let body = [&head[..], &index, &attribute(52, b"Caf\xc3\xa9")].concat();
        assert_eq!(wireless(&body), Some((2, Some(b"Caf\xc3\xa9".to_vec()))));
        assert_eq!(wireless(&[&head[..], &index].concat()), Some((2, None)));
        assert_eq!(wireless(&head), None);
        let body = [&head[..], &attribute(1, &29_u16.to_ne_bytes())].concat();
        assert_eq!(family(&body), Some(29));
    }

    #[test]
    fn the_network_that_an_interface_is_on_is_found_in_the_air() {
        let body = |status: Option<u32>, elements: &[u8]| {
            let mut parts = attribute(6, elements);
            if let Some(status) = status {
                parts.extend(attribute(9, &status.to_ne_bytes()));
            }
            [&[0; 4][..], &attribute(47 | 0x8000, &parts)].concat()
        };
        // Rates come before the name, and more after it.
        let elements = b"\x01\x02\x82\x84\x00\x04Caf\xe9\x03\x01\x01";
        let name = Some(b"Caf\xe9".to_vec());
        assert_eq!(in_the_air(&body(Some(1), elements)), name);
        assert_eq!(in_the_air(&body(None, elements)), None, "only seen");
        assert_eq!(in_the_air(&body(Some(0), elements)), None, "not yet on it");
        for hidden in [&b"\x00\x00"[..], b"\x00\x02\x00\x00", b"\x00\x09a", b"\x01"] {
            assert_eq!(in_the_air(&body(Some(1), hidden)), None, "{hidden:?}");
        }
        assert_eq!(seen_by(2), (3, 2_u32.to_ne_bytes()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            messages(&bytes);
            in_the_air(&bytes);
            family(&bytes);
            wireless(&bytes);
        }

        #[test]
        fn a_damaged_message_is_read(at in 0..76_usize, byte: u8, cut in 0..=76_usize) {
            let mut bytes = wg0();
            let at = at.min(bytes.len() - 1);
            bytes[at] = byte;
            bytes.truncate(cut);
            for message in messages(&bytes) {
                if let Message::Link(link) = message {
                    prop_assert!(!link.name.is_empty() && link.name.len() <= 3 * MAX_NAME);
                }
            }
        }
    }
}
