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
