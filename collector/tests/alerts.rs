//! Alerts leave by a real mail server and a real HTTP receiver on loopback, through failures and
//! restarts, and say nothing about the person.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends by panicking"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64;
use proviso_collector::alerts::weekly::Weekly;
use proviso_collector::alerts::{self, Pauses, Ways};
use proviso_collector::config::{Config, STAFF_MAIL};
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::escalations::{self, Escalation, Step};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{
    DeviceId, FindingId, Hash, PersonId, Store, StoreError, Tx, outbox,
};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BASE: &str = "https://collector.example:7480";
const QUICK: Pauses = Pauses {
    first: Duration::from_millis(20),
    longest: Duration::from_millis(100),
};

/// A mail server of its own program: aiosmtpd, which keeps what it takes in a Maildir.
struct MailServer {
    process: Child,
    port: u16,
    maildir: PathBuf,
}

/// The system's own: another one on the path would not see the system's packages.
const PYTHON: &str = "/usr/bin/python3";

/// Prints its port, then serves until it is killed. Arguments: Maildir, an address to refuse.
const MAIL_SERVER: &str = r#"
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
    fn start(dir: &Path, refuse: &str) -> Self {
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

    fn mails(&self) -> Vec<String> {
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
struct Receiver {
    failures: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<String>>>,
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    async fn start(failures: usize) -> (Self, String) {
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

    fn ids(&self) -> Vec<String> {
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

fn id(headers: &HeaderMap) -> String {
    headers["webhook-id"].to_str().unwrap().to_owned()
}

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Store::create(&dir.path().join("store.db")).unwrap();
        let store = Store::open(&dir.path().join("store.db")).unwrap();
        Self { dir, store }
    }

    /// Makes findings as ingest does: with their outbox rows, in one transaction.
    async fn find(&self, numbers: std::ops::Range<u8>, channels: Vec<String>) {
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

    fn run(&self, config: &Config) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let ways = Ways::open(config, BASE).unwrap().with_pauses(QUICK);
        let stop = CancellationToken::new();
        let running = tokio::spawn(alerts::run(self.store.clone(), ways, stop.clone()));
        (stop, running)
    }

    async fn waiting(&self) -> Vec<outbox::ChannelState> {
        self.store
            .read(|read| Ok::<_, StoreError>(outbox::waiting(read)?))
            .await
            .unwrap()
    }

    async fn failure(&self, channel: &str) -> Option<String> {
        let channel = channel.to_owned();
        self.store
            .read(move |read| Ok::<_, StoreError>(outbox::last_failure(read, &channel)?))
            .await
            .unwrap()
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !holds(self).await {
            assert!(Instant::now() < end, "waited too long until {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_delivered(&self) {
        self.until("all are delivered", async |f| f.waiting().await.is_empty())
            .await;
    }
}

fn somebody(id: &PersonId) -> Person {
    Person {
        id: id.clone(),
        pseudonym: "P-TEST".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    }
}

fn device(person: &PersonId) -> Device {
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

fn registered() -> Registered {
    Registered {
        host: "alex-laptop".to_owned(),
        accounts: vec![],
    }
}

fn finding(person: &PersonId, number: u8) -> Finding {
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

fn mail_config(port: u16, to: &str) -> Config {
    Config::parse(&format!(
        "[smtp]\nserver = \"127.0.0.1\"\nport = {port}\ntls = false\n\
         from = \"proviso@collector.example\"\nto = [{to}]\n"
    ))
    .unwrap()
}

fn hook_config(url: &str) -> Config {
    Config::parse(&format!(
        "[[webhooks]]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n"
    ))
    .unwrap()
}

/// What must never stand in a message.
fn says_nothing(message: &str) {
    for private in ["Alex", "alex-laptop", "facebook", "P-TEST", "4.a"] {
        assert!(!message.contains(private), "{private} in:\n{message}");
    }
}

#[tokio::test]
async fn a_webhook_is_signed_retried_and_sent_once() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(2).await;
    let config = hook_config(&url);
    let (stop, running) = fixture.run(&config);
    fixture.find(1..4, config.channels()).await;
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();

    let mut ids = receiver.ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(receiver.taken.lock().unwrap().len(), 3, "none twice");
    for refused in receiver.refused.lock().unwrap().iter() {
        assert!(ids.contains(refused), "a retry keeps its id");
    }
    for (headers, body) in receiver.taken.lock().unwrap().iter() {
        let time = headers["webhook-timestamp"].to_str().unwrap();
        let signed = format!("{}.{time}.{body}", id(headers));
        let key = BASE64.decode(SECRET.trim_start_matches("whsec_").as_bytes());
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key.unwrap());
        let tag = headers["webhook-signature"].to_str().unwrap();
        let tag = BASE64.decode(tag.strip_prefix("v1,").unwrap().as_bytes());
        ring::hmac::verify(&key, signed.as_bytes(), &tag.unwrap()).unwrap();
        let said: serde_json::Value = serde_json::from_str(body).unwrap();
        let case = said["data"]["case"].as_str().unwrap();
        let link = said["data"]["link"].as_str().unwrap();
        assert_eq!(link, format!("{BASE}/alert/{case}"));
        says_nothing(body);
    }
}

#[tokio::test]
async fn an_alert_outlives_the_process_that_could_not_deliver_it() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(usize::MAX).await;
    let config = hook_config(&url);
    let channel = config.channels().remove(0);
    fixture.find(1..2, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture
        .until("a failure is noted", async |f| {
            f.failure(&channel).await.is_some()
        })
        .await;
    stop.cancel();
    running.await.unwrap();
    let why = fixture.failure(&channel).await.unwrap();
    assert!(why.contains("503"), "{why}");
    assert_eq!(fixture.waiting().await[0].failing, 1);

    fixture.store.close();
    let reopened = Fixture {
        store: Store::open(&fixture.dir.path().join("store.db")).unwrap(),
        dir: fixture.dir,
    };
    receiver.failures.store(0, Ordering::SeqCst);
    let (stop, running) = reopened.run(&config);
    reopened.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    let first = receiver.refused.lock().unwrap()[0].clone();
    assert_eq!(receiver.ids(), [first]);
}

#[tokio::test]
async fn two_workers_on_one_store_send_each_alert_once() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(0).await;
    let config = hook_config(&url);
    let (stop, first) = fixture.run(&config);
    let (stop_too, second) = fixture.run(&config);
    fixture.find(1..60, config.channels()).await;
    fixture.until_delivered().await;
    stop.cancel();
    stop_too.cancel();
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(receiver.taken.lock().unwrap().len(), 59);
}

#[tokio::test]
async fn a_mail_reaches_a_mailbox_and_one_bad_address_holds_up_nobody() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "gone@example.org");
    let config = mail_config(server.port, "\"gone@example.org\", \"manager@example.org\"");
    let [gone, manager] = <[String; 2]>::try_from(config.channels()).unwrap();
    fixture.find(1..2, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture
        .until("one failed and only that one waits", async |f| {
            let waiting = f.waiting().await;
            f.failure(&gone).await.is_some() && waiting.iter().all(|way| way.channel != manager)
        })
        .await;
    stop.cancel();
    running.await.unwrap();

    let [mail] = <[String; 1]>::try_from(server.mails()).unwrap();
    let case = FindingId([1; 16]).to_string();
    for part in [
        "Subject: Possible breach, to decide: case 01010101".to_owned(),
        format!("Message-ID: <{case}.{manager}@collector.example>"),
        "Auto-Submitted: auto-generated".to_owned(),
        format!("{BASE}/alert/{case}"),
    ] {
        assert!(mail.contains(&part), "{part} in:\n{mail}");
    }
    says_nothing(&mail);
    let why = fixture.failure(&gone).await.unwrap();
    assert!(
        why.contains("550") && why.contains("gone@example.org"),
        "{why}"
    );
}

#[tokio::test]
async fn staff_whose_mailbox_is_gone_hold_up_nobody_else() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "gone@example.org");
    let config = mail_config(server.port, "\"duty@example.org\"");
    fixture.find(1..2, vec![]).await;
    let told = async |name: &'static str| {
        let step = Escalation {
            id: name.to_owned(),
            case: FindingId([1; 16]).to_string(),
            at: 1,
            since: 1,
            step: Step::OnCall,
            staff: name.to_owned(),
            severity: "urgent".to_owned(),
        };
        let put = move |tx: &Tx<'_>| -> Result<bool, StoreError> {
            let mut one = Staff::new(name.into(), name.into(), String::new(), Role::Manager);
            one.mail = format!("{name}@example.org");
            staff::add(tx, &one)?;
            Ok(escalations::put(tx, &step, &[STAFF_MAIL.to_owned()])?)
        };
        fixture.store.write("test step", put).await.unwrap()
    };
    assert!(told("gone").await);
    // Whoever had to wait for the end of such a pause would wait for longer than this test does.
    let hour = Duration::from_secs(60 * 60);
    let pauses = Pauses {
        first: hour,
        longest: hour,
    };
    let ways = Ways::open(&config, BASE).unwrap().with_pauses(pauses);
    let stop = CancellationToken::new();
    let running = tokio::spawn(alerts::run(fixture.store.clone(), ways, stop.clone()));
    fixture
        .until("the first was refused", async |f| {
            f.failure(STAFF_MAIL).await.is_some()
        })
        .await;
    assert!(told("noor").await);
    fixture
        .until("the other was told", async |_| !server.mails().is_empty())
        .await;
    stop.cancel();
    running.await.unwrap();
    let [mail] = <[String; 1]>::try_from(server.mails()).unwrap();
    assert!(mail.contains("To: noor@example.org"), "{mail}");
    says_nothing(&mail);
}

#[tokio::test]
async fn a_burst_is_few_mails_and_every_case_is_named_once() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "");
    let config = mail_config(server.port, "\"manager@example.org\"");
    fixture.find(1..201, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 4);
    let all = mails.concat();
    for number in 1..201 {
        let link = format!("/alert/{}", FindingId([number; 16]));
        assert_eq!(all.matches(&link).count(), 1, "{link}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_waited_for() {
    let fixture = Fixture::new();
    // Nothing listens here: the port was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let config = mail_config(port, "\"manager@example.org\"");
    let channel = config.channels().remove(0);
    fixture.find(1..2, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture
        .until("a failure is noted", async |f| {
            f.failure(&channel).await.is_some()
        })
        .await;
    stop.cancel();
    running.await.unwrap();

    let server = MailServer::start(fixture.dir.path(), "");
    let back = mail_config(server.port, "\"manager@example.org\"");
    // A queue is a recipient's, not a server's.
    assert_eq!(back.channels(), [channel]);
    let (stop, running) = fixture.run(&back);
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(server.mails().len(), 1);
}

/// The clock is an argument of the outbox, so a day passes here in no time.
#[tokio::test]
async fn a_day_without_a_mail_server_loses_nothing_and_doubles_nothing() {
    const DAY: i64 = 24 * 60 * 60_000;
    let fixture = Fixture::new();
    let config = mail_config(9, "\"manager@example.org\"");
    let channel = config.channels().remove(0);
    fixture.find(0..30, config.channels()).await;
    let pauses = Pauses::default();
    let begun = fixture.waiting().await[0].next_try;
    let (name, mut now, mut tries) = (channel.clone(), begun, 0);
    while now < begun + DAY {
        let name = name.clone();
        let due = fixture
            .store
            .write("a try that fails", move |tx| -> Result<_, StoreError> {
                for parcel in outbox::claim(tx, &name, now, 50, |_| now + 120_000)? {
                    let pause = i64::try_from(pauses.after(parcel.tries).as_millis()).unwrap();
                    outbox::postpone(tx, &parcel.id, "the mail server is away", now + pause)?;
                }
                Ok(outbox::next_due(tx, &name, now)?)
            });
        now = due
            .await
            .unwrap()
            .expect("what was not delivered comes due again")
            .max(now + 1);
        tries += 1;
    }
    assert!((90..200).contains(&tries), "{tries} tries in a day");
    let state = fixture.waiting().await.remove(0);
    assert_eq!((state.waiting, state.failing), (30, 30));
    assert_eq!(
        fixture.failure(&channel).await.unwrap(),
        "the mail server is away"
    );

    let delivered = fixture
        .store
        .write("it is back", move |tx| -> Result<_, StoreError> {
            let mut ids = Vec::new();
            // Due within the longest pause.
            for later in [now, now + outbox::LONGEST_PAUSE] {
                for parcel in outbox::claim(tx, &name, later, 50, |_| later + 120_000)? {
                    outbox::finish(tx, &parcel.id, later)?;
                    ids.push(parcel.id);
                }
            }
            Ok(ids)
        });
    let delivered = delivered.await.unwrap();
    let once: std::collections::BTreeSet<_> = delivered.iter().collect();
    assert_eq!((delivered.len(), once.len()), (30, 30));
    assert!(fixture.waiting().await.is_empty());
}

/// The mail of the week goes to the officer's own address, by the real mail server, once.
#[tokio::test]
async fn the_figures_of_the_week_reach_an_officer() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "nobody@example.com");
    let config = Config::parse(&format!(
        "[smtp]\nserver = \"127.0.0.1\"\nport = {}\ntls = false\nfrom = \"proviso@example.com\"\n\
         to = [\"duty@example.com\"]\n[digest]\nhour = 7\n",
        server.port
    ))
    .unwrap();
    fixture.find(0..2, vec![]).await;
    fixture
        .store
        .write("staff", |tx| -> Result<(), StoreError> {
            let mut kim = Staff::new("kim".into(), "kim".into(), String::new(), Role::Manager);
            kim.mail = "kim@example.com".to_owned();
            staff::add(tx, &kim)?;
            let case = Case {
                id: "1".to_owned(),
                person: PersonId::from_random([7; 16]),
                officer: "kim".to_owned(),
                since: 1,
                until: None,
                put_by: String::new(),
                reason: String::new(),
            };
            Ok(sight::assign(tx, &case)?)
        })
        .await
        .unwrap();
    let (weekly, post) = Weekly::open(&config, BASE).unwrap().unwrap();
    // Monday 23 November 2026, seven in the morning.
    let monday = 1_795_417_200_000;
    for now in [monday, monday, monday + 1] {
        weekly.make(&fixture.store, now).await.unwrap();
        while weekly.deliver(&fixture.store, &post, now).await.unwrap() {}
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    // A pseudonym is the most that it says of anybody.
    for private in ["Alex", "alex-laptop", "facebook", "4.a"] {
        assert!(!mail.contains(private), "{private} in:\n{mail}");
    }
    for said in [
        "To: kim@example.com",
        "Auto-Submitted: auto-generated",
        "People whose case is yours: 1",
        "Waiting for a decision: 2",
    ] {
        assert!(mail.contains(said), "{said}: {mail}");
    }
}
