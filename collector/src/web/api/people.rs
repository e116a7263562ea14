//! People in sight, one of them, and the order assigned to them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use crate::clock;
use crate::store::listed;
use crate::store::people;
use crate::store::{PersonId, StoreError, orders};
use crate::web::access::Right;
use crate::web::{Site, audit};

use super::super::words;
use super::asked::{self, Wanted, answer};
use super::cursor::Cursor;
use super::gate::Caller;
use super::problem::Problem;
use super::shapes::{Clause, Me, Moment, OrderInForce, People, Person, PersonLine};

const MISSING: &str = "There is no person with this id. /api/v1/people lists those whom you see.";

/// A run of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<u64>,
}

/// Whose token it is.
pub(super) async fn me(caller: Caller) -> Result<Response, Problem> {
    answer(&Me {
        name: caller.signed.name,
        role: caller.signed.role.as_str().to_owned(),
        token: caller.token.id,
        scope: caller.token.scope.as_str().to_owned(),
        expires: Moment(caller.token.expires),
    })
}

/// Those whom the caller sees.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Wanted(run): Wanted<Run>,
) -> Result<Response, Problem> {
    let limit = asked::limit(run.limit)?;
    let after = Cursor::or(run.cursor.as_deref(), Cursor::new(0, ""))?;
    site.looks_by(&caller, audit::SAW_PEOPLE, None, "").await?;
    let (staff, now) = (caller.signed.staff, clock::now());
    let rows = site.store.read(move |read| {
        let found = listed::people(read, (&staff, now), &after.key, limit)?;
        Ok::<_, StoreError>(found)
    });
    let rows = rows.await?;
    let last = rows.last().filter(|_| rows.len() as u64 == limit);
    let next = last.map(|last| Cursor::new(0, last.pseudonym.clone()).text());
    let items = rows.into_iter().map(|seen| PersonLine {
        id: seen.id.to_string(),
        pseudonym: seen.pseudonym,
        waiting: seen.waiting,
    });
    answer(&People {
        items: items.collect(),
        next,
    })
}

/// One of them.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = seen(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_PERSON, Some(&id), "")
        .await?;
    let found = site.store.read(move |read| {
        let order = orders::current(read, &id)?.map(|order| order.digest);
        Ok::<_, StoreError>(people::get(read, &id)?.map(|person| (person, order)))
    });
    let (person, order) = found.await?.ok_or_else(|| Problem::missing(MISSING))?;
    answer(&Person {
        id: person.id.to_string(),
        pseudonym: person.pseudonym,
        name: Right::Manage.of(caller.signed.role).then_some(person.name),
        order: order.map(|digest| digest.to_string()),
    })
}

/// The order assigned to them.
pub(super) async fn order(
    State(site): State<Arc<Site>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = seen(&site, &caller, &id).await?;
    site.looks_by(&caller, audit::SAW_PERSON, Some(&id), "order")
        .await?;
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(orders::current(read, &id)?));
    let nothing = "No order is assigned to this person, so nothing may be recorded.";
    let order = found.await?.ok_or_else(|| Problem::missing(nothing))?;
    let text = site.texts.get(order.digest).await?;
    let text = text.ok_or_else(|| Problem::missing(nothing))?;
    let clauses = text.clauses().map(|(id, text)| Clause {
        id: id.to_owned(),
        text: text.to_owned(),
    });
    answer(&OrderInForce {
        id: order.id,
        version: order.version,
        digest: order.digest.to_string(),
        put: Moment(order.put),
        zone: words::zone_name(&text.zone).to_owned(),
        starts: text.days.0.clone(),
        ends: text.days.1.clone(),
        clauses: clauses.collect(),
    })
}

/// A person of whom there is one, and whom the caller sees. That somebody asked for another is entered.
pub(super) async fn seen(site: &Site, caller: &Caller, id: &str) -> Result<PersonId, Problem> {
    let id: PersonId = id.parse().map_err(|_| Problem::missing(MISSING))?;
    let whom = id.clone();
    let known = site
        .store
        .read(move |read| Ok::<_, StoreError>(people::get(read, &whom)?.is_some()));
    if !known.await? {
        return Err(Problem::missing(MISSING));
    }
    site.in_sight(&caller.signed, &id).await?;
    Ok(id)
}
