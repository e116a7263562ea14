//! What a search found in one fact.

use proviso_report::bundle::Matched;

/// A part of a condition that is searched for, by its number.
pub(crate) type Atom = u32;

/// The most parts of one condition that a finding names.
const SHOWN: usize = 8;

/// Everything that was found. Empty for most facts, and then nothing was allocated.
#[derive(Default)]
pub(crate) struct Found {
    all: Vec<One>,
    /// Parts that may hold, and which field the record lacks to tell.
    lacks: Vec<(Atom, &'static str)>,
    /// There are more layers of escapes in its address than were taken off.
    encoded: bool,
    /// Parts that may hold in what is too long to be looked at. Each once.
    much: Vec<Atom>,
}

/// In the order in which findings name them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct One {
    atom: Atom,
    field: &'static str,
    /// Where in the field.
    at: usize,
    text: String,
}

impl Found {
    pub(crate) fn add(&mut self, atom: Atom, field: &'static str, at: usize, text: &str) {
        self.all.push(One {
            atom,
            field,
            at,
            text: text.to_owned(),
        });
    }

    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Gives what was found after the first `from` another field. Not after `sort`.
    pub(crate) fn rename(&mut self, from: usize, field: &'static str) {
        for one in self.all.iter_mut().skip(from) {
            one.field = field;
        }
    }

    /// Nobody can tell whether this part holds: the record does not have this field.
    pub(crate) fn lack(&mut self, atom: Atom, field: &'static str) {
        self.lacks.push((atom, field));
    }

    pub(crate) const fn encoded(&mut self) {
        self.encoded = true;
    }

    pub(crate) const fn is_encoded(&self) -> bool {
        self.encoded
    }

    /// Nobody can tell whether this part holds: there is more to look at than is looked at.
    pub(crate) fn much(&mut self, atom: Atom) {
        if !self.is_much(atom) {
            self.much.push(atom);
        }
    }

    pub(crate) fn is_much(&self, atom: Atom) -> bool {
        self.much.contains(&atom)
    }

    /// Each atom of which there was too much to look at.
    pub(crate) fn all_much(&self) -> impl Iterator<Item = Atom> {
        self.much.iter().copied()
    }

    /// The field that the record lacks to tell about this part, or about any.
    pub(crate) fn lacks(&self, atom: Option<Atom>) -> Option<&'static str> {
        let of = |other: Atom| atom.is_none_or(|atom| atom == other);
        let mut lacks = self.lacks.iter().filter(|(other, _)| of(*other));
        lacks.next().map(|(_, field)| *field)
    }

    /// Forgets what was found of these.
    pub(crate) fn without(&mut self, atoms: &[Atom]) {
        self.all.retain(|one| !atoms.contains(&one.atom));
        self.lacks.retain(|(atom, _)| !atoms.contains(atom));
        self.much.retain(|atom| !atoms.contains(atom));
    }

    /// Must be called after the last `add`, before what follows.
    pub(crate) fn sort(&mut self) {
        self.all.sort();
    }

    pub(crate) fn has(&self, atom: Atom) -> bool {
        self.of(atom).next().is_some()
    }

    /// Each text once, in the order of their fields and places.
    pub(crate) fn matched(&self, atom: Atom, into: &mut Vec<Matched>) {
        let mut shown = 0;
        for one in self.of(atom) {
            let known = into
                .iter()
                .any(|other| other.field == one.field && other.text == one.text);
            if !known && shown < SHOWN {
                into.push(Matched {
                    field: one.field.to_owned(),
                    text: one.text.clone(),
                });
                shown += 1;
            }
        }
    }

    /// Each atom that was found once, ascending.
    pub(crate) fn atoms(&self) -> impl Iterator<Item = Atom> {
        let runs = self.all.chunk_by(|one, other| one.atom == other.atom);
        runs.filter_map(|run| Some(run.first()?.atom))
    }

    fn of(&self, atom: Atom) -> impl Iterator<Item = &One> {
        let from = self.all.partition_point(|one| one.atom < atom);
        self.all
            .iter()
            .skip(from)
            .take_while(move |one| one.atom == atom)
    }
}
