//! Everybody who may sign in, and entering somebody new.
//!
//! Promises: a password that an administrator makes is shown to them once and must be changed by whoever gets
//! it before anything else opens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::staff::sound_name;
use crate::store::staff::{self, Role, Staff};
use crate::store::{Read, StoreError, sessions};
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate::Signed;
use crate::web::govuk::{Choice, Errors, Head, Input, Radios, button, hidden, inset, table};
use crate::web::layout::{self, Page};
use crate::web::{Site, audit, erasures, password, unreadable, words};

/// What a form about an account holds.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Typed {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) role: String,
    #[serde(default)]
    pub(super) team: String,
    #[serde(default)]
    pub(super) mail: String,
    pub(super) token: String,
    /// What the page showed.
    #[serde(default)]
    pub(super) seen: String,
}

/// What they mean, where they are right.
pub(super) struct Meant {
    pub(super) role: Role,
    pub(super) team: String,
    pub(super) mail: String,
}

/// Most characters of a team's name and of an address.
const LONGEST: usize = 200;

impl Typed {
    /// Reads all but the name.
    pub(super) fn read(&self, errors: &mut Errors) -> Option<Meant> {
        let role = self.role.parse::<Role>().ok();
        if role.is_none() {
            errors.add("role", "Choose what they do here.");
        }
        let line = |text: &str| {
            let text = text.trim();
            let sound = text.chars().count() <= LONGEST && !text.contains(char::is_control);
            sound.then(|| text.to_owned())
        };
        let team = line(&self.team);
        if team.is_none() {
            errors.add(
                "team",
                "A team's name has at most 200 characters and no line breaks.",
            );
        }
        let mail = line(&self.mail)
            .filter(|mail| mail.is_empty() || mail.parse::<lettre::Address>().is_ok());
        if mail.is_none() {
            errors.add(
                "mail",
                "This is no mail address. Write it as name@example.org, or leave it empty.",
            );
        }
        Some(Meant {
            role: role?,
            team: team?,
            mail: mail?,
        })
    }

    /// The fields but the name.
    pub(super) fn fields(&self, errors: &Errors) -> Markup {
        let roles: Vec<Choice<'_>> = Role::ALL
            .iter()
            .map(|role| Choice {
                value: role.as_str(),
                text: words::role(*role),
                hint: does(*role),
            })
            .collect();
        let radios = Radios {
            id: "role",
            legend: "What they do here",
            error: errors.of("role"),
            choices: &roles,
            chosen: &self.role,
            required: true,
            ..Radios::default()
        };
        let team = Input {
            id: "team",
            label: "Team",
            hint: "A supervisor sees the cases of the managers whose team has exactly this name. It may be empty.",
            error: errors.of("team"),
            value: &self.team,
            longest: Some(LONGEST),
            ..Input::default()
        };
        let mail = Input {
            id: "mail",
            label: "Mail address",
            hint: "Where they are told of what waits. It may be empty.",
            error: errors.of("mail"),
            value: &self.mail,
            kind: "email",
            longest: Some(LONGEST),
            autocomplete: Some("off"),
            ..Input::default()
        };
        html! { (radios) (team) (mail) }
    }
}

/// What a role is for.
fn does(role: Role) -> &'static str {
    match role {
        Role::Manager => "Manages offenders: decides about their own cases.",
        Role::Supervisor => "Runs a team: sees its cases, reassigns them and signs decisions off.",
        Role::Examiner => "Takes evidence out of what they are let in to see, and decides nothing.",
        Role::Administrator => "Sees to accounts, devices and lists, and sees nobody's activity.",
        Role::Auditor => "Reads who looked at whom and why, and nothing else.",
        Role::Partner => "Of another agency: reads what is disclosed to them.",
    }
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    page(&site, &signed, &Typed::default(), &Errors::default()).await
}

/// Enters somebody.
pub(in crate::web) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let mut errors = Errors::default();
    let name = sound_name(&form.name);
    if name.is_none() {
        errors.add(
            "name",
            "A name to sign in with has 1 to 200 characters and no line breaks.",
        );
    }
    let meant = form.read(&mut errors);
    if let (Some(name), Some(meant), true) = (name, meant, errors.is_empty()) {
        let made = password::generate().map_err(|why| Fault::Damaged(why.to_string()))?;
        let hash = site.hashed(made.clone()).await?;
        let hash = hash.map_err(|why| Fault::Damaged(why.to_string()))?;
        if enter(&site, &signed, &name, hash, meant).await? {
            return Ok(made_page(&signed, &name, &made).into_response());
        }
        errors.add(
            "name",
            "Somebody signs in with this name already, or did once. Choose another.",
        );
    }
    let page = page(&site, &signed, &form, &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn enter(
    site: &Site,
    signed: &Signed,
    name: &str,
    hash: String,
    meant: Meant,
) -> Result<bool, Fault> {
    let now = clock::now();
    let id: [u8; 16] = random::bytes()?;
    let mut new = Staff::new(HEXLOWER.encode(&id), name.to_owned(), hash, meant.role);
    new.team = meant.team;
    new.mail = meant.mail;
    new.must_change = Some(now);
    let by = signed.staff.clone();
    site.store
        .write("add staff", move |tx| -> Result<bool, Fault> {
            if staff::by_name(tx, &new.name)?.is_some() {
                return Ok(false);
            }
            staff::add(tx, &new)?;
            let on = format!("{} as {}", new.id, new.role.as_str());
            audit::enter(tx, &by, audit::ADDED_ACCOUNT, None, &on, now)?;
            Ok(true)
        })
        .await
}

/// A password that is shown once.
pub(super) fn made_page(signed: &Signed, name: &str, password: &str) -> Markup {
    let body = html! {
        h1 { "A password for " (name) }
        p role="status" { "Give it to them and to nobody else, and not in the same message as the name. It opens \
             their account once: they choose another before they see anything." }
        (inset(&html! { code { (password) } }))
        p { "It is shown only now. If it is lost, make another." }
        p { a href="/accounts" { "To all accounts" } }
    };
    frame(signed, "A new password", &body)
}

pub(super) fn frame(signed: &Signed, title: &str, body: &Markup) -> Markup {
    let about = Page {
        title,
        here: "/accounts",
        ..Page::default()
    };
    layout::page(signed, &about, body)
}

/// How somebody signs in, beside their password.
fn second(count: u64) -> &'static str {
    match count {
        0 => "Not set up",
        1 => "Set up",
        _ => "Several",
    }
}

async fn page(
    site: &Site,
    signed: &Signed,
    typed: &Typed,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let by = (signed.staff.clone(), signed.role);
    let look = move |read: &Read<'_>| {
        let all = staff::all(read)?;
        let with = all.into_iter().map(|one| {
            let count = sessions::second_factors(read, &one.id)?;
            Ok((one, count))
        });
        let with = with.collect::<Result<Vec<_>, StoreError>>()?;
        let waiting = erasures::waiting(read, (&by.0, by.1), clock::now())?;
        Ok::<_, StoreError>((with, waiting, unreadable::of_all(read)?))
    };
    let (all, waiting, unreadable) = site.store.read(look).await?;
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|(one, factors)| {
            vec![
                html! { a href={ "/accounts/" (one.id) } { (one.name) } },
                html! { (words::role(one.role)) },
                html! { (one.team) },
                html! { (second(*factors)) },
                html! { (state(one)) },
            ]
        })
        .collect();
    let heads = ["Name", "Does", "Team", "Second factor", "State"].map(Head::Text);
    let name = Input {
        id: "name",
        label: "Name to sign in with",
        hint: "It stays with everything they do, so it is not changed and not given to anybody else later.",
        error: errors.of("name"),
        value: &typed.name,
        longest: Some(LONGEST),
        required: true,
        autocomplete: Some("off"),
        ..Input::default()
    };
    let body = html! {
        (errors.summary())
        h1 { "Accounts" }
        (unreadable::to_administrators(unreadable))
        (erasures::notice(waiting))
        (table("Everybody who may sign in, or could once", &heads, &rows))
        section aria-labelledby="new" {
            h2 #new { "Enter somebody" }
            form.sheet method="post" action="/accounts/add" {
                (hidden("token", &signed.token))
                (name)
                (typed.fields(errors))
                (button("Enter them, and make a password"))
            }
        }
    };
    Ok(frame(signed, "Accounts", &body))
}

/// Whether somebody may sign in.
pub(super) fn state(one: &Staff) -> &'static str {
    match (one.closed, one.must_change) {
        (Some(_), _) => "Closed",
        (None, Some(_)) => "Must choose a password",
        (None, None) => "Open",
    }
}
