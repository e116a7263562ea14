//! Browsers that run while our extension in them says nothing. Plain state: what runs, what is
//! connected and the time come in.
//!
//! Promises: it is said only of a browser that ran all the while, for at least [`LONG`], and never
//! was heard of in it. Innocent readings remain: the browser never was told of the extension (from
//! Snap or Flatpak, portable, without policies), the first start of a new profile on a slow
//! network, an update of browser or extension that hangs, several profiles of which one is heard.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// An update or a first start takes seconds.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// A browser in an account.
pub(super) type Where = (&'static str, String);

/// Which browsers were not heard of since when.
#[derive(Debug, Default)]
pub(super) struct Silence(BTreeMap<Where, Instant>);

impl Silence {
    /// Looks; gives the browsers that are silent (true) or that are heard of (false). Of others
    /// nothing can be said.
    pub(super) fn look(
        &mut self,
        running: &BTreeSet<Where>,
        connected: impl Fn(&Where) -> bool,
        now: Instant,
    ) -> Vec<(Where, bool)> {
        self.0.retain(|it, _| running.contains(it));
        let mut said = Vec::new();
        for it in running {
            if connected(it) {
                self.0.remove(it);
                said.push((it.clone(), false));
                continue;
            }
            let since = *self.0.entry(it.clone()).or_insert(now);
            if now.saturating_duration_since(since) >= LONG {
                said.push((it.clone(), true));
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_that_runs_on_unheard_is_silent() {
        let alex: Where = ("firefox", "alex".into());
        let running = BTreeSet::from([alex.clone()]);
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut silence = Silence::default();
        assert_eq!(silence.look(&running, |_| false, at(0)), []);
        assert_eq!(silence.look(&running, |_| false, at(119)), []);
        // It was closed in between.
        assert_eq!(silence.look(&BTreeSet::new(), |_| false, at(120)), []);
        assert_eq!(silence.look(&running, |_| false, at(121)), []);
        let silent = [(alex.clone(), true)];
        assert_eq!(silence.look(&running, |_| false, at(241)), silent);
        assert_eq!(silence.look(&running, |_| true, at(242)), [(alex, false)]);
        assert_eq!(silence.look(&running, |_| false, at(300)), []);
    }
}
