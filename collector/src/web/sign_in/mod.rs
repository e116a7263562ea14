//! Signing in and out.
//!
//! Promises: a wrong name, a wrong password and a place that is shut get the same answer, each after a check of a
//! password. Five wrong passwords from one place shut it for this name for 30 seconds, each further one for twice as
//! long, up to 15 minutes; while it is shut the right password does not open it either. Nobody else is shut out by
//! it: see [`place`]. Checks of strangers never hold up those of a browser that is known.

pub(super) mod passkey;
mod place;
pub(super) mod second;
pub(super) mod single;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::factor::sealing::Sealing;
use crate::store::sessions::{self, Opening};
use crate::store::staff::{self, Staff};
use crate::store::{Read, StoreError, Tx};

use super::carry::Carried;
use super::fault::Fault;
use super::form::Form;
use super::gate::{self, Opened, Signed};
use super::govuk::secondary;
use super::throttle::Throttle;
use super::{Site, audit, layout, password};

pub(super) use place::Place;
pub(crate) use place::shut;

/// Why somebody whose session had ended sees the sign-in.
pub(super) const ENDED: &str = "Your session has ended, so what you sent was not done yet. Nothing that you typed is \
     lost: sign in, and it is shown to you again, to be sent.";

/// The same after wrong proofs.
pub(super) const TRIED: &str = "That was wrong five times, so you are signed out and nothing was done. Nothing that you \
     typed is lost: sign in, and it is shown to you again, to be sent.";

/// Both where nothing of it is kept.
pub(super) const NOT_KEPT: &str = "Your session has ended, so what you sent was not done. What shows that it is you, \
     such as a password or a code, is not kept: sign in, and you come back to the page, to give it again.";
pub(super) const TRIED_NOT_KEPT: &str = "That was wrong five times, so you are signed out and nothing was done. What shows \
     that it is you is not kept: sign in, and you come back to the page, to give it again.";

/// Why somebody who sent what somebody else had typed sees the sign-in.
pub(super) const ANOTHERS: &str = "This form was filled in by somebody else who was signed in here before, so nothing \
     was done, and it is not shown to you. It is kept on this page: when they sign in here, they see it again.";

const REFUSED: &str = "The name or the password is not right. After several wrong tries from one place that place \
     has to wait, up to 15 minutes. A browser in which you have signed in before does not wait for what others \
     try elsewhere.";

/// A session that was just opened in a browser that is known from now on.
struct Known {
    opened: Opened,
    browser: HeaderValue,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
    next: Option<String>,
    #[serde(default)]
    carried_to: String,
    #[serde(default)]
    carried_by: String,
    #[serde(default)]
    carried: String,
}

/// A form that is carried, alone.
#[derive(Deserialize)]
pub(super) struct Kept {
    carried_to: String,
    carried_by: String,
    carried: String,
}

/// The form.
pub(super) async fn form(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Query(query): Query<Next>,
) -> Response {
    let next = local(query.next.as_deref());
    // A link in a mail is a visit from elsewhere, to which browsers add no strict cookie: come
    // back once from here, so that whoever is signed in need not sign in again.
    let elsewhere = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if elsewhere && gate::named(&headers).is_none() {
        return layout::bounce(next).into_response();
    }
    page(&site, next, "", &Carried::default(), None).into_response()
}

/// What came of a name and a password.
enum Outcome {
    Open(String, Box<Known>),
    /// A second factor is asked for; with what its form carries, and of whom.
    Second(String, String),
    Refused,
}

/// Takes the form.
pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Form(form): Form<Credentials>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let from = address(&extensions);
    let next = local(form.next.as_deref()).to_owned();
    let name = form.name.trim().to_owned();
    let carried = Carried {
        to: form.carried_to,
        by: form.carried_by,
        fields: form.carried,
    };
    let somebody = site.named(&name).await?;
    let id = somebody.as_ref().map(|staff| staff.id.as_str());
    let place = Place::of(&headers, from, &site.sealing, id);
    site.admit(&place, now)?;
    let kept = somebody.map(|staff| staff.hash);
    let right = match place {
        Place::Known(_) => site.check_password(form.password, kept).await?,
        Place::Address(_) => site.check_of_stranger(form.password, kept).await?,
    };
    let before = gate::named(&headers);
    let opening = gate::opening(gate::PASSWORD, &headers, from, now);
    let (who, sealing) = (name.clone(), Arc::clone(&site.sealing));
    let outcome = site
        .store
        .write("sign in", move |tx| {
            let Some(staff) = settle(tx, &who, right, &place, now)? else {
                return Ok(Outcome::Refused);
            };
            if sessions::second_factors(tx, &staff)? > 0 {
                let step = second::begin(tx, &staff, opening.way, now)?;
                return Ok(Outcome::Second(step, staff));
            }
            let known = open(tx, &sealing, &staff, &place, before, &opening, now)?;
            Ok::<_, Fault>(Outcome::Open(staff, Box::new(known)))
        })
        .await?;
    Ok(match outcome {
        Outcome::Open(staff, known) => welcome(&staff, *known, &next, &carried),
        Outcome::Second(step, staff) => {
            let instead = passkey::instead(&site, &staff, &next, &carried).await?;
            second::page(&step, &next, &carried, &instead, false).into_response()
        }
        Outcome::Refused => {
            let page = page(&site, &next, &name, &carried, Some(REFUSED));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    })
}

/// Where a request comes from.
fn address(extensions: &Extensions) -> IpAddr {
    let from = extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip())
}

/// What somebody sees who has just signed in: what they typed before, or where they wanted to go.
fn welcome(staff: &str, known: Known, next: &str, carried: &Carried) -> Response {
    // The session first.
    let cookies = AppendHeaders([
        (SET_COOKIE, known.opened.cookie),
        (SET_COOKIE, known.browser),
    ]);
    if let Some(page) = carried.again(staff, &known.opened.token) {
        return (cookies, page).into_response();
    }
    let to = HeaderValue::from_str(next).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, cookies, [(LOCATION, to)]).into_response()
}

/// The form that a signed-in page holds.
#[derive(Deserialize)]
pub(super) struct Leave {
    token: String,
}

/// Ends the session.
pub(super) async fn sign_out(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Leave>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    let (hash, staff_id) = (signed.hash, signed.staff);
    site.store
        .write("sign out", move |tx| -> Result<(), Fault> {
            sessions::end(tx, &hash)?;
            audit::enter(tx, &staff_id, audit::SIGNED_OUT, None, "", now)
        })
        .await?;
    let headers = [
        (SET_COOKIE, gate::forget()?),
        (LOCATION, HeaderValue::from_static("/sign-in")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

impl Site {
    /// Whether this is the password of somebody who is signed in.
    pub(super) async fn knows_password(&self, staff: &str, given: String) -> Result<bool, Fault> {
        let staff = staff.to_owned();
        let kept = self
            .store
            .read(move |read| Ok::<_, StoreError>(staff::by_id(read, &staff)?))
            .await?;
        self.check_password(given, kept.map(|staff| staff.hash))
            .await
    }

    async fn named(&self, name: &str) -> Result<Option<Staff>, Fault> {
        let name = name.to_owned();
        let look = move |read: &Read<'_>| Ok::<_, StoreError>(staff::by_name(read, &name)?);
        Ok(self.store.read(look).await?)
    }

    /// Counts a try from here, whoever it is.
    fn admit(&self, place: &Place, now: i64) -> Result<(), Fault> {
        count(&self.throttle, place, now)
    }

    /// Counts what is asked for, or answered, from here where nobody guesses a password.
    fn admit_asking(&self, place: &Place, now: i64) -> Result<(), Fault> {
        count(&self.asking, place, now)
    }

    /// Off the async threads and a few at a time; strangers wait for each other in a short line, and not at all
    /// once it is long.
    async fn check_of_stranger(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<bool, Fault> {
        const BUSY: Fault = Fault::Busy {
            what: "tries to sign in",
            seconds: 10,
        };
        let _in_line = self.line.try_acquire().map_err(|_| BUSY)?;
        let _permit = self.checks_of_strangers.acquire().await;
        checked(password, kept).await
    }

    async fn check_password(&self, password: String, kept: Option<String>) -> Result<bool, Fault> {
        let _permit = self.checks.acquire().await;
        checked(password, kept).await
    }
}

fn count(throttle: &Mutex<Throttle>, place: &Place, now: i64) -> Result<(), Fault> {
    let mut throttle = throttle.lock().unwrap_or_else(PoisonError::into_inner);
    throttle.allow(place, now).map_err(|seconds| Fault::Busy {
        what: "tries to sign in",
        seconds,
    })
}

async fn checked(password: String, kept: Option<String>) -> Result<bool, Fault> {
    tokio::task::spawn_blocking(move || password::check(&password, kept.as_deref()))
        .await
        .map_err(|error| Fault::Damaged(format!("the password could not be checked: {error}")))
}

/// Counts a wrong password, in one transaction: tries at the same moment cannot pass each other. Gives whose a
/// right one is.
fn settle(
    tx: &Tx<'_>,
    name: &str,
    right: bool,
    place: &Place,
    now: i64,
) -> Result<Option<String>, Fault> {
    let Some(somebody) = staff::by_name(tx, name)? else {
        return Ok(None);
    };
    if somebody.closed.is_some() || place.shut(tx, &somebody.id, now)? {
        return Ok(None);
    }
    if !right {
        place.wrong(tx, &somebody.id, now)?;
        audit::enter(tx, &somebody.id, audit::SIGN_IN_FAILED, None, "", now)?;
        return Ok(None);
    }
    Ok(Some(somebody.id))
}

/// Opens a session for somebody who gave all that is asked for.
fn open(
    tx: &Tx<'_>,
    sealing: &Sealing,
    staff: &str,
    place: &Place,
    before: Option<[u8; 32]>,
    opening: &Opening,
    now: i64,
) -> Result<Known, Fault> {
    place.right(tx, staff)?;
    if let Some(before) = before {
        sessions::end(tx, &before)?;
    }
    audit::enter(tx, staff, audit::SIGNED_IN, None, opening.way, now)?;
    Ok(Known {
        opened: gate::open(tx, staff, opening, now)?,
        browser: place::remember(sealing, staff)?,
    })
}

/// A path on this site, or the overview: never an address elsewhere. Browsers leave tabs and line breaks out of
/// what they read, and take a backslash for a slash.
pub(super) fn local(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(|letter: char| letter == '\\' || letter.is_control()) =>
        {
            path
        }
        _ => "/",
    }
}

/// The way back to the name and the password, which keeps what was typed into a form whose session had ended.
fn begin_again(carried: &Carried, says: &str) -> Markup {
    html! {
        @if carried.fields.is_empty() {
            p { a href="/sign-in" { (says) } }
        } @else {
            form method="post" action="/sign-in/again" {
                (carried.hidden())
                (secondary(says))
            }
        }
    }
}

/// The sign-in, which carries what was typed into a form whose session had ended.
pub(super) fn page(
    site: &Site,
    next: &str,
    name: &str,
    carried: &Carried,
    refused: Option<&str>,
) -> Markup {
    let body = html! {
        h1 { "Sign in" }
        @if let Some(refused) = refused {
            p.fault #refused role="alert" { (refused) }
        }
        (carried.says_left())
        form.sheet method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            (carried.hidden())
            label for="name" { "Name" }
            input #name name="name" value=(name) required maxlength="200" autocomplete="username"
                autocapitalize="none" spellcheck="false" autofocus[refused.is_none()];
            label for="password" { "Password" }
            input #password type="password" name="password" required
                autocomplete="current-password" autofocus[refused.is_some()];
            button type="submit" { "Sign in" }
        }
        (passkey::way(site, next, carried))
        (single::way(site, next, carried))
        p.quiet { "Every look at a person's data is recorded with your name." }
    };
    layout::bare("Sign in", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(local(Some("/alert/ab?x=1")), "/alert/ab?x=1");
        for elsewhere in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\r\n/evil.example",
            "\t//evil.example",
            "x",
        ] {
            assert_eq!(local(Some(elsewhere)), "/");
        }
        assert_eq!(local(None), "/");
    }
}
