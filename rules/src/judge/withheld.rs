//! What a collector holds back stays with it: tests stand in the order, which goes to the device and
//! onto the person's page, so none may name an entry of such a list.
//!
//! The sentences do not say which entry: they are read on screens too.

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::Fact;

use crate::fault::Fault;
use crate::list::{ListBytes, entries};
use crate::order::{Order, RuleTest, Where};

use super::address::Address;
use super::compile::OfLists;
use super::{Event, Judge};

/// A fault for every test that names an entry of a list of the collector's that is here.
pub(super) fn faults(
    judge: &Judge,
    lists: &BTreeMap<String, ListBytes>,
    of_lists: &OfLists,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, bytes) in lists {
        let tests = || judge.order().rules().iter().flat_map(|rule| &rule.tests);
        let said: BTreeSet<String> = tests().flat_map(|test| said(test, name)).collect();
        let listed: BTreeSet<String> = entries((**bytes).as_ref())
            .filter_map(|entry| std::str::from_utf8(entry.text).ok())
            .map(str::to_ascii_lowercase)
            .filter(|entry| said.contains(entry))
            .collect();
        for test in tests() {
            let is_said = self::said(test, name).any(|text| listed.contains(&text));
            if is_said || is_found(judge, test, name, of_lists) {
                faults.push(fault(test, name));
            }
        }
    }
    faults
}

/// The lists that an order's collector holds, as far as they are here.
pub(super) fn held(
    order: &Order,
    lists: &BTreeMap<&str, ListBytes>,
) -> BTreeMap<String, ListBytes> {
    names(order)
        .filter_map(|name| Some((name.to_owned(), lists.get(name)?.clone())))
        .collect()
}

/// Their names.
pub(super) fn names(order: &Order) -> impl Iterator<Item = &str> {
    let lists = order.lists().iter();
    lists
        .filter(|list| list.held == Where::Collector)
        .map(|list| list.name.as_str())
}

/// What a test writes that may be an entry as it stands: what it fills the list with, and the hosts
/// in its steps, which looking for what is like an entry does not find.
fn said<'t>(test: &'t RuleTest, list: &'t str) -> impl Iterator<Item = String> + 't {
    let filled = test.lists.iter().filter(move |(name, _)| name == list);
    let filled = filled
        .flat_map(|(_, entries)| entries)
        .map(|entry| entry.trim().to_ascii_lowercase());
    let addresses = test.steps.iter().filter_map(|step| match &step.fact {
        Some(Fact::WebVisit(visit)) => Some(visit.url.as_str()),
        Some(Fact::Download(file)) => file.url.as_deref(),
        Some(Fact::Foreground(front)) => front.url.as_deref(),
        _ => None,
    });
    filled.chain(addresses.filter_map(|url| Some(Address::read(url).host?.into_owned())))
}

/// Is an entry found in a step of a test, as in a record?
fn is_found(judge: &Judge, test: &RuleTest, list: &str, of_lists: &OfLists) -> bool {
    let ways = of_lists.get(list);
    test.steps.iter().any(|step| {
        let Some(fact) = &step.fact else {
            return false;
        };
        let event = Event {
            at: step.at,
            account: step.account.as_deref(),
            fact,
        };
        let found = judge.look(&event, None);
        let mut ways = ways.into_iter().flatten();
        ways.any(|(_, _, atom)| found.has(*atom))
    })
}

fn fault(test: &RuleTest, list: &str) -> Fault {
    Fault {
        file: "order.toml".to_owned(),
        at: Some(test.place),
        code: "collector-entry",
        sentence: format!(
            "this test names something that is on the list `{list}`, which the collector holds \
             back, and the order with its tests reaches the device and the person's page; take \
             made-up entries, and fill the list with them: `lists = {{ {list} = [\"...\"] }}`"
        ),
    }
}
