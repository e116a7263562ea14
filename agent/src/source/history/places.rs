//! Where browsers keep their profiles, relative to a home folder.
//!
//! The list says where to look first and what the browser is called. It is not relied on: what
//! running programs have open is found wherever it is.

use super::family::Family::{self, Chromium, Firefox};

/// A folder that may hold profiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// What the browser is called.
    pub(super) browser: &'static str,
    /// What its history looks like.
    pub(super) family: Family,
    /// The folder.
    pub(super) folder: &'static str,
    /// How many folders deep a profile lies in it, at most.
    pub(super) depth: u8,
}

const fn place(browser: &'static str, family: Family, folder: &'static str) -> Place {
    Place {
        browser,
        family,
        folder,
        depth: 1,
    }
}

const fn deep(browser: &'static str, family: Family, folder: &'static str) -> Place {
    Place {
        browser,
        family,
        folder,
        depth: 2,
    }
}

/// All that are known, on all systems: a folder of another system is just not there.
pub(super) const PLACES: &[Place] = &[
    // Linux: Chromium and what is made from it.
    place("chromium", Chromium, ".config/chromium"),
    deep("chromium", Chromium, ".config/chromium-headless"),
    place("chromium", Chromium, "snap/chromium/common/chromium"),
    place(
        "chromium",
        Chromium,
        ".var/app/org.chromium.Chromium/config/chromium",
    ),
    place("chrome", Chromium, ".config/google-chrome"),
    place("chrome", Chromium, ".config/google-chrome-beta"),
    place("chrome", Chromium, ".config/google-chrome-unstable"),
    deep("chrome", Chromium, ".config/google-chrome-headless"),
    place(
        "chrome",
        Chromium,
        ".var/app/com.google.Chrome/config/google-chrome",
    ),
    place("edge", Chromium, ".config/microsoft-edge"),
    place("edge", Chromium, ".config/microsoft-edge-beta"),
    place("edge", Chromium, ".config/microsoft-edge-dev"),
    place(
        "edge",
        Chromium,
        ".var/app/com.microsoft.Edge/config/microsoft-edge",
    ),
    place("brave", Chromium, ".config/BraveSoftware/Brave-Browser"),
    place(
        "brave",
        Chromium,
        "snap/brave/current/.config/BraveSoftware/Brave-Browser",
    ),
    place(
        "brave",
        Chromium,
        ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser",
    ),
    place("opera", Chromium, ".config/opera"),
    place("opera", Chromium, "snap/opera/current/.config/opera"),
    place("vivaldi", Chromium, ".config/vivaldi"),
    place("vivaldi", Chromium, ".config/vivaldi-snapshot"),
    place(
        "vivaldi",
        Chromium,
        ".var/app/com.vivaldi.Vivaldi/config/vivaldi",
    ),
    // Linux: Firefox and what is made from it. From 147 on new profiles follow the XDG folders.
    place("firefox", Firefox, ".config/mozilla/firefox"),
    place("firefox", Firefox, ".mozilla/firefox"),
    place("firefox", Firefox, "snap/firefox/common/.mozilla/firefox"),
    place(
        "firefox",
        Firefox,
        "snap/firefox/common/.config/mozilla/firefox",
    ),
    place(
        "firefox",
        Firefox,
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ),
    place(
        "firefox",
        Firefox,
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
    ),
    place("librewolf", Firefox, ".librewolf"),
    place("librewolf", Firefox, ".config/librewolf/librewolf"),
    place(
        "librewolf",
        Firefox,
        ".var/app/io.gitlab.librewolf-community/.librewolf",
    ),
    place("waterfox", Firefox, ".waterfox"),
    place("palemoon", Firefox, ".moonchild productions/pale moon"),
    // Windows.
    place("chromium", Chromium, "AppData/Local/Chromium/User Data"),
    place("chrome", Chromium, "AppData/Local/Google/Chrome/User Data"),
    place("edge", Chromium, "AppData/Local/Microsoft/Edge/User Data"),
    place(
        "brave",
        Chromium,
        "AppData/Local/BraveSoftware/Brave-Browser/User Data",
    ),
    place("vivaldi", Chromium, "AppData/Local/Vivaldi/User Data"),
    place(
        "opera",
        Chromium,
        "AppData/Roaming/Opera Software/Opera Stable",
    ),
    place(
        "opera",
        Chromium,
        "AppData/Roaming/Opera Software/Opera GX Stable",
    ),
    place(
        "firefox",
        Firefox,
        "AppData/Roaming/Mozilla/Firefox/Profiles",
    ),
    place("librewolf", Firefox, "AppData/Roaming/librewolf/Profiles"),
    // macOS.
    place("chromium", Chromium, "Library/Application Support/Chromium"),
    place(
        "chrome",
        Chromium,
        "Library/Application Support/Google/Chrome",
    ),
    place(
        "edge",
        Chromium,
        "Library/Application Support/Microsoft Edge",
    ),
    place(
        "brave",
        Chromium,
        "Library/Application Support/BraveSoftware/Brave-Browser",
    ),
    place(
        "opera",
        Chromium,
        "Library/Application Support/com.operasoftware.Opera",
    ),
    place("vivaldi", Chromium, "Library/Application Support/Vivaldi"),
    place(
        "firefox",
        Firefox,
        "Library/Application Support/Firefox/Profiles",
    ),
];

/// The folders of all of them.
pub(in crate::source) fn folders() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|place| place.folder)
}

/// Names of programs, and what their browsers are called: the longer name first where one holds
/// another.
const PROGRAMS: [(&str, &str); 12] = [
    ("chromium", "chromium"),
    ("chrome", "chrome"),
    ("msedge", "edge"),
    ("microsoft-edge", "edge"),
    ("brave", "brave"),
    ("opera", "opera"),
    ("vivaldi", "vivaldi"),
    ("librewolf", "librewolf"),
    ("waterfox", "waterfox"),
    ("palemoon", "palemoon"),
    ("tor-browser", "tor"),
    ("firefox", "firefox"),
];

/// The name of a browser as it stands in this list.
pub(super) fn browser(name: &str) -> Option<&'static str> {
    let known = PROGRAMS.iter().find(|(_, browser)| *browser == name);
    known.map(|(_, browser)| *browser)
}

/// Is this the name of a browser's program?
pub(crate) fn is_browser(program: &str) -> bool {
    let program = program.to_ascii_lowercase();
    PROGRAMS.iter().any(|(name, _)| program.contains(name))
}

/// What a browser is called by the name of its program. A stranger is called by its family.
pub(super) fn by_program(program: &str, family: Family) -> &'static str {
    let program = program.to_ascii_lowercase();
    let known = PROGRAMS.iter().find(|(name, _)| program.contains(name));
    match (known, family) {
        (Some((_, browser)), _) => browser,
        (None, Chromium) => "chromium",
        (None, Firefox) => "firefox",
    }
}

#[cfg(test)]
mod tests {
    use proviso_rules::order::BROWSERS;

    use super::*;

    #[test]
    fn places_are_relative_and_said_once() {
        let mut folders: Vec<_> = PLACES.iter().map(|place| place.folder).collect();
        folders.sort_unstable();
        let count = folders.len();
        folders.dedup();
        assert_eq!(folders.len(), count);
        for folder in folders {
            assert!(
                !folder.starts_with('/') && !folder.contains(".."),
                "{folder}"
            );
        }
    }

    /// Whoever writes an order must be able to name what an agent records.
    #[test]
    fn orders_know_every_browser() {
        let programs = PROGRAMS.iter().map(|(_, browser)| *browser);
        for browser in PLACES.iter().map(|place| place.browser).chain(programs) {
            assert!(BROWSERS.contains(&browser), "{browser}");
        }
        for browser in BROWSERS {
            let named = |(_, one): &(_, &str)| one == browser;
            assert!(PROGRAMS.iter().any(named), "{browser}");
        }
    }

    #[test]
    fn programs_have_their_browsers_names() {
        for (program, family, name) in [
            ("chromium", Chromium, "chromium"),
            ("chrome", Chromium, "chrome"),
            ("msedge.exe", Chromium, "edge"),
            ("Brave", Chromium, "brave"),
            ("firefox-esr", Firefox, "firefox"),
            ("renamed", Firefox, "firefox"),
            ("renamed", Chromium, "chromium"),
        ] {
            assert_eq!(by_program(program, family), name, "{program}");
        }
    }
}
