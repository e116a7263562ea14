//! One case as a line of a list.

use std::sync::Arc;

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::cases::{self, CaseFile, CaseKind, Stage};
use crate::store::conditions::ConditionKind;
use crate::store::devices;
use crate::store::findings::{self, Finding};
use crate::store::incidents::IncidentKind;
use crate::store::people::{self, Person};
use crate::store::{Read, SqlError, sealed};

use super::super::fault::Fault;
use super::super::zones::{self, Ends, Own};
use super::super::{Site, groups, lapses, layout, unreadable, words};

/// What a line shows.
pub(in crate::web) struct Line {
    pub(in crate::web) case: CaseFile,
    person: Option<Person>,
    /// The alert that stands for it. None: of a person whose key is gone, or of another kind of case.
    lead: Option<Finding>,
    /// Whose key is missing.
    unreadable: bool,
    /// What it quotes was erased.
    erased: bool,
    host: Option<String>,
    /// How many conditions last, and when the latest was over.
    lasting: (u64, Option<i64>),
    /// The zones of the devices at the first alert and at the last, where they are known.
    own: Ends,
}

impl Line {
    pub(in crate::web) fn gather(read: &Read<'_>, case: CaseFile) -> Result<Self, SqlError> {
        let lead = match case.lead {
            // One person's key that is gone must not hide what waits about everybody else.
            Some(lead) => match findings::get(read, lead) {
                Err(SqlError::Vault(_)) => None,
                found => found?,
            },
            None => None,
        };
        let host = match case.device.parse() {
            Ok(device) => devices::registered(read, device)?.map(|one| one.host),
            Err(_) => None,
        };
        let lasting = match case.kind {
            CaseKind::Condition => cases::lasting(read, &case.id)?,
            CaseKind::Finding | CaseKind::Incident => (0, None),
        };
        let own = match case.kind {
            CaseKind::Finding => zones::ends(read, (&case.id, &case.person), case.span)?,
            CaseKind::Condition | CaseKind::Incident => Ends::default(),
        };
        let erased = match &lead {
            Some(lead) => findings::erased_by(read, lead.id)?.is_some(),
            None => false,
        };
        Ok(Self {
            own,
            unreadable: sealed::is_unreadable(read, &case.person)?,
            erased,
            person: people::get(read, &case.person)?,
            lead,
            host,
            lasting,
            case,
        })
    }

    /// The line, with times in the reader's zone; `named`: whose case it is stands with it.
    pub(in crate::web) async fn show(
        &self,
        site: &Site,
        (zone, now): (&TimeZone, i64),
        named: bool,
    ) -> Result<Markup, Fault> {
        let case = &self.case;
        let text = match &self.lead {
            None => None,
            Some(lead) => site.texts.get(lead.order).await?,
        };
        let title = match &self.lead {
            Some(lead) => {
                let says = text.as_ref().and_then(|text| text.says(&lead.rule));
                words::rule(says, text.is_some(), &lead.rule)
            }
            None => self.title(),
        };
        let name = self.person.as_ref();
        let name = name.map_or(words::NOBODY, |person| person.name.as_str());
        Ok(html! {
            li.card {
                @if named {
                    h3 {
                        a href={ "/person/" (case.person) } { (name) }
                        @if let Some(person) = &self.person { " " small { (person.pseudonym) } }
                    }
                }
                p.tags {
                    (layout::tag(case.rank.as_str(), label(case)))
                    @if case.stage == Stage::Waits {
                        (super::mark(case, now, &site.queue.overdue_hours))
                    } @else {
                        (layout::tag("held", if case.stage == Stage::SignOff { "To be signed off" } else { "Decided" }))
                    }
                    @if self.unreadable { (layout::tag("urgent", unreadable::MARK)) }
                    @if case.asleep(now) {
                        (layout::tag("", "Put aside"))
                        span.quiet { "until " (words::moment(case.snoozed, zone)) }
                    }
                }
                p { a.what id={ "c" (case.id) } href={ "/case/" (case.id) } { (title) } }
                @if self.erased {
                    p.quiet { (groups::ERASED) }
                } @else if let Some(lead) = &self.lead {
                    p.matched { (groups::matched(&lead.matched)) }
                }
                p.quiet { (self.about(zone)) }
            }
        })
    }

    /// What lies in it.
    fn about(&self, zone: &TimeZone) -> Markup {
        let case = &self.case;
        let [urgent, breach, review] = case.waiting;
        // Of what is decided nothing waits.
        let alerts = match case.stage {
            Stage::Waits => case.waits(),
            Stage::SignOff | Stage::Done => case.total,
        };
        html! {
            @if case.kind == CaseKind::Finding {
                "Clause " (case.subject) ". "
                @if alerts == 1 { "1 alert" } @else { b { (alerts) " alerts" } }
                @if [urgent, breach, review].iter().filter(|count| **count > 0).count() > 1 {
                    " (" (severities(case.waiting)) ")"
                }
            } @else {
                (self.host.as_deref().unwrap_or("A computer that is not in the register")) ". "
                @if case.total == 1 { "Once" } @else { b { (case.total) " times" } }
            }
            ", "
            @let [first, last] = &self.own;
            @if case.span.0 == case.span.1 {
                (moment(case.span.0, zone, first))
            } @else {
                "first " (moment(case.span.0, zone, first)) ", last " (moment(case.span.1, zone, last))
            }
            "."
            @match (case.kind, self.lasting) {
                (CaseKind::Condition, (0, Some(over))) => {
                    " It was over by itself " (words::moment(over, zone)) "."
                }
                (CaseKind::Condition, (1.., _)) => " It still lasts.",
                _ => "",
            }
            @if case.unheeded == 0 && case.stage == Stage::Waits { " Somebody is looking into it." }
            @if case.unsigned > 0 { " A supervisor must agree to what was decided." }
        }
    }

    /// Whether a condition in it lasts.
    pub(in crate::web) fn lasts(&self) -> bool {
        self.lasting.0 > 0
    }

    /// Of a case without an alert that can be shown.
    pub(in crate::web) fn title(&self) -> String {
        let over = !self.lasts();
        let case = &self.case;
        match case.kind {
            CaseKind::Finding => format!("Alerts under clause {}", case.subject),
            CaseKind::Condition => match case.subject.parse::<ConditionKind>() {
                Ok(kind) => lapses::name(kind, over).to_owned(),
                Err(_) => case.subject.clone(),
            },
            CaseKind::Incident => match case.subject.parse::<IncidentKind>() {
                Ok(kind) => kind.words().to_owned(),
                Err(_) => case.subject.clone(),
            },
        }
    }
}

/// When it was, with the device's own time beside it.
fn moment(at: i64, zone: &TimeZone, own: &Option<Arc<Own>>) -> Markup {
    html! { (words::moment(at, zone)) (zones::beside(at, zone, own.as_deref())) }
}

/// What kind of case it is, in a word or two.
pub(in crate::web) fn label(case: &CaseFile) -> &'static str {
    match case.kind {
        CaseKind::Finding => words::severity(case.rank.as_str()),
        CaseKind::Condition => "Watching",
        CaseKind::Incident => "Log in doubt",
    }
}

fn severities([urgent, breach, review]: [u64; 3]) -> String {
    let all = [("urgent", urgent), ("breach", breach), ("review", review)];
    let some = all.iter().filter(|(_, count)| *count > 0);
    let words: Vec<_> = some
        .map(|(word, count)| words::severity_count(word, *count))
        .collect();
    words.join(", ")
}
