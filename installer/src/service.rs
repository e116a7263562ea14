//! The agent, and the process that watches it, as services of the system: started with the computer,
//! started again when they end.
//!
//! The units take from both what they do not need: the agent reads the homes and the processes of the
//! monitored accounts, writes nothing but its own state, can gain no further rights, and may take only
//! so much of the computer; the other one waits. What was written is noted in `service.json` in the
//! state directory, by which the agent knows a unit that the installer changed from one that somebody
//! else did.

mod units;

use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_report::Hash;
use serde_json::{Value, json};
use thiserror::Error;

use crate::description::{Description, DescriptionError};
use crate::files::{self, FileError, Mode};
use units::{AGENT, FIRST_LINE, WATCH, program_of, unit};

/// In the order in which they are started.
const UNITS: [&str; 2] = [WATCH, AGENT];
const FOLDER: &str = "etc/systemd/system";
/// systemd(1): there while systemd runs the system.
const RUNNING: &str = "run/systemd/system";
/// What was written, in the state directory.
const LEDGER: &str = "service.json";

/// Why the service could not be set up or taken out.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The state directory does not say what must be known.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else runs the services here.
    #[error(
        "this computer does not run systemd, so nothing was set up: let its own service manager \
         start `{0}` and `{1}` as root at every boot, and again when they end"
    )]
    NoSystemd(String, String),
    /// A path that a unit cannot hold.
    #[error("{} cannot stand in a systemd unit: use a directory with a plain name", .0.display())]
    Path(PathBuf),
    /// Somebody else's unit has the name.
    #[error(
        "{} was not written by proviso-installer, or was changed since: it stays as it is. Read it \
         and move it away, then run this again",
        .0.display()
    )]
    Foreign(PathBuf),
    /// systemd said no.
    #[error("`{command}` failed: {said}. Mend that and run this again")]
    Systemctl {
        /// What was run.
        command: String,
        /// What it said.
        said: String,
    },
}

/// Runs `systemctl` with these arguments; an error is what it said.
pub type Systemctl<'a> = &'a mut dyn FnMut(&[&str]) -> Result<(), String>;

/// Sets both up and starts them. Gives a sentence.
pub fn install(
    root: &Path,
    state: &Path,
    systemctl: Systemctl<'_>,
) -> Result<String, ServiceError> {
    let about = Description::read(state)?;
    let state = &files::absolute(state)?;
    let mut written = Vec::new();
    for name in UNITS {
        let text = unit(name, &about.agent, state)?;
        written.push((root.join(FOLDER).join(name), text));
    }
    if !root.join(RUNNING).is_dir() {
        let line = |command| {
            let (agent, state) = (about.agent.display(), state.display());
            format!("{agent} {command} --state {state}")
        };
        return Err(ServiceError::NoSystemd(line("watch"), line("run")));
    }
    for (path, _) in &written {
        if files::read(path)?.is_some_and(|bytes| !bytes.starts_with(FIRST_LINE.as_bytes())) {
            return Err(ServiceError::Foreign(path.clone()));
        }
    }
    // First: a unit that the list names is no surprise to the agent.
    files::write(&state.join(LEDGER), &ledger(&written), Mode::Read)?;
    for (path, text) in &written {
        files::write(path, text.as_bytes(), Mode::Read)?;
    }
    run(systemctl, &["daemon-reload"])?;
    run(systemctl, &["enable", "--now", WATCH, AGENT])?;
    Ok(format!(
        "{}: written. The agent, and the process that watches it, run now and after every start of \
         this computer.",
        paths(&written)
    ))
}

/// Stops both and takes the units out. Gives a sentence.
pub fn remove(root: &Path, state: &Path, systemctl: Systemctl<'_>) -> Result<String, ServiceError> {
    let mut found = Vec::new();
    for name in UNITS {
        let path = root.join(FOLDER).join(name);
        if let Some(bytes) = files::read(&path)? {
            if !is_ours(name, &bytes, state) {
                return Err(ServiceError::Foreign(path));
            }
            found.push((path, name));
        }
    }
    if found.is_empty() {
        return Ok("The agent is no service of this computer: nothing to undo.".to_owned());
    }
    if root.join(RUNNING).is_dir() {
        let names = found.iter().map(|(_, name)| *name);
        let arguments: Vec<_> = ["disable", "--now"].into_iter().chain(names).collect();
        run(systemctl, &arguments)?;
    }
    for (path, _) in &found {
        files::remove(path)?;
    }
    files::remove(&state.join(LEDGER))?;
    if root.join(RUNNING).is_dir() {
        run(systemctl, &["daemon-reload"])?;
    }
    Ok(format!(
        "{}: removed. The agent, and the process that watches it, are stopped and will not start again.",
        paths(&found)
    ))
}

/// It is in the list, as another version of this program may have written it; or it is what this one
/// writes. What the unit says of the program is left open then: an update may have moved it.
fn is_ours(name: &str, bytes: &[u8], state: &Path) -> bool {
    let listed = files::read(&state.join(LEDGER)).ok().flatten();
    let listed = listed.and_then(|list| serde_json::from_slice::<Value>(&list).ok());
    let hash = Value::from(Hash::of(bytes).to_string());
    let files = listed.as_ref().and_then(|list| list["files"].as_array());
    if files.is_some_and(|files| files.iter().any(|file| file["wrote"] == hash)) {
        return true;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let expected = program_of(text)
        .zip(files::absolute(state).ok())
        .and_then(|(agent, state)| unit(name, &agent, &state).ok());
    expected.is_some_and(|expected| expected == text)
}

/// `proviso-service/1`.
fn ledger(written: &[(PathBuf, String)]) -> Vec<u8> {
    let files: Vec<_> = written
        .iter()
        .map(|(path, text)| json!({ "path": path, "wrote": Hash::of(text.as_bytes()) }))
        .collect();
    let mut text = format!(
        "{:#}",
        json!({ "format": "proviso-service/1", "files": files })
    );
    text.push('\n');
    text.into_bytes()
}

fn paths<T>(files: &[(PathBuf, T)]) -> String {
    let paths: Vec<_> = files
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    paths.join(", ")
}

/// The `systemctl` of this computer.
pub fn systemctl(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("systemctl")
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

fn run(systemctl: Systemctl<'_>, arguments: &[&str]) -> Result<(), ServiceError> {
    systemctl(arguments).map_err(|said| ServiceError::Systemctl {
        command: format!("systemctl {}", arguments.join(" ")),
        said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::tests::TEXT;

    fn computer(systemd: bool) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (root, state) = (folder.path().join("root"), folder.path().join("state"));
        std::fs::create_dir_all(root.join(FOLDER)).unwrap();
        std::fs::create_dir(&state).unwrap();
        std::fs::write(state.join("extension.json"), TEXT).unwrap();
        if systemd {
            std::fs::create_dir_all(root.join(RUNNING)).unwrap();
        }
        (folder, root, state)
    }

    #[test]
    fn comes_and_goes() {
        let (_folder, root, state) = computer(true);
        let mut asked = Vec::new();
        let mut systemctl = |arguments: &[&str]| {
            asked.push(arguments.join(" "));
            Ok(())
        };
        install(&root, &state, &mut systemctl).unwrap();
        let state = state.canonicalize().unwrap();
        let listed = std::fs::read_to_string(state.join(LEDGER)).unwrap();
        assert!(
            listed.contains("\"format\": \"proviso-service/1\""),
            "{listed}"
        );
        for (name, command) in [(AGENT, "run"), (WATCH, "watch")] {
            let text = std::fs::read_to_string(root.join(FOLDER).join(name)).unwrap();
            let start = format!(
                "ExecStart=/usr/lib/proviso/proviso-agent {command} --state {}\n",
                state.display()
            );
            assert!(text.contains(&start), "{text}");
            let wrote = Hash::of(text.as_bytes()).to_string();
            assert!(listed.contains(&wrote) && listed.contains(name), "{listed}");
        }
        remove(&root, &state, &mut systemctl).unwrap();
        for name in UNITS {
            assert!(!root.join(FOLDER).join(name).exists());
        }
        assert!(!state.join(LEDGER).exists());
        assert!(
            remove(&root, &state, &mut systemctl)
                .unwrap()
                .contains("nothing to undo")
        );
        // As the installer of another version wrote it, and noted.
        let other = format!("{FIRST_LINE}\n[Unit]\n");
        let path = root.join(FOLDER).join(AGENT);
        std::fs::write(&path, &other).unwrap();
        let fault = remove(&root, &state, &mut systemctl).unwrap_err();
        assert!(matches!(fault, ServiceError::Foreign(_)));
        std::fs::write(state.join(LEDGER), ledger(&[(path.clone(), other)])).unwrap();
        remove(&root, &state, &mut systemctl).unwrap();
        assert!(!path.exists());
        assert_eq!(
            asked,
            [
                "daemon-reload",
                "enable --now proviso-watch.service proviso-agent.service",
                "disable --now proviso-watch.service proviso-agent.service",
                "daemon-reload",
                "disable --now proviso-agent.service",
                "daemon-reload"
            ]
        );
    }

    #[test]
    fn says_what_is_in_the_way() {
        let (_folder, root, state) = computer(false);
        let mut never = |_: &[&str]| Err("asked".to_owned());
        let fault = install(&root, &state, &mut never).unwrap_err().to_string();
        assert!(
            fault.contains("does not run systemd")
                && fault.contains("run --state")
                && fault.contains("watch --state"),
            "{fault}"
        );

        let (_folder, root, state) = computer(true);
        let fault = install(&root, &state, &mut never).unwrap_err().to_string();
        assert!(
            fault.contains("`systemctl daemon-reload` failed: asked"),
            "{fault}"
        );
        let path = root.join(FOLDER).join(AGENT);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("# mine\n");
        std::fs::write(&path, &text).unwrap();
        let mut fine = |_: &[&str]| Ok(());
        assert!(matches!(
            remove(&root, &state, &mut fine),
            Err(ServiceError::Foreign(_))
        ));
        std::fs::write(&path, "[Unit]\n").unwrap();
        assert!(matches!(
            install(&root, &state, &mut fine),
            Err(ServiceError::Foreign(_))
        ));
    }
}
