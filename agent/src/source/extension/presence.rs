//! In which browsers of which accounts the extension is there now: its host is connected.
//!
//! Other sources ask it, to tell a browser that is silent from one that has nothing to say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// By browser and account: how many connections.
type Connected = BTreeMap<(String, String), usize>;

/// Where the extension is connected. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Presence(Arc<Mutex<Connected>>);

/// One connection; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Here {
    presence: Presence,
    who: (String, String),
}

impl Presence {
    /// Is the extension connected in this browser of this account?
    pub fn is_connected(&self, browser: &str, account: &str) -> bool {
        let connected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connected.contains_key(&(browser.to_owned(), account.to_owned()))
    }

    /// It connects.
    pub(super) fn enter(&self, browser: &str, account: &str) -> Here {
        let who = (browser.to_owned(), account.to_owned());
        let mut connected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connected.entry(who.clone()).or_default();
        *count = count.saturating_add(1);
        Here {
            presence: self.clone(),
            who,
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut connected = self
            .presence
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connected.get_mut(&self.who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                connected.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_as_long_as_one_connection_is() {
        let presence = Presence::default();
        let first = presence.enter("firefox", "alex");
        let second = presence.clone().enter("firefox", "alex");
        drop(first);
        assert!(presence.is_connected("firefox", "alex"));
        assert!(!presence.is_connected("firefox", "sam"));
        assert!(!presence.is_connected("chromium", "alex"));
        drop(second);
        assert!(!presence.is_connected("firefox", "alex"));
    }
}
