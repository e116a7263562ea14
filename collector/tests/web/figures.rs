//! Figures for a monitoring system, health and readiness.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::config::Secret;
use proviso_collector::metrics::{self, Metrics};
use proviso_collector::ready::Ready;
use proviso_collector::store::audit::{self, Entry};
use proviso_collector::store::conditions::{self, Condition, ConditionKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, Store, StoreError, documents};
use tower::ServiceExt as _;

use crate::pages::{HOUR, World, busy, finding};

fn metrics(world: &World, ready: Arc<Ready>) -> Arc<Metrics> {
    let file = world._dir.path().join("store.db");
    let requests = world.site.requests();
    Arc::new(Metrics::new(world.store.clone(), file, requests, ready))
}

fn ready(world: &World) -> Arc<Ready> {
    Arc::new(Ready::new(world.store.clone(), world._dir.path()).with_room(1))
}

async fn ask(app: &Router, path: &str, bearer: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if let Some(token) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn value(page: &str, series: &str) -> String {
    let line = page.lines().find(|line| {
        line.strip_prefix(series)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    let (_, value) = line.unwrap_or(series).rsplit_once(' ').unwrap();
    value.to_owned()
}

#[tokio::test]
async fn figures_count_and_name_nobody() {
    let world = World::with(
        "[smtp]\nserver = \"127.0.0.1\"\nport = 25\ntls = false\nfrom = \"a@b.example\"\n\
         to = [\"morgan.the.manager@force.example\"]\n",
    )
    .await;
    let person = world.person(1, "Alex Example", 0).await;
    world.person(2, "Kim Otherwise", 25 * HOUR).await;
    let channel = "mail-0123456789abcdef".to_owned();
    world.find(busy(1), vec![channel]).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let condition = Condition {
        device: one.device,
        person: person.clone(),
        kind: ConditionKind::SourceFailed,
        source: "laptop-secret".to_owned(),
        seq: 1,
        since: 1,
        until: None,
        known: 1,
        cleared: None,
    };
    world.write(move |tx| conditions::put(tx, &condition)).await;
    let browser = world.browser_as("kim", Role::Supervisor, "north").await;
    browser.get(&format!("/person/{person}")).await;
    browser.get("/person/'OR'1'='1/day?day=2026-11-24").await;
    browser.get("/no-such/Alex-Example").await;

    let app = metrics::router(metrics(&world, ready(&world)), None);
    let (status, page) = ask(&app, "/metrics", None).await;
    assert_eq!(status, StatusCode::OK);
    for (series, wanted) in [
        ("proviso_devices{state=\"heard\"}", "1"),
        ("proviso_devices{state=\"silent\"}", "1"),
        ("proviso_devices{state=\"retired\"}", "0"),
        ("proviso_alerts{severity=\"breach\",state=\"open\"}", "41"),
        ("proviso_alerts{severity=\"review\",state=\"open\"}", "1"),
        ("proviso_alerts{severity=\"urgent\",state=\"open\"}", "0"),
        (
            "proviso_alerts_oldest_seconds{severity=\"urgent\"}",
            "0.000",
        ),
        ("proviso_conditions{kind=\"source_failed\"}", "1"),
        ("proviso_outbox{way=\"mail\"}", "42"),
        ("proviso_outbox{way=\"webhook\"}", "0"),
        ("proviso_outbox_failing{way=\"mail\"}", "0"),
        ("proviso_sessions", "1"),
        ("proviso_ready{check=\"store\"}", "1"),
        ("proviso_ready{check=\"clock\"}", "1"),
        (
            "proviso_http_requests_total{method=\"GET\",route=\"/person/{id}\",status=\"200\"}",
            "1",
        ),
        (
            "proviso_http_requests_total{method=\"GET\",route=\"/person/{id}/day\",status=\"404\"}",
            "1",
        ),
        (
            "proviso_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}",
            "1",
        ),
    ] {
        assert_eq!(value(&page, series), wanted, "{series}");
    }
    let oldest = value(&page, "proviso_alerts_oldest_seconds{severity=\"breach\"}");
    assert!(oldest.parse::<f64>().unwrap() > 1.7e9, "{oldest}");
    for about in [
        "Alex",
        "Example",
        "Kim",
        "kim",
        "morgan",
        "north",
        "P-0001",
        "P-0002",
        "laptop",
        "facebook",
        "reddit",
        "SHPO",
        "4.a",
        "0123456789abcdef",
        "example",
        person.as_str(),
        &one.device.to_string(),
        &one.id.to_string(),
        &one.order.to_string(),
    ] {
        assert!(!page.contains(about), "{about} is in the figures");
    }
    well_formed(&page);
}

/// Each line is a comment or a sample of the family that the comments above it name.
fn well_formed(page: &str) {
    let mut family = "";
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            family = rest.split(' ').nth(1).unwrap();
            continue;
        }
        assert!(line.starts_with(family), "{line} is not of {family}");
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(page.ends_with('\n'));
}

#[tokio::test]
async fn figures_with_a_token_are_for_who_shows_it() {
    let world = World::new().await;
    let secret = "abcdefghijklmnopqrstuvwxyz";
    let token = Some(Secret(secret.to_owned()));
    let app = metrics::router(metrics(&world, ready(&world)), token);
    for wrong in [
        None,
        Some(""),
        Some("abc"),
        Some("abcdefghijklmnopqrstuvwxyZ"),
    ] {
        let (status, body) = ask(&app, "/metrics", wrong).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body.contains("[metrics] in collector.toml"), "{body}");
        assert!(!body.contains("proviso_"), "{body}");
    }
    assert_eq!(ask(&app, "/metrics", Some(secret)).await.0, StatusCode::OK);
    assert_eq!(ask(&app, "/healthz", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn figures_are_served_here_in_the_clear_until_the_end() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let world = World::new().await;
    let listener = metrics::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let why = metrics::bind(address).unwrap_err().to_string();
    assert!(why.contains("under [metrics]"), "{why}");
    let serving = tokio::spawn(metrics::serve(
        metrics(&world, ready(&world)),
        proviso_collector::config::Metrics::default(),
        listener,
        (vec![], vec![]),
        world.stop.clone(),
    ));
    let answer = reqwest::get(format!("http://{address}/metrics"))
        .await
        .unwrap();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    assert!(answer.text().await.unwrap().contains("proviso_devices"));
    world.stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn strangers_hear_one_word() {
    let world = World::new().await;
    let app = proviso_collector::ready::router::<()>(ready(&world));
    assert_eq!(
        ask(&app, "/healthz", None).await,
        (StatusCode::OK, "ok\n".to_owned())
    );
    assert_eq!(
        ask(&app, "/readyz", None).await,
        (StatusCode::OK, "ok\n".to_owned())
    );

    let full = Ready::new(world.store.clone(), world._dir.path()).with_room(u64::MAX);
    let app = proviso_collector::ready::router::<()>(Arc::new(full));
    let not = (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned());
    assert_eq!(ask(&app, "/readyz", None).await, not);
    assert_eq!(ask(&app, "/healthz", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_clock_behind_what_was_written_and_a_store_that_stopped_are_not_ready() {
    let world = World::new().await;
    assert!(ready(&world).now().await.all());
    let ahead = clock::now() + 2 * HOUR;
    let entry = Entry {
        id: "0".to_owned(),
        at: ahead,
        staff: "staff-morgan".to_owned(),
        action: "saw_overview".to_owned(),
        person: None,
        reason: String::new(),
    };
    world.write(move |tx| audit::put(tx, &entry)).await;
    let checks = ready(&world).now().await;
    assert!(checks.store && checks.disk && !checks.clock, "{checks:?}");
    let store = world.store.clone();
    tokio::task::spawn_blocking(move || store.close())
        .await
        .unwrap();
    assert!(!ready(&world).now().await.store);
}

#[tokio::test]
async fn the_pages_answer_for_health_without_a_session() {
    let mut world = World::new().await;
    let site = proviso_collector::web::Site::new(
        world.store.clone(),
        &proviso_collector::config::Config::default(),
        world.stop.clone(),
    );
    let site = site.unwrap().ready(ready(&world));
    world.app = proviso_collector::web::router(Arc::new(site));
    for path in ["/healthz", "/readyz"] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "ok\n")
        );
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
}

#[tokio::test]
async fn without_the_keys_of_people_nothing_is_ready_and_no_error_names_anybody() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let whose = person.clone();
    world
        .write(move |tx| {
            let document = documents::Document {
                id: "1".to_owned(),
                person: whose,
                name: Some("letter.txt".to_owned()),
                kind: "text".to_owned(),
                size: 4,
                sha256: Hash::of(b"text"),
                about: "A letter".to_owned(),
                staff: "staff-morgan".to_owned(),
                at: 1,
                staff_name: String::new(),
                removed: None,
            };
            documents::add(tx, &document, b"text")
        })
        .await;
    assert!(ready(&world).now().await.all());
    let keys = world.store.beside("person-keys");
    let aside = world.store.beside("aside");
    std::fs::rename(&keys, &aside).unwrap();
    let checks = ready(&world).now().await;
    assert!(checks.store && !checks.keys, "{checks:?}");
    let app = proviso_collector::ready::router::<()>(ready(&world));
    assert_eq!(
        ask(&app, "/readyz", None).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    // One that reads it for the first time.
    let fresh = Store::open(&world.store.beside("store.db")).unwrap();
    let why = fresh.read_blocking(|read| Ok::<_, StoreError>(documents::bytes(read, "1")?));
    let why = why.unwrap_err().to_string();
    assert!(
        why.contains("restore that folder from its own backup"),
        "{why}"
    );
    assert!(!why.contains(person.as_str()), "{why}");
    std::fs::rename(&aside, &keys).unwrap();
    assert!(ready(&world).now().await.all());
}
