//! Erasing records of a collector: one person asks, another confirms.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use proviso_report::Fact;

use crate::collector::{Collector, MANAGER, PASSWORD};
use crate::extension::Extension;
use crate::held::wait_for_record;
use crate::scene::{PERSON, Scene};
use crate::tamper::Memory;
use crate::wait::PATIENCE;

/// Who confirms what the manager asks for.
pub const SECOND: &str = "kim";
/// Under which rule.
pub const RULE: &str = "Retention plan 3";

/// What a command said, and whether it did what it was told.
#[derive(Clone, Debug)]
pub struct Said {
    /// Did it?
    pub done: bool,
    /// On both ways.
    pub words: String,
}

/// Lets the second person sign in.
pub fn second_person(collector: &Collector) -> anyhow::Result<()> {
    let said = typing(&mut collector.command(&["staff", "add", SECOND])?, PASSWORD)?;
    if !said.done {
        bail!("cannot add {SECOND}: {}", said.words);
    }
    Ok(())
}

/// The manager asks to erase records of the person.
pub fn ask(collector: &Collector, which: &[&str]) -> anyhow::Result<Said> {
    let words = [
        "erase",
        "ask",
        "--person",
        PERSON,
        "--staff",
        MANAGER,
        "--rule",
        RULE,
        "--reason",
        "No longer needed.",
    ];
    typing(
        &mut collector.command(&[&words[..], which].concat())?,
        PASSWORD,
    )
}

/// The number of the erasure that was asked for.
pub fn asked(collector: &Collector, which: &[&str]) -> anyhow::Result<String> {
    let said = ask(collector, which)?;
    let (_, rest) = said
        .words
        .split_once("erase confirm ")
        .with_context(|| format!("nothing was asked for: {}", said.words))?;
    let id = rest.split_whitespace().next().context("it has no number")?;
    Ok(id.to_owned())
}

/// The command with which somebody confirms it.
pub fn confirm(collector: &Collector, id: &str, staff: &str) -> anyhow::Result<Command> {
    collector.command(&["erase", "confirm", id, "--staff", staff])
}

/// Runs a command that reads one line.
pub fn typing(command: &mut Command, line: &str) -> anyhow::Result<Said> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // One that refuses before it reads has closed its input.
    let _written = writeln!(child.stdin.take().context("no input")?, "{line}");
    let said = child.wait_with_output()?;
    Ok(Said {
        done: said.status.success(),
        words: String::from_utf8([said.stdout, said.stderr].concat())?,
    })
}

/// Bundles about a person before and after one of three records is erased; the collector is stopped.
pub fn erased(scene: &mut Scene) -> anyhow::Result<(Memory, Memory)> {
    scene.person(PERSON)?;
    second_person(&scene.collector)?;
    let mut computer = scene.enrolled(PERSON)?;
    computer.start_recording()?;
    let mut extension = Extension::start(&computer, "00000000000000e1")?;
    let urls = ["a", "b", "c"].map(|page| format!("https://news.example/{page}"));
    for url in &urls {
        extension.visit(url, PATIENCE)?;
    }
    extension.all_taken(PATIENCE)?;
    let middle = wait_for_record(&scene.collector, "the second", |held| {
        held.is_visit_of(&urls[1])
    })?;
    computer.stop()?;
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })?;
    let (before, after) = (scene.dir().join("before"), scene.dir().join("after"));
    scene.collector.export(PERSON, &before)?;
    let which = format!("{}:{}", middle.device, middle.record.seq);
    let id = asked(&scene.collector, &["--records", &which])?;
    scene.collector.stop()?;
    let said = typing(&mut confirm(&scene.collector, &id, SECOND)?, PASSWORD)?;
    if !said.done {
        bail!("nothing was erased: {}", said.words);
    }
    scene.collector.export(PERSON, &after)?;
    Ok((Memory::read(&before)?, Memory::read(&after)?))
}

/// The files below a folder that hold these bytes.
pub fn holding(dir: &Path, bytes: &[u8]) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut waiting) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if std::fs::read(&path)?
                .windows(bytes.len())
                .any(|part| part == bytes)
            {
                found.push(path);
            }
        }
    }
    Ok(found)
}
