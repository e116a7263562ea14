//! Passkeys: what a browser sends of them (Web Authentication, levels 2 and 3), checked.
//!
//! Why this is here and no library: those that the field knows bring OpenSSL with them, and this program has one
//! library of cryptography. What is needed is small: no attestation is asked for, so a registration is read and
//! a sign-in is one signature under a key that was kept.
//!
//! Promises: the challenge, the origin and the name of the site are those of this collector; the person was
//! verified by their device (fingerprint, face, PIN); bytes are taken to their last one or refused. Whether a
//! challenge was given out and is used for the first time, and whether a counter went back, says the caller.
//!
//! Refuses: attestation: what a device says about its maker is not read and never trusted.

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::public_key::{self, PublicKey, Written};
use crate::store::Hash;

/// Most bytes of each thing that a browser sends.
const MOST: usize = 16 * 1024;

/// Most bytes of a credential's name.
const CREDENTIAL: usize = 1_023;

/// How deep CBOR may be nested.
const DEEP: usize = 8;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_POSSIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENDED: u8 = 0x80;

/// Whose passkeys are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name of the site: a host.
    pub id: String,
    /// Where its pages are: scheme, host and port.
    pub origin: String,
}

/// What was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// As the device names it.
    pub credential: Vec<u8>,
    /// With which it signs.
    pub key: PublicKey,
    /// How often it was used; 0 where it does not count.
    pub counter: u64,
}

/// What a browser sends of a new passkey, as its script writes it: base64url.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    client: String,
    attestation: String,
}

/// What it sends of one that signs in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    id: String,
    client: String,
    authenticator: String,
    signature: String,
    user: String,
}

/// Why a passkey is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    /// Not what a browser sends.
    #[error("the browser did not send a passkey that can be read; try again")]
    Form,
    /// Of something else.
    #[error("the passkey was made for something else than this; begin again")]
    Kind,
    /// Another site asked.
    #[error(
        "the passkey was given to another site than this, so it is not taken; look at the address of the page"
    )]
    Origin,
    /// Nobody was verified.
    #[error("the device did not check who you are; use one with a PIN, a fingerprint or a face")]
    Unverified,
    /// A key that is not known here.
    #[error("the device makes keys that are not known here; use another one")]
    Algorithm,
    /// The signature is wrong.
    #[error("the passkey does not fit, so nothing was opened; try again, or use your password")]
    Signature,
}

use WebauthnError::{Algorithm, Form, Kind, Origin, Signature, Unverified};

impl Party {
    /// Of the address under which people reach the pages; none where a passkey cannot be: without a name, or
    /// without encryption.
    #[must_use]
    pub fn of(link: &str) -> Option<Self> {
        let link = url::Url::parse(link)
            .ok()
            .filter(|link| link.scheme() == "https")?;
        let Some(url::Host::Domain(host)) = link.host() else {
            return None;
        };
        Some(Self {
            id: host.to_owned(),
            origin: link.origin().ascii_serialization(),
        })
    }

    /// Reads a new passkey, made for `challenge`.
    pub fn register(
        &self,
        sent: &Registration,
        challenge: &[u8],
    ) -> Result<Registered, WebauthnError> {
        let client = self.client(&bytes(&sent.client)?, "webauthn.create")?;
        if client.challenge != challenge {
            return Err(Kind);
        }
        let attestation = bytes(&sent.attestation)?;
        let (whole, rest) = cbor(&attestation)?;
        if !rest.is_empty() {
            return Err(Form);
        }
        let data = entry(&whole, |key| key.as_text() == Some("authData"));
        let data = data.and_then(Value::as_bytes).ok_or(Form)?;
        let data = self.authenticator(data)?;
        let (credential, key) = data.attested.ok_or(Form)?;
        Ok(Registered {
            credential,
            key,
            counter: data.counter,
        })
    }

    /// Checks a sign-in under this key; gives how often the device says it was used.
    pub fn check(&self, sent: &Assertion, key: &PublicKey) -> Result<u64, WebauthnError> {
        let client = bytes(&sent.client)?;
        self.client(&client, "webauthn.get")?;
        let authenticator = bytes(&sent.authenticator)?;
        let data = self.authenticator(&authenticator)?;
        let message = [authenticator.as_slice(), &Hash::of(&client).0].concat();
        if key.signed(&message, &bytes(&sent.signature)?, Written::Der) {
            Ok(data.counter)
        } else {
            Err(Signature)
        }
    }

    fn client(&self, bytes: &[u8], kind: &str) -> Result<Client, WebauthnError> {
        let client = client(bytes)?;
        if client.kind != kind {
            return Err(Kind);
        }
        if client.origin != self.origin || client.elsewhere {
            return Err(Origin);
        }
        Ok(client)
    }

    fn authenticator(&self, bytes: &[u8]) -> Result<Authenticator, WebauthnError> {
        let (site, rest) = bytes.split_first_chunk::<32>().ok_or(Form)?;
        if *site != Hash::of(self.id.as_bytes()).0 {
            return Err(Origin);
        }
        let (flags, rest) = rest.split_first().ok_or(Form)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(Form)?;
        let has = |flag: u8| flags & flag != 0;
        if !has(PRESENT) || !has(VERIFIED) {
            return Err(Unverified);
        }
        if has(BACKED_UP) && !has(BACKUP_POSSIBLE) {
            return Err(Form);
        }
        let attested = if has(ATTESTED) {
            let (found, after) = attested(rest)?;
            rest = after;
            Some(found)
        } else {
            None
        };
        if has(EXTENDED) {
            let (extensions, after) = cbor(rest)?;
            extensions.as_map().ok_or(Form)?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(Form);
        }
        Ok(Authenticator {
            counter: u64::from(u32::from_be_bytes(*counter)),
            attested,
        })
    }
}

impl Registration {
    /// Reads what the script wrote.
    pub fn parse(text: &str) -> Result<Self, WebauthnError> {
        serde_json::from_str(text).map_err(|_| Form)
    }

    /// The challenge that it is for; whether it holds is not said.
    pub fn challenge(&self) -> Result<Vec<u8>, WebauthnError> {
        Ok(client(&bytes(&self.client)?)?.challenge)
    }
}

impl Assertion {
    /// Reads what the script wrote.
    pub fn parse(text: &str) -> Result<Self, WebauthnError> {
        serde_json::from_str(text).map_err(|_| Form)
    }

    /// The challenge that it is for; whether it holds is not said.
    pub fn challenge(&self) -> Result<Vec<u8>, WebauthnError> {
        Ok(client(&bytes(&self.client)?)?.challenge)
    }

    /// As the device names the key.
    pub fn credential(&self) -> Result<Vec<u8>, WebauthnError> {
        bytes(&self.id)
    }

    /// Whom the device says it is of; empty where it does not.
    pub fn user(&self) -> Result<Vec<u8>, WebauthnError> {
        bytes(&self.user)
    }
}

/// What the browser says.
struct Client {
    kind: String,
    challenge: Vec<u8>,
    origin: String,
    elsewhere: bool,
}

/// What the device says.
struct Authenticator {
    counter: u64,
    attested: Option<Attested>,
}

/// A credential's name and its key.
type Attested = (Vec<u8>, PublicKey);

fn client(bytes: &[u8]) -> Result<Client, WebauthnError> {
    /// Browsers may say more.
    #[derive(Deserialize)]
    struct Said {
        #[serde(rename = "type")]
        kind: String,
        challenge: String,
        origin: String,
        #[serde(rename = "crossOrigin", default)]
        elsewhere: bool,
    }
    let said: Said = serde_json::from_slice(bytes).map_err(|_| Form)?;
    Ok(Client {
        kind: said.kind,
        challenge: self::bytes(&said.challenge)?,
        origin: said.origin,
        elsewhere: said.elsewhere,
    })
}

/// A credential and its key, and what stands behind them.
fn attested(bytes: &[u8]) -> Result<(Attested, &[u8]), WebauthnError> {
    let (_maker, rest) = bytes.split_first_chunk::<16>().ok_or(Form)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Form)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (credential, rest) = rest.split_at_checked(length).ok_or(Form)?;
    if !(1..=CREDENTIAL).contains(&length) {
        return Err(Form);
    }
    let (key, rest) = cbor(rest)?;
    Ok(((credential.to_vec(), cose(&key)?), rest))
}

/// A key as COSE writes it (RFC 9053, RFC 8230).
fn cose(key: &Value) -> Result<PublicKey, WebauthnError> {
    let number = |wanted: i64| {
        let found = entry(key, |label| integer(label) == Some(wanted));
        found.and_then(integer)
    };
    let part = |wanted: i64| {
        let found = entry(key, |label| integer(label) == Some(wanted));
        found
            .and_then(Value::as_bytes)
            .map(Vec::as_slice)
            .ok_or(Form)
    };
    let made = match (number(1), number(3), number(-1)) {
        (Some(2), Some(public_key::ES256), Some(1)) => PublicKey::es256(part(-2)?, part(-3)?),
        (Some(1), Some(public_key::EDDSA), Some(6)) => {
            part(-2)?.try_into().ok().map(PublicKey::EdDsa)
        }
        (Some(3), Some(public_key::RS256), _) => PublicKey::rs256(part(-1)?, part(-2)?),
        _ => return Err(Algorithm),
    };
    made.ok_or(Form)
}

fn integer(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|value| value.try_into().ok())
}

fn entry(map: &Value, is: impl Fn(&Value) -> bool) -> Option<&Value> {
    let mut found = map.as_map()?.iter().filter(|(key, _)| is(key));
    let (_, value) = found.next()?;
    // Twice the same key is no map.
    found.next().is_none().then_some(value)
}

/// One value, and what stands behind it.
fn cbor(bytes: &[u8]) -> Result<(Value, &[u8]), WebauthnError> {
    let mut rest = bytes;
    let value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, DEEP).map_err(|_| Form)?;
    Ok((value, rest))
}

fn bytes(text: &str) -> Result<Vec<u8>, WebauthnError> {
    if text.len() > MOST {
        return Err(Form);
    }
    // Some write what fills up the last group.
    let text = text.trim_end_matches('=');
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Form)
}

#[cfg(test)]
mod tests;
