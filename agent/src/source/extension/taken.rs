//! What the extension told, looked at before it is believed, and as what it is recorded.
//!
//! Refuses: impossible numbers, times and lengths, whoever sent them.

use proviso_report::fact::{
    Cleared, Download, Fact, Foreground, Gap, GapCause, HistoryCleared, PrivateWindow, WebVisit,
};
use proviso_report::record::{Method, UnixMs};

use super::wire::{Epoch, Event, Lost};
use crate::source::Observation;

/// The extension cuts at 32,000 characters; an address is ASCII, but a hostile one need not be.
const MAX_URL: usize = 48 * 1024;
/// The longest path that systems take is 4,096 bytes.
const MAX_PATH: usize = 8 * 1024;
const MAX_MIME: usize = 256;
/// The extension ends a stretch each minute, and counts what it slept through as no more than that.
const MAX_STRETCH: u64 = 120_000;
/// 1990 to 2200: outside no clock of a browser can be, and dates can still be printed.
const SANE_TIME: std::ops::Range<i64> = 631_152_000_000..7_258_118_400_000;

/// An event that may be looked at.
#[derive(Debug)]
pub(super) struct Taken {
    epoch: Epoch,
    n: u64,
    event: Event,
}

/// As what an event is handed over.
#[derive(Debug)]
pub(super) enum As {
    Observation(Observation),
    Gap(Gap),
}

impl Taken {
    /// Takes what can be; an error is a sentence.
    pub(super) fn of(event: Event) -> Result<Self, String> {
        let (epoch, n, sane) = match &event {
            Event::Visit(seen) => (
                seen.epoch,
                seen.n,
                is_time(seen.at) && fits(Some(&seen.url)),
            ),
            Event::Download(seen) => {
                let path = seen.path.as_ref().is_none_or(|path| path.len() <= MAX_PATH);
                let mime = seen.mime.as_ref().is_none_or(|mime| mime.len() <= MAX_MIME);
                let sane = is_time(seen.at) && fits(seen.url.as_ref()) && path && mime;
                (seen.epoch, seen.n, sane)
            }
            Event::Cleared(seen) => (seen.epoch, seen.n, is_time(seen.at)),
            Event::Front(seen) => {
                let sane = is_time(seen.at) && seen.ms <= MAX_STRETCH && fits(seen.url.as_ref());
                (seen.epoch, seen.n, sane)
            }
            Event::PrivateWindow(seen) => (seen.epoch, seen.n, is_time(seen.at)),
            Event::Lost(lost) => (lost.epoch, lost.n, is_time(lost.from) && is_time(lost.to)),
        };
        if n == 0 || !sane {
            return Err(
                "what the extension says has an impossible number, time or length; restart the browser"
                    .into(),
            );
        }
        Ok(Self { epoch, n, event })
    }

    /// The life of the extension in which it happened.
    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its number there.
    pub(super) const fn n(&self) -> u64 {
        self.n
    }

    /// `key`: the source.
    pub(super) fn recorded(self, key: &str, browser: &str, account: Option<&str>) -> As {
        let browser = browser.to_owned();
        let (at, fact): (i64, Fact) = match self.event {
            Event::Visit(visit) => {
                let transition = visit.transition();
                let fact = WebVisit {
                    transition,
                    url: visit.url,
                    title: None,
                    browser,
                    profile: None,
                    private: visit.private,
                };
                (visit.at, fact.into())
            }
            Event::Download(seen) => {
                let fact = Download {
                    url: seen.url,
                    path: seen.path,
                    mime: seen.mime,
                    bytes: seen.bytes,
                    sha256: None,
                    browser,
                    profile: None,
                };
                (seen.at, fact.into())
            }
            Event::Cleared(seen) => {
                let how = match seen.count {
                    Some(_) => Cleared::Rows,
                    None => Cleared::All,
                };
                let fact = HistoryCleared {
                    browser,
                    profile: None,
                    how,
                    count: seen.count,
                };
                (seen.at, fact.into())
            }
            Event::Front(seen) => {
                let fact = Foreground {
                    name: browser.clone(),
                    exe: None,
                    browser: Some(browser),
                    url: seen.url,
                    ms: seen.ms,
                };
                (seen.at, fact.into())
            }
            Event::PrivateWindow(seen) => {
                let sign = "extension".to_owned();
                (seen.at, PrivateWindow { browser, sign }.into())
            }
            Event::Lost(lost) => return As::Gap(gap(key, &lost)),
        };
        As::Observation(Observation {
            at: UnixMs(at),
            account: account.map(str::to_owned),
            method: Method::Extension,
            fact,
        })
    }
}

fn is_time(at: i64) -> bool {
    SANE_TIME.contains(&at)
}

fn fits(url: Option<&String>) -> bool {
    url.is_none_or(|url| url.len() <= MAX_URL)
}

fn gap(key: &str, lost: &Lost) -> Gap {
    Gap {
        cause: GapCause::Overflow,
        source: Some(key.to_owned()),
        count: Some(lost.count),
        from: Some(lost.from),
        to: Some(lost.to),
        detail: "the agent was not reached for so long that the browser extension had no room left"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::extension::wire::{SeenCleared, SeenDownload, SeenFront, SeenPrivate};

    const AT: i64 = 1_795_500_000_000;
    const EPOCH: Epoch = Epoch(9);

    fn fact(event: Event) -> Fact {
        let taken = Taken::of(event).unwrap();
        assert_eq!((taken.epoch(), taken.n()), (EPOCH, 3));
        match taken.recorded("extension:firefox:alex", "firefox", Some("alex")) {
            As::Observation(seen) => {
                assert_eq!((seen.at, seen.method), (UnixMs(AT), Method::Extension));
                assert_eq!(seen.account.as_deref(), Some("alex"));
                seen.fact
            }
            As::Gap(gap) => panic!("{gap:?}"),
        }
    }

    fn front(ms: u64) -> Event {
        Event::Front(SeenFront {
            epoch: EPOCH,
            n: 3,
            at: AT,
            ms,
            url: Some("https://a.example/".into()),
        })
    }

    fn cleared(count: Option<u64>) -> Event {
        Event::Cleared(SeenCleared {
            epoch: EPOCH,
            n: 3,
            at: AT,
            count,
        })
    }

    fn download(path: String) -> Event {
        Event::Download(SeenDownload {
            epoch: EPOCH,
            n: 3,
            at: AT,
            url: None,
            path: Some(path),
            mime: Some("text/plain".into()),
            bytes: Some(7),
        })
    }

    #[test]
    fn each_event_has_its_fact() {
        let private = Event::PrivateWindow(SeenPrivate {
            epoch: EPOCH,
            n: 3,
            at: AT,
        });
        for (event, json) in [
            (private, r#"{"browser":"firefox","sign":"extension"}"#),
            (
                front(5_000),
                r#"{"name":"firefox","browser":"firefox","url":"https://a.example/","ms":5000}"#,
            ),
            (cleared(None), r#"{"browser":"firefox","how":"all"}"#),
            (
                cleared(Some(2)),
                r#"{"browser":"firefox","how":"rows","count":2}"#,
            ),
            (
                download("/home/alex/a".into()),
                r#"{"path":"/home/alex/a","mime":"text/plain","bytes":7,"browser":"firefox"}"#,
            ),
        ] {
            assert_eq!(fact(event).to_json().unwrap(), json);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let late = Event::PrivateWindow(SeenPrivate {
            epoch: EPOCH,
            n: 1,
            at: i64::MAX,
        });
        let unnumbered = Event::Cleared(SeenCleared {
            epoch: EPOCH,
            n: 0,
            at: AT,
            count: None,
        });
        for event in [
            late,
            unnumbered,
            front(MAX_STRETCH + 1),
            front(u64::MAX),
            download("x".repeat(MAX_PATH + 1)),
        ] {
            let said = Taken::of(event).unwrap_err();
            assert!(said.contains("restart the browser"), "{said}");
        }
    }
}
