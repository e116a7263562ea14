//! How much of a day each computer was watched: a bar, the same in words, and what is missing beside.
//!
//! Promises: what stands here follows from the log's records alone ([`proviso_report::coverage`]), as
//! in a bundle. The bar shows nothing that the words do not say, and tells states apart by height too.
//! Time that has not come yet is no state.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::coverage::{Covered, Lost, State, Stretch, Watch};

use super::{layout, words};

/// Width of the bar, in its own units.
const WIDE: i64 = 1_440;
/// Height.
const HIGH: i64 = 24;
/// Stretches and losses in words; a day of more says how many are left out.
const MOST: usize = 200;

/// One computer's day, from its first moment up to but not including its last; what comes after
/// `now` has not come yet.
pub(super) fn day(watch: &Watch, (from, to): (i64, i64), now: i64, zone: &TimeZone) -> Markup {
    let until = to.min(now.max(from));
    let covered = watch.over(from, until);
    // The day is the order's: for whoever reads in another zone it lies on two.
    let one = words::date(from, zone) == words::date(to.saturating_sub(1), zone);
    let moment = if one { words::clock } else { words::moment };
    html! {
        p { (sum(&covered)) }
        (bar(&covered, from, to))
        @if !covered.stretches.is_empty() {
            details {
                summary { "Hour by hour" }
                ul.stretches {
                    @for stretch in covered.stretches.iter().take(MOST) {
                        li { (span(stretch.from, Some(stretch.to), zone, moment)) ": " (stretch.state.words()) "." }
                    }
                    (more(covered.stretches.len(), "stretch of time", "stretches of time"))
                }
            }
        }
        @if !covered.lost.is_empty() {
            p { (layout::tag("review", &words::counted(covered.lost.len() as i128, "gap"))) " Missing, or may be:" }
            ul.stretches {
                @for lost in covered.lost.iter().take(MOST) { li { (missing(lost, zone, moment)) } }
                (more(covered.lost.len(), "gap", "gaps"))
            }
        }
    }
}

/// How long of each, worst first in weight of type.
fn sum(covered: &Covered) -> Markup {
    let total = covered.total();
    let said = total.lengths();
    html! {
        @if total.dark > 0 { (layout::tag("urgent", &format!("Dark {}", said.dark))) " " }
        "Monitored " b { (said.monitored) }
        ", off or asleep " (said.off)
        ", dark without explanation " (said.dark)
        @if total.no_order > 0 { ", without an order in force " (said.no_order) }
        @if total.not_yet > 0 { ", not begun yet " (said.not_yet) }
        "."
    }
}

fn bar(covered: &Covered, from: i64, to: i64) -> Markup {
    let place = |at: i64| {
        let (part, whole) = (
            i128::from(at) - i128::from(from),
            i128::from(to) - i128::from(from),
        );
        let place = part.saturating_mul(i128::from(WIDE)) / whole.max(1);
        i64::try_from(place).unwrap_or(WIDE).clamp(0, WIDE)
    };
    let said = covered.total().lengths();
    let words = format!(
        "Monitored {}, off {}, dark {}, without an order {}, not begun yet {}; the list below says \
         when",
        said.monitored, said.off, said.dark, said.no_order, said.not_yet
    );
    html! {
        svg.watched viewBox={ "0 0 " (WIDE) " " (HIGH) } preserveAspectRatio="none" role="img" aria-label=(words) {
            @for one in &covered.stretches {
                @let (class, high) = look(one);
                @let (x, end) = (place(one.from), place(one.to));
                // What is dark is seen however short it was.
                rect.(class) x=(x) y=(HIGH - high) width=((end - x).max(i64::from(high == HIGH) * 3)) height=(high) {}
            }
        }
    }
}

/// Its class and its height.
const fn look(stretch: &Stretch) -> (&'static str, i64) {
    match stretch.state {
        State::Monitored => ("monitored", 16),
        State::NoOrder => ("no-order", 3),
        State::NotYet => ("not-yet", 1),
        State::Off(_) => ("off", 8),
        State::Dark(_) => ("dark", HIGH),
    }
}

fn missing(lost: &Lost, zone: &TimeZone, moment: Told) -> Markup {
    html! {
        (span(lost.from, lost.to, zone, moment)) ": "
        @if let Some(source) = &lost.source { (source) ": " }
        @if let Some(count) = lost.count { (words::counted(i128::from(count), "record")) ", " }
        (lost.cause.words()) "."
    }
}

/// A moment in words, with its day or without.
type Told = fn(i64, &TimeZone) -> Markup;

fn span(from: i64, to: Option<i64>, zone: &TimeZone, moment: Told) -> Markup {
    let same =
        to.is_none_or(|to| words::date(from, zone) == words::date(to.saturating_sub(1), zone));
    let moment = if same { moment } else { words::moment };
    html! {
        (moment(from, zone)) " to "
        @match to {
            Some(to) => (moment(to, zone)),
            None => "now, as far as is known",
        }
    }
}

fn more(count: usize, one: &str, many: &str) -> Markup {
    let rest = count.saturating_sub(MOST);
    html! {
        @if rest > 0 { li { "And " (rest) " more " (if rest == 1 { one } else { many }) "." } }
    }
}
