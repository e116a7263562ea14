//! Keys that `ssh-keygen` refuses, and what `proviso order sign` says then.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

const ORDER: &str = r#"format = "proviso-order/1"
[order]
id = "O"
version = 1
court = "C"
made = 2026-03-02
starts = 2026-03-02
timezone = "Europe/London"
[[clause]]
id = "1"
text = "t"
records = ["device"]
"#;

fn key(folder: &Path, name: &str, kind: &str, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "", "-f"])
        .arg(folder.join(name))
        .status();
    assert!(made.unwrap().success());
}

/// Signs where nobody can be asked; gives what was said.
fn sign(folder: &Path, key: &str) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_proviso"))
        .args([
            "order",
            "sign",
            "order.toml",
            "--as",
            "court:clerk",
            "--key",
            key,
        ])
        .current_dir(folder)
        .env("SSH_ASKPASS", "false")
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env_remove("SSH_AUTH_SOCK")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(2), "{key}");
    assert!(!folder.join("order.toml.court.sig").exists(), "{key}");
    String::from_utf8(said.stderr).unwrap()
}

#[test]
fn each_refusal_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("order.toml"), ORDER).unwrap();
    key(folder, "locked", "ed25519", "secret");
    key(folder, "open", "ed25519", "");
    key(folder, "rsa", "rsa", "");
    key(folder, "away", "ed25519", "");
    std::fs::remove_file(folder.join("away")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.join("open"), mode).unwrap();
    for (key, why, fix) in [
        (
            "locked",
            "the passphrase was wrong, or there was no terminal",
            "with ssh-add",
        ),
        (
            "open",
            "others on this computer may read the key",
            "chmod 600",
        ),
        (
            "away.pub",
            "ssh-agent does not hold the other half",
            "with ssh-add",
        ),
        (
            "nobody",
            "there is no such file",
            "Name your own key with --key",
        ),
        (
            "rsa",
            "only such keys can sign orders",
            "ssh-keygen -t ed25519",
        ),
    ] {
        let said = sign(folder, key);
        assert!(said.contains(why) && said.contains(fix), "{key}: {said}");
    }
}
