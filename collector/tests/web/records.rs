//! Records on pages: ten minutes before and after an alert, one day, methods and clauses.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::findings::{Finding, Proof};
use proviso_collector::store::sight::{self, While};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{FindingId, Hash, PersonId, StoreError, audit};
use proviso_report::Method;
use proviso_report::fact::{Gap, GapCause, Heartbeat, VisitsConfirmed};

use crate::log::{Log, visit};
use crate::pages::{ORDER, World};

/// 2026-06-01T10:00:00Z, 11:00 in London.
pub(crate) const MORNING: i64 = 1_780_308_000_000;
const MINUTE: i64 = 60_000;

/// Somebody with a computer that has seen a morning.
pub(crate) async fn morning(world: &World) -> (PersonId, Log) {
    let id = world.ordered(1, "Alex Example").await;
    let (store, whose) = (world.store.clone(), id.clone());
    let log = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, Hash::of(ORDER.as_bytes()));
        let mut private = visit(
            "https://www.facebook.com/groups?a=<b>",
            "Groups & <i>more</i>",
        );
        private.private = Some(true);
        let heartbeat = Heartbeat {
            uncovered: BTreeMap::from([("web_visit".to_owned(), 12)]),
            suppressed: BTreeMap::from([("E1".to_owned(), 1)]),
            cannot_tell: BTreeMap::new(),
            awake_ms: 90 * 60_000,
            order: None,
        };
        let gap = Gap {
            cause: GapCause::Killed,
            source: None,
            count: None,
            from: None,
            to: None,
            detail: "it ended without a word".to_owned(),
        };
        let records = [
            log.record(
                0,
                MORNING - 30 * MINUTE,
                "4",
                visit("https://early.example/", "Early"),
            ),
            log.record(
                1,
                MORNING - 4 * MINUTE,
                "4",
                visit("https://before.example/", "Before"),
            ),
            log.record(2, MORNING, "4", private),
            log.record(
                3,
                MORNING + 4 * MINUTE,
                "4",
                visit("https://after.example/", "After"),
            ),
        ];
        log.report(&store, &signer, &records, MORNING + 5 * MINUTE);
        let seen_again = VisitsConfirmed {
            method: Method::History,
            seqs: vec![2],
        };
        let records = [
            log.record(0, MORNING + 20 * MINUTE, "4", seen_again),
            log.record(1, MORNING + 21 * MINUTE, "", heartbeat),
            log.record(2, MORNING + 22 * MINUTE, "", gap),
        ];
        log.report(&store, &signer, &records, MORNING + 25 * MINUTE);
        log
    });
    (id, log.await.unwrap())
}

pub(crate) fn found(log: &Log, person: &PersonId) -> Finding {
    Finding {
        id: FindingId([5; 16]),
        device: log.device,
        person: person.clone(),
        seq: 2,
        at: MORNING,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"private","text":"true"}]"#.to_owned(),
        engine: "proviso-engine/1".to_owned(),
        order: Hash::of(ORDER.as_bytes()),
        basis: None,
        made: MORNING + 5 * MINUTE,
        proof: Proof::Proven,
    }
}

#[tokio::test]
async fn what_matched_is_marked_in_the_whole_value_and_how_sure_it_is_is_said() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    let mut one = found(&log, &person);
    one.matched =
        r#"[{"field":"host","text":"FACEBOOK.com"},{"field":"url","text":"<b>"}]"#.to_owned();
    world.find(vec![one], vec![]).await;
    let page = format!("/alert/{}", "05".repeat(16));
    let body = world.browser().await.get(&page).await.body;
    for said in [
        "https://www.<mark>facebook.com</mark>/groups?a=<mark>&lt;b&gt;</mark></dd>",
        "High: two methods that do not depend on each other agree.",
        "It stands in the browser's history.",
        "How the page came to be opened is not known.",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    // Whoever takes evidence out sees the same and decides nothing.
    let ella = world.browser_as("ella", Role::Examiner, "").await;
    let pass = While {
        id: "1".to_owned(),
        staff: "staff-ella".to_owned(),
        what: person,
        since: 0,
        until: i64::MAX,
        put_by: String::new(),
        reason: String::new(),
    };
    world.write(move |tx| sight::let_in(tx, &pass)).await;
    for page in [page.clone(), page.replace("alert", "case")] {
        let body = ella.get(&page).await.body;
        assert!(body.contains("<mark>facebook.com</mark>"), "{body}");
        for form in ["/decide\"", "/snooze\"", "/exhibit\""] {
            assert!(!body.contains(form), "{form} in {body}");
        }
    }
}

#[tokio::test]
async fn a_case_shows_its_record_and_the_ten_minutes_around_it() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    world.find(vec![found(&log, &person)], vec![]).await;
    let body = world
        .browser()
        .await
        .get(&format!("/alert/{}", "05".repeat(16)))
        .await
        .body;
    for said in [
        "a private window",
        "https://www.facebook.com/groups?a=&lt;b&gt;",
        "Groups &amp; &lt;i&gt;more&lt;/i&gt;",
        "in a private window",
        "clause 4",
        // The history saw it twenty minutes later, in another report.
        "the browser's extension, as it happened and the browser's history",
        "https://before.example/",
        "https://after.example/",
        "11:00:00 BST",
        "This alert",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    assert!(!body.contains("https://early.example/"), "{body}");
    assert!(
        !body.contains("href=\"https://"),
        "an address is a link: {body}"
    );
    let day = format!("/person/{person}/day?day=2026-06-01");
    assert!(body.contains(&day), "{body}");
}

#[tokio::test]
async fn a_day_shows_every_record_and_how_much_was_watched() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    world.find(vec![found(&log, &person)], vec![]).await;
    let browser = world.browser().await;
    let path = format!("/person/{person}/day");
    let body = browser.get(&format!("{path}?day=2026-06-01")).await.body;
    for said in [
        "Monday 1 June 2026",
        "https://early.example/",
        "https://after.example/",
        // The log begins at half past ten. Ten minutes of records no more than five minutes apart;
        // nothing tells of the rest.
        "not begun yet 10 h 30 min",
        "not begun yet: the computer's log starts later",
        "Monitored <b>10 min</b>",
        "Dark 13 h 20 min",
        "dark: no sign of the agent has come",
        "role=\"img\"",
        // Received five minutes after the visit, an hour after the receipt that the report names.
        "Written between <time datetime=\"2026-06-01T09:05:00Z\">10:05:00 BST</time>",
        "Received <time datetime=\"2026-06-01T10:05:00Z\">11:05:00 BST</time>",
        "12 events not recorded, because no clause covers them",
        "1 event kept out by exemptions",
        "1 gap",
        "the agent was killed; it ended without a word",
        "5 records, by the device's clock, told in the time of Europe/London",
        "Clause 4, rule 4.a",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    let places: Vec<_> = ["//early", "//before", "www.facebook", "//after"]
        .iter()
        .map(|host| body.find(host).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");

    let body = browser.get(&format!("{path}?day=2026-06-02")).await.body;
    assert!(
        body.contains("not a statement that nothing happened"),
        "{body}"
    );
    assert!(body.contains("Dark 24 h 0 min"), "{body}");
    let answer = browser.get(&format!("{path}?day=soon")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser
        .get(&format!("/person/{}/day", "0".repeat(32)))
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    let entries = world
        .read(move |read| audit::of_person(read, &person, 10, 0))
        .await;
    let seen: Vec<_> = entries
        .iter()
        .map(|one| (&*one.entry.action, &*one.entry.reason))
        .collect();
    assert_eq!(seen, [("saw_day", "2026-06-02"), ("saw_day", "2026-06-01")]);
}

#[tokio::test]
async fn a_report_that_cannot_be_read_is_said() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    world.find(vec![found(&log, &person)], vec![]).await;
    world
        .store
        .write("damage", |tx| -> Result<(), StoreError> {
            tx.execute(
                "UPDATE report SET bytes = $1 WHERE first = 0",
                &[(b"x").into()],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let browser = world.browser().await;
    for path in [
        format!("/person/{person}/day?day=2026-06-01"),
        format!("/alert/{}", "05".repeat(16)),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            answer.body.contains("begins at record 0 cannot be read"),
            "{}",
            answer.body
        );
    }
}
