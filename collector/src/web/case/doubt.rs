//! What points the other way, in sentences.
//!
//! Promises: each sentence follows from a record or from the order, and says what it follows from. Refuses:
//! guesses. That nothing is listed does not mean that there is nothing.

use maud::{Markup, html};
use proviso_report::fact::{Change, Foreground, Transition, WebVisit};
use proviso_report::{Fact, Record};
use url::Url;

use crate::order_text::OrderText;
use crate::store::findings::Proof;

use super::super::records::Held;
use super::super::words;

/// A part of the page of the record. `unknown`: what was not looked at, and why; `looked`: the record itself was.
pub(super) fn section(all: &[String], unknown: Option<&str>, looked: bool) -> Markup {
    html! {
        section #doubts aria-labelledby="other-way" {
            h2 #other-way { "What points the other way" }
            @if let Some(unknown) = unknown { p.note { (unknown) } }
            @if all.is_empty() && looked {
                p.empty {
                    "Nothing in the records points the other way. That is not a statement that nothing does: ask \
                     the person."
                }
            }
            @if !all.is_empty() {
                ul { @for sentence in all { li { (sentence) } } }
            }
        }
    }
}

/// What its evidence lacks.
pub(super) fn of_proof(proof: Proof) -> Vec<String> {
    match proof {
        Proof::Proven => Vec::new(),
        Proof::Unproven => {
            vec!["The device announced it, and its signed report has not arrived yet.".to_owned()]
        }
        Proof::Contradicted => {
            vec![
                "The device announced it, and the signed report that arrived does not show it."
                    .to_owned(),
            ]
        }
    }
}

/// What the record and those of the minutes around it say.
pub(super) fn of_record(own: &Held, others: &[Held], accounts: Option<&[String]>) -> Vec<String> {
    let mut all = Vec::new();
    if let Fact::WebVisit(visit) = &own.record.fact {
        all.extend(opened(visit).map(str::to_owned));
        all.extend(behind(visit, &own.record, others));
    }
    all.extend(shared(&own.record, others, accounts));
    all.extend(clock(own, others));
    all
}

/// What the order lets be, close to it.
pub(super) fn of_exemptions(own: &Held, others: &[Held], text: Option<&OrderText>) -> Vec<String> {
    let Some(text) = text else {
        return Vec::new();
    };
    let mut all = Vec::new();
    if let Some(who) = host(&own.record).and_then(|host| text.exempt_near(&host)) {
        all.push(format!(
            "Its site belongs together with one that the order exempts ({who}): look whether the exemption \
             was meant to cover it."
        ));
    }
    let near = others
        .iter()
        .filter_map(|held| host(&held.record))
        .find_map(|host| text.exempts(&host));
    if let Some(who) = near {
        all.push(format!(
            "In the same ten minutes a site was open that the order exempts ({who})."
        ));
    }
    all
}

fn opened(visit: &WebVisit) -> Option<&'static str> {
    match visit.transition {
        Some(Transition::Redirect) => {
            Some("Another page sent the browser there: the person need not have chosen it.")
        }
        Some(Transition::Subframe) => Some(
            "It was a frame inside another page, such as an advertisement: nobody need have chosen it.",
        ),
        Some(Transition::Reload) => Some(
            "It was loaded again: browsers do that by themselves when they open their last pages.",
        ),
        Some(Transition::Other) | None => Some("How the page came to be opened is not known."),
        Some(_) => None,
    }
}

/// Whether something else was in front, where it is known what was.
fn behind(visit: &WebVisit, own: &Record, others: &[Held]) -> Option<String> {
    let at = own.at.0;
    let fronts = || others.iter().filter_map(|held| front(&held.record, own));
    let covering =
        fronts().find(|(from, front)| *from <= at && at < from.saturating_add_unsigned(front.ms));
    match covering {
        Some((_, front)) if front.browser.as_deref() != Some(visit.browser.as_str()) => Some(format!(
            "At that moment another program was in front ({}), not this browser: the page may have loaded in \
             the background.",
            front.name
        )),
        Some(_) => None,
        None => fronts().next().map(|_| {
            "At that moment nobody used a window, by what the desktop said: the page may have loaded in the \
             background."
                .to_owned()
        }),
    }
}

fn front<'a>(record: &'a Record, own: &Record) -> Option<(i64, &'a Foreground)> {
    match &record.fact {
        Fact::Foreground(front) if record.account == own.account => Some((record.at.0, front)),
        _ => None,
    }
}

fn shared(own: &Record, others: &[Held], accounts: Option<&[String]>) -> Vec<String> {
    let mut all = Vec::new();
    if let (Some(account), Some(known)) = (&own.account, accounts) {
        if known.is_empty() {
            all.push(
                "The register does not say which accounts of this computer are the person's."
                    .to_owned(),
            );
        } else if !known.contains(account) {
            all.push(format!(
                "It happened in the account {account}, which the register does not name as the person's."
            ));
        }
    }
    let mut came = others.iter().filter(|held| {
        let in_another = held.record.account != own.account && held.record.account.is_some();
        let signed_in =
            matches!(&held.record.fact, Fact::Session(one) if one.change == Change::Added);
        in_another && signed_in
    });
    if let Some(name) = came.next().and_then(|held| held.record.account.as_deref()) {
        all.push(format!(
            "In the same ten minutes somebody signed in to another account ({name}) of this computer."
        ));
    }
    let remote =
        |held: &Held| matches!(&held.record.fact, Fact::Session(one) if one.remote == Some(true));
    if others.iter().any(remote) {
        all.push("In the same ten minutes there was a session over a network.".to_owned());
    }
    all
}

fn clock(own: &Held, others: &[Held]) -> Vec<String> {
    let mut all = Vec::new();
    let outside = own.bounds.outside(own.record.noted);
    if outside != 0 {
        let by = words::span(outside.saturating_abs())
            .unwrap_or_else(|| "less than a minute".to_owned());
        let way = if outside > 0 { "ahead" } else { "behind" };
        all.push(format!(
            "The device's clock was {way} by {by} at least: the time by that clock cannot be relied on."
        ));
    } else if own.bounds.lower.is_none() || own.bounds.upper.is_none() {
        all.push(
            "Receipts do not bound its time on both sides: the time rests on the device's clock."
                .to_owned(),
        );
    }
    if others
        .iter()
        .any(|held| matches!(held.record.fact, Fact::ClockStepped(_)))
    {
        all.push("The computer's clock was set within these ten minutes.".to_owned());
    }
    all
}

fn host(record: &Record) -> Option<String> {
    let Fact::WebVisit(visit) = &record.fact else {
        return None;
    };
    Url::parse(&visit.url).ok()?.host_str().map(str::to_owned)
}
