//! Tells people of alerts by mail and webhook, and of cases that nobody takes up by mail to them, webhook and
//! the gateway for text messages. Webhooks alone are told of cases that were decided and of devices that fell
//! silent.
//!
//! Promises: rows of `outbox` are written in the transaction that makes the finding, so an alert
//! that exists is always on its way; a row is tried until it is delivered, with growing pauses,
//! across restarts and by one worker at a time; each try carries the same id. A failure is kept
//! with the row and shown on the overview page.
//!
//! At most one message is lost or doubled where nobody could know better: if this process dies
//! after the other side took a message and before that was noted, the message goes out again with
//! the id it had.
//!
//! Refuses: to put a name, a site or anything a person did into a message. A message holds the
//! case's id, its severity and a link behind the sign-in.
//!
//! The way of a row: [`outbox::claim`] -> the way's `deliver` -> [`outbox::finish`] or
//! [`outbox::postpone`].

mod mail;
mod post;
mod sms;
mod webhook;
pub mod weekly;

use std::time::Duration;

use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::{Config, STAFF_MAIL, STAFF_SMS};
use crate::store::outbox::{self, About, Parcel};
use crate::store::told::Told;
use crate::store::{Change, Store, StoreError};

use mail::Mail;
use sms::Sms;
use webhook::Hook;

/// How long a claimed row stays with its worker; longer than any try may take.
const LEASE: Duration = Duration::from_secs(120);

/// How often the store is asked even when nothing was announced: another process may have written.
const LOOK: Duration = Duration::from_secs(5);

/// Pauses between tries.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// After the first failure; doubles with each.
    pub first: Duration,
    /// Never longer.
    pub longest: Duration,
}

/// The ways out, ready to use.
#[derive(Debug)]
pub struct Ways {
    ways: Vec<(String, Way)>,
    pauses: Pauses,
}

#[derive(Debug)]
enum Way {
    Mail(Mail),
    Webhook(Hook),
    Sms(Sms),
}

/// Why the ways out cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum WaysError {
    /// An address is not one.
    #[error("[smtp] {address:?} is not a mail address ({why}); write it as name@host")]
    Address {
        /// What stands there.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// Mail would cross a network in the clear.
    #[error(
        "[smtp] {0} is not on this machine, and `tls = false` would send mail to it in the clear: set `tls = true`"
    )]
    ClearMail(String),
    /// The mail server's name cannot be used.
    #[error("[smtp] {server} cannot be used: {why}; give the mail server's host name")]
    Server {
        /// What stands there.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// A webhook's address is not one, or would cross a network in the clear.
    #[error(
        "[[webhooks]] {0:?} cannot be used: give an https:// address (http:// only to this machine)"
    )]
    Url(String),
    /// A webhook's secret is not one.
    #[error(
        "[[webhooks]] the secret of {0:?} must be `whsec_` and the base64 of 24 to 64 bytes; make one with: echo whsec_$(head -c 32 /dev/urandom | base64)"
    )]
    Secret(String),
    /// What is posted to the gateway is no JSON, or a header is none.
    #[error("[sms] {0}")]
    Sms(String),
    /// No HTTP client.
    #[error("cannot make an HTTP client: {0}; check the system's root certificates")]
    Client(String),
}

/// Why a try failed, as a sentence for the overview page.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The way out does not work now, for nobody.
    #[error("{0}")]
    Way(String),
    /// It works, and did not take this one.
    #[error("{0}")]
    One(String),
}

impl Ways {
    /// Makes the ways out that `config` names. `base` begins the links, for example
    /// `https://collector.example:7480`.
    pub fn open(config: &Config, base: &str) -> Result<Self, WaysError> {
        // Another part of the process may have installed it; either is the same.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let base = base.trim_end_matches('/');
        let mut ways = Vec::new();
        if let Some(smtp) = &config.smtp {
            for to in &smtp.to {
                ways.push((
                    smtp.channel(to),
                    Way::Mail(Mail::new(smtp, Some(to), base)?),
                ));
            }
            let each = Mail::new(smtp, None, base)?;
            ways.push((STAFF_MAIL.to_owned(), Way::Mail(each)));
        }
        for hook in &config.webhooks {
            ways.push((hook.channel(), Way::Webhook(Hook::new(hook, base)?)));
        }
        if let Some(sms) = &config.sms {
            ways.push((STAFF_SMS.to_owned(), Way::Sms(Sms::new(sms, base)?)));
        }
        Ok(Self {
            ways,
            pauses: Pauses::default(),
        })
    }

    /// With other pauses between tries.
    #[must_use]
    pub fn with_pauses(self, pauses: Pauses) -> Self {
        Self { pauses, ..self }
    }
}

/// Delivers until `stop`. A try under way is finished first.
pub async fn run(store: Store, ways: Ways, stop: CancellationToken) {
    let mut workers = JoinSet::new();
    let pauses = ways.pauses;
    for (channel, way) in ways.ways {
        let worker = Worker {
            changes: store.changes(),
            store: store.clone(),
            channel,
            way,
            pauses,
            failures: 0,
        };
        workers.spawn(worker.run(stop.clone()));
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker that delivers alerts ended badly");
        }
    }
    // Without a way out there was no worker to wait for.
    stop.cancelled().await;
}

/// One way out and its queue.
struct Worker {
    store: Store,
    changes: broadcast::Receiver<Change>,
    channel: String,
    way: Way,
    pauses: Pauses,
    /// How often in a row the way out did not work.
    failures: u64,
}

impl Worker {
    async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.round().await {
                Ok(true) => continue,
                Ok(false) => self.until_due().await,
                Err(error) => {
                    tracing::warn!(channel = self.channel, %error, "cannot read the outbox");
                    LOOK
                }
            };
            // After a failure only time helps; otherwise an alert wakes the worker.
            let resting = self.failures > 0;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                () = alert(&mut self.changes), if !resting => {}
            }
        }
    }

    /// Tries what is due; true if there may be more at once.
    async fn round(&mut self) -> Result<bool, StoreError> {
        // Looking is cheap and happens often; only claiming needs the one writer.
        if self.due().await?.is_none_or(|at| at > clock::now()) {
            return Ok(false);
        }
        let parcels = self.claim().await?;
        if parcels.is_empty() {
            return Ok(false);
        }
        let mut all = true;
        let mut down: Option<String> = None;
        for batch in by_addressee(parcels) {
            let sent = match &down {
                None => self.way.deliver(&batch).await,
                // What did not work for one is not tried for each of the others.
                Some(why) => Err(Failure::Way(why.clone())),
            };
            let why = match sent {
                Ok(()) => None,
                Err(failure) => {
                    all = false;
                    tracing::warn!(
                        channel = self.channel,
                        alerts = batch.len(),
                        %failure,
                        "an alert was not delivered; it is tried again"
                    );
                    if let (Failure::Way(why), None) = (&failure, &down) {
                        down = Some(why.clone());
                    }
                    Some(failure.to_string())
                }
            };
            self.note(batch, why).await?;
        }
        self.failures = match down {
            None => 0,
            Some(_) => self.failures.saturating_add(1),
        };
        Ok(all)
    }

    async fn claim(&self) -> Result<Vec<Parcel>, StoreError> {
        let (channel, limit) = (self.channel.clone(), self.way.together());
        let now = clock::now();
        self.store
            .write("claim outbox", move |tx| {
                let again = |_| now.saturating_add(millis(LEASE));
                Ok(outbox::claim(tx, &channel, now, limit, again)?)
            })
            .await
    }

    /// Keeps what became of a try.
    async fn note(&self, parcels: Vec<Parcel>, failure: Option<String>) -> Result<(), StoreError> {
        let (now, pauses) = (clock::now(), self.pauses);
        self.store
            .write("note outbox", move |tx| {
                for parcel in &parcels {
                    match &failure {
                        None => outbox::finish(tx, &parcel.id, now)?,
                        Some(why) => {
                            let next = now.saturating_add(millis(pauses.after(parcel.tries)));
                            outbox::postpone(tx, &parcel.id, why, next)?;
                        }
                    }
                }
                Ok(())
            })
            .await
    }

    /// When the next row comes due.
    async fn due(&self) -> Result<Option<i64>, StoreError> {
        let channel = self.channel.clone();
        self.store
            .read(move |read| Ok(outbox::next_due(read, &channel, clock::now())?))
            .await
    }

    async fn until_due(&self) -> Duration {
        let due = self.due().await.ok().flatten().map_or(LOOK, |at| {
            Duration::from_millis(u64::try_from(at - clock::now()).unwrap_or(0))
        });
        // A server that is down is not asked once for each alert that waits.
        let rest = match self.failures {
            0 => Duration::ZERO,
            failures => self.pauses.after(failures),
        };
        due.min(LOOK).max(rest)
    }
}

impl Way {
    /// How many alerts one message may hold: managers get one mail for a burst, not four hundred.
    fn together(&self) -> u64 {
        match self {
            Self::Mail(_) => 50,
            Self::Webhook(_) | Self::Sms(_) => 1,
        }
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<(), Failure> {
        match self {
            Self::Mail(mail) => mail.deliver(parcels).await,
            Self::Webhook(hook) => {
                for parcel in parcels {
                    hook.deliver(parcel, clock::now()).await?;
                }
                Ok(())
            }
            Self::Sms(sms) => {
                for parcel in parcels {
                    sms.deliver(parcel).await?;
                }
                Ok(())
            }
        }
    }
}

/// One message is for one reader.
fn by_addressee(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    for parcel in parcels {
        let same = |batch: &&mut Vec<Parcel>| batch.first().is_some_and(|one| one.to == parcel.to);
        match batches.iter_mut().find(same) {
            Some(batch) => batch.push(parcel),
            None => batches.push(vec![parcel]),
        }
    }
    batches
}

/// The address of what a message is about, behind the sign-in.
fn link(base: &str, about: &About) -> String {
    match about {
        About::Alert(finding) => format!("{base}/alert/{finding}"),
        About::Case(case, _) | About::Told(Told::CaseDecided { case, .. }) => {
            format!("{base}/case/{case}")
        }
        About::Told(Told::DeviceSilent { person, .. }) => format!("{base}/person/{person}"),
    }
}

/// What a message calls it.
fn short(about: &About) -> String {
    let id = match about {
        About::Alert(finding) => finding.to_string(),
        About::Case(case, _) | About::Told(Told::CaseDecided { case, .. }) => case.clone(),
        About::Told(Told::DeviceSilent { device, .. }) => device.to_string(),
    };
    id.chars().take(8).collect()
}

impl Pauses {
    /// The pause after the `tries`-th failure.
    pub fn after(&self, tries: u64) -> Duration {
        let doublings = u32::try_from(tries.saturating_sub(1)).map_or(20, |n| n.min(20));
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            longest: Duration::from_millis(outbox::LONGEST_PAUSE.unsigned_abs()),
        }
    }
}

/// The words for a severity that a message may say.
fn severity_words(severity: &str) -> &'static str {
    match severity {
        "urgent" => "urgent",
        "review" => "for review",
        _ => "to decide",
    }
}

/// Waits for a new alert, for what becomes of a case, or for having missed one.
async fn alert(changes: &mut broadcast::Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(Change::Alert { .. } | Change::Case { .. })
            | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stop_growing() {
        let pauses = Pauses::default();
        assert_eq!(pauses.after(1), Duration::from_secs(2));
        assert_eq!(pauses.after(4), Duration::from_secs(16));
        assert_eq!(pauses.after(30), pauses.longest);
        assert_eq!(pauses.after(u64::MAX), pauses.longest);
    }

    #[test]
    fn mail_in_the_clear_to_another_machine_is_refused() {
        let config = |server: &str, to: &str| {
            Config::parse(&format!(
                "[smtp]\nserver = \"{server}\"\nport = 25\ntls = false\n\
                 from = \"a@example\"\nto = [\"{to}\"]\n"
            ))
            .unwrap()
        };
        let open = |config: &Config| Ways::open(config, "https://collector.example");
        let why = open(&config("mail.example", "b@example")).unwrap_err();
        assert!(matches!(why, WaysError::ClearMail(_)), "{why}");
        let why = open(&config("127.0.0.1", "nobody")).unwrap_err();
        assert!(why.to_string().contains("nobody"), "{why}");
        assert!(open(&config("127.0.0.1", "b@example")).is_ok());
    }
}
