//! Alerts alike: one person, rule, order and matched part; each with its time, decided together if
//! a person wants to.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::store::casework::{self, AlertState, Member};
use crate::store::erasures::{self, Gone};
use crate::store::findings::{self, Finding};
use crate::store::people::{self, Person};
use crate::store::{FindingId, Hash, StoreError, sealed};

use super::Site;
use super::case::gone;
use super::decide::{self, Draft};
use super::fault::Fault;
use super::gate::Signed;
use super::govuk::{button, hidden};
use super::layout::{self, PER_PAGE, Page};
use super::{audit, groups, unreadable, words, zones};

/// Where in the list, and whether decided ones are wanted too.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    page: Option<u64>,
    all: Option<u8>,
}

struct Found {
    finding: Finding,
    person: Option<Person>,
    members: Vec<Member>,
    zones: zones::Devices,
    waiting: u64,
    total: u64,
    /// What was erased of that on which the one in the address rests.
    gone: Option<Gone>,
    /// Their key is missing.
    unreadable: bool,
    /// Digest of those that wait.
    seen: Hash,
}

/// The page.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Fault> {
    let id = decide::finding(&id)?;
    page(&site, &signed, id, &wanted, &Draft::default()).await
}

/// The page, with what somebody typed into its form.
pub(super) async fn page(
    site: &Site,
    signed: &Signed,
    id: FindingId,
    wanted: &Wanted,
    draft: &Draft,
) -> Result<Markup, Fault> {
    let all = wanted.all == Some(1);
    let (page, skip) = layout::skip(wanted.page);
    let found = gather(site, id, all, skip).await?.ok_or(decide::MISSING)?;
    let person = found.finding.person.clone();
    site.in_sight(signed, &person).await?;
    site.looks(signed, audit::SAW_ALIKE, Some(&person), &id.to_string())
        .await?;
    let text = site.texts.get(found.finding.order).await?;
    let says = text
        .as_ref()
        .and_then(|text| text.says(&found.finding.rule));
    let zone = &signed.zone;
    let path = format!("/alert/{id}/alike");
    let more = found.members.len() as u64 > PER_PAGE;
    let shown = found.members.iter().take(PER_PAGE as usize);
    let now = clock::now();
    let name = found.person.as_ref().map(|person| person.name.as_str());
    let body = html! {
        (draft.errors.summary())
        p.crumbs { a href={ "/person/" (person) } { (name.unwrap_or(words::NOBODY)) } }
        h1 { "Alike: " (words::rule(says, text.is_some(), &found.finding.rule)) }
        p {
            (layout::tag(&found.finding.severity, words::severity(&found.finding.severity)))
            " Clause " (found.finding.clause) ", rule " (found.finding.rule) "."
            @if found.gone.is_none() {
                " Matched: " span.matched { (groups::matched(&found.finding.matched)) }
            }
        }
        @if let Some(gone) = &found.gone { (gone::matched(gone, zone)) }
        div #alike data-live {
            p.summary data-open=(found.waiting) {
                b { (found.waiting) " waiting" } ", " (found.total) " in all. "
                @if found.waiting > 0 && !found.unreadable { a href="#decision" { "Decide them together" } " " }
                @if all {
                    a href=(path) { "Only those that wait" }
                } @else if found.total > found.waiting {
                    a href={ (path) "?all=1" } { "Show decided ones too" }
                }
            }
            @if found.members.is_empty() {
                p.empty { "All of these are decided." }
            } @else {
                ul.rows.many {
                    @for member in shown {
                        li {
                            a href={ "/alert/" (member.finding) } { (words::moment(member.at, zone)) }
                            @let own = found.zones.at(member.device, member.seq);
                            (zones::beside(member.at, zone, own.as_deref()))
                            " " span.quiet {
                                (words::state(member.state)) ", opened " (words::ago(member.opened, now))
                            }
                        }
                    }
                }
            }
            (layout::pager(&path, if all { "all=1&" } else { "" }, page, more))
        }
        @if found.unreadable {
            p.note { (unreadable::UNDECIDED) }
        } @else if found.waiting > 0 {
            section #decision aria-labelledby="together" {
                h2 #together {
                    @if found.waiting == 1 { "Decide the one that waits" }
                    @else { "Decide all " (found.waiting) " together" }
                }
                p { "Look at some of them first. Each gets this decision with your name and reason." }
                form.sheet method="post" action={ (path) "/decide" } {
                    (hidden("token", &signed.token))
                    (hidden("seen", &found.seen.to_string()))
                    (decide::fields(site, AlertState::Open, draft))
                    @let record = if found.waiting == 1 { "Record".to_owned() } else { format!("Record for all {}", found.waiting) };
                    (button(&record))
                }
            }
        }
    };
    let whose = person.to_string();
    let about = Page {
        title: "Alike",
        person: Some(&whose),
        live: true,
        at: Some(&path),
        here: "",
    };
    Ok(layout::page(signed, &about, &body))
}

async fn gather(site: &Site, id: FindingId, all: bool, skip: u64) -> Result<Option<Found>, Fault> {
    let found = site
        .store
        .read(move |read| {
            let Some(finding) = findings::get(read, id)? else {
                return Ok::<_, StoreError>(None);
            };
            let (waiting, total) = casework::count_members(read, id)?;
            let about = (&finding.person, finding.device, finding.seq);
            let members = casework::members(read, id, all, PER_PAGE + 1, skip)?;
            Ok(Some(Found {
                person: people::get(read, &finding.person)?,
                zones: zones::Devices::of(read, members.iter().map(|one| one.device))?,
                members,
                seen: casework::waiting_digest(read, id, decide::TOGETHER)?,
                unreadable: sealed::is_unreadable(read, &finding.person)?,
                gone: erasures::of_finding(read, id, about)?,
                finding,
                waiting,
                total,
            }))
        })
        .await?;
    Ok(found)
}
