//! Who may pass: the session behind a request, and the token behind a form.
//!
//! Promises: the cookie is 32 random bytes and the time of sign-in; the store knows only its
//! SHA-256, so neither can be made up or moved. A session ends after [`IDLE`] without a page being
//! opened and after [`LONGEST`] in any case. A page that refreshes itself does not keep it open.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::tz::TimeZone;
use subtle::ConstantTimeEq;

use crate::clock;
use crate::random;
use crate::store::sessions::{self, Opening, WebSession};
use crate::store::staff::Role;
use crate::store::{Hash, PersonId, Read, StoreError, Tx, sight};

use super::fault::Fault;
use super::{Site, audit};

/// The cookie; `__Host-` makes browsers demand HTTPS, this host and the whole path.
const COOKIE_NAME: &str = "__Host-proviso";

/// A session without a page being opened, in milliseconds.
const IDLE: i64 = 2 * 60 * 60 * 1_000;

/// A session in any case: one shift, in milliseconds.
const LONGEST: i64 = 12 * 60 * 60 * 1_000;

/// How often being active is written down, in milliseconds.
const NOTED: i64 = 60 * 1_000;

/// How long somebody who proved that it is them need not do so again, in milliseconds.
const FRESH: i64 = 10 * 60 * 1_000;

/// How somebody signed in, before a code where one is set up: with their password.
pub(super) const PASSWORD: &str = "password";
/// With a passkey.
pub(super) const PASSKEY: &str = "passkey";
/// At their organisation's provider.
pub(super) const SINGLE_SIGN_ON: &str = "single_sign_on";

/// Most characters kept of what a browser says it is.
const BROWSER: usize = 200;

/// The header with which the script asks for a page to refresh itself.
const LIVE: &str = "x-live";

/// Somebody who is signed in, and whose role opens this address.
#[derive(Clone)]
pub(super) struct Signed {
    /// Staff id.
    pub(super) staff: String,
    /// What to call them.
    pub(super) name: String,
    /// What they do here.
    pub(super) role: Role,
    /// With whom.
    pub(super) team: String,
    /// In which zone they read times.
    pub(super) zone: TimeZone,
    /// What every form carries.
    pub(super) token: String,
    /// Whether a page asks for itself, rather than a person.
    pub(super) live: bool,
    /// Names the session in the store.
    pub(super) hash: [u8; 32],
    /// When they last proved that it is them: gave a password, a code or a passkey.
    pub(super) proved: i64,
    /// What they must do before they see anything else.
    pub(super) first: Option<First>,
}

/// What somebody must do before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Choose a password that nobody else knows.
    Password,
    /// Set up a second factor.
    SecondFactor,
}

/// A session that was just opened.
pub(super) struct Opened {
    /// The cookie to set.
    pub(super) cookie: HeaderValue,
    /// What every form carries.
    pub(super) token: String,
}

impl Signed {
    /// Whether they proved within the last ten minutes that it is them. An address that asks for it always says
    /// so in `routes` (`.fresh()`); this is for those that ask for it now and then.
    pub(super) fn fresh(&self) -> bool {
        let now = clock::now();
        (now.saturating_sub(FRESH)..=now).contains(&self.proved)
    }

    /// Somebody by a token of the API: no form is theirs to send, and nothing counts as proved.
    pub(super) const fn by_token(
        staff: String,
        name: String,
        role: Role,
        team: String,
        hash: [u8; 32],
    ) -> Self {
        Self {
            staff,
            name,
            role,
            team,
            zone: TimeZone::UTC,
            token: String::new(),
            live: false,
            hash,
            proved: 0,
            first: None,
        }
    }

    /// Lets a form through that carries this session's token.
    pub(super) fn check(&self, token: &str) -> Result<(), Fault> {
        if bool::from(self.token.as_bytes().ct_eq(token.as_bytes())) {
            Ok(())
        } else {
            Err(Fault::Token)
        }
    }
}

/// Opens a session.
pub(super) fn open(tx: &Tx<'_>, staff_id: &str, from: &Opening, now: i64) -> Result<Opened, Fault> {
    let secret: [u8; 32] = random::bytes()?;
    let token: [u8; 32] = random::bytes()?;
    let mut cookie = secret.to_vec();
    cookie.extend_from_slice(&now.to_be_bytes());
    let hash = Hash::of(&cookie).0;
    let times = (now.saturating_add(IDLE), now);
    sessions::open(tx, &hash, staff_id, times, &token, from)?;
    Ok(Opened {
        cookie: set_cookie(&BASE64URL_NOPAD.encode(&cookie), "")?,
        token: HEXLOWER.encode(&token),
    })
}

/// What is known of a browser that signs in. `proved`: when they proved that it is them.
pub(super) fn opening(
    way: &'static str,
    headers: &HeaderMap,
    address: IpAddr,
    proved: i64,
) -> Opening {
    let browser = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
    let browser = String::from_utf8_lossy(browser.unwrap_or_default());
    let kept = browser.chars().filter(|letter| !letter.is_control());
    Opening {
        way,
        browser: kept.take(BROWSER).collect(),
        address: address.to_string(),
        proved,
    }
}

/// The cookie that removes the cookie.
pub(super) fn forget() -> Result<HeaderValue, Fault> {
    set_cookie("", "; Max-Age=0")
}

/// The session that a request's cookie names.
pub(super) fn named(headers: &HeaderMap) -> Option<[u8; 32]> {
    cookie(headers).map(|cookie| Hash::of(&cookie).0)
}

fn set_cookie(value: &str, more: &str) -> Result<HeaderValue, Fault> {
    let text = format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{more}");
    HeaderValue::from_str(&text).map_err(|_| Fault::Damaged("a cookie could not be made".into()))
}

/// A session, whatever its role: for what stands before a page.
pub(super) struct Seen(pub(super) Signed);

/// What `routes` let pass. An address that asks for nothing has none.
impl FromRequestParts<Arc<Site>> for Signed {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Fault> {
        let signed = parts.extensions.get::<Self>().cloned();
        signed.ok_or_else(|| Fault::SignedOut("/".to_owned()))
    }
}

impl FromRequestParts<Arc<Site>> for Seen {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Fault> {
        let live = parts.headers.contains_key(LIVE) || parts.uri.path() == "/live";
        let signed = match cookie(&parts.headers) {
            Some(cookie) => site.session(&cookie, live).await?,
            None => None,
        };
        signed.map(Self).ok_or_else(|| match parts.method {
            _ if live => Fault::LiveSignedOut,
            // What a form wanted is not done after all; the overview is where to go on.
            Method::GET => Fault::SignedOut(parts.uri.to_string()),
            _ => Fault::SignedOut("/".to_owned()),
        })
    }
}

impl Site {
    /// The session that a cookie opens, kept open if a person uses it.
    async fn session(&self, cookie: &[u8], live: bool) -> Result<Option<Signed>, Fault> {
        let now = clock::now();
        let hash = Hash::of(cookie).0;
        let opened = cookie.get(32..).and_then(|time| time.try_into().ok());
        let Some(opened) = opened.map(i64::from_be_bytes) else {
            return Ok(None);
        };
        let end = opened.saturating_add(LONGEST);
        if now >= end {
            return Ok(None);
        }
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(sessions::get(read, &hash, now)?))
            .await?;
        let Some(session) = found else {
            return Ok(None);
        };
        let expires = now.saturating_add(IDLE).min(end);
        if !live && expires - session.expires >= NOTED {
            let extended = self
                .store
                .write("extend session", move |tx| -> Result<(), StoreError> {
                    Ok(sessions::extend(tx, &hash, expires)?)
                })
                .await;
            // Whoever has time left goes on: what they sent is given back to them if it cannot be written either.
            if let Err(error) = extended {
                tracing::error!(%error, "a session was not extended");
            }
        }
        let first = self.first(&session);
        Ok(Some(Signed {
            staff: session.staff,
            name: session.name,
            role: session.role,
            team: session.team,
            zone: self.zone_named(&session.zone),
            token: HEXLOWER.encode(&session.csrf),
            live,
            hash,
            proved: session.proved,
            first,
        }))
    }

    /// The zone of this name; that of this collector where nobody chose one.
    pub(super) fn zone_named(&self, name: &str) -> TimeZone {
        let chosen = Some(name).filter(|name| !name.is_empty());
        let chosen = chosen.and_then(|name| TimeZone::get(name).ok());
        chosen.unwrap_or_else(|| self.zone.clone())
    }

    /// What they must do before they see anything else.
    fn first(&self, session: &WebSession) -> Option<First> {
        if session.must_change && session.way == PASSWORD {
            return Some(First::Password);
        }
        let asked_there = session.way == SINGLE_SIGN_ON && self.sign_in.provider_asks;
        let has = session.second_factors > 0 || asked_there;
        (self.sign_in.require_second_factor && !has).then_some(First::SecondFactor)
    }

    /// Lets go on who has this person in sight; whoever has not is told, and that they asked is entered.
    pub(super) async fn in_sight(&self, signed: &Signed, person: &PersonId) -> Result<(), Fault> {
        if self.sees_now(signed, person).await? {
            return Ok(());
        }
        // Somebody whose turn has just ended did not ask: the page that they have open did.
        let action = match signed.live {
            true => audit::REFUSED_OPEN,
            false => audit::REFUSED,
        };
        self.looks(signed, action, Some(person), "").await?;
        Err(Fault::Sight)
    }

    /// Whether they see this person now, for streams: a store that does not answer says no.
    pub(super) async fn sees(&self, signed: &Signed, person: &PersonId) -> bool {
        self.sees_now(signed, person).await.unwrap_or(false)
    }

    async fn sees_now(&self, signed: &Signed, person: &PersonId) -> Result<bool, StoreError> {
        let (staff, whom, now) = (signed.staff.clone(), person.clone(), clock::now());
        let look = move |read: &Read<'_>| Ok(sight::why(read, &staff, &whom, now)?.is_some());
        self.store.read(look).await
    }

    /// Whether a session still holds, for streams that outlive a request.
    pub(super) async fn still_signed_in(&self, hash: [u8; 32]) -> bool {
        let now = clock::now();
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(sessions::get(read, &hash, now)?))
            .await;
        matches!(found, Ok(Some(_)))
    }
}

fn cookie(headers: &HeaderMap) -> Option<Vec<u8>> {
    let bytes = BASE64URL_NOPAD
        .decode(cookie_named(headers, COOKIE_NAME)?.as_bytes())
        .ok()?;
    (bytes.len() == 40).then_some(bytes)
}

/// The value of a cookie.
pub(super) fn cookie_named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).into_iter();
    let mut pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}
