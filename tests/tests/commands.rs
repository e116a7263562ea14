//! What the README tells people to type exists, and what exists is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_tests::process::{done, output};
use proviso_tests::programs::program;

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
    // The room that they look for is the room that is told.
    let room = |target: &str| {
        makefile.lines().find_map(|line| {
            let (room, _) = line
                .strip_prefix(target)?
                .strip_prefix(": need-room-")?
                .split_once(' ')?;
            Some(format!("{room} GiB"))
        })
    };
    for target in ["demo", "test"] {
        let room = room(target).unwrap();
        assert!(read("README.md").contains(&room), "make {target}: {room}");
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

/// Commands that the table leaves out: browsers start the one, and clap makes the other.
const NOT_TOLD: [&str; 2] = ["native-host", "help"];

#[test]
fn the_table_of_programs_has_the_commands_that_help_lists() {
    let readme = read("README.md");
    let (_, table) = readme.split_once("\n## The programs\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<&str> = table.lines().filter(|row| row.starts_with("| `")).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let name = coded(cells[1]).next().unwrap();
        let told = in_full(cells[3]);
        let mut there = BTreeSet::new();
        for first in below(name, &[]) {
            let second = below(name, &[&first]);
            // Some groups are told as a whole.
            if second.is_empty() || told.contains(&first) {
                there.insert(first);
            } else {
                there.extend(second.iter().map(|second| format!("{first} {second}")));
            }
        }
        assert_eq!(
            told, there,
            "{name}: README.md on the left, --help on the right"
        );
    }
}

#[test]
fn flags_that_the_readme_types_exist() {
    let readme = read("README.md");
    let mut typed = 0;
    for code in readme.split('`').skip(1).step_by(2).chain(readme.lines()) {
        let words: Vec<&str> = code.split_whitespace().collect();
        let [name, ref rest @ ..] = words[..] else {
            continue;
        };
        if !name.starts_with("proviso") || !code.trim_start().starts_with(name) {
            continue;
        }
        let Ok(program) = program(name) else {
            continue;
        };
        let is_named = |word: &&&str| {
            word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains(['.', '/', '='])
        };
        let named = rest.iter().take_while(is_named);
        let help = done(Command::new(program).args(named).arg("--help")).unwrap();
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(*flag), "{code}");
            typed += 1;
        }
    }
    assert!(typed >= 6, "{typed}");
}

#[test]
fn places_that_the_documents_name_are_there() {
    let mut named = 0;
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for place in coded(&read(document)) {
            let (top, below) = place.split_once('/').unwrap_or((place, ""));
            let is_text = place.ends_with(".md") || place.starts_with("LICENSE");
            let is_ours = !top.is_empty()
                && !below.is_empty()
                && root().join(top).join("Cargo.toml").is_file();
            if is_text || is_ours || top == "docs" {
                assert!(root().join(place).exists(), "{document}: {place}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
}

/// What stands between back-ticks.
fn coded(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Commands as the table tells them: `` `order new`, `check`; `verify` `` are `order new`,
/// `order check` and `verify`.
fn in_full(cell: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for group in cell.split(';') {
        let mut of = None;
        for told in coded(group) {
            match (told.split_once(' '), of) {
                (Some((first, _)), _) => of = Some(first),
                (None, Some(first)) => {
                    all.insert(format!("{first} {told}"));
                    continue;
                }
                (None, None) => {}
            }
            all.insert(told.to_owned());
        }
    }
    all
}

/// The commands that a program lists behind these words.
fn below(name: &str, words: &[&str]) -> Vec<String> {
    let mut command = Command::new(program(name).unwrap());
    let help = done(command.args(words).arg("--help")).unwrap();
    let Some((_, listed)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = listed.lines().take_while(|line| !line.is_empty());
    lines
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(first_word)
        .filter(|command| !NOT_TOLD.contains(command))
        .map(str::to_owned)
        .collect()
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
