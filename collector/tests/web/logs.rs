//! What the log says of people: nothing, above `debug`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::staff::Role;
use proviso_collector::web::routes;
use tracing_subscriber::fmt::MakeWriter;

use crate::log::{Log, visit};
use crate::pages::{HOUR, World, busy, finding, id, order};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_that_a_person_did_is_in_the_log() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::INFO)
        .with_writer(kept.clone())
        .finish();
    // The store's threads log too; each test is a process of its own.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::warn!("the log is kept");

    let world = World::new().await;
    let person = world.person(1, "Alexandra Findme", 0).await;
    world.person(2, "Nobody's Records", 0).await;
    world.find(busy(1), vec!["mail-x".to_owned()]).await;
    let (store, whose) = (world.store.clone(), person.clone());
    let held = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut device = Log::enrol(&store, 9, &whose, order(&whose).digest);
        let at = proviso_collector::clock::now() - HOUR;
        let page = visit("https://private.example/path-findme", "A title to findme");
        let record = device.record(0, at, "4", page);
        device.report(&store, &signer, &[record], at + 1_000);
    });
    held.await.unwrap();

    let alert = id(&finding(1, 0, "4.a", "breach", "facebook.com"));
    for role in Role::ALL {
        let browser = world.browser_as(role.as_str(), role, "").await;
        for route in routes::all() {
            let path = route
                .path
                .replace("/alert/{id}", &format!("/alert/{alert}"));
            let path = path
                .replace("{id}", person.as_str())
                .replace("{name}", "style.css");
            if route.path == "/live" || path.contains('{') {
                continue;
            }
            match route.method {
                Method::GET => drop(browser.get(&path).await),
                _ if route.path == "/sign-out" => {}
                _ => drop(
                    browser
                        .post(&path, &[("reason", "findme"), ("name", "findme")])
                        .await,
                ),
            }
        }
    }
    let nobody = proviso_collector::store::PersonId::from_random([2; 16]);
    let browser = world.browser().await;
    // This one fails, and says so in the log.
    let form = [("from", "2026-03-29"), ("to", "2026-03-30")];
    let page = format!("/person/{nobody}");
    browser.fill(&page, &format!("{page}/export"), &form).await;

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let mut lines = 0;
    for line in log.lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(said["message"].is_string(), "{line}");
        lines += 1;
    }
    assert!(lines >= 2, "{log}");
    for about in [
        "findme",
        "Findme",
        "Alexandra",
        "private.example",
        "facebook",
        "reddit",
        "social network",
        "P-0001",
        "laptop",
        "morgan",
        person.as_str(),
    ] {
        assert!(!log.contains(about), "{about} is in the log: {log}");
    }
}
