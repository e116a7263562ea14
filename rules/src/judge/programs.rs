//! Programs and their arguments, by name.
//!
//! The case of ASCII does not matter: on some systems it does not matter to the system either, and
//! one order is judged alike everywhere.

use std::collections::HashMap;

use proviso_report::fact::ProcessStart;

use super::found::{Atom, Found};

/// Which atoms look for which names. It can only be asked.
#[derive(Default)]
pub(crate) struct Programs {
    /// With `/` or `\` in them.
    paths: Names,
    /// Without.
    names: Names,
    args: Names,
}

type Names = HashMap<Box<str>, Vec<Atom>, foldhash::quality::FixedState>;

impl Programs {
    /// Looks for a program. An entry with `/` or `\` in it is a path.
    pub(crate) fn app(&mut self, app: &str, atom: Atom) {
        let into = if app.contains(['/', '\\']) {
            &mut self.paths
        } else {
            &mut self.names
        };
        into.entry(key(app)).or_default().push(atom);
    }

    pub(crate) fn arg(&mut self, arg: &str, atom: Atom) {
        self.args.entry(key(arg)).or_default().push(atom);
    }

    /// A script is known by its short name only, so both the file's name and that one count.
    /// Windows writes `.exe` behind a name that people leave out.
    pub(crate) fn find(&self, start: &ProcessStart, found: &mut Found) {
        if let Some(exe) = &start.exe {
            let path = key(exe);
            look(&self.paths, &path, "exe", exe, found);
            let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
            self.name(name, "exe", found);
        }
        self.name(&key(&start.name), "name", found);
        if !self.args.is_empty() {
            for arg in &start.args {
                look(&self.args, &key(arg), "args", arg, found);
            }
        }
    }

    fn name(&self, name: &str, field: &'static str, found: &mut Found) {
        look(&self.names, name, field, name, found);
        if let Some(bare) = name.strip_suffix(".exe") {
            look(&self.names, bare, field, bare, found);
        }
    }
}

fn key(text: &str) -> Box<str> {
    text.to_ascii_lowercase().into_boxed_str()
}

fn look(names: &Names, key: &str, field: &'static str, text: &str, found: &mut Found) {
    for atom in names.get(key).into_iter().flatten() {
        found.add(*atom, field, 0, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(entry: &str, exe: Option<&str>, name: &str) -> bool {
        let mut programs = Programs::default();
        programs.app(entry, 0);
        let start = ProcessStart {
            exe: exe.map(str::to_owned),
            name: name.to_owned(),
            args: Vec::new(),
            pid: 1,
            started: 0,
            parent: None,
            parent_exe: None,
            sha256: None,
            signer: None,
        };
        let mut found = Found::default();
        programs.find(&start, &mut found);
        !found.is_empty()
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
        assert!(!found("/usr/bin/shred", Some("/opt/bin/shred"), "shred"));
        assert!(!found("shred", Some("/usr/bin/shredder"), "shredder"));
        assert!(!found("bin", Some("/usr/bin/cat"), "cat"));
    }
}
