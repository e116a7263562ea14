//! The timeline: figures from the digest, what is usual, what is left out, and the way to the records.

use axum::http::{StatusCode, header};
use jiff::tz::TimeZone;
use proviso_collector::digest::Follower;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, Store, audit, digests, orders};
use proviso_report::fact::{Foreground, Search};
use proviso_report::{Fact, Record};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::pages::{ORDER, World, order};

/// 2026-03-02T10:00:00Z, a Monday.
const MONDAY: i64 = 1_772_445_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>";

/// Somebody of number `number` with ten Mondays of five records each; on the last there are nine, and what is
/// in `more`.
pub(crate) async fn mondays(world: &World, number: u8, name: &str, more: Vec<Fact>) -> PersonId {
    let id = PersonId::from_random([number; 16]);
    let person = Person {
        id: id.clone(),
        pseudonym: format!("P-{number:04}"),
        created: 1,
        name: name.to_owned(),
        note: String::new(),
    };
    let held = order(&id);
    world
        .write(move |tx| {
            people::add(tx, &person)?;
            orders::put(tx, &held)
        })
        .await;
    let (store, whose) = (world.store.clone(), id.clone());
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, number, &whose, Hash::of(ORDER.as_bytes()));
        for week in 0..10_i64 {
            let begin = MONDAY + week * 7 * DAY;
            let count = if week == 9 { 8 } else { 4 };
            let mut records: Vec<Record> = Vec::new();
            for place in 0..count {
                let page = visit("https://www.social.example/a", &format!("Page {HOSTILE}"));
                let at = begin + place * 2 * MINUTE;
                records.push(log.record(records.len() as u64, at, "4", page));
            }
            let front = Foreground {
                name: "Firefox".to_owned(),
                exe: None,
                browser: None,
                url: None,
                ms: 120_000,
            };
            let at = begin + 30 * MINUTE;
            records.push(log.record(records.len() as u64, at, "5", front));
            if week == 9 {
                for fact in &more {
                    records.push(log.record(records.len() as u64, at, "4", fact.clone()));
                }
            }
            log.report(&store, &signer, &records, at + MINUTE);
        }
        follow(&store);
    })
    .await
    .unwrap();
    id
}

pub(crate) fn follow(store: &Store) {
    let mut follower = Follower::new(store.clone(), TimeZone::UTC);
    follower.round(&CancellationToken::new()).unwrap();
}

pub(crate) fn search(text: &str) -> Fact {
    Search {
        text: text.to_owned(),
        engine: None,
        browser: "firefox".to_owned(),
        profile: None,
        typed: None,
    }
    .into()
}

#[tokio::test]
async fn a_timeline_has_figures_and_what_is_usual() {
    let world = World::new().await;
    let id = mondays(&world, 1, "Alex Example", vec![search("wipe disk")]).await;
    let browser = world.browser().await;
    let path = format!("/person/{id}/timeline");
    // 2026-05-04 is the last of the ten Mondays: ten records, where five are usual.
    let week = browser
        .get(&format!("{path}?view=week&day=2026-05-06"))
        .await;
    assert_eq!(week.status, StatusCode::OK, "{}", week.body);
    for said in [
        "Mon 4 May 2026 to Sun 10 May 2026",
        "<svg class=\"pv-hours\"",
        "role=\"img\"",
        "<b>10 records</b>, usually 5",
        "in front <b>2 min</b>, usually 2 min",
        "social.example",
        "Firefox",
        "11:00:00 BST</time> to <time datetime=\"2026-05-04T10:30:00Z\">11:30:00 BST",
        &format!("/person/{id}/day?day=2026-05-04"),
        "monitored",
        "dark",
    ] {
        assert!(week.body.contains(said), "{said} in {}", week.body);
    }
    assert!(!week.body.contains("style="), "a style stands in the page");
    assert!(!week.body.contains(HOSTILE));
    let day = browser
        .get(&format!("{path}?view=day&day=2026-05-04"))
        .await
        .body;
    assert!(day.contains("Monday 4 May 2026"), "{day}");
    let month = browser
        .get(&format!("{path}?view=month&day=2026-05-04"))
        .await
        .body;
    assert!(month.contains("May 2026") && month.contains("Sun 31 May 2026"));
    // Too early to say what is usual.
    let early = browser
        .get(&format!("{path}?view=week&day=2026-03-09"))
        .await
        .body;
    assert!(early.contains("Not enough is known yet"), "{early}");

    let entries = {
        let whose = id.clone();
        world
            .read(move |read| audit::of_person(read, &whose, 10, 0))
            .await
    };
    let seen: Vec<_> = entries
        .iter()
        .map(|one| one.entry.reason.as_str())
        .collect();
    assert!(seen.contains(&"week of 2026-05-06"), "{seen:?}");
    for wrong in [
        "view=year",
        "day=soon",
        "kind=nothing",
        "device=x",
        "term=x",
    ] {
        let answer = browser.get(&format!("{path}?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let far = browser.get(&format!("{path}?day=9999-12-31")).await;
    assert_eq!(far.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn filters_narrow_the_figures_and_the_records() {
    let world = World::new().await;
    let id = mondays(&world, 1, "Alex Example", vec![search("wipe disk")]).await;
    let browser = world.browser().await;
    let (path, day) = (
        format!("/person/{id}/timeline"),
        format!("/person/{id}/day"),
    );
    let at = "day=2026-05-04";
    for (narrow, records) in [
        ("kind=web_visit", "8 records"),
        ("clause=5", "1 record"),
        ("kind=search&clause=4", "1 record"),
        ("kind=search&clause=5", "0 records"),
        ("clause=9", "0 records"),
    ] {
        let body = browser
            .get(&format!("{path}?view=day&{at}&{narrow}"))
            .await
            .body;
        assert!(
            body.contains(&format!("aria-label=\"{records} on")),
            "{narrow}: {body}"
        );
        let listed = browser.get(&format!("{day}?{at}&{narrow}")).await.body;
        assert!(
            listed.contains("Not all records of the day are listed"),
            "{listed}"
        );
        let expected = match records {
            "0 records" => "No record of this day is one of these".to_owned(),
            _ => format!("{records}, by the device"),
        };
        assert!(listed.contains(&expected), "{narrow}: {listed}");
    }
    // The account stands in the address as a mark, and the mark works.
    let body = browser.get(&format!("{path}?view=day&{at}")).await.body;
    let (_, rest) = body.split_once("All accounts</option>").unwrap();
    let (_, rest) = rest.split_once("value=\"").unwrap();
    let (mark, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(">alex<"), "{rest}");
    assert!(!mark.contains("alex"));
    let body = browser
        .get(&format!("{path}?view=day&{at}&account={mark}"))
        .await
        .body;
    assert!(body.contains("aria-label=\"10 records on"), "{body}");
    let body = browser
        .get(&format!("{path}?view=day&{at}&account=0000"))
        .await
        .body;
    assert!(body.contains("aria-label=\"0 records on"), "{body}");

    // A site leads to its records by what stands for it.
    let body = browser.get(&format!("{path}?view=day&{at}")).await.body;
    let (before, _) = body.split_once(">social.example</a>").unwrap();
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    let link = link.trim_end_matches('"').replace("&amp;", "&");
    assert!(link.contains("term=") && !link.contains("social"), "{link}");
    let listed = browser.get(&link).await.body;
    assert!(listed.contains("8 records, by the device"), "{listed}");
}

#[tokio::test]
async fn words_are_found_in_a_timeline_and_stand_in_no_address() {
    let world = World::new().await;
    let id = mondays(&world, 1, "Alex Example", vec![search("wipe disk")]).await;
    let browser = world.browser().await;
    let path = format!("/person/{id}/timeline");
    let find = format!("{path}/find");
    let page = format!("{path}?view=month&day=2026-05-04");
    let answer = browser.fill(&page, &find, &[("words", "WIPE")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let to = answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(!to.to_lowercase().contains("wipe"), "{to}");
    assert!(to.contains("view=month&day=2026-05-04"), "{to}");
    let body = browser.get(&to).await.body;
    for said in [
        "Where “WIPE” occurs",
        "On 1 day, in at most 1 record",
        "occur",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    let (_, number) = to.split_once("find=").unwrap();
    let listed = browser
        .get(&format!("/person/{id}/day?day=2026-05-04&find={number}"))
        .await
        .body;
    assert!(listed.contains("1 record, by the device"), "{listed}");

    for wrong in ["", " a ", &"long ".repeat(50)] {
        let answer = browser.fill(&page, &find, &[("words", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            answer.body.contains("There is a problem"),
            "{}",
            answer.body
        );
    }
    let forged = browser
        .post(&find, &[("token", "x"), ("words", "wipe")])
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    // Somebody else's search is not theirs to open.
    let kim = world.browser_as("kim", Role::Manager, "").await;
    assert_eq!(kim.get(&to).await.status, StatusCode::NOT_FOUND);
    let whose = id.clone();
    let entries = world
        .read(move |read| audit::of_person(read, &whose, 20, 0))
        .await;
    assert!(
        entries
            .iter()
            .any(|one| one.entry.action == "found" && one.entry.reason == "\"WIPE\""),
        "{entries:?}"
    );
}

#[tokio::test]
async fn a_timeline_is_for_whoever_sees_the_person_and_says_what_is_missing() {
    let world = World::new().await;
    let id = mondays(&world, 1, "Alex Example", vec![]).await;
    let kim = world.browser_as("kim", Role::Manager, "north").await;
    let case = Case {
        id: "1".to_owned(),
        person: id.clone(),
        officer: "staff-kim".to_owned(),
        since: 1,
        until: None,
        put_by: String::new(),
        reason: String::new(),
    };
    world.write(move |tx| sight::assign(tx, &case)).await;
    let (path, at) = (format!("/person/{id}/timeline"), "view=day&day=2026-05-04");
    assert_eq!(
        kim.get(&format!("{path}?{at}")).await.status,
        StatusCode::OK
    );
    let morgan = world.browser().await;
    assert_eq!(morgan.get(&path).await.status, StatusCode::FORBIDDEN);
    let nobody = format!("/person/{}/timeline", "0".repeat(32));
    assert_eq!(kim.get(&nobody).await.status, StatusCode::NOT_FOUND);
    // Dropped, it is being made again; the page says so and shows no figures.
    let device = proviso_collector::store::DeviceId([1; 16]);
    world.write(move |tx| digests::forget(tx, device)).await;
    let body = kim.get(&format!("{path}?{at}")).await.body;
    assert!(body.contains("54 records came a moment ago"), "{body}");
    assert!(body.contains("aria-label=\"0 records on"), "{body}");
    let empty = world.person(9, "New Person", 0).await;
    let body = kim.get(&format!("/person/{empty}/timeline")).await.body;
    assert!(
        body.contains("not a day on which nothing happened"),
        "{body}"
    );
}
