//! A signed order for tests, signed with the system's `ssh-keygen`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proviso_report::Hash;
use proviso_report::frame::{OrderPackage, UpdatePackage};
use proviso_rules::Signers;
use proviso_rules::signature::{NAMESPACE, UPDATE_NAMESPACE};

/// The list that the order pins.
pub(crate) const LIST: &[u8] = b"social.example\n";

/// Two people who may sign orders.
pub(crate) struct Court {
    dir: tempfile::TempDir,
}

impl Court {
    pub(crate) fn new() -> Self {
        let court = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for name in ["court", "police"] {
            run(Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
                .arg(court.key(name)));
        }
        court
    }

    pub(crate) fn signers(&self) -> Signers {
        self.signers_with("")
    }

    /// The same, with more options before the name space.
    pub(crate) fn signers_with(&self, options: &str) -> Signers {
        let mut allowed = String::new();
        for name in ["court", "police"] {
            let public = std::fs::read_to_string(self.key(name).with_extension("pub")).unwrap();
            allowed += &format!(
                "{name}:x {options}namespaces=\"{NAMESPACE},{UPDATE_NAMESPACE}\" {}\n",
                public.trim()
            );
        }
        Signers::parse(allowed.as_bytes()).unwrap()
    }

    /// Version and days of the order `SHPO-1`, in UTC.
    pub(crate) fn order(&self, version: u64, starts: &str, ends: &str) -> OrderPackage {
        self.sign(
            text(version, starts, ends).into_bytes(),
            &["court", "police"],
        )
    }

    pub(crate) fn sign(&self, order: Vec<u8>, names: &[&str]) -> OrderPackage {
        let file = self.dir.path().join("order.toml");
        std::fs::write(&file, &order).unwrap();
        let signature = self.dir.path().join("order.toml.sig");
        let sign = |name: &&str| {
            let _ = std::fs::remove_file(&signature);
            run(Command::new("ssh-keygen")
                .args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"])
                .arg(self.key(name))
                .arg(&file));
            std::fs::read(&signature).unwrap()
        };
        OrderPackage {
            signatures: names.iter().map(sign).collect(),
            order,
            updates: Vec::new(),
        }
    }

    pub(crate) fn sign_update(&self, update: Vec<u8>, name: &str) -> UpdatePackage {
        let file = self.dir.path().join("update.toml");
        std::fs::write(&file, &update).unwrap();
        let signature = self.dir.path().join("update.toml.sig");
        let _ = std::fs::remove_file(&signature);
        run(Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", UPDATE_NAMESPACE, "-f"])
            .arg(self.key(name))
            .arg(&file));
        UpdatePackage {
            signature: std::fs::read(&signature).unwrap(),
            update,
        }
    }

    fn key(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }
}

pub(crate) fn text(version: u64, starts: &str, ends: &str) -> String {
    let list = Hash::of(LIST);
    format!(
        r#"format = "proviso-order/1"
[order]
id = "SHPO-1"
version = {version}
court = "Crown Court at Example"
made = {starts}
starts = {starts}
ends = {ends}
timezone = "Etc/UTC"

[[exempt]]
id = "E1"
who = "Solicitor"
says = "Contact is private."
match = {{ host = ["solicitor.example"] }}
effect = "suppress_content"

[lists.social]
file = "lists/social.domains"
kind = "domains"
sha256 = "{list}"
count = 1
source = "chosen by hand"

[[clause]]
id = "1"
text = '''The history of internet use is kept.'''
records = ["web_visit"]

[[rule]]
id = "1.a"
clause = "1"
name = "Wiping program"
says = "Possible breach if a program that wipes files is run."
severity = "review"
on = ["process_start"]
any = [{{ app = ["shred"] }}]
[[rule.test]]
event = {{ kind = "process_start", exe = "/usr/bin/shred", name = "shred", args = ["shred"], at = "{starts}T20:00:00Z" }}
expect = "match"
[[rule.test]]
event = {{ kind = "process_start", exe = "/usr/bin/cat", name = "cat", args = ["cat"], at = "{starts}T20:00:00Z" }}
expect = "no_match"

[[clause]]
id = "4"
text = '''Using any social networking site.'''

[[rule]]
id = "4.a"
clause = "4"
name = "Social networking site"
says = "Possible breach if a listed social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{{ host_in = "social" }}]
[[rule.test]]
event = {{ kind = "web_visit", url = "https://social.example/", at = "{starts}T20:00:00Z" }}
expect = "match"
[[rule.test]]
event = {{ kind = "web_visit", url = "https://notsocial.example/", at = "{starts}T20:00:00Z" }}
expect = "no_match"
"#
    )
}

fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
