//! Where package managers keep what is installed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::list::List;
use super::{dpkg, rpm, shelf};
use crate::platform::accounts::Account;
use crate::platform::files::identity;

/// One manager's account of what is installed, for all or for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its cursor, and its name as a source.
    pub(super) key: String,
    /// Its name in records.
    pub(super) manager: &'static str,
    /// For whom; `None`: for all.
    pub(super) account: Option<String>,
    kind: Kind,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dpkg,
    Rpm,
    Snap,
    Flatpak,
}

/// How a place stands: as long as two are equal nothing changed. Of a folder with packages in it
/// that cannot be told, and it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<FileStamp>; 2]);

/// Which file, when it changed, and its length.
type FileStamp = ((u64, u64), SystemTime, u64);

/// Those that this computer could have, with what is below `root` as its files.
pub(super) fn all(root: &Path, accounts: &[Account]) -> Vec<Place> {
    let place = |manager, kind, path: &str| Place {
        key: format!("packages:{manager}"),
        manager,
        account: None,
        kind,
        path: root.join(path),
    };
    let mut places = vec![
        place("dpkg", Kind::Dpkg, "var/lib/dpkg/status"),
        place("rpm", Kind::Rpm, "var/lib/rpm/rpmdb.sqlite"),
        place("snap", Kind::Snap, "snap"),
        place("flatpak", Kind::Flatpak, "var/lib/flatpak/app"),
    ];
    // Where they moved to; the old place is a link, or another's.
    for (place, newer) in [
        (1, "usr/lib/sysimage/rpm/rpmdb.sqlite"),
        (2, "var/lib/snapd/snap"),
    ] {
        if let Some(place) = places.get_mut(place).filter(|place| !place.path.exists())
            && root.join(newer).exists()
        {
            place.path = root.join(newer);
        }
    }
    places.extend(accounts.iter().map(|account| Place {
        key: format!("packages:flatpak:{}", account.name),
        manager: "flatpak",
        account: Some(account.name.clone()),
        kind: Kind::Flatpak,
        path: account.home.join(".local/share/flatpak/app"),
    }));
    places
}

impl Place {
    /// Is this manager used here?
    pub(super) fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// The folders whose changes may be this one's, as deep as they are there.
    pub(super) fn folders(&self, root: &Path) -> Vec<PathBuf> {
        let above = |path: &Path| path.parent().map(Path::to_owned);
        match self.kind {
            Kind::Dpkg | Kind::Rpm => above(&self.path).into_iter().collect(),
            // What is fetched lies there before it can be used.
            Kind::Snap => vec![self.path.clone(), root.join("var/lib/snapd/snaps")],
            // A file above is touched at each change.
            Kind::Flatpak => above(&self.path)
                .into_iter()
                .chain([self.path.clone()])
                .collect(),
        }
    }

    /// Does a change of a file of this name say anything?
    pub(super) fn counts(&self, name: &OsStr) -> bool {
        match self.kind {
            Kind::Dpkg => name == "status",
            Kind::Rpm => name == "rpmdb.sqlite" || name == "rpmdb.sqlite-wal",
            Kind::Snap | Kind::Flatpak => true,
        }
    }

    /// The same, of a place that this computer has.
    pub(super) fn counts_here(&self, name: &OsStr) -> bool {
        self.counts(name) && self.is_there()
    }

    /// How it stands; `None`: only a look tells.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let mut wal = self.path.as_os_str().to_owned();
        wal.push("-wal");
        let of = |path: &Path| {
            let found = std::fs::metadata(path).ok()?;
            Some((identity(&found), found.modified().ok()?, found.len()))
        };
        match self.kind {
            Kind::Dpkg | Kind::Rpm => Some(Stamp([of(&self.path), of(Path::new(&wal))])),
            Kind::Snap | Kind::Flatpak => None,
        }
    }

    /// What is installed. `scratch`: a folder for copies.
    pub(super) fn read(&self, scratch: &Path) -> Result<List, String> {
        let list = match self.kind {
            Kind::Dpkg => dpkg::read(&self.path).map_err(|error| error.to_string()),
            Kind::Rpm => rpm::read(&self.path, scratch).map_err(|error| error.to_string()),
            Kind::Snap => shelf::snaps(&self.path).map_err(|error| error.to_string()),
            Kind::Flatpak => shelf::flatpaks(&self.path).map_err(|error| error.to_string()),
        };
        list.map_err(|why| {
            format!(
                "{}'s list of installed packages cannot be read: {why}; check {} and that the disk has room",
                self.manager,
                self.path.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::accounts::Owner;

    #[test]
    fn managers_are_found_where_they_moved_to() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in [
            "usr/lib/sysimage/rpm",
            "snap",
            "home/alex/.local/share/flatpak/app",
        ] {
            std::fs::create_dir_all(root.join(path)).unwrap();
        }
        std::fs::write(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite"), "").unwrap();
        let alex = Account {
            name: "alex".into(),
            owner: Owner(1),
            home: root.join("home/alex"),
        };
        let places = all(root, std::slice::from_ref(&alex));
        let there: Vec<_> = places
            .iter()
            .filter(|place| place.is_there())
            .map(|place| (&*place.key, place.account.as_deref()))
            .collect();
        assert_eq!(
            there,
            [
                ("packages:rpm", None),
                ("packages:snap", None),
                ("packages:flatpak:alex", Some("alex"))
            ]
        );
        let dpkg = &places[0];
        assert!(dpkg.counts(OsStr::new("status")) && !dpkg.counts(OsStr::new("lock")));
        let before = dpkg.stamp();
        std::fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
        std::fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
        assert!(before.is_some() && before != dpkg.stamp());
    }
}
