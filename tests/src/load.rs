//! Devices without a computer: they enrol, sign and send as agents do, as fast as they can.
//!
//! What they say is said by the formats alone, frame by frame, so that tests can also say what no
//! agent would.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use proviso_agent::enrol::enrol;
use proviso_agent::identity::Identity;
use proviso_agent::log_key::LogKey;
use proviso_agent::uplink::dial::Dialled;
use proviso_agent::uplink::tls;
use proviso_collector::clock;
use proviso_report::fact::{KeyChanged, KeyReason, Transition, WebVisit};
use proviso_report::frame::{FrameDecoder, PROTOCOL};
use proviso_report::{
    BootId, Checkpoint, CompactRange, DeviceId, Fact, Frame, Hash, Hello, Method, Note, Receipt,
    Record, ReportBuilder, Seed, SigningKey, UnixMs, VerifierKey, Welcome, checkpoint_note,
};
use quinn::{RecvStream, SendStream};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use crate::collector::Collector;
use crate::urls::Urls;

/// Reports under way at once.
const WINDOW: usize = 8;
const DAY: i64 = 86_400_000;
/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A moment in the term of an order of these tests, Unix milliseconds.
#[must_use]
pub fn in_force() -> i64 {
    clock::now() - 10 * DAY
}

/// A device and its log.
pub struct Device {
    id: DeviceId,
    origin: String,
    signs: Signs,
    range: CompactRange,
    /// The order that its records name.
    order: Hash,
    at: i64,
}

/// With whose keys.
pub enum Signs {
    /// Of an enrolment.
    Enrolled(Identity, LogKey),
    /// Made here.
    Alone(SigningKey, VerifierKey),
}

/// A connection of a device: sends reports and checks every receipt.
pub struct Sender {
    conversation: Conversation,
    collector_key: VerifierKey,
    under_way: VecDeque<Checkpoint>,
    log_key: VerifierKey,
}

/// A connection on which frames are said.
pub struct Conversation {
    dialled: Dialled,
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
}

impl Device {
    /// Enrols at a running collector.
    pub async fn enrol(collector: &Collector, token: &str) -> anyhow::Result<Self> {
        Self::enrol_at(collector.quic, token).await
    }

    /// Enrols at an address.
    pub async fn enrol_at(collector: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let state = tempfile::tempdir()?;
        let accounts = ["alex".to_owned()];
        enrol(state.path(), &collector.to_string(), token, &accounts).await?;
        let identity = Identity::load(state.path())?;
        let key = LogKey::load(state.path(), identity.origin(), None)?;
        Ok(Self::with(
            identity.device(),
            identity.origin().to_owned(),
            Signs::Enrolled(identity, key),
        ))
    }

    /// One that no collector knows: makes reports and sends none.
    pub fn without_collector() -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .ok()
            .context("no random numbers")?;
        let key = SigningKey::from_pkcs8(key.as_ref())?;
        let id = DeviceId(random()?);
        let origin = format!("monitoring.example/device/{id}");
        let verifier = VerifierKey::ed25519(&origin, key.public())?;
        Ok(Self::with(id, origin, Signs::Alone(key, verifier)))
    }

    fn with(id: DeviceId, origin: String, signs: Signs) -> Self {
        Self {
            id,
            origin,
            signs,
            range: CompactRange::new(),
            order: Hash::of(b"no order"),
            at: in_force(),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// How many records its log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.range.size()
    }

    /// Under which order it records.
    #[must_use]
    pub const fn order(&self) -> Hash {
        self.order
    }

    /// Its log.
    #[must_use]
    pub const fn range(&self) -> &CompactRange {
        &self.range
    }

    /// Goes back to an earlier state of its log.
    pub fn set_back(&mut self, range: CompactRange) {
        self.range = range;
    }

    /// From now on its records name this order.
    pub const fn obey(&mut self, order: Hash) {
        self.order = order;
    }

    /// What its checkpoints are checked with.
    #[must_use]
    pub fn log_key(&self) -> &VerifierKey {
        match &self.signs {
            Signs::Enrolled(_, key) => key.verifier(),
            Signs::Alone(_, verifier) => verifier,
        }
    }

    /// The keys of its enrolment.
    pub fn identity(&self) -> anyhow::Result<&Identity> {
        match &self.signs {
            Signs::Enrolled(identity, _) => Ok(identity),
            Signs::Alone(..) => bail!("this device is not enrolled"),
        }
    }

    /// The lines of its next records: visits of these addresses.
    pub fn lines(&mut self, urls: &mut Urls, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut seq = self.size();
        urls.take(count)
            .map(|url| {
                // As fast as people can click.
                self.at += 1_700;
                let line = visit_line(seq, self.at, self.order, &url)?;
                seq += 1;
                Ok(line)
            })
            .collect()
    }

    /// Closes a report of these lines and adds them to its log.
    pub fn report(&mut self, lines: &[Vec<u8>]) -> anyhow::Result<Vec<u8>> {
        let (report, after) = self.report_beside(lines)?;
        self.range = after;
        Ok(report)
    }

    /// Closes a report that names a new key and adds it to its log. That key signs from now on; the
    /// one before is given back.
    pub fn change_key(&mut self) -> anyhow::Result<(Vec<u8>, Signs)> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .ok()
            .context("no random numbers")?;
        let key = SigningKey::from_pkcs8(made.as_ref())?;
        let verifier = VerifierKey::ed25519(&self.origin, key.public())?;
        let line = key_line(self.size(), self.at, &verifier.to_string())?;
        let report = self.report(&[line])?;
        let before = std::mem::replace(&mut self.signs, Signs::Alone(key, verifier));
        Ok((report, before))
    }

    /// Lets another key sign; gives the one that did back.
    pub const fn sign_by(&mut self, signs: Signs) -> Signs {
        std::mem::replace(&mut self.signs, signs)
    }

    /// Closes a report of these lines and leaves its log as it was.
    pub fn report_beside(&self, lines: &[Vec<u8>]) -> anyhow::Result<(Vec<u8>, CompactRange)> {
        let mut builder = ReportBuilder::new(self.id, &self.range, Seed::new(random()?));
        for line in lines {
            builder.push(line)?;
        }
        let unsigned = builder.finish(&self.origin)?;
        let note = self.sign(unsigned.checkpoint());
        Ok((unsigned.sign_with(&note)?, unsigned.after().clone()))
    }

    /// Signs a checkpoint of its log.
    #[must_use]
    pub fn sign(&self, checkpoint: &Checkpoint) -> Note {
        match &self.signs {
            Signs::Enrolled(_, key) => key.sign(checkpoint),
            Signs::Alone(key, verifier) => {
                let signature = key.sign(checkpoint.body().as_bytes());
                checkpoint_note(checkpoint, verifier, signature)
            }
        }
    }

    /// Connects and says hello; from now on its records name the order that it is assigned.
    pub async fn connect(&mut self, collector: SocketAddr) -> anyhow::Result<Sender> {
        let mut conversation = self.converse(collector).await?;
        let welcome = conversation.welcome(&self.hello()).await?;
        self.order = welcome.order.unwrap_or(self.order);
        let identity = self.identity()?;
        Ok(Sender {
            conversation,
            collector_key: identity.collector_key().clone(),
            log_key: self.log_key().clone(),
            under_way: VecDeque::new(),
        })
    }

    /// Connects with its certificate and says nothing yet.
    pub async fn converse(&self, collector: SocketAddr) -> anyhow::Result<Conversation> {
        Conversation::open(collector, &tls::client(self.identity()?)?).await
    }

    /// Its hello.
    #[must_use]
    pub fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL,
            agent_version: "load".into(),
            device: self.id,
            size: self.size(),
            order: Some(self.order),
        }
    }
}

impl Sender {
    /// Sends a report that makes its log `size` records long; waits when too many are under way.
    pub async fn send(&mut self, report: Vec<u8>, size: u64) -> anyhow::Result<()> {
        while self.under_way.len() >= WINDOW {
            self.receive().await?;
        }
        let checkpoint = proviso_report::Report::parse(&report)?.checkpoint().clone();
        if checkpoint.size != size || checkpoint.origin != self.log_key.name() {
            bail!("this report is of another log or size");
        }
        self.conversation.say(&Frame::Report(report)).await?;
        self.under_way.push_back(checkpoint);
        Ok(())
    }

    /// Waits for every receipt.
    pub async fn all_held(&mut self) -> anyhow::Result<()> {
        while !self.under_way.is_empty() {
            self.receive().await?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        let checkpoint = self.under_way.pop_front().context("nothing is under way")?;
        match self.conversation.hear().await? {
            Frame::Receipt { size, line } if size == checkpoint.size => {
                Receipt::verify(&line, &checkpoint, &self.collector_key)?;
                Ok(())
            }
            Frame::Refusal(refusal) => bail!("refused: {}", refusal.sentence),
            other => bail!("{other:?} is no receipt for {} records", checkpoint.size),
        }
    }
}

impl Conversation {
    /// Connects with this configuration.
    pub async fn open(collector: SocketAddr, config: &quinn::ClientConfig) -> anyhow::Result<Self> {
        let dialled = Dialled::new(&collector.to_string(), config).await?;
        let (send, receive) = dialled.connection.open_bi().await?;
        Ok(Self {
            dialled,
            send,
            receive,
            decoder: FrameDecoder::new(),
        })
    }

    /// Says hello and waits for the welcome.
    pub async fn welcome(&mut self, hello: &Hello) -> anyhow::Result<Welcome> {
        match self.ask(&Frame::Hello(hello.clone())).await? {
            Frame::Welcome(welcome) => Ok(welcome),
            Frame::Refusal(refusal) => bail!("refused: {}", refusal.sentence),
            other => bail!("{other:?} is no welcome"),
        }
    }

    /// Says a frame.
    pub async fn say(&mut self, frame: &Frame) -> anyhow::Result<()> {
        self.say_bytes(&frame.encode()?).await
    }

    /// Says bytes, whatever they are.
    pub async fn say_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.send.write_all(bytes).await?)
    }

    /// Hears a frame.
    pub async fn hear(&mut self) -> anyhow::Result<Frame> {
        tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(frame) = self.decoder.next()? {
                    return Ok(frame);
                }
                match self.receive.read_chunk(64 << 10, true).await? {
                    Some(chunk) => self.decoder.push(&chunk.bytes),
                    None => bail!("the collector said nothing more"),
                }
            }
        })
        .await
        .context("waiting for an answer")?
    }

    /// Says a frame and hears one.
    pub async fn ask(&mut self, frame: &Frame) -> anyhow::Result<Frame> {
        self.say(frame).await?;
        self.hear().await
    }

    /// Waits until the other side closes the connection; answers its code.
    pub async fn closed(&self) -> anyhow::Result<u64> {
        match self.ended().await? {
            quinn::ConnectionError::ApplicationClosed(close) => Ok(close.error_code.into_inner()),
            other => bail!("the connection ended otherwise: {other}"),
        }
    }

    /// Waits until the connection ends; answers how.
    pub async fn ended(&self) -> anyhow::Result<quinn::ConnectionError> {
        let closed = self.dialled.connection.closed();
        Ok(tokio::time::timeout(PATIENCE, closed).await?)
    }
}

/// A record of a visit.
pub fn visit_line(seq: u64, at: i64, order: Hash, url: &str) -> anyhow::Result<Vec<u8>> {
    let record = Record {
        seq,
        at: UnixMs(at),
        noted: UnixMs(at + 21),
        mono: 86_400_000 + u64::try_from(at % 86_400_000)?,
        boot: BootId([0x5a; 16]),
        account: Some("alex".into()),
        clauses: vec!["4".into()],
        methods: vec![Method::Extension],
        order: Some(order),
        receipt: None,
        fact: Fact::from(WebVisit {
            url: url.to_owned(),
            title: Some(title(url)),
            browser: "chromium".into(),
            profile: None,
            transition: Some(Transition::Link),
            private: Some(false),
        }),
    };
    Ok(record.to_line()?)
}

/// A record that names the next key of a log.
pub fn key_line(seq: u64, at: i64, key: &str) -> anyhow::Result<Vec<u8>> {
    life_line(
        seq,
        at,
        KeyChanged {
            key: key.to_owned(),
            reason: KeyReason::Age,
        }
        .into(),
    )
}

/// A record of the agent about itself.
pub fn life_line(seq: u64, at: i64, fact: Fact) -> anyhow::Result<Vec<u8>> {
    let record = Record {
        seq,
        at: UnixMs(at),
        noted: UnixMs(at),
        mono: 86_400_000 + u64::try_from(at % 86_400_000)?,
        boot: BootId([0x5a; 16]),
        account: None,
        clauses: Vec::new(),
        methods: vec![Method::Agent],
        order: None,
        receipt: None,
        fact,
    };
    Ok(record.to_line()?)
}

/// Titles repeat the words of the address, as most do.
fn title(url: &str) -> String {
    let path = url.split('?').next().unwrap_or(url);
    let words = path.rsplit('/').next().unwrap_or(path).replace('-', " ");
    format!("{words} - News and more")
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .ok()
        .context("no random numbers")?;
    Ok(bytes)
}
