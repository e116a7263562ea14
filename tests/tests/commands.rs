//! What the README tells people to type exists, and what exists is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_tests::process::{done, output};

#[test]
fn readme_and_makefile_name_the_same_commands() {
    let told = made_in(&read("README.md"));
    let makefile = read("Makefile");
    let helped: BTreeSet<String> = makefile
        .lines()
        .filter_map(|line| line.trim().strip_prefix("@echo 'make "))
        .map(|line| first_word(line).to_owned())
        .collect();
    assert_eq!(
        told, helped,
        "README.md on the left, `make help` on the right"
    );
    for target in &told {
        let dry = output(
            Command::new("make")
                .args(["--dry-run", target])
                .current_dir(root()),
        );
        let dry = dry.unwrap();
        let said = String::from_utf8_lossy(&dry.stderr);
        assert!(dry.status.success(), "make {target}: {said}");
    }
    // `make` alone says the same as `make help`.
    let alone = done(Command::new("make").arg("--silent").current_dir(root())).unwrap();
    assert_eq!(made_in_help(&alone), told);
    // What the build machine runs is what everybody runs.
    let ci = read(".ci/run");
    assert_eq!(ci.trim().lines().last().unwrap(), "exec make test");
}

#[test]
fn programs_that_make_starts_are_built_by_the_workspace() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let built: BTreeSet<String> = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.is_bin())
        .map(|target| target.name.clone())
        .collect();
    let makefile = read("Makefile");
    let started: Vec<&str> = makefile
        .lines()
        .filter_map(|line| line.trim().strip_prefix("$(TARGET)/release/"))
        .map(first_word)
        .collect();
    assert_eq!(started, ["proviso-demo", "proviso-bench"]);
    for name in started {
        assert!(built.contains(name), "no package has a program {name}");
    }
}

fn made_in(text: &str) -> BTreeSet<String> {
    text.split("make ")
        .skip(1)
        .zip(text.split("make "))
        // Prose says "make sure"; commands stand in code, after an indent or a backtick.
        .filter(|(_, before)| {
            let line = before.rsplit('\n').next().unwrap_or_default();
            line == "    " || line.ends_with('`') || line.ends_with("DEMO_ONCE=1 ")
        })
        .map(|(after, _)| word(after))
        .collect()
}

fn made_in_help(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("make "))
        .map(word)
        .collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_lowercase).collect()
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}
