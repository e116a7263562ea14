//! Signing in and out.
//!
//! Promises: a wrong name, a wrong password and a locked name get the same answer in the same
//! time. Five wrong passwords shut the name for 30 seconds, each further one for twice as long, up
//! to 15 minutes; while it is shut the right password does not open it either.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};

use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::sessions::{self, Opening};
use crate::store::{StoreError, Tx, staff};

use super::carry::Carried;
use super::fault::Fault;
use super::form::Form;
use super::gate::{self, Opened, Signed};
use super::{Site, audit, layout, password};

/// Wrong passwords that do not shut a name yet.
const FREE: u64 = 4;

/// How long the first shut lasts, in milliseconds.
const FIRST_SHUT: i64 = 30_000;

/// How long any shut lasts at most, in milliseconds.
const LONGEST_SHUT: i64 = 15 * 60_000;

/// Why somebody whose session had ended sees the sign-in.
pub(super) const ENDED: &str = "Your session has ended, so what you sent was not done yet. Nothing that you typed is \
     lost: sign in, and it is shown to you again, to be sent.";

/// The same after wrong proofs.
pub(super) const TRIED: &str = "That was wrong five times, so you are signed out and nothing was done. Nothing that you \
     typed is lost: sign in, and it is shown to you again, to be sent.";

const REFUSED: &str = "The name or the password is not right. After several wrong tries a name is \
     shut for a while, up to 15 minutes: wait, then try again.";

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

/// The form.
pub(super) async fn form(headers: HeaderMap, Query(query): Query<Next>) -> Response {
    let next = local(query.next.as_deref());
    // A link in a mail is a visit from elsewhere, to which browsers add no strict cookie: come
    // back once from here, so that whoever is signed in need not sign in again.
    let elsewhere = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if elsewhere && gate::named(&headers).is_none() {
        return layout::bounce(next).into_response();
    }
    page(next, "", &Carried::default(), None).into_response()
}

/// Takes the form.
pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Form(form): Form<Credentials>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let from = extensions.get::<ConnectInfo<SocketAddr>>();
    let from = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    site.throttle
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .allow(from, now)
        .map_err(|seconds| Fault::Busy {
            what: "tries to sign in",
            seconds,
        })?;
    let next = local(form.next.as_deref()).to_owned();
    let name = form.name.trim().to_owned();
    let carried = Carried {
        to: form.carried_to,
        by: form.carried_by,
        fields: form.carried,
    };
    let right = site.right(&name, form.password).await?;
    let before = gate::named(&headers);
    let opening = gate::opening(gate::PASSWORD, &headers, from);
    let who = name.clone();
    let opened = site
        .store
        .write("sign in", move |tx| {
            settle(tx, &who, right, before, &opening, now)
        })
        .await?;
    match opened {
        Some((staff, opened)) => Ok(welcome(&staff, opened, &next, &carried)),
        None => {
            let page = page(&next, &name, &carried, Some(REFUSED));
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

/// What somebody sees who has just signed in: what they typed before, or where they wanted to go.
fn welcome(staff: &str, opened: Opened, next: &str, carried: &Carried) -> Response {
    let cookie = [(SET_COOKIE, opened.cookie)];
    if let Some(page) = carried.again(staff, &opened.token) {
        return (cookie, page).into_response();
    }
    let to = HeaderValue::from_str(next).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, cookie, [(LOCATION, to)]).into_response()
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

    /// Whether the password is right, off the async threads and a few at a time.
    async fn right(&self, name: &str, password: String) -> Result<bool, Fault> {
        let name = name.to_owned();
        let kept = self
            .store
            .read(move |read| Ok::<_, StoreError>(staff::by_name(read, &name)?))
            .await?
            .map(|staff| staff.hash);
        self.check_password(password, kept).await
    }

    async fn check_password(&self, password: String, kept: Option<String>) -> Result<bool, Fault> {
        let _permit = self.checks.acquire().await;
        tokio::task::spawn_blocking(move || password::check(&password, kept.as_deref()))
            .await
            .map_err(|error| Fault::Damaged(format!("the password could not be checked: {error}")))
    }
}

/// Counts, shuts or opens, in one transaction: tries at the same moment cannot pass each other.
fn settle(
    tx: &Tx<'_>,
    name: &str,
    right: bool,
    before: Option<[u8; 32]>,
    opening: &Opening,
    now: i64,
) -> Result<Option<(String, Opened)>, Fault> {
    let Some(somebody) = staff::by_name(tx, name)? else {
        return Ok(None);
    };
    if somebody.locked_until.is_some_and(|until| now < until) || somebody.closed.is_some() {
        return Ok(None);
    }
    if !right {
        let failed = staff::count_failure(tx, &somebody.id)?;
        if let Some(shut) = shut(failed) {
            staff::lock(tx, &somebody.id, now.saturating_add(shut))?;
        }
        audit::enter(tx, &somebody.id, audit::SIGN_IN_FAILED, None, "", now)?;
        return Ok(None);
    }
    staff::clear_failures(tx, &somebody.id)?;
    if let Some(before) = before {
        sessions::end(tx, &before)?;
    }
    audit::enter(tx, &somebody.id, audit::SIGNED_IN, None, "", now)?;
    let opened = gate::open(tx, &somebody.id, opening, now)?;
    Ok(Some((somebody.id, opened)))
}

/// How long a name is shut after so many wrong passwords.
pub(crate) fn shut(failed: u64) -> Option<i64> {
    let over = failed.checked_sub(FREE + 1)?;
    let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(16);
    Some((FIRST_SHUT << doublings).min(LONGEST_SHUT))
}

/// A path on this site, or the overview: never an address elsewhere.
pub(super) fn local(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(['\\', '\r', '\n']) =>
        {
            path
        }
        _ => "/",
    }
}

/// The sign-in, which carries what was typed into a form whose session had ended.
pub(super) fn page(next: &str, name: &str, carried: &Carried, refused: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Sign in" }
        @if let Some(refused) = refused {
            p.fault #refused role="alert" { (refused) }
        }
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
        p.quiet { "Every look at a person's data is recorded with your name." }
    };
    layout::bare("Sign in", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shuts_for_longer_and_longer_but_not_for_ever() {
        assert_eq!(shut(4), None);
        assert_eq!(shut(5), Some(30_000));
        assert_eq!(shut(6), Some(60_000));
        assert_eq!(shut(50), Some(LONGEST_SHUT));
        assert_eq!(shut(u64::MAX), Some(LONGEST_SHUT));
    }

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(local(Some("/alert/ab?x=1")), "/alert/ab?x=1");
        for elsewhere in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "x",
        ] {
            assert_eq!(local(Some(elsewhere)), "/");
        }
        assert_eq!(local(None), "/");
    }
}
