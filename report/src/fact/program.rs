//! What programs do, and which are there.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

use super::Change;

/// A program began to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessStart {
    /// Path of the program file; `None` when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Its short name.
    pub name: String,
    /// Its arguments, as far as the order covers them.
    pub args: Vec<String>,
    /// Its process id.
    pub pid: u32,
    /// When it started, Unix milliseconds: with `pid` this names one process.
    pub started: i64,
    /// The process id of the program that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// That program's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_exe: Option<String>,
    /// The hash of the program file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// Who signed the program file, or the package that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

/// A program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessEnd {
    /// Path of the program file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Its short name.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// When it started, Unix milliseconds.
    pub started: i64,
    /// Where its start is recorded, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_seq: Option<u64>,
}

/// A package of software came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// What became of it.
    pub change: Change,
    /// `dpkg`, `rpm`, `snap`, `flatpak`, ...
    pub manager: String,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A tool of a class that an order may name is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolFound {
    /// Its name.
    pub name: String,
    /// `wiper`, `encryption`, `virtual_machine`, `vpn`, `tor`, ...
    pub class: String,
    /// How far it goes.
    pub state: ToolState,
    /// What shows it.
    pub sign: String,
}

/// How far the presence of a tool goes. Each is a fact of its own: what is installed need not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolState {
    /// It is on the computer.
    Installed,
    /// It is set up to be used.
    Configured,
    /// It was used.
    Used,
    /// The computer itself runs inside it.
    Inside,
}
