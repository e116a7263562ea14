//! The register of declared devices and accounts, held against what records show.
//!
//! Promises: what was declared is added and withdrawn with a reason, and stays. The two sides are facts, each
//! with who noted it or which record shows it, and the page says how far back it looked.
//!
//! Refuses: to call anything a breach. What was seen and not declared may be somebody else's, or need not be
//! declared; what was declared and not seen may be in a drawer.

mod held;
mod seen;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::StoreError;
use crate::store::declared::{self, Item, ItemKind, Withdrawn};

use super::Site;
use super::fault::Fault;
use super::fields::{self, Each, Filled, Label, label};
use super::form::Form;
use super::gate::Signed;
use super::govuk::{self, Head};
use super::head::{self, Tab, Whose};
use super::{audit, decide, keep, words, zones};
use held::{By, Held};
use seen::{Looked, Seen, Shown};

/// Most letters of an item, and of why it is withdrawn.
const WHAT: usize = 300;
const WHY: usize = 1_000;

/// Items that are shown.
const SHOWN: u64 = 500;

const ONE: Label<'_> = Label {
    name: "what",
    says: "Which one",
    hint: "Make and serial number, address, or name, as it is written there.",
};
const SINCE: Label<'_> = label("since", "Had since (optional)");
const DECLARED: Label<'_> = label("declared", "Declared on");
const ENDED: Label<'_> = label("why", "Why it no longer counts");

/// A new item.
#[derive(Deserialize)]
pub(super) struct New {
    token: String,
    once: String,
    #[serde(default)]
    kind: String,
    what: String,
    since: String,
    declared: String,
}

/// The end of an item.
#[derive(Deserialize)]
pub(super) struct End {
    token: String,
    item: String,
    why: String,
}

/// What is typed into each form of the page.
struct Forms {
    new: Filled,
    /// One for each item that counts.
    end: Each,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let whose = site.whose(&signed, &id, audit::SAW_REGISTER, "").await?;
    page(&site, &signed, &whose, &Forms::empty(&whose)).await
}

/// Adds an item.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<New>,
) -> Result<Response, Fault> {
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let once = fields::named(&sent.once)?;
    let mut filled = Filled::default();
    let kind = filled.one_of::<ItemKind>("kind", &sent.kind, "Choose what was declared.");
    let what = filled.words(ONE, &sent.what, WHAT, Some("Say which one it is."));
    let since = filled.maybe_day(SINCE, &sent.since);
    let declared = filled.day(DECLARED, &sent.declared, "Say when they told of it.");
    for (label, day) in [(SINCE, since), (DECLARED, declared)] {
        if day.is_some_and(|day| day > whose.today) {
            filled.amiss(label, "this day is still to come.");
        }
    }
    if let (Some(kind), Some(declared), true) = (kind, declared, filled.is_good()) {
        let item = Item {
            id: once,
            person: whose.id.clone(),
            kind,
            what,
            since,
            declared,
            staff: signed.staff.clone(),
            at: clock::now(),
            withdrawn: None,
            staff_name: String::new(),
        };
        let kept = site
            .keep(&signed, &whose, audit::DECLARED, move |tx, _| {
                let there = declared::get(tx, &item.id)?.map(|there| Item {
                    at: item.at,
                    withdrawn: None,
                    staff_name: String::new(),
                    ..there
                });
                if keep::is_there(there, &item)? {
                    return Ok(None);
                }
                declared::add(tx, &item)?;
                Ok(Some(kind_words(kind).to_owned()))
            })
            .await;
        if filled.was_taken(kept, ("what", keep::USED))? {
            return Ok(decide::to(&whose.at(Tab::Register)));
        }
    }
    let forms = Forms {
        new: filled,
        end: Each::default(),
    };
    Ok(keep::again(page(&site, &signed, &whose, &forms).await?))
}

/// Withdraws an item.
pub(super) async fn withdraw(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(sent): Form<End>,
) -> Result<Response, Fault> {
    const NONE: Fault =
        Fault::Missing("there is no such item in this person's register; look in the list");
    let whose = site.form_about(&signed, &sent.token, &id).await?;
    let mut filled = Filled::default().within(&sent.item);
    let why = filled.words(ENDED, &sent.why, WHY, Some("Say why it no longer counts."));
    if filled.is_good() {
        let withdrawn = Withdrawn {
            at: clock::now(),
            by: signed.staff.clone(),
            why,
            by_name: String::new(),
        };
        let item = sent.item.clone();
        let kept = site
            .keep(&signed, &whose, audit::WITHDREW, move |tx, by| {
                let item = declared::get(tx, &item)?.filter(|item| item.person == by.person);
                let item = item.ok_or(NONE)?;
                match item.withdrawn {
                    None => {
                        declared::withdraw(tx, &item.id, &withdrawn)?;
                        Ok(Some(format!("{} {}", kind_words(item.kind), item.id)))
                    }
                    Some(before) if before.is_same(&withdrawn) => Ok(None),
                    Some(_) => Err(Fault::Stale),
                }
            })
            .await;
        let stale = "This item was withdrawn while you had this page open, so your reason was not recorded. Read \
                     the other, and write a note if there is more to say.";
        if filled.was_taken(kept, ("why", stale))? {
            return Ok(decide::to(&whose.at(Tab::Register)));
        }
    }
    let forms = Forms {
        end: Each::sent(sent.item, filled),
        ..Forms::empty(&whose)
    };
    Ok(keep::again(page(&site, &signed, &whose, &forms).await?))
}

impl Forms {
    fn empty(whose: &Whose) -> Self {
        let mut new = Filled::default();
        new.typed("declared", &whose.today.to_string());
        Self {
            new,
            end: Each::default(),
        }
    }
}

async fn page(site: &Site, signed: &Signed, whose: &Whose, forms: &Forms) -> Result<Markup, Fault> {
    let (id, now) = (whose.id.clone(), clock::now());
    let (items, looked) = site
        .store
        .read(move |read| {
            let items = declared::of_person(read, &id, SHOWN)?;
            Ok::<_, StoreError>((items, seen::look(read, &id, now)?))
        })
        .await?;
    let held = Held::new(&items, &looked.seen);
    let counts = items.iter().filter(|item| item.withdrawn.is_none());
    let counts = counts.map(|item| item.id.as_str());
    let body = html! {
        (forms.new.summary())
        (forms.end.summary())
        h1 { "Register of declared devices and accounts" }
        p {
            "What the person told of, beside what records of their computers show. A difference is a fact to \
             ask about and no finding: a thing may be somebody else's, or out of use."
        }
        @if let Some(left) = forms.end.left(counts) {
            (left.area(label("why", "What you typed"), WHY))
        }
        (back(whose, &looked))
        (both(signed, whose, &held, &looked, forms))
        (unseen(signed, whose, &held, forms))
        (undeclared(whose, &held, &looked))
        (said(whose, &looked))
        (withdrawn(whose, &items))
        (form(signed, whose, &forms.new)?)
    };
    Ok(whose.page(signed, Tab::Register, "Register", &body))
}

/// How far back it looked.
fn back(whose: &Whose, looked: &Looked) -> Markup {
    html! {
        p.quiet {
            @match looked.back_to {
                None => {
                    "No record of the last " (seen::DAYS) " days is held, so only what was enrolled counts as seen."
                }
                Some(at) => {
                    "Records were looked at back to " (words::moment(at, &whose.reader))
                    @if looked.cut { ": there are more of the last " (seen::DAYS) " days than this page reads" }
                    ". What was seen earlier only does not show here."
                }
            }
        }
        @if looked.unreadable > 0 {
            p.fault {
                (words::counted(looked.unreadable as i128, "report or record"))
                " cannot be read; the pages of the days say which."
            }
        }
    }
}

fn both(signed: &Signed, whose: &Whose, held: &Held<'_>, looked: &Looked, forms: &Forms) -> Markup {
    html! {
        section aria-labelledby="both" {
            h2 #both { "Declared and seen" }
            @if held.both.is_empty() { p.empty { "Nothing that was declared was seen." } }
            ul.rows {
                @for (item, same) in &held.both {
                    li {
                        (item_words(whose, item))
                        @for (by, seen) in same {
                            p {
                                (thing(whose, seen, looked))
                                @if *by == By::Model {
                                    " It has this model's name; its own serial number was not declared."
                                }
                            }
                        }
                        (end(signed, whose, item, forms))
                    }
                }
            }
        }
    }
}

fn unseen(signed: &Signed, whose: &Whose, held: &Held<'_>, forms: &Forms) -> Markup {
    html! {
        section aria-labelledby="unseen" {
            h2 #unseen { "Declared, not seen" }
            @if held.unseen.is_empty() { p.empty { "All that was declared was seen." } }
            ul.rows {
                @for item in &held.unseen {
                    li {
                        (item_words(whose, item))
                        @if !held::can_be_seen(item.kind) {
                            p.quiet { "Records of computers do not show such a thing." }
                        }
                        (end(signed, whose, item, forms))
                    }
                }
            }
        }
    }
}

fn undeclared(whose: &Whose, held: &Held<'_>, looked: &Looked) -> Markup {
    html! {
        section aria-labelledby="undeclared" {
            h2 #undeclared { "Seen, not declared" }
            @if held.undeclared.is_empty() { p.empty { "All that was seen was declared." } }
            ul.rows {
                @for seen in &held.undeclared { li { p { (thing(whose, seen, looked)) } } }
            }
        }
    }
}

/// What the person declared on a computer.
fn said(whose: &Whose, looked: &Looked) -> Markup {
    html! {
        @if !looked.said.is_empty() {
            section aria-labelledby="said" {
                h2 #said { "Declared on a computer" }
                p.quiet { "In the person's own words. Enter in the register what is to count." }
                ul.rows {
                    @for (what, which, shown) in &looked.said {
                        li { p { (what) ": " bdi { (which) } ". " (record(whose, shown, looked)) } }
                    }
                }
            }
        }
    }
}

fn withdrawn(whose: &Whose, items: &[Item]) -> Markup {
    let gone: Vec<_> = items
        .iter()
        .filter_map(|item| item.withdrawn.as_ref().map(|end| (item, end)))
        .collect();
    let rows: Vec<_> = gone
        .into_iter()
        .map(|(item, end)| {
            vec![
                html! { (kind_words(item.kind)) ": " bdi { (item.what) } },
                html! { (head::day(item.declared)) },
                words::moment(end.at, &whose.reader),
                html! { (end.by_name) },
                html! { div.reason dir="auto" { (end.why) } },
            ]
        })
        .collect();
    let heads = [
        Head::Text("What"),
        Head::Text("Declared"),
        Head::Text("Withdrawn"),
        Head::Text("By"),
        Head::Text("Why"),
    ];
    html! {
        @if !rows.is_empty() {
            (govuk::details(
                &format!("Withdrawn ({})", rows.len()),
                &govuk::table("Withdrawn from the register", &heads, &rows),
            ))
        }
    }
}

fn item_words(whose: &Whose, item: &Item) -> Markup {
    html! {
        p { b { (kind_words(item.kind)) ": " bdi { (item.what) } } }
        p.quiet {
            "Declared on " (head::day(item.declared))
            @if let Some(since) = item.since { ", had since " (head::day(since)) }
            ". Noted by " (item.staff_name) ", " (words::moment(item.at, &whose.reader)) "."
        }
    }
}

fn thing(whose: &Whose, seen: &Seen, looked: &Looked) -> Markup {
    html! {
        bdi { (seen.what) } ". "
        @if let Some(shown) = &seen.shown { (record(whose, shown, looked)) }
    }
}

/// Which record shows something.
fn record(whose: &Whose, shown: &Shown, looked: &Looked) -> Markup {
    let host = looked.hosts.get(&shown.device);
    let day = words::date(shown.at, &whose.zone);
    let own = looked.zones.at(shown.device, shown.seq);
    html! {
        span.quiet {
            "First "
            a href={ "/person/" (whose.id) "/day?day=" (day) } { (words::moment(shown.at, &whose.reader)) }
            (zones::by_its_clock(shown.at, &whose.reader, own.as_deref()))
            ": record " (shown.seq) " of "
            (host.map_or("a computer", String::as_str))
            @if shown.times > 1 { ", and " (words::counted(i128::from(shown.times) - 1, "more record")) }
            "."
        }
    }
}

fn end(signed: &Signed, whose: &Whose, item: &Item, forms: &Forms) -> Markup {
    let (filled, sent) = forms.end.of(&item.id);
    html! {
        details.govuk-details open[sent] {
            summary.govuk-details__summary {
                span.govuk-details__summary-text {
                    "Withdraw" span.govuk-visually-hidden { ": " (item.what) }
                }
            }
            form method="post" action={ (whose.at(Tab::Register)) "/withdraw" } {
                (govuk::hidden("token", &signed.token))
                (govuk::hidden("item", &item.id))
                (filled.area(ENDED, WHY))
                (govuk::button("Withdraw it"))
            }
        }
    }
}

fn form(signed: &Signed, whose: &Whose, filled: &Filled) -> Result<Markup, Fault> {
    let kinds = ItemKind::ALL.map(|kind| (kind.as_str(), kind_words(kind)));
    Ok(html! {
        section aria-labelledby="new" {
            h2 #new { "Enter what was declared" }
            form.sheet method="post" action=(whose.at(Tab::Register)) {
                (govuk::hidden("token", &signed.token))
                (fields::once()?)
                (filled.select(label("kind", "What"), kinds))
                (filled.input(ONE, WHAT))
                (filled.other(SINCE, "date"))
                (filled.other(DECLARED, "date"))
                (govuk::button("Enter it"))
            }
        }
    })
}

const fn kind_words(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Computer => "Computer",
        ItemKind::Phone => "Phone or tablet",
        ItemKind::Other => "Other device or storage",
        ItemKind::Email => "E-mail address",
        ItemKind::UserName => "User name",
        ItemKind::Account => "Account at a service",
        ItemKind::Profile => "Browser profile",
        ItemKind::Bank => "Bank account or card",
    }
}
