//! A list that an order pins, sent to the collector.
//!
//! Refuses: lists that the draft does not pin; what is sent is known by its SHA-256 alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use crate::clock;
use crate::store::{Hash, orders};

use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::upload::Upload;
use super::super::{Site, audit};
use super::draft::Typed;
use super::{draft, save, to};

/// Takes one.
pub(in crate::web) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let case = site.draft(&signed, &id).await?;
    let checked = site.checked(&case.latest.bytes).await?;
    let amiss = async |sentence: String| {
        let typed = Typed::wrong("list-file", &sentence);
        save::again(&site, &signed, &case, typed).await
    };
    let Some(chosen) = upload.file() else {
        return amiss("choose the file of a list".to_owned()).await;
    };
    let (sha256, chosen) = super::apart(move || (Hash::of(&chosen.bytes), chosen)).await?;
    let pins = checked.order.as_ref().map(|order| order.lists());
    let pin = pins
        .unwrap_or_default()
        .iter()
        .find(|pin| pin.sha256 == sha256);
    let Some(pin) = pin else {
        return amiss(format!(
            "{} has the SHA-256 {sha256}, and the order pins no list with it; send the list that was pinned, \
             or pin this one (`proviso list pin`) in a new version",
            save::named(&chosen.name)
        ))
        .await;
    };
    let (staff, now) = (signed.staff.clone(), clock::now());
    let (back, name) = (to(&format!("/draft/{id}#lists")), pin.name.clone());
    site.store
        .write("add list", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            orders::put_list(tx, &sha256, &chosen.bytes)?;
            let on = format!("{id}: {name}, SHA-256 {sha256}");
            audit::enter(tx, &staff, audit::ADDED_LIST, Some(&draft.person), &on, now)
        })
        .await?;
    Ok(back)
}
