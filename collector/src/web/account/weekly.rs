//! The mail of each week: whether somebody wants it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::staff::{self, Role};
use crate::store::{StoreError, weekly};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::{Site, audit, decide, govuk};

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    token: String,
    wanted: String,
}

/// The part of the account's page; nothing for whom no such mails are.
pub(super) async fn section(site: &Site, signed: &Signed) -> Result<Markup, Fault> {
    if !site.digest || !matches!(signed.role, Role::Manager | Role::Supervisor) {
        return Ok(html! {});
    }
    let own = signed.staff.clone();
    let (wanted, address) = site
        .store
        .read(move |read| {
            let address = staff::by_id(read, &own)?.map(|one| one.mail);
            Ok::<_, StoreError>((weekly::wanted(read, &own)?, address.unwrap_or_default()))
        })
        .await?;
    Ok(html! {
        section aria-labelledby="weekly" {
            h2 #weekly { "Mail on Mondays" }
            p { "Figures of your week, without names: how many wait, how long, what was decided." }
            @if address.is_empty() {
                p.empty { "No mail address is entered for you, so none is sent. An administrator can enter one." }
            } @else {
                form.inline method="post" action="/account/weekly" {
                    (govuk::hidden("token", &signed.token))
                    @if wanted {
                        (govuk::hidden("wanted", "no"))
                        span { "It goes to " (address) ". " }
                        (govuk::secondary("Send me none"))
                    } @else {
                        (govuk::hidden("wanted", "yes"))
                        span { "You get none. " }
                        (govuk::secondary("Send it to me"))
                    }
                }
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
    let wanted = match sent.wanted.as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            return Err(Fault::Input(
                "choose whether you want the mail, and send the form again",
            ));
        }
    };
    let now = clock::now();
    site.store
        .write("weekly choice", move |tx| -> Result<(), Fault> {
            if weekly::wanted(tx, &signed.staff)? == wanted {
                return Ok(());
            }
            weekly::choose(tx, &random::row_id(now)?, &signed.staff, wanted, now)?;
            let on = if wanted { "yes" } else { "no" };
            audit::enter(tx, &signed.staff, audit::CHOSE_WEEKLY, None, on, now)
        })
        .await?;
    Ok(decide::to("/account"))
}
