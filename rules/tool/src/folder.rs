//! A bundle as a folder.
//!
//! Refuses: links and devices, for a bundle holds what it holds, and files longer than
//! [`EVIDENCE`](whole_file::EVIDENCE).

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use proviso_report::bundle::Files;

use crate::whole_file;

/// The files below a folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn list(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut folders = vec![(self.0.clone(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in std::fs::read_dir(&folder).map_err(|error| sentence(&folder, &error))? {
                let entry = entry.map_err(|error| sentence(&folder, &error))?;
                let path = entry.path();
                let kind = entry.file_type().map_err(|error| sentence(&path, &error))?;
                let Some(name) = entry
                    .file_name()
                    .to_str()
                    .map(|name| format!("{prefix}{name}"))
                else {
                    return Err(format!(
                        "{} has a name that no bundle holds",
                        path.display()
                    ));
                };
                if kind.is_dir() {
                    folders.push((path, format!("{name}/")));
                } else if kind.is_file() {
                    found.push(name);
                } else {
                    return Err(format!(
                        "{} is a link or a device, and a bundle holds files only: copy the bundle \
                         again",
                        path.display()
                    ));
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        let path = self.0.join(path);
        match whole_file::bounded(&path, whole_file::EVIDENCE) {
            Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(sentence(&path, &error)),
        }
    }
}

fn sentence(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
