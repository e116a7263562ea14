//! Conditions of several templates as one order.
//!
//! Promises: clauses, rules and exemptions are numbered anew, each of them once, and whatever names
//! them follows; a list that two conditions use stands once. What is not a number or the name of a
//! list is left as it is.
//!
//! It works on the lines of templates, which are ours: a key stands at the beginning of its line, and
//! a table ends at an empty line. That what comes out is an order is for the caller to check.

use super::Condition;

/// The head of an order with these conditions behind it.
pub(super) fn joined(head: &str, conditions: &[Condition]) -> String {
    let mut text = head.to_owned();
    let mut so_far = SoFar::new(head);
    for condition in conditions {
        text += &so_far.add(condition.text);
        text.truncate(text.trim_end().len());
        text += "\n\n";
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// What the order has already.
struct SoFar {
    clauses: usize,
    exempts: usize,
    /// Names of lists, and their files.
    lists: Vec<(String, String)>,
}

/// What is called otherwise from here on.
#[derive(Default)]
struct Renamed {
    /// Numbers of clauses, old and new.
    clauses: Vec<(String, String)>,
    lists: Vec<(String, String)>,
}

impl SoFar {
    fn new(head: &str) -> Self {
        let count = |table: &str| head.lines().filter(|line| *line == table).count();
        Self {
            clauses: count("[[clause]]"),
            exempts: count("[[exempt]]"),
            lists: lists(head),
        }
    }

    /// A condition, as it is called here.
    fn add(&mut self, text: &str) -> String {
        let mut renamed = Renamed::default();
        for id in ids(text, "[[clause]]") {
            self.clauses += 1;
            renamed
                .clauses
                .push((id.to_owned(), self.clauses.to_string()));
        }
        let mut twice = Vec::new();
        for (name, file) in lists(text) {
            if let Some((first, _)) = self.lists.iter().find(|(_, other)| *other == file) {
                renamed.lists.push((name.clone(), first.clone()));
                twice.push(name);
                continue;
            }
            let new = self.free(&name);
            renamed.lists.push((name, new.clone()));
            self.lists.push((new, file));
        }
        let mut out = String::new();
        let mut table = "";
        let mut left_out = false;
        for line in text.lines() {
            if line.starts_with('[') {
                table = line;
                left_out = list_of(line).is_some_and(|name| twice.iter().any(|one| one == name));
            }
            if left_out {
                // With the empty line behind it.
                left_out = !line.is_empty();
                continue;
            }
            out += &self.line(line, table, &renamed);
            out.push('\n');
        }
        out
    }

    fn line(&mut self, line: &str, table: &str, renamed: &Renamed) -> String {
        let to = |old: &str, all: &[(String, String)]| {
            let found = all.iter().find(|(from, _)| from == old);
            found.map_or_else(|| old.to_owned(), |(_, to)| to.clone())
        };
        if let Some(name) = list_of(line) {
            return format!("[lists.{}]", to(name, &renamed.lists));
        }
        match (value(line, "id"), table) {
            (Some(id), "[[clause]]") => return format!("id = \"{}\"", to(id, &renamed.clauses)),
            (Some(_), "[[exempt]]") => {
                self.exempts += 1;
                return format!("id = \"E{}\"", self.exempts);
            }
            _ => {}
        }
        if let Some(id) = value(line, "clause") {
            return format!("clause = \"{}\"", to(id, &renamed.clauses));
        }
        let line = rules(line, &renamed.clauses);
        names_of_lists(&line, &renamed.lists)
    }

    /// The name, or one like it that no list has.
    fn free(&self, name: &str) -> String {
        let has = |name: &str| self.lists.iter().any(|(other, _)| other == name);
        let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !has(name)).unwrap_or_default()
    }
}

/// The ids of all tables of this name.
fn ids<'a>(text: &'a str, table: &str) -> Vec<&'a str> {
    let mut lines = text.lines();
    let mut ids = Vec::new();
    while lines.any(|line| line == table) {
        ids.extend(lines.next().and_then(|line| value(line, "id")));
    }
    ids
}

/// Each list that is pinned, with its file.
fn lists(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines();
    let mut lists = Vec::new();
    while let Some(name) = lines.by_ref().find_map(list_of) {
        let file = lines.next().and_then(|line| value(line, "file"));
        lists.extend(file.map(|file| (name.to_owned(), file.to_owned())));
    }
    lists
}

/// `[lists.NAME]`.
fn list_of(line: &str) -> Option<&str> {
    line.strip_prefix("[lists.")?.strip_suffix(']')
}

/// The text of `KEY = "..."`.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
    Some(rest.split_once('"')?.0)
}

/// The line with the rules of these clauses numbered anew: `4.a`, wherever it stands by itself.
fn rules(line: &str, clauses: &[(String, String)]) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let found = clauses.iter().find(|(old, _)| {
            let free = !(before.is_alphanumeric() || "./-_".contains(before));
            free && is_rule(rest, old)
        });
        let step = match found {
            Some((old, new)) => {
                out += new;
                old.len()
            }
            None => {
                out.push(first);
                first.len_utf8()
            }
        };
        before = rest[..step].chars().next_back().unwrap_or(' ');
        rest = &rest[step..];
    }
    out
}

/// Does it begin with a rule of this clause?
fn is_rule(text: &str, clause: &str) -> bool {
    let Some(rest) = text
        .strip_prefix(clause)
        .and_then(|rest| rest.strip_prefix('.'))
    else {
        return false;
    };
    let mut rest = rest.chars();
    let letter = rest.next().is_some_and(|c| c.is_ascii_lowercase());
    let (next, after) = (rest.next().unwrap_or(' '), rest.next().unwrap_or(' '));
    letter && !next.is_alphanumeric() && !(next == '.' && after.is_alphanumeric())
}

/// The line with these lists under their new names: `host_in = "NAME"`, and `NAME = [` in a test.
fn names_of_lists(line: &str, lists: &[(String, String)]) -> String {
    let to = |old: &str| {
        let found = lists.iter().find(|(from, _)| from == old);
        found.map_or_else(|| old.to_owned(), |(_, to)| to.clone())
    };
    let mut out = String::with_capacity(line.len());
    if line.starts_with("lists = {") {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(" = [") {
            let (start, name) = before.rsplit_once(' ').unwrap_or(("", before));
            out += &format!("{start} {} = [", to(name));
            rest = after;
        }
        return out + rest;
    }
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("_in = \"") {
        let (name, behind) = after.split_once('"').unwrap_or((after, ""));
        out += &format!("{before}_in = \"{}\"", to(name));
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "# == one: the first\n[lists.social]\nfile = \"lists/a.domains\"\ncount = 1\n\n\
        [[clause]]\nid = \"7\"\ntext = 'One.'\n\n[[rule]]\nid = \"7.a\"\nclause = \"7\"\n\
        says = \"Kept so that rule 7.b can be checked.\"\nsequence = { first = \"7.b\", then = \"7.a\" }\n\
        any = [{ host_in = \"social\", host = \"7.a.example\" }]\n[[rule.test]]\n\
        lists = { social = [\"b.com\"] }\n";
    const TWO: &str = "# == two: the second\n[lists.sites]\nfile = \"lists/a.domains\"\ncount = 1\n\n\
        [lists.social]\nfile = \"lists/b.domains\"\ncount = 2\n\n[[clause]]\nid = \"7\"\n\n[[rule]]\n\
        id = \"7.a\"\nclause = \"7\"\nany = [{ host_in = \"sites\" }, { host_in = \"social\" }]\n\
        lists = { sites = [\"c.com\"], social = [\"d.com\"] }\n\n[[exempt]]\nid = \"E2\"\n";

    fn condition(text: &'static str) -> Condition {
        Condition {
            name: "x",
            about: "x",
            text,
        }
    }

    #[test]
    fn numbers_are_counted_anew_and_lists_stand_once() {
        let head = "# head\n[[exempt]]\nid = \"E1\"\n\n";
        let text = joined(head, &[condition(ONE), condition(TWO)]);
        assert_eq!(
            text,
            format!(
                "{head}# == one: the first\n[lists.social]\nfile = \"lists/a.domains\"\ncount = 1\n\n\
                 [[clause]]\nid = \"1\"\ntext = 'One.'\n\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
                 says = \"Kept so that rule 1.b can be checked.\"\n\
                 sequence = {{ first = \"1.b\", then = \"1.a\" }}\n\
                 any = [{{ host_in = \"social\", host = \"7.a.example\" }}]\n[[rule.test]]\n\
                 lists = {{ social = [\"b.com\"] }}\n\n\
                 # == two: the second\n[lists.social-2]\nfile = \"lists/b.domains\"\ncount = 2\n\n\
                 [[clause]]\nid = \"2\"\n\n[[rule]]\nid = \"2.a\"\nclause = \"2\"\n\
                 any = [{{ host_in = \"social\" }}, {{ host_in = \"social-2\" }}]\n\
                 lists = {{ social = [\"c.com\"], social-2 = [\"d.com\"] }}\n\n[[exempt]]\nid = \"E2\"\n"
            )
        );
    }
}
