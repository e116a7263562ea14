//! Who was told that nobody takes a case up, and what became of it.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::escalations::{Step, Told};

use super::super::{Site, fault, words};

/// A part of the case's page that follows what happens; nothing in it where nobody was told.
pub(super) fn section(site: &Site, told: &[Told], zone: &TimeZone) -> Markup {
    html! {
        div #told data-live {
            @if !told.is_empty() {
                section aria-labelledby="escalated" {
                    h2 #escalated { "Told because nobody had taken it up" }
                    ul.rows { @for one in told { li { (line(site, one, zone)) } } }
                }
            }
        }
    }
}

fn line(site: &Site, one: &Told, zone: &TimeZone) -> Markup {
    let step = &one.escalation;
    let whom = match step.step {
        Step::OnCall => "the officer on call",
        Step::Supervisor => "the supervisor",
    };
    html! {
        (words::moment(step.at, zone)) ": "
        @if step.staff.is_empty() {
            "it was to go to " (whom) ", and there was nobody"
        } @else {
            "it went to " b { (one.name) } ", " (whom)
        }
        @match &one.sent {
            None if step.staff.is_empty() => ".",
            None => ". There is no mail address and no number for them, so only these pages say it.",
            Some((way, _, Some(done), _)) => {
                ". " (fault::sentence(site.way(way))) " Delivered " (words::moment(*done, zone)) "."
            }
            Some((way, tries, None, Some(why))) => {
                ". " (fault::sentence(site.way(way))) " Not delivered yet, tried " (words::counted(*tries, "time"))
                ": " (fault::sentence(why)) " It is tried again."
            }
            Some((way, _, None, None)) => { ". " (fault::sentence(site.way(way))) " On its way." }
        }
    }
}
