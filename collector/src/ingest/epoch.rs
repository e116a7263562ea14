//! Lets a computer go on in a new log when its log was broken off.
//!
//! A log that forked or was set back takes nothing more from this computer, and nobody must be locked
//! out: an attacker would only have to put an old copy of the disk back. So the computer asks for a
//! new log, over the connection that its certificate opens, and what is wrong stays an incident.
//!
//! Promises: the old log is closed and the new one entered in one transaction, with the incident by
//! which it was. A request that comes twice gets one log. Nothing of the old log is changed.
//!
//! Refuses: more than [`A_DAY`] new logs of one computer in a day. Then people must look first, and may
//! let it begin one more.

use proviso_report::frame::{EpochAnswer, EpochRequest, MAX_ENDS};
use proviso_report::{CompactRange, DeviceId, Hash, VerifierKey, verify_ed25519};

use super::desk::{Caller, Desk};
use super::refused::Refused;
use super::trouble;
use crate::random;
use crate::store::devices::{self, Device, DeviceState, Registered};
use crate::store::incidents::{self, IncidentKind};
use crate::store::{Read, SqlError, Tx, epochs, reports};

/// New logs that one computer may begin in a day without people.
pub const A_DAY: u64 = 4;
const DAY: i64 = 24 * 3_600_000;
/// A new log that nobody spoke in for so long may be another's: whoever was given it would have. Of
/// two copies of a computer that ask at once each gets its own.
const SILENT: i64 = 60_000;

impl Desk {
    /// Begins a new log where one was broken off.
    pub(super) async fn epoch(
        &self,
        caller: &Caller,
        request: EpochRequest,
        now: i64,
    ) -> Result<EpochAnswer, Refused> {
        let proof = |why: &dyn std::fmt::Display| Refused::Proof(why.to_string());
        let certificate = caller.certificate().ok_or(Refused::NoCertificate)?;
        let (named, spki) = (certificate.device, certificate.spki);
        if request.ends.len() > MAX_ENDS {
            return Err(proof(&"it names more ends of its log than it may"));
        }
        let new = DeviceId(random::bytes().map_err(|_| Refused::Busy)?);
        // Refuses weak keys, under which anybody could sign.
        VerifierKey::ed25519(&self.signer.origin(new), request.log_key)
            .map_err(|error| proof(&error))?;
        if !verify_ed25519(&request.log_key, &request.message_to_sign(), &request.proof) {
            return Err(proof(&"the log key did not sign it"));
        }
        let taken = self.store.write("epoch", move |tx| {
            let old = devices::get(tx, request.log)?.filter(|old| old.cert_spki == spki);
            let Some(old) = old else {
                return Ok(Err(Refused::WrongDevice {
                    certificate: named,
                    said: request.log,
                }));
            };
            if old.state == DeviceState::Retired {
                return Ok(Err(Refused::Retired(old.id)));
            }
            take(tx, &old, &request, new, now)
        });
        let answered = taken
            .await
            .map_err(|error: crate::store::StoreError| Refused::from(error))?;
        let (device, held) = answered?;
        tracing::warn!(%device, "a computer goes on in a new log");
        Ok(EpochAnswer {
            device,
            origin: self.signer.origin(device),
            held,
        })
    }
}

type Taken = Result<(DeviceId, u64), Refused>;

fn take(
    tx: &Tx<'_>,
    old: &Device,
    request: &EpochRequest,
    new: DeviceId,
    now: i64,
) -> Result<Taken, crate::store::StoreError> {
    let held = agreed(tx, old, &request.ends)?;
    if let Some((id, key)) =
        epochs::begun(tx, old.id, &request.log_key, now.saturating_sub(SILENT))?
    {
        if key != request.log_key {
            epochs::sign_by(tx, id, &request.log_key)?;
        }
        return Ok(Ok((id, held)));
    }
    let yesterday = now.saturating_sub(DAY);
    let most = A_DAY.saturating_add(epochs::allowed(tx, &old.cert_spki, yesterday)?);
    if epochs::count(tx, &old.cert_spki, yesterday)? >= most {
        let detail = format!(
            "The computer asked for a new log after {most} in a day, and got none: its log breaks \
             again and again. It keeps what it records. Look at the computer. Then let it begin one \
             more (`proviso-collector device allow-log {}`), or enrol it anew",
            old.id
        );
        let incident = trouble::incident(old, IncidentKind::Epochs, detail, now);
        // Told again each day, and when one more was not enough.
        incidents::put(tx, &incident, Some(&format!("{} {most}", now / DAY)))?;
        return Ok(Err(Refused::Epochs(most)));
    }
    let incident = cause(tx, old, request, held, now)?;
    let empty = CompactRange::new();
    let epoch = Device {
        id: new,
        log_key: request.log_key,
        state: DeviceState::Active,
        enrolled: now,
        agent_version: super::enrol::short(&request.agent_version),
        size: 0,
        root: empty.root(),
        range: empty.to_bytes(),
        last_contact: None,
        ..old.clone()
    };
    let registered = devices::registered(tx, old.id)?.unwrap_or(Registered {
        host: String::new(),
        accounts: Vec::new(),
    });
    epochs::begin(tx, &epoch, &registered, old.id)?;
    epochs::break_off(tx, old.id, &incident)?;
    Ok(Ok((new, held)))
}

/// The greatest size up to which both have the same log.
fn agreed(read: &Read<'_>, old: &Device, ends: &[(u64, Hash)]) -> Result<u64, SqlError> {
    let mut agreed = 0;
    for (size, root) in ends {
        let same = if *size == old.size {
            *root == old.root
        } else {
            let next = reports::get(read, old.id, *size)?;
            next.and_then(|next| CompactRange::from_bytes(&next.range_before).ok())
                .is_some_and(|before| before.root() == *root)
        };
        if same {
            agreed = agreed.max(*size);
        }
    }
    Ok(agreed)
}

/// The incident by which the log is broken off: the one that was seen last since its log last went
/// on, or a new one.
fn cause(
    tx: &Tx<'_>,
    old: &Device,
    request: &EpochRequest,
    held: u64,
    now: i64,
) -> Result<String, SqlError> {
    let since = reports::last(tx, old.id)?.map_or(0, |last| last.received);
    if let Some(id) = incidents::last_break(tx, old.id, since)? {
        return Ok(id);
    }
    let kind = match request.cause {
        proviso_report::fact::LogBreak::SetBack => IncidentKind::SetBack,
        _ => IncidentKind::Fork,
    };
    let detail = format!(
        "The computer could not go on with its log: {} records of it are held, and both agree on the \
         first {held}. It goes on in a new log",
        old.size
    );
    let incident = trouble::incident(old, kind, detail, now);
    let subject = format!("epoch {}", Hash::of(&request.log_key));
    incidents::put(tx, &incident, Some(&subject))?;
    Ok(incidents::id(&incident, Some(&subject)))
}
