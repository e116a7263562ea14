//! Carries closed reports to the collector and brings receipts and orders back. Mirrors the
//! collector's `ingest` file by file.
//!
//! Read [`Ask`] first: everything that the uplink wants of the rest of the agent; then [`session`]
//! (what is said, and in which order). The uplink owns the connection and nothing else; reports
//! stay in the journal until their receipt is verified.
//!
//! Promises: whatever happens to the network or the collector, it tries again, and says in
//! [`Link`] how it stands. Refuses: to let go of anything without a receipt.

mod address;
mod backoff;
mod blocked;
pub mod dial;
mod link;
pub mod session;
pub mod thrift;
pub mod tls;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proviso_report::fact::LogBreak;
use proviso_report::frame::{Close, EpochAnswer, EpochRequest, OrderPackage};
use proviso_report::{Checkpoint, DeviceId, Frame, Hash, Receipt, RefusalCode};
use quinn::ClientConfig;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::identity::Identity;
use crate::source::{Batch, Health, NotTaken, Port, ToPipeline};
use backoff::Backoff;
use blocked::Causes;
use dial::{DialError, Dialled};
use link::{Around, Ended};
use session::{Parties, Session, keep_notice};
use thrift::Thrift;

/// The cursor that says what was used of a day's budget.
const THRIFT: &str = "uplink:thrift";

/// What the uplink asks of the pipeline.
#[derive(Debug)]
pub enum Ask {
    /// Where does the log stand?
    Standing(oneshot::Sender<Standing>),
    /// The bytes of the closed report that begins at this record; `None`: there is none.
    Report {
        /// The place of its first record.
        first: u64,
        /// The answer.
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    /// The collector holds the log up to this checkpoint, by a receipt that was verified with the
    /// collector's key. The pipeline compares the root with its own before it lets go of anything;
    /// it answers false when the collector holds another log than this one.
    Held {
        /// What the collector signed.
        checkpoint: Checkpoint,
        /// The receipt.
        receipt: Receipt,
        /// Is it this log?
        reply: oneshot::Sender<bool>,
    },
    /// The collector assigns this order. The pipeline checks signatures, version and form.
    Order {
        /// As it came.
        package: OrderPackage,
        /// What becomes of it.
        reply: oneshot::Sender<Offered>,
    },
    /// A list that was asked for, whole.
    List {
        /// Its hash, as asked for; the pipeline checks it.
        sha256: Hash,
        /// The list.
        bytes: Vec<u8>,
        /// What becomes of the order that needs it.
        reply: oneshot::Sender<Offered>,
    },
    /// Which log is it? Its number and its name.
    Log(oneshot::Sender<(DeviceId, String)>),
    /// The collector does not go on with this log: what must be asked of it.
    Broken {
        /// Why.
        cause: LogBreak,
        /// The question.
        reply: oneshot::Sender<EpochRequest>,
    },
    /// The collector's answer to that.
    Epoch {
        /// Why the log was broken off.
        cause: LogBreak,
        /// The new log.
        answer: EpochAnswer,
        /// The new log began.
        reply: oneshot::Sender<()>,
    },
    /// How the connection stands, for `status`.
    Link(Link),
    /// Is the link paid for by the byte?
    Metered(bool),
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many records are in closed reports.
    pub closed: u64,
    /// How many of them the collector has given a receipt for.
    pub held: u64,
    /// The order in force, or the last one that was.
    pub order: Option<Hash>,
    /// How many updates of its lists were taken.
    pub updates: u64,
}

/// What becomes of an order that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It is in force, or will be on its first day, and so are the updates of its lists that came with
    /// it; how many of them are held now.
    Taken {
        /// Updates of its lists.
        updates: u64,
    },
    /// These lists are not here yet.
    Needs(Vec<Hash>),
    /// It is not taken; why, as a sentence. A record says so too.
    Refused(String),
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Connected.
    Up,
    /// Not connected; why, as a sentence.
    Down(String),
    /// Connected, and the collector refuses the log; why, as a sentence. Nothing is deleted.
    Refused(String),
}

/// The cursor that says at which address the collector last was.
const PLACE: &str = "collector";

/// A record that must not wait behind a backlog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its place in the log.
    pub index: u64,
    /// Its line.
    pub line: Vec<u8>,
}

/// What the pipeline tells the uplink.
#[derive(Debug)]
pub struct Told {
    /// How many records are in closed reports.
    pub closed: watch::Receiver<u64>,
    /// Records that must not wait behind a backlog.
    pub notices: mpsc::Receiver<Notice>,
    /// What the order lets go over a link that is paid for by the byte, bytes a day.
    pub budget: watch::Receiver<Option<u64>>,
}

/// Keeps the collector up to date until `stop`.
pub async fn run(
    identity: Identity,
    port: Port,
    told: Told,
    config: Arc<Config>,
    stop: CancellationToken,
) {
    let thrift = match port.cursor(THRIFT).await {
        Some(bytes) => Thrift::from_bytes(&bytes),
        None => None,
    };
    let around = Around {
        port,
        closed: told.closed,
        notices: told.notices,
        budget: told.budget,
        metered: config.metered,
        thrift: thrift.unwrap_or_default(),
        stop: stop.clone(),
    };
    let client = match tls::client(&identity) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!("{error}");
            let _gone = around.say(Link::Down(error.to_string())).await;
            return stop.cancelled().await;
        }
    };
    let good = around.port.cursor(PLACE).await;
    let good = good.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let mut uplink = Uplink {
        parties: Parties {
            device: identity.device(),
            origin: identity.origin().to_owned(),
            collector_key: identity.collector_key().clone(),
        },
        collector: config.collector.clone(),
        config: client,
        around,
        waiting: VecDeque::new(),
        backoff: Backoff::default(),
        blocked: Causes::default(),
        good,
    };
    while let Ok(wait) = uplink.once().await {
        let waited = uplink.meanwhile(tokio::time::sleep(wait)).await;
        if waited.is_none() {
            return;
        }
    }
}

struct Uplink {
    parties: Parties,
    collector: String,
    config: ClientConfig,
    around: Around,
    /// Notices that wait for a connection.
    waiting: VecDeque<Notice>,
    backoff: Backoff,
    /// What keeps it from its collector.
    blocked: Causes,
    /// Where the collector last was.
    good: Option<IpAddr>,
}

/// The agent stops.
struct Stops;

impl Uplink {
    /// One connection, from its first to its last word. Answers how long to wait before the next.
    async fn once(&mut self) -> Result<Duration, Stops> {
        let (collector, config) = (self.collector.clone(), self.config.clone());
        let rule = self.around.metered;
        let dialled = self
            .meanwhile(async move {
                let metered = address::is_metered(rule, &collector).await;
                let config = if metered {
                    tls::metered(config)
                } else {
                    config
                };
                (metered, Dialled::new(&collector, &config).await)
            })
            .await
            .ok_or(Stops)?;
        let (metered, dialled) = dialled;
        let dialled = match dialled {
            Ok(dialled) => dialled,
            Err(error) => {
                self.look_for_blocks(&error).await?;
                return self.fails(error.to_string()).await;
            }
        };
        self.reached(&dialled).await?;
        // What is closed from here on is told; what was closed before stands in the answer.
        self.around.closed.mark_unchanged();
        let (device, origin) = self.around.log().await?;
        (self.parties.device, self.parties.origin) = (device, origin);
        let standing = self.around.standing().await?;
        let notices = std::mem::take(&mut self.waiting);
        let session = Session::new(self.parties.clone(), standing, notices, Instant::now());
        self.around.say_metered(metered).await?;
        let (left, welcomed, ended) = link::run(&dialled, metered, &mut self.around, session).await;
        self.around.keep_thrift().await?;
        self.waiting = left;
        if welcomed {
            self.backoff.reset();
        }
        match ended {
            Ended::Stopped => Err(Stops),
            // Another kind of link wants another kind of connection.
            Ended::Anew => Ok(Duration::ZERO),
            Ended::Pipeline => self.fails("the journal does not answer".to_owned()).await,
            Ended::Lost(why) => self.fails(format!("the connection ended: {why}")).await,
            Ended::Session(error) if error.breaks_log().is_some() => {
                let cause = error.breaks_log().unwrap_or(LogBreak::Fork);
                tracing::error!("{error}");
                self.around.say(Link::Refused(error.to_string())).await?;
                self.go_on_elsewhere(cause).await
            }
            Ended::Session(error) if error.is_refusal() => {
                tracing::error!("{error}");
                self.around.say(Link::Refused(error.to_string())).await?;
                Ok(Backoff::refused(random()))
            }
            Ended::Session(error) => self.fails(error.to_string()).await,
        }
    }

    /// The collector holds another history than this computer: asks for a new log, and goes on in it.
    async fn go_on_elsewhere(&mut self, cause: LogBreak) -> Result<Duration, Stops> {
        let Some(request) = self.around.broken(cause).await? else {
            return self
                .fails("the journal cannot begin a new log now".to_owned())
                .await;
        };
        let (collector, config) = (self.collector.clone(), self.config.clone());
        let asked = async move {
            let dialled = Dialled::new(&collector, &config)
                .await
                .map_err(|error| error.to_string())?;
            let answer = dialled.ask(&Frame::EpochRequest(request)).await;
            dialled.connection.close(Close::Done.code().into(), b"");
            dialled.endpoint.wait_idle().await;
            answer.map_err(|error| error.to_string())
        };
        let answer = self.meanwhile(asked).await.ok_or(Stops)?;
        let answer = match answer {
            Ok(Frame::EpochAnswer(answer)) => answer,
            Ok(Frame::Refusal(refusal)) if refusal.code == RefusalCode::Busy => {
                return self.fails(refusal.sentence).await;
            }
            Ok(Frame::Refusal(refusal)) => {
                tracing::error!("{}", refusal.sentence);
                let why = format!("the collector gives no new log: {}", refusal.sentence);
                self.around.say(Link::Refused(why)).await?;
                return Ok(Backoff::refused(random()));
            }
            Ok(other) => return self.fails(format!("the collector answers {other:?}")).await,
            Err(why) => return self.fails(why).await,
        };
        tracing::warn!(log = %answer.device, "the log was broken off and goes on in a new one");
        if !self.around.epoch(cause, answer).await? {
            return self
                .fails("the journal cannot begin a new log now".to_owned())
                .await;
        }
        // Places in the old log say nothing in the new one: nothing of before may be left here, so
        // this comes after its beginning. What the notices are about goes with the log.
        self.waiting.clear();
        while self.around.notices.try_recv().is_ok() {}
        self.backoff.reset();
        Ok(Duration::ZERO)
    }

    /// Says whether something on this computer keeps it from its collector.
    async fn look_for_blocks(&mut self, error: &DialError) -> Result<(), Stops> {
        if matches!(error, DialError::Address { .. } | DialError::Socket(_)) {
            // Without an address there is nothing to send to: as without a network.
            return Ok(());
        }
        let (collector, good) = (self.collector.clone(), self.good);
        let looking = async move {
            let found = tokio::net::lookup_host(&collector)
                .await
                .ok()?
                .collect::<Vec<_>>();
            let look = move || blocked::look(&collector, &found, good);
            tokio::task::spawn_blocking(look).await.ok()?
        };
        let cause = self.meanwhile(looking).await.ok_or(Stops)?;
        if let Some(fact) = self.blocked.news(cause) {
            tracing::warn!(
                how = fact.how,
                "something on this computer blocks the collector"
            );
            self.around.port.health(Health::Sign(fact.into())).await?;
        }
        Ok(())
    }

    /// Remembers where the collector is.
    async fn reached(&mut self, dialled: &Dialled) -> Result<(), Stops> {
        self.blocked.clear();
        let now = dialled.connection.remote_address().ip();
        if self.good != Some(now) {
            self.good = Some(now);
            let place = Batch::new(PLACE, Vec::new()).with_cursor(now.to_string().into_bytes());
            self.around.port.send(ToPipeline::Batch(place)).await?;
        }
        Ok(())
    }

    async fn fails(&mut self, why: String) -> Result<Duration, Stops> {
        tracing::warn!("{why}");
        self.around.say(Link::Down(why)).await?;
        Ok(self.backoff.next(random()))
    }

    /// Waits for something and keeps the notices that come meanwhile; `None`: the agent stops.
    async fn meanwhile<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let mut something = std::pin::pin!(something);
        loop {
            tokio::select! {
                done = &mut something => return Some(done),
                notice = link::next(&mut self.around.notices) => {
                    keep_notice(&mut self.waiting, notice);
                }
                () = self.around.stop.cancelled() => return None,
            }
        }
    }
}

impl Around {
    async fn say(&self, link: Link) -> Result<(), Stops> {
        Ok(self.port.send(ToPipeline::Uplink(Ask::Link(link))).await?)
    }

    async fn say_metered(&self, metered: bool) -> Result<(), Stops> {
        let ask = Ask::Metered(metered);
        Ok(self.port.send(ToPipeline::Uplink(ask)).await?)
    }

    /// What was used of the day's budget outlasts the agent.
    async fn keep_thrift(&self) -> Result<(), Stops> {
        if self.thrift.is_metered() {
            let batch = Batch::new(THRIFT, Vec::new()).with_cursor(self.thrift.to_bytes());
            self.port.send(ToPipeline::Batch(batch)).await?;
        }
        Ok(())
    }

    async fn log(&self) -> Result<(DeviceId, String), Stops> {
        let (reply, answer) = oneshot::channel();
        self.port.send(ToPipeline::Uplink(Ask::Log(reply))).await?;
        answer.await.map_err(|_| Stops)
    }

    /// `None`: not now.
    async fn broken(&self, cause: LogBreak) -> Result<Option<EpochRequest>, Stops> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Broken { cause, reply };
        self.port.send(ToPipeline::Uplink(ask)).await?;
        Ok(answer.await.ok())
    }

    /// False: not now.
    async fn epoch(&self, cause: LogBreak, answer: EpochAnswer) -> Result<bool, Stops> {
        let (reply, begun) = oneshot::channel();
        let ask = Ask::Epoch {
            cause,
            answer,
            reply,
        };
        self.port.send(ToPipeline::Uplink(ask)).await?;
        Ok(begun.await.is_ok())
    }

    async fn standing(&self) -> Result<Standing, Stops> {
        let (reply, answer) = oneshot::channel();
        self.port
            .send(ToPipeline::Uplink(Ask::Standing(reply)))
            .await?;
        answer.await.map_err(|_| Stops)
    }
}

impl From<NotTaken> for Stops {
    fn from(_: NotTaken) -> Self {
        Self
    }
}

/// For jitter only: without random numbers everybody waits the shortest time.
fn random() -> u64 {
    let mut bytes = [0; 8];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => u64::from_be_bytes(bytes),
        Err(_) => 0,
    }
}
