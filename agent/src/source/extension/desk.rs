//! The agent's side of its local socket: takes events from browsers' hosts, and what the person asks
//! and says.
//!
//! Promises: an event is acknowledged only after it is on disk; it is charged to the account that
//! the kernel says is on the other end; a resend is acknowledged and not recorded again. Each
//! extension is told which kinds an order in force wants, so that nothing else leaves the browser.
//! Refuses: accounts that are not monitored (told so, so that their browsers keep nothing), and
//! more than a handful of connections per account.
//!
//! What comes in is the word of a program run by the supervised person: it can invent events of
//! that person's own account, never of another's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use proviso_report::fact::Kind;
use tokio::io::AsyncWrite;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::ledger::Ledger;
use super::presence::{Here, Presence};
use super::taken::{As, Taken};
use super::wire::{Answer, Epoch, Framing, MAX_REQUEST, PROTOCOL, ReadError, Request, read, write};
use super::{BROWSERS, KINDS};
use crate::person::explain::Explained;
use crate::person::page::Door;
use crate::person::{Ask, Question};
use crate::platform::local::{Listener, Peer, Stream};
use crate::source::hand_over::hand_over;
use crate::source::{Context, Health, NotTaken, Port, SourceKey};

const MAX_CONNECTIONS_PER_ACCOUNT: usize = 16;
/// Events taken into one batch.
const MAX_BATCH: usize = 64;
/// What comes within this time after the last batch waits for it to pass: each batch costs the disk a flush.
/// A page that is opened after a pause waits for nothing.
const SHARED: Duration = Duration::from_millis(200);
/// So many wait no longer.
const ENOUGH: usize = 8;

/// What the desk turned away.
#[derive(Debug, Default)]
pub struct Turned {
    /// Connections of accounts without a name on this computer.
    pub unknown_account: AtomicU64,
    /// Hosts of accounts that are not monitored.
    pub not_monitored: AtomicU64,
    /// Connections ended for what they sent, or because the account had too many.
    pub refused: AtomicU64,
}

/// Takes connections.
#[derive(Debug)]
pub struct Desk {
    port: Port,
    context: Context,
    asks: mpsc::Sender<Ask>,
    door: Arc<Door>,
    turned: Turned,
    presence: Presence,
    ledgers: Mutex<BTreeMap<SourceKey, SharedLedger>>,
    connections: Mutex<BTreeMap<u32, usize>>,
}

/// `None` until it was read from the journal.
type SharedLedger = Arc<tokio::sync::Mutex<Option<Ledger>>>;

impl Desk {
    /// A desk in front of the pipeline.
    pub fn new(
        port: Port,
        context: Context,
        asks: mpsc::Sender<Ask>,
        door: Arc<Door>,
    ) -> Arc<Self> {
        Arc::new(Self {
            port,
            context,
            asks,
            door,
            turned: Turned::default(),
            presence: Presence::default(),
            ledgers: Mutex::default(),
            connections: Mutex::default(),
        })
    }

    /// What was turned away so far.
    pub fn turned(&self) -> &Turned {
        &self.turned
    }

    /// Where the extension is connected.
    pub fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// Serves until the agent stops.
    pub async fn serve(self: Arc<Self>, listener: Listener) {
        let stop = self.context.stop.clone();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let desk = Arc::clone(&self);
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = desk.attend(stream, peer) => {}
                        }
                    });
                }
                Err(error) => {
                    // Out of file descriptors: wait for some to close instead of spinning.
                    tracing::debug!(%error, "a local connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn attend(&self, stream: Stream, peer: Peer) {
        let Some(_place) = Place::take(&self.connections, peer.uid) else {
            self.turned.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let (mut from, mut to) = tokio::io::split(stream);
        let (sender, mut requests) = mpsc::channel(MAX_BATCH);
        // Reading is a task of its own because a half-read message must not be dropped.
        let reader = tokio::spawn(async move {
            loop {
                let message = read(&mut from, Framing::Socket, MAX_REQUEST).await;
                let ended = !matches!(message, Ok(Some(_)));
                if sender.send(message).await.is_err() || ended {
                    return;
                }
            }
        });
        let mut talk = Talk {
            desk: self,
            uid: peer.uid,
            account: peer.account(),
            browser: None,
            last: None,
        };
        let outcome = talk.hold(&mut requests, &mut to).await;
        reader.abort();
        if let Err(End::Refused(sentence)) = outcome {
            self.turned.refused.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%sentence, "a local connection was refused");
            let refused = Answer::Refused { sentence };
            // The other end may be gone; it was told what could be told.
            drop(write(&mut to, Framing::Socket, &refused).await);
        }
    }

    /// Which of the kinds that an extension can see an order in force wants.
    fn wanted(&self) -> Vec<Kind> {
        let wanted = self.context.wanted.borrow();
        let kinds = KINDS.iter().copied();
        kinds.filter(|kind| wanted.wants(*kind)).collect()
    }

    fn ledger(&self, key: &str) -> SharedLedger {
        let mut ledgers = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(ledgers.entry(key.to_owned()).or_default())
    }
}

/// Why a conversation ended.
enum End {
    /// The other end sent what it must not.
    Refused(String),
    /// The other end went away, or the agent stops.
    Gone,
}

impl From<ReadError> for End {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::CutOff | ReadError::Io(_) => Self::Gone,
            ReadError::TooLong { .. } | ReadError::NotUnderstood(_) => Self::Refused(format!(
                "{error}; the browser's host and the agent may be of different versions: restart the browser"
            )),
        }
    }
}

impl From<NotTaken> for End {
    fn from(_: NotTaken) -> Self {
        Self::Gone
    }
}

impl From<std::io::Error> for End {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

/// One conversation.
struct Talk<'a> {
    desk: &'a Desk,
    uid: u32,
    account: Option<String>,
    /// Set by `Hello` of a monitored account.
    browser: Option<Browser>,
    /// When the last batch was on disk.
    last: Option<Instant>,
}

/// The browser at the other end.
struct Browser {
    name: String,
    key: SourceKey,
    _here: Here,
}

impl Talk<'_> {
    async fn hold<W: AsyncWrite + Unpin>(
        &mut self,
        requests: &mut mpsc::Receiver<Result<Option<Request>, ReadError>>,
        to: &mut W,
    ) -> Result<(), End> {
        let mut wanted = self.desk.context.wanted.clone();
        wanted.mark_unchanged();
        let mut told = self.desk.wanted();
        let mut received = Vec::new();
        loop {
            tokio::select! {
                count = requests.recv_many(&mut received, MAX_BATCH) => if count == 0 {
                    return Err(End::Gone);
                },
                // An error means that the agent stops; the connection ends with it.
                Ok(()) = wanted.changed() => {}
            }
            let now = self.desk.wanted();
            if self.browser.is_some() && now != told {
                self.welcome(to).await?;
            }
            told = now;
            self.gather(requests, &mut received).await;
            self.answer(&mut received, to).await?;
        }
    }

    /// Waits for more events, if what is there are few and come soon after others.
    async fn gather(
        &self,
        requests: &mut mpsc::Receiver<Result<Option<Request>, ReadError>>,
        received: &mut Vec<Result<Option<Request>, ReadError>>,
    ) {
        let Some(until) = self.last.map(|last| last + SHARED) else {
            return;
        };
        let is_event = |message: &_| matches!(message, Ok(Some(Request::Event { .. })));
        while (1..ENOUGH).contains(&received.len()) && received.iter().all(is_event) {
            let more = requests.recv_many(received, MAX_BATCH);
            // Nobody at the other end any more: what is there is dealt with, and then that.
            if !matches!(timeout_at(until, more).await, Ok(1..)) {
                return;
            }
        }
    }

    async fn answer<W: AsyncWrite + Unpin>(
        &mut self,
        received: &mut Vec<Result<Option<Request>, ReadError>>,
        to: &mut W,
    ) -> Result<(), End> {
        let mut events = Vec::new();
        for message in received.drain(..) {
            match message {
                Ok(Some(Request::Event { event })) => {
                    events.push(Taken::of(event).map_err(End::Refused)?);
                }
                other => {
                    // What came before is dealt with before.
                    self.take(&mut events, to).await?;
                    match other? {
                        Some(Request::Hello { protocol, browser }) => {
                            self.hello(protocol, browser, to).await?;
                        }
                        Some(Request::Status) => {
                            let status = self.ask(Question::Status).await?;
                            write(to, Framing::Socket, &Answer::Status { status }).await?;
                        }
                        Some(Request::Today) => self.tell(Question::Today, to).await?,
                        Some(Request::Scope) => self.tell(Question::Scope, to).await?,
                        Some(Request::Page) => self.page(to).await?,
                        Some(Request::Explain {
                            seqs,
                            text,
                            accident,
                        }) => {
                            let said = Explained::new(seqs, &text, accident)
                                .map_err(|error| End::Refused(error.to_string()))?;
                            let seq = self.ask(Question::Explain(said)).await?;
                            let seq = seq.as_u64().ok_or(End::Gone)?;
                            write(to, Framing::Socket, &Answer::Explained { seq }).await?;
                        }
                        Some(Request::Event { .. }) => {}
                        None => return Err(End::Gone),
                    }
                }
            }
        }
        self.take(&mut events, to).await
    }

    async fn hello<W: AsyncWrite + Unpin>(
        &mut self,
        protocol: u16,
        browser: String,
        to: &mut W,
    ) -> Result<(), End> {
        if protocol != PROTOCOL || !BROWSERS.contains(&browser.as_str()) {
            return Err(End::Refused(format!(
                "this agent does not know protocol {protocol} of {browser:?}; restart the browser so that it starts the new host"
            )));
        }
        self.browser = match &self.account {
            Some(account) if self.desk.context.config.accounts.contains(account) => {
                let here = self.desk.presence.enter(&browser, account);
                Some(Browser {
                    key: format!("extension:{browser}:{account}"),
                    name: browser,
                    _here: here,
                })
            }
            account => {
                let count = match account {
                    Some(_) => &self.desk.turned.not_monitored,
                    None => &self.desk.turned.unknown_account,
                };
                count.fetch_add(1, Ordering::Relaxed);
                None
            }
        };
        self.welcome(to).await
    }

    async fn welcome<W: AsyncWrite + Unpin>(&self, to: &mut W) -> Result<(), End> {
        let welcome = Answer::Welcome {
            monitored: self.browser.is_some(),
            wanted: self.desk.wanted(),
        };
        Ok(write(to, Framing::Socket, &welcome).await?)
    }

    async fn tell<W: AsyncWrite + Unpin>(&self, question: Question, to: &mut W) -> Result<(), End> {
        let told = self.ask(question).await?;
        Ok(write(to, Framing::Socket, &Answer::Told { told }).await?)
    }

    /// Opens the page for an account that is monitored.
    async fn page<W: AsyncWrite + Unpin>(&self, to: &mut W) -> Result<(), End> {
        let accounts = &self.desk.context.config.accounts;
        let Some(account) = self.account.as_ref().filter(|one| accounts.contains(one)) else {
            return Err(End::Refused(
                "the page is for accounts that are monitored; root sees the same with \
                 `proviso-agent today`"
                    .into(),
            ));
        };
        let opened = self.desk.door.open(account, self.uid).await;
        let url = opened.map_err(|error| End::Refused(error.to_string()))?;
        Ok(write(to, Framing::Socket, &Answer::Page { url }).await?)
    }

    /// Asks the keeper for whoever is on the other end.
    async fn ask(&self, question: Question) -> Result<serde_json::Value, End> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask {
            account: self.account.clone(),
            question,
            reply,
        };
        self.desk.asks.send(ask).await.map_err(|_| End::Gone)?;
        answer.await.map_err(|_| End::Gone)?.map_err(End::Refused)
    }

    /// Hands events to the pipeline and acknowledges them once they are durable.
    async fn take<W: AsyncWrite + Unpin>(
        &mut self,
        events: &mut Vec<Taken>,
        to: &mut W,
    ) -> Result<(), End> {
        if events.is_empty() {
            return Ok(());
        }
        let Some(browser) = &self.browser else {
            // A host that was told that nothing is wanted, or did not say hello.
            let count = events.len() as u64;
            self.desk
                .turned
                .not_monitored
                .fetch_add(count, Ordering::Relaxed);
            events.clear();
            return Ok(());
        };
        let mut acks = BTreeMap::<Epoch, u64>::new();
        for event in events.iter() {
            let n = acks.entry(event.epoch()).or_default();
            *n = event.n().max(*n);
        }
        self.submit(browser, std::mem::take(events)).await?;
        self.last = Some(Instant::now());
        for (epoch, n) in acks {
            write(to, Framing::Socket, &Answer::Ack { epoch, n }).await?;
        }
        Ok(())
    }

    async fn submit(&self, browser: &Browser, events: Vec<Taken>) -> Result<(), End> {
        let key = &*browser.key;
        let shared = self.desk.ledger(key);
        // Two profiles of one browser share the ledger: one batch at a time.
        let mut held = shared.lock().await;
        let mut ledger = match held.take() {
            Some(ledger) => ledger,
            None => self.stored_ledger(key).await,
        };
        *held = Some(ledger.clone());
        let fresh: Vec<Taken> = events
            .into_iter()
            .filter(|event| ledger.note(event.epoch(), event.n()))
            .collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let mut observations = Vec::new();
        for event in fresh {
            match event.recorded(key, &browser.name, self.account.as_deref()) {
                As::Observation(observation) => observations.push(observation),
                // Before the batch: when the cursor is durable, the gap was taken too.
                As::Gap(gap) => {
                    let gap = Health::Gap(gap);
                    self.desk.port.health(gap).await?;
                }
            }
        }
        let cursor = ledger.to_bytes();
        hand_over(&self.desk.port, key, &observations, &cursor).await?;
        *held = Some(ledger);
        Ok(())
    }

    async fn stored_ledger(&self, key: &str) -> Ledger {
        let Some(bytes) = self.desk.port.cursor(key).await else {
            return Ledger::default();
        };
        Ledger::from_bytes(&bytes).unwrap_or_else(|| {
            tracing::warn!(
                source = "extension",
                "the list of events already recorded is damaged; an event sent again may be recorded twice"
            );
            Ledger::default()
        })
    }
}

/// One of an account's places at the desk.
struct Place<'a> {
    places: &'a Mutex<BTreeMap<u32, usize>>,
    uid: u32,
}

impl<'a> Place<'a> {
    fn take(places: &'a Mutex<BTreeMap<u32, usize>>, uid: u32) -> Option<Self> {
        let mut taken = places.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(uid).or_default();
        if *count >= MAX_CONNECTIONS_PER_ACCOUNT {
            return None;
        }
        *count += 1;
        Some(Self { places, uid })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests;
