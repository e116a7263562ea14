//! `proviso list`, run as people run it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use desk::{Desk, order};
use proviso_report::Hash;
use proviso_rules::Order;

#[test]
fn hosts_and_adblock_files_become_a_list_that_an_order_can_pin() {
    let desk = Desk::new(&[
        (
            "hosts",
            "# CC0\n127.0.0.1 localhost\n0.0.0.0 a.example www.a.example\n",
        ),
        ("plain", "B.example\n"),
    ]);
    let said = desk
        .list(&[
            "import",
            "--to",
            "lists/adult.domains",
            "--source",
            "Two files",
            "hosts",
            "plain",
        ])
        .ends(0);
    let list = desk.read("lists/adult.domains");
    assert_eq!(
        list,
        "# From hosts\n# CC0\n# From plain\na.example\nb.example\n"
    );
    let sha256 = Hash::of(list.as_bytes());
    assert_eq!(
        said.out,
        format!(
            "[lists.adult]\nfile = \"lists/adult.domains\"\nkind = \"domains\"\n\
             sha256 = \"{sha256}\"\ncount = 2\nsource = \"Two files\"\n"
        )
    );
    for words in [
        "2 entries taken; 1 line of comments.",
        "1 taken in another spelling",
        "  plain:1: B.example (b.example)",
        "  hosts:3: www.a.example (a.example)",
        "  hosts:2: localhost",
    ] {
        assert!(said.err.contains(words), "{words}\n{}", said.err);
    }
    let order = Order::parse(order(&said.out).as_bytes()).unwrap();
    assert_eq!(order.lists()[0].sha256, sha256);
    let again = desk
        .list(&["pin", "--source", "Two files", "lists/adult.domains"])
        .ends(0);
    assert_eq!(again.out, said.out);
    desk.list(&["check", "lists/adult.domains"]).ends(0);
}

#[test]
fn what_cannot_be_taken_is_said_and_makes_a_difference() {
    let desk = Desk::new(&[(
        "rules",
        "! Rules\n||a.example^\n||b.example^$third-party\n@@||c.example^\n##.ad\n/ad[0-9]/\nco.uk\n",
    )]);
    let said = desk
        .list(&["import", "--to", "./lists/adult.domains", "rules"])
        .ends(1);
    assert_eq!(
        desk.read("lists/adult.domains"),
        "# From rules\n# Rules\na.example\n"
    );
    assert!(said.out.contains("file = \"lists/adult.domains\""));
    for words in [
        "1 left out: a public suffix",
        "  rules:7: co.uk",
        "  rules:4: @@||c.example^",
        "  rules:5: ##.ad",
        "  rules:6: /ad[0-9]/",
        "  rules:3: ||b.example^$third-party",
        "5 entries are not in it",
    ] {
        assert!(said.err.contains(words), "{words}\n{}", said.err);
    }
}

#[test]
fn a_list_of_nothing_is_not_written() {
    let desk = Desk::new(&[("rules", "##.ad\n")]);
    let said = desk
        .list(&["import", "--to", "lists/adult.domains", "rules"])
        .ends(1);
    assert!(said.err.contains("nothing in the files"), "{}", said.err);
    assert_eq!(said.out, "");
    assert!(!desk.path("lists/adult.domains").exists());
}

#[test]
fn what_cannot_be_read_or_written_is_neither_good_nor_bad() {
    let desk = Desk::new(&[("hosts", "a.example\n")]);
    for words in [
        &["import", "--to", "lists/adult.domains", "none"][..],
        &["import", "--to", "no/adult.domains", "hosts"],
        &["import", "--to", "lists/adult", "hosts"],
        &["pin", "none.domains"],
        &["check", "none.domains"],
        &["check", "hosts"],
    ] {
        let said = desk.list(words).ends(2);
        assert!(said.err.contains("proviso: "), "{}", said.err);
    }
}

#[test]
fn every_wrong_entry_is_said_with_its_line() {
    let wrong = "a.example\nco.uk\n10.0.0.1\nb.example:80\nB\u{fc}.example\n";
    let desk = Desk::new(&[
        ("x.domains", wrong),
        ("many.domains", &"co.uk\n".repeat(99)),
    ]);
    let said = desk.list(&["check", "x.domains"]).ends(1);
    for words in [
        "x.domains:2:1: `co.uk` is a public suffix",
        "x.domains:3:1: `10.0.0.1` is an IP address",
        "x.domains:4:1: `b.example:80` has more than a host name",
        "x.domains:5:1: `B\u{fc}.example` is not how a browser writes it; write `xn--b-eha.example`",
        "4 entries are wrong, of 5.",
    ] {
        assert!(said.err.contains(words), "{words}\n{}", said.err);
    }
    let said = desk.list(&["check", "many.domains"]).ends(1);
    assert_eq!(said.err.lines().count(), 100);
    let said = desk.list(&["pin", "x.domains"]).ends(1);
    assert!(said.err.contains("4 entries of the list are wrong"));
    assert_eq!(said.out, "");
}

#[test]
fn word_lists_are_checked_as_words() {
    let desk = Desk::new(&[("terms.words", "# Unit list\nschool\n!?\n")]);
    let said = desk.list(&["check", "terms.words"]).ends(1);
    assert!(said.err.contains("terms.words:3:1: `!?` has no letter"));
    let said = desk
        .list(&[
            "import",
            "--to",
            "lists/terms.words",
            "--name",
            "school-terms",
            "terms.words",
        ])
        .ends(1);
    assert!(
        said.out.starts_with("[lists.school-terms]\n"),
        "{}",
        said.out
    );
    assert_eq!(
        desk.read("lists/terms.words"),
        "# From terms.words\n# Unit list\nschool\n"
    );
}

#[test]
fn all_that_is_left_out_is_shown_to_whom_asks() {
    let hosts: String = (1..=7).map(|n| format!("bad_{n}.example/x y\n")).collect();
    let desk = Desk::new(&[("hosts", &format!("{hosts}a.example\n"))]);
    let import = ["import", "--to", "lists/a.domains", "hosts"];
    let few = desk.list(&import).ends(1).err;
    assert!(few.contains("  and 2 more; --all shows them"), "{few}");
    assert!(!few.contains("hosts:7:"), "{few}");
    let all = desk.list(&[&import[..], &["--all", "--replace"]].concat());
    let all = all.ends(1).err;
    assert!(
        (1..=7).all(|n| all.contains(&format!("  hosts:{n}:"))),
        "{all}"
    );
    assert!(!all.contains("--all shows"), "{all}");
}
