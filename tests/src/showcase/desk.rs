//! What people wrote at the desk: notes, a risk level, a plan, an order that is being drafted.

use jiff::civil::Date;
use proviso_collector::store::drafts::{self, Draft, Purpose, Version};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::plan::{self, Action, Assessed, Level};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, SqlError, Tx, orders};

use super::seed::staff_id;

const HOUR: i64 = 3_600_000;

/// The draft.
pub(super) const DRAFT: &str = "0001";

/// Writes it all about one person; answers the digest of the order in force.
pub(super) fn write(tx: &Tx<'_>, person: &PersonId, now: i64) -> Result<Option<Hash>, SqlError> {
    let staff = staff_id(Role::Manager);
    let long = "He opened the door at once and showed the laptop without being asked. ".repeat(9);
    for (number, kind, text) in [
        (1_u8, NoteKind::Unannounced, long.as_str()),
        (2, NoteKind::Call, "Asked <b>when</b> the course begins."),
    ] {
        let note = Note {
            id: format!("note-{number}"),
            person: person.clone(),
            kind,
            happened: now - i64::from(number) * 50 * HOUR,
            text: text.to_owned(),
            outcome: "Nothing to follow up.".to_owned(),
            corrects: None,
            staff: staff.clone(),
            at: now - i64::from(number) * 48 * HOUR,
            staff_name: String::new(),
        };
        notes::add(tx, &note)?;
    }
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
    for (number, what) in [
        (1, "Ask the employer whether shifts changed."),
        (2, "Home visit with a colleague."),
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
    }
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
