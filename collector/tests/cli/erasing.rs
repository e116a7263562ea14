//! `erase`, `retention`: whose work it is, what goes, and what stays.

use proviso_collector::store::extracts::{self, Body, Extract, Fact, Source};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::people::Person;
use proviso_collector::store::{Hash, StoreError};
use proviso_report::bundle::Outcome;
use proviso_report::fact::Explanation;

use crate::bundles::{MORNING, export, filled, holds, verified};
use crate::log::visit;
use crate::world::World;

const PASSWORD: &str = "correct horse battery";

fn ask(staff: &str, person: &str) -> Vec<String> {
    let words = [
        "erase",
        "ask",
        "--everything",
        "--rule",
        "Plan 3",
        "--reason",
        "No longer needed.",
        "--staff",
        staff,
        "--person",
        person,
    ];
    words.map(str::to_owned).to_vec()
}

#[test]
fn nobody_erases_whose_work_it_is_not() {
    let world = World::new();
    world.ok(&["person", "add", "--name", "Alex"]);
    for (name, role, team) in [
        ("morgan", "manager", "north"),
        ("kim", "manager", "south"),
        ("ada", "administrator", ""),
        ("eve", "examiner", ""),
        ("aud", "auditor", ""),
        ("pat", "partner", ""),
    ] {
        let add = ["staff", "add", name, "--role", role, "--team", team];
        world.told(&add, PASSWORD);
    }
    world.ok(&[
        "person",
        "assign",
        "Alex",
        "--officer",
        "morgan",
        "--reason",
        "new",
    ]);
    let said = |words: &[String]| {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let ran = world.run_told(&words, PASSWORD);
        assert_ne!(ran.code, Some(0), "{}", ran.out);
        ran.err
    };
    // Theirs it is, and there is nothing to be erased.
    for staff in ["morgan", "ada"] {
        let why = said(&ask(staff, "P-0001"));
        assert!(why.contains("no record fits"), "{why}");
    }
    let why = said(&ask("kim", "P-0001"));
    assert!(why.contains("kim does not see P-0001"), "{why}");
    for (staff, role) in [("eve", "examiner"), ("aud", "auditor"), ("pat", "partner")] {
        let release = [
            "retention",
            "release",
            "--reason",
            "x",
            "--person",
            "P-0001",
        ];
        let release = release
            .into_iter()
            .chain(["--staff", staff])
            .map(str::to_owned);
        for words in [ask(staff, "P-0001"), release.collect()] {
            let why = said(&words);
            let expected = format!("{staff} is entered as {role}");
            assert!(why.contains(&expected), "{why}");
        }
    }
    let hold = ["retention", "hold", "--reason", "x", "--person", "P-0001"];
    let why = world.refused(&[&hold[..], &["--staff", "nobody"]].concat());
    assert!(why.contains("nobody who may sign in is called"), "{why}");
    world.ok(&[&hold[..], &["--staff", "morgan"]].concat());
}

const MARK: &str = "ZZGONEZZ";

/// Two who may erase and are not the same.
fn administrators(world: &World) {
    for name in ["ada", "bob"] {
        world.told(&["staff", "add", name, "--role", "administrator"], PASSWORD);
    }
}

/// Asks as ada and confirms as bob; gives the erasure's id.
fn erase(world: &World, which: &[&str]) -> String {
    let ask = [
        "erase", "ask", "--person", "P-0001", "--staff", "ada", "--rule", "Plan 4", "--reason",
        "Wrong.",
    ];
    let said = world.told(&[&ask[..], which].concat(), PASSWORD);
    let (_, id) = said.split_once("erase confirm ").unwrap();
    let id = id.split(' ').next().unwrap().to_owned();
    let alone = world.run_told(&["erase", "confirm", &id, "--staff", "ada"], PASSWORD);
    assert!(
        alone.err.contains("somebody else must confirm it"),
        "{}",
        alone.err
    );
    world.told(&["erase", "confirm", &id, "--staff", "bob"], PASSWORD);
    id
}

/// Whether these words stand anywhere in the store's files.
fn stands(world: &World, words: &str) -> bool {
    ["store.db", "store.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(world.path("data").join(name)).unwrap_or_default();
        bytes
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    })
}

fn note(person: &Person, number: &str, text: &str) -> Note {
    Note {
        id: number.repeat(32),
        person: person.id.clone(),
        kind: NoteKind::Call,
        happened: MORNING,
        text: text.to_owned(),
        outcome: format!("{text} too"),
        corrects: None,
        staff: "staff-1".to_owned(),
        at: MORNING,
        staff_name: String::new(),
        erased: None,
    }
}

#[test]
fn a_note_goes_by_two_people_and_it_stays_said_that_it_was_there() {
    let (world, person, _) = filled();
    administrators(&world);
    let store = world.store();
    let (gone, kept) = (note(&person, "1", MARK), note(&person, "2", "Kept words"));
    let extract = Extract {
        id: "3".repeat(32),
        person: person.id.clone(),
        made: MORNING,
        staff: "staff-1".to_owned(),
        recipient: None,
        recipient_name: "Probation".to_owned(),
        purpose: "Court".to_owned(),
        basis: "public_protection".to_owned(),
        basis_text: String::new(),
        expires: i64::MAX,
        sha256: Hash::of(b""),
        body: Some(Body {
            about: "A".to_owned(),
            facts: vec![Fact {
                of: Source::Note(gone.id.clone()),
                title: "Note".to_owned(),
                text: MARK.to_owned(),
            }],
            words: String::new(),
        }),
        withdrawn: None,
    };
    store
        .write_blocking("notes", move |tx| {
            notes::add(tx, &gone)?;
            notes::add(tx, &kept)?;
            extracts::put(tx, &extract)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    store.close();
    drop(store);
    assert!(stands(&world, MARK));
    let first = "1".repeat(32);
    let refused = |note: &str, more: &[&str]| {
        let ask = [
            "erase", "ask", "--person", "P-0001", "--staff", "ada", "--rule", "x", "--reason", "x",
            "--note",
        ];
        let ran = world.run_told(&[&ask[..], &[note], more].concat(), PASSWORD);
        assert_ne!(ran.code, Some(0), "{}", ran.out);
        ran.err
    };
    let why = refused("nothing", &[]);
    assert!(
        why.contains("there is no note nothing about this person"),
        "{why}"
    );
    assert!(refused(&first, &["--everything"]).contains("cannot be used with"));
    let hold = [
        "retention",
        "hold",
        "--person",
        "P-0001",
        "--staff",
        "ada",
        "--reason",
        "Appeal",
    ];
    world.ok(&hold);
    assert!(refused(&first, &[]).contains("on hold"));
    world.told(
        &[
            "retention",
            "release",
            "--person",
            "P-0001",
            "--staff",
            "ada",
            "--reason",
            "Over",
        ],
        PASSWORD,
    );

    // Who is to confirm it sees which note that is, and its words where they see the person.
    let ask = [
        "erase", "ask", "--person", "P-0001", "--staff", "ada", "--rule", "Plan 4", "--reason",
        "Wrong.", "--note", &first,
    ];
    let said = world.told(&ask, PASSWORD);
    let (_, id) = said.split_once("erase show ").unwrap();
    let id = id.split(' ').next().unwrap().to_owned();
    // Of what kind is for whoever sees the person.
    let with_kind = format!("{first}  call of 2026-06-01T10:00:00.000Z, written by morgan");
    let which = with_kind.replace("call of", "a note of");
    let list = world.ok(&["erase", "list"]);
    assert!(list.contains(&which) && !list.contains("call"), "{list}");
    let add = [
        "staff", "add", "kim", "--role", "manager", "--team", "south",
    ];
    world.told(&add, PASSWORD);
    for (staff, words) in [("kim", true), ("bob", false)] {
        let shown = world.told(&["erase", "show", &id, "--staff", staff], PASSWORD);
        let which = if words { &with_kind } else { &which };
        for said in [which, "ada\n", "Person:   P-0001", "Rule:     Plan 4"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        assert_eq!(
            shown.contains(&format!("\"{MARK}\"")),
            words,
            "{staff}: {shown}"
        );
        assert_eq!(shown.contains("call"), words, "{staff}: {shown}");
    }
    // Twice is said to be twice.
    let why = refused(&first, &[]);
    assert!(
        why.contains("ada asked on 20")
            && why.contains(&format!("erase show {id} --staff NAME"))
            && why.contains(&format!("erase withdraw {id} --staff NAME")),
        "{why}"
    );
    world.told(&["erase", "withdraw", &id, "--staff", "kim"], PASSWORD);
    assert_eq!(
        world.ok(&["erase", "list"]),
        "Nothing waits to be confirmed.\n"
    );
    // What became of it is said, and not what might have.
    let show = |id: &str| {
        world
            .run_told(&["erase", "show", id, "--staff", "kim"], PASSWORD)
            .err
    };
    let why = show(&id);
    assert!(why.contains("this was taken back by kim on 20"), "{why}");

    // And once more before it is confirmed, whoever tries.
    let said = world.told(&ask, PASSWORD);
    let (_, id) = said.split_once("erase show ").unwrap();
    let id = id.split(' ').next().unwrap().to_owned();
    let wrong = world.run_told(
        &["erase", "confirm", &id, "--staff", "bob"],
        "wrong password",
    );
    assert_ne!(wrong.code, Some(0), "{}", wrong.out);
    let (entry, why) = wrong.err.split_once("proviso-collector: ").unwrap();
    assert!(entry.starts_with(&id) && entry.contains(&which), "{entry}");
    assert!(!why.contains(&which), "{why}");
    world.told(&["erase", "withdraw", &id, "--staff", "kim"], PASSWORD);

    // Named twice, asked for once.
    let id = erase(&world, &["--note", &first, "--note", &first]);
    assert!(!stands(&world, MARK));
    assert!(refused(&first, &[]).contains("not erased already"));
    let why = show(&id);
    assert!(
        why.contains("this was done on 20") && why.contains("as bob confirmed it"),
        "{why}"
    );
    let store = world.store();
    let whose = person.id.clone();
    let (left, extract) = store
        .read_blocking(|read| {
            let extract = extracts::get(read, &"3".repeat(32))?;
            Ok::<_, StoreError>((notes::of_person(read, &whose, 9, 0)?, extract))
        })
        .unwrap();
    store.close();
    drop(store);
    let of = |id: &str| left.iter().find(|note| note.id == id).unwrap();
    let (gone, kept) = (of(&first), of(&"2".repeat(32)));
    assert_eq!((gone.text.as_str(), gone.outcome.as_str()), ("", ""));
    assert_eq!(gone.erased.as_ref(), Some(&id));
    assert_eq!(
        (gone.kind, gone.happened, gone.staff.as_str()),
        (NoteKind::Call, MORNING, "staff-1")
    );
    assert_eq!(
        (kept.text.as_str(), kept.erased.as_ref()),
        ("Kept words", None)
    );
    assert_eq!(extract.unwrap().body, None);

    // The ledger knows it, the certificate says it, and no bundle has anything of it.
    assert!(
        world
            .ok(&["ledger", "check"])
            .contains("is as its ledger says")
    );
    let file = world.path("certificate");
    world.ok(&["erase", "certificate", &id, "--out", file.to_str().unwrap()]);
    let text = std::fs::read_to_string(&file).unwrap();
    for said in [
        "Asked by:     ada\nConfirmed by: bob\nRule:         Plan 4\nReason:       Wrong.\nNotes:        1\n",
        &format!("  {first}  call of 2026-06-01T10:00:00.000Z, written by morgan"),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let out = world.path("bundle");
    export(&world, "2026-06-01", "2026-06-02", &out);
    holds(&out);
    assert!(!out.join("data/erasures.jsonl").exists());
}

#[test]
fn an_explanation_is_erased_alone_and_the_log_still_verifies() {
    let (world, _, mut log) = filled();
    administrators(&world);
    let (store, signer) = (world.store(), world.data().signer().unwrap());
    let at = MORNING + 5 * 60 * 60_000;
    let said = Explanation {
        seqs: vec![0],
        text: MARK.to_owned(),
        accident: None,
    };
    // About what nobody has decided yet.
    let waits = Explanation {
        seqs: vec![99],
        ..said.clone()
    };
    let records = [
        log.record(0, at, "4", visit("https://news.example/9", "Title")),
        log.record(1, at + 1, "4", said),
        log.record(2, at + 2, "4", waits),
    ];
    log.report(&store, &signer, &records, at + 60_000);
    store.close();
    drop(store);
    let out = world.path("before");
    export(&world, "2026-06-01", "2026-06-02", &out);
    holds(&out);
    let ask = |which: &[&str]| {
        let ask = [
            "erase", "ask", "--person", "P-0001", "--staff", "ada", "--rule", "x", "--reason", "x",
        ];
        world.run_told(&[&ask[..], which].concat(), PASSWORD)
    };
    let why = ask(&["--kind", "explanation"]).err;
    assert!(
        why.contains("record 8 is what the person says about it"),
        "{why}"
    );
    // It is under no clause.
    let none = ask(&["--clause", "4", "--kind", "explanation"]).err;
    assert!(none.contains("no record fits"), "{none}");
    let place = format!("{}:7", log.device);
    let add = [
        "staff", "add", "kim", "--role", "manager", "--team", "south",
    ];
    world.told(&add, PASSWORD);
    let said = ask(&["--records", &place]).out;
    let (_, id) = said.split_once("erase show ").unwrap();
    let id = id.split(' ').next().unwrap();
    let shown = world.told(&["erase", "show", id, "--staff", "kim"], PASSWORD);
    for words in [
        "To go:    1 records",
        "1 explanation",
        &format!(": \"{MARK}\""),
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    world.told(&["erase", "withdraw", id, "--staff", "kim"], PASSWORD);
    erase(&world, &["--records", &place]);
    let out = world.path("after");
    export(&world, "2026-06-01", "2026-06-02", &out);
    let after = verified(&out);
    for check in &after.checks {
        assert!(
            !matches!(check.outcome, Outcome::Fails(_)),
            "{} {:?}",
            check.what,
            check.outcome
        );
    }
    let found = &after.logs[&log.device];
    assert_eq!((found.first, found.end), (0, 9));
    assert!(
        std::fs::read_to_string(out.join("data/erasures.jsonl"))
            .unwrap()
            .contains("[[7,7]]")
    );
    assert!(
        world
            .ok(&["ledger", "check"])
            .contains("is as its ledger says")
    );
}

#[test]
fn a_day_and_a_moment_say_before_when_and_anything_else_is_a_sentence() {
    let (world, _, log) = filled();
    administrators(&world);
    let ask = |before: &str| {
        let words = [
            "erase", "ask", "--person", "P-0001", "--staff", "ada", "--rule", "x", "--reason", "x",
            "--before", before,
        ];
        world.run_told(&words, PASSWORD)
    };
    // 1 June begins at 23:00 the day before, where this order holds; nothing is older.
    for early in ["2026-06-01", "2026-06-01T09:59:59Z"] {
        let ran = ask(early);
        assert!(
            ran.err.contains("no record fits"),
            "{early}: {} {}",
            ran.out,
            ran.err
        );
    }
    // Which moment that is was said first.
    let why = ask("2026-06-01").err;
    let (first, rest) = why.split_once('\n').unwrap();
    let said = "2026-06-01 00:00:00 BST (Europe/London), which is 2026-05-31T23:00:00.000Z";
    assert_eq!(first, format!("Before {said}."));
    assert!(rest.contains("no record fits"), "{rest}");
    for wrong in ["soon", "2026-02-30", "01/06/2026"] {
        let ran = ask(wrong);
        assert_eq!(ran.code, Some(1), "{wrong}: {}", ran.out);
        let said = format!(
            "{wrong:?} is neither a moment nor a day: write 2026-11-24T08:00:00Z or 2026-11-24"
        );
        assert!(ran.err.contains(&said), "{}", ran.err);
    }
    let ran = ask("2026-06-01T10:30:00Z");
    assert!(
        ran.out.contains(&format!("  {}  0 to 0\n", log.device)),
        "{} {}",
        ran.out,
        ran.err
    );
    let (_, id) = ran.out.split_once("erase show ").unwrap();
    let id = id.split(' ').next().unwrap();
    world.told(&["erase", "withdraw", id, "--staff", "ada"], PASSWORD);
    let ran = ask("2026-06-02");
    assert!(
        ran.out.starts_with("3 records of P-0001"),
        "{} {}",
        ran.out,
        ran.err
    );
    let said = "2026-06-02 00:00:00 BST (Europe/London), which is 2026-06-01T23:00:00.000Z";
    assert_eq!(ran.err, format!("Before {said}.\n"));
    let (_, id) = ran.out.split_once("erase show ").unwrap();
    let id = id.split(' ').next().unwrap();
    let shown = world.told(&["erase", "show", id, "--staff", "bob"], PASSWORD);
    let chosen = format!("Chosen:   of a time before {said}\n");
    assert!(shown.contains(&chosen), "{shown}");
    let list = world.ok(&["erase", "list"]);
    assert!(
        list.contains(&format!("    of a time before {said}\n")),
        "{list}"
    );
}

#[test]
fn notes_that_are_due_are_called_notes() {
    let (world, person, _) = filled();
    let file = world.path("data/collector.toml");
    std::fs::write(
        &file,
        "[[retention]]\nnotes = true\nreview_after_days = 30\n",
    )
    .unwrap();
    let add = |note: Note| {
        let store = world.store();
        let added = store.write_blocking("note", move |tx| {
            Ok::<_, StoreError>(notes::add(tx, &note)?)
        });
        added.unwrap();
        store.close();
    };
    assert_eq!(
        world.ok(&["retention", "due"]),
        "Nothing is due for review.\n"
    );
    add(note(&person, "1", "One"));
    let due = world.ok(&["retention", "due"]);
    assert!(
        due.contains(": 1 note to review after 30 days, the oldest of 2026-06-01T10"),
        "{due}"
    );
    add(note(&person, "2", "Two"));
    let due = world.ok(&["retention", "due"]);
    assert!(due.contains(": 2 notes to review after 30 days"), "{due}");
}
