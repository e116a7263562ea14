//! What is wrong with a device's log, told to people.
//!
//! Promises: a report that is refused for good, an order that cannot judge and a log that was set
//! back are an incident, once for each device and cause while it lasts, however often the device tries again. What mends
//! itself is none: a busy collector, a report that begins at another place, a device that people
//! took out of service.

use proviso_report::RefusalCode;
use proviso_rules::Term;

use super::append::Log;
use super::desk::Desk;
use super::refused::Refused;
use crate::judging::{JudgingError, Outside};
use crate::store::devices::Device;
use crate::store::incidents::{self, Incident, IncidentKind};
use crate::store::{Hash, StoreError};

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
            (_, RefusalCode::Busy | RefusalCode::WrongSize | RefusalCode::UnknownDevice) => {
                return Ok(());
            }
            // These have incidents of their own.
            (Refused::Fork | Refused::Order(_), _) => return Ok(()),
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
