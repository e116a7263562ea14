//! Every code in the source of this crate stands in the table of codes, and every code of the table
//! in the source.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "it reads the source")]

use std::collections::BTreeSet;
use std::path::Path;

use proviso_rules::order::CODES;
use regex::Regex;

/// How a code is written in the source.
const WRITTEN: &[&str] = &[
    r#"\b(?:fault|fault_at|warn_at|whole)\(\s*[^"(){};]*(?:\([^()]*\)[^"(){};]*)*"([a-z0-9-]+)""#,
    r#"code: "([a-z0-9-]+)""#,
    r#"(?:Err\(|told = |push\()\(\s*"([a-z0-9-]+)""#,
];

#[test]
fn the_table_and_the_source_have_the_same_codes() {
    let mut found = BTreeSet::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let table: BTreeSet<String> = CODES.iter().map(|one| one.code.to_owned()).collect();
    // A table that everything is found in proves nothing about the search.
    assert!(found.len() > 60, "{found:?}");
    assert_eq!(found, table);
}

#[test]
fn the_table_is_sorted_and_says_something() {
    assert!(CODES.is_sorted_by(|one, next| one.code < next.code));
    for code in CODES {
        assert!(code.meaning.ends_with('.'), "{}", code.code);
        assert!(code.fix.ends_with('.'), "{}", code.code);
    }
}

fn read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            read(&path, found);
        } else if name.ends_with(".rs") && !["tests.rs", "codes.rs"].contains(&name.as_str()) {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for pattern in WRITTEN {
                for captures in Regex::new(pattern).unwrap().captures_iter(code) {
                    found.insert(captures[1].to_owned());
                }
            }
        }
    }
}
