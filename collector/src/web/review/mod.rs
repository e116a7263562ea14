//! Pages for a meeting: the compliance summary of a person, and the brief for a polygraph session.
//!
//! Promises: plain sentences and the tables behind them, of a span of days that is named; what was not
//! watched is said beside what was. Both are pages to print.
//!
//! Refuses: to stand in evidence. The brief is facts alone: no risk level, no note, no intelligence.

mod brief;
mod period;
mod summary;

use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;

use super::Site;
use super::fault::Fault;
use super::fields::{Filled, Label, label};
use super::gate::Signed;
use super::head::{self, Whose};
use super::{govuk, keep};
use period::{Period, PeriodError};

pub(super) use brief::show as polygraph;
pub(super) use summary::show as summary;

/// Days of a period that nobody chose.
const USUAL: i32 = 28;

const FROM: Label<'_> = label("from", "First day");
const TO: Label<'_> = label("to", "Last day");

/// Which days.
#[derive(Deserialize)]
pub(super) struct Wanted {
    from: Option<String>,
    to: Option<String>,
}

/// Days that were asked for, of whom, and what comes of them.
struct Asked {
    whose: Whose,
    filled: Filled,
    /// None where something is wrong with what was asked.
    found: Option<((Date, Date), Period)>,
}

impl Asked {
    /// Enters the look, then works it out.
    async fn open(
        site: &Site,
        signed: &Signed,
        id: &str,
        wanted: &Wanted,
        action: &'static str,
    ) -> Result<Self, Fault> {
        let whose = site.whose_form(signed, id).await?;
        let (mut filled, days) = days(&whose, wanted);
        let on = days.map(|(from, to)| format!("{from} to {to}"));
        let on = on.unwrap_or_default();
        site.looks(signed, action, Some(&whose.id), &on).await?;
        let mut found = None;
        if let Some(days) = days {
            let (id, zone, now) = (whose.id.clone(), whose.zone.clone(), clock::now());
            let gathered = site
                .store
                .read(move |read| period::gather(read, &id, days, &zone, now))
                .await;
            match gathered {
                Ok(period) => found = Some((days, period)),
                Err(why @ PeriodError::Much) => filled.wrong("from", why.to_string()),
                Err(PeriodError::Sql(why)) => return Err(why.into()),
                Err(PeriodError::Store(why)) => return Err(why.into()),
            }
        }
        Ok(Self {
            whose,
            filled,
            found,
        })
    }

    /// The form that asks.
    fn form(&self, path: &str) -> Markup {
        html! {
            form.inline method="get" action=(path) {
                (self.filled.other(FROM, "date"))
                (self.filled.other(TO, "date"))
                (govuk::secondary("Show these days"))
            }
        }
    }

    /// The page that they are shown on.
    fn answer(&self, page: Markup) -> Response {
        if self.filled.is_good() {
            page.into_response()
        } else {
            keep::again(page)
        }
    }
}

/// The last full four weeks, where nothing else is asked for.
fn days(whose: &Whose, wanted: &Wanted) -> (Filled, Option<(Date, Date)>) {
    let to = whose.today.yesterday().unwrap_or(whose.today);
    let back = jiff::Span::new().days(USUAL - 1);
    let from = to.checked_sub(back).unwrap_or(to);
    let mut filled = Filled::default();
    let text =
        |given: &Option<String>, usual: Date| given.clone().unwrap_or_else(|| usual.to_string());
    let from = text(&wanted.from, from);
    let from = filled.day(FROM, &from, "Say on which day it begins.");
    let to = filled.day(TO, &text(&wanted.to, to), "Say on which day it ends.");
    if let Some((from, to)) = from.zip(to) {
        let days = from
            .until((jiff::Unit::Day, to))
            .map_or(0, |span| span.get_days());
        if from > to {
            filled.wrong(
                "from",
                "The first day is after the last. Change one of them.",
            );
        } else if i64::from(days) >= period::DAYS {
            filled.wrong(
                "from",
                format!("These are more than {} days. Choose fewer.", period::DAYS),
            );
        }
        if to > whose.today {
            filled.wrong("to", "This day is still to come.");
        }
    }
    let days = from.zip(to).filter(|_| filled.is_good());
    (filled, days)
}

/// A span of days in words.
fn span((from, to): (Date, Date)) -> String {
    format!("{} to {}", head::day(from), head::day(to))
}

/// What cannot be read, and what was erased.
fn lacking(period: &Period) -> Markup {
    html! {
        @for sentence in period.unreadable.iter().take(20) { p.fault { (sentence) } }
        @if period.erased > 0 {
            p.note {
                (period.erased) " records that came together with those of these days were erased, and count for \
                 nothing here."
            }
        }
    }
}
