//! An order that uses the whole language is read as it was meant.

use jiff::civil::{Weekday, date, time};
use proviso_report::fact::{Device, Fact};

use super::*;

/// Every verb, every key.
pub(super) const WHOLE: &str = include_str!("whole.toml");

fn whole() -> Order {
    Order::parse(WHOLE.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn rule<'o>(order: &'o Order, id: &str) -> &'o Rule {
    order.rules().iter().find(|rule| rule.id == id).unwrap()
}

#[test]
fn verbs_over_time_are_read() {
    let order = whole();
    let over = |id| rule(&order, id).over.clone().unwrap();
    assert_eq!(
        over("1.b"),
        Over::Sequence {
            first: "2.a".to_owned(),
            then: "1.a".to_owned(),
            within: Span(30 * 60_000),
        }
    );
    assert_eq!(rule(&order, "1.b").on, []);
    assert_eq!(
        over("3.a"),
        Over::Threshold {
            count: 3,
            within: Span(600_000),
        }
    );
    assert_eq!(
        over("3.b"),
        Over::Quota {
            more_than: Amount::Time(Span(4 * 3_600_000)),
            per: Per::LocalDay,
        }
    );
    assert_eq!(
        over("3.c"),
        Over::Quota {
            more_than: Amount::Count(20),
            per: Per::LocalWeek,
        }
    );
    assert_eq!(
        over("6.a"),
        Over::Grace {
            days: 3,
            of: FactField::Serial,
        }
    );
    assert_eq!(
        over("8.b"),
        Over::Silence {
            longer_than: Span(900_000),
        }
    );
}

#[test]
fn conditions_are_read() {
    let order = whole();
    let is = |field, values: &[&str]| Part::Is {
        field,
        values: values.iter().map(|one| (*one).to_owned()).collect(),
    };
    let any = &rule(&order, "2.a").any;
    assert_eq!(
        any[0].parts,
        [
            is(FactField::Change, &["added"]),
            is(FactField::InterfaceType, &["tun", "wireguard"]),
        ]
    );
    assert_eq!(any[2].parts, [is(FactField::Tethered, &["true"])]);

    let any = &rule(&order, "5.b").any;
    assert_eq!(
        any[0].parts,
        [Part::Near(Near {
            within_words: 8,
            a: Said::Number {
                from: 8,
                to: 17,
                units: vec!["yo".to_owned(), "years old".to_owned()],
            },
            b: Said::Words(vec!["school".to_owned(), "year 9".to_owned()]),
        })]
    );
    assert_eq!(
        any[1].parts,
        [Part::SearchWords(vec!["meet me".to_owned()])]
    );
    let leet: Vec<bool> = any.iter().map(|condition| condition.leet).collect();
    assert_eq!(leet, [true, true, false, false, false, false]);
    assert_eq!(any[2].parts, [Part::SearchWordsIn("talk".to_owned())]);
    assert_eq!(
        any[3].parts,
        [Part::Pattern {
            field: Field::Search,
            regex: "meet.?me".to_owned(),
        }]
    );
    assert_eq!(any[4].parts, [Part::LooksLikeIn("vpn".to_owned())]);
    assert_eq!(
        any[5].parts,
        [Part::LooksLike(vec!["bank.example".to_owned()])]
    );

    let any = &rule(&order, "7.a").any;
    let folders = ["/media", "~/Pictures", "C:\\Users"].map(str::to_owned);
    assert_eq!(
        any[0].parts,
        [
            Part::Sha256In("known".to_owned()),
            Part::Under(folders.to_vec()),
        ]
    );
}

#[test]
fn what_is_allowed_is_read() {
    let order = whole();
    let only = rule(&order, "4.a").only.as_ref().unwrap();
    let among = only.among.as_ref().unwrap();
    assert_eq!(among.parts, [Part::HostIn("vpn".to_owned())]);
    assert_eq!(
        only.allow,
        [
            Part::Host(vec!["web.whatsapp.com".to_owned()]),
            Part::App(vec!["WhatsApp".to_owned()]),
            Part::Account(vec!["work".to_owned()]),
        ]
    );
    let only = rule(&order, "6.a").only.as_ref().unwrap();
    assert_eq!(only.among, None);

    let approval = &rule(&order, "2.a").approvals[0];
    assert_eq!(approval.id, "A-2026-07");
    assert_eq!(
        approval.matches,
        [Part::Is {
            field: FactField::Interface,
            values: vec!["wg-freight0".to_owned()],
        }]
    );
    assert_eq!(approval.starts, Some(date(2026, 7, 7)));
    assert_eq!(approval.ends, Some(date(2026, 12, 31)));
    assert_eq!(
        rule(&order, "3.a").wide_because.as_deref(),
        Some("The clause forbids every use of the internet at night.")
    );
}

#[test]
fn hours_and_suspensions_are_read() {
    let order = whole();
    let during = &rule(&order, "3.a").during;
    assert_eq!(during[0].days.len(), 7);
    assert_eq!(during[0].from, time(23, 0, 0, 0));
    assert_eq!(during[0].to, time(6, 0, 0, 0));
    let within = &order.exempts()[0].within;
    assert_eq!(within[0].days.last(), Some(&Weekday::Friday));
    assert_eq!(within[1].days, [Weekday::Wednesday, Weekday::Saturday]);

    let ms = |text: &str| text.parse::<UnixMs>().unwrap();
    let until = ms("2026-07-31T23:00:00.000Z");
    assert_eq!(
        order.term(ms("2026-07-15T12:00:00.000Z")),
        Term::Suspended(Some(until))
    );
    assert_eq!(
        order.term(until),
        Term::InForce(Some(ms("2030-06-30T23:00:00.000Z")))
    );
    assert_eq!(
        order.term(ms("2030-08-01T00:00:00.000Z")),
        Term::Suspended(None)
    );
    assert_eq!(order.suspensions()[1].to, None);
}

#[test]
fn lists_say_where_they_are_held_and_who_may_change_them() {
    let order = whole();
    let list = |name: &str| order.lists().iter().find(|one| one.name == name).unwrap();
    assert_eq!(list("known").held, Where::Collector);
    assert_eq!(list("known").updates, None);
    assert_eq!(list("vpn").held, Where::Device);
    assert_eq!(
        list("vpn").updates.as_ref().map(|one| one.by.as_str()),
        Some("police:lists@police.example")
    );
    assert_eq!(rule(&order, "7.a").checked, Where::Collector);
    assert_eq!(rule(&order, "2.a").checked, Where::Device);
}

#[test]
fn tests_have_steps() {
    let order = whole();
    let tests = &rule(&order, "6.a").tests;
    assert_eq!(
        tests[0].steps[0].fact,
        Some(Fact::Device(Device {
            change: proviso_report::fact::Change::Added,
            class: "storage".to_owned(),
            serial: Some("AA01".to_owned()),
            vendor: None,
            product: None,
            bytes: None,
        }))
    );
    assert_eq!(tests[0].steps[1].fact, None);
    assert_eq!(tests[0].steps[1].at.to_string(), "2026-05-04T11:00:01.000Z");
    assert_eq!(rule(&order, "2.a").tests[2].expect, Expect::CannotTell);

    let generated = &rule(&order, "3.b").tests[0].steps;
    assert_eq!(generated.len(), 241);
    assert_eq!(generated[240].at.to_string(), "2026-06-01T12:00:00.000Z");
    assert_eq!(generated[240].account.as_deref(), Some("sam"));
    assert_eq!(generated[240].fact, generated[0].fact);
}

#[test]
fn only_what_the_person_does_is_asked_of_sources() {
    let order = whole();
    assert!(order.kinds().contains(&Kind::Device));
    assert!(!order.kinds().contains(&Kind::AgentAltered));
}
