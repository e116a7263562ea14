//! `proviso order`, run as people run it, with the system's own `ssh-keygen`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proviso_report::{Hash, UnixMs};
use proviso_rules::{SignatureError, Signers};
use tempfile::TempDir;

const ORDER: &str = r#"format = "proviso-order/1"

[order]
id = "SHPO-2026-000123"
version = 1
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
timezone = "Europe/London"
contact = "Robin Example"

[lists.social]
file = "lists/social.domains"
kind = "domains"
sha256 = "@SHA256@"
count = 1

[[clause]]
id = "4"
text = '''Using any social networking site.'''

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a listed social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{ host_in = "social" }]
[[rule.test]]
event = { kind = "web_visit", url = "https://www.facebook.com/", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://notfacebook.com/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#;
const LIST: &str = "facebook.com\n";
/// 2026-11-24T05:00:00Z.
const NOW: UnixMs = UnixMs(1_795_496_400_000);

/// A folder with an order, its list and two keys.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(desk.path("lists")).unwrap();
        std::fs::write(desk.path("lists/social.domains"), LIST).unwrap();
        let order = ORDER.replace("@SHA256@", &Hash::of(LIST.as_bytes()).to_string());
        std::fs::write(desk.path("order.toml"), order).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a key; gives its public half as a line.
    fn key(&self, name: &str, kind: &str) -> String {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", "", "-C", "", "-f"])
            .arg(self.path(name))
            .status();
        assert!(made.unwrap().success());
        std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap()
    }

    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("order.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.path("order.toml"), text.replacen(from, to, 1)).unwrap();
    }

    fn order(&self, words: &[&str]) -> Said {
        let (first, rest) = words.split_first().unwrap();
        Said::by(
            Command::new(env!("CARGO_BIN_EXE_proviso"))
                .args(["order", first])
                .arg(self.path("order.toml"))
                .args(rest)
                .current_dir(self.0.path()),
        )
    }

    fn sign(&self, key: &str, signer: &str) -> Said {
        self.order(&["sign", "--key", key, "--as", signer])
    }
}

/// What a program said, and how it ended.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn by(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Self {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

#[test]
fn a_good_order_is_checked_and_shown() {
    let desk = Desk::new();
    let said = desk.order(&["check"]).ends(0);
    let digest = Hash::of(&std::fs::read(desk.path("order.toml")).unwrap()).to_string();
    assert!(
        said.out.contains("no faults") && said.out.contains(&digest),
        "{said:?}"
    );
    let said = desk.order(&["show"]).ends(0);
    for words in [
        "Order SHPO-2026-000123, version 1",
        "  | Using any social networking site.",
        "the site is the one site on the list `social` (listed in Annex A), or\n",
        "The one entry:\n        facebook.com\n",
        &digest,
    ] {
        assert!(said.out.contains(words), "{words}\n{}", said.out);
    }
    assert_eq!(said.err, "");
}

#[test]
fn every_fault_is_said_at_its_place() {
    let desk = Desk::new();
    desk.edit("court = ", "cuort = ");
    desk.edit("host_in = \"social\"", "host_in = \"soical\"");
    let said = desk.order(&["check"]).ends(1);
    let place = format!("{}:6:1: ", desk.path("order.toml").display());
    assert!(
        said.err.lines().any(|line| line.starts_with(&place)),
        "{}",
        said.err
    );
    assert!(said.err.lines().count() >= 3, "{}", said.err);
    desk.order(&["show"]).ends(1);
}

#[test]
fn lists_and_tests_belong_to_the_order() {
    let desk = Desk::new();
    std::fs::write(desk.path("lists/social.domains"), "example.com\n").unwrap();
    let said = desk.order(&["check"]).ends(1);
    assert!(said.err.contains("social"), "{}", said.err);
    std::fs::remove_file(desk.path("lists/social.domains")).unwrap();
    desk.order(&["check"]).ends(1);
    let desk = Desk::new();
    desk.edit("expect = \"match\"", "expect = \"no_match\"");
    let said = desk.order(&["check"]).ends(1);
    assert!(said.err.contains("order.toml:"), "{}", said.err);
    // It can be read all the same, and says that it is none.
    let desk = Desk::new();
    std::fs::write(desk.path("lists/social.domains"), "example.com\n").unwrap();
    let said = desk.order(&["show"]).ends(1);
    assert!(said.out.contains("Clause 4") && said.err.contains("nothing may be recorded"));
}

#[test]
fn what_cannot_be_read_is_neither_good_nor_bad() {
    let desk = Desk::new();
    std::fs::remove_file(desk.path("order.toml")).unwrap();
    for words in [
        &["check"][..],
        &["show"],
        &["sign", "--key", "k", "--as", "court:a"],
    ] {
        let said = desk.order(words).ends(2);
        assert!(said.err.contains("cannot read"), "{}", said.err);
    }
}

#[test]
fn two_people_sign_and_the_signatures_hold() {
    let desk = Desk::new();
    let court = desk.key("court", "ed25519");
    let police = desk.key("police", "ed25519");
    let said = desk.sign("court", "court:clerk@court.example").ends(0);
    let order = std::fs::read(desk.path("order.toml")).unwrap();
    assert!(
        said.out.contains(&Hash::of(&order).to_string()),
        "{}",
        said.out
    );
    assert!(said.out.contains("order.toml.court.sig"), "{}", said.out);
    // By way of the public half, as with a security key: ssh-keygen finds the private one beside.
    desk.sign("police", "police:om@police.example").ends(0);
    let allowed = format!(
        "court:clerk@court.example namespaces=\"proviso-order-v1@proviso\" {court}\
         police:om@police.example {police}"
    );
    let signers = Signers::parse(allowed.as_bytes()).unwrap();
    let read = |role: &str| std::fs::read(desk.path(&format!("order.toml.{role}.sig"))).unwrap();
    let signatures = [read("court"), read("police")];
    let signed = signers.verify(&order, &signatures, NOW).unwrap();
    assert_eq!(
        signed.principals,
        ["court:clerk@court.example", "police:om@police.example"]
    );
    assert!(matches!(
        signers.verify(&[&order[..], b"\n"].concat(), &signatures, NOW),
        Err(SignatureError::Altered { .. })
    ));
    // OpenSSH itself says the same.
    std::fs::write(desk.path("allowed_signers"), &allowed).unwrap();
    let verified = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "proviso-order-v1@proviso"])
        .args(["-I", "court:clerk@court.example", "-f"])
        .arg(desk.path("allowed_signers"))
        .arg("-s")
        .arg(desk.path("order.toml.court.sig"))
        .stdin(std::fs::File::open(desk.path("order.toml")).unwrap())
        .output();
    assert!(verified.unwrap().status.success());
}

#[test]
fn what_must_not_be_signed_is_not() {
    let desk = Desk::new();
    desk.key("court", "ed25519");
    desk.edit("version = 1", "version = 0");
    let said = desk.sign("court", "court:clerk").ends(1);
    assert!(said.err.contains("is not signed"), "{}", said.err);
    desk.edit("version = 0", "version = 1");
    desk.edit("Using any", "ILLUSTRATIVE. Using any");
    let said = desk.order(&["check"]).ends(0);
    let place = format!("{}:20:8: ", desk.path("order.toml").display());
    assert!(
        said.err.starts_with(&place) && said.err.contains("[illustrative]\n1 warning. "),
        "{}",
        said.err
    );
    let said = desk.sign("court", "court:clerk").ends(1);
    assert!(said.err.contains("words of a template"), "{}", said.err);
    desk.edit("ILLUSTRATIVE. ", "");
    desk.key("old", "ecdsa");
    let said = desk.sign("old", "court:clerk").ends(2);
    assert!(said.err.contains("Ed25519"), "{}", said.err);
    let said = desk.sign("nobody", "court:clerk").ends(2);
    assert!(
        said.err.contains("made no signature with nobody"),
        "{}",
        said.err
    );
    for signer in [
        "clerk",
        "court:",
        ":clerk",
        "../court:clerk",
        "Court:clerk",
        "court:a b",
    ] {
        desk.sign("court", signer).ends(2);
    }
    assert!(!desk.path("order.toml.court.sig").exists());
    let without = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .args(["order", "sign"])
        .arg(desk.path("order.toml"))
        .args(["--key", "court", "--as", "court:clerk"])
        .env("PATH", desk.0.path())
        .output()
        .unwrap();
    let words = String::from_utf8(without.stderr).unwrap();
    assert!(words.contains("ssh-keygen is not installed"), "{words}");
    assert!(Path::new(&desk.path("court")).exists());
}

#[test]
fn nobody_signs_twice_and_no_signature_of_other_words_lies_there_unseen() {
    let desk = Desk::new();
    desk.key("court", "ed25519");
    desk.key("police", "ed25519");
    desk.sign("court", "court:clerk").ends(0);
    let first = std::fs::read(desk.path("order.toml.court.sig")).unwrap();
    let said = desk.sign("police", "court:other").ends(1);
    assert!(said.err.contains("signed already as court"), "{}", said.err);
    let said = desk.sign("court", "police:officer").ends(1);
    assert!(said.err.contains("signed already as court"), "{}", said.err);
    assert_eq!(
        std::fs::read(desk.path("order.toml.court.sig")).unwrap(),
        first
    );
    assert!(!desk.path("order.toml.police.sig").exists());
    desk.order(&["check"]).ends(0);
    desk.edit("Using any", "Using every");
    for said in [
        desk.order(&["check"]),
        desk.sign("police", "police:officer"),
    ] {
        let said = said.ends(1);
        let words = "order.toml.court.sig does not sign this text: it was changed since";
        assert!(said.err.contains(words), "{}", said.err);
    }
    std::fs::write(desk.path("order.toml.court.sig"), "x").unwrap();
    let said = desk.order(&["check"]).ends(1);
    assert!(
        said.err.contains("order.toml.court.sig is not of use"),
        "{}",
        said.err
    );
    std::fs::remove_file(desk.path("order.toml.court.sig")).unwrap();
    desk.sign("police", "police:officer").ends(0);
}
