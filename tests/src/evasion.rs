//! What people try in order not to be seen, and what the agent then shows: the rows of
//! `docs/coverage.md`, and the computer that each of them is tried on.
//!
//! Promises: a row stands in the table only beside the test that runs it, and says no more than what
//! that test saw ([`Scenario::holds`]). What is not visible is said as plainly as what is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use proviso_report::fact::{Fact, Kind, ToolState};

use crate::agent::Computer;
use crate::held::{Held, records, wait_for_record};
use crate::network::Network;
use crate::process::{Running, done};
use crate::scene::{PERSON, Scene};
use crate::wait::{PATIENCE, until};

/// For something that was done to be told, before it is done again.
const TELLING: Duration = Duration::from_secs(5);
/// The table stands in the manual between these.
const BEGINS: &str = "<!-- table -->\n";
const ENDS: &str = "<!-- end -->\n";

/// How far something can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A record states it.
    Seen,
    /// Records show something from which people can conclude it, among other things.
    Inferred,
    /// Nothing on this computer shows it.
    NotVisible,
}

/// One way not to be seen.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The threat, as the field names it: the heading of the row.
    pub threat: &'static str,
    /// What the test does.
    pub does: &'static str,
    /// What comes of it.
    pub outcome: Outcome,
    /// The kinds of records that show it; empty if nothing does.
    pub by: &'static [Kind],
    /// What else could look the same, or what stays unseen.
    pub but: &'static str,
}

impl Outcome {
    const fn words(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Inferred => "inferred",
            Self::NotVisible => "not visible",
        }
    }
}

impl Scenario {
    /// Fails unless these records, which its test found, are what the row says.
    pub fn holds(&self, records: &[Held]) -> anyhow::Result<()> {
        let shown: BTreeSet<Kind> = records.iter().map(|held| held.record.kind()).collect();
        let said: BTreeSet<Kind> = self.by.iter().copied().collect();
        ensure!(
            shown == said,
            "the row says {said:?}, and the test saw {records:?}"
        );
        ensure!(
            said.is_empty() == (self.outcome == Outcome::NotVisible),
            "what is visible is shown by records, and only that"
        );
        Ok(())
    }
}

/// The table of the manual.
#[must_use]
pub fn table(all: &[Scenario]) -> String {
    let mut text = String::from(
        "| what is tried | how the test does it | result | records | innocent readings, and what stays unseen |\n\
         |---|---|---|---|---|\n",
    );
    for one in all {
        let by: Vec<String> = one.by.iter().map(|kind| format!("`{kind}`")).collect();
        let by = if by.is_empty() {
            "none".to_owned()
        } else {
            by.join(", ")
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {by} | {} |",
            one.threat,
            one.does,
            one.outcome.words(),
            one.but
        );
    }
    text
}

/// The manual with this table in place of its own.
pub fn with_table(manual: &str, table: &str) -> anyhow::Result<String> {
    let parts = manual.split_once(BEGINS).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(ENDS)?;
        Some((before, after))
    });
    let (before, after) = parts.context("the manual has no marks around its table")?;
    Ok([before, BEGINS, table, ENDS, after].concat())
}

/// A computer under an order that asks for everything that can be recorded, and its collector.
#[derive(Debug)]
pub struct Watched {
    /// Stands first, so that it ends first.
    pub computer: Computer,
    network: Option<Network>,
    /// The collector.
    pub scene: Scene,
}

impl Watched {
    /// Enrolled; its agent does not run yet.
    pub fn new() -> anyhow::Result<Self> {
        let scene = Scene::new()?;
        scene.person_with(PERSON, &everything())?;
        let computer = scene.enrolled(PERSON)?;
        computer.beat_each_second()?;
        Ok(Self {
            computer,
            network: None,
            scene,
        })
    }

    /// The same; its agent records.
    pub fn recording() -> anyhow::Result<Self> {
        let mut watched = Self::new()?;
        watched.computer.start_recording()?;
        Ok(watched)
    }

    /// The same, on a network that no other computer is on.
    pub fn on_a_network() -> anyhow::Result<Self> {
        let mut watched = Self::new()?;
        let network = Network::with_way_to(watched.scene.collector.quic)?;
        watched.computer.machine.join(&network);
        watched.network = Some(network);
        watched.computer.start_recording()?;
        Ok(watched)
    }

    /// Waits for a record.
    pub fn record(&self, what: &str, wanted: impl Fn(&Fact) -> bool) -> anyhow::Result<Held> {
        wait_for_record(&self.scene.collector, what, |held| {
            wanted(&held.record.fact)
        })
        .with_context(|| format!("the agent said:\n{}", self.computer.said()))
    }

    /// Does something again and again, with the number of times, until there is such a record: what was
    /// there when the agent first looked is no news to it, and it says of nothing when that was.
    pub fn until_told(
        &self,
        what: &str,
        act: impl FnMut(u32) -> anyhow::Result<()>,
        wanted: impl Fn(&Fact) -> bool,
    ) -> anyhow::Result<Held> {
        self.until_told_slowly(what, TELLING, act, wanted)
    }

    /// The same, with so much time between two times.
    pub fn until_told_slowly(
        &self,
        what: &str,
        telling: Duration,
        mut act: impl FnMut(u32) -> anyhow::Result<()>,
        wanted: impl Fn(&Fact) -> bool,
    ) -> anyhow::Result<Held> {
        let deadline = Instant::now() + PATIENCE;
        for number in 1.. {
            act(number)?;
            let found = until(what, telling, || {
                let mut all = records(&self.scene.collector)?.into_iter();
                Ok(all.find(|held| wanted(&held.record.fact)))
            });
            match found {
                Ok(held) => return Ok(held),
                Err(fault) if Instant::now() > deadline => {
                    let all = records(&self.scene.collector)?;
                    let kinds: Vec<Kind> = all.iter().map(|held| held.record.kind()).collect();
                    let said = self.computer.said();
                    return Err(fault.context(format!("{kinds:?}; the agent said:\n{said}")));
                }
                Err(_) => {}
            }
        }
        bail!("nobody tries that often")
    }

    /// Gives what was recorded because of this, which nothing may be: from before it until a program
    /// that the person starts after it is recorded. Not in it: signs of the agent's life, tools that are
    /// there all the while, and disks, which the kernel shows to all computers of the tests.
    pub fn unseen(&self, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Vec<Held>> {
        self.start_marker()?;
        let before = records(&self.scene.collector)?;
        act()?;
        let marker = self.marker("after", 1)?;
        let end = self.record("the program afterwards", |fact| starts(fact, "after-1"))?;
        drop(marker);
        let mut all = records(&self.scene.collector)?;
        let last = before.iter().map(|held| held.record.seq).max();
        all.retain(|held| {
            let kind = held.record.kind();
            let ignored = kind.is_life_sign()
                || matches!(kind, Kind::Device | Kind::ProcessEnd)
                || is_there(&held.record.fact)
                || starts(&held.record.fact, "before-")
                // On its way to be a program that the test starts in the account.
                || starts(&held.record.fact, "setpriv");
            Some(held.record.seq) > last && held.record.seq < end.record.seq && !ignored
        });
        Ok(all)
    }

    /// Waits until programs that begin are recorded.
    pub fn start_marker(&self) -> anyhow::Result<()> {
        let mut markers = Vec::new();
        self.until_told(
            "a program that begins",
            |number| {
                markers.push(self.marker("before", number)?);
                Ok(())
            },
            |fact| starts(fact, "before-"),
        )?;
        Ok(())
    }

    /// A program that no other has the name of, run by the monitored person.
    pub fn marker(&self, name: &str, number: u32) -> anyhow::Result<Running> {
        self.run_as(&format!("{name}-{number}"), &["1000"])
    }

    /// Runs a program in the person's home that is `sleep` under another name.
    pub fn run_as(&self, name: &str, args: &[&str]) -> anyhow::Result<Running> {
        let account = &self.computer.account;
        let program = self.sleep_as(name)?;
        let mut command = self.computer.machine.command_as(account, program);
        command.args(args);
        Running::start(command, &self.log())
    }

    /// Puts `sleep` under another name into the person's home; gives where the person sees it.
    pub fn sleep_as(&self, name: &str) -> anyhow::Result<PathBuf> {
        let account = &self.computer.account;
        let file = account.outside.join(name);
        if !file.exists() {
            // By another process: who starts one while a file is being written holds it open for writing.
            done(Command::new("cp").arg("/bin/sleep").arg(file))?;
        }
        Ok(account.home.join(name))
    }

    /// Runs one of the system's programs as root.
    pub fn root(&self, line: &str) -> anyhow::Result<String> {
        done(self.computer.machine.command("sh").args(["-euc", line]))
    }

    /// How many records of a kind there are, by the agent's own word.
    pub fn recorded(&self, kind: Kind) -> anyhow::Result<u64> {
        let said = done(self.computer.command("status").arg("--json"))?;
        let status: serde_json::Value = serde_json::from_str(&said)?;
        let count = &status["details"]["recorded"][kind.as_str()];
        Ok(count.as_u64().unwrap_or_default())
    }

    /// Where programs of the test complain.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.scene.dir().join("programs.log")
    }
}

/// Whether it is the start of a program whose name begins like that.
#[must_use]
pub fn starts(fact: &Fact, name: &str) -> bool {
    match fact {
        Fact::ProcessStart(start) => {
            // Of one that ended early nothing is left but its short name.
            let exe = start.exe.as_deref().unwrap_or(&start.name);
            let file = Path::new(exe).file_name().and_then(|file| file.to_str());
            file.is_some_and(|file| file.starts_with(name))
        }
        _ => false,
    }
}

/// Whether it is a tool that is there, used or not.
fn is_there(fact: &Fact) -> bool {
    matches!(fact, Fact::ToolFound(tool) if tool.state != ToolState::Used)
}

/// A clause that covers everything.
#[must_use]
pub fn everything() -> String {
    let kinds = Kind::ALL
        .iter()
        .filter(|kind| !kind.is_life_sign() && **kind != Kind::VisitsConfirmed);
    let kinds: Vec<String> = kinds.map(|kind| format!("\"{kind}\"")).collect();
    format!(
        "[[clause]]\nid = \"9\"\ntext = '''Anything that keeps the device from being monitored.'''\n\
         records = [{}]\n",
        kinds.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(outcome: Outcome, by: &'static [Kind]) -> Scenario {
        Scenario {
            threat: "second device",
            does: "nothing here",
            outcome,
            by,
            but: "another computer",
        }
    }

    #[test]
    fn a_row_says_what_was_seen_and_what_was_not() {
        let text = table(&[
            row(Outcome::NotVisible, &[]),
            row(Outcome::Seen, &[Kind::Device, Kind::Gap]),
        ]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| second device | nothing here | not visible | none | another computer |",
                "| second device | nothing here | seen | `device`, `gap` | another computer |",
            ]
        );
    }

    #[test]
    fn a_row_that_says_anything_else_does_not_hold() {
        row(Outcome::NotVisible, &[]).holds(&[]).unwrap();
        let fault = |row: Scenario| row.holds(&[]).unwrap_err().to_string();
        assert!(fault(row(Outcome::Seen, &[Kind::Gap])).contains("the test saw []"));
        assert!(fault(row(Outcome::Inferred, &[])).contains("is shown by records"));
    }

    #[test]
    fn the_table_is_put_between_the_marks() {
        let manual = format!("before\n{BEGINS}old\n{ENDS}after\n");
        let expected = format!("before\n{BEGINS}new\n{ENDS}after\n");
        assert_eq!(with_table(&manual, "new\n").unwrap(), expected);
        with_table("no marks", "new\n").unwrap_err();
    }
}
