//! A collector's data directory, keys to sign orders with, and the program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proviso_collector::data_dir::DataDir;
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::{Hash, Store, StoreError};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_proviso-collector");
pub(crate) const LIST: &str = "facebook.com\ninstagram.com\n";

const ORDER: &str = r#"format = "proviso-order/1"

[order]
id = "SHPO-2026-000123"
version = @VERSION@
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
ends = 2096-03-02
timezone = "Europe/London"

[lists.social]
file = "lists/social.domains"
kind = "domains"
sha256 = "@SHA256@"
count = 2
source = "chosen by hand"

[[clause]]
id = "4"
text = '''Using any social networking site without the prior written approval of his offender manager.'''
records = ["web_visit"]

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a listed social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{ host_in = "social" }]
[[rule.test]]
event = { kind = "web_visit", url = "https://www.facebook.com/groups", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://notfacebook.com/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#;

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
}

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// Keys of two signers; no data directory yet.
    pub(crate) fn bare() -> Self {
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let mut allowed = String::new();
        for (role, name) in [("court", "clerk"), ("police", "om")] {
            let key = world.path(role);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
                .arg(&key)
                .status();
            assert!(made.unwrap().success());
            let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
            allowed += &format!("{role}:{name} {}\n", public.trim());
        }
        std::fs::write(world.path("allowed_signers"), allowed).unwrap();
        world
    }

    /// A collector that is ready.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        world.init();
        world
    }

    pub(crate) fn init(&self) -> String {
        let signers = self.path("allowed_signers");
        let signers = signers.to_str().unwrap();
        self.ok(&["init", "--authority", "a.example", "--signers", signers])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> DataDir {
        DataDir::open(&self.path("data")).unwrap()
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.data().store()).unwrap()
    }

    /// The program with these words, on the data directory.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(words)
            .arg("--data")
            .arg(self.path("data"))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        let output = self.command(words).output().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it prints when it does what it is told.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.err);
        ran.out
    }

    /// Why it does not.
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(1), "{words:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{words:?}");
        assert!(ran.err.starts_with("proviso-collector: "), "{}", ran.err);
        ran.err
    }

    /// With a line on standard input.
    pub(crate) fn told(&self, words: &[&str], line: &str) -> String {
        let ran = self.run_told(words, line);
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.err);
        ran.out
    }

    /// The same, whatever comes of it.
    pub(crate) fn run_told(&self, words: &[&str], line: &str) -> Ran {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// An order with its list in a folder of its own, unsigned.
    pub(crate) fn order(&self, folder: &str, version: u64) -> PathBuf {
        let text = ORDER
            .replace("@VERSION@", &version.to_string())
            .replace("@SHA256@", &Hash::of(LIST.as_bytes()).to_string());
        let dir = self.path(folder);
        std::fs::create_dir_all(dir.join("lists")).unwrap();
        std::fs::write(dir.join("lists/social.domains"), LIST).unwrap();
        let path = dir.join("order.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The same, signed by both.
    pub(crate) fn signed_order(&self, folder: &str, version: u64) -> PathBuf {
        let order = self.order(folder, version);
        self.sign(&order, "court");
        self.sign(&order, "police");
        order
    }

    /// Signs as the holder of a role.
    pub(crate) fn sign(&self, order: &Path, role: &str) {
        let done = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", "proviso-order-v1@proviso", "-f"])
            .arg(self.path(role))
            .arg(order)
            .stderr(Stdio::null())
            .status();
        assert!(done.unwrap().success());
        let name = format!("{}.sig", order.display());
        std::fs::rename(name, format!("{}.{role}.sig", order.display())).unwrap();
    }

    /// Somebody under a signed order; gives the order's digest.
    pub(crate) fn ordered(&self, name: &str) -> (Person, Hash) {
        self.ok(&["person", "add", "--name", name]);
        let order = self.signed_order("order", 1);
        self.ok(&["order", "put", "--person", name, order.to_str().unwrap()]);
        let found = self
            .store()
            .read_blocking(|read| Ok::<_, StoreError>(people::find(read, name)?));
        let digest = Hash::of(&std::fs::read(order).unwrap());
        (found.unwrap().pop().unwrap(), digest)
    }
}
