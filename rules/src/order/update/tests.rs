use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::list::ListBytes;
use crate::signature::UPDATE_NAMESPACE;
use crate::signature::tests::{key, sign, sign_for};
use crate::{Event, Judge, Side};

const BY: &str = "police:lists@police.example";
/// 2026-09-01T00:00:00Z.
const SEPTEMBER: UnixMs = UnixMs(1_788_220_800_000);
const DAY: i64 = 86_400_000;

/// The lists that stand in for each other.
const LISTS: [&str; 4] = [
    "a.example\n",
    "a.example\nb.example\n",
    "a.example\nb.example\nc.example\n",
    "other.example\n",
];

fn hash(number: usize) -> Hash {
    Hash::of(LISTS[number].as_bytes())
}

/// An order that pins the first list. `updates`: what the pin says besides.
fn order_text(version: u64, updates: &str) -> String {
    let test = |url: &str, expect: &str| {
        format!(
            "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://{url}/\", \
             at = \"2026-04-01T20:00:00Z\" }}\nexpect = \"{expect}\"\n"
        )
    };
    format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = {version}\ncourt = \"C\"\n\
         made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n\
         [lists.adult]\nfile = \"lists/adult\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = 1\n\
         {updates}\
         [[clause]]\nid = \"1\"\ntext = \"t\"\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
         says = \"s\"\nseverity = \"breach\"\non = [\"web_visit\"]\nany = [{{ host_in = \"adult\" }}]\n\
         {}{}",
        hash(0),
        test("a.example", "match"),
        test("z.example", "no_match")
    )
}

fn order() -> Order {
    let updates = format!("updates = {{ by = \"{BY}\", says = \"New adult sites are added.\" }}\n");
    Order::parse(order_text(1, &updates).as_bytes()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The statement that the `number`th list follows the one before it, with these edits.
fn statement(number: usize, edits: &[(&str, &str)]) -> String {
    let mut text = format!(
        "format = \"proviso-list-update/1\"\norder = \"O\"\nlist = \"adult\"\nnumber = {number}\n\
         previous = \"{}\"\nsha256 = \"{}\"\ncount = {}\nfrom = 2026-09-0{number}T00:00:00Z\n",
        hash(number - 1),
        hash(number),
        number + 1,
    );
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

fn read(number: usize, edits: &[(&str, &str)]) -> ListUpdate {
    let text = statement(number, edits);
    ListUpdate::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn authorised(order: &Order, update: ListUpdate) -> Result<AuthorisedUpdate, UpdateError> {
    let (signature, line) = sign_for(UPDATE_NAMESPACE, &key(), BY, update.bytes());
    let signers = Signers::parse(line.as_bytes()).unwrap();
    update.verify(order, &signers, signature.as_bytes(), SEPTEMBER)
}

fn chain(order: &Order, numbers: std::ops::RangeInclusive<usize>) -> Updates {
    let mut updates = Updates::new(order);
    for number in numbers {
        let update = authorised(order, read(number, &[])).unwrap();
        updates.add(order, update).unwrap();
    }
    updates
}

fn faults(edits: &[(&str, &str)]) -> Vec<String> {
    match ListUpdate::parse(statement(1, edits).as_bytes()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.all().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_statement_is_read_whole() {
    let update = read(1, &[("from", "source = \"UT1\"\nfrom")]);
    let text = statement(1, &[("from", "source = \"UT1\"\nfrom")]);
    assert_eq!(update.bytes(), text.as_bytes());
    assert_eq!(
        (update.order.as_str(), update.list.as_str(), update.number),
        ("O", "adult", 1)
    );
    assert_eq!((update.previous, update.sha256), (hash(0), hash(1)));
    assert_eq!((update.count, update.from), (2, SEPTEMBER));
    assert_eq!(update.source.as_deref(), Some("UT1"));
}

#[test]
fn a_statement_is_written_as_it_is_read() {
    let order = order();
    let write = |number: usize, before: Option<&ListUpdate>| {
        let from = format!("2026-09-0{number}T00:00:00Z");
        let list = LISTS[number].as_bytes();
        ListUpdate::text(&order, "adult", before, list, &from, None)
    };
    let first = write(1, None).unwrap();
    assert_eq!(first, statement(1, &[]));
    let first = ListUpdate::parse(first.as_bytes()).unwrap();
    assert_eq!(write(2, Some(&first)).unwrap(), statement(2, &[]));
    let text = |list, from| ListUpdate::text(&order, list, None, b"x", from, Some("a \"b\""));
    let said = text("x", "").unwrap_err().to_string();
    assert!(
        said.starts_with("the order pins no list `x`; there is `"),
        "{said}"
    );
    for from in ["", "tomorrow", "2026-09-01", "\"\nx = 1"] {
        let faults = ListUpdate::parse(text("adult", from).unwrap().as_bytes());
        let codes: Vec<_> = faults
            .unwrap_err()
            .all()
            .iter()
            .map(|one| one.code)
            .collect();
        assert_eq!(codes, ["time"], "{from}");
    }
}

#[test]
fn every_fault_of_a_statement_has_its_place() {
    for (edits, fault) in [
        (
            &[("update/1", "update/2")][..],
            "update.toml:1:10: this file is of format `proviso-list-update/2`, and this version \
             reads `proviso-list-update/1` [format]",
        ),
        (
            &[("list =", "lits =")],
            "update.toml:3:1: the update has no key `lits`; did you mean `list`? [unknown-key]",
        ),
        (
            &[("number = 1", "number = 0")],
            "update.toml:4:10: there is no update 0; count updates from 1 [number]",
        ),
        (
            &[("T00:00:00Z", "T00:00:00")],
            "update.toml:8:8: `from` must be a time with its offset: \
             \"2026-04-01T20:00:00+01:00\" [time]",
        ),
    ] {
        let found = faults(edits);
        assert!(found.iter().any(|one| one == fault), "{found:#?}");
    }
    let same = faults(&[(&hash(1).to_string(), &hash(0).to_string())]);
    assert!(same[0].contains("would change nothing"), "{same:?}");
    let long = format!("{}# {}", statement(1, &[]), "x".repeat(LONGEST));
    assert!(ListUpdate::parse(long.as_bytes()).is_err());
    assert!(ListUpdate::parse(b"\xff").is_err());
    assert!(ListUpdate::parse(b"x = ").is_err());
}

#[test]
fn the_list_that_counts_is_a_matter_of_the_moment() {
    let updates = chain(&order(), 1..=3);
    let at = |days: i64| order().updated(&updates, UnixMs(SEPTEMBER.0 + days * DAY));
    for (days, number) in [(-1, 0), (0, 1), (1, 2), (2, 3), (99, 3)] {
        let updated = at(days);
        let pin = &updated.lists()[0];
        assert_eq!(
            (pin.sha256, pin.count),
            (hash(number), [1, 2, 3, 4][number])
        );
        assert_eq!(updated.digest(), order().digest());
        assert_eq!(updated.basis() == updated.digest(), number == 0);
    }
    assert_ne!(at(0).basis(), at(1).basis());
    // By hand: so must everybody do it who names a finding's basis.
    let bytes = [
        &b"proviso-basis/1\0"[..],
        &order().digest().0,
        &[0, 0, 0, 0, 0, 0, 0, 5],
        b"adult",
        &hash(1).0,
    ];
    assert_eq!(at(0).basis(), Hash::of(&bytes.concat()));
}

#[test]
fn a_judge_with_an_updated_list_finds_by_it() {
    let list = |hash: &Hash| {
        LISTS
            .iter()
            .find(|list| Hash::of(list.as_bytes()) == *hash)
            .map(|list| -> ListBytes { Arc::new(*list) })
    };
    let judge = |order| Judge::compile(order, Side::Collector, &mut |hash| list(hash));
    let hits = |judge: &Judge, host: &str| {
        let fact = proviso_report::Fact::from(proviso_report::fact::WebVisit {
            url: format!("https://{host}/"),
            title: None,
            browser: String::new(),
            profile: None,
            transition: None,
            private: None,
        });
        let event = Event {
            at: SEPTEMBER,
            account: None,
            fact: &fact,
        };
        !judge.judge(&event).is_empty()
    };
    let updates = chain(&order(), 1..=1);
    let before = judge(order()).unwrap();
    let after = judge(order().updated(&updates, SEPTEMBER)).unwrap();
    assert!(!hits(&before, "b.example") && hits(&after, "b.example"));
    assert_eq!(before.basis(), order().digest());
    assert_ne!(after.basis(), before.basis());
    // The same from the statement alone, for whoever is about to sign it.
    let tried = judge(read(1, &[]).tried_on(order())).unwrap();
    assert_eq!(tried.basis(), after.basis());
    // A list with which the order's own tests fail is not taken.
    let third = hash(3).to_string();
    let edits = [(hash(1).to_string(), third)];
    let edits: Vec<(&str, &str)> = edits
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let wrong = read(1, &[edits[0], ("count = 2", "count = 1")]);
    let faults = judge(wrong.tried_on(order())).err().unwrap();
    assert_eq!(faults.all()[0].code, "test-failed");
}

#[test]
fn a_log_names_the_updates_that_count() {
    let updates = chain(&order(), 1..=3);
    let by = |number: usize, sha256: usize| {
        let version = ListVersion {
            number: number as u64,
            sha256: hash(sha256),
        };
        let lists = [("adult".to_owned(), version)].into();
        order().with_updates(&updates, &lists)
    };
    let second = by(2, 2).unwrap();
    assert_eq!(
        second.basis(),
        order().updated(&updates, UnixMs(SEPTEMBER.0 + DAY)).basis()
    );
    assert_eq!(
        by(2, 3).unwrap_err().to_string(),
        format!("update 2 of the list `adult` ({}) is not here", hash(3))
    );
    assert!(by(4, 3).is_err());
    let none = order().with_updates(&updates, &BTreeMap::new()).unwrap();
    assert_eq!(none.basis(), order().digest());
    // They are of this version alone.
    let other = Updates::new(&Order::parse(order_text(2, "").as_bytes()).unwrap());
    let lists = [("adult".to_owned(), read(1, &[]).version())].into();
    assert!(order().with_updates(&other, &lists).is_err());
}

#[test]
fn what_was_verified_before_is_still_one_that_the_order_allows() {
    let mut updates = Updates::new(&order());
    let first = read(1, &[]).verified_before(&order()).unwrap();
    updates.add(&order(), first).unwrap();
    assert_eq!(updates.last("adult"), Some(&read(1, &[])));
    assert_eq!(updates.all().count(), 1);
    let fixed = Order::parse(order_text(1, "").as_bytes()).unwrap();
    assert_eq!(
        read(1, &[]).verified_before(&fixed),
        Err(UpdateError::NotAllowed("adult".to_owned()))
    );
}

#[test]
fn updates_come_one_after_the_other() {
    let order = order();
    let add =
        |updates: &mut Updates, update| updates.add(&order, authorised(&order, update).unwrap());
    let mut updates = chain(&order, 1..=1);
    assert!(matches!(
        add(&mut updates, read(1, &[])),
        Err(UpdateError::Number {
            number: 1,
            next: 2,
            ..
        })
    ));
    assert!(matches!(
        add(&mut updates, read(3, &[])),
        Err(UpdateError::Number {
            number: 3,
            next: 2,
            ..
        })
    ));
    let (one, two) = (hash(1).to_string(), hash(0).to_string());
    let stray = read(2, &[(one.as_str(), two.as_str())]);
    assert!(matches!(
        add(&mut updates, stray),
        Err(UpdateError::Previous { current, .. }) if current == hash(1)
    ));
    let early = read(2, &[("2026-09-02", "2026-08-31")]);
    assert!(matches!(
        add(&mut updates, early),
        Err(UpdateError::From { .. })
    ));
    let (before, this) = (updates.clone(), read(2, &[]));
    add(&mut updates, this).unwrap();
    assert_ne!(updates, before);
}

#[test]
fn only_whom_the_order_names_may_update_what_it_names() {
    let order = order();
    let refused = |order: &Order, update| authorised(order, update).unwrap_err();
    assert!(matches!(
        refused(&order, read(1, &[("\"O\"", "\"P\"")])),
        UpdateError::Order { said, .. } if said == "P"
    ));
    assert!(matches!(
        refused(&order, read(1, &[("adult", "other")])),
        UpdateError::NoList { list, .. } if list == "other"
    ));
    for count in ["0", "2000001"] {
        let update = read(1, &[("count = 2", &format!("count = {count}"))]);
        assert!(matches!(refused(&order, update), UpdateError::Count { .. }));
    }
    let fixed = Order::parse(order_text(1, "").as_bytes()).unwrap();
    assert_eq!(
        refused(&fixed, read(1, &[])),
        UpdateError::NotAllowed("adult".to_owned())
    );
    let other = "updates = { by = \"court:clerk\", says = \"s\" }\n";
    let other = Order::parse(order_text(1, other).as_bytes()).unwrap();
    assert!(matches!(
        refused(&other, read(1, &[])),
        UpdateError::Signature(UpdateSignatureError::SomebodyElse { .. })
    ));
    let update = read(1, &[]);
    let (of_order, line) = sign(&key(), BY, update.bytes());
    let signers = Signers::parse(line.as_bytes()).unwrap();
    assert!(matches!(
        update.verify(&order, &signers, of_order.as_bytes(), SEPTEMBER),
        Err(UpdateError::Signature(
            UpdateSignatureError::Namespace { .. }
        ))
    ));
}

#[test]
fn updates_belong_to_one_version_of_the_order() {
    let updates = chain(&order(), 1..=1);
    let pin = format!("updates = {{ by = \"{BY}\", says = \"New adult sites are added.\" }}\n");
    let next = Order::parse(order_text(2, &pin).as_bytes()).unwrap();
    let unchanged = next.clone().updated(&updates, SEPTEMBER);
    assert_eq!(unchanged.basis(), next.digest());
    let update = authorised(&order(), read(1, &[])).unwrap();
    let mut updates = Updates::new(&next);
    assert_eq!(updates.add(&next, update), Err(UpdateError::Version));
    let update = authorised(&next, read(1, &[])).unwrap();
    assert_eq!(updates.add(&next, update), Ok(()));
    assert_ne!(
        next.clone().updated(&updates, SEPTEMBER).basis(),
        next.digest()
    );
}

#[test]
fn the_order_names_one_person_in_full() {
    for by in [
        "lists@police.example",
        "police:",
        ":x",
        "police:*",
        "police:a b",
        "",
    ] {
        let updates = format!("updates = {{ by = \"{by}\", says = \"s\" }}\n");
        let faults = Order::parse(order_text(1, &updates).as_bytes()).unwrap_err();
        assert_eq!(faults.all()[0].code, "updated-by", "{by}");
    }
    let short = "updates = { by = \"police:x\" }\n";
    let faults = Order::parse(order_text(1, short).as_bytes()).unwrap_err();
    assert_eq!(faults.all()[0].code, "missing-key");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(ListUpdate::parse(&bytes));
    }

    #[test]
    fn a_bent_statement_is_read_or_refused_and_never_signed(
        at in 0_usize..300,
        byte in any::<u8>(),
    ) {
        let order = order();
        let good = statement(1, &[]);
        let (signature, line) = sign_for(UPDATE_NAMESPACE, &key(), BY, good.as_bytes());
        let signers = Signers::parse(line.as_bytes()).unwrap();
        let mut bent = good.clone().into_bytes();
        let at = at % bent.len();
        prop_assume!(bent[at] != byte);
        bent[at] = byte;
        if let Ok(update) = ListUpdate::parse(&bent) {
            prop_assert!(update.verify(&order, &signers, signature.as_bytes(), SEPTEMBER).is_err());
        }
    }
}
