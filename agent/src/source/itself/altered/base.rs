//! What the agent's files were, as it is sealed in the journal, and what changed since.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::parts::{self, Part, Place, Written};
use super::seen::Sight;

const FORMAT: u8 = 1;

const GONE: &str = "gone";
const NEW: &str = "there, and was not before";
const OTHER: &str = "not what it was";
const UNREADABLE: &str = "cannot be read as it was before";
const BACK: &str = "again what it was";
const INSTALLED: &str = "written by the installer, by its own list, in place of what was there";

/// The base line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Base {
    format: u8,
    /// Of the program that sealed it.
    version: String,
    files: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    part: Part,
    path: PathBuf,
    /// What it should be.
    sealed: Sight,
    /// What was told of last.
    told: Sight,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) part: Part,
    pub(super) path: PathBuf,
    pub(super) words: &'static str,
}

impl Base {
    /// As everything is now.
    pub(super) fn seal(version: &str, sights: &[(Place, Sight)]) -> Self {
        let files = sights.iter().map(|(place, sight)| entry(place, sight));
        Self {
            format: FORMAT,
            version: version.to_owned(),
            files: files.collect(),
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let base: Self = serde_json::from_slice(bytes).ok()?;
        (base.format == FORMAT).then_some(base)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and hashes can always be written; a list that could not is damaged, and said to be.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Did a program of this version seal it, or go on with it?
    pub(super) fn is_of(&self, version: &str) -> bool {
        self.version == version
    }

    /// What it knows of.
    pub(super) fn paths(&self) -> Vec<(PathBuf, Part)> {
        let files = self.files.iter();
        files.map(|one| (one.path.clone(), one.part)).collect()
    }

    /// Is this something else than what was told of last?
    pub(super) fn differs(&self, path: &Path, sight: &Sight) -> bool {
        let known = self.files.iter().find(|one| one.path == path);
        known.is_some_and(|known| known.told != *sight)
    }

    /// What changed since it was last told, which is told now.
    pub(super) fn compare(
        &mut self,
        version: &str,
        root: &Path,
        sights: &[(Place, Sight)],
        wrote: &[Written],
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let updated = self.version != version;
        version.clone_into(&mut self.version);
        for (place, now) in sights {
            let installed = wrote
                .iter()
                .any(|one| one.path == place.path && *now == Sight::File(one.wrote));
            let Some(known) = self.files.iter_mut().find(|one| one.path == place.path) else {
                self.files.push(entry(place, now));
                // The installer's first writing is its own; so is what it says nothing of yet.
                continue;
            };
            // Another version says itself what it is, with its start.
            let is_update = updated && matches!(place.part, Part::Program | Part::Extension);
            if known.told == *now {
                if is_update {
                    known.sealed = now.clone();
                }
                continue;
            }
            let first = known.told == Sight::Nothing && known.sealed == Sight::Nothing;
            let words = if *now == known.sealed {
                Some(BACK)
            } else if is_update || first && (installed || parts::is_start(root, &place.path)) {
                known.sealed = now.clone();
                None
            } else if installed {
                known.sealed = now.clone();
                Some(INSTALLED)
            } else {
                Some(match now {
                    Sight::Nothing => GONE,
                    Sight::Unreadable => UNREADABLE,
                    _ if known.told == Sight::Nothing => NEW,
                    _ => OTHER,
                })
            };
            known.told = now.clone();
            changes.extend(words.map(|words| Change {
                part: place.part,
                path: place.path.clone(),
                words,
            }));
        }
        changes
    }
}

fn entry(place: &Place, sight: &Sight) -> Entry {
    Entry {
        part: place.part,
        path: place.path.clone(),
        sealed: sight.clone(),
        told: sight.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_report::Hash;

    use super::*;

    fn file(text: &str) -> Sight {
        Sight::File(Hash::of(text.as_bytes()))
    }

    fn place(part: Part, path: &str) -> Place {
        Place {
            part,
            path: path.into(),
        }
    }

    fn words(changes: Vec<Change>) -> Vec<&'static str> {
        changes.into_iter().map(|change| change.words).collect()
    }

    #[test]
    fn changes_are_told_once_and_the_way_back_too() {
        let policy = place(Part::Policy, "/etc/p.json");
        let mut base = Base::seal("1", &[(policy.clone(), file("a"))]);
        let mut look = |now: Sight| {
            let sights = [(policy.clone(), now)];
            words(base.compare("1", Path::new("/"), &sights, &[]))
        };
        assert!(look(file("a")).is_empty());
        assert_eq!(look(file("b")), [OTHER]);
        assert!(look(file("b")).is_empty());
        assert_eq!(look(Sight::Nothing), [GONE]);
        assert_eq!(look(file("c")), [NEW]);
        assert_eq!(look(Sight::Unreadable), [UNREADABLE]);
        assert_eq!(look(file("a")), [BACK]);
    }

    #[test]
    fn what_the_installer_wrote_is_called_that() {
        let unit = place(Part::Service, "/etc/systemd/system/proviso-agent.service");
        let start = "/etc/systemd/system/multi-user.target.wants/proviso-agent.service";
        let start = place(Part::Service, start);
        let nothing = [
            (unit.clone(), Sight::Nothing),
            (start.clone(), Sight::Nothing),
        ];
        let path = unit.path.clone();
        let wrote = |text: &str| {
            vec![Written {
                path: path.clone(),
                wrote: Hash::of(text.as_bytes()),
            }]
        };
        let root = Path::new("/");
        let mut base = Base::seal("1", &nothing);
        // Somebody else's unit of that name.
        let sights = [(unit.clone(), file("x"))];
        assert_eq!(words(base.clone().compare("1", root, &sights, &[])), [NEW]);
        // The first writing is no change of anything.
        let started = Sight::Link(Hash::of(b"../proviso-agent.service"));
        let sights = [(unit.clone(), file("one")), (start.clone(), started)];
        assert!(base.compare("1", root, &sights, &wrote("one")).is_empty());
        let sights = [(unit.clone(), file("two"))];
        let changes = base.compare("1", root, &sights, &wrote("two"));
        assert_eq!(words(changes), [INSTALLED]);
        let sights = [(unit, file("mine")), (start, Sight::Nothing)];
        let changes = base.compare("1", root, &sights, &wrote("two"));
        assert_eq!(words(changes), [OTHER, GONE]);
        let known = Base::from_bytes(&base.to_bytes());
        assert_eq!(known, Some(base));
    }

    #[test]
    fn a_program_of_another_version_is_no_alteration() {
        let program = place(Part::Program, "/usr/bin/a");
        let settings = place(Part::Settings, "/s/agent.toml");
        let seal = |text: &str| {
            vec![
                (program.clone(), file(text)),
                (settings.clone(), file(text)),
            ]
        };
        let mut base = Base::seal("1", &seal("a"));
        let changes = base.compare("2", Path::new("/"), &seal("b"), &[]);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].part, Part::Settings);
        // Now it counts.
        let changes = base.compare("2", Path::new("/"), &seal("a"), &[]);
        assert_eq!(words(changes), [OTHER, BACK]);
        assert!(base.differs(&program.path, &file("b")));
    }

    #[test]
    fn an_update_that_was_told_is_the_new_base_line_once_its_version_runs() {
        let program = place(Part::Program, "/usr/bin/a");
        let mut base = Base::seal("1", &[(program.clone(), file("a"))]);
        let root = Path::new("/");
        let sights = [(program.clone(), file("b"))];
        // The old one still runs.
        assert_eq!(words(base.compare("1", root, &sights, &[])), [OTHER]);
        assert!(base.compare("2", root, &sights, &[]).is_empty());
        assert!(base.is_of("2"));
        let sights = [(program, file("a"))];
        assert_eq!(words(base.compare("2", root, &sights, &[])), [OTHER]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Base::from_bytes(&bytes), None);
        }
    }
}
