//! Tells when something changes in a profile's folder, and when new folders appear.
//!
//! Promises: when the system's queue overflows, everybody is told. Refuses nothing: what cannot be
//! watched is looked at from time to time instead.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{CreateKind, EventKindMask, ModifyKind, RemoveKind, RenameMode};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::platform::files::identity;

/// Watches folders.
#[derive(Debug)]
pub(in crate::source) struct Watch {
    /// `None`: this system has none to give.
    watcher: Option<RecommendedWatcher>,
    routes: Arc<Mutex<Routes>>,
    watched: BTreeMap<PathBuf, (u64, u64)>,
}

/// Who is told of what.
#[derive(Debug)]
struct Routes {
    /// Watched folders that were deleted or moved away: another one in their place has no watch,
    /// even if the system gives it the same number.
    gone: BTreeSet<PathBuf>,
    /// The watched folders.
    watched: BTreeSet<PathBuf>,
    /// By the database's folder: the names that count.
    databases: BTreeMap<PathBuf, Vec<(OsString, Arc<Notify>)>>,
    folders: Arc<Notify>,
}

impl Watch {
    /// Watches nothing yet. `folders` is told of new folders.
    pub(in crate::source) fn new(folders: Arc<Notify>) -> Self {
        let routes = Arc::new(Mutex::new(Routes {
            gone: BTreeSet::new(),
            watched: BTreeSet::new(),
            databases: BTreeMap::new(),
            folders,
        }));
        let told = Arc::clone(&routes);
        // Only pushes: the system's queue must not wait for us.
        let handler = move |event| {
            let mut routes = told.lock().unwrap_or_else(PoisonError::into_inner);
            routes.tell(event);
        };
        let kinds = EventKindMask::CREATE
            | EventKindMask::REMOVE
            | EventKindMask::MODIFY_DATA
            | EventKindMask::MODIFY_NAME;
        let config = Config::default().with_event_kinds(kinds);
        let watcher = RecommendedWatcher::new(handler, config)
            .inspect_err(|error| {
                tracing::warn!(%error, "browsers' folders cannot be watched; they are looked at from time to time");
            })
            .ok();
        Self {
            watcher,
            routes,
            watched: BTreeMap::new(),
        }
    }

    /// Watches these folders and no others.
    pub(in crate::source) fn only(&mut self, folders: &BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let there: BTreeMap<&PathBuf, (u64, u64)> = folders
            .iter()
            .filter_map(|folder| Some((folder, identity(&folder.metadata().ok()?))))
            .collect();
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = std::mem::take(&mut routes.gone);
        drop(routes);
        self.watched.retain(|folder, id| {
            let stays = there.get(folder) == Some(id) && !gone.contains(folder);
            if !stays {
                // The system may have let go of it already.
                drop(watcher.unwatch(folder));
            }
            stays
        });
        for (folder, id) in there {
            if self.watched.contains_key(folder) {
                continue;
            }
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(folder.clone(), id)),
                Err(error) => tracing::warn!(
                    kind = ?error.kind,
                    "a browser's folder cannot be watched; it is looked at from time to time"
                ),
            }
        }
        // Not held above: the watcher waits for the thread that tells of events.
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.watched = self.watched.keys().cloned().collect();
    }

    /// Is this database's folder watched?
    pub(super) fn watches(&self, database: &Path) -> bool {
        database
            .parent()
            .is_some_and(|folder| self.watched.contains_key(folder))
    }

    /// Tells `wake` when visits may have come into this database.
    pub(in crate::source) fn follow(&self, database: &Path, wake: &Arc<Notify>) {
        let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
            return;
        };
        let mut log = name.to_owned();
        log.push("-wal");
        // Not the rollback journal: it changes long before the visits come.
        let names = [name.to_owned(), log].map(|name| (name, Arc::clone(wake)));
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let told = routes.databases.entry(folder.to_owned()).or_default();
        told.extend(names);
    }

    /// Tells nobody any more of this database.
    pub(super) fn leave(&self, database: &Path, wake: &Arc<Notify>) {
        let Some(folder) = database.parent() else {
            return;
        };
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = routes.databases.get_mut(folder) {
            told.retain(|(_, other)| !Arc::ptr_eq(other, wake));
            if told.is_empty() {
                routes.databases.remove(folder);
            }
        }
    }
}

impl Routes {
    fn tell(&mut self, event: notify::Result<Event>) {
        let event = match event {
            Ok(event) if !event.need_rescan() => event,
            // Something was lost: whoever waits must look.
            _ => {
                self.folders.notify_one();
                for (_, wake) in self.databases.values().flatten() {
                    wake.notify_one();
                }
                return;
            }
        };
        let changed = match event.kind {
            EventKind::Create(CreateKind::Folder) => true,
            EventKind::Modify(ModifyKind::Name(RenameMode::From))
            | EventKind::Remove(RemoveKind::Folder | RemoveKind::Other) => {
                let watched = |path: &&PathBuf| self.watched.contains(*path);
                let before = self.gone.len();
                self.gone
                    .extend(event.paths.iter().filter(watched).cloned());
                self.gone.len() > before
            }
            EventKind::Modify(ModifyKind::Name(_)) => event.paths.iter().any(|path| path.is_dir()),
            _ => false,
        };
        if changed {
            self.folders.notify_one();
        }
        for path in &event.paths {
            let told = path.parent().and_then(|folder| self.databases.get(folder));
            for (name, wake) in told.into_iter().flatten() {
                if path.file_name() == Some(name) {
                    wake.notify_one();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::Flag;

    use super::*;

    #[tokio::test]
    async fn tells_of_a_databases_changes_and_of_new_folders() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        let (folders, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut watch = Watch::new(Arc::clone(&folders));
        let database = folder.join("places.sqlite");
        watch.only(&BTreeSet::from([folder.clone()]));
        assert!(watch.watches(&database));
        watch.follow(&database, &wake);
        std::fs::write(folder.join("places.sqlite-wal"), b"x").unwrap();
        wake.notified().await;
        std::fs::create_dir(folder.join("new")).unwrap();
        folders.notified().await;

        // Made again, it is another folder and is watched anew.
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        while !watch.routes.lock().unwrap().gone.contains(&folder) {
            folders.notified().await;
        }
        watch.only(&BTreeSet::from([folder.clone()]));
        let again = Arc::new(Notify::new());
        watch.leave(&database, &wake);
        watch.follow(&database, &again);
        std::fs::write(&database, b"x").unwrap();
        again.notified().await;
        watch.only(&BTreeSet::new());
        assert!(!watch.watches(&database));
    }

    #[tokio::test]
    async fn an_overflow_wakes_everybody() {
        let (folders, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let watch = Watch::new(Arc::clone(&folders));
        watch.follow(Path::new("/p/History"), &wake);
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        watch.routes.lock().unwrap().tell(Ok(overflow));
        wake.notified().await;
        folders.notified().await;
    }
}
