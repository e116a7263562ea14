//! A search among one's own people: a reason first, only whom they see, and everything entered.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use proviso_collector::config::Config;
use proviso_collector::store::Store;
use proviso_collector::store::audit;
use proviso_collector::store::staff::Role;
use proviso_collector::web::{self, Site};
use tokio_util::sync::CancellationToken;

use crate::history::{HOSTILE, mondays, search};
use crate::pages::{Browser, World};
use crate::roles::assign;

async fn searched(browser: &Browser<'_>, words: &str, reason: &str) -> String {
    let fields = [("words", words), ("reason", reason)];
    let answer = browser.fill("/search", "/search", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn only_ones_own_people_are_searched_and_a_reason_comes_first() {
    let world = World::new().await;
    let alex = mondays(&world, 1, "Alex Example", vec![search("wipe disk")]).await;
    let billie = mondays(&world, 2, "Billie Example", vec![search("wipe all")]).await;
    let casey = mondays(&world, 3, "Casey Example", vec![]).await;
    let kim = world.browser_as("kim", Role::Manager, "north").await;
    assign(&world, &alex, "staff-kim").await;
    assign(&world, &casey, "staff-kim").await;
    assign(&world, &billie, "staff-morgan").await;

    // Nothing is kept or entered without a reason; what was typed is there again.
    let answer = kim
        .fill("/search", "/search", &[("words", "wipe"), ("reason", "  ")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["There is a problem", "href=\"#reason\"", "value=\"wipe\""] {
        assert!(answer.body.contains(said), "{said} in {}", answer.body);
    }
    let empty = [("words", "a"), ("reason", "because")];
    let answer = kim.fill("/search", "/search", &empty).await;
    assert!(answer.body.contains("href=\"#words\""), "{}", answer.body);
    let forged = [("token", "x"), ("words", "wipe"), ("reason", "y")];
    let answer = kim.post("/search", &forged).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    assert!(entries.iter().all(|one| one.entry.action != "searched"));

    let to = searched(&kim, "wipe", "A referral of today & <more>").await;
    assert!(!to.contains("wipe"), "{to}");
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let reason = "\"wipe\", because: A referral of today & <more>";
    assert_eq!(entries[0].entry.action, "searched");
    assert_eq!(entries[0].entry.reason, reason, "before anything is shown");

    let body = kim.get(&to).await.body;
    for said in ["Alex Example", "On <b>1 day</b>", "2 people", "4 May 2026"] {
        assert!(body.contains(said), "{said} in {body}");
    }
    assert!(!body.contains("Billie Example") && !body.contains("Casey Example"));
    // Each who is shown is entered, and the auditor reads why.
    let whose = alex.clone();
    let entries = world
        .read(move |read| audit::of_person(read, &whose, 10, 0))
        .await;
    assert_eq!(entries[0].entry.action, "found");
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let log = auditor.get("/audit").await.body;
    assert!(log.contains("searched among their people for"), "{log}");
    assert!(
        log.contains("A referral of today &amp; &lt;more&gt;"),
        "{log}"
    );
    assert_eq!(auditor.get(&to).await.status, StatusCode::FORBIDDEN);

    // The way on.
    let (_, link) = body
        .split_once(&format!("href=\"/person/{alex}/timeline"))
        .unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let page = kim.get(&format!("/person/{alex}/timeline{link}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Where “wipe” occurs"), "{}", page.body);

    // Nobody opens what somebody else searched.
    let morgan = world.browser().await;
    assert_eq!(morgan.get(&to).await.status, StatusCode::NOT_FOUND);
    // Once a person is somebody else's, the same search no longer shows them.
    assign(&world, &alex, "staff-morgan").await;
    let body = kim.get(&to).await.body;
    assert!(body.contains("Nothing was found"), "{body}");
}

#[tokio::test]
async fn sites_devices_and_odd_words_are_looked_for() {
    let world = World::new().await;
    let alex = mondays(&world, 1, "Alex Example", vec![]).await;
    assign(&world, &alex, "staff-morgan").await;
    let morgan = world.browser().await;
    for (words, found) in [
        ("social.example", true),
        ("https://www.social.example/other?x=1", true),
        ("SOCIAL", true),
        ("firefox", true),
        ("social firefox", true),
        ("laptop-1", true),
        ("01010101", true),
        ("other.example", false),
        ("social other", false),
        (HOSTILE, true),
        ("' OR 1=1 --", false),
        ("東京", false),
    ] {
        let to = searched(&morgan, words, "a test").await;
        let answer = morgan.get(&to).await;
        assert_eq!(answer.status, StatusCode::OK);
        let body = answer.body;
        assert_eq!(body.contains("Alex Example"), found, "{words}: {body}");
        assert!(!body.contains("<script>alert"), "{body}");
    }
}

#[tokio::test]
async fn who_cannot_be_looked_through_is_said() {
    let world = World::new().await;
    let alex = mondays(&world, 1, "Alex Example", vec![]).await;
    let billie = mondays(&world, 2, "Billie Example", vec![]).await;
    let morgan = world.browser().await;
    let to = searched(&morgan, "social", "a test").await;
    let body = morgan.get(&to).await.body;
    assert!(body.contains("Alex Example") && body.contains("Billie Example"));
    // The key is gone, and a new process does not remember it.
    let keys = world._dir.path().join("person-keys");
    std::fs::remove_file(keys.join(format!("{alex}-1.key"))).unwrap();
    let store = Store::open(&world._dir.path().join("store.db")).unwrap();
    let stop = CancellationToken::new();
    let config = Config::parse("").unwrap();
    let site = Arc::new(Site::new(store.clone(), &config, stop.clone()).unwrap());
    let again = World {
        app: web::router(Arc::clone(&site)),
        _dir: tempfile::tempdir().unwrap(),
        store,
        site,
        stop,
    };
    let body = again.browser_of("morgan").await.get(&to).await.body;
    assert!(body.contains("could not be looked through"), "{body}");
    assert!(!body.contains(keys.to_str().unwrap()), "{body}");
    assert!(body.contains(&format!("/person/{billie}")), "{body}");
    assert!(!body.contains("href=\"/person/01"), "{body}");
}
