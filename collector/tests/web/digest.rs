//! The digest of logs: the same however it came about, made again where it is dropped, and blind.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proviso_collector::digest::terms::Asked;
use proviso_collector::digest::view::{self, Hits, Wanted};
use proviso_collector::digest::{self, Day, Follower};
use proviso_collector::erasure::{self, Why};
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::digests::Cursor;
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{
    DeviceId, Hash, PersonId, Read, Store, StoreError, digests, orders, sealed,
};
use proviso_report::coverage::Watch;
use proviso_report::fact::{Foreground, Heartbeat, Search};
use proviso_report::{Fact, Record, UnixMs};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::pages::{ORDER, order};

/// 2026-06-01T22:00:00Z: 23:00 in London, so the second hour is another day.
const EVENING: i64 = 1_780_351_200_000;
const MINUTE: i64 = 60_000;
const FIRST: Date = date(2026, 6, 1);
const SECOND: Date = date(2026, 6, 2);

/// By day, or by month.
type Rows = Vec<(i64, Vec<u8>)>;

struct Desk {
    dir: tempfile::TempDir,
    store: Store,
    signer: Signer,
    person: Person,
    log: Log,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let id = PersonId::from_random([1; 16]);
        let person = Person {
            id: id.clone(),
            pseudonym: "P-0001".to_owned(),
            created: 1,
            name: "Alex Example".to_owned(),
            note: String::new(),
        };
        let (entered, held) = (person.clone(), order(&id));
        write(&store, move |tx| {
            people::add(tx, &entered)?;
            orders::put(tx, &held)
        });
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let log = Log::enrol(&store, 1, &id, Hash::of(ORDER.as_bytes()));
        Self {
            dir,
            store,
            signer,
            person,
            log,
        }
    }

    /// Three hours: a page every four minutes, a search, a while in front.
    fn records(&self) -> Vec<Vec<Record>> {
        let mut all = Vec::new();
        let mut seq = 0;
        for report in 0..6_i64 {
            let mut part = Vec::new();
            for place in 0..8_i64 {
                let at = EVENING + (report * 8 + place) * 4 * MINUTE;
                let fact: Fact = match place {
                    3 => Search {
                        text: format!("wipe disk {report}"),
                        engine: None,
                        browser: "firefox".to_owned(),
                        profile: None,
                        typed: None,
                    }
                    .into(),
                    4 => Foreground {
                        name: "Firefox".to_owned(),
                        exe: None,
                        browser: None,
                        url: Some("https://www.social.example/".to_owned()),
                        ms: 30_000,
                    }
                    .into(),
                    5 => beat().into(),
                    _ => visit("https://www.social.example/a", "Café society").into(),
                };
                part.push(self.log.record(seq, at, "4", fact));
                seq += 1;
            }
            all.push(part);
        }
        all
    }

    fn send(&mut self, records: &[Record]) {
        let received = records.last().unwrap().at.0 + MINUTE;
        self.log
            .report(&self.store, &self.signer, records, received);
    }

    fn follow(&self) -> u64 {
        let mut follower = Follower::new(self.store.clone(), TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap()
    }

    fn days(&self) -> Vec<(Date, Day)> {
        let person = self.person.id.clone();
        let found = read(&self.store, move |read| {
            view::of_person(read, &person, (date(2020, 1, 1), date(2030, 1, 1)))
        });
        found[0].days.clone().into_iter().collect()
    }

    /// Everything that is kept but when.
    fn kept(&self) -> (Rows, Vec<Rows>, u64) {
        let device = self.log.device;
        read(&self.store, move |read| {
            let mut buckets = Vec::new();
            for bucket in 0..64 {
                buckets.push(digests::bucket(read, device, bucket)?);
            }
            let next = digests::cursor(read, device)?.map_or(0, |cursor| cursor.next);
            Ok((digests::days(read, device, 0, i64::MAX)?, buckets, next))
        })
    }

    fn hits(&self, words: &str) -> Hits {
        let (person, device) = (self.person.id.clone(), self.log.device);
        let asked = Asked::parse(words).unwrap();
        read(&self.store, move |read| {
            let blind = sealed::index(read, &person)?.unwrap();
            view::look_up(read, device, &Wanted::words(&asked, &blind))
        })
    }
}

fn beat() -> Heartbeat {
    Heartbeat {
        uncovered: Default::default(),
        suppressed: Default::default(),
        cannot_tell: Default::default(),
        awake_ms: 1,
        order: None,
    }
}

fn read<T>(
    store: &Store,
    look: impl FnOnce(&Read<'_>) -> Result<T, proviso_collector::store::SqlError>,
) -> T {
    store
        .read_blocking(|read| Ok::<_, StoreError>(look(read)?))
        .unwrap()
}

fn write<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(
        &proviso_collector::store::Tx<'_>,
    ) -> Result<T, proviso_collector::store::SqlError>
    + Send
    + 'static,
) -> T {
    store
        .write_blocking("test", move |tx| Ok::<_, StoreError>(work(tx)?))
        .unwrap()
}

#[test]
fn days_have_what_was_recorded_on_them() {
    let mut desk = Desk::new();
    let reports = desk.records();
    for report in &reports {
        desk.send(report);
    }
    assert_eq!(desk.follow(), 48);
    assert_eq!(desk.follow(), 0, "nothing more to do");
    let days = desk.days();
    assert_eq!(
        days.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
        [FIRST, SECOND]
    );
    // The hour before midnight in London, and the two after it.
    let visits = |day: &Day| -> [u64; 24] {
        let own = day
            .groups
            .iter()
            .filter(|(group, _)| group.kind == "web_visit");
        let all: Vec<_> = own.collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].0.account.as_deref(), Some("alex"));
        assert_eq!(all[0].0.clauses, ["4"]);
        *all[0].1
    };
    let (one, two) = (&days[0].1, &days[1].1);
    let (before, after) = (visits(one), visits(two));
    assert_eq!(before[23], 9, "of fifteen records");
    assert_eq!(before.iter().sum::<u64>() + after.iter().sum::<u64>(), 30);
    assert_eq!(after[0] + after[1] + after[2], after.iter().sum::<u64>());
    assert_eq!(two.sites["social.example"].0, after.iter().sum::<u64>());
    assert_eq!(
        one.apps["Firefox"].1 + two.apps["Firefox"].1,
        6 * 30_000,
        "in front"
    );
    assert_eq!(one.active.unwrap().0, EVENING);
    assert_eq!(two.active.unwrap().1, reports[5][7].at.0);

    // How the time was is what the log's records say.
    let mut watch = Watch::new();
    reports
        .iter()
        .flatten()
        .for_each(|record| watch.pass(record));
    let person = desk.person.id.clone();
    let zone = TimeZone::get("Europe/London").unwrap();
    let found = read(&desk.store, move |read| {
        view::of_person(read, &person, (FIRST, date(2026, 6, 3)))
    });
    for day in [FIRST, SECOND, date(2026, 6, 3)] {
        let span = digest::span(day, &zone).unwrap();
        let ours = found[0].covered(span, i64::MAX);
        assert_eq!(
            ours.stretches,
            watch.over(span.0, span.1).stretches,
            "{day}"
        );
    }
}

#[test]
fn it_is_the_same_in_any_steps_and_is_made_again() {
    let mut desk = Desk::new();
    for report in &desk.records() {
        desk.send(report);
        // Each time another one, as after a restart.
        desk.follow();
    }
    let slowly = desk.kept();
    assert_eq!(slowly.2, 48);
    let device = desk.log.device;
    write(&desk.store, move |tx| digests::forget(tx, device));
    assert_eq!(desk.kept().2, 0);
    assert!(desk.kept().0.is_empty());
    assert_eq!(desk.follow(), 48);
    assert!(desk.kept() == slowly, "made again it is another one");
}

#[test]
fn what_was_read_before_a_log_was_dropped_comes_too_late() {
    let desk = Desk::new();
    let device = desk.log.device;
    let cursor = || read(&desk.store, move |read| digests::cursor(read, device));
    let moves = |before: Option<Cursor>| {
        let to = Cursor {
            form: "2 UTC".to_owned(),
            next: 8,
            ..Cursor::default()
        };
        write(&desk.store, move |tx| {
            digests::move_on(tx, device, before.as_ref(), &to)
        })
    };
    let forget = || write(&desk.store, move |tx| digests::forget(tx, device));
    // Never followed, followed, and dropped before.
    for _ in 0..3 {
        let before = cursor();
        forget();
        assert!(!moves(before));
        let before = cursor();
        forget();
        assert!(!moves(before));
        assert!(moves(cursor()));
        assert!(!moves(None));
    }
    assert_eq!(cursor().unwrap().next, 8);
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let mut desk = Desk::new();
    let reports = desk.records();
    desk.send(&reports[0]);
    desk.follow();
    let before = desk.kept();
    desk.send(&reports[1]);
    // The last row of the batch cannot be written, as when the disk is full or the process ends.
    write(&desk.store, |tx| {
        tx.execute(
            "CREATE TRIGGER stop BEFORE INSERT ON digest_term WHEN NEW.bucket > 40 \
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
            &[],
        )
    });
    let mut follower = Follower::new(desk.store.clone(), TimeZone::UTC);
    follower.round(&CancellationToken::new()).unwrap_err();
    assert!(desk.kept() == before, "a part was kept");
    write(&desk.store, |tx| tx.execute("DROP TRIGGER stop", &[]));
    assert_eq!(desk.follow(), 8);
    let after = desk.kept();
    let device = desk.log.device;
    write(&desk.store, move |tx| digests::forget(tx, device));
    desk.follow();
    assert!(desk.kept() == after);
    // Told to stop, it begins nothing.
    desk.send(&reports[2]);
    let stop = CancellationToken::new();
    stop.cancel();
    assert_eq!(follower.round(&stop).unwrap(), 0);
    assert!(desk.kept() == after);
}

#[test]
fn words_are_found_and_stand_nowhere() {
    let mut desk = Desk::new();
    for report in &desk.records() {
        desk.send(report);
    }
    desk.follow();
    let both = BTreeSet::from([FIRST, SECOND]);
    for (words, count) in [
        ("social.example", 36),
        ("www.social.example", 36),
        ("social", 36),
        ("CAFE", 30),
        ("https://www.social.example/other", 36),
        ("wipe", 6),
        ("firefox", 6),
        ("café wipe", 6),
    ] {
        let hits = desk.hits(words);
        assert_eq!((hits.count, &hits.days), (count, &both), "{words}");
    }
    for words in ["other.example", "wipe nothing", "socia"] {
        assert_eq!(desk.hits(words), Hits::default(), "{words}");
    }
    // Somebody else's key makes other terms of the same words.
    let other = PersonId::from_random([2; 16]);
    let person = Person {
        id: other.clone(),
        pseudonym: "P-0002".to_owned(),
        ..desk.person.clone()
    };
    write(&desk.store, move |tx| {
        people::add(tx, &person)?;
        sealed::begin_index(tx, &person.id)
    });
    let own = desk.person.id.clone();
    let (one, two) = read(&desk.store, move |read| {
        Ok((
            sealed::index(read, &own)?.unwrap().term("social"),
            sealed::index(read, &other)?.unwrap().term("social"),
        ))
    });
    assert_ne!(one, two);

    desk.store.close();
    for name in ["store.db", "store.db-wal"] {
        let Ok(bytes) = std::fs::read(desk.dir.path().join(name)) else {
            continue;
        };
        for word in ["social.example", "society", "Firefox", "firefox", "wipe"] {
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "{word} stands in {name}");
        }
    }
}

#[test]
fn what_is_erased_goes_from_the_digest() {
    let mut desk = Desk::new();
    for report in &desk.records() {
        desk.send(report);
    }
    desk.follow();
    assert_eq!(desk.hits("wipe").count, 6);
    let searches = erasure::Wanted {
        kinds: vec![proviso_report::Kind::Search],
        ..erasure::Wanted::default()
    };
    erase(&desk, &searches);
    assert!(desk.kept().0.is_empty(), "not a row is left that saw it");
    desk.follow();
    assert_eq!(desk.hits("wipe"), Hits::default());
    assert_eq!(desk.hits("cafe").count, 30);
    let person = desk.person.id.clone();
    let found = read(&desk.store, move |read| {
        view::of_person(read, &person, (FIRST, SECOND))
    });
    assert_eq!(found[0].erased, 6);
    let kinds: BTreeSet<_> = found[0]
        .days
        .values()
        .flat_map(|day| day.groups.keys())
        .map(|group| group.kind.as_str())
        .collect();
    assert!(!kinds.contains("search"), "{kinds:?}");

    // All of it: under another key the old terms mean nothing.
    let person = desk.person.id.clone();
    let index = move |read: &Read<'_>| Ok(sealed::index(read, &person)?.unwrap().term("cafe"));
    let before = read(&desk.store, index.clone());
    let all = erasure::Wanted {
        everything: true,
        ..erasure::Wanted::default()
    };
    erase(&desk, &all);
    assert_ne!(read(&desk.store, index), before);
    desk.follow();
    assert_eq!(desk.hits("cafe"), Hits::default());
    let days = desk.days();
    assert!(days.iter().all(|(_, day)| day.sites.is_empty()), "{days:?}");
    assert!(
        days.iter()
            .any(|(_, day)| day.groups.keys().any(|group| group.kind == "heartbeat"))
    );
}

#[test]
fn an_order_with_another_zone_makes_other_days() {
    let mut desk = Desk::new();
    for report in &desk.records() {
        desk.send(report);
    }
    desk.follow();
    let text = ORDER.replace("Europe/London", "Asia/Tokyo");
    let mut other = order(&desk.person.id);
    other.digest = Hash::of(text.as_bytes());
    other.bytes = text.into_bytes();
    other.version = 5;
    write(&desk.store, move |tx| orders::put(tx, &other));
    assert_eq!(desk.follow(), 48);
    let days = desk.days();
    assert_eq!(days.len(), 1);
    assert_eq!(days[0].0, SECOND);
}

#[test]
fn what_cannot_be_read_is_counted_and_the_rest_is_there() {
    let mut desk = Desk::new();
    let reports = desk.records();
    desk.send(&reports[0]);
    desk.send(&reports[1]);
    let whole = read(&desk.store, |read| {
        read.first("SELECT bytes FROM report WHERE first = 0", &[], |row| {
            row.bytes(0)
        })
    });
    write(&desk.store, |tx| {
        tx.execute(
            "UPDATE report SET bytes = $1 WHERE first = 0",
            &[(b"x").into()],
        )
    });
    desk.follow();
    let person = desk.person.id.clone();
    let found = read(&desk.store, move |read| {
        view::of_person(read, &person, (FIRST, SECOND))
    });
    assert_eq!((found[0].unread, found[0].behind), (8, 0));
    assert_eq!(desk.hits("wipe").count, 1);
    desk.send(&reports[2]);
    assert_eq!(desk.device().behind, 8, "said until it is followed");

    // Restored, it is there once the collector starts again.
    let whole = whole.unwrap();
    write(&desk.store, move |tx| {
        let sql = "UPDATE report SET bytes = $1 WHERE first = 0";
        tx.execute(sql, &[(&whole).into()])
    });
    desk.follow();
    assert_eq!(desk.device().unread, 8);
    let follower = Follower::new(desk.store.clone(), TimeZone::UTC);
    follower.retry().unwrap();
    desk.follow();
    assert_eq!((desk.device().unread, desk.device().behind), (0, 0));
    assert_eq!(desk.hits("wipe").count, 3);
}

impl Desk {
    fn device(&self) -> view::Days {
        let person = self.person.id.clone();
        let mut found = read(&self.store, move |read| {
            view::of_person(read, &person, (FIRST, SECOND))
        });
        found.remove(0)
    }
}

#[test]
fn a_clock_of_another_century_costs_no_days() {
    let mut desk = Desk::new();
    let far = 4_000_000_000_000;
    let records = [
        desk.log
            .record(0, EVENING, "4", visit("https://a.example/", "a")),
        desk.log
            .record(1, far, "4", visit("https://a.example/", "a")),
        desk.log
            .record(2, EVENING + MINUTE, "4", visit("https://a.example/", "a")),
    ];
    desk.send(&records);
    desk.follow();
    assert!(desk.days().len() <= 3);
    let person = desk.person.id.clone();
    let middle = date(2050, 1, 1);
    let found = read(&desk.store, move |read| {
        view::of_person(read, &person, (middle, middle))
    });
    let span = digest::span(middle, &TimeZone::UTC).unwrap();
    let mut watch = Watch::new();
    records.iter().for_each(|record| watch.pass(record));
    assert_eq!(
        found[0].covered(span, i64::MAX).stretches,
        watch.over(span.0, span.1).stretches
    );
}

/// One asks and another confirms.
fn erase(desk: &Desk, wanted: &erasure::Wanted) {
    let (person, wanted) = (desk.person.clone(), wanted.clone());
    let staff = |name: &str| {
        Staff::new(
            format!("staff-{name}"),
            name.to_owned(),
            String::new(),
            Role::Manager,
        )
    };
    let (one, two) = (staff("morgan"), staff("kim"));
    let key = signing::new_key().unwrap();
    let signer = Signer::load("a.example", &key).unwrap();
    desk.store
        .write_blocking("erase", move |tx| {
            for person in [&one, &two] {
                if staff::by_id(tx, &person.id)?.is_none() {
                    staff::add(tx, person)?;
                }
            }
            let plan = erasure::plan(tx, &person, &wanted)?;
            let why = Why {
                rule: "Retention 3".to_owned(),
                reason: "Old.".to_owned(),
            };
            let request = erasure::ask(tx, &person, &plan, &why, &one, UnixMs(EVENING))?;
            erasure::confirm(tx, &signer, &request.id, &two, UnixMs(EVENING + 1))?;
            Ok::<_, erasure::EraseError>(())
        })
        .unwrap();
}

/// Of a device that no longer exists nothing is looked up.
#[test]
fn nobody_has_no_days() {
    let desk = Desk::new();
    let hits = read(&desk.store, |read| {
        view::look_up(read, DeviceId([9; 16]), &Wanted::term(1))
    });
    assert_eq!(hits, Hits::default());
}
