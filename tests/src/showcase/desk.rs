//! What people wrote at the desk: notes, a request to erase one, a risk level, a plan, what was declared,
//! intelligence, a document, an order that is being drafted.

use jiff::civil::Date;
use proviso_collector::store::declared::{self, Item, ItemKind, Withdrawn};
use proviso_collector::store::documents::{self, Document};
use proviso_collector::store::drafts::{self, Draft, Purpose, Version};
use proviso_collector::store::erasures::{self, Request, What};
use proviso_collector::store::intelligence::{
    self, Assessment, Grade, Handling, Origin, Report, Source,
};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::plan::{self, Action, Assessed, Closed, ClosedAs, Level};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, SqlError, Tx, orders};

use super::seed::staff_id;

const HOUR: i64 = 3_600_000;

/// The draft.
pub(super) const DRAFT: &str = "0001";

/// The request to erase a note.
pub(super) const ERASURE: &str = "erasure-1";

/// Writes it all about one person; answers the digest of the order in force.
pub(super) fn write(tx: &Tx<'_>, person: &PersonId, now: i64) -> Result<Option<Hash>, SqlError> {
    let staff = staff_id(Role::Manager);
    let long = "He opened the door at once and showed the laptop without being asked. ".repeat(9);
    for (number, kind, text, corrects) in [
        (
            2_u8,
            NoteKind::Call,
            "Asked <b>when</b> the course begins.",
            None,
        ),
        (1, NoteKind::Unannounced, long.as_str(), Some("note-2")),
    ] {
        let note = Note {
            id: format!("note-{number}"),
            person: person.clone(),
            kind,
            happened: now - i64::from(number) * 50 * HOUR,
            text: text.to_owned(),
            outcome: "Nothing to follow up.".to_owned(),
            corrects: corrects.map(str::to_owned),
            staff: staff.clone(),
            at: now - i64::from(number) * 48 * HOUR,
            staff_name: String::new(),
            erased: None,
        };
        notes::add(tx, &note)?;
    }
    let request = Request {
        id: ERASURE.to_owned(),
        person: person.clone(),
        asked: now - HOUR,
        staff: staff_id(Role::Supervisor),
        rule: "Retention plan, part <4>".to_owned(),
        reason: "It is about somebody else.".to_owned(),
        what: What::Notes(vec!["note-2".to_owned()]),
        closed: None,
    };
    erasures::ask(tx, &request)?;
    let risk = Assessed {
        id: "risk-1".to_owned(),
        person: person.clone(),
        level: Level::High,
        reasons: "Two attempts to look for contact within a month; steady work since.".to_owned(),
        review: Date::constant(2026, 1, 31),
        staff: staff.clone(),
        at: now - 24 * HOUR,
        staff_name: String::new(),
    };
    plan::assess(tx, &risk)?;
    for (number, what, ended) in [
        (1, "Ask the employer whether shifts changed.", None),
        (2, "Home visit with a colleague.", None),
        (3, "See the new tenancy.", Some("Seen; he lives alone.")),
    ] {
        let action = Action {
            id: format!("action-{number}"),
            person: person.clone(),
            what: what.to_owned(),
            owner: staff.clone(),
            due: Date::constant(2026, 1, 10 + number),
            staff: staff.clone(),
            at: now - 24 * HOUR,
            closed: None,
            owner_name: String::new(),
        };
        plan::add(tx, &action)?;
        if let Some(outcome) = ended {
            let closed = Closed {
                at: now,
                by: staff.clone(),
                how: ClosedAs::Done,
                outcome: outcome.to_owned(),
                by_name: String::new(),
            };
            plan::close(tx, &action.id, &closed)?;
        }
    }
    declared(tx, person, &staff, now)?;
    told(tx, person, &staff, now)?;
    let Some(order) = orders::current(tx, person)? else {
        return Ok(None);
    };
    let draft = Draft {
        id: DRAFT.to_owned(),
        person: person.clone(),
        purpose: Purpose::Vary,
        reason: "The court allowed one named forum.".to_owned(),
        begun: now - HOUR,
        begun_by: staff.clone(),
        ended: None,
    };
    drafts::begin(tx, &draft)?;
    let version = Version {
        number: 1,
        sha256: order.digest,
        bytes: order.bytes,
        origin: "the order in force".to_owned(),
        made: now - HOUR,
        made_by: staff,
    };
    drafts::add(tx, DRAFT, &version)?;
    Ok(Some(order.digest))
}

/// What the person told of; one of it is withdrawn.
fn declared(tx: &Tx<'_>, person: &PersonId, staff: &str, now: i64) -> Result<(), SqlError> {
    for (number, kind, what) in [
        (1, ItemKind::Computer, "Thinkpad, serial PF-0<1>2"),
        (2, ItemKind::Email, "alex@example.org"),
        (3, ItemKind::Phone, "Fairphone 5"),
    ] {
        let item = Item {
            id: format!("item-{number}"),
            person: person.clone(),
            kind,
            what: what.to_owned(),
            since: None,
            declared: Date::constant(2026, 1, 10),
            staff: staff.to_owned(),
            at: now - 24 * HOUR,
            withdrawn: None,
            staff_name: String::new(),
        };
        declared::add(tx, &item)?;
    }
    let withdrawn = Withdrawn {
        at: now,
        by: staff.to_owned(),
        why: "Sold; he showed the receipt.".to_owned(),
        by_name: String::new(),
    };
    declared::withdraw(tx, "item-3", &withdrawn)?;
    Ok(())
}

/// What others said, and a letter.
fn told(tx: &Tx<'_>, person: &PersonId, staff: &str, now: i64) -> Result<(), SqlError> {
    let report = Report {
        id: "report-1".to_owned(),
        person: person.clone(),
        origin: Origin::Public,
        grade: Grade {
            source: Source::Untested,
            assessment: Assessment::Indirectly,
            handling: Handling::Conditions,
            conditions: "Not to be told to the person.".to_owned(),
        },
        happened: now - 30 * HOUR,
        text: "Seen at the <library> computers.".to_owned(),
        line: None,
        staff: staff.to_owned(),
        at: now - 20 * HOUR,
        staff_name: String::new(),
    };
    intelligence::add(tx, &report)?;
    let bytes = b"Dear Sir";
    let document = Document {
        id: "document-1".to_owned(),
        person: person.clone(),
        name: Some("letter.txt".to_owned()),
        kind: "text".to_owned(),
        size: bytes.len() as u64,
        sha256: Hash::of(bytes),
        about: "Letter of the landlord".to_owned(),
        staff: staff.to_owned(),
        at: now - 24 * HOUR,
        removed: None,
        staff_name: String::new(),
    };
    documents::add(tx, &document, bytes)
}
