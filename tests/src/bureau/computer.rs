//! A computer of a person, as the collector meets it.

use anyhow::Context;
use proviso_collector::clock;
use proviso_report::fact::{Fact, WebVisit};
use proviso_report::{BootId, Method, Record, UnixMs};
use tokio::runtime::Runtime;

use crate::collector::Collector;
use crate::load::{Device, Sender};

const DAY: i64 = 86_400_000;

/// Tries to enrol.
const PATIENT: usize = 4;

/// The social networks of these tests.
const SOCIAL: [&str; 2] = ["https://www.facebook.com/", "https://9gag.com/"];

/// Enrolled and connected.
pub struct Computer {
    device: Device,
    sender: Sender,
    /// When it was started, for the clock that nobody sets.
    started: i64,
    runtime: Runtime,
}

/// A page that was opened.
#[must_use]
pub fn visit(url: &str, title: &str) -> Fact {
    Fact::from(WebVisit {
        url: url.to_owned(),
        title: Some(title.to_owned()),
        browser: "chromium".into(),
        profile: Some("Default".into()),
        transition: None,
        private: Some(false),
    })
}

impl Computer {
    /// By a token from the command line.
    pub(super) fn enrol(collector: &Collector, person: &str) -> anyhow::Result<Self> {
        let token = collector.token(person, "alex")?;
        Self::enrol_with(collector, &token)
    }

    /// By a token that somebody was shown.
    pub fn enrol_with(collector: &Collector, token: &str) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        // A machine with much to do answers late, and a token that was not answered was not used.
        let mut device = (0..PATIENT)
            .map(|_| runtime.block_on(Device::enrol(collector, token)))
            .find(Result::is_ok)
            .context("the collector takes no computer")??;
        let sender = runtime.block_on(device.connect(collector.quic))?;
        Ok(Self {
            device,
            sender,
            started: clock::now() - 400 * DAY,
            runtime,
        })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> String {
        self.device.id().to_string()
    }

    /// The order that it has.
    #[must_use]
    pub fn order(&self) -> String {
        self.device.order().to_string()
    }

    /// Sends a report of what happened, each at its time in Unix milliseconds; the collector holds it afterwards.
    pub fn tell(&mut self, facts: Vec<(i64, Fact)>) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for (seq, (at, fact)) in (self.device.size()..).zip(facts) {
            lines.push(self.record(seq, at, fact)?.to_line()?);
        }
        let report = self.device.report(&lines)?;
        let size = self.device.size();
        self.runtime.block_on(async {
            self.sender.send(report, size).await?;
            self.sender.all_held().await
        })
    }

    /// One visit, just now.
    pub fn visits(&mut self, url: &str, title: &str) -> anyhow::Result<()> {
        self.tell(vec![(clock::now(), visit(url, title))])
    }

    fn record(&self, seq: u64, at: i64, fact: Fact) -> anyhow::Result<Record> {
        let about_itself = about_itself(&fact);
        let since = u64::try_from(at - self.started).context("before it was started")?;
        Ok(Record {
            seq,
            at: UnixMs(at),
            noted: UnixMs(at + 21),
            mono: since,
            boot: BootId([0x5a; 16]),
            account: (!about_itself).then(|| "alex".into()),
            clauses: clauses(&fact),
            methods: vec![match fact {
                Fact::Explanation(_) => Method::Person,
                _ if about_itself => Method::Agent,
                _ => Method::Extension,
            }],
            order: (!about_itself).then(|| self.device.order()),
            receipt: None,
            fact,
        })
    }
}

/// Whether it is the agent's own doing, and under no order.
const fn about_itself(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Gap(_) | Fact::OrderInForce(_) | Fact::AgentStarted(_) | Fact::ZoneChanged(_)
    )
}

/// Under which clauses the usual order has it.
fn clauses(fact: &Fact) -> Vec<String> {
    let clauses: &[&str] = match fact {
        Fact::WebVisit(visit) if SOCIAL.iter().any(|one| visit.url.starts_with(one)) => &["1", "4"],
        _ if about_itself(fact) => &[],
        _ => &["1"],
    };
    clauses.iter().map(|one| (*one).to_owned()).collect()
}

impl std::fmt::Debug for Computer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "computer {}", self.device.id())
    }
}
