//! Conditions: a closed set, so that a reader needs no language and a program can say them aloud.

use proviso_report::fact::{Kind, Transition};

use super::fact_field::FactField;
use super::parts::ListKind;
use super::verbs::Near;

/// One table of `any`, `all` or `unless`. It holds when each of its parts holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// At least one.
    pub parts: Vec<Part>,
    /// Are common substitutions of letters looked through in its words: `sch00l`?
    pub leet: bool,
}

/// One key of a condition. Of several values one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The page's host is one of these, or below one.
    Host(Vec<String>),
    /// The page's host is on this list, or below an entry.
    HostIn(String),
    /// The page's path, query or fragment has one of these as whole words.
    UrlWords(Vec<String>),
    /// The same, or the page's title has.
    Words(Vec<String>),
    /// The same with the words of this list.
    WordsIn(String),
    /// A regular expression finds something in this field.
    Pattern {
        /// Where it looks.
        field: Field,
        /// The expression.
        regex: String,
    },
    /// The program's file name, short name or path is one of these.
    App(Vec<String>),
    /// The same with the entries of this list.
    AppIn(String),
    /// One of the program's arguments is one of these.
    ArgsAny(Vec<String>),
    /// It happened in one of these accounts.
    Account(Vec<String>),
    /// The page was opened in a private window, or was not. Unknown is neither.
    Private(bool),
    /// The person came to the page in one of these ways.
    Transition(Vec<Transition>),
    /// In one of these browsers.
    Browser(Vec<String>),
    /// What was searched for has one of these as whole words.
    SearchWords(Vec<String>),
    /// The same with the words of this list.
    SearchWordsIn(String),
    /// What was searched for has two things close to each other.
    Near(Near),
    /// The page's host is none of these, and looks like one.
    LooksLike(Vec<String>),
    /// The page's host is not on this list, and looks like an entry.
    LooksLikeIn(String),
    /// The hash of a file or of a program's file is on this list.
    Sha256In(String),
    /// The file lies in one of these folders, or below one.
    Under(Vec<String>),
    /// A field of the fact is one of these. The case of ASCII does not matter.
    Is {
        /// Which field.
        field: FactField,
        /// The words; at least one.
        values: Vec<String>,
    },
}

/// Where a pattern looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The whole address, without user name and password, percent-decoded.
    Url,
    /// The page's title.
    Title,
    /// The program's path.
    Exe,
    /// Each of the program's arguments.
    Args,
    /// What was searched for: the words of a `search`, or those in the address of a search engine.
    Search,
}

/// The names of transitions in records and order files.
pub(crate) const TRANSITIONS: &[(&str, Transition)] = &[
    ("typed", Transition::Typed),
    ("link", Transition::Link),
    ("bookmark", Transition::Bookmark),
    ("form_submit", Transition::FormSubmit),
    ("reload", Transition::Reload),
    ("redirect", Transition::Redirect),
    ("back_forward", Transition::BackForward),
    ("download", Transition::Download),
    ("subframe", Transition::Subframe),
    ("other", Transition::Other),
];

impl Part {
    /// The keys of every condition that there is.
    pub const KEYS: &'static [&'static str] = &[
        "host",
        "host_in",
        "url_words",
        "words",
        "words_in",
        "pattern",
        "app",
        "app_in",
        "args_any",
        "account",
        "private",
        "transition",
        "browser",
        "search_words",
        "search_words_in",
        "near",
        "looks_like",
        "looks_like_in",
        "sha256_in",
        "under",
    ];

    /// Its key in the order file.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::HostIn(_) => "host_in",
            Self::UrlWords(_) => "url_words",
            Self::Words(_) => "words",
            Self::WordsIn(_) => "words_in",
            Self::Pattern { .. } => "pattern",
            Self::App(_) => "app",
            Self::AppIn(_) => "app_in",
            Self::ArgsAny(_) => "args_any",
            Self::Account(_) => "account",
            Self::Private(_) => "private",
            Self::Transition(_) => "transition",
            Self::Browser(_) => "browser",
            Self::SearchWords(_) => "search_words",
            Self::SearchWordsIn(_) => "search_words_in",
            Self::Near(_) => "near",
            Self::LooksLike(_) => "looks_like",
            Self::LooksLikeIn(_) => "looks_like_in",
            Self::Sha256In(_) => "sha256_in",
            Self::Under(_) => "under",
            Self::Is { field, .. } => field.as_str(),
        }
    }

    /// Can a fact of this kind have what it looks at?
    #[must_use]
    pub fn looks_at(&self, kind: Kind) -> bool {
        match self {
            Self::Host(_) | Self::HostIn(_) | Self::LooksLike(_) | Self::LooksLikeIn(_) => {
                matches!(kind, Kind::WebVisit | Kind::Download | Kind::Foreground)
            }
            Self::UrlWords(_) | Self::Words(_) | Self::WordsIn(_) => kind == Kind::WebVisit,
            Self::SearchWords(_) | Self::SearchWordsIn(_) | Self::Near(_) => {
                matches!(kind, Kind::WebVisit | Kind::Search)
            }
            Self::Private(_) | Self::Transition(_) => kind == Kind::WebVisit,
            Self::Browser(_) => matches!(
                kind,
                Kind::WebVisit
                    | Kind::Search
                    | Kind::Download
                    | Kind::Foreground
                    | Kind::HistoryCleared
                    | Kind::BrowserFound
                    | Kind::BrowserSetting
                    | Kind::PrivateWindow
            ),
            Self::App(_) | Self::AppIn(_) => {
                matches!(kind, Kind::ProcessStart | Kind::Foreground)
            }
            Self::ArgsAny(_) => kind == Kind::ProcessStart,
            Self::Sha256In(_) => {
                matches!(kind, Kind::FileChange | Kind::Download | Kind::ProcessStart)
            }
            Self::Under(_) => matches!(kind, Kind::FileChange | Kind::Download),
            Self::Is { field, .. } => field.kinds().contains(&kind),
            Self::Account(_) => !kind.is_life_sign(),
            Self::Pattern { field, .. } => field.looks_at(kind),
        }
    }

    /// Does it look for words? What words mean only a person can say.
    #[must_use]
    pub const fn is_words(&self) -> bool {
        matches!(
            self,
            Self::UrlWords(_)
                | Self::Words(_)
                | Self::WordsIn(_)
                | Self::SearchWords(_)
                | Self::SearchWordsIn(_)
                | Self::Near(_)
        )
    }

    /// The list that it names, and of which kind that must be.
    #[must_use]
    pub fn list(&self) -> Option<(&str, ListKind)> {
        match self {
            Self::HostIn(name) => Some((name, ListKind::Domains)),
            Self::LooksLikeIn(name) => Some((name, ListKind::Domains)),
            Self::WordsIn(name) | Self::SearchWordsIn(name) => Some((name, ListKind::Words)),
            Self::Sha256In(name) => Some((name, ListKind::Hashes)),
            Self::AppIn(name) => Some((name, ListKind::Apps)),
            _ => None,
        }
    }
}

impl Condition {
    /// Can a fact of this kind make it hold?
    #[must_use]
    pub fn looks_at(&self, kind: Kind) -> bool {
        self.parts.iter().all(|part| part.looks_at(kind))
    }
}

impl Field {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Url, Self::Title, Self::Exe, Self::Args, Self::Search];

    /// The name in order files and in what a finding says it matched.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Title => "title",
            Self::Exe => "exe",
            Self::Args => "args",
            Self::Search => "search",
        }
    }

    /// Can a fact of this kind have it?
    #[must_use]
    pub const fn looks_at(self, kind: Kind) -> bool {
        match self {
            Self::Url => matches!(kind, Kind::WebVisit | Kind::Download),
            Self::Title => matches!(kind, Kind::WebVisit),
            Self::Exe | Self::Args => matches!(kind, Kind::ProcessStart),
            Self::Search => matches!(kind, Kind::WebVisit | Kind::Search),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_named_as_in_records() {
        for (name, transition) in TRANSITIONS {
            let json = serde_json::to_string(transition).unwrap();
            assert_eq!(json, format!("\"{name}\""));
        }
    }
}
