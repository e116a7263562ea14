//! Both ends of the wire joined without sockets, under a virtual clock: whatever is lost on the way,
//! every record ends up at the collector exactly once, and the agent holds receipts for all of them.
//!
//! The agent's side is its session and a journal that keeps what a real one keeps. The collector's
//! side is its session, its desk and a real store.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proviso_agent::uplink::session::{self as agent, Parties, SessionError};
use proviso_agent::uplink::{Notice, Offered, Standing};
use proviso_collector::authority::DeviceCertificate;
use proviso_collector::ingest::desk::{Caller, Desk};
use proviso_collector::ingest::refused::Refused;
use proviso_collector::ingest::session::{self as collector, Answer, Request};
use proviso_report::frame::FrameDecoder;
use proviso_report::{Hash, Receipt, Report};
use proviso_tests::ingest::InProcess;
use proviso_tests::load::{Device, in_force, visit_line};
use tokio::runtime::Runtime;

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The agent closes a report of so many records.
    Close(u8),
    /// So many small steps of either side happen.
    Steps(u8),
    /// Time passes.
    Wait(u16),
    /// The connection is lost, with everything that is on its way.
    Cut,
    /// The collector is killed and starts again.
    Restart,
    /// The agent is killed before it knew of so many receipts.
    Forget(u8),
    /// The collector is busy when it is asked next.
    Busy,
    /// A record must not wait.
    Notice,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1_u8..5).prop_map(Event::Close),
        8 => (1_u8..40).prop_map(Event::Steps),
        1 => (1_u16..20_000).prop_map(Event::Wait),
        2 => Just(Event::Cut),
        1 => Just(Event::Restart),
        1 => (0_u8..4).prop_map(Event::Forget),
        1 => Just(Event::Busy),
        1 => Just(Event::Notice),
    ]
}

/// What a journal keeps: closed reports, and how far they are held.
struct Journal {
    device: Device,
    lines: Vec<Vec<u8>>,
    reports: Vec<Vec<u8>>,
    /// Each receipt that the session verified: up to where.
    held: Vec<u64>,
}

/// One connection.
struct Joined {
    agent: agent::Session,
    collector: collector::Session,
    caller: Caller,
    /// Bytes on their way.
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    up_decoder: FrameDecoder,
    down_decoder: FrameDecoder,
    /// What the pipeline and the desk have done and nobody has heard of yet.
    pipeline: Option<agent::Answer>,
    desk: Option<Answer>,
}

struct World {
    runtime: Runtime,
    inside: InProcess,
    desk: Desk,
    certificate: DeviceCertificate,
    parties: Parties,
    order: Hash,
    journal: Journal,
    joined: Option<Joined>,
    now: Instant,
    busy: bool,
    /// Chooses who steps next.
    turn: u64,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let device = Device::without_collector().unwrap();
        let (inside, certificate) = runtime.block_on(async {
            let inside = InProcess::silent().await.unwrap();
            let certificate = inside.enter(&device).await.unwrap();
            (inside, certificate)
        });
        let order = runtime.block_on(inside.device(device.id())).unwrap().order;
        Self {
            desk: inside.desk().unwrap(),
            parties: Parties {
                device: device.id(),
                origin: device.log_key().name().to_owned(),
                collector_key: inside.signer().unwrap().verifier().clone(),
            },
            order: order.unwrap(),
            journal: Journal {
                device,
                lines: Vec::new(),
                reports: Vec::new(),
                held: Vec::new(),
            },
            runtime,
            inside,
            certificate,
            joined: None,
            now: Instant::now(),
            busy: false,
            turn: 0,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Close(records) => {
                self.journal.close(records, self.order);
                if let Some(joined) = &mut self.joined {
                    joined.agent.on_closed(self.journal.device.size());
                }
            }
            Event::Steps(steps) => {
                for _ in 0..steps {
                    self.step();
                }
            }
            Event::Wait(ms) => self.wait(Duration::from_millis(ms.into())),
            Event::Cut => self.joined = None,
            Event::Restart => {
                self.joined = None;
                self.desk = self.inside.desk().unwrap();
            }
            Event::Forget(receipts) => {
                self.joined = None;
                let left = self.journal.held.len().saturating_sub(receipts.into());
                self.journal.held.truncate(left);
            }
            Event::Busy => self.busy = true,
            Event::Notice => {
                let index = self.journal.device.size();
                let line =
                    visit_line(index, in_force(), self.order, "https://www.facebook.com/").unwrap();
                if let Some(joined) = &mut self.joined {
                    joined.agent.on_notice(Notice { index, line });
                }
            }
        }
    }

    fn connect(&mut self) {
        let standing = Standing {
            closed: self.journal.device.size(),
            held: self.journal.held.last().copied().unwrap_or(0),
            order: Some(self.order),
            updates: 0,
        };
        self.joined = Some(Joined {
            agent: agent::Session::new(self.parties.clone(), standing, VecDeque::new(), self.now),
            collector: collector::Session::new(Some(self.certificate.device), self.now),
            caller: Caller::new(Some(self.certificate.clone())),
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_decoder: FrameDecoder::new(),
            down_decoder: FrameDecoder::new(),
            pipeline: None,
            desk: None,
        });
    }

    /// One small thing happens somewhere; true when anything did.
    fn step(&mut self) -> bool {
        if self.joined.is_none() {
            self.connect();
        }
        self.turn = self
            .turn
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let first = (self.turn >> 33) as usize;
        (0..6).any(|n| self.try_step((first + n) % 6))
    }

    fn try_step(&mut self, which: usize) -> bool {
        let Some(joined) = &mut self.joined else {
            return false;
        };
        match which {
            0 => joined.agent_writes(),
            1 => joined.collector_writes(),
            2 => joined.collector_reads(self.turn),
            3 => joined.agent_reads(self.turn, self.now),
            4 => joined.pipeline_works(&mut self.journal, self.now),
            _ => {
                let busy = &mut self.busy;
                joined.desk_works(&self.desk, &self.runtime, busy)
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        if let Some(joined) = &mut self.joined {
            joined.collector.on_timeout(self.now);
            // Whoever gives up closes the connection; the other side finds it closed.
            let gave_up = joined.collector.is_over();
            if let Err(error) = joined.agent.on_timeout(self.now) {
                assert_eq!(error, SessionError::Silent);
                self.joined = None;
            } else if gave_up {
                self.joined = None;
            }
        }
    }

    /// Nothing is lost any more: everything must come to rest, with everything held.
    fn settle(&mut self) {
        self.busy = false;
        for _ in 0..200 {
            while self.step() {}
            let idle = self.joined.as_ref().unwrap().agent.is_idle();
            if idle && self.journal.all_held() {
                return;
            }
            self.wait(Duration::from_secs(1));
        }
        panic!("it never came to rest");
    }

    fn check(&self) {
        let id = self.journal.device.id();
        let stored = self.runtime.block_on(self.inside.reports(id)).unwrap();
        let mut lines = Vec::new();
        for one in &stored {
            let report = Report::parse(&one.bytes).unwrap();
            assert_eq!(report.first, lines.len() as u64);
            lines.extend(report.lines().unwrap().iter().map(<[u8]>::to_vec));
        }
        assert_eq!(lines, self.journal.lines);
        let incidents = self.runtime.block_on(self.inside.incidents()).unwrap();
        assert!(incidents.is_empty(), "{incidents:?}");
    }
}

impl Journal {
    fn close(&mut self, records: u8, order: Hash) {
        let first = self.device.size();
        let lines: Vec<Vec<u8>> = (first..first + u64::from(records))
            .map(|seq| {
                visit_line(seq, in_force(), order, &format!("https://a.example/{seq}")).unwrap()
            })
            .collect();
        self.reports.push(self.device.report(&lines).unwrap());
        self.lines.extend(lines);
    }

    fn report(&self, first: u64) -> Option<Vec<u8>> {
        let mut reports = self.reports.iter();
        reports
            .find(|bytes| Report::parse(bytes).unwrap().first == first)
            .cloned()
    }

    fn all_held(&self) -> bool {
        self.held.last().copied().unwrap_or(0) == self.device.size()
    }
}

impl Joined {
    fn agent_writes(&mut self) -> bool {
        let Some(frame) = self.agent.poll_frame() else {
            return false;
        };
        self.up.extend(frame.encode().unwrap());
        true
    }

    fn collector_writes(&mut self) -> bool {
        let Some(frame) = self.collector.poll_frame() else {
            return false;
        };
        self.down.extend(frame.encode().unwrap());
        true
    }

    fn collector_reads(&mut self, random: u64) -> bool {
        if !self.collector.takes_frames() {
            return false;
        }
        if let Some(frame) = self.up_decoder.next().unwrap() {
            self.collector.on_frame(frame);
            return true;
        }
        carry(&mut self.up, &mut self.up_decoder, random)
    }

    fn agent_reads(&mut self, random: u64, now: Instant) -> bool {
        if let Some(frame) = self.down_decoder.next().unwrap() {
            self.agent.on_frame(frame, now).unwrap();
            return true;
        }
        carry(&mut self.down, &mut self.down_decoder, random)
    }

    fn pipeline_works(&mut self, journal: &mut Journal, now: Instant) -> bool {
        if let Some(answer) = self.pipeline.take() {
            self.agent.on_answer(answer, now).unwrap();
            return true;
        }
        let answer = match self.agent.poll_request() {
            None => return false,
            Some(agent::Request::Link(_)) => return true,
            Some(agent::Request::Report(first)) => agent::Answer::Report(journal.report(first)),
            Some(agent::Request::Held(checkpoint, receipt)) => {
                // The journal looks for itself: our root, and the receipt of the right collector.
                let mut reports = journal.reports.iter();
                let ours =
                    reports.any(|bytes| *Report::parse(bytes).unwrap().checkpoint() == checkpoint);
                assert!(ours && !receipt.line().is_empty());
                journal.held.push(checkpoint.size);
                agent::Answer::Held(true)
            }
            Some(agent::Request::Order(_) | agent::Request::List(..)) => {
                agent::Answer::Offered(Offered::Taken { updates: 0 })
            }
        };
        self.pipeline = Some(answer);
        true
    }

    fn desk_works(&mut self, desk: &Desk, runtime: &Runtime, busy: &mut bool) -> bool {
        if let Some(answer) = self.desk.take() {
            self.collector.on_answer(answer);
            return true;
        }
        let Some(request) = self.collector.poll_request() else {
            return false;
        };
        let answer = match request {
            Request::Append(_) if std::mem::take(busy) => {
                let size = self.caller.log().unwrap().size();
                Answer::Refused(Refused::Busy.to_refusal(size))
            }
            request => runtime.block_on(desk.answer(&mut self.caller, request)),
        };
        self.desk = Some(answer);
        true
    }
}

/// Some of the bytes arrive.
fn carry(bytes: &mut VecDeque<u8>, decoder: &mut FrameDecoder, random: u64) -> bool {
    let some = 1 + (random >> 40) as usize % 2_000;
    let piece: Vec<u8> = bytes.drain(..some.min(bytes.len())).collect();
    decoder.push(&piece);
    !piece.is_empty()
}

/// A collector that nobody says anything to gives up; what it should have had comes anyway.
#[test]
fn a_collector_that_gave_up_is_dialled_again() {
    let mut world = World::new();
    world.happen(Event::Close(1));
    world.happen(Event::Steps(1));
    world.happen(Event::Wait(10_000));
    world.happen(Event::Close(1));
    world.settle();
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_record_ends_up_once_whatever_is_lost(
        events in proptest::collection::vec(event(), 1..60)
    ) {
        let mut world = World::new();
        world.happen(Event::Close(1));
        events.into_iter().for_each(|event| world.happen(event));
        world.settle();
        world.check();
    }
}

#[test]
fn a_commit_whose_receipt_is_lost_is_not_made_twice() {
    let mut world = World::new();
    world.happen(Event::Close(3));
    world.connect();
    let committed = |world: &World| {
        let id = world.journal.device.id();
        world
            .runtime
            .block_on(world.inside.reports(id))
            .unwrap()
            .len()
    };
    while committed(&world) == 0 {
        assert!(world.step());
    }
    world.happen(Event::Cut);
    world.settle();
    world.check();
    assert_eq!(committed(&world), 1);
}

#[test]
fn receipts_are_those_of_the_collector() {
    let mut world = World::new();
    world.happen(Event::Close(2));
    world.settle();
    let checkpoint = Report::parse(&world.journal.reports[0])
        .unwrap()
        .checkpoint()
        .clone();
    let stored = world
        .runtime
        .block_on(world.inside.reports(world.journal.device.id()))
        .unwrap();
    let signer = world.inside.signer().unwrap();
    let line = signer.receipt(&checkpoint, stored[0].receipt);
    Receipt::verify(line.line(), &checkpoint, &world.parties.collector_key).unwrap();
}
