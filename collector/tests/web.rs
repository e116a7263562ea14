//! The pages, asked as a browser asks; the last tests over HTTPS, the others without sockets.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

mod pages;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::store::findings::Finding;
use proviso_collector::store::{FindingId, audit, casework, outbox, staff};

use proviso_collector::authority::{Authority, SERVER_NAME};
use proviso_collector::web;

use pages::{Answer, HOUR, PASSWORD, World, finding};

/// Forty visits to one site, one to another, one for review.
fn busy(number: u8) -> Vec<Finding> {
    let mut found: Vec<_> = (0..40)
        .map(|seq| finding(number, seq, "4.a", "breach", "facebook.com"))
        .collect();
    found.push(finding(number, 40, "4.a", "breach", "reddit.com"));
    found.push(finding(number, 41, "4.b", "review", "social network"));
    found
}

fn id(finding: &Finding) -> String {
    finding.id.to_string()
}

#[tokio::test]
async fn nothing_is_shown_to_somebody_who_is_not_signed_in() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let person = format!("/person/{person}?day=2026-01-01");
    let alike = format!("{alert}/alike");
    for path in ["/", "/alerts", "/audit", "/live", &person, &alert, &alike] {
        let answer = world.get(path).await;
        let seen = answer.body.contains("Alex") || answer.body.contains("facebook");
        assert!(!seen, "{path}");
        if path == "/live" {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        let to = answer.headers[header::LOCATION].to_str().unwrap();
        let query = to.strip_prefix("/sign-in?").unwrap();
        let next = url::form_urlencoded::parse(query.as_bytes())
            .next()
            .unwrap();
        assert_eq!(next.1, path);
    }
    let forged = Request::get("/").header(header::COOKIE, "__Host-proviso=AAAA");
    let answer = world.send(forged.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_strict_and_leads_where_one_wanted_to_go() {
    let world = World::new().await;
    let answer = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/alerts");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-proviso="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_name_a_wrong_password_and_a_shut_name_look_the_same() {
    let world = World::new().await;
    let wrong = world.try_sign_in("morgan", "wrong horse battery").await;
    let nobody = world.try_sign_in("nobody", "wrong horse battery").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body, nobody.body.replace("nobody", "morgan"));
    for _ in 0..4 {
        world.try_sign_in("morgan", "wrong horse battery").await;
    }
    let shut = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(shut.status, StatusCode::UNAUTHORIZED);
    assert_eq!(shut.body, wrong.body);
    // The shut ends by itself; a right password then clears the count.
    world.write(|tx| staff::lock(tx, "staff-morgan", 1)).await;
    let opened = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let now = world.read(|read| staff::by_name(read, "morgan")).await;
    assert_eq!(now.unwrap().failed, 0);
}

#[tokio::test]
async fn one_address_cannot_try_for_ever() {
    let world = World::new().await;
    for number in 0..10 {
        world.try_sign_in(&format!("nobody{number}"), "x").await;
    }
    let answer = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let world = World::new().await;
    let browser = world.browser().await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let out = browser.fill("/", "/sign-out", &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.live("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_page_forbids_foreign_and_inline_code() {
    let world = World::new().await;
    let person = world.person(1, "<script>alert(1)</script>", 0).await;
    let one = finding(1, 0, "4.a", "breach", "<img src=x onerror=alert(2)>");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let (person, alike) = (format!("/person/{person}"), format!("{alert}/alike"));
    for path in [
        "/", "/alerts", "/audit", &person, &alert, &alike, "/nowhere", "/sign-in",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let body = &answer.body;
        assert!(
            !body.contains("<script>") && !body.contains("<img"),
            "{path}"
        );
        assert!(
            !body.contains("<style") && !body.contains(" style="),
            "{path}"
        );
        let foreign = body.contains("src=\"http") || body.contains("href=\"http");
        assert!(!foreign, "{path}");
    }
}

#[tokio::test]
async fn a_form_of_another_session_or_site_changes_nothing() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");
    let fields = [
        ("verdict", "no_breach"),
        ("reason", "x"),
        ("seen", ""),
        ("token", "00"),
    ];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let token = pages::hidden(&browser.get(&alert).await.body, &path)[0]
        .1
        .clone();
    let form = format!("token={token}&verdict=no_breach&reason=x&seen=");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let request = Request::post(&path)
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "collector.example")
            .header(name, value);
        let answer = world
            .send(request.body(Body::from(form.clone())).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert!(kept.is_empty());
}

#[tokio::test]
async fn an_empty_collector_says_what_to_do() {
    let world = World::new().await;
    let browser = world.browser().await;
    let body = browser.get("/").await.body;
    assert!(body.contains("Nobody is entered yet"), "{body}");
    assert!(body.contains("not a statement"), "{body}");
    assert!(body.contains("No mail or webhook is set up"), "{body}");
    let body = browser.get("/alerts").await.body;
    assert!(body.contains("Nothing is waiting"), "{body}");
}

#[tokio::test]
async fn the_overview_puts_first_who_needs_a_person() {
    let world = World::new().await;
    world.person(1, "Calm Person", 0).await;
    world.person(2, "Silent Person", 30 * HOUR).await;
    world.person(3, "Review Person", 0).await;
    world.person(4, "Urgent Person", 0).await;
    world.person(5, "Breach Person", 0).await;
    world
        .find(
            vec![
                finding(3, 0, "4.b", "review", "social network"),
                finding(4, 0, "4.a", "urgent", "facebook.com"),
            ],
            vec![],
        )
        .await;
    world.find(busy(5), vec![]).await;
    let body = world.browser().await.get("/").await.body;
    let names = [
        "Urgent Person",
        "Breach Person",
        "Review Person",
        "Silent Person",
        "Calm Person",
    ];
    let places: Vec<_> = names.iter().map(|name| body.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(
        body.contains("<b>44 possible breaches</b> of 3 people"),
        "{body}"
    );
    assert!(body.contains("Possible breach if a listed social network is opened."));
    assert!(body.contains("<b>40 times</b>"));
    assert!(body.contains("1 person with a silent device"));
}

#[tokio::test]
async fn no_page_calls_a_finding_a_breach() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let found = busy(1);
    let alert = format!("/alert/{}", id(&found[0]));
    world.find(found, vec![]).await;
    let browser = world.browser().await;
    let (person, alike) = (format!("/person/{person}"), format!("{alert}/alike"));
    for path in ["/", "/alerts", &person, &alert, &alike] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let mut text = visible(&answer.body).to_lowercase();
        // What a person may decide, and the sentences that say who decides.
        for fair in [
            "possible breach",
            "decided: no breach",
            "decided: in my judgement, a breach of the order",
            "not a statement that there was no breach",
            "only a person decides whether an order was breached",
        ] {
            text = text.replace(fair, "");
        }
        assert!(!text.contains("breach"), "{path}: {text}");
    }
}

/// What a reader sees: the text between the tags.
fn visible(html: &str) -> String {
    let pieces = html
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn four_hundred_alerts_are_a_page_a_person_can_read() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let hosts = ["a.example", "b.example", "c.example", "d.example"];
    let found = (0..400_u64).map(|seq| finding(1, seq, "4.a", "breach", hosts[(seq % 4) as usize]));
    world.find(found.collect(), vec![]).await;
    let browser = world.browser().await;
    let body = browser.get("/").await.body;
    assert!(body.contains("400 possible breaches"));
    assert_eq!(body.matches("100 times").count(), 3);
    assert!(body.contains("More kinds of possible breach"));
    let body = browser.get("/alerts").await.body;
    assert_eq!(body.matches("<b>100 times</b>").count(), 4);
}

#[tokio::test]
async fn long_lists_have_pages() {
    let world = World::new().await;
    for number in 1..=60 {
        world
            .person(number, &format!("Person {number:02}"), 0)
            .await;
    }
    let hosts =
        (0..120_u64).map(|seq| finding(1, seq, "4.a", "breach", &format!("h{seq}.example")));
    world.find(hosts.collect(), vec![]).await;
    let browser = world.browser().await;
    let (one, two) = (
        browser.get("/").await.body,
        browser.get("/?page=2").await.body,
    );
    assert!(one.contains("/?page=2") && !two.contains("/?page=3"));
    for number in 1..=60 {
        let name = format!("Person {number:02}");
        let times = one.contains(&name) as u8 + two.contains(&name) as u8;
        assert_eq!(times, 1, "{name}");
    }
    let mut seen = 0;
    for page in 1..=3 {
        let body = browser.get(&format!("/alerts?page={page}")).await.body;
        seen += body.matches("class=\"what\"").count();
    }
    assert_eq!(seen, 120);
}

#[tokio::test]
async fn a_decision_needs_a_reason_is_kept_and_is_audited() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");

    let answer = browser
        .fill(&alert, &path, &[("verdict", "no_breach"), ("reason", " ")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("needs a reason"));
    let answer = browser
        .fill(&alert, &path, &[("verdict", "guilty"), ("reason", "x")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    for (verdict, reason) in [
        ("acknowledged", ""),
        ("no_breach", "He had <b>written</b> permission."),
        ("reopened", "The permission had ended."),
        ("breach", "Admitted on the telephone."),
    ] {
        let answer = browser
            .fill(&alert, &path, &[("verdict", verdict), ("reason", reason)])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let body = browser.get(&alert).await.body;
    for said in [
        "I am looking into it",
        "He had &lt;b&gt;written&lt;/b&gt; permission.",
        "The permission had ended.",
        "Admitted on the telephone.",
        "morgan: Decided: in my judgement, a breach of the order",
    ] {
        assert!(body.contains(said), "{said}");
    }
    let state = world
        .read(move |read| casework::alert(read, finding_id))
        .await;
    assert_eq!(state.unwrap().state, casework::AlertState::Decided);
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let decided = entries
        .iter()
        .filter(|one| one.entry.action == "decided")
        .count();
    assert_eq!(decided, 4);
}

#[tokio::test]
async fn whoever_is_overtaken_is_told_and_changes_nothing() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");
    let early = pages::hidden(&browser.get(&alert).await.body, &path);
    browser
        .fill(
            &alert,
            &path,
            &[("verdict", "no_breach"), ("reason", "first")],
        )
        .await;
    let mut late: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    late.extend([("verdict", "breach"), ("reason", "second")]);
    let answer = browser.post(&path, &late).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("Somebody else recorded a decision"));
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn alike_alerts_are_decided_together_each_with_its_own_decision() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let found = busy(1);
    let (first, other) = (found[0].clone(), found[40].clone());
    world.find(found, vec![]).await;
    let browser = world.browser().await;
    let page = format!("/alert/{}/alike", id(&first));
    let fields = [
        ("verdict", "software_wrong"),
        ("reason", "An advertisement in a news page."),
    ];
    let answer = browser
        .fill(&page, &format!("{page}/decide"), &fields)
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let body = browser.get(&page).await.body;
    assert!(body.contains("All of these are decided."), "{body}");
    let state = |id: FindingId| world.read(move |read| casework::alert(read, id));
    assert_eq!(
        state(first.id).await.unwrap().state,
        casework::AlertState::Decided
    );
    assert_eq!(
        state(other.id).await.unwrap().state,
        casework::AlertState::Open
    );
    let kept = world
        .read(move |read| casework::decisions(read, first.id))
        .await;
    assert_eq!(kept[0].decision.reason, "An advertisement in a news page.");
}

#[tokio::test]
async fn every_look_at_a_person_is_entered_and_a_live_page_is_one_look() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let whose = format!("/person/{person}");
    for path in ["/", "/alerts", &whose, &alert, &format!("{alert}/alike")] {
        browser.get(path).await;
        for _ in 0..5 {
            browser.live(path).await;
        }
    }
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let mut actions: Vec<_> = entries
        .iter()
        .map(|one| one.entry.action.as_str())
        .collect();
    actions.sort_unstable();
    let expected = [
        "saw_alert",
        "saw_alerts",
        "saw_alike",
        "saw_overview",
        "saw_person",
        "signed_in",
    ];
    assert_eq!(actions, expected);
    let body = browser.get(&format!("/audit?person={person}")).await.body;
    assert!(body.contains("saw the page and the day"), "{body}");
    assert!(
        body.contains("P-0001") && !body.contains("Alex Example"),
        "{body}"
    );
}

#[tokio::test]
async fn an_alert_that_did_not_go_out_is_said_on_the_overview() {
    let config = "[smtp]\nserver = \"127.0.0.1\"\nport = 25\ntls = false\n\
                  from = \"a@example\"\nto = [\"manager@example\"]\n";
    let world = World::with(config).await;
    let channel = proviso_collector::config::Config::parse(config)
        .unwrap()
        .channels();
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let row = format!("{}:{}", id(&one), channel[0]);
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], channel).await;
    let browser = world.browser().await;
    let calm = browser.get("/").await.body;
    assert!(
        !calm.contains("did not reach"),
        "not tried yet is no failure"
    );
    world
        .write(move |tx| outbox::postpone(tx, &row, "the mail server is away", i64::MAX))
        .await;
    let body = browser.get("/").await.body;
    assert!(body.contains("Alerts that did not reach people"), "{body}");
    assert!(body.contains("mail to manager@example") && body.contains("The mail server is away."));
    assert!(
        browser
            .get(&alert)
            .await
            .body
            .contains("The mail server is away.")
    );
}

#[tokio::test]
async fn an_address_that_names_nothing_says_so() {
    let world = World::new().await;
    let browser = world.browser().await;
    let nobody = format!("/person/{}", "0".repeat(32));
    let nothing = format!("/alert/{}", "0".repeat(32));
    for path in [
        "/person/x",
        "/alert/x",
        &nobody,
        &nothing,
        "/x",
        "/assets/x",
    ] {
        let Answer { status, body, .. } = browser.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("There is no"), "{path}: {body}");
    }
}

/// Serves `world` over HTTPS as `serve` does; gives the address and a client that trusts it.
async fn https(
    world: &World,
) -> (
    String,
    reqwest::Client,
    tokio::task::JoinHandle<Result<(), web::WebError>>,
) {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let ca = Authority::create("example").unwrap();
    let authority = Authority::load(ca.certificate.clone(), &ca.key).unwrap();
    let own = authority.server(&[]).unwrap();
    let listener = web::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let chain = vec![own.certificate, ca.certificate.clone()];
    let site = std::sync::Arc::clone(&world.site);
    let serving = tokio::spawn(web::serve(site, listener, chain, own.key));
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_der(&ca.certificate).unwrap()])
        .resolve(SERVER_NAME, address)
        .build()
        .unwrap();
    let base = format!("https://{SERVER_NAME}:{}", address.port());
    (base, client, serving)
}

#[tokio::test]
async fn an_open_page_hears_of_an_alert_and_ends_with_its_session() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let (base, client, serving) = https(&world).await;
    let browser = world.browser().await;
    let stream = client
        .get(format!("{base}/live"))
        .header("cookie", &browser.cookie);
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.version(), reqwest::Version::HTTP_2);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    world.find(vec![one], vec![]).await;
    let event = stream.chunk().await.unwrap().unwrap();
    let event = String::from_utf8(event.to_vec()).unwrap();
    assert_eq!(event, format!("event: change\ndata: {person}\n\n"));

    let page = client.get(&base).header("cookie", &browser.cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("1 possible breach"), "{page}");

    world.stop.cancel();
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_said_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let why = web::bind(taken.local_addr().unwrap())
        .unwrap_err()
        .to_string();
    assert!(why.contains("choose another address"), "{why}");
}
