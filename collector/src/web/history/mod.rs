//! What a person did over days, weeks and months: a picture, figures, what is usual, sites and applications,
//! and the way to the records.
//!
//! Promises: made from the digest ([`crate::digest`]), so it is quick at years of records; every figure leads to
//! the records behind it, which are read from the signed reports. What is not in the figures is said: what was
//! erased, what cannot be read, what came a moment ago.
//!
//! Refuses: to call anything unusual.

mod figures;
mod filter;
mod picture;
mod show;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::digest::terms::Asked;
use crate::random;
use crate::store::StoreError;
use crate::store::searches::{self, Search};

use super::Site;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::govuk::Errors;
use super::head::{Tab, Whose};
use super::{audit, fields, intelligence, notes, words};

use figures::View;
pub(super) use filter::{Fields, Filter};

/// The most letters that are looked for.
pub(super) const LONGEST: usize = 200;

/// Which days.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    view: Option<String>,
    day: Option<String>,
}

/// What somebody typed to be found, and what the page was narrowed by.
#[derive(Deserialize)]
pub(super) struct Find {
    token: String,
    words: String,
    view: Option<String>,
    day: Option<String>,
    kind: Option<String>,
    clause: Option<String>,
    device: Option<String>,
    account: Option<String>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(fields): Query<Fields>,
) -> Result<Markup, Fault> {
    let who = site.whose_form(&signed, &id).await?;
    let filter = site.filter(&signed, &who.id, &fields).await?;
    let typed = (&Errors::default(), "");
    page(&site, &signed, &who, &wanted, &filter, typed).await
}

/// Words to be found: kept, entered, and then looked for by their number.
pub(super) async fn find(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(find): Form<Find>,
) -> Result<Response, Fault> {
    signed.check(&find.token)?;
    let wanted = Wanted {
        view: find.view,
        day: find.day,
    };
    let fields = Fields {
        kind: find.kind,
        clause: find.clause,
        device: find.device,
        account: find.account,
        ..Fields::default()
    };
    let who = site.whose_form(&signed, &id).await?;
    let filter = site.filter(&signed, &who.id, &fields).await?;
    let view = view(&wanted)?;
    let typed = find.words.trim();
    if let Some(sentence) = amiss(typed) {
        let mut errors = Errors::default();
        errors.add("words", sentence);
        let body = page(&site, &signed, &who, &wanted, &filter, (&errors, typed)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response());
    }
    let now = clock::now();
    let search = Search {
        id: random::row_id(now)?,
        at: now,
        staff: signed.staff.clone(),
        person: Some(who.id.clone()),
        words: typed.to_owned(),
        reason: String::new(),
    };
    let number = search.id.clone();
    site.store
        .write("find", move |tx| -> Result<(), Fault> {
            searches::add(tx, &search)?;
            let on = format!("{:?}", search.words);
            audit::enter(
                tx,
                &search.staff,
                audit::FOUND,
                search.person.as_ref(),
                &on,
                now,
            )
        })
        .await?;
    let query = filter.without_text(Some(("find", number)));
    let day = wanted.day.as_deref().unwrap_or_default();
    let day: String = day
        .parse::<Date>()
        .map(|day| format!("day={day}&"))
        .unwrap_or_default();
    let to = format!("/person/{id}/timeline?view={}&{day}{query}", view.as_str());
    Ok(Redirect::to(to.trim_end_matches('&')).into_response())
}

/// What is wrong with words to be found.
pub(super) fn amiss(words: &str) -> Option<&'static str> {
    if words.chars().count() > LONGEST {
        return Some("Give fewer words");
    }
    let none = Asked::parse(words).is_none();
    none.then_some("Give a word of at least two letters")
}

fn view(wanted: &Wanted) -> Result<View, Fault> {
    match &wanted.view {
        None => Ok(View::Week),
        Some(text) => View::parse(text).ok_or(Fault::Input(
            "there are views of a day, a week and a month; choose one of them",
        )),
    }
}

async fn page(
    site: &Site,
    signed: &Signed,
    who: &Whose,
    wanted: &Wanted,
    filter: &Filter,
    (errors, typed): (&Errors, &str),
) -> Result<Markup, Fault> {
    const FAR: Fault = Fault::Input("the day is too far away; choose one within a few years");
    let now = clock::now();
    let view = view(wanted)?;
    let day = fields::asked_day(wanted.day.as_deref(), who.today)?;
    let (from, to) = view.around(day).ok_or(FAR)?;
    let on = format!("{} of {day}{}", view.as_str(), filter.said());
    site.looks(signed, audit::SAW_TIMELINE, Some(&who.id), &on)
        .await?;
    let end = to
        .tomorrow()
        .ok()
        .and_then(|day| words::midnight(day, &who.zone));
    let span = (
        words::midnight(from, &who.zone).ok_or(FAR)?,
        end.ok_or(FAR)?,
    );
    let noted = notes::beside(site, signed, who, span).await?;
    let outside = intelligence::beside(site, signed, who, span).await?;
    let (whose, narrowed, zone) = (who.id.clone(), filter.clone(), who.zone.clone());
    let figures = site
        .store
        .read(move |read| {
            let days = (from, to);
            Ok::<_, StoreError>(figures::gather(read, &whose, &narrowed, days, &zone, now)?)
        })
        .await?;
    let around = show::Around {
        signed,
        person: &who.id,
        view,
        day,
        today: who.today,
        zone: &who.zone,
        filter,
        order: who.text.as_deref(),
        errors,
        typed,
    };
    let body = html! {
        (errors.summary())
        h1 { "Timeline" }
        p { b { (title(view, from, to)) } }
        (show::body(&around, &figures))
        (noted)
        (outside)
    };
    Ok(who.page(signed, Tab::Timeline, "Timeline", &body))
}

fn title(view: View, from: Date, to: Date) -> String {
    match view {
        View::Day => from.strftime("%A %-d %B %Y").to_string(),
        View::Week => format!("{} to {}", picture::named(from), picture::named(to)),
        View::Month => from.strftime("%B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_as_long_as_their_field() {
        assert_eq!(amiss(&"x".repeat(LONGEST)), None);
        assert!(amiss(&"x".repeat(LONGEST + 1)).is_some() && amiss("a").is_some());
    }
}
