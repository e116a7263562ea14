//! Where a program's file lies, as far as its path says so.

use std::borrow::Cow;

/// A kind of place where program files lie. The text of the path is all that is looked at, so the
/// answer is the same on every computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PathClass {
    /// In somebody's home: below `/home/NAME`, `/root`, `/Users/NAME` or `C:\Users\NAME`.
    Home,
    /// In a folder `Downloads` of somebody's home.
    Downloads,
    /// Where files are kept for a while only: `/tmp`, `/var/tmp`, `/dev/shm`, `C:\Windows\Temp`,
    /// `AppData\Local\Temp`, and their like.
    Temp,
    /// On something that was plugged in: below `/media`, `/run/media`, `/mnt` or `/Volumes`. A
    /// drive of Windows other than `C:` may be that or not: cannot tell.
    Removable,
    /// Where the system or its administrator installs programs: `/usr`, `/opt`, `/bin`,
    /// `C:\Windows`, `C:\Program Files`, and their like.
    System,
}

/// Folders of the classes that are known by their beginning.
const FOLDERS: &[(PathClass, &[&str])] = &[
    (
        PathClass::Temp,
        &[
            "/tmp",
            "/var/tmp",
            "/dev/shm",
            "/private/tmp",
            "/private/var/tmp",
            "/private/var/folders",
            "/var/folders",
            "c:/windows/temp",
            "c:/temp",
            "c:/tmp",
        ],
    ),
    (
        PathClass::Removable,
        &["/media", "/run/media", "/mnt", "/volumes"],
    ),
    (
        PathClass::System,
        &[
            "/usr",
            "/bin",
            "/sbin",
            "/lib",
            "/lib32",
            "/lib64",
            "/opt",
            "/snap",
            "/nix/store",
            "/var/lib/flatpak",
            "/applications",
            "/library",
            "/system",
            "c:/windows",
            "c:/program files",
            "c:/program files (x86)",
            "c:/programdata",
        ],
    ),
];

/// Folders that have a home for each person.
const HOMES: &[&str] = &["/home", "/users", "c:/users", "/var/home"];

impl PathClass {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Home,
        Self::Downloads,
        Self::Temp,
        Self::Removable,
        Self::System,
    ];

    /// The word in lists.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Downloads => "downloads",
            Self::Temp => "temp",
            Self::Removable => "removable",
            Self::System => "system",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// Does the file of this path lie there? `None`: cannot tell.
    pub(crate) fn holds(self, path: &str) -> Option<bool> {
        let path = key(path);
        let starts = |class: Self| {
            let folders = FOLDERS.iter().filter(|(other, _)| *other == class);
            folders
                .flat_map(|(_, folders)| *folders)
                .any(|folder| below(&path, folder).is_some())
        };
        let home = in_home(&path);
        Some(match self {
            Self::Home => home.is_some(),
            Self::Downloads => home.is_some_and(|rest| below(rest, "downloads").is_some()),
            Self::Temp => {
                starts(self) || home.is_some_and(|rest| below(rest, "appdata/local/temp").is_some())
            }
            Self::System => starts(self) && !starts(Self::Temp),
            Self::Removable if is_other_drive(&path) => return None,
            Self::Removable => starts(self),
        })
    }
}

/// The spelling in which paths are compared: small ASCII letters, and `/` in paths of Windows.
pub(crate) fn key(path: &str) -> Cow<'_, str> {
    if !is_windows(path) {
        return if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(path.to_ascii_lowercase())
        } else {
            Cow::Borrowed(path)
        };
    }
    let slashes = path.replace('\\', "/").to_ascii_lowercase();
    // What Windows writes before a path that is taken as it stands.
    let plain = ["//?/unc/", "//?/", "//./"]
        .iter()
        .find_map(|mark| Some((mark, slashes.strip_prefix(mark)?)));
    Cow::Owned(match plain {
        Some((&"//?/unc/", rest)) => format!("//{rest}"),
        Some((_, rest)) => rest.to_owned(),
        None => slashes,
    })
}

/// The name of the file at the end of a path.
pub(crate) fn file(path: &str) -> &str {
    let separators: &[char] = if is_windows(path) {
        &['/', '\\']
    } else {
        &['/']
    };
    path.rsplit(separators).next().unwrap_or(path)
}

/// Can a record have such a path? An error is the end of a sentence.
pub(crate) fn whole(path: &str) -> Result<(), &'static str> {
    let key = key(path);
    let parts = match drive(&key) {
        Some(rest) => rest.strip_prefix('/'),
        None => key.strip_prefix("//").or_else(|| key.strip_prefix('/')),
    };
    let good = parts.is_some_and(|parts| {
        parts
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."))
    });
    if good {
        Ok(())
    } else {
        Err(
            "is no whole path; begin it with / or a drive such as C:\\, end it with the file's \
             name, and leave out . and ..; for a file in everybody's home write name= and in=home",
        )
    }
}

/// Is it written as Windows does? On other systems `\` is a letter like any other.
fn is_windows(path: &str) -> bool {
    drive(path).is_some() || path.starts_with('\\') || (path.contains('\\') && !path.contains('/'))
}

/// What follows `C:`.
fn drive(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(|c: char| c.is_ascii_alphabetic())?;
    rest.strip_prefix(':')
}

fn is_other_drive(key: &str) -> bool {
    drive(key).is_some() && !key.starts_with("c:")
}

/// What follows a folder and its `/`.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// The path below somebody's home.
fn in_home(key: &str) -> Option<&str> {
    if let Some(rest) = below(key, "/root") {
        return Some(rest);
    }
    let in_homes = HOMES.iter().find_map(|homes| below(key, homes))?;
    let (_, rest) = in_homes.split_once('/')?;
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn classes(path: &str) -> Vec<&'static str> {
        PathClass::ALL
            .iter()
            .filter(|class| class.holds(path) == Some(true))
            .map(|class| class.as_str())
            .collect()
    }

    #[test]
    fn a_path_says_where_it_leads() {
        for (path, expected) in [
            ("/usr/bin/tor", &["system"][..]),
            ("/opt/x/x", &["system"]),
            ("/home/sam/bin/tor", &["home"]),
            ("/home/sam/Downloads/a/tor", &["home", "downloads"]),
            ("/home/sam", &[]),
            ("/root/tor", &["home"]),
            ("/tmp/.mount_x/tor", &["temp"]),
            ("/tmpfiles/tor", &[]),
            ("/media/sam/STICK/tor", &["removable"]),
            ("/run/media/sam/STICK/tor", &["removable"]),
            ("/Users/sam/Downloads/Tor", &["home", "downloads"]),
            ("/Volumes/STICK/Tor", &["removable"]),
            ("/Applications/Tor.app/Contents/MacOS/tor", &["system"]),
            ("C:\\Users\\Sam\\Downloads\\tor.exe", &["home", "downloads"]),
            (
                "C:\\Users\\Sam\\AppData\\Local\\Temp\\tor.exe",
                &["home", "temp"],
            ),
            ("c:/windows/temp/x.exe", &["temp"]),
            ("\\\\?\\C:\\Windows\\System32\\cmd.exe", &["system"]),
            ("C:\\Program Files (x86)\\x\\x.exe", &["system"]),
            ("C:\\tor.exe", &[]),
            ("tor", &[]),
        ] {
            assert_eq!(classes(path), expected, "{path}");
        }
    }

    #[test]
    fn another_drive_of_windows_may_be_removable() {
        assert_eq!(PathClass::Removable.holds("E:\\tor.exe"), None);
        assert_eq!(PathClass::Removable.holds("C:\\tor.exe"), Some(false));
        assert_eq!(PathClass::Home.holds("E:\\tor.exe"), Some(false));
    }

    #[test]
    fn a_backslash_is_a_letter_except_in_windows() {
        assert_eq!(key("/home/sam/a\\B"), "/home/sam/a\\b");
        assert_eq!(file("/home/sam/a\\B"), "a\\B");
        assert_eq!(key("C:\\A/b"), "c:/a/b");
        assert_eq!(file("C:\\A\\b.exe"), "b.exe");
        assert_eq!(key("\\\\?\\UNC\\Server\\x"), "//server/x");
        assert_eq!(file("tor"), "tor");
    }
}
