//! What was left out of a list, or written otherwise, and why: counted, with the first few places.

/// How many places are kept of each reason.
const SHOWN: usize = 5;

/// Why an entry of a file is not in the list that was made of it, or not as it stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is in the list, in another spelling.
    Spelled,
    /// It stood there before.
    Duplicate,
    /// Another entry covers it.
    Below,
    /// A name that each computer gives to itself.
    Local,
    /// An exception of the file takes it out.
    Excepted,
    /// A public suffix.
    Suffix,
    /// An IP address.
    Ip,
    /// It has a scheme, a port or a path.
    More,
    /// Not a host name.
    NoHost,
    /// A line of a hosts file that leads to a real address.
    Redirect,
    /// A rule of an ad blocker that exempts a site.
    Exception,
    /// A rule of an ad blocker about what a page shows.
    Cosmetic,
    /// A pattern, or a part of a site.
    Pattern,
    /// A rule of an ad blocker for some requests only.
    Options,
    /// No word or phrase that can be looked for.
    NoWord,
    /// No program.
    NoApp,
    /// No SHA-256.
    NoHash,
    /// Not UTF-8.
    NotText,
}

impl Reason {
    /// Does the list lack something that the file has?
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(
            self,
            Self::Spelled | Self::Duplicate | Self::Below | Self::Local | Self::Excepted
        )
    }

    /// What became of such entries, and what to do: it follows their number.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Spelled => "taken in another spelling, the one that is looked up",
            Self::Duplicate => "left out: already there",
            Self::Below => "left out: another entry covers it",
            Self::Local => "left out: a name that each computer gives to itself",
            Self::Excepted => "left out: an exception in the files takes it out",
            Self::Suffix => {
                "left out: a public suffix, and everybody's sites are below it; write the sites \
                 that are meant"
            }
            Self::Ip => "left out: an IP address; cover addresses with a `pattern` condition",
            Self::More => {
                "left out: more than a host name; write the host alone, without scheme, port and \
                 path, or use a `pattern` condition"
            }
            Self::NoHost => "left out: no host name; correct it in the file",
            Self::Redirect => {
                "left out: the hosts file leads this name to a real address, which does not say \
                 that the site is meant"
            }
            Self::Exception => {
                "left out: an exception, and lists have none. It took out the entries at or below \
                 it; where an entry above it remains, write the host under `unless`"
            }
            Self::Cosmetic => "left out: about what a page shows, not about a site",
            Self::Pattern => {
                "left out: a pattern or a part of a site, and lists hold whole sites; use a \
                 `pattern` condition if it is meant"
            }
            Self::Options => {
                "left out: for some requests only, and an entry means every page of a site"
            }
            Self::NoWord => "left out: no word that can be looked for",
            Self::NoApp => "left out: no program",
            Self::NoHash => "left out: no SHA-256",
            Self::NotText => "left out: not UTF-8 text; save the file as UTF-8",
        }
    }
}

/// Where something stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The name of the file, as the importer was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What stood there, cut to one short line.
    pub text: String,
    /// What is in the list instead, or what exactly is wrong.
    pub note: Option<String>,
}

/// What one reason came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The reason.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// The first few of them, or all if that was asked for, in the order of the files.
    pub first: Vec<Seen>,
}

/// What became of everything in the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries of the list.
    pub taken: u64,
    /// Lines that are comments.
    pub comments: u64,
    /// Everything that is not in the list as it stood there, in the order of [`Reason`].
    pub tallies: Vec<Tally>,
    /// Are all shown, not the first few alone?
    pub(super) all: bool,
}

impl Report {
    /// How many entries the list lacks because they could not stand in it.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.tallies
            .iter()
            .filter(|tally| tally.reason.is_loss())
            .map(|tally| tally.count)
            .sum()
    }

    /// How many entries have met this.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.tallies
            .iter()
            .find(|tally| tally.reason == reason)
            .map_or(0, |tally| tally.count)
    }

    pub(super) fn add(&mut self, reason: Reason, seen: impl FnOnce() -> Seen) {
        let at = self.tallies.partition_point(|tally| tally.reason < reason);
        if self
            .tallies
            .get(at)
            .is_none_or(|tally| tally.reason != reason)
        {
            let first = Vec::new();
            let tally = Tally {
                reason,
                count: 0,
                first,
            };
            self.tallies.insert(at, tally);
        }
        if let Some(tally) = self.tallies.get_mut(at) {
            tally.count += 1;
            if self.all || tally.first.len() < SHOWN {
                tally.first.push(seen());
            }
        }
    }
}

/// One line of at most so many characters, with nothing in it that a reader cannot see.
pub(super) fn shown(text: &str, most: usize) -> String {
    let mut chars = text
        .chars()
        .filter(|c| !c.is_control() && !crate::text::is_ignorable(*c));
    let mut shown: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
