//! Are the tables of a bundle what its records say?
//!
//! Promises: every table is made again from the records that hold, and compared byte for byte. What
//! cannot be made again, because a log does not hold, is said to be unchecked. One table at a time is in
//! memory.

use std::collections::BTreeMap;

use ring::digest::{Context, SHA256};

use super::{DECISIONS, FINDINGS, Row, Scope, Table, Tables, judged};
use crate::bundle::{
    About, Check, Decision, DeviceLog, Files, Finding, Outcome, Question, Verified,
};
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::time::UnixMs;

/// Checks every table of a bundle.
#[must_use]
pub fn check(files: &dyn Files, verified: &Verified) -> Vec<Check> {
    let Some(about) = &verified.about else {
        // That it does not say what it is, or of which format, is said already.
        return Vec::new();
    };
    let what = |path: &str| format!("{path} is what the records say, byte for byte");
    let mut checks = Vec::new();
    let mut digests = Table::ALL.map(|table| (table, Context::new(&SHA256)));
    let whole = walk(files, about, verified, &mut |table, text| {
        for (_, digest) in digests.iter_mut().filter(|(one, _)| *one == table) {
            digest.update(text);
        }
    });
    for (table, digest) in digests {
        let outcome = match &whole {
            Err(outcome) => outcome.clone(),
            Ok(()) => same(files, about, verified, table, digest.finish().as_ref()),
        };
        checks.push(Check::new(Question::Tables, what(table.path()), outcome));
    }
    for (path, made) in [
        (
            FINDINGS,
            lines(files, "data/findings.jsonl").map(|all: Vec<Finding>| judged::findings(&all)),
        ),
        (
            DECISIONS,
            lines(files, "data/decisions.jsonl").map(|all: Vec<Decision>| judged::decisions(&all)),
        ),
    ] {
        let outcome = made.map_or_else(
            |outcome| outcome,
            |made| {
                let mut one = Compared::of(files, path);
                one.next(&made);
                one.end()
            },
        );
        let source = if path == FINDINGS {
            "findings.jsonl says"
        } else {
            "decisions.jsonl says"
        };
        checks.push(Check::new(
            Question::Tables,
            format!("{path} is what {source}, byte for byte"),
            outcome,
        ));
    }
    checks
}

/// Is a table of the bundle the one with this digest? If not, where does it begin to differ?
fn same(
    files: &dyn Files,
    about: &About,
    verified: &Verified,
    table: Table,
    digest: &[u8],
) -> Outcome {
    let mut one = Compared::of(files, table.path());
    if one.is(digest) {
        return Outcome::Holds;
    }
    let again = walk(files, about, verified, &mut |which, text| {
        if which == table {
            one.next(text);
        }
    });
    again.map_or_else(|outcome| outcome, |()| one.end())
}

/// Every table as it must be, by its path. For whoever makes a bundle whole in memory.
pub fn made(
    files: &dyn Files,
    verified: &Verified,
) -> Result<BTreeMap<&'static str, Vec<u8>>, Outcome> {
    let unknown = || Outcome::Unchecked("bundle.json does not say what was exported".to_owned());
    let about = verified.about.as_ref().ok_or_else(unknown)?;
    let mut made: BTreeMap<&'static str, Vec<u8>> =
        Table::ALL.map(|table| (table.path(), Vec::new())).into();
    walk(files, about, verified, &mut |table, text| {
        made.entry(table.path()).or_default().extend(text);
    })?;
    made.insert(
        FINDINGS,
        judged::findings(&lines(files, "data/findings.jsonl")?),
    );
    made.insert(
        DECISIONS,
        judged::decisions(&lines(files, "data/decisions.jsonl")?),
    );
    Ok(made)
}

/// Makes the tables of records again, piece by piece.
fn walk(
    files: &dyn Files,
    about: &About,
    verified: &Verified,
    each: &mut dyn FnMut(Table, &[u8]),
) -> Result<(), Outcome> {
    let cannot = |why: String| Outcome::Unchecked(why);
    let mut tables = Tables::new(Scope {
        person: about.person.clone(),
        from: about.from,
        to: about.to,
    });
    let mut give = |tables: &mut Tables| {
        tables.pieces.take(|table, text| {
            each(table, text);
            Ok::<_, Outcome>(())
        })
    };
    tables.begin().map_err(|why| cannot(why.to_string()))?;
    give(&mut tables)?;
    for device in &about.devices {
        let log = verified
            .logs
            .get(device)
            .ok_or_else(|| cannot(format!("the log of device {device} does not hold")))?;
        tables.device(*device);
        let mut next = log.first;
        let rows = log.records.iter().zip(&log.leaves).zip(&log.bounds);
        for ((record, leaf), bounds) in rows {
            absent(&mut tables, log, (next, record.seq));
            next = record.seq.saturating_add(1);
            let received = log.received.range(next..).next();
            let row = Row {
                device: *device,
                leaf: *leaf,
                record,
                bounds: *bounds,
                received: received.map(|(_, seconds)| UnixMs::of_seconds(*seconds)),
            };
            tables.shown(&row).map_err(|why| cannot(why.to_string()))?;
            give(&mut tables)?;
        }
        absent(&mut tables, log, (next, log.end));
        let leaves = leaves(files, *device)?;
        tables
            .end_device(leaves)
            .map_err(|why| cannot(why.to_string()))?;
        give(&mut tables)?;
    }
    tables.end().map_err(|why| cannot(why.to_string()))?;
    give(&mut tables)
}

/// Records of which only the hashes are there: from `first` to before `end`.
fn absent(tables: &mut Tables, log: &DeviceLog, (first, end): (u64, u64)) {
    let mut next = first;
    for [from, to] in log.erased.runs() {
        let (from, after) = (from.max(&next), to.saturating_add(1).min(end));
        if *from < after {
            tables.withheld(next, *from);
            tables.erased(*from, after);
            next = after;
        }
    }
    tables.withheld(next, end);
}

fn leaves(files: &dyn Files, device: DeviceId) -> Result<Hash, Outcome> {
    let path = format!("data/devices/{device}/leaves.jsonl");
    match files.read(&path) {
        Ok(Some(bytes)) => Ok(Hash::of(&bytes)),
        Ok(None) => Err(Outcome::Fails(format!("{path} is missing"))),
        Err(why) => Err(Outcome::Unchecked(why)),
    }
}

/// The lines of a file, each as what it states.
fn lines<T: serde::de::DeserializeOwned>(files: &dyn Files, path: &str) -> Result<Vec<T>, Outcome> {
    // Where there was nothing to say there is no file, or an empty one.
    let bytes = files
        .read(path)
        .map_err(Outcome::Unchecked)?
        .unwrap_or_default();
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Outcome::Fails(format!("{path} is not UTF-8")))?;
    (1_u64..)
        .zip(text.lines())
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| Outcome::Fails(format!("{path}, line {number}: {error}")))
        })
        .collect()
}

/// A file of the bundle beside what it must be, which comes in pieces.
struct Compared {
    path: &'static str,
    bytes: Result<Vec<u8>, Outcome>,
    at: usize,
    /// The line that is another one, from 1.
    other: Option<u64>,
    line: u64,
}

impl Compared {
    fn of(files: &dyn Files, path: &'static str) -> Self {
        let bytes = match files.read(path) {
            Ok(Some(bytes)) => Ok(bytes.into_owned()),
            Ok(None) => Err(Outcome::Fails(format!("{path} is missing"))),
            Err(why) => Err(Outcome::Unchecked(why)),
        };
        Self {
            path,
            bytes,
            at: 0,
            other: None,
            line: 1,
        }
    }

    /// Has it this SHA-256?
    fn is(&self, digest: &[u8]) -> bool {
        let own = self.bytes.as_ref().map(|bytes| Hash::of(bytes));
        own.is_ok_and(|own| own.0 == digest)
    }

    fn next(&mut self, text: &[u8]) {
        let Ok(bytes) = &self.bytes else {
            return;
        };
        if self.other.is_some() {
            return;
        }
        let end = self.at.saturating_add(text.len());
        let there = bytes.get(self.at..end.min(bytes.len())).unwrap_or_default();
        let same = there
            .iter()
            .zip(text)
            .take_while(|(one, other)| one == other)
            .count();
        let before = text.get(..same).unwrap_or_default();
        let feeds = before.iter().filter(|byte| **byte == b'\n').count();
        self.line = self
            .line
            .saturating_add(u64::try_from(feeds).unwrap_or(u64::MAX));
        if same < text.len() {
            self.other = Some(self.line);
        }
        self.at = end;
    }

    fn end(self) -> Outcome {
        let path = self.path;
        match self.bytes {
            Err(outcome) => outcome,
            Ok(bytes) => match self.other {
                Some(line) => Outcome::Fails(format!(
                    "line {line} of {path} is not what the records say: rely on the records, not on \
                     this table"
                )),
                None if self.at < bytes.len() => Outcome::Fails(format!(
                    "{path} says more than the records: rely on the records, not on this table"
                )),
                None => Outcome::Holds,
            },
        }
    }
}
