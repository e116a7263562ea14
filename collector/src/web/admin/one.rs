//! One account: what they do here, a new password, their second factor, closing it.
//!
//! Refuses: one's own. Another administrator changes it, or the command line does, so that nobody can give
//! themselves a role or leave the collector without an administrator by one press.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use crate::clock;
use crate::staff::{end_second, renew};
use crate::store::staff::{self, Staff};
use crate::store::{Read, StoreError, Tx, passkeys, second, sessions};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk::{Errors, button, hidden, secondary, summary_list, warning};
use crate::web::{Site, audit, password, words};

use super::accounts::{self, Typed};

const MISSING: Fault =
    Fault::Missing("there is no account with this id; look for it in the list of accounts");

const OWN: Fault = Fault::Input(
    "this is your own account: another administrator changes it, or the command line does; nothing was changed",
);

const LAST: Fault = Fault::Input(
    "this is the only administrator who may sign in: make somebody else an administrator first; nothing was changed",
);

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let one = get(&site, &id).await?;
    let typed = as_it_is(&one);
    page(&site, &signed, &one, &typed, &Errors::default()).await
}

/// Changes role, team and mail.
pub(in crate::web) async fn change(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    let mut errors = Errors::default();
    let Some(meant) = form.read(&mut errors) else {
        signed.check(&form.token)?;
        let one = get(&site, &id).await?;
        let page = page(&site, &signed, &one, &form, &errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    write(&site, &signed, id, form, move |tx, mut one, by, now| {
        one.role = meant.role;
        one.team = meant.team;
        one.mail = meant.mail;
        keep_one(tx, &one)?;
        staff::change(tx, &one)?;
        let on = format!("{} to {}", one.id, one.role.as_str());
        audit::enter(tx, by, audit::CHANGED_ACCOUNT, None, &on, now)
    })
    .await
}

/// Two administrators may close each other at the same moment.
fn keep_one(tx: &Tx<'_>, changed: &Staff) -> Result<(), Fault> {
    match staff::leaves_no_administrator(tx, changed)? {
        true => Err(LAST),
        false => Ok(()),
    }
}

/// Lets them sign in no more, or again.
pub(in crate::web) async fn close(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    write(&site, &signed, id, form, |tx, mut one, by, now| {
        let action = match one.closed {
            None => audit::CLOSED_ACCOUNT,
            Some(_) => audit::OPENED_ACCOUNT,
        };
        one.closed = match one.closed {
            None => Some(now),
            Some(_) => None,
        };
        keep_one(tx, &one)?;
        staff::change(tx, &one)?;
        audit::enter(tx, by, action, None, &one.id, now)
    })
    .await
}

/// Ends every second factor of theirs.
pub(in crate::web) async fn reset(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    write(&site, &signed, id, form, |tx, one, by, now| {
        end_second(tx, &one.id, now)?;
        audit::enter(tx, by, audit::RESET_SECOND, None, &one.id, now)
    })
    .await
}

/// Makes a password that they must change.
pub(in crate::web) async fn new_password(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let made = password::generate().map_err(|why| Fault::Damaged(why.to_string()))?;
    let hash = site.hashed(made.clone()).await?;
    let hash = hash.map_err(|why| Fault::Damaged(why.to_string()))?;
    let name = get(&site, &id).await?.name;
    write(&site, &signed, id, form, move |tx, one, by, now| {
        renew(tx, &one.id, &hash, Some(now), by, now)?;
        audit::enter(tx, by, audit::GAVE_PASSWORD, None, &one.id, now)
    })
    .await?;
    Ok(accounts::made_page(&signed, &name, &made).into_response())
}

/// Changes an account in one transaction, unless it is one's own or not what the page showed.
async fn write(
    site: &Site,
    signed: &Signed,
    id: String,
    form: Typed,
    change: impl FnOnce(&Tx<'_>, Staff, &str, i64) -> Result<(), Fault> + Send + 'static,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let (by, to, now) = (
        signed.staff.clone(),
        format!("/accounts/{id}"),
        clock::now(),
    );
    site.store
        .write("change account", move |tx| -> Result<(), Fault> {
            let one = staff::by_id(tx, &id)?.ok_or(MISSING)?;
            if one.id == by {
                return Err(OWN);
            }
            if seen(&one) != form.seen {
                return Err(Fault::Stale);
            }
            change(tx, one, &by, now)
        })
        .await?;
    Ok(Redirect::to(&to).into_response())
}

async fn get(site: &Site, id: &str) -> Result<Staff, Fault> {
    let id = id.to_owned();
    let look = move |read: &Read<'_>| Ok::<_, StoreError>(staff::by_id(read, &id)?);
    site.store.read(look).await?.ok_or(MISSING)
}

/// What the page shows of them; another administrator may have changed it since.
fn seen(one: &Staff) -> String {
    let state = (one.closed, one.must_change);
    let text = format!("{:?}", (one.role, &one.team, &one.mail, state, &one.hash));
    crate::store::Hash::of(text.as_bytes()).to_string()
}

fn as_it_is(one: &Staff) -> Typed {
    Typed {
        role: one.role.as_str().to_owned(),
        team: one.team.clone(),
        mail: one.mail.clone(),
        ..Typed::default()
    }
}

async fn page(
    site: &Site,
    signed: &Signed,
    one: &Staff,
    typed: &Typed,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let (id, now) = (one.id.clone(), clock::now());
    let (codes, keys, open) = site
        .store
        .read(move |read| {
            let codes = second::of(read, &id)?.is_some();
            let keys = passkeys::of(read, &id)?.len();
            Ok::<_, StoreError>((codes, keys, sessions::of(read, &id, now)?.len()))
        })
        .await?;
    let seen = seen(one);
    let form = |what: &str, inside: Markup| {
        html! {
            form.sheet method="post" action={ "/accounts/" (one.id) "/" (what) } {
                (hidden("token", &signed.token))
                (hidden("seen", &seen))
                (inside)
            }
        }
    };
    let facts = [
        ("State", html! { (accounts::state(one)) }),
        ("Does", html! { (words::role(one.role)) }),
        (
            "Codes from an app",
            html! { (if codes { "Set up" } else { "Not set up" }) },
        ),
        ("Passkeys", html! { (keys) }),
        ("Browsers signed in now", html! { (open) }),
    ];
    let body = html! {
        (errors.summary())
        h1 { "Account of " (one.name) }
        (summary_list(&facts))
        @if one.id == signed.staff {
            p.note { "This is your own account. Another administrator changes it, or the command line does. Your \
                 password and your second factor are on " a href="/account" { "your account" } "." }
        } @else {
            section aria-labelledby="place" {
                h2 #place { "What they do here" }
                p { "They are signed out everywhere and sign in again." }
                (form("change", html! { (typed.fields(errors)) (button("Change it")) }))
            }
            section aria-labelledby="password" {
                h2 #password { "Password" }
                p { "A new one is made and shown to you once. They choose another when they sign in." }
                (form("password", secondary("Make a new password")))
            }
            section aria-labelledby="second" {
                h2 #second { "Second factor" }
                p { "For somebody who lost telephone, passkeys and recovery codes. Make sure that it is them who \
                     asks: call them back on a number that you know." }
                (form("second-factor", warning("Reset the second factor")))
            }
            section aria-labelledby="closing" {
                h2 #closing { "Closing" }
                @if one.closed.is_none() {
                    p { "They sign in no more. What they did stays under their name; their people are nobody's case, \
                         and seen by every manager and supervisor, until they are assigned anew." }
                    (form("close", warning("Close the account")))
                } @else {
                    p { "They sign in no more." }
                    (form("close", secondary("Open the account again")))
                }
            }
        }
        p { a href="/accounts" { "To all accounts" } }
    };
    Ok(accounts::frame(signed, "Account", &body))
}
