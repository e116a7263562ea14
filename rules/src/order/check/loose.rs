//! Exemptions that a person could bring about alone, where nothing of what they cover is kept.

use crate::list::{App, is_writable};

use super::super::condition::Part;
use super::super::name::shown;
use super::super::parts::Effect;
use super::super::sink::Sink;
use super::Draft;

pub(super) fn all(draft: &Draft, sink: &mut Sink<'_>) {
    let suppress = |effect| effect == Effect::SuppressContent;
    for exempt in draft.exempts().filter(|exempt| suppress(exempt.effect)) {
        for entry in exempt.matches.iter().flat_map(loose) {
            let sentence = format!(
                "exemption {} keeps nothing of `{}`, which anybody can name or place so; name a \
                 path in a folder of the system, or the program's SHA-256 or signer",
                exempt.id,
                shown(entry)
            );
            sink.warn_at(exempt.place, "exempt-loose", sentence);
        }
    }
}

/// The programs and folders of a part that are not sure.
fn loose(part: &Part) -> Vec<&str> {
    let is_loose = |entry: &&String| match part {
        Part::App(_) => App::parse(entry).is_ok_and(|app| app.is_loose()),
        _ => is_writable(entry),
    };
    match part {
        Part::App(entries) | Part::Under(entries) => entries
            .iter()
            .filter(is_loose)
            .map(String::as_str)
            .collect(),
        _ => Vec::new(),
    }
}
