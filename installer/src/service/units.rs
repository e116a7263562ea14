//! The text of each unit.

use std::path::{Path, PathBuf};

use super::ServiceError;

/// The agent.
pub(super) const AGENT: &str = "proviso-agent.service";
/// The process that watches it.
pub(super) const WATCH: &str = "proviso-watch.service";
/// How each begins.
pub(super) const FIRST_LINE: &str =
    "# Written by proviso-installer; taken out again by `proviso-installer service remove`.";

/// What both must not do.
const KEPT_IN: &str = "\
ProtectSystem=strict
PrivateTmp=yes
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
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Nothing of its memory is written to the disk when it fails.
LimitCORE=0";

/// The unit of this name for that program and state directory.
pub(super) fn unit(name: &str, agent: &Path, state: &Path) -> Result<String, ServiceError> {
    let (agent, state) = (word(agent)?, word(state)?);
    Ok(if name == WATCH {
        watch(&agent, &state)
    } else {
        run(&agent, &state)
    })
}

fn run(agent: &str, state: &str) -> String {
    format!(
        "{FIRST_LINE}
[Unit]
Description=Proviso monitoring (court order)
Wants=network-online.target {WATCH}
After=network-online.target

[Service]
Type=exec
ExecStart={agent} run --state {state}
# How it ended and whether for want of memory, which the system tells to this service manager alone.
ExecStopPost={agent} ended --state {state}
Restart=always
RestartSec=2
# Wrong arguments, not enrolled, wrong rights, another agent runs: trying again mends nothing.
RestartPreventExitStatus=2 3 4 6
# It says each minute that it lives; one that was stopped or hangs is ended and started again.
WatchdogSec=180
NotifyAccess=main
# Some times what it needs; the agent records when it comes up against one of these.
MemoryHigh=96M
MemoryMax=128M
CPUQuota=20%
TasksMax=64
# It reads the histories in the homes of monitored accounts, looks at their programs, hears from
# the kernel when one starts, and (DAC_OVERRIDE) from their Wayland desktop what is in front; it
# speaks to their desktop with nothing but their own rights (SETUID).
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_NET_ADMIN CAP_SETUID
ProtectHome=read-only
# The first blocks of volumes say which volume it is, and whether another system mounted it.
DevicePolicy=closed
DeviceAllow=block-* r
# It writes its own state and nothing else.
ReadWritePaths={state}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
{KEPT_IN}

[Install]
WantedBy=multi-user.target
"
    )
}

fn watch(agent: &str, state: &str) -> String {
    format!(
        "{FIRST_LINE}
[Unit]
Description=Proviso monitoring (court order): watches that the agent runs
# It starts before the agent and stops after it.
Before={AGENT}

[Service]
Type=exec
ExecStart={agent} watch --state {state}
Restart=always
RestartSec=2
# Wrong arguments, not enrolled, wrong rights, another one runs: trying again mends nothing.
RestartPreventExitStatus=2 3 4 6
# It waits, and writes one note when the agent ends.
MemoryHigh=24M
MemoryMax=32M
CPUQuota=5%
TasksMax=4
CapabilityBoundingSet=
ProtectHome=yes
PrivateNetwork=yes
PrivateDevices=yes
ReadWritePaths={state}
RestrictAddressFamilies=AF_UNIX
{KEPT_IN}

[Install]
WantedBy=multi-user.target
"
    )
}

/// A path as one word of a unit: `%` doubled.
fn word(path: &Path) -> Result<String, ServiceError> {
    let text = path
        .to_str()
        .filter(|text| !text.contains(['"', '\\', '\'', '\n', '$', ' ']))
        .ok_or_else(|| ServiceError::Path(path.to_owned()))?;
    Ok(text.replace('%', "%%"))
}

/// The program that a unit of ours starts.
pub(super) fn program_of(text: &str) -> Option<PathBuf> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))?;
    let (rest, _state) = line.split_once(" --state ")?;
    let (program, _command) = rest.rsplit_once(' ')?;
    Some(PathBuf::from(program.replace("%%", "%")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_this_text() {
        let (agent, state) = (Path::new("/usr/lib/a"), Path::new("/var/lib/p%q"));
        let text = unit(AGENT, agent, state).unwrap();
        for line in [
            "ExecStart=/usr/lib/a run --state /var/lib/p%%q",
            "ExecStopPost=/usr/lib/a ended --state /var/lib/p%%q",
            "DevicePolicy=closed",
            "DeviceAllow=block-* r",
            "Restart=always",
            "WatchdogSec=180",
            "MemoryHigh=96M",
            "MemoryMax=128M",
            "CPUQuota=20%",
            "TasksMax=64",
            "ReadWritePaths=/var/lib/p%%q",
            "Wants=network-online.target proviso-watch.service",
            "ProtectSystem=strict",
            "LimitCORE=0",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert_eq!(program_of(&text).as_deref(), Some(agent));
        let text = unit(WATCH, agent, state).unwrap();
        for line in [
            "Description=Proviso monitoring (court order): watches that the agent runs",
            "ExecStart=/usr/lib/a watch --state /var/lib/p%%q",
            "Before=proviso-agent.service",
            "Restart=always",
            "MemoryMax=32M",
            "TasksMax=4",
            "CapabilityBoundingSet=",
            "PrivateNetwork=yes",
            "PrivateDevices=yes",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert_eq!(program_of(&text).as_deref(), Some(agent));
        assert_eq!(program_of("ExecStart=/bin/true"), None);
    }

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(word(Path::new("/a%b")).unwrap(), "/a%%b");
        for wrong in ["/a b", "/a\"b", "/a\nb", "/$a"] {
            assert!(word(Path::new(wrong)).is_err(), "{wrong}");
        }
    }
}
