//! The devices of a person, and what is wrong with watching them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use crate::clock;
use crate::store::conditions::{self, Condition};
use crate::store::devices;
use crate::store::overview;
use crate::store::{PersonId, Read, SqlError, StoreError};
use crate::web::access::Right;
use crate::web::{Site, audit};

use super::asked::answer;
use super::gate::Caller;
use super::people::seen;
use super::problem::Problem;
use super::shapes::{ConditionSeen, Conditions, Device, Devices, Moment};

/// How long ago something may be over, in milliseconds.
const LATELY: i64 = 7 * 24 * 60 * 60_000;

/// All of them.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = seen(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_PERSON, Some(&id), "devices")
        .await?;
    let register = Right::Manage.of(caller.signed.role);
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, &id, register)?));
    answer(&Devices {
        items: found.await?,
    })
}

fn gather(read: &Read<'_>, id: &PersonId, register: bool) -> Result<Vec<Device>, SqlError> {
    let mut all = Vec::new();
    for device in devices::of_person(read, id)? {
        let host = match register {
            true => devices::registered(read, device.id)?.map(|one| one.host),
            false => None,
        };
        let log = overview::log(read, device.id, id, device.enrolled)?;
        all.push(Device {
            id: device.id.to_string(),
            state: device.state.as_str().to_owned(),
            agent: device.agent_version,
            platform: device.platform,
            host,
            enrolled: Moment(device.enrolled),
            last_contact: device.last_contact.map(Moment),
            records: device.size,
            order: device.order.map(|digest| digest.to_string()),
            stored: Moment(log.stored),
            refused_since: log.refused.map(Moment),
        });
    }
    Ok(all)
}

/// What is wrong, and what was.
pub(super) async fn conditions(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = seen(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_PERSON, Some(&id), "conditions")
        .await?;
    let since = clock::now().saturating_sub(LATELY);
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(conditions::of_person(read, &id, since)?));
    let items = found.await?.into_iter().map(shown);
    answer(&Conditions {
        items: items.collect(),
    })
}

fn shown(one: Condition) -> ConditionSeen {
    ConditionSeen {
        device: one.device.to_string(),
        kind: one.kind.as_str().to_owned(),
        source: one.source,
        since: Moment(one.since),
        until: one.until.map(Moment),
        known: Moment(one.known),
    }
}
