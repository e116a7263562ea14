//! Each template is an order, and together they cover what orders are about.

use crate::page;

use super::*;

/// What the templates must offer between them, and where.
const COVERED: &[(&str, &str, &str)] = &[
    ("history kept and not deleted", "uk-shpo", "history"),
    ("private browsing", "uk-shpo", "private-browsing"),
    ("VPN, Tor and proxy", "uk-shpo", "hidden-routes"),
    (
        "wiping tools not intrinsic to the device",
        "uk-shpo",
        "wiping",
    ),
    (
        "encryption not intrinsic to the device",
        "us-supervision",
        "encryption",
    ),
    ("cloud storage", "uk-shpo", "cloud"),
    ("virtual machines", "uk-licence", "virtual-machines"),
    ("undeclared devices", "uk-shpo", "new-devices"),
    ("undeclared accounts", "uk-licence", "accounts"),
    ("words that may show contact", "uk-shpo", "contact"),
    ("social networks", "uk-shpo", "social"),
    ("dating", "uk-licence", "dating"),
    ("chat with strangers", "uk-shpo", "strangers"),
    ("AI image tools", "uk-shpo", "ai-images"),
    ("a named victim", "uk-stalking", "victim"),
    ("named places", "uk-stalking", "places"),
    ("curfew", "uk-licence", "curfew"),
    ("hours per day", "uk-licence", "hours"),
    ("hours per week", "us-supervision", "use"),
    ("work in working hours left out", "uk-licence", "work"),
    ("the monitor stopped or silent", "uk-shpo", "monitor"),
    (
        "devices after a terrorism conviction",
        "uk-terrorism",
        "devices",
    ),
];

fn compile(text: &str, side: Side) -> Result<Judge, Faults> {
    let order = Order::parse(text.as_bytes())?;
    Judge::compile(order, side, &mut |hash| {
        let of = |(_, text): &&(&str, &str)| Hash::of(text.as_bytes()) == *hash;
        let (_, text) = LISTS.iter().find(of)?;
        Some(Arc::new(*text) as ListBytes)
    })
}

/// The faults of an order, to be read.
fn faults(text: &str, side: Side) -> String {
    match compile(text, side) {
        Ok(_) => String::new(),
        Err(faults) => faults.to_string(),
    }
}

#[test]
fn every_template_is_an_order_on_both_sides() {
    for template in ALL {
        for side in [Side::Device, Side::Collector] {
            assert_eq!(faults(template.text, side), "", "{}", template.name);
        }
        let judge = compile(template.text, Side::Collector).unwrap();
        let mut warnings = judge.order().warnings().to_vec();
        warnings.extend(judge.warnings());
        warnings.retain(|one| one.code != "illustrative");
        assert_eq!(warnings, [], "{}", template.name);
        assert_eq!(template.order(&[]).as_deref(), Ok(template.text));
    }
}

#[test]
fn every_condition_is_an_order_by_itself() {
    for template in ALL {
        for condition in template.conditions() {
            let text = template.order(&[condition.name.to_owned()]).unwrap();
            // What only leaves something out has no clause of its own.
            let found = faults(&text, Side::Collector);
            let expected = if condition.text.contains("[[clause]]") {
                found.is_empty()
            } else {
                found.ends_with("[no-clause]")
            };
            assert!(expected, "{} {}: {found}", template.name, condition.name);
        }
    }
}

#[test]
fn every_condition_joins_an_order_of_every_other_template() {
    for first in ALL {
        for other in ALL.iter().filter(|other| other.name != first.name) {
            let chosen: Vec<Choice> = first
                .conditions()
                .iter()
                .map(|one| Choice::parse(one.name))
                .chain(
                    other
                        .conditions()
                        .iter()
                        .map(|one| Choice::parse(&format!("{}:{}", other.name, one.name))),
                )
                .collect();
            let (text, of) = order(first, &chosen).unwrap();
            let of: Vec<&str> = of.iter().map(|one| one.name).collect();
            assert_eq!(of, [first.name, other.name]);
            let found = faults(&text, Side::Collector);
            // Hours by other clocks are other hours: the order says so by its tests.
            let clocks = first.zone() != other.zone() && !found.is_empty();
            let expected = found.is_empty()
                || (clocks && found.lines().all(|line| line.ends_with("[test-failed]")));
            assert!(expected, "{} {}: {found}", first.name, other.name);
        }
    }
}

#[test]
fn every_page_shows_that_the_words_are_no_courts() {
    for template in ALL {
        let order = Order::parse(template.text.as_bytes()).unwrap();
        assert!(order.id().starts_with("ILLUSTRATIVE-"), "{}", template.name);
        assert!(order.court().starts_with("ILLUSTRATIVE: "));
        let page = page::text(&order, 0, &mut |_| None);
        for clause in order.clauses() {
            assert!(
                clause
                    .text
                    .starts_with("ILLUSTRATIVE, TO BE REPLACED BY THE ")
            );
        }
        let said = page.matches("ILLUSTRATIVE, TO BE REPLACED BY THE ").count();
        assert_eq!(said, order.clauses().len(), "{}", template.name);
        assert!(page::html(&order, 0, &mut |_| None).contains(order.id()));
    }
}

#[test]
fn the_templates_cover_what_orders_are_about() {
    for (what, template, condition) in COVERED {
        let found = named(template).unwrap().conditions();
        assert!(found.iter().any(|one| one.name == *condition), "{what}");
    }
    // Installed, configured and used are three findings.
    for (template, class) in [("uk-shpo", "wiper"), ("us-supervision", "encryption")] {
        let order = Order::parse(named(template).unwrap().text.as_bytes()).unwrap();
        for state in ["installed", "configured", "used"] {
            let rules = order.rules().iter().filter(|rule| {
                let words = format!("{:?}{:?}", rule.any, rule.all);
                words.contains(&format!("\"{class}\"")) && words.contains(&format!("\"{state}\""))
            });
            assert_eq!(rules.count(), 1, "{template}: {class} {state}");
        }
    }
}

#[test]
fn every_list_is_pinned_by_some_template() {
    for (file, _) in LISTS {
        let line = format!("file = \"{file}\"");
        assert!(ALL.iter().any(|one| one.text.contains(&line)), "{file}");
    }
}

#[test]
fn names_are_told_apart() {
    for template in ALL {
        let conditions = template.conditions();
        assert!(!template.about().is_empty() && conditions.len() >= 2);
        for (at, one) in conditions.iter().enumerate() {
            assert!(!one.about.is_empty());
            let twice = conditions[..at].iter().any(|other| other.name == one.name);
            assert!(!twice, "{} {}", template.name, one.name);
        }
        let unknown = template.order(&["histroy".to_owned()]);
        assert_eq!(unknown, Err("histroy".to_owned()));
    }
}
