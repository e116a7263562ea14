//! Looks for everything that an order's conditions search for, in one pass over a fact.

use std::collections::BTreeSet;
use std::sync::Arc;

use proviso_report::fact::{ProcessStart, Transition, WebVisit};
use proviso_report::{Fact, Hash};

use crate::alike::Alike;
use crate::list::{App, ListBytes};
use crate::order::{Field, Near, Order};
use crate::text::{fold, is_word};

use super::address::Address;
use super::domains::Domains;
use super::effort::{self, Share};
use super::found::{Atom, Disguise, Found};
use super::hashes::Hashes;
use super::leet::Leet;
use super::mimics::Mimics;
use super::near::{NearBy, Texts};
use super::needles::{Done, Needles, Stands};
use super::pattern::{Patterns, Room};
use super::programs::Programs;
use super::terms::Terms;
use super::words::{self, Phrase};

/// What findings call the field of a host that looks like a listed one.
const LOOKS_LIKE: &str = "looks_like";
/// What findings call the words of a search on a site that nobody knows to be an engine.
const GUESS: &str = "search_guess";

/// How much of a title is looked at, in bytes. One letter can stand for eighteen.
const TITLE: usize = 16 << 10;

/// What to look for.
pub(crate) enum Source<'a> {
    /// Hosts: these bytes are a list.
    Hosts(ListBytes),
    /// Hosts that look like one of these and are not on the list.
    LooksLike(ListBytes),
    /// Words and phrases; with `leet` also where some of their letters are written as digits and
    /// signs.
    Words {
        words: Vec<&'a str>,
        place: Place,
        leet: bool,
    },
    /// Two things close to each other in what was searched for.
    Near { near: &'a Near, leet: bool },
    /// A pattern.
    Pattern { field: Field, regex: &'a str },
    /// Programs.
    Apps(Vec<App>),
    /// Arguments of a program.
    Args(Vec<&'a str>),
    /// Hashes of files: these bytes are a list.
    Hashes(ListBytes),
}

/// Where words count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the path, query and fragment of an address.
    Address,
    /// There and in the title.
    Page,
    /// In what was searched for.
    Search,
}

/// How much of a text is looked at, by what the whole order has in it.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) share: Share,
    pub(crate) room: Room,
}

impl Bounds {
    pub(crate) fn of(order: &Order) -> Self {
        Self {
            share: Share::of(order),
            room: Room::of(order),
        }
    }

    /// Of an order with one part, and without patterns.
    #[cfg(test)]
    fn none() -> Self {
        Self {
            share: Share::among(1),
            room: Room::among(&[]),
        }
    }
}

/// Why a search cannot be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Lists(#[from] super::laid::BuildError),
    #[error(transparent)]
    Words(#[from] super::needles::BuildError),
    #[error("the patterns of this order are too large together; use fewer")]
    Patterns(#[from] regex::Error),
}

/// All of it, compiled.
pub(crate) struct Search {
    domains: Domains,
    /// Which atom each source of `domains` is. `None`: it is there for `mimics`.
    hosts: Vec<Option<Atom>>,
    mimics: Mimics,
    /// Which atom each source of `mimics` is, and which source of `domains` has the same list.
    looks: Vec<(Atom, usize)>,
    /// Does anything look at what was searched for?
    searches: bool,
    nears: Vec<NearBy>,
    words: Option<Needles>,
    /// What each needle of `words` is for.
    needles: Vec<Needle>,
    /// `None`: no condition asks for it.
    leet: Option<Leet>,
    patterns: Patterns,
    programs: Programs,
    hashes: Vec<(Atom, Hashes)>,
    share: Share,
    /// What looks at titles.
    titles: BTreeSet<Atom>,
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
    place: Place,
    leet: bool,
}

impl Search {
    /// `bounds`: how much of a text is looked at.
    pub(crate) fn build(
        sources: Vec<(Atom, Source<'_>)>,
        bounds: &Bounds,
    ) -> Result<Self, BuildError> {
        let mut lists = Vec::new();
        let mut hosts = Vec::new();
        let mut needles = Vec::new();
        let mut patterns = Vec::new();
        let mut programs = Programs::default();
        let mut hashes = Vec::new();
        let mut titles = BTreeSet::new();
        let (mut looks, mut nears, mut searches) = (Vec::new(), Vec::new(), false);
        for (atom, source) in sources {
            match source {
                Source::Hosts(list) => {
                    hosts.push(Some(atom));
                    lists.push(list);
                }
                Source::LooksLike(list) => looks.push((atom, list)),
                Source::Words { words, place, leet } => {
                    searches |= place == Place::Search;
                    titles.extend((place == Place::Page).then_some(atom));
                    let from = needles.len();
                    for phrase in words.into_iter().filter_map(Phrase::new) {
                        let wanted = |phrase| Wanted {
                            atom,
                            phrase,
                            place,
                            leet,
                        };
                        let alike = phrase.alike().map(wanted);
                        needles.push(Needle::Phrase(wanted(phrase)));
                        needles.extend(alike.map(Needle::Alike));
                    }
                    // Each by itself: what its phrases take must not hang on what a side leaves out.
                    let own = needles.iter_mut().skip(from);
                    words::spread(own.filter_map(Needle::phrase).collect());
                }
                Source::Near { near, leet } => {
                    searches = true;
                    nears.push(NearBy::new(atom, near, leet));
                }
                Source::Pattern { field, regex } => {
                    searches |= field == Field::Search;
                    titles.extend((field == Field::Title).then_some(atom));
                    patterns.push((atom, field, regex));
                }
                Source::Apps(apps) => apps.into_iter().for_each(|app| programs.app(app, atom)),
                Source::Args(args) => args.into_iter().for_each(|arg| programs.arg(arg, atom)),
                Source::Hashes(list) => hashes.push((atom, Hashes::new(list))),
            }
        }
        let mimics = Mimics::build(looks.iter().map(|(_, list)| list.clone()).collect())?;
        let looks = looks
            .into_iter()
            .map(|(atom, list)| {
                let known = lists.iter().position(|other| Arc::ptr_eq(other, &list));
                let source = known.unwrap_or_else(|| {
                    hosts.push(None);
                    lists.push(list);
                    lists.len() - 1
                });
                (atom, source)
            })
            .collect();
        let (patterns, literals) = Patterns::build(&patterns, bounds.room.clone())?;
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
            mimics,
            looks,
            searches,
            nears,
            words,
            needles,
            leet,
            patterns,
            programs,
            hashes,
            share: bounds.share,
            titles,
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
            Fact::Search(search) if self.searches => {
                self.searched(&fold(&search.text), found);
            }
            Fact::Download(file) => {
                if let Some(url) = &file.url {
                    self.file(url, found);
                }
            }
            Fact::Foreground(front) => {
                self.programs.find(&front.into(), found);
                let address = front.url.as_deref().map(Address::read);
                if let Some(host) = address.and_then(|address| address.host) {
                    self.host(&host, found);
                }
            }
            _ => {}
        }
    }

    /// Where a file came from: its host, and patterns. Words count in pages only.
    fn file(&self, url: &str, found: &mut Found) {
        let address = Address::read(url);
        if address.more {
            found.encoded();
        }
        if let Some(host) = &address.host {
            self.host(host, found);
        }
        let mut seen = Vec::new();
        self.words_in(&address.text, |needle, _| {
            if let Some(Needle::Pattern(number)) = self.needles.get(needle) {
                seen.push(*number);
            }
            None
        });
        seen.sort_unstable();
        seen.dedup();
        let mut room = self.patterns.room(Field::Url);
        self.patterns
            .find(Field::Url, &address.text, &seen, &mut room, found);
    }

    fn visit(&self, visit: &WebVisit, found: &mut Found) {
        let address = Address::read(&visit.url);
        if address.more {
            found.encoded();
        }
        if let Some(host) = &address.host {
            self.host(host, found);
        }
        self.text(Field::Url, &address.text, address.path, found);
        if let Some(title) = &visit.title {
            let begun = beginning(title);
            if begun.len() < title.len() {
                self.titles.iter().for_each(|atom| found.much(*atom));
            }
            self.text(Field::Title, &fold(begun), 0, found);
        }
        if self.searches
            && let Some(host) = &address.host
            && let Some(terms) = Terms::read(host, &address.tail)
            // What a frame within a page has in its address was seldom typed.
            && (terms.known || visit.transition != Some(Transition::Subframe))
        {
            let before = found.len();
            if terms.more {
                found.encoded();
            }
            for text in &terms.texts {
                self.searched(text, found);
            }
            if !terms.known {
                found.rename(before, GUESS);
            }
        }
    }

    fn searched(&self, text: &str, found: &mut Found) {
        self.text(Field::Search, text, 0, found);
        if !self.nears.is_empty() {
            let alike = Alike::of(text);
            let texts = Texts::new(text, alike.as_ref());
            for near in &self.nears {
                near.find(Field::Search.as_str(), &texts, self.share, found);
            }
        }
    }

    /// Which lists the host is on, and which it only looks like.
    fn host(&self, host: &str, found: &mut Found) {
        let mut on = Vec::new();
        self.domains.find(host, |source, entry| {
            if let Some(atom) = self.hosts[source] {
                found.add(atom, Field::Url.as_str(), 0, entry);
            }
            if !self.looks.is_empty() {
                on.push(source);
            }
        });
        self.mimics.find(host, |source, entry| {
            let (atom, listed) = self.looks[source];
            if !on.contains(&listed) {
                found.add(atom, LOOKS_LIKE, 0, entry);
            }
        });
    }

    fn start(&self, start: &ProcessStart, found: &mut Found) {
        self.programs.find(&start.into(), found);
        self.programs.find_args(&start.args, found);
        if let Some(exe) = &start.exe {
            let mut room = self.patterns.room(Field::Exe);
            self.patterns
                .find(Field::Exe, &fold(exe), &[], &mut room, found);
        }
        let mut room = self.patterns.room(Field::Args);
        // No pattern matches what is empty.
        for arg in start.args.iter().filter(|arg| !arg.is_empty()) {
            let over = room.is_used_up();
            self.patterns
                .find(Field::Args, &fold(arg), &[], &mut room, found);
            if over {
                // That nobody can tell is said by now.
                break;
            }
        }
    }

    /// `path`: where words begin to count.
    fn text(&self, field: Field, text: &str, path: usize, found: &mut Found) {
        let mut seen = Vec::new();
        self.words_in(text, |needle, start| match self.needles.get(needle)? {
            Needle::Phrase(wanted) if wanted.looks_in(field) => {
                self.try_phrase(wanted, text, found)?;
                let span = wanted.phrase.span_at(text, path, start);
                wanted.add(field, span, None, found);
                span.is_none().then_some(Look::Again)
            }
            Needle::Pattern(number) => {
                seen.push(*number);
                None
            }
            Needle::Phrase(_) | Needle::Alike(_) => None,
        });
        // A pattern has many literals, and one look for it is enough.
        seen.sort_unstable();
        seen.dedup();
        let mut room = self.patterns.room(field);
        self.patterns.find(field, text, &seen, &mut room, found);
        let alike = self.words.as_ref().and_then(|_| Alike::of(text));
        if let Some(alike) = &alike {
            self.alike(field, alike, text, path, found);
        }
        if let Some(leet) = &self.leet {
            let mut signs = |read: &str, disguise: &dyn Fn(usize, usize) -> Option<Disguise>| {
                leet.find(read, path, |number, span| {
                    let wanted = self.needles.get(number).and_then(Needle::as_it_is);
                    let Some(wanted) = wanted.filter(|wanted| wanted.looks_in(field)) else {
                        return true;
                    };
                    if self.try_phrase(wanted, read, found).is_none() {
                        return true;
                    }
                    let Some((start, end)) = span(&wanted.phrase) else {
                        return false;
                    };
                    let disguise = disguise(start, end);
                    let counts = disguise.is_some();
                    if counts {
                        wanted.add(field, Some((start, end)), disguise, found);
                    }
                    counts
                });
            };
            signs(text, &|start, end| Disguise::signs(text, start, end));
            if let Some(alike) = &alike {
                signs(&alike.text, &|start, end| {
                    let disguised = alike.is_disguised(start, end);
                    disguised.then(|| Disguise::alike(alike, text, start, end))?
                });
            }
        }
    }

    /// The same words in a text whose look-alikes are read. What comes before `path` is ASCII, and
    /// so stands where it stood.
    fn alike(&self, field: Field, alike: &Alike, text: &str, path: usize, found: &mut Found) {
        self.words_in(&alike.text, |needle, start| {
            let (wanted, latin) = match self.needles.get(needle)? {
                Needle::Phrase(wanted) => (wanted, true),
                Needle::Alike(wanted) => (wanted, false),
                Needle::Pattern(_) => return None,
            };
            if !wanted.looks_in(field) {
                return None;
            }
            self.try_phrase(wanted, &alike.text, found)?;
            let span = wanted.phrase.span_at(&alike.text, path, start);
            let counts = |(start, end): &(usize, usize)| {
                if latin {
                    alike.is_disguised(*start, *end)
                } else {
                    alike.is_foreign(*start, *end)
                }
            };
            let span = span.filter(counts);
            let disguise = span.and_then(|(start, end)| Disguise::alike(alike, text, start, end));
            wanted.add(field, span, disguise, found);
            span.is_none().then_some(Look::Again)
        });
    }

    /// Shows each place where a needle stands, until it need not be looked for any more.
    fn words_in(&self, text: &str, mut look: impl FnMut(usize, usize) -> Option<Look>) {
        let (mut done, mut all_done) = (Done::default(), Done::default());
        let words = self.words.iter();
        for place in words.flat_map(|words| words.find(text)) {
            if all_done.has(place.written) {
                continue;
            }
            let mut all = !place.within;
            for needle in place.needles {
                if !done.has(*needle) {
                    let again = look(*needle, place.start).is_some();
                    done.set(*needle, !again);
                    all &= !again;
                }
            }
            all_done.set(place.written, all);
        }
    }

    /// `None`: it was looked for as often as a part can be, and nobody can tell.
    fn try_phrase(&self, wanted: &Wanted, text: &str, found: &mut Found) -> Option<()> {
        let steps = effort::of_look(text);
        self.share.spend(wanted.atom, steps, found).then_some(())
    }
}

/// A needle was not what it seemed at one place.
enum Look {
    /// It can be at another.
    Again,
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

    const fn phrase(&mut self) -> Option<&mut Phrase> {
        match self {
            Self::Phrase(wanted) | Self::Alike(wanted) => Some(&mut wanted.phrase),
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
        match self.place {
            Place::Address => field == Field::Url,
            Place::Page => matches!(field, Field::Url | Field::Title),
            Place::Search => field == Field::Search,
        }
    }

    fn add(
        &self,
        field: Field,
        span: Option<(usize, usize)>,
        disguise: Option<Disguise>,
        found: &mut Found,
    ) {
        let Some((start, _)) = span else { return };
        let (field, word) = (field.as_str(), &self.phrase.text);
        found.add_as(self.atom, field, start, word, disguise);
    }
}

/// As much of a title as is looked at: whole words.
fn beginning(title: &str) -> &str {
    let mut ends = (0..=TITLE.min(title.len())).rev();
    let end = ends.find(|end| title.is_char_boundary(*end));
    let begun = title.get(..end.unwrap_or_default()).unwrap_or_default();
    if begun.len() < title.len() {
        begun.trim_end_matches(is_word)
    } else {
        begun
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

#[cfg(test)]
mod tests;
