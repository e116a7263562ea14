//! Programs as an order describes them, in words.

use crate::list::App;
use crate::page::words::{all_of, one_of};

/// "shred, /usr/bin/wipe or one that is called tor and lies on something that was plugged in".
pub(super) fn programs(entries: &[String]) -> String {
    let words: Vec<String> = entries.iter().map(|entry| program(entry)).collect();
    one_of(&words)
}

/// One of them.
pub(in crate::page) fn program(entry: &str) -> String {
    // A plain name or path says itself; an entry that cannot be read is a name to the judge too.
    let Some(app) = App::parse(entry).ok().filter(|_| entry.contains('=')) else {
        return entry.to_owned();
    };
    let fields = [
        app.name.map(|name| format!("is called {name}")),
        app.path.map(|path| format!("lies at {path}")),
        app.class.map(|class| match class.as_str() {
            "home" => "lies in somebody's home folder".to_owned(),
            "downloads" => "lies in a folder of downloads".to_owned(),
            "temp" => "lies where files are kept for a while only".to_owned(),
            "removable" => "lies on something that was plugged in".to_owned(),
            "system" => "lies where the system keeps its programs".to_owned(),
            other => format!("lies in a place of the kind {other}"),
        }),
        app.sha256.map(|hash| format!("has the SHA-256 {hash}")),
        app.signer.map(|signer| format!("is signed by {signer}")),
    ];
    let fields: Vec<String> = fields.into_iter().flatten().collect();
    format!("one that {}", all_of(&fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_read_aloud() {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (entries, words) in [
            (
                vec!["shred", "/usr/bin/wipe"],
                "shred or /usr/bin/wipe".to_owned(),
            ),
            (
                vec!["name=tor; in=removable"],
                "one that is called tor and lies on something that was plugged in".to_owned(),
            ),
            (
                vec!["in=home", "signer=Example Ltd"],
                "one that lies in somebody's home folder or one that is signed by Example Ltd"
                    .to_owned(),
            ),
            (
                vec!["path=/opt/x; in=system; sha256=@; signer=X"],
                format!(
                    "one that lies at /opt/x, lies where the system keeps its programs, has the \
                     SHA-256 {hash} and is signed by X"
                ),
            ),
        ] {
            let entries: Vec<String> = entries.iter().map(|one| one.replace('@', hash)).collect();
            assert_eq!(programs(&entries), words);
        }
        for class in ["home", "downloads", "temp", "removable", "system"] {
            let words = programs(&[format!("in={class}")]);
            assert!(!words.contains("of the kind"), "{words}");
        }
    }
}
