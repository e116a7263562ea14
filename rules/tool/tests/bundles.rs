//! `proviso verify`, run as people run it. What each check finds is tested where the checks are;
//! here is what people see, and the exit code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bag;

use std::path::Path;
use std::process::Command;

use proviso_rules::ENGINE;

use bag::bundle;

/// The exit code, everything said, and its last line.
fn verify(bundle: &Path) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .arg("verify")
        .arg(bundle)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap_or_default().to_owned();
    (output.status.code().unwrap(), text, last)
}

#[test]
fn what_holds_is_verified_with_its_keys() {
    let bundle = bundle(ENGINE, "P-0001", &[]);
    let (code, text, _) = verify(bundle.path());
    assert_eq!(code, 0, "{text}");
    assert!(
        text.ends_with(
            "\nVERIFIED: all 15 checks hold, if the keys above are the authority's.\n\
             Nothing of the collector's ledger is in it: for receipts, decisions and orders its own \
             signature\nis all there is.\n"
        ),
        "{text}"
    );
    for words in [
        "Evidence about P-0001",
        "\n\n1. The files are those that the collector signed\nholds        bagit.txt",
        "\n\n8. No record is missing\nnothing      the bundle holds nothing",
        "\n\n12. ",
        "\nfor you      compare the keys below",
        "\nholds        the collector signed this bundle as it is, at 2026-11-24T05:00:00.000Z\n",
        "\nholds        each of the 11 files has the hash that the bag names\n",
        "Compare each with the one that the authority published",
        "  a.example/collector+",
        "  court:clerk SHA256:TFy1BvkcteHgZTjTw9f33g8fBqWKSZWxZNTLaU3ueDc\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn what_fails_is_never_called_verified() {
    let bundle = bundle(ENGINE, "P-0001", &[]);
    std::fs::write(bundle.path().join("data/findings.jsonl"), "{}\n").unwrap();
    let (code, text, last) = verify(bundle.path());
    assert_eq!(code, 1, "{text}");
    assert!(last.starts_with("EVIDENCE FAILS: 3 of 14 checks"), "{text}");
    assert!(
        text.contains("\nFAILS        each of the 11 files"),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("verified"), "{text}");
}

#[test]
fn what_cannot_be_checked_is_never_called_verified() {
    let other = bundle("proviso-engine/0", "P-0001", &[]);
    let (code, text, last) = verify(other.path());
    assert_eq!(code, 2, "{text}");
    assert!(last.starts_with("COULD NOT CHECK: 4 of 15"), "{text}");
    assert!(!text.to_lowercase().contains("verified"), "{text}");

    let empty = tempfile::tempdir().unwrap();
    let (code, text, _) = verify(empty.path());
    assert!(
        code == 2 && text.contains("name the folder that holds bagit.txt"),
        "{text}"
    );
    let nothing = empty.path().join("nothing");
    let said = format!(
        "COULD NOT CHECK: there is no {}: name the folder that holds bagit.txt.\n",
        nothing.display()
    );
    let (code, text, _) = verify(&nothing);
    assert_eq!((code, text), (2, said));
    std::fs::write(&nothing, "PK").unwrap();
    let (code, text, _) = verify(&nothing);
    assert!(
        code == 2 && text.contains("is no folder: if it is an archive, unpack it"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_a_bundle_says_stays_on_its_line() {
    let bundle = bundle(ENGINE, "P\nVERIFIED: all\u{1b}[2J", &[]);
    let (_, text, _) = verify(bundle.path());
    assert!(
        text.contains("Evidence about P?VERIFIED: all?[2J, from"),
        "{text}"
    );
}

#[test]
fn a_list_that_no_order_asks_for_is_said() {
    let bundle = bundle(ENGINE, "P-0001", &[]);
    let list = bundle.path().with_extension("list");
    std::fs::write(&list, "a.example\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .arg("verify")
        .arg(bundle.path())
        .arg("--list")
        .arg(&list)
        .output()
        .unwrap();
    std::fs::remove_file(&list).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("no order that could be read asks for a list with its hash"),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("verified"), "{text}");
}

#[test]
fn what_is_longer_than_can_be_is_not_read() {
    let page = include_str!("../../../docs/evidence.md");
    assert!(page.contains("no file of a bundle that is longer than 4 GiB"));
    assert!(page.contains("no list beside it that is\nlonger than 128 MiB"));
    let grow = |path: &Path, len| {
        let file = std::fs::OpenOptions::new().write(true).open(path);
        file.unwrap().set_len(len).unwrap();
    };
    let bundle = bundle(ENGINE, "P-0001", &[]);
    grow(&bundle.path().join("data/findings.jsonl"), (4 << 30) + 1);
    let (code, text, _) = verify(bundle.path());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("more than 4294967296 bytes"), "{text}");

    let list = bundle.path().join("data/findings.jsonl");
    grow(&list, (128 << 20) + 1);
    let output = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .arg("verify")
        .arg(tempfile::tempdir().unwrap().path())
        .arg("--list")
        .arg(&list)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("more than 134217728 bytes"), "{text}");
}

#[test]
fn links_are_no_evidence() {
    let bundle = bundle(ENGINE, "P-0001", &[]);
    let linked = Command::new("ln")
        .args(["-s", "/etc/passwd"])
        .arg(bundle.path().join("data/more"))
        .status();
    assert!(linked.unwrap().success());
    let (code, text, _) = verify(bundle.path());
    assert!(code == 2 && text.contains("is a link"), "{text}");
}
