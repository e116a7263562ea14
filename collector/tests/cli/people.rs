//! `person`, `token`, `staff`, `device`.

use proviso_collector::clock;
use proviso_collector::store::{Hash, StoreError, audit, devices, epochs, staff, tokens};
use proviso_collector::web::password;
use proviso_report::EnrolToken;

use crate::log::Log;
use crate::world::World;

#[test]
fn people_have_pseudonyms_and_are_found_by_any_name() {
    let world = World::new();
    assert!(world.ok(&["person", "list"]).contains("person add"));
    let said = world.ok(&["person", "add", "--name", "Alex Example"]);
    assert_eq!(said, "P-0001\n");
    let said = world.ok(&["person", "add", "--name", "Alex Example"]);
    assert!(said.starts_with("P-0002\n"), "{said}");
    assert!(
        said.contains("somebody else of that name (P-0001)"),
        "{said}"
    );
    let list = world.ok(&["person", "list"]);
    assert!(
        list.contains("P-0001  Alex Example  no order, 0 computers"),
        "{list}"
    );

    let why = world.refused(&["token", "--person", "Alex Example"]);
    assert!(
        why.contains("2 people") && why.contains("P-0001, P-0002"),
        "{why}"
    );
    world.ok(&["token", "--person", "P-0002"]);
    let why = world.refused(&["token", "--person", "Kim"]);
    assert!(why.contains("nobody called \"Kim\""), "{why}");
    // A name that is somebody's pseudonym hides nobody.
    world.ok(&["person", "add", "--name", "P-0001"]);
    let said = world.ok(&["token", "--person", "P-0001"]);
    assert!(said.contains("Alex Example (P-0001)"), "{said}");
    for name in ["", " ", "two\nlines"] {
        world.refused(&["person", "add", "--name", name]);
    }
}

#[test]
fn a_token_is_kept_as_a_hash_and_says_what_it_is_for() {
    let world = World::new();
    world.ok(&["person", "add", "--name", "Alex"]);
    let said = world.ok(&[
        "token",
        "--person",
        "Alex",
        "--account",
        "alex",
        "--account",
        "kid",
    ]);
    assert!(
        said.contains("30 minutes") && said.contains("once"),
        "{said}"
    );
    assert!(said.contains("no order for P-0001"), "{said}");
    let token: EnrolToken = said.lines().next().unwrap().parse().unwrap();
    assert_eq!(
        token.ca,
        Hash::of(&std::fs::read(world.path("data/ca.der")).unwrap())
    );

    let store = world.store();
    let hash = Hash::of(&token.secret);
    let taken = store.write_blocking("take", move |tx| {
        let late = clock::now() + 31 * 60_000;
        assert_eq!(
            tokens::take(tx, &hash, late)?.unwrap_err(),
            tokens::Spent::Expired
        );
        Ok::<_, StoreError>(tokens::take(tx, &hash, clock::now())?)
    });
    assert_eq!(taken.unwrap().unwrap().accounts, ["alex", "kid"]);
    store.close();
    for file in ["store.db", "store.db-wal"] {
        let bytes = std::fs::read(world.path("data").join(file)).unwrap_or_default();
        let found = bytes.windows(16).any(|window| window == token.secret);
        assert!(!found, "{file} holds the secret");
    }
    assert!(
        world
            .refused(&["token", "--person", "Alex", "--account", ""])
            .contains("account")
    );
}

#[test]
fn a_password_is_given_or_made() {
    let world = World::new();
    let said = world.told(&["staff", "add", "morgan"], "correct horse battery");
    assert_eq!(said, "morgan may sign in.\n");
    let why = world.refused(&["staff", "add", "morgan"]);
    assert!(why.contains("may sign in already"), "{why}");
    let said = world.ok(&["staff", "password", "morgan"]);
    let made = said.lines().last().unwrap().to_owned();
    let kept = world
        .store()
        .read_blocking(|read| Ok::<_, StoreError>(staff::by_name(read, "morgan")?));
    let hash = kept.unwrap().unwrap().hash;
    assert!(password::check(&made, Some(&hash)), "{said}");
    assert!(!password::check("correct horse battery", Some(&hash)));
    let why = world.refused(&["staff", "password", "kim"]);
    assert!(why.contains("nobody signs in as"), "{why}");
}

#[test]
fn a_retired_computer_stays_known() {
    let world = World::new();
    assert!(
        world
            .ok(&["device", "list"])
            .contains("proviso-collector token")
    );
    let (person, order) = world.ordered("Alex");
    let log = Log::enrol(&world.store(), 7, &person.id, order);
    let id = log.device.to_string();
    let list = world.ok(&["device", "list"]);
    assert!(
        list.contains(&format!("{id}  P-0001  laptop-7  in service")),
        "{list}"
    );
    world.ok(&["device", "retire", &id]);
    assert!(world.ok(&["device", "retire", &id]).contains("already"));
    assert!(world.ok(&["device", "list"]).contains("retired"));
    let state = world
        .store()
        .read_blocking(|read| Ok::<_, StoreError>(devices::get(read, log.device)?));
    assert_eq!(state.unwrap().unwrap().state, devices::DeviceState::Retired);
    assert!(
        world
            .refused(&["device", "retire", "7"])
            .contains("32 digits")
    );
    assert!(
        world
            .refused(&["device", "retire", &"0".repeat(32)])
            .contains("device list")
    );
}

#[test]
fn a_computer_is_let_begin_one_more_log() {
    let world = World::new();
    let (person, order) = world.ordered("Alex");
    let log = Log::enrol(&world.store(), 7, &person.id, order);
    let id = log.device.to_string();
    let allowed = |since: i64| {
        let read = world.store().read_blocking(move |read| {
            let device = devices::get(read, log.device)?.unwrap();
            let allowed = epochs::allowed(read, &device.cert_spki, since)?;
            let last = audit::of_person(read, &device.person, 1, 0)?.remove(0);
            Ok::<_, StoreError>((allowed, last.entry.action))
        });
        read.unwrap()
    };
    assert_eq!(allowed(0).0, 0);
    let said = world.ok(&["device", "allow-log", &id]);
    assert!(said.contains("one more log"), "{said}");
    assert_eq!(allowed(0), (1, epochs::ALLOWED.to_owned()));
    assert_eq!(allowed(i64::MAX).0, 0, "leave of earlier");
    world.ok(&["device", "retire", &id]);
    assert!(world.ok(&["device", "allow-log", &id]).contains("already"));
    assert_eq!(allowed(0).0, 1);
}

#[test]
fn what_commands_do_stands_in_the_audit() {
    let world = World::new();
    let (person, _) = world.ordered("Alex");
    world.ok(&["token", "--person", "Alex"]);
    let entries = world
        .store()
        .read_blocking(|read| Ok::<_, StoreError>(audit::of_person(read, &person.id, 10, 0)?));
    let did: Vec<_> = entries
        .unwrap()
        .into_iter()
        .map(|one| format!("{} {}", one.staff_name, one.entry.action))
        .collect();
    assert_eq!(
        did,
        [
            "the command line made a token for a computer",
            "the command line put the order",
            "the command line entered the name"
        ]
    );
}

#[test]
fn what_a_name_holds_does_nothing_to_a_terminal() {
    let world = World::new();
    world.ok(&[
        "person",
        "add",
        "--name",
        "Alex \u{202e}elpmaxE",
        "--note",
        "\u{2066}odd",
    ]);
    let list = world.ok(&["person", "list"]);
    assert!(list.contains("Alex \\u{202e}elpmaxE"), "{list}");
    assert!(!list.contains(['\u{202e}', '\u{2066}']), "{list}");
    let why = world.refused(&[
        "person",
        "assign",
        "Alex \u{202e}elpmaxE",
        "--officer",
        "x\u{1b}[2J",
        "--reason",
        "new",
    ]);
    assert!(!why.contains(['\u{202e}', '\u{1b}']), "{why}");
    let odd = world.run_told(&["staff", "add", "kim"], "correct horse\u{0} battery");
    assert_eq!(odd.code, Some(1), "{}", odd.out);
    assert!(
        odd.err.contains("no tabs or other control characters"),
        "{}",
        odd.err
    );
}

#[test]
fn the_last_administrator_is_not_closed_and_stays_one() {
    let world = World::new();
    for (name, role) in [("ada", "administrator"), ("kim", "manager")] {
        world.told(
            &["staff", "add", name, "--role", role],
            "correct horse battery",
        );
    }
    for words in [
        &["staff", "close", "ada"][..],
        &["staff", "change", "ada", "--role", "manager"],
    ] {
        let why = world.refused(words);
        assert!(why.contains("\"ada\" is the only administrator"), "{why}");
    }
    assert!(
        world
            .ok(&["staff", "list"])
            .contains("ada  administrator\n")
    );
    world.ok(&["staff", "change", "ada", "--team", "north"]);
    world.ok(&["staff", "change", "kim", "--role", "administrator"]);
    assert!(
        world
            .ok(&["staff", "close", "ada"])
            .contains("signs in no more")
    );
    let why = world.refused(&["staff", "close", "kim"]);
    assert!(
        why.contains("make somebody else an administrator first"),
        "{why}"
    );
    // Whoever is closed already is closed again without a word.
    world.ok(&["staff", "close", "ada"]);
}

#[test]
fn lists_are_in_the_order_in_which_people_look() {
    let world = World::new();
    for name in ["Unit 10", "unit 2", "Unit 1"] {
        world.told(&["staff", "add", name], "correct horse battery");
    }
    let list = world.ok(&["staff", "list"]);
    let names: Vec<_> = list
        .lines()
        .map(|line| line.split("  ").next().unwrap())
        .collect();
    assert_eq!(names, ["Unit 1", "unit 2", "Unit 10"]);
}
