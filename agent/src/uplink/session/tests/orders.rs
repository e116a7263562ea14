//! Orders, their lists and updates of these, over the connection.

use proviso_report::UpdatePackage;

use super::*;

#[test]
fn an_order_is_fetched_with_its_lists_one_by_one() {
    let world = World::new(0);
    let mut session = world.ready(0);
    let digest = Hash([8; 32]);
    said(&mut session, Frame::OrderChanged { digest, updates: 0 }).unwrap();
    said(&mut session, Frame::OrderChanged { digest, updates: 0 }).unwrap();
    assert_eq!(session.poll_frame(), Some(Frame::GetOrder));
    assert_eq!(session.poll_frame(), None);
    let package = OrderPackage {
        order: vec![1],
        signatures: vec![],
        updates: vec![],
    };
    said(&mut session, Frame::Order(package)).unwrap();
    assert!(matches!(session.poll_request(), Some(Request::Order(_))));
    let (one, two) = (Hash::of(b"one"), Hash::of(b"two"));
    let needs = |session: &mut Session, lists: &[Hash]| {
        let needs = Answer::Offered(Offered::Needs(lists.to_vec()));
        session.on_answer(needs, Instant::now()).unwrap();
        session.poll_frame()
    };
    let comes = |session: &mut Session, sha256: Hash, bytes: &[u8]| {
        let list = Frame::List {
            sha256,
            total: 3,
            offset: 0,
            bytes: bytes.to_vec(),
        };
        said(session, list).unwrap();
        session.poll_request()
    };
    assert_eq!(
        needs(&mut session, &[one, two]),
        Some(Frame::GetList { sha256: one })
    );
    assert!(
        matches!(comes(&mut session, one, b"one"), Some(Request::List(hash, _)) if hash == one)
    );
    assert_eq!(
        needs(&mut session, &[two]),
        Some(Frame::GetList { sha256: two })
    );
    // Not the list that was asked for: nothing more is asked for now.
    assert!(comes(&mut session, two, b"owt").is_none());
    assert_eq!(session.poll_frame(), None);
}

#[test]
fn an_order_that_was_not_taken_is_asked_for_again() {
    let world = World::new(0);
    let mut session = world.ready(0);
    let digest = Hash([8; 32]);
    let package = OrderPackage {
        order: vec![1],
        signatures: vec![],
        updates: vec![],
    };
    said(&mut session, Frame::OrderChanged { digest, updates: 0 }).unwrap();
    let mut offered = |answer: Offered, now: Instant| {
        assert_eq!(session.poll_frame(), Some(Frame::GetOrder));
        session
            .on_frame(Frame::Order(package.clone()), now)
            .unwrap();
        assert!(matches!(session.poll_request(), Some(Request::Order(_))));
        session.on_answer(Answer::Offered(answer), now).unwrap();
        assert_eq!(session.poll_frame(), None);
        let again = session.timeout();
        if let Some(again) = again {
            session
                .on_timeout(again - Duration::from_millis(1))
                .unwrap();
            assert_eq!(session.poll_frame(), None, "too early");
            session.on_timeout(again).unwrap();
        }
        again
    };
    let now = Instant::now();
    let refused = Offered::Refused("the key is not valid then".into());
    let again = offered(refused.clone(), now);
    assert_eq!(again, Some(now + ORDER_AGAIN));
    let later = offered(refused, now + ORDER_AGAIN);
    assert_eq!(later, Some(now + 2 * ORDER_AGAIN));
    assert_eq!(
        offered(Offered::Taken { updates: 0 }, now + 2 * ORDER_AGAIN),
        None
    );
}

#[test]
fn updates_of_lists_are_fetched_with_their_order() {
    let world = World::new(0);
    let mut session = world.session(0);
    let digest = Hash([5; 32]);
    // The device has this order, and none of its updates.
    let welcome = Welcome {
        order: Some(digest),
        updates: 1,
        ..world.welcome(0)
    };
    said(&mut session, Frame::Welcome(welcome)).unwrap();
    let package = OrderPackage {
        order: vec![1],
        signatures: vec![],
        updates: vec![UpdatePackage {
            update: vec![2],
            signature: vec![3],
        }],
    };
    let taken = |session: &mut Session, updates: u64| {
        assert_eq!(session.poll_frame(), Some(Frame::GetOrder));
        said(session, Frame::Order(package.clone())).unwrap();
        while let Some(request) = session.poll_request() {
            if let Request::Order(asked) = request {
                assert_eq!(asked, package);
            }
        }
        let answer = Answer::Offered(Offered::Taken { updates });
        session.on_answer(answer, Instant::now()).unwrap();
    };
    taken(&mut session, 1);
    assert_eq!(session.poll_frame(), None);
    // A new order is taken first, then it is asked for again for its updates, and once only.
    let digest = Hash([8; 32]);
    let changed = Frame::OrderChanged { digest, updates: 2 };
    said(&mut session, changed).unwrap();
    taken(&mut session, 0);
    taken(&mut session, 0);
    assert_eq!(session.poll_frame(), None);
    let changed = Frame::OrderChanged { digest, updates: 3 };
    said(&mut session, changed).unwrap();
    taken(&mut session, 3);
    assert_eq!(session.poll_frame(), None);
}

#[test]
fn the_order_in_force_is_not_fetched() {
    let world = World::new(0);
    let mut session = world.session(0);
    let welcome = Welcome {
        order: Some(Hash([5; 32])),
        ..world.welcome(0)
    };
    said(&mut session, Frame::Welcome(welcome)).unwrap();
    assert_eq!(session.poll_frame(), None);
}
