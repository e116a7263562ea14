//! The page over real connections, with a keeper made of a channel.

use serde_json::json;

use super::*;
use crate::person::today::{self, Day, Found, Line, Said, Today};
use crate::person::{Question, explain::Explained};
use crate::status::{ClauseShown, OrderShown, RuleShown};

const HOSTILE: &str = "</textarea><script>alert('1')</script>\" onfocus=\"x";

fn me() -> u32 {
    rustix::process::getuid().as_raw()
}

fn day() -> Today {
    let said = Said {
        seq: 9,
        at: "2026-11-24 05:00:00".into(),
        about: vec![7],
        text: HOSTILE.into(),
        accident: true,
    };
    let rule = RuleShown {
        id: "4.a".into(),
        severity: "breach".into(),
        says: HOSTILE.into(),
    };
    Today {
        format: today::FORMAT.into(),
        on: true,
        why: "a court order is in force".into(),
        account: Some("alex".into()),
        monitored: true,
        contact: Some("Morgan, 01632 960000".into()),
        complaints: None,
        day: Some(Day {
            date: "Tuesday 24 November 2026".into(),
            zone: "Europe/London".into(),
            order: Some(OrderShown {
                id: "SHPO-1".into(),
                version: 1,
                court: HOSTILE.into(),
                starts: "2026-11-24".into(),
                ends: None,
                digest: "ba".into(),
                clauses: vec![ClauseShown {
                    id: "4".into(),
                    text: HOSTILE.into(),
                    records: vec!["web_visit".into()],
                    rules: vec![rule.clone()],
                }],
                exempts: vec![],
                not_checked: vec![],
            }),
            recorded: vec![],
            records: vec![],
            more: false,
            findings: vec![Found {
                record: Line {
                    seq: 7,
                    at: "2026-11-24 05:00:00".into(),
                    account: Some("alex".into()),
                    what: format!("opened https://a.example/{HOSTILE}"),
                    clauses: vec!["4".into()],
                },
                rules: vec![rule],
                clauses: vec!["4".into()],
                possible_breach: true,
                said: vec![said.clone()],
            }],
            not_kept: vec![],
            explanations: vec![said],
            explanations_left: 49,
        }),
    }
}

struct Bench {
    door: Arc<Door>,
    own: OwnPage,
    explained: Arc<Mutex<Vec<Explained>>>,
}

impl Bench {
    fn new() -> Self {
        let (asks, mut asked) = mpsc::channel::<Ask>(1);
        let own = OwnPage::default();
        let explained = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&explained);
        tokio::spawn(async move {
            while let Some(ask) = asked.recv().await {
                assert_eq!(ask.account.as_deref(), Some("alex"));
                let answer = match ask.question {
                    Question::Explain(said) if said.seqs() == [8] => {
                        Err("record 8 is not one of yours".to_owned())
                    }
                    Question::Explain(said) => {
                        lock(&heard).push(said);
                        Ok(json!(12))
                    }
                    Question::Order => Ok(json!("<p>the order</p>")),
                    _ => Ok(serde_json::to_value(day()).unwrap()),
                };
                let _ = ask.reply.send(answer);
            }
        });
        let mut door = Door::new(asks, own.clone(), CancellationToken::new());
        Arc::get_mut(&mut door).unwrap().look = Duration::from_millis(10);
        Self {
            door,
            own,
            explained,
        }
    }
}

/// A browser that does as it is told.
struct Client {
    host: String,
    cookie: String,
}

impl Client {
    async fn send(&self, request: &str, more: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        let length = if request.starts_with("POST") {
            format!("Content-Length: {}\r\n", body.len())
        } else {
            String::new()
        };
        let host = if more.contains("Host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.host)
        };
        let text = format!(
            "{request} HTTP/1.1\r\n{host}Cookie: {}\r\n{more}{length}\r\n{body}",
            self.cookie
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path}"), "", "").await
    }

    async fn post(&self, more: &str, form: &[(&str, &str)]) -> String {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.send("POST /explain", more, &body).await
    }
}

/// Opens the page as the person does.
async fn enter(bench: &Bench) -> Client {
    let url = bench.door.open("alex", me()).await.unwrap();
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut client = Client {
        host: host.to_owned(),
        cookie: String::new(),
    };
    let answer = client.get(&format!("/{path}")).await;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let (_, cookie) = answer.split_once("Set-Cookie: ").unwrap();
    cookie
        .split(';')
        .next()
        .unwrap()
        .clone_into(&mut client.cookie);
    // The address opens nothing a second time.
    let stranger = Client {
        host: client.host.clone(),
        cookie: String::new(),
    };
    let again = stranger.get(&format!("/{path}")).await;
    assert!(again.starts_with("HTTP/1.1 403"), "{again}");
    client
}

fn token_in(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"form\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_shows_the_day_and_takes_an_explanation() {
    let bench = Bench::new();
    let client = enter(&bench).await;
    let page = client.get("/").await;
    for words in [
        "Possible breach of clause 4",
        "Morgan, 01632 960000",
        "SHPO-1",
        "no keystrokes",
    ] {
        assert!(page.contains(words), "{page}");
    }
    // What others wrote is text, wherever it stands.
    assert!(
        !page.contains("<script") && !page.contains("\" onfocus"),
        "{page}"
    );
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains("href=\"https"));
    let form = token_in(&page);
    let same = format!(
        "Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n",
        client.host
    );
    let fields = [
        ("form", &*form),
        ("seq", "7"),
        ("text", "A mistake."),
        ("accident", "yes"),
    ];
    let answer = client.post(&same, &fields).await;
    assert!(answer.contains("Location: /?said=12\r\n"), "{answer}");
    let said = Explained::new(vec![7], "A mistake.", true).unwrap();
    assert_eq!(*lock(&bench.explained), [said]);
    assert!(client.get("/?said=12").await.contains("record 12"));
    assert!(client.get("/order").await.contains("<p>the order</p>"));
    assert!(client.get("/style.css").await.contains("text/css"));
    assert!(client.get("/else").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn what_cannot_be_recorded_stays_in_its_box() {
    let bench = Bench::new();
    let client = enter(&bench).await;
    let form = token_in(&client.get("/").await);
    for (seq, text, says) in [
        ("8", "Not mine. <i>", "record 8 is not one of yours"),
        ("x", "Not mine. <i>", "written in digits"),
        ("7", "", "the box was empty"),
    ] {
        let fields = [("form", &*form), ("seq", seq), ("text", text)];
        let answer = client.post("", &fields).await;
        assert!(
            answer.starts_with("HTTP/1.1 422") && answer.contains(says),
            "{answer}"
        );
        assert!(
            answer.contains(&html::escape(text).into_owned()),
            "{answer}"
        );
    }
    assert!(lock(&bench.explained).is_empty());
}

#[tokio::test]
async fn others_get_nothing() {
    let bench = Bench::new();
    let client = enter(&bench).await;
    let form = token_in(&client.get("/").await);
    let fields = [("form", &*form), ("seq", "7"), ("text", "x")];
    for more in [
        "Origin: http://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: null\r\n",
    ] {
        let answer = client.post(more, &fields).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{more} {answer}");
    }
    let other = [("form", "0"), ("seq", "7"), ("text", "x")];
    assert!(client.post("", &other).await.starts_with("HTTP/1.1 403"));
    // A name that was made to mean this computer.
    let rebound = client.send("GET /", "Host: evil.example\r\n", "").await;
    assert!(rebound.starts_with("HTTP/1.1 421"), "{rebound}");
    let stranger = Client {
        host: client.host.clone(),
        cookie: String::new(),
    };
    assert!(stranger.get("/").await.starts_with("HTTP/1.1 403"));
    assert!(lock(&bench.explained).is_empty());

    // The token and the cookie of another account.
    let url = bench.door.open("sam", me() + 1).await.unwrap();
    let (_, token) = url.split_once("/open").unwrap();
    let answer = stranger.get(&format!("/open{token}")).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let site = bench.door.site().unwrap();
    let now = clock::now().0;
    let token = site.sessions().admit("sam", me() + 1, now).unwrap();
    let cookie = site.sessions().enter(me() + 1, &token, now).unwrap();
    let thief = Client {
        host: client.host.clone(),
        cookie: format!("proviso-{}={cookie}", site.address.port()),
    };
    assert!(thief.get("/").await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn it_ends_when_nobody_uses_it_and_its_address_is_its_own_meanwhile() {
    let bench = Bench::new();
    bench.door.open("alex", me()).await.unwrap();
    let site = bench.door.site().unwrap();
    let url = format!("http://{}/", site.address);
    let visit = crate::merge::tests::observation(&url, 0, proviso_report::Method::Extension);
    assert!(bench.own.is(&visit.fact, clock::now().0));
    // The sessions' clock is the wall's, which no test can move: they are ended by hand.
    *site.sessions() = Sessions::default();
    let later = clock::now().0 + 10_000;
    while bench.own.is(&visit.fact, later) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(bench.door.site().is_none());
    assert!(TcpStream::connect(site.address).await.is_err());
}
