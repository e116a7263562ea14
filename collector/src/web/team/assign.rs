//! Whose case people are: one officer's, and making several the case of somebody.
//!
//! Promises: whoever assigns says why, and has seen whose case each was: a form that is older than the
//! assignment changes nothing. All of those chosen are assigned, or none.
//!
//! Refuses: somebody without cases, and people whom the supervisor does not see.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::clock;
use crate::random;
use crate::store::people::{self, Person};
use crate::store::sight::{self, Case};
use crate::store::staff::{self, Role, Staff};
use crate::store::{PersonId, Read, SqlError, StoreError, Tx, team};

use super::super::decide;
use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Checkboxes, Choice, Errors, Select, Textarea};
use super::super::layout::{self, Page};
use super::super::{Site, audit};
use super::load;

/// Most characters of a reason.
const LONGEST: usize = 1_000;

const MISSING: Fault =
    Fault::Missing("there is nobody with cases under this id; look in the list of the team");

/// A person in a list to choose from, with the assignment that holds now.
pub(super) struct Line {
    person: Person,
    assignment: String,
}

/// What was typed into the form.
#[derive(Default)]
pub(super) struct Typed {
    /// Staff id of whose page it was on; empty: the team's.
    back: String,
    /// The person, and the assignment that the page showed.
    chosen: BTreeMap<String, String>,
    officer: String,
    reason: String,
}

/// Somebody who can have cases.
pub(super) fn has_cases(one: &Staff) -> bool {
    one.closed.is_none() && matches!(one.role, Role::Manager | Role::Supervisor)
}

/// These people, with whose case each is.
pub(super) fn lines(read: &Read<'_>, people: Vec<PersonId>) -> Result<Vec<Line>, SqlError> {
    let mut lines = Vec::with_capacity(people.len());
    for id in people {
        if let Some(person) = people::get(read, &id)? {
            let assignment = team::assignment(read, &id)?.unwrap_or_default();
            lines.push(Line { person, assignment });
        }
    }
    Ok(lines)
}

/// The page of one officer's people.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let typed = Typed {
        back: id,
        ..Typed::default()
    };
    page(&site, &signed, &typed, &Errors::default()).await
}

async fn page(
    site: &Site,
    signed: &Signed,
    typed: &Typed,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let now = clock::now();
    let (id, of, team) = (
        signed.staff.clone(),
        typed.back.clone(),
        signed.team.clone(),
    );
    let found = site
        .store
        .read(move |read| {
            let Some(officer) = staff::by_id(read, &of)? else {
                return Ok::<_, StoreError>(None);
            };
            let own = sight::people(read, &id, now)?;
            let mut cases = team::cases(read, &of)?;
            cases.retain(|person| own.contains(person));
            let mut to: Vec<_> = staff::all(read)?.into_iter().filter(has_cases).collect();
            to.sort_by_key(|one| one.team != team);
            Ok(Some((officer, lines(read, cases)?, to)))
        })
        .await?;
    let (officer, cases, to) = found.ok_or(MISSING)?;
    if officer.team != signed.team {
        return Err(MISSING);
    }
    site.looks(signed, audit::SAW_TEAM, None, &officer.id)
        .await?;
    let to: Vec<_> = to.iter().filter(|one| one.id != officer.id).collect();
    let body = html! {
        p.crumbs { a href="/team" { "Team" } }
        h1 { "People of " (officer.name) }
        @if officer.closed.is_some() { p.note { (officer.name) " does not work here any more." } }
        (errors.summary())
        p { a href={ "/caseload?officer=" (officer.id) } { "Their devices" } }
        @if cases.is_empty() {
            p.empty { "Nobody is their case." }
        } @else {
            (form(signed, &officer.id, &cases, &to, typed, errors))
        }
    };
    let about = Page {
        title: &officer.name,
        here: "/team",
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

/// Choose people, an officer and a reason.
pub(super) fn form(
    signed: &Signed,
    back: &str,
    lines: &[Line],
    to: &[&Staff],
    typed: &Typed,
    errors: &Errors,
) -> Markup {
    let people: Vec<_> = lines
        .iter()
        .map(|line| {
            let value = format!("{}:{}", line.person.id, line.assignment);
            let text = format!("{}, {}", line.person.name, line.person.pseudonym);
            (
                typed.chosen.contains_key(line.person.id.as_str()),
                value,
                text,
            )
        })
        .collect();
    let chosen = people.iter().filter(|(chosen, ..)| *chosen);
    let chosen: Vec<_> = chosen.map(|(_, value, _)| value.as_str()).collect();
    let people = people.iter();
    let people: Vec<_> = people
        .map(|(_, value, text)| Choice::new(value, text))
        .collect();
    let names: Vec<_> = to
        .iter()
        .map(|one| match one.team.as_str() {
            "" => one.name.clone(),
            team => format!("{}, {team}", one.name),
        })
        .collect();
    let mut officers = vec![Choice::new("", "Choose somebody")];
    officers.extend(
        to.iter()
            .zip(&names)
            .map(|(one, name)| Choice::new(&one.id, name)),
    );
    html! {
        form.sheet method="post" action="/team/assign" {
            (govuk::hidden("token", &signed.token))
            (govuk::hidden("back", back))
            div.pv-columns {
                (Checkboxes {
                    id: "people", name: "case", legend: "Whom", error: errors.of("people"), choices: &people,
                    chosen: &chosen, small: true, ..Checkboxes::default()
                })
            }
            (Select {
                id: "officer", label: "Whose case from now on", error: errors.of("officer"), choices: &officers,
                chosen: &typed.officer, required: true, ..Select::default()
            })
            (Textarea {
                id: "reason", label: "Why", hint: "Kept with your name", error: errors.of("reason"),
                value: &typed.reason, rows: 2, longest: Some(LONGEST), required: true, ..Textarea::default()
            })
            (govuk::button("Assign"))
        }
    }
}

/// Takes the form.
pub(in crate::web) async fn take(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let (token, typed) = typed(fields);
    signed.check(&token)?;
    let errors = wrong(&typed);
    if !errors.is_empty() {
        let page = if typed.back.is_empty() {
            load::page(&site, &signed, &typed, &errors).await?
        } else {
            page(&site, &signed, &typed, &errors).await?
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let back = match typed.back.as_str() {
        "" => "/team".to_owned(),
        id => format!("/team/officer/{id}"),
    };
    let staff = signed.staff;
    site.store
        .write("assign", move |tx| assign(tx, &staff, &typed))
        .await?;
    Ok(decide::to(&back))
}

fn assign(tx: &Tx<'_>, staff: &str, typed: &Typed) -> Result<(), Fault> {
    let now = clock::now();
    let officer = staff::by_id(tx, &typed.officer)?.filter(has_cases);
    let officer = officer.ok_or(MISSING)?;
    for (person, seen) in &typed.chosen {
        let person: PersonId = person.parse().map_err(|_| MISSING)?;
        if sight::why(tx, staff, &person, now)?.is_none() {
            return Err(Fault::Sight);
        }
        if team::assignment(tx, &person)?.unwrap_or_default() != *seen {
            return Err(Fault::Stale);
        }
        let case = Case {
            id: random::row_id(now)?,
            person: person.clone(),
            officer: officer.id.clone(),
            since: now,
            until: None,
            put_by: staff.to_owned(),
            reason: typed.reason.clone(),
        };
        sight::assign(tx, &case)?;
        let on = format!("{}: {}", officer.name, typed.reason);
        audit::enter(tx, staff, audit::ASSIGNED, Some(&person), &on, now)?;
    }
    Ok(())
}

fn typed(fields: Vec<(String, String)>) -> (String, Typed) {
    let (mut token, mut typed) = (String::new(), Typed::default());
    for (name, value) in fields {
        match name.as_str() {
            "token" => token = value,
            "back" => typed.back = value,
            "officer" => typed.officer = value,
            "reason" => typed.reason = value.trim().replace("\r\n", "\n"),
            "case" => {
                let (person, seen) = value.split_once(':').unwrap_or((&value, ""));
                typed.chosen.insert(person.to_owned(), seen.to_owned());
            }
            _ => {}
        }
    }
    (token, typed)
}

fn wrong(typed: &Typed) -> Errors {
    let mut errors = Errors::default();
    if typed.chosen.is_empty() {
        errors.add("people", "Choose at least one person");
    }
    if typed.officer.is_empty() {
        errors.add("officer", "Choose whose case they are from now on");
    }
    if typed.reason.is_empty() {
        errors.add("reason", "Say why, because others will ask");
    } else if typed.reason.chars().count() > LONGEST {
        errors.add("reason", "Write the reason in at most 1,000 characters");
    }
    errors
}
