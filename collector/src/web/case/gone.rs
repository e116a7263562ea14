//! What is said of an alert whose record was erased, or others that it rests on.
//!
//! Promises: it says when, under which rule, and who asked and confirmed; that what is empty on the page is empty
//! because of that, and not because there was nothing.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::erasures::Gone;

use super::super::words;

/// Beside what points the other way, where others of its time are gone.
pub(super) const OTHERS: &str = "Other records that came together with those of these minutes were erased. What pointed the \
     other way in them, if anything did, cannot be said any more.";

/// In the place of what points the other way.
pub(super) const RECORD: &str = "The record was erased. What pointed the other way in it, if anything did, went with it and \
     cannot be said any more.";

/// In the place of what matched.
pub(in crate::web) fn matched(gone: &Gone, zone: &TimeZone) -> Markup {
    let erasure = &gone.erasure;
    html! {
        p {
            b { (if gone.record { "The record was erased" } else { "A record that this rests on was erased" }) }
            ", and what matched went with it."
        }
        p {
            "Erased " (words::moment(erasure.at.0, zone)) " under the rule " bdi { (erasure.rule) } ": "
            (erasure.asked_by) " asked, " (erasure.confirmed_by) " confirmed. Why: " bdi { (erasure.reason) }
            " " small { "request " code { (erasure.id) } }
        }
    }
}
