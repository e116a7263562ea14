//! Makes a list of what others publish: plain names, hosts files, rules of ad blockers, word
//! lists, lists of programs and of hashes.
//!
//! Promises: what comes out passes the checks that an order makes of its lists; the same files
//! give the same bytes; entries are sorted, each of them once, and none that another covers.
//! Nothing is left out or spelled otherwise in silence: everything is counted by [`Reason`], the
//! first few with file and line. The comments at the head of a file, where its licence stands,
//! are kept as comments.
//!
//! Refuses: to guess. A rule of an ad blocker becomes an entry only when it means a whole site for
//! the page itself: `||host^`, alone or with `$all`, `$document`, `$doc` or `$important`. A line of
//! a hosts file becomes one only when it leads nowhere: to a loopback address or to none.
//! An exception `@@||host^` takes out the entries at or below its host, and never narrows one
//! above it.

mod line;
mod reason;

use std::collections::BTreeSet;

use proviso_report::Hash;

use crate::domain;
use crate::order::ListKind;
use crate::text::fold;

pub use reason::{Reason, Report, Seen, Tally};

use super::{App, entry_fault, hash};
use line::Item;
use reason::shown;

/// The most comments that are kept of the head of one file, and the most characters of each.
const HEAD: (usize, usize) = (40, 200);
/// The most characters of an entry, or of a file's name, that a report shows.
const SHOWN: usize = 80;

/// Takes files, one after the other, and makes one list of them.
#[derive(Debug)]
pub struct Importer {
    kind: ListKind,
    files: Vec<String>,
    head: Vec<String>,
    entries: Vec<Entry>,
    exceptions: BTreeSet<String>,
    report: Report,
}

/// A list in the form that orders pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub sha256: Hash,
    /// How many entries it has.
    pub count: u64,
}

/// Why no list came of it, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No entry is left.
    #[error("nothing in the files can stand in such a list; look at what was left out, and why")]
    Nothing,
    /// More than an order can pin.
    #[error("the list would have {count} entries, and {most} is the most; make two lists of it")]
    TooMany {
        /// How many.
        count: u64,
        /// The limit.
        most: u64,
    },
    /// Longer than an order can pin.
    #[error("the list would have {bytes} bytes, and {most} is the most; make two lists of it")]
    TooLong {
        /// How many.
        bytes: u64,
        /// The limit.
        most: u64,
    },
}

/// What may become an entry, and where it stood.
#[derive(Debug)]
struct Entry {
    text: String,
    file: usize,
    line: u32,
}

impl Importer {
    /// For a list of this kind.
    #[must_use]
    pub fn new(kind: ListKind) -> Self {
        Self {
            kind,
            files: Vec::new(),
            head: Vec::new(),
            entries: Vec::new(),
            exceptions: BTreeSet::new(),
            report: Report::default(),
        }
    }

    /// The same, with every place in the report and not the first few alone.
    #[must_use]
    pub const fn showing_all(mut self) -> Self {
        self.report.all = true;
        self
    }

    /// Reads a file. `name`: what the report and the head of the list call it.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.files.push(shown(name, SHOWN));
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let lines = || {
            bytes
                .split(|byte| *byte == b'\n')
                .map(<[u8]>::trim_ascii)
                .zip(1_u32..)
        };
        let adblock = self.kind == ListKind::Domains
            && lines().any(|(line, _)| std::str::from_utf8(line).is_ok_and(line::is_adblock));
        let mut head = Vec::new();
        let mut in_head = true;
        for (line, number) in lines() {
            let Ok(text) = std::str::from_utf8(line) else {
                in_head = false;
                self.out(
                    Reason::NotText,
                    number,
                    &String::from_utf8_lossy(line),
                    None,
                );
                continue;
            };
            if let Some(comment) = self.line(text, number, adblock) {
                self.report.comments += 1;
                if in_head && head.len() < HEAD.0 {
                    head.push(shown(comment.trim(), HEAD.1));
                }
            } else if !text.is_empty() {
                in_head = false;
            }
        }
        head.retain(|comment| !comment.is_empty());
        if let Some(name) = self.files.last() {
            self.head.push(format!("# From {name}"));
        }
        self.head
            .extend(head.iter().map(|comment| format!("# {comment}")));
    }

    /// The list, if there is one, and what became of everything.
    pub fn finish(mut self) -> (Report, Result<Imported, ImportError>) {
        let entries = std::mem::take(&mut self.entries);
        let entries = self.once(entries);
        let entries = if self.kind == ListKind::Domains {
            self.topmost(entries)
        } else {
            entries
        };
        self.report.taken = entries.len() as u64;
        let list = self.written(&entries);
        (self.report, list)
    }

    /// Takes a line; gives it back if it is a comment.
    fn line<'a>(&mut self, text: &'a str, number: u32, adblock: bool) -> Option<&'a str> {
        if self.kind != ListKind::Domains {
            if let Some(comment) = text.strip_prefix('#') {
                return Some(comment);
            }
            if !text.is_empty() {
                self.other(text, number);
            }
            return None;
        }
        let mut comment = None;
        line::read(text, adblock, &mut |item| match item {
            Item::Comment(words) => comment = Some(words),
            Item::Host(host) => self.host(host, number),
            Item::Except(host) => {
                if let Ok(host) = spelled(host) {
                    self.exceptions.insert(host);
                }
            }
            Item::Out(reason, text) => self.out(reason, number, text, None),
        });
        comment
    }

    fn host(&mut self, host: &str, line: u32) {
        match spelled(host) {
            Ok(entry) => {
                if entry != host {
                    self.out(Reason::Spelled, line, host, Some(entry.clone()));
                }
                self.take(entry, line);
            }
            Err(reason) => self.out(reason, line, host, None),
        }
    }

    /// An entry of a list that is not of domains.
    fn other(&mut self, text: &str, line: u32) {
        let (entry, reason) = match self.kind {
            ListKind::Domains | ListKind::Words => (text.to_owned(), Reason::NoWord),
            ListKind::Apps => (usual_app(text), Reason::NoApp),
            ListKind::Hashes => (hash::usual(text), Reason::NoHash),
        };
        if let Err(why) = entry_fault(self.kind, entry.as_bytes()) {
            return self.out(reason, line, text, Some(why));
        }
        if entry != text {
            self.out(Reason::Spelled, line, text, Some(entry.clone()));
        }
        self.take(entry, line);
    }

    fn take(&mut self, text: String, line: u32) {
        let file = self.files.len().saturating_sub(1);
        self.entries.push(Entry { text, file, line });
    }

    fn out(&mut self, reason: Reason, line: u32, text: &str, note: Option<String>) {
        let file = self.files.last().cloned().unwrap_or_default();
        self.report.add(reason, || Seen {
            file,
            line,
            text: shown(text, SHOWN),
            note,
        });
    }

    /// Leaves out what stands there twice, as the judge sees it.
    fn once(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let kind = self.kind;
        let key = |entry: &Entry| match kind {
            ListKind::Domains | ListKind::Hashes => entry.text.clone(),
            ListKind::Apps => {
                App::parse(&entry.text).map_or_else(|_| String::new(), |app| app.key())
            }
            ListKind::Words => fold(&entry.text).to_ascii_lowercase(),
        };
        let mut entries: Vec<(String, Entry)> = entries
            .into_iter()
            .map(|entry| (key(&entry), entry))
            .collect();
        entries.sort_by(|(key, a), (other, b)| (key, a.file, a.line).cmp(&(other, b.file, b.line)));
        let mut kept: Vec<(String, Entry)> = Vec::with_capacity(entries.len());
        let mut again = Vec::new();
        for (key, entry) in entries {
            match kept.last() {
                Some((last, _)) if *last == key => again.push((entry, None)),
                _ => kept.push((key, entry)),
            }
        }
        self.left_out(Reason::Duplicate, again);
        kept.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Leaves out what is excepted, and what is below another entry. `entries` are sorted.
    fn topmost(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let all: BTreeSet<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
        let covers: Vec<Option<(Reason, String)>> = entries
            .iter()
            .map(|entry| {
                let at_or_above = || std::iter::once(entry.text.as_str()).chain(above(&entry.text));
                let exception = at_or_above().find(|host| self.exceptions.contains(*host));
                let top = || above(&entry.text).find(|host| all.contains(host));
                match exception {
                    Some(host) => Some((Reason::Excepted, host.to_owned())),
                    None => top().map(|host| (Reason::Below, host.to_owned())),
                }
            })
            .collect();
        let (mut kept, mut excepted, mut below) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, cover) in entries.into_iter().zip(covers) {
            match cover {
                None => kept.push(entry),
                Some((Reason::Excepted, host)) => excepted.push((entry, Some(host))),
                Some((_, host)) => below.push((entry, Some(host))),
            }
        }
        self.left_out(Reason::Excepted, excepted);
        self.left_out(Reason::Below, below);
        kept
    }

    /// Reports these in the order of the files.
    fn left_out(&mut self, reason: Reason, mut entries: Vec<(Entry, Option<String>)>) {
        entries.sort_by_key(|(entry, _)| (entry.file, entry.line));
        for (entry, note) in entries {
            let file = self.files.get(entry.file).cloned().unwrap_or_default();
            self.report.add(reason, || Seen {
                file,
                line: entry.line,
                text: shown(&entry.text, SHOWN),
                note,
            });
        }
    }

    fn written(&self, entries: &[Entry]) -> Result<Imported, ImportError> {
        let count = entries.len() as u64;
        let (most, longest) = (self.kind.most_entries(), self.kind.most_bytes());
        if count == 0 {
            return Err(ImportError::Nothing);
        }
        if count > most {
            return Err(ImportError::TooMany { count, most });
        }
        let lines = self.head.iter().map(String::as_str);
        let lines = lines.chain(entries.iter().map(|entry| entry.text.as_str()));
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        if bytes.len() as u64 > longest {
            return Err(ImportError::TooLong {
                bytes: bytes.len() as u64,
                most: longest,
            });
        }
        Ok(Imported {
            sha256: Hash::of(&bytes),
            bytes,
            count,
        })
    }
}

/// A host in the browser's spelling.
fn spelled(host: &str) -> Result<String, Reason> {
    let reason = |wrong| match wrong {
        domain::Wrong::Ip => Reason::Ip,
        domain::Wrong::More => Reason::More,
        domain::Wrong::Suffix => Reason::Suffix,
        domain::Wrong::NoHost | domain::Wrong::Spelling(_) => Reason::NoHost,
    };
    match domain::check(host) {
        Ok(()) => Ok(host.to_owned()),
        Err(domain::Wrong::Spelling(entry)) => {
            domain::check(&entry).map_err(reason)?;
            Ok(entry)
        }
        Err(wrong) => Err(reason(wrong)),
    }
}

/// An entry of a list of programs in its usual spelling; as it is if it is none.
fn usual_app(text: &str) -> String {
    App::parse(text).map_or_else(|_| text.to_owned(), |app| app.to_string())
}

/// The names above a host, the longest first.
fn above(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(host.split_once('.'), |(_, rest)| rest.split_once('.'))
        .map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests;
