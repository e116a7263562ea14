//! Which interfaces are known, and what is said of them. Plain state: what is seen comes in, facts
//! come out.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::fact::{Change, NetworkInterface};

use super::interface::is_hardware;
use crate::source::base_line::{BaseLine, Mark};

/// An interface, by its number, with name and type.
pub(super) type Seen = (u32, String, String);

/// The interfaces that are there.
#[derive(Debug, Default)]
pub(super) struct Known {
    interfaces: BTreeMap<u32, (String, String)>,
    /// There before the computer was started anew: hardware among them is no news.
    before: Option<BaseLine>,
}

impl Known {
    /// What is there at first: `None` if all of it is no news, else what was there when the agent last
    /// looked. Gives what is new.
    pub(super) fn begin(
        &mut self,
        list: Vec<Seen>,
        last: Option<&BaseLine>,
    ) -> Vec<NetworkInterface> {
        let mut news = Vec::new();
        for (index, name, sort) in list {
            if last.is_some_and(|last| !last.has(mark(&name, &sort))) {
                news.push(fact(&name, &sort, Change::Added));
            }
            self.interfaces.insert(index, (name, sort));
        }
        news
    }

    /// Hardware of this list is no news when it appears: the computer is only just started.
    pub(super) fn expect(&mut self, before: Option<BaseLine>) {
        self.before = before;
    }

    /// One is there, perhaps under another name than before.
    pub(super) fn is_there(&mut self, (index, name, sort): Seen) -> Vec<NetworkInterface> {
        match self.interfaces.get_mut(&index) {
            Some(known) if known.0 == name => {
                // Found out later, or nothing new.
                known.1 = sort;
                Vec::new()
            }
            Some(known) => {
                let before = std::mem::replace(known, (name.clone(), sort.clone()));
                vec![
                    fact(&before.0, &before.1, Change::Removed),
                    fact(&name, &sort, Change::Added),
                ]
            }
            None => {
                let before = self.before.as_ref();
                let old = is_hardware(&sort)
                    && before.is_some_and(|before| before.has(mark(&name, &sort)));
                let news = (!old).then(|| fact(&name, &sort, Change::Added));
                self.interfaces.insert(index, (name, sort));
                news.into_iter().collect()
            }
        }
    }

    /// One is gone.
    pub(super) fn is_gone(&mut self, index: u32) -> Vec<NetworkInterface> {
        let gone = self.interfaces.remove(&index);
        gone.map(|(name, sort)| fact(&name, &sort, Change::Removed))
            .into_iter()
            .collect()
    }

    /// Compares with all that are there.
    pub(super) fn compare(&mut self, list: Vec<Seen>) -> Vec<NetworkInterface> {
        let here: BTreeSet<u32> = list.iter().map(|seen| seen.0).collect();
        let known = self.interfaces.keys().copied();
        let gone: Vec<u32> = known.filter(|index| !here.contains(index)).collect();
        let mut news: Vec<NetworkInterface> = gone
            .into_iter()
            .flat_map(|index| self.is_gone(index))
            .collect();
        for seen in list {
            news.extend(self.is_there(seen));
        }
        news
    }

    /// To be compared with at the next start.
    pub(super) fn base_line(&self) -> BaseLine {
        let mut line = self.before.clone().unwrap_or_default();
        for (name, sort) in self.interfaces.values() {
            line.note(mark(name, sort));
        }
        line
    }

    /// Name and type of an interface.
    pub(super) fn get(&self, index: u32) -> Option<(&str, &str)> {
        let (name, sort) = self.interfaces.get(&index)?;
        Some((name, sort))
    }
}

fn fact(name: &str, sort: &str, change: Change) -> NetworkInterface {
    NetworkInterface {
        change,
        interface: name.to_owned(),
        interface_type: Some(sort.to_owned()),
    }
}

fn mark(name: &str, sort: &str) -> Mark {
    Mark::of(&["interface", name, sort])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(index: u32, name: &str, sort: &str) -> Seen {
        (index, name.into(), sort.into())
    }

    fn said(news: &[NetworkInterface]) -> Vec<String> {
        news.iter()
            .map(|it| format!("{:?} {}", it.change, it.interface))
            .collect()
    }

    #[test]
    fn each_comes_and_goes_once_and_a_new_name_is_both() {
        let mut known = Known::default();
        assert_eq!(known.begin(vec![seen(2, "eth0", "ethernet")], None), []);
        assert_eq!(known.is_there(seen(2, "eth0", "ethernet")), []);
        assert_eq!(
            said(&known.is_there(seen(3, "wg0", "wireguard"))),
            ["Added wg0"]
        );
        let renamed = known.is_there(seen(3, "eth7", "wireguard"));
        assert_eq!(said(&renamed), ["Removed wg0", "Added eth7"]);
        assert_eq!(known.get(3), Some(("eth7", "wireguard")));
        assert_eq!(said(&known.is_gone(3)), ["Removed eth7"]);
        assert_eq!(known.is_gone(3), []);
        let after = known.compare(vec![seen(4, "tun0", "tun")]);
        assert_eq!(said(&after), ["Removed eth0", "Added tun0"]);
    }

    #[test]
    fn what_came_while_the_agent_was_down_is_found() {
        let mut known = Known::default();
        known.begin(vec![seen(2, "eth0", "ethernet")], None);
        let last = known.base_line();
        let mut known = Known::default();
        let list = vec![seen(9, "eth0", "ethernet"), seen(3, "tun0", "tun")];
        assert_eq!(said(&known.begin(list, Some(&last))), ["Added tun0"]);
    }

    #[test]
    fn hardware_that_appears_late_is_no_news_and_a_tunnel_is() {
        let mut known = Known::default();
        known.begin(
            vec![seen(2, "eth0", "ethernet"), seen(3, "wg0", "wireguard")],
            None,
        );
        let last = known.base_line();
        let mut known = Known::default();
        known.begin(vec![], Some(&last));
        known.expect(Some(last));
        assert_eq!(known.is_there(seen(2, "eth0", "ethernet")), []);
        assert_eq!(
            said(&known.is_there(seen(3, "wg0", "wireguard"))),
            ["Added wg0"]
        );
        known.expect(None);
        known.is_gone(2);
        assert_eq!(
            said(&known.is_there(seen(5, "eth0", "ethernet"))),
            ["Added eth0"]
        );
    }
}
