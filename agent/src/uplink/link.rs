//! One connection: its stream on one side, the pipeline on the other, the session between. Mirrors
//! the collector's file of the same name.
//!
//! Promises: reading, writing and the pipeline's work go on side by side, so that nobody can wait
//! for the other for ever. At the end, what the collector can still acknowledge soon is waited for.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::time::{Duration, Instant};

use proviso_report::fact::CapReached;
use proviso_report::frame::{Close, FrameDecoder};
use quinn::{Chunk, ReadError, RecvStream, SendStream, WriteError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::address::Address;
use super::dial::{CHUNK, Dialled};
use super::session::{Answer, Request, Session, SessionError};
use super::thrift::{AROUND, Thrift};
use super::{Ask, Notice};
use crate::config::Metered;
use crate::platform::clock;
use crate::source::{Health, Port, ToPipeline, beat};

/// How long the end of the agent may wait for receipts.
const LAST_RECEIPTS: Duration = Duration::from_secs(2);
/// How often this computer's address is looked at.
const LOOK: Duration = Duration::from_secs(15);
/// How long the connection may take to say that it ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the uplink shares with the rest of the agent.
pub(super) struct Around {
    pub(super) port: Port,
    pub(super) closed: watch::Receiver<u64>,
    pub(super) notices: mpsc::Receiver<Notice>,
    pub(super) budget: watch::Receiver<Option<u64>>,
    /// What the settings say of the link.
    pub(super) metered: Metered,
    pub(super) thrift: Thrift,
    pub(super) stop: CancellationToken,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The session came to an end.
    Session(SessionError),
    /// The connection is gone.
    Lost(String),
    /// The pipeline does not answer.
    Pipeline,
    /// The agent stops.
    Stopped,
    /// The link is of another kind than when this connection was made.
    Anew,
}

struct Link<'a> {
    dialled: &'a Dialled,
    around: &'a mut Around,
    session: Session,
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
    /// The frame that is being sent, and how much of it was.
    out: (Vec<u8>, usize),
    /// What the pipeline was asked.
    work: Option<Work>,
    address: Address,
    /// Was the link paid for by the byte when this connection was made?
    metered: bool,
    /// Bytes that it has cost, as of the last look.
    cost: u64,
    look: Instant,
    /// The agent stops: when to wait no longer.
    until: Option<Instant>,
}

/// `Err`: the pipeline is gone.
type Work = Pin<Box<dyn Future<Output = Result<Option<Answer>, ()>> + Send>>;

/// What happened.
enum Step {
    Answered(Result<Option<Answer>, ()>),
    Read(Result<Option<Chunk>, ReadError>),
    Written(Result<usize, WriteError>),
    Closed,
    Notice(Notice),
    Stop,
    Look,
}

/// Runs a session to its end; gives back the notices that were not sent, and whether the collector
/// had said welcome.
pub(super) async fn run(
    dialled: &Dialled,
    metered: bool,
    around: &mut Around,
    session: Session,
) -> (VecDeque<Notice>, bool, Ended) {
    let opened = dialled.connection.open_bi().await;
    let (send, receive) = match opened {
        Ok(streams) => streams,
        Err(error) => {
            return (
                session.into_notices(),
                false,
                Ended::Lost(error.to_string()),
            );
        }
    };
    let mut link = Link {
        dialled,
        around,
        session,
        send,
        receive,
        decoder: FrameDecoder::new(),
        out: (Vec::new(), 0),
        work: None,
        address: Address::new(dialled),
        metered,
        cost: 0,
        // At once: how much may be sent is known before anything is.
        look: Instant::now(),
        until: None,
    };
    let ended = link.serve().await;
    let close = match &ended {
        Ended::Session(SessionError::Frame(_) | SessionError::Unexpected(_)) => Close::Fault,
        Ended::Session(_) | Ended::Lost(_) => Close::Done,
        Ended::Pipeline | Ended::Stopped | Ended::Anew => Close::Away,
    };
    dialled.connection.close(close.code().into(), b"");
    let _said = timeout(FAREWELL, dialled.endpoint.wait_idle()).await;
    let welcomed = link.session.is_ready();
    (link.session.into_notices(), welcomed, ended)
}

impl Link<'_> {
    async fn serve(&mut self) -> Ended {
        loop {
            match self.turn() {
                Ok(false) => {}
                Ok(true) => return Ended::Stopped,
                Err(error) => return Ended::Session(error),
            }
            let step = self.wait().await;
            if let Err(ended) = self.step(step) {
                return ended;
            }
        }
    }

    /// Does everything that needs no waiting; true when all is done that the end waits for.
    fn turn(&mut self) -> Result<bool, SessionError> {
        let now = Instant::now();
        while let Some(frame) = self.decoder.next()? {
            self.session.on_frame(frame, now)?;
        }
        if !self.decoder.is_within_frame() {
            // A connection that rests keeps no memory.
            self.decoder = FrameDecoder::new();
        }
        if self.work.is_none()
            && let Some(request) = self.session.poll_request()
        {
            self.work = Some(Box::pin(ask(self.around.port.clone(), request)));
        }
        if self.out.1 >= self.out.0.len() {
            self.out = match self.session.poll_frame() {
                Some(frame) => (frame.encode()?, 0),
                None => (Vec::new(), 0),
            };
        }
        let done = self.work.is_none() && self.out.0.is_empty() && self.session.is_idle();
        Ok(self
            .until
            .is_some_and(|until| done || until <= now || !self.session.is_ready()))
    }

    /// Waits for the next thing to happen.
    async fn wait(&mut self) -> Step {
        let times = [self.session.timeout(), self.until];
        let until = times.into_iter().flatten().fold(self.look, Instant::min);
        let rest = self.out.0.get(self.out.1..).unwrap_or_default();
        let Around {
            closed,
            notices,
            stop,
            ..
        } = &mut *self.around;
        tokio::select! {
            answer = answered(&mut self.work) => Step::Answered(answer),
            read = self.receive.read_chunk(CHUNK, true) => Step::Read(read),
            written = self.send.write(rest), if !rest.is_empty() => Step::Written(written),
            () = changed(closed) => Step::Closed,
            notice = next(notices) => Step::Notice(notice),
            () = stop.cancelled(), if self.until.is_none() => Step::Stop,
            () = sleep_until(until.into()) => Step::Look,
        }
    }

    /// Counts what the connection has cost, and holds reports back where the order's budget is used up.
    fn weigh(&mut self) -> Result<(), Ended> {
        let metered = self.address.is_metered(self.around.metered);
        let cost = cost(self.dialled);
        let more = cost.saturating_sub(self.cost);
        self.cost = cost;
        let budget = *self.around.budget.borrow();
        let thrift = &mut self.around.thrift;
        thrift.look(metered, budget, more, clock::now());
        self.session.hold_reports(thrift.holds());
        let port = &self.around.port;
        thrift.tell(|budget| {
            tracing::warn!("the order's budget for a metered link is used up for today");
            // A pipeline that is busy is told at the next look.
            port.try_health(Health::Sign(used_up(budget).into()))
        });
        if metered == self.metered {
            Ok(())
        } else {
            Err(Ended::Anew)
        }
    }

    fn step(&mut self, step: Step) -> Result<(), Ended> {
        let now = Instant::now();
        match step {
            Step::Answered(answer) => {
                self.work = None;
                if let Some(answer) = answer.map_err(|()| Ended::Pipeline)? {
                    self.session
                        .on_answer(answer, now)
                        .map_err(Ended::Session)?;
                }
            }
            Step::Read(Ok(Some(chunk))) => self.decoder.push(&chunk.bytes),
            Step::Read(Ok(None)) => {
                return Err(Ended::Lost("the collector ended the conversation".into()));
            }
            Step::Read(Err(error)) => return Err(Ended::Lost(error.to_string())),
            Step::Written(Ok(len)) => self.out.1 += len,
            // Why is said on the way in.
            Step::Written(Err(error)) => return Err(Ended::Lost(error.to_string())),
            Step::Closed => {
                let closed = *self.around.closed.borrow_and_update();
                self.session.on_closed(closed);
            }
            Step::Notice(notice) => self.session.on_notice(notice),
            Step::Stop => self.until = Some(now + LAST_RECEIPTS),
            Step::Look => {
                self.session.on_timeout(now).map_err(Ended::Session)?;
                if self.look <= now {
                    self.look = beat::next((now + LOOK).into()).into_std();
                    self.address.follow(self.dialled);
                    self.weigh()?;
                }
            }
        }
        Ok(())
    }
}

/// Brings a request to the pipeline and its answer back.
async fn ask(port: Port, request: Request) -> Result<Option<Answer>, ()> {
    let send = async |ask| port.send(ToPipeline::Uplink(ask)).await.map_err(|_| ());
    Ok(Some(match request {
        Request::Link(link) => {
            send(Ask::Link(link)).await?;
            return Ok(None);
        }
        Request::Report(first) => {
            let (reply, answer) = oneshot::channel();
            send(Ask::Report { first, reply }).await?;
            Answer::Report(answer.await.map_err(|_| ())?)
        }
        Request::Held(checkpoint, receipt) => {
            let (reply, answer) = oneshot::channel();
            send(Ask::Held {
                checkpoint,
                receipt,
                reply,
            })
            .await?;
            Answer::Held(answer.await.map_err(|_| ())?)
        }
        Request::Order(package) => {
            let (reply, answer) = oneshot::channel();
            send(Ask::Order { package, reply }).await?;
            Answer::Offered(answer.await.map_err(|_| ())?)
        }
        Request::List(sha256, bytes) => {
            let (reply, answer) = oneshot::channel();
            send(Ask::List {
                sha256,
                bytes,
                reply,
            })
            .await?;
            Answer::Offered(answer.await.map_err(|_| ())?)
        }
    }))
}

/// Bytes that a connection has cost both ways, with what is around them.
fn cost(dialled: &Dialled) -> u64 {
    let stats = dialled.connection.stats();
    let bytes = stats.udp_tx.bytes.saturating_add(stats.udp_rx.bytes);
    let datagrams = stats
        .udp_tx
        .datagrams
        .saturating_add(stats.udp_rx.datagrams);
    bytes.saturating_add(datagrams.saturating_mul(AROUND))
}

fn used_up(budget: u64) -> CapReached {
    CapReached {
        cap: "traffic".into(),
        count: None,
        detail: format!(
            "the {} kilobytes that the order lets monitoring send today over a metered link are used \
             up; reports wait until tomorrow or another link, possible breaches go out",
            budget / 1_000
        ),
    }
}

async fn answered(work: &mut Option<Work>) -> Result<Option<Answer>, ()> {
    match work {
        Some(work) => work.await,
        None => pending().await,
    }
}

async fn changed(closed: &mut watch::Receiver<u64>) {
    if closed.changed().await.is_err() {
        pending::<()>().await;
    }
}

/// The next notice; waits for ever when no more can come.
pub(super) async fn next(notices: &mut mpsc::Receiver<Notice>) -> Notice {
    match notices.recv().await {
        Some(notice) => notice,
        None => pending().await,
    }
}
