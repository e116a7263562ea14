//! What happens in browsers.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::record::Method;

/// A page was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebVisit {
    /// The address as the source gave it, without user name and password.
    pub url: String,
    /// The page's title, if the source knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// How the person came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<Transition>,
    /// In a private window? `None`: the source cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

/// How a page came to be opened, in terms that all browsers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transition {
    /// Typed or chosen in the address bar.
    Typed,
    /// A link was followed.
    Link,
    /// From a bookmark.
    Bookmark,
    /// A form was sent.
    FormSubmit,
    /// Loaded again.
    Reload,
    /// The site sent the browser here.
    Redirect,
    /// Back or forward in the history.
    BackForward,
    /// A download.
    Download,
    /// A frame inside a page: nobody need have chosen it.
    Subframe,
    /// Anything else.
    Other,
}

/// A second source saw what is recorded: one visit stays one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitsConfirmed {
    /// By which method they were seen again.
    pub method: Method,
    /// The records' places in the log.
    pub seqs: Vec<u64>,
}

/// Words were sent to a search engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The words, as the source gave them.
    pub text: String,
    /// The engine: `google`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Did the person type them? `None`: the source cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<bool>,
}

/// A browser fetched a file to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// Where it came from, without user name and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where it was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its type, as the site named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The hash of what was put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A window was in front, and somebody used the computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreground {
    /// The program's short name.
    pub name: String,
    /// Path of the program file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Which browser it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The page that it showed, without user name and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For how long from the time of the record on, milliseconds.
    pub ms: u64,
}

/// Something is gone from what a browser remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryCleared {
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What shows it.
    pub how: Cleared,
    /// How many visits are known to be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// What shows that history is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cleared {
    /// All of it was deleted.
    All,
    /// Visits that the agent has seen are no longer there.
    Rows,
    /// The file is another one.
    Replaced,
    /// The file holds less than before.
    Shrunk,
    /// The file is gone.
    Deleted,
}

/// A browser, or a profile of one, was found that was not there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserFound {
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Where it was found.
    pub path: String,
    /// Does it run without having been installed?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portable: Option<bool>,
}

/// A browser keeps, shows or sends less or more than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserSetting {
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// The browser's profile, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Which: `private_windows`, `clear_on_exit`, `retention`, `extension`, `sync`, ...
    pub setting: String,
    /// What it is now: `on`, `off`, ...
    pub value: String,
}

/// A private window was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateWindow {
    /// `chromium`, `firefox`, ...
    pub browser: String,
    /// What shows it: `arguments`, `policy`, `silence`, ...
    pub sign: String,
}
