//! Rules about one file: what it may call, how long it may grow, what it may not carry.

use super::code;

/// The longest file allowed. People stop reading long before.
const LINES: usize = 800;

/// Paths that `report` and `rules` may not name: each is a door to the machine.
const OUTSIDE: &[&str] = &[
    "tokio",
    "std::net",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "thread",
    "SystemTime",
    "std::time::SystemTime",
    "Instant",
    "std::time::Instant",
    "Timestamp::now",
    "ZonedDateTime::now",
    "TimeZone::system",
    "TimeZone::try_system",
    "jiff::Timestamp::now",
    "jiff::ZonedDateTime::now",
    "jiff::tz::TimeZone::system",
    "jiff::tz::TimeZone::try_system",
];

/// Where conditions on the operating system may stand.
const PLATFORM: &[&str] = &["agent/src/platform/", "installer/"];

/// What no tracked file may hold: paths of one developer's machine, and package registries other
/// than the public one.
const MACHINE: &[&str] = &[
    "/work/",
    "/root/.",
    "/home/user/",
    "artifactory",
    "jfrog",
    "sparse+",
    "static.crates.io",
];

/// Whose homes may be named below `Users`: people that are made up, and the place of a name.
const NOBODY: &[&str] = &["", "NAME", "Sam", "sam"];

/// One source file: its path from the repository's root, with `/`, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Path from the repository's root.
    pub path: &'a str,
    /// The whole text.
    pub text: &'a str,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as `path:line`.
    pub at: String,
    /// What, as a sentence.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// Every broken rule in one Rust file.
#[must_use]
pub fn faults_in(source: Source<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lines = source.text.lines().count();
    if lines > LINES {
        faults.push(source.fault(
            lines,
            format!("{lines} lines; cut it by job ({LINES} at most)"),
        ));
    }
    if source.is_pure() {
        door(source, &mut faults);
    }
    if matches!(source.path, "report/src/lib.rs" | "rules/src/lib.rs")
        && !code::only(source.text)
            .replace(' ', "")
            .contains("#![forbid(unsafe_code)]")
    {
        faults.push(source.fault(1, "must say #![forbid(unsafe_code)]".to_owned()));
    }
    attributes(source, &mut faults);
    faults
}

/// Every machine path and registry host in one tracked text file.
#[must_use]
pub fn machine_paths(source: Source<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for word in MACHINE.iter().filter(|word| line.contains(**word)) {
            faults.push(source.fault(index + 1, format!("names a machine or a registry: {word}")));
        }
        if let Some(name) = homes(line).find(|name| !NOBODY.contains(name)) {
            faults.push(source.fault(index + 1, format!("names somebody's home: {name}")));
        }
    }
    faults
}

/// Every file beside a program of tests that the program does not name: its tests would never run.
///
/// `beside` are the file names in the program's folder, without folders.
#[must_use]
pub fn forgotten<'a>(program: Source<'_>, beside: impl IntoIterator<Item = &'a str>) -> Vec<Fault> {
    let tokens = code::tokens(program.text);
    let named = |module: &str| {
        tokens.windows(3).any(|three| {
            let [a, b, c] = [0, 1, 2].map(|at| three[at].1.as_str());
            (a, b, c) == ("mod", module, ";")
        })
    };
    beside
        .into_iter()
        .filter_map(|file| file.strip_suffix(".rs"))
        .filter(|module| *module != "main" && !named(module))
        .map(|module| program.fault(1, format!("does not name {module}, so its tests never run")))
        .collect()
}

/// Whose homes a line names, as macOS and Windows write them.
fn homes(line: &str) -> impl Iterator<Item = &str> {
    line.split("Users").skip(1).filter_map(|rest| {
        let name = rest.trim_start_matches(['/', '\\']);
        let end = name.find(|c: char| !c.is_alphanumeric());
        (name.len() < rest.len()).then(|| &name[..end.unwrap_or(name.len())])
    })
}

impl Source<'_> {
    fn is_pure(&self) -> bool {
        self.path.starts_with("report/src/") || self.path.starts_with("rules/src/")
    }

    fn fault(&self, line: usize, what: String) -> Fault {
        Fault {
            at: format!("{}:{line}", self.path),
            what,
        }
    }
}

/// Clocks, sockets, files, threads and the environment.
fn door(source: Source<'_>, faults: &mut Vec<Fault>) {
    for (line, path) in code::paths(source.text) {
        let through = |door: &str| path == door || path.starts_with(&format!("{door}::"));
        if let Some(door) = OUTSIDE.iter().find(|door| through(door)) {
            faults.push(source.fault(line, format!("reaches outside: {door}")));
        }
    }
}

/// Conditions on the operating system, and the serde attributes that let unknown keys through.
fn attributes(source: Source<'_>, faults: &mut Vec<Fault>) {
    let tokens = code::tokens(source.text);
    let own = PLATFORM
        .iter()
        .any(|folder| source.path.starts_with(folder));
    for (at, (line, word)) in tokens.iter().enumerate() {
        let inside = arguments(&tokens, at + 1);
        match word.as_str() {
            "cfg" | "cfg_attr" if !own => {
                for word in [
                    "target_os",
                    "target_family",
                    "unix",
                    "windows",
                    "target_vendor",
                ] {
                    if inside.iter().any(|inner| inner == word) {
                        faults.push(source.fault(
                            *line,
                            format!(
                                "a condition on the system ({word}) outside the platform folders"
                            ),
                        ));
                    }
                }
            }
            "serde" => {
                for word in ["flatten", "untagged"] {
                    if inside.iter().any(|inner| inner == word) {
                        faults.push(
                            source.fault(*line, format!("serde({word}) lets unknown keys through")),
                        );
                    }
                }
            }
            _ => {}
        }
    }
}

/// The tokens inside the parentheses that open at `at` (or right after a `!`).
fn arguments(tokens: &[(usize, String)], at: usize) -> Vec<String> {
    let mut rest = tokens.iter().skip(at).map(|(_, text)| text).peekable();
    if rest.peek().is_some_and(|text| *text == "!") {
        rest.next();
    }
    if rest.peek().is_none_or(|text| *text != "(") {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let mut inside = Vec::new();
    for text in rest {
        match text.as_str() {
            "(" => depth += 1,
            ")" if depth == 1 => return inside,
            ")" => depth -= 1,
            _ => inside.push(text.clone()),
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<String> {
        faults_in(Source { path, text })
            .into_iter()
            .map(|fault| fault.to_string())
            .collect()
    }

    #[test]
    fn pure_crates_may_not_reach_outside() {
        for (text, door) in [
            ("use tokio::sync::mpsc;", "tokio"),
            (
                "use std::{collections::BTreeMap, net::TcpStream};",
                "std::net",
            ),
            (
                "let now = std::time::SystemTime::now();",
                "std::time::SystemTime",
            ),
            ("use std::time::{Duration, Instant};", "std::time::Instant"),
            ("let t = Instant::now();", "Instant"),
            ("std::fs::read(path)", "std::fs"),
            ("std::env::var(name)", "std::env"),
            ("thread::spawn(run);", "thread"),
            (
                "let zone = jiff::tz::TimeZone::system();",
                "jiff::tz::TimeZone::system",
            ),
        ] {
            for folder in ["report", "rules"] {
                let path = format!("{folder}/src/x.rs");
                assert_eq!(
                    whats(&path, text),
                    [format!("{path}:1: reaches outside: {door}")]
                );
            }
            assert_eq!(whats("agent/src/x.rs", text), Vec::<String>::new());
        }
        assert_eq!(
            whats(
                "rules/src/x.rs",
                "// no tokio, no std::fs\nuse std::time::Duration;"
            )
            .len(),
            0
        );
    }

    #[test]
    fn conditions_on_the_system_have_their_folders() {
        for text in [
            "#[cfg(windows)]\nfn f() {}",
            "if cfg!(target_os = \"linux\") {}",
            "#[cfg(all(test, not(unix)))]\nfn f() {}",
            "#[cfg_attr(target_family = \"unix\", path = \"x\")] mod m;",
        ] {
            assert_eq!(whats("collector/src/x.rs", text).len(), 1, "{text}");
            assert_eq!(whats("agent/src/source/x.rs", text).len(), 1, "{text}");
            assert_eq!(whats("agent/src/platform/x.rs", text).len(), 0, "{text}");
        }
        assert_eq!(
            whats("agent/src/x.rs", "#[cfg(test)] mod tests {}").len(),
            0
        );
        assert_eq!(
            whats("agent/src/x.rs", "use std::os::unix::fs::PermissionsExt;").len(),
            0
        );
    }

    #[test]
    fn serde_may_not_let_unknown_keys_through() {
        assert_eq!(
            whats("agent/src/x.rs", "#[serde(default, flatten)] a: A").len(),
            1
        );
        assert_eq!(
            whats("agent/src/x.rs", "#[serde(untagged)] enum E {}").len(),
            1
        );
        assert_eq!(
            whats("agent/src/x.rs", "#[serde(default)] flatten: A").len(),
            0
        );
    }

    #[test]
    fn files_end_somewhere() {
        assert_eq!(whats("agent/src/x.rs", &"//\n".repeat(800)).len(), 0);
        assert_eq!(whats("agent/src/x.rs", &"//\n".repeat(801)).len(), 1);
    }

    #[test]
    fn pure_crates_forbid_unsafe_code() {
        assert_eq!(
            whats("report/src/lib.rs", "// #![forbid(unsafe_code)]").len(),
            1
        );
        assert_eq!(
            whats("rules/src/lib.rs", "#![forbid(unsafe_code)]").len(),
            0
        );
    }

    #[test]
    fn a_file_of_tests_that_nobody_names_is_seen() {
        let program = |text| Source {
            path: "tests/tests/main.rs",
            text,
        };
        let beside = ["main.rs", "desk.rs", "desk_open.rs", "notes.md"];
        let whats = |text| -> Vec<String> {
            forgotten(program(text), beside)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(whats("mod desk;\nmod desk_open;"), Vec::<String>::new());
        for text in [
            "mod desk;",
            "mod desk;\n// mod desk_open;",
            "mod desk; mod desk_open {}",
        ] {
            assert_eq!(
                whats(text),
                ["tests/tests/main.rs:1: does not name desk_open, so its tests never run"]
            );
        }
    }

    #[test]
    fn machine_paths_are_seen() {
        let path = "README.md";
        for bad in ["/Users/", "C:\\Users\\"].map(|home| format!("see {home}jane")) {
            assert_eq!(machine_paths(Source { path, text: &bad }).len(), 1, "{bad}");
            let good = bad.replace("jane", "sam");
            assert_eq!(
                machine_paths(Source { path, text: &good }).len(),
                0,
                "{good}"
            );
        }
        let bad = format!("see {}main", MACHINE[0]);
        assert_eq!(machine_paths(Source { path, text: &bad }).len(), 1);
        assert_eq!(
            machine_paths(Source {
                path,
                text: "see tests/"
            })
            .len(),
            0
        );
    }
}
