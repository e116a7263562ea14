//! The agent as a service of the system: started with the computer, started again when it ends.
//!
//! The unit takes from the agent what it does not need: it reads the homes and the processes of the
//! monitored accounts, writes nothing but its own state, and can gain no further rights.

use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

use crate::description::{Description, DescriptionError};
use crate::files::{self, FileError, Mode};

const UNIT: &str = "proviso-agent.service";
const FOLDER: &str = "etc/systemd/system";
/// systemd(1): there while systemd runs the system.
const RUNNING: &str = "run/systemd/system";
const FIRST_LINE: &str =
    "# Written by proviso-installer; taken out again by `proviso-installer service remove`.";

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
         start `{0}` as root at every boot"
    )]
    NoSystemd(String),
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

/// Sets the agent up and starts it. Gives a sentence.
pub fn install(
    root: &Path,
    state: &Path,
    systemctl: Systemctl<'_>,
) -> Result<String, ServiceError> {
    let about = Description::read(state)?;
    let state = &files::absolute(state)?;
    let text = unit(&about.agent, state)?;
    if !root.join(RUNNING).is_dir() {
        let line = format!("{} run --state {}", about.agent.display(), state.display());
        return Err(ServiceError::NoSystemd(line));
    }
    let path = root.join(FOLDER).join(UNIT);
    match files::read(&path)? {
        Some(bytes) if !bytes.starts_with(FIRST_LINE.as_bytes()) => {
            return Err(ServiceError::Foreign(path));
        }
        _ => files::write(&path, text.as_bytes(), Mode::Read)?,
    }
    run(systemctl, &["daemon-reload"])?;
    run(systemctl, &["enable", "--now", UNIT])?;
    Ok(format!(
        "{}: written. The agent runs now and after every start of this computer.",
        path.display()
    ))
}

/// Stops the agent and takes the unit out. Gives a sentence.
pub fn remove(root: &Path, state: &Path, systemctl: Systemctl<'_>) -> Result<String, ServiceError> {
    let path = root.join(FOLDER).join(UNIT);
    let Some(bytes) = files::read(&path)? else {
        return Ok("The agent is no service of this computer: nothing to undo.".to_owned());
    };
    // What the unit says of the program is left open: an update may have moved it.
    let ours = std::str::from_utf8(&bytes).is_ok_and(|text| {
        let line = text.lines().find(|line| line.starts_with("ExecStart="));
        let agent = line.and_then(program_of);
        let state = files::absolute(state);
        agent.is_some_and(|agent| {
            state.is_ok_and(|state| unit(&agent, &state).is_ok_and(|unit| unit == text))
        })
    });
    if !ours {
        return Err(ServiceError::Foreign(path));
    }
    if root.join(RUNNING).is_dir() {
        run(systemctl, &["disable", "--now", UNIT])?;
    }
    files::remove(&path)?;
    if root.join(RUNNING).is_dir() {
        run(systemctl, &["daemon-reload"])?;
    }
    Ok(format!(
        "{}: removed. The agent is stopped and will not start again.",
        path.display()
    ))
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

fn unit(agent: &Path, state: &Path) -> Result<String, ServiceError> {
    let (agent, state) = (word(agent)?, word(state)?);
    Ok(format!(
        "{FIRST_LINE}
[Unit]
Description=Proviso monitoring (court order)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={agent} run --state {state}
Restart=always
RestartSec=2
# Wrong arguments, not enrolled, wrong rights, another agent runs: trying again mends nothing.
RestartPreventExitStatus=2 3 4 6
# It reads the histories in the homes of monitored accounts, looks at their programs, hears from
# the kernel when one starts, and (DAC_OVERRIDE) from their Wayland desktop what is in front.
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_NET_ADMIN
ProtectHome=read-only
# It writes its own state and nothing else.
ProtectSystem=strict
ReadWritePaths={state}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
NoNewPrivileges=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"
    ))
}

/// A path as one word of a unit: in quotes, `%` doubled.
fn word(path: &Path) -> Result<String, ServiceError> {
    let text = path
        .to_str()
        .filter(|text| !text.contains(['"', '\\', '\'', '\n', '$', ' ']))
        .ok_or_else(|| ServiceError::Path(path.to_owned()))?;
    Ok(text.replace('%', "%%"))
}

fn program_of(line: &str) -> Option<PathBuf> {
    let (program, _) = line
        .strip_prefix("ExecStart=")?
        .split_once(" run --state ")?;
    Some(PathBuf::from(program.replace("%%", "%")))
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
        let text = std::fs::read_to_string(root.join(FOLDER).join(UNIT)).unwrap();
        let state = state.canonicalize().unwrap();
        let start = format!(
            "ExecStart=/usr/lib/proviso/proviso-agent run --state {}\n",
            state.display()
        );
        assert!(text.contains(&start), "{text}");
        remove(&root, &state, &mut systemctl).unwrap();
        assert!(!root.join(FOLDER).join(UNIT).exists());
        assert!(
            remove(&root, &state, &mut systemctl)
                .unwrap()
                .contains("nothing to undo")
        );
        assert_eq!(
            asked,
            [
                "daemon-reload",
                "enable --now proviso-agent.service",
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
            fault.contains("does not run systemd") && fault.contains("run --state"),
            "{fault}"
        );

        let (_folder, root, state) = computer(true);
        let fault = install(&root, &state, &mut never).unwrap_err().to_string();
        assert!(
            fault.contains("`systemctl daemon-reload` failed: asked"),
            "{fault}"
        );
        let path = root.join(FOLDER).join(UNIT);
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

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(word(Path::new("/a%b")).unwrap(), "/a%%b");
        for wrong in ["/a b", "/a\"b", "/a\nb", "/$a"] {
            assert!(word(Path::new(wrong)).is_err(), "{wrong}");
        }
    }
}
