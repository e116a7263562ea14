//! `order replay`: what a changed order would have found in records of the past.
//!
//! It prints what a person did, to the terminal of whoever asks, and to nowhere else.
//!
//! Refuses: to call two orders alike (exit 0) when it could not judge every record.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use proviso_report::Record;
use proviso_report::bundle::{self, Outcome};
use proviso_rules::judge::Why;
use proviso_rules::replay::{
    Change, Comparison, Example, NoRecord, Replay, RuleChange, Tally, read_line,
};
use proviso_rules::{Judge, Order};

use crate::folder::Folder;
use crate::order_file::{self, ReadError, cannot};
use crate::whole_file;
use crate::{End, counted, line, say};

/// The most lines that are no records of which the number is said.
const SHOWN: usize = 5;

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error(transparent)]
    Order(#[from] ReadError),
    #[error("{} has faults, which stand above: mend them first", .0.display())]
    Faults(PathBuf),
    #[error("{} is named twice: name each file of records once", .0.display())]
    Twice(PathBuf),
    #[error("cannot read {}: {source}; name records or a bundle that you may read", .path.display())]
    Records { path: PathBuf, source: io::Error },
}

/// The records of one computer.
struct Log {
    /// How people call it.
    name: String,
    records: Vec<Record>,
}

/// Everything that was read, and what could not be.
#[derive(Default)]
struct Read {
    logs: Vec<Log>,
    /// Sentences about records that nobody can judge.
    amiss: Vec<String>,
}

/// `proviso order replay`.
pub(crate) fn replay(new: &Path, old: &Path, records: &[PathBuf]) -> End {
    match compared(new, old, records) {
        Ok(end) => end,
        Err(error) => cannot(&error),
    }
}

fn compared(new: &Path, old: &Path, records: &[PathBuf]) -> Result<End, ReplayError> {
    let (old_file, new_file) = (old, new);
    let old = judge(old)?;
    let new = judge(new)?;
    warn((old.order(), old_file), (new.order(), new_file));
    let mut read = Read::default();
    let mut seen = BTreeSet::new();
    for path in records {
        let place = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !seen.insert(place) {
            return Err(ReplayError::Twice(path.clone()));
        }
        if path.is_dir() {
            read.bundle(path);
        } else {
            read.lines(path)?;
        }
    }
    let mut replay = Replay::new(&old, &new);
    for (number, log) in read.logs.iter().enumerate() {
        if number > 0 {
            replay.next_log();
        }
        for record in &log.records {
            replay.record(record);
        }
    }
    let found = replay.finish();
    say(&head(old.order(), new.order(), &found, &read));
    for rule in &found.rules {
        say(&rule_words(rule, &read));
    }
    say(&foot(&found, &read));
    Ok(if !read.amiss.is_empty() {
        End::CannotSay
    } else if found.differs() {
        End::No
    } else {
        End::Yes
    })
}

/// Says what looks as if the two were mixed up.
fn warn((old, old_file): (&Order, &Path), (new, new_file): (&Order, &Path)) {
    let name = |file: &Path| line(&file.display().to_string());
    if new.version() < old.version() {
        tell!(
            "warning: --order names version {}, and --against the later version {}: name the \
             changed order with --order",
            new.version(),
            old.version()
        );
    }
    if let Some(replaces) = new.replaces()
        && replaces.sha256 != old.digest()
        && new.digest() != old.digest()
    {
        tell!(
            "warning: {} replaces another file than {}: the SHA-256 that it names is {}, and this \
             one's is {}",
            name(new_file),
            name(old_file),
            replaces.sha256,
            old.digest()
        );
    }
}

fn judge(file: &Path) -> Result<Judge, ReplayError> {
    let bytes = order_file::read(file)?;
    order_file::compile(file, &bytes)?.map_err(|faults| {
        order_file::print_faults(file, &faults);
        ReplayError::Faults(file.to_owned())
    })
}

impl Read {
    /// A bundle: the logs in it that hold.
    fn bundle(&mut self, path: &Path) {
        let name = line(&path.display().to_string());
        let verified = bundle::verify(&Folder(path.to_owned()));
        let fails = |outcome: &Outcome| matches!(outcome, Outcome::Fails(_));
        let failed = verified.checks.iter().filter(|one| fails(&one.outcome));
        let failed = failed.count();
        if failed > 0 || verified.logs.is_empty() {
            self.amiss.push(format!(
                "{name} does not hold as evidence ({} failed, {} can be read): proviso verify says \
                 why",
                counted(failed as u64, "check", "checks"),
                counted(verified.logs.len() as u64, "log", "logs")
            ));
        }
        for (device, log) in verified.logs {
            if log.withheld > 0 {
                self.amiss.push(format!(
                    "{name} withholds {} of the computer {device}",
                    counted(log.withheld, "record", "records")
                ));
            }
            self.logs.push(Log {
                name: format!("computer {device}"),
                records: log.records,
            });
        }
    }

    /// A file: a record a line.
    fn lines(&mut self, path: &Path) -> Result<(), ReplayError> {
        let bytes = whole_file::bounded(path, whole_file::EVIDENCE).map_err(|source| {
            ReplayError::Records {
                path: path.to_owned(),
                source,
            }
        })?;
        let name = line(&path.display().to_string());
        let mut records = Vec::new();
        let mut bad: Vec<(usize, NoRecord)> = Vec::new();
        let mut jumps = Vec::new();
        let mut last: Option<u64> = None;
        for (number, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if text.trim_ascii().is_empty() {
                continue;
            }
            match read_line(text) {
                Ok(record) => {
                    if let Some(words) = last.and_then(|last| jump(last, record.seq)) {
                        jumps.push(format!("{name}:{}: {words}", number.saturating_add(1)));
                    }
                    last = Some(record.seq);
                    records.push(record);
                }
                Err(error) => {
                    // It may be the one that is missing: that is said once.
                    last = last.and_then(|last| last.checked_add(1));
                    bad.push((number.saturating_add(1), error));
                }
            }
        }
        if records.is_empty() && bad.is_empty() {
            self.amiss.push(format!("{name} holds no record"));
        }
        let more_jumps = jumps.len().saturating_sub(SHOWN);
        self.amiss.extend(jumps.into_iter().take(SHOWN));
        if more_jumps > 0 {
            self.amiss.push(format!(
                "{name}: {more_jumps} more gaps or repeated records"
            ));
        }
        for (number, wrong) in bad.iter().take(SHOWN) {
            let NoRecord { column, sentence } = wrong;
            self.amiss
                .push(format!("{name}:{number}:{column}: {}", line(sentence)));
        }
        if let Some(more) = bad.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.amiss
                .push(format!("{name}: {more} more lines are no records"));
        }
        self.logs.push(Log { name, records });
        Ok(())
    }
}

/// What is wrong with the number of a record behind the one before it.
fn jump(last: u64, seq: u64) -> Option<String> {
    let next = last.saturating_add(1);
    if seq == last {
        Some(format!("the record {seq} stands there twice"))
    } else if seq < last {
        Some(format!("the record {seq} comes after the record {last}"))
    } else if seq > next {
        Some(format!(
            "a gap of {} before the record {seq}",
            counted(seq.saturating_sub(next), "record", "records")
        ))
    } else {
        None
    }
}

fn head(old: &Order, new: &Order, found: &Comparison, read: &Read) -> String {
    let made = |order: &Order| format!("{} version {}", order.id(), order.version());
    format!(
        "Before: {}. After: {}.\n\
         {} of {}, judged by both as if each had been in force throughout.\n",
        made(old),
        made(new),
        counted(found.records, "record", "records"),
        counted(read.logs.len() as u64, "computer", "computers")
    )
}

fn rule_words(rule: &RuleChange, read: &Read) -> String {
    let count = |tally: Option<Tally>| match tally {
        Some(tally) => tally.found.to_string(),
        None => "no such rule".to_owned(),
    };
    let unsure = |tally: Option<Tally>| tally.map_or(0, |tally| tally.cannot_tell);
    let mut words = format!(
        "Rule {} (clause {}): before {}, after {}, added {}, dropped {}; cannot tell before {}, \
         after {}",
        rule.rule,
        rule.clause,
        count(rule.before),
        count(rule.after),
        rule.added,
        rule.dropped,
        unsure(rule.before),
        unsure(rule.after)
    );
    if rule.regraded()
        && let Some((before, after)) = rule.before.zip(rule.after)
    {
        let _ = write!(
            words,
            "\n  {} and become `{}` instead of `{}`",
            counted(rule.kept(), "finding stays", "findings stay"),
            after.severity.as_str(),
            before.severity.as_str()
        );
    }
    for example in &rule.examples {
        let _ = write!(words, "\n  {}", example_words(example, read));
    }
    words
}

fn example_words(example: &Example, read: &Read) -> String {
    let change = match example.change {
        Change::Added => "added",
        Change::Dropped => "dropped",
        Change::CannotTell(_) => "cannot tell",
    };
    let what = match example.change {
        Change::CannotTell(why) => why_words(why),
        Change::Added | Change::Dropped => {
            let parts = example.matched.iter();
            let parts: Vec<String> = parts
                .map(|part| format!("{}: {}", part.field, part.text))
                .collect();
            parts.join(", ")
        }
    };
    let log = read.logs.get(example.log);
    let log = log.map_or("", |log| log.name.as_str());
    line(&format!(
        "{change:<11}  {} {}, {what} ({log}, record {})",
        example.at, example.kind, example.seq
    ))
}

fn why_words(why: Why) -> String {
    match why {
        Why::Field(field) => format!("the record does not hold `{field}`"),
        Why::Clock => "the clock was not to be trusted".to_owned(),
        Why::Late => "it came too late to be counted".to_owned(),
        Why::Much => "there was more than is remembered or looked at".to_owned(),
        Why::Encoding => "its address is encoded too often".to_owned(),
        Why::Awake => "nothing tells whether the computer was on and awake".to_owned(),
        Why::Part => "whether another record counts to it cannot be told".to_owned(),
    }
}

fn foot(found: &Comparison, read: &Read) -> String {
    let mut words = String::new();
    let mut add = |sentence: String| {
        let _ = writeln!(words, "{sentence}");
    };
    for (kind, count) in &found.uncovered {
        add(format!(
            "Not kept, and judged by nobody: {count} of the kind {}.",
            line(kind)
        ));
    }
    if found.without_order > 0 {
        add(format!(
            "Signs of life before an order was in force, judged by nobody: {}.",
            found.without_order
        ));
    }
    for (order, count) in &found.other_orders {
        let short: String = order.to_string().chars().take(12).collect();
        add(format!(
            "Made under another order ({short}…), and judged all the same: {count}."
        ));
    }
    for sentence in &read.amiss {
        let stop = if sentence.ends_with('?') { "" } else { "." };
        add(format!("Could not be judged: {sentence}{stop}"));
    }
    let changed = found.rules.iter().filter(|rule| rule.differs()).count();
    add(match changed {
        0 if read.amiss.is_empty() => "No finding changes.".to_owned(),
        0 => "No finding changes in what could be judged.".to_owned(),
        some => format!(
            "Findings change in {}.",
            counted(some as u64, "rule", "rules")
        ),
    });
    format!("\n{words}")
}
