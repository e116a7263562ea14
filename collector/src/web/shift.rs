//! Who stands in for somebody, and who is on call: one page for each, which differ in what a [`Kind`] says.
//!
//! Promises: each turn has an end, and whoever could make it can end it early. What is sent twice is done once.

mod hand_over;
mod rota;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::sight::{self, Shift, While};
use crate::store::staff::{self, Role, Staff};
use crate::store::{Read, SqlError, StoreError, Tx};

use super::decide::to;
use super::fault::Fault;
use super::form::{self, Form};
use super::gate::Signed;
use super::govuk::{Choice, Errors, Input, Select, button, hidden, secondary};
use super::layout::{self, Page};
use super::{Site, audit, fields, when, words};

pub(super) use hand_over::HandOver;
pub(super) use rota::{Rota, told};

/// A kind of turn.
pub(super) trait Kind: 'static {
    /// Of whom or what somebody sees the people.
    type Of;
    const WORDS: Words;
    /// None lasts longer, in milliseconds.
    const MOST: i64;
    /// Whether it needs a reason.
    const REASON: bool;
    /// On so many days in a row the same hours can be made at once.
    const DAYS: u32;
    /// For the audit: one was made, one was ended.
    const ACTIONS: (&'static str, &'static str);

    /// Those that last or are to come, as far as they concern whoever asks.
    fn lasting(read: &Read<'_>, signed: &Signed, now: i64) -> Result<Vec<Shift>, SqlError>;

    /// Whose they may make and end, each by id and name; the first unless they choose.
    fn theirs(staff: &[Staff], signed: &Signed) -> Vec<(String, String)>;

    /// What an id of these names.
    fn of(id: String) -> Self::Of;

    /// Makes one.
    fn make(tx: &Tx<'_>, new: &While<Self::Of>) -> Result<(), SqlError>;

    /// What the audit says of a new one.
    fn entered(id: &str, of: &str, who: &str) -> String;
}

/// The words of a page.
pub(super) struct Words {
    path: &'static str,
    title: &'static str,
    intro: &'static str,
    lasting: &'static str,
    none: &'static str,
    new: &'static str,
    button: &'static str,
    /// The field of whose it is: its label, and what is wrong with it.
    of: (&'static str, &'static str),
    /// The field of who takes it: its name, its label, what stands there first, and what is wrong with it.
    who: [&'static str; 4],
    /// Somebody has the same people at that time: it follows the name.
    also: &'static str,
    /// There is none that they could end.
    missing: &'static str,
}

/// The form.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    token: String,
    #[serde(default)]
    absent: String,
    #[serde(default, alias = "officer")]
    colleague: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    why: String,
    /// In which the page asked for times.
    #[serde(default)]
    asked_in: String,
}

/// The form that ends one.
#[derive(Deserialize)]
pub(super) struct Ending {
    token: String,
    /// Anything: all that were put in together with it.
    #[serde(default)]
    all: String,
}

/// The page.
pub(super) async fn show<K: Kind>(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    page::<K>(&site, &signed, (&Typed::default(), &Errors::default())).await
}

/// Makes one.
pub(super) async fn put<K: Kind>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Typed>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    let (by, typed, zone) = (signed.clone(), form.clone(), signed.zone.clone());
    let errors = site
        .store
        .write("put a turn", move |tx| {
            let mut errors = Errors::default();
            let staff = staff::all(tx)?;
            let of = whose(&typed, &K::theirs(&staff, &by));
            if of.is_none() {
                errors.add("absent", K::WORDS.of.1);
            }
            let known = colleagues(&staff).any(|one| one.id == typed.colleague);
            if !known || of.as_ref() == Some(&typed.colleague) {
                let [field, .., wrong] = K::WORDS.who;
                errors.add(field, wrong);
            }
            if let Some(why) = fields::other_zone(&typed.asked_in, &zone) {
                errors.add("until", why);
            }
            let times = (typed.since.as_str(), typed.until.as_str());
            let span = when::span(times, (now, K::MOST), &zone, &mut errors);
            let days = when::days(&typed.days, K::DAYS, span, &mut errors);
            let reason = match K::REASON {
                true => form::why(&typed.why, "Say why", &mut errors),
                false => String::new(),
            };
            let (Some(of), Some(span), true) = (of, span, errors.is_empty()) else {
                return Ok::<_, Fault>(errors);
            };
            let lasting = K::lasting(tx, &by, now)?;
            for (since, until) in when::on_days(span, now, days, &zone) {
                let same = |one: &Shift| {
                    one.of.0 == of && one.staff.0 == typed.colleague && one.until == until
                };
                if lasting.iter().any(same) {
                    continue;
                }
                let id = random::row_id(now)?;
                let on = K::entered(&id, &of, &typed.colleague);
                let new = While {
                    id,
                    staff: typed.colleague.clone(),
                    what: K::of(of.clone()),
                    since,
                    until,
                    put_by: by.staff.clone(),
                    reason: reason.clone(),
                };
                K::make(tx, &new)?;
                audit::enter(tx, &by.staff, K::ACTIONS.0, None, &on, now)?;
            }
            Ok(errors)
        })
        .await?;
    if errors.is_empty() {
        return Ok(to(K::WORDS.path));
    }
    let page = page::<K>(&site, &signed, (&form, &errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Ends one early, or all that were put in together with it.
pub(super) async fn end<K: Kind>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Ending>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let now = clock::now();
    site.store
        .write("end a turn", move |tx| {
            let theirs = K::theirs(&staff::all(tx)?, &signed);
            let lasting = K::lasting(tx, &signed, now)?;
            let found = lasting.iter().find(|one| one.id == id);
            let Some(found) = found.filter(|one| is_of(one, &theirs)) else {
                return Err(over(tx, &id, (&theirs, &signed.zone))?
                    .unwrap_or(Fault::Missing(K::WORDS.missing)));
            };
            let all = !form.all.is_empty();
            let meant = |one: &&Shift| one.id == id || (all && one.is_put_with(found));
            for one in lasting.iter().filter(meant) {
                sight::end_early(tx, &one.id, &signed.staff, now)?;
                audit::enter(tx, &signed.staff, K::ACTIONS.1, None, &one.id, now)?;
            }
            Ok(())
        })
        .await?;
    Ok(to(K::WORDS.path))
}

/// What is said of one of theirs that is over: by itself, or because somebody ended it.
fn over(
    read: &Read<'_>,
    id: &str,
    (theirs, zone): (&[(String, String)], &TimeZone),
) -> Result<Option<Fault>, SqlError> {
    let over = sight::ended(read, id)?;
    let over = over.filter(|over| theirs.iter().any(|(of, _)| *of == over.of));
    Ok(over.map(|over| {
        let at = words::full(over.at, zone);
        Fault::Over(match over.by {
            Some(name) => format!("{name} ended it on {at}"),
            None => format!("its time was over on {at}"),
        })
    }))
}

async fn page<K: Kind>(
    site: &Site,
    signed: &Signed,
    (typed, errors): (&Typed, &Errors),
) -> Result<Markup, Fault> {
    let now = clock::now();
    let by = signed.clone();
    let (all, staff) = site
        .store
        .read(move |read| Ok::<_, StoreError>((K::lasting(read, &by, now)?, staff::all(read)?)))
        .await?;
    let theirs = K::theirs(&staff, signed);
    let said = K::WORDS;
    let body = html! {
        (errors.summary())
        h1 { (said.title) }
        p { (said.intro) }
        section aria-labelledby="lasting" {
            h2 #lasting { (said.lasting) }
            @if all.is_empty() {
                p.empty { (said.none) }
            } @else {
                ul.rows {
                    @for (place, one) in all.iter().enumerate() {
                        li { (listed::<K>(signed, (&all, place), is_of(one, &theirs), now)) }
                    }
                }
            }
        }
        @if !theirs.is_empty() {
            section aria-labelledby="new" {
                h2 #new { (said.new) }
                form.sheet method="post" action=(said.path) {
                    (hidden("token", &signed.token))
                    (asked::<K>(&signed.zone, (&theirs, &staff), (typed, errors)))
                    (button(said.button))
                }
            }
        }
    };
    let about = Page {
        title: said.title,
        here: said.path,
        ..Page::default()
    };
    Ok(layout::page(signed, &about, &body))
}

/// One of the list: what else lasts at that time stands beside it.
fn listed<K: Kind>(
    signed: &Signed,
    (all, place): (&[Shift], usize),
    ends: bool,
    now: i64,
) -> Markup {
    let Some(one) = all.get(place) else {
        return html! {};
    };
    let zone = &signed.zone;
    let together = all.iter().filter(|other| other.is_put_with(one)).count();
    // What ends all of them stands at the first.
    let is_first = !all.iter().take(place).any(|other| other.is_put_with(one));
    html! {
        b { (one.staff.1) }
        @if !one.of.1.is_empty() { " for " b { (one.of.1) } }
        ", " (words::moment(one.since, zone)) " to " (words::moment(one.until, zone)) ". " (one.reason)
        @if one.since <= now { " " (layout::tag("held", "Now")) }
        @for other in all {
            @if let Some((since, until)) = one.beside(other) {
                p.note {
                    b { (other.staff.1) } (K::WORDS.also)
                    @if other.staff.0 == one.staff.0 { ", by another entry" }
                    ": " (words::moment(since, zone)) " to " (words::moment(until, zone)) "."
                }
            }
        }
        @if ends {
            form method="post" action={ (K::WORDS.path) "/" (one.id) "/end" } {
                (hidden("token", &signed.token))
                (secondary("End it now"))
                @if is_first && together > 1 {
                    " " button.govuk-button.govuk-button--secondary type="submit" name="all" value="yes" {
                        "End all " (together) " that were put in together"
                    }
                }
            }
        }
    }
}

fn asked<K: Kind>(
    zone: &TimeZone,
    (theirs, staff): (&[(String, String)], &[Staff]),
    (typed, errors): (&Typed, &Errors),
) -> Markup {
    let choices = theirs.iter().map(|(id, name)| Choice::new(id, name));
    let choices: Vec<_> = choices.collect();
    let [who, label, first, _] = K::WORDS.who;
    // Nobody stands in for themself; but a supervisor may for somebody of the team.
    let alone = match theirs {
        [(id, _)] => Some(id),
        _ => None,
    };
    let mut others = vec![Choice::new("", first)];
    let offered = colleagues(staff).filter(|one| alone != Some(&one.id));
    others.extend(offered.map(|one| Choice::new(&one.id, &one.name)));
    let hint = fields::in_the_time_of(zone);
    let moment = |id, label, value| Input {
        id,
        label,
        hint: &hint,
        kind: "datetime-local",
        value,
        error: errors.of(id),
        width: Some(20),
        ..Input::default()
    };
    html! {
        @if theirs.len() > 1 {
            (Select {
                id: "absent",
                label: K::WORDS.of.0,
                choices: &choices,
                chosen: &whose(typed, theirs).unwrap_or_default(),
                error: errors.of("absent"),
                ..Select::default()
            })
        }
        (Select {
            id: who,
            label,
            choices: &others,
            chosen: &typed.colleague,
            error: errors.of(who),
            ..Select::default()
        })
        (fields::zone(zone))
        (moment("since", "From (empty: now)", typed.since.as_str()))
        (moment("until", "Until", typed.until.as_str()))
        @if K::DAYS > 1 {
            (Input {
                id: "days",
                label: "On how many days in a row",
                hint: "Such as 7 for the nights of a week, each from and until the same hours",
                value: if typed.days.is_empty() { "1" } else { &typed.days },
                error: errors.of("days"),
                width: Some(2),
                ..Input::default()
            })
        }
        @if K::REASON {
            (Input {
                id: "why",
                label: "Why",
                value: &typed.why,
                error: errors.of("why"),
                longest: Some(form::LINE),
                ..Input::default()
            })
        }
    }
}

/// Whose it shall be; none if that is not theirs to say.
fn whose(typed: &Typed, theirs: &[(String, String)]) -> Option<String> {
    let mut ids = theirs.iter().map(|(id, _)| id);
    let chosen = match typed.absent.as_str() {
        "" => ids.next(),
        wanted => ids.find(|id| *id == wanted),
    };
    chosen.cloned()
}

fn is_of(one: &Shift, theirs: &[(String, String)]) -> bool {
    theirs.iter().any(|(id, _)| *id == one.of.0)
}

/// Who can take over, or be on call.
fn colleagues(all: &[Staff]) -> impl Iterator<Item = &Staff> {
    all.iter()
        .filter(|one| one.closed.is_none() && matches!(one.role, Role::Manager | Role::Supervisor))
}
