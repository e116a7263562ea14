//! `proviso verify`, run as people run it. What each check finds is tested where the checks are;
//! here is what people see, and the exit code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use proviso_report::bundle::{About, FORMAT, SEAL, seal_note, seal_statement};
use proviso_report::{Alg, Hash, Receipt, SigningKey, UnixMs, VerifierKey};
use proviso_rules::ENGINE;
use tempfile::TempDir;

/// RFC 8032, section 7.1, test 1, as PKCS#8.
const KEY: &str = "3053020101300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703b\
    ac031cae7f60a123032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SIGNERS: &str = "court:clerk ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEkUY4SqVgaxID/SXAICbp5x00wbbplTNVOS2xza2i4S\n";

/// A bundle of a person of whom nothing was recorded.
fn bundle(engine: &str, person: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let now = UnixMs(1_795_496_400_000);
    let about = About {
        format: FORMAT.into(),
        person: person.into(),
        from: now,
        to: now.plus(1),
        exported_at: now,
        collector: "a.example".into(),
        engine: engine.into(),
        devices: vec![],
    };
    let secret = SigningKey::from_pkcs8(&HEXLOWER.decode(KEY.as_bytes()).unwrap()).unwrap();
    let key = VerifierKey::new("a.example/collector", Alg::CosignatureV1, secret.public()).unwrap();
    std::fs::create_dir_all(folder.path().join("data/keys")).unwrap();
    let mut manifest = String::new();
    for (path, bytes) in [
        ("data/bundle.json", serde_json::to_vec(&about).unwrap()),
        ("data/findings.jsonl", Vec::new()),
        ("data/keys/allowed_signers", SIGNERS.into()),
        ("data/keys/collector.vkey", format!("{key}\n").into()),
    ] {
        manifest += &format!("{}  {path}\n", Hash::of(&bytes));
        std::fs::write(folder.path().join(path), bytes).unwrap();
    }
    let statement = seal_statement("a.example", person, manifest.as_bytes());
    let signature = secret.sign(&Receipt::message_to_sign(&statement, 1_795_496_400));
    let seal = seal_note(
        &statement,
        &Receipt::assemble(&key, 1_795_496_400, signature),
    );
    let mut tags = String::new();
    for (path, text) in [
        (
            "bagit.txt",
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        ),
        ("manifest-sha256.txt", &manifest),
        (SEAL, &seal),
    ] {
        tags += &format!("{}  {path}\n", Hash::of(text.as_bytes()));
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    std::fs::write(folder.path().join("tagmanifest-sha256.txt"), tags).unwrap();
    folder
}

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
    let bundle = bundle(ENGINE, "P-0001");
    let (code, text, last) = verify(bundle.path());
    assert_eq!(code, 0, "{text}");
    assert_eq!(
        last,
        "VERIFIED: all 8 checks hold, if the keys above are the authority's."
    );
    for words in [
        "Evidence about P-0001",
        "\n\nholds        bagit.txt",
        "\nholds        the collector signed this bundle as it is, at 2026-11-24T05:00:00.000Z\n",
        "\nholds        each of the 4 files has the hash that the bag names\n",
        "Compare each with the one that the authority published",
        "  a.example/collector+",
        "  court:clerk SHA256:TFy1BvkcteHgZTjTw9f33g8fBqWKSZWxZNTLaU3ueDc\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn what_fails_is_never_called_verified() {
    let bundle = bundle(ENGINE, "P-0001");
    std::fs::write(bundle.path().join("data/findings.jsonl"), "{}\n").unwrap();
    let (code, text, last) = verify(bundle.path());
    assert_eq!(code, 1, "{text}");
    assert!(last.starts_with("EVIDENCE FAILS: 2 of 7 checks"), "{text}");
    assert!(
        text.contains("\nFAILS        each of the 4 files"),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("verified"), "{text}");
}

#[test]
fn what_cannot_be_checked_is_never_called_verified() {
    let other = bundle("proviso-engine/0", "P-0001");
    let (code, text, last) = verify(other.path());
    assert_eq!(code, 2, "{text}");
    assert!(last.starts_with("COULD NOT CHECK: 4 of 8"), "{text}");
    assert!(!text.to_lowercase().contains("verified"), "{text}");

    let empty = tempfile::tempdir().unwrap();
    let (code, text, _) = verify(empty.path());
    assert!(
        code == 2 && text.contains("name the directory that holds bagit.txt"),
        "{text}"
    );
    let (code, text, _) = verify(&empty.path().join("nothing"));
    assert!(code == 2 && text.contains("NOT CHECKED"), "{text}");
}

#[test]
fn what_a_bundle_says_stays_on_its_line() {
    let bundle = bundle(ENGINE, "P\nVERIFIED: all\u{1b}[2J");
    let (_, text, _) = verify(bundle.path());
    assert!(
        text.contains("Evidence about P?VERIFIED: all?[2J, from"),
        "{text}"
    );
}

#[test]
fn links_are_no_evidence() {
    let bundle = bundle(ENGINE, "P-0001");
    let linked = Command::new("ln")
        .args(["-s", "/etc/passwd"])
        .arg(bundle.path().join("data/more"))
        .status();
    assert!(linked.unwrap().success());
    let (code, text, _) = verify(bundle.path());
    assert!(code == 2 && text.contains("is a link"), "{text}");
}
