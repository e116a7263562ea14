//! The top of every page about one person: who it is, order, devices, risk and review, and where else to go.
//!
//! Promises: whoever does not have the person in sight gets no further, and the look is entered before
//! anything of the page is made ([`Site::whose`]). What is overdue is said in words. What officers keep is
//! shown to those alone who may keep it.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock;
use crate::order_text::OrderText;
use crate::store::devices::{self, DeviceState};
use crate::store::people::{self, Person};
use crate::store::plan::{self, Assessed, Level};
use crate::store::{PersonId, Read, SqlError, StoreError, orders, sealed};

use super::Site;
use super::access::Right;
use super::fault::Fault;
use super::gate::Signed;
use super::layout::{self, Page};
use super::{govuk, overview, unreadable, words};

/// The pages about one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Timeline,
    Notes,
    Plan,
    Register,
    Intelligence,
    Documents,
    Reviews,
    Extracts,
}

impl Tab {
    pub(super) const ALL: [Self; 9] = [
        Self::Overview,
        Self::Timeline,
        Self::Notes,
        Self::Plan,
        Self::Register,
        Self::Intelligence,
        Self::Documents,
        Self::Reviews,
        Self::Extracts,
    ];

    /// What follows the person in the address, the words, and who may open it.
    const fn about(self) -> (&'static str, &'static str, Right) {
        match self {
            Self::Overview => ("", "Overview", Right::Activity),
            Self::Timeline => ("/timeline", "Timeline", Right::Activity),
            Self::Notes => ("/notes", "Notes and visits", Right::Manage),
            Self::Plan => ("/plan", "Risk and plan", Right::Manage),
            Self::Register => ("/register", "Register", Right::Manage),
            Self::Intelligence => ("/intelligence", "Intelligence", Right::Manage),
            Self::Documents => ("/documents", "Documents", Right::Manage),
            Self::Reviews => ("/summary", "Reviews", Right::Manage),
            Self::Extracts => ("/extracts", "Extracts", Right::Disclose),
        }
    }
}

/// Somebody whose page is open, and what the top of it says.
pub(super) struct Whose {
    pub(super) id: PersonId,
    pub(super) person: Person,
    /// The order's words, if one is assigned.
    pub(super) text: Option<Arc<OrderText>>,
    /// In which days begin: the order's, or this collector's.
    pub(super) zone: TimeZone,
    /// In which whoever has the page open reads times.
    pub(super) reader: TimeZone,
    pub(super) today: Date,
    kept: Kept,
}

/// Read from the store at once.
struct Kept {
    active: u64,
    silent: u64,
    risk: Option<Assessed>,
    overdue: u64,
    unreadable: bool,
}

pub(super) const MISSING: Fault =
    Fault::Missing("there is no person with this id; look for the person in the overview");

impl Site {
    /// Opens a page about a person for somebody who has them in sight, and enters the look.
    pub(super) async fn whose(
        &self,
        signed: &Signed,
        id: &str,
        action: &'static str,
        on: &str,
    ) -> Result<Whose, Fault> {
        let whose = self.whose_form(signed, id).await?;
        self.looks(signed, action, Some(&whose.id), on).await?;
        Ok(whose)
    }

    /// The same for what a form sends: what it does is entered, not that it was looked at.
    pub(super) async fn whose_form(&self, signed: &Signed, id: &str) -> Result<Whose, Fault> {
        let id: PersonId = id.parse().map_err(|_| MISSING)?;
        let whose = id.clone();
        let found = self
            .store
            .read(move |read| {
                let person = people::get(read, &whose)?;
                let order = orders::current(read, &whose)?.map(|order| order.digest);
                Ok::<_, StoreError>(person.map(|person| (person, order)))
            })
            .await?;
        let (person, order) = found.ok_or(MISSING)?;
        self.in_sight(signed, &id).await?;
        let text = match order {
            None => None,
            Some(digest) => self.texts.get(digest).await?,
        };
        let zone = text.as_ref().map_or(&self.zone, |text| &text.zone).clone();
        let now = clock::now();
        let today = words::date(now, &zone);
        let whose = id.clone();
        let kept = self
            .store
            .read(move |read| Ok::<_, StoreError>(kept(read, &whose, today, now)?))
            .await?;
        Ok(Whose {
            id,
            person,
            text,
            zone,
            reader: signed.zone.clone(),
            today,
            kept,
        })
    }
}

fn kept(read: &Read<'_>, id: &PersonId, today: Date, now: i64) -> Result<Kept, SqlError> {
    let devices = devices::of_person(read, id)?;
    let active = devices
        .iter()
        .filter(|device| device.state == DeviceState::Active);
    let (mut count, mut silent) = (0, 0);
    for device in active {
        count += 1;
        let heard = device.last_contact.unwrap_or(device.enrolled);
        silent += u64::from(now.saturating_sub(heard) > overview::SILENT);
    }
    Ok(Kept {
        active: count,
        silent,
        risk: plan::latest(read, id)?,
        overdue: plan::overdue(read, id, today)?,
        unreadable: sealed::is_unreadable(read, id)?,
    })
}

impl Whose {
    /// A page about them.
    pub(super) fn page(&self, signed: &Signed, tab: Tab, title: &str, body: &Markup) -> Markup {
        let whole = html! {
            (self.top(signed, tab))
            (body)
        };
        let whose = self.id.to_string();
        let about = Page {
            title: &format!("{title}: {}", self.person.name),
            person: Some(&whose),
            ..Page::default()
        };
        layout::page(signed, &about, &whole)
    }

    /// Whether their key is missing.
    pub(super) const fn is_unreadable(&self) -> bool {
        self.kept.unreadable
    }

    /// The address of a page about them.
    pub(super) fn at(&self, tab: Tab) -> String {
        format!("/person/{}{}", self.id, tab.about().0)
    }

    /// The top of the page.
    pub(super) fn top(&self, signed: &Signed, tab: Tab) -> Markup {
        let mut rows = vec![("Order", self.order()), ("Devices", self.devices())];
        if Right::Manage.of(signed.role) {
            rows.push(("Risk", self.risk()));
        }
        let open = Tab::ALL
            .into_iter()
            .filter(|one| one.about().2.of(signed.role));
        let links: Vec<_> = open.map(|one| (self.at(one), one.about().1)).collect();
        html! {
            header.person {
                @if tab == Tab::Overview {
                    h1 { (self.person.name) " " small { (self.person.pseudonym) } }
                } @else {
                    p.whose {
                        a href={ "/person/" (self.id) } { (self.person.name) } " "
                        small { (self.person.pseudonym) }
                    }
                }
                @if self.kept.unreadable { p.fault { (unreadable::OF_ONE) } }
                (govuk::summary_list(&rows))
                (govuk::sub_navigation("About this person", &self.at(tab), &links))
            }
        }
    }

    fn order(&self) -> Markup {
        html! {
            @match &self.text {
                None => "None is assigned.",
                Some(text) => {
                    (text.id) ", version " (text.version)
                    @if let Some(ends) = &text.days.1 { ", until " (ends) }
                }
            }
        }
    }

    fn devices(&self) -> Markup {
        html! {
            @match self.kept.active {
                0 => "None is enrolled.",
                count => {
                    (words::counted(i128::from(count), "device"))
                    @if self.kept.silent > 0 {
                        ", " (layout::tag("review", &format!("{} silent", self.kept.silent)))
                    }
                }
            }
        }
    }

    fn risk(&self) -> Markup {
        html! {
            @match &self.kept.risk {
                None => "Not assessed yet.",
                Some(risk) => {
                    (level(risk.level)) " "
                    (due("Review", risk.review, self.today))
                }
            }
            @if self.kept.overdue > 0 {
                " " (layout::tag("breach", &format!(
                    "{} of the plan overdue", words::counted(i128::from(self.kept.overdue), "action")
                )))
            }
        }
    }
}

/// What follows the person in the address of a page.
pub(super) const fn path(tab: Tab) -> &'static str {
    tab.about().0
}

/// A level as a label.
pub(super) fn level(level: Level) -> Markup {
    let class = match level {
        Level::VeryHigh => "urgent",
        Level::High => "breach",
        Level::Medium => "review",
        Level::Low => "held",
    };
    layout::tag(class, level_words(level))
}

/// A level in words.
pub(super) const fn level_words(level: Level) -> &'static str {
    match level {
        Level::Low => "Low",
        Level::Medium => "Medium",
        Level::High => "High",
        Level::VeryHigh => "Very high",
    }
}

/// When something is due, and by how much that is over.
pub(super) fn due(what: &str, due: Date, today: Date) -> Markup {
    let days = today
        .since((jiff::Unit::Day, due))
        .map_or(0, |span| i64::from(span.get_days()));
    html! {
        @match days {
            1.. => {
                (layout::tag("breach", "Overdue")) " " (what) " was due on " (day(due)) ", "
                (words::counted(i128::from(days), "day")) " ago."
            }
            0 => { (layout::tag("review", "Due today")) " " (what) " is due today." }
            _ => { (what) " is due on " (day(due)) "." }
        }
    }
}

/// A day: `24 Nov 2026`.
pub(super) fn day(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_overdue_is_said_with_its_days() {
        let today = date(2026, 11, 26);
        let said = |day| due("Review", day, today).into_string();
        assert!(said(date(2026, 11, 26)).contains("due today"));
        assert!(said(date(2026, 11, 27)).ends_with("Review is due on 27 Nov 2026."));
        assert!(said(date(2026, 11, 25)).contains("25 Nov 2026, 1 day ago"));
        assert!(said(date(2025, 11, 26)).contains("365 days ago"));
    }
}
