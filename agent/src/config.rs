//! `agent.toml`: where the collector is, whose account is monitored.
//!
//! Refuses: unknown keys, and values that would make the agent record nothing or wait for ever.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::files;

/// The file inside the state directory.
pub const FILE: &str = "agent.toml";

/// A line that people read.
const MAX_CONTACT: usize = 500;

/// The agent's settings. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the collector takes reports: `host:port`.
    pub collector: String,
    /// The accounts that are monitored, by their names on this computer.
    pub accounts: Vec<String>,
    /// Seconds between two signs of life.
    #[serde(default = "default_heartbeat")]
    pub heartbeat_seconds: u64,
    /// Seconds for which one key signs the log; then it is replaced and wiped.
    #[serde(default = "default_key")]
    pub key_seconds: u64,
    /// Whom the person can ask, and how to reach them, where the order does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Is what this computer sends paid for by the byte?
    #[serde(default)]
    pub metered: Metered,
    /// The browser extension.
    #[serde(default)]
    pub extension: Extension,
    /// How much may wait on this computer while the collector is not reached.
    #[serde(default)]
    pub journal: Journal,
    /// Phones on the cable.
    #[serde(default)]
    pub phones: Phones,
}

/// Whether the link to the collector is paid for by the byte. Then reports go out less often, and no
/// more of them a day than the order allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metered {
    /// As far as the system shows it: a phone's link is.
    #[default]
    Auto,
    /// It always is.
    Always,
    /// It never is.
    Never,
}

/// How the browser extension is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// Port on 127.0.0.1.
    pub port: u16,
}

/// Bounds of the journal. At a bound the agent takes nothing more until there is room, and then
/// records the gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// Megabytes (2^20 bytes) of reports that may wait.
    pub max_megabytes: u64,
    /// Days that a report may wait.
    pub max_days: u64,
}

/// How phones are reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Phones {
    /// Port on 127.0.0.1 of the adb server, which speaks with Android phones.
    pub adb_port: u16,
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Nobody enrolled this computer.
    #[error(
        "{} does not exist: this computer is not enrolled; run `proviso-agent enrol` with the token that your collector gave", .0.display()
    )]
    NotEnrolled(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {source}; run this as the account the agent runs as", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not say what it must.
    #[error("{} is not a file of settings; mend it, and start the agent again: {message}", .path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
}

const fn default_heartbeat() -> u64 {
    60
}

const fn default_key() -> u64 {
    3_600
}

impl Default for Extension {
    fn default() -> Self {
        Self { port: 17_491 }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            max_megabytes: 1024,
            max_days: 90,
        }
    }
}

impl Default for Phones {
    fn default() -> Self {
        Self { adb_port: 5037 }
    }
}

impl Config {
    /// Settings with everything else as usual.
    pub fn new(collector: String, accounts: Vec<String>) -> Self {
        Self {
            collector,
            accounts,
            heartbeat_seconds: default_heartbeat(),
            key_seconds: default_key(),
            contact: None,
            metered: Metered::default(),
            extension: Extension::default(),
            journal: Journal::default(),
            phones: Phones::default(),
        }
    }

    /// Reads the settings of a state directory.
    pub fn load(state: &Path) -> Result<Self, ConfigError> {
        let path = state.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ConfigError::NotEnrolled(path.clone()),
            _ => ConfigError::Read {
                path: path.clone(),
                source,
            },
        })?;
        Self::parse(&text).map_err(|message| ConfigError::Form { path, message })
    }

    /// Writes them whole or not at all.
    pub fn save(&self, state: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        files::write_private(&state.join(FILE), text.as_bytes())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if config.accounts.is_empty() {
            return Err("`accounts` names nobody; name the account that is monitored".into());
        }
        if !(1..=3_600).contains(&config.heartbeat_seconds) {
            return Err("`heartbeat_seconds` must be from 1 to 3600".into());
        }
        if !(1..=3_600).contains(&config.key_seconds) {
            return Err("`key_seconds` must be from 1 to 3600".into());
        }
        let contact = config.contact.as_deref().unwrap_or("-");
        if contact.trim().is_empty()
            || contact.chars().count() > MAX_CONTACT
            || contact.chars().any(char::is_control)
        {
            return Err("`contact` must be one line of at most 500 characters".into());
        }
        if config.journal.max_megabytes == 0 || config.journal.max_days == 0 {
            return Err("`journal` leaves no room; give it megabytes and days".into());
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_this_text() {
        let text = "collector = \"collector.example:7443\"\naccounts = [\"alex\"]\n\
                    heartbeat_seconds = 60\nkey_seconds = 3600\nmetered = \"auto\"\n\n[extension]\nport = 17491\n\n\
                    [journal]\nmax_megabytes = 1024\nmax_days = 90\n\n\
                    [phones]\nadb_port = 5037\n";
        let config = Config::new("collector.example:7443".into(), vec!["alex".into()]);
        assert_eq!(toml::to_string(&config).unwrap(), text);
        assert_eq!(Config::parse(text), Ok(config.clone()));
        let short = "collector = \"collector.example:7443\"\naccounts = [\"alex\"]\n";
        assert_eq!(Config::parse(short), Ok(config));
    }

    #[test]
    fn what_would_record_nothing_is_refused() {
        let good = "collector = \"c:1\"\naccounts = [\"alex\"]\n";
        for (wrong, says) in [
            (
                "collector = \"c:1\"\naccounts = []\n".to_owned(),
                "accounts",
            ),
            (format!("{good}hidden = true\n"), "hidden"),
            (
                format!("{good}heartbeat_seconds = 0\n"),
                "heartbeat_seconds",
            ),
            (format!("{good}key_seconds = 3601\n"), "key_seconds"),
            (format!("{good}contact = \"\"\n"), "contact"),
            (format!("{good}contact = \"a\\nb\"\n"), "contact"),
            (format!("{good}[journal]\nmax_days = 0\n"), "journal"),
        ] {
            let error = Config::parse(&wrong).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn comes_back_from_the_state_directory() {
        let state = tempfile::tempdir().unwrap();
        assert!(matches!(
            Config::load(state.path()),
            Err(ConfigError::NotEnrolled(_))
        ));
        let config = Config::new("c:1".into(), vec!["alex".into()]);
        config.save(state.path()).unwrap();
        assert_eq!(Config::load(state.path()).unwrap(), config);
    }
}
