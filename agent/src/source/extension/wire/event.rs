//! What the extension sees: each with its number, its time, and no content of any page.

use proviso_report::fact::Transition;
use serde::{Deserialize, Serialize};

/// What an extension reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A page was opened.
    Visit(SeenVisit),
    /// A download is complete.
    Download(SeenDownload),
    /// Pages were removed from the history.
    Cleared(SeenCleared),
    /// A page was in front, and somebody used the computer.
    Front(SeenFront),
    /// A private window is open.
    PrivateWindow(SeenPrivate),
    /// Events were let go, since too many waited.
    Lost(Lost),
}

/// One committed navigation, as the extension saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenVisit {
    /// The life of the extension's script in which the event was numbered.
    pub epoch: Epoch,
    /// Number within the epoch, from 1, rising.
    pub n: u64,
    /// Unix milliseconds by the browser's clock.
    pub at: i64,
    /// Address.
    pub url: String,
    /// The browser's word for how the page was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
    /// The browser's further words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
    /// Whether the tab was private; absent when it was gone before it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

impl SeenVisit {
    /// The one word that says most about how the page was reached. A redirect says that the
    /// person did not choose this address, whatever began the chain.
    pub fn transition(&self) -> Option<Transition> {
        let has = |word: &str| self.qualifiers.iter().any(|q| q == word);
        if has("forward_back") {
            return Some(Transition::BackForward);
        }
        if has("server_redirect") || has("client_redirect") {
            return Some(Transition::Redirect);
        }
        let transition = match self.transition.as_deref()? {
            "typed" | "generated" | "keyword" | "keyword_generated" => Transition::Typed,
            "link" => Transition::Link,
            "auto_bookmark" => Transition::Bookmark,
            "form_submit" => Transition::FormSubmit,
            "reload" => Transition::Reload,
            "auto_subframe" | "manual_subframe" => Transition::Subframe,
            _ => Transition::Other,
        };
        Some(transition)
    }
}

/// A file that the browser has fetched to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenDownload {
    /// As in [`SeenVisit`].
    pub epoch: Epoch,
    /// As in [`SeenVisit`].
    pub n: u64,
    /// Unix milliseconds of its end.
    pub at: i64,
    /// Where it came from. Absent: not from a server, or into a private window while no order
    /// lets visits be recorded.
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
}

/// History that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenCleared {
    /// As in [`SeenVisit`].
    pub epoch: Epoch,
    /// As in [`SeenVisit`].
    pub n: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// How many addresses went that this life of the script saw opened; absent: all there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// A stretch of time with one page in front.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenFront {
    /// As in [`SeenVisit`].
    pub epoch: Epoch,
    /// As in [`SeenVisit`].
    pub n: u64,
    /// Unix milliseconds of its beginning.
    pub at: i64,
    /// Its length in milliseconds.
    pub ms: u64,
    /// The page. Absent: a page of the browser itself, or one in a private window while no order
    /// lets visits be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A private window. Nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenPrivate {
    /// As in [`SeenVisit`].
    pub epoch: Epoch,
    /// As in [`SeenVisit`].
    pub n: u64,
    /// Unix milliseconds at which it was first seen.
    pub at: i64,
}

/// Events the extension counted because too many waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// As in [`SeenVisit`].
    pub epoch: Epoch,
    /// As in [`SeenVisit`].
    pub n: u64,
    /// How many.
    pub count: u64,
    /// Unix milliseconds of the first.
    pub from: i64,
    /// Unix milliseconds of the last.
    pub to: i64,
}

/// Random name of one life of the extension's script: 16 lower-case hex digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(pub u64);

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> Self {
        format!("{:016x}", epoch.0)
    }
}

impl TryFrom<String> for Epoch {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 16 && text.bytes().all(lower_hex) {
            u64::from_str_radix(&text, 16)
                .map(Self)
                .map_err(|_| "an epoch is 16 hex digits")
        } else {
            Err("an epoch is 16 lower-case hex digits")
        }
    }
}
