//! A computer whose clocks show another time than the reader's: every page that tells a moment of its log says so.

use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::digest::Follower;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::cases;
use proviso_collector::store::conditions::{self, Condition, ConditionKind};
use proviso_collector::store::findings;
use proviso_collector::store::{Hash, PersonId};
use proviso_report::Fact;
use proviso_report::fact::{AgentStarted, Change, Device, Explanation, PreviousEnd};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::narrowed::narrowed_of;
use crate::orders::order;
use crate::pages::{Browser, HOUR, World, finding, today};

/// Somebody whose computer names this zone, if any; what it saw five hours ago, and a finding of it.
async fn seen(world: &World, zone: Option<&'static str>) -> (PersonId, Hash) {
    // Two hosts, so that one of them can be left out of the rule.
    let order = order(1, "facebook.com")
        .replace("\"facebook.com\"]", "\"facebook.com\", \"advert.example\"]");
    let digest = Hash::of(order.as_bytes());
    let id = world.under(1, "Alex Example", &order).await;
    let (store, whose) = (world.store.clone(), id.clone());
    let at = clock::now() - 5 * HOUR;
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, digest);
        let facts: [Fact; 4] = [
            AgentStarted {
                version: "0.1.0".to_owned(),
                engine: "e".to_owned(),
                platform: "linux".to_owned(),
                sources: vec![],
                previous: PreviousEnd::First,
                zone: zone.map(str::to_owned),
            }
            .into(),
            visit("https://advert.example/", "A page").into(),
            Device {
                change: Change::Added,
                class: "phone".to_owned(),
                serial: Some("AAA111".to_owned()),
                vendor: None,
                product: Some("Pixel 9".to_owned()),
                bytes: None,
            }
            .into(),
            Explanation {
                seqs: vec![1],
                text: "It was an advertisement.".to_owned(),
                accident: Some(true),
            }
            .into(),
        ];
        let records: Vec<_> = (0_u64..)
            .zip(facts)
            .map(|(place, fact)| log.record(place, at, "4", fact))
            .collect();
        log.report(&store, &signer, &records, at + HOUR);
        let mut follower = Follower::new(store, TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap();
    })
    .await
    .unwrap();
    let mut found = finding(1, 1, "4.a", "breach", "advert.example");
    (found.order, found.at) = (digest, at);
    let killed = Condition {
        device: found.device,
        person: id.clone(),
        kind: ConditionKind::Killed,
        source: String::new(),
        seq: 1,
        since: at,
        until: Some(at + HOUR),
        known: at + HOUR,
        cleared: None,
    };
    world
        .write(move |tx| {
            conditions::put(tx, &killed)?;
            findings::put(tx, &found, &[])
        })
        .await;
    (id, digest)
}

/// The pages that tell moments of the log.
async fn pages(browser: &Browser<'_>, person: &PersonId, order: Hash) -> Vec<(String, String)> {
    let alert = format!(
        "/alert/{}",
        finding(1, 1, "4.a", "breach", "advert.example").id
    );
    let day = today();
    let days = format!("from={}&to={day}", day.yesterday().unwrap());
    let whose = person.clone();
    let cases = browser
        .world
        .read(move |read| cases::of_person(read, &whose, 9, 0))
        .await;
    let killed = cases.iter().find(|case| case.subject == "killed").unwrap();
    let mut all = Vec::new();
    for page in [
        format!("/case/{}", killed.id),
        format!("{alert}/alike"),
        format!("/person/{person}/register"),
        format!("/person/{person}/polygraph?{days}"),
        alert,
    ] {
        all.push((page.clone(), browser.get(&page).await.body));
    }
    let narrow = narrowed_of(browser, order).await;
    all.push(("narrowed".to_owned(), narrow));
    let begun = browser.fill("/rules/narrowed", "/rules/try", &[]).await;
    let to = begun.headers["location"].to_str().unwrap().to_owned();
    let replay = loop {
        let answer = browser.get(&to).await;
        if !answer.headers.contains_key("refresh") {
            break answer.body;
        }
        tokio::task::yield_now().await;
    };
    all.push((to, replay));
    all
}

#[tokio::test]
async fn the_devices_own_time_stands_beside_every_moment_of_its_log() {
    let world = World::new().await;
    let (person, order) = seen(&world, Some("Asia/Tokyo")).await;
    let browser = world.browser().await;
    for (page, body) in pages(&browser, &person, order).await {
        assert!(body.contains("JST</time> on the device)"), "{page}: {body}");
    }
    let extract = format!("/person/{person}/extract/new");
    let body = browser.get(&extract).await.body;
    assert!(body.contains("JST on the device (Asia/Tokyo)."), "{body}");
}

#[tokio::test]
async fn a_clock_whose_zone_nobody_knows_is_not_said_to_show_the_readers_time() {
    let world = World::new().await;
    let (person, order) = seen(&world, None).await;
    let browser = world.browser().await;
    for (page, body) in pages(&browser, &person, order).await {
        assert!(!body.contains("on the device)"), "{page}: {body}");
        let told = body.matches("by the device's clock").count();
        let said = body
            .matches("by the device's clock, whose zone is not known")
            .count();
        assert_eq!(told, said, "{page}: {body}");
        assert!(said > 0 || page.ends_with("/alike"), "{page}: {body}");
    }
    let extract = format!("/person/{person}/extract/new");
    let body = browser.get(&extract).await.body;
    assert!(body.contains("The device's zone is not known."), "{body}");
}
