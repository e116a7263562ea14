//! The calendar of reviews: when orders end and what is to be looked at again, for the calendar program of who
//! manages cases.
//!
//! Promises: it is read under a secret address that its owner makes, renews and ends, holds only people whom they see
//! at that moment, and says no more of them than a pseudonym and what is due. That it was read is entered.
//!
//! Refuses: names, what anybody did, and links that would tell whoever finds the file where it came from.

mod ics;

use std::sync::{Arc, PoisonError};

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock;
use crate::random;
use crate::store::calendars::{self, Calendar};
use crate::store::reviews::{self, Due, On};
use crate::store::{Hash, StoreError};

use super::access::Right;
use super::fault::Fault;
use super::gate::Signed;
use super::{Site, audit};

use ics::Feed;

/// How often being read is written down, in milliseconds.
const NOTED: i64 = 60_000;

const MISSING: Fault = Fault::Missing(
    "there is no calendar at this address now; its owner makes a new one on the page of their account",
);

/// A new secret, and what is kept of it.
pub(super) fn new_secret() -> Result<(String, [u8; 32]), Fault> {
    let secret: [u8; 32] = random::bytes()?;
    let text = BASE64URL_NOPAD.encode(&secret);
    let hash = Hash::of(text.as_bytes()).0;
    Ok((text, hash))
}

/// Whether somebody of this role has reviews to see.
pub(super) fn may(signed: &Signed) -> bool {
    Right::Queue.of(signed.role)
}

/// The feed.
pub(super) async fn send(
    State(site): State<Arc<Site>>,
    Path(file): Path<String>,
) -> Result<Response, Fault> {
    let secret = file.strip_suffix(".ics").ok_or(MISSING)?;
    let hash = Hash::of(secret.as_bytes()).0;
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(calendars::by_hash(read, &hash)?));
    let calendar = found.await?.ok_or(MISSING)?;
    if !Right::Queue.of(calendar.role) {
        return Err(MISSING);
    }
    let now = clock::now();
    site.limits
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .allow(&calendar.id, now)
        .map_err(|seconds| Fault::Busy {
            what: "readings of this calendar",
            seconds,
        })?;
    site.read_by(&calendar, hash, now).await?;
    let staff = calendar.staff;
    let due = site
        .store
        .read(move |read| Ok::<_, StoreError>(reviews::due(read, (&staff, now))?))
        .await?;
    let stamp = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut feed = Feed::new("Proviso: reviews", stamp);
    for due in &due {
        if let Some(day) = site.day(due).await? {
            let uid = format!("{} {} {}", due.person, due.what.as_str(), due.of);
            let uid = Hash::of(uid.as_bytes()).to_string();
            let uid = format!("{}@proviso", uid.get(..32).unwrap_or_default());
            let says = format!("{}: {}", due.pseudonym, due.what.words());
            feed.entry(&uid, day, &says);
        }
    }
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    let saved = HeaderValue::from_static("attachment; filename=\"reviews.ics\"");
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, saved)];
    Ok((headers, feed.end()).into_response())
}

impl Site {
    /// On which day something is due; none where the order does not say so.
    async fn day(&self, due: &Due) -> Result<Option<Date>, Fault> {
        Ok(match &due.on {
            On::Day(day) => day.parse::<Date>().ok(),
            On::OrderEnds(digest) => {
                let text = self.texts.get(*digest).await?;
                let ends = text.as_ref().and_then(|text| text.days.1.as_deref());
                ends.and_then(|day| day.parse().ok())
            }
        })
    }

    /// Enters that it was read: one look in ten minutes, for programs ask again and again.
    async fn read_by(&self, calendar: &Calendar, hash: [u8; 32], now: i64) -> Result<(), Fault> {
        let mut signed = Signed::by_token(
            calendar.staff.clone(),
            String::new(),
            calendar.role,
            String::new(),
            hash,
        );
        signed.live = true;
        self.looks(&signed, audit::SAW_CALENDAR, None, "").await?;
        if calendar
            .used
            .is_none_or(|used| now.saturating_sub(used) >= NOTED || now < used)
        {
            let id = calendar.id.clone();
            self.store
                .write("use calendar", move |tx| {
                    Ok::<_, StoreError>(calendars::used(tx, &id, now)?)
                })
                .await?;
        }
        Ok(())
    }
}
