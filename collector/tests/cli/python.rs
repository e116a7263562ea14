//! Python tools of others, in the environment that `make need-python` makes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment.
pub(crate) struct Python(PathBuf);

/// Where it is; if it is not there, that is said, with the command that makes it.
pub(crate) fn found() -> Option<Python> {
    let program = Path::new(env!("CARGO_BIN_EXE_proviso-collector"));
    let bin = program.ancestors().nth(2)?.join("python/bin");
    if bin.join("case_validate").exists() {
        return Some(Python(bin));
    }
    eprintln!("Not checked by tools of others, which are missing: run make need-python");
    None
}

impl Python {
    /// Runs Python; what it says is the reason if it fails.
    pub(crate) fn run(&self, words: &[&str]) {
        self.ends_well("python", words);
    }

    /// No violation, and no warning either: the validator takes both for faults.
    pub(crate) fn case_validate(&self, file: &Path) {
        self.ends_well("case_validate", &[file.to_str().unwrap()]);
    }

    fn ends_well(&self, program: &str, words: &[&str]) {
        let ended = Command::new(self.0.join(program))
            .args(words)
            .output()
            .unwrap();
        assert!(
            ended.status.success(),
            "{program}: {}{}",
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}
