//! `verify`: says of a bundle in a folder what [`proviso_rules::verify`] says.

use std::path::{Path, PathBuf};

use proviso_report::bundle::Files;
use proviso_rules::verify::{self, Beside, Ending, List};

use crate::folder::Folder;
use crate::{End, line, say, whole_file};

/// `proviso verify`. `with`: a second bundle of the same collector. `lists`: lists that only the collector
/// holds, handed over beside the bundle.
pub(crate) fn verify(bundle: &Path, with: Option<&Path>, lists: &[PathBuf]) -> End {
    if let Some(why) = no_folder(bundle) {
        say(&format!("COULD NOT CHECK: {why}."));
        return End::CannotSay;
    }
    let with = with.map(|with| Folder(with.to_owned()));
    let beside = Beside {
        lists: lists.iter().map(|path| read(path)).collect(),
        with: with.as_ref().map(|with| with as &dyn Files),
    };
    let account = verify::verify(&Folder(bundle.to_owned()), beside);
    say(&account.to_string());
    match account.ending() {
        Ending::Verified => End::Yes,
        Ending::Fails => End::No,
        Ending::CannotSay => End::CannotSay,
    }
}

/// Why there is nothing to look at.
fn no_folder(bundle: &Path) -> Option<String> {
    let named = line(&bundle.display().to_string());
    match std::fs::metadata(bundle) {
        Ok(found) if found.is_dir() => None,
        Ok(_) => Some(format!(
            "{named} is no folder: if it is an archive, unpack it, and name the folder that holds bagit.txt"
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(format!(
            "there is no {named}: name the folder that holds bagit.txt"
        )),
        Err(error) => Some(format!("{named} cannot be read: {error}")),
    }
}

fn read(path: &Path) -> List {
    List {
        name: path.display().to_string(),
        bytes: whole_file::bounded(path, whole_file::ANY_LIST)
            .map_err(|error| format!("cannot read it: {error}")),
    }
}
