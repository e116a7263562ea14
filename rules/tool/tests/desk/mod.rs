//! A folder where somebody works with lists, and what `proviso list` says there.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder where somebody works.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(desk.path("lists")).unwrap();
        for (name, text) in files {
            std::fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn list(&self, words: &[&str]) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_proviso"))
            .arg("list")
            .args(words)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        Said {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

/// An order that uses the list of these lines.
pub(crate) fn order(pin: &str) -> String {
    let test = |url: &str, expect: &str| {
        format!(
            "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://{url}/\", \
             at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"{expect}\"\n"
        )
    };
    format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\ncourt = \"C\"\n\
         made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n{pin}\
         [[clause]]\nid = \"1\"\ntext = \"t\"\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
         says = \"s\"\nseverity = \"breach\"\non = [\"web_visit\"]\nany = [{{ host_in = \"adult\" }}]\n\
         {}{}",
        test("www.a.example", "match"),
        test("z.example", "no_match")
    )
}
