//! Entries of lists of programs.
//!
//! An entry is one line: a file name (`bleachbit`), a whole path (`/usr/bin/shred`,
//! `C:\Tools\sdelete.exe`), or fields with `;` between them, of which all must hold:
//!
//! | field | holds when |
//! |---|---|
//! | `name=bleachbit` | the program's file or its short name is called so; `.exe` can be left out |
//! | `path=/opt/x/x` | its file lies there |
//! | `in=downloads` | its file lies in such a place: see [`PathClass`] |
//! | `sha256=…` | its file has this hash, 64 small hexadecimal digits |
//! | `signer=Example Ltd` | its file, or the package it came in, is signed by this name |
//!
//! `name=torbrowser; in=removable` is a program of that name on a memory stick. A plain entry with
//! `=` or `;` in it is refused, so that a misspelt field never becomes a name that matches nothing;
//! a file whose name has a `=` is written `name=a=b`.
//!
//! The case of ASCII does not matter, and `\` in a path of Windows is `/`. A record that lacks what
//! a field looks at is neither a match nor none: see [`Fit`].

mod path;

use std::fmt;

use proviso_report::Hash;
use proviso_report::fact::{Foreground, ProcessStart};

use path::PathClass;
pub(crate) use path::key as path_key;

use crate::order::{is_hidden, limits, nearest};

/// A program as an entry describes it: at least one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct App {
    pub(crate) name: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) class: Option<PathClass>,
    pub(crate) sha256: Option<Hash>,
    pub(crate) signer: Option<String>,
}

/// What a record says of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran<'a> {
    pub(crate) name: &'a str,
    pub(crate) exe: Option<&'a str>,
    pub(crate) sha256: Option<Hash>,
    pub(crate) signer: Option<&'a str>,
}

/// Does an entry describe a program?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    No,
    /// Nobody can tell: the record lacks this field, or it does not say enough, and the others hold.
    Lacks(&'static str),
}

/// The fields that there are.
const FIELDS: &[&str] = &["name", "path", "in", "sha256", "signer"];

impl App {
    /// Reads an entry; an error is a sentence.
    pub(crate) fn parse(entry: &str) -> Result<Self, String> {
        if entry.len() > limits::TEXT_BYTES {
            return Err(format!(
                "an entry is longer than {} bytes",
                limits::TEXT_BYTES
            ));
        }
        if let Some(hidden) = entry.chars().find(|c| is_hidden(*c)) {
            return Err(format!(
                "the entry holds the character U+{:04X}, which a reader cannot see; take it out",
                u32::from(hidden)
            ));
        }
        let mut app = Self::default();
        if !entry.contains(['=', ';']) {
            let field = if entry.contains(['/', '\\']) {
                "path"
            } else {
                "name"
            };
            app.set(field, entry)?;
            return Ok(app);
        }
        for part in entry.split(';') {
            let Some((field, value)) = part.split_once('=') else {
                return Err(format!(
                    "`{}` has no `=`; write fields like name=bleachbit with `;` between them",
                    shown(part)
                ));
            };
            app.set(field.trim(), value.trim())?;
        }
        Ok(app)
    }

    /// The same for an exemption. Anybody can call a program like another one, so a name alone counts
    /// only in folders where a person cannot put a file.
    pub(crate) fn of_exemption(mut self) -> Self {
        let is_sure = self.path.is_some() || self.sha256.is_some() || self.signer.is_some();
        if !is_sure {
            self.class = self.class.or(Some(PathClass::System));
        }
        self
    }

    /// Would it exempt what a person can call or put so?
    pub(crate) fn is_loose(&self) -> bool {
        if self.sha256.is_some() || self.signer.is_some() {
            return false;
        }
        let by_path = self.path.as_deref().is_some_and(|path| !is_writable(path));
        !by_path && self.class != Some(PathClass::System)
    }

    /// Is it this program?
    pub(crate) fn fit(&self, ran: &Ran<'_>) -> Fit {
        let exe = ran.exe;
        let fields = [
            (
                "name",
                self.name.as_ref().map(|name| Some(is_called(name, ran))),
            ),
            (
                "exe",
                self.path
                    .as_ref()
                    .map(|path| exe.map(|exe| path::key(exe) == path::key(path))),
            ),
            (
                "exe",
                self.class.map(|class| exe.and_then(|exe| class.holds(exe))),
            ),
            (
                "sha256",
                self.sha256.map(|hash| ran.sha256.map(|own| own == hash)),
            ),
            (
                "signer",
                self.signer
                    .as_ref()
                    .map(|signer| ran.signer.map(|own| own.eq_ignore_ascii_case(signer))),
            ),
        ];
        let mut fit = Fit::Yes;
        // A field that fails says more than one that is missing.
        for (field, holds) in fields {
            match holds {
                Some(Some(false)) => return Fit::No,
                Some(None) if fit == Fit::Yes => fit = Fit::Lacks(field),
                _ => {}
            }
        }
        fit
    }

    /// Two entries with one key describe the same program.
    pub(crate) fn key(&self) -> String {
        let path = self.path.as_deref().map(path::key);
        let whole = Self {
            path: path.map(|path| path.into_owned()),
            ..self.clone()
        };
        whole.to_string().to_ascii_lowercase()
    }

    fn set(&mut self, field: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("the field `{}` is empty; fill it in", shown(field)));
        }
        let twice = match field {
            "name" => {
                if value.contains(['/', '\\']) {
                    return Err(format!(
                        "`{}` is a path, not a name; write it as path=",
                        shown(value)
                    ));
                }
                self.name.replace(value.to_owned()).is_some()
            }
            "path" => {
                path::whole(value).map_err(|why| format!("`{}` {why}", shown(value)))?;
                self.path.replace(value.to_owned()).is_some()
            }
            "in" => {
                let class = PathClass::parse(value).ok_or_else(|| {
                    let names = PathClass::ALL.iter().map(|class| class.as_str());
                    format!(
                        "there is no place `{}`; {}",
                        shown(value),
                        nearest(value, names)
                    )
                })?;
                self.class.replace(class).is_some()
            }
            "sha256" => {
                let hash = value
                    .parse()
                    .map_err(|error| format!("`sha256`: {error}"))?;
                self.sha256.replace(hash).is_some()
            }
            "signer" => self.signer.replace(value.to_owned()).is_some(),
            _ => {
                return Err(format!(
                    "there is no field `{}`; {} (a file name with `=` in it is written name=a=b)",
                    shown(field),
                    nearest(field, FIELDS.iter().copied())
                ));
            }
        };
        if twice {
            return Err(format!("the field `{field}` stands twice; keep one"));
        }
        Ok(())
    }
}

/// The usual spelling of the entry.
impl fmt::Display for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("name", self.name.clone()),
            ("path", self.path.clone()),
            ("in", self.class.map(|class| class.as_str().to_owned())),
            ("sha256", self.sha256.map(|hash| hash.to_string())),
            ("signer", self.signer.clone()),
        ];
        let fields: Vec<(&str, String)> = fields
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .collect();
        match fields.as_slice() {
            [("name" | "path", value)]
                if !value.contains(['=', ';']) && !value.starts_with('#') =>
            {
                f.write_str(value)
            }
            fields => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(field, value)| format!("{field}={value}"))
                    .collect();
                f.write_str(&fields.join("; "))
            }
        }
    }
}

impl<'a> From<&'a ProcessStart> for Ran<'a> {
    fn from(start: &'a ProcessStart) -> Self {
        Self {
            name: &start.name,
            exe: start.exe.as_deref(),
            sha256: start.sha256,
            signer: start.signer.as_deref(),
        }
    }
}

impl<'a> From<&'a Foreground> for Ran<'a> {
    fn from(front: &'a Foreground) -> Self {
        Self {
            name: &front.name,
            exe: front.exe.as_deref(),
            sha256: None,
            signer: None,
        }
    }
}

/// Can a person put files there, as far as the path says? `~` is somebody's home.
pub(crate) fn is_writable(path: &str) -> bool {
    let open = [PathClass::Home, PathClass::Temp, PathClass::Removable];
    path.starts_with('~') || open.iter().any(|class| class.holds(path) != Some(false))
}

/// A script is known by its short name only, so both the file's name and that one count.
fn is_called(name: &str, ran: &Ran<'_>) -> bool {
    names_of(ran).any(|(_, own)| own.eq_ignore_ascii_case(name))
}

/// The names that a program goes by, each with the field of the record that says so. Windows writes
/// `.exe` behind a name that people leave out: both are its name.
pub(crate) fn names_of<'a>(ran: &Ran<'a>) -> impl Iterator<Item = (&'static str, &'a str)> {
    let file = ran.exe.map(|exe| ("exe", path::file(exe)));
    file.into_iter()
        .chain([("name", ran.name)])
        .flat_map(|(field, name)| {
            let bare = name.len().checked_sub(4).and_then(|at| {
                let (bare, ending) = name.split_at_checked(at)?;
                ending.eq_ignore_ascii_case(".exe").then_some((field, bare))
            });
            [Some((field, name)), bare].into_iter().flatten()
        })
}

fn shown(text: &str) -> String {
    text.trim().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            sha256: None,
            signer: None,
        }
    }

    #[track_caller]
    fn fit(entry: &str, start: &ProcessStart) -> Fit {
        App::parse(entry).unwrap().fit(&start.into())
    }

    #[test]
    fn each_field_must_hold() {
        let hash = Hash::of(b"tor");
        let mut tor = start(Some("/home/sam/Downloads/tor"), "tor");
        tor.sha256 = Some(hash);
        tor.signer = Some("The Tor Project, Inc".to_owned());
        for entry in [
            "tor",
            "TOR",
            "name=tor; in=downloads",
            "in=home;name=Tor",
            "/home/sam/downloads/tor",
            &format!("sha256={hash}"),
            &format!("name=tor; sha256={hash}; signer=the tor project, inc"),
        ] {
            assert_eq!(fit(entry, &tor), Fit::Yes, "{entry}");
        }
        for entry in [
            "to",
            "name=tor; in=removable",
            "in=downloads; name=torbrowser",
            &format!("name=tor; sha256={}", Hash::of(b"other")),
            "signer=Tor",
            "path=/usr/bin/tor; name=tor",
        ] {
            assert_eq!(fit(entry, &tor), Fit::No, "{entry}");
        }
    }

    #[test]
    fn what_the_record_lacks_is_unknown_unless_another_field_fails() {
        let unknown = start(None, "tor");
        let hash = Hash::of(b"tor");
        for (entry, expected) in [
            ("name=tor", Fit::Yes),
            ("/usr/bin/tor", Fit::Lacks("exe")),
            ("in=home; signer=x", Fit::Lacks("exe")),
            ("signer=x", Fit::Lacks("signer")),
            (&format!("name=tor; sha256={hash}"), Fit::Lacks("sha256")),
            (&format!("name=curl; sha256={hash}"), Fit::No),
        ] {
            assert_eq!(fit(entry, &unknown), expected, "{entry}");
        }
    }

    #[test]
    fn paths_of_windows_have_one_spelling() {
        let cleaner = start(
            Some("C:\\Program Files\\CCleaner\\CCleaner64.EXE"),
            "ccleaner64.exe",
        );
        for entry in [
            "c:\\program files\\ccleaner\\ccleaner64.exe",
            "C:/Program Files/CCleaner/CCleaner64.exe",
            "\\\\?\\C:\\Program Files\\CCleaner\\CCleaner64.exe",
            "ccleaner64",
            "CCleaner64.exe",
            "name=ccleaner64; in=system",
        ] {
            assert_eq!(fit(entry, &cleaner), Fit::Yes, "{entry}");
        }
    }

    #[test]
    fn what_would_match_nothing_is_refused() {
        for (entry, words) in [
            ("nmae=tor", "did you mean `name`?"),
            ("a=b", "name=a=b"),
            ("tor; in=home", "has no `=`"),
            ("name=tor;", "has no `=`"),
            ("name=; in=home", "`name` is empty"),
            ("name=a; name=b", "`name` stands twice"),
            ("name=/usr/bin/tor", "write it as path="),
            ("path=tor", "is no whole path"),
            ("bin/tor", "is no whole path"),
            ("~/bin/tor", "is no whole path"),
            ("/usr/../bin/tor", "is no whole path"),
            ("in=hoem", "did you mean `home`?"),
            ("sha256=ab", "sha256"),
            ("to\u{200b}r", "U+200B"),
        ] {
            let fault = App::parse(entry).unwrap_err();
            assert!(fault.contains(words), "{entry}: {fault}");
        }
    }

    #[test]
    fn an_entry_has_one_usual_spelling() {
        for (entry, usual) in [
            ("name = tor", "tor"),
            ("path=/usr/bin/tor", "/usr/bin/tor"),
            ("in=home ;name=tor", "name=tor; in=home"),
            ("name=a=b", "name=a=b"),
        ] {
            assert_eq!(App::parse(entry).unwrap().to_string(), usual);
        }
        let key = |entry| App::parse(entry).unwrap().key();
        assert_eq!(key("C:\\A\\b.exe"), key("path=c:/a/B.EXE"));
        assert_ne!(key("/a/b"), key("/a/c"));
    }

    #[test]
    fn an_exemption_by_name_holds_in_folders_of_the_system() {
        let fit = |entry: &str, exe: Option<&str>| {
            let app = App::parse(entry).unwrap().of_exemption();
            app.fit(&(&start(exe, "teams")).into())
        };
        assert_eq!(fit("teams", Some("/usr/bin/teams")), Fit::Yes);
        assert_eq!(fit("teams", Some("/home/alex/teams")), Fit::No);
        assert_eq!(fit("teams", Some("/media/stick/teams")), Fit::No);
        assert_eq!(fit("teams", None), Fit::Lacks("exe"));
        assert_eq!(fit("/srv/job/teams", Some("/srv/job/teams")), Fit::Yes);
        for (entry, loose) in [
            ("teams", true),
            ("name=teams; in=downloads", true),
            ("/home/alex/teams", true),
            ("/tmp/teams", true),
            ("E:\\teams.exe", true),
            ("name=teams; in=system", false),
            ("/usr/bin/teams", false),
            ("name=teams; signer=Example Ltd", false),
        ] {
            assert_eq!(App::parse(entry).unwrap().is_loose(), loose, "{entry}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_and_read_again(
            entry in prop_oneof![
                "((name|path|in|sha256|signer|x) ?= ?[a-z/C:\\\\=. #]{0,8};? ?){1,3}",
                "[a-z/\\\\.:]{1,12}",
                any::<String>(),
            ],
        ) {
            if let Ok(app) = App::parse(entry.trim_ascii()) {
                let again = App::parse(&app.to_string());
                prop_assert_eq!(again.as_ref().map(App::key), Ok(app.key()));
                prop_assert_eq!(again, Ok(app));
            }
        }
    }
}
