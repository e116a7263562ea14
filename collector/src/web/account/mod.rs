//! One's own account: password, second factors, and the browsers that are signed in.
//!
//! Promises: everybody sees their own and nobody else's. A password is changed only by whoever knows the old
//! one; every other browser is signed out with it. What opens an account is changed only by whoever proved lately
//! that it is theirs.

pub(super) mod calendar;
pub(super) mod codes;
pub(super) mod passkeys;
pub(super) mod password;
mod qr;
pub(super) mod sessions;
pub(super) mod tokens;
pub(super) mod weekly;
pub(super) mod zone;

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::Site;
use super::fault::{self, Fault};
use super::gate::{First, Signed};
use super::govuk::Errors;
use super::layout::{self, Page};

/// The page.
pub(super) async fn show(State(site): State<Arc<Site>>, signed: Signed) -> Result<Markup, Fault> {
    page(&site, &signed, &Said::default()).await
}

/// What is said on top of the page, after a form.
#[derive(Default)]
struct Said {
    /// What was done.
    done: Option<&'static str>,
    /// What is wrong, and in which field.
    wrong: Option<(String, &'static str)>,
}

impl Said {
    fn done(what: &'static str) -> Self {
        Self {
            done: Some(what),
            wrong: None,
        }
    }

    fn wrong(why: impl ToString, field: &'static str) -> Self {
        Self {
            done: None,
            wrong: Some((why.to_string(), field)),
        }
    }

    /// What is wrong, as fields show it.
    fn errors(&self) -> Errors {
        let mut errors = Errors::default();
        if let Some((why, field)) = &self.wrong {
            errors.add(*field, fault::sentence(why));
        }
        errors
    }
}

async fn page(site: &Site, signed: &Signed, said: &Said) -> Result<Markup, Fault> {
    let codes = codes::section(site, signed).await?;
    let weekly = weekly::section(site, signed).await?;
    let errors = said.errors();
    let passkeys = passkeys::section(site, signed, &errors).await?;
    let sessions = sessions::section(site, signed).await?;
    let zone = zone::section(site, signed).await?;
    let body = html! {
        h1 { "Your account" }
        (errors.summary())
        @if let Some(done) = said.done { p.note role="status" { (done) } }
        @match signed.first {
            Some(First::Password) => p.note {
                "Somebody else knows your password, for it was made for you. Choose one that nobody knows; until \
                 then nothing else opens."
            },
            Some(First::SecondFactor) => p.note {
                "Here everybody signs in with a second factor as well. Set one up; until then nothing else opens."
            },
            None => {}
        }
        (password::section(signed, &errors))
        (codes)
        (passkeys)
        (sessions)
        (zone)
        section aria-labelledby="programs" {
            h2 #programs { "Programs" }
            p { a href="/account/tokens" { "Tokens with which programs read in your name" } }
            p { a href="/account/calendar" { "Your calendar of reviews" } }
        }
        (weekly)
    };
    let about = Page {
        title: "Your account",
        here: "/account",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}
