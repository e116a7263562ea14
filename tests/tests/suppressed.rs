//! What an exemption keeps out, and what belongs to others, leaves nothing behind: neither in the
//! agent's files nor in what it says nor in its memory.
//!
//! The memory of the running agent is read whole, through `/proc`. A word of a page that may be recorded
//! is looked for in the same way and must be found, so that the search itself is known to work.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

use proviso_agent::platform::clock;
use proviso_report::Fact;
use proviso_report::record::Method;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held::{records, wait_for_methods};
use proviso_tests::process::{Running, done};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};
use serde_json::Value;

/// Exempt at all hours of every day.
const MORE: &str = r#"
[[exempt]]
id = "E9"
who = "Employer: Example Freight Ltd"
says = "Work at working hours is nobody's business."
match = { host = ["example-freight.co.uk"] }
within = [{ days = "every", from = 00:00:00, to = 12:00:00 }, { days = "every", from = 12:00:00, to = 00:00:00 }]
effect = "suppress_content"
"#;

/// What may be recorded.
const CONTROL: &str = "qzjkcontrolword";
/// What must leave nothing behind.
const SOLICITOR: &str = "qzjksolicitorword";
const WORK: &str = "qzjkemployerword";
const PROGRAM: &str = "qzjkprogramword";
const HOUSEHOLD: &str = "qzjkhouseholdword";
const SECRET: [&str; 4] = [SOLICITOR, WORK, PROGRAM, HOUSEHOLD];

/// Where a word stands in the memory of a process.
fn in_memory(pid: u32, words: &[&str]) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut parts = line.split_whitespace();
        let (span, rights) = (parts.next().unwrap(), parts.next().unwrap());
        let name = parts.nth(3).unwrap_or_default();
        if !rights.starts_with('r') || name == "[vvar]" || name == "[vsyscall]" {
            continue;
        }
        let (from, to) = span.split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let length = u64::from_str_radix(to, 16).unwrap() - from;
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        // Some of it may have gone meanwhile.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        for word in words {
            for at in memchr::memmem::find_iter(&bytes, word.as_bytes()) {
                let around = &bytes[at.saturating_sub(40)..(at + 60).min(bytes.len())];
                found.push(format!(
                    "{word} in {name} {rights}: {}",
                    around.escape_ascii()
                ));
            }
        }
    }
    found
}

/// Which words stand in files below a folder.
fn in_files<'a>(folder: &Path, words: &[&'a str]) -> Vec<(&'a str, String)> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        // A folder may have gone meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => return found,
        entries => entries.unwrap(),
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(in_files(&path, words));
            continue;
        }
        // A socket cannot be read, and a file may have gone meanwhile.
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        for word in words {
            if memchr::memmem::find(&bytes, word.as_bytes()).is_some() {
                found.push((*word, path.display().to_string()));
            }
        }
    }
    found
}

fn suppressed(computer: &Computer, exempt: &str) -> u64 {
    let mut status = computer.command("status");
    let status: Value = serde_json::from_str(&done(status.arg("--json")).unwrap()).unwrap();
    status["details"]["suppressed"][exempt]
        .as_u64()
        .unwrap_or(0)
}

#[test]
fn what_is_exempt_or_anothers_stands_in_no_file_no_log_and_no_memory() {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, MORE).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    computer.tell_browsers().unwrap();
    let log = scene.dir().join("programs.log");
    let sam = computer.machine.add_account("sam").unwrap();

    // Programs that no clause covers, of the person and of another account of the household.
    let mut own = computer.machine.command_as(&computer.account, "sh");
    own.args(["-c", "exec sleep 1000", PROGRAM]);
    let _own = Running::start(own, &log).unwrap();
    let mut other = computer.machine.command_as(&sam, "sh");
    other.args(["-c", "exec sleep 1000", HOUSEHOLD]);
    let _other = Running::start(other, &log).unwrap();

    // Pages: in a real browser, whose history the agent reads too, and by a burst.
    let solicitor = format!("https://www.example-solicitors.co.uk/{SOLICITOR}");
    let work = format!("https://portal.example-freight.co.uk/{WORK}");
    let control = format!("https://news.example/{CONTROL}");
    let mut chromium = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    for url in [&solicitor, &work, &control] {
        chromium.open(url).unwrap();
    }
    let mut extension = Extension::start(&computer, "00000000000000d1").unwrap();
    for n in 0..50 {
        extension
            .visit(&format!("{solicitor}?n={n}"), PATIENCE)
            .unwrap();
        extension.visit(&format!("{work}?n={n}"), PATIENCE).unwrap();
    }
    extension.all_taken(PATIENCE).unwrap();
    // The history is read after what the browser wrote last: the page that may be recorded.
    wait_for_methods(
        &scene.collector,
        &control,
        &[Method::Extension, Method::History],
    )
    .unwrap();
    for exempt in ["E1", "E9"] {
        assert!(suppressed(&computer, exempt) >= 50, "{exempt}");
    }
    chromium.close().unwrap();
    let closed = clock::now();

    // Some signs of life later nothing of it is in the middle of anything. What comes late can be from before.
    let beats = || {
        let held = records(&scene.collector).unwrap();
        held.iter()
            .filter(|held| matches!(held.record.fact, Fact::Heartbeat(_)))
            .filter(|held| held.record.at > closed)
            .count()
    };
    until("some signs of life", PATIENCE, || {
        Ok((beats() > 3).then_some(()))
    })
    .unwrap();
    let copies = computer.state().join("reading");
    until("the agent to have read the history", PATIENCE, || {
        let mut copies = std::fs::read_dir(&copies)?;
        Ok(copies.next().is_none().then_some(()))
    })
    .unwrap();

    let found = in_files(&computer.state(), &[CONTROL]);
    assert!(!found.is_empty(), "the search finds nothing");
    assert_eq!(in_files(&computer.state(), &SECRET), []);
    let said = computer.said();
    assert!(SECRET.iter().all(|word| !said.contains(word)), "{said}");
    let pid = computer.id().unwrap();
    assert!(!in_memory(pid, &["proviso-report-of-nobody", "journal.sqlite"]).is_empty());
    let found = in_memory(pid, &SECRET);
    assert!(
        found.is_empty(),
        "{} times:\n{}",
        found.len(),
        found.join("\n")
    );
}
