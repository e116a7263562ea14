//! The shape of the repository. The rules themselves, and the bad samples that prove each of them,
//! are in `proviso_tests::structure`; this file walks the repository.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_tests::structure::{Source, arrows, faults_in, forgotten, machine_paths};

/// The one file that must spell out what it looks for.
const NAMES_THEM: &str = "tests/src/structure/files.rs";

#[test]
fn crate_arrows_point_one_way() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let packages: BTreeMap<String, Vec<String>> = metadata
        .packages
        .iter()
        .map(|package| {
            let names = package
                .dependencies
                .iter()
                .map(|d| d.name.clone())
                .collect();
            (package.name.to_string(), names)
        })
        .collect();
    assert!(
        packages.len() >= 7,
        "the workspace has its seven packages: {packages:?}"
    );
    assert_eq!(arrows(&packages), Vec::<String>::new());
}

#[test]
fn source_files_keep_the_rules() {
    let mut faults = Vec::new();
    let files = tracked();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        faults.extend(
            faults_in(Source { path, text })
                .iter()
                .map(ToString::to_string),
        );
    }
    assert!(files.contains_key("report/src/lib.rs") && files.contains_key("rules/src/lib.rs"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let mut faults = Vec::new();
    for (path, text) in tracked().iter().filter(|(path, _)| *path != NAMES_THEM) {
        faults.extend(
            machine_paths(Source { path, text })
                .iter()
                .map(ToString::to_string),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_tests_is_in_a_program() {
    let files = tracked();
    let mut programs = 0;
    let mut faults = Vec::new();
    for (path, text) in &files {
        let Some(folder) = path.strip_suffix("main.rs") else {
            continue;
        };
        if !format!("/{folder}").contains("/tests/") || folder.contains("/src/") {
            continue;
        }
        programs += 1;
        let beside = files
            .keys()
            .filter_map(|other| other.strip_prefix(folder))
            .filter(|name| !name.contains('/'));
        faults.extend(
            forgotten(Source { path, text }, beside)
                .iter()
                .map(ToString::to_string),
        );
    }
    assert!(programs >= 4, "{programs} programs of tests");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn dependencies_come_from_the_public_registry() {
    for (path, text) in tracked()
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.lock"))
    {
        for line in text.lines().filter(|line| line.starts_with("source = ")) {
            let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
            assert_eq!(line, public, "in {path}");
        }
    }
}

#[test]
fn what_the_pages_are_made_of_comes_by_its_hash_and_from_no_named_place() {
    let path = root().join("collector/web-assets/package-lock.json");
    let lock = std::fs::read(path).unwrap();
    let lock: serde_json::Value = serde_json::from_slice(&lock).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    let others: Vec<_> = packages.iter().filter(|(at, _)| !at.is_empty()).collect();
    assert!(others.len() > 3, "{packages:?}");
    for (at, package) in others {
        let hash = package["integrity"].as_str().unwrap_or_default();
        assert!(hash.starts_with("sha512-"), "{at}: {package}");
        assert_eq!(package.get("resolved"), None, "{at}");
    }
}

/// Every text file of the repository: what git tracks, or, outside a clone, what lies there.
fn tracked() -> BTreeMap<String, String> {
    let listed = Command::new("git")
        .arg("-C")
        .arg(root())
        .args(["ls-files", "-z"])
        .output();
    let paths: Vec<String> = match listed {
        Ok(listed) if listed.status.success() => String::from_utf8(listed.stdout)
            .unwrap()
            .split_terminator('\0')
            .map(str::to_owned)
            .collect(),
        _ => lying(&root()),
    };
    paths
        .into_iter()
        .filter_map(|path| {
            std::fs::read_to_string(root().join(&path))
                .ok()
                .map(|text| (path, text))
        })
        .collect()
}

fn lying(root: &Path) -> Vec<String> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "target" | "var" | ".git" | "node_modules")
            {
                folders.push(path);
            } else if path.is_file() {
                files.push(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_string_lossy()
                        .replace('\\', "/"),
                );
            }
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}
