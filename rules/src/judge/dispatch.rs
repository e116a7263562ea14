//! Which rules are worth running on a fact.
//!
//! A rule whose parts were not found and cannot be unknown is not run: for most facts that is every
//! rule. Whether something is unknown is asked only of kinds and parts where a rule depends on it.

use proviso_report::fact::Kind;

use super::Event;
use super::found::Found;
use super::part::Lacks;
use super::rule::Program;

#[derive(Default)]
pub(crate) struct Dispatch {
    /// For each atom, the rules that may fit when it is found, ascending.
    triggers: Vec<Vec<u32>>,
    /// For each kind that a rule is on. Ascending.
    kinds: Vec<(Kind, OfKind)>,
}

#[derive(Default)]
struct OfKind {
    /// Rules that need nothing to be found.
    always: Vec<u32>,
    /// Rules that may be unknown when this is lacking.
    wants: Vec<(Lacks, Vec<u32>)>,
}

impl Dispatch {
    /// `atoms`: how many there are.
    pub(crate) fn new(rules: &[Program], atoms: usize) -> Self {
        let mut new = Self {
            triggers: vec![Vec::new(); atoms],
            kinds: Vec::new(),
        };
        for (number, rule) in (0..).zip(rules) {
            let triggers = rule.triggers();
            for (atom, _) in triggers.iter().flatten() {
                if let Some(rules) = new.triggers.get_mut(*atom as usize) {
                    rules.push(number);
                }
            }
            for kind in rule.on() {
                let of_kind = new.kind_mut(*kind);
                match &triggers {
                    None => of_kind.always.push(number),
                    Some(triggers) => {
                        let lacks = triggers.iter().map(|(_, lacks)| *lacks);
                        for lacks in lacks.filter(|lacks| lacks.is_of(*kind)) {
                            of_kind.want(lacks, number);
                        }
                    }
                }
            }
        }
        new
    }

    /// Is any rule on facts of this kind?
    pub(crate) fn is_on(&self, kind: Kind) -> bool {
        self.kind(kind).is_some()
    }

    /// The rules that may fit, ascending. `unknown`: and those of which it may not be known.
    pub(crate) fn candidates(&self, event: &Event<'_>, found: &Found, unknown: bool) -> Vec<u32> {
        let Some(of_kind) = self.kind(event.fact.kind()) else {
            return Vec::new();
        };
        let triggers = found.atoms();
        let mut candidates: Vec<u32> = triggers
            .filter_map(|atom| self.triggers.get(atom as usize))
            .flatten()
            .chain(&of_kind.always)
            .copied()
            .collect();
        if unknown {
            let much = found.all_much();
            let rules = much.filter_map(|atom| self.triggers.get(atom as usize));
            candidates.extend(rules.flatten());
            for (lacks, rules) in &of_kind.wants {
                if lacks.why(event, found, None).is_some() {
                    candidates.extend(rules);
                }
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn kind(&self, kind: Kind) -> Option<&OfKind> {
        let at = self.kinds.binary_search_by_key(&kind, |(kind, _)| *kind);
        Some(&self.kinds.get(at.ok()?)?.1)
    }

    fn kind_mut(&mut self, kind: Kind) -> &mut OfKind {
        let at = self.kinds.partition_point(|(other, _)| *other < kind);
        if self.kinds.get(at).is_none_or(|(other, _)| *other != kind) {
            self.kinds.insert(at, (kind, OfKind::default()));
        }
        &mut self.kinds[at].1
    }
}

impl OfKind {
    fn want(&mut self, lacks: Lacks, number: u32) {
        match self.wants.iter_mut().find(|(other, _)| *other == lacks) {
            Some((_, rules)) => rules.push(number),
            None => self.wants.push((lacks, vec![number])),
        }
    }
}
