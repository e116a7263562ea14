use proviso_report::frame::UpdatePackage;
use proviso_rules::order::ListUpdate;

use super::*;

const SECOND: &[u8] = b"new.example\nsocial.example\n";
const THIRD: &[u8] = b"social.example\nthird.example\n";

/// The order, which lets the police update its list.
fn order(desk: &Desk) -> OrderPackage {
    let updates = "updates = { by = \"police:x\", says = \"New networks may be added.\" }";
    let text = text(1, "2026-03-02", "2026-03-03").replace(
        "source = \"chosen by hand\"",
        &format!("source = \"chosen by hand\"\n{updates}"),
    );
    desk.court.sign(text.into_bytes(), &["court", "police"])
}

fn update(desk: &Desk, before: Option<&UpdatePackage>, list: &[u8], from: &str) -> UpdatePackage {
    let order = Order::parse(&order(desk).order).unwrap();
    let before = before.map(|before| ListUpdate::parse(&before.update).unwrap());
    let text = ListUpdate::text(&order, "social", before.as_ref(), list, from, None).unwrap();
    desk.court.sign_update(text.into_bytes(), "police")
}

fn with(package: &OrderPackage, updates: &[&UpdatePackage]) -> OrderPackage {
    OrderPackage {
        updates: updates.iter().map(|&update| update.clone()).collect(),
        ..package.clone()
    }
}

/// Offers them with whatever lists they need, and lets those begin that are due.
fn take(desk: &mut Desk, book: &mut Book, package: OrderPackage) -> (Offered, Vec<String>) {
    let mut answer = book.offer(package, noon()).unwrap();
    while let Offered::Needs(lists) = &answer.offered {
        let bytes = [LIST, SECOND, THIRD];
        let list = bytes.into_iter().find(|list| Hash::of(list) == lists[0]);
        answer = book.list(lists[0], list.unwrap(), noon()).unwrap();
    }
    let mut facts = desk.record(book, answer.change);
    facts.extend(turns(desk, book, noon()));
    (answer.offered, facts)
}

fn turns(desk: &mut Desk, book: &mut Book, now: UnixMs) -> Vec<String> {
    let mut facts = Vec::new();
    while let Some(change) = book.turn(now) {
        facts.extend(desk.record(book, Some(change)));
    }
    facts
}

fn lists(book: &Book) -> Vec<(u64, Hash)> {
    let lists = book.lists().into_values();
    lists.map(|one| (one.number, one.sha256)).collect()
}

#[test]
fn an_update_counts_from_its_moment_on_and_after_a_restart() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let package = order(&desk);
    take(&mut desk, &mut book, package.clone());
    let pinned = book.in_force().unwrap().basis();
    let first = update(&desk, None, SECOND, "2026-03-02T00:00:00Z");
    let second = update(&desk, Some(&first), THIRD, "2026-03-02T18:00:00Z");

    let both = with(&package, &[&first, &second]);
    let (offered, facts) = take(&mut desk, &mut book, both.clone());
    assert_eq!(offered, Offered::Taken { updates: 2 });
    assert_eq!(facts, ["ListInForce"]);
    assert_eq!(lists(&book), [(1, Hash::of(SECOND))]);
    let basis = book.in_force().unwrap().basis();
    assert_ne!(basis, pinned);
    let digest = Hash::of(&package.order);
    assert_eq!(book.digest(), Some(digest));
    // Records before it are not judged by it, nor those of later by the list of before.
    assert!(JudgesOfLog::of(&book, &Basis::of(digest)).is_none());
    let counted = Basis {
        order: digest,
        lists: book.lists(),
    };
    assert_eq!(JudgesOfLog::of(&book, &counted).unwrap().basis(), basis);
    assert_eq!(book.next_turn(noon()), Some(noon().plus(6 * 3_600_000)));

    let mut book = desk.open();
    assert_eq!(book.in_force().unwrap().basis(), basis);
    assert!(book.turn(noon()).is_none());
    let (offered, facts) = take(&mut desk, &mut book, both);
    assert_eq!((offered, facts.len()), (Offered::Taken { updates: 2 }, 0));

    let evening = noon().plus(6 * 3_600_000);
    assert_eq!(turns(&mut desk, &mut book, evening), ["ListInForce"]);
    assert_eq!(lists(&book), [(2, Hash::of(THIRD))]);
    assert_eq!(lists(&desk.open()), lists(&book));
}

#[test]
fn only_the_last_that_has_begun_is_asked_for() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let package = order(&desk);
    take(&mut desk, &mut book, package.clone());
    let first = update(&desk, None, SECOND, "2026-03-02T00:00:00Z");
    let second = update(&desk, Some(&first), THIRD, "2026-03-02T01:00:00Z");
    let both = with(&package, &[&first, &second]);
    let answer = book.offer(both.clone(), noon()).unwrap();
    assert_eq!(answer.offered, Offered::Needs(vec![Hash::of(THIRD)]));
    let (_, facts) = take(&mut desk, &mut book, both);
    assert_eq!(facts, ["ListInForce"]);
    assert_eq!(lists(&book), [(2, Hash::of(THIRD))]);
}

#[test]
fn what_is_refused_is_said_once_and_changes_nothing() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let package = order(&desk);
    take(&mut desk, &mut book, package.clone());
    let before = book.in_force().unwrap().basis();
    let good = update(&desk, None, SECOND, "2026-03-02T00:00:00Z");
    let stranger = desk.court.sign_update(good.update.clone(), "court");
    let altered = UpdatePackage {
        update: [&good.update[..], b"\n"].concat(),
        ..good.clone()
    };
    // Its own tests fail without the site of the tests.
    let wrong = update(&desk, None, b"new.example\n", "2026-03-02T00:00:00Z");
    let second = update(&desk, Some(&good), THIRD, "2026-03-02T00:00:00Z");
    for (bad, says) in [
        (stranger, "lets police:x update this list"),
        (altered, "changed after signing"),
        (second, "put those before it first"),
    ] {
        let (offered, facts) = take(&mut desk, &mut book, with(&package, &[&bad]));
        let Offered::Refused(sentence) = offered else {
            panic!("{offered:?}");
        };
        assert!(sentence.contains(says), "{sentence}");
        assert_eq!(facts, [format!("refused: {sentence}")]);
        let (_, facts) = take(&mut desk, &mut book, with(&package, &[&bad]));
        assert_eq!(facts, [""; 0], "recorded once");
    }
    let offer = book.offer(with(&package, &[&wrong]), noon()).unwrap();
    assert!(matches!(offer.offered, Offered::Needs(_)));
    let answer = book
        .list(Hash::of(b"new.example\n"), b"new.example\n", noon())
        .unwrap();
    let facts = desk.record(&mut book, answer.change);
    assert!(
        facts[0].contains("goes on by the list that it has"),
        "{facts:?}"
    );
    assert!(book.turn(noon()).is_none());
    assert_eq!(book.in_force().unwrap().basis(), before);
    // And then the good one is taken.
    let (offered, _) = take(&mut desk, &mut book, with(&package, &[&good]));
    assert_eq!(offered, Offered::Taken { updates: 1 });
    assert_eq!(lists(&book), [(1, Hash::of(SECOND))]);
}
