//! The package that a program's file came with.
//!
//! Promises: what is named is owned by that package and lies where the package put it: a program in
//! a container that has the path of another is not taken for it. It says where the file came from and
//! not that it is unchanged; the hash says that. Reads whole lists: for a thread of its own.

use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;

use crate::platform::program::{FileKey, key_at};

/// Where programs lie twice by name: `/bin` is a link to `/usr/bin`, and lists have either.
const MERGED: &str = "/usr";
/// A list of a package's files.
const LIST: &str = "list";
/// Longer lists than any package has are passed over.
const MAX_LIST: u64 = 16 << 20;
/// Where programs of a flatpak lie, as they see it themselves.
const FLATPAK_INSIDE: &str = "/app/";

/// Where packages keep what they own.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    dpkg: PathBuf,
    snap: [PathBuf; 2],
    flatpak: Vec<PathBuf>,
}

impl Origins {
    /// Those of a computer whose files lie below `root`, with the homes of the monitored accounts.
    pub(super) fn below(root: &Path, homes: &[PathBuf]) -> Self {
        let own = homes
            .iter()
            .map(|home| home.join(".local/share/flatpak/app"));
        Self {
            dpkg: root.join("var/lib/dpkg/info"),
            snap: [root.join("snap"), root.join("var/lib/snapd/snap")],
            flatpak: std::iter::once(root.join("var/lib/flatpak/app"))
                .chain(own)
                .collect(),
        }
    }

    /// Of the file that a process runs, by the path that it has there.
    pub(super) fn of(&self, path: &str, key: FileKey) -> Option<String> {
        if let Some(inside) = path.strip_prefix(FLATPAK_INSIDE) {
            return self.flatpak(inside, key);
        }
        if key_at(Path::new(path)) != Some(key) {
            return None;
        }
        for place in &self.snap {
            if let Ok(inside) = Path::new(path).strip_prefix(place) {
                let name = inside.components().next()?.as_os_str().to_str()?;
                return Some(format!("snap:{name}"));
            }
        }
        self.dpkg(path)
    }

    fn dpkg(&self, path: &str) -> Option<String> {
        let merged = path.strip_prefix(MERGED).unwrap_or(path);
        // Every line of a list ends; a path is a whole one.
        let finder = Finder::new(merged.as_bytes());
        for entry in fs::read_dir(&self.dpkg).ok()?.flatten() {
            let list = entry.path();
            if list.extension().is_none_or(|extension| extension != LIST)
                || entry.metadata().map_or(u64::MAX, |it| it.len()) > MAX_LIST
            {
                continue;
            }
            let Ok(text) = fs::read(&list) else { continue };
            let whole = |at: usize| {
                let before = text.get(..at).unwrap_or_default();
                let after = at.checked_add(merged.len()).and_then(|end| text.get(end));
                let start = before.strip_suffix(MERGED.as_bytes()).unwrap_or(before);
                matches!(start.last(), None | Some(b'\n')) && matches!(after, None | Some(b'\n'))
            };
            if finder.find_iter(&text).any(whole) {
                let name = list.file_stem()?.to_str()?;
                let name = name.split(':').next().unwrap_or(name);
                return Some(format!("dpkg:{name}"));
            }
        }
        None
    }

    /// `inside`: below the folder in which every flatpak sees its own files.
    fn flatpak(&self, inside: &str, key: FileKey) -> Option<String> {
        for entry in self
            .flatpak
            .iter()
            .flat_map(fs::read_dir)
            .flatten()
            .flatten()
        {
            let file = entry.path().join("current/active/files").join(inside);
            if key_at(&file) == Some(key) {
                return Some(format!("flatpak:{}", entry.file_name().to_str()?));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(root: &Path, path: &str, text: &str) -> PathBuf {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn each_manager_is_asked_about_its_own_files() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let home = root.join("home/alex");
        let origins = Origins::below(&root, std::slice::from_ref(&home));
        let of = |path: &Path, inside: &str| origins.of(inside, key_at(path).unwrap());

        let owned = file(&root, "opt/tool", "1");
        let path = owned.to_str().unwrap();
        file(
            &root,
            "var/lib/dpkg/info/aaa.list",
            &format!("/.\n{path}-x\n"),
        );
        file(&root, "var/lib/dpkg/info/bbb.md5sums", &format!("{path}\n"));
        assert_eq!(of(&owned, path), None);
        file(
            &root,
            "var/lib/dpkg/info/tools:amd64.list",
            &format!("/.\n/opt\n{path}\n"),
        );
        assert_eq!(of(&owned, path).as_deref(), Some("dpkg:tools"));
        // It has the path of another, in a container of its own.
        let other = file(&root, "other", "2");
        assert_eq!(of(&other, path), None);

        let snap = file(&root, "snap/player/12/bin/player", "3");
        assert_eq!(
            of(&snap, snap.to_str().unwrap()).as_deref(),
            Some("snap:player")
        );
        for (place, name) in [
            (root.join("var/lib/flatpak/app"), "org.example.All"),
            (home.join(".local/share/flatpak/app"), "org.example.Own"),
        ] {
            let path = format!("{name}/current/active/files/bin/play");
            let program = file(&place, &path, name);
            let inside = of(&program, "/app/bin/play");
            assert_eq!(inside, Some(format!("flatpak:{name}")));
        }
        assert_eq!(of(&other, "/app/bin/play"), None);
    }

    #[test]
    fn a_merged_path_is_found_under_either_name() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let origins = Origins::below(root, &[]);
        let list = "var/lib/dpkg/info/coreutils.list";
        for line in ["/bin/cat", "/usr/bin/cat"] {
            file(root, list, &format!("/.\n{line}\n"));
            for path in ["/bin/cat", "/usr/bin/cat"] {
                let found = origins.dpkg(path);
                assert_eq!(found.as_deref(), Some("dpkg:coreutils"), "{line} {path}");
            }
        }
        file(root, list, "/opt/bin/cat\n/bin/cat2\n/opt/usr/bin/cat\n");
        assert_eq!(origins.dpkg("/usr/bin/cat"), None);
    }
}
