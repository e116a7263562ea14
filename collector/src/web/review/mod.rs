//! Pages for a meeting: the compliance summary of a person, and the brief for a polygraph session.
//!
//! Promises: plain sentences and the tables behind them, of a span of days that is named; what was not
//! watched is said beside what was. Both are pages to print.
//!
//! Refuses: to stand in evidence. The brief is facts alone: no risk level, no note, no intelligence.

mod brief;
mod period;
mod summary;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;

use super::Site;
use super::fault::Fault;
use super::fields::{Filled, label};
use super::govuk;
use super::head::{self, Whose};
use period::{Period, PeriodError};

pub(super) use brief::show as polygraph;
pub(super) use summary::show as summary;

/// Days of a period that nobody chose.
const USUAL: i32 = 28;

/// Which days.
#[derive(Deserialize)]
pub(super) struct Wanted {
    from: Option<String>,
    to: Option<String>,
}

/// Days that were asked for, with what comes of them.
struct Asked {
    filled: Filled,
    days: Option<(Date, Date)>,
}

impl Asked {
    /// The last full four weeks, where nothing else is asked for.
    fn new(whose: &Whose, wanted: &Wanted) -> Self {
        let to = whose.today.yesterday().unwrap_or(whose.today);
        let back = jiff::Span::new().days(USUAL - 1);
        let from = to.checked_sub(back).unwrap_or(to);
        let mut filled = Filled::default();
        let text = |given: &Option<String>, usual: Date| {
            given.clone().unwrap_or_else(|| usual.to_string())
        };
        let from = filled.day(
            "from",
            &text(&wanted.from, from),
            "Say on which day it begins.",
        );
        let to = filled.day("to", &text(&wanted.to, to), "Say on which day it ends.");
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
        Self { filled, days }
    }

    /// What it comes to; none where something is wrong with what was asked.
    async fn period(&mut self, site: &Site, whose: &Whose) -> Result<Option<Period>, Fault> {
        let Some(days) = self.days else {
            return Ok(None);
        };
        let (id, zone, now) = (whose.id.clone(), whose.zone.clone(), clock::now());
        let gathered = site
            .store
            .read(move |read| period::gather(read, &id, days, &zone, now))
            .await;
        match gathered {
            Ok(period) => Ok(Some(period)),
            Err(why @ PeriodError::Much) => {
                self.filled.wrong("from", why.to_string());
                Ok(None)
            }
            Err(PeriodError::Sql(why)) => Err(why.into()),
            Err(PeriodError::Store(why)) => Err(why.into()),
        }
    }

    /// What the audit says was looked at.
    fn on(&self) -> String {
        match self.days {
            None => String::new(),
            Some((from, to)) => format!("{from} to {to}"),
        }
    }

    /// The form that asks.
    fn form(&self, path: &str) -> Markup {
        html! {
            form.inline method="get" action=(path) {
                (self.filled.other(label("from", "First day"), "date"))
                (self.filled.other(label("to", "Last day"), "date"))
                (govuk::secondary("Show these days"))
            }
        }
    }

    fn status(&self) -> StatusCode {
        if self.filled.is_good() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
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

fn answer(asked: &Asked, page: Markup) -> Response {
    (asked.status(), page).into_response()
}
