//! The desk over real sockets, with a pipeline made of a channel.

use std::path::Path;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use proviso_report::fact::{Fact, GapCause, WebVisit};
use proviso_report::record::{Method, UnixMs};

use super::*;
use crate::config::Config;
use crate::person::page::OwnPage;
use crate::platform::local;
use crate::source::extension::wire::{Event, Lost, SeenVisit};
use crate::source::{Batch, Durable, Observation, ToPipeline, Wanted};

struct Bench {
    state: tempfile::TempDir,
    pipeline: mpsc::Receiver<ToPipeline>,
    wanted: watch::Sender<Wanted>,
    asks: mpsc::Receiver<Ask>,
    desk: Arc<Desk>,
    stop: CancellationToken,
}

impl Bench {
    fn new(accounts: &[&str]) -> Self {
        let state = tempfile::tempdir().unwrap();
        let (port, pipeline) = Port::channel();
        let (wanted, wanted_rx) = watch::channel(Wanted::new(vec![Kind::WebVisit]));
        let (ask, asks) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let accounts = accounts.iter().map(|&a| a.to_owned()).collect();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), accounts)),
            state: Arc::from(state.path()),
            wanted: wanted_rx,
            stop: stop.clone(),
        };
        let door = Door::new(ask.clone(), OwnPage::default(), stop.clone());
        let desk = Desk::new(port, context, ask, door);
        let listener = Listener::bind(&state.path().join("agent.sock")).unwrap();
        tokio::spawn(Arc::clone(&desk).serve(listener));
        Self {
            state,
            pipeline,
            wanted,
            asks,
            desk,
            stop,
        }
    }

    async fn connect(&self) -> Client {
        Client(local::connect(&self.socket()).await.unwrap())
    }

    fn socket(&self) -> std::path::PathBuf {
        self.state.path().join("agent.sock")
    }

    async fn cursor_asked(&mut self, stored: Option<Vec<u8>>) {
        let Some(ToPipeline::Cursor(_, answer)) = self.pipeline.recv().await else {
            panic!("the cursor was not asked for")
        };
        answer.send(stored).unwrap();
    }

    async fn batch(&mut self) -> Batch {
        match self.pipeline.recv().await {
            Some(ToPipeline::Batch(batch)) => batch,
            other => panic!("no batch but {other:?}"),
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Client(Stream);

impl Client {
    async fn send(&mut self, request: &Request) {
        write(&mut self.0, Framing::Socket, request).await.unwrap();
    }

    async fn answer(&mut self) -> Option<Answer> {
        read(&mut self.0, Framing::Socket, 1 << 20).await.unwrap()
    }

    async fn hello(&mut self) -> Option<Answer> {
        let browser = "chromium".into();
        self.send(&Request::Hello {
            protocol: PROTOCOL,
            browser,
        })
        .await;
        self.answer().await
    }
}

fn me() -> String {
    Peer {
        uid: rustix::process::getuid().as_raw(),
    }
    .account()
    .unwrap()
}

fn visit(n: u64) -> Request {
    visit_at(n, 1_795_500_000_000 + n as i64)
}

fn visit_at(n: u64, at: i64) -> Request {
    let event = Event::Visit(SeenVisit {
        epoch: Epoch(9),
        n,
        at,
        url: format!("https://example.org/{n}"),
        transition: Some("link".into()),
        qualifiers: vec![],
        private: Some(true),
    });
    Request::Event { event }
}

fn welcome(wanted: &[Kind]) -> Option<Answer> {
    Some(Answer::Welcome {
        monitored: true,
        wanted: wanted.to_vec(),
    })
}

fn ack(n: u64) -> Option<Answer> {
    Some(Answer::Ack { epoch: Epoch(9), n })
}

#[tokio::test]
async fn a_visit_is_acknowledged_only_once_it_is_durable() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    assert_eq!(client.hello().await, welcome(&[Kind::WebVisit]));
    client.send(&visit(1)).await;
    bench.cursor_asked(None).await;
    let mut batch = bench.batch().await;
    assert_eq!(batch.source, format!("extension:chromium:{}", me()));
    assert_eq!(
        batch.observations,
        [Observation {
            at: UnixMs(1_795_500_000_001),
            account: Some(me()),
            method: Method::Extension,
            fact: Fact::WebVisit(WebVisit {
                url: "https://example.org/1".into(),
                title: None,
                browser: "chromium".into(),
                profile: None,
                transition: Some(proviso_report::fact::Transition::Link),
                private: Some(true),
            }),
        }]
    );
    // Status is answered in turn: no acknowledgement can have overtaken it.
    let done = batch.done.take().unwrap();
    client.send(&Request::Status).await;
    done.send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(1));
    let ask = bench.asks.recv().await.unwrap();
    assert_eq!(ask.account, Some(me()));
    ask.reply
        .send(Ok(serde_json::json!({"recording": true})))
        .unwrap();
    let status = serde_json::json!({"recording": true});
    assert_eq!(client.answer().await, Some(Answer::Status { status }));
}

#[tokio::test]
async fn what_comes_soon_after_another_shares_a_commit() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    client.hello().await;
    client.send(&visit(1)).await;
    bench.cursor_asked(None).await;
    let first = bench.batch().await;
    assert_eq!(first.observations.len(), 1);
    first.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(1));
    client.send(&visit(2)).await;
    // The desk has the time to take it, and to wait.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    client.send(&visit(3)).await;
    let both = bench.batch().await;
    assert_eq!(both.observations.len(), 2);
    both.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(3));
}

#[tokio::test]
async fn a_resend_is_acknowledged_and_not_recorded_again() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    client.hello().await;
    client.send(&visit(1)).await;
    bench.cursor_asked(None).await;
    let first = bench.batch().await;
    first.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(1));
    drop(client);

    let mut client = bench.connect().await;
    client.hello().await;
    client.send(&visit(1)).await;
    assert_eq!(client.answer().await, ack(1));
    client.send(&visit(2)).await;
    let second = bench.batch().await;
    assert_eq!(second.observations.len(), 1);
    second.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(2));

    // A new agent on the same journal knows it too.
    let mut later = Bench::new(&[&me()]);
    let mut client = later.connect().await;
    client.hello().await;
    client.send(&visit(2)).await;
    later.cursor_asked(second.cursor).await;
    assert_eq!(client.answer().await, ack(2));
}

#[tokio::test]
async fn a_refused_batch_is_not_acknowledged_and_handed_over_again() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    client.hello().await;
    client.send(&visit(1)).await;
    bench.cursor_asked(None).await;
    drop(bench.batch().await.done);
    let again = bench.batch().await;
    assert_eq!(again.observations.len(), 1);
    again.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(1));
}

#[tokio::test]
async fn what_the_extension_lost_becomes_a_gap() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    client.hello().await;
    let at = 1_795_500_000_000;
    let lost = Lost {
        epoch: Epoch(9),
        n: 1,
        count: 12,
        from: at,
        to: at + 5,
    };
    let event = Event::Lost(lost);
    client.send(&Request::Event { event }).await;
    bench.cursor_asked(None).await;
    let Some(ToPipeline::Health(Health::Gap(gap))) = bench.pipeline.recv().await else {
        panic!("no gap")
    };
    assert_eq!((gap.cause, gap.count), (GapCause::Overflow, Some(12)));
    bench.batch().await.done.unwrap().send(Durable).unwrap();
    assert_eq!(client.answer().await, ack(1));
}

#[tokio::test]
async fn an_account_that_is_not_monitored_is_told_so_and_nothing_is_taken() {
    let mut bench = Bench::new(&["somebody-else"]);
    let mut client = bench.connect().await;
    let told = client.hello().await;
    assert_eq!(
        told,
        Some(Answer::Welcome {
            monitored: false,
            wanted: vec![Kind::WebVisit]
        })
    );
    client.send(&visit(1)).await;
    client.send(&Request::Status).await;
    bench
        .asks
        .recv()
        .await
        .unwrap()
        .reply
        .send(Ok(serde_json::Value::Null))
        .unwrap();
    assert!(matches!(client.answer().await, Some(Answer::Status { .. })));
    assert!(bench.pipeline.try_recv().is_err());
    assert_eq!(bench.desk.turned().not_monitored.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_the_order_wants_of_an_extension_is_told_and_nothing_else() {
    let bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    assert_eq!(client.hello().await, welcome(&[Kind::WebVisit]));
    let presence = bench.desk.presence();
    assert!(presence.is_connected("chromium", &me()));
    bench.wanted.send(Wanted::default()).unwrap();
    assert_eq!(client.answer().await, welcome(&[]));
    let kinds = vec![Kind::PrivateWindow, Kind::ProcessStart, Kind::Download];
    bench.wanted.send(Wanted::new(kinds)).unwrap();
    let told = client.answer().await;
    assert_eq!(told, welcome(&[Kind::Download, Kind::PrivateWindow]));
    drop(client);
    while presence.is_connected("chromium", &me()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_host_of_before_is_refused_with_a_sentence() {
    let bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    let browser = "firefox".into();
    let hello = Request::Hello {
        protocol: 1,
        browser,
    };
    client.send(&hello).await;
    let Some(Answer::Refused { sentence }) = client.answer().await else {
        panic!("not refused")
    };
    assert!(sentence.contains("restart the browser"), "{sentence}");
}

#[tokio::test]
async fn hostile_messages_end_the_connection_with_a_sentence() {
    let bench = Bench::new(&[&me()]);
    for request in [
        visit_at(1, i64::MAX),
        visit(0),
        Request::Hello {
            protocol: 99,
            browser: "chromium".into(),
        },
        Request::Hello {
            protocol: PROTOCOL,
            browser: "../../etc".into(),
        },
    ] {
        let mut client = bench.connect().await;
        client.send(&request).await;
        let answer = client.answer().await;
        assert!(
            matches!(answer, Some(Answer::Refused { .. })),
            "{request:?}: {answer:?}"
        );
        assert_eq!(client.answer().await, None);
    }
    use tokio::io::AsyncWriteExt as _;
    let mut client = bench.connect().await;
    client.0.write_all(b"\xff\xff\xff\xffjunk").await.unwrap();
    assert!(matches!(
        client.answer().await,
        Some(Answer::Refused { .. })
    ));
}

#[tokio::test]
async fn one_account_has_a_limited_number_of_places() {
    let bench = Bench::new(&[&me()]);
    let mut clients = Vec::new();
    for _ in 0..MAX_CONNECTIONS_PER_ACCOUNT {
        let mut client = bench.connect().await;
        assert_eq!(client.hello().await, welcome(&[Kind::WebVisit]));
        clients.push(client);
    }
    let mut last = bench.connect().await;
    let ended: Result<Option<Answer>, _> = read(&mut last.0, Framing::Socket, 1024).await;
    assert!(matches!(ended, Ok(None) | Err(ReadError::Io(_))));
}

#[tokio::test]
async fn a_second_agent_is_refused_and_a_dead_ones_socket_replaced() {
    let bench = Bench::new(&[&me()]);
    let error = Listener::bind(&bench.socket()).unwrap_err();
    assert!(error.to_string().contains("already running"));
    let dead = bench.state.path().join("dead.sock");
    // Dropping the standard listener leaves its file, as kill -9 does.
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    assert!(Path::exists(&dead));
    Listener::bind(&dead).unwrap();
}

#[tokio::test]
async fn what_the_person_says_is_bounded_here_and_answered_by_the_keeper() {
    let mut bench = Bench::new(&[&me()]);
    let mut client = bench.connect().await;
    let explain = |text: &str| Request::Explain {
        seqs: vec![7],
        text: text.to_owned(),
        accident: false,
    };
    client.send(&explain("A mistyped address.")).await;
    let ask = bench.asks.recv().await.unwrap();
    assert_eq!(ask.account, Some(me()));
    let said = Explained::new(vec![7], "A mistyped address.", false).unwrap();
    assert_eq!(ask.question, Question::Explain(said));
    ask.reply.send(Ok(9.into())).unwrap();
    assert_eq!(client.answer().await, Some(Answer::Explained { seq: 9 }));

    client.send(&explain(" ")).await;
    let Some(Answer::Refused { sentence }) = client.answer().await else {
        panic!("taken")
    };
    assert!(sentence.contains("--text"), "{sentence}");
    // The keeper's own refusal is the answer too.
    let mut client = bench.connect().await;
    client.send(&Request::Scope).await;
    let ask = bench.asks.recv().await.unwrap();
    assert_eq!(ask.question, Question::Scope);
    ask.reply.send(Err("not now".into())).unwrap();
    let sentence = "not now".to_owned();
    assert_eq!(client.answer().await, Some(Answer::Refused { sentence }));
}
