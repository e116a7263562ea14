//! When two sources have seen one visit, one download, or one removal of history.
//!
//! One visit is one record. Whichever source tells of it first becomes the record; what a source
//! of another method tells of the same page in the same browser within a window of time
//! ([`window_ms`]) only confirms it. Matching is one to one, so a page that was opened twice is two
//! records however many sources saw it; two sources of one method never confirm each other. So it
//! is with a download to the same place by the same browser, and with history that was removed
//! from the same browser, whatever each source can say of how much.
//!
//! What is recorded is matched in the journal; here is what tells it apart, and the same matching
//! for what is only counted, in memory only.

use std::collections::VecDeque;

use proviso_report::fact::{Fact, Kind};
use proviso_report::{Hash, Method, UnixMs};
use url::Url;

use crate::source::Observation;

/// How far the times of two sources may lie apart: browsers stamp the start of a navigation, the
/// extension its commit.
pub const WINDOW_MS: i64 = 10_000;
/// The same for downloads: one source may know the beginning and another the end.
const DOWNLOAD_MS: i64 = 24 * 3_600_000;
/// The same for history that was removed: the file is read later.
const CLEARED_MS: i64 = 5 * 60_000;

/// The extension cuts addresses here.
const MAX_URL_CHARS: usize = 32_000;
/// The history is read seconds later; what is older waits for nobody.
const REMEMBERED_MS: i64 = 3_600_000;
const MAX_REMEMBERED: usize = 4_096;

/// How far the times of two sources may lie apart.
pub const fn window_ms(kind: Kind) -> i64 {
    match kind {
        Kind::Download => DOWNLOAD_MS,
        Kind::HistoryCleared => CLEARED_MS,
        _ => WINDOW_MS,
    }
}

/// Which page of which browser of which account, or which download, or whose history: a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitKey(pub [u8; 16]);

/// Visits that were counted and not kept, by hashes that nobody can make after the agent ended.
#[derive(Debug)]
pub struct Unwritten {
    secret: [u8; 32],
    entries: VecDeque<Entry>,
    before: Option<VecDeque<Entry>>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: VisitKey,
    at: UnixMs,
    method: Method,
}

impl VisitKey {
    /// The key of what two sources can see; `None` of anything else. With other `secret` bytes it
    /// is another one.
    pub fn of(secret: &[u8], account: Option<&str>, fact: &Fact) -> Option<Self> {
        match fact {
            Fact::WebVisit(visit) => {
                let url = normal(&visit.url);
                Some(Self::made(secret, account, &visit.browser, &url))
            }
            Fact::Download(download) => {
                let place = download.path.as_ref().or(download.url.as_ref())?;
                let what = format!("\0download\0{place}");
                Some(Self::made(secret, account, &download.browser, &what))
            }
            Fact::HistoryCleared(cleared) => {
                Some(Self::made(secret, account, &cleared.browser, "\0cleared"))
            }
            _ => None,
        }
    }

    fn made(secret: &[u8], account: Option<&str>, browser: &str, what: &str) -> Self {
        let hash = Hash::of_parts(&[
            secret,
            account.unwrap_or_default().as_bytes(),
            b"\0",
            browser.as_bytes(),
            b"\0",
            what.as_bytes(),
        ]);
        let mut key = [0; 16];
        key.copy_from_slice(&hash.0[..16]);
        Self(key)
    }
}

impl Unwritten {
    /// Remembers nothing yet.
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            secret,
            entries: VecDeque::new(),
            before: None,
        }
    }

    /// Must it be counted? False when a source of another method told of the same visit before.
    pub fn is_new(&mut self, observation: &Observation) -> bool {
        let account = observation.account.as_deref();
        let Some(key) = VisitKey::of(&self.secret, account, &observation.fact) else {
            return true;
        };
        if self.before.is_none() {
            self.before = Some(self.entries.clone());
        }
        let window = window_ms(observation.fact.kind()).unsigned_abs();
        let (at, method) = (observation.at, observation.method);
        let nearest = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.key == key && entry.method != method)
            .map(|(place, entry)| (entry.at.0.abs_diff(at.0), place))
            .filter(|(apart, _)| *apart <= window)
            .min();
        if let Some((_, place)) = nearest {
            self.entries.remove(place);
            return false;
        }
        self.entries.push_back(Entry { key, at, method });
        let oldest = at.plus(-REMEMBERED_MS);
        while self.entries.len() > MAX_REMEMBERED
            || self.entries.front().is_some_and(|entry| entry.at < oldest)
        {
            self.entries.pop_front();
        }
        true
    }

    /// What follows becomes durable together or not at all.
    pub fn begin(&mut self) {
        self.before = None;
    }

    /// It did not.
    pub fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            self.entries = before;
        }
    }
}

/// The spelling that both sources agree on (WHATWG), without user and password.
fn normal(url: &str) -> String {
    let cut: String = url.chars().take(MAX_URL_CHARS).collect();
    let Ok(mut url) = Url::parse(&cut) else {
        return cut;
    };
    // Addresses that cannot have them have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
pub(crate) mod tests {
    use proviso_report::fact::{Cleared, Download, HistoryCleared, WebVisit};

    use super::*;

    pub(crate) fn visit(url: &str, browser: &str) -> WebVisit {
        WebVisit {
            url: url.into(),
            title: None,
            browser: browser.into(),
            profile: None,
            transition: None,
            private: None,
        }
    }

    pub(crate) fn observation(url: &str, at: i64, method: Method) -> Observation {
        Observation {
            at: UnixMs(at),
            account: Some("alex".into()),
            method,
            fact: visit(url, "firefox").into(),
        }
    }

    #[test]
    fn the_key_is_of_account_browser_and_page() {
        let key = |account, browser, url| {
            VisitKey::of(b"", Some(account), &visit(url, browser).into()).unwrap()
        };
        let one = key("alex", "firefox", "https://a.example/");
        assert_eq!(one, key("alex", "firefox", "HTTPS://A.EXAMPLE"));
        assert_eq!(
            one,
            key("alex", "firefox", "https://alex:x@a.example:443/./")
        );
        for other in [
            key("sam", "firefox", "https://a.example/"),
            key("alex", "chromium", "https://a.example/"),
            key("alex", "firefox", "https://a.example/#b"),
            key("alex", "firefox", "https://a.example/?"),
        ] {
            assert_ne!(one, other);
        }
        let fact = visit("https://a.example/", "firefox").into();
        assert_ne!(VisitKey::of(b"x", Some("alex"), &fact), Some(one));
    }

    #[test]
    fn a_visit_that_two_sources_saw_counts_once() {
        let mut unwritten = Unwritten::new([1; 32]);
        let mut is_new =
            |at, method| unwritten.is_new(&observation("https://a.example/", at, method));
        assert!(is_new(0, Method::Extension));
        assert!(is_new(500, Method::Extension), "a reload is a second visit");
        assert!(!is_new(100, Method::History));
        assert!(!is_new(600, Method::History));
        assert!(is_new(700, Method::History), "each confirms one");
        assert!(is_new(20_700, Method::Extension), "too far apart");
    }

    #[test]
    fn a_download_and_a_removal_that_two_sources_saw_count_once() {
        let mut unwritten = Unwritten::new([1; 32]);
        let mut is_new = |fact: Fact, at, method| {
            let observation = Observation {
                at: UnixMs(at),
                account: Some("alex".into()),
                method,
                fact,
            };
            unwritten.is_new(&observation)
        };
        let download = |path: &str, url: Option<&str>| -> Fact {
            let fact = Download {
                url: url.map(str::to_owned),
                path: Some(path.to_owned()),
                mime: None,
                bytes: None,
                sha256: None,
                browser: "firefox".into(),
                profile: None,
            };
            fact.into()
        };
        let cleared = |how, count| -> Fact {
            let fact = HistoryCleared {
                browser: "firefox".into(),
                profile: Some("p".into()),
                how,
                count,
            };
            fact.into()
        };
        let (here, there) = (Method::Extension, Method::History);
        assert!(is_new(download("/a", Some("https://a.example/")), 0, here));
        assert!(is_new(download("/b", None), 0, there));
        // It began two hours before it ended.
        assert!(!is_new(download("/a", None), -7_200_000, there));
        assert!(is_new(cleared(Cleared::Rows, Some(1)), 0, here));
        assert!(!is_new(cleared(Cleared::Shrunk, None), 60_000, there));
        assert!(is_new(cleared(Cleared::Shrunk, None), 61_000, there));
        assert!(is_new(cleared(Cleared::All, None), 900_000, here));
    }

    #[test]
    fn what_was_not_durable_is_forgotten() {
        let mut unwritten = Unwritten::new([1; 32]);
        unwritten.begin();
        assert!(unwritten.is_new(&observation("https://a.example/", 0, Method::Extension)));
        unwritten.undo();
        unwritten.begin();
        assert!(unwritten.is_new(&observation("https://a.example/", 1, Method::History)));
    }

    #[test]
    fn remembers_only_so_many() {
        let mut unwritten = Unwritten::new([1; 32]);
        for n in 0..5_000 {
            let url = format!("https://{n}.example/");
            assert!(unwritten.is_new(&observation(&url, n, Method::Extension)));
        }
        assert_eq!(unwritten.entries.len(), MAX_REMEMBERED);
        assert!(unwritten.is_new(&observation(
            "https://b.example/",
            9_000_000,
            Method::History
        )));
        assert_eq!(unwritten.entries.len(), 1);
    }
}
