//! The places of this computer that the order wants watched, and whose they are.
//!
//! Promises: of the monitored accounts and of nobody else. A folder counts as an account's only if
//! it belongs to it, whatever a setting of the desktop says; a volume that the desktop mounted for
//! another account is never looked at; and of a place that all share the files of other accounts are
//! passed over without a name or a count.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proviso_report::fact::{Gap, GapCause};

use super::KEY;
use super::asked::{Asked, Reach};
use super::user_dirs;
use crate::platform::accounts::{self, Account, Owner};
use crate::platform::files;
use crate::platform::mounts::{Mount, Sort};
use crate::source::history::places as browsers;

const REMOVABLE: &str = "removable";
const NETWORK: &str = "network";
const PROFILE: &str = "browser_profile";
/// Below these the desktop has a folder for each account.
const SESSIONS: &[&str] = &["/media", "/run/media"];
/// Numbers below belong to the system on every Linux that people sit at.
const FIRST_PERSON: u32 = 1000;

/// A folder that is watched with all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder, without links in it.
    pub(super) root: PathBuf,
    /// What it is for, as records say.
    pub(super) name: Option<&'static str>,
    /// Whose account; `None`: all share it.
    pub(super) account: Option<String>,
    /// It lies on a volume that can come and go.
    pub(super) sort: Option<Sort>,
    /// That volume's id.
    pub(super) volume: Option<String>,
}

/// All that are there.
#[derive(Debug, Default)]
pub(super) struct Places {
    accounts: Vec<Account>,
    /// Of numbers that are not monitored: is it another person's account?
    others: BTreeMap<u32, bool>,
    all: Vec<Place>,
    /// Names in the order that mean nothing here.
    pub(super) unknown: Vec<String>,
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// A monitored account's, or the system's.
    To(Option<String>),
    /// Another person's: not looked at.
    Other,
}

impl Place {
    /// Names it beside others of the same folder.
    pub(super) fn id(&self) -> Vec<u8> {
        let mut id = files::path_bytes(&self.root).to_vec();
        id.push(0);
        id.extend(self.volume.as_deref().unwrap_or_default().as_bytes());
        id
    }
}

impl Places {
    /// Those that are there now.
    pub(super) fn plan(asked: &Asked, accounts: &[Account], mounts: &[Mount]) -> Self {
        let mut places = Self {
            accounts: accounts.to_vec(),
            ..Self::default()
        };
        for account in accounts {
            for (name, folder) in user_dirs::of(account) {
                if asked.wants(name) {
                    places.add_home(account, &folder, Some(name), mounts);
                }
            }
            if asked.names(PROFILE) {
                for folder in browsers::folders() {
                    let folder = account.home.join(folder);
                    places.add_home(account, &folder, Some(PROFILE), mounts);
                }
            }
        }
        for mount in mounts {
            let name = name(mount.sort);
            if asked.wants(name) || asked.lies_in_folder(&mount.point) {
                places.add_mount(mount);
            }
        }
        let Reach::Named {
            places: named,
            folders,
        } = &asked.reach
        else {
            return places;
        };
        for folder in folders {
            match folder.strip_prefix('~') {
                Some(rest) => {
                    for account in accounts {
                        let folder = account.home.join(rest.trim_start_matches('/'));
                        places.add_home(account, &folder, None, mounts);
                    }
                }
                None => places.add_folder(Path::new(folder), mounts),
            }
        }
        let known = |name: &&String| {
            [REMOVABLE, NETWORK, PROFILE].contains(&name.as_str())
                || user_dirs::names().any(|one| one == name.as_str())
        };
        places.unknown = named.iter().filter(|name| !known(name)).cloned().collect();
        places
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Place] {
        &self.all
    }

    /// Whose is a file of this owner in this place?
    pub(super) fn belongs(&mut self, place: &Place, owner: Option<Owner>) -> Belongs {
        // The numbers on somebody's own volume are those of the computer that wrote it.
        let own_volume = place.sort.is_some() && place.account.is_some();
        let Some(owner) = owner.filter(|_| !own_volume) else {
            return Belongs::To(place.account.clone());
        };
        let mut accounts = self.accounts.iter();
        if let Some(account) = accounts.find(|account| account.owner == owner) {
            return Belongs::To(Some(account.name.clone()));
        }
        if self.is_other(owner) {
            return Belongs::Other;
        }
        Belongs::To(place.account.clone())
    }

    fn is_other(&mut self, owner: Owner) -> bool {
        // Where it cannot be told it may be somebody.
        let ask = || owner.0 >= FIRST_PERSON && accounts::exists(owner).unwrap_or(true);
        // The number of nobody, for shares and containers.
        owner.0 != 65_534 && *self.others.entry(owner.0).or_insert_with(ask)
    }

    fn add_home(
        &mut self,
        account: &Account,
        folder: &Path,
        name: Option<&'static str>,
        mounts: &[Mount],
    ) {
        let Some((root, owner)) = folder_at(folder) else {
            return;
        };
        if owner.is_none_or(|owner| owner == account.owner) {
            let on = mount_of(&root, mounts).cloned();
            self.push(root, name, Some(account.name.clone()), on.as_ref());
        }
    }

    fn add_mount(&mut self, mount: &Mount) {
        let Some(account) = self.session(&mount.point) else {
            return;
        };
        self.push(mount.point.clone(), None, account, Some(mount));
    }

    fn add_folder(&mut self, folder: &Path, mounts: &[Mount]) {
        let Some((root, owner)) = folder_at(folder) else {
            return;
        };
        let mount = mount_of(&root, mounts).cloned();
        let account = match &mount {
            Some(mount) => self.session(&mount.point),
            None => match owner.map(|owner| self.owner(owner)) {
                None => Some(None),
                Some(account) => account,
            },
        };
        if let Some(account) = account {
            self.push(root, None, account, mount.as_ref());
        }
    }

    /// For whom it was mounted; `None`: for another account.
    fn session(&self, point: &Path) -> Option<Option<String>> {
        let mut accounts = self.accounts.iter();
        if let Some(account) = accounts.find(|account| point.starts_with(&account.home)) {
            return Some(Some(account.name.clone()));
        }
        let below = SESSIONS
            .iter()
            .find_map(|folder| point.strip_prefix(folder).ok());
        let Some(name) = below.and_then(|below| below.iter().next()?.to_str()) else {
            return Some(None);
        };
        if self.accounts.iter().any(|account| account.name == name) {
            return Some(Some(name.to_owned()));
        }
        accounts::find(name).is_err().then_some(None)
    }

    /// The same by its owner.
    fn owner(&mut self, owner: Owner) -> Option<Option<String>> {
        let mut accounts = self.accounts.iter();
        if let Some(account) = accounts.find(|account| account.owner == owner) {
            return Some(Some(account.name.clone()));
        }
        (!self.is_other(owner)).then_some(None)
    }

    fn push(
        &mut self,
        root: PathBuf,
        place: Option<&'static str>,
        account: Option<String>,
        mount: Option<&Mount>,
    ) {
        if let Some(known) = self.all.iter_mut().find(|known| known.root == root) {
            known.name = known.name.or(place);
            return;
        }
        self.all.push(Place {
            root,
            name: place.or(mount.map(|mount| name(mount.sort))),
            account,
            sort: mount.map(|mount| mount.sort),
            volume: mount.and_then(|mount| mount.volume.clone()),
        });
    }
}

impl Asked {
    /// Is a place of this name wanted?
    fn wants(&self, place: &str) -> bool {
        self.reach == Reach::Everywhere || self.names(place)
    }

    /// Does the order name it?
    fn names(&self, name: &str) -> bool {
        match &self.reach {
            Reach::Everywhere => false,
            Reach::Named { places, .. } => places.contains(name),
        }
    }

    fn lies_in_folder(&self, point: &Path) -> bool {
        match &self.reach {
            Reach::Everywhere => false,
            Reach::Named { folders, .. } => folders.iter().any(|one| point.starts_with(one)),
        }
    }

    /// Can it want anything of volumes that come and go?
    pub(super) fn wants_volumes(&self) -> bool {
        let folders = match &self.reach {
            Reach::Everywhere => false,
            Reach::Named { folders, .. } => !folders.is_empty(),
        };
        folders || self.wants(REMOVABLE) || self.wants(NETWORK)
    }
}

/// A gap of this source, in these words.
pub(super) fn missing(detail: String) -> Gap {
    Gap {
        cause: GapCause::SourceFailed,
        source: Some(KEY.to_owned()),
        count: None,
        from: None,
        to: None,
        detail,
    }
}

const fn name(sort: Sort) -> &'static str {
    match sort {
        Sort::Removable => REMOVABLE,
        Sort::Network => NETWORK,
    }
}

fn mount_of<'a>(root: &Path, mounts: &'a [Mount]) -> Option<&'a Mount> {
    let around = mounts.iter().filter(|mount| root.starts_with(&mount.point));
    around.max_by_key(|mount| mount.point.as_os_str().len())
}

/// A folder without links in its path, and its owner.
fn folder_at(path: &Path) -> Option<(PathBuf, Option<Owner>)> {
    let root = fs::canonicalize(path).ok()?;
    let metadata = fs::symlink_metadata(&root).ok()?;
    metadata.is_dir().then(|| (root, files::owner(&metadata)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn asked(places: &[&str], folders: &[&str]) -> Asked {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Asked {
            reach: Reach::Named {
                places: set(places),
                folders: set(folders),
            },
            ..Asked::default()
        }
    }

    fn alex(home: &Path) -> Account {
        Account {
            name: "alex".into(),
            owner: Owner(rustix::process::getuid().as_raw()),
            home: home.to_owned(),
        }
    }

    fn mount(point: &Path, sort: Sort) -> Mount {
        Mount {
            point: point.to_owned(),
            sort,
            volume: Some("1A2B-3C4D".into()),
        }
    }

    #[test]
    fn only_what_is_asked_for_and_belongs_to_the_account_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let alex = alex(&home);
        for folder in ["Downloads", "Pictures", "Shared/in"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        let roots = |asked: &Asked, mounts: &[Mount]| -> Vec<(PathBuf, Option<&'static str>)> {
            let places = Places::plan(asked, std::slice::from_ref(&alex), mounts);
            let all = places.all().iter();
            all.map(|place| (place.root.clone(), place.name)).collect()
        };
        let downloads = (home.join("Downloads"), Some("downloads"));
        assert_eq!(roots(&asked(&["downloads"], &[]), &[]), [downloads]);
        assert_eq!(roots(&Asked::default(), &[]), []);
        let shared = (home.join("Shared"), None);
        assert_eq!(roots(&asked(&[], &["~/Shared/", "~/None"]), &[]), [shared]);
        let everywhere = Asked {
            reach: Reach::Everywhere,
            ..Asked::default()
        };
        assert_eq!(roots(&everywhere, &[]).len(), 2);
        // A link in its place leads to what may be another's.
        fs::remove_dir(home.join("Pictures")).unwrap();
        symlink("/etc", home.join("Pictures")).unwrap();
        let pictures = roots(&asked(&["pictures"], &[]), &[]);
        let owned = rustix::process::getuid().is_root();
        assert_eq!(pictures.len(), usize::from(owned));
        let places = Places::plan(&asked(&["dungeon"], &[]), &[], &[]);
        assert_eq!(places.unknown, ["dungeon"]);
    }

    #[test]
    fn volumes_are_watched_for_whom_they_were_mounted() {
        let dir = tempfile::tempdir().unwrap();
        let alex = alex(dir.path());
        let all = [
            mount(Path::new("/media/alex/stick"), Sort::Removable),
            mount(Path::new("/media/root/stick"), Sort::Removable),
            mount(Path::new("/mnt/share"), Sort::Network),
        ];
        let places = Places::plan(
            &asked(&["removable"], &[]),
            std::slice::from_ref(&alex),
            &all,
        );
        let [stick] = places.all() else {
            panic!("{places:?}")
        };
        assert_eq!(stick.account.as_deref(), Some("alex"));
        assert_eq!(
            (stick.name, stick.volume.as_deref()),
            (Some("removable"), Some("1A2B-3C4D"))
        );
        let places = Places::plan(&asked(&[], &["/mnt"]), std::slice::from_ref(&alex), &all);
        let mut all = places.all().iter();
        let share = all
            .find(|place| place.root == Path::new("/mnt/share"))
            .unwrap();
        assert_eq!(
            (share.name, share.account.as_deref()),
            (Some("network"), None)
        );
    }

    #[test]
    fn files_of_other_accounts_are_nobodys_business() {
        let dir = tempfile::tempdir().unwrap();
        let mut alex = alex(dir.path());
        alex.owner = Owner(4_000_001);
        let mut places = Places {
            accounts: vec![alex],
            ..Places::default()
        };
        places.others.insert(1001, true);
        let mut place = Place {
            root: "/shared".into(),
            name: None,
            account: None,
            sort: None,
            volume: None,
        };
        let own = Belongs::To(Some("alex".into()));
        let mut of = |place: &Place, owner| places.belongs(place, Some(Owner(owner)));
        assert_eq!(of(&place, 4_000_001), own);
        assert_eq!(of(&place, 1001), Belongs::Other);
        assert_eq!(of(&place, 0), Belongs::To(None));
        assert_eq!(of(&place, 4_000_002), Belongs::To(None), "nobody here");
        place.account = Some("alex".into());
        assert_eq!(of(&place, 1001), Belongs::Other);
        assert_eq!(of(&place, 0), own);
        place.sort = Some(Sort::Removable);
        assert_eq!(of(&place, 1001), own, "a number of another computer");
    }
}
