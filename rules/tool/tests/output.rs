//! What `proviso` writes: over nothing that is there unaskedly, and never as if a full disk were well.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::fs::File;
use std::process::{Command, Stdio};

use desk::{Desk, order};

const ORDER: &str = include_str!("../../src/page/example.toml");

fn show(desk: &Desk, words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .args(["order", "show", "order.toml"])
        .args(words)
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn a_page_is_written_over_nothing_else() {
    let desk = Desk::new(&[
        ("order.toml", ORDER),
        ("page.html", "mine"),
        ("other.toml", &order("")),
        ("order.toml.court.sig", "x"),
    ]);
    let (code, said) = show(&desk, &["-o", "page.html"]);
    assert!(
        code == 2 && said.contains("page.html is there already"),
        "{said}"
    );
    assert_eq!(desk.read("page.html"), "mine");
    std::os::unix::fs::symlink("page.html", desk.path("link")).unwrap();
    for (name, what) in [
        ("order.toml", "is what this command reads"),
        ("./order.toml", "is what this command reads"),
        ("other.toml", "is an order or an update"),
        ("order.toml.court.sig", "is a signature"),
        ("link", "is no plain file"),
        ("/dev/null", "is no plain file"),
        ("lists", "is no plain file"),
    ] {
        let (code, said) = show(&desk, &["--replace", "-o", name]);
        assert!(code == 2 && said.contains(what), "{name}: {said}");
    }
    assert_eq!(desk.read("order.toml"), ORDER);
    assert_eq!(desk.read("other.toml"), order(""));
    show(&desk, &["--replace", "-o", "page.html"]);
    assert!(desk.read("page.html").contains("Order SHPO"));
    // A file under the name that is used on the way is somebody's too.
    std::fs::write(desk.path("new.txt.new"), "mine").unwrap();
    let (code, said) = show(&desk, &["-o", "new.txt"]);
    assert!(
        code == 2 && said.contains("new.txt.new is there already"),
        "{said}"
    );
    assert_eq!(desk.read("new.txt.new"), "mine");
}

#[test]
fn a_list_is_written_over_nothing_else() {
    let desk = Desk::new(&[("hosts", "a.example\n"), ("a.domains", "mine.example\n")]);
    let import = |words: &[&str]| desk.list(&[&["import", "--to", "a.domains"], words].concat());
    let said = import(&["hosts"]).ends(2);
    assert!(
        said.err.contains("a.domains is there already"),
        "{}",
        said.err
    );
    assert_eq!(said.out, "");
    let said = import(&["--replace", "hosts", "a.domains"]).ends(2);
    assert!(said.err.contains("what this command reads"), "{}", said.err);
    assert_eq!(desk.read("a.domains"), "mine.example\n");
    import(&["--replace", "hosts"]).ends(0);
    assert_eq!(desk.read("a.domains"), "# From hosts\na.example\n");
    // The same once more changes nothing.
    import(&["hosts"]).ends(0);
}

#[test]
fn entries_are_counted_in_words() {
    let desk = Desk::new(&[("a.domains", "a.example\n"), ("no.domains", "# Nothing\n")]);
    let said = desk.list(&["check", "a.domains"]).ends(0);
    assert_eq!(said.out, "a.domains: 1 entry, no faults.\n");
    let said = desk.list(&["check", "no.domains"]).ends(1);
    assert!(said.err.contains("the list has no entries"), "{}", said.err);
}

#[test]
fn a_full_disk_is_said_and_a_reader_who_has_gone_is_no_fault() {
    let desk = Desk::new(&[("order.toml", ORDER), ("a.domains", "a.example\n")]);
    for words in [
        &["list", "check", "a.domains"][..],
        &["order", "templates"],
        &["order", "show", "order.toml"],
        &["order", "show", "--as", "pdf", "order.toml"],
        &["--help"],
        &["--version"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_proviso"));
        command.args(words).current_dir(desk.path(""));
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(
            said.contains("not everything could be written out"),
            "{said}"
        );
    }
    for (words, code) in [
        (&["list", "check", "a.domains"][..], 0),
        (&["order", "templates"], 0),
        (&["list", "check", "none.domains"], 2),
        (&["list", "nonsense"], 2),
    ] {
        let (reader, gone) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_proviso"));
        command.args(words).current_dir(desk.path(""));
        command.stdout(gone.try_clone().unwrap()).stderr(gone);
        assert_eq!(command.status().unwrap().code(), Some(code), "{words:?}");
    }
}
