//! What is known of a tool, and how the table says it in few words.

/// Where a thing is shown by its place: `~/` is the home of an account, and `*` stands for any letters
/// but `/`.
pub(super) type Place = &'static str;

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    /// As records name it.
    pub(super) name: &'static str,
    /// `wiper`, `encryption`, `virtual_machine`, `container`, `vpn`, `tor`, `remote`.
    pub(super) class: &'static str,
    /// The system may bring it along.
    pub(super) common: bool,
    /// Packages (dpkg, pacman, apk), snaps and flatpaks.
    pub(super) packages: &'static [&'static str],
    /// Names of program files; the first letters of AppImages.
    pub(super) programs: &'static [&'static str],
    /// Of these programs only a start with one of these arguments is use; none: any start is.
    pub(super) only_with: &'static [&'static str],
    /// Programs that run in the background: they show that it is set up, not that it is used.
    pub(super) services: &'static [&'static str],
    /// Folders that are the tool itself, as unpacked.
    pub(super) folders: &'static [Place],
    /// What is there once it is set up.
    pub(super) set_up: &'static [Place],
    /// Types of file systems that are there while it is used.
    pub(super) mounts: &'static [&'static str],
}

const NONE: Tool = Tool {
    name: "",
    class: "",
    common: false,
    packages: &[],
    programs: &[],
    only_with: &[],
    services: &[],
    folders: &[],
    set_up: &[],
    mounts: &[],
};

/// Wipes files or traces.
pub(super) const WIPER: Tool = Tool {
    class: "wiper",
    ..NONE
};
/// Encrypts files.
pub(super) const ENCRYPTION: Tool = Tool {
    class: "encryption",
    ..NONE
};
/// Makes another computer inside this one.
pub(super) const MACHINE: Tool = Tool {
    class: "virtual_machine",
    ..NONE
};
/// Makes something like that inside this system.
pub(super) const CONTAINER: Tool = Tool {
    class: "container",
    ..NONE
};
/// Lets connections go another way.
pub(super) const VPN: Tool = Tool {
    class: "vpn",
    ..NONE
};
/// The same over others' computers.
pub(super) const TOR: Tool = Tool {
    class: "tor",
    ..NONE
};
/// Shows one computer on another.
pub(super) const REMOTE: Tool = Tool {
    class: "remote",
    ..NONE
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::table::TOOLS;

    #[test]
    fn the_table_is_of_one_piece() {
        let classes = [
            "wiper",
            "encryption",
            "virtual_machine",
            "container",
            "vpn",
            "tor",
            "remote",
        ];
        let mut names = BTreeSet::new();
        let mut programs = BTreeSet::new();
        for tool in TOOLS {
            assert!(names.insert(tool.name), "{} twice", tool.name);
            assert!(classes.contains(&tool.class), "{}", tool.name);
            for program in tool.programs.iter().chain(tool.services) {
                assert!(programs.insert(*program), "{program} is of two tools");
                assert!(!program.contains('/'), "{program}");
            }
            for place in tool.folders.iter().chain(tool.set_up) {
                assert!(place.starts_with("~/") || place.starts_with('/'), "{place}");
                assert!(!place.ends_with('/') && !place.contains("//"), "{place}");
            }
            assert!(tool.only_with.is_empty() || tool.common, "{}", tool.name);
        }
    }

    #[test]
    fn no_tool_of_every_system_is_told_for_being_there() {
        // Of Debian's priorities "required" to "standard", and of its desktop.
        for program in ["shred", "gpg", "openssl", "cryptsetup", "openvpn"] {
            let mut tools = TOOLS.iter().filter(|tool| tool.programs.contains(&program));
            assert!(tools.next().is_some_and(|tool| tool.common), "{program}");
        }
        for ordinary in [
            "ssh", "dd", "rm", "sudo", "mount", "zip", "7z", "tar", "wine", "python3",
        ] {
            assert!(
                !TOOLS.iter().any(|tool| tool.programs.contains(&ordinary)),
                "{ordinary}"
            );
        }
    }
}
