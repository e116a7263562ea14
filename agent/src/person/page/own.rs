//! Which addresses are the page's own.
//!
//! Promises: looking at what was recorded is not recorded, nor counted: no rule of an order can be
//! broken by it. Refuses: the same address at another time, when another program can be behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use proviso_report::fact::Fact;
use url::{Host, Url};

/// A history file says of a visit when it began, by the browser's clock.
const ROUNDED_MS: i64 = 2_000;
/// Times that are remembered; the page is opened a few times a day.
const MOST: usize = 64;

/// The ports that the page has, and had while this agent runs. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct OwnPage(Arc<Mutex<VecDeque<Span>>>);

#[derive(Debug)]
struct Span {
    port: u16,
    from: i64,
    until: Option<i64>,
}

impl OwnPage {
    pub(super) fn begin(&self, port: u16, now: i64) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() >= MOST {
            spans.pop_front();
        }
        spans.push_back(Span {
            port,
            from: now,
            until: None,
        });
    }

    pub(super) fn end(&self, port: u16, now: i64) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for span in spans.iter_mut() {
            if span.port == port && span.until.is_none() {
                span.until = Some(now);
            }
        }
    }

    /// Is it the page that was opened, or that stood in front?
    #[must_use]
    pub fn is(&self, fact: &Fact, at: i64) -> bool {
        let url = match fact {
            Fact::WebVisit(visit) => Some(&visit.url),
            Fact::Foreground(front) => front.url.as_ref(),
            _ => None,
        };
        url.filter(|url| url.starts_with("http://127.0.0.1:"))
            .is_some_and(|url| self.has(url, at))
    }

    fn has(&self, url: &str, at: i64) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let (Some(Host::Ipv4(_)), Some(port)) = (url.host(), url.port()) else {
            return false;
        };
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.iter().any(|span| {
            let until = span.until.unwrap_or(i64::MAX).saturating_add(ROUNDED_MS);
            span.port == port && (span.from.saturating_sub(ROUNDED_MS)..until).contains(&at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::tests::observation;
    use proviso_report::Method;

    #[test]
    fn only_while_the_agent_has_the_port() {
        let own = OwnPage::default();
        let is = |url: &str, at| own.is(&observation(url, at, Method::Extension).fact, at);
        assert!(!is("http://127.0.0.1:4000/", 50_000));
        own.begin(4_000, 50_000);
        assert!(is("http://127.0.0.1:4000/?said=1", 60_000));
        assert!(!is("http://127.0.0.1:4001/", 60_000));
        assert!(!is("http://127.0.0.1:4000/", 40_000));
        for other in [
            "http://127.0.0.1:4000@other.example/",
            "http://127.0.0.1:4000.other.example/",
            "https://127.0.0.1:4000/",
        ] {
            assert!(!is(other, 60_000), "{other}");
        }
        own.end(4_000, 70_000);
        assert!(is("http://127.0.0.1:4000/", 71_000));
        assert!(!is("http://127.0.0.1:4000/", 80_000));
    }
}
