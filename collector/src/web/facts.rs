//! Records in words.
//!
//! Refuses: to make an address a link. A page that an order forbids must not be one click away.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_report::fact::{
    Explanation, Gap, KeyReason, LogBreak, PowerWas, PreviousEnd, Transition, WebVisit,
};
use proviso_report::{Fact, Method, Record};
use proviso_rules::page;

use super::fault;
use super::layout;
use super::records::Held;
use super::words;
use super::zones;

/// Letters of an address in a list; the rest of a longer one is folded away.
const LONG: usize = 300;

/// What happened, on a line or two. It stands in no paragraph: what is long can be opened.
pub(super) fn brief(record: &Record) -> Markup {
    told(record, true)
}

/// The same with nothing folded away, as a sentence.
pub(super) fn what(record: &Record) -> Markup {
    told(record, false)
}

fn told(record: &Record, folds: bool) -> Markup {
    html! {
        @match &record.fact {
            Fact::WebVisit(visit) => {
                b { (title(visit)) } " "
                @if visit.private == Some(true) { (layout::tag("breach", "Private window")) " " }
                (address(&visit.url, folds))
            }
            Fact::ProcessStart(start) => {
                "Program started: " b { (start.name) } " "
                (address(&start.args.join(" "), folds))
            }
            Fact::ProcessEnd(end) => { "Program ended: " b { (end.name) } }
            Fact::AgentStarted(started) => {
                "The agent started" (match started.previous {
                    PreviousEnd::First => " for the first time.",
                    PreviousEnd::Stopped => "; it had been stopped in good order.",
                    PreviousEnd::Killed => "; it had ended without a word before.",
                })
            }
            Fact::AgentStopped(stopped) => {
                @if stopped.shutdown == Some(false) { (layout::tag("review", "Agent stopped")) " " }
                "The agent stopped in good order: " (fault::sentence(&stopped.reason))
                (match stopped.shutdown {
                    Some(true) => " The system was going down.",
                    Some(false) => " The system stayed up.",
                    None => " Whether the system was going down could not be known.",
                })
            }
            Fact::Heartbeat(_) => "The agent was alive.",
            Fact::Gap(gap) => (missing(gap)),
            Fact::SourceFailed(failed) => {
                (layout::tag("review", "Source failed")) " " (failed.source) ": " (failed.reason)
            }
            Fact::SourceRestored(restored) => { "Source works again: " (restored.source) }
            Fact::OrderInForce(order) => { "Order in force: " (order.id) ", version " (order.version) }
            Fact::OrderRefused(refused) => {
                (layout::tag("review", "Order refused")) " " (refused.reason)
            }
            Fact::Power(power) => (match power.change {
                PowerWas::On => "The computer was switched on.",
                PowerWas::Off => "The computer was shut down.",
                PowerWas::Asleep => "The computer went to sleep.",
                PowerWas::Awake => "The computer woke up.",
                _ => "The computer's power changed.",
            }),
            Fact::ClockStepped(step) => {
                (layout::tag("review", "Clock set")) " The computer's clock was set "
                (if step.by_ms < 0 { "back" } else { "forward" }) " by " (step.by_ms.unsigned_abs() / 1_000) " s."
            }
            Fact::ZoneChanged(zone) => {
                "The computer's time zone was set"
                @if let Some(from) = &zone.from { " from " (from) }
                " to " (zone.to) "."
            }
            Fact::OrderEnded(order) => { "Order ended: " (order.id) ". " (order.reason) }
            Fact::KeyChanged(changed) => {
                "Another key signs this computer's log from here on, " (match changed.reason {
                    KeyReason::Boot => "since the computer was started.",
                    _ => "as it does at least each hour.",
                })
            }
            Fact::LogContinues(continued) => {
                (layout::tag("review", "New log")) " It goes on where the log "
                (continued.log.to_string()) " was broken off, "
                (match continued.cause {
                    LogBreak::Fork => "since the collector holds another history under its name.",
                    _ => "since the collector holds more of it than this computer.",
                })
            }
            Fact::Explanation(said) => (explained(said)),
            Fact::AgentAltered(_) | Fact::AgentTraced(_) | Fact::CollectorBlocked(_)
            | Fact::CapReached(_) => {
                (layout::tag("review", "Agent hindered")) " " (plain(&record.fact)) (detail(&record.fact))
            }
            other => (plain(other)),
        }
    }
}

/// An address, or a program's arguments.
fn address(text: &str, folds: bool) -> Markup {
    let cut = text.char_indices().nth(LONG).map(|(place, _)| place);
    let (begin, rest) = match cut.filter(|_| folds) {
        None => (text, ""),
        Some(place) => text.split_at(place),
    };
    html! {
        span.address { (begin) }
        @if !rest.is_empty() {
            details {
                summary { (words::counted(rest.chars().count() as i128, "more letter")) " of it" }
                span.address { (rest) }
            }
        }
    }
}

/// In which account, under which clauses, and how it is known.
pub(super) fn known(held: &Held) -> Markup {
    let record = &held.record;
    html! {
        @if let Fact::WebVisit(visit) = &record.fact { (fault::sentence(&browser(visit))) " " }
        @if let Some(account) = &record.account { "Account " (account) ". " }
        @if !record.clauses.is_empty() { (fault::sentence(&clauses(record))) " " }
        "Known from " (methods(held)) "."
    }
}

/// The three times: when it happened by the device's clock stands before; this is between which
/// moments of the collector it was written, and when it came.
pub(super) fn times(held: &Held, zone: &TimeZone) -> Markup {
    let (noted, received) = (held.record.noted, held.received);
    let day = words::date(received, zone);
    let at = |at: i64| {
        if words::date(at, zone) == day {
            words::clock(at, zone)
        } else {
            words::moment(at, zone)
        }
    };
    html! {
        @match (held.bounds.lower, held.bounds.upper) {
            (Some(lower), Some(upper)) => { "Written between " (at(lower.0)) " and " (at(upper.0)) }
            (None, Some(upper)) => { "Written before " (at(upper.0)) ", no earlier bound" }
            (Some(lower), None) => { "Written after " (at(lower.0)) ", no later bound" }
            (None, None) => "No bounds are known",
        }
        " by this collector's receipts. Received "
        @if words::date(held.record.at.0, zone) == day { (at(received)) } @else { (words::moment(received, zone)) }
        "."
        @match words::span(held.bounds.outside(noted).saturating_abs()) {
            Some(by) if held.bounds.outside(noted) > 0 => {
                " " (layout::tag("review", "Clock ahead")) " The device's clock was ahead by " (by) " at least."
            }
            Some(by) => {
                " " (layout::tag("review", "Clock behind")) " The device's clock was behind by " (by) " at least."
            }
            None => "",
        }
    }
}

/// Everything that it states.
pub(super) fn in_full(held: &Held, zone: &TimeZone) -> Markup {
    let record = &held.record;
    html! {
        @match &record.fact {
            Fact::WebVisit(visit) => {
                dt { "Page" }
                dd { (title(visit)) }
                dt { "Address" }
                dd.address { (visit.url) }
                dt { "Browser" }
                dd { (browser(visit)) (window(visit)) }
                @if let Some(how) = visit.transition {
                    dt { "Opened" }
                    dd { (transition(how)) }
                }
            }
            Fact::ProcessStart(start) => {
                dt { "Program started" }
                dd { (start.name) }
                dt { "Program's file" }
                dd.address { (start.exe.as_deref().unwrap_or("could not be read")) }
                dt { "Arguments" }
                dd.address { (start.args.join(" ")) }
            }
            Fact::Explanation(said) => {
                dt { "The person says" }
                dd { (explained(said)) }
            }
            _ => {
                dt { "What" }
                dd { (what(record)) }
            }
        }
        @if let Some(account) = &record.account {
            dt { "Account" }
            dd { (account) }
        }
        dt { "Recorded under" }
        dd { @if record.clauses.is_empty() { "no clause: it is about the agent" } @else { (clauses(record)) } }
        dt { "Known from" }
        dd { (methods(held)) }
        dt { "Written down" }
        dd {
            (words::moment(record.noted.0, zone))
            (zones::by_its_clock(record.noted.0, zone, held.own.as_deref()))
        }
    }
}

/// In the words of the order's reading page, as a sentence.
fn plain(fact: &Fact) -> String {
    fault::sentence(&page::fact(fact))
}

/// What the agent says of what hindered it.
fn detail(fact: &Fact) -> Markup {
    let detail = match fact {
        Fact::AgentAltered(it) => Some(it.detail.as_str()),
        Fact::CollectorBlocked(it) => Some(it.detail.as_str()),
        Fact::CapReached(it) => Some(it.detail.as_str()),
        Fact::AgentTraced(it) => it.by.as_deref(),
        _ => None,
    };
    html! { @if let Some(detail) = detail { " " (fault::sentence(detail)) } }
}

/// In the person's own words.
fn explained(said: &Explanation) -> Markup {
    html! {
        @match said.seqs.as_slice() {
            [] => "The person says",
            [one] => { "The person says about record " (one) },
            seqs => {
                "The person says about records "
                (seqs.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
            }
        }
        @if said.accident == Some(true) { ", that it was an accident" }
        ": "
        @if said.text.is_empty() { "nothing more." } @else { q { (said.text) } }
    }
}

fn title(visit: &WebVisit) -> &str {
    let title = visit.title.as_deref().map(str::trim);
    title
        .filter(|title| !title.is_empty())
        .unwrap_or("Page without a title")
}

fn browser(visit: &WebVisit) -> String {
    match &visit.profile {
        None => visit.browser.clone(),
        Some(profile) => format!("{}, profile {profile}", visit.browser),
    }
}

fn window(visit: &WebVisit) -> &'static str {
    match visit.private {
        Some(true) => ", in a private window",
        Some(false) => ", in an ordinary window",
        None => "; the source cannot know whether the window was private",
    }
}

fn clauses(record: &Record) -> String {
    let s = if record.clauses.len() == 1 { "" } else { "s" };
    format!("clause{s} {}", record.clauses.join(", "))
}

fn methods(held: &Held) -> String {
    let names: Vec<_> = held.methods.iter().map(|one| method(*one)).collect();
    names.join(" and ")
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Extension => "the browser's extension, as it happened",
        Method::History => "the browser's history",
        Method::ProcessPoll => "the list of processes",
        Method::ProcessEvent => "the system, as it happened",
        Method::FileEvent => "the system, as the file changed",
        Method::FileScan => "a look through the files",
        Method::SystemEvent => "the system, as it changed",
        Method::SystemRead => "what the system keeps of itself",
        Method::Desktop => "the desktop",
        Method::Phone => "the phone",
        Method::Person => "the person",
        Method::Agent => "the agent itself",
        _ => method.as_str(),
    }
}

fn transition(how: Transition) -> &'static str {
    match how {
        Transition::Typed => "typed or chosen in the address bar",
        Transition::Link => "by a link",
        Transition::Bookmark => "from a bookmark",
        Transition::FormSubmit => "by sending a form",
        Transition::Reload => "by loading it again",
        Transition::Redirect => "sent there by another page",
        Transition::BackForward => "by going back or forward",
        Transition::Download => "as a download",
        Transition::Subframe => "as a frame inside another page: nobody need have chosen it",
        _ => "in another way",
    }
}

fn missing(gap: &Gap) -> Markup {
    html! {
        (layout::tag("urgent", "Gap")) " "
        @match gap.count {
            Some(count) => { (words::counted(i128::from(count), "record")) " missing: " }
            None => "Records may be missing: ",
        }
        (gap.why())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_folded_and_nothing_of_it_is_left_out() {
        let short = address("https://a.example/", true).into_string();
        assert_eq!(short, "<span class=\"address\">https://a.example/</span>");
        // Letters of several bytes are not cut apart.
        let text = format!("{}{}", "é".repeat(LONG), "<b>");
        let folded = address(&text, true).into_string();
        assert!(folded.contains("3 more letters"), "{folded}");
        assert!(
            folded.contains("<span class=\"address\">&lt;b&gt;</span>"),
            "{folded}"
        );
        let whole = address(&text, false).into_string();
        assert!(
            whole.contains("é&lt;b&gt;") && !whole.contains("details"),
            "{whole}"
        );
    }
}
