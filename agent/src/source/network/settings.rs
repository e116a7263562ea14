//! What the network's settings are, and what is said when they change. Plain state.

use std::collections::BTreeMap;

use proviso_report::fact::{Fact, NetworkSetting};

use crate::source::base_line::{BaseLine, Mark};

/// A setting: whose (`None`: the system's), which, and what it is.
pub(super) type Said = (Option<String>, &'static str, String);

/// The settings as they were last seen.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<(Option<String>, &'static str), String>);

impl Settings {
    /// What they are at first: `None` if that is no news, else what they were when the agent last
    /// looked. Gives what has changed.
    pub(super) fn begin(
        &mut self,
        list: Vec<Said>,
        last: Option<&BaseLine>,
    ) -> Vec<(Option<String>, Fact)> {
        let mut news = Vec::new();
        for said in list {
            if last.is_some_and(|last| !last.has(mark(&said.0, said.1, &said.2))) {
                news.push(fact(&said));
            }
            self.0.insert((said.0, said.1), said.2);
        }
        news
    }

    /// Gives what has changed.
    pub(super) fn compare(&mut self, list: Vec<Said>) -> Vec<(Option<String>, Fact)> {
        let mut news = Vec::new();
        for said in list {
            let before = self.0.insert((said.0.clone(), said.1), said.2.clone());
            if before.as_ref() != Some(&said.2) {
                news.push(fact(&said));
            }
        }
        news
    }

    /// To be compared with at the next start.
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark> {
        let all = self.0.iter();
        all.map(|((account, setting), value)| mark(account, setting, value))
    }
}

fn fact((account, setting, value): &Said) -> (Option<String>, Fact) {
    let fact = NetworkSetting {
        setting: (*setting).to_owned(),
        value: value.clone(),
    };
    (account.clone(), fact.into())
}

fn mark(account: &Option<String>, setting: &str, value: &str) -> Mark {
    Mark::of(&[
        "setting",
        account.as_deref().unwrap_or_default(),
        setting,
        value,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_said_and_those_while_the_agent_was_down() {
        let tor = |value: &str| vec![(Some("alex".to_owned()), "tor", value.to_owned())];
        let mut settings = Settings::default();
        assert_eq!(settings.begin(tor("none"), None), []);
        assert_eq!(settings.compare(tor("none")), []);
        let news = settings.compare(tor("listens"));
        let Fact::NetworkSetting(setting) = &news[0].1 else {
            panic!("{news:?}")
        };
        assert_eq!((&*setting.setting, &*setting.value), ("tor", "listens"));
        let last: BaseLine = settings.marks().collect();
        assert_eq!(Settings::default().begin(tor("listens"), Some(&last)), []);
        assert_eq!(Settings::default().begin(tor("none"), Some(&last)).len(), 1);
    }
}
