use std::collections::BTreeSet;

use proviso_report::fact::{Heartbeat, ListInForce, OrderEnded, OrderInForce, WebVisit};
use proviso_report::{BootId, Fact, Method, Record, UnixMs};
use proviso_rules::{ENGINE, HeldLists, State, Term, finding_id};

use super::*;
use crate::store::devices::{self, Device, DeviceState, Registered};
use crate::store::findings::Proof;
use crate::store::judged::{self, CannotTell, Kept};
use crate::store::orders::StoredOrder;
use crate::store::people::{self, Person};
use crate::store::{DeviceId, PersonId};

struct Held {
    _dir: tempfile::TempDir,
    store: Store,
    book: Arc<OrderBook>,
    person: PersonId,
}

impl Held {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let person = PersonId::from_random([1; 16]);
        let somebody = Person {
            id: person.clone(),
            pseudonym: "P-0001".to_owned(),
            created: 0,
            name: "Alex Example".to_owned(),
            note: String::new(),
        };
        let held = Self {
            _dir: dir,
            book: OrderBook::new(store.clone()),
            store,
            person,
        };
        held.write(move |tx| people::add(tx, &somebody));
        held
    }

    fn write(
        &self,
        work: impl FnOnce(&crate::store::Tx<'_>) -> Result<(), SqlError> + Send + 'static,
    ) {
        self.store
            .write_blocking("test", move |tx| Ok::<_, StoreError>(work(tx)?))
            .unwrap();
    }

    fn put(&self, bytes: &[u8]) -> Hash {
        let digest = Hash::of(bytes);
        let order = StoredOrder {
            digest,
            person: self.person.clone(),
            id: "O-1".to_owned(),
            version: 1,
            bytes: bytes.to_vec(),
            signatures: vec![],
            put: 0,
            current: true,
        };
        self.write(move |tx| orders::put(tx, &order));
        digest
    }
}

impl Held {
    /// Follows records from the beginning of a log; the orders of the person are these.
    fn follow(&self, orders: &[Hash], records: &[Record]) -> Judged {
        let orders: BTreeSet<Hash> = orders.iter().copied().collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (device, mut state) = (device(&self.person), State::new());
        let held = HeldLists::default();
        let following = self
            .book
            .follow(&device, (&orders, &held), &mut state, records, 99);
        runtime.block_on(following).unwrap()
    }
}

#[test]
fn an_order_that_is_not_held_is_asked_for_again() {
    let held = Held::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bytes = b"no order at all";
    let digest = Hash::of(bytes);
    let got = runtime.block_on(held.book.get(&Basis::of(digest))).unwrap();
    assert!(got.is_none());
    held.put(bytes);
    let got = runtime.block_on(held.book.get(&Basis::of(digest)));
    let fault = got.err().unwrap();
    assert!(matches!(fault, JudgingError::Order { .. }), "{fault}");
    assert!(fault.to_string().contains("order put"), "{fault}");
}

#[test]
fn orders_remembered_are_bounded_and_the_unused_go_first() {
    let mut known = Known::default();
    let digest = |n: usize| Basis::of(Hash::of(&n.to_be_bytes()));
    for n in 0..KEPT {
        known.slot(&digest(n));
    }
    known.slot(&digest(0));
    known.slot(&digest(KEPT));
    assert_eq!(known.orders.len(), KEPT);
    assert!(known.orders.contains_key(&digest(0)));
    assert!(!known.orders.contains_key(&digest(1)));
}

#[test]
fn two_orders_share_the_bytes_of_a_list() {
    let held = Held::new();
    let hash = Hash::of(b"example.org\n");
    held.write(move |tx| orders::put_list(tx, &hash, b"example.org\n"));
    let one = held.book.list(&hash).unwrap().unwrap();
    let other = held.book.list(&hash).unwrap().unwrap();
    assert!(Arc::ptr_eq(&one, &other));
    assert!(held.book.list(&Hash::of(b"other")).unwrap().is_none());
}

const LIST: &[u8] = b"facebook.com\ninstagram.com\n";

fn order() -> String {
    r#"format = "proviso-order/1"
[order]
id = "O-1"
version = 1
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
ends = 2096-03-02
timezone = "Europe/London"
[lists.social]
file = "lists/social.domains"
kind = "domains"
sha256 = "@SHA256@"
count = 2
source = "chosen by hand"
[[clause]]
id = "4"
text = '''Using any social networking site.'''
records = ["web_visit"]
[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a listed social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{ host_in = "social" }]
[[rule.test]]
event = { kind = "web_visit", url = "https://www.facebook.com/groups", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://notfacebook.com/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#
    .replace("@SHA256@", &Hash::of(LIST).to_string())
}

/// The list as its first update brings it.
const NEW: &[u8] = b"facebook.com\ninstagram.com\nnew.example\n";

fn first_update(order: &str, held: bool) -> StoredUpdate {
    let order = Order::parse(order.as_bytes()).unwrap();
    let from = "2026-01-01T00:00:00Z";
    let statement = ListUpdate::text(&order, "social", None, NEW, from, None).unwrap();
    StoredUpdate {
        order: order.digest(),
        list: "social".to_owned(),
        number: 1,
        sha256: Hash::of(NEW),
        bytes: statement.into_bytes(),
        signature: vec![1],
        put: 5,
        held,
    }
}

fn device(person: &PersonId) -> Device {
    Device {
        id: DeviceId([7; 16]),
        person: person.clone(),
        log_key: [2; 32],
        cert_spki: [3; 32],
        state: DeviceState::Active,
        enrolled: 0,
        agent_version: String::new(),
        platform: String::new(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: None,
        order: None,
    }
}

fn visit(seq: u64, url: &str, order: Hash) -> Record {
    Record {
        seq,
        at: UnixMs(1_780_308_000_000),
        noted: UnixMs(1_780_308_000_000),
        mono: 0,
        boot: BootId([0; 16]),
        account: Some("alex".to_owned()),
        clauses: vec!["4".to_owned()],
        methods: vec![Method::Extension],
        order: Some(order),
        receipt: None,
        fact: WebVisit {
            url: url.to_owned(),
            title: None,
            browser: "firefox".to_owned(),
            profile: None,
            transition: None,
            private: None,
        }
        .into(),
    }
}

#[test]
fn records_are_judged_by_the_order_that_they_name() {
    let held = Held::new();
    let text = order();
    let digest = held.put(text.as_bytes());
    held.write(|tx| orders::put_list(tx, &Hash::of(LIST), LIST));
    let device = device(&held.person);
    let missing = Hash::of(b"another order");
    let records = [
        visit(0, "https://news.example/", digest),
        visit(1, "https://www.facebook.com/groups", digest),
        visit(2, "https://www.facebook.com/groups", missing),
    ];
    let judged = held.follow(&[digest], &records);
    assert_eq!(judged.unknown, BTreeSet::from([missing]));
    let [found] = &judged.findings[..] else {
        panic!("{:?}", judged.findings);
    };
    assert_eq!(found.id.0, finding_id(device.id, 1, &digest, "4.a"));
    assert_eq!((found.seq, found.made, found.proof), (1, 99, Proof::Proven));
    assert_eq!(found.person, held.person);
    assert_eq!(
        (found.clause.as_str(), found.severity.as_str()),
        ("4", "breach")
    );
    // Literal: pages, the store's groups and the bundle read it.
    assert_eq!(found.matched, r#"[{"field":"url","text":"facebook.com"}]"#);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let judge = |digest| {
        runtime
            .block_on(held.book.get(&Basis::of(digest)))
            .unwrap()
            .unwrap()
    };
    assert!(Arc::ptr_eq(&judge(digest), &judge(digest)));
}

#[test]
fn records_are_judged_by_the_lists_that_the_log_says_count() {
    let held = Held::new();
    let by = "updates = { by = \"police:lists@police.example\", says = \"Sites may be added.\" }\n";
    let text = order().replace("count = 2\n", &format!("count = 2\n{by}"));
    let digest = held.put(text.as_bytes());
    let update = first_update(&text, false);
    let stored = update.clone();
    held.write(move |tx| {
        orders::put_list(tx, &Hash::of(LIST), LIST)?;
        orders::put_list(tx, &Hash::of(NEW), NEW)?;
        updates::put(tx, &stored)
    });
    let kept = held
        .store
        .read_blocking(|read| Ok::<_, StoreError>(updates::of_order(read, &digest)?));
    assert_eq!(kept.unwrap(), [update]);
    let counts = |seq, number, sha256| {
        let list = "social".to_owned();
        life(
            seq,
            ListInForce {
                list,
                number,
                sha256,
            }
            .into(),
        )
    };
    let page = |seq| visit(seq, "https://new.example/", digest);
    let records = [
        life(0, begins(digest)),
        page(1),
        counts(2, 1, Hash::of(NEW)),
        page(3),
        // Nobody put this one: it is judged by the list that the order pins.
        counts(4, 2, Hash::of(b"nothing")),
        page(5),
        visit(6, "https://www.facebook.com/", digest),
    ];
    let judged = held.follow(&[digest], &records);
    let found: Vec<_> = judged
        .findings
        .iter()
        .map(|one| (one.seq, one.basis))
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(matches!(found[0], (3, Some(basis)) if basis != digest));
    assert_eq!(found[1], (6, None));
    assert_eq!(judged.findings[0].order, digest);
    let unknown = UnknownUpdate {
        seq: 4,
        order: digest,
        list: "social".to_owned(),
        number: 2,
        sha256: Hash::of(b"nothing"),
    };
    assert_eq!(judged.unknown_updates, [unknown]);
}

#[test]
fn a_list_that_no_device_holds_counts_from_where_the_store_says() {
    let held = Held::new();
    let by = "held = \"collector\"\nupdates = { by = \"police:lists@police.example\", says = \"Sites \
              may be added.\" }\n";
    let fill = "lists = { social = [\"made-up.example\"] }\n";
    let text = order()
        .replace("count = 2\n", &format!("count = 2\n{by}"))
        .replace(
            "on = [\"web_visit\"]",
            "where = \"collector\"\non = [\"web_visit\"]",
        )
        .replace("www.facebook.com", "made-up.example")
        .replace("match\"\n", &format!("match\"\n{fill}"));
    let digest = held.put(text.as_bytes());
    let update = first_update(&text, true);
    let (older, newer) = (device(&held.person), DeviceId([8; 16]));
    let registered = || Registered {
        host: String::new(),
        accounts: vec![],
    };
    let row = older.clone();
    held.write(move |tx| {
        orders::put_list(tx, &Hash::of(LIST), LIST)?;
        orders::put_list(tx, &Hash::of(NEW), NEW)?;
        devices::add(tx, &row, &registered())?;
        devices::advance(tx, row.id, 0, 2, &Hash::of(b""), &[], 1)?;
        updates::put(tx, &update)?;
        let late = Device {
            id: newer,
            order: Some(digest),
            ..row
        };
        devices::add(tx, &late, &registered())
    });
    // It is put for all time: another go at it, and a longer log, change nothing.
    let id = older.id;
    held.write(move |tx| {
        devices::advance(tx, id, 2, 9, &Hash::of(b""), &[], 1)?;
        updates::begin(tx, &digest)
    });
    let look = |device| {
        let read = held.store.read_blocking(|read| {
            let given = updates::count_given(read, &digest)?;
            Ok::<_, StoreError>((
                given,
                updates::held_of(read, device)?,
                held_lists(read, device)?,
            ))
        });
        read.unwrap()
    };
    let (given, rows, lists) = look(older.id);
    assert_eq!((given, rows.len(), rows[0].from), (0, 1, 2));
    let (_, rows, of_newer) = look(newer);
    assert_eq!((rows.len(), rows[0].from), (1, 0));

    let page = |seq| visit(seq, "https://new.example/", digest);
    // A device that says so itself is not believed.
    let said = ListInForce {
        list: "social".to_owned(),
        number: 1,
        sha256: Hash::of(NEW),
    };
    let records = [
        life(0, begins(digest)),
        page(1),
        page(2),
        life(3, said.into()),
        visit(4, "https://www.facebook.com/", digest),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let orders = BTreeSet::from([digest]);
    let follow = |lists: &HeldLists, pieces: &[&[Record]]| {
        let (mut state, mut found, mut unknown) = (State::new(), vec![], 0);
        for piece in pieces {
            let by = (&orders, lists);
            let following = held.book.follow(&older, by, &mut state, piece, 99);
            let judged = runtime.block_on(following).unwrap();
            unknown += judged.unknown_updates.len();
            let all = judged.findings.into_iter();
            found.extend(all.map(|one| (one.seq, one.basis.is_some())));
        }
        assert_eq!(unknown, 1);
        (found, state.to_bytes().unwrap())
    };
    let whole = follow(&lists, &[&records]);
    assert_eq!(whole.0, [(2, true), (4, true)]);
    for cut in 1..records.len() {
        let (one, two) = records.split_at(cut);
        assert_eq!(follow(&lists, &[one, two]), whole, "cut at {cut}");
    }
    let all = follow(&of_newer, &[&records]);
    assert_eq!(all.0, [(1, true), (2, true), (4, true)]);
}

#[test]
fn an_order_whose_list_is_missing_judges_nothing() {
    let held = Held::new();
    let text = order();
    let digest = held.put(text.as_bytes());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let got = runtime.block_on(held.book.get(&Basis::of(digest)));
    assert!(matches!(got, Err(JudgingError::Order { .. })));
}

#[test]
fn records_outside_the_term_of_their_order_give_no_finding() {
    let held = Held::new();
    let text = order();
    let digest = held.put(text.as_bytes());
    held.write(|tx| orders::put_list(tx, &Hash::of(LIST), LIST));
    // 2026-03-02 in London begins at midnight in UTC.
    let start = 1_772_409_600_000;
    let end = Order::parse(text.as_bytes()).unwrap().term(UnixMs(start));
    let Term::InForce(Some(UnixMs(end))) = end else {
        panic!("{end:?}");
    };
    let at = |seq, at| Record {
        at: UnixMs(at),
        ..visit(seq, "https://www.facebook.com/groups", digest)
    };
    let records = [
        at(0, start - 1),
        at(1, start),
        at(2, end - 1),
        at(3, end),
        at(4, end + 1),
    ];
    let judged = held.follow(&[digest], &records);
    let found: Vec<u64> = judged.findings.iter().map(|one| one.seq).collect();
    assert_eq!(found, [1, 2]);
    let first = Outside {
        seq: 0,
        at: UnixMs(start - 1),
        term: Term::NotYet(UnixMs(start)),
    };
    assert_eq!(judged.outside, BTreeMap::from([(digest, first)]));
}

fn life(seq: u64, fact: Fact) -> Record {
    Record {
        account: None,
        clauses: vec![],
        methods: vec![Method::Agent],
        order: None,
        fact,
        ..visit(seq, "", Hash([0; 32]))
    }
}

fn begins(digest: Hash) -> Fact {
    let id = "O-1".to_owned();
    OrderInForce {
        id,
        version: 1,
        digest,
    }
    .into()
}

fn beat(cannot_tell: &[(&str, u64)]) -> Fact {
    let counts = cannot_tell.iter().map(|(rule, n)| ((*rule).to_owned(), *n));
    Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: counts.collect(),
        awake_ms: 1,
        order: None,
    }
    .into()
}

#[test]
fn what_a_device_could_not_tell_is_counted_under_the_order_in_force() {
    let held = Held::new();
    let text = order();
    let digest = held.put(text.as_bytes());
    held.write(|tx| orders::put_list(tx, &Hash::of(LIST), LIST));
    let ended = OrderEnded {
        id: "O-1".to_owned(),
        version: 1,
        reason: "it ended".to_owned(),
    };
    let records = [
        life(0, beat(&[("4.a", 5)])),
        life(1, begins(digest)),
        life(2, beat(&[("4.a", 2), ("9.z", 7)])),
        life(3, beat(&[("4.a", u64::MAX)])),
        life(4, ended.into()),
        life(5, beat(&[("4.a", 5)])),
    ];
    let counted = CannotTell {
        // In London it is summer.
        day: "2026-06-01".to_owned(),
        order: digest,
        rule: "4.a".to_owned(),
        kind: String::new(),
        reason: "not_kept".to_owned(),
        count: 1_000_000_002,
    };
    let judged = held.follow(&[digest], &records);
    assert_eq!(judged.cannot_tell, [counted]);
    // The order of another person judges nothing, though it is held.
    let judged = held.follow(&[], &records);
    assert_eq!(judged.cannot_tell, []);
    assert_eq!(judged.unknown, BTreeSet::from([digest]));
}

#[test]
fn an_announced_record_is_judged_by_itself() {
    let held = Held::new();
    let text = order();
    let digest = held.put(text.as_bytes());
    held.write(|tx| orders::put_list(tx, &Hash::of(LIST), LIST));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let record = visit(7, "https://www.facebook.com/groups", digest);
    let device = device(&held.person);
    let found = runtime.block_on(held.book.announced(
        &device,
        (&State::new(), &HeldLists::default()),
        &record,
        99,
    ));
    let [found] = &found.unwrap()[..] else {
        panic!("not one finding");
    };
    assert_eq!((found.seq, found.proof), (7, Proof::Unproven));
    let early = Record {
        at: UnixMs(0),
        ..record
    };
    let found = runtime.block_on(held.book.announced(
        &device,
        (&State::new(), &HeldLists::default()),
        &early,
        99,
    ));
    assert!(found.unwrap().is_empty(), "before the term");
}

#[test]
fn what_is_kept_for_the_judge_is_of_the_whole_log_and_of_this_engine() {
    let held = Held::new();
    let device = device(&held.person);
    let (row, id) = (device.clone(), device.id);
    let registered = Registered {
        host: String::new(),
        accounts: vec![],
    };
    held.write(move |tx| devices::add(tx, &row, &registered));
    let kept = |size, engine: &'static str| {
        let read = held
            .store
            .read_blocking(|read| Ok::<_, StoreError>(judged::state(read, id, size, engine)?));
        read.unwrap()
    };
    assert_eq!(kept(0, ENGINE), Kept::Nothing);
    assert_eq!(kept(1, ENGINE), Kept::Moved);
    held.write(move |tx| {
        devices::advance(tx, id, 0, 3, &Hash::of(b""), &[], 1)?;
        judged::set_state(tx, id, ENGINE, b"state")
    });
    assert_eq!(kept(3, ENGINE), Kept::State(b"state".to_vec()));
    assert_eq!(kept(3, "another"), Kept::Nothing);
    assert_eq!(kept(0, ENGINE), Kept::Moved);
    // A collector of version 1 moves the log on and knows nothing of states.
    held.write(move |tx| {
        tx.execute("UPDATE device SET size = 4", &[])?;
        Ok(())
    });
    assert_eq!(kept(4, ENGINE), Kept::Nothing);
}
