//! Rules that match nothing that another one does not match already, seen in the entries of lists: what
//! the check of an order does for what stands in it.
//!
//! It says what people should look at before they sign, and changes no finding. The work is bounded:
//! beyond [`MOST`] entries lists are not compared.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::fault::Fault;
use crate::list::{ListBytes, entries};
use crate::order::{Part, Rule, by_name, covered};

use super::Judge;

/// The most entries that are compared for one order.
const MOST: usize = 1_000_000;

pub(super) fn warnings(judge: &Judge) -> Vec<Fault> {
    let rules: Vec<&Rule> = judge.order.rules().iter().collect();
    let mut compared = Compared {
        lists: &judge.host_lists,
        left: MOST,
        sorted: BTreeMap::new(),
    };
    let said = covered(&rules, &mut by_name);
    covered(&rules, &mut |wide, narrow| compared.covers(wide, narrow))
        .into_iter()
        // The order says these itself.
        .filter(|(rule, _)| said.iter().all(|(other, _)| other.id != rule.id))
        .map(|(rule, sentence)| Fault {
            file: "order.toml".to_owned(),
            at: Some(rule.place),
            code: "rule-covered",
            sentence,
        })
        .collect()
}

/// Lists, and how much more may be compared.
struct Compared<'j> {
    lists: &'j BTreeMap<String, ListBytes>,
    /// Those that were needed, sorted; `None`: too long.
    sorted: BTreeMap<&'j str, Option<Rc<[&'j [u8]]>>>,
    left: usize,
}

impl<'j> Compared<'j> {
    /// Has the first all hosts of the second?
    fn covers(&mut self, wide: &Part, narrow: &Part) -> bool {
        if wide == narrow || by_name(wide, narrow) {
            return true;
        }
        let (Some(wide), Some(narrow)) = (self.hosts(wide), self.hosts(narrow)) else {
            return false;
        };
        narrow.iter().all(|host| {
            let may = self.left > 0;
            self.left = self.left.saturating_sub(1);
            may && is_held(&wide, host)
        })
    }

    /// The hosts of a part, sorted, if that is not too much work.
    fn hosts<'p>(&mut self, part: &'p Part) -> Option<Rc<[&'p [u8]]>>
    where
        'j: 'p,
    {
        match part {
            Part::Host(hosts) => {
                let mut hosts: Vec<&[u8]> = hosts.iter().map(String::as_bytes).collect();
                hosts.sort_unstable();
                Some(hosts.into())
            }
            Part::HostIn(name) => {
                let (name, bytes) = self.lists.get_key_value(name)?;
                if let Some(sorted) = self.sorted.get(name.as_str()) {
                    return sorted.clone();
                }
                let all = entries((**bytes).as_ref()).map(|entry| entry.text);
                let mut hosts: Vec<&'j [u8]> = all.take(self.left.saturating_add(1)).collect();
                hosts.sort_unstable();
                let whole = hosts.len() <= self.left;
                self.left = self.left.saturating_sub(hosts.len());
                let sorted: Option<Rc<[&'j [u8]]>> = whole.then(|| hosts.into());
                self.sorted.insert(name, sorted.clone());
                sorted
            }
            _ => None,
        }
    }
}

/// Is the host, or one that it lies below, among these sorted ones?
fn is_held(sorted: &[&[u8]], host: &[u8]) -> bool {
    let below = memchr::memchr_iter(b'.', host).filter_map(|dot| host.get(dot + 1..));
    std::iter::once(host)
        .chain(below)
        .any(|one| sorted.binary_search(&one).is_ok())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proviso_report::Hash;

    use super::*;
    use crate::{Order, Side};

    const WIDE: &str = "a.example\nb.example\nc.example\n";

    /// The warnings of an order with two rules, each with what `any` has, and the lists `wide` and
    /// `narrow`. What stands behind `;` is one more line of the rule.
    fn warned(rules: [&str; 2], narrow: &str) -> Vec<String> {
        let lists = [("wide", WIDE), ("narrow", narrow)];
        let mut text = "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\n\
            court = \"C\"\nmade = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"UTC\"\n\
            [[clause]]\nid = \"1\"\ntext = \"t\"\n"
            .to_owned();
        for (name, list) in lists {
            if rules.concat().contains(&format!("\"{name}\"")) {
                let (hash, count) = (Hash::of(list.as_bytes()), list.lines().count());
                text += &format!(
                    "[lists.{name}]\nfile = \"{name}\"\nkind = \"domains\"\nsha256 = \"{hash}\"\n\
                     count = {count}\n"
                );
            }
        }
        for (id, rule) in ["1.a", "1.b"].into_iter().zip(rules) {
            let (any, more) = rule
                .split_once(';')
                .unwrap_or((rule, "severity = \"breach\""));
            text += &format!(
                "[[rule]]\nid = \"{id}\"\nclause = \"1\"\nsays = \"s\"\n{more}\n\
                 on = [\"web_visit\"]\nany = [{{ {any} }}]\n"
            );
            for (host, expect) in [("www.a.example", "match"), ("z.example", "no_match")] {
                text += &format!(
                    "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://{host}/\", \
                     at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"{expect}\"\n"
                );
            }
        }
        let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        let judge = Judge::compile(order, Side::Collector, &mut |hash| {
            let list = lists
                .iter()
                .find(|(_, list)| Hash::of(list.as_bytes()) == *hash);
            list.map(|(_, list)| Arc::new(list.as_bytes().to_vec()) as ListBytes)
        });
        let found = warnings(&judge.unwrap_or_else(|faults| panic!("{faults}")));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_that_lies_in_another_is_said() {
        let rules = ["host_in = \"wide\"", "host_in = \"narrow\""];
        let said = "rule 1.b matches nothing that rule 1.a of the same clause does not match \
                    already; take it out, or make it more serious [rule-covered]";
        let found = warned(rules, "c.example\nx.a.example\na.example\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(said), "{found:?}");
        for narrow in ["a.example\nd.example\n", "a.example\nxb.example\n"] {
            assert_eq!(warned(rules, narrow), [""; 0], "{narrow}");
        }
        let serious = ["host_in = \"wide\";severity = \"review\"", rules[1]];
        assert_eq!(warned(serious, "a.example\n"), [""; 0]);
    }

    #[test]
    fn hosts_are_held_against_lists() {
        let count = |rules| warned(rules, "a.example\n").len();
        assert_eq!(count(["host_in = \"wide\"", "host = \"www.a.example\""]), 1);
        assert_eq!(count(["host = \"a.example\"", "host_in = \"narrow\""]), 1);
        assert_eq!(count(["host = \"www.a.example\"", "host_in = \"wide\""]), 1);
        // What the order shows alone is said with its other faults.
        assert_eq!(
            count(["host = \"a.example\"", "host = \"www.a.example\""]),
            0
        );
    }

    #[test]
    fn what_is_compared_is_bounded() {
        let list: ListBytes = Arc::new(WIDE.as_bytes().to_vec());
        let lists = BTreeMap::from([("wide".to_owned(), list)]);
        let (list, host) = (
            Part::HostIn("wide".to_owned()),
            Part::Host(vec!["a.example".to_owned(); 2]),
        );
        for (left, covers) in [(5, true), (4, false), (2, false), (0, false)] {
            let mut compared = Compared {
                lists: &lists,
                sorted: BTreeMap::new(),
                left,
            };
            assert_eq!(compared.covers(&list, &host), covers, "{left}");
        }
    }
}
