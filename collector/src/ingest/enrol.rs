//! Makes a device of a computer that brings a token. Mirrors the agent's file of the same name.
//!
//! Promises: the token is used up, the device entered and its certificate made together or not at
//! all, and not where nobody says whose account is monitored; nothing is signed for who has no token. The request proves both keys: the certification
//! request is signed by one, the token's secret by the other.

use std::sync::Arc;

use proviso_report::{
    CompactRange, DeviceId, EnrolAnswer, EnrolRequest, VerifierKey, verify_ed25519,
};

use super::desk::Desk;
use super::refused::Refused;
use crate::authority::{AuthorityError, DeviceCertificate};
use crate::random;
use crate::store::devices::{self, Device, DeviceState, Registered};
use crate::store::tokens::{self, Grant, Spent};
use crate::store::{Hash, Tx, orders};

/// The longest name of a computer or a version that is kept, in bytes.
const LONGEST: usize = 255;

impl Desk {
    /// Enrols.
    pub(super) async fn enrol(
        &self,
        request: EnrolRequest,
        now: i64,
    ) -> Result<EnrolAnswer, Refused> {
        let proof = |why: &dyn std::fmt::Display| Refused::Proof(why.to_string());
        let device = DeviceId(random::bytes().map_err(|_| Refused::Busy)?);
        let origin = self.signer.origin(device);
        // Refuses weak keys, under which anybody could sign.
        VerifierKey::ed25519(&origin, request.log_key).map_err(|error| proof(&error))?;
        let message = EnrolRequest::message_to_sign(&request.secret, &request.csr);
        if !verify_ed25519(&request.log_key, &message, &request.proof) {
            return Err(proof(&"the log key did not sign it"));
        }
        let authority = Arc::clone(&self.authority);
        let (certificate, grant) = self
            .store
            .write("enrol", move |tx| {
                let grant = take(tx, &request, now)?;
                if request.no_account && grant.accounts.is_empty() {
                    return Err(Refused::NoAccount);
                }
                let (der, read) =
                    authority
                        .device(device, &request.csr)
                        .map_err(|error| match error {
                            AuthorityError::Request(why) => Refused::Proof(why.to_string()),
                            other => {
                                tracing::error!(error = %other, "no certificate could be made");
                                Refused::Busy
                            }
                        })?;
                enter(tx, device, &request, &grant, &read, now)?;
                Ok::<_, Refused>((der, grant))
            })
            .await?;
        tracing::info!(%device, "a computer was enrolled");
        Ok(EnrolAnswer {
            device,
            origin,
            certificate,
            ca: self.authority.certificate().to_vec(),
            collector_key: self.signer.verifier().to_string(),
            allowed_signers: self.allowed_signers.clone(),
            monitored_accounts: grant.accounts,
        })
    }
}

fn take(tx: &Tx<'_>, request: &EnrolRequest, now: i64) -> Result<Grant, Refused> {
    tokens::take(tx, &Hash::of(&request.secret), now)?.map_err(|spent| match spent {
        Spent::Unknown => Refused::TokenUnknown,
        Spent::Used => Refused::TokenUsed,
        Spent::Expired => Refused::TokenExpired,
    })
}

fn enter(
    tx: &Tx<'_>,
    id: DeviceId,
    request: &EnrolRequest,
    grant: &Grant,
    certificate: &DeviceCertificate,
    now: i64,
) -> Result<(), Refused> {
    let empty = CompactRange::new();
    let device = Device {
        id,
        person: grant.person.clone(),
        log_key: request.log_key,
        cert_spki: certificate.spki,
        state: DeviceState::Active,
        enrolled: now,
        agent_version: short(&request.agent_version),
        platform: short(&request.platform),
        size: 0,
        root: empty.root(),
        range: empty.to_bytes(),
        last_contact: Some(now),
        order: orders::current(tx, &grant.person)?.map(|order| order.digest),
    };
    let registered = Registered {
        host: short(&request.host),
        accounts: grant.accounts.clone(),
    };
    Ok(devices::add(tx, &device, &registered)?)
}

/// One line of bounded length: it is shown to people.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).collect();
    short.truncate(short.floor_char_boundary(LONGEST));
    short
}
