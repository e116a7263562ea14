//! One connection: its stream on one side, its session on the other. Mirrors the agent's file of
//! the same name.
//!
//! Promises: reading, writing and the work for the device go on side by side, so that neither side
//! can wait for the other for ever; what the device may still send while we work is bounded by the
//! stream's window. Who said nothing that opens the door may send little.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::frame::{Close, FrameDecoder};
use proviso_report::{DeviceId, Frame};
use quinn::{Chunk, Connection, ReadError, RecvStream, SendStream, WriteError};
use rustls::pki_types::CertificateDer;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::desk::{Caller, Desk};
use super::gate::Pass;
use super::peers::{News, Peers, Seat};
use super::refused::Refused;
use super::session::{Answer, Session};
use crate::authority::DeviceCertificate;
use crate::clock;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// What may come before the first word was understood.
const STRANGERS_BYTES: usize = 16 << 10;
/// How long a stranger may take to open its stream.
const FIRST_STREAM: Duration = Duration::from_secs(10);
/// How long the last words may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often a connection that says nothing counts as a sign of life: it is, for the agent keeps
/// it alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// What a connection needs beside its peer.
pub(super) struct Around {
    pub(super) desk: Arc<Desk>,
    pub(super) peers: Arc<Peers>,
    pub(super) stop: CancellationToken,
}

/// A connection with a stream.
struct Link {
    around: Arc<Around>,
    device: Option<DeviceId>,
    session: Session,
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
    /// The frame that is being sent, and how much of it was.
    out: (Vec<u8>, usize),
    /// What the session asked for, and who asked; `None` while it is being carried out.
    work: Option<Work>,
    caller: Option<Caller>,
    /// Bytes that came before the device was let in.
    strange: usize,
    pass: Option<Pass>,
    seat: Option<Seat>,
    /// The other side has said its last.
    ended: bool,
    /// When the next sign of life is due.
    sign: Instant,
}

type Work = Pin<Box<dyn Future<Output = (Caller, Answer)> + Send>>;

/// Why a link ends.
enum End {
    /// Everything is said.
    Over,
    /// The connection is gone.
    Lost(String),
    /// The device has connected anew.
    Replaced,
    /// The collector stops.
    Stopped,
}

/// Serves a connection to its end.
pub(super) async fn serve(connection: Connection, around: Arc<Around>, pass: Pass) {
    let certificate = certificate(&connection);
    let opened = tokio::select! {
        opened = timeout(FIRST_STREAM, connection.accept_bi()) => opened,
        () = around.stop.cancelled() => return connection.close(Close::Away.code().into(), b""),
    };
    let Ok(Ok((send, receive))) = opened else {
        return connection.close(Close::Fault.code().into(), b"nothing was said in time");
    };
    let device = certificate.as_ref().map(|certificate| certificate.device);
    let link = Link {
        around,
        device,
        session: Session::new(device, Instant::now()),
        send,
        receive,
        decoder: FrameDecoder::new(),
        out: (Vec::new(), 0),
        work: None,
        caller: Some(Caller::new(certificate)),
        strange: 0,
        pass: Some(pass),
        seat: None,
        ended: false,
        sign: Instant::now() + SIGN_OF_LIFE,
    };
    let close = match link.run().await {
        End::Over | End::Lost(_) => Close::Done,
        End::Replaced => Close::Replaced,
        End::Stopped => Close::Away,
    };
    connection.close(close.code().into(), b"");
}

impl Link {
    async fn run(mut self) -> End {
        let end = loop {
            if let Some(end) = self.turn() {
                break end;
            }
            if let Some(end) = self.wait().await {
                break end;
            }
        };
        if !matches!(end, End::Lost(_)) {
            // Closing a connection throws away what was not acknowledged.
            let _finished = self.send.finish();
            let _arrived = timeout(LAST_WORDS, self.send.stopped()).await;
        }
        if self.seat.is_some()
            && let Some(device) = self.device
        {
            self.around.desk.contacts.mark(device, clock::now());
            match &end {
                End::Lost(why) => tracing::info!(%device, "a device is gone: {why}"),
                _ => tracing::info!(%device, "a device was disconnected"),
            }
        }
        end
    }

    /// Does everything that needs no waiting.
    fn turn(&mut self) -> Option<End> {
        loop {
            while self.session.takes_frames() && !self.ended {
                match self.decoder.next() {
                    Ok(Some(frame)) => {
                        tracing::trace!(?frame, "received");
                        self.session.on_frame(frame);
                    }
                    Ok(None) => break,
                    Err(error) => self.session.fail(&Refused::Frame(error)),
                }
            }
            if !self.decoder.is_within_frame() {
                // A connection that rests keeps no memory.
                self.decoder = FrameDecoder::new();
            }
            if let Some(request) = self.session.poll_request()
                && let Some(mut caller) = self.caller.take()
            {
                let desk = Arc::clone(&self.around.desk);
                self.work = Some(Box::pin(async move {
                    let answer = desk.answer(&mut caller, request).await;
                    (caller, answer)
                }));
            }
            if self.out.1 < self.out.0.len() {
                return None;
            }
            let rests = self.work.is_none();
            let stops = self.around.stop.is_cancelled();
            match self.session.poll_frame() {
                Some(Frame::List { .. }) if stops && rests => return Some(End::Stopped),
                Some(frame) => self.start(&frame),
                None if self.session.is_over() => return Some(End::Over),
                None if stops && rests => return Some(End::Stopped),
                None if self.ended && rests => return Some(End::Over),
                None => {
                    self.out = (Vec::new(), 0);
                    return None;
                }
            }
        }
    }

    fn start(&mut self, frame: &Frame) {
        if let Frame::Refusal(refusal) = frame {
            let device = self.device.map(|device| device.to_string());
            tracing::warn!(device, code = ?refusal.code, "refused: {}", refusal.sentence);
        }
        match frame.encode() {
            Ok(bytes) => self.out = (bytes, 0),
            // Only an order can be too long, and the desk gives none that is.
            Err(error) => self.session.fail(&Refused::Frame(error)),
        }
    }

    /// Waits for the next thing to happen.
    async fn wait(&mut self) -> Option<End> {
        let until = self
            .session
            .timeout()
            .map_or(self.sign, |at| at.min(self.sign));
        let stops = self.around.stop.is_cancelled();
        let reads = self.session.takes_frames() && !self.ended && !stops;
        let rest = self.out.0.get(self.out.1..).unwrap_or_default();
        let step = tokio::select! {
            done = finished(&mut self.work) => Step::Done(done),
            read = self.receive.read_chunk(CHUNK, true), if reads => Step::Read(read),
            written = self.send.write(rest), if !rest.is_empty() => Step::Written(written),
            news = news(&mut self.seat) => Step::News(news),
            () = self.around.stop.cancelled(), if !stops => Step::Look,
            () = sleep_until(until.into()) => Step::Look,
        };
        match step {
            Step::Done((caller, answer)) => self.done(caller, answer),
            Step::Read(Ok(Some(chunk))) => self.received(&chunk.bytes),
            Step::Read(Ok(None)) => self.ended = true,
            Step::Read(Err(error)) => return Some(End::Lost(error.to_string())),
            Step::Written(Ok(len)) => self.out.1 += len,
            Step::Written(Err(error)) => return Some(End::Lost(error.to_string())),
            Step::News(News { replaced: true, .. }) => return Some(End::Replaced),
            Step::News(news) => self.session.on_order(news.order, news.updates),
            Step::Look => self.look(),
        }
        None
    }

    fn received(&mut self, bytes: &[u8]) {
        if !self.session.is_admitted() {
            self.strange = self.strange.saturating_add(bytes.len());
            if self.strange > STRANGERS_BYTES {
                self.session.fail(&Refused::TooMuch(STRANGERS_BYTES));
                return;
            }
        }
        self.decoder.push(bytes);
    }

    fn done(&mut self, caller: Caller, answer: Answer) {
        self.work = None;
        if let (Answer::Admitted(welcome), Some(log)) = (&answer, caller.log()) {
            let device = log.device().id;
            self.device = Some(device);
            self.seat = Some(
                self.around
                    .peers
                    .seat(device, welcome.order, welcome.updates),
            );
            self.pass = None;
            tracing::info!(%device, size = welcome.size, "a device connected");
        }
        self.caller = Some(caller);
        self.session.on_answer(answer);
    }

    fn look(&mut self) {
        let now = Instant::now();
        self.session.on_timeout(now);
        if self.sign <= now {
            self.sign = now + SIGN_OF_LIFE;
            if let (Some(device), Some(_)) = (self.device, &self.seat) {
                self.around.desk.contacts.mark(device, clock::now());
            }
        }
    }
}

/// What happened.
enum Step {
    Done((Caller, Answer)),
    Read(Result<Option<Chunk>, ReadError>),
    Written(Result<usize, WriteError>),
    News(News),
    Look,
}

async fn finished(work: &mut Option<Work>) -> (Caller, Answer) {
    match work {
        Some(work) => work.await,
        None => pending().await,
    }
}

async fn news(seat: &mut Option<Seat>) -> News {
    let Some(seat) = seat else {
        return pending().await;
    };
    match seat.news.changed().await {
        Ok(()) => *seat.news.borrow_and_update(),
        // Nobody has the seat any more but us; the last news was read.
        Err(_) => pending().await,
    }
}

/// The device that the connection's certificate names.
fn certificate(connection: &Connection) -> Option<DeviceCertificate> {
    let chain = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    DeviceCertificate::read(chain.first()?).ok()
}
