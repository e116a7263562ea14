//! Which interfaces are known, and what is said of them. Plain state: what is seen comes in, facts
//! come out.
//!
//! One that appears is told a moment later: systems give hardware its name only then (`usb0` becomes
//! `enx525400123457`), and that is not another interface. Nor is one that gets its name later:
//! nothing came or went. It is told to go by the name that it was told to come by, so that whoever
//! reads of its end finds its beginning.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::UnixMs;
use proviso_report::fact::{Change, NetworkInterface};

use super::interface::is_hardware;
use crate::source::base_line::{BaseLine, Mark};

/// An interface, by its number, with name and type.
pub(super) type Seen = (u32, String, String);

/// What is said of an interface, and when it was so.
pub(super) type News = (UnixMs, NetworkInterface);

/// The interfaces that are there.
#[derive(Debug, Default)]
pub(super) struct Known {
    interfaces: BTreeMap<u32, Interface>,
    /// There before the computer was started anew: hardware among them is no news.
    before: Option<BaseLine>,
}

#[derive(Debug)]
struct Interface {
    name: String,
    /// As which name and sort it was told, or would have been: of one that is gone the system may say less.
    called: (String, String),
    sort: String,
    /// When it appeared, until that is told.
    untold: Option<UnixMs>,
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
            self.enter(index, name, sort, None);
        }
        news
    }

    /// Hardware of this list is no news when it appears: the computer is only just started.
    pub(super) fn expect(&mut self, before: Option<BaseLine>) {
        self.before = before;
    }

    /// One is there, perhaps under another name than before. What is new is told by [`Self::settle`].
    /// Gives whether one that was told is now known as something else: no news, but what
    /// [`Self::base_line`] gives is another then.
    pub(super) fn is_there(&mut self, (index, name, sort): Seen, now: UnixMs) -> bool {
        let Some(known) = self.interfaces.get_mut(&index) else {
            let before = self.before.as_ref();
            let old =
                is_hardware(&sort) && before.is_some_and(|before| before.has(mark(&name, &sort)));
            self.enter(index, name, sort, (!old).then_some(now));
            return false;
        };
        let told = known.untold.is_none();
        let changed = told && (known.name != name || known.sort != sort);
        if !told {
            known.called = (name.clone(), sort.clone());
        }
        (known.name, known.sort) = (name, sort);
        changed
    }

    /// One is gone.
    pub(super) fn is_gone(&mut self, index: u32, now: UnixMs) -> Vec<News> {
        let Some(gone) = self.interfaces.remove(&index) else {
            return Vec::new();
        };
        let came = gone.untold.map(|at| (at, Change::Added));
        came.into_iter()
            .chain([(now, Change::Removed)])
            .map(|(at, change)| (at, fact(&gone.called.0, &gone.called.1, change)))
            .collect()
    }

    /// Is there one that is yet to be told?
    pub(super) fn is_unsettled(&self) -> bool {
        self.interfaces.values().any(|it| it.untold.is_some())
    }

    /// By now the new ones have their names.
    pub(super) fn settle(&mut self) -> Vec<News> {
        let before = self.before.as_ref();
        let new = self.interfaces.values_mut().filter_map(|it| {
            let at = it.untold.take()?;
            let (name, sort) = &it.called;
            // Hardware from before the computer's start has its name by now.
            let old = is_hardware(sort) && before.is_some_and(|line| line.has(mark(name, sort)));
            (!old).then(|| (at, fact(name, sort, Change::Added)))
        });
        new.collect()
    }

    /// Compares with all that are there.
    pub(super) fn compare(&mut self, list: Vec<Seen>, now: UnixMs) -> Vec<News> {
        let here: BTreeSet<u32> = list.iter().map(|seen| seen.0).collect();
        let known = self.interfaces.keys().copied();
        let gone: Vec<u32> = known.filter(|index| !here.contains(index)).collect();
        let mut news: Vec<News> = gone
            .into_iter()
            .flat_map(|index| self.is_gone(index, now))
            .collect();
        for seen in list {
            if self.is_another(&seen) {
                news.extend(self.is_gone(seen.0, now));
            }
            self.is_there(seen, now);
        }
        news
    }

    /// To be compared with at the next start, by the names that they have now: those are seen then.
    pub(super) fn base_line(&self) -> BaseLine {
        let mut line = self.before.clone().unwrap_or_default();
        for it in self.interfaces.values().filter(|it| it.untold.is_none()) {
            line.note(mark(&it.name, &it.sort));
        }
        line
    }

    /// Has one of another sort and name the number of one whose end went unseen? Of hardware the system
    /// may just have found out more.
    fn is_another(&self, (index, name, sort): &Seen) -> bool {
        self.interfaces.get(index).is_some_and(|known| {
            let hardware = is_hardware(&known.sort) && is_hardware(sort);
            known.name != *name && known.sort != *sort && !hardware
        })
    }

    fn enter(&mut self, index: u32, name: String, sort: String, untold: Option<UnixMs>) {
        let interface = Interface {
            called: (name.clone(), sort.clone()),
            name,
            sort,
            untold,
        };
        self.interfaces.insert(index, interface);
    }

    /// Name and type of an interface.
    pub(super) fn get(&self, index: u32) -> Option<(&str, &str)> {
        let it = self.interfaces.get(&index)?;
        Some((&it.name, &it.sort))
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

    const NOW: UnixMs = UnixMs(7_000);

    fn said(news: &[NetworkInterface]) -> Vec<String> {
        news.iter()
            .map(|it| format!("{:?} {}", it.change, it.interface))
            .collect()
    }

    fn told(news: &[News]) -> Vec<String> {
        news.iter()
            .map(|(at, it)| format!("{} {:?} {}", at.0, it.change, it.interface))
            .collect()
    }

    #[test]
    fn each_comes_and_goes_once() {
        let mut known = Known::default();
        assert_eq!(known.begin(vec![seen(2, "eth0", "ethernet")], None), []);
        assert!(!known.is_there(seen(2, "eth0", "ethernet"), NOW));
        assert!(!known.is_unsettled());
        assert!(!known.is_there(seen(3, "wg0", "wireguard"), NOW));
        assert!(known.is_unsettled());
        assert_eq!(told(&known.settle()), ["7000 Added wg0"]);
        assert_eq!(known.settle(), []);
        assert_eq!(told(&known.is_gone(3, NOW)), ["7000 Removed wg0"]);
        assert_eq!(known.is_gone(3, NOW), []);
        let after = known.compare(vec![seen(4, "tun0", "tun")], NOW);
        assert_eq!(told(&after), ["7000 Removed eth0"]);
        assert_eq!(told(&known.settle()), ["7000 Added tun0"]);
    }

    #[test]
    fn one_that_gets_another_name_after_it_was_told_goes_by_the_name_it_came_by() {
        let mut known = Known::default();
        known.is_there(seen(3, "usb0", "usb"), NOW);
        assert_eq!(told(&known.settle()), ["7000 Added usb0"]);
        assert!(known.is_there(seen(3, "enx5254", "usb"), NOW));
        assert!(!known.is_there(seen(3, "enx5254", "usb"), NOW));
        assert_eq!(known.settle(), []);
        assert_eq!(known.get(3), Some(("enx5254", "usb")));
        // At the next start it is found under its new name, and is not another one then.
        let list = vec![seen(3, "enx5254", "usb")];
        let mut next = Known::default();
        assert_eq!(next.begin(list.clone(), Some(&known.base_line())), []);
        assert_eq!(known.compare(list, NOW), []);
        assert_eq!(told(&known.is_gone(3, NOW)), ["7000 Removed usb0"]);
    }

    #[test]
    fn another_with_the_number_of_one_before_is_another() {
        let mut known = Known::default();
        known.begin(vec![seen(3, "tun0", "tun")], None);
        known.is_gone(3, NOW);
        known.is_there(seen(3, "br0", "bridge"), NOW);
        assert_eq!(told(&known.settle()), ["7000 Added br0"]);
        // Neither the end of that one nor the beginning of this one was taken.
        let news = known.compare(vec![seen(3, "wg0", "wireguard")], NOW);
        assert_eq!(told(&news), ["7000 Removed br0"]);
        assert_eq!(told(&known.settle()), ["7000 Added wg0"]);
    }

    #[test]
    fn hardware_whose_sort_and_name_are_found_out_is_the_same() {
        let mut known = Known::default();
        known.begin(vec![seen(3, "wlan0", "ethernet")], None);
        assert_eq!(known.compare(vec![seen(3, "wlp3s0", "wifi")], NOW), []);
        assert_eq!(known.settle(), []);
        assert_eq!(known.get(3), Some(("wlp3s0", "wifi")));
    }

    #[test]
    fn hardware_that_gets_its_name_is_told_once_and_what_goes_at_once_is_told_too() {
        let mut known = Known::default();
        known.is_there(seen(3, "usb0", "usb"), NOW);
        assert_eq!(known.base_line(), Known::default().base_line());
        assert!(!known.is_there(seen(3, "enx5254", "usb"), UnixMs(7_300)));
        assert_eq!(told(&known.settle()), ["7000 Added enx5254"]);
        let gone = known.is_gone(3, UnixMs(7_400));
        assert_eq!(told(&gone), ["7400 Removed enx5254"]);
        known.is_there(seen(4, "tun0", "tun"), NOW);
        let gone = known.is_gone(4, UnixMs(7_500));
        assert_eq!(told(&gone), ["7000 Added tun0", "7500 Removed tun0"]);
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
        known.is_there(seen(2, "eth0", "ethernet"), NOW);
        known.is_there(seen(3, "wg0", "wireguard"), NOW);
        assert_eq!(told(&known.settle()), ["7000 Added wg0"]);
        // Also if the system gives it its name only now.
        known.is_gone(2, NOW);
        known.is_there(seen(4, "usb0", "ethernet"), NOW);
        known.is_there(seen(4, "eth0", "ethernet"), NOW);
        assert_eq!(known.settle(), []);
        known.is_gone(4, NOW);
        known.is_there(seen(2, "eth0", "ethernet"), NOW);
        known.expect(None);
        known.is_gone(2, NOW);
        known.is_there(seen(5, "eth0", "ethernet"), NOW);
        assert_eq!(told(&known.settle()), ["7000 Added eth0"]);
    }
}
