//! `agent.toml`: where the collector is, whose account is monitored.

use serde::{Deserialize, Serialize};

/// The agent's settings. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the collector takes reports: `host:port`.
    pub collector: String,
    /// The accounts that are monitored, by their names on this computer.
    pub accounts: Vec<String>,
    /// The browser extension.
    #[serde(default)]
    pub extension: Extension,
}

/// How the browser extension is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// Port on 127.0.0.1.
    pub port: u16,
}

impl Default for Extension {
    fn default() -> Self {
        Self { port: 17_491 }
    }
}

impl Config {
    /// Settings with everything else as usual.
    pub fn new(collector: String, accounts: Vec<String>) -> Self {
        Self {
            collector,
            accounts,
            extension: Extension::default(),
        }
    }
}
