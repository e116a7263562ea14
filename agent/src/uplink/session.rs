//! What is said on one connection, and in which order. Mirrors the collector's file of the same
//! name.
//!
//! Call [`Session::on_frame`] for what came in, carry out what [`Session::poll_request`] asks and
//! bring the answer to [`Session::on_answer`], send what [`Session::poll_frame`] gives, and at
//! [`Session::timeout`] call [`Session::on_timeout`]. Spurious calls are harmless.
//!
//! Promises: reports go out in the order of the log, from the size that the collector holds; a
//! report counts as held only by a receipt that was verified with the collector's key against the
//! checkpoint that this device signed. Whatever breaks off is sent again. Notices go ahead when
//! more than one report waits. An assigned order that could not be taken is asked for again, and so
//! is one of which the collector has more updates of lists.
//!
//! Refuses: to go on with a collector that holds another log than this one, or less of it than it
//! gave receipts for. That is for people to look into; nothing is let go of meanwhile. Where the log
//! here was set back or forked, a new one begins ([`SessionError::breaks_log`]).

mod error;
mod lists;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proviso_report::frame::PROTOCOL;
use proviso_report::{
    Checkpoint, DeviceId, Frame, Hash, Hello, Note, OrderPackage, Receipt, Refusal, RefusalCode,
    Report, VerifierKey, Welcome,
};

use super::{Link, Notice, Offered, Standing};
use lists::Lists;

pub use error::{Apart, SessionError};
pub use lists::ListError;

/// Reports that may be under way without a receipt, and their bytes.
const WINDOW: usize = 8;
const WINDOW_BYTES: usize = 4 << 20;
/// Records that one report usually has at most.
const REPORT: u64 = 256;
/// Notices that wait; more say nothing new to who must act.
const NOTICES: usize = 64;
/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a collector that is busy is left alone.
const BUSY: Duration = Duration::from_secs(3);
/// An order that was not taken is asked for again after so long: what was in its way, a clock that
/// was wrong or a full disk, may be gone.
const ORDER_AGAIN: Duration = Duration::from_secs(600);

/// Whose session it is.
#[derive(Clone, Debug)]
pub struct Parties {
    /// The device.
    pub device: DeviceId,
    /// The name of its log.
    pub origin: String,
    /// Signs receipts.
    pub collector_key: VerifierKey,
}

/// One connection's state.
#[derive(Debug)]
pub struct Session {
    parties: Parties,
    state: State,
    standing: Standing,
    /// Where the next report to send begins.
    next: u64,
    /// The pipeline was asked for the report that begins here.
    asked: Option<u64>,
    /// What the collector will answer to, in order.
    expected: VecDeque<Expected>,
    /// The pipeline will say of these sizes whether they are of this log, in order.
    comparing: VecDeque<u64>,
    /// From here on was sent again once; a second time would be no use.
    repeated: Option<u64>,
    /// No reports until then: the collector was busy.
    rests_until: Option<Instant>,
    /// No reports for now: the link is paid for by the byte, and the day's budget is used up.
    holds: bool,
    /// When the collector was last heard, or was first asked something.
    heard: Instant,
    /// The order that the collector assigned last, and how many updates of its lists it has.
    assigned: Option<(Hash, u64)>,
    /// The order was just taken without the updates that it has: they are asked for once at once.
    asked_for_updates: bool,
    /// When to ask for it again, because it was not taken.
    asks_again: Option<Instant>,
    lists: Lists,
    notices: VecDeque<Notice>,
    frames: VecDeque<Frame>,
    requests: VecDeque<Request>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Hello was said.
    Greeting,
    /// The pipeline looks whether the collector holds this log.
    Comparing,
    /// Reports flow.
    Ready,
}

/// What the collector must answer.
#[derive(Debug)]
enum Expected {
    /// A report.
    Report { checkpoint: Checkpoint, len: usize },
    /// A report that will be sent again whatever the answer is.
    Stale,
    /// The question for the order.
    Order,
}

/// What must be done before the session goes on.
#[derive(Debug)]
pub enum Request {
    /// The bytes of the closed report that begins at this record.
    Report(u64),
    /// Is it this log? Let go of what is held.
    Held(Checkpoint, Receipt),
    /// Take an order.
    Order(OrderPackage),
    /// Take a list.
    List(Hash, Vec<u8>),
    /// Say how the connection stands. Needs no answer.
    Link(Link),
}

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// The report; `None`: none begins there.
    Report(Option<Vec<u8>>),
    /// Whether it is this log.
    Held(bool),
    /// What became of the order.
    Offered(Offered),
}

impl Session {
    /// Begins with hello. `notices`: what waited for a connection.
    #[must_use]
    pub fn new(
        parties: Parties,
        standing: Standing,
        notices: VecDeque<Notice>,
        now: Instant,
    ) -> Self {
        let hello = Hello {
            protocol: PROTOCOL,
            agent_version: env!("CARGO_PKG_VERSION").into(),
            device: parties.device,
            size: standing.closed,
            order: standing.order,
        };
        Self {
            parties,
            state: State::Greeting,
            next: standing.held,
            standing,
            asked: None,
            expected: VecDeque::new(),
            comparing: VecDeque::new(),
            repeated: None,
            rests_until: None,
            holds: false,
            heard: now,
            assigned: None,
            asked_for_updates: false,
            asks_again: None,
            lists: Lists::default(),
            notices,
            frames: [Frame::Hello(hello)].into(),
            requests: VecDeque::new(),
        }
    }

    /// Takes a frame.
    pub fn on_frame(&mut self, frame: Frame, now: Instant) -> Result<(), SessionError> {
        self.heard = now;
        let ready = self.state == State::Ready;
        match frame {
            Frame::Welcome(welcome) if self.state == State::Greeting => self.welcome(&welcome),
            Frame::Refusal(refusal) => self.refused(refusal, now),
            Frame::Receipt { size, line } if ready => self.receipt(size, &line),
            Frame::Order(package) if ready => {
                let Some(Expected::Order) = self.expected.pop_front() else {
                    return Err(SessionError::Unexpected("an order"));
                };
                self.requests.push_back(Request::Order(package));
                Ok(())
            }
            Frame::OrderChanged { digest, updates } if self.state != State::Greeting => {
                self.assign(Some((digest, updates)));
                Ok(())
            }
            Frame::List {
                sha256,
                total,
                offset,
                bytes,
            } if ready => {
                self.piece(sha256, total, offset, &bytes, now);
                Ok(())
            }
            Frame::NoList { sha256 } if ready => {
                tracing::warn!("the collector has no list {sha256}, which its order needs");
                self.not_taken(now);
                Ok(())
            }
            other => Err(SessionError::Unexpected(other.name())),
        }
    }

    /// The collector says what it holds.
    fn welcome(&mut self, welcome: &Welcome) -> Result<(), SessionError> {
        self.compare_sizes(welcome.size)?;
        self.next = welcome.size;
        self.state = State::Comparing;
        self.assign(welcome.order.map(|order| (order, welcome.updates)));
        if welcome.size == 0 {
            self.ready();
            return Ok(());
        }
        let fault = |error: &dyn std::fmt::Display| SessionError::Receipt(error.to_string());
        let (Some(line), Some(note)) = (&welcome.receipt, &welcome.checkpoint) else {
            return Err(fault(&"there is none"));
        };
        // The journal compares the root with its own: that says more than a signature by a key that
        // may be wiped long since.
        let note = Note::parse(note.as_bytes()).map_err(|error| fault(&error))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| fault(&error))?;
        if checkpoint.origin != self.parties.origin {
            return Err(fault(&"it is of another log"));
        }
        if (checkpoint.size, checkpoint.root) != (welcome.size, welcome.root) {
            return Err(fault(&"it is about another size or root"));
        }
        let receipt = Receipt::verify(line, &checkpoint, &self.parties.collector_key)
            .map_err(|error| fault(&error))?;
        self.hold(checkpoint, receipt);
        Ok(())
    }

    fn compare_sizes(&self, theirs: u64) -> Result<(), SessionError> {
        let Standing { closed, held, .. } = self.standing;
        let apart = if theirs > closed {
            Apart::More {
                theirs,
                ours: closed,
            }
        } else if theirs < held {
            Apart::Less { theirs, ours: held }
        } else {
            return Ok(());
        };
        Err(SessionError::Apart(apart))
    }

    fn hold(&mut self, checkpoint: Checkpoint, receipt: Receipt) {
        self.comparing.push_back(checkpoint.size);
        self.requests.push_back(Request::Held(checkpoint, receipt));
    }

    fn ready(&mut self) {
        self.state = State::Ready;
        self.requests.push_back(Request::Link(Link::Up));
    }

    /// A report is held.
    fn receipt(&mut self, size: u64, line: &str) -> Result<(), SessionError> {
        let checkpoint = match self.expected.pop_front() {
            Some(Expected::Report { checkpoint, .. }) => checkpoint,
            // It will be sent again and get the same receipt.
            Some(Expected::Stale) => return Ok(()),
            Some(Expected::Order) | None => return Err(SessionError::Unexpected("a receipt")),
        };
        if checkpoint.size != size {
            let why = format!("it is for {size} records, not for {}", checkpoint.size);
            return Err(SessionError::Receipt(why));
        }
        let receipt = Receipt::verify(line, &checkpoint, &self.parties.collector_key)
            .map_err(|error| SessionError::Receipt(error.to_string()))?;
        self.repeated = None;
        self.hold(checkpoint, receipt);
        Ok(())
    }

    fn refused(&mut self, refusal: Refusal, now: Instant) -> Result<(), SessionError> {
        match self.expected.pop_front() {
            Some(Expected::Report { .. }) => match refusal.code {
                RefusalCode::WrongSize if self.repeated != Some(refusal.size) => {
                    self.compare_sizes(refusal.size)?;
                    self.repeated = Some(refusal.size);
                    self.again(refusal.size);
                    Ok(())
                }
                RefusalCode::Busy => {
                    self.compare_sizes(refusal.size)?;
                    self.again(refusal.size);
                    self.rests_until = Some(now + BUSY);
                    Ok(())
                }
                _ => Err(SessionError::Refused(refusal)),
            },
            Some(Expected::Stale) => Ok(()),
            Some(Expected::Order) => {
                tracing::warn!("the collector gives no order: {}", refusal.sentence);
                self.not_taken(now);
                Ok(())
            }
            None => Err(SessionError::Refused(refusal)),
        }
    }

    /// Sends from `next` on again; what is under way will be refused like the first of it, and what
    /// was not sent yet is not sent.
    fn again(&mut self, next: u64) {
        self.next = next;
        let before = self.frames.len();
        self.frames
            .retain(|frame| !matches!(frame, Frame::Report(_)));
        let mut unsent = before - self.frames.len();
        for at in (0..self.expected.len()).rev() {
            if !matches!(self.expected.get(at), Some(Expected::Report { .. })) {
                continue;
            }
            if unsent > 0 {
                unsent -= 1;
                self.expected.remove(at);
            } else if let Some(expected) = self.expected.get_mut(at) {
                *expected = Expected::Stale;
            }
        }
    }

    /// The collector assigned an order, or has more updates of its lists.
    fn assign(&mut self, order: Option<(Hash, u64)>) {
        if order == self.assigned {
            return;
        }
        self.assigned = order;
        self.asked_for_updates = false;
        self.asks_again = None;
        if let Some((digest, updates)) = order
            && (Some(digest) != self.standing.order || updates > self.standing.updates)
        {
            self.get_order();
        }
    }

    fn get_order(&mut self) {
        self.lists.clear();
        self.expected.push_back(Expected::Order);
        self.frames.push_back(Frame::GetOrder);
    }

    fn not_taken(&mut self, now: Instant) {
        self.lists.clear();
        self.asks_again = Some(now + ORDER_AGAIN);
    }

    fn piece(&mut self, sha256: Hash, total: u64, offset: u64, bytes: &[u8], now: Instant) {
        match self.lists.piece(sha256, total, offset, bytes) {
            Ok(Some(list)) => self.requests.push_back(Request::List(sha256, list)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!("a list of the order is not taken: {error}");
                self.not_taken(now);
            }
        }
    }

    /// What must be done now.
    pub fn poll_request(&mut self) -> Option<Request> {
        if let Some(request) = self.requests.pop_front() {
            return Some(request);
        }
        if self.asked.is_some() || !self.wants_report() {
            return None;
        }
        self.asked = Some(self.next);
        Some(Request::Report(self.next))
    }

    fn wants_report(&self) -> bool {
        let (reports, bytes) = self.under_way();
        self.state == State::Ready
            && self.rests_until.is_none()
            && !self.holds
            && self.next < self.standing.closed
            && reports < WINDOW
            && bytes < WINDOW_BYTES
    }

    /// Reports without an answer, and their bytes.
    fn under_way(&self) -> (usize, usize) {
        self.expected
            .iter()
            .fold((0, 0), |(reports, bytes), expected| match expected {
                Expected::Report { len, .. } => (reports + 1, bytes + len),
                Expected::Stale => (reports + 1, bytes),
                Expected::Order => (reports, bytes),
            })
    }

    /// Takes what came of a request.
    pub fn on_answer(&mut self, answer: Answer, now: Instant) -> Result<(), SessionError> {
        match answer {
            Answer::Report(report) => {
                if self.asked.take() == Some(self.next) {
                    self.send(report, now)?;
                }
            }
            Answer::Held(false) => return Err(SessionError::Apart(Apart::Other)),
            Answer::Held(true) => {
                let size = self.comparing.pop_front().unwrap_or_default();
                self.standing.held = self.standing.held.max(size);
                if self.state == State::Comparing {
                    self.ready();
                }
            }
            Answer::Offered(Offered::Taken { updates }) => {
                self.lists.clear();
                self.asks_again = None;
                let more = self.assigned.is_some_and(|(_, there)| there > updates);
                if more && !self.asked_for_updates {
                    self.asked_for_updates = true;
                    self.get_order();
                }
            }
            Answer::Offered(Offered::Needs(lists)) => {
                if let Some(sha256) = self.lists.want(&lists) {
                    self.frames.push_back(Frame::GetList { sha256 });
                }
            }
            Answer::Offered(Offered::Refused(why)) => {
                tracing::warn!("the order is not taken: {why}");
                self.not_taken(now);
            }
        }
        Ok(())
    }

    fn send(&mut self, report: Option<Vec<u8>>, now: Instant) -> Result<(), SessionError> {
        let Some(bytes) = report else {
            return Err(SessionError::Apart(Apart::NoReport(self.next)));
        };
        let own = |error: &dyn std::fmt::Display| SessionError::OwnReport(error.to_string());
        let report = Report::parse(&bytes).map_err(|error| own(&error))?;
        if report.first != self.next {
            return Err(own(&"it begins elsewhere"));
        }
        let checkpoint = report.checkpoint().clone();
        self.next = checkpoint.size;
        if self.expected.is_empty() {
            self.heard = now;
        }
        self.expected.push_back(Expected::Report {
            checkpoint,
            len: bytes.len(),
        });
        self.frames.push_back(Frame::Report(bytes));
        Ok(())
    }

    /// The next frame to send.
    pub fn poll_frame(&mut self) -> Option<Frame> {
        while self.state == State::Ready
            && let Some(Notice { index, line }) = self.notices.pop_front()
        {
            if self.waits(index) {
                return Some(Frame::Notice { index, line });
            }
        }
        self.frames.pop_front()
    }

    /// Does this record wait behind more than one report?
    fn waits(&self, index: u64) -> bool {
        let ahead = index.checked_sub(self.next);
        ahead.is_some_and(|records| self.holds || self.under_way().0 > 1 || records >= REPORT)
    }

    /// More reports were closed.
    pub fn on_closed(&mut self, closed: u64) {
        self.standing.closed = self.standing.closed.max(closed);
    }

    /// Reports wait, or no longer. Notices go out all the same.
    pub const fn hold_reports(&mut self, holds: bool) {
        self.holds = holds;
    }

    /// A record must not wait behind a backlog.
    pub fn on_notice(&mut self, notice: Notice) {
        keep_notice(&mut self.notices, notice);
    }

    /// Is everything that was closed held?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.state == State::Ready
            && self.next >= self.standing.closed
            && self.under_way().0 == 0
            && self.comparing.is_empty()
            && self.frames.is_empty()
    }

    /// Did the collector say welcome, and does it hold this log?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// When to call [`Session::on_timeout`].
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let answers = self.state == State::Greeting || !self.expected.is_empty();
        let silent = answers.then(|| self.heard + PATIENCE);
        [silent, self.rests_until, self.asks_again]
            .into_iter()
            .flatten()
            .min()
    }

    /// Ends a rest, asks again for an order, or gives up on a collector that does not answer.
    pub fn on_timeout(&mut self, now: Instant) -> Result<(), SessionError> {
        if self.rests_until.is_some_and(|until| until <= now) {
            self.rests_until = None;
        }
        if self.asks_again.is_some_and(|at| at <= now) {
            self.asks_again = None;
            if self.expected.is_empty() {
                self.heard = now;
            }
            self.get_order();
        }
        match self.timeout() {
            Some(until) if until <= now => Err(SessionError::Silent),
            _ => Ok(()),
        }
    }

    /// The notices that were not sent.
    #[must_use]
    pub fn into_notices(self) -> VecDeque<Notice> {
        self.notices
    }
}

/// Adds a notice to those that wait; when there are too many the oldest goes, for its report is the
/// next to go.
pub fn keep_notice(waiting: &mut VecDeque<Notice>, notice: Notice) {
    if waiting.len() >= NOTICES {
        waiting.pop_front();
    }
    waiting.push_back(notice);
}

#[cfg(test)]
mod tests;
