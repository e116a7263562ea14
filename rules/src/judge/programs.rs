//! Programs by what entries say of them, and their arguments. See [`App`] for what an entry can say.
//!
//! An entry is looked up by the field of it that says most; the others are compared only then. The
//! case of ASCII does not matter: on some systems it does not matter to the system either, and one
//! order is judged alike everywhere.

use std::collections::HashMap;

use proviso_report::Hash;

use crate::list::{App, Fit, Ran, names_of, path_key};

use super::found::{Atom, Found};

/// Which atoms look for which programs and arguments. It can only be asked.
#[derive(Default)]
pub(crate) struct Programs {
    names: Table<Box<str>>,
    paths: Table<Box<str>>,
    hashes: Table<Hash>,
    /// Entries that have none of these.
    others: Vec<Look>,
    args: HashMap<Box<str>, Vec<Atom>, foldhash::quality::FixedState>,
    /// Atoms with entries that say a path and nothing else, each once.
    by_path: Vec<Atom>,
    /// Atoms with entries that say a hash and nothing else, each once.
    by_hash: Vec<Atom>,
    /// Entries of `paths` and `hashes` that say more.
    mixed: Vec<Look>,
}

type Table<K> = HashMap<K, Vec<Look>, foldhash::quality::FixedState>;

/// An entry of an atom.
struct Look {
    atom: Atom,
    app: App,
}

impl Programs {
    /// Looks for a program.
    pub(crate) fn app(&mut self, app: App, atom: Atom) {
        let looks = if let Some(path) = &app.path {
            if only(&app) {
                once(&mut self.by_path, atom);
            } else {
                self.mixed.push(Look {
                    atom,
                    app: app.clone(),
                });
            }
            self.paths.entry(path_key(path).into()).or_default()
        } else if let Some(name) = &app.name {
            self.names.entry(key(name)).or_default()
        } else if let Some(hash) = app.sha256 {
            if only(&app) {
                once(&mut self.by_hash, atom);
            } else {
                self.mixed.push(Look {
                    atom,
                    app: app.clone(),
                });
            }
            self.hashes.entry(hash).or_default()
        } else {
            &mut self.others
        };
        looks.push(Look { atom, app });
    }

    pub(crate) fn arg(&mut self, arg: &str, atom: Atom) {
        self.args.entry(key(arg)).or_default().push(atom);
    }

    /// Adds the entries that describe the program, and those that may.
    pub(crate) fn find(&self, ran: &Ran<'_>, found: &mut Found) {
        if let Some(exe) = ran.exe {
            let looks = self.paths.get(path_key(exe).as_ref());
            fits(looks.into_iter().flatten(), ran, Some(("exe", exe)), found);
        } else {
            for atom in &self.by_path {
                found.lack(*atom, "exe");
            }
        }
        for (field, name) in names_of(ran) {
            let name = key(name);
            let looks = self.names.get(&name);
            fits(
                looks.into_iter().flatten(),
                ran,
                Some((field, &name)),
                found,
            );
        }
        if let Some(hash) = &ran.sha256 {
            let looks = self.hashes.get(hash);
            fits(looks.into_iter().flatten(), ran, None, found);
        } else {
            for atom in &self.by_hash {
                found.lack(*atom, "sha256");
            }
        }
        fits(&self.others, ran, None, found);
        if ran.exe.is_none() || ran.sha256.is_none() {
            fits(&self.mixed, ran, None, found);
        }
    }

    /// Adds the arguments that are looked for.
    pub(crate) fn find_args(&self, args: &[String], found: &mut Found) {
        if self.args.is_empty() {
            return;
        }
        for arg in args {
            for atom in self.args.get(&key(arg)).into_iter().flatten() {
                found.add(*atom, "args", 0, arg);
            }
        }
    }
}

/// Adds what describes this program. `by`: the field and text by which it was looked up.
fn fits<'l>(
    looks: impl IntoIterator<Item = &'l Look>,
    ran: &Ran<'_>,
    by: Option<(&'static str, &str)>,
    found: &mut Found,
) {
    for Look { atom, app } in looks {
        match app.fit(ran) {
            Fit::Yes => {
                if let Some((field, text)) = by {
                    found.add(*atom, field, 0, text);
                }
                if let (Some(_), Some(exe)) = (app.class, ran.exe) {
                    found.add(*atom, "exe", 0, exe);
                }
                if let Some(hash) = app.sha256 {
                    found.add(*atom, "sha256", 0, &hash.to_string());
                }
                if let (Some(_), Some(signer)) = (&app.signer, ran.signer) {
                    found.add(*atom, "signer", 0, signer);
                }
            }
            Fit::Lacks(field) => found.lack(*atom, field),
            Fit::No => {}
        }
    }
}

/// Does it say one thing only?
fn only(app: &App) -> bool {
    let said = [
        app.name.is_some(),
        app.path.is_some(),
        app.class.is_some(),
        app.sha256.is_some(),
        app.signer.is_some(),
    ];
    said.into_iter().filter(|said| *said).count() == 1
}

fn once(atoms: &mut Vec<Atom>, atom: Atom) {
    if atoms.last() != Some(&atom) {
        atoms.push(atom);
    }
}

fn key(text: &str) -> Box<str> {
    text.to_ascii_lowercase().into_boxed_str()
}

#[cfg(test)]
mod tests {
    use proviso_report::fact::ProcessStart;

    use super::*;

    fn start(exe: Option<&str>, name: &str) -> ProcessStart {
        ProcessStart {
            exe: exe.map(str::to_owned),
            name: name.to_owned(),
            args: Vec::new(),
            pid: 1,
            started: 0,
            parent: None,
            parent_exe: None,
            sha256: Some(Hash::of(b"file")),
            signer: Some("Example Ltd".to_owned()),
        }
    }

    /// The fields and texts by which an entry describes a program.
    fn matched(entry: &str, start: &ProcessStart) -> Vec<(String, String)> {
        let mut programs = Programs::default();
        let named = App {
            name: Some(entry.to_owned()),
            ..App::default()
        };
        programs.app(App::parse(entry).unwrap_or(named), 0);
        let mut found = Found::default();
        programs.find(&start.into(), &mut found);
        found.sort();
        let mut matched = Vec::new();
        found.matched(0, &mut matched);
        matched
            .into_iter()
            .map(|part| (part.field, part.text))
            .collect()
    }

    fn found(entry: &str, exe: Option<&str>, name: &str) -> bool {
        !matched(entry, &start(exe, name)).is_empty()
    }

    #[test]
    fn programs_go_by_name_or_by_path() {
        assert!(found("shred", Some("/usr/bin/shred"), "shred"));
        assert!(found("shred", None, "shred"));
        assert!(found("bleachbit", Some("/usr/bin/python3.13"), "bleachbit"));
        assert!(found(
            "CCleaner",
            Some("C:\\Apps\\ccleaner.EXE"),
            "ccleaner.EXE"
        ));
        assert!(found("/usr/bin/shred", Some("/usr/bin/shred"), "shred"));
        assert!(found("C:/Apps/x.exe", Some("c:\\apps\\X.EXE"), "X.EXE"));
        assert!(!found("/usr/bin/shred", Some("/opt/bin/shred"), "shred"));
        assert!(!found("shred", Some("/usr/bin/shredder"), "shredder"));
        assert!(!found("bin", Some("/usr/bin/cat"), "cat"));
        assert!(!found("name=shred; in=home", None, "shred"));
        assert!(found("a=b", Some("/usr/bin/a=b"), "a=b"));
    }

    #[test]
    fn a_finding_names_every_field_that_an_entry_compares() {
        let hash = Hash::of(b"file").to_string();
        let exe = "/home/sam/Downloads/Tor";
        let start = start(Some(exe), "Tor");
        let said = |entry: &str| {
            let matched = matched(entry, &start);
            let parts = matched
                .iter()
                .map(|(field, text)| format!("{field}={text}"));
            parts.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("tor"), "exe=tor name=tor");
        assert_eq!(said("path=/home/sam/downloads/tor"), format!("exe={exe}"));
        assert_eq!(said("in=downloads"), format!("exe={exe}"));
        assert_eq!(
            said("name=tor; in=home"),
            format!("exe={exe} exe=tor name=tor")
        );
        assert_eq!(said(&format!("sha256={hash}")), format!("sha256={hash}"));
        assert_eq!(said("signer=example ltd"), "signer=Example Ltd");
        assert_eq!(
            said(&format!("in=home; sha256={hash}; signer=Example Ltd")),
            format!("exe={exe} sha256={hash} signer=Example Ltd")
        );
        assert_eq!(said(&format!("sha256={hash}; signer=Other")), "");
    }
}
