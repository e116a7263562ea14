//! `proviso list update` and `proviso list sign-update`, run as people run them, with the system's
//! own `ssh-keygen`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::process::Command;

use desk::{Desk, Said, order};
use proviso_report::{Hash, UnixMs};
use proviso_rules::order::{ListUpdate, Updates};
use proviso_rules::{Order, Signers};

const OLD: &str = "a.example\n";
const NEW: &str = "a.example\nb.example\n";
const NEWER: &str = "a.example\nb.example\nc.example\n";
/// 2026-09-01T00:00:00Z.
const SEPTEMBER: UnixMs = UnixMs(1_788_220_800_000);

fn hash(list: &str) -> Hash {
    Hash::of(list.as_bytes())
}

/// An order with the old list, which the police may update, and the new ones beside it.
fn desk() -> Desk {
    let pin = format!(
        "[lists.adult]\nfile = \"lists/adult.domains\"\nkind = \"domains\"\nsha256 = \"{}\"\n\
         count = 1\nupdates = {{ by = \"police:lists\", says = \"New adult sites are added.\" }}\n",
        hash(OLD)
    );
    Desk::new(&[
        ("order.toml", &order(&pin)),
        ("lists/adult.domains", OLD),
        ("new.domains", NEW),
        ("newer.domains", NEWER),
        ("other.domains", "other.example\n"),
        ("wrong.domains", "a.example\nco.uk\n"),
    ])
}

fn update(desk: &Desk, new: &str, words: &[&str]) -> Said {
    let mut all = vec!["update", "adult", "--order", "order.toml", "--new", new];
    all.extend(words);
    desk.list(&all)
}

fn sign(desk: &Desk, file: &str, new: &str, signer: &str) -> Said {
    desk.list(&[
        "sign-update",
        file,
        "--order",
        "order.toml",
        "--new",
        new,
        "--key",
        "police",
        "--as",
        signer,
    ])
}

#[test]
fn a_list_is_updated_by_whom_the_order_names() {
    let desk = desk();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(desk.path("police"))
        .status();
    assert!(made.unwrap().success());
    let said = update(
        &desk,
        "new.domains",
        &["--from", "2026-09-01T00:00:00Z", "--source", "UT1"],
    )
    .ends(0);
    assert_eq!(
        said.out,
        format!(
            "format = \"proviso-list-update/1\"\norder = \"O\"\nlist = \"adult\"\nnumber = 1\n\
             previous = \"{}\"\nsha256 = \"{}\"\ncount = 2\nfrom = 2026-09-01T00:00:00Z\n\
             source = \"UT1\"\n",
            hash(OLD),
            hash(NEW)
        )
    );
    let change = "The new list adds 1 entry and removes 0.\n";
    assert_eq!(said.err, change);
    std::fs::write(desk.path("1.toml"), &said.out).unwrap();
    let said = sign(&desk, "1.toml", "new.domains", "police:lists").ends(0);
    assert_eq!(said.err, change);
    assert!(said.out.contains("1.toml.sig"), "{}", said.out);
    assert!(said.out.contains(&hash(NEW).to_string()), "{}", said.out);

    let order = Order::parse(desk.read("order.toml").as_bytes()).unwrap();
    let allowed = format!("police:lists {}", desk.read("police.pub"));
    let signers = Signers::parse(allowed.as_bytes()).unwrap();
    let statement = ListUpdate::parse(desk.read("1.toml").as_bytes()).unwrap();
    let signature = desk.read("1.toml.sig");
    let authorised = statement
        .verify(&order, &signers, signature.as_bytes(), SEPTEMBER)
        .unwrap();
    let mut updates = Updates::new(&order);
    updates.add(&order, authorised).unwrap();
    let updated = order.updated(&updates, SEPTEMBER);
    assert_eq!(updated.lists()[0].sha256, hash(NEW));
    // OpenSSH itself says the same.
    std::fs::write(desk.path("allowed_signers"), &allowed).unwrap();
    let verified = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "proviso-list-update-v1@proviso"])
        .args(["-I", "police:lists", "-f"])
        .arg(desk.path("allowed_signers"))
        .arg("-s")
        .arg(desk.path("1.toml.sig"))
        .stdin(std::fs::File::open(desk.path("1.toml")).unwrap())
        .output();
    assert!(verified.unwrap().status.success());

    let after = ["--from", "2026-10-01T00:00:00Z", "--after", "1.toml"];
    let said = update(&desk, "newer.domains", &after).ends(0);
    assert!(said.out.contains("number = 2\n"), "{}", said.out);
    assert!(said.out.contains(&format!("previous = \"{}\"", hash(NEW))));
}

#[test]
fn what_nobody_would_take_is_neither_written_nor_signed() {
    let desk = desk();
    let from = ["--from", "2026-09-01T00:00:00Z"];
    for (new, words, sentence) in [
        ("other.domains", &from[..], "order.toml:"),
        (
            "wrong.domains",
            &from,
            "wrong.domains:2:1: `co.uk` is a public suffix",
        ),
        (
            "new.domains",
            &["--from", "September"],
            "proviso: --from: `from` must be a time",
        ),
        (
            "lists/adult.domains",
            &from,
            "the update would change nothing",
        ),
    ] {
        let said = update(&desk, new, words).ends(1);
        assert!(said.err.contains(sentence), "{}", said.err);
        assert_eq!(said.out, "");
    }
    update(&desk, "none.domains", &from).ends(2);
    let good = update(&desk, "new.domains", &from).ends(0).out;
    std::fs::write(desk.path("1.toml"), &good).unwrap();
    let gap = good.replace("number = 1", "number = 3");
    std::fs::write(desk.path("gap.toml"), gap).unwrap();
    std::fs::write(desk.path("bad.toml"), good.replace("list =", "lits =")).unwrap();
    for (file, new, signer, sentence) in [
        (
            "1.toml",
            "newer.domains",
            "police:lists",
            "is not the list of the update",
        ),
        (
            "1.toml",
            "new.domains",
            "court:clerk",
            "the order lets police:lists sign",
        ),
        (
            "gap.toml",
            "new.domains",
            "police:lists",
            "put those before it first",
        ),
        ("bad.toml", "new.domains", "police:lists", "bad.toml:3:1: "),
    ] {
        let said = sign(&desk, file, new, signer).ends(1);
        assert!(said.err.contains(sentence), "{}", said.err);
    }
    let said = sign(&desk, "1.toml", "new.domains", "police:lists").ends(2);
    assert!(said.err.contains("made no signature"), "{}", said.err);
    assert!(!desk.path("1.toml.sig").exists());
}

#[test]
fn an_order_that_names_nobody_needs_a_new_version() {
    let desk = desk();
    let fixed: String = desk
        .read("order.toml")
        .lines()
        .filter(|line| !line.starts_with("updates"))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(desk.path("order.toml"), fixed).unwrap();
    let said = update(&desk, "new.domains", &["--from", "2026-09-01T00:00:00Z"]).ends(1);
    assert!(
        said.err.contains("the order lets nobody update"),
        "{}",
        said.err
    );
}

#[test]
fn what_looks_wrong_about_an_update_is_said() {
    let desk = desk();
    let early = update(&desk, "new.domains", &["--from", "2020-01-01T00:00:00Z"]).ends(0);
    assert!(
        early.err.contains("before the order starts (2026-03-02)"),
        "{}",
        early.err
    );
    let said = desk.list(&[
        "update",
        "adlt",
        "--order",
        "order.toml",
        "--new",
        "new.domains",
        "--from",
        "2026-09-01T00:00:00Z",
    ]);
    let said = said.ends(1);
    assert!(said.err.contains("did you mean `adult`?"), "{}", said.err);
}
