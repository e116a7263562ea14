//! The picture of some days: a bar for each hour, and below how the time was watched.
//!
//! Promises: a bar says by its height what its colour says, and the tables below say it in numbers. Time that
//! has not come yet is no state. There is no style in it: what it looks like stands in the style sheet.

use jiff::civil::Date;
use maud::{Markup, html};
use proviso_report::coverage::{Covered, State};

use super::figures::Figure;
use crate::digest::HOURS;

/// Where the hours begin, for the names of days.
const LEFT: i64 = 150;
/// An hour.
const CELL: i64 = 28;
/// A full bar.
const BAR: i64 = 30;
/// One device's time.
const STRIP: i64 = 8;
/// Room above, for the hours' names.
const TOP: i64 = 22;
/// Room between days.
const GAP: i64 = 8;

/// From so many records on a bar is one step higher.
pub(super) const STEPS: [u64; 5] = [1, 5, 15, 40, 100];

/// The picture.
pub(super) fn show(days: &[Figure], about: &str) -> Markup {
    let hours = i64::try_from(HOURS).unwrap_or(24);
    let wide = LEFT + hours * CELL;
    let devices = days.iter().map(|day| day.covered.len()).max().unwrap_or(0);
    let row = BAR + STRIP * i64::try_from(devices).unwrap_or(1) + GAP;
    let high = TOP + row * i64::try_from(days.len()).unwrap_or(1);
    html! {
        div.pv-scroll role="region" aria-label="Picture of the days" tabindex="0" {
            svg.pv-hours viewBox={ "0 0 " (wide) " " (high) } role="img" aria-label=(about) {
                @for hour in (0..hours).step_by(3) {
                    text x=(LEFT + hour * CELL) y=(TOP - 7) { (format!("{hour:02}:00")) }
                    line.hour x1=(LEFT + hour * CELL) x2=(LEFT + hour * CELL) y1=(TOP - 3) y2=(high) {}
                }
                @for (day, y) in days.iter().zip((0_i64..).map(|place| TOP + place * row)) {
                    text x="0" y=(y + BAR - 8) { (named(day.day)) }
                    @for (hour, count) in (0_i64..).zip(day.hours) {
                        @let step = step(count);
                        @if step > 0 {
                            rect.(class(step)) x=(LEFT + hour * CELL + 2) y=(y + BAR - step * BAR / 5)
                                width=(CELL - 4) height=(step * BAR / 5) {}
                        }
                    }
                    line.floor x1=(LEFT) x2=(wide) y1=(y + BAR) y2=(y + BAR) {}
                    @for ((_, covered), y) in day.covered.iter().zip((0_i64..).map(|place| y + BAR + place * STRIP)) {
                        (strip(covered, day.span, y, hours * CELL))
                    }
                }
            }
        }
    }
}

/// How one device's day was, as a strip.
fn strip(covered: &Covered, (from, to): (i64, i64), y: i64, wide: i64) -> Markup {
    let place = |at: i64| {
        let part = i128::from(at) - i128::from(from);
        let whole = (i128::from(to) - i128::from(from)).max(1);
        let place = part.saturating_mul(i128::from(wide)) / whole;
        i64::try_from(place).unwrap_or(wide).clamp(0, wide)
    };
    html! {
        @for one in &covered.stretches {
            @let (class, high) = look(one.state);
            @let (x, end) = (place(one.from), place(one.to));
            rect.(class) x=(LEFT + x) y=(y + 1) width=((end - x).max(i64::from(class == "dark"))) height=(high) {}
        }
    }
}

const fn look(state: State) -> (&'static str, i64) {
    match state {
        State::Monitored => ("monitored", 5),
        State::NoOrder => ("no-order", 1),
        State::NotYet => ("not-yet", 1),
        State::Off(_) => ("off", 3),
        State::Dark(_) => ("dark", 7),
    }
}

/// How high a bar is, of five.
fn step(count: u64) -> i64 {
    let passed = STEPS.iter().filter(|step| count >= **step).count();
    i64::try_from(passed).unwrap_or(5)
}

const fn class(step: i64) -> &'static str {
    match step {
        1 => "u1",
        2 => "u2",
        3 => "u3",
        4 => "u4",
        _ => "u5",
    }
}

pub(super) fn named(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_by_steps() {
        for (count, high) in [(0, 0), (1, 1), (4, 1), (5, 2), (99, 4), (u64::MAX, 5)] {
            assert_eq!(step(count), high, "{count}");
        }
    }
}
