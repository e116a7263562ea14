//! Reads the visits after a position from a copy of a history.
//!
//! Promises: sizes are bounded, and a row that makes no sense is passed over.

use std::path::Path;

use proviso_report::Hash;
use proviso_report::fact::{Transition, WebVisit};
use rusqlite::{Connection, Params};

use super::address::{address, title};
use super::database::{SANE_US, integer, is_empty, open, text};
use super::engines;
use super::family::Family;
use super::fault::Fault;
use super::position::{Mark, Position, REMEMBERED};

/// Rows that are read at once; the rest follows.
const MAX_ROWS: usize = 10_000;
/// Text that is read at once: every address can be as long as is handed over.
const MAX_TEXT: usize = 8 << 20;

/// What was read.
#[derive(Debug)]
pub(super) struct Reading {
    /// From where the rows go on: the position given, or before it if rows are gone.
    pub(super) from: Position,
    /// New rows, oldest first.
    pub(super) rows: Vec<Row>,
    /// There are more.
    pub(super) more: bool,
}

impl Reading {
    /// Nothing is new.
    pub(super) const fn nothing(from: Position) -> Self {
        Self {
            from,
            rows: Vec::new(),
            more: false,
        }
    }
}

/// A row of the history.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) mark: Mark,
    /// `None`: not a visit on this device, or a row that makes no sense.
    pub(super) visit: Option<Visit>,
}

/// A visit.
#[derive(Debug)]
pub(super) struct Visit {
    /// In Unix milliseconds.
    pub(super) at: i64,
    pub(super) web: WebVisit,
    /// What was searched for, if that is wanted.
    pub(super) words: Option<Words>,
}

/// Words that were sent to a search engine.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) engine: Option<&'static str>,
    pub(super) typed: Option<bool>,
    /// Of engine and words.
    pub(super) hash: u64,
    /// A page that was there before is shown again: never a search of its own.
    pub(super) again: bool,
}

/// Reads what is new in a copy. `browser` and `profile` are written into each visit; `now` is in
/// Unix microseconds; `words`: what was searched for is wanted.
pub(super) fn read(
    copy: &Path,
    family: Family,
    (browser, profile): (&str, Option<&str>),
    mut position: Position,
    words: bool,
    now: i64,
) -> Result<Reading, Fault> {
    let connection = open(copy)?;
    position.hold_to(now);
    if is_empty(&connection)? {
        return Ok(Reading::nothing(position));
    }
    let query = Query {
        select: family.select(&connection, words)?,
        connection: &connection,
        family,
        words,
        browser,
        profile,
    };
    query.after(position, now)
}

struct Query<'a> {
    connection: &'a Connection,
    select: String,
    family: Family,
    words: bool,
    browser: &'a str,
    profile: Option<&'a str>,
}

impl Query<'_> {
    /// What follows the newest remembered row that is still there.
    fn after(&self, mut position: Position, now: i64) -> Result<Reading, Fault> {
        let mut gone = 0_usize;
        let mut left = None;
        for (id, mark) in position.newest_first() {
            if self
                .rows("v.id = ?1", [id])?
                .0
                .iter()
                .any(|row| row.mark == mark)
            {
                left = Some(id);
                break;
            }
            gone += 1;
        }
        if gone > 0 {
            tracing::debug!(gone, "visits are gone from a history");
        }
        let Some(id) = left else {
            return self.later_than(position, now);
        };
        position.rewind_to(id);
        let limit = MAX_ROWS + 1;
        let condition = format!("v.id > ?1 ORDER BY v.id LIMIT {limit}");
        let (rows, more) = self.rows(&condition, [id])?;
        Ok(Reading {
            from: position,
            rows,
            more,
        })
    }

    /// What is later than everything that was read, when no row is known any more or yet.
    fn later_than(&self, mut position: Position, now: i64) -> Result<Reading, Fault> {
        position.forget();
        let time = self.family.time_column();
        let latest = self.family.stored(position.latest);
        let limit = MAX_ROWS + 1;
        let condition = format!("{time} > ?1 ORDER BY v.id LIMIT {limit}");
        let (rows, more) = self.rows(&condition, [latest])?;
        // Those before them are known from now on. With more to come, only such as the rest follows.
        let below = match rows.first() {
            Some(row) if more => row.id,
            _ => i64::MAX,
        };
        let condition = format!("{time} <= ?1 AND v.id < ?2 ORDER BY v.id DESC LIMIT {REMEMBERED}");
        for row in self.rows(&condition, [latest, below])?.0 {
            position.note(row.id, row.mark, now.min(position.latest));
        }
        Ok(Reading {
            from: position,
            rows,
            more,
        })
    }

    /// As many as are held at once, and whether there are more.
    fn rows(&self, condition: &str, params: impl Params) -> Result<(Vec<Row>, bool), Fault> {
        let sql = format!("{} WHERE {condition}", self.select);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params)?;
        let mut read = Vec::new();
        let mut held = 0_usize;
        while let Some(row) = rows.next()? {
            if read.len() >= MAX_ROWS || held >= MAX_TEXT {
                return Ok((read, true));
            }
            let row = self.row(row)?;
            held = held.saturating_add(row.text());
            read.push(row);
        }
        Ok((read, false))
    }

    fn row(&self, row: &rusqlite::Row<'_>) -> Result<Row, Fault> {
        let id = row.get(0)?;
        let url = text(row.get_ref(2)?);
        let at_us = integer(row.get_ref(1)?).and_then(|stored| self.family.unix_us(stored));
        let mark = Mark {
            at: at_us.unwrap_or(0),
            hash: hash(url.as_deref().unwrap_or_default()),
        };
        let elsewhere = integer(row.get_ref(5)?) != Some(0);
        let kind = integer(row.get_ref(4)?);
        let visit = match (at_us, url) {
            (Some(at_us), Some(url)) if !elsewhere && SANE_US.contains(&at_us) => Some(Visit {
                at: at_us.div_euclid(1000),
                words: match kind {
                    Some(kind) if self.words => self.searched(&url, kind, text(row.get_ref(6)?)),
                    _ => None,
                },
                web: WebVisit {
                    url: address(&url),
                    title: title(text(row.get_ref(3)?).as_deref()),
                    browser: self.browser.to_owned(),
                    profile: self.profile.map(str::to_owned),
                    transition: kind.map(|kind| self.family.transition(kind)),
                    private: Some(false),
                },
            }),
            _ => None,
        };
        Ok(Row { id, mark, visit })
    }

    /// What this page was a search for: by the browser's own word, else by the engine's address.
    fn searched(&self, url: &str, kind: i64, known: Option<String>) -> Option<Words> {
        let transition = self.family.transition(kind);
        // A page's frames are not what the person asked for.
        if transition == Transition::Subframe {
            return None;
        }
        let (engine, text) = engines::words(url).unzip();
        let text = known.and_then(|known| engines::tidy(&known)).or(text)?;
        Some(Words {
            hash: hash(&format!("{}\0{text}", engine.unwrap_or_default())),
            text,
            engine,
            typed: self.family.typed(kind),
            again: matches!(transition, Transition::Reload | Transition::BackForward),
        })
    }
}

impl Row {
    /// Bytes of its texts.
    fn text(&self) -> usize {
        self.visit.as_ref().map_or(0, |Visit { web, words, .. }| {
            let title = web.title.as_ref().map_or(0, String::len);
            let words = words.as_ref().map_or(0, |words| words.text.len());
            web.url.len().saturating_add(title).saturating_add(words)
        })
    }
}

fn hash(url: &str) -> u64 {
    let Hash(hash) = Hash::of(url.as_bytes());
    hash[..8]
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}
