//! What officers keep about people over the years: visits and notes, risk levels and plans, what was declared,
//! what others said, documents, orders that are being drafted, and what was given to other agencies.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_collector::store::declared::{self, Item, ItemKind, Withdrawn};
use proviso_collector::store::documents::{self, Document};
use proviso_collector::store::drafts::{self, Draft, Purpose, Version};
use proviso_collector::store::extracts::{self, Body, Extract, Source};
use proviso_collector::store::intelligence::{
    self, Assessment, Grade, Handling, Origin, Report, Source as Informant,
};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::plan::{self, Action, Assessed, Closed, ClosedAs, Level};
use proviso_collector::store::{Hash, PersonId, SqlError, Tx, orders};

use super::chance::Chance;
use super::life::words;

const DAY: i64 = 86_400_000;
/// A note or a visit each so many days.
const NOTES: usize = 14;
/// An action of the plan.
const ACTIONS: usize = 60;
/// Something that others said.
const REPORTS: usize = 90;
/// A risk level.
const LEVELS: usize = 180;
/// Of so many people one has an order that is being drafted.
const DRAFTS: u64 = 10;
/// And one was told of to another agency.
const EXTRACTS: u64 = 8;

/// Who reads what is given to other agencies.
pub(super) const PARTNER: &str = "partner";

/// Of whom, by whom, and of which time.
#[derive(Clone)]
pub(super) struct Kept {
    /// About whom.
    pub(super) person: PersonId,
    /// Their place among all.
    pub(super) number: u64,
    /// Who keeps it.
    pub(super) officer: String,
    /// From when to when, Unix milliseconds.
    pub(super) span: (i64, i64),
    /// What it says.
    pub(super) chance: Chance,
}

impl Kept {
    /// Writes all of it.
    pub(super) fn write(mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        self.notes(tx)?;
        self.plan(tx)?;
        self.declared(tx)?;
        self.told(tx)?;
        self.documents(tx)?;
        if self.number.is_multiple_of(DRAFTS) {
            self.draft(tx)?;
        }
        if self.number.is_multiple_of(EXTRACTS) {
            self.extract(tx)?;
        }
        Ok(())
    }

    /// Times that are so many days apart, each with an id.
    fn each(&self, kind: &str, days: usize) -> Vec<(String, i64)> {
        let (since, until) = self.span;
        let step = usize::try_from(DAY).unwrap_or(1).saturating_mul(days);
        let times = (since..until).step_by(step);
        let ids = times.enumerate();
        ids.map(|(place, at)| (self.id(kind, place), at)).collect()
    }

    fn id(&self, kind: &str, place: usize) -> String {
        format!("{kind}-{:06}-{place:04}", self.number)
    }

    fn notes(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        const KINDS: [NoteKind; 5] = [
            NoteKind::Office,
            NoteKind::Call,
            NoteKind::Unannounced,
            NoteKind::Announced,
            NoteKind::Note,
        ];
        let kinds = KINDS.into_iter().cycle();
        for ((id, at), kind) in self.each("note", NOTES).into_iter().zip(kinds) {
            let note = Note {
                id,
                person: self.person.clone(),
                kind,
                happened: at,
                text: words(&mut self.chance, 60),
                outcome: words(&mut self.chance, 8),
                corrects: None,
                staff: self.officer.clone(),
                at: at + DAY / 4,
                staff_name: String::new(),
                erased: None,
            };
            notes::add(tx, &note)?;
        }
        Ok(())
    }

    fn plan(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        for (id, at) in self.each("risk", LEVELS) {
            let assessed = Assessed {
                id,
                person: self.person.clone(),
                level: match self.chance.below(3) {
                    0 => Level::High,
                    _ => Level::Medium,
                },
                reasons: words(&mut self.chance, 40),
                review: day(at + 180 * DAY),
                staff: self.officer.clone(),
                at,
                staff_name: String::new(),
            };
            plan::assess(tx, &assessed)?;
        }
        let until = self.span.1;
        for (id, at) in self.each("action", ACTIONS) {
            let action = Action {
                id,
                person: self.person.clone(),
                what: words(&mut self.chance, 12),
                owner: self.officer.clone(),
                due: day(at + 30 * DAY),
                staff: self.officer.clone(),
                at,
                closed: None,
                owner_name: String::new(),
            };
            plan::add(tx, &action)?;
            // The last ones are still to be done.
            let done = at + 20 * DAY;
            if done < until {
                let closed = Closed {
                    at: done,
                    by: self.officer.clone(),
                    how: ClosedAs::Done,
                    outcome: words(&mut self.chance, 12),
                    by_name: String::new(),
                };
                plan::close(tx, &action.id, &closed)?;
            }
        }
        Ok(())
    }

    fn declared(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        let since = self.span.0;
        let kinds = [ItemKind::Computer, ItemKind::Email, ItemKind::Phone];
        for (place, kind) in kinds.into_iter().enumerate() {
            let item = Item {
                id: self.id("item", place),
                person: self.person.clone(),
                kind,
                what: words(&mut self.chance, 3),
                since: None,
                declared: day(since),
                staff: self.officer.clone(),
                at: since,
                withdrawn: None,
                staff_name: String::new(),
            };
            declared::add(tx, &item)?;
        }
        let withdrawn = Withdrawn {
            at: since + DAY,
            by: self.officer.clone(),
            why: "Sold.".to_owned(),
            by_name: String::new(),
        };
        declared::withdraw(tx, &self.id("item", kinds.len() - 1), &withdrawn)?;
        Ok(())
    }

    fn told(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        for (id, at) in self.each("report", REPORTS) {
            let report = Report {
                id,
                person: self.person.clone(),
                origin: Origin::Public,
                grade: Grade {
                    source: Informant::Untested,
                    assessment: Assessment::Indirectly,
                    handling: Handling::Conditions,
                    conditions: "Not to be told to the person.".to_owned(),
                },
                happened: at,
                text: words(&mut self.chance, 30),
                line: None,
                staff: self.officer.clone(),
                at: at + DAY,
                staff_name: String::new(),
            };
            intelligence::add(tx, &report)?;
        }
        Ok(())
    }

    fn documents(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        for place in 0..2 {
            let bytes = words(&mut self.chance, 400).into_bytes();
            let document = Document {
                id: self.id("document", place),
                person: self.person.clone(),
                name: Some(format!("letter-{place}.txt")),
                kind: "text".to_owned(),
                size: bytes.len() as u64,
                sha256: Hash::of(&bytes),
                about: words(&mut self.chance, 5),
                staff: self.officer.clone(),
                at: self.span.0,
                removed: None,
                staff_name: String::new(),
            };
            documents::add(tx, &document, &bytes)?;
        }
        Ok(())
    }

    fn draft(&self, tx: &Tx<'_>) -> Result<(), SqlError> {
        let Some(order) = orders::current(tx, &self.person)? else {
            return Ok(());
        };
        let (id, begun) = (self.id("draft", 0), self.span.1 - DAY);
        let draft = Draft {
            id: id.clone(),
            person: self.person.clone(),
            purpose: Purpose::Vary,
            reason: "The court allowed one named forum.".to_owned(),
            begun,
            begun_by: self.officer.clone(),
            ended: None,
        };
        drafts::begin(tx, &draft)?;
        let version = Version {
            number: 1,
            sha256: order.digest,
            bytes: order.bytes,
            origin: "the order in force".to_owned(),
            made: begun,
            made_by: self.officer.clone(),
        };
        drafts::add(tx, &id, &version)?;
        Ok(())
    }

    fn extract(&mut self, tx: &Tx<'_>) -> Result<(), SqlError> {
        let until = self.span.1;
        let body = Body {
            about: words(&mut self.chance, 2),
            facts: vec![extracts::Fact {
                of: Source::Note(self.id("note", 0)),
                title: "Note".to_owned(),
                text: words(&mut self.chance, 60),
            }],
            words: "Call before you visit.".to_owned(),
        };
        let extract = Extract {
            id: self.id("extract", 0),
            person: self.person.clone(),
            made: until - DAY,
            staff: self.officer.clone(),
            recipient: Some(format!("staff-{PARTNER}")),
            recipient_name: PARTNER.to_owned(),
            purpose: "Child protection conference".to_owned(),
            basis: "safeguarding".to_owned(),
            basis_text: "A child lives in the household.".to_owned(),
            expires: until + 90 * DAY,
            sha256: body.digest()?,
            body: Some(body),
            withdrawn: None,
        };
        extracts::put(tx, &extract)?;
        Ok(())
    }
}

fn day(at: i64) -> Date {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned_datetime(TimeZone::UTC).date()
}
