//! Times in the reader's zone, with the device's own beside it.

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use proviso_collector::digest::Follower;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::zones::{self, Since};
use proviso_collector::store::{FindingId, Hash, PersonId, audit, digests};
use proviso_report::fact::{AgentStarted, PreviousEnd, ZoneChanged};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::pages::{ORDER, World, hidden, with};

/// 2026-06-01T10:00:00Z, 11:00 in London, 19:00 in Tokyo.
const MORNING: i64 = 1_780_308_000_000;
const MINUTE: i64 = 60_000;

/// The zone of a device when it began, if it says so, and after it was changed.
type Zones = (Option<&'static str>, Option<&'static str>);

/// Somebody whose computer shows two pages, its zone being changed between them; an alert is about the second.
async fn seen(world: &World, (first, then): Zones) -> PersonId {
    let id = world.ordered(1, "Alex Example").await;
    let (store, whose) = (world.store.clone(), id.clone());
    let log = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, Hash::of(ORDER.as_bytes()));
        let started = AgentStarted {
            version: "0.1.0".to_owned(),
            engine: "e".to_owned(),
            platform: "linux".to_owned(),
            sources: vec![],
            previous: PreviousEnd::First,
            zone: first.map(str::to_owned),
        };
        let before = visit("https://before.example/", "Before");
        let mut records = vec![
            log.record(0, MORNING - 20 * MINUTE, "", started),
            log.record(1, MORNING - 4 * MINUTE, "4", before),
        ];
        if let Some(then) = then {
            let changed = ZoneChanged {
                from: Some(first.unwrap_or("Europe/London").to_owned()),
                to: then.to_owned(),
            };
            records.push(log.record(2, MORNING - 2 * MINUTE, "", changed));
        }
        let place = records.len() as u64;
        let after = visit("https://www.facebook.com/", "After");
        records.push(log.record(place, MORNING, "4", after));
        log.report(&store, &signer, &records, MORNING + 5 * MINUTE);
        let mut follower = Follower::new(store, TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap();
        (log.device, place)
    });
    let (device, seq) = log.await.unwrap();
    let finding = Finding {
        id: FindingId([5; 16]),
        device,
        person: id.clone(),
        seq,
        at: MORNING,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"host","text":"facebook.com"}]"#.to_owned(),
        engine: "proviso-engine/1".to_owned(),
        order: Hash::of(ORDER.as_bytes()),
        basis: None,
        made: MORNING + 5 * MINUTE,
        proof: Proof::Proven,
    };
    world.find(vec![finding], vec![]).await;
    id
}

fn alert() -> String {
    format!("/alert/{}", "05".repeat(16))
}

#[tokio::test]
async fn the_devices_own_time_stands_beside_the_readers_from_the_change_on() {
    let world = World::new().await;
    let person = seen(&world, (Some("Europe/London"), Some("Asia/Tokyo"))).await;
    let browser = world.browser().await;
    let body = browser.get(&alert()).await.body;
    for said in [
        "Mon 1 Jun 2026, 11:00:00 BST</time>. <time datetime=\"2026-06-01T10:00:00Z\">Mon 1 Jun 2026, 19:00:00 JST</time> \
         on the device (<bdi>Asia/Tokyo</bdi>)",
        "11:00:00 BST</time> <span class=\"quiet\">(<time datetime=\"2026-06-01T10:00:00Z\">19:00:00 JST</time> on the device)",
        "10:56:00 BST</time></span>",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    let path = format!("/person/{person}/day?day=2026-06-01");
    let day = browser.get(&path).await.body;
    assert_eq!(day.matches(" on the device)").count(), 2, "{day}");
    assert!(day.contains("19:00:00 JST"), "{day}");
    let queue = browser.get("/alerts").await.body;
    assert!(
        queue.contains("19:00:00 JST</time> on the device)"),
        "{queue}"
    );
}

#[tokio::test]
async fn lists_tell_the_devices_own_time_of_the_first_and_of_the_last_alert_of_a_case() {
    let world = World::new().await;
    let person = seen(&world, (Some("Europe/London"), Some("Asia/Tokyo"))).await;
    let browser = world.browser().await;
    let case = format!("/case/{}", "05".repeat(16));
    let tokyo = "11:00:00 BST</time> <span class=\"quiet\">(<time \
                 datetime=\"2026-06-01T10:00:00Z\">19:00:00 JST</time> on the device)";
    let body = browser.get(&case).await.body;
    let once = format!("Once, <time datetime=\"2026-06-01T10:00:00Z\">Mon 1 Jun 2026, {tokyo}");
    assert!(body.contains(&once), "{once} in {body}");

    // An alert about what came before the zone was changed lies in the same case.
    let mut before = world
        .read(|read| findings::get(read, FindingId([5; 16])))
        .await
        .unwrap();
    (before.id, before.seq, before.at) = (FindingId([6; 16]), 1, MORNING - 4 * MINUTE);
    world.find(vec![before], vec![]).await;
    let first =
        "first <time datetime=\"2026-06-01T09:56:00Z\">Mon 1 Jun 2026, 10:56:00 BST</time>, last";
    for page in ["/", "/alerts", &case, &format!("/person/{person}")] {
        let body = browser.get(page).await.body;
        let (_, rest) = body
            .split_once(first)
            .unwrap_or_else(|| panic!("{page}: {body}"));
        let (last, _) = rest
            .split_once("on the device")
            .unwrap_or_else(|| panic!("{page}: {body}"));
        assert!(last.contains("19:00:00 JST"), "{page}: {body}");
    }
}

#[tokio::test]
async fn whoever_reads_elsewhere_reads_in_their_zone_with_the_orders_beside_it() {
    let world = World::new().await;
    let person = seen(&world, (Some("Europe/London"), None)).await;
    let browser = world.browser().await;
    let choose = async |zone| {
        let fields = [("zone", zone)];
        browser.fill("/account", "/account/zone", &fields).await
    };
    let wrong = choose("Europe/Atlantis").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(choose("Asia/Tokyo").await.status, StatusCode::SEE_OTHER);
    let account = browser.get("/account").await.body;
    assert!(
        account.contains("<option value=\"Asia/Tokyo\" selected"),
        "{account}"
    );
    let body = browser.get(&alert()).await.body;
    for said in [
        "Mon 1 Jun 2026, 19:00:00 JST",
        "11:00:00 BST</time> in the order's zone)",
        "11:00:00 BST</time> on the device (<bdi>Europe/London</bdi>)",
        // The day is still the order's.
        "day?day=2026-06-01",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    let path = format!("/person/{person}/day?day=2026-06-01");
    let day = browser.get(&path).await.body;
    let said = "Asia/Tokyo. The day begins and ends in Europe/London.";
    assert!(day.contains(said), "{day}");

    // A note of half past seven is one of half past seven there.
    let notes = format!("/person/{person}/notes");
    let typed = [
        ("kind", "call"),
        ("day", "2026-06-01"),
        ("time", "19:30"),
        ("text", "He said so."),
        ("outcome", ""),
    ];
    let kept = browser.fill(&notes, &notes, &typed).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    let note = browser.get(&notes).await.body;
    let said = "datetime=\"2026-06-01T10:30:00Z\">Mon 1 Jun 2026, 19:30:00 JST";
    assert!(note.contains(said), "{note}");

    // What a page asked for in one zone is not read in another, and clocks showed no time that they skipped.
    let there = hidden(&note, &notes);
    assert_eq!(choose("Europe/London").await.status, StatusCode::SEE_OTHER);
    let refused = browser.post(&notes, &with(&there, &typed)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "This page asked for a time in Asia/Tokyo, and you read times in Europe/London now.";
    assert!(refused.body.contains(said), "{}", refused.body);
    let skipped = typed.map(|(name, value)| match name {
        "day" => (name, "2026-03-29"),
        "time" => (name, "01:30"),
        _ => (name, value),
    });
    let refused = browser.fill(&notes, &notes, &skipped).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "Time: the clocks are put forward over this time on that day.";
    assert!(refused.body.contains(said), "{}", refused.body);

    // Others read as everybody does.
    assert_eq!(choose("").await.status, StatusCode::SEE_OTHER);
    // Each change is entered, and what changes nothing is not.
    assert_eq!(choose("").await.status, StatusCode::SEE_OTHER);
    let entries = world.read(|read| audit::latest(read, 50, 0)).await;
    let chosen = entries.iter().map(|one| &one.entry);
    let chosen: Vec<_> = chosen
        .filter(|one| one.action == "chose_zone")
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(
        chosen,
        [
            "that of everybody here after Europe/London",
            "Europe/London after Asia/Tokyo",
            "Asia/Tokyo after that of everybody here",
        ]
    );
    let body = browser.get(&alert()).await.body;
    assert!(!body.contains("JST"), "{body}");
    assert!(body.contains("The same on the device"), "{body}");
}

#[tokio::test]
async fn a_zone_that_is_not_known_is_said_and_nothing_is_guessed() {
    for (zones, said) in [
        ((None, None), "The device's zone is not known."),
        (
            (Some("a zone without a name (ba7816bf8f01)"), None),
            "The device's zone is <bdi>a zone without a name (ba7816bf8f01)</bdi>, which is not known here",
        ),
        // An agent of before says only what changed.
        (
            (None, Some("Asia/Tokyo")),
            "19:00:00 JST</time> on the device",
        ),
    ] {
        let world = World::new().await;
        seen(&world, zones).await;
        let body = world.browser().await.get(&alert()).await.body;
        assert!(body.contains(said), "{said} in {body}");
    }
}

#[tokio::test]
async fn zones_are_made_again_from_the_reports() {
    let world = World::new().await;
    seen(&world, (None, Some("Asia/Tokyo"))).await;
    let device = proviso_collector::store::DeviceId([1; 16]);
    let kept = || world.read(move |read| zones::of_device(read, device));
    let before = kept().await;
    let since = |seq, zone: &str| Since {
        seq,
        at: MORNING - 2 * MINUTE,
        zone: zone.to_owned(),
    };
    assert_eq!(before, [since(0, "Europe/London"), since(2, "Asia/Tokyo")]);
    world.write(move |tx| digests::forget(tx, device)).await;
    assert_eq!(kept().await, []);
    let store = world.store.clone();
    let follow = move || {
        let mut follower = Follower::new(store, TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap()
    };
    tokio::task::spawn_blocking(follow).await.unwrap();
    assert_eq!(kept().await, before);
}
