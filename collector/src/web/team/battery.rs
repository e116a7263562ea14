//! The last days of a device as a row of marks, with the same in a table behind it.
//!
//! Promises: the row says nothing that the table does not say, and tells marks apart by height as well as by
//! colour.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::store::battery::{Day, Mark};

use super::super::govuk::{self, Head};
use super::super::words;

/// The width of a mark in its own units, with the space beside it.
const WIDE: usize = 12;
/// Height.
const HIGH: usize = 24;

/// One row, and its table. `name` is the device's.
pub(super) fn row(days: &[(Date, Day)], name: &str) -> Markup {
    html! {
        svg.battery viewBox={ "0 0 " (days.len() * WIDE) " " (HIGH) } role="img" aria-label=(sum(days)) {
            @for (index, (_, day)) in days.iter().enumerate() {
                @let (class, high) = look(day.mark);
                rect.(class) x=(index * WIDE) y=(HIGH - high) width=(WIDE - 2) height=(high) {}
            }
        }
        (govuk::details("Day by day", &table(days, name)))
    }
}

fn table(days: &[(Date, Day)], name: &str) -> Markup {
    let caption = format!(
        "The last {} of {name}",
        words::counted(days.len() as i128, "day")
    );
    let rows: Vec<_> = days
        .iter()
        .rev()
        .map(|(date, day)| {
            vec![
                html! { (date.strftime("%a %-d %b").to_string()) },
                html! { (in_words(day)) },
                html! { @if day.mark == Mark::Unknown { "–" } @else { (words::watched(&day.total)) } },
            ]
        })
        .collect();
    let heads = [
        Head::Text("Day"),
        Head::Text("Watched"),
        Head::Text("For how long"),
    ];
    govuk::table(&caption, &heads, &rows)
}

/// The row in a sentence.
fn sum(days: &[(Date, Day)]) -> String {
    let count = |mark| days.iter().filter(|(_, day)| day.mark == mark).count();
    format!(
        "{}: {} monitored, {} in part, {} dark, {} off, {} without an order",
        words::counted(days.len() as i128, "day"),
        count(Mark::Monitored),
        count(Mark::Partly),
        count(Mark::Dark),
        count(Mark::Off),
        count(Mark::NoOrder)
    )
}

/// Its class and its height.
const fn look(mark: Mark) -> (&'static str, usize) {
    match mark {
        Mark::NotYet => ("not-yet", 1),
        Mark::Unknown => ("not-yet", 3),
        Mark::NoOrder => ("off", 3),
        Mark::Off => ("off", 6),
        Mark::Monitored => ("monitored", 14),
        Mark::Partly => ("partly", 19),
        Mark::Dark => ("dark", HIGH),
    }
}

const fn in_words(day: &Day) -> &'static str {
    match (day.mark, day.failed) {
        (Mark::NotYet, _) => "Not begun yet",
        (Mark::Unknown, _) => "Not known: the key of this person is not here",
        (Mark::NoOrder, _) => "No order in force",
        (Mark::Monitored, _) => "Monitored",
        (Mark::Off, _) => "Off, by the computer's own signs",
        (Mark::Partly, true) if day.total.dark > 0 => {
            "In part: dark for a while, and a source failed"
        }
        (Mark::Partly, true) => "In part: a source failed",
        (Mark::Partly, false) => "In part: dark for a while",
        (Mark::Dark, _) => "Dark",
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::coverage::Total;

    use super::*;

    #[test]
    fn a_day_of_which_nothing_is_known_has_no_hours() {
        let date = jiff::civil::date(2026, 11, 24);
        let total = Total {
            dark: 24 * 60 * 60_000,
            ..Total::default()
        };
        let cells = |mark| {
            let day = Day {
                mark,
                total,
                failed: false,
            };
            table(&[(date, day)], "laptop-1").into_string()
        };
        assert!(cells(Mark::Dark).contains("dark 24 h"));
        let cells = cells(Mark::Unknown);
        assert!(cells.contains('–') && !cells.contains("24 h"), "{cells}");
    }
}
