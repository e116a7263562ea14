//! Which files make the agent what it is.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use proviso_report::Hash;
use serde::{Deserialize, Serialize};

use crate::config;
use crate::platform::files::open_regular;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Program,
    Settings,
    Service,
    Policy,
    Extension,
}

/// A file, whether it is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) part: Part,
    pub(super) path: PathBuf,
}

/// What the installer says it wrote.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) wrote: Hash,
}

/// The installer's lists, which say more than is read here.
#[derive(Deserialize)]
struct Ledger {
    files: Vec<Written>,
}

const POLICIES: &str = "browsers.json";
const SERVICE: &str = "service.json";
/// The installer writes some dozens of files.
const MAX_FILES: usize = 200;
const MAX_LEDGER: u64 = 1 << 20;

const UNITS: [&str; 2] = ["proviso-agent.service", "proviso-watch.service"];
/// Units, and what changes a unit until the next start (systemd.unit(5)).
const UNIT_FOLDERS: [&str; 4] = [
    "etc/systemd/system",
    "etc/systemd/system.control",
    "run/systemd/system",
    "run/systemd/system.control",
];
/// There while a unit is started with the system.
const STARTED: &str = "etc/systemd/system/multi-user.target.wants";

impl Part {
    /// As records name it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Settings => "settings",
            Self::Service => "service",
            Self::Policy => "policy",
            Self::Extension => "extension",
        }
    }
}

/// The extension's package on disk.
pub(super) fn extension(state: &Path) -> PathBuf {
    state.join("browser").join("proviso.xpi")
}

/// All of them.
pub(super) fn places(root: &Path, state: &Path, program: &Path) -> Vec<Place> {
    let mut places = vec![
        place(Part::Program, program.to_owned()),
        place(Part::Settings, state.join(config::FILE)),
        place(Part::Extension, extension(state)),
    ];
    for unit in UNITS {
        for folder in UNIT_FOLDERS {
            let folder = root.join(folder);
            places.push(place(Part::Service, folder.join(unit)));
            places.push(place(Part::Service, folder.join(format!("{unit}.d"))));
        }
        places.push(place(Part::Service, root.join(STARTED).join(unit)));
    }
    for Written { path, .. } in ledger(state, POLICIES) {
        places.push(place(Part::Policy, path));
    }
    places
}

/// The installer's lists: what they say decides, they themselves do not count.
pub(super) fn ledgers(state: &Path) -> [PathBuf; 2] {
    [POLICIES, SERVICE].map(|name| state.join(name))
}

/// A unit comes to be started with the system: that alters nothing.
pub(super) fn is_start(root: &Path, path: &Path) -> bool {
    path.parent() == Some(&root.join(STARTED))
}

/// What the installer says it wrote, of all parts.
pub(super) fn written(state: &Path) -> Vec<Written> {
    let mut written = ledger(state, POLICIES);
    written.extend(ledger(state, SERVICE));
    written
}

fn ledger(state: &Path, name: &str) -> Vec<Written> {
    let read = || {
        let (file, _) = open_regular(&state.join(name)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_LEDGER).read_to_end(&mut bytes).ok()?;
        serde_json::from_slice::<Ledger>(&bytes).ok()
    };
    let mut files = read().map(|ledger| ledger.files).unwrap_or_default();
    files.truncate(MAX_FILES);
    files.retain(|file| file.path.is_absolute());
    files
}

const fn place(part: Part, path: PathBuf) -> Place {
    Place { part, path }
}
