//! Tables `erasure_request`, what somebody asked to erase, and `erasure`, what was erased: records, or notes.
//!
//! Promises: a request names its records or notes one by one and is closed once, done or not. An erasure has its
//! row and its entry in the ledger in the transaction that erases. Its line is kept byte for byte;
//! bundles carry it where it is of records; notes are in none. `cleaned` is when the store's file was written anew without what was erased; until
//! then the erasure is not over.
//!
//! Refuses: to decide whether something may be erased; `erasure` does.

/// Those of the requests, for [`of_row`].
macro_rules! requests {
    ($which:literal) => {
        concat!(
            "SELECT id, person, asked, staff, rule, reason, records, closed, whole, notes, wanted FROM erasure_request ",
            $which
        )
    };
}

mod ended;

pub use ended::{End, end, ended};

use std::collections::BTreeSet;

use proviso_report::bundle::{Erased, Erasure, Numbers};
use proviso_report::{Kind, UnixMs, ledger};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ids::{DeviceId, FindingId, Hash, PersonId};
use super::sql::{Read, Row, SqlError, Tx};
use super::{digests, findings, sealed};

/// How long a request waits to be confirmed, in milliseconds: two weeks.
pub const WAITS: i64 = 14 * 24 * 60 * 60 * 1_000;

/// What somebody asked to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Sorts by time; the erasure has it too.
    pub id: String,
    /// Whose records.
    pub person: PersonId,
    /// Unix milliseconds.
    pub asked: i64,
    /// Who asked, by id.
    pub staff: String,
    /// Under which rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// What is to go.
    pub what: What,
    /// When it was done or withdrawn, Unix milliseconds.
    pub closed: Option<i64>,
}

/// What is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Records.
    Records {
        /// Which.
        places: Vec<Erased>,
        /// By what they were chosen; none: asked for before that was kept.
        wanted: Option<Wanted>,
        /// Are they all that the person did, so that the key goes as well?
        whole: bool,
    },
    /// Notes, by id.
    Notes(Vec<String>),
}

/// Which records: each sort that is not empty narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// All, narrowed by nothing.
    pub everything: bool,
    /// Under no other clauses than these.
    pub clauses: Vec<String>,
    /// Of these kinds.
    pub kinds: Vec<Kind>,
    /// By number.
    pub records: Vec<Numbers>,
    /// Of a time before this.
    pub before: Option<UnixMs>,
}

impl What {
    /// How many records, or notes.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Records { places, .. } => {
                let counts = places.iter().map(|one| one.places.count());
                counts.fold(0, u64::saturating_add)
            }
            Self::Notes(notes) => notes.len() as u64,
        }
    }
}

impl Request {
    /// Whether it waits no longer: nobody confirmed it in time.
    #[must_use]
    pub const fn has_lapsed(&self, now: i64) -> bool {
        self.lapses() < now
    }

    /// Until when it waits, Unix milliseconds.
    #[must_use]
    pub const fn lapses(&self) -> i64 {
        self.asked.saturating_add(WAITS)
    }
}

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As it was made; bundles carry one of records.
    pub line: String,
    /// Is it one of notes?
    pub of_notes: bool,
    /// The place of its entry in the ledger.
    pub entry: u64,
    /// When the store's file was cleaned, Unix milliseconds.
    pub cleaned: Option<i64>,
}

/// Enters a request.
pub fn ask(tx: &Tx<'_>, request: &Request) -> Result<(), SqlError> {
    let (records, wanted, whole, notes) = match &request.what {
        What::Records {
            places,
            wanted,
            whole,
        } => {
            let wanted = wanted.as_ref().map(json).transpose()?;
            (json(places)?, wanted, *whole, None)
        }
        What::Notes(notes) => ("[]".to_owned(), None, false, Some(notes.join(" "))),
    };
    tx.execute(
        "INSERT INTO erasure_request (id, person, asked, staff, rule, reason, records, wanted, whole, notes, closed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)",
        &[
            (&request.id).into(),
            request.person.as_str().into(),
            request.asked.into(),
            (&request.staff).into(),
            (&request.rule).into(),
            (&request.reason).into(),
            (&records).into(),
            wanted.as_deref().into(),
            i64::from(whole).into(),
            notes.as_deref().into(),
        ],
    )?;
    Ok(())
}

/// One request.
pub fn request(read: &Read<'_>, id: &str) -> Result<Option<Request>, SqlError> {
    read.first(requests!("WHERE id = $1"), &[id.into()], of_row)
}

/// Those that wait at a time for somebody to confirm them, the oldest first.
pub fn waiting(read: &Read<'_>, now: i64) -> Result<Vec<Request>, SqlError> {
    read.query(
        requests!("WHERE closed IS NULL AND asked >= $1 ORDER BY id"),
        &[now.saturating_sub(WAITS).into()],
        of_row,
    )
}

fn of_row(row: &Row<'_>) -> Result<Request, SqlError> {
    let what = match row.maybe_text(9)? {
        // Earlier versions took one that was named twice for two.
        Some(notes) => What::Notes(named_once(notes.split_whitespace())),
        None => What::Records {
            places: of_json(6, &row.text(6)?)?,
            wanted: row
                .maybe_text(10)?
                .map(|text| of_json(10, &text))
                .transpose()?,
            whole: row.int(8)? != 0,
        },
    };
    Ok(Request {
        id: row.text(0)?,
        person: row.parsed(1)?,
        asked: row.int(2)?,
        staff: row.text(3)?,
        rule: row.text(4)?,
        reason: row.text(5)?,
        what,
        closed: row.maybe_int(7)?,
    })
}

fn named_once<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    ids.filter(|id| seen.insert(*id))
        .map(str::to_owned)
        .collect()
}

fn json(value: &impl Serialize) -> Result<String, SqlError> {
    serde_json::to_string(value).map_err(|why| SqlError::Other(why.to_string()))
}

fn of_json<T: DeserializeOwned>(column: usize, text: &str) -> Result<T, SqlError> {
    serde_json::from_str(text).map_err(|why| SqlError::Column {
        column,
        detail: why.to_string(),
    })
}

/// Closes a request.
pub fn close(tx: &Tx<'_>, id: &str, at: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE erasure_request SET closed = $2 WHERE id = $1 AND closed IS NULL",
        &[id.into(), at.into()],
    )?;
    Ok(())
}

/// Enters an erasure. `line` is what it was, byte for byte; `confirmed`: who confirmed, by id.
pub fn put(
    tx: &Tx<'_>,
    request: &Request,
    confirmed: &str,
    at: i64,
    line: &str,
) -> Result<u64, SqlError> {
    let what = match request.what {
        What::Notes(_) => "notes",
        What::Records { whole: true, .. } => "everything",
        What::Records { whole: false, .. } => "records",
    };
    let stated = ledger::Erasure {
        id: request.id.clone(),
        person: request.person.to_string(),
        staff: request.staff.clone(),
        confirmed: confirmed.to_owned(),
        what: what.to_owned(),
        rule: request.rule.clone(),
        certificate: Hash::of(line.as_bytes()),
    };
    let seq = super::ledger::enter(tx, at, stated)?;
    tx.execute(
        "INSERT INTO erasure (id, at, person, line, entry, cleaned) \
         VALUES ($1, $2, $3, $4, $5, NULL)",
        &[
            (&request.id).into(),
            at.into(),
            request.person.as_str().into(),
            line.into(),
            seq.into(),
        ],
    )?;
    Ok(seq)
}

/// One erasure.
pub fn get(read: &Read<'_>, id: &str) -> Result<Option<Stored>, SqlError> {
    read.first(
        "SELECT e.line, e.entry, e.cleaned, r.notes FROM erasure e \
         LEFT JOIN erasure_request r ON r.id = e.id WHERE e.id = $1",
        &[id.into()],
        |row| {
            Ok(Stored {
                line: row.text(0)?,
                entry: row.count(1)?,
                cleaned: row.maybe_int(2)?,
                of_notes: row.maybe_text(3)?.is_some(),
            })
        },
    )
}

/// The lines of the erasures of a person's records with their entries in the ledger, the oldest first.
pub fn of_person(read: &Read<'_>, person: &PersonId) -> Result<Vec<(String, u64)>, SqlError> {
    read.query(
        "SELECT line, entry FROM erasure WHERE person = $1 AND id NOT IN \
         (SELECT id FROM erasure_request WHERE notes IS NOT NULL) ORDER BY entry",
        &[person.as_str().into()],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )
}

/// What was erased of that on which a finding rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Which erasure.
    pub erasure: Erasure,
    /// Is the finding's own record gone? Else others are that it rests on, and what it quotes of them.
    pub record: bool,
}

/// What was erased of that on which a finding about a record rests; none where all of it is there.
pub fn of_finding(
    read: &Read<'_>,
    finding: FindingId,
    (person, device, seq): (&PersonId, DeviceId, u64),
) -> Result<Option<Gone>, SqlError> {
    let Some(latest) = findings::erased_by(read, finding)? else {
        return Ok(None);
    };
    let mut found = None;
    for (line, _) in of_person(read, person)? {
        let erasure: Erasure = of_json(0, &line)?;
        let mut places = erasure.records.iter();
        let record = places.any(|one| one.device == device && one.places.has(seq));
        if record {
            return Ok(Some(Gone { erasure, record }));
        }
        if erasure.id == latest {
            found = Some(Gone { erasure, record });
        }
    }
    Ok(found)
}

/// How many erasures left something in the store's file.
pub fn uncleaned(read: &Read<'_>) -> Result<u64, SqlError> {
    let count = read.first(
        "SELECT count(*) FROM erasure WHERE cleaned IS NULL",
        &[],
        |row| row.count(0),
    )?;
    Ok(count.unwrap_or_default())
}

/// The store's file has nothing left of what was erased.
pub fn clean(tx: &Tx<'_>, at: i64) -> Result<(), SqlError> {
    tx.execute(
        "UPDATE erasure SET cleaned = $1 WHERE cleaned IS NULL",
        &[at.into()],
    )?;
    Ok(())
}

/// Puts a report of which records were erased in the place of the one that was there.
pub fn replace(tx: &Tx<'_>, device: DeviceId, first: u64, bytes: &[u8]) -> Result<(), SqlError> {
    let bytes = sealed::of_device(tx, device, &sealed::report(device, first), bytes)?;
    tx.execute(
        "UPDATE report SET bytes = $3 WHERE device = $1 AND first = $2",
        &[
            (&device.to_string()).into(),
            first.into(),
            bytes.as_slice().into(),
        ],
    )?;
    Ok(())
}

/// Takes what a finding quotes of records that are erased. Who found what by which rule stays.
pub fn blank(tx: &Tx<'_>, finding: FindingId, erasure: &str) -> Result<(), SqlError> {
    // Nothing is left that would have to be sealed.
    tx.execute(
        "UPDATE finding SET matched = '[]', erased = $2 WHERE id = $1",
        &[(&finding.to_string()).into(), erasure.into()],
    )?;
    Ok(())
}

/// Forgets what the judge remembers of a log, and the digest of it; both are made again from the records that
/// are left.
pub fn forget_state(tx: &Tx<'_>, id: DeviceId) -> Result<(), SqlError> {
    let device = id.to_string();
    tx.execute(
        "DELETE FROM judge_state WHERE device = $1",
        &[(&device).into()],
    )?;
    tx.execute(
        "UPDATE device SET judged = 0 WHERE id = $1",
        &[(&device).into()],
    )?;
    digests::forget(tx, id)
}

/// Does an incident keep bytes of a device that are in no report?
pub fn has_other_story(read: &Read<'_>, device: DeviceId) -> Result<bool, SqlError> {
    let count = read.first(
        "SELECT count(*) FROM incident WHERE device = $1 AND bytes IS NOT NULL",
        &[(&device.to_string()).into()],
        |row| row.int(0),
    )?;
    Ok(count.unwrap_or_default() > 0)
}
