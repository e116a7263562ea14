//! What of a person must not be erased: said where somebody would ask for it, and on the person's page.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::holds::Hold;

use super::words;

/// The holds that count for the whole person, which forbid that a note is erased as well.
pub(super) fn of_all(holds: &[Hold]) -> impl Iterator<Item = &Hold> {
    holds.iter().filter(|hold| hold.exhibit.is_none())
}

/// Each of them: who, when and why.
pub(super) fn said<'a>(holds: impl IntoIterator<Item = &'a Hold>, zone: &TimeZone) -> Markup {
    html! {
        @for hold in holds {
            p.note {
                b { "On hold: " }
                (hold.by) " put "
                @match &hold.exhibit {
                    Some(exhibit) => { "the records of the exhibit " bdi { (exhibit) } },
                    None => "everything about this person",
                }
                " on hold, " (words::moment(hold.at, zone)) ". Reason: " span dir="auto" { (hold.reason) } ". None of it \
                 can be erased until somebody lifts that with " code { "proviso-collector retention release" } "."
            }
        }
    }
}
