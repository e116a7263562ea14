//! Which files an installation consists of.

use std::path::{Path, PathBuf};

use super::firefox::Entries;
use super::{BrowserError, chromium, firefox};
use crate::Description;
use crate::files::Mode;

/// The script that browsers start, below the root: their manifests name a program and cannot give
/// it arguments.
const SCRIPT: &str = "usr/lib/proviso/native-host";

/// A file to write.
pub(super) struct Planned {
    pub(super) path: PathBuf,
    pub(super) content: Content,
    pub(super) mode: Mode,
}

pub(super) enum Content {
    /// The file is ours alone.
    Whole(Vec<u8>),
    /// The file is others' too.
    Policies(Entries),
}

/// Everything that belongs to this description, below `root`, and what contradicts it.
pub(super) fn plan(
    root: &Path,
    state: &Path,
    about: &Description,
) -> Result<(Vec<Planned>, Vec<String>), BrowserError> {
    let script = Path::new("/").join(SCRIPT);
    let whole = |path: PathBuf, bytes: Vec<u8>| Planned {
        path,
        content: Content::Whole(bytes),
        mode: Mode::Read,
    };
    let host_file = format!("{}.json", about.host_name);
    let mut planned = vec![Planned {
        path: root.join(SCRIPT),
        content: Content::Whole(script_text(state, about)?.into_bytes()),
        mode: Mode::Run,
    }];
    let mut warnings = Vec::new();
    for family in &chromium::FAMILIES {
        let folder = root.join(family.policies);
        let (policy, more) = chromium::policy(about, &folder)?;
        warnings.extend(more);
        planned.push(whole(folder.join(chromium::POLICY_FILE), policy));
        if let Some(hosts) = family.hosts {
            planned.push(whole(
                root.join(hosts).join(&host_file),
                chromium::host(about, &script),
            ));
        }
    }
    planned.push(whole(
        root.join(firefox::HOSTS).join(&host_file),
        firefox::host(about, &script),
    ));
    planned.push(Planned {
        path: root.join(firefox::POLICIES),
        content: Content::Policies(Entries::of(about)),
        mode: Mode::Read,
    });
    Ok((planned, warnings))
}

fn script_text(state: &Path, about: &Description) -> Result<String, BrowserError> {
    Ok(format!(
        "#!/bin/sh\n\
         # Started by browsers for the Proviso extension. Written by proviso-installer.\n\
         exec {} native-host --state {} -- \"$@\"\n",
        quoted(&about.agent)?,
        quoted(state)?
    ))
}

/// For a shell, whatever the path holds.
fn quoted(path: &Path) -> Result<String, BrowserError> {
    let text = path
        .to_str()
        .ok_or_else(|| BrowserError::Path(path.to_owned()))?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}
