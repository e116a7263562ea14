//! Where a try to sign in comes from, and how much is let through from there.
//!
//! Promises: a stranger who guesses shuts out nobody but themselves. Wrong tries are held against the place they
//! came from: a browser in which this person has signed in before (it has a cookie that says so, signed by this
//! collector) or, for everybody else, an address. Tries from other addresses never shut a known browser. What
//! all strangers together may try at one name is bounded as well, so that many addresses guess no faster than
//! one.
//!
//! What it cannot do: somebody who has never signed in with this browser waits for the bound like a stranger,
//! while one lasts. A passkey is not guessed, so no wrong try shuts it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use subtle::ConstantTimeEq as _;

use crate::factor::sealing::Sealing;
use crate::random;
use crate::store::tries::{self, Tries};
use crate::store::{Hash, Read, SqlError, Tx};
use crate::web::fault::Fault;
use crate::web::gate;

/// The cookie of a browser that is known, before what names the person.
const COOKIE_NAME: &str = "__Host-proviso-known-";

/// How long a browser is known, in seconds: half a year.
const KNOWN: u64 = 180 * 24 * 60 * 60;

/// Wrong tries from one place that do not shut it yet.
const FREE: u64 = 4;

/// How long the first shut lasts, in milliseconds.
const FIRST_SHUT: i64 = 30_000;

/// How long any shut lasts at most, in milliseconds.
const LONGEST_SHUT: i64 = 15 * 60_000;

/// Wrong tries of all strangers together that shut a name for strangers.
const STRANGERS: u64 = 50;

/// Against what the tries of all strangers are held.
const ELSEWHERE: &str = "elsewhere";

/// Where a try comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web) enum Place {
    /// A browser in which this person has signed in before.
    Known([u8; 16]),
    /// Anywhere else.
    Address(IpAddr),
}

impl Place {
    /// Of a try at the name of `staff`, if somebody has it.
    pub(super) fn of(
        headers: &HeaderMap,
        address: IpAddr,
        sealing: &Sealing,
        staff: Option<&str>,
    ) -> Self {
        let known = staff.and_then(|staff| known(headers, sealing, staff));
        known.map_or(Self::Address(network(address)), Self::Known)
    }

    /// Whether no more tries are taken from here for a while.
    pub(super) fn shut(&self, read: &Read<'_>, staff: &str, now: i64) -> Result<bool, SqlError> {
        for whence in self.held_against() {
            if now < tries::get(read, staff, &whence, now)?.shut_until {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Holds a wrong try against it.
    pub(super) fn wrong(&self, tx: &Tx<'_>, staff: &str, now: i64) -> Result<(), SqlError> {
        for whence in self.held_against() {
            let before = tries::get(tx, staff, &whence, now)?;
            let failed = before.failed.saturating_add(1);
            let for_how_long = match whence.as_str() {
                ELSEWHERE => (failed >= STRANGERS).then_some(LONGEST_SHUT),
                _ => shut(failed),
            };
            let shut_until = for_how_long.map_or(0, |long| now.saturating_add(long));
            tries::put(tx, staff, &whence, Tries { failed, shut_until }, now)?;
        }
        Ok(())
    }

    /// Forgets wrong tries after a right one. What strangers tried elsewhere is still held against strangers.
    pub(super) fn right(&self, tx: &Tx<'_>, staff: &str) -> Result<(), SqlError> {
        match self.held_against().into_iter().next() {
            Some(own) => tries::clear(tx, staff, &own),
            None => Ok(()),
        }
    }

    /// Its own place first.
    fn held_against(&self) -> Vec<String> {
        match self {
            Self::Known(nonce) => vec![format!("browser {}", HEXLOWER.encode(nonce))],
            Self::Address(address) => vec![format!("address {address}"), ELSEWHERE.to_owned()],
        }
    }
}

/// The cookie that makes this browser known for `staff`.
pub(super) fn remember(sealing: &Sealing, staff: &str) -> Result<HeaderValue, Fault> {
    let nonce: [u8; 16] = random::bytes()?;
    let value = [nonce.as_slice(), &sealing.browser(staff, &nonce)].concat();
    let text = format!(
        "{}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={KNOWN}",
        name(staff),
        BASE64URL_NOPAD.encode(&value)
    );
    HeaderValue::from_str(&text).map_err(|_| Fault::Damaged("a cookie could not be made".into()))
}

fn known(headers: &HeaderMap, sealing: &Sealing, staff: &str) -> Option<[u8; 16]> {
    let value = gate::cookie_named(headers, &name(staff))?;
    let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
    let (nonce, mac) = bytes.split_first_chunk::<16>()?;
    let right = sealing.browser(staff, nonce);
    bool::from(right.ct_eq(mac)).then_some(*nonce)
}

/// A browser that several people use knows each of them.
fn name(staff: &str) -> String {
    let hash = HEXLOWER.encode(&Hash::of(staff.as_bytes()).0);
    format!("{COOKIE_NAME}{}", hash.get(..16).unwrap_or_default())
}

/// How long a place is shut after so many wrong tries.
pub(crate) fn shut(failed: u64) -> Option<i64> {
    let over = failed.checked_sub(FREE + 1)?;
    let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(16);
    Some((FIRST_SHUT << doublings).min(LONGEST_SHUT))
}

/// An IPv6 user has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => IpAddr::from((u128::from(six) >> 64 << 64).to_be_bytes()),
        },
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn a_place_shuts_for_longer_and_longer_but_not_for_ever() {
        assert_eq!(shut(4), None);
        assert_eq!(shut(5), Some(30_000));
        assert_eq!(shut(6), Some(60_000));
        assert_eq!(shut(50), Some(LONGEST_SHUT));
        assert_eq!(shut(u64::MAX), Some(LONGEST_SHUT));
    }

    #[test]
    fn a_whole_ipv6_network_is_one_place() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn a_browser_is_known_by_the_cookie_of_this_person_and_this_collector() {
        let dir = tempfile::tempdir().unwrap();
        let sealing = Sealing::in_file(&dir.path().join("a"), false).unwrap();
        let other = Sealing::in_file(&dir.path().join("b"), false).unwrap();
        let cookie = remember(&sealing, "morgan").unwrap();
        let pair = cookie
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let at: IpAddr = "192.0.2.1".parse().unwrap();
        let place = |pair: &str, sealing, staff| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(pair).unwrap());
            Place::of(&headers, at, sealing, Some(staff))
        };
        assert!(matches!(place(&pair, &sealing, "morgan"), Place::Known(_)));
        assert_eq!(place(&pair, &sealing, "kim"), Place::Address(at));
        assert_eq!(place(&pair, &other, "morgan"), Place::Address(at));
        let (name, value) = pair.split_once('=').unwrap();
        let mut bytes = BASE64URL_NOPAD.decode(value.as_bytes()).unwrap();
        bytes[0] ^= 1;
        let forged = format!("{name}={}", BASE64URL_NOPAD.encode(&bytes));
        assert_eq!(place(&forged, &sealing, "morgan"), Place::Address(at));
        // What was made for one name is no good under another.
        let moved = pair.replacen(name, &super::name("kim"), 1);
        assert_eq!(place(&moved, &sealing, "kim"), Place::Address(at));
    }
}
