use super::*;

const DEVICE: DeviceId = DeviceId([1; 16]);

fn hello(device: DeviceId) -> Frame {
    Frame::Hello(Hello {
        protocol: PROTOCOL,
        agent_version: "0.1.0".into(),
        device,
        size: 0,
        order: None,
    })
}

fn enrol_request() -> Frame {
    Frame::EnrolRequest(EnrolRequest {
        secret: [0; 16],
        csr: vec![],
        log_key: [0; 32],
        proof: [0; 64],
        host: String::new(),
        platform: String::new(),
        agent_version: String::new(),
        no_account: false,
    })
}

fn admitted() -> Session {
    let mut session = Session::new(Some(DEVICE), Instant::now());
    session.on_frame(hello(DEVICE));
    assert!(matches!(session.poll_request(), Some(Request::Admit(_))));
    session.on_answer(Answer::Admitted(Welcome {
        size: 5,
        root: Hash([0; 32]),
        receipt: None,
        checkpoint: None,
        order: Some(Hash([7; 32])),
        updates: 1,
    }));
    assert!(matches!(session.poll_frame(), Some(Frame::Welcome(_))));
    session
}

fn refusal(session: &mut Session) -> Refusal {
    match session.poll_frame() {
        Some(Frame::Refusal(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_comes_in_under_another_name_or_none() {
    for (certificate, frame, code) in [
        (None, hello(DEVICE), RefusalCode::WrongDevice),
        (Some(DEVICE), enrol_request(), RefusalCode::BadReport),
        (Some(DEVICE), Frame::Report(vec![]), RefusalCode::BadReport),
        (None, Frame::GetOrder, RefusalCode::BadReport),
    ] {
        let mut session = Session::new(certificate, Instant::now());
        session.on_frame(frame);
        assert!(session.poll_request().is_none());
        assert_eq!(refusal(&mut session).code, code);
        assert!(session.is_over());
    }
}

#[test]
fn a_newer_agent_is_told() {
    let mut session = Session::new(Some(DEVICE), Instant::now());
    let Frame::Hello(hello) = hello(DEVICE) else {
        panic!()
    };
    session.on_frame(Frame::Hello(Hello {
        protocol: 2,
        ..hello
    }));
    assert!(refusal(&mut session).sentence.contains("version 1"));
}

#[test]
fn one_request_at_a_time() {
    let mut session = admitted();
    session.on_frame(Frame::Report(vec![1]));
    assert!(!session.takes_frames());
    assert!(matches!(session.poll_request(), Some(Request::Append(_))));
    assert!(session.poll_request().is_none() && !session.takes_frames());
    session.on_answer(Answer::Held {
        size: 9,
        line: "l".into(),
    });
    assert!(session.takes_frames());
    assert_eq!(
        session.poll_frame(),
        Some(Frame::Receipt {
            size: 9,
            line: "l".into()
        })
    );
    session.on_frame(Frame::Report(vec![1]));
    session.on_frame(Frame::Report(vec![2]));
    assert_eq!(refusal(&mut session).size, 9);
    assert!(session.is_over());
}

#[test]
fn a_refused_report_is_not_the_end_but_a_refused_device_is() {
    let mut session = admitted();
    for (refused, over) in [
        (Refused::Busy, false),
        (Refused::Fork, false),
        (Refused::Retired(DEVICE), true),
    ] {
        session.on_frame(Frame::Report(vec![]));
        session.poll_request().unwrap();
        session.on_answer(Answer::Refused(refused.to_refusal(5)));
        assert_eq!(refusal(&mut session).code, refused.code());
        assert_eq!(session.is_over(), over);
    }
}

#[test]
fn lists_stand_back() {
    let mut session = admitted();
    let list = Arc::new(vec![3; PIECE + 1]);
    let sha256 = Hash([9; 32]);
    for bytes in [Some(Arc::clone(&list)), None] {
        session.on_frame(Frame::GetList { sha256 });
        session.poll_request().unwrap();
        session.on_answer(Answer::List { sha256, bytes });
    }
    assert_eq!(session.poll_frame(), Some(Frame::NoList { sha256 }));
    let piece = |session: &mut Session| match session.poll_frame() {
        Some(Frame::List {
            total,
            offset,
            bytes,
            ..
        }) => (total, offset, bytes.len()),
        other => panic!("{other:?}"),
    };
    let total = (PIECE + 1) as u64;
    assert_eq!(piece(&mut session), (total, 0, PIECE));
    session.on_order(Some(Hash([8; 32])), 0);
    assert!(matches!(
        session.poll_frame(),
        Some(Frame::OrderChanged { .. })
    ));
    assert_eq!(piece(&mut session), (total, PIECE as u64, 1));
    assert_eq!(session.poll_frame(), None);
}

#[test]
fn nobody_waits_for_too_many_lists() {
    let mut session = admitted();
    let sha256 = Hash([9; 32]);
    for _ in 0..LISTS {
        session.on_frame(Frame::GetList { sha256 });
        session.poll_request().unwrap();
        session.on_answer(Answer::List {
            sha256,
            bytes: Some(Arc::default()),
        });
    }
    session.on_frame(Frame::GetList { sha256 });
    assert_eq!(refusal(&mut session).code, RefusalCode::TooLarge);
}

#[test]
fn an_order_is_told_once() {
    let mut session = admitted();
    session.on_order(Some(Hash([7; 32])), 1);
    assert_eq!(session.poll_frame(), None);
    let digest = Hash([8; 32]);
    // And so is each update of its lists.
    for updates in [0, 1] {
        session.on_order(Some(digest), updates);
        session.on_order(Some(digest), updates);
        let changed = Frame::OrderChanged { digest, updates };
        assert_eq!(session.poll_frame(), Some(changed));
        assert_eq!(session.poll_frame(), None);
    }
}

#[test]
fn silence_ends() {
    let now = Instant::now();
    let mut session = Session::new(Some(DEVICE), now);
    let until = session.timeout().unwrap();
    session.on_timeout(now);
    assert!(!session.is_over());
    session.on_timeout(until);
    assert!(session.is_over());
    assert!(refusal(&mut session).sentence.contains("in time"));
    assert_eq!(admitted().timeout(), None);
}

#[test]
fn a_computer_that_enrolled_has_all_that_it_came_for() {
    let mut session = Session::new(None, Instant::now());
    session.on_frame(enrol_request());
    assert!(matches!(session.poll_request(), Some(Request::Enrol(_))));
    session.on_answer(Answer::Refused(Refused::TokenUsed.to_refusal(0)));
    assert_eq!(refusal(&mut session).code, RefusalCode::TokenUsed);
    assert!(session.is_over());
}
