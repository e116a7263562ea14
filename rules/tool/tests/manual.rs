//! `docs/orders.md`: every example in it is run, and every name of the language stands in it.
//!
//! What a fence says behind its first word is what becomes of it: `toml` is a fragment, which is
//! checked in the order that `toml frame` shows; `toml NAME` and `text NAME` are files; `console` are
//! commands, with what they print. There `…` stands for any text, and on a line of its own for any
//! number of lines.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use proviso_report::fact::Kind;
use proviso_rules::order::{CODES, Code, FactField, Part, limits};

const MANUAL: &str = include_str!("../../../docs/orders.md");

/// Ends what one command prints.
const END: char = '\u{1e}';

/// An example.
struct Fence {
    /// The line of the manual on which it begins.
    line: usize,
    /// What stands behind the back-ticks.
    info: &'static str,
    text: String,
}

fn fences() -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut open = false;
    for (number, line) in MANUAL.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(info) if !open => {
                found.push(Fence {
                    line: number + 1,
                    info,
                    text: String::new(),
                });
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                let last = found.last_mut().unwrap();
                last.text += line;
                last.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!open, "an example does not end");
    found
}

/// Runs commands as a shell does; gives what each of them said, on both ways.
fn run(folder: &Path, commands: &[&str]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_proviso"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut script = "exec 2>&1 </dev/null\n".to_owned();
    for command in commands {
        script += &format!("{command}\nended=$?; printf '\\036'; (exit $ended)\n");
    }
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("PATH", path)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut said: Vec<String> = text.split(END).map(str::to_owned).collect();
    assert_eq!(said.pop().as_deref(), Some(""), "{text}");
    said
}

/// Is it what was expected?
fn fits(expected: &[&str], said: &[&str]) -> bool {
    match (expected.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => (0..=said.len()).any(|skip| fits(rest, &said[skip..])),
        (Some((line, rest)), Some((first, more))) => is_like(line, first) && fits(rest, more),
        _ => false,
    }
}

fn is_like(expected: &str, said: &str) -> bool {
    match expected.split_once('…') {
        None => expected == said,
        Some((before, after)) => said.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && is_like(after, &rest[at..]))
        }),
    }
}

/// What is wrong with an example of commands.
fn console(folder: &Path, fence: &Fence) -> Option<String> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in fence.text.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command, Vec::new())),
            None => commands.last_mut().unwrap().1.push(line),
        }
    }
    let words: Vec<&str> = commands.iter().map(|(command, _)| *command).collect();
    let wrong = commands
        .iter()
        .zip(run(folder, &words))
        .filter(|((_, expected), said)| {
            let said: Vec<&str> = said.lines().collect();
            !fits(expected, &said)
        });
    let wrong: Vec<String> = wrong
        .map(|((command, _), said)| format!("docs/orders.md:{}: $ {command}\n{said}", fence.line))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

#[test]
fn every_example_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut frame = None;
    let (mut fragments, mut consoles) = (0, 0);
    for fence in fences() {
        match fence.info.split_once(' ').unwrap_or((fence.info, "")) {
            ("toml", "frame") => frame = Some(fence.text),
            ("toml", "") => {
                fragments += 1;
                let whole = format!("{}\n{}", frame.as_ref().unwrap(), fence.text);
                std::fs::write(folder.path().join("fragment.toml"), whole).unwrap();
                let said = run(folder.path(), &["proviso order check fragment.toml"]).concat();
                if !said.contains(": no faults") {
                    wrong.push(format!("docs/orders.md:{}: {said}", fence.line));
                }
            }
            ("toml" | "text", name) if !name.is_empty() && !name.contains("..") => {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, fence.text).unwrap();
            }
            ("console", "") => {
                consoles += 1;
                wrong.extend(console(folder.path(), &fence));
            }
            _ => wrong.push(format!("docs/orders.md:{}: ```{}", fence.line, fence.info)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fragments >= 12 && consoles >= 8, "{fragments} {consoles}");
}

#[test]
fn hosts_look_alike_as_the_table_says() {
    let (_, table) = MANUAL
        .split_once("| opened | listed | seen | |\n|---|---|---|---|\n")
        .unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect()
        })
        .collect();
    let (mut listed, mut tests) = (Vec::new(), String::new());
    for row in &rows {
        let [_, opened, like, seen, ..] = row[..] else {
            panic!("{row:?}");
        };
        let expect = match seen {
            "yes" => "match",
            "no" => "no_match",
            other => panic!("{other}"),
        };
        listed.push(format!("{like:?}"));
        tests += &format!(
            "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://{opened}/\", \
             at = \"2026-04-01T20:00:00+01:00\" }}\nexpect = \"{expect}\"\n"
        );
    }
    assert!(rows.len() > 15, "{rows:?}");
    listed.sort();
    listed.dedup();
    let fences = fences();
    let frame = fences.iter().find(|fence| fence.info == "toml frame");
    let rule = format!(
        "[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"A look-alike.\"\nseverity = \"review\"\n\
         on = [\"web_visit\"]\nany = [{{ looks_like = [{}] }}]\n",
        listed.join(", ")
    );
    let folder = tempfile::tempdir().unwrap();
    let order = format!("{}\n{rule}{tests}", frame.unwrap().text);
    std::fs::write(folder.path().join("table.toml"), order).unwrap();
    let said = run(folder.path(), &["proviso order check table.toml"]).concat();
    assert!(said.contains(": no faults"), "{said}");
}

#[test]
fn the_runner_sees_what_differs() {
    assert!(fits(&["a", "…", "b … d"], &["a", "x", "y", "b c d"]));
    assert!(fits(&["…"], &[]));
    for (expected, said) in [
        (&["a"][..], &["b"][..]),
        (&["a"], &["a", "b"]),
        (&["a", "…", "c"], &["a", "b"]),
        (&["b … d"], &["b c e"]),
    ] {
        assert!(!fits(expected, said), "{expected:?} {said:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["false", "echo $?"]), ["", "1\n"]);
    let fence = Fence {
        line: 7,
        info: "console",
        text: "$ echo a\nb\n$ echo c\nc\n".to_owned(),
    };
    let wrong = console(folder.path(), &fence).unwrap();
    assert_eq!(wrong, "docs/orders.md:7: $ echo a\na\n");
}

#[test]
fn every_kind_stands_in_the_manual_with_its_fields() {
    for kind in Kind::ALL {
        let begins = format!("| `{kind}` |");
        let row = MANUAL.lines().find(|line| line.starts_with(&begins));
        let fields = row
            .unwrap_or_default()
            .rsplit('|')
            .nth(1)
            .unwrap_or_default();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let expected: Vec<String> = kind.fields().iter().map(|one| format!("`{one}`")).collect();
        assert_eq!(fields, expected, "{kind}");
    }
}

#[test]
fn every_condition_stands_in_the_manual() {
    for key in Part::KEYS {
        let row = format!("\n| `{key}`");
        assert!(MANUAL.contains(&row), "{key}");
    }
    let begin = MANUAL.find("These fields of facts are keys too.").unwrap();
    let (fields, _) = MANUAL[begin..].split_once("\n[Kinds").unwrap();
    for field in FactField::ALL {
        assert!(
            fields.contains(&format!("`{}`", field.as_str())),
            "{field:?}"
        );
    }
}

/// What a command says of itself.
fn help(words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proviso"));
    let said = command.args(words).arg("--help").output().unwrap();
    assert!(said.status.success(), "{words:?}");
    String::from_utf8(said.stdout).unwrap()
}

/// The commands below one, as its help lists them.
fn below(help: &str) -> Vec<String> {
    let Some((_, commands)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_and_flag_stands_in_the_manual() {
    let mut seen = Vec::new();
    for first in ["order", "list", "verify"] {
        let own = help(&[first]);
        let mut commands = vec![(format!("proviso {first}"), own.clone())];
        for second in below(&own) {
            let own = help(&[first, &second]);
            commands.push((format!("proviso {first} {second}"), own));
        }
        if commands.len() > 1 {
            commands.remove(0);
        }
        for (name, own) in commands {
            assert!(MANUAL.contains(&name), "{name}");
            let words = own.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
            for flag in words.filter(|word| word.starts_with("--") && word.len() > 2) {
                // The row of the command in the table of commands.
                let row = MANUAL
                    .lines()
                    .find(|line| line.starts_with(&format!("| `{name}")));
                let row = row.unwrap_or_else(|| panic!("{name} has no row"));
                assert!(flag == "--help" || row.contains(flag), "{name} {flag}");
                seen.push(flag.to_owned());
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn every_code_stands_in_the_manual() {
    let (_, told) = MANUAL.split_once("\n## Faults and warnings\n").unwrap();
    let rows: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let row = |one: &Code| format!("| `{}` | {} | {} |", one.code, one.meaning, one.fix);
    let faults = CODES.iter().filter(|one| one.refuses);
    let warnings = CODES.iter().filter(|one| !one.refuses);
    let expected: Vec<String> = faults.chain(warnings).map(row).collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_limit_is_the_one_that_is_kept() {
    let (_, table) = MANUAL.split_once("\n## Limits\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let row = |what: &str| {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| {what} |")));
        row.unwrap_or_else(|| panic!("{what}")).to_owned()
    };
    let kept = [
        ("an order file", &[limits::ORDER_BYTES >> 20][..]),
        ("clauses; rules", &[limits::RULES]),
        (
            "tests; steps of one test; steps of all",
            &[limits::TESTS, limits::STEPS, limits::ALL_STEPS],
        ),
        ("lists", &[limits::LISTS]),
        (
            "a list",
            &[
                usize::try_from(limits::LIST_BYTES >> 20).unwrap(),
                usize::try_from(limits::LIST_ENTRIES).unwrap(),
                usize::try_from(limits::SHORT_LIST_ENTRIES).unwrap(),
            ],
        ),
        (
            "values in one key; conditions in one verb",
            &[limits::VALUES, limits::CONDITIONS],
        ),
        (
            "patterns; bytes of one",
            &[limits::PATTERNS, limits::PATTERN_BYTES],
        ),
        (
            "states of one pattern; of all",
            &[limits::PATTERN_STATES, limits::ALL_PATTERN_STATES],
        ),
        (
            "a length of time; days of grace",
            &[
                usize::try_from(limits::SPAN_DAYS).unwrap(),
                limits::GRACE_DAYS as usize,
            ],
        ),
        (
            "facts that a threshold waits for",
            &[limits::THRESHOLD as usize],
        ),
        (
            "words between the sides of `near`; words and units in all `near`",
            &[limits::WORDS_BETWEEN as usize, limits::NEAR_PHRASES],
        ),
        ("spans of hours in `during` or `within`", &[limits::HOURS]),
        (
            "values of `seen_by`; years of `kept`",
            &[limits::SEEN_BY, limits::KEPT_YEARS as usize],
        ),
        ("an id", &[limits::ID_BYTES]),
        (
            "a sentence; a clause",
            &[limits::TEXT_BYTES, limits::CLAUSE_BYTES],
        ),
        (
            "text that a pattern looks at",
            &[limits::PATTERN_TEXT >> 10],
        ),
        ("a search that `near` looks at", &[limits::NEAR_TEXT >> 10]),
    ];
    let rows = table.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, kept.len() + 1, "one is its head");
    for (what, numbers) in kept {
        let row = row(what).replace(',', "");
        let said: Vec<usize> = row
            .split('|')
            .nth(2)
            .unwrap()
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        assert_eq!(said, numbers, "{row}");
    }
}
