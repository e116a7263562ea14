//! Erasing records: the text goes, the log stays.
//!
//! Promises: one person asks ([`plan`], [`ask`]), another looks what it asks away ([`away`]) and confirms
//! ([`confirm`]), and what is erased is what was asked for, record by record. Of what waits already nothing is asked
//! for again. Of a report the records named are replaced by their leaves, and the seed of the salts by the salts of
//! the others, so that the log leads to the roots that its device signed as before, and nobody can try a guess at
//! what is gone. Everything is checked before and after: a report that does not hold is not touched. What findings
//! quote of the records goes as well, with the text of extracts that quote them, and what the judge remembers is made
//! again from what is left. Where all that a person did is erased, what is left is sealed under another key, and the
//! old one is destroyed: backups of the store then have nothing either. Files that officers uploaded go with it. Who,
//! when, why and which numbers stay, in the store, in the ledger and in every later bundle. All of that is one
//! transaction; what it leaves in the store's file goes when the file is written anew, and only then there is a
//! certificate of destruction (`certificate`).
//!
//! Refuses: signs of life, which say nothing about a person and bind the rest; whatever an open alert,
//! a finding that nobody decided, a finding not yet confirmed or an incident rests on, and what the person says about
//! it; exhibits; and everything of a person on hold. Nothing is erased in part: one refusal, and nothing is.
//!
//! Notes that officers wrote are erased by themselves, the same way ([`ask_notes`]).
//!
//! What it cannot reach: what else people wrote (decisions, reasons), backups where only parts are erased, bundles
//! handed out, the computer of the person. What counts over several records can no longer be judged again where some
//! are erased, and a bundle says so.

pub mod away;
mod certificate;
mod notes;
mod refuse;
mod reports;

pub use certificate::{Certificate, CertificateError, certificate};
pub use notes::{ErasedNote, NotesErased, ask_notes};
pub use refuse::{EraseError, Waiting};

use proviso_report::bundle::{Erased, Erasure, Numbers, Places};
use proviso_report::{DeviceId, Record, UnixMs};

use crate::random;
use crate::signing::Signer;
use crate::store::erasures::{self, End, Request, What};
pub use crate::store::erasures::{WAITS, Wanted};
use crate::store::extracts::{self, Source};
use crate::store::people::{self, Person};
use crate::store::staff::{self, Staff};
use crate::store::{FindingId, Read, Tx, devices, documents, sealed};

/// Under which rule, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Under which rule.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Wanted {
    /// Does it name nothing?
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Is it all that there is?
    fn is_whole(&self) -> bool {
        let all = Self {
            everything: true,
            ..Self::default()
        };
        *self == all
    }

    /// A record under another clause too is still needed for that one, and one under none is under no clause that
    /// was named.
    fn has(&self, device: DeviceId, record: &Record) -> bool {
        let clauses = &self.clauses;
        let by_number =
            |one: &Numbers| one.device == device && (one.first..=one.last).contains(&record.seq);
        let under = || {
            let own = &record.clauses;
            !own.is_empty() && own.iter().all(|one| clauses.contains(one))
        };
        record.kind().can_be_erased()
            && (clauses.is_empty() || under())
            && (self.kinds.is_empty() || self.kinds.contains(&record.kind()))
            && (self.records.is_empty() || self.records.iter().any(by_number))
            && self.before.is_none_or(|before| record.at < before)
    }
}

/// What would be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which records.
    pub records: Vec<Erased>,
    wanted: Wanted,
}

/// Looks which records of a person are wanted, and whether anything speaks against erasing them.
pub fn plan(read: &Read<'_>, person: &Person, wanted: &Wanted) -> Result<Plan, EraseError> {
    if wanted.is_empty() {
        return Err(EraseError::All);
    }
    let mut records = Vec::new();
    for device in devices::of_person(read, &person.id)? {
        let mut places = Places::default();
        reports::each(read, &device, |stored, kept| {
            for (seq, record) in reports::records(stored, &kept)? {
                if wanted.has(device.id, &record) {
                    places.push(seq);
                }
            }
            Ok(())
        })?;
        if !places.is_empty() {
            let device = device.id;
            records.push(Erased { device, places });
        }
    }
    if records.is_empty() {
        return Err(EraseError::Nothing);
    }
    refuse::resting(read, person, &records)?;
    Ok(Plan {
        records,
        wanted: wanted.clone(),
    })
}

/// Somebody asks to erase records of a person. Nothing is erased yet.
pub fn ask(
    tx: &Tx<'_>,
    person: &Person,
    plan: &Plan,
    why: &Why,
    by: &Staff,
    now: UnixMs,
) -> Result<Request, EraseError> {
    let what = What::Records {
        places: plan.records.clone(),
        wanted: Some(plan.wanted.clone()),
        whole: plan.wanted.is_whole(),
    };
    enter(tx, person, what, why, by, now)
}

/// Enters a request.
fn enter(
    tx: &Tx<'_>,
    person: &Person,
    what: What,
    why: &Why,
    by: &Staff,
    now: UnixMs,
) -> Result<Request, EraseError> {
    labels(why)?;
    refuse::waiting(tx, person, &what, (why, by), now)?;
    let request = Request {
        id: random::row_id(now.0)?,
        person: person.id.clone(),
        asked: now.0,
        staff: by.id.clone(),
        rule: why.rule.clone(),
        reason: why.reason.clone(),
        what,
        closed: None,
    };
    erasures::ask(tx, &request)?;
    Ok(request)
}

/// Whether rule and reason can be read.
fn labels(why: &Why) -> Result<(), EraseError> {
    for label in [&why.rule, &why.reason] {
        if label.trim().is_empty()
            || label.chars().count() > 200
            || label.contains(char::is_control)
        {
            return Err(EraseError::Label(label.clone()));
        }
    }
    Ok(())
}

/// Whether what an extract rests on is among what is erased.
fn is_gone(source: &Source, findings: &[FindingId], records: &[Erased]) -> bool {
    match source {
        Source::Finding(id) => findings.iter().any(|one| one.to_string() == *id),
        Source::Record(device, seq) => records
            .iter()
            .any(|one| one.device.to_string() == *device && one.places.has(*seq)),
        Source::Note(_) => false,
    }
}

/// A request that was neither done nor withdrawn.
fn open(read: &Read<'_>, id: &str, now: UnixMs) -> Result<Request, EraseError> {
    let Some(request) = erasures::request(read, id)? else {
        return Err(EraseError::Unknown(id.to_owned()));
    };
    // One that lapsed was not closed, and can still be taken back.
    match erasures::end(read, &request, now.0)? {
        None | Some(End::Lapsed { .. }) => Ok(request),
        Some(end) => Err(EraseError::Closed(end)),
    }
}

/// A request that waits for somebody.
pub fn waiting(read: &Read<'_>, id: &str, now: UnixMs) -> Result<Request, EraseError> {
    let request = open(read, id, now)?;
    if request.has_lapsed(now.0) {
        return Err(EraseError::Old(UnixMs(request.asked)));
    }
    Ok(request)
}

/// Takes a request back that was neither confirmed nor withdrawn. Whether it lapsed does not matter.
pub fn withdraw(tx: &Tx<'_>, id: &str, now: UnixMs) -> Result<Request, EraseError> {
    let request = open(tx, id, now)?;
    erasures::close(tx, id, now.0)?;
    Ok(request)
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Records were erased.
    Records(Erasure),
    /// Notes were.
    Notes(NotesErased),
}

impl Done {
    /// How many records or notes that were.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Records(done) => done.count(),
            Self::Notes(done) => done.notes.len() as u64,
        }
    }
}

/// Somebody else confirms it, and it is done, in the caller's transaction.
pub fn confirm(
    tx: &Tx<'_>,
    signer: &Signer,
    id: &str,
    by: &Staff,
    now: UnixMs,
) -> Result<Done, EraseError> {
    let request = waiting(tx, id, now)?;
    if request.staff == by.id {
        return Err(EraseError::Alone(by.name.clone()));
    }
    let asked_by = staff::by_id(tx, &request.staff)?;
    let asked_by = asked_by.map_or_else(|| request.staff.clone(), |staff| staff.name);
    let Some(person) = people::get(tx, &request.person)? else {
        return Err(EraseError::Unknown(id.to_owned()));
    };
    let done = match &request.what {
        What::Notes(ids) => {
            let done = notes::confirm(tx, (&request, ids), &person, (asked_by, by), now)?;
            Done::Notes(done)
        }
        What::Records { places, whole, .. } => {
            let names = (asked_by, by.name.clone());
            let done = records(tx, signer, (&request, places, *whole), &person, names, now)?;
            Done::Records(done)
        }
    };
    let line = match &done {
        Done::Records(done) => serde_json::to_string(done)?,
        Done::Notes(done) => serde_json::to_string(done)?,
    };
    erasures::close(tx, &request.id, now.0)?;
    erasures::put(tx, &request, &by.id, now.0, &line)?;
    Ok(done)
}

/// Does what a request about records asks for.
fn records(
    tx: &Tx<'_>,
    signer: &Signer,
    (request, records, whole): (&Request, &[Erased], bool),
    person: &Person,
    (asked_by, confirmed_by): (String, String),
    now: UnixMs,
) -> Result<Erasure, EraseError> {
    let about = refuse::resting(tx, person, records)?;
    tx.overwrite()?;
    let theirs = devices::of_person(tx, &person.id)?;
    for one in records {
        let Some(device) = theirs.iter().find(|device| device.id == one.device) else {
            return Err(EraseError::Changed);
        };
        if reports::erase(tx, signer, device, &one.places)? != one.places.count() {
            return Err(EraseError::Changed);
        }
        erasures::forget_state(tx, one.device)?;
    }
    for finding in &about {
        erasures::blank(tx, *finding, &request.id)?;
    }
    if whole {
        let why = format!("erased with everything: {}", request.rule);
        documents::erase(tx, &person.id, &why, now.0)?;
        extracts::erase_all(tx, &person.id)?;
        sealed::rotate(tx, &person.id)?;
    } else {
        extracts::erase(tx, &person.id, |source| is_gone(source, &about, records))?;
    }
    Ok(Erasure {
        id: request.id.clone(),
        at: now,
        asked_by,
        confirmed_by,
        person: person.pseudonym.clone(),
        rule: request.rule.clone(),
        reason: request.reason.clone(),
        records: records.to_vec(),
        whole,
        findings: u64::try_from(about.len()).unwrap_or(u64::MAX),
    })
}
