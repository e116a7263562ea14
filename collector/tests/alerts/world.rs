//! A store with alerts to tell of, a real mail server and a real HTTP receiver.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use proviso_collector::alerts::{self, Pauses, Ways};
use proviso_collector::config::Config;
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::{DeviceId, FindingId, Hash, PersonId, Store, StoreError, outbox};
use tokio_util::sync::CancellationToken;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const BASE: &str = "https://collector.example:7480";
pub(crate) const QUICK: Pauses = Pauses {
    first: Duration::from_millis(20),
    longest: Duration::from_millis(100),
};

/// A mail server of its own program: aiosmtpd, which keeps what it takes in a Maildir.
pub(crate) struct MailServer {
    pub(crate) process: Child,
    pub(crate) port: u16,
    pub(crate) maildir: PathBuf,
}

/// The system's own: another one on the path would not see the system's packages.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Prints its port, then serves until it is killed. Arguments: Maildir, an address to refuse.
pub(crate) const MAIL_SERVER: &str = r#"
import asyncio, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
class Handler(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == sys.argv[2]:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"
async def main():
    loop = asyncio.get_running_loop()
    handler = Handler(sys.argv[1])
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

impl MailServer {
    pub(crate) fn start(dir: &Path, refuse: &str) -> Self {
        let maildir = dir.join("maildir");
        let mut process = Command::new(PYTHON)
            .args(["-c", MAIL_SERVER])
            .arg(&maildir)
            .arg(refuse)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 and python3-aiosmtpd are needed: run make test, which installs them");
        let mut line = String::new();
        let out = process.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        Self {
            process,
            port: port.expect("the mail server says its port: is python3-aiosmtpd installed?"),
            maildir,
        }
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.maildir.join("new")) else {
            return Vec::new();
        };
        entries
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A webhook receiver that refuses the first `failures` posts.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    pub(crate) failures: Arc<AtomicUsize>,
    pub(crate) refused: Arc<Mutex<Vec<String>>>,
    pub(crate) taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    pub(crate) async fn start(failures: usize) -> (Self, String) {
        let receiver = Self::default();
        receiver.failures.store(failures, Ordering::SeqCst);
        let app = axum::Router::new()
            .route("/hook", axum::routing::post(take))
            .with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (receiver, url)
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|(headers, _)| id(headers)).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    let left = receiver.failures.load(Ordering::SeqCst);
    if left > 0 {
        receiver.failures.store(left - 1, Ordering::SeqCst);
        receiver.refused.lock().unwrap().push(id(&headers));
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    receiver.taken.lock().unwrap().push((headers, body));
    StatusCode::NO_CONTENT
}

pub(crate) fn id(headers: &HeaderMap) -> String {
    headers["webhook-id"].to_str().unwrap().to_owned()
}

pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Store::create(&dir.path().join("store.db")).unwrap();
        let store = Store::open(&dir.path().join("store.db")).unwrap();
        Self { dir, store }
    }

    /// Makes findings as ingest does: with their outbox rows, in one transaction.
    pub(crate) async fn find(&self, numbers: std::ops::Range<u8>, channels: Vec<String>) {
        let person = PersonId::from_random([7; 16]);
        self.store
            .write("test findings", move |tx| -> Result<(), StoreError> {
                people::add(tx, &somebody(&person))?;
                devices::add(tx, &device(&person), &registered())?;
                for number in numbers {
                    findings::put(tx, &finding(&person, number), &channels)?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }

    pub(crate) fn run(&self, config: &Config) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let ways = Ways::open(config, BASE).unwrap().with_pauses(QUICK);
        let stop = CancellationToken::new();
        let running = tokio::spawn(alerts::run(self.store.clone(), ways, stop.clone()));
        (stop, running)
    }

    pub(crate) async fn waiting(&self) -> Vec<outbox::ChannelState> {
        self.store
            .read(|read| Ok::<_, StoreError>(outbox::waiting(read)?))
            .await
            .unwrap()
    }

    pub(crate) async fn failure(&self, channel: &str) -> Option<String> {
        let channel = channel.to_owned();
        self.store
            .read(move |read| Ok::<_, StoreError>(outbox::last_failure(read, &channel)?))
            .await
            .unwrap()
    }

    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !holds(self).await {
            assert!(Instant::now() < end, "waited too long until {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn until_delivered(&self) {
        self.until("all are delivered", async |f| f.waiting().await.is_empty())
            .await;
    }
}

pub(crate) fn somebody(id: &PersonId) -> Person {
    Person {
        id: id.clone(),
        pseudonym: "P-TEST".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    }
}

pub(crate) fn device(person: &PersonId) -> Device {
    Device {
        id: DeviceId([1; 16]),
        person: person.clone(),
        log_key: [2; 32],
        cert_spki: [3; 32],
        state: DeviceState::Active,
        enrolled: 5,
        agent_version: "0.1.0".to_owned(),
        platform: "linux".to_owned(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: None,
        order: None,
    }
}

pub(crate) fn registered() -> Registered {
    Registered {
        host: "alex-laptop".to_owned(),
        accounts: vec![],
    }
}

pub(crate) fn finding(person: &PersonId, number: u8) -> Finding {
    Finding {
        id: FindingId([number; 16]),
        device: DeviceId([1; 16]),
        person: person.clone(),
        seq: u64::from(number),
        at: 1_790_000_000_000,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"url","text":"facebook.com"}]"#.to_owned(),
        engine: "test".to_owned(),
        order: Hash::of(b"order"),
        basis: None,
        made: 1_790_000_000_500,
        proof: Proof::Proven,
    }
}

pub(crate) fn mail_config(port: u16, to: &str) -> Config {
    Config::parse(&format!(
        "[smtp]\nserver = \"127.0.0.1\"\nport = {port}\ntls = false\n\
         from = \"proviso@collector.example\"\nto = [{to}]\n"
    ))
    .unwrap()
}

pub(crate) fn hook_config(url: &str) -> Config {
    Config::parse(&format!(
        "[[webhooks]]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n"
    ))
    .unwrap()
}

/// What must never stand in a message.
pub(crate) fn says_nothing(message: &str) {
    for private in ["Alex", "alex-laptop", "facebook", "P-TEST", "4.a"] {
        assert!(!message.contains(private), "{private} in:\n{message}");
    }
}
