//! dpkg's own account of what is installed: paragraphs of `Name: value` lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::list::List;

/// Several times the largest that was seen.
const MAX_BYTES: u64 = 64 << 20;
/// Longer lines hold nothing that is asked for here.
const MAX_LINE: u64 = 4096;
/// Not there, or no longer.
const ABSENT: [&str; 3] = ["not-installed", "config-files", "half-installed"];

#[derive(Debug, Default)]
struct Paragraph {
    name: String,
    version: String,
    architecture: String,
    is_there: bool,
}

/// Reads a `status` file.
pub(super) fn read(status: &Path) -> io::Result<List> {
    let mut lines = BufReader::new(File::open(status)?.take(MAX_BYTES));
    let mut all = Vec::new();
    let mut now = Paragraph::default();
    let mut line = Vec::new();
    let mut goes_on = false;
    loop {
        line.clear();
        let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        // The rest of a line that was too long.
        let is_rest = goes_on;
        goes_on = line.last() != Some(&b'\n');
        let text = String::from_utf8_lossy(&line);
        if read == 0 || text.trim().is_empty() {
            let whole = std::mem::take(&mut now);
            if whole.is_there && !whole.name.is_empty() {
                all.push(whole);
            }
        } else if let Some((name, value)) = text.split_once(':').filter(|_| !is_rest) {
            now.take(name, value.trim());
        }
        if read == 0 {
            break;
        }
    }
    Ok(named(all))
}

impl Paragraph {
    fn take(&mut self, name: &str, value: &str) {
        match name {
            "Package" => value.clone_into(&mut self.name),
            "Version" => value.clone_into(&mut self.version),
            "Architecture" => value.clone_into(&mut self.architecture),
            // What is wanted, whether it is in order, what it is.
            "Status" => {
                let state = value.split_whitespace().nth(2);
                self.is_there = state.is_some_and(|state| !ABSENT.contains(&state));
            }
            _ => {}
        }
    }
}

/// One can be there for two processors; that of the computer is dpkg's own.
fn named(all: Vec<Paragraph>) -> List {
    let own = all.iter().find(|it| it.name == "dpkg");
    let own = own.map(|it| it.architecture.clone()).unwrap_or_default();
    let mut list = List::default();
    for it in all {
        if it.architecture == own || ["", "all"].contains(&&*it.architecture) {
            list.add(&it.name, &it.version);
        } else {
            list.add(&format!("{}:{}", it.name, it.architecture), &it.version);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &[u8]) -> List {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status");
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap()
    }

    #[test]
    fn what_dpkg_writes_is_read() {
        let text = "\
Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21.22

Package: tor
Status: install ok triggers-pending
Architecture: amd64
Version: 0.4.8-1
Description: anonymizing overlay
 Package: not a name
 .

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: zlib1g
Status: install ok installed
Architecture: i386
Version: 1:1.2

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2025b";
        let mut list = List::default();
        for (name, version) in [
            ("dpkg", "1.21.22"),
            ("tor", "0.4.8-1"),
            ("zlib1g:i386", "1:1.2"),
            ("tzdata", "2025b"),
        ] {
            list.add(name, version);
        }
        assert_eq!(of(text.as_bytes()), list);
        let long = text.replace("anonymizing", &"Version:9 ".repeat(1000));
        assert_eq!(of(long.as_bytes()), list);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(of(&bytes));
        }
    }
}
