//! Figures that yearly returns ask for: people by level of risk, orders, what was decided.
//!
//! Promises: counts only, of a stated time, as they are; the page and the file say the same. What software
//! found is counted apart from what people decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::{Date, date};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::plan::Level;
use crate::store::returns::{self, Decided, Put};
use crate::store::{PersonId, StoreError};

use super::super::csv::Csv;
use super::super::decide::Verdict;
use super::super::fault::Fault;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::layout::{self, Page};
use super::super::{Site, audit, head, words};

/// Which year.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    year: Option<String>,
}

/// A line: of which part, of what, how many, and about how many people where that is another number.
struct Line {
    part: &'static str,
    what: String,
    count: u64,
    people: Option<u64>,
}

struct Figures {
    /// The first day and the last.
    days: (Date, Date),
    /// Whether it is not over.
    open: bool,
    lines: Vec<Line>,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let figures = gather(&site, &signed, &wanted).await?;
    let year = figures.days.0.year();
    let mut parts: Vec<&str> = figures.lines.iter().map(|line| line.part).collect();
    parts.dedup();
    let body = html! {
        (govuk::breadcrumbs(&[("/team", "Team")]))
        h1 { "Figures for returns" }
        p.summary { (period(&figures)) ", of everybody whom you see as a supervisor now." }
        @if figures.open { p.note { "This year is not over: what stands at its end stands as it is today." } }
        form.inline method="get" action="/team/figures" {
            (govuk::Input {
                id: "year", label: "Year that begins on 1 April", value: &year.to_string(), width: Some(4),
                inputmode: Some("numeric"), ..govuk::Input::default()
            })
            (govuk::secondary("Show"))
        }
        @for part in parts { (table(part, &figures)) }
        p.quiet {
            "Counts only. Possible breaches are what software found; decisions are what people said of them, and \
             each decision counts. Small counts stand as they are: do not publish them as they are."
        }
        p { a href={ "/team/figures.csv?year=" (year) } { "Get them as CSV" } }
    };
    let about = Page {
        title: "Figures",
        here: "/team",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// The file.
pub(in crate::web) async fn csv(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let figures = gather(&site, &signed, &wanted).await?;
    let mut file = Csv::new(&["from", "to", "part", "what", "count", "people"]);
    let (from, to) = (figures.days.0.to_string(), figures.days.1.to_string());
    for line in &figures.lines {
        let count = line.count.to_string();
        let people = line.people.map(|people| people.to_string());
        let people = people.as_deref().unwrap_or_default();
        file.row([&from, &to, line.part, &line.what, &count, people]);
    }
    Ok(file.send(&format!("proviso-figures-{}", figures.days.0.year())))
}

fn period(figures: &Figures) -> String {
    let day = |day: Date| day.strftime("%-d %B %Y").to_string();
    format!("{} to {}", day(figures.days.0), day(figures.days.1))
}

fn table(part: &str, figures: &Figures) -> Markup {
    let lines: Vec<_> = figures
        .lines
        .iter()
        .filter(|line| line.part == part)
        .collect();
    let people = lines.iter().any(|line| line.people.is_some());
    let mut heads = vec![Head::Text(part), Head::Number("Count")];
    if people {
        heads.push(Head::Number("People"));
    }
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let mut row = vec![html! { (line.what) }, html! { (line.count) }];
            if people {
                row.push(html! { @if let Some(people) = line.people { (people) } });
            }
            row
        })
        .collect();
    html! { (govuk::table(&format!("{part}, {}", period(figures)), &heads, &rows)) }
}

async fn gather(site: &Site, signed: &Signed, wanted: &Wanted) -> Result<Figures, Fault> {
    const FAR: Fault =
        Fault::Input("the year is not one; write it as 2026, then open the page again");
    let now = clock::now();
    let today = words::date(now, &site.zone);
    let year = match wanted.year.as_deref() {
        None | Some("") if today >= date(today.year(), 4, 1) => today.year(),
        None | Some("") => today.year() - 1,
        Some(text) => text.parse().map_err(|_| FAR)?,
    };
    if !(1970..=2199).contains(&year) {
        return Err(FAR);
    }
    let days = (date(year, 4, 1), date(year + 1, 3, 31));
    let span = (
        words::midnight(days.0, &site.zone).ok_or(FAR)?,
        words::midnight(date(year + 1, 4, 1), &site.zone).ok_or(FAR)?,
    );
    site.looks(signed, audit::SAW_TEAM, None, &format!("figures {year}"))
        .await?;
    let staff = signed.staff.clone();
    let (levels, puts, decided, found) = site
        .store
        .read(move |read| {
            let about = (staff.as_str(), now);
            Ok::<_, StoreError>((
                returns::levels(read, about, span.1)?,
                returns::orders(read, about, span.1)?,
                returns::decisions(read, about, span)?,
                returns::found(read, about, span)?,
            ))
        })
        .await?;
    let mut lines = people(&levels);
    lines.extend(orders(site, puts, (days, span), today.min(days.1)).await?);
    lines.extend(decisions(&decided, found));
    Ok(Figures {
        days,
        open: now < span.1,
        lines,
    })
}

fn people(levels: &BTreeMap<String, u64>) -> Vec<Line> {
    let line = |what: String, count| Line {
        part: "People by level of risk",
        what,
        count,
        people: None,
    };
    let mut lines = vec![line("All".to_owned(), levels.values().sum())];
    for (word, count) in levels {
        let what = match (word.as_str(), word.parse::<Level>()) {
            ("", _) => "Not assessed".to_owned(),
            (_, Ok(level)) => head::level_words(level).to_owned(),
            (other, Err(_)) => other.to_owned(),
        };
        lines.push(line(what, *count));
    }
    lines
}

/// In force on `last`; made, varied and ended within the days.
async fn orders(
    site: &Site,
    puts: Vec<Put>,
    (days, span): ((Date, Date), (i64, i64)),
    last: Date,
) -> Result<Vec<Line>, Fault> {
    let (mut made, mut varied, mut ended, mut in_force) = (0, 0, 0, 0);
    let mut newest: BTreeMap<(PersonId, String), Put> = BTreeMap::new();
    for put in puts {
        let key = (put.person.clone(), put.id.clone());
        let first = !newest.contains_key(&key);
        if (span.0..span.1).contains(&put.at) {
            if first { made += 1 } else { varied += 1 }
        }
        newest.insert(key, put);
    }
    for put in newest.values() {
        let Some(text) = site.texts.get(put.digest).await? else {
            continue;
        };
        let day = |text: &Option<String>| -> Option<Date> { text.as_deref()?.parse().ok() };
        let (starts, ends) = (day(&text.days.0), day(&text.days.1));
        ended += u64::from(ends.is_some_and(|day| days.0 <= day && day <= days.1 && day <= last));
        let begun = starts.is_none_or(|day| day <= last);
        in_force += u64::from(begun && ends.is_none_or(|day| day > last));
    }
    let line = |what: &str, count| Line {
        part: "Orders",
        what: what.to_owned(),
        count,
        people: None,
    };
    Ok(vec![
        line("In force at the end", in_force),
        line("Made", made),
        line("Varied", varied),
        line("Ended by their term", ended),
    ])
}

fn decisions(decided: &[Decided], found: (u64, u64)) -> Vec<Line> {
    const PART: &str = "Possible breaches and decisions";
    let mut lines = vec![Line {
        part: PART,
        what: "Possible breaches found by software".to_owned(),
        count: found.0,
        people: Some(found.1),
    }];
    let own = decided
        .iter()
        .filter(|one| one.verdict != "acknowledged" && one.verdict != "reopened");
    lines.extend(own.map(|one| Line {
        part: PART,
        what: Verdict::words_of(&one.verdict).to_owned(),
        count: one.count,
        people: Some(one.people),
    }));
    lines
}
