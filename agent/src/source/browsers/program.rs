//! Which browser a program is.

use std::path::Path;

/// Names of program files, and what their browsers are called. All of the name counts: many
/// programs have `opera` in theirs.
const PROGRAMS: &[(&str, &[&str])] = &[
    (
        "chromium",
        &["chromium", "chromium-browser", "chromium-bin"],
    ),
    (
        "chrome",
        &[
            "chrome",
            "google-chrome",
            "google-chrome-stable",
            "google-chrome-beta",
            "google-chrome-unstable",
        ],
    ),
    (
        "edge",
        &[
            "msedge",
            "microsoft-edge",
            "microsoft-edge-stable",
            "microsoft-edge-beta",
            "microsoft-edge-dev",
        ],
    ),
    ("brave", &["brave", "brave-browser", "brave-browser-stable"]),
    ("vivaldi", &["vivaldi", "vivaldi-bin", "vivaldi-stable"]),
    ("opera", &["opera", "opera-stable"]),
    ("firefox", &["firefox", "firefox-esr", "firefox-bin"]),
    ("librewolf", &["librewolf", "librewolf-bin"]),
    ("waterfox", &["waterfox", "waterfox-bin"]),
    ("palemoon", &["palemoon", "palemoon-bin"]),
];

/// The browser whose program file this is.
pub(super) fn browser(exe: &Path) -> Option<&'static str> {
    let name = exe.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let found = PROGRAMS.iter().find(|(_, names)| names.contains(&name));
    found.map(|(browser, _)| *browser)
}

/// Was the browser itself started with these arguments, and not one of the many programs that it
/// starts for its pages?
pub(super) fn is_main<'a>(args: impl IntoIterator<Item = &'a str>) -> bool {
    !args
        .into_iter()
        .any(|arg| arg.starts_with("--type=") || arg == "-contentproc" || arg == "-contentsandbox")
}

/// Is it made from Firefox?
pub(super) fn is_of_firefox(browser: &str) -> bool {
    matches!(browser, "firefox" | "librewolf" | "waterfox" | "palemoon")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_count() {
        for (exe, known) in [
            ("/usr/lib/chromium/chromium", Some("chromium")),
            ("/home/alex/x/Firefox.EXE", Some("firefox")),
            ("/opt/google/chrome/chrome", Some("chrome")),
            ("/usr/lib/chromium/chrome_crashpad_handler", None),
            ("/usr/bin/operator", None),
            ("/", None),
        ] {
            assert_eq!(browser(Path::new(exe)), known, "{exe}");
        }
        assert!(is_main(["--headless", "about:blank"]));
        assert!(!is_main(["--type=renderer", "--headless"]));
        assert!(!is_main(["-contentproc", "1"]));
    }
}
