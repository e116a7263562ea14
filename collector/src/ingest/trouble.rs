//! What is wrong with a device's log, told to people.
//!
//! Promises: a report that is refused for good, an order that cannot judge and a log that was set
//! back are an incident, and so are an update of a list and a receipt that nobody gave the device,
//! once for each device and cause while it lasts, however often the device tries again. What mends
//! itself is none: a busy collector, a report that begins at another place, a device that people
//! took out of service.

use proviso_report::RefusalCode;
use proviso_rules::Term;

use super::append::Log;
use super::desk::Desk;
use super::refused::Refused;
use crate::judging::{JudgingError, Outside, UnknownUpdate};
use crate::store::devices::Device;
use crate::store::incidents::{self, Incident, IncidentKind};
use crate::store::{Hash, StoreError};

/// The longest name of a list that is shown as a device wrote it, in characters.
const LONGEST_NAME: usize = 64;

impl Desk {
    /// Tells people that a report was refused, if it is for them to mend.
    pub(super) async fn tell_refused(
        &self,
        log: &Log,
        refused: &Refused,
        now: i64,
    ) -> Result<(), Refused> {
        if let Refused::Judging(error @ JudgingError::Order { digest, .. }) = refused {
            // No try mends this either, but the device did nothing wrong.
            let detail = format!("Reports have to wait on the device: {error}");
            let incident = incident(log.device(), IncidentKind::BrokenOrder, detail, now);
            return self.enter(incident, Some(digest.to_string())).await;
        }
        let code = refused.code();
        match (refused, code) {
            (
                _,
                RefusalCode::Busy
                | RefusalCode::WrongSize
                | RefusalCode::UnknownDevice
                | RefusalCode::BrokenOff,
            ) => return Ok(()),
            // These have incidents of their own.
            (Refused::Fork | Refused::WrongKey { .. } | Refused::Order(_), _) => return Ok(()),
            _ => {}
        }
        let size = log.size();
        let detail = format!(
            "From record {size} on, the device's reports are refused: {refused}. The device keeps \
             them"
        );
        let incident = incident(log.device(), IncidentKind::Refused, detail, now);
        self.enter(incident, Some(format!("{code:?} {size}"))).await
    }

    /// Tells people of a device that has fewer records than it sent.
    pub(super) async fn tell_set_back(
        &self,
        device: &Device,
        says: u64,
        now: i64,
    ) -> Result<(), Refused> {
        let size = device.size;
        if says >= size {
            return Ok(());
        }
        let detail = format!(
            "The device says that its log has {says} records, and {size} of it are held: it was set \
             back, for example from an old copy of its disk. Nothing that was held is lost"
        );
        let incident = incident(device, IncidentKind::SetBack, detail, now);
        self.enter(incident, Some(size.to_string())).await
    }

    /// Enters an incident. `cause` names it if neither its bytes nor its sentence do.
    pub(super) async fn enter(
        &self,
        incident: Incident,
        cause: Option<String>,
    ) -> Result<(), Refused> {
        self.store
            .write("incident", move |tx| {
                incidents::put(tx, &incident, cause.as_deref())?;
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}

/// An incident of a device, without bytes.
pub(super) fn incident(device: &Device, kind: IncidentKind, detail: String, now: i64) -> Incident {
    Incident {
        device: device.id,
        person: device.person.clone(),
        at: now,
        kind,
        detail,
        bytes: None,
    }
}

/// That a device recorded what its order did not cover at that time. Once for each order.
pub(super) fn outside_term(device: &Device, order: &Hash, outside: &Outside, now: i64) -> Incident {
    let (seq, at) = (outside.seq, outside.at);
    let term = match outside.term {
        Term::NotYet(start) => format!("is in force only from {start} on"),
        Term::Ended(end) => format!("was in force until {end}"),
        Term::Suspended(_) => "was suspended then".to_owned(),
        Term::InForce(_) => "is in force".to_owned(),
    };
    let detail = format!(
        "Record {seq}, made at {at} by the device's clock, names the order {order}, which {term}. \
         This record, and others like it, are kept and not judged: look at the device's clock, and \
         ask whether they may be used"
    );
    incident(device, IncidentKind::OutsideTerm, detail, now)
}

/// That a device says that an update counts which it was not given, and what makes it the same as
/// another.
pub(super) fn unknown_update(
    device: &Device,
    update: &UnknownUpdate,
    now: i64,
) -> (Incident, String) {
    let UnknownUpdate {
        seq,
        order,
        list,
        number,
        sha256,
    } = update;
    // The device chose the name.
    let name: String = list.escape_debug().take(LONGEST_NAME).collect();
    let detail = format!(
        "Record {seq} says that update {number} of the list `{name}` of the order {order} counts, and \
         no computer was given such an update. All records are judged without it: find out what wrote \
         this on the computer"
    );
    let incident = incident(device, IncidentKind::UnknownUpdate, detail, now);
    (incident, format!("{order} {name} {number} {sha256}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::devices::DeviceState;
    use crate::store::{DeviceId, PersonId};

    #[test]
    fn an_update_that_nobody_gave_is_told_in_a_sentence() {
        let device = Device {
            id: DeviceId([7; 16]),
            person: PersonId::from_random([1; 16]),
            log_key: [2; 32],
            cert_spki: [3; 32],
            state: DeviceState::Active,
            enrolled: 0,
            agent_version: String::new(),
            platform: String::new(),
            size: 0,
            root: Hash::of(b""),
            range: vec![],
            last_contact: None,
            order: None,
        };
        let update = UnknownUpdate {
            seq: 41,
            order: Hash([0xab; 32]),
            list: format!("a\n{}", "b".repeat(1_000)),
            number: 2,
            sha256: Hash([1; 32]),
        };
        let (incident, cause) = unknown_update(&device, &update, 5);
        let (order, name) = ("ab".repeat(32), format!("a\\n{}", "b".repeat(61)));
        assert_eq!(
            incident.detail,
            format!(
                "Record 41 says that update 2 of the list `{name}` of the order {order} counts, and no \
                 computer was given such an update. All records are judged without it: find out what \
                 wrote this on the computer"
            )
        );
        assert_eq!(incident.kind.as_str(), "unknown_update");
        assert_eq!(cause, format!("{order} {name} 2 {}", "01".repeat(32)));
    }
}
