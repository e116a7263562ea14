//! The words and tables of a timeline.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::Kind;
use proviso_report::coverage::length;

use super::LONGEST;
use super::figures::{Figure, Figures, View};
use super::filter::{Filter, Text, mark};
use super::picture::{self, named};
use crate::digest::{HOURS, Use, terms};
use crate::order_text::OrderText;
use crate::store::PersonId;
use crate::web::gate::Signed;
use crate::web::govuk::{self, Choice, Errors, Head, Input, Select};
use crate::web::words;

/// Lines of a list of sites.
const TOP: usize = 15;
/// Days on which words stand that are named.
const NAMED: usize = 60;

/// What is around the figures.
pub(super) struct Around<'a> {
    pub(super) signed: &'a Signed,
    pub(super) person: &'a PersonId,
    pub(super) view: View,
    pub(super) day: Date,
    pub(super) today: Date,
    pub(super) zone: &'a TimeZone,
    pub(super) filter: &'a Filter,
    pub(super) order: Option<&'a OrderText>,
    pub(super) errors: &'a Errors,
    pub(super) typed: &'a str,
}

impl Around<'_> {
    fn path(&self) -> String {
        format!("/person/{}/timeline", self.person)
    }

    fn address(&self, view: View, day: Date, filter: &str) -> String {
        let (path, view) = (self.path(), view.as_str());
        format!("{path}?view={view}&day={day}&{filter}")
            .trim_end_matches('&')
            .to_owned()
    }

    fn records(&self, day: Date, filter: &str) -> String {
        format!("/person/{}/day?day={day}&{filter}", self.person)
            .trim_end_matches('&')
            .to_owned()
    }
}

/// All of it below the heading.
pub(super) fn body(around: &Around<'_>, figures: &Figures) -> Markup {
    html! {
        (views(around))
        (steps(around))
        (narrow(around, figures))
        (state_of(figures))
        (picture::show(&figures.days, &in_words(figures)))
        (legend(figures))
        (trend(figures))
        (days(around, figures))
        (hours(figures))
        (ranked(around, figures))
    }
}

fn views(around: &Around<'_>) -> Markup {
    let query = around.filter.query();
    let links = View::ALL.map(|view| {
        let name = match view {
            View::Day => "Day",
            View::Week => "Week",
            View::Month => "Month",
        };
        (around.address(view, around.day, &query), name)
    });
    let here = around.address(around.view, around.day, &query);
    govuk::sub_navigation("How much of time", &here, &links)
}

fn steps(around: &Around<'_>) -> Markup {
    let query = around.filter.query();
    let (before, after) = around.view.beside(around.day);
    let after = after.filter(|day| {
        let begins = around.view.around(*day).map(|(from, _)| from);
        begins.is_some_and(|from| from <= around.today)
    });
    let name = around.view.as_str();
    html! {
        nav.days aria-label="Days" {
            @if let Some(day) = before {
                a rel="prev" href=(around.address(around.view, day, &query)) { "The " (name) " before" }
            }
            @if let Some(day) = after {
                a rel="next" href=(around.address(around.view, day, &query)) { "The " (name) " after" }
            }
        }
    }
}

/// The forms that narrow.
fn narrow(around: &Around<'_>, figures: &Figures) -> Markup {
    let filter = around.filter;
    let mut kinds: Vec<String> = figures.kinds.iter().cloned().collect();
    kinds.extend(filter.kind.map(|kind| kind.as_str().to_owned()));
    kinds.sort_unstable();
    kinds.dedup();
    let named: Vec<(String, String)> = kinds
        .into_iter()
        .filter(|kind| !kind.is_empty())
        .map(|kind| {
            let words = Kind::parse(&kind).map_or_else(|| kind.clone(), kind_in_words);
            (kind, words)
        })
        .collect();
    let clauses: Vec<(String, String)> = around.order.map_or_else(Vec::new, |order| {
        let clauses = order.clauses();
        clauses
            .map(|(id, _)| (id.to_owned(), format!("Clause {id}")))
            .collect()
    });
    let devices = figures
        .devices
        .iter()
        .map(|(device, host)| (device.to_string(), host.clone()));
    let devices: Vec<_> = devices.collect();
    let accounts = figures
        .accounts
        .iter()
        .map(|name| (mark(around.person, name), name.clone()));
    let accounts: Vec<_> = accounts.collect();
    let chosen = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let device = filter.device.map(|device| device.to_string());
    let selects = [
        (
            "kind",
            "Kind",
            "All that they did",
            &named,
            chosen(filter.kind.map(Kind::as_str)),
        ),
        (
            "clause",
            "Clause",
            "All clauses",
            &clauses,
            chosen(filter.clause.as_deref()),
        ),
        (
            "device",
            "Device",
            "All devices",
            &devices,
            chosen(device.as_deref()),
        ),
        (
            "account",
            "Account",
            "All accounts",
            &accounts,
            chosen(filter.account.as_deref()),
        ),
    ];
    html! {
        form.inline method="get" action=(around.path()) {
            (govuk::hidden("view", around.view.as_str()))
            (Input { id: "day", label: "Day", value: &around.day.to_string(), kind: "date", width: Some(10), required: true, ..Input::default() })
            @for (id, label, all, choices, chosen) in &selects {
                (select(id, label, all, choices, chosen))
            }
            @match &filter.text {
                Some(Text::Words { search, .. }) => (govuk::hidden("find", search)),
                Some(Text::Term(term)) => (govuk::hidden("term", &format!("{term:016x}"))),
                None => {}
            }
            (govuk::secondary("Show"))
        }
        form.inline method="post" action={ (around.path()) "/find" } {
            (govuk::hidden("token", &around.signed.token))
            (govuk::hidden("view", around.view.as_str()))
            (govuk::hidden("day", &around.day.to_string()))
            @for (id, _, _, _, chosen) in &selects { (govuk::hidden(id, chosen)) }
            (Input {
                id: "words", label: "Find words, a site, an application or a file name", value: around.typed,
                kind: "search", width: Some(30), longest: Some(LONGEST), error: around.errors.of("words"), ..Input::default()
            })
            (govuk::secondary("Find"))
        }
        (narrowed(around, figures))
    }
}

fn select(id: &str, label: &str, all: &str, choices: &[(String, String)], chosen: &str) -> Markup {
    let first = std::iter::once(Choice::new("", all));
    let choices = first.chain(choices.iter().map(|(value, text)| Choice::new(value, text)));
    let choices: Vec<_> = choices.collect();
    html! {
        (Select { id, label, choices: &choices, chosen, ..Select::default() })
    }
}

/// What the list is narrowed by, and where the words stand.
fn narrowed(around: &Around<'_>, figures: &Figures) -> Markup {
    let filter = around.filter;
    if filter.is_empty() {
        return html! {};
    }
    let none = around.address(around.view, around.day, "");
    html! {
        @if let (Some(text), Some(hits)) = (&filter.text, &figures.hits) {
            h2 {
                @match text {
                    Text::Words { words, .. } => { "Where “" (words) "” occurs" }
                    Text::Term(term) => { "Where " (label(figures, *term)) " occurs" }
                }
            }
            @if hits.days.is_empty() {
                p.empty { "On no day that is in the figures. Paths, arguments of programs and what stands behind a site in an address are not looked through here." }
            } @else {
                p {
                    "On " (words::counted(hits.days.len() as i128, "day")) ", in at most "
                    (words::counted(i128::from(hits.count), "record"))
                    ". Of several words all occur on the day, though not always in one record."
                }
                ul.rows.many {
                    @for day in hits.days.iter().rev().take(NAMED) {
                        li { a href=(around.records(*day, &filter.query())) { (named(*day)) } }
                    }
                }
                @if hits.days.len() > NAMED {
                    p.quiet { "The newest " (NAMED) " are named; the table below marks those that it shows." }
                }
            }
        }
        p { a href=(none) { "Show everything again" } }
    }
}

/// What people call it: by its name where it is among those shown.
fn label(figures: &Figures, term: u64) -> String {
    let names = figures
        .sites
        .iter()
        .chain(&figures.apps)
        .map(|(name, _)| name);
    let found = figures.blind.as_ref().and_then(|blind| {
        names
            .filter(|name| !name.is_empty())
            .find(|name| blind.term(&terms::whole(name)) == term)
    });
    found.map_or_else(
        || "this site or application".to_owned(),
        |name| format!("“{name}”"),
    )
}

/// What is not in the figures.
fn state_of(figures: &Figures) -> Markup {
    html! {
        @if figures.devices.is_empty() {
            p.empty { "No computer is enrolled, so nothing can be recorded." }
        }
        @if figures.behind > 0 {
            p.note {
                (words::counted(i128::from(figures.behind), "record")) " came a moment ago or are being gone through "
                "again, and are in no figure yet. Open the page again in a minute."
            }
        }
        @if figures.erased > 0 {
            p.note {
                (words::counted(i128::from(figures.erased), "record")) " of this person were erased, of whatever day. "
                "They are in no figure."
            }
        }
        @if figures.unread > 0 {
            p.fault {
                (words::counted(i128::from(figures.unread), "record")) " that are held cannot be read and are in no "
                "figure: restore the store from a backup. They are looked at again when the collector starts."
            }
        }
    }
}

/// The picture, for whoever does not see it.
fn in_words(figures: &Figures) -> String {
    let records: u64 = figures.days.iter().map(Figure::total).sum();
    let active = figures.days.iter().filter(|day| day.total() > 0).count();
    format!(
        "{} on {} of {}, by hour, and how the time was watched; the tables below say it in numbers",
        words::counted(i128::from(records), "record"),
        active,
        words::counted(figures.days.len() as i128, "day"),
    )
}

fn legend(figures: &Figures) -> Markup {
    let [one, two, three, four, five] = picture::STEPS;
    let hosts: Vec<_> = figures.days.first().map_or_else(Vec::new, |day| {
        day.covered.iter().map(|(host, _)| host.as_str()).collect()
    });
    html! {
        p.quiet {
            "A bar has five heights: from " (one) ", " (two) ", " (three) ", " (four) " and " (five)
            " records in that hour. "
            @if !hosts.is_empty() {
                "Below, a strip for each computer (" (hosts.join(", ")) "): high and red where it was dark, less "
                "high and green where it was monitored, low and grey where it was off, a line where no order was in "
                "force."
            }
        }
    }
}

/// Beside what is usual, over the days that are over.
fn trend(figures: &Figures) -> Markup {
    let known: Vec<_> = figures
        .days
        .iter()
        .filter_map(|day| Some((day, day.usual?)))
        .collect();
    let (mut records, mut front, mut usual, mut usual_front) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (day, (own, own_front)) in &known {
        records = records.saturating_add(day.total());
        front = front.saturating_add(day.front);
        usual = usual.saturating_add(*own);
        usual_front = usual_front.saturating_add(*own_front);
    }
    html! {
        h2 { "Beside what is usual for this person" }
        @if known.is_empty() {
            p.quiet { "Not enough is known yet: at least three of the same weekday in the eight weeks before." }
        } @else {
            p {
                b { (words::counted(i128::from(records), "record")) } ", usually " (usual) "; in front "
                b { (length(front)) } ", usually " (length(usual_front)) ". Usual is the middle of the same weekdays "
                "in the eight weeks before, added up over "
                (words::counted(known.len() as i128, "day")) "."
            }
        }
    }
}

fn days(around: &Around<'_>, figures: &Figures) -> Markup {
    let hits = figures.hits.as_ref();
    let mut heads = vec![
        Head::Text("Day"),
        Head::Number("Records"),
        Head::Number("Usual"),
        Head::Text("In front"),
        Head::Text("First and last"),
        Head::Text("How it was watched"),
        Head::Number("Possible breaches"),
    ];
    if hits.is_some() {
        heads.push(Head::Text("Words"));
    }
    let rows: Vec<Vec<Markup>> = figures
        .days
        .iter()
        .map(|day| {
            let mut row = vec![
                html! { a href=(around.records(day.day, &around.filter.query())) { (named(day.day)) } },
                html! { (day.total()) },
                match day.usual {
                    Some((usual, _)) => html! { (usual) },
                    None => html! { "not known" },
                },
                html! { (length(day.front)) },
                match day.active {
                    Some((first, last)) => html! {
                        (words::clock(first, around.zone)) " to " (words::clock(last, around.zone))
                    },
                    None => html! { "nothing" },
                },
                html! {
                    @for (host, covered) in &day.covered {
                        div { @if day.covered.len() > 1 { (host) ": " } (words::watched(&covered.total())) }
                    }
                },
                html! { (day.findings) },
            ];
            if let Some(hits) = hits {
                row.push(html! { (if hits.days.contains(&day.day) { "occur" } else { "no" }) });
            }
            row
        })
        .collect();
    html! {
        (govuk::table("The days", &heads, &rows))
        p.quiet {
            "A day without records is not a day on which nothing happened: how it was watched stands beside it. "
            "Days and times of the figures are those of " (words::zone_name(around.zone)) ", by the devices' clocks."
        }
    }
}

/// The numbers of the picture.
fn hours(figures: &Figures) -> Markup {
    let names: Vec<String> = (0..HOURS).map(|hour| format!("{hour:02}")).collect();
    let heads =
        std::iter::once(Head::Text("Day")).chain(names.iter().map(|name| Head::Number(name)));
    let heads: Vec<_> = heads.collect();
    let rows = figures.days.iter().map(|day| {
        let head = html! { (named(day.day)) };
        let counts = day.hours.iter().map(|count| html! { (count) });
        std::iter::once(head).chain(counts).collect()
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    govuk::details(
        "Records by hour, in numbers",
        &govuk::table("Records by hour", &heads, &rows),
    )
}

fn ranked(around: &Around<'_>, figures: &Figures) -> Markup {
    let narrowed = around.filter.kind.is_some()
        || around.filter.clause.is_some()
        || around.filter.account.is_some()
        || around.filter.text.is_some();
    html! {
        h2 { "Sites and applications" }
        @if narrowed {
            p.quiet { "These are of all records of these days, whatever the list is narrowed by; only the device counts." }
        }
        (list(around, figures, "Sites", &figures.sites, "Visits"))
        (list(around, figures, "Applications", &figures.apps, "Starts"))
    }
}

fn list(
    around: &Around<'_>,
    figures: &Figures,
    caption: &str,
    all: &[(String, Use)],
    times: &str,
) -> Markup {
    if all.is_empty() {
        return html! { p.empty { (caption) ": none are recorded for these days." } };
    }
    let heads = [
        Head::Text("Name"),
        Head::Number(times),
        Head::Text("In front"),
    ];
    let row = |(name, Use(times, front)): &(String, Use)| {
        vec![
            html! {
                @match (&figures.blind, name.is_empty()) {
                    (_, true) => "others, too many to be named",
                    (None, false) => (name),
                    (Some(blind), false) => {
                        @let term = blind.term(&terms::whole(name));
                        @let query = around.filter.without_text(Some(("term", format!("{term:016x}"))));
                        @let to = match around.view {
                            View::Day => around.records(around.day, &query),
                            View::Week | View::Month => around.address(around.view, around.day, &query),
                        };
                        a href=(to) { (name) }
                    }
                }
            },
            html! { (times) },
            html! { (length(*front)) },
        ]
    };
    let rows: Vec<_> = all.iter().take(TOP).map(row).collect();
    html! {
        (govuk::table(caption, &heads, &rows))
        @if all.len() > TOP {
            @let more: Vec<_> = all.iter().skip(TOP).take(200).map(row).collect();
            (govuk::details(&format!("{} more", all.len() - TOP), &govuk::table(&format!("More {}", caption.to_lowercase()), &heads, &more)))
        }
    }
}

fn kind_in_words(kind: Kind) -> String {
    let words = kind.as_str().replace('_', " ");
    let mut letters = words.chars();
    let first: String = letters
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}", letters.as_str())
}
