//! Every code has a sample: a file that is wrong in one place, for which that code is given, at the
//! right line and column, with what to do, and nothing else.
//!
//! A sample edits a file that is right. `▸` in its edits, or in a list, marks where the fault must point;
//! without the mark it is about a file as a whole. A code belongs to the place that first can give it: an order
//! that is read, an order that is compiled with its lists, or an update of a list.

mod base;
mod compiled;
mod conditions;
mod days;
mod rules;
mod shapes;
mod tests;
mod updates;

use std::collections::BTreeSet;
use std::sync::Arc;

use proviso_report::Hash;

use super::super::update::ListUpdate;
use super::super::{CODES, Code, Order};
use crate::fault::Fault;
use crate::judge::{Judge, Side};
use crate::list::ListBytes;

/// What marks the place of a fault.
const MARK: char = '▸';

/// A file that is wrong in one place.
pub(super) struct Sample {
    code: &'static str,
    /// What of the good file is replaced by what.
    edits: &'static [(&'static str, &'static str)],
    /// What to do: it stands in the sentence.
    fix: &'static str,
    /// Codes that cannot but be given, too.
    also: &'static [&'static str],
}

/// A sample that yields its code alone.
const fn one(
    code: &'static str,
    edits: &'static [(&'static str, &'static str)],
    fix: &'static str,
) -> Sample {
    Sample {
        code,
        edits,
        fix,
        also: &[],
    }
}

/// One that yields others with it.
const fn with(
    code: &'static str,
    edits: &'static [(&'static str, &'static str)],
    fix: &'static str,
    also: &'static [&'static str],
) -> Sample {
    Sample {
        also,
        ..one(code, edits, fix)
    }
}

/// Where codes are given.
struct Place {
    name: &'static str,
    samples: &'static [&'static [Sample]],
    good: fn() -> String,
    said: fn(&[u8]) -> Vec<Fault>,
}

const PLACES: &[Place] = &[
    Place {
        name: "an order that is read",
        samples: &[
            shapes::ALL,
            conditions::ALL,
            rules::ALL,
            tests::ALL,
            days::ALL,
        ],
        good: base::order,
        said: read,
    },
    Place {
        name: "an order that is compiled",
        samples: &[compiled::ALL],
        good: base::order,
        said: compile,
    },
    Place {
        name: "an update of a list",
        samples: &[updates::ALL],
        good: base::update,
        said: update,
    },
];

fn read(bytes: &[u8]) -> Vec<Fault> {
    match Order::parse(bytes) {
        Ok(order) => order.warnings().to_vec(),
        Err(faults) => faults.all().to_vec(),
    }
}

/// With the lists of [`base::LISTS`] by their names; what the order says alone is not said again.
fn compile(bytes: &[u8]) -> Vec<Fault> {
    let order = match Order::parse(bytes) {
        Ok(order) => order,
        Err(faults) => return faults.all().to_vec(),
    };
    let files: Vec<(Hash, ListBytes)> = order
        .lists()
        .iter()
        .filter_map(|pin| {
            let text = base::list(&pin.file)?;
            Some((pin.sha256, Arc::new(text.into_bytes()) as ListBytes))
        })
        .collect();
    let mut list = |hash: &Hash| {
        let found = files.iter().find(|(pinned, _)| pinned == hash);
        found.map(|(_, bytes)| bytes.clone())
    };
    match Judge::compile(order, Side::Collector, &mut list) {
        Ok(judge) => judge.warnings(),
        Err(faults) => faults.all().to_vec(),
    }
}

fn update(bytes: &[u8]) -> Vec<Fault> {
    match ListUpdate::parse(bytes) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.all().to_vec(),
    }
}

/// The text of a sample, and where its fault must point.
fn text(place: &Place, sample: &Sample) -> (Vec<u8>, Option<(u32, u32)>) {
    let mut text = (place.good)();
    for (from, to) in sample.edits {
        let from = base::written(from);
        assert!(text.contains(&from), "{}: {from}", sample.code);
        text = text.replacen(&from, &base::written(to), 1);
    }
    let lists = base::LISTS.iter();
    let pinned = lists.filter(|(file, _)| text.contains(&format!("file = \"{file}\"")));
    let at = marked(&text).or_else(|| pinned.filter_map(|(_, list)| marked(list)).next());
    let bytes = text.replacen(MARK, "", 1).into_bytes();
    // No text can say what is no text.
    let byte = |byte: &u8| if *byte == base::BROKEN { 0xff } else { *byte };
    (bytes.iter().map(byte).collect(), at)
}

/// Line and column of the mark.
fn marked(text: &str) -> Option<(u32, u32)> {
    let (before, _) = text.split_once(MARK)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

fn wrong(place: &Place, sample: &Sample) -> Option<String> {
    let (bytes, at) = text(place, sample);
    let said = (place.said)(&bytes);
    let is_it = |one: &&Fault| one.code == sample.code && one.at == at;
    let other = |one: &Fault| one.code != sample.code && !sample.also.contains(&one.code);
    let found: Vec<&Fault> = said.iter().filter(is_it).collect();
    let right = !found.is_empty()
        && found.iter().all(|one| one.sentence.contains(sample.fix))
        && (found.len() == said.len() || !sample.also.is_empty())
        && !said.iter().any(other)
        && sample.fix.len() > 3;
    let words: Vec<String> = said.iter().map(ToString::to_string).collect();
    (!right).then(|| {
        format!(
            "{} in {}, at {at:?}, with {:?}: {words:#?}",
            sample.code, place.name, sample.fix
        )
    })
}

#[test]
fn every_sample_yields_its_code_where_it_is_wrong_and_nothing_else() {
    let mut faults = Vec::new();
    for place in PLACES {
        let good = (place.good)();
        let said = (place.said)(good.as_bytes());
        assert!(said.is_empty(), "{}: {said:#?}", place.name);
        for sample in place.samples.concat_refs() {
            faults.extend(wrong(place, sample));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_code_has_a_sample() {
    let mut sampled = BTreeSet::new();
    for sample in PLACES.iter().flat_map(|place| place.samples.concat_refs()) {
        assert!(Code::of(sample.code).is_some(), "{}", sample.code);
        sampled.insert(sample.code);
    }
    let without: Vec<&str> = CODES
        .iter()
        .map(|one| one.code)
        .filter(|code| !sampled.contains(code))
        .collect();
    assert_eq!(without, [""; 0]);
}

/// A sample that says the wrong place, the wrong code or another remedy is seen.
#[test]
fn the_walker_sees_what_is_wrong() {
    let place = &PLACES[0];
    let edits: &[(&str, &str)] = &[("id = \"4.a\"", "id = ▸\"4 a\"")];
    assert_eq!(wrong(place, &one("id", edits, "must be 1 to 64")), None);
    let moved: &[(&str, &str)] = &[("id = \"4.a\"", "▸id = \"4 a\"")];
    for sample in [
        one("id", moved, "must be 1 to 64"),
        one("hash", edits, "must be 1 to 64"),
        one("id", edits, "take it out"),
        one("id", &[], "must be 1 to 64"),
    ] {
        assert!(wrong(place, &sample).is_some(), "{}", sample.code);
    }
    let two: &[(&str, &str)] = &[
        ("id = \"4.a\"", "id = ▸\"4 a\""),
        ("on = [\"web_visit\"]", "on = [\"web_visits\"]"),
    ];
    assert!(wrong(place, &one("id", two, "must be 1 to 64")).is_some());
}

/// All samples of several tables.
trait Concat {
    fn concat_refs(&self) -> impl Iterator<Item = &'static Sample>;
}

impl Concat for &'static [&'static [Sample]] {
    fn concat_refs(&self) -> impl Iterator<Item = &'static Sample> {
        self.iter().flat_map(|table| table.iter())
    }
}
