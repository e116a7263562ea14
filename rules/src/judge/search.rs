//! Looks for everything that an order's conditions search for, in one pass over a fact.

use proviso_report::fact::{ProcessStart, WebVisit};
use proviso_report::{Fact, Hash};

use crate::alike::Alike;
use crate::list::ListBytes;
use crate::order::Field;
use crate::text::fold;

use super::address::Address;
use super::domains::Domains;
use super::found::{Atom, Found};
use super::hashes::Hashes;
use super::leet::Leet;
use super::needles::{Needles, Stands};
use super::pattern::Patterns;
use super::programs::Programs;
use super::words::Phrase;

/// What to look for.
pub(crate) enum Source<'a> {
    /// Hosts: these bytes are a list.
    Hosts(ListBytes),
    /// Words and phrases, in the address or also in the title; with `leet` also where some of their
    /// letters are written as digits and signs.
    Words {
        words: Vec<&'a str>,
        title: bool,
        leet: bool,
    },
    /// A pattern.
    Pattern { field: Field, regex: &'a str },
    /// Programs by file name or path.
    Apps(Vec<&'a str>),
    /// Arguments of a program.
    Args(Vec<&'a str>),
    /// Hashes of files: these bytes are a list.
    Hashes(ListBytes),
}

/// Why a search cannot be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Domains(#[from] super::domains::BuildError),
    #[error("the words of this order are too many together; use fewer")]
    Words(#[from] aho_corasick::BuildError),
    #[error("the patterns of this order are too large together; use fewer")]
    Patterns(#[from] regex::Error),
}

/// All of it, compiled.
pub(crate) struct Search {
    domains: Domains,
    /// Which atom each source of `domains` is.
    hosts: Vec<Atom>,
    words: Option<Needles>,
    /// What each needle of `words` is for.
    needles: Vec<Needle>,
    /// `None`: no condition asks for it.
    leet: Option<Leet>,
    patterns: Patterns,
    programs: Programs,
    hashes: Vec<(Atom, Hashes)>,
}

/// What it means that a needle was seen.
enum Needle {
    /// Perhaps a phrase stands here.
    Phrase(Wanted),
    /// Perhaps a phrase that is not Latin stands here, in a text whose look-alikes are read.
    Alike(Wanted),
    /// Perhaps the pattern of this number matches.
    Pattern(usize),
}

/// A phrase, and where it counts.
struct Wanted {
    atom: Atom,
    phrase: Phrase,
    title: bool,
    leet: bool,
}

impl Search {
    pub(crate) fn build(sources: Vec<(Atom, Source<'_>)>) -> Result<Self, BuildError> {
        let mut lists = Vec::new();
        let mut hosts = Vec::new();
        let mut needles = Vec::new();
        let mut patterns = Vec::new();
        let mut programs = Programs::default();
        let mut hashes = Vec::new();
        for (atom, source) in sources {
            match source {
                Source::Hosts(list) => {
                    hosts.push(atom);
                    lists.push(list);
                }
                Source::Words { words, title, leet } => {
                    for phrase in words.into_iter().filter_map(Phrase::new) {
                        let wanted = |phrase| Wanted {
                            atom,
                            phrase,
                            title,
                            leet,
                        };
                        let alike = phrase.alike().map(wanted);
                        needles.push(Needle::Phrase(wanted(phrase)));
                        needles.extend(alike.map(Needle::Alike));
                    }
                }
                Source::Pattern { field, regex } => patterns.push((atom, field, regex)),
                Source::Apps(apps) => apps.into_iter().for_each(|app| programs.app(app, atom)),
                Source::Args(args) => args.into_iter().for_each(|arg| programs.arg(arg, atom)),
                Source::Hashes(list) => hashes.push((atom, Hashes::new(list))),
            }
        }
        let (patterns, literals) = Patterns::build(&patterns)?;
        let leet = Leet::build(needles.iter().enumerate().filter_map(|(number, needle)| {
            let wanted = needle.as_it_is()?;
            wanted.leet.then_some((number, &wanted.phrase))
        }))?;
        let mut texts: Vec<(Vec<u8>, Stands)> = needles.iter().filter_map(Needle::text).collect();
        for (literal, number) in literals {
            texts.push((literal, Stands::Anywhere));
            needles.push(Needle::Pattern(number));
        }
        let words = if texts.is_empty() {
            None
        } else {
            Some(Needles::build(&texts)?)
        };
        Ok(Self {
            domains: Domains::build(lists)?,
            hosts,
            words,
            needles,
            leet,
            patterns,
            programs,
            hashes,
        })
    }

    /// Adds what is in the fact to `found`.
    pub(crate) fn find(&self, fact: &Fact, found: &mut Found) {
        if let Some(hash) = file_hash(fact) {
            for (atom, hashes) in &self.hashes {
                if hashes.has(hash) {
                    found.add(*atom, "sha256", 0, &hash.to_string());
                }
            }
        }
        match fact {
            Fact::WebVisit(visit) => self.visit(visit, found),
            Fact::ProcessStart(start) => self.start(start, found),
            _ => {}
        }
    }

    fn visit(&self, visit: &WebVisit, found: &mut Found) {
        let address = Address::read(&visit.url);
        if let Some(host) = &address.host {
            self.domains.find(host, |source, entry| {
                found.add(self.hosts[source], Field::Url.as_str(), 0, entry);
            });
        }
        self.text(Field::Url, &address.text, address.path, found);
        if let Some(title) = &visit.title {
            self.text(Field::Title, &fold(title), 0, found);
        }
    }

    fn start(&self, start: &ProcessStart, found: &mut Found) {
        self.programs.find(start, found);
        if let Some(exe) = &start.exe {
            self.patterns.find(Field::Exe, &fold(exe), &[], found);
        }
        for arg in &start.args {
            self.patterns.find(Field::Args, &fold(arg), &[], found);
        }
    }

    /// `path`: where words begin to count.
    fn text(&self, field: Field, text: &str, path: usize, found: &mut Found) {
        let mut seen = Vec::new();
        let words = self.words.iter();
        for (needle, start) in words.flat_map(|words| words.find(text)) {
            match &self.needles[needle] {
                Needle::Phrase(wanted) if wanted.looks_in(field) => {
                    let span = wanted.phrase.span_at(text, path, start);
                    wanted.add(field, span, found);
                }
                Needle::Pattern(number) if !seen.contains(number) => seen.push(*number),
                Needle::Phrase(_) | Needle::Alike(_) | Needle::Pattern(_) => {}
            }
        }
        self.patterns.find(field, text, &seen, found);
        let alike = self.words.as_ref().and_then(|_| Alike::of(text));
        if let Some(alike) = &alike {
            self.alike(field, alike, path, found);
        }
        if let Some(leet) = &self.leet {
            let phrase = |number: usize| Some(&self.needles.get(number)?.as_it_is()?.phrase);
            let mut add = |number: usize, start, end| {
                let wanted = self.needles.get(number).and_then(Needle::as_it_is);
                if let Some(wanted) = wanted.filter(|wanted| wanted.looks_in(field)) {
                    wanted.add(field, Some((start, end)), found);
                }
            };
            leet.find(text, path, phrase, &mut add);
            if let Some(alike) = &alike {
                leet.find(&alike.text, path, phrase, |number, start, end| {
                    if alike.is_disguised(start, end) {
                        add(number, start, end);
                    }
                });
            }
        }
    }

    /// The same words in a text whose look-alikes are read. What comes before `path` is ASCII, and
    /// so stands where it stood.
    fn alike(&self, field: Field, alike: &Alike, path: usize, found: &mut Found) {
        let words = self.words.iter();
        for (needle, start) in words.flat_map(|words| words.find(&alike.text)) {
            let (wanted, latin) = match &self.needles[needle] {
                Needle::Phrase(wanted) => (wanted, true),
                Needle::Alike(wanted) => (wanted, false),
                Needle::Pattern(_) => continue,
            };
            if wanted.looks_in(field) {
                let span = wanted.phrase.span_at(&alike.text, path, start);
                let counts = |(start, end): &(usize, usize)| {
                    if latin {
                        alike.is_disguised(*start, *end)
                    } else {
                        alike.is_foreign(*start, *end)
                    }
                };
                wanted.add(field, span.filter(counts), found);
            }
        }
    }
}

impl Needle {
    fn text(&self) -> Option<(Vec<u8>, Stands)> {
        match self {
            Self::Phrase(wanted) | Self::Alike(wanted) => {
                Some((wanted.phrase.anchor().as_bytes().to_vec(), Stands::Whole))
            }
            Self::Pattern(_) => None,
        }
    }

    /// The phrase that is looked for as it is.
    const fn as_it_is(&self) -> Option<&Wanted> {
        match self {
            Self::Phrase(wanted) => Some(wanted),
            Self::Alike(_) | Self::Pattern(_) => None,
        }
    }
}

impl Wanted {
    fn looks_in(&self, field: Field) -> bool {
        self.title || field == Field::Url
    }

    fn add(&self, field: Field, span: Option<(usize, usize)>, found: &mut Found) {
        if let Some((start, _)) = span {
            found.add(self.atom, field.as_str(), start, &self.phrase.text);
        }
    }
}

/// The hash of the file that a fact is about.
const fn file_hash(fact: &Fact) -> Option<&Hash> {
    match fact {
        Fact::ProcessStart(start) => start.sha256.as_ref(),
        Fact::FileChange(file) => file.sha256.as_ref(),
        Fact::Download(file) => file.sha256.as_ref(),
        _ => None,
    }
}
