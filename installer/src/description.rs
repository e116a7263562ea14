//! What the agent says about itself in its state directory: `extension.json`, format
//! `proviso-extension/1`. The agent writes it when it enrols and at each start.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::files::{self, FileError};

const FILE: &str = "extension.json";
const FORMAT: &str = "proviso-extension/1";

/// The extension, and the program behind it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    format: String,
    /// Version of the extension.
    pub version: String,
    /// Chromium's id of the extension: 32 letters from a to p.
    pub chromium_id: String,
    /// Firefox's id of the extension.
    pub firefox_id: String,
    /// Name under which browsers start the host.
    pub host_name: String,
    /// Port on 127.0.0.1 where the agent hands the extension out.
    pub port: u16,
    /// Firefox's package on disk.
    pub xpi: PathBuf,
    /// The agent's program.
    pub agent: PathBuf,
}

/// Why the state directory does not say what must be known.
#[derive(Debug, Error)]
pub enum DescriptionError {
    /// No agent has enrolled there.
    #[error(
        "{} does not exist: enrol the agent first (`proviso-agent enrol`), or name its state \
         directory with --state",
        .0.display()
    )]
    Missing(PathBuf),
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not what an agent writes.
    #[error(
        "{} is not what this version of proviso-agent writes: {why}. Install agent and installer of \
         the same version and start the agent once",
        .path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Description {
    /// Reads it from a state directory.
    pub fn read(state: &Path) -> Result<Self, DescriptionError> {
        let path = state.join(FILE);
        let Some(bytes) = files::read(&path)? else {
            return Err(DescriptionError::Missing(path));
        };
        Self::parse(&bytes).map_err(|why| DescriptionError::Form { path, why })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let found: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if found.format != FORMAT {
            return Err(format!("its format is {:?}, not {FORMAT:?}", found.format));
        }
        let letters = |id: &str| id.len() == 32 && id.bytes().all(|b| (b'a'..=b'p').contains(&b));
        // These become parts of file names and policies.
        let dotted = |name: &str| {
            !name.starts_with('.')
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b))
        };
        let wrong = if !letters(&found.chromium_id) {
            "chromium_id is not 32 letters from a to p"
        } else if found.host_name.is_empty() || !dotted(&found.host_name) {
            "host_name is not a name"
        } else if found.firefox_id.is_empty() || !dotted(&found.firefox_id) {
            "firefox_id is not an id"
        } else if !found.xpi.is_absolute() || !found.agent.is_absolute() {
            "xpi and agent are not absolute paths"
        } else {
            return Ok(found);
        };
        Err(wrong.to_owned())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As the agent writes it.
    pub(crate) const TEXT: &str = r#"{
  "format": "proviso-extension/1",
  "version": "0.1.0",
  "chromium_id": "gbeakeplgihjghdpiijjgfeojhmckmhb",
  "firefox_id": "proviso@proviso.example",
  "host_name": "net.proviso.agent",
  "port": 17491,
  "xpi": "/var/lib/proviso/browser/proviso.xpi",
  "agent": "/usr/lib/proviso/proviso-agent"
}
"#;

    #[test]
    fn reads_what_the_agent_writes() {
        let state = tempfile::tempdir().unwrap();
        let missing = Description::read(state.path()).unwrap_err().to_string();
        assert!(missing.contains("proviso-agent enrol"), "{missing}");
        std::fs::write(state.path().join(FILE), TEXT).unwrap();
        let found = Description::read(state.path()).unwrap();
        assert_eq!(found.port, 17491);
        assert_eq!(found.agent, Path::new("/usr/lib/proviso/proviso-agent"));
    }

    #[test]
    fn refuses_what_could_lead_elsewhere() {
        for (from, to) in [
            ("extension/1", "extension/2"),
            ("gbeak", "GBEAK"),
            ("net.proviso.agent", "../../etc/passwd"),
            ("net.proviso.agent", ""),
            ("proviso@proviso.example", "a b"),
            ("/usr/lib", "usr/lib"),
            ("\"port\"", "\"prot\""),
            ("17491", "70000"),
        ] {
            let bent = TEXT.replacen(from, to, 1);
            assert!(Description::parse(bent.as_bytes()).is_err(), "{to}");
        }
    }
}
