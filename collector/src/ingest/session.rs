//! What is said on one connection, and in which order. Mirrors the agent's file of the same name.
//!
//! Call [`Session::on_frame`] for what came in while [`Session::takes_frames`], carry out what
//! [`Session::poll_request`] asks and bring the answer to [`Session::on_answer`], send what
//! [`Session::poll_frame`] gives, and at [`Session::timeout`] call [`Session::on_timeout`].
//! Spurious calls are harmless.
//!
//! Promises: one request at a time, so that a device has at most one commit in flight; each report
//! gets exactly one answer, in order; pieces of lists stand back behind every other answer. Without
//! a certificate only a request to enrol is answered.
//!
//! Refuses: sockets, files and clocks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::frame::{MAX_LIST_PIECE, PROTOCOL};
use proviso_report::{
    DeviceId, EnrolAnswer, EnrolRequest, EpochAnswer, EpochRequest, Frame, Hash, Hello,
    OrderPackage, Refusal, RefusalCode, Welcome,
};

use super::refused::Refused;

/// How long a stranger may be silent.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// Lists that one device may wait for at once.
const LISTS: usize = 16;
/// A piece of a list. Small, so that a receipt need not wait long behind one.
const PIECE: usize = 64 << 10;
const _: () = assert!(PIECE <= MAX_LIST_PIECE);

/// One connection's state.
#[derive(Debug)]
pub struct Session {
    certificate: Option<DeviceId>,
    state: State,
    /// How many records the device is known to have here.
    size: u64,
    /// The order that the device was last told of, and how many updates of its lists.
    told: (Option<Hash>, u64),
    request: Option<Request>,
    /// A request is being carried out.
    pending: bool,
    answers: VecDeque<Frame>,
    lists: VecDeque<Sending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was said yet; until when it must be.
    New(Instant),
    /// A device that may send reports.
    Admitted,
    /// What is left is sent, nothing more is taken.
    Over,
}

/// A list on its way.
#[derive(Debug)]
struct Sending {
    sha256: Hash,
    bytes: Arc<Vec<u8>>,
    offset: usize,
}

/// What must be done before the session goes on.
#[derive(Debug)]
pub enum Request {
    /// A device says hello: may it come in?
    Admit(Hello),
    /// Check, judge and store a report.
    Append(Vec<u8>),
    /// Judge a record ahead of its report.
    Notice {
        /// Its place.
        index: u64,
        /// Its line.
        line: Vec<u8>,
    },
    /// Find the device's order.
    Order,
    /// Find a list.
    List(Hash),
    /// Make a device of a computer.
    Enrol(EnrolRequest),
    /// Begin a new log where one was broken off.
    Epoch(EpochRequest),
}

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// It may.
    Admitted(Welcome),
    /// The report is held, durably.
    Held {
        /// Up to here.
        size: u64,
        /// The receipt.
        line: String,
    },
    /// The notice was looked at.
    Noticed,
    /// The order.
    Order(OrderPackage),
    /// The list, if there is one.
    List {
        /// Its hash.
        sha256: Hash,
        /// It.
        bytes: Option<Arc<Vec<u8>>>,
    },
    /// The computer is a device.
    Enrolled(EnrolAnswer),
    /// The new log.
    Epoch(EpochAnswer),
    /// No.
    Refused(Refusal),
}

impl Session {
    /// A new connection, with the device that its certificate names.
    #[must_use]
    pub fn new(certificate: Option<DeviceId>, now: Instant) -> Self {
        Self {
            certificate,
            state: State::New(now + FIRST_WORD),
            size: 0,
            told: (None, 0),
            request: None,
            pending: false,
            answers: VecDeque::new(),
            lists: VecDeque::new(),
        }
    }

    /// May the next frame be handed over?
    #[must_use]
    pub fn takes_frames(&self) -> bool {
        self.state != State::Over && !self.pending && self.request.is_none()
    }

    /// Takes a frame. One that comes when none is taken ends the session.
    pub fn on_frame(&mut self, frame: Frame) {
        if let Err(refused) = self.take(frame) {
            self.fail(&refused);
        }
    }

    fn take(&mut self, frame: Frame) -> Result<(), Refused> {
        if !self.takes_frames() {
            return Err(Refused::Unexpected(frame.name()));
        }
        let admitted = self.state == State::Admitted;
        self.request = Some(match frame {
            Frame::Hello(hello) if !admitted => self.greet(hello)?,
            Frame::EnrolRequest(request) if !admitted && self.certificate.is_none() => {
                Request::Enrol(request)
            }
            Frame::EpochRequest(request) if !admitted && self.certificate.is_some() => {
                Request::Epoch(request)
            }
            Frame::Report(bytes) if admitted => Request::Append(bytes),
            Frame::Notice { index, line } if admitted => Request::Notice { index, line },
            Frame::GetOrder if admitted => Request::Order,
            Frame::GetList { .. } if admitted && self.lists.len() >= LISTS => {
                return Err(Refused::TooManyLists(LISTS));
            }
            Frame::GetList { sha256 } if admitted => Request::List(sha256),
            other => return Err(Refused::Unexpected(other.name())),
        });
        Ok(())
    }

    fn greet(&self, hello: Hello) -> Result<Request, Refused> {
        if hello.protocol != PROTOCOL {
            return Err(Refused::Protocol {
                ours: PROTOCOL,
                theirs: hello.protocol,
            });
        }
        // Whether the log is one of this certificate's is for the desk: it may be a later one.
        match self.certificate {
            Some(_) => Ok(Request::Admit(hello)),
            None => Err(Refused::NoCertificate),
        }
    }

    /// What must be done now.
    pub fn poll_request(&mut self) -> Option<Request> {
        let request = self.request.take();
        self.pending |= request.is_some();
        request
    }

    /// Takes what came of the request.
    pub fn on_answer(&mut self, answer: Answer) {
        if !std::mem::take(&mut self.pending) || self.state == State::Over {
            return;
        }
        match answer {
            Answer::Admitted(welcome) => {
                self.state = State::Admitted;
                self.size = welcome.size;
                self.told = (welcome.order, welcome.updates);
                self.answers.push_back(Frame::Welcome(welcome));
            }
            Answer::Held { size, line } => {
                self.size = self.size.max(size);
                self.answers.push_back(Frame::Receipt { size, line });
            }
            Answer::Noticed => {}
            Answer::Order(package) => self.answers.push_back(Frame::Order(package)),
            Answer::List { sha256, bytes } => match bytes {
                Some(bytes) => self.lists.push_back(Sending {
                    sha256,
                    bytes,
                    offset: 0,
                }),
                None => self.answers.push_back(Frame::NoList { sha256 }),
            },
            Answer::Enrolled(answer) => {
                self.answers.push_back(Frame::EnrolAnswer(answer));
                self.state = State::Over;
            }
            Answer::Epoch(answer) => {
                self.answers.push_back(Frame::EpochAnswer(answer));
                self.state = State::Over;
            }
            Answer::Refused(refusal) => {
                if self.state != State::Admitted || refusal.code == RefusalCode::UnknownDevice {
                    self.end();
                }
                self.size = self.size.max(refusal.size);
                self.answers.push_back(Frame::Refusal(refusal));
            }
        }
    }

    /// Another order may be assigned to the device from now on, or there may be more updates of its
    /// lists.
    pub fn on_order(&mut self, order: Option<Hash>, updates: u64) {
        if self.state != State::Admitted || self.told == (order, updates) {
            return;
        }
        self.told = (order, updates);
        if let Some(digest) = order {
            self.answers
                .push_back(Frame::OrderChanged { digest, updates });
        }
    }

    /// Says no and takes nothing more.
    pub fn fail(&mut self, refused: &Refused) {
        if self.state == State::Over {
            return;
        }
        self.end();
        let refusal = refused.to_refusal(self.size);
        self.answers.push_back(Frame::Refusal(refusal));
    }

    fn end(&mut self) {
        self.state = State::Over;
        self.request = None;
        self.lists.clear();
    }

    /// The next frame to send.
    pub fn poll_frame(&mut self) -> Option<Frame> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let list = self.lists.front_mut()?;
        let end = list.bytes.len().min(list.offset + PIECE);
        let piece = list.bytes.get(list.offset..end).unwrap_or_default();
        let frame = Frame::List {
            sha256: list.sha256,
            total: u64::try_from(list.bytes.len()).unwrap_or(u64::MAX),
            offset: u64::try_from(list.offset).unwrap_or(u64::MAX),
            bytes: piece.to_vec(),
        };
        list.offset = end;
        if end == list.bytes.len() {
            self.lists.pop_front();
        }
        Some(frame)
    }

    /// Is a device let in?
    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.state == State::Admitted
    }

    /// Is everything said once the frames that are left are sent?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// When to call [`Session::on_timeout`].
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        match self.state {
            State::New(until) if !self.pending => Some(until),
            _ => None,
        }
    }

    /// Gives up on who has said nothing in time.
    pub fn on_timeout(&mut self, now: Instant) {
        if self.timeout().is_some_and(|until| until <= now) {
            self.fail(&Refused::Silent);
        }
    }
}

#[cfg(test)]
mod tests;
