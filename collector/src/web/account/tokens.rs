//! Tokens with which programs act in one's name.
//!
//! Promises: a token is shown once, on the answer to the form that made it, and only its hash is kept; it opens no
//! more than its owner's role does, and `read` never decides. Making one needs a fresh proof of who it is. Sending
//! the form twice makes one token.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::api_tokens::{self, Scope, Token};
use crate::store::staff::Role;
use crate::store::{Hash, StoreError};
use crate::web::access::Right;
use crate::web::api;
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk::{self, Choice, Errors, Input, Radios, Select};
use crate::web::layout::{self, Page};
use crate::web::{Site, audit, words};

/// Most characters of a token's name.
const LONGEST: usize = 100;

/// Tokens of one person that count at once.
const MOST: u64 = 20;

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60_000;

/// How long a token can count, in days.
const DAYS: [(&str, &str, i64); 3] = [
    ("30", "30 days", 30),
    ("90", "90 days", 90),
    ("365", "One year", 365),
];

/// What the form that makes one holds.
#[derive(Deserialize)]
pub(in crate::web) struct New {
    token: String,
    /// Names the token that this form makes, so that it makes one.
    id: String,
    name: String,
    scope: Option<String>,
    days: String,
}

/// What the form that revokes one holds.
#[derive(Deserialize)]
pub(in crate::web) struct Old {
    token: String,
    id: String,
}

/// What stands on the page beside the list.
#[derive(Default)]
struct Shown {
    /// The new token, which is never shown again.
    made: Option<String>,
    done: Option<&'static str>,
    errors: Errors,
    name: String,
    scope: String,
    days: String,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    page(&site, &signed, Shown::default()).await
}

/// Makes one.
pub(in crate::web) async fn make(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<New>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let name = form.name.trim().to_owned();
    let scope: Option<Scope> = form.scope.as_deref().and_then(|word| word.parse().ok());
    let days = DAYS.iter().find(|(word, ..)| *word == form.days);
    let mut errors = Errors::default();
    if name.is_empty() || name.chars().count() > LONGEST || name.contains(char::is_control) {
        errors.add(
            "name",
            "Say in 1 to 100 characters which program it is for, so that you know later what to revoke.",
        );
    }
    let scope = scope.filter(|scope| may(signed.role, *scope));
    if scope.is_none() {
        errors.add("scope", "Choose what the program may do.");
    }
    if days.is_none() {
        errors.add("days", "Choose how long the token counts.");
    }
    // A row's name is what `random::row_id` makes; anything else was not given by this page.
    let id = Some(form.id).filter(|id| id.parse::<crate::store::FindingId>().is_ok());
    let (Some(scope), Some((_, _, days)), Some(id), true) = (scope, days, id, errors.is_empty())
    else {
        let shown = Shown {
            errors,
            name: form.name,
            scope: form.scope.unwrap_or_default(),
            days: form.days,
            ..Shown::default()
        };
        return page(&site, &signed, shown).await;
    };
    let (text, hash) = api::new_token()?;
    let now = clock::now();
    let new = Token {
        // Ids are of everybody; one that somebody chose cannot be somebody else's then.
        id: own(&id, &signed.staff),
        staff: signed.staff.clone(),
        name,
        scope,
        made: now,
        expires: now.saturating_add(days.saturating_mul(DAY)),
        used: None,
        revoked: None,
    };
    let made = site
        .store
        .write("make token", move |tx| -> Result<bool, Fault> {
            if api_tokens::count(tx, &new.staff, now)? >= MOST {
                return Err(Fault::Input(
                    "you have 20 tokens that count, so none was made; revoke those that nothing uses, then send \
                     this form again",
                ));
            }
            if !api_tokens::add(tx, &new, &hash)? {
                return Ok(false);
            }
            let on = format!("{} ({}) {}", new.id, new.scope.as_str(), new.name);
            audit::enter(tx, &new.staff, audit::MADE_TOKEN, None, &on, now)?;
            Ok(true)
        })
        .await?;
    let shown = match made {
        true => Shown {
            made: Some(text),
            ..Shown::default()
        },
        false => Shown {
            done: Some(
                "This form made a token already, and it was shown then. If you did not copy it, revoke it below and \
                 make another.",
            ),
            ..Shown::default()
        },
    };
    page(&site, &signed, shown).await
}

/// Revokes one.
pub(in crate::web) async fn revoke(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Old>,
) -> Result<Markup, Fault> {
    signed.check(&form.token)?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    site.store
        .write("revoke token", move |tx| -> Result<(), Fault> {
            // A second press finds nothing to revoke, and that is as well.
            if api_tokens::revoke(tx, &staff, &form.id, &staff, now)? {
                audit::enter(tx, &staff, audit::REVOKED_TOKEN, None, &form.id, now)?;
            }
            Ok(())
        })
        .await?;
    let shown = Shown {
        done: Some("The token is revoked. What still sends it is refused from now on."),
        ..Shown::default()
    };
    page(&site, &signed, shown).await
}

/// Whether somebody of this role can have a token for this.
fn may(role: Role, scope: Scope) -> bool {
    match scope {
        Scope::Read => Right::Activity.of(role) || Right::Audit.of(role),
        Scope::Decide => Right::Decide.of(role),
    }
}

pub(super) fn own(id: &str, staff: &str) -> String {
    let hash = Hash::of(format!("{id} {staff}").as_bytes()).to_string();
    hash.get(..32).unwrap_or_default().to_owned()
}

async fn page(site: &Site, signed: &Signed, shown: Shown) -> Result<Markup, Fault> {
    let (staff, now) = (signed.staff.clone(), clock::now());
    let all = site
        .store
        .read(move |read| Ok::<_, StoreError>(api_tokens::of_staff(read, &staff)?))
        .await?;
    let body = html! {
        (shown.errors.summary())
        h1 { "Tokens for programs" }
        @if let Some(done) = shown.done { p.note role="status" { (done) } }
        @if let Some(made) = &shown.made {
            section.note role="status" aria-labelledby="made" {
                h2 #made { "Your new token" }
                p { code #new-token { (made) } }
                p { "Copy it now into the program: it is not kept here and is never shown again." }
            }
        }
        p {
            "A program with a token sees whom you see, and what it looks at is recorded with your name. "
            a href="/api/v1/openapi.json" { "What programs can ask for" } "."
        }
        @if may(signed.role, Scope::Read) {
            (form(signed, &shown)?)
        } @else {
            p.empty { "Your role reads nothing that programs can ask for, so you need no token." }
        }
        (list(signed, &all, now))
        p { a href="/account" { "Back to your account" } }
    };
    let about = Page {
        title: "Tokens for programs",
        here: "/account",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

fn form(signed: &Signed, shown: &Shown) -> Result<Markup, Fault> {
    let id = random::row_id(clock::now())?;
    let offered: Vec<_> = [
        Choice::new("read", "Look"),
        Choice::new("decide", "Look, and record what you decide"),
    ]
    .into_iter()
    .filter(|choice| {
        choice
            .value
            .parse()
            .is_ok_and(|scope| may(signed.role, scope))
    })
    .collect();
    let days: Vec<_> = DAYS
        .iter()
        .map(|(word, says, _)| Choice::new(word, says))
        .collect();
    Ok(html! {
        form.sheet method="post" action="/account/tokens" {
            h2 { "Make a token" }
            (govuk::hidden("token", &signed.token))
            (govuk::hidden("id", &id))
            (Input {
                id: "name",
                name: "name",
                label: "Which program is it for?",
                error: shown.errors.of("name"),
                value: &shown.name,
                longest: Some(LONGEST),
                required: true,
                ..Input::default()
            })
            (Radios {
                id: "scope",
                name: "scope",
                legend: "What may it do?",
                error: shown.errors.of("scope"),
                choices: &offered,
                chosen: &shown.scope,
                required: true,
                ..Radios::default()
            })
            (Select {
                id: "days",
                name: "days",
                label: "How long does it count?",
                error: shown.errors.of("days"),
                choices: &days,
                chosen: &shown.days,
                required: true,
                ..Select::default()
            })
            (govuk::button("Make a token"))
        }
    })
}

fn list(signed: &Signed, all: &[Token], now: i64) -> Markup {
    html! {
        section aria-labelledby="tokens" {
            h2 #tokens { "Your tokens" }
            @if all.is_empty() {
                p.empty { "You have made none." }
            } @else {
                ul.rows {
                    @for token in all {
                        li {
                            p {
                                b { (token.name) } ", "
                                (match token.scope { Scope::Read => "to look", Scope::Decide => "to look and decide" })
                                ". Made " (words::moment(token.made, &signed.zone)) ". "
                                (state(signed, token, now))
                            }
                            @if token.revoked.is_none() && now < token.expires {
                                form method="post" action="/account/tokens/revoke" {
                                    (govuk::hidden("token", &signed.token))
                                    (govuk::hidden("id", &token.id))
                                    button.govuk-button.govuk-button--warning type="submit" {
                                        "Revoke" span.govuk-visually-hidden { " the token for " (token.name) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn state(signed: &Signed, token: &Token, now: i64) -> Markup {
    html! {
        @match (token.revoked, token.used) {
            (Some(at), _) => { "Revoked " (words::moment(at, &signed.zone)) "." }
            (None, _) if token.expires <= now => { "Ended " (words::moment(token.expires, &signed.zone)) "." }
            (None, None) => { "Never used. Counts until " (words::moment(token.expires, &signed.zone)) "." }
            (None, Some(at)) => {
                "Last used " (words::moment(at, &signed.zone)) ". Counts until "
                (words::moment(token.expires, &signed.zone)) "."
            }
        }
    }
}
