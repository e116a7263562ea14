//! What a request asks away, for whoever is to judge it: a second person who knows no more than its words would
//! confirm anything.
//!
//! Promises: it is told from what is there now, record by record and note by note.
//!
//! Refuses: to say for whose eyes it is. What people wrote is for those alone who see the person.

use std::collections::BTreeMap;

use proviso_report::bundle::Places;
use proviso_report::{DeviceId, Fact, Kind, UnixMs};

use super::{EraseError, reports};
use crate::store::erasures::{Request, What};
use crate::store::notes::{self, Note};
use crate::store::{Read, devices};

/// What would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Away {
    /// Records.
    Records(RecordsAway),
    /// Notes, as they were asked for; those are left out that are gone.
    Notes(Vec<Note>),
}

/// Records that would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordsAway {
    /// How many of each kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// The earliest and the latest of them, by the computers' clocks.
    pub span: Option<(Stated, Stated)>,
    /// What the person said among them.
    pub said: Vec<Said>,
}

/// When a record states that something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// In whose log.
    pub device: DeviceId,
    /// At which place.
    pub seq: u64,
    /// By the computer's clock.
    pub at: UnixMs,
}

/// What a person said about records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When, and in which record.
    pub stated: Stated,
    /// In their words.
    pub text: String,
}

/// Looks what a request asks away.
pub fn away(read: &Read<'_>, request: &Request) -> Result<Away, EraseError> {
    match &request.what {
        What::Notes(ids) => {
            let all = ids.iter().map(|id| notes::get(read, id));
            let all = all.collect::<Result<Vec<_>, _>>()?;
            Ok(Away::Notes(all.into_iter().flatten().collect()))
        }
        What::Records { places, .. } => {
            let mut away = RecordsAway::default();
            for one in places {
                away.look(read, one.device, &one.places)?;
            }
            Ok(Away::Records(away))
        }
    }
}

impl RecordsAway {
    fn look(&mut self, read: &Read<'_>, id: DeviceId, places: &Places) -> Result<(), EraseError> {
        let Some(device) = devices::get(read, id)? else {
            return Ok(());
        };
        reports::each(read, &device, |stored, kept| {
            for (seq, record) in reports::records(stored, &kept)? {
                if !places.has(seq) {
                    continue;
                }
                let at = record.at;
                let count = self.kinds.entry(record.kind()).or_default();
                *count = count.saturating_add(1);
                let stated = Stated {
                    device: id,
                    seq,
                    at,
                };
                let (first, last) = self.span.unwrap_or((stated, stated));
                self.span = Some((
                    if at < first.at { stated } else { first },
                    if at > last.at { stated } else { last },
                ));
                if let Fact::Explanation(words) = record.fact {
                    let text = words.text;
                    self.said.push(Said { stated, text });
                }
            }
            Ok(())
        })
    }
}
