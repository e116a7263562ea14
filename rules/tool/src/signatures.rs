//! The signatures that lie beside an order: `order.toml.court.sig`.

use std::path::{Path, PathBuf};

use proviso_rules::signature::{SignatureError, signed_with};

use crate::line;
use crate::whole_file;

/// A signature beside an order that is one of its very bytes.
pub(crate) struct Beside {
    pub(crate) path: PathBuf,
    pub(crate) role: String,
    /// Of the key.
    pub(crate) fingerprint: String,
}

/// Those beside this order, by their names; and a sentence about each that does not sign it.
pub(crate) fn beside(file: &Path, order: &[u8]) -> (Vec<Beside>, Vec<String>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (path, role) in paths(file) {
        match whole_file::bounded(&path, whole_file::STATEMENT) {
            Ok(signature) => match signed_with(order, &signature) {
                Ok(fingerprint) => good.push(Beside {
                    path,
                    role,
                    fingerprint,
                }),
                Err(SignatureError::Altered { .. }) => bad.push(line(&format!(
                    "{} does not sign this text: it was changed since; remove that file and sign \
                     again",
                    path.display()
                ))),
                Err(error) => bad.push(line(&format!(
                    "{} is not of use: {error}; remove that file",
                    path.display()
                ))),
            },
            Err(error) => bad.push(line(&format!(
                "cannot read {}: {error}; let it be read, or remove it",
                path.display()
            ))),
        }
    }
    (good, bad)
}

fn paths(file: &Path) -> Vec<(PathBuf, String)> {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let entry_name = entry.file_name();
        let role = entry_name
            .to_str()
            .and_then(|entry| entry.strip_prefix(name)?.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(".sig"));
        if let Some(role) = role {
            found.push((file.with_file_name(&entry_name), role.to_owned()));
        }
    }
    found.sort();
    found
}
