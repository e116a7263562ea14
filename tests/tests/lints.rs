//! Each ban of the workspace really bans: a scratch crate violates every one of them once, and
//! clippy must name them all. A ban without a violation here fails the test too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A violation of each workspace lint.
const LINTS: &[(&str, &str)] = &[
    (
        "rust::unsafe_op_in_unsafe_fn",
        "pub unsafe fn a(p: *const u8) -> u8 { *p }",
    ),
    (
        "rust::unreachable_pub",
        "mod b { pub fn b() {} } pub fn use_b() { b::b() }",
    ),
    (
        "rust::unused_qualifications",
        "pub fn c() -> Option<u8> { std::option::Option::None }",
    ),
    ("rust::missing_docs", "pub struct D;"),
    (
        "rust::elided_lifetimes_in_paths",
        "pub struct E<'a>(pub &'a str); pub fn e(e: E) -> usize { e.0.len() }",
    ),
    ("clippy::dbg_macro", "pub fn f() -> u8 { dbg!(1) }"),
    ("clippy::todo", "pub fn g() { todo!() }"),
    ("clippy::unimplemented", "pub fn h() { unimplemented!() }"),
    (
        "clippy::unwrap_used",
        "pub fn i(o: Option<u8>) -> u8 { o.unwrap() }",
    ),
    (
        "clippy::expect_used",
        "pub fn j(o: Option<u8>) -> u8 { o.expect(\"x\") }",
    ),
    (
        "clippy::allow_attributes",
        "#[allow(dead_code, reason = \"x\")] fn k() {}",
    ),
    (
        "clippy::allow_attributes_without_reason",
        "#[expect(dead_code)] fn l() {}",
    ),
    (
        "clippy::manual_let_else",
        "pub fn m(o: Option<u8>) -> u8 { let v = match o { Some(v) => v, None => return 0 }; v + 1 }",
    ),
    (
        "clippy::use_self",
        "pub struct N; impl N { pub fn n() -> N { N } }",
    ),
    (
        "clippy::semicolon_if_nothing_returned",
        "pub fn o() {\n    o2()\n}\nfn o2() {}",
    ),
    (
        "clippy::undocumented_unsafe_blocks",
        "pub fn p(p: *const u8) -> u8 { unsafe { *p } }",
    ),
    (
        "clippy::iter_over_hash_type",
        "pub fn q(q: &std::collections::HashMap<u8, u8>) -> u8 { let mut n = 0; for (k, _) in q { n ^= k; } n }",
    ),
    (
        "clippy::large_futures",
        "pub async fn r() -> u8 { r2([0; 20000]).await }\nasync fn r2(a: [u8; 20000]) -> u8 { r3().await; a[5] }\nasync fn r3() {}",
    ),
];

/// Lints that stand in the manifest and cannot be broken in a file of source.
const NOT_IN_SOURCE: &[&str] = &[
    "rust::unused_crate_dependencies", // allowed, on purpose
    "clippy::wildcard_dependencies",   // about Cargo.toml; cargo-deny's `wildcards` bans the same
];

/// A violation of each disallowed path.
const PATHS: &[(&str, &str)] = &[
    ("std::process::exit", "std::process::exit(0)"),
    (
        "std::time::SystemTime::now",
        "drop(std::time::SystemTime::now())",
    ),
    ("std::time::Instant::now", "drop(std::time::Instant::now())"),
    ("jiff::Timestamp::now", "drop(jiff::Timestamp::now())"),
    (
        "jiff::ZonedDateTime::now",
        "drop(jiff::ZonedDateTime::now())",
    ),
    (
        "jiff::tz::TimeZone::system",
        "drop(jiff::tz::TimeZone::system())",
    ),
    (
        "jiff::tz::TimeZone::try_system",
        "drop(jiff::tz::TimeZone::try_system())",
    ),
    ("std::env::var", "drop(std::env::var(\"X\"))"),
    ("std::env::var_os", "drop(std::env::var_os(\"X\"))"),
    ("std::fs::read", "drop(std::fs::read(\"x\"))"),
    ("std::fs::write", "drop(std::fs::write(\"x\", \"\"))"),
    (
        "std::fs::read_to_string",
        "drop(std::fs::read_to_string(\"x\"))",
    ),
    ("std::fs::File::open", "drop(std::fs::File::open(\"x\"))"),
    (
        "std::fs::File::create",
        "drop(std::fs::File::create(\"x\"))",
    ),
    ("std::thread::spawn", "drop(std::thread::spawn(|| ()))"),
    (
        "std::net::TcpStream",
        "let _: Option<std::net::TcpStream> = None",
    ),
    (
        "std::net::UdpSocket",
        "let _: Option<std::net::UdpSocket> = None",
    ),
    (
        "std::net::TcpListener",
        "let _: Option<std::net::TcpListener> = None",
    ),
    ("std::fs::File", "let _: Option<std::fs::File> = None"),
];

#[test]
fn every_workspace_lint_bites() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let lints = &manifest["workspace"]["lints"];
    let mut set = BTreeSet::new();
    for tool in ["rust", "clippy"] {
        set.extend(
            lints[tool]
                .as_table()
                .unwrap()
                .keys()
                .map(|name| format!("{tool}::{name}")),
        );
    }
    let proven: BTreeSet<String> = LINTS.iter().map(|(lint, _)| (*lint).to_owned()).collect();
    let excused = NOT_IN_SOURCE
        .iter()
        .map(|lint| (*lint).to_owned())
        .collect();
    assert_eq!(set, &proven | &excused, "each lint has one violation here");

    let scratch = tempfile::tempdir().unwrap();
    let lints = format!(
        "[lints]\nrust = {}\nclippy = {}\n",
        lints["rust"], lints["clippy"]
    );
    let source: String = LINTS
        .iter()
        .map(|(_, violation)| format!("{violation}\n"))
        .collect();
    let messages = clippy(scratch.path(), &read("clippy.toml"), &lints, &source);
    for (lint, violation) in LINTS {
        let code = match *lint {
            "rust::unsafe_op_in_unsafe_fn" => "E0133", // reported under its error code
            lint => lint.strip_prefix("rust::").unwrap_or(lint),
        };
        assert!(
            messages.iter().any(|(found, _)| found == code),
            "{lint} did not bite on `{violation}`; found {messages:?}"
        );
    }
}

#[test]
fn every_disallowed_path_bites() {
    for file in [
        "clippy.toml",
        "report/clippy.toml",
        "rules/clippy.toml",
        "rules/tool/clippy.toml",
    ] {
        let config: toml::Table = read(file).parse().unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let mut banned = Vec::new();
        let mut source = String::new();
        for key in ["disallowed-methods", "disallowed-types"] {
            for entry in config
                .get(key)
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten()
            {
                let path = entry["path"].as_str().unwrap();
                let (_, violation) = PATHS
                    .iter()
                    .find(|(known, _)| *known == path)
                    .unwrap_or_else(|| panic!("{file} bans {path}: add a violation of it here"));
                source.push_str(&format!(
                    "/// x\npub fn f{}() {{ {violation}; }}\n",
                    banned.len()
                ));
                banned.push(path.to_owned());
            }
        }
        let messages = clippy(scratch.path(), &read(file), "", &source);
        for path in banned {
            let name = format!("`{path}`");
            assert!(
                messages
                    .iter()
                    .any(|(_, text)| text.contains("disallowed") && text.contains(&name)),
                "{file} bans {path}, and clippy let it pass: {messages:#?}"
            );
        }
    }
}

/// Both pure crates carry the whole of the root's bans, since clippy does not merge them.
#[test]
fn own_clippy_files_repeat_the_roots_bans() {
    let bans = |file: &str| -> BTreeSet<String> {
        let config: toml::Table = read(file).parse().unwrap();
        config["disallowed-methods"]
            .as_array()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    for file in [
        "report/clippy.toml",
        "rules/clippy.toml",
        "rules/tool/clippy.toml",
    ] {
        assert!(bans(file).is_superset(&bans("clippy.toml")), "{file}");
    }
}

/// Runs clippy over `source` in a crate of its own; gives the code and text of each message.
fn clippy(folder: &Path, config: &str, lints: &str, source: &str) -> Vec<(String, String)> {
    let manifest = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\njiff = {{ version = \"1.0\", default-features = false, features = [\"std\", \"alloc\", \"tzdb-bundle-always\", \"perf-inline\"] }}\n\n{lints}"
    );
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("Cargo.lock"), read("Cargo.lock")).unwrap();
    std::fs::write(folder.join("clippy.toml"), config).unwrap();
    std::fs::write(folder.join("src/lib.rs"), source).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--message-format=json"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let messages: Vec<(String, String)> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["reason"] == "compiler-message")
        .map(|line| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&line["message"]["code"]["code"]),
                text(&line["message"]["message"]),
            )
        })
        .collect();
    assert!(
        !messages.is_empty(),
        "clippy: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    messages
}

fn read(path: &str) -> String {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned();
    std::fs::read_to_string(root.join(path)).unwrap()
}
