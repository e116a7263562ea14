//! Why records are not erased.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::bundle::{Erased, Matched, Places};
use proviso_report::{DeviceId, Fact, KeyError, UnixMs};

use super::{WAITS, Why, reports};
use crate::random::NoRandom;
use crate::store::casework::{self, AlertState};
use crate::store::erasures::{End, What};
use crate::store::findings::{self, Finding, Proof};
use crate::store::holds::{self, Hold};
use crate::store::people::Person;
use crate::store::staff::{self, Staff};
use crate::store::{FindingId, Read, SqlError, StoreError, devices, erasures};

/// What was asked for before and waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which request.
    pub id: String,
    /// When.
    pub asked: UnixMs,
    /// Who asked, by name.
    pub by: String,
    /// Did the same person ask for just this, in the same words? Then a form was sent twice.
    pub again: bool,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Everything would be.
    #[error(
        "nothing says which records: name clauses, kinds, an age or numbers, or say --everything"
    )]
    All,
    /// Nothing fits.
    #[error("no record fits that is not erased already: nothing was erased")]
    Nothing,
    /// A rule or a reason that no reader could read.
    #[error("the rule and the reason are 1 to 200 characters on one line: {0:?} is not")]
    Label(String),
    /// No note, or too many.
    #[error("name between one and {0} notes: nothing was erased")]
    Notes(usize),
    /// No such note.
    #[error(
        "there is no note {0} about this person that is not erased already: the page of notes says which there are"
    )]
    NoNote(String),
    /// Somebody asked before.
    #[error(
        "{by} asked on {asked} to erase this or a part of it, and that waits for somebody else to confirm it, so nothing \
         was asked for now: `proviso-collector erase show {id} --staff NAME` says what it is, `proviso-collector erase \
         withdraw {id} --staff NAME` takes it back", by = .0.by, asked = .0.asked, id = .0.id
    )]
    Waits(Box<Waiting>),
    /// Nobody asked for it.
    #[error("nobody asked for an erasure {0}: `proviso-collector erase list` shows what waits")]
    Unknown(String),
    /// Done or withdrawn.
    #[error("this was {0}: nothing is left to confirm or to take back")]
    Closed(End),
    /// It was asked for long ago.
    #[error(
        "this was asked for on {}, over {} days ago, and what it rested on may be another today: \
         nothing was erased; ask again",
        .0, WAITS / (24 * 60 * 60 * 1_000)
    )]
    Old(UnixMs),
    /// One person alone.
    #[error("{0} asked for this erasure, and somebody else must confirm it: nothing was erased")]
    Alone(String),
    /// The store is not as it was.
    #[error(
        "some of the records that were asked for are not there any more, or were erased meanwhile: \
         nothing was erased now; withdraw the request and ask again"
    )]
    Changed,
    /// Somebody forbade it.
    #[error(
        "{} put the records of this person on hold on {} ({}): nothing was erased; \
         `proviso-collector retention release` lifts a hold",
        .0.by, UnixMs(.0.at), .0.reason
    )]
    Held(Box<Hold>),
    /// It was produced in court.
    #[error(
        "record {place} of device {device} is part of the exhibit {exhibit}: nothing was erased; \
         leave it out, or lift the hold with `proviso-collector retention release --exhibit`"
    )]
    Exhibit {
        /// Which exhibit.
        exhibit: String,
        /// Whose record.
        device: DeviceId,
        /// Which.
        place: u64,
    },
    /// Somebody must decide first.
    #[error(
        "finding {finding} rests on record {place} and nobody has decided about it yet: nothing was \
         erased; decide it first, or leave the record out"
    )]
    Undecided {
        /// Which.
        finding: FindingId,
        /// On what it rests.
        place: u64,
    },
    /// What they say for themselves is still to be read.
    #[error(
        "nobody has decided yet about finding {finding}, and record {place} is what the person says about it: nothing \
         was erased; decide it first, or leave the record out"
    )]
    Explained {
        /// Which.
        finding: FindingId,
        /// Where they say it.
        place: u64,
    },
    /// The log is in dispute.
    #[error(
        "an incident keeps another story of the log of device {0}: nothing was erased, since what is \
         held may be needed to tell which is true"
    )]
    Incident(DeviceId),
    /// A stored report does not hold.
    #[error(
        "the stored report of device {device} that begins at record {first} does not hold ({why}): \
         nothing was erased; restore the store from a backup"
    )]
    Damaged {
        /// Whose.
        device: DeviceId,
        /// Where it begins.
        first: u64,
        /// What is wrong.
        why: String,
    },
    /// A stored finding cannot be read.
    #[error("the stored finding {0} cannot be read: restore the store from a backup")]
    Finding(FindingId),
    /// A device's key.
    #[error("the stored key of device {0} cannot be used ({1}): restore the store from a backup")]
    Key(DeviceId, KeyError),
    /// Something that is kept as JSON.
    #[error("cannot read or write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// No random number.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlError> for EraseError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// Refused where something of it was asked for before and waits: once one is confirmed, the other could not be.
pub(super) fn waiting(
    read: &Read<'_>,
    person: &Person,
    what: &What,
    (why, by): (&Why, &Staff),
    now: UnixMs,
) -> Result<(), EraseError> {
    let waiting = erasures::waiting(read, now.0)?;
    let mut theirs = waiting.into_iter().filter(|one| one.person == person.id);
    let Some(there) = theirs.find(|one| overlap(&one.what, what)) else {
        return Ok(());
    };
    let asked_by = staff::by_id(read, &there.staff)?;
    Err(EraseError::Waits(Box::new(Waiting {
        again: there.what == *what
            && there.staff == by.id
            && there.rule == why.rule
            && there.reason == why.reason,
        by: asked_by.map_or(there.staff, |one| one.name),
        id: there.id,
        asked: UnixMs(there.asked),
    })))
}

/// Is anything in both?
fn overlap(one: &What, other: &What) -> bool {
    match (one, other) {
        (What::Notes(one), What::Notes(other)) => one.iter().any(|id| other.contains(id)),
        (What::Records { places: one, .. }, What::Records { places: other, .. }) => {
            let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
            let mut same = pairs.filter(|(a, b)| a.device == b.device);
            same.any(|(a, b)| common(&a.places, &b.places).is_some())
        }
        _ => false,
    }
}

/// The findings that rest on any of these records. Refused if anything speaks against erasing them.
pub(super) fn resting(
    read: &Read<'_>,
    person: &Person,
    records: &[Erased],
) -> Result<Vec<FindingId>, EraseError> {
    for hold in holds::of_person(read, &person.id)? {
        held(hold, records)?;
    }
    for one in records {
        if erasures::has_other_story(read, one.device)? {
            return Err(EraseError::Incident(one.device));
        }
    }
    let by_device: BTreeMap<DeviceId, &Places> = records
        .iter()
        .map(|one| (one.device, &one.places))
        .collect();
    let said = explanations(read, person, &by_device)?;
    let mut found = Vec::new();
    for one in findings::of_person(read, &person.id, i64::MIN, i64::MAX)? {
        let Some(places) = by_device.get(&one.device) else {
            continue;
        };
        let (finding, rests) = (one.id, rests_on(&one)?);
        let place = rests.iter().copied().find(|seq| places.has(*seq));
        let explained = rests.iter().find_map(|seq| said.get(&(one.device, *seq)));
        if place.is_none() && explained.is_none() {
            continue;
        }
        let alert = casework::alert(read, finding)?;
        let decided = alert.is_none_or(|alert| alert.state == AlertState::Decided);
        let settled = decided && one.proof != Proof::Unproven;
        match (place, explained) {
            (Some(_), _) if settled => found.push(finding),
            (Some(place), _) => return Err(EraseError::Undecided { finding, place }),
            (None, Some(&place)) if !settled => {
                return Err(EraseError::Explained { finding, place });
            }
            (None, _) => {}
        }
    }
    Ok(found)
}

/// What the person says among these records: where, by what it is about.
fn explanations(
    read: &Read<'_>,
    person: &Person,
    wanted: &BTreeMap<DeviceId, &Places>,
) -> Result<BTreeMap<(DeviceId, u64), u64>, EraseError> {
    let mut said = BTreeMap::new();
    for device in devices::of_person(read, &person.id)? {
        let Some(places) = wanted.get(&device.id) else {
            continue;
        };
        reports::each(read, &device, |stored, kept| {
            for (place, record) in reports::records(stored, &kept)? {
                if let (true, Fact::Explanation(words)) = (places.has(place), &record.fact) {
                    said.extend(words.seqs.iter().map(|about| ((device.id, *about), place)));
                }
            }
            Ok(())
        })?;
    }
    Ok(said)
}

/// Refused while all of a person is on hold.
pub(super) fn held_whole(read: &Read<'_>, person: &Person) -> Result<(), EraseError> {
    let mut holds = holds::of_person(read, &person.id)?.into_iter();
    match holds.find(|hold| hold.exhibit.is_none()) {
        Some(hold) => Err(EraseError::Held(Box::new(hold))),
        None => Ok(()),
    }
}

/// Does it forbid that these are erased?
fn held(hold: Hold, records: &[Erased]) -> Result<(), EraseError> {
    let (Some(exhibit), Some(text)) = (&hold.exhibit, &hold.records) else {
        return Err(EraseError::Held(Box::new(hold)));
    };
    let exhibited: Vec<Erased> = serde_json::from_str(text)?;
    for one in records {
        let same = exhibited.iter().filter(|other| other.device == one.device);
        let place = same
            .into_iter()
            .find_map(|other| common(&one.places, &other.places));
        if let Some(place) = place {
            return Err(EraseError::Exhibit {
                exhibit: exhibit.clone(),
                device: one.device,
                place,
            });
        }
    }
    Ok(())
}

/// The first place that is in both.
fn common(one: &Places, other: &Places) -> Option<u64> {
    let (mut these, mut those) = (one.runs(), other.runs());
    while let ([[a, b], left @ ..], [[c, d], right @ ..]) = (these, those) {
        let first = *a.max(c);
        if first <= *b.min(d) {
            return Some(first);
        }
        if b < d {
            these = left;
        } else {
            those = right;
        }
    }
    None
}

/// Its record, and those that a rule which looks at several names in it.
fn rests_on(finding: &Finding) -> Result<BTreeSet<u64>, EraseError> {
    let matched: Vec<Matched> =
        serde_json::from_str(&finding.matched).map_err(|_| EraseError::Finding(finding.id))?;
    let others = matched.iter().filter(|one| one.field == "record");
    let others = others.filter_map(|one| one.text.parse().ok());
    Ok(others.chain([finding.seq]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(places: &[u64]) -> Vec<Erased> {
        vec![Erased {
            device: DeviceId([7; 16]),
            places: places.iter().copied().collect(),
        }]
    }

    fn hold(exhibit: Option<&str>, records: Option<&[u64]>) -> Hold {
        Hold {
            id: "h".to_owned(),
            at: 0,
            by: "kim".to_owned(),
            reason: "Appeal".to_owned(),
            exhibit: exhibit.map(str::to_owned),
            records: records.map(|places| serde_json::to_string(&erased(places)).unwrap()),
        }
    }

    #[test]
    fn an_exhibit_holds_its_records_and_a_hold_on_a_person_holds_all() {
        let refused = |hold| held(hold, &erased(&[3, 4, 9])).unwrap_err().to_string();
        assert!(
            refused(hold(None, None))
                .contains("kim put the records of this person on hold on 1970")
        );
        let said = refused(hold(Some("JB/1"), Some(&[1, 2, 8, 9, 10])));
        assert!(said.starts_with("record 9 of device 0707"), "{said}");
        assert!(said.contains("is part of the exhibit JB/1"), "{said}");
        // A damaged hold is none that can be passed over.
        let mut odd = hold(Some("JB/1"), None);
        assert!(refused(odd.clone()).contains("on hold"));
        odd.records = Some("[".to_owned());
        assert!(refused(odd).contains("JSON"));
        held(hold(Some("JB/1"), Some(&[1, 2, 5, 8])), &erased(&[3, 4, 9])).unwrap();
        let mut other = erased(&[3]);
        other[0].device = DeviceId([8; 16]);
        held(hold(Some("JB/1"), Some(&[3])), &other).unwrap();
    }
}
