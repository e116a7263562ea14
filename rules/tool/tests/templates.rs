//! `proviso order templates` and `order new`, run as people run them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn order(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .arg("order")
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn each_template_that_is_listed_can_be_made_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (code, listed, _) = order(folder.path(), &["templates"]);
    assert_eq!(code, 0);
    let names: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("u"))
        .filter_map(|line| Some(line.split_once(": ")?.0))
        .collect();
    assert_eq!(names.len(), 5, "{listed}");
    for name in names {
        let (code, said, err) = order(folder.path(), &["new", "--template", name, "--to", name]);
        assert_eq!(code, 0, "{name}: {err}");
        assert!(said.contains("None of its words are a court's"), "{said}");
        let (code, said, err) = order(folder.path(), &["check", &format!("{name}/order.toml")]);
        assert_eq!(code, 0, "{name}: {err}");
        assert!(said.contains("ILLUSTRATIVE-"), "{said}");
    }
}

#[test]
fn an_order_is_made_of_the_conditions_that_were_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let words = [
        "new",
        "--template",
        "uk-shpo",
        "--clause",
        "wiping",
        "--clause",
        "history",
    ];
    let (code, said, err) = order(folder.path(), &[&words[..], &["--to", "a/b"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(said.contains("2 clauses, 6 rules and 1 list,"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("a/b/order.toml")).unwrap();
    let (history, wiping) = (
        text.find("== history").unwrap(),
        text.find("== wiping").unwrap(),
    );
    assert!(history < wiping && !text.contains("== social"));
    let lists: Vec<_> = std::fs::read_dir(folder.path().join("a/b/lists"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(lists, ["wipers.apps"]);
}

#[test]
fn conditions_of_several_templates_make_one_order() {
    let folder = tempfile::tempdir().unwrap();
    let words = |clauses: &[&'static str]| {
        let mut words = vec!["new", "--template", "uk-shpo", "--to", "a"];
        for clause in clauses {
            words.extend(["--clause", *clause]);
        }
        words
    };
    let chosen = [
        "uk-stalking:victim",
        "social",
        "uk-licence:work",
        "uk-terrorism:covering-tracks",
        "uk-shpo:history",
        "social",
    ];
    let (code, said, err) = order(folder.path(), &words(&chosen));
    assert_eq!(code, 0, "{err}");
    let made = "4 clauses, 9 rules and 1 list, made from the templates uk-shpo and uk-stalking and \
                uk-licence and uk-terrorism.";
    assert!(said.contains(made), "{said}");
    let text = std::fs::read_to_string(folder.path().join("a/order.toml")).unwrap();
    let numbers: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("id = "))
        .skip(1)
        .collect();
    let expected = [
        "E1", "1", "1.a", "1.b", "1.c", "2", "2.a", "3", "3.a", "3.b", "E2", "4", "4.a", "4.b",
        "4.c",
    ];
    assert_eq!(numbers, expected.map(|id| format!("id = \"{id}\"")));
    assert!(text.contains("id = \"ILLUSTRATIVE-SHPO\""));
    assert!(
        text.contains("sequence = { first = \"4.c\", then = \"4.a\""),
        "{text}"
    );
    let (code, said, err) = order(folder.path(), &["check", "a/order.toml"]);
    assert_eq!(code, 0, "{err}");
    assert!(said.contains("It has 4 clauses and 9 rules"), "{said}");
    // What is wrong with a choice is said, and nothing is made.
    std::fs::remove_dir_all(folder.path().join("a")).unwrap();
    for (clause, sentence) in [
        (
            "uk-stalker:victim",
            "no template `uk-stalker`; `proviso order templates` lists them",
        ),
        (
            "uk-stalking:history",
            "template uk-stalking has no condition `history`; it has victim, places",
        ),
        ("uk-licence:work", "make no order by themselves"),
    ] {
        let (code, _, err) = order(folder.path(), &words(&[clause]));
        assert_eq!(code, 2, "{clause}");
        assert!(err.contains(sentence), "{err}");
        assert!(!folder.path().join("a").exists());
    }
}

#[test]
fn nothing_is_written_over_and_what_is_unknown_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("x/lists")).unwrap();
    std::fs::write(folder.path().join("x/lists/wipers.apps"), "mine\n").unwrap();
    for (words, sentence) in [
        (
            &["--template", "uk-shop", "--to", "y"][..],
            "no template `uk-shop`",
        ),
        (
            &["--template", "uk-shpo", "--clause", "histroy", "--to", "y"],
            "no condition `histroy`; it has history, ",
        ),
        (
            &["--template", "uk-licence", "--clause", "work", "--to", "y"],
            "make no order by themselves",
        ),
        (
            &["--template", "uk-shpo", "--clause", "wiping", "--to", "x"],
            "x/lists/wipers.apps is there already",
        ),
    ] {
        let (code, _, err) = order(folder.path(), &[&["new"], words].concat());
        assert_eq!(code, 2, "{words:?}");
        assert!(err.contains(sentence), "{err}");
    }
    assert!(!folder.path().join("y").exists());
    assert!(!folder.path().join("x/order.toml").exists());
    let kept = std::fs::read_to_string(folder.path().join("x/lists/wipers.apps")).unwrap();
    assert_eq!(kept, "mine\n");
}

#[test]
fn every_file_of_the_templates_is_in_the_program() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
    let count = |folder: &str, ending: &str| {
        std::fs::read_dir(format!("{here}/{folder}"))
            .unwrap()
            .filter(|file| {
                let name = file.as_ref().unwrap().file_name();
                name.to_string_lossy().ends_with(ending)
            })
            .count()
    };
    assert_eq!(count("", ".toml"), proviso_rules::templates::ALL.len());
    assert_eq!(
        count("lists", ""),
        proviso_rules::templates::files().count()
    );
}
