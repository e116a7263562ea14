//! Whether the system is going down.
//!
//! Promises: `Some` only on the word of the system's own manager. Refuses: to guess: the request to
//! end (SIGTERM) is the same whether the computer is switched off or somebody stops the agent, so
//! where nobody else tells, the answer is `None`.

/// Is the system going down now? `None`: nothing on this computer tells.
#[must_use]
pub fn is_going_down() -> Option<bool> {
    system::is_going_down()
}

#[cfg(target_os = "linux")]
mod system {
    use std::path::Path;
    use std::process::{Command, Stdio};

    /// There only where systemd runs the system (sd_booted(3)).
    const SYSTEMD: &str = "/run/systemd/system";
    /// By path: the agent may be called with a search path that others fill.
    const SYSTEMCTL: [&str; 2] = ["/usr/bin/systemctl", "/bin/systemctl"];

    pub(super) fn is_going_down() -> Option<bool> {
        if !Path::new(SYSTEMD).is_dir() {
            return None;
        }
        let program = SYSTEMCTL
            .into_iter()
            .find(|path| Path::new(path).exists())?;
        // The exit code is not 0 while the system goes down; only the word counts.
        let said = Command::new(program)
            .arg("is-system-running")
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        read(&said.stdout)
    }

    /// The states of systemctl(1), `is-system-running`.
    pub(super) fn read(said: &[u8]) -> Option<bool> {
        match said.trim_ascii() {
            b"stopping" => Some(true),
            b"initializing" | b"starting" | b"running" | b"degraded" | b"maintenance" => {
                Some(false)
            }
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::read;

        #[test]
        fn only_the_words_of_the_manager_count() {
            for (said, down) in [
                ("stopping\n", Some(true)),
                ("running\n", Some(false)),
                ("degraded\n", Some(false)),
                ("maintenance\n", Some(false)),
                ("offline\n", None),
                ("unknown\n", None),
                ("", None),
                ("not stopping\n", None),
            ] {
                assert_eq!(read(said.as_bytes()), down, "{said:?}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Nobody taught the agent this system.
    pub(super) fn is_going_down() -> Option<bool> {
        None
    }
}
