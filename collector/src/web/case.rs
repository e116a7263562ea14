//! One alert: what was seen, when, by which method, under which clause and rule, what stands around
//! and behind it, and what people decided.
//!
//! Promises: fact, finding and decision stand apart on the page, as they are kept apart; three times
//! are shown and named; what is not held as evidence yet says so; how sure it is, and what points the other way,
//! are said before anybody decides, and only from what the records have.

mod doubt;
mod earlier;
pub(super) mod gone;
mod sure;
mod whole;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock;
use crate::order_text::OrderText;
use crate::store::cases::{self, CaseFile};
use crate::store::casework::{self, Alert, AlertState, Decided};
use crate::store::devices::{self, Registered};
use crate::store::findings::{self, Finding, Proof};
use crate::store::outbox::{self, Sent};
use crate::store::people::{self, Person};
use crate::store::rulings::{self, Judged, Shown};
use crate::store::{FindingId, Read, SqlError, StoreError, sealed};

use super::Site;
use super::access::Right;
use super::around::{self, Around};
use super::decide::{self, Draft, Verdict};
use super::fault::{self, Fault};
use super::gate::Signed;
use super::govuk::{button, hidden};
use super::layout::{self, Page};
use super::said::{self, Said};
use super::zones::{self, Own, Zones};
use super::{audit, groups, unreadable, words};

/// Everything that is shown of an alert, from one snapshot.
pub(super) struct Case {
    alert: Alert,
    pub(super) finding: Finding,
    person: Option<Person>,
    device: Option<Registered>,
    decisions: Vec<Decided>,
    /// What more was said with each, by decision.
    rulings: BTreeMap<String, Shown>,
    sent: Vec<Sent>,
    alike: u64,
    around: Around,
    said: Said,
    file: Option<CaseFile>,
    judged: Vec<Judged>,
    /// Their key is missing: what is remembered of it is shown, and not decided.
    unreadable: bool,
    /// The device's zone at the record, if it is known.
    own: Option<Arc<Own>>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let id = decide::finding(&id)?;
    page(&site, &signed, id, &Draft::default()).await
}

/// The page, with what somebody typed into its form.
pub(super) async fn page(
    site: &Site,
    signed: &Signed,
    id: FindingId,
    draft: &Draft,
) -> Result<Markup, Fault> {
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(gather(read, id)?))
        .await?;
    let case = found.ok_or(decide::MISSING)?;
    let whose = case.finding.person.clone();
    site.in_sight(signed, &whose).await?;
    site.looks(signed, audit::SAW_ALERT, Some(&whose), &id.to_string())
        .await?;
    let text = site.texts.get(case.finding.order).await?;
    let zone = &signed.zone;
    let days = text.as_ref().map_or(&site.zone, |text| &text.zone);
    let now = clock::now();
    let name = case.person.as_ref().map(|person| person.name.as_str());
    let earlier = case.earlier(site, text.as_deref()).await?;
    let body = html! {
        p.crumbs {
            a href={ "/person/" (whose) } { (name.unwrap_or(words::NOBODY)) }
            @if let Some(file) = &case.file {
                " · " a href={ "/case/" (file.id) } { "the case it lies in" }
            }
            " · alert " code { (id) }
        }
        (draft.errors.summary())
        h1 { (words::severity(&case.finding.severity)) }
        div #state data-live {
            p.summary { (standing(&case, now)) }
        }
        (case.record(text.as_deref(), (zone, days)))
        (earlier)
        (decisions(site, signed, &case, (id, draft), zone))
        (delivery(site, &case, zone))
    };
    let whose = whose.to_string();
    let (title, at) = (format!("Alert {}", short(id)), format!("/alert/{id}"));
    let about = Page {
        title: &title,
        person: Some(&whose),
        live: true,
        at: Some(&at),
        here: "",
    };
    Ok(layout::page(signed, &about, &body))
}

impl Case {
    /// What the record states, how it is known, and what stands around it. `days`: the zone in which days begin.
    pub(super) fn record(
        &self,
        text: Option<&OrderText>,
        (zone, days): (&TimeZone, &TimeZone),
    ) -> Markup {
        html! {
            (judged(self, text))
            (seen(self, zone))
            (times(self, zone, text.map(|text| &text.zone)))
            (evidence(self, zone))
            (sure::section(&self.around))
            (doubt::section(&self.doubts(text), self.unknown(), self.is_looked_at()))
            (self.said.section(self.around.account(), zone))
            (self.around.section(&self.finding, (zone, days)))
        }
    }

    /// How alerts of this rule were judged before.
    pub(super) async fn earlier(
        &self,
        site: &Site,
        text: Option<&OrderText>,
    ) -> Result<Markup, Fault> {
        earlier::section(site, &self.finding, text, &self.judged).await
    }

    /// What was not looked at for what points the other way, and why.
    fn unknown(&self) -> Option<&'static str> {
        match (self.around.own(), &self.around.report) {
            (None, Some(_)) if self.around.is_erased() => Some(gone::RECORD),
            (None, Some(_)) => Some(
                "The record cannot be read out of its report, so what points the other way in it cannot be said.",
            ),
            _ if self.around.erased() > 0 => Some(gone::OTHERS),
            _ => None,
        }
    }

    /// Whether there is a record in which something could point the other way, or may still come.
    fn is_looked_at(&self) -> bool {
        self.around.own().is_some() || self.around.report.is_none()
    }

    fn doubts(&self, text: Option<&OrderText>) -> Vec<String> {
        let accounts = self
            .device
            .as_ref()
            .map(|device| device.accounts.as_slice());
        let mut all = doubt::of_proof(self.finding.proof);
        if let Some(own) = self.around.own() {
            all.extend(doubt::of_record(own, self.around.others(), accounts));
            all.extend(doubt::of_exemptions(own, self.around.others(), text));
        }
        if self.said.accident() {
            all.push("The person says that it was an accident.".to_owned());
        }
        all
    }
}

/// Reads it.
pub(super) fn gather(read: &Read<'_>, id: FindingId) -> Result<Option<Case>, SqlError> {
    let (Some(finding), Some(alert)) = (findings::get(read, id)?, casework::alert(read, id)?)
    else {
        return Ok(None);
    };
    Ok(Some(Case {
        person: people::get(read, &finding.person)?,
        device: devices::registered(read, finding.device)?,
        decisions: casework::decisions(read, id)?,
        rulings: rulings::of_finding(read, id)?,
        sent: outbox::of_finding(read, id)?,
        alike: casework::count_members(read, id)?.0,
        around: around::gather(read, &finding)?,
        said: said::about(read, &finding.person, (finding.device, finding.seq))?,
        file: cases::of_finding(read, id)?,
        judged: rulings::verdicts(read, &finding.rule)?,
        unreadable: sealed::is_unreadable(read, &finding.person)?,
        own: Zones::of(read, finding.device)?.at(finding.seq),
        alert,
        finding,
    }))
}

fn standing(case: &Case, now: i64) -> Markup {
    let last = case.decisions.last();
    html! {
        @match (case.alert.state, last) {
            (AlertState::Open, last) => {
                "Waiting for a person " (words::waiting_for(case.alert.opened, now)) ". "
                @match last {
                    None => "Software found this; nobody has decided anything. ",
                    Some(last) => {
                        (last.staff_name) " opened it again " (words::ago(last.decision.at, now))
                        "; what was decided before stands below. "
                    }
                }
                a href="#decision" { "Decide" } "."
            }
            (_, Some(last)) => {
                b { (last.staff_name) ": " (Verdict::words_of(&last.decision.verdict)) }
                ", " (words::ago(last.decision.at, now)) "."
                @if case.rulings.get(&last.decision.id).is_some_and(Shown::pending) {
                    " A supervisor must still agree."
                }
            }
            (state, None) => (words::state(state)),
        }
        @if case.alike > 1 {
            " " (case.alike) " alike are waiting: "
            a href={ "/alert/" (case.finding.id) "/alike" } { "see them together" } "."
        }
    }
}

fn seen(case: &Case, zone: &TimeZone) -> Markup {
    html! {
        section #record data-live aria-labelledby="seen" {
            h2 #seen { "What was seen" }
            dl {
                dt { "Matched" }
                @match &case.around.gone {
                    Some(gone) => dd { (gone::matched(gone, zone)) },
                    None => dd.matched { (groups::matched(&case.finding.matched)) },
                }
                (whole::shown(&case.finding.matched, case.around.own()))
                (case.around.in_full(zone))
                dt { "Record" }
                dd {
                    (case.finding.seq) " of this device's log. "
                    @if case.around.is_erased() {
                        "The signed report that held it is in the evidence bundle, with the record's hash in the \
                         place of its words."
                    } @else if case.around.report.is_some() {
                        "The signed report that holds it is in the evidence bundle."
                    } @else {
                        "The device announced it ahead of its report, which has not arrived yet."
                    }
                }
                dt { "Device" }
                dd {
                    (case.device.as_ref().map_or("not in the register", |device| &device.host))
                    " " small { code { (case.finding.device) } }
                }
            }
        }
    }
}

fn judged(case: &Case, text: Option<&OrderText>) -> Markup {
    let finding = &case.finding;
    let says = text.and_then(|text| text.says(&finding.rule));
    let clause = text.and_then(|text| text.clause(&finding.clause));
    html! {
        section aria-labelledby="judged" {
            h2 #judged { "Which clause and rule" }
            @if text.is_none() {
                p.note {
                    "The order with digest " code { (finding.order) } " is not held here. Put it \
                     with " code { "proviso-collector order put" } " to see its words."
                }
            }
            dl {
                dt { "Clause " (finding.clause) }
                dd {
                    @match clause {
                        Some(words) => blockquote { (words) },
                        None => "The order's file has no words for this clause.",
                    }
                }
                dt { "Rule " (finding.rule) }
                dd { (says.unwrap_or("The order's file has no sentence for this rule.")) }
                @if let Some(text) = text {
                    dt { "Order" }
                    dd {
                        (text.id) ", version " (text.version) " "
                        small { "digest " code { (finding.order) } }
                    }
                }
                dt { "Judged by" }
                dd { (finding.engine) }
            }
            p.quiet {
                "A rule is how software checks a clause. It can be wrong, and it cannot know of \
                 permission that was given in another way."
            }
        }
    }
}

fn times(case: &Case, zone: &TimeZone, order: Option<&TimeZone>) -> Markup {
    let received = case.around.report.as_ref().map(|report| report.received);
    let bounds = case.around.bounds();
    html! {
        section aria-labelledby="times" {
            h2 #times { "When: three times" }
            dl {
                dt { "The device's clock" }
                dd {
                    (words::moment(case.finding.at, zone))
                    @if let Some(order) = order { (zones::also(case.finding.at, zone, order, "in the order's zone")) }
                    ". " (zones::in_full(case.finding.at, zone, case.own.as_deref()))
                }
                dt { "By receipts" }
                dd {
                    @match bounds.map(|bounds| (bounds.lower, bounds.upper)) {
                        Some((Some(lower), Some(upper))) => {
                            "Written between " (words::moment(lower.0, zone)) " and "
                            (words::moment(upper.0, zone)) ", whatever the device's clock said."
                        }
                        Some((None, Some(upper))) => {
                            "Written before " (words::moment(upper.0, zone))
                            "; the device names no earlier receipt that is known."
                        }
                        _ => "Nothing is known until its report is held.",
                    }
                }
                dt { "The collector's clock" }
                dd {
                    "Found " (words::moment(case.finding.made, zone))
                    @if let Some(received) = received {
                        "; report stored " (words::moment(received, zone))
                        @let late = received.saturating_sub(case.finding.at);
                        @if let Some(late) = words::span(late) {
                            ", " (late) " after the device's time"
                        } @else if late < -60_000 {
                            ", before the device's time: its clock is ahead"
                        }
                    }
                    "."
                }
            }
        }
    }
}

fn evidence(case: &Case, zone: &TimeZone) -> Markup {
    let seq = case.finding.seq;
    html! {
        section #evidence data-live aria-labelledby="held" {
            h2 #held { "Evidence" }
            @match (case.finding.proof, &case.around.report) {
                (Proof::Proven, Some(report)) => {
                    p {
                        @if case.around.is_erased() {
                            (layout::tag("review", "Erased")) " Of record " (seq) " of this device's log only the \
                             hash is left, in "
                        } @else {
                            (layout::tag("held", "Held")) " Record " (seq) " of this device's log, in "
                        }
                        "the signed report of records " (report.first) " to "
                        (report.first.saturating_add(report.count.saturating_sub(1))) "."
                    }
                    dl {
                        dt { "Stored" }
                        dd { (words::moment(report.received, zone)) }
                        dt { "Receipt" }
                        dd {
                            "Given "
                            (words::moment(i64::try_from(report.receipt).unwrap_or(0).saturating_mul(1_000), zone))
                            ". From then on neither the device nor this collector can change the \
                             record unnoticed."
                        }
                    }
                }
                (Proof::Unproven, _) => p {
                    (layout::tag("review", "Announced, not held yet"))
                    " The device sent this ahead of a backlog. Until its signed report arrives \
                     there is no evidence; do not rely on it alone."
                },
                (Proof::Contradicted, _) => p {
                    (layout::tag("urgent", "Not confirmed"))
                    " The device announced this, but the signed report that arrived does not show \
                     it. That needs an explanation."
                },
                (Proof::Proven, None) => p {
                    (layout::tag("urgent", "Report missing"))
                    " The store says a report holds this record, but does not have the report. \
                     Restore it from a backup."
                },
            }
        }
    }
}

fn decisions(
    site: &Site,
    signed: &Signed,
    case: &Case,
    (id, draft): (FindingId, &Draft),
    zone: &TimeZone,
) -> Markup {
    let latest = case.decisions.last().map(|last| last.decision.id.as_str());
    html! {
        section #decision aria-labelledby="decide" {
            h2 #decide { "Decision" }
            div #history data-live {
                @if case.decisions.is_empty() {
                    p.empty { "Nobody has said anything yet." }
                } @else {
                    ol.history {
                        @for (place, decided) in case.decisions.iter().enumerate() {
                            li {
                                b { (decided.staff_name) } ": "
                                (Verdict::words_of(&decided.decision.verdict)) " "
                                span.quiet { (words::moment(decided.decision.at, zone)) }
                                @if !decided.decision.reason.is_empty() {
                                    p.reason { (decided.decision.reason) }
                                }
                                @if let Some(ruling) = case.rulings.get(&decided.decision.id) {
                                    // Of other alerts it may still stand.
                                    @let next = case.decisions.get(place + 1);
                                    (decide::agreement(ruling, next.map(|one| &*one.decision.verdict), zone))
                                }
                            }
                        }
                    }
                }
            }
            @if case.unreadable {
                p.note { (unreadable::UNDECIDED) }
            } @else if Right::Decide.of(signed.role) {
                form.sheet method="post" action={ "/alert/" (id) "/decide" } {
                    (hidden("token", &signed.token))
                    // Whoever follows the page has seen what it shows by now.
                    span #seen-latest data-live { (hidden("seen", latest.unwrap_or_default())) }
                    (decide::fields(site, case.alert.state, draft))
                    (button("Record"))
                }
            }
        }
    }
}

fn delivery(site: &Site, case: &Case, zone: &TimeZone) -> Markup {
    html! {
        @if !case.sent.is_empty() {
            section #delivery data-live aria-labelledby="sent" {
                h2 #sent { "Who was told" }
                ul.rows {
                    @for sent in &case.sent {
                        li {
                            b { (site.way(&sent.channel)) } ": "
                            @match (sent.done, &sent.failure) {
                                (Some(at), _) => { "delivered " (words::moment(at, zone)) "." }
                                (None, Some(why)) => {
                                    "not delivered after " (tries(sent.tries))
                                    ". " (fault::sentence(why))
                                }
                                (None, None) => "on its way.",
                            }
                        }
                    }
                }
            }
        }
    }
}

fn short(id: FindingId) -> String {
    id.to_string().chars().take(8).collect()
}

fn tries(count: u64) -> String {
    match count {
        1 => "1 try".to_owned(),
        _ => format!("{count} tries"),
    }
}
