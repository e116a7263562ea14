//! Makes a judge of an order and its lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_report::Hash;

use crate::fault::{Fault, Faults};
use crate::list::{self, App, ListBytes, entries};
use crate::order::{Order, Part, Where};

use super::dispatch::Dispatch;
use super::exempt::Exemption;
use super::found::Atom;
use super::over::run::Overs;
use super::part::Test;
use super::rule::Program;
use super::search::{Bounds, Place, Search, Source};
use super::{Judge, Side, left_out, selftest, withheld};

pub(super) fn compile(
    order: Order,
    side: Side,
    list: &mut dyn FnMut(&Hash) -> Option<ListBytes>,
) -> Result<Judge, Faults> {
    let lists = pinned(&order, side, list)?;
    let left_out = left_out::of(&order, side, |name| lists.contains_key(name));
    let is_left_out = |id: &str| left_out.iter().any(|other| other == id);
    let mut atoms = Atoms::default();
    let rules: Vec<Program> = order
        .rules()
        .iter()
        .map(|rule| {
            if is_left_out(&rule.id) {
                return Program::left_out();
            }
            Program::new(&order, rule, &mut |part, leet| {
                atoms.test(part, if leet { How::Leet } else { How::Plain })
            })
        })
        .collect();
    let exempts = order
        .exempts()
        .iter()
        .map(|exempt| {
            let (from, until) = order.span_of(exempt.starts, exempt.ends);
            let tests = exempt.matches.iter();
            Exemption {
                tests: tests.map(|part| atoms.test(part, How::Exempt)).collect(),
                effect: exempt.effect,
                from,
                until,
                hours: exempt.within.clone(),
            }
        })
        .collect();
    let sources = (0..)
        .zip(&atoms.parts)
        .filter_map(|(atom, (part, how))| Some((atom, source(part, *how, &lists)?)))
        .collect();
    let search =
        Search::build(sources, &Bounds::of(&order)).map_err(|error| too_much(error.to_string()))?;
    let dispatch = Dispatch::new(&rules, atoms.parts.len());
    let checked = |number: usize| {
        let rule = order.rules().get(number);
        rule.is_some_and(|rule| !is_left_out(&rule.id))
    };
    let overs = Overs::new(order.rules(), checked);
    let of_lists = atoms.of_lists();
    let held = match side {
        Side::Collector => withheld::held(&order, &lists),
        Side::Device | Side::Verifier => BTreeMap::new(),
    };
    let of_words = |(name, ways): (&String, &Vec<(Part, How, Atom)>)| {
        let ways = ways.iter().filter(|(part, ..)| part.is_words());
        ways.map(|(_, _, atom)| (name.clone(), *atom))
            .collect::<Vec<_>>()
    };
    let of_hosts = |name: &&str| {
        let mut ways = of_lists.get(*name).into_iter().flatten();
        ways.any(|(part, ..)| matches!(part, Part::HostIn(_)))
    };
    let host_lists = lists
        .iter()
        .filter(|(name, _)| of_hosts(name))
        .map(|(name, bytes)| ((*name).to_owned(), Arc::clone(bytes)))
        .collect();
    let word_lists = of_lists.iter().flat_map(of_words).collect();
    let judge = Judge {
        word_lists,
        host_lists,
        search,
        rules,
        exempts,
        dispatch,
        overs,
        left_out,
        order,
    };
    Faults::none(withheld::faults(&judge, &held, &of_lists))?;
    selftest::run(&judge, &of_lists)?;
    Ok(judge)
}

/// The lists of the order by their names, each of them the pinned one. A list of the collector's is
/// no device's business, and a verifier may lack it.
fn pinned<'o>(
    order: &'o Order,
    side: Side,
    list: &mut dyn FnMut(&Hash) -> Option<ListBytes>,
) -> Result<BTreeMap<&'o str, ListBytes>, Faults> {
    let mut lists = BTreeMap::new();
    let mut faults = Vec::new();
    for pin in order.lists() {
        if pin.held == Where::Collector && side == Side::Device {
            continue;
        }
        let Some(bytes) = list(&pin.sha256) else {
            if pin.held == Where::Collector && side == Side::Verifier {
                continue;
            }
            faults.push(Fault {
                file: pin.file.clone(),
                at: None,
                code: "list-missing",
                sentence: format!(
                    "the list `{}` is not here; put the file whose SHA-256 is {} beside the order",
                    pin.name, pin.sha256
                ),
            });
            continue;
        };
        faults.extend(list::check(pin, (*bytes).as_ref()));
        lists.insert(pin.name.as_str(), bytes);
    }
    Faults::none(faults)?;
    Ok(lists)
}

/// How a part is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    Plain,
    /// Through substitutions, too.
    Leet,
    /// For an exemption: a program's name counts in folders of the system only.
    Exempt,
}

/// The parts that are searched for, each with a number. Those that look for one list in one way
/// share it.
#[derive(Default)]
struct Atoms<'o> {
    parts: Vec<(&'o Part, How)>,
    lists: BTreeMap<(&'o str, &'static str, How), Atom>,
}

/// For each list that the order uses, in which ways: the part, how it is looked for, and which atom
/// looks for it.
pub(super) type OfLists = BTreeMap<String, Vec<(Part, How, Atom)>>;

impl<'o> Atoms<'o> {
    fn test(&mut self, part: &'o Part, how: How) -> Test {
        if !is_searched(part) {
            return Test::new(part, None);
        }
        let how = match how {
            How::Leet if part.is_words() => how,
            How::Exempt if matches!(part, Part::App(_) | Part::AppIn(_)) => how,
            _ => How::Plain,
        };
        let next = Atom::try_from(self.parts.len()).unwrap_or(Atom::MAX);
        let atom = match part.list() {
            Some((name, _)) => *self.lists.entry((name, part.key(), how)).or_insert(next),
            None => next,
        };
        if atom == next {
            self.parts.push((part, how));
        }
        Test::new(part, Some(atom))
    }

    fn of_lists(&self) -> OfLists {
        let mut lists = OfLists::new();
        for (atom, (part, how)) in (0..).zip(&self.parts) {
            if let Some((name, _)) = part.list() {
                let ways = lists.entry(name.to_owned()).or_default();
                ways.push(((*part).clone(), *how, atom));
            }
        }
        lists
    }
}

const fn is_searched(part: &Part) -> bool {
    !matches!(
        part,
        Part::Account(_)
            | Part::Private(_)
            | Part::Transition(_)
            | Part::Browser(_)
            | Part::Under(_)
            | Part::Is { .. }
    )
}

fn source<'a>(
    part: &'a Part,
    how: How,
    lists: &'a BTreeMap<&str, ListBytes>,
) -> Option<Source<'a>> {
    if let Some((name, _)) = part.list() {
        return of_list(part, how, lists.get(name)?);
    }
    let leet = how == How::Leet;
    let words = |words, place| Source::Words {
        words: borrowed(words),
        place,
        leet,
    };
    match part {
        Part::Host(hosts) => Some(Source::Hosts(Arc::new(hosts.join("\n")))),
        Part::LooksLike(hosts) => Some(Source::LooksLike(Arc::new(hosts.join("\n")))),
        Part::UrlWords(texts) => Some(words(texts, Place::Address)),
        Part::Words(texts) => Some(words(texts, Place::Page)),
        Part::SearchWords(texts) => Some(words(texts, Place::Search)),
        Part::Near(near) => Some(Source::Near { near, leet }),
        Part::Pattern { field, regex } => Some(Source::Pattern {
            field: *field,
            regex,
        }),
        Part::App(entries) => Some(Source::Apps(apps(borrowed(entries), how))),
        Part::ArgsAny(args) => Some(Source::Args(borrowed(args))),
        _ => None,
    }
}

/// What a part that names a list searches for.
pub(super) fn of_list<'a>(part: &Part, how: How, bytes: &'a ListBytes) -> Option<Source<'a>> {
    let texts = || {
        entries((**bytes).as_ref())
            .filter_map(|entry| std::str::from_utf8(entry.text).ok())
            .collect()
    };
    let words = |place| Source::Words {
        words: texts(),
        place,
        leet: how == How::Leet,
    };
    match part {
        Part::HostIn(_) => Some(Source::Hosts(Arc::clone(bytes))),
        Part::LooksLikeIn(_) => Some(Source::LooksLike(Arc::clone(bytes))),
        Part::WordsIn(_) => Some(words(Place::Page)),
        Part::SearchWordsIn(_) => Some(words(Place::Search)),
        Part::AppIn(_) => Some(Source::Apps(apps(texts(), how))),
        Part::Sha256In(_) => Some(Source::Hashes(Arc::clone(bytes))),
        _ => None,
    }
}

/// What is no entry is taken for a file's name.
fn apps(entries: Vec<&str>, how: How) -> Vec<App> {
    let read = |entry: &str| {
        App::parse(entry).unwrap_or_else(|_| App {
            name: Some(entry.to_owned()),
            ..App::default()
        })
    };
    let apps = entries.into_iter().map(read);
    match how {
        How::Exempt => apps.map(App::of_exemption).collect(),
        How::Plain | How::Leet => apps.collect(),
    }
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

pub(super) fn too_much(sentence: String) -> Faults {
    Fault {
        file: "order.toml".to_owned(),
        at: None,
        code: "limit",
        sentence,
    }
    .into()
}
