//! In which zone somebody reads times.
//!
//! Promises: each change is entered in the audit, since it changes which times a page showed them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::{StoreError, staff};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{Choice, Select, button, hidden};
use super::super::{Site, audit, decide, words};

/// What the names of places begin with; the others are names of before, or no places.
const AREAS: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

const UNKNOWN: Fault = Fault::Input(
    "there is no such time zone, so nothing was changed; go back and choose one of the list",
);

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    token: String,
    zone: String,
}

/// The part of the account's page.
pub(super) async fn section(site: &Site, signed: &Signed) -> Result<Markup, Fault> {
    let own = signed.staff.clone();
    let chosen = site
        .store
        .read(move |read| Ok::<_, StoreError>(staff::zone(read, &own)?))
        .await?;
    let usual = format!("As everybody here ({})", words::zone_name(&site.zone));
    let names = names();
    let mut choices = vec![Choice::new("", &usual)];
    choices.extend(names.iter().map(|name| Choice::new(name, name)));
    let select = Select {
        id: "zone",
        name: "zone",
        label: "Time zone",
        hint: "Pages show you times in it, and forms take them in it. Days of a person begin and end by their order.",
        choices: &choices,
        chosen: &chosen,
        ..Select::default()
    };
    Ok(html! {
        section aria-labelledby="your-zone" {
            h2 #your-zone { "Your time zone" }
            form.sheet method="post" action="/account/zone" {
                (hidden("token", &signed.token))
                (select)
                (button("Use this zone"))
            }
        }
    })
}

/// Takes the form.
pub(in crate::web) async fn choose(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    signed.check(&sent.token)?;
    if !sent.zone.is_empty() && !names().contains(&sent.zone) {
        return Err(UNKNOWN);
    }
    let now = clock::now();
    site.store
        .write("choose zone", move |tx| -> Result<(), Fault> {
            let before = staff::zone(tx, &signed.staff)?;
            if before == sent.zone {
                return Ok(());
            }
            staff::set_zone(tx, &signed.staff, &sent.zone)?;
            let on = format!("{} after {}", named(&sent.zone), named(&before));
            audit::enter(tx, &signed.staff, audit::CHOSE_ZONE, None, &on, now)
        })
        .await?;
    Ok(decide::to("/account#your-zone"))
}

/// A choice, for the audit.
fn named(zone: &str) -> &str {
    match zone {
        "" => "that of everybody here",
        zone => zone,
    }
}

/// Those that can be chosen, in order.
fn names() -> Vec<String> {
    let all = jiff::tz::db().available();
    let all = all.map(|name| name.as_str().to_owned());
    let mut names: Vec<_> = all
        .filter(|name| name == "UTC" || AREAS.iter().any(|area| name.starts_with(area)))
        .filter(|name| TimeZone::get(name).is_ok())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_can_be_chosen_and_nothing_else() {
        let names = names();
        for there in ["Europe/London", "Asia/Tokyo", "America/New_York", "UTC"] {
            assert!(names.iter().any(|name| name == there), "{there}");
        }
        for none in ["", "GMT0", "Etc/GMT+5", "posixrules"] {
            assert!(!names.iter().any(|name| name == none), "{none}");
        }
    }
}
