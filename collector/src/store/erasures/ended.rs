//! How requests to erase ended: confirmed, taken back, or lapsed.
//!
//! Promises: who confirmed is told from the erasure's own line, who took one back from the audit, which both name the
//! request.

use std::fmt;

use proviso_report::UnixMs;
use serde::Deserialize;

use super::super::sql::{Read, SqlError};
use super::{Request, WAITS, get, of_json, of_row};

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was done.
    Confirmed {
        /// When.
        at: UnixMs,
        /// Who confirmed, by name.
        by: String,
    },
    /// Nothing was erased.
    TakenBack {
        /// When.
        at: UnixMs,
        /// Who took it back, by name; none: that was not entered.
        by: Option<String>,
    },
    /// Nobody confirmed it in time.
    Lapsed {
        /// When that was over.
        at: UnixMs,
    },
}

impl End {
    /// When, Unix milliseconds.
    #[must_use]
    pub const fn at(&self) -> i64 {
        match self {
            Self::Confirmed { at, .. } | Self::TakenBack { at, .. } | Self::Lapsed { at } => at.0,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed { at, by } => write!(f, "done on {at}, as {by} confirmed it"),
            Self::TakenBack { at, by: Some(by) } => write!(f, "taken back by {by} on {at}"),
            Self::TakenBack { at, by: None } => write!(f, "taken back on {at}"),
            Self::Lapsed { at } => write!(f, "confirmed by nobody until {at}, and lapsed"),
        }
    }
}

/// What is read of the line of an erasure, of records or of notes.
#[derive(Deserialize)]
struct Line {
    confirmed_by: String,
}

/// How a request ended; none while it waits.
pub fn end(read: &Read<'_>, request: &Request, now: i64) -> Result<Option<End>, SqlError> {
    let Some(closed) = request.closed else {
        let at = UnixMs(request.lapses());
        return Ok(request.has_lapsed(now).then_some(End::Lapsed { at }));
    };
    let at = UnixMs(closed);
    if let Some(done) = get(read, &request.id)? {
        let Line { confirmed_by: by } = of_json(0, &done.line)?;
        return Ok(Some(End::Confirmed { at, by }));
    }
    let by = read.first(
        "SELECT COALESCE(s.name, a.staff) FROM audit a LEFT JOIN staff s ON s.id = a.staff \
         WHERE a.person = $1 AND a.action = 'withdrew_erasure' AND a.reason = $2",
        &[request.person.as_str().into(), (&request.id).into()],
        |row| row.text(0),
    )?;
    Ok(Some(End::TakenBack { at, by }))
}

/// The requests that ended since a time, the latest first, with how they did.
pub fn ended(read: &Read<'_>, since: i64, now: i64) -> Result<Vec<(Request, End)>, SqlError> {
    let all = read.query(
        requests!("WHERE closed >= $1 OR (closed IS NULL AND asked >= $2 AND asked < $3)"),
        &[
            since.into(),
            since.saturating_sub(WAITS).into(),
            now.saturating_sub(WAITS).into(),
        ],
        of_row,
    )?;
    let mut found = Vec::new();
    for request in all {
        if let Some(end) = end(read, &request, now)? {
            found.push((request, end));
        }
    }
    found.sort_by_key(|(request, end)| std::cmp::Reverse((end.at(), request.id.clone())));
    Ok(found)
}
