//! The bag: every file is named with its hash, and nothing else is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Files, Outcome, Question, needed};
use crate::hash::Hash;

pub(super) const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const BAGIT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

pub(super) fn check(files: &dyn Files, listed: &BTreeSet<String>) -> Vec<Check> {
    let (payload, tags): (BTreeSet<_>, BTreeSet<_>) = listed
        .iter()
        .map(String::as_str)
        .partition(|path| path.starts_with("data/"));
    let tags: BTreeSet<_> = tags
        .into_iter()
        .filter(|path| *path != TAG_MANIFEST)
        .collect();
    vec![
        Check::new(
            Question::Files,
            "bagit.txt names a bag that this program knows",
            declaration(files),
        ),
        Check::new(
            Question::Files,
            format!(
                "each of the {} files has the hash that the bag names",
                payload.len()
            ),
            manifest(files, MANIFEST, &payload),
        ),
        Check::new(
            Question::Files,
            "the bag's own files have the hashes that the bag names",
            manifest(files, TAG_MANIFEST, &tags),
        ),
    ]
}

fn declaration(files: &dyn Files) -> Outcome {
    match needed(files, "bagit.txt") {
        Ok(bytes) if *bytes == *BAGIT.as_bytes() => Outcome::Holds,
        Ok(_) => Outcome::Fails("bagit.txt does not name BagIt 1.0 in UTF-8".to_owned()),
        Err(outcome) => outcome,
    }
}

fn manifest(files: &dyn Files, path: &str, there: &BTreeSet<&str>) -> Outcome {
    let bytes = match needed(files, path) {
        Ok(bytes) => bytes,
        Err(outcome) => return outcome,
    };
    let Some(sums) = parse(&bytes) else {
        return Outcome::Fails(format!("{path} is not a manifest"));
    };
    if let Some(missing) = sums.keys().find(|name| !there.contains(*name)) {
        return Outcome::Fails(format!("{missing} is named in {path} and missing"));
    }
    let mut unread = None;
    for name in there {
        let Some(sum) = sums.get(name) else {
            return Outcome::Fails(format!("{name} is there and not named in {path}"));
        };
        match files.read(name) {
            Ok(Some(bytes)) if Hash::of(&bytes) == *sum => {}
            Ok(_) => return Outcome::Fails(format!("{name} was changed")),
            // What comes behind may have been changed.
            Err(why) => unread = unread.or(Some(why)),
        }
    }
    unread.map_or(Outcome::Holds, Outcome::Unchecked)
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<&str, Hash>> {
    let mut sums = BTreeMap::new();
    for line in std::str::from_utf8(bytes).ok()?.lines() {
        let (sum, name) = line.split_once("  ")?;
        if sums.insert(name, sum.parse().ok()?).is_some() {
            return None;
        }
    }
    Some(sums)
}
