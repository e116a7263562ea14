//! The templates of orders that come with the program, and the conditions that each is made of.
//!
//! A template is an order file that passes its own check. It is cut at lines that begin a condition
//! (`# == history: browsing history is kept`): what stands before the first belongs to every order,
//! and each condition has its lists, clauses and rules together, so that any choice of them is a
//! file again. Conditions of several templates are joined, numbered anew.
//!
//! [`begin`] makes an order of them.
//!
//! Promises: every template and every condition says ILLUSTRATIVE, so that what is made of them is
//! not signed before the court's own words stand in it.

mod join;

use std::sync::Arc;

use proviso_report::Hash;

use crate::fault::Faults;
use crate::judge::{Judge, Side};
use crate::list::ListBytes;
use crate::order::Order;

/// What begins a condition.
const CUT: &str = "# == ";

/// An order to begin from.
#[derive(Debug)]
pub struct Template {
    /// How it is called.
    pub name: &'static str,
    text: &'static str,
}

/// A condition of a template.
#[derive(Debug)]
pub struct Condition {
    /// How it is called.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
    text: &'static str,
}

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        /// All of them.
        pub const ALL: &[Template] = &[$(Template {
            name: $name,
            text: include_str!(concat!("../templates/", $name, ".toml")),
        },)+];
    };
}

macro_rules! lists {
    ($($file:literal),+ $(,)?) => {
        /// The lists that they pin, by the names of their files.
        const LISTS: &[(&str, &str)] = &[$((
            concat!("lists/", $file),
            include_str!(concat!("../templates/lists/", $file)),
        ),)+];
    };
}

templates!(
    "uk-shpo",
    "uk-licence",
    "uk-stalking",
    "uk-terrorism",
    "us-supervision",
);

lists!(
    "ai-images.apps",
    "ai-images.domains",
    "cloud.apps",
    "cloud.domains",
    "dating.domains",
    "encryption.apps",
    "known.hashes",
    "messengers.apps",
    "propaganda.domains",
    "social.domains",
    "strangers.domains",
    "virtual-machines.apps",
    "vpn.apps",
    "vpn.domains",
    "wipers.apps",
);

/// What somebody begins with: an order that passes its own check, and says that its words are no
/// court's.
#[derive(Debug)]
pub struct Begun {
    /// The order file.
    pub text: String,
    /// The same, read and compiled.
    pub order: Order,
    /// The templates that it is made of, the one that it begins as first.
    pub of: Vec<&'static Template>,
    /// The lists that it pins: where each lies beside it, and what it holds.
    pub lists: Vec<(String, &'static str)>,
}

/// Why conditions make no order to begin from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBegun {
    /// No template is called so.
    #[error("there is no template `{0}`; `proviso order templates` lists them")]
    Template(String),
    /// A template has no condition that is called so.
    #[error("the template {template} has no condition `{name}`; it has {has}")]
    Condition {
        /// Which template.
        template: &'static str,
        /// What it has not.
        name: String,
        /// What it has.
        has: String,
    },
    /// Some conditions only leave something out of others.
    #[error(
        "the conditions that you chose make no order by themselves: choose another one with them \
         ({0})"
    )]
    Alone(Faults),
    /// Hours by other clocks are other hours.
    #[error(
        "the conditions of {other} count hours by the clocks of {theirs}, and an order that begins as \
         {first} does by those of {ours}: make one of {other} by itself, or begin with it ({faults})"
    )]
    Clocks {
        /// As which the order begins.
        first: &'static str,
        /// Its clocks.
        ours: String,
        /// From which conditions were taken.
        other: &'static str,
        /// Its clocks.
        theirs: String,
        /// What fails then.
        faults: Faults,
    },
}

/// An order that begins as the template of this name does, with these conditions, or with all of its own
/// if none is chosen.
pub fn begin(template: &str, chosen: &[Choice]) -> Result<Begun, NotBegun> {
    let first = named(template).ok_or_else(|| NotBegun::Template(template.to_owned()))?;
    let (text, of) = order(first, chosen).map_err(NotBegun::unknown)?;
    let order = match compiled(&text) {
        Ok(judge) => judge.order().clone(),
        Err(faults) => return Err(NotBegun::no_order(&of, faults)),
    };
    let pins = order.lists().iter();
    let lists = pins
        .filter_map(|pin| Some((pin.file.clone(), list(&pin.file)?)))
        .collect();
    Ok(Begun {
        text,
        order,
        of,
        lists,
    })
}

fn compiled(text: &str) -> Result<Judge, Faults> {
    let order = Order::parse(text.as_bytes())?;
    let files: Vec<String> = order.lists().iter().map(|pin| pin.file.clone()).collect();
    Judge::compile(order, Side::Collector, &mut |hash| {
        let mut lists = files.iter().filter_map(|file| list(file));
        let list = lists.find(|list| Hash::of(list.as_bytes()) == *hash)?;
        Some(Arc::new(list) as ListBytes)
    })
}

impl NotBegun {
    /// Why conditions are no order together.
    fn no_order(of: &[&'static Template], faults: Faults) -> Self {
        if let [first, others @ ..] = of
            && let Some(other) = others.iter().find(|one| one.zone() != first.zone())
        {
            return Self::Clocks {
                first: first.name,
                ours: first.zone().to_owned(),
                other: other.name,
                theirs: other.zone().to_owned(),
                faults,
            };
        }
        Self::Alone(faults)
    }

    fn unknown(what: Unknown) -> Self {
        let (template, name) = match what {
            Unknown::Template(name) => return Self::Template(name),
            Unknown::Condition(template, name) => (template, name),
        };
        let conditions = named(template).map_or_else(Vec::new, Template::conditions);
        let names: Vec<&str> = conditions.iter().map(|one| one.name).collect();
        Self::Condition {
            template,
            name,
            has: names.join(", "),
        }
    }
}

/// The template of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.name == name)
}

/// Where the lists of all templates lie beside orders.
pub fn files() -> impl Iterator<Item = &'static str> {
    LISTS.iter().map(|(file, _)| *file)
}

/// The list that lies there.
#[must_use]
pub fn list(file: &str) -> Option<&'static str> {
    let found = LISTS.iter().find(|(name, _)| *name == file);
    found.map(|(_, text)| *text)
}

impl Template {
    /// For whom it is: its first line.
    #[must_use]
    pub fn about(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ")
    }

    /// By whose clocks its hours are counted.
    fn zone(&self) -> &'static str {
        let mut lines = self.head().lines();
        let zone = lines.find_map(|line| line.strip_prefix("timezone = "));
        zone.unwrap_or_default().trim_matches('"')
    }

    /// What every order made of it has.
    fn head(&self) -> &'static str {
        let end = self.text.find(&format!("\n{CUT}"));
        self.text.get(..end.map_or(0, |end| end + 1)).unwrap_or("")
    }

    /// The conditions that it is made of.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        let rest = self.text.get(self.head().len()..).unwrap_or_default();
        let starts: Vec<usize> = rest
            .match_indices(CUT)
            .map(|(at, _)| at)
            .filter(|at| *at == 0 || rest[..*at].ends_with('\n'))
            .collect();
        let ends = starts.iter().copied().skip(1).chain([rest.len()]);
        starts
            .iter()
            .zip(ends)
            .filter_map(|(start, end)| {
                let text = rest.get(*start..end)?;
                let line = text.lines().next()?.strip_prefix(CUT)?;
                let (name, about) = line.split_once(": ")?;
                Some(Condition { name, about, text })
            })
            .collect()
    }

    /// An order with these of its conditions, in the order of the template; with all of them if
    /// none is named. An error is the name of one that it does not have.
    fn order(&self, chosen: &[String]) -> Result<String, String> {
        let conditions = self.conditions();
        let unknown = chosen
            .iter()
            .find(|name| !conditions.iter().any(|one| one.name == **name));
        if let Some(unknown) = unknown {
            return Err(unknown.clone());
        }
        let mut text = self.head().to_owned();
        for condition in &conditions {
            if chosen.is_empty() || chosen.iter().any(|name| name == condition.name) {
                text += condition.text;
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        Ok(text)
    }
}

/// A condition that somebody chose: `history`, or `uk-stalking:victim` of another template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of which template; `None`: of the one that the order begins with.
    pub template: Option<String>,
    /// Which.
    pub condition: String,
}

/// A choice names what there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unknown {
    /// No template is called so.
    Template(String),
    /// This template has no condition that is called so.
    Condition(&'static str, String),
}

impl Choice {
    /// From the words of a command.
    #[must_use]
    pub fn parse(words: &str) -> Self {
        match words.split_once(':') {
            Some((template, condition)) => Self {
                template: Some(template.to_owned()),
                condition: condition.to_owned(),
            },
            None => Self {
                template: None,
                condition: words.to_owned(),
            },
        }
    }
}

/// An order that begins as `first` does, with these conditions: those of `first`, then those of the
/// others, each in the order of its template. With it the templates that it is made of.
fn order(
    first: &'static Template,
    chosen: &[Choice],
) -> Result<(String, Vec<&'static Template>), Unknown> {
    let mut of: Vec<(&'static Template, Vec<String>)> = Vec::new();
    for choice in chosen {
        let template = match &choice.template {
            None => first,
            Some(name) => named(name).ok_or_else(|| Unknown::Template(name.clone()))?,
        };
        let known = template.conditions();
        if !known.iter().any(|one| one.name == choice.condition) {
            return Err(Unknown::Condition(template.name, choice.condition.clone()));
        }
        match of.iter_mut().find(|(other, _)| other.name == template.name) {
            Some((_, names)) => names.push(choice.condition.clone()),
            None => of.push((template, vec![choice.condition.clone()])),
        }
    }
    // The sort is stable: the others stay in the order in which they were named.
    of.sort_by_key(|(template, _)| template.name != first.name);
    if of.iter().all(|(template, _)| template.name == first.name) {
        let names: Vec<String> = of.into_iter().flat_map(|(_, names)| names).collect();
        let text = first.order(&names);
        return text
            .map(|text| (text, vec![first]))
            .map_err(|name| Unknown::Condition(first.name, name));
    }
    let mut conditions = Vec::new();
    for (template, names) in &of {
        let all = template.conditions().into_iter();
        conditions.extend(all.filter(|one| names.iter().any(|name| name == one.name)));
    }
    let mut templates = vec![first];
    templates.extend(
        of.iter()
            .map(|(other, _)| *other)
            .filter(|one| one.name != first.name),
    );
    Ok((join::joined(first.head(), &conditions), templates))
}

#[cfg(test)]
mod tests;
