//! Tells the browsers of this computer about the extension, says what that does, and undoes it.
//!
//! Promises: [`remove`] leaves every file as it was before [`install`]; a file that somebody
//! changed since is left as it is (or loses our entries alone, where it is others' too) and named.
//! Refuses: to overwrite a file of policies that it does not understand.
//!
//! Tried with Debian's Chromium and Firefox ESR. Not covered: browsers from Snap or Flatpak, which
//! do not read these folders, and releases of Firefox other than ESR, which take no extension that
//! Mozilla did not sign.

mod chromium;
mod firefox;
mod ledger;
mod plan;
mod show;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use proviso_report::Hash;
use serde_json::Value;
use thiserror::Error;

use crate::description::{Description, DescriptionError};
use crate::files::{self, FileError, Mode};
use firefox::Entries;
use ledger::{Entry, Ledger, keep, kept};
use plan::{Content, Planned};

pub use show::show;

/// Why the browsers could not be told, or their files not be put back.
#[derive(Debug, Error)]
pub enum BrowserError {
    /// The state directory does not say what must be known.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody's policies are there and cannot be read.
    #[error(
        "{} is not understood ({why}), and nothing in it must be lost: mend it or move it away, \
         then run this again",
        .path.display()
    )]
    Policies {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What was noted at the installation cannot be read.
    #[error(
        "{} is damaged ({why}), so nobody knows any more what was there before: run `proviso-installer \
         browsers show` and put the files in order by hand, then delete it",
        .path.display()
    )]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A path that a script cannot hold.
    #[error("{} is not UTF-8, and a script must name it: use a directory with a plain name", .0.display())]
    Path(PathBuf),
    /// Another system.
    #[error("browser policies are written on Linux only; this system is {0}")]
    Unsupported(&'static str),
}

/// What was done, for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// A sentence for each file.
    pub done: Vec<String>,
    /// What somebody should look at. Empty: everything is as it should be.
    pub warnings: Vec<String>,
}

/// Writes policies and hosts below `root` (`/`, but for tests). Doing it again changes nothing.
pub fn install(root: &Path, state: &Path) -> Result<Outcome, BrowserError> {
    supported()?;
    let about = Description::read(state)?;
    let state = &files::absolute(state)?;
    let (planned, warnings) = plan::plan(root, state, &about)?;
    let mut outcome = Outcome {
        done: Vec::new(),
        warnings,
    };
    let mut ledger = Ledger::read(state)?.unwrap_or_else(Ledger::new);
    let mut writes = Vec::new();
    for planned in planned {
        let (entry, bytes) = prepare(root, state, &ledger, &planned, &mut outcome)?;
        writes.push((entry.path.clone(), bytes, planned.mode));
        ledger.set(entry);
    }
    let missing = writes.iter().filter_map(|(path, ..)| path.parent());
    for folder in missing.flat_map(|folder| folder.ancestors()) {
        if !folder.exists() && !ledger.folders.iter().any(|known| known == folder) {
            ledger.folders.push(folder.to_owned());
        }
    }
    // The outermost first, whichever file asked for it.
    ledger.folders.sort();
    ledger.write(state)?;
    for (path, bytes, mode) in writes {
        if let Some(folder) = path.parent() {
            files::make_folders(folder)?;
        }
        if files::read(&path)?.as_deref() == Some(&bytes[..]) {
            outcome
                .done
                .push(format!("{}: as it must be", path.display()));
            continue;
        }
        files::write(&path, &bytes, mode)?;
        outcome.done.push(format!("{}: written", path.display()));
    }
    Ok(outcome)
}

/// Undoes what [`install`] did from this state directory.
pub fn remove(state: &Path) -> Result<Outcome, BrowserError> {
    let mut outcome = Outcome::default();
    let state = &files::absolute(state)?;
    let Some(ledger) = Ledger::read(state)? else {
        outcome
            .done
            .push("Nothing was installed from this state directory: nothing to undo.".to_owned());
        return Ok(outcome);
    };
    for entry in ledger.files.iter().rev() {
        undo(state, entry, &mut outcome)?;
    }
    for folder in ledger.folders.iter().rev() {
        files::remove_if_empty(folder)?;
    }
    ledger.forget(state)?;
    Ok(outcome)
}

/// What the ledger will say of a file, and what the file will hold.
fn prepare(
    root: &Path,
    state: &Path,
    ledger: &Ledger,
    planned: &Planned,
    outcome: &mut Outcome,
) -> Result<(Entry, Vec<u8>), BrowserError> {
    let path = &planned.path;
    let now = files::read(path)?;
    let known = ledger.of(path);
    let ours = now.as_deref().map(Hash::of) == known.map(|entry| entry.wrote);
    match &planned.content {
        Content::Whole(bytes) => {
            let before = match (&now, known) {
                (Some(now), Some(entry)) if !ours && now != bytes => {
                    let copy = kept(state, &keep(state, now)?);
                    outcome.warnings.push(format!(
                        "{} was changed since it was written; the changed file is kept as {}",
                        path.display(),
                        copy.display()
                    ));
                    entry.before
                }
                (_, Some(entry)) => entry.before,
                (Some(now), None) => Some(keep(state, now)?),
                (None, None) => None,
            };
            let entry = Entry {
                path: path.clone(),
                wrote: Hash::of(bytes),
                before,
                entries: None,
            };
            Ok((entry, bytes.clone()))
        }
        Content::Policies(entries) => {
            let fault = |why| BrowserError::Policies {
                path: path.clone(),
                why,
            };
            // What the file would be without us.
            let without = match (now, known) {
                (Some(_), Some(entry)) if ours => match entry.before {
                    Some(before) => files::read(&kept(state, &before))?,
                    None => None,
                },
                (
                    Some(now),
                    Some(Entry {
                        entries: Some(old), ..
                    }),
                ) => old.take_out_of(&now).map_err(fault)?,
                (now, _) => now,
            };
            let before = without.as_deref().map(|bytes| keep(state, bytes));
            let base = match &without {
                Some(bytes) => Some(bytes.clone()),
                None => elsewhere(root, outcome)?,
            };
            let bytes = entries.put_into(base.as_deref()).map_err(fault)?;
            let entry = Entry {
                path: path.clone(),
                wrote: Hash::of(&bytes),
                before: before.transpose()?,
                entries: Some(entries.clone()),
            };
            Ok((entry, bytes))
        }
    }
}

/// Policies that count only while there are none in the first place.
fn elsewhere(root: &Path, outcome: &mut Outcome) -> Result<Option<Vec<u8>>, BrowserError> {
    for place in firefox::ELSEWHERE {
        let path = root.join(place);
        if let Some(bytes) = files::read(&path)? {
            outcome.done.push(format!(
                "{}: taken over into {}, which Firefox reads instead",
                path.display(),
                firefox::POLICIES
            ));
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn undo(state: &Path, entry: &Entry, outcome: &mut Outcome) -> Result<(), BrowserError> {
    let path = &entry.path;
    let now = files::read(path)?;
    let hash = now.as_deref().map(Hash::of);
    if hash == entry.before {
        outcome
            .done
            .push(format!("{}: as it was before", path.display()));
        return Ok(());
    }
    if hash == Some(entry.wrote) {
        return match &entry.before {
            Some(before) => {
                let Some(bytes) = files::read(&kept(state, before))? else {
                    outcome.warnings.push(format!(
                        "{}: what was there before is lost ({} is missing); the file stays as \
                         Proviso wrote it",
                        path.display(),
                        kept(state, before).display()
                    ));
                    return Ok(());
                };
                files::write(path, &bytes, Mode::Read)?;
                outcome
                    .done
                    .push(format!("{}: put back as it was before", path.display()));
                Ok(())
            }
            None => {
                files::remove(path)?;
                outcome.done.push(format!("{}: removed", path.display()));
                Ok(())
            }
        };
    }
    match (now, &entry.entries) {
        (None, _) => outcome.warnings.push(format!(
            "{}: somebody removed it since it was written, and it stays removed",
            path.display()
        )),
        (Some(now), Some(entries)) => take_out(path, &now, entries, outcome)?,
        (Some(_), None) => outcome.warnings.push(format!(
            "{}: somebody changed it since it was written, so it stays as it is; read it and \
             remove it by hand",
            path.display()
        )),
    }
    Ok(())
}

fn take_out(
    path: &Path,
    now: &[u8],
    entries: &Entries,
    outcome: &mut Outcome,
) -> Result<(), BrowserError> {
    match entries.take_out_of(now) {
        Ok(Some(without)) => {
            files::write(path, &without, Mode::Read)?;
            outcome.done.push(format!(
                "{}: what Proviso wrote was taken out, the rest stays",
                path.display()
            ));
            if entries.are_named_in(&without) {
                outcome.warnings.push(format!(
                    "{}: somebody changed what Proviso wrote there, so that stays; take out the \
                     Proviso extension by hand",
                    path.display()
                ));
            }
        }
        Ok(None) => {
            files::remove(path)?;
            outcome.done.push(format!("{}: removed", path.display()));
        }
        Err(why) => outcome.warnings.push(format!(
            "{}: somebody changed it since it was written and it is not understood ({why}), so it \
             stays as it is; take out the Proviso extension by hand",
            path.display()
        )),
    }
    Ok(())
}

fn supported() -> Result<(), BrowserError> {
    if cfg!(target_os = "linux") {
        Ok(())
    } else {
        Err(BrowserError::Unsupported(std::env::consts::OS))
    }
}

/// JSON for people, ended by a line feed.
fn pretty(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}").into_bytes();
    text.push(b'\n');
    text
}
