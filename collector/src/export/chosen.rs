//! What was asked for, made into what the bundle says was chosen.
//!
//! Promises: what names nothing of this person is refused, so that a slip of the pen is never an empty
//! bundle. A finding stands for the records that it rests on.
//!
//! Refuses: findings that a device announced and no signed report shows; there is no record to hand
//! over.

use proviso_report::bundle::{MAX_CHOSEN, Matched, Numbers, OfFinding, Selection};
use proviso_report::{DeviceId, Kind};

use super::ExportError;
use crate::store::findings::{self, Proof};
use crate::store::people::Person;
use crate::store::{FindingId, Read, devices};

/// Which records, as somebody asks for them. What is empty does not narrow; see [`Selection`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Records under any of these clauses.
    pub clauses: Vec<String>,
    /// Records of these kinds.
    pub kinds: Vec<Kind>,
    /// Records of these devices.
    pub devices: Vec<DeviceId>,
    /// Records by number.
    pub records: Vec<Numbers>,
    /// The records that these findings rest on.
    pub findings: Vec<FindingId>,
    /// What the choice is called in court.
    pub exhibit: Option<String>,
    /// What it is made for.
    pub purpose: Option<String>,
}

/// Why a choice cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ChosenError {
    /// Another person's, or nobody's.
    #[error("device {0} is none of this person's: `proviso-collector device list` shows all")]
    Device(DeviceId),
    /// From the last to the first.
    #[error("records {first} to {last} are none: name the first and then the last")]
    Numbers {
        /// Said to be the first.
        first: u64,
        /// Said to be the last.
        last: u64,
    },
    /// Another person's, or nobody's.
    #[error("there is no finding {0} about this person: copy the number from the case")]
    Finding(FindingId),
    /// Nothing to hand over.
    #[error(
        "finding {0} was announced by a device, and no signed record shows it: there is no evidence \
         for it to hand over"
    )]
    Announced(FindingId),
    /// A clause that no record is under, or numbers behind the end of a log.
    #[error(
        "no record of that time is what was chosen: nothing was written; look whether the clauses, numbers \
         and times are those that were meant"
    )]
    Nothing,
    /// Over a limit.
    #[error("over {MAX_CHOSEN} things of one sort are named: make several bundles")]
    Many,
    /// A label that no reader could read.
    #[error("a label is at most 200 characters on one line: shorten {0:?}")]
    Label(String),
}

impl Chosen {
    /// Does it leave nothing out and say nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn selection(
        &self,
        read: &Read<'_>,
        person: &Person,
    ) -> Result<Selection, ExportError> {
        let theirs: Vec<DeviceId> = devices::of_person(read, &person.id)?
            .into_iter()
            .map(|device| device.id)
            .collect();
        let named = self.devices.iter();
        let mut named = named.chain(self.records.iter().map(|one| &one.device));
        if let Some(other) = named.find(|device| !theirs.contains(device)) {
            return Err(ChosenError::Device(*other).into());
        }
        if let Some(one) = self.records.iter().find(|one| one.last < one.first) {
            let (first, last) = (one.first, one.last);
            return Err(ChosenError::Numbers { first, last }.into());
        }
        for label in self.exhibit.iter().chain(&self.purpose) {
            if label.chars().count() > 200 || label.chars().any(char::is_control) {
                return Err(ChosenError::Label(label.clone()).into());
            }
        }
        let findings = self.findings.iter();
        let findings: Result<Vec<_>, _> = findings.map(|id| of(read, person, *id)).collect();
        let selection = Selection {
            clauses: self.clauses.clone(),
            kinds: self.kinds.clone(),
            devices: self.devices.clone(),
            records: self.records.clone(),
            findings: findings?,
            exhibit: self.exhibit.clone(),
            purpose: self.purpose.clone(),
        };
        if selection.is_too_long() {
            return Err(ChosenError::Many.into());
        }
        Ok(selection)
    }
}

/// Its record, and those that a rule which looks at several names in it.
fn of(read: &Read<'_>, person: &Person, id: FindingId) -> Result<OfFinding, ExportError> {
    let found = findings::get(read, id)?.filter(|finding| finding.person == person.id);
    let finding = found.ok_or(ChosenError::Finding(id))?;
    if finding.proof != Proof::Proven {
        return Err(ChosenError::Announced(id).into());
    }
    let matched: Vec<Matched> = serde_json::from_str(&finding.matched)
        .map_err(|_| ExportError::Finding(finding.id.to_string()))?;
    let others = matched.iter().filter(|one| one.field == "record");
    let others = others.filter_map(|one| one.text.parse().ok());
    Ok(OfFinding {
        finding: finding.id.to_string(),
        device: finding.device,
        places: others.chain([finding.seq]).collect(),
    })
}
