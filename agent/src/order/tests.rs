use proviso_report::Kind;

use super::fixture::{Court, LIST, text};
use super::*;

const DAY: i64 = 24 * 3_600_000;

/// Noon of the first day of the usual order.
fn noon() -> UnixMs {
    "2026-03-02T12:00:00.000Z".parse().unwrap()
}

struct Desk {
    court: Court,
    dir: tempfile::TempDir,
    stored: Option<Vec<u8>>,
}

impl Desk {
    fn new() -> Self {
        Self {
            court: Court::new(),
            dir: tempfile::tempdir().unwrap(),
            stored: None,
        }
    }

    fn open(&self) -> Book {
        let dir = self.dir.path().join("order");
        Book::open(dir, self.court.signers(), self.stored.as_deref()).unwrap()
    }

    /// Records a change, as the keeper does; gives its facts.
    fn record(&mut self, book: &mut Book, change: Option<Change>) -> Vec<String> {
        let Some(change) = change else {
            return Vec::new();
        };
        self.stored = Some(change.stored());
        let facts = change.facts.iter().map(said).collect();
        book.apply(change);
        facts
    }

    /// Offers an order and whatever it needs.
    fn offer(
        &mut self,
        book: &mut Book,
        package: OrderPackage,
        now: UnixMs,
    ) -> (Offered, Vec<String>) {
        let mut answer = book.offer(package, now).unwrap();
        if answer.offered == Offered::Needs(vec![Hash::of(LIST)]) {
            answer = book.list(Hash::of(LIST), LIST, now).unwrap();
        }
        let facts = self.record(book, answer.change);
        (answer.offered, facts)
    }
}

fn said(fact: &Fact) -> String {
    match fact {
        Fact::OrderInForce(order) => format!("{} in force", order.version),
        Fact::OrderEnded(order) => format!("{} ended: {}", order.version, order.reason),
        Fact::OrderRefused(order) => format!("refused: {}", order.reason),
        other => format!("{:?}", other.kind()),
    }
}

#[test]
fn a_signed_order_with_its_lists_is_in_force_and_stays_so() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    assert_eq!(book.wanted(), Wanted::default());
    let package = desk.court.order(1, "2026-03-02", "2026-03-03");
    let needs = book.offer(package.clone(), noon()).unwrap();
    assert_eq!(needs.offered, Offered::Needs(vec![Hash::of(LIST)]));
    assert!(needs.change.is_none() && book.digest().is_none());
    let wrong = book
        .list(Hash::of(LIST), b"other.example\n", noon())
        .unwrap();
    assert!(matches!(wrong.offered, Offered::Refused(_)));
    let taken = book.list(Hash::of(LIST), LIST, noon()).unwrap();
    assert_eq!(taken.offered, Offered::Taken { updates: 0 });
    assert_eq!(book.digest(), None, "not before it is recorded");
    assert_eq!(desk.record(&mut book, taken.change), ["1 in force"]);
    assert!(book.wanted().wants(Kind::WebVisit) && book.wanted().wants(Kind::ProcessStart));

    let mut book = desk.open();
    assert_eq!(book.digest(), Some(Hash::of(&package.order)));
    assert!(book.in_force().is_some() && book.turn(noon()).is_none());
    let (again, facts) = desk.offer(&mut book, package, noon());
    assert_eq!((again, facts.len()), (Offered::Taken { updates: 0 }, 0));
}

#[test]
fn what_is_not_signed_as_it_must_be_is_refused_once() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let good = desk.court.order(1, "2026-03-02", "2026-03-03");
    let mut altered = good.clone();
    altered.order.push(b'\n');
    let ended = desk.court.order(1, "2026-02-02", "2026-03-01");
    let broken = desk
        .court
        .sign(b"format = 1".to_vec(), &["court", "police"]);
    let alone = OrderPackage {
        signatures: good.signatures[..1].to_vec(),
        ..good.clone()
    };
    for (package, says) in [
        (altered, "sign"),
        (alone, "two people"),
        (ended, "ended at 2026-03-02T00:00:00.000Z"),
        (broken, "order.toml"),
    ] {
        let (offered, facts) = desk.offer(&mut book, package.clone(), noon());
        let Offered::Refused(sentence) = offered else {
            panic!("{offered:?}");
        };
        assert!(sentence.contains(says), "{sentence}");
        assert_eq!(facts, [format!("refused: {sentence}")]);
        let (_, facts) = desk.offer(&mut book, package, noon());
        assert_eq!(facts, [""; 0], "recorded once");
    }
    assert!(book.digest().is_none());
}

#[test]
fn a_refusal_that_could_not_be_recorded_is_recorded_later() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let ended = desk.court.order(1, "2026-02-02", "2026-03-01");
    let answer = book.offer(ended.clone(), noon()).unwrap();
    assert!(answer.change.is_some(), "and it is not written");
    let (_, facts) = desk.offer(&mut book, ended.clone(), noon());
    assert_eq!(facts.len(), 1);
    let (_, facts) = desk.offer(&mut book, ended, noon());
    assert_eq!(facts.len(), 0);
}

#[test]
fn a_wrong_clock_is_said_once_and_the_order_taken_when_it_is_right() {
    let mut desk = Desk::new();
    let signers = desk.court.signers_with("valid-after=\"20260301Z\",");
    let mut book = Book::open(desk.dir.path().join("order"), signers, None).unwrap();
    let one = desk.court.order(1, "2026-03-02", "2026-03-03");
    let mut told = 0;
    for minutes in [0, 10] {
        let wrong = noon().plus(minutes * 60_000 - 30 * DAY);
        let (offered, facts) = desk.offer(&mut book, one.clone(), wrong);
        assert!(matches!(offered, Offered::Refused(_)));
        told += facts.len();
    }
    assert_eq!(told, 1);
    let (offered, facts) = desk.offer(&mut book, one, noon());
    assert_eq!(offered, Offered::Taken { updates: 0 });
    assert_eq!(facts, ["1 in force"]);
}

#[test]
fn an_order_does_not_go_back() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let two = desk.court.order(2, "2026-03-02", "2026-03-03");
    let one = desk.court.order(1, "2026-03-02", "2026-03-03");
    let other_two = desk.court.order(2, "2026-03-01", "2026-03-03");
    desk.offer(&mut book, two, noon());
    let mut book = desk.open();
    for (older, says) in [(one, "does not go back"), (other_two, "one version")] {
        let (offered, _) = desk.offer(&mut book, older, noon());
        assert!(
            matches!(&offered, Offered::Refused(why) if why.contains(says)),
            "{offered:?}"
        );
    }
    assert_eq!(book.in_force().unwrap().order().version(), 2);
    let three = desk.court.order(3, "2026-03-02", "2026-03-03");
    let (offered, facts) = desk.offer(&mut book, three, noon());
    assert_eq!(offered, Offered::Taken { updates: 0 }, "its list was here");
    assert_eq!(
        facts,
        ["2 ended: version 3 of SHPO-1 took its place", "3 in force"]
    );
    assert_eq!(
        std::fs::read_dir(desk.dir.path().join("order"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn orders_share_a_list_by_its_hash_while_it_is_whole() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let one = desk.court.order(1, "2026-03-02", "2026-03-05");
    desk.offer(&mut book, one.clone(), noon());
    let two = desk.court.order(2, "2026-03-03", "2026-03-05");
    let answer = book.offer(two.clone(), noon()).unwrap();
    assert_eq!(
        answer.offered,
        Offered::Taken { updates: 0 },
        "its list was here"
    );
    desk.record(&mut book, answer.change);
    let lists = [one, two].map(|package| {
        let folder = desk.dir.path().join("order");
        folder
            .join(Hash::of(&package.order).to_string())
            .join("lists")
            .join(Hash::of(LIST).to_string())
    });
    for list in &lists {
        assert_eq!(std::fs::read(list).unwrap(), LIST);
        std::fs::remove_file(list).unwrap();
        std::fs::write(list, b"other.example\n").unwrap();
    }
    let three = desk.court.order(3, "2026-03-04", "2026-03-05");
    let answer = book.offer(three, noon()).unwrap();
    assert_eq!(answer.offered, Offered::Needs(vec![Hash::of(LIST)]));
}

#[test]
fn begins_on_its_first_day_and_ends_after_its_last() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let one = desk.court.order(1, "2026-03-02", "2026-03-03");
    desk.offer(&mut book, one, noon());
    let two = desk.court.order(2, "2026-03-03", "2026-03-04");
    let (offered, facts) = desk.offer(&mut book, two.clone(), noon());
    assert_eq!((offered, facts.len()), (Offered::Taken { updates: 0 }, 0));
    assert_eq!(
        book.in_force().unwrap().order().version(),
        1,
        "until the day"
    );
    let midnight = noon().plus(DAY / 2);
    assert_eq!(book.next_turn(noon()), Some(midnight));
    let mut book = desk.open();
    assert!(book.turn(midnight.plus(-1)).is_none());
    let change = book.turn(midnight);
    let facts = desk.record(&mut book, change);
    assert_eq!(
        facts,
        ["1 ended: version 2 of SHPO-1 took its place", "2 in force"]
    );
    let end = midnight.plus(2 * DAY);
    let of = |book: &Book, at: UnixMs| {
        let judge = book.at(at).unwrap();
        judge.map(|judge| judge.order().version())
    };
    for book in [&book, &desk.open()] {
        assert_eq!(of(book, noon().plus(-1)), None, "before it was taken");
        assert_eq!(of(book, midnight.plus(-1)), Some(1));
        assert_eq!(of(book, midnight), Some(2));
        assert_eq!(of(book, end.plus(-1)), Some(2));
        assert_eq!(of(book, end), None);
    }
    assert_eq!(book.next_turn(midnight), Some(end));
    assert!(book.turn(end.plus(-1)).is_none());
    let change = book.turn(end);
    assert_eq!(
        desk.record(&mut book, change),
        ["2 ended: it ended at 2026-03-05T00:00:00.000Z"]
    );
    assert_eq!(
        (book.wanted(), book.digest()),
        (Wanted::default(), Some(Hash::of(&two.order)))
    );
    assert!(book.turn(end.plus(DAY)).is_none(), "said once");
    let change = book.turn(noon());
    let facts = desk.record(&mut book, change);
    assert_eq!(facts, [""; 0], "the clock shows a day before");
}

#[test]
fn a_first_order_of_days_to_come_waits() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let one = desk.court.order(1, "2026-03-03", "2026-03-04");
    let (offered, facts) = desk.offer(&mut book, one, noon());
    assert_eq!((offered, facts.len()), (Offered::Taken { updates: 0 }, 0));
    assert_eq!(book.wanted(), Wanted::default());
    let mut book = desk.open();
    let change = book.turn(noon().plus(DAY));
    assert_eq!(desk.record(&mut book, change), ["1 in force"]);
}

#[test]
fn a_stored_order_that_was_changed_does_not_count_and_can_be_taken_again() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let package = desk.court.order(1, "2026-03-02", "2026-03-03");
    desk.offer(&mut book, package.clone(), noon());
    let folder = desk
        .dir
        .path()
        .join("order")
        .join(Hash::of(&package.order).to_string());
    std::fs::write(
        folder.join("order.toml"),
        text(1, "2026-03-02", "2036-03-03"),
    )
    .unwrap();
    let mut book = desk.open();
    assert_eq!((book.digest(), book.wanted()), (None, Wanted::default()));
    let change = book.turn(noon());
    let facts = desk.record(&mut book, change);
    assert_eq!(facts, ["1 ended: its stored file does not hold any more"]);
    let (offered, facts) = desk.offer(&mut book, package, noon());
    assert_eq!(
        (offered, facts),
        (Offered::Taken { updates: 0 }, vec!["1 in force".to_owned()])
    );
}

/// The usual order with something put in.
fn edited(
    court: &Court,
    version: u64,
    (from, to): (&str, &str),
    days: (&str, &str),
) -> OrderPackage {
    let order = text(version, days.0, days.1);
    assert!(order.contains(from), "{from}");
    let order = order.replacen(from, to, 1);
    court.sign(order.into_bytes(), &["court", "police"])
}

#[test]
fn a_version_that_takes_the_place_of_another_text_is_refused() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let days = ("2026-03-02", "2026-03-03");
    let replaces = |court: &Court, version, of: Hash| {
        let line = format!("replaces = {{ version = 1, sha256 = \"{of}\" }}\nmade = ");
        edited(court, version, ("made = ", &line), days)
    };
    let one = desk.court.order(1, days.0, days.1);
    desk.offer(&mut book, one.clone(), noon());
    let wrong = replaces(&desk.court, 2, Hash([7; 32]));
    let (offered, facts) = desk.offer(&mut book, wrong, noon());
    let Offered::Refused(why) = offered else {
        panic!("{offered:?}");
    };
    assert!(
        why.contains("takes the place of another version 1"),
        "{why}"
    );
    assert_eq!(facts, [format!("refused: {why}")]);
    assert_eq!(book.in_force().unwrap().order().version(), 1, "it goes on");
    let two = replaces(&desk.court, 2, Hash::of(&one.order));
    let later = noon().plus(60_000);
    let (offered, _) = desk.offer(&mut book, two, later);
    assert_eq!(offered, Offered::Taken { updates: 0 });
    // Version 1 is an earlier one now, and still known.
    let mut book = desk.open();
    let three = replaces(&desk.court, 3, Hash([7; 32]));
    let (offered, _) = desk.offer(&mut book, three, later);
    assert!(matches!(offered, Offered::Refused(_)), "{offered:?}");
}

#[test]
fn a_suspended_order_ends_and_comes_back_by_itself() {
    let mut desk = Desk::new();
    let mut book = desk.open();
    let suspension = "[[suspension]]\nfrom = 2026-03-03\nto = 2026-03-04\n\
                      says = \"Suspended pending appeal.\"\n[[exempt]]";
    let days = ("2026-03-02", "2026-03-06");
    let one = edited(&desk.court, 1, ("[[exempt]]", suspension), days);
    let (offered, facts) = desk.offer(&mut book, one, noon());
    assert_eq!(
        (offered, facts),
        (Offered::Taken { updates: 0 }, vec!["1 in force".into()])
    );
    let (off, on, end) = (
        noon().plus(DAY / 2),
        noon().plus(DAY / 2 + 2 * DAY),
        noon().plus(DAY / 2 + 4 * DAY),
    );
    assert_eq!(book.next_turn(noon()), Some(off));
    let change = book.turn(off);
    assert_eq!(
        desk.record(&mut book, change),
        ["1 ended: it is suspended until 2026-03-05T00:00:00.000Z"]
    );
    assert_eq!(book.wanted(), Wanted::default());
    assert_eq!(book.next_turn(off), Some(on));
    // A version for a day to come waits, and the suspended one comes back before.
    let two = desk.court.order(2, "2026-03-06", "2026-03-07");
    let (offered, facts) = desk.offer(&mut book, two, off);
    assert_eq!((offered, facts), (Offered::Taken { updates: 0 }, vec![]));
    let mut book = desk.open();
    let change = book.turn(on);
    assert_eq!(desk.record(&mut book, change), ["1 in force"]);
    let of = |book: &Book, at: UnixMs| {
        let judge = book.at(at).unwrap();
        judge.map(|judge| judge.order().version())
    };
    assert_eq!(of(&book, on), Some(1), "what happens then is looked at");
    let change = book.turn(end.plus(-DAY));
    assert_eq!(
        desk.record(&mut book, change),
        ["1 ended: version 2 of SHPO-1 took its place", "2 in force"]
    );
}

#[test]
fn a_list_of_the_collectors_is_not_asked_for() {
    let desk = Desk::new();
    let mut book = desk.open();
    let held = "count = 1\nheld = \"collector\"";
    let package = edited(
        &desk.court,
        1,
        ("count = 1", held),
        ("2026-03-02", "2026-03-03"),
    );
    let text = String::from_utf8(package.order).unwrap();
    let rule = "any = [{ host_in = \"social\" }]";
    let clause = "social networking site.'''";
    assert!(text.contains(rule) && text.contains(clause));
    let there = text
        .replace(rule, &format!("{rule}\nwhere = \"collector\""))
        .replace(clause, &format!("{clause}\nrecords = [\"web_visit\"]"));
    let package = desk.court.sign(there.into_bytes(), &["court", "police"]);
    let answer = book.offer(package, noon()).unwrap();
    assert_eq!(
        answer.offered,
        Offered::Taken { updates: 0 },
        "without a list"
    );
    book.apply(answer.change.unwrap());
    let judge = book.in_force().unwrap();
    assert_eq!(judge.left_out(), ["4.a"]);
}

mod updates;
