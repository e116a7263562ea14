//! What officers keep about a person is kept apart from evidence: no bundle has any of it.

use std::path::Path;

use proviso_collector::store::declared::{self, Item, ItemKind};
use proviso_collector::store::documents::{self, Document};
use proviso_collector::store::intelligence::{
    self, Assessment, Grade, Handling, Origin, Report, Source,
};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::people::Person;
use proviso_collector::store::plan::{self, Action, Assessed, Level};
use proviso_collector::store::{Hash, Store, StoreError};

use crate::bundles::{MORNING, export, filled, holds};

/// In no word of a bundle.
const MARK: &str = "ZZKEPTAPARTZZ";

#[test]
fn no_bundle_has_what_officers_keep() {
    let (world, person, _) = filled();
    let store = world.store();
    keep(&store, &person);
    store.close();
    let out = world.path("bundle");
    export(&world, "2026-06-01", "2026-06-02", &out);
    holds(&out);
    let looked = look(&out);
    assert!(looked > 10, "{looked}");
}

/// Something of each sort, all of the morning that is exported.
fn keep(store: &Store, person: &Person) {
    let person = person.id.clone();
    let (staff, day) = ("staff-1".to_owned(), "2026-06-01".parse().unwrap());
    let text = || MARK.to_owned();
    let keep = move |tx: &proviso_collector::store::Tx<'_>| -> Result<(), StoreError> {
        notes::add(
            tx,
            &Note {
                id: "1".to_owned(),
                person: person.clone(),
                kind: NoteKind::Unannounced,
                happened: MORNING,
                text: text(),
                outcome: text(),
                corrects: None,
                staff: staff.clone(),
                at: MORNING,
                staff_name: String::new(),
                erased: None,
            },
        )?;
        plan::assess(
            tx,
            &Assessed {
                id: "1".to_owned(),
                person: person.clone(),
                level: Level::High,
                reasons: text(),
                review: day,
                staff: staff.clone(),
                at: MORNING,
                staff_name: String::new(),
            },
        )?;
        plan::add(
            tx,
            &Action {
                id: "1".to_owned(),
                person: person.clone(),
                what: text(),
                owner: staff.clone(),
                due: day,
                staff: staff.clone(),
                at: MORNING,
                closed: None,
                owner_name: String::new(),
            },
        )?;
        declared::add(
            tx,
            &Item {
                id: "1".to_owned(),
                person: person.clone(),
                kind: ItemKind::Phone,
                what: text(),
                since: None,
                declared: day,
                staff: staff.clone(),
                at: MORNING,
                withdrawn: None,
                staff_name: String::new(),
            },
        )?;
        intelligence::add(
            tx,
            &Report {
                id: "1".to_owned(),
                person: person.clone(),
                origin: Origin::Tag,
                grade: Grade {
                    source: Source::Untested,
                    assessment: Assessment::NotKnown,
                    handling: Handling::Conditions,
                    conditions: text(),
                },
                happened: MORNING,
                text: text(),
                line: None,
                staff: staff.clone(),
                at: MORNING,
                staff_name: String::new(),
            },
        )?;
        let document = Document {
            id: "1".to_owned(),
            person: person.clone(),
            name: Some(text()),
            kind: "text".to_owned(),
            size: MARK.len() as u64,
            sha256: Hash::of(MARK.as_bytes()),
            about: text(),
            staff: staff.clone(),
            at: MORNING,
            removed: None,
            staff_name: String::new(),
        };
        Ok(documents::add(tx, &document, MARK.as_bytes())?)
    };
    store.write_blocking("keep", keep).unwrap();
}

/// Looks through every file; says how many there are.
fn look(dir: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += look(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let has = |text: &str| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        };
        assert!(!has(MARK), "{}", path.display());
        count += 1;
    }
    count
}
