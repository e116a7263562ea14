//! Carries out what sessions ask: the one place where a connection meets the store.

use std::sync::Arc;
use std::time::Duration;

use proviso_report::frame::MAX_FRAME;
use proviso_report::{Hello, OrderPackage, UpdatePackage, Welcome};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::append::{Log, Stored};
use super::contacts::Contacts;
use super::lists::Lists;
use super::refused::Refused;
use super::session::{Answer, Request};
use crate::authority::{Authority, DeviceCertificate};
use crate::clock;
use crate::judging::{OrderBook, held_lists};
use crate::signing::Signer;
use crate::store::devices::{self, DeviceState};
use crate::store::{Store, StoreError, epochs, log_keys, orders, reports, updates};

/// Memory for reports that are being taken in, in KiB. A thousand usual ones fit, or sixty of the
/// longest.
const ROOM: usize = 256 << 10;
/// How long a report waits for room before its device is put off.
const PATIENCE: Duration = Duration::from_secs(5);

/// What all connections share.
pub struct Desk {
    pub(super) store: Store,
    pub(super) signer: Signer,
    pub(super) authority: Arc<Authority>,
    pub(super) allowed_signers: Vec<u8>,
    pub(super) book: Arc<OrderBook>,
    pub(super) channels: Arc<[String]>,
    pub(super) contacts: Contacts,
    lists: Lists,
    room: Semaphore,
}

/// Who is on the other end.
#[derive(Debug)]
pub struct Caller {
    certificate: Option<DeviceCertificate>,
    log: Option<Box<Log>>,
}

impl Caller {
    /// Somebody with this certificate.
    #[must_use]
    pub const fn new(certificate: Option<DeviceCertificate>) -> Self {
        Self {
            certificate,
            log: None,
        }
    }

    /// What it came with.
    pub(super) const fn certificate(&self) -> Option<&DeviceCertificate> {
        self.certificate.as_ref()
    }

    /// The device's log, once it was let in.
    #[must_use]
    pub fn log(&self) -> Option<&Log> {
        self.log.as_deref()
    }
}

impl Desk {
    /// With all that it needs. `channels`: the ways out for alerts, as the outbox names them.
    #[must_use]
    pub fn new(
        store: Store,
        signer: Signer,
        authority: Authority,
        allowed_signers: Vec<u8>,
        channels: Vec<String>,
    ) -> Self {
        Self {
            book: OrderBook::new(store.clone()),
            store,
            signer,
            authority: Arc::new(authority),
            allowed_signers,
            channels: channels.into(),
            contacts: Contacts::default(),
            lists: Lists::default(),
            room: Semaphore::new(ROOM),
        }
    }

    /// Carries out a request.
    pub async fn answer(&self, caller: &mut Caller, request: Request) -> Answer {
        let now = clock::now();
        match self.carry_out(caller, request, now).await {
            Ok(answer) => answer,
            Err(refused) => {
                refused.note();
                Answer::Refused(refused.to_refusal(caller.log().map_or(0, Log::size)))
            }
        }
    }

    async fn carry_out(
        &self,
        caller: &mut Caller,
        request: Request,
        now: i64,
    ) -> Result<Answer, Refused> {
        if let (Request::Enrol(request), None) = (&request, &caller.certificate) {
            return Ok(Answer::Enrolled(self.enrol(request.clone(), now).await?));
        }
        if let (Request::Epoch(request), None) = (&request, &caller.log) {
            let answer = self.epoch(caller, request.clone(), now).await?;
            return Ok(Answer::Epoch(answer));
        }
        if let Request::Admit(hello) = &request {
            let (log, welcome) = self.admit(caller, hello).await?;
            // A hello alone is no sign that the log goes on; a connection that lasts, or a report, is.
            self.tell_set_back(log.device(), hello.size, now).await?;
            caller.log = Some(Box::new(log));
            return Ok(Answer::Admitted(welcome));
        }
        let log = caller.log.as_mut().ok_or(Refused::NoCertificate)?;
        Ok(match request {
            Request::Append(bytes) => {
                let stored = self.append(log, bytes, now).await?;
                let receipt = stored.receipt(self);
                log.given.gave(stored.size(), &receipt);
                Answer::Held {
                    size: stored.size(),
                    line: receipt.line().to_owned(),
                }
            }
            Request::Notice { index, line } => {
                self.contacts.mark(log.device().id, now);
                if let Err(refused) = self.notice(log, index, &line, now).await {
                    refused.note();
                    tracing::warn!(device = %log.device().id, "a notice was not judged: {refused}");
                }
                Answer::Noticed
            }
            Request::Order => Answer::Order(self.order(log).await?),
            Request::List(sha256) => Answer::List {
                sha256,
                bytes: self
                    .lists
                    .get(&self.store, &log.device().person, sha256)
                    .await?,
            },
            Request::Admit(_) | Request::Enrol(_) | Request::Epoch(_) => {
                return Err(Refused::Unexpected("second"));
            }
        })
    }

    async fn admit(&self, caller: &Caller, hello: &Hello) -> Result<(Log, Welcome), Refused> {
        let certificate = caller.certificate.as_ref().ok_or(Refused::NoCertificate)?;
        let id = hello.device;
        let found = self.store.read(move |read| {
            let Some(device) = devices::get(read, id)? else {
                return Ok(None);
            };
            let orders = orders::digests(read, &device.person)?;
            let last = reports::last(read, id)?;
            let updates = match &device.order {
                Some(order) => updates::count_given(read, order)?,
                None => 0,
            };
            let held = held_lists(read, id)?;
            let named = log_keys::last(read, id)?;
            let epoch = epochs::get(read, id)?.unwrap_or_default();
            Ok::<_, StoreError>(Some((device, named, epoch, orders, held, last, updates)))
        });
        let found = found.await?;
        // A log that follows another has a number of its own under the certificate of enrolment.
        let is_theirs = id == certificate.device
            || found.as_ref().is_some_and(|(device, _, epoch, ..)| {
                device.cert_spki == certificate.spki && epoch.follows.is_some()
            });
        if !is_theirs {
            return Err(Refused::WrongDevice {
                certificate: certificate.device,
                said: id,
            });
        }
        let (device, named, epoch, orders, held, last, updates) =
            found.ok_or(Refused::UnknownDevice(id))?;
        if device.cert_spki != certificate.spki {
            return Err(Refused::OtherKey);
        }
        match device.state {
            DeviceState::Active => {}
            DeviceState::BrokenOff => return Err(Refused::BrokenOff(id)),
            DeviceState::Retired => return Err(Refused::Retired(id)),
        }

        let (receipt, checkpoint) = match Stored::last(last.as_ref())? {
            Some((stored, note)) => (Some(stored.receipt(self).line().to_owned()), Some(note)),
            None => (None, None),
        };
        let welcome = Welcome {
            size: device.size,
            root: device.root,
            receipt,
            checkpoint,
            order: device.order,
            updates,
        };
        let keys = (named, epoch.follows);
        let log = Log::new(self, device, keys, orders.into_iter().collect(), held)?;
        Ok((log, welcome))
    }

    async fn order(&self, log: &Log) -> Result<OrderPackage, Refused> {
        let person = log.device().person.clone();
        let found = self.store.read(move |read| {
            let Some(current) = orders::current(read, &person)? else {
                return Ok(None);
            };
            let updates = updates::of_order(read, &current.digest)?;
            Ok::<_, StoreError>(Some((current, updates)))
        });
        let (current, updates) = found.await?.ok_or(Refused::NoOrder)?;
        // In base64 a third more must fit a frame.
        if current.bytes.len() > MAX_FRAME / 2 {
            return Err(Refused::NoOrder);
        }
        // What only the collector holds concerns no device.
        let given = updates.into_iter().filter(|stored| !stored.held);
        let updates = given.map(|stored| UpdatePackage {
            update: stored.bytes,
            signature: stored.signature,
        });
        Ok(OrderPackage {
            order: current.bytes,
            signatures: current.signatures,
            updates: updates.collect(),
        })
    }

    /// Room for a report, or the word that there is none.
    pub(super) async fn room(&self, units: u32) -> Result<SemaphorePermit<'_>, Refused> {
        match tokio::time::timeout(PATIENCE, self.room.acquire_many(units)).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refused::Busy),
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
