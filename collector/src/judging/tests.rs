use super::*;
use crate::store::orders::StoredOrder;
use crate::store::people::{self, Person};
use crate::store::{PersonId, Store};

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
        work: impl FnOnce(&crate::store::Tx<'_>) -> Result<(), crate::store::SqlError> + Send + 'static,
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

#[test]
fn an_order_that_is_not_held_is_asked_for_again() {
    let held = Held::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bytes = b"no order at all";
    let digest = Hash::of(bytes);
    let got = runtime.block_on(held.book.get(digest)).unwrap();
    assert!(got.is_none());
    held.put(bytes);
    let got = runtime.block_on(held.book.get(digest));
    let fault = got.err().unwrap();
    assert!(matches!(fault, JudgingError::Order { .. }), "{fault}");
    assert!(fault.to_string().contains("order put"), "{fault}");
}

#[test]
fn orders_remembered_are_bounded_and_the_unused_go_first() {
    let mut known = Known::default();
    let digest = |n: usize| Hash::of(&n.to_be_bytes());
    for n in 0..KEPT {
        known.slot(digest(n));
    }
    known.slot(digest(0));
    known.slot(digest(KEPT));
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
