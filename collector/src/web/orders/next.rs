//! The text of the version after one that was put: what every new version must say is said, and the rest is
//! left as it is.
//!
//! It works on lines of the table `[order]`. What it cannot do without changing more (a key that stands in a
//! table of its own) it leaves; then the check of the draft says what is missing.

use jiff::civil::Date;

use crate::store::Hash;

/// What is to be different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing yet: somebody goes on writing.
    None,
    /// Nothing is recorded from a day on, to a day or until a further version; and why.
    Suspended(Date, Option<Date>, String),
    /// A last day.
    Ended(Date),
}

/// The version after the one of this number and hash.
pub(super) fn version(text: &str, (number, sha256): (u64, Hash), change: &Change) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let next = number.saturating_add(1);
    set(&mut lines, "version", &next.to_string());
    let replaces = format!("{{ version = {number}, sha256 = \"{sha256}\" }}");
    set(&mut lines, "replaces", &replaces);
    match change {
        Change::None => {}
        Change::Ended(day) => set(&mut lines, "ends", &day.to_string()),
        Change::Suspended(from, to, says) => {
            lines.push(String::new());
            lines.push("[[suspension]]".to_owned());
            lines.push(format!("from = {from}"));
            lines.extend(to.map(|to| format!("to = {to}")));
            lines.push(format!("says = {}", toml::Value::String(says.clone())));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A text in which the rule of this number has one condition more under which it finds nothing; none if it has no
/// such rule.
pub(super) fn narrowed(text: &str, rule: &str, condition: &str) -> Option<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut own = false;
    let mut id = None;
    for (at, line) in text.lines().enumerate() {
        match (header(line), id) {
            (Some(_), Some(_)) => break,
            (Some(name), None) => own = name == "rule",
            (None, None) if own && value(line, "id") == Some(rule) => id = Some(at),
            _ => {}
        }
    }
    let id = id?;
    let head = lines
        .iter()
        .take(id)
        .rposition(|line| header(line) == Some("rule"))?;
    let is_next = |line: &String| header(line).is_some();
    let rest = lines.iter().skip(head.saturating_add(1)).position(is_next);
    let end = rest.map_or(lines.len(), |after| {
        head.saturating_add(after).saturating_add(1)
    });
    let begins = |line: &String| {
        let (key, value) = line.split_once('=').unwrap_or_default();
        key.trim() == "unless" && value.trim_start().starts_with('[')
    };
    let there = (head..end).find(|at| lines.get(*at).is_some_and(begins));
    match there.and_then(|at| lines.get_mut(at)) {
        Some(line) => {
            let (before, after) = line.split_once('[')?;
            let comma = if after.trim() == "]" { "" } else { ", " };
            *line = format!("{before}[{condition}{comma}{after}");
        }
        None => lines.insert(id.saturating_add(1), format!("unless = [{condition}]")),
    }
    lines.push(String::new());
    Some(lines.join("\n"))
}

/// A text without the rule of this number; none if it has none. Lists that nothing else asks go with it, and a
/// clause that nothing checks any more says so: an order with either is no order.
pub(super) fn without(text: &str, rule: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let (start, end) = place(&lines, rule)?;
    let gone = lines.get(start..end)?;
    let mut kept: Vec<&str> = [lines.get(..start)?, lines.get(end..)?].concat();
    let lists: Vec<_> = lines.iter().filter_map(|line| list(line)).collect();
    for list in lists {
        if names(gone, list) && !names(&kept, list) {
            drop_table(&mut kept, &format!("lists.{list}"));
        }
    }
    let clause = gone.iter().find_map(|line| value(line, "clause"));
    let said = clause.filter(|clause| !is_checked(&kept, clause));
    let said = said.map(|clause| unchecked(clause, rule));
    kept.extend(said.iter().flat_map(|said| said.lines()));
    kept.push("");
    Some(kept.join("\n"))
}

/// Where a rule stands: its first line, and the one after its last.
fn place(lines: &[&str], rule: &str) -> Option<(usize, usize)> {
    // Where the rule begins in whose own table a line stands; what is deeper has ids of its own.
    let mut start = None;
    for (at, line) in lines.iter().enumerate() {
        match header(line) {
            Some("rule") => start = Some(at),
            Some(_) => start = None,
            None => {}
        }
        let (Some(start), true) = (start, value(line, "id") == Some(rule)) else {
            continue;
        };
        let ends = |line: &str| {
            header(line).is_some_and(|name| name == "rule" || !name.starts_with("rule."))
        };
        let rest = lines.iter().skip(at).position(|line| ends(line));
        let end = rest.map_or(lines.len(), |after| at.saturating_add(after));
        return Some((start, end));
    }
    None
}

/// The list whose table a line begins.
fn list<'a>(line: &&'a str) -> Option<&'a str> {
    header(line)?.strip_prefix("lists.")
}

/// Whether a list is asked in these lines.
fn names(lines: &[&str], list: &str) -> bool {
    let asked = [format!("\"{list}\""), format!("'{list}'")];
    lines
        .iter()
        .any(|line| asked.iter().any(|asked| line.contains(asked)))
}

/// Takes a table out.
fn drop_table(lines: &mut Vec<&str>, name: &str) {
    let mut inside = false;
    lines.retain(|line| {
        inside = header(line).map_or(inside, |own| own == name);
        !inside
    });
}

/// Whether a rule checks a clause, or it is there for its records, or the order says why nothing checks it.
fn is_checked(lines: &[&str], clause: &str) -> bool {
    let (mut table, mut own) = (None, None);
    lines.iter().any(|line| {
        table = header(line).or(table);
        own = value(line, "id").or(own);
        match table {
            Some("clause") => own == Some(clause) && line.trim_start().starts_with("records"),
            Some("rule" | "not_machine_checkable") => value(line, "clause") == Some(clause),
            _ => false,
        }
    })
}

/// What is said of a clause that nothing checks without a rule.
fn unchecked(clause: &str, rule: &str) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned());
    let why = format!("no rule is left for it: this draft tries the past without rule {rule}");
    format!(
        "\n[[not_machine_checkable]]\nclause = {}\npart = \"all of it\"\nwhy = {}",
        text(clause),
        text(&why)
    )
}

/// The name of the table that a line begins.
fn header(line: &str) -> Option<&str> {
    let line = line.split('#').next()?.trim();
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    let inner = inner
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(inner)
        .trim();
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let named = inner.bytes().next()?.is_ascii_alphabetic() && inner.bytes().all(bare);
    named.then_some(inner)
}

/// The text that a line gives to a key.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (own, value) = line.split_once('=')?;
    let value = value.trim();
    let quote = |mark: char| {
        let rest = value.strip_prefix(mark)?;
        rest.split(mark).next()
    };
    let quoted = quote('"').or_else(|| quote('\''));
    quoted.filter(|_| own.trim() == key)
}

/// Sets a key of `[order]`; a key that is not there comes last in it.
fn set(lines: &mut Vec<String>, key: &str, value: &str) {
    let is_table = |line: &String| line.trim_start().starts_with('[');
    let is_order = |line: &String| {
        let line = line.split('#').next().unwrap_or_default();
        line.trim() == "[order]"
    };
    let Some(head) = lines.iter().position(is_order) else {
        return;
    };
    let first = head.saturating_add(1);
    let own = lines.iter().skip(first).take_while(|line| !is_table(line));
    let end = first.saturating_add(own.count());
    let line = format!("{key} = {value}");
    let is_key = |line: &String| {
        let (name, _) = line.split_once('=').unwrap_or_default();
        name.trim() == key
    };
    let found = (first..end).find(|at| lines.get(*at).is_some_and(is_key));
    if let Some(place) = found.and_then(|at| lines.get_mut(at)) {
        *place = line;
        return;
    }
    let said = |line: &&String| !line.trim().is_empty() && !line.trim().starts_with('#');
    let last = (first..end)
        .rev()
        .find(|at| lines.get(*at).as_ref().is_some_and(said));
    lines.insert(last.unwrap_or(head).saturating_add(1), line);
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ONE: &str = "format = \"proviso-order/1\"\n\n[order]  # the head\nid = \"A-1\"\n\
        version  = 1   # counts up\nstarts = 2026-01-01\n# who to ask\n\n[[clause]]\nid = \"version\"\n\
        ends = 1\n";

    #[test]
    fn a_version_names_the_one_before_and_keeps_the_rest() {
        let next = version(ONE, (1, Hash([10; 32])), &Change::None);
        assert_eq!(
            next,
            format!(
                "format = \"proviso-order/1\"\n\n[order]  # the head\nid = \"A-1\"\nversion = 2\n\
                 starts = 2026-01-01\nreplaces = {{ version = 1, sha256 = \"{}\" }}\n# who to ask\n\n\
                 [[clause]]\nid = \"version\"\nends = 1\n",
                "0a".repeat(32)
            )
        );
        let again = version(&next, (2, Hash([11; 32])), &Change::None);
        assert_eq!(again.matches("replaces").count(), 1);
        assert!(again.contains("version = 3\n") && again.contains(&"0b".repeat(32)));
    }

    #[test]
    fn an_end_and_a_suspension_stand_where_orders_have_them() {
        let hash = Hash([10; 32]);
        let ended = version(ONE, (1, hash), &Change::Ended(date(2026, 3, 1)));
        assert!(
            ended.contains("}\nends = 2026-03-01\n# who to ask"),
            "{ended}"
        );
        let says = "Stayed \"for now\"".to_owned();
        let from = date(2026, 3, 1);
        let change = Change::Suspended(from, None, says.clone());
        let open = version(ONE, (1, hash), &change);
        assert!(
            open.ends_with("\n[[suspension]]\nfrom = 2026-03-01\nsays = 'Stayed \"for now\"'\n"),
            "{open}"
        );
        let change = Change::Suspended(from, Some(date(2026, 4, 1)), says);
        assert!(version(ONE, (1, hash), &change).contains("\nto = 2026-04-01\n"));
    }

    #[test]
    fn a_rule_goes_with_all_that_is_its_own_and_nothing_else() {
        let order = "[order]\nid = \"4.a\"\n[[rule]]\nid = \"4.a\"\nsays = \"x\"\n[rule.match]\nid = \"4.b\"\n\
            list = [\n\"a\",\n]\n[[rule]] # second\nid = '4.b'\n[[test]]\nid = \"4.c\"\n";
        assert_eq!(
            without(order, "4.a").unwrap(),
            "[order]\nid = \"4.a\"\n[[rule]] # second\nid = '4.b'\n[[test]]\nid = \"4.c\"\n"
        );
        let last = without(order, "4.b").unwrap();
        assert!(
            !last.contains("second") || !last.contains("[rule.match]"),
            "{last}"
        );
        assert_eq!(without(order, "4.c"), None);
        assert_eq!(without("", "4.a"), None);
    }

    #[test]
    fn a_rule_gets_one_condition_more_and_the_rest_stays() {
        let order = "[[rule]]\nsays = \"x\"\nid = \"a\"\n[[rule.test]]\nid = \"b\"\n[[rule]]\nid = \"b\" # b\n\
            unless = [{ private = true }] # ours\n[[rule]]\nid = \"c\"\nunless = [\n  { private = true },\n]\n";
        let made = |rule: &str| narrowed(order, rule, "{ host = [\"x\"] }");
        assert_eq!(
            made("a").unwrap(),
            order.replacen(
                "id = \"a\"\n",
                "id = \"a\"\nunless = [{ host = [\"x\"] }]\n",
                1
            )
        );
        assert_eq!(
            made("b").unwrap(),
            order.replace(
                "[{ private = true }] # ours",
                "[{ host = [\"x\"] }, { private = true }] # ours"
            )
        );
        let c = made("c").unwrap();
        let c: toml::Table = toml::from_str(&c).unwrap();
        assert_eq!(c["rule"][2]["unless"].as_array().unwrap().len(), 2);
        assert_eq!(made("d"), None);
    }

    #[test]
    fn what_only_a_rule_asked_goes_with_it_and_its_clause_says_that_nothing_checks_it() {
        let order = "[lists.one]\nfile = \"lists/one\"\n[lists.two]\nfile = \"lists/two\"\n\
            [[clause]]\nid = \"4\"\n[[rule]]\nid = \"4.a\"\nclause = \"4\"\n\
            any = [{ host_in = \"one\" }, { host_in = 'two' }]\n\
            [[rule]]\nid = \"4.b\"\nclause = \"4\"\nany = [{ host_in = \"two\" }]\n";
        let first = without(order, "4.a").unwrap();
        assert_eq!(
            first,
            "[lists.two]\nfile = \"lists/two\"\n[[clause]]\nid = \"4\"\n[[rule]]\nid = \"4.b\"\n\
             clause = \"4\"\nany = [{ host_in = \"two\" }]\n"
        );
        let both = without(&first, "4.b").unwrap();
        assert_eq!(
            both,
            "[[clause]]\nid = \"4\"\n\n[[not_machine_checkable]]\nclause = \"4\"\npart = \"all of it\"\n\
             why = \"no rule is left for it: this draft tries the past without rule 4.b\"\n"
        );
        // It stands there once.
        let again = format!("{both}[[rule]]\nid = \"4.c\"\nclause = \"4\"\n");
        assert_eq!(without(&again, "4.c").unwrap(), both);
    }

    #[test]
    fn what_is_no_order_is_left() {
        let hash = Hash([10; 32]);
        for text in ["", "[order", "= = =\n[]", "[order]"] {
            let _any = version(text, (u64::MAX, hash), &Change::Ended(date(2026, 3, 1)));
        }
        assert_eq!(version("x = 1", (1, hash), &Change::None), "x = 1\n");
    }
}
