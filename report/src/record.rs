//! A record: one line of JSON that states one fact, when, under which clauses and how it is known.
//!
//! ```json
//! {"v":1,"seq":41,"at":"2026-11-24T05:00:00.123Z","noted":"2026-11-24T05:00:00.144Z","mono":123456,
//!  "boot":"<32 hex>","kind":"web_visit","account":"alex","clauses":["4"],"methods":["extension"],
//!  "order":"<64 hex>","receipt":"<64 hex>","f":{...}}
//! ```
//!
//! Promises: the keys are written in this order without spaces; what is absent is left out; a line
//! holds no line feed and at most [`MAX_RECORD`] bytes. What a person did cannot be written down
//! without the order and the clause that allow it.
//!
//! Refuses: other keys, other versions, a second spelling of a time or a hash.

mod line;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::fact::{Fact, FactError, Kind};
use crate::hash::Hash;
use crate::id;
pub use crate::time::{TimeError, UnixMs};

/// The longest line, in bytes, without its line feed.
pub const MAX_RECORD: usize = 65_535;

const VERSION: u8 = 1;

/// One thing that is stated in a device's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log, from 0.
    pub seq: u64,
    /// When it happened, by the source's clock.
    pub at: UnixMs,
    /// When the agent wrote it down, by the wall clock.
    pub noted: UnixMs,
    /// The same moment in milliseconds since boot, suspend included; nobody can set this clock.
    pub mono: u64,
    /// Which boot `mono` counts from.
    pub boot: BootId,
    /// The account it happened in, by its name on the computer.
    pub account: Option<String>,
    /// The clauses that cover it. Empty for life signs only.
    pub clauses: Vec<String>,
    /// How it is known.
    pub methods: Vec<Method>,
    /// The hash of the order file in force. Absent for life signs only.
    pub order: Option<Hash>,
    /// In the first record of each report: the hash of the last receipt that the agent holds.
    pub receipt: Option<Hash>,
    /// What it states.
    pub fact: Fact,
}

/// How something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// The browser told the agent's extension as it happened.
    Extension,
    /// The agent read it in the browser's history.
    History,
    /// The agent looked at the list of processes.
    ProcessPoll,
    /// The system told the agent as it happened.
    ProcessEvent,
    /// The system told the agent of a change to a file as it happened.
    FileEvent,
    /// The agent looked through the files of a place.
    FileScan,
    /// The system told the agent of a device, a network, a session as it happened.
    SystemEvent,
    /// The agent read what the system keeps or shows of itself.
    SystemRead,
    /// The desktop said what is in front.
    Desktop,
    /// The phone on the cable said it.
    Phone,
    /// The supervised person said it.
    Person,
    /// The agent states it about itself.
    Agent,
}

impl Method {
    /// Every method there is.
    pub const ALL: &'static [Self] = &[
        Self::Extension,
        Self::History,
        Self::ProcessPoll,
        Self::ProcessEvent,
        Self::FileEvent,
        Self::FileScan,
        Self::SystemEvent,
        Self::SystemRead,
        Self::Desktop,
        Self::Phone,
        Self::Person,
        Self::Agent,
    ];

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::History => "history",
            Self::ProcessPoll => "process_poll",
            Self::ProcessEvent => "process_event",
            Self::FileEvent => "file_event",
            Self::FileScan => "file_scan",
            Self::SystemEvent => "system_event",
            Self::SystemRead => "system_read",
            Self::Desktop => "desktop",
            Self::Phone => "phone",
            Self::Person => "person",
            Self::Agent => "agent",
        }
    }
}

/// One run of the operating system, as it names itself (RFC 9562 UUID without hyphens on Linux).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub [u8; 16]);

/// The text is not 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a boot id is 32 lower-case hex digits")]
pub struct BootIdError;

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl fmt::Debug for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id::write_hex(&self.0, f)
    }
}

impl FromStr for BootId {
    type Err = BootIdError;

    fn from_str(text: &str) -> Result<Self, BootIdError> {
        id::read_hex(text).map(Self).ok_or(BootIdError)
    }
}

id::serde_as_text!(BootId, "32 lower-case hex digits");

/// Why a line is no record, or a record cannot be a line.
///
/// None of the sentences holds anything of what the record states.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than any record.
    #[error("the record has {0} bytes; {MAX_RECORD} is the most that a record can have")]
    TooLong(usize),
    /// More than one line.
    #[error("the record holds a line feed; a record is one line")]
    LineFeed,
    /// Not the JSON of a record.
    #[error("this is not a record: {0}")]
    Form(String),
    /// Written by a version that this one does not know.
    #[error(
        "this is a record of version {0}, and this program knows version {VERSION}: use a newer one"
    )]
    Version(u8),
    /// The fields are not those of the kind.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// Something a person did, without the clause that allows to record it.
    #[error("a {0} record names no clause that covers it")]
    NoClause(Kind),
    /// Something a person did, without the order that allows to record it.
    #[error("a {0} record names no order that it was made under")]
    NoOrder(Kind),
    /// Nobody says how it is known.
    #[error("the record does not say by which method it was made")]
    NoMethod,
    /// A time that no calendar shows.
    #[error("the record's time is outside the years 0000 to 9999: set this computer's clock")]
    Time,
}

/// The order of these fields is the order of the keys.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    v: u8,
    seq: u64,
    at: UnixMs,
    noted: UnixMs,
    mono: u64,
    boot: BootId,
    kind: Kind,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    account: Option<Cow<'a, str>>,
    clauses: Cow<'a, [String]>,
    methods: Cow<'a, [Method]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<Hash>,
    #[serde(borrow)]
    f: &'a RawValue,
}

impl Record {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.fact.kind()
    }

    /// The line, without a line feed.
    pub fn to_line(&self) -> Result<Vec<u8>, RecordError> {
        if !self.at.is_writable() || !self.noted.is_writable() {
            return Err(RecordError::Time);
        }
        self.check()?;
        let form = |error: serde_json::Error| RecordError::Form(error.to_string());
        let fields = RawValue::from_string(self.fact.to_json()?).map_err(form)?;
        let line = serde_json::to_vec(&Line {
            v: VERSION,
            seq: self.seq,
            at: self.at,
            noted: self.noted,
            mono: self.mono,
            boot: self.boot,
            kind: self.kind(),
            account: self.account.as_deref().map(Cow::Borrowed),
            clauses: Cow::Borrowed(&self.clauses),
            methods: Cow::Borrowed(&self.methods),
            order: self.order,
            receipt: self.receipt,
            f: &fields,
        })
        .map_err(form)?;
        fits(&line)?;
        Ok(line)
    }

    /// Reads a line.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        fits(line)?;
        if line.contains(&b'\n') {
            return Err(RecordError::LineFeed);
        }
        let as_written = std::str::from_utf8(line).ok().and_then(line::read);
        let record = match as_written {
            Some(record) => record,
            None => thorough(line)?,
        };
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<(), RecordError> {
        let kind = self.kind();
        if self.methods.is_empty() {
            return Err(RecordError::NoMethod);
        }
        if !kind.is_life_sign() && self.clauses.is_empty() {
            return Err(RecordError::NoClause(kind));
        }
        if !kind.is_life_sign() && self.order.is_none() {
            return Err(RecordError::NoOrder(kind));
        }
        Ok(())
    }
}

/// Reads a line whatever the order of its keys, and says what is wrong with one that is none.
fn thorough(line: &[u8]) -> Result<Record, RecordError> {
    let parsed: Line<'_> = serde_json::from_slice(line)
        .map_err(|error| version_of(line).unwrap_or(RecordError::Form(plain(&error))))?;
    if parsed.v != VERSION {
        return Err(RecordError::Version(parsed.v));
    }
    Ok(Record {
        seq: parsed.seq,
        at: parsed.at,
        noted: parsed.noted,
        mono: parsed.mono,
        boot: parsed.boot,
        account: parsed.account.map(Cow::into_owned),
        clauses: parsed.clauses.into_owned(),
        methods: parsed.methods.into_owned(),
        order: parsed.order,
        receipt: parsed.receipt,
        fact: Fact::parse(parsed.kind, parsed.f.get())?,
    })
}

fn fits(line: &[u8]) -> Result<(), RecordError> {
    if line.len() > MAX_RECORD {
        Err(RecordError::TooLong(line.len()))
    } else {
        Ok(())
    }
}

/// A newer record can have keys that this version does not know: say that, not "unknown field".
fn version_of(line: &[u8]) -> Option<RecordError> {
    #[derive(Deserialize)]
    struct Version {
        v: u8,
    }
    let Version { v } = serde_json::from_slice(line).ok()?;
    (v != VERSION).then_some(RecordError::Version(v))
}

/// Where and of which sort, without the words that serde quotes from the line.
fn plain(error: &serde_json::Error) -> String {
    let sort = match error.classify() {
        serde_json::error::Category::Data => "a key or a value is not as it must be",
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is not JSON",
    };
    format!("{sort} (byte {})", error.column())
}

#[cfg(test)]
mod tests;
