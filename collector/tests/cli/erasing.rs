//! `erase`, `retention`: whose work it is.

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
