//! Which packages are installed, by the lists of the package managers: dpkg, pacman, apk, snap and
//! flatpak. Those of rpm are in a database; their programs show them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::SystemTime;

use super::places::names;

const DPKG: &str = "var/lib/dpkg/status";
const APK: &str = "lib/apk/db/installed";
/// A full desktop has some ten megabytes of it.
const MAX_LIST: u64 = 64 << 20;
/// A longer line names no package.
const MAX_LINE: u64 = 64 << 10;

/// Packages, each with its manager.
pub(super) type Found = BTreeMap<String, &'static str>;

/// What the long lists say, which are read again only when they change.
#[derive(Debug, Default)]
pub(super) struct Lists {
    stamps: Option<[Stamp; 2]>,
    found: Found,
}

/// Changes with the file; none, when there is none.
type Stamp = Option<(SystemTime, u64)>;

impl Lists {
    /// Which of `wanted` are installed.
    pub(super) fn installed(
        &mut self,
        root: &Path,
        wanted: &dyn Fn(&str) -> bool,
    ) -> io::Result<Found> {
        let stamps = [DPKG, APK].map(|list| {
            let metadata = std::fs::metadata(root.join(list)).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        });
        if self.stamps != Some(stamps) {
            self.found = long(root, wanted)?;
            self.stamps = Some(stamps);
        }
        let mut found = self.found.clone();
        short(root, &mut |name: &str, manager| {
            if wanted(name) {
                found.entry(name.to_owned()).or_insert(manager);
            }
        });
        Ok(found)
    }
}

fn long(root: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Found> {
    let mut found = BTreeMap::new();
    let mut note = |name: &str, manager| {
        if wanted(name) {
            found.entry(name.to_owned()).or_insert(manager);
        }
    };
    let mut package = String::new();
    lines(&root.join(DPKG), |line| {
        if let Some(name) = line.strip_prefix("Package: ") {
            name.trim_end().clone_into(&mut package);
        } else if line.trim_end() == "Status: install ok installed"
            || line.trim_end() == "Status: hold ok installed"
        {
            note(&package, "dpkg");
        }
    })?;
    lines(&root.join(APK), |line| {
        if let Some(name) = line.strip_prefix("P:") {
            note(name.trim_end(), "apk");
        }
    })?;
    Ok(found)
}

fn short(root: &Path, note: &mut dyn FnMut(&str, &'static str)) {
    for folder in names(&root.join("var/lib/pacman/local")) {
        // Name, version and release.
        let mut parts = folder.rsplitn(3, '-');
        if let (Some(_), Some(_), Some(name)) = (parts.next(), parts.next(), parts.next()) {
            note(name, "pacman");
        }
    }
    for file in names(&root.join("var/lib/snapd/snaps")) {
        if let Some((name, _)) = file
            .strip_suffix(".snap")
            .and_then(|it| it.rsplit_once('_'))
        {
            note(name, "snap");
        }
    }
    for name in names(&root.join("var/lib/flatpak/app")) {
        note(&name, "flatpak");
    }
}

/// Calls with each line of a file; a file that is not there has none.
fn lines(path: &Path, mut each: impl FnMut(&str)) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut reader = BufReader::new(file.take(MAX_LIST));
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(());
        }
        if let Ok(line) = str::from_utf8(&line) {
            each(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn write(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn each_manager_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(
            root,
            "var/lib/dpkg/status",
            b"Package: wipe\nStatus: install ok installed\n\nPackage: tor\nStatus: deinstall ok config-files\n\nPackage: scrub\nStatus: hold ok installed\n",
        );
        write(
            root,
            "lib/apk/db/installed",
            b"C:Q1\nP:gocryptfs\nV:1\n\nP:musl\n",
        );
        write(root, "var/lib/pacman/local/encfs-1.9.5-8/desc", b"");
        write(root, "var/lib/snapd/snaps/multipass_1234.snap", b"");
        write(root, "var/lib/flatpak/app/org.gnome.Boxes/x", b"");
        let mut lists = Lists::default();
        let found = lists.installed(root, &|name| name != "musl").unwrap();
        let found: Vec<_> = found.iter().map(|(name, by)| (&**name, *by)).collect();
        assert_eq!(
            found,
            [
                ("encfs", "pacman"),
                ("gocryptfs", "apk"),
                ("multipass", "snap"),
                ("org.gnome.Boxes", "flatpak"),
                ("scrub", "dpkg"),
                ("wipe", "dpkg"),
            ]
        );
        std::fs::remove_file(root.join(DPKG)).unwrap();
        let found = lists.installed(root, &|_| true).unwrap();
        assert!(!found.contains_key("wipe") && found.contains_key("musl"));
        let none = lists.installed(&root.join("none"), &|_| true).unwrap();
        assert!(none.is_empty());
    }

    proptest! {
        #[test]
        fn any_list_is_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), "var/lib/dpkg/status", &bytes);
            prop_assert!(Lists::default().installed(dir.path(), &|_| true).is_ok());
        }
    }
}
