//! The overview and the lists: order, grouping, paging, wording, empty states.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::store::conditions::{self, Condition, ConditionKind};
use proviso_collector::store::incidents::{self, Incident, IncidentKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{DeviceId, PersonId, outbox};

use crate::pages::{Answer, HOUR, World, busy, finding, id};

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
async fn whoever_has_no_cases_where_others_have_some_is_told_so() {
    let world = World::new().await;
    crate::queue::team(&world).await;
    world.staff_as("robin", Role::Supervisor, "south").await;
    for (name, says) in [
        ("morgan", "Nobody is your case now. Your supervisor assigns"),
        ("robin", "Nobody is your case or your team's now."),
    ] {
        let body = world.browser_of(name).await.get("/").await.body;
        assert!(body.contains(says), "{body}");
        assert!(!body.contains("Nobody is entered yet"), "{body}");
    }
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
        body.contains("<b>3 cases</b> of 3 people") && body.contains("<b>44 possible breaches</b>"),
        "{body}"
    );
    assert!(body.contains("Possible breach if a listed social network is opened."));
    assert!(body.contains("<b>42 alerts</b>"));
    assert!(body.contains("1 person with a silent device"));
}

#[tokio::test]
async fn what_is_not_watched_is_said_for_the_rest_of_its_day() {
    let world = World::new().await;
    world.person(1, "Calm Person", 0).await;
    let killed = world.person(2, "Killed Person", 0).await;
    let failing = world.person(3, "Failing Person", 0).await;
    let past = world.person(4, "Past Person", 0).await;
    let now = clock::now();
    let condition = |number: u8, person: &PersonId, kind, since: i64| Condition {
        device: DeviceId([number; 16]),
        person: person.clone(),
        kind,
        source: String::new(),
        seq: 1,
        since,
        until: Some(since + HOUR),
        known: now,
        cleared: Some(now),
    };
    let all = [
        condition(2, &killed, ConditionKind::Killed, now - 2 * HOUR),
        Condition {
            source: "history:chromium:alex".to_owned(),
            until: None,
            cleared: None,
            ..condition(3, &failing, ConditionKind::SourceFailed, now - 72 * HOUR)
        },
        Condition {
            cleared: Some(now - 48 * HOUR),
            ..condition(4, &past, ConditionKind::DiskFull, now - 50 * HOUR)
        },
    ];
    world
        .write(move |tx| all.iter().try_for_each(|one| conditions::put(tx, one)))
        .await;
    let browser = world.browser().await;
    let body = browser.get("/").await.body;
    for said in [
        "2 people not watched in full today, or not now",
        "Agent killed",
        "(1 h 0 min), over.",
        "Source fails",
        "history:chromium:alex",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    // Of another day, and nobody has decided what it was.
    assert_eq!(body.matches("Disk was full").count(), 1, "{body}");
    let place = |name: &str| body.find(name).unwrap();
    assert!(place("Killed Person") < place("Calm Person"));
    assert!(place("Killed Person") < place("Failing Person"));

    // It works again; that it did not stays in sight.
    world
        .write(move |tx| {
            let (device, kind) = (DeviceId([3; 16]), ConditionKind::SourceFailed);
            conditions::clear(tx, device, kind, Some("another"), now, now)?;
            conditions::clear(tx, device, kind, Some("history:chromium:alex"), now, now)
        })
        .await;
    let body = browser.get("/").await.body;
    assert!(body.contains("Source failed") && !body.contains("Source fails"));
}

fn refused(person: &PersonId, at: i64) -> Incident {
    Incident {
        device: DeviceId([2; 16]),
        person: person.clone(),
        at,
        kind: IncidentKind::Refused,
        detail: "From record 7 on, the device's reports are refused".to_owned(),
        bytes: None,
    }
}

#[tokio::test]
async fn a_device_that_talks_and_whose_log_does_not_go_on_is_said() {
    let world = World::new().await;
    world.person(1, "Calm Person", 0).await;
    let refused_one = world.person(2, "Refused Person", 0).await;
    let stuck_one = world.person(3, "Stuck Person", 0).await;
    // Enrolled an hour ago, heard from just now, and no report in between.
    world
        .write(|tx| {
            let stuck = DeviceId([3; 16]).to_string();
            tx.execute(
                "UPDATE device SET enrolled = enrolled - 3600000 WHERE id = $1",
                &[(&stuck).into()],
            )
        })
        .await;
    // Long ago: no week makes it go away.
    let incident = refused(&refused_one, 1_700_000_000_000);
    world
        .write(move |tx| incidents::put(tx, &incident, None))
        .await;
    let browser = world.browser().await;
    let body = browser.get("/").await.body;
    let place = |words: &str| {
        body.find(words)
            .unwrap_or_else(|| panic!("{words}: {body}"))
    };
    let (refusal, silence) = (
        "Log refused</strong> <time datetime=\"2023-11-14T22:13:20Z\">for ",
        "No records</strong> <time datetime=\"",
    );
    let order = [
        "2 people with a device whose log does not go on",
        "Needs a person",
        "Refused Person",
        refusal,
        "Stuck Person",
        silence,
        "Everybody else",
        "Calm Person",
    ]
    .map(place);
    assert!(order.is_sorted(), "{order:?} {body}");
    assert_eq!(body.matches(refusal).count(), 1);
    assert_eq!(body.matches(silence).count(), 1);
    // A person's page says it in full.
    let (refusal, silence) = (
        "Its log is refused since <time datetime=\"2023-11-14T22:13:20Z\">",
        "Connected, but sends no records since ",
    );
    for (person, said) in [(refused_one, refusal), (stuck_one, silence)] {
        let page = browser.get(&format!("/person/{person}")).await.body;
        assert!(page.contains(said) && page.contains("ask for the computer"));
    }
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
    let body = browser.get("/alerts").await.body;
    assert_eq!(body.matches("<b>400 alerts</b>").count(), 1);
    let case = body.split("href=\"/case/").nth(1).unwrap();
    let case = format!("/case/{}", case.split('"').next().unwrap());
    let body = browser.get(&case).await.body;
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
    let clauses = (0..120_u64).map(|seq| {
        let mut found = finding(1, seq, "4.a", "breach", "facebook.com");
        found.clause = format!("4.{seq}");
        found
    });
    world.find(clauses.collect(), vec![]).await;
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
async fn an_alert_that_did_not_go_out_is_said_on_the_overview() {
    let config = "[smtp]\nserver = \"127.0.0.1\"\nport = 25\ntls = false\n\
                  from = \"a@example\"\nto = [\"manager@example\"]\n";
    let world = World::with(config).await;
    let channel = Config::parse(config).unwrap().channels();
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
