//! Tells of browsers and profiles that are new, and of those whose history is gone as a file.
//!
//! Promises: a profile is told once, also when the agent was down as it came; what is there when the
//! source first looks, or after a time without an order, is no news. A history is told to be deleted
//! only after it has stayed away for a while, on a disk that is there, and if its visits do not live
//! on in another profile, as after a move. Refuses: folders that a browser without a window makes for
//! one run and deletes by itself. What looks alike: the profile that another program has a browser use
//! for a while, and deletes.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::fact::{BrowserFound, Cleared, Fact};
use proviso_report::record::Method;

use super::beside::{gone, memory_key};
use super::cleared::young;
use super::find::{Found, History};
use super::known::{Known, MAX_PROFILES};
use super::memory::Memory;
use super::wants::Wants;
use crate::platform::accounts::Account;
use crate::platform::clock;
use crate::platform::files::identity;
use crate::source::hand_over::hand_over;
use crate::source::wanted::WantedTimes;
use crate::source::{NotTaken, Observation, Port, SourceKey};

const KEY: &str = "history|profiles";
/// A browser that puts another file in place is quicker.
const AWAY: Duration = Duration::from_secs(10);
/// Browsers that run without a window and without a folder of their own make one of this name.
const ONE_RUN: &str = "scoped_dir";
/// Programs below these were installed, by the system or by its stores.
const INSTALLED: &[&str] = &[
    "/usr",
    "/opt",
    "/bin",
    "/lib",
    "/lib64",
    "/snap",
    "/var/lib/snapd",
    "/var/lib/flatpak",
    "/app",
    "/nix",
    "/gnu",
];
/// Programs below these were brought along.
const CARRIED: &[&str] = &[
    "/home",
    "/root",
    "/media",
    "/mnt",
    "/run/media",
    "/run/user",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
];

/// What is known of the profiles.
#[derive(Debug)]
pub(super) struct Profiles {
    port: Port,
    wants: Wants,
    times: Arc<WantedTimes>,
    known: Known,
    /// Nothing was known before: what is there is no news.
    is_base: bool,
    /// Since when these are away.
    away: BTreeMap<SourceKey, Instant>,
    /// For how long they must be.
    pub(super) patience: Duration,
}

impl Profiles {
    /// As the journal keeps it.
    pub(super) async fn load(port: Port, wants: Wants, times: Arc<WantedTimes>) -> Self {
        let now = clock::now().0;
        let bytes = port.cursor(KEY).await.unwrap_or_default();
        let known = Known::from_bytes(&bytes);
        let known = known.filter(|known| times.cover_all_of(known.seen.min(now)..=now));
        Self {
            port,
            wants,
            times,
            is_base: known.is_none(),
            known: known.unwrap_or(Known::begin(now)),
            away: BTreeMap::new(),
            patience: AWAY,
        }
    }

    /// What was there before.
    pub(super) const fn known(&self) -> &Known {
        &self.known
    }

    /// Hands over what is new in what was found for these accounts, and what is gone from it.
    pub(super) async fn compare(
        &mut self,
        found: &Found,
        accounts: &[Account],
    ) -> Result<(), NotTaken> {
        self.tell_new(found).await?;
        self.tell_gone(found, accounts).await
    }

    async fn tell_new(&mut self, found: &Found) -> Result<(), NotTaken> {
        let mut known = self.known.clone();
        let mut news = Vec::new();
        for (key, history) in &found.histories {
            let is_new = known.note(key, history);
            if is_new && !self.is_base && self.wants.found && !is_of_one_run(&history.path) {
                let exe = found.used_by.get(key);
                news.push(seen(history, exe.and_then(|exe| is_carried(exe, history))));
            }
        }
        if known.count() > MAX_PROFILES {
            known.keep_only(|key| found.histories.contains_key(key));
        }
        if known == self.known && !self.is_base {
            return Ok(());
        }
        known.seen = clock::now().0;
        hand_over(&self.port, KEY, &news, &known.to_bytes()).await?;
        self.known = known;
        self.is_base = false;
        Ok(())
    }

    async fn tell_gone(&mut self, found: &Found, accounts: &[Account]) -> Result<(), NotTaken> {
        let known = self.known.histories(accounts);
        self.away
            .retain(|key, _| !found.histories.contains_key(key));
        for (key, history) in known {
            if found.histories.contains_key(&key) {
                continue;
            }
            if !is_away(&history) {
                self.away.remove(&key);
                continue;
            }
            let since = *self.away.entry(key.clone()).or_insert_with(Instant::now);
            if since.elapsed() < self.patience {
                continue;
            }
            self.tell_deleted(found, &key, &history).await?;
            let mut known = self.known.clone();
            known.forget(&key);
            hand_over(&self.port, KEY, &[], &known.to_bytes()).await?;
            self.known = known;
            self.away.remove(&key);
        }
        Ok(())
    }

    async fn tell_deleted(
        &self,
        found: &Found,
        key: &SourceKey,
        history: &History,
    ) -> Result<(), NotTaken> {
        let now = clock::now().0;
        let Some(memory) = self.memory(key).await else {
            return Ok(());
        };
        let wanted = self.wants.cleared && self.times.cover_all_of(memory.seen.min(now)..=now);
        let count = young(&memory, now);
        let tells = wanted
            && count > 0
            && !is_of_one_run(&history.path)
            && !self.lives_on(found, history, &memory).await;
        let news: Vec<Observation> = tells
            .then(|| gone(history, Cleared::Deleted, count))
            .into_iter()
            .collect();
        // Whatever comes in its place begins anew.
        hand_over(&self.port, &memory_key(key), &news, &[]).await
    }

    /// Is the better part of its visits in another profile?
    async fn lives_on(&self, found: &Found, history: &History, memory: &Memory) -> bool {
        for (key, other) in &found.histories {
            if other.family != history.family || other.account.name != history.account.name {
                continue;
            }
            let same = match self.memory(key).await {
                Some(other) => memory.times.intersection(&other.times).count(),
                None => 0,
            };
            if same.saturating_mul(2) >= memory.times.len() {
                return true;
            }
        }
        false
    }

    async fn memory(&self, key: &str) -> Option<Memory> {
        Memory::from_bytes(&self.port.cursor(&memory_key(key)).await?)
    }
}

/// A record that a profile is new.
fn seen(history: &History, portable: Option<bool>) -> Observation {
    Observation {
        at: clock::now(),
        account: Some(history.account.name.clone()),
        method: Method::History,
        fact: Fact::BrowserFound(BrowserFound {
            browser: history.browser.to_owned(),
            profile: history.profile(),
            path: history.profile_folder().to_string_lossy().into_owned(),
            portable,
        }),
    }
}

fn is_of_one_run(path: &Path) -> bool {
    let mut names = path.components().rev().skip(1);
    names.any(|name| name.as_os_str().to_string_lossy().starts_with(ONE_RUN))
        && path
            .components()
            .any(|name| name.as_os_str().to_string_lossy().ends_with("-headless"))
}

/// Was the program brought along, and not installed? `None`: its place does not say.
fn is_carried(exe: &Path, history: &History) -> Option<bool> {
    let below = |places: &[&str]| places.iter().any(|place| exe.starts_with(place));
    // Homes come first: they can lie anywhere.
    if exe.starts_with(&history.account.home) || below(CARRIED) {
        Some(true)
    } else {
        below(INSTALLED).then_some(false)
    }
}

/// Is the file gone, and the disk that it was on still there?
fn is_away(history: &History) -> bool {
    match std::fs::symlink_metadata(&history.path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        _ => return false,
    }
    let there = history
        .path
        .ancestors()
        .skip(1)
        .find(|folder| folder.is_dir());
    let Some(there) = there else {
        return false;
    };
    let (device, _) = history.folder;
    let same_disk = there.metadata().is_ok_and(|it| identity(&it).0 == device);
    let home = &history.account.home;
    let home = home.canonicalize().unwrap_or_else(|_| home.clone());
    let in_home = history.path.starts_with(&home);
    // A home that is locked shows names that nobody gave, none of which begins with a dot.
    let is_open = there != home || has_hidden(&home);
    same_disk && (!in_home || (there.starts_with(&home) && is_open))
}

fn has_hidden(home: &Path) -> bool {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    names.any(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::accounts::Owner;
    use crate::source::history::family::Family;

    fn history(home: &Path, path: &Path) -> History {
        let folder = path.ancestors().find(|folder| folder.is_dir()).unwrap();
        History {
            browser: "firefox",
            family: Family::Firefox,
            account: Account {
                name: "alex".into(),
                owner: Owner(5),
                home: home.into(),
            },
            path: path.into(),
            folder: identity(&folder.metadata().unwrap()),
        }
    }

    #[test]
    fn where_a_program_lies_says_whether_it_was_installed() {
        let dir = tempfile::tempdir().unwrap();
        let mut history = history(dir.path(), &dir.path().join("x"));
        history.account.home = "/srv/alex".into();
        for (exe, carried) in [
            ("/usr/lib/chromium/chromium", Some(false)),
            ("/snap/firefox/1/usr/lib/firefox/firefox", Some(false)),
            ("/app/lib/firefox/firefox", Some(false)),
            ("/home/alex/Downloads/chrome-linux/chrome", Some(true)),
            ("/srv/alex/tor-browser/Browser/firefox.real", Some(true)),
            ("/media/alex/STICK/firefox/firefox", Some(true)),
            ("/tmp/.mount_waterf/waterfox", Some(true)),
            ("/srv/tools/firefox", None),
        ] {
            assert_eq!(is_carried(Path::new(exe), &history), carried, "{exe}");
        }
    }

    #[test]
    fn only_folders_of_one_run_are_passed_over() {
        for (path, one_run) in [
            (
                "/h/.config/chromium-headless/scoped_dirAb/Default/History",
                true,
            ),
            ("/h/scoped_dirAb/Default/History", false),
            ("/h/.config/chromium-headless/Default/History", false),
            ("/h/.config/chromium/Default/History", false),
        ] {
            assert_eq!(is_of_one_run(Path::new(path)), one_run, "{path}");
        }
    }

    #[test]
    fn a_disk_that_is_not_there_takes_no_history_away() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let profile = home.join(".mozilla/firefox/x");
        std::fs::create_dir_all(&profile).unwrap();
        let path = profile.join("places.sqlite");
        std::fs::write(&path, b"").unwrap();
        let mut history = history(&home, &path);
        assert!(!is_away(&history));
        std::fs::remove_dir_all(&profile).unwrap();
        assert!(is_away(&history));
        let folder = history.folder;
        history.folder.0 ^= 1;
        assert!(!is_away(&history), "it was on another disk");
        history.folder = folder;
        // As a home looks that is locked, and one that is only empty of browsers.
        std::fs::remove_dir_all(home.join(".mozilla")).unwrap();
        std::fs::create_dir(home.join("QkxPQ0tFRA")).unwrap();
        assert!(!is_away(&history));
        std::fs::create_dir(home.join(".cache")).unwrap();
        assert!(is_away(&history));
    }
}
