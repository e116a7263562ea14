//! Every source of this agent, by name, with the kinds of facts that it can see.
//!
//! Promises: what the agent says of itself (the record that it starts, `proviso-agent scope`) is this
//! table, and the kinds in it are the constants by which the sources decide whether to look.

use proviso_report::fact::Kind;

use super::{
    accounts, browsers, devices, extension, files, foreground, history, network, other_system,
    packages, phone, sessions, tools,
};

/// One source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in records.
    pub name: &'static str,
    /// Where it looks, as the rest of "it looks at ...".
    pub looks_at: &'static str,
    /// All that it can see.
    pub kinds: &'static [Kind],
}

/// All of them.
pub const SOURCES: &[Source] = &[
    Source {
        name: "devices",
        looks_at: "what is attached to the computer: storage, phones, cameras, network adapters",
        kinds: devices::KINDS,
    },
    Source {
        name: "extension",
        looks_at: "what the browser's extension says as it happens",
        kinds: extension::KINDS,
    },
    Source {
        name: "files",
        looks_at: "what happens to files in the places that a clause can want: downloads, pictures, \
                   removable media, shares, named folders",
        kinds: files::KINDS,
    },
    Source {
        name: "history",
        looks_at: "the history files that browsers keep of the monitored accounts",
        kinds: history::KINDS,
    },
    Source {
        name: "network",
        looks_at: "the computer's network: interfaces, routes, proxies, resolvers, Tor, which network it is on",
        kinds: network::KINDS,
    },
    Source {
        name: "phone",
        looks_at: "the applications of an attached phone, if whoever holds it allows that on it",
        kinds: phone::KINDS,
    },
    Source {
        name: "process",
        looks_at: "the programs that run in the monitored accounts",
        // Ends are seen where starts are looked at, and what a browser is told to do; a program
        // without a manager is its own package.
        kinds: &[
            Kind::ProcessStart,
            Kind::ProcessEnd,
            Kind::PrivateWindow,
            Kind::BrowserSetting,
            Kind::Package,
        ],
    },
    Source {
        name: "browsers",
        looks_at: "the settings of browsers in the monitored accounts, and what the administrator set for them",
        kinds: browsers::KINDS,
    },
    Source {
        name: "packages",
        looks_at: "the lists of installed packages that dpkg, rpm, snap and flatpak keep",
        kinds: packages::KINDS,
    },
    Source {
        name: "foreground",
        looks_at: "which program is in front on the displays of the monitored accounts, never at titles",
        kinds: foreground::KINDS,
    },
    Source {
        name: "accounts",
        looks_at: "the computer's list of accounts",
        kinds: accounts::KINDS,
    },
    Source {
        name: "tools",
        looks_at: "the programs that are installed, set up or used, by the names of known tools",
        kinds: tools::KINDS,
    },
    Source {
        name: "sessions",
        looks_at: "the computer's list of who is signed in, for the monitored accounts",
        kinds: sessions::KINDS,
    },
    Source {
        name: "other_system",
        looks_at: "how often the computer's volumes were mounted, and what its firmware starts",
        kinds: other_system::KINDS,
    },
];

/// Their names.
#[must_use]
pub fn names() -> Vec<&'static str> {
    SOURCES.iter().map(|source| source.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_sees_signs_of_life_or_stands_twice() {
        for (number, source) in SOURCES.iter().enumerate() {
            assert!(!source.kinds.is_empty(), "{}", source.name);
            assert!(source.kinds.iter().all(|kind| !kind.is_life_sign()));
            let others = SOURCES.iter().skip(number + 1);
            assert!(others.clone().all(|other| other.name != source.name));
        }
    }
}
