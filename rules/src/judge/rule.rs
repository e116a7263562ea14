//! Rules as small programs over what was found.

use proviso_report::bundle::Matched;
use proviso_report::fact::{Fact, Kind, Transition};

use crate::order::{Condition, Part, Rule, TRANSITIONS};

use super::Event;
use super::found::{Atom, Found};

/// A part of a condition: searched for beforehand, or looked at when it is its turn.
#[derive(Debug)]
pub(crate) enum Test {
    Found(Atom),
    Account(Vec<String>),
    Private(bool),
    Transition(Vec<Transition>),
    Browser(Vec<String>),
}

/// A rule, compiled.
#[derive(Debug)]
pub(crate) struct Program {
    on: Vec<Kind>,
    any: Vec<Vec<Test>>,
    all: Vec<Vec<Test>>,
    unless: Vec<Vec<Test>>,
}

impl Test {
    /// `atom`: the number of a part that is searched for.
    pub(crate) fn new(part: &Part, atom: Option<Atom>) -> Self {
        match (part, atom) {
            (_, Some(atom)) => Self::Found(atom),
            (Part::Account(names), None) => Self::Account(names.clone()),
            (Part::Private(private), None) => Self::Private(*private),
            (Part::Transition(ways), None) => Self::Transition(ways.clone()),
            (Part::Browser(names), None) => Self::Browser(names.clone()),
            // Nothing was searched for, so nothing is found.
            (_, None) => Self::Found(Atom::MAX),
        }
    }

    pub(crate) fn holds(&self, event: &Event<'_>, found: &Found) -> bool {
        match self {
            Self::Found(atom) => found.has(*atom),
            Self::Account(_) | Self::Private(_) | Self::Transition(_) | Self::Browser(_) => {
                self.plain(event).is_some()
            }
        }
    }

    fn matched(&self, event: &Event<'_>, found: &Found, into: &mut Vec<Matched>) {
        match self {
            Self::Found(atom) => found.matched(*atom, into),
            Self::Account(_) | Self::Private(_) | Self::Transition(_) | Self::Browser(_) => {
                if let Some((field, text)) = self.plain(event) {
                    let one = Matched {
                        field: field.to_owned(),
                        text: text.to_owned(),
                    };
                    if !into.contains(&one) {
                        into.push(one);
                    }
                }
            }
        }
    }

    /// The field and the text that make a plain test hold.
    fn plain<'e>(&self, event: &Event<'e>) -> Option<(&'static str, &'e str)> {
        let visit = match event.fact {
            Fact::WebVisit(visit) => Some(visit),
            _ => None,
        };
        match self {
            Self::Found(_) => None,
            Self::Account(names) => {
                let account = event.account?;
                names
                    .iter()
                    .any(|name| name == account)
                    .then_some(("account", account))
            }
            Self::Private(private) => (visit?.private? == *private)
                .then_some(("private", if *private { "true" } else { "false" })),
            Self::Transition(ways) => {
                let way = visit?.transition?;
                let (name, _) = TRANSITIONS.iter().find(|(_, other)| *other == way)?;
                ways.contains(&way).then_some(("transition", *name))
            }
            Self::Browser(names) => {
                let browser = visit?.browser.as_str();
                names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(browser))
                    .then_some(("browser", browser))
            }
        }
    }
}

impl Program {
    /// `test` compiles a part, and is told whether its condition looks through substitutions.
    pub(crate) fn new<'o>(rule: &'o Rule, test: &mut impl FnMut(&'o Part, bool) -> Test) -> Self {
        let mut compile = |conditions: &'o [Condition]| -> Vec<Vec<Test>> {
            conditions
                .iter()
                .map(|condition| {
                    let parts = condition.parts.iter();
                    parts.map(|part| test(part, condition.leet)).collect()
                })
                .collect()
        };
        Self {
            on: rule.on.clone(),
            any: compile(&rule.any),
            all: compile(&rule.all),
            unless: compile(&rule.unless),
        }
    }

    /// The atoms of which at least one must be found before the rule can match. `None`: it can
    /// match without.
    pub(crate) fn triggers(&self) -> Option<Vec<Atom>> {
        let first = |condition: &Vec<Test>| {
            condition.iter().find_map(|test| match test {
                Test::Found(atom) => Some(*atom),
                _ => None,
            })
        };
        if let Some(atom) = self.all.iter().find_map(first) {
            return Some(vec![atom]);
        }
        if self.any.is_empty() {
            return None;
        }
        self.any.iter().map(first).collect()
    }

    pub(crate) fn is_on(&self, kind: Kind) -> bool {
        self.on.contains(&kind)
    }

    /// What matched; `None`: the rule does not match.
    pub(crate) fn run(&self, event: &Event<'_>, found: &Found) -> Option<Vec<Matched>> {
        let holds = |condition: &&Vec<Test>| condition.iter().all(|test| test.holds(event, found));
        if !self.is_on(event.fact.kind())
            || !self.all.iter().all(|condition| holds(&condition))
            || !(self.any.is_empty() || self.any.iter().any(|condition| holds(&condition)))
            || self.unless.iter().any(|condition| holds(&condition))
        {
            return None;
        }
        let mut matched = Vec::new();
        for condition in self.any.iter().chain(&self.all).filter(holds) {
            for test in condition {
                test.matched(event, found, &mut matched);
            }
        }
        Some(matched)
    }
}
