//! Finds the histories of an account: in the known places, and in what its programs have open.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::family::Family;
use super::known::Known;
use super::places::{PLACES, by_program};
use crate::platform::accounts::Account;
use crate::platform::files::{identity, open_owned};
use crate::platform::open_files::Program;
use crate::source::SourceKey;
use crate::source::computer::Computer;

/// Far more than anybody has. What runs comes first.
const MAX_HISTORIES: usize = 256;
/// Folders looked through in one place.
const MAX_FOLDERS: usize = 1024;
/// Where Tor Browser has its profile, in whichever folder it lies.
const TOR: &str = "TorBrowser/Data/Browser";
const SQLITE: &[u8; 16] = b"SQLite format 3\0";
/// `profiles.ini` is some hundred bytes for each profile.
const MAX_INI: u64 = 1 << 20;

/// A history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct History {
    /// What the browser is called.
    pub(in crate::source) browser: &'static str,
    /// What it looks like.
    pub(in crate::source) family: Family,
    /// Whose it is.
    pub(in crate::source) account: Account,
    /// The file.
    pub(in crate::source) path: PathBuf,
    /// Names the profile's folder while it exists.
    pub(super) folder: (u64, u64),
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::source) struct Found {
    /// The histories, by their keys.
    pub(in crate::source) histories: BTreeMap<SourceKey, History>,
    /// The programs that use some of them.
    pub(super) used_by: BTreeMap<SourceKey, PathBuf>,
    /// Folders in which new profiles would appear.
    pub(in crate::source) watch: BTreeSet<PathBuf>,
    /// There were more than are followed.
    pub(super) too_many: bool,
}

impl History {
    /// The source's key: `history:firefox:alex:.config/mozilla/firefox/abc.default`. The folder is
    /// told from the home on, since two profiles can have one name; what is no text in it by its bytes
    /// (`%ff`), since two folders must not have one key.
    pub(in crate::source) fn key(&self) -> SourceKey {
        let folder = self.profile_folder();
        let home = self.account.home.canonicalize();
        let home = home.as_deref().unwrap_or(&self.account.home);
        let place = folder.strip_prefix(home).unwrap_or(folder);
        let account = &self.account.name;
        format!("history:{}:{account}:{}", self.browser, spelled(place))
    }

    /// The profile's name: that of its folder.
    pub(in crate::source) fn profile(&self) -> Option<String> {
        let name = self.profile_folder().file_name()?;
        Some(name.to_string_lossy().into_owned())
    }

    /// The profile's folder.
    pub(in crate::source) fn profile_folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }
}

/// No two paths are spelled alike.
fn spelled(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}

/// Looks for the histories of these accounts.
pub(in crate::source) fn histories(computer: &dyn Computer, accounts: &[Account]) -> Found {
    let mut found = Found::default();
    for account in accounts {
        running(computer, account, &mut found);
    }
    for account in accounts {
        known(account, &mut found);
    }
    found
}

/// What programs have open or are told to use. Where the system does not show it, the known places
/// are all there is.
fn running(computer: &dyn Computer, account: &Account, found: &mut Found) {
    let names = [Family::Chromium.database(), Family::Firefox.database()];
    let programs = match computer.programs(account.owner, &names) {
        Ok(programs) => programs,
        Err(error) => {
            tracing::debug!(%error, "open histories could not be looked for");
            return;
        }
    };
    for program in &programs {
        for path in &program.files {
            let family = if path.ends_with(Family::Chromium.database()) {
                Family::Chromium
            } else {
                Family::Firefox
            };
            // Other programs have files of these names too.
            if begins_as_database(path, account) {
                found.add_used(program, family, account, path);
            }
        }
        for (family, folder, depth) in told(program) {
            look(&folder, depth, family, &mut |path| {
                found.add_used(program, family, account, path);
            });
        }
    }
}

/// The folders that a browser was told to use.
fn told(program: &Program) -> Vec<(Family, PathBuf, u8)> {
    let mut folders = Vec::new();
    for (at, word) in program.args.iter().enumerate() {
        let Some(word) = word.to_str() else { continue };
        let next = || program.args.get(at + 1).map(PathBuf::from);
        if let Some(folder) = word.strip_prefix("--user-data-dir=") {
            folders.push((Family::Chromium, PathBuf::from(folder), 1));
        } else if matches!(word, "--profile" | "-profile") {
            folders.extend(next().map(|folder| (Family::Firefox, folder, 0)));
        }
    }
    // From which folder others were meant is not known.
    folders.retain(|(_, folder, _)| folder.is_absolute());
    folders
}

/// In a known place the place's name counts: wrappers have programs of other names.
fn named(program: &Program, family: Family, path: &Path) -> &'static str {
    let place = PLACES.iter().find(|place| {
        let folder = Path::new(place.folder);
        place.family == family && path.ancestors().any(|ancestor| ancestor.ends_with(folder))
    });
    // Tor Browser's program is called like Firefox's.
    if family == Family::Firefox && path.ancestors().any(|folder| folder.ends_with(TOR)) {
        return "tor";
    }
    let name = program.exe.file_name().unwrap_or(OsStr::new(""));
    place.map_or_else(
        || by_program(&name.to_string_lossy(), family),
        |place| place.browser,
    )
}

fn known(account: &Account, found: &mut Found) {
    for place in PLACES {
        let folder = account.home.join(place.folder);
        found.watch(&account.home, &folder);
        let mut add = |path: &Path| {
            found.add(place.browser, place.family, account, path);
        };
        look(&folder, place.depth, place.family, &mut add);
        if place.family == Family::Firefox {
            for folder in elsewhere(account, &folder) {
                look(&folder, 0, place.family, &mut add);
            }
        }
    }
}

/// Gives each history in a folder and, up to a depth, in those below it.
fn look(folder: &Path, depth: u8, family: Family, give: &mut dyn FnMut(&Path)) {
    let path = folder.join(family.database());
    if path.is_file() {
        give(&path);
    }
    if depth == 0 {
        return;
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.take(MAX_FOLDERS) {
        // Also through links: a profile can lie on another disk.
        if entry.path().is_dir() {
            look(&entry.path(), depth - 1, family, give);
        }
    }
}

/// Profiles that Firefox's list puts outside of its folder.
fn elsewhere(account: &Account, folder: &Path) -> Vec<PathBuf> {
    let Ok((file, _)) = open_owned(&folder.join("profiles.ini"), account.owner) else {
        return Vec::new();
    };
    let mut text = String::new();
    // Not text: no list.
    let read = file.take(MAX_INI).read_to_string(&mut text);
    let paths = text.lines().filter_map(|line| line.strip_prefix("Path="));
    match read {
        Ok(_) => paths
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .collect(),
        Err(_) => Vec::new(),
    }
}

impl Found {
    /// The same, and the histories that are still where they were before. Whichever program uses one
    /// next, it keeps the name that it had: it stays the same history.
    pub(super) fn with(mut self, before: &Known, accounts: &[Account]) -> Self {
        for (_, history) in before.histories(accounts) {
            if history.path.is_file() {
                let (browser, family) = (history.browser, history.family);
                self.add(browser, family, &history.account, &history.path);
            }
        }
        for (key, mut history) in std::mem::take(&mut self.histories) {
            let name = before.browser(&history.account.name, &history.path);
            history.browser = name.unwrap_or(history.browser);
            let named = history.key();
            if let Some(exe) = self.used_by.remove(&key) {
                self.used_by.insert(named.clone(), exe);
            }
            self.histories.insert(named, history);
        }
        self
    }

    fn add_used(&mut self, program: &Program, family: Family, account: &Account, path: &Path) {
        let browser = named(program, family, path);
        let Some(key) = self.add(browser, family, account, path) else {
            return;
        };
        self.used_by
            .entry(key)
            .or_insert_with(|| program.exe.clone());
    }

    fn add(
        &mut self,
        browser: &'static str,
        family: Family,
        account: &Account,
        path: &Path,
    ) -> Option<SourceKey> {
        let (folder, name) = (path.parent()?, path.file_name()?);
        // One history has one path.
        let folder = folder.canonicalize().ok()?;
        let path = folder.join(name);
        let metadata = folder.metadata().ok()?;
        let same = |(_, history): &(&SourceKey, &History)| history.path == path;
        if let Some((key, _)) = self.histories.iter().find(same) {
            return Some(key.clone());
        }
        if self.histories.len() >= MAX_HISTORIES {
            self.too_many = true;
            return None;
        }
        let history = History {
            browser,
            family,
            account: account.clone(),
            path,
            folder: identity(&metadata),
        };
        let key = history.key();
        self.histories.insert(key.clone(), history);
        Some(key)
    }

    /// Watches the folder, or the nearest above it that is there.
    fn watch(&mut self, home: &Path, folder: &Path) {
        let here = folder
            .ancestors()
            .take_while(|ancestor| ancestor.starts_with(home))
            .find(|ancestor| ancestor.is_dir());
        self.watch.extend(here.map(Path::to_owned));
    }
}

fn begins_as_database(path: &Path, account: &Account) -> bool {
    let Ok((mut file, _)) = open_owned(path, account.owner) else {
        return false;
    };
    let mut start = [0; SQLITE.len()];
    file.read_exact(&mut start).is_ok() && start == *SQLITE
}
