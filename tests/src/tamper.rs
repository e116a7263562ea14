//! Real bundles, and what somebody could do to them: bytes bent, files and lines lost, doubled, cut off
//! or exchanged, with the bag's hashes left alone or mended.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use proviso_report::bundle::{self, Check, Files, Outcome};
use proviso_report::{Fact, Hash};
use proviso_rules::evidence;

use crate::extension::Extension;
use crate::held::wait_for_record;
use crate::scene::{PERSON, Scene};
use crate::wait::PATIENCE;

const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const OTHER: &str = "Olive Other";

/// A bundle in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        let found = self.0.get(path);
        Ok(found.map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }
}

impl Memory {
    /// Every file below a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(&next)? {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(folder)?.display().to_string();
                    files.insert(name, std::fs::read(&path)?);
                }
            }
        }
        Ok(Self(files))
    }

    /// Writes it.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            if let Some(above) = path.parent() {
                std::fs::create_dir_all(above)?;
            }
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// As whoever has no key can mend it: the bag's hashes fit again.
    #[must_use]
    pub fn mended(&self) -> Self {
        let mut files = self.clone();
        for (manifest, of_data) in [(MANIFEST, true), (TAG_MANIFEST, false)] {
            let named = files
                .0
                .iter()
                .filter(|(path, _)| path.starts_with("data/") == of_data && *path != TAG_MANIFEST);
            let text: String = named
                .map(|(path, bytes)| format!("{}  {path}\n", Hash::of(bytes)))
                .collect();
            files.0.insert(manifest.to_owned(), text.into());
        }
        files
    }

    /// Every check.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let verified = bundle::verify(self);
        let mut checks = verified.checks.clone();
        checks.extend(evidence::check(self, &verified));
        checks
    }

    /// Would `proviso verify` end with 0? The judge is asked only if all else holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        let verified = bundle::verify(self);
        let is_held = |check: &Check| check.outcome == Outcome::Holds;
        verified.holds() && evidence::check(self, &verified).iter().all(is_held)
    }
}

/// Two real bundles of one collector, about two people.
pub fn bundles(scene: &Scene) -> anyhow::Result<(Memory, Memory)> {
    let mut made = Vec::new();
    for (person, id) in [(PERSON, "00000000000000a1"), (OTHER, "00000000000000a2")] {
        scene.person(person)?;
        let mut computer = scene.enrolled(person)?;
        computer.start_recording()?;
        let mut extension = Extension::start(&computer, id)?;
        let url = format!("https://www.facebook.com/{id}");
        extension.visit(&url, PATIENCE)?;
        extension.all_taken(PATIENCE)?;
        let visit = wait_for_record(&scene.collector, &url, |held| held.is_visit_of(&url))?;
        computer.stop()?;
        wait_for_record(&scene.collector, "the end of the agent", |held| {
            held.device == visit.device && matches!(held.record.fact, Fact::AgentStopped(_))
        })?;
        let folder = scene.dir().join(format!("bundle-{id}"));
        scene.collector.export(person, &folder)?;
        made.push(Memory::read(&folder)?);
    }
    match <[Memory; 2]>::try_from(made) {
        Ok([one, other]) => Ok((one, other)),
        Err(made) => anyhow::bail!("{} bundles were made", made.len()),
    }
}

/// Copies with whole files or lines tampered with, each under a name that says how.
#[must_use]
pub fn tampered(one: &Memory, other: &Memory) -> Vec<(String, Memory)> {
    let mut found = Vec::new();
    for (path, bytes) in &one.0 {
        for (how, bent) in bendings(path, bytes, other) {
            // The order of its lines says nothing, and nothing is said about it elsewhere.
            if path == TAG_MANIFEST && how == "with two lines exchanged" {
                continue;
            }
            let mut copy = one.clone();
            match bent {
                Some(bent) => copy.0.insert(path.clone(), bent),
                None => copy.0.remove(path),
            };
            let mended = copy.mended();
            // A manifest that is mended is as it was; and nothing but the bag's hashes binds what is in
            // bag-info.txt, which is no evidence.
            let is_bound = ![MANIFEST, TAG_MANIFEST, "bag-info.txt"].contains(&path.as_str());
            if is_bound && mended != *one {
                found.push((format!("{path} {how}, bag mended"), mended));
            }
            if copy != *one {
                found.push((format!("{path} {how}"), copy));
            }
        }
    }
    let mut more = one.clone();
    more.0.insert("data/more.txt".to_owned(), b"more\n".into());
    found.push(("a file too many, bag mended".to_owned(), more.mended()));
    found.push(("a file too many".to_owned(), more));
    found
}

type Bent = (&'static str, Option<Vec<u8>>);

fn bendings(path: &str, bytes: &[u8], other: &Memory) -> Vec<Bent> {
    let mut found: Vec<Bent> = vec![("taken out", None), ("with more", Some(more(bytes)))];
    if let Some(middle) = bytes.len().checked_div(2).filter(|middle| *middle > 0) {
        let mut bent = bytes.to_vec();
        bent[middle] ^= 1;
        found.push(("with one bit changed", Some(bent)));
        found.push(("cut in half", Some(bytes[..middle].to_vec())));
        found.push(("emptied", Some(Vec::new())));
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() > 1 {
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        let mut swapped = lines.clone();
        swapped.swap(0, 1);
        let twice = [&[first][..], &lines[..]].concat();
        found.push(("without its first line", Some(lines[1..].concat())));
        found.push((
            "without its last line",
            Some(lines[..lines.len() - 1].concat()),
        ));
        found.push(("with its first line twice", Some(twice.concat())));
        found.push(("with its last line twice", Some([bytes, last].concat())));
        found.push(("with two lines exchanged", Some(swapped.concat())));
    }
    if let Some(theirs) = counterpart(path, other) {
        found.push(("from another bundle", Some(theirs)));
    }
    found
}

fn more(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"more\n"].concat()
}

/// The file of the other bundle that is for the same.
fn counterpart(path: &str, other: &Memory) -> Option<Vec<u8>> {
    let shape = |path: &str| -> Vec<String> {
        let parts = path.split('/').map(|part| {
            let is_id =
                |text: &str| text.len() >= 20 && text.bytes().all(|b| b.is_ascii_hexdigit());
            let core = part.trim_start_matches("device-");
            let core = core.trim_end_matches(".vkey").trim_end_matches(".note");
            if is_id(core) {
                part.replace(core, "*")
            } else {
                part.to_owned()
            }
        });
        parts.collect()
    };
    let wanted = shape(path);
    let mut found = other.0.iter().filter(|(theirs, _)| shape(theirs) == wanted);
    found.next().map(|(_, bytes)| bytes.clone())
}
