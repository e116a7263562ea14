//! All possible breaches that wait, alike ones in one line.
//!
//! Promises: forty visits to one site under one rule are one line with a count; worst first, then
//! longest waiting.

use std::sync::Arc;

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::casework::{self, Group};
use crate::store::{Hash, StoreError, people};

use super::Site;
use super::fault::Fault;
use super::gate::Signed;
use super::layout::{self, PER_PAGE, Page};
use super::{audit, words};

/// Most characters of a matched text in a list.
const LONGEST: usize = 200;

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
}

/// One place where a rule matched.
#[derive(Deserialize)]
pub(super) struct Matched {
    pub(super) field: String,
    pub(super) text: String,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_ALERTS, None, "").await?;
    let (page, skip) = layout::skip(wanted.page);
    let now = clock::now();
    let staff = signed.staff.clone();
    let (mut rows, open) = site
        .store
        .read(move |read| {
            let mut rows = Vec::new();
            for group in casework::groups(read, (&staff, now), PER_PAGE + 1, skip)? {
                let person = people::get(read, &group.person)?;
                rows.push((group, person));
            }
            Ok::<_, StoreError>((rows, casework::count_waiting(read, (&staff, now))?))
        })
        .await?;
    let more = rows.len() as u64 > PER_PAGE;
    rows.truncate(PER_PAGE as usize);
    let mut lines = Vec::with_capacity(rows.len());
    for (group, person) in &rows {
        let name = person.as_ref().map(|person| person.name.as_str());
        lines.push(html! {
            li.card {
                h2 { a href={ "/person/" (group.person) } { (name.unwrap_or("Somebody not in the register")) } }
                ul.groups { (line(&site, group, now).await?) }
            }
        });
    }
    let body = html! {
        div #alerts data-live {
            h1 { "Possible breaches" }
            p.summary data-open=(open) {
                (words::possible_breaches(open)) " waiting. Alike ones stand in one line: the same "
                "person, rule and matched part. Worst first, then longest waiting."
            }
            @if lines.is_empty() {
                p.empty { "Nothing is waiting on this page." }
            } @else {
                ul.cards { @for line in &lines { (line) } }
            }
            (layout::pager("/alerts", "", page, more))
        }
    };
    let title = format!("({open}) Possible breaches");
    let about = Page {
        title: &title,
        here: "/alerts",
        live: true,
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// One group as a line of a list.
pub(super) async fn line(site: &Site, group: &Group, now: i64) -> Result<Markup, Fault> {
    let text = site.texts.get(group.order).await?;
    let says = text.as_ref().and_then(|text| text.says(&group.rule));
    let zone = text.as_ref().map_or(&site.zone, |text| &text.zone);
    let link = match group.count {
        1 => format!("/alert/{}", group.any),
        _ => format!("/alert/{}/alike", group.any),
    };
    let (first, last) = group.span;
    Ok(html! {
        li {
            (layout::tag(&group.severity, words::severity(&group.severity)))
            a.what id=(key(group)) href=(link) {
                (words::rule(says, text.is_some(), &group.rule))
            }
            span.matched { (matched(&group.matched)) }
            span.quiet {
                "Clause " (group.clause) ", rule " (group.rule) ". "
                @if group.count == 1 {
                    "Once, " (words::moment(last, zone))
                } @else {
                    b { (group.count) " times" } ", first " (words::moment(first, zone))
                    ", last " (words::moment(last, zone))
                }
                ". Waiting " (words::waiting_for(group.oldest, now)) "."
                @if group.open == 0 { " Somebody is looking into it." }
            }
        }
    })
}

/// The same for the same group on every look, so that the keyboard's place survives an update.
fn key(group: &Group) -> String {
    let (person, order) = (&group.person, &group.order);
    let all = [&group.rule, &group.clause, &group.severity, &group.matched];
    let hash = Hash::of(format!("{person} {order} {all:?}").as_bytes()).to_string();
    format!("g{}", hash.get(..16).unwrap_or_default())
}

/// What matched, in words.
pub(super) fn matched(json: &str) -> Markup {
    let parts: Vec<Matched> = serde_json::from_str(json).unwrap_or_default();
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index > 0 { ", " }
            @match (part.field.as_str(), part.text.as_str()) {
                ("private", "true") => b { "a private window" },
                ("private", _) => b { "an ordinary window" },
                (name, text) => { b { (short(text)) } " " (field(name)) }
            }
        }
    }
}

/// The beginning of a text that could fill a page.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}

fn field(name: &str) -> &str {
    match name {
        "url" => "in the address",
        "host" => "in the host name",
        "title" => "in the page's title",
        "search" => "in what was searched for",
        "search_guess" => "in what may have been searched for",
        "looks_like" => "as what the host name looks like",
        "exe" => "in the program's file",
        "name" => "in the program's name",
        "args" => "in the program's arguments",
        "account" => "as the account",
        "browser" => "as the browser",
        "transition" => "as the way it was opened",
        other => other,
    }
}
