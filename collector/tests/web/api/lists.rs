//! Lists that go on, cases, and the records of a day.

use std::collections::BTreeSet;

use proviso_collector::signing::{self, Signer};
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::store::{PersonId, Store, casework};
use proviso_report::Record;
use serde_json::{Value, json};

use crate::log::{Log, visit};
use crate::pages::{self, HOUR, World, busy, finding, id};

use super::{get, problem, read, token, world};

#[tokio::test]
async fn a_list_goes_on_where_it_ended_whatever_came_meanwhile() {
    let (world, person, _) = world().await;
    let token = token(&world, "morgan", Scope::Read).await;
    world.find(busy(1), vec![]).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/alerts?limit=7".to_owned();
    let mut late = 100;
    loop {
        let page = read(&world, &path, &token).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        seen.extend(
            items
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        // Something new, and something that is taken up, while the list is read.
        let first = seen[0].parse().unwrap();
        world
            .find(vec![finding(1, late, "4.b", "review", "x")], vec![])
            .await;
        late += 1;
        let decision = casework::Decision {
            id: format!("{late}"),
            finding: first,
            staff: "staff-morgan".to_owned(),
            at: 1,
            verdict: "acknowledged".to_owned(),
            reason: String::new(),
        };
        let state = casework::AlertState::Acknowledged;
        world
            .write(move |tx| casework::decide(tx, &decision, state))
            .await;
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/alerts?limit=7&cursor={next}");
        assert!(late < 200, "the list does not end");
    }
    let once: BTreeSet<_> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "one was listed twice");
    for found in busy(1) {
        assert!(once.contains(&id(&found)), "one was not listed");
    }
    let path = format!("/api/v1/alerts?state=acknowledged&person={person}");
    assert_eq!(
        read(&world, &path, &token).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let mut shown = 0;
    let mut path = "/api/v1/audit?limit=3".to_owned();
    while let Some(next) = read(&world, &path, &token).await["next"].as_str() {
        shown += 3;
        path = format!("/api/v1/audit?limit=3&cursor={next}");
    }
    assert!(shown >= 9, "{shown}");
}

/// Five visits on a day, in a report that is held.
fn recorded(store: &Store, person: &PersonId) -> Vec<Record> {
    let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
    let mut log = Log::enrol(store, 9, person, pages::order(person).digest);
    let day: jiff::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let day = day.as_millisecond();
    let records: Vec<_> = (0..5)
        .map(|n| {
            let page = visit(
                &format!("https://a.example/{n}"),
                "<script>alert(1)</script>",
            );
            log.record(n, day + n.cast_signed(), "4", page)
        })
        .collect();
    log.report(store, &signer, &records, day + HOUR);
    records
}

#[tokio::test]
async fn cases_are_listed_worst_first_once_each() {
    let (world, ..) = world().await;
    let token = token(&world, "morgan", Scope::Read).await;
    for number in 2..=9_u8 {
        world.person(number, "Somebody", 0).await;
        let severity = ["urgent", "review"][usize::from(number % 2)];
        world
            .find(vec![finding(number, 0, "4.a", severity, "x")], vec![])
            .await;
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/cases?limit=2".to_owned());
    loop {
        let page = read(&world, &path, &token).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/cases?limit=2&cursor={next}");
        assert!(seen.len() < 20, "the list does not end");
    }
    let of = |severity: &str| {
        seen.iter()
            .filter(|one| one["severity"] == severity)
            .count()
    };
    assert_eq!((of("urgent"), of("breach"), of("review")), (4, 1, 4));
    let rank = |one: &Value| {
        ["urgent", "breach", "review"]
            .iter()
            .position(|own| one["severity"] == **own)
    };
    assert!(seen.is_sorted_by_key(rank));
    let ids: BTreeSet<_> = seen.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(ids.len(), 9);
    let one = format!("/api/v1/cases/{}", seen[0]["id"].as_str().unwrap());
    let one = read(&world, &one, &token).await;
    assert_eq!(
        (&one["case"], one["alerts"].as_array().unwrap().len()),
        (&seen[0], 1)
    );
    for (path, kind) in [
        ("/api/v1/cases/none", "missing"),
        ("/api/v1/cases?cursor=MCBh", "input"),
    ] {
        assert_eq!(problem(&get(&world, path, &token).await), kind);
    }
}

#[tokio::test]
async fn a_day_is_sent_as_it_was_recorded() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let token = token(&world, "morgan", Scope::Read).await;
    let (store, whose) = (world.store.clone(), person.clone());
    let records = tokio::task::spawn_blocking(move || recorded(&store, &whose)).await;
    let records = records.unwrap();
    let path = format!("/api/v1/people/{person}/days/2026-11-24");
    let first = read(&world, &format!("{path}?limit=3"), &token).await;
    let next = first["next"].as_str().unwrap();
    let rest = read(&world, &format!("{path}?limit=3&cursor={next}"), &token).await;
    assert_eq!(rest["next"], Value::Null);
    let items = [&first["items"], &rest["items"]];
    let items: Vec<_> = items
        .iter()
        .flat_map(|one| one.as_array().unwrap())
        .collect();
    assert_eq!(items.len(), 5);
    for (item, record) in items.iter().zip(&records) {
        let line: Value = serde_json::from_slice(&record.to_line().unwrap()).unwrap();
        assert_eq!(item["record"], line);
    }
    assert_eq!(first["zone"], "Europe/London");
    let other = read(
        &world,
        &format!("/api/v1/people/{person}/days/2026-11-23"),
        &token,
    )
    .await;
    assert_eq!(other["items"], json!([]));
}
