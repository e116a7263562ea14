//! What an order asks of files: which places, and what of them.
//!
//! Promises: a place that no rule and no clause can want is not in it, so it is never watched. What
//! it holds may be wider than a rule, never narrower: scope decides afterwards, file by file.

use std::collections::BTreeSet;

use proviso_report::fact::Kind;
use proviso_rules::Order;
use proviso_rules::order::{Condition, FactField, Part, Rule};

/// What an order asks of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Where.
    pub(super) reach: Reach,
    /// Must it be known what is in a file, by its hash?
    pub(super) hashes: bool,
    /// Must it be known of which type a file is?
    pub(super) types: bool,
}

/// Where files may be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// In all places where people keep files.
    Everywhere,
    /// In these only.
    Named {
        /// Places by what they are for, in small letters.
        places: BTreeSet<String>,
        /// Folders as the order writes them.
        folders: BTreeSet<String>,
    },
}

impl Asked {
    /// By this order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let keeps = |kind| {
            let mut clauses = order.clauses().iter();
            clauses.any(|clause| clause.records.contains(&kind))
        };
        let mut asked = Self {
            types: keeps(Kind::FileChange),
            ..Self::default()
        };
        if keeps(Kind::FileChange) {
            asked.reach = Reach::Everywhere;
        }
        for rule in order.rules() {
            if !rule.on.contains(&Kind::FileChange) {
                continue;
            }
            asked.reach = std::mem::take(&mut asked.reach).or(reach(rule));
            let mut parts = parts(rule);
            asked.hashes |= parts.any(|part| matches!(part, Part::Sha256In(_)));
        }
        let is_type = |part: &Part| {
            let field = FactField::Mime;
            matches!(part, Part::Is { field: of, .. } if *of == field)
        };
        let rules = order.rules().iter();
        let rules = rules.filter(|rule| rule.on.contains(&Kind::FileChange));
        let exempts = order.exempts().iter().flat_map(|one| &one.matches);
        asked.types |= rules.flat_map(parts).chain(exempts).any(is_type);
        asked
    }
}

impl Default for Reach {
    /// Nowhere.
    fn default() -> Self {
        Self::Named {
            places: BTreeSet::new(),
            folders: BTreeSet::new(),
        }
    }
}

impl Reach {
    /// Where one of both reaches.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Named {
                    mut places,
                    mut folders,
                },
                Self::Named {
                    places: more_places,
                    folders: more_folders,
                },
            ) => {
                places.extend(more_places);
                folders.extend(more_folders);
                Self::Named { places, folders }
            }
            _ => Self::Everywhere,
        }
    }

    /// Where both reach, or a bit more: one of two is enough to bound what is watched.
    fn and(self, other: Self) -> Self {
        match self {
            Self::Everywhere => other,
            named @ Self::Named { .. } => named,
        }
    }
}

fn reach(rule: &Rule) -> Reach {
    let mut reach = Reach::Everywhere;
    if !rule.any.is_empty() {
        let any = rule.any.iter().map(of_condition);
        reach = any.fold(Reach::default(), Reach::or);
    }
    for condition in &rule.all {
        reach = reach.and(of_condition(condition));
    }
    match rule.only.as_ref().and_then(|only| only.among.as_ref()) {
        Some(among) => reach.and(of_condition(among)),
        None => reach,
    }
}

fn of_condition(condition: &Condition) -> Reach {
    if !condition.looks_at(Kind::FileChange) {
        return Reach::default();
    }
    let mut reach = Reach::Everywhere;
    for part in &condition.parts {
        let named = match part {
            Part::Is { field, values } if *field == FactField::Place => Reach::Named {
                places: values.iter().map(|one| one.to_ascii_lowercase()).collect(),
                folders: BTreeSet::new(),
            },
            Part::Under(folders) => Reach::Named {
                places: BTreeSet::new(),
                folders: folders.iter().cloned().collect(),
            },
            _ => continue,
        };
        reach = reach.and(named);
    }
    reach
}

fn parts(rule: &Rule) -> impl Iterator<Item = &Part> {
    let only = rule.only.iter();
    let among = only.clone().filter_map(|only| only.among.as_ref());
    let conditions = rule.any.iter().chain(&rule.all).chain(&rule.unless);
    conditions
        .chain(among)
        .flat_map(|condition| &condition.parts)
        .chain(only.flat_map(|only| &only.allow))
        .chain(rule.approvals.iter().flat_map(|one| &one.matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"
format = "proviso-order/1"
[order]
id = "M-1"
version = 1
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
timezone = "Europe/London"
contact = "Robin Example"
[[clause]]
id = "1"
text = "The words of the court."
"#;

    fn asked(more: &str) -> Asked {
        let text = format!("{HEAD}{more}");
        Asked::of(&Order::parse(text.as_bytes()).unwrap())
    }

    fn rule(conditions: &str, event: &str, other: &str) -> String {
        format!(
            r#"
[[rule]]
id = "1.a"
clause = "1"
says = "For review: a file."
severity = "review"
on = ["file_change"]
{conditions}
[[rule.test]]
event = {{ kind = "file_change", change = "created", at = "2026-04-01T20:00:00+01:00", {event} }}
expect = "match"
[[rule.test]]
event = {{ kind = "file_change", change = "created", at = "2026-04-01T20:00:00+01:00", {other} }}
expect = "no_match"
"#
        )
    }

    fn named(places: &[&str], folders: &[&str]) -> Reach {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Reach::Named {
            places: set(places),
            folders: set(folders),
        }
    }

    #[test]
    fn an_order_that_asks_nothing_of_files_reaches_nowhere() {
        let more = "[[not_machine_checkable]]\nclause = \"1\"\npart = \"all\"\nwhy = \"example\"\n";
        assert_eq!(asked(more), Asked::default());
    }

    #[test]
    fn a_clause_that_keeps_all_of_them_reaches_everywhere() {
        let text = HEAD.replace(
            "text = \"The words of the court.\"",
            "text = \"The words of the court.\"\nrecords = [\"file_change\"]",
        );
        let asked = Asked::of(&Order::parse(text.as_bytes()).unwrap());
        assert_eq!(asked.reach, Reach::Everywhere);
        assert!(asked.types && !asked.hashes);
    }

    #[test]
    fn rules_bound_what_is_watched_by_place_and_folder() {
        let asked = asked(&rule(
            r#"any = [{ place = ["Downloads", "removable"] }, { under = ["~/Shared", "/data"], change = "created" }]"#,
            r#"path = "/x", place = "downloads""#,
            r#"path = "/y", place = "pictures""#,
        ));
        let reach = named(&["downloads", "removable"], &["/data", "~/Shared"]);
        assert_eq!(asked.reach, reach);
        assert!(!asked.types && !asked.hashes);
    }

    #[test]
    fn a_rule_that_names_no_place_reaches_everywhere_and_asks_for_what_it_looks_at() {
        let asked = asked(&rule(
            r#"any = [{ mime = ["image/jpeg"] }]"#,
            r#"path = "/x", mime = "image/jpeg""#,
            r#"path = "/x", mime = "text/plain""#,
        ));
        assert_eq!(asked.reach, Reach::Everywhere);
        assert!(asked.types && !asked.hashes);
    }

    #[test]
    fn each_condition_of_all_bounds_what_any_reaches() {
        let asked = asked(&rule(
            "any = [{ change = \"created\" }]\nall = [{ place = \"network\" }]",
            r#"path = "/x", place = "network""#,
            r#"path = "/x", place = "downloads""#,
        ));
        assert_eq!(asked.reach, named(&["network"], &[]));
    }
}
