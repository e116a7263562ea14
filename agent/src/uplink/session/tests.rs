mod orders;

use proviso_report::{Alg, CompactRange, ReportBuilder, Seed, SigningKey, checkpoint_note};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use super::*;

const DEVICE: DeviceId = DeviceId([1; 16]);
const ORIGIN: &str = "a.example/device/01";

/// Both ends' keys, and a log of reports of two records each.
struct World {
    parties: Parties,
    receipts: SigningKey,
    reports: Vec<Vec<u8>>,
}

impl World {
    fn new(reports: usize) -> Self {
        let (log, receipts) = (key(), key());
        let log_key = VerifierKey::ed25519(ORIGIN, log.public()).unwrap();
        let mut range = CompactRange::new();
        let mut made = Vec::new();
        for _ in 0..reports {
            let mut builder = ReportBuilder::new(DEVICE, &range, Seed::new([7; 32]));
            builder.push(b"one").unwrap();
            builder.push(b"two").unwrap();
            let unsigned = builder.finish(ORIGIN).unwrap();
            let signature = log.sign(unsigned.checkpoint().body().as_bytes());
            let note = checkpoint_note(unsigned.checkpoint(), &log_key, signature);
            range = unsigned.after().clone();
            made.push(unsigned.sign_with(&note).unwrap());
        }
        Self {
            parties: Parties {
                device: DEVICE,
                origin: ORIGIN.into(),
                collector_key: VerifierKey::new(
                    "a.example/collector",
                    Alg::CosignatureV1,
                    receipts.public(),
                )
                .unwrap(),
            },
            receipts,
            reports: made,
        }
    }

    fn closed(&self) -> u64 {
        self.reports.len() as u64 * 2
    }

    fn session(&self, held: u64) -> Session {
        let standing = Standing {
            closed: self.closed(),
            held,
            order: Some(Hash([5; 32])),
            updates: 0,
        };
        let mut session = Session::new(
            self.parties.clone(),
            standing,
            VecDeque::new(),
            Instant::now(),
        );
        let hello = session.poll_frame().unwrap();
        assert!(matches!(&hello, Frame::Hello(hello) if hello.size == self.closed()));
        session
    }

    fn report(&self, first: u64) -> Option<Vec<u8>> {
        let at = usize::try_from(first / 2).unwrap();
        self.reports
            .get(at)
            .filter(|_| first.is_multiple_of(2))
            .cloned()
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        let report = self.report(size - 2).unwrap();
        Report::parse(&report).unwrap().checkpoint().clone()
    }

    fn receipt_line(&self, size: u64) -> String {
        let checkpoint = self.checkpoint(size);
        let signature = self
            .receipts
            .sign(&Receipt::message_to_sign(&checkpoint, 9));
        let receipt = Receipt::assemble(&self.parties.collector_key, 9, signature);
        receipt.line().to_owned()
    }

    fn welcome(&self, size: u64) -> Welcome {
        if size == 0 {
            return Welcome {
                size,
                root: CompactRange::new().root(),
                receipt: None,
                checkpoint: None,
                order: None,
                updates: 0,
            };
        }
        let report = self.report(size - 2).unwrap();
        let note = Report::parse(&report).unwrap().note();
        Welcome {
            size,
            root: self.checkpoint(size).root,
            receipt: Some(self.receipt_line(size)),
            checkpoint: Some(String::from_utf8(note.to_vec()).unwrap()),
            order: None,
            updates: 0,
        }
    }

    /// A session to which the collector has said that it holds `size` records.
    fn ready(&self, size: u64) -> Session {
        let mut session = self.session(0);
        said(&mut session, Frame::Welcome(self.welcome(size))).unwrap();
        if size > 0 {
            let held = session.poll_request();
            assert!(matches!(held, Some(Request::Held(checkpoint, _)) if checkpoint.size == size));
            session
                .on_answer(Answer::Held(true), Instant::now())
                .unwrap();
        }
        let up = session.poll_request();
        assert!(matches!(up, Some(Request::Link(Link::Up))));
        session
    }

    /// Lets the pipeline answer until it is asked nothing more; gives the sizes that are held and
    /// the reports that are sent, by their ends.
    fn pump(&self, session: &mut Session) -> (Vec<u64>, Vec<u64>) {
        let (mut held, mut sent) = (Vec::new(), Vec::new());
        loop {
            let answer = match session.poll_request() {
                Some(Request::Report(first)) => Answer::Report(self.report(first)),
                Some(Request::Held(checkpoint, _)) => {
                    held.push(checkpoint.size);
                    Answer::Held(true)
                }
                Some(other) => panic!("{other:?}"),
                None => break,
            };
            session.on_answer(answer, Instant::now()).unwrap();
        }
        while let Some(frame) = session.poll_frame() {
            match frame {
                Frame::Report(bytes) => sent.push(Report::parse(&bytes).unwrap().checkpoint().size),
                other => panic!("{other:?}"),
            }
        }
        (held, sent)
    }
}

fn key() -> SigningKey {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(made.as_ref()).unwrap()
}

fn said(session: &mut Session, frame: Frame) -> Result<(), SessionError> {
    session.on_frame(frame, Instant::now())
}

fn receipt(world: &World, size: u64) -> Frame {
    Frame::Receipt {
        size,
        line: world.receipt_line(size),
    }
}

fn refusal(code: RefusalCode, size: u64) -> Frame {
    Frame::Refusal(Refusal {
        code,
        size,
        sentence: "because".into(),
    })
}

#[test]
fn reports_go_from_what_the_collector_holds_within_the_window() {
    let world = World::new(20);
    let mut session = world.ready(4);
    let first: Vec<u64> = (3..=10).map(|n| n * 2).collect();
    assert_eq!(world.pump(&mut session), (vec![], first));
    said(&mut session, receipt(&world, 6)).unwrap();
    assert_eq!(world.pump(&mut session), (vec![6], vec![22]));
    for size in (4..=20).map(|n| n * 2) {
        assert!(!session.is_idle());
        said(&mut session, receipt(&world, size)).unwrap();
        assert_eq!(world.pump(&mut session).0, [size]);
    }
    assert!(session.is_idle());
    assert_eq!(session.timeout(), None);
}

#[test]
fn what_is_closed_later_is_sent_then() {
    let world = World::new(2);
    let mut session = world.session(0);
    session.standing.closed = 2;
    said(&mut session, Frame::Welcome(world.welcome(2))).unwrap();
    session.poll_request();
    session
        .on_answer(Answer::Held(true), Instant::now())
        .unwrap();
    session.poll_request();
    assert_eq!(world.pump(&mut session), (vec![], vec![]));
    session.on_closed(4);
    assert_eq!(world.pump(&mut session), (vec![], vec![4]));
}

#[test]
fn another_log_is_not_sent_to() {
    let world = World::new(3);
    let apart = |held: u64, size: u64| {
        let mut session = world.session(held);
        said(&mut session, Frame::Welcome(world.welcome(size)))
    };
    let mut session = world.session(0);
    let more = Welcome {
        size: 8,
        ..world.welcome(6)
    };
    let error = said(&mut session, Frame::Welcome(more)).unwrap_err();
    assert_eq!(
        error,
        SessionError::Apart(Apart::More { theirs: 8, ours: 6 })
    );
    assert!(error.is_refusal());
    assert_eq!(
        apart(4, 2),
        Err(SessionError::Apart(Apart::Less { theirs: 2, ours: 4 }))
    );
    assert_eq!(apart(4, 4), Ok(()));

    let mut session = world.session(0);
    said(&mut session, Frame::Welcome(world.welcome(4))).unwrap();
    session.poll_request();
    let error = session
        .on_answer(Answer::Held(false), Instant::now())
        .unwrap_err();
    assert_eq!(error, SessionError::Apart(Apart::Other));
}

#[test]
fn a_welcome_must_prove_what_it_says() {
    let world = World::new(3);
    let good = world.welcome(4);
    for wrong in [
        Welcome {
            receipt: None,
            ..good.clone()
        },
        Welcome {
            checkpoint: None,
            ..good.clone()
        },
        Welcome {
            root: Hash([0; 32]),
            ..good.clone()
        },
        Welcome {
            receipt: world.welcome(2).receipt,
            ..good.clone()
        },
        Welcome {
            checkpoint: world.welcome(2).checkpoint,
            ..good.clone()
        },
        Welcome {
            checkpoint: good
                .checkpoint
                .as_ref()
                .map(|note| note.replace(ORIGIN, "a.example/device/06")),
            ..good
        },
    ] {
        let mut session = world.session(0);
        let error = said(&mut session, Frame::Welcome(wrong)).unwrap_err();
        assert!(matches!(error, SessionError::Receipt(_)), "{error}");
        assert!(session.poll_request().is_none());
    }
}

#[test]
fn a_receipt_that_does_not_hold_lets_go_of_nothing() {
    let world = World::new(3);
    for wrong in [
        receipt(&world, 4),
        Frame::Receipt {
            size: 2,
            line: world.receipt_line(4),
        },
        Frame::Receipt {
            size: 2,
            line: World::new(1).receipt_line(2),
        },
    ] {
        let mut session = world.ready(0);
        world.pump(&mut session);
        let error = said(&mut session, wrong).unwrap_err();
        assert!(matches!(error, SessionError::Receipt(_)), "{error}");
        assert!(session.poll_request().is_none());
    }
}

#[test]
fn a_wrong_size_begins_again_there_and_only_once() {
    let world = World::new(4);
    let mut session = world.ready(0);
    assert_eq!(world.pump(&mut session).1, [2, 4, 6, 8]);
    // All four were under way: the collector refuses each of them.
    for _ in 0..4 {
        said(&mut session, refusal(RefusalCode::WrongSize, 4)).unwrap();
    }
    assert_eq!(world.pump(&mut session).1, [6, 8]);
    let error = said(&mut session, refusal(RefusalCode::WrongSize, 4)).unwrap_err();
    assert!(error.is_refusal(), "{error}");

    let mut session = world.ready(0);
    world.pump(&mut session);
    let error = said(&mut session, refusal(RefusalCode::WrongSize, 10)).unwrap_err();
    assert!(
        matches!(error, SessionError::Apart(Apart::More { .. })),
        "{error}"
    );
}

#[test]
fn what_was_not_sent_yet_is_not_waited_for() {
    let world = World::new(3);
    let mut session = world.ready(0);
    for _ in 0..3 {
        let Some(Request::Report(first)) = session.poll_request() else {
            panic!()
        };
        let report = Answer::Report(world.report(first));
        session.on_answer(report, Instant::now()).unwrap();
    }
    // One of three is on its way when it is refused.
    session.poll_frame().unwrap();
    said(&mut session, refusal(RefusalCode::WrongSize, 2)).unwrap();
    assert_eq!(world.pump(&mut session).1, [4, 6]);
    said(&mut session, receipt(&world, 4)).unwrap();
    said(&mut session, receipt(&world, 6)).unwrap();
    assert_eq!(world.pump(&mut session).0, [4, 6]);
    assert!(session.is_idle());
}

#[test]
fn a_busy_collector_is_left_alone_for_a_while() {
    let world = World::new(2);
    let mut session = world.ready(0);
    assert_eq!(world.pump(&mut session).1, [2, 4]);
    for code in [RefusalCode::Busy, RefusalCode::WrongSize] {
        said(&mut session, refusal(code, 0)).unwrap();
    }
    assert!(world.pump(&mut session).1.is_empty());
    let until = session.timeout().unwrap();
    session.on_timeout(until).unwrap();
    assert_eq!(world.pump(&mut session).1, [2, 4]);
}

#[test]
fn other_refusals_end_and_say_why() {
    let world = World::new(2);
    for code in [
        RefusalCode::Inconsistent,
        RefusalCode::OrderMismatch,
        RefusalCode::BadReport,
        RefusalCode::TooLarge,
        RefusalCode::UnknownDevice,
    ] {
        let mut session = world.ready(0);
        world.pump(&mut session);
        let error = said(&mut session, refusal(code, 0)).unwrap_err();
        assert!(error.is_refusal() && error.to_string().contains("because"));
    }
    let mut session = world.session(0);
    let error = said(&mut session, refusal(RefusalCode::UnknownDevice, 0)).unwrap_err();
    assert!(error.is_refusal());
    let mut session = world.session(0);
    let error = said(&mut session, refusal(RefusalCode::Busy, 0)).unwrap_err();
    assert!(!error.is_refusal());
}

#[test]
fn a_report_that_is_not_there_is_for_people() {
    let world = World::new(2);
    let mut session = world.ready(0);
    session.poll_request();
    let error = session
        .on_answer(Answer::Report(None), Instant::now())
        .unwrap_err();
    assert_eq!(error, SessionError::Apart(Apart::NoReport(0)));
}

#[test]
fn a_notice_goes_ahead_of_a_backlog_only() {
    let world = World::new(3);
    let notice = |index| Notice {
        index,
        line: b"l".to_vec(),
    };
    let mut session = world.ready(0);
    session.on_notice(notice(4));
    assert_eq!(session.poll_frame(), None, "its report goes at once");
    world.pump(&mut session);
    for (index, goes) in [(5, false), (6, true), (700, true)] {
        session.on_notice(notice(index));
        let sent = matches!(session.poll_frame(), Some(Frame::Notice { .. }));
        assert_eq!(sent, goes, "{index}");
    }
    let mut session = world.session(0);
    session.on_notice(notice(4));
    assert_eq!(session.poll_frame(), None, "nobody listens yet");
    assert_eq!(session.into_notices(), [notice(4)]);
}

#[test]
fn where_the_link_is_dear_reports_wait_and_notices_do_not() {
    let world = World::new(3);
    let mut session = world.ready(0);
    session.hold_reports(true);
    assert!(session.poll_request().is_none());
    session.on_notice(Notice {
        index: 1,
        line: b"l".to_vec(),
    });
    assert!(matches!(session.poll_frame(), Some(Frame::Notice { .. })));
    session.hold_reports(false);
    assert!(matches!(session.poll_request(), Some(Request::Report(0))));
}

#[test]
fn too_many_notices_push_out_the_oldest() {
    let mut waiting = VecDeque::new();
    for index in 0..=NOTICES as u64 {
        let line = Vec::new();
        keep_notice(&mut waiting, Notice { index, line });
    }
    assert_eq!(waiting.len(), NOTICES);
    assert_eq!(waiting[0].index, 1);
}

#[test]
fn silence_and_words_out_of_place_end() {
    let world = World::new(1);
    let mut session = world.session(0);
    let until = session.timeout().unwrap();
    assert_eq!(session.on_timeout(until), Err(SessionError::Silent));
    for (mut session, frame) in [
        (world.session(0), receipt(&world, 2)),
        (world.ready(0), receipt(&world, 2)),
        (world.ready(0), Frame::Welcome(world.welcome(0))),
        (world.ready(0), Frame::GetOrder),
        (
            world.ready(0),
            Frame::Order(OrderPackage {
                order: vec![],
                signatures: vec![],
                updates: vec![],
            }),
        ),
    ] {
        let error = said(&mut session, frame).unwrap_err();
        assert!(matches!(error, SessionError::Unexpected(_)), "{error}");
        assert!(!error.is_refusal());
    }
}
