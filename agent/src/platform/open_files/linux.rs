//! `/proc`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Program;
use crate::platform::accounts::Owner;
use crate::platform::files::identity;

/// The agent itself reads what belongs to others and is no browser.
pub(super) fn of_account(owner: Owner, names: &[&str]) -> io::Result<Vec<Program>> {
    let own = std::process::id().to_string();
    let mut programs = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // Programs end between the list and the look: passed over, as if never seen.
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        let number = name.as_bytes().iter().all(u8::is_ascii_digit);
        if !number || name.to_str() == Some(&own) {
            continue;
        }
        let theirs = entry.metadata().is_ok_and(|it| it.uid() == owner.0);
        if let (true, Some(program)) = (theirs, look(&entry.path(), names)) {
            programs.push(program);
        }
    }
    Ok(programs)
}

fn look(process: &Path, names: &[&str]) -> Option<Program> {
    let exe = fs::read_link(process.join("exe")).ok()?;
    let line = fs::read(process.join("cmdline")).ok()?;
    let args = line
        .strip_suffix(b"\0")
        .unwrap_or(&line)
        .split(|&byte| byte == 0)
        .map(|word| OsString::from(OsStr::from_bytes(word)))
        .collect();
    let mut files: Vec<PathBuf> = fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| open_as(&entry.path(), names))
        .collect();
    files.sort();
    files.dedup();
    Some(Program { exe, args, files })
}

/// The path of an open file, if it is one of the names and the path leads to it from here too: a
/// program in a container of its own sees others.
fn open_as(descriptor: &Path, names: &[&str]) -> Option<PathBuf> {
    let path = fs::read_link(descriptor).ok()?;
    let name = path.file_name()?.to_str()?;
    if !names.contains(&name) {
        return None;
    }
    let (inside, here) = (fs::metadata(descriptor).ok()?, fs::metadata(&path).ok()?);
    (identity(&inside) == identity(&here)).then_some(path)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn an_open_file_is_found_in_the_program_that_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("places.sqlite");
        fs::write(&path, b"").unwrap();
        let mut child = Command::new("cat")
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(fs::File::open(&path).unwrap())
            .spawn()
            .unwrap();
        let me = Owner(rustix::process::getuid().as_raw());
        let holds = |program: &&Program| program.files == [path.as_path()];
        // Between fork and exec the child is still this program.
        let found = loop {
            let programs = of_account(me, &["places.sqlite"]).unwrap();
            match programs.iter().find(holds) {
                Some(program) if program.args == ["cat", "-"] => break program.clone(),
                _ => std::thread::yield_now(),
            }
        };
        assert!(found.exe.is_absolute());
        let nobody = of_account(Owner(4_000_000), &["places.sqlite"]).unwrap();
        assert_eq!(nobody, []);
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
