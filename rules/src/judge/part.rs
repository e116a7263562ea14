//! Single parts of conditions: do they hold for a fact, and can that be told?
//!
//! A part about something that facts of a kind never have does not hold for them. A part about
//! something that this one record lacks is unknown.

use proviso_report::Fact;
use proviso_report::bundle::Matched;
use proviso_report::fact::Kind;

use crate::list::path_key;
use crate::order::{FactField, Field, Part, TRANSITIONS};

use super::found::{Atom, Found};
use super::kleene::Truth;
use super::{Event, Why};

/// A part, compiled: searched for beforehand, or looked at when it is its turn.
#[derive(Debug)]
pub(crate) struct Test {
    look: Look,
    lacks: Lacks,
}

#[derive(Debug)]
enum Look {
    Found(Atom),
    Plain(Part),
}

/// What of a record a part needs that a record can lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacks {
    Nothing,
    Account,
    Private,
    Transition,
    /// An address, of which only the host counts.
    Host,
    /// An address, of which the text counts.
    Address,
    Title,
    /// The text of an address, and a title.
    Page,
    /// What was searched for.
    Search,
    /// The path of a program's file.
    Exe,
    /// What an entry says of a program.
    Program,
    Sha256,
    Path,
    Field(FactField),
}

impl Test {
    /// `atom`: the number of a part that is searched for.
    pub(crate) fn new(part: &Part, atom: Option<Atom>) -> Self {
        Self {
            look: atom.map_or_else(|| Look::Plain(part.clone()), Look::Found),
            lacks: Lacks::of(part),
        }
    }

    pub(crate) const fn atom(&self) -> Option<Atom> {
        match self.look {
            Look::Found(atom) => Some(atom),
            Look::Plain(_) => None,
        }
    }

    pub(crate) const fn lacks(&self) -> Lacks {
        self.lacks
    }

    pub(crate) fn holds(&self, event: &Event<'_>, found: &Found) -> Truth {
        let (yes, atom) = match &self.look {
            Look::Found(atom) => (found.has(*atom), Some(*atom)),
            Look::Plain(part) => (plain(part, event).is_some(), None),
        };
        if yes {
            return Truth::Yes;
        }
        let much = atom.is_some_and(|atom| found.is_much(atom));
        let lacks = || self.lacks.why(event, found, atom);
        Truth::unless_known(much.then_some(Why::Much).or_else(lacks))
    }

    /// Does it hold for all of the fact? A file that came from outside a folder is not in it alone,
    /// and a page in a browser is no business of whoever exempts the browser.
    pub(crate) fn exempts(&self, event: &Event<'_>, found: &Found) -> Truth {
        match (&self.look, event.fact) {
            (Look::Found(_), Fact::Foreground(front))
                if self.lacks == Lacks::Program && front.url.is_some() =>
            {
                Truth::No
            }
            (Look::Plain(Part::Under(folders)), fact) => {
                let mut paths = paths(fact).into_iter().flatten();
                let outside =
                    paths.any(|(_, path)| !folders.iter().any(|folder| lies_under(path, folder)));
                Truth::from(!outside).and(|| self.holds(event, found))
            }
            _ => self.holds(event, found),
        }
    }

    pub(crate) fn matched(&self, event: &Event<'_>, found: &Found, into: &mut Vec<Matched>) {
        match &self.look {
            Look::Found(atom) => found.matched(*atom, into),
            Look::Plain(part) => {
                if let Some((field, text)) = plain(part, event) {
                    add(into, field, text);
                }
            }
        }
    }
}

impl Lacks {
    const fn of(part: &Part) -> Self {
        match part {
            Part::Host(_) | Part::HostIn(_) | Part::LooksLike(_) | Part::LooksLikeIn(_) => {
                Self::Host
            }
            Part::UrlWords(_) => Self::Address,
            Part::Words(_) | Part::WordsIn(_) => Self::Page,
            Part::SearchWords(_) | Part::SearchWordsIn(_) | Part::Near(_) => Self::Search,
            Part::Pattern { field, .. } => match field {
                Field::Url => Self::Address,
                Field::Title => Self::Title,
                Field::Exe => Self::Exe,
                Field::Args => Self::Nothing,
                Field::Search => Self::Search,
            },
            Part::App(_) | Part::AppIn(_) => Self::Program,
            Part::ArgsAny(_) | Part::Browser(_) => Self::Nothing,
            Part::Account(_) => Self::Account,
            Part::Private(_) => Self::Private,
            Part::Transition(_) => Self::Transition,
            Part::Sha256In(_) => Self::Sha256,
            Part::Under(_) => Self::Path,
            Part::Is { field, .. } => Self::Field(*field),
        }
    }

    /// Can facts of this kind lack it?
    pub(crate) fn is_of(self, kind: Kind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Account => !kind.is_life_sign(),
            Self::Private | Self::Transition | Self::Title | Self::Page | Self::Search => {
                kind == Kind::WebVisit
            }
            Self::Host => matches!(kind, Kind::Download | Kind::Foreground),
            Self::Address => matches!(kind, Kind::WebVisit | Kind::Download),
            Self::Exe => kind == Kind::ProcessStart,
            Self::Program => matches!(kind, Kind::ProcessStart | Kind::Foreground),
            Self::Sha256 => matches!(kind, Kind::ProcessStart | Kind::FileChange | Kind::Download),
            Self::Path => kind == Kind::Download,
            Self::Field(field) => field.kinds().contains(&kind),
        }
    }

    /// Why a part that was not found may hold all the same. `atom`: of one part; `None`: of any.
    pub(crate) fn why(self, event: &Event<'_>, found: &Found, atom: Option<Atom>) -> Option<Why> {
        let layers = found.is_encoded().then_some(Why::Encoding);
        let field = |name: &'static str, lacks: bool| lacks.then_some(Why::Field(name));
        match (self, event.fact) {
            (Self::Account, fact) => field(
                "account",
                event.account.is_none() && !fact.kind().is_life_sign(),
            ),
            (Self::Private, Fact::WebVisit(visit)) => field("private", visit.private.is_none()),
            (Self::Transition, Fact::WebVisit(visit)) => {
                field("transition", visit.transition.is_none())
            }
            (Self::Title, Fact::WebVisit(visit)) => field("title", visit.title.is_none()),
            (Self::Page, Fact::WebVisit(visit)) => field("title", visit.title.is_none()).or(layers),
            (Self::Address | Self::Search, Fact::WebVisit(_)) => layers,
            (Self::Address, Fact::Download(file)) => field("url", file.url.is_none()).or(layers),
            (Self::Host, Fact::Download(file)) => field("url", file.url.is_none()),
            // A program that is no browser shows no page.
            (Self::Host, Fact::Foreground(front)) => {
                field("url", front.url.is_none() && front.browser.is_some())
            }
            (Self::Exe, Fact::ProcessStart(start)) => field("exe", start.exe.is_none()),
            (Self::Program, _) => found.lacks(atom).map(Why::Field),
            (Self::Sha256, Fact::ProcessStart(start)) => field("sha256", start.sha256.is_none()),
            (Self::Sha256, Fact::FileChange(file)) => field("sha256", file.sha256.is_none()),
            (Self::Sha256, Fact::Download(file)) => field("sha256", file.sha256.is_none()),
            (Self::Path, Fact::Download(file)) => field("path", file.path.is_none()),
            (Self::Field(one), fact) => field(
                one.as_str(),
                one.kinds().contains(&fact.kind()) && one.read(fact).is_none(),
            ),
            _ => None,
        }
    }
}

/// The field and the text that make a part hold for which nothing is searched.
fn plain<'e>(part: &'e Part, event: &Event<'e>) -> Option<(&'static str, &'e str)> {
    let visit = match event.fact {
        Fact::WebVisit(visit) => Some(visit),
        _ => None,
    };
    match part {
        Part::Account(names) => {
            let account = event.account?;
            names
                .iter()
                .any(|name| name == account)
                .then_some(("account", account))
        }
        Part::Private(private) => (visit?.private? == *private)
            .then_some(("private", if *private { "true" } else { "false" })),
        Part::Transition(ways) => {
            let way = visit?.transition?;
            let (name, _) = TRANSITIONS.iter().find(|(_, other)| *other == way)?;
            ways.contains(&way).then_some(("transition", *name))
        }
        Part::Browser(names) => {
            let browser = browser(event.fact)?;
            one_of(names, browser).then_some(("browser", browser))
        }
        Part::Is { field, values } => {
            let text = field.read(event.fact)?;
            one_of(values, text).then_some((field.as_str(), text))
        }
        Part::Under(folders) => {
            paths(event.fact)
                .into_iter()
                .flatten()
                .find_map(|(field, path)| {
                    let folder = folders.iter().find(|folder| lies_under(path, folder))?;
                    Some((field, folder.as_str()))
                })
        }
        // All others are searched for.
        _ => None,
    }
}

fn one_of(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn browser(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::WebVisit(it) => Some(&it.browser),
        Fact::Search(it) => Some(&it.browser),
        Fact::Download(it) => Some(&it.browser),
        Fact::Foreground(it) => it.browser.as_deref(),
        Fact::HistoryCleared(it) => Some(&it.browser),
        Fact::BrowserFound(it) => Some(&it.browser),
        Fact::BrowserSetting(it) => Some(&it.browser),
        Fact::PrivateWindow(it) => Some(&it.browser),
        _ => None,
    }
}

/// Where the file lies, and where it lay before it was renamed.
fn paths(fact: &Fact) -> [Option<(&'static str, &str)>; 2] {
    match fact {
        Fact::FileChange(file) => [
            Some(("path", file.path.as_str())),
            file.from.as_deref().map(|from| ("from", from)),
        ],
        Fact::Download(file) => [file.path.as_deref().map(|path| ("path", path)), None],
        _ => [None, None],
    }
}

/// Does the path lie in the folder, or below it? `~` is the home of any account.
fn lies_under(path: &str, folder: &str) -> bool {
    let path = path_key(path);
    let folder = path_key(folder);
    let folder = folder.trim_end_matches(['/', '\\']);
    let Some(rest) = folder.strip_prefix('~') else {
        return below(&path, folder);
    };
    let rest = rest.replace('\\', "/");
    home(&path).is_some_and(|inside| below(inside, &rest))
}

/// Below itself, too.
fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What of a path comes after somebody's home: with its `/`, or nothing.
fn home(path: &str) -> Option<&str> {
    if let Some(rest) = ["~", "/root"]
        .iter()
        .find_map(|home| path.strip_prefix(home).filter(|rest| is_end(rest)))
    {
        return Some(rest);
    }
    let no_drive = match path.as_bytes() {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => path.get(2..)?,
        _ => path,
    };
    let name = ["/home/", "/users/", "/var/home/"]
        .iter()
        .find_map(|homes| no_drive.strip_prefix(homes))?;
    Some(
        name.find('/')
            .map_or("", |at| name.get(at..).unwrap_or_default()),
    )
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// Adds what matched, each once.
pub(crate) fn add(into: &mut Vec<Matched>, field: &str, text: &str) {
    let known = into
        .iter()
        .any(|one| one.field == field && one.text == text);
    if !known {
        into.push(Matched {
            field: field.to_owned(),
            text: text.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_hold_what_lies_below_them() {
        for (path, folder) in [
            ("/media/stick/a.jpg", "/media"),
            ("/media", "/media/"),
            ("/home/sam/Pictures/a.jpg", "~/Pictures"),
            ("/Users/sam/pictures/a.jpg", "~/Pictures"),
            ("C:\\Users\\Sam\\Pictures\\a.jpg", "~/Pictures"),
            ("C:\\Users\\Sam\\Pictures\\a.jpg", "~\\Pictures"),
            ("/root/Pictures/a.jpg", "~/Pictures"),
            ("~/Pictures/a.jpg", "~/Pictures"),
            ("/home/sam/x", "~"),
            ("D:\\Backup\\x", "d:/backup"),
        ] {
            assert!(lies_under(path, folder), "{path} under {folder}");
        }
        for (path, folder) in [
            ("/mediaplayer/a", "/media"),
            ("/home/sam/Pictures2/a.jpg", "~/Pictures"),
            ("/srv/home/sam/Pictures/a.jpg", "~/Pictures"),
            ("/home/Pictures/a.jpg", "~/Pictures"),
            ("/rooted/Pictures/a.jpg", "~/Pictures"),
            ("D:\\Other", "C:\\Other"),
        ] {
            assert!(!lies_under(path, folder), "{path} under {folder}");
        }
    }
}
