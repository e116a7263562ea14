//! The browsers in which somebody is signed in, and signing each of them out.

use std::sync::Arc;

use axum::extract::State;
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::sessions::{self, Listed};
use crate::store::{Hash, StoreError};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::{self, Signed};
use crate::web::{Site, audit, words};

use super::Said;

/// What the form holds.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    session: String,
}

/// Signs one of one's own browsers out, or all others.
pub(in crate::web) async fn end(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (own, staff, now) = (signed.hash, signed.staff.clone(), clock::now());
    site.store
        .write("end a session", move |tx| -> Result<(), Fault> {
            let mine = sessions::of(tx, &staff, now)?;
            let others = mine.iter().filter(|one| one.hash != own);
            let ends = others.filter(|one| form.session == ALL || form.session == name(one));
            let mut ended = 0_u32;
            for one in ends {
                sessions::end(tx, &one.hash)?;
                ended += 1;
            }
            // A second press finds nothing to end, and that is as well.
            if ended > 0 {
                let many = ended.to_string();
                audit::enter(tx, &staff, audit::ENDED_SESSION, None, &many, now)?;
            }
            Ok(())
        })
        .await?;
    let said = Said::done(
        "That browser is signed out. What was typed in it is not lost: it asks to sign in.",
    );
    super::page(&site, &signed, &said).await
}

const ALL: &str = "all";

/// Names a session without saying its key in the store.
fn name(one: &Listed) -> String {
    HEXLOWER.encode(&Hash::of(&one.hash).0)
}

/// The list.
pub(super) async fn section(site: &Site, signed: &Signed) -> Result<Markup, Fault> {
    let (staff, now) = (signed.staff.clone(), clock::now());
    let mine = site
        .store
        .read(move |read| Ok::<_, StoreError>(sessions::of(read, &staff, now)?))
        .await?;
    let button = |session: &str, says: &str| {
        html! {
            form method="post" action="/account/sessions/end" {
                input type="hidden" name="token" value=(signed.token);
                input type="hidden" name="session" value=(session);
                button.govuk-button.govuk-button--secondary type="submit" { (says) }
            }
        }
    };
    Ok(html! {
        section aria-labelledby="your-browsers" {
            h2 #your-browsers { "Browsers in which you are signed in" }
            p { "A session ends two hours after the last page, and after twelve hours in any case. One that you do \
                 not know is not yours: sign it out and change your password." }
            ul.rows {
                @for one in &mine {
                    li {
                        p {
                            b { (browser(&one.browser)) }
                            @if one.hash == signed.hash { " (this one)" }
                            ", from " (one.address) ", " (way(&one.way)) ", since "
                            (words::moment(one.opened, &signed.zone))
                        }
                        @if one.hash != signed.hash {
                            (button(&name(one), "Sign it out"))
                        }
                    }
                }
            }
            @if mine.len() > 2 { (button(ALL, "Sign out all the others")) }
        }
    })
}

fn browser(says: &str) -> &str {
    if says.is_empty() {
        "A browser that does not say what it is"
    } else {
        says
    }
}

fn way(word: &str) -> &'static str {
    match word {
        gate::PASSKEY => "with a passkey",
        gate::SINGLE_SIGN_ON => "by single sign-on",
        _ => "with your password",
    }
}
