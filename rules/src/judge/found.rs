//! What a search found in one fact.

use std::collections::BTreeSet;

use proviso_report::bundle::Matched;

use crate::alike::Alike;

use super::effort::Spent;

/// A part of a condition that is searched for, by its number.
pub(crate) type Atom = u32;

/// The most parts of one condition that a finding names.
const SHOWN: usize = 8;

/// The most letters of a disguised word that a finding shows.
const WRITTEN: usize = 60;

/// Everything that was found. Empty for most facts, and then nothing was allocated.
#[derive(Default)]
pub(crate) struct Found {
    all: Vec<One>,
    /// Parts that may hold, and which field the record lacks to tell.
    lacks: Vec<(Atom, &'static str)>,
    /// There are more layers of escapes in its address than were taken off.
    encoded: bool,
    /// Parts that may hold in what is too long to be looked at.
    much: BTreeSet<Atom>,
    /// How much the parts were looked for.
    spent: Spent,
}

/// In the order in which findings name them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct One {
    atom: Atom,
    field: &'static str,
    /// Where in the field.
    at: usize,
    text: String,
    /// `None`: it stands there as it is.
    disguise: Option<Disguise>,
}

/// How a word is written that does not stand in the text as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disguise {
    /// With letters that look like its own.
    Alike(String),
    /// With digits and signs for letters.
    Signs(String),
}

impl Disguise {
    /// Of a part of a folded text in which a word stands with signs for letters.
    pub(crate) fn signs(text: &str, from: usize, to: usize) -> Option<Self> {
        Some(Self::Signs(text.get(from..to)?.to_owned()))
    }

    /// Of a part of a text whose look-alikes were read. `text`: the same as it is.
    pub(crate) fn alike(alike: &Alike, text: &str, from: usize, to: usize) -> Option<Self> {
        let written = alike.written(text, from, to)?;
        Some(Self::Alike(written.to_owned()))
    }

    /// Behind the word: `school (look-alike letters: "sсhool")`.
    fn show(&self, word: &str) -> String {
        let (how, written) = match self {
            Self::Alike(written) => ("look-alike letters", written),
            Self::Signs(written) => ("signs for letters", written),
        };
        let mut letters = written.chars();
        let mut begun: String = letters.by_ref().take(WRITTEN).collect();
        if letters.next().is_some() {
            begun.push('…');
        }
        format!("{word} ({how}: \"{begun}\")")
    }
}

impl Found {
    pub(crate) fn add(&mut self, atom: Atom, field: &'static str, at: usize, text: &str) {
        self.add_as(atom, field, at, text, None);
    }

    /// The same of a word, and how it is written there if not as it is.
    pub(crate) fn add_as(
        &mut self,
        atom: Atom,
        field: &'static str,
        at: usize,
        word: &str,
        disguise: Option<Disguise>,
    ) {
        self.all.push(One {
            atom,
            field,
            at,
            text: word.to_owned(),
            disguise,
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
        self.much.insert(atom);
    }

    pub(crate) fn is_much(&self, atom: Atom) -> bool {
        self.much.contains(&atom)
    }

    pub(crate) const fn spent(&mut self) -> &mut Spent {
        &mut self.spent
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
        self.spent.forget(atoms);
    }

    /// Must be called after the last `add`, before what follows.
    pub(crate) fn sort(&mut self) {
        self.all.sort();
    }

    pub(crate) fn has(&self, atom: Atom) -> bool {
        self.of(atom).next().is_some()
    }

    /// Each text once, in the order of their fields and places; how it is disguised only where it
    /// stands nowhere as it is.
    pub(crate) fn matched(&self, atom: Atom, into: &mut Vec<Matched>) {
        let plain: BTreeSet<(&str, &str)> = self
            .of(atom)
            .filter(|one| one.disguise.is_none())
            .map(|one| (one.field, one.text.as_str()))
            .collect();
        let (mut said, mut shown) = (BTreeSet::new(), 0);
        for one in self.of(atom) {
            let word = (one.field, one.text.as_str());
            if shown == SHOWN
                || (one.disguise.is_some() && plain.contains(&word))
                || !said.insert(word)
            {
                continue;
            }
            let text = match &one.disguise {
                Some(disguise) => disguise.show(&one.text),
                None => one.text.clone(),
            };
            let known = into
                .iter()
                .any(|other| other.field == one.field && other.text == text);
            if !known {
                into.push(Matched {
                    field: one.field.to_owned(),
                    text,
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
