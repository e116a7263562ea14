//! The queue and its cases: nothing leaves but by a decision, what is put aside comes back, and who may do what.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::cases::{self, CaseFile, Stage};
use proviso_collector::store::conditions::{self, Condition};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{DeviceId, PersonId, audit, holds, rulings};

use crate::pages::{Browser, HOUR, World, busy, finding, hidden, id, killed};
use crate::roles::assign;

pub(crate) async fn case_of(
    world: &World,
    finding: proviso_collector::store::FindingId,
) -> CaseFile {
    let found = world
        .read(move |read| cases::of_finding(read, finding))
        .await;
    found.unwrap()
}

/// Kim's case, with two supervisors of her team.
pub(crate) async fn team(world: &World) -> PersonId {
    let person = world.person(1, "Alex Example", 0).await;
    for (name, role) in [
        ("kim", Role::Manager),
        ("noor", Role::Supervisor),
        ("sam", Role::Supervisor),
    ] {
        world.staff_as(name, role, "north").await;
    }
    assign(world, &person, "staff-kim").await;
    person
}

pub(crate) async fn decide(
    browser: &Browser<'_>,
    page: &str,
    fields: &[(&str, &str)],
) -> StatusCode {
    let answer = browser.fill(page, &format!("{page}/decide"), fields).await;
    answer.status
}

#[tokio::test]
async fn a_case_is_one_line_that_says_how_long_it_waits() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    world.person(2, "Billie Example", 0).await;
    world.person(3, "Charlie Example", 0).await;
    let mut old = finding(2, 1, "4.a", "urgent", "facebook.com");
    old.made -= 5 * HOUR;
    let mut older = finding(3, 1, "4.a", "breach", "facebook.com");
    older.made -= 30 * HOUR;
    world.find(busy(1), vec![]).await;
    world.find(vec![old, older], vec![]).await;
    let browser = world.browser().await;
    for page in ["/", "/alerts"] {
        let body = browser.get(page).await.body;
        let places = [
            "Billie Example",
            "Overdue",
            "waiting for 5 hours",
            "Charlie Example",
            "Older than a day",
            "Alex Example",
            "Within the hour",
            "<b>42 alerts</b> (41 possible breaches, 1 for review)",
        ]
        .map(|words| {
            body.find(words)
                .unwrap_or_else(|| panic!("{words}: {body}"))
        });
        assert!(places.is_sorted(), "{places:?} {body}");
        assert_eq!(body.matches("class=\"what\"").count(), 3);
    }
}

#[tokio::test]
async fn a_whole_case_is_decided_by_whoever_saw_all_of_it() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let found = busy(1);
    let first = found[0].id;
    world.find(found, vec![]).await;
    let browser = world.browser().await;
    let page = format!("/case/{}", case_of(&world, first).await.id);
    let body = browser.get(&page).await.body;
    for said in [
        "<b>40 times</b>",
        "Using any social networking site",
        "How sure this is",
        "What points the other way",
        "Nobody has said anything about an alert of this rule yet.",
        "Record for all 42",
        "Ten minutes before and after",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    let early = hidden(&body, &format!("{page}/decide"));

    // Something more comes while the form is open.
    world
        .find(vec![finding(1, 50, "4.a", "breach", "x.example")], vec![])
        .await;
    let mut late: Vec<_> = early
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    late.extend([("verdict", "advice"), ("reason", "Spoke to <him>.")]);
    let answer = browser.post(&format!("{page}/decide"), &late).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.body.contains("Spoke to &lt;him&gt;.</textarea>"),
        "{}",
        answer.body
    );
    assert_eq!(case_of(&world, first).await.waits(), 43);
    // The form's own address answers nothing: the page follows changes at the case's.
    let own = format!("data-at=\"{page}\"");
    assert!(answer.body.contains(&own), "{}", answer.body);
    assert!(body.contains(&own), "{body}");

    let vague = [("verdict", "false_alarm"), ("reason", "x")];
    assert_eq!(
        decide(&browser, &page, &vague).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let fields = [
        ("verdict", "false_alarm"),
        ("part", "list"),
        ("reason", "An advertisement."),
        ("review", "2099-01-01"),
    ];
    assert_eq!(
        decide(&browser, &page, &fields).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let fields = &fields[..3];
    assert_eq!(decide(&browser, &page, fields).await, StatusCode::SEE_OTHER);
    let case = case_of(&world, first).await;
    assert_eq!((case.stage, case.waits()), (Stage::Done, 0));
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("A list: this site or program does not belong in it"),
        "{body}"
    );
    assert!(body.contains("Decided: a false alarm") && body.contains("(43 of them)"));
    assert!(!browser.get("/alerts").await.body.contains("class=\"what\""));
    // Each alert has a decision of its own, the case one entry in the audit.
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let ruled: Vec<_> = entries
        .iter()
        .filter(|one| one.entry.action == "ruled")
        .map(|one| one.entry.reason.as_str())
        .collect();
    let said = format!("{} false_alarm, 43 items, wrong: list", case.id);
    assert_eq!(ruled, [said]);
    let judged = world.read(|read| rulings::verdicts(read, "4.a")).await;
    assert_eq!(
        (judged[0].verdict.as_str(), judged[0].count),
        ("false_alarm", 42)
    );
    // The next alert of this rule shows it.
    let mut next = finding(1, 60, "4.a", "breach", "y.example");
    next.clause = "5".to_owned();
    let alert = format!("/alert/{}", id(&next));
    world.find(vec![next], vec![]).await;
    let body = browser.get(&alert).await.body;
    assert!(body.contains("Decided: a false alarm</th>"), "{body}");
}

#[tokio::test]
async fn what_cleared_by_itself_waits_until_a_person_decides() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let now = clock::now();
    let then = now - 400 * 24 * HOUR;
    let killed = Condition {
        until: Some(then + 1),
        cleared: Some(then),
        ..killed(&person, then)
    };
    world.write(move |tx| conditions::put(tx, &killed)).await;
    let browser = world.browser().await;
    let list = browser.get("/").await.body;
    assert!(
        list.contains("It was over by itself") && list.contains("Agent killed"),
        "{list}"
    );
    let of_person = world
        .read(move |read| cases::of_person(read, &person, 9, 0))
        .await;
    let page = format!("/case/{}", of_person[0].id);
    let body = browser.get(&page).await.body;
    assert!(body.contains("It is over: it cleared by itself."), "{body}");
    let fields = [("verdict", "acknowledged")];
    assert_eq!(
        decide(&browser, &page, &fields).await,
        StatusCode::SEE_OTHER
    );
    assert!(
        browser
            .get("/alerts")
            .await
            .body
            .contains("Somebody is looking into it.")
    );
    let fields = [
        ("verdict", "no_action"),
        ("reason", "The battery was flat."),
    ];
    assert_eq!(
        decide(&browser, &page, &fields).await,
        StatusCode::SEE_OTHER
    );
    assert!(!browser.get("/alerts").await.body.contains("Agent killed"));
    // What is decided is opened again in words, and not by taking it up.
    let fields = [("verdict", "acknowledged")];
    assert_eq!(decide(&browser, &page, &fields).await, StatusCode::CONFLICT);
    let fields = [("verdict", "reopened"), ("reason", "It was not.")];
    assert_eq!(
        decide(&browser, &page, &fields).await,
        StatusCode::SEE_OTHER
    );
    assert!(browser.get("/alerts").await.body.contains("Agent killed"));
}

#[tokio::test]
async fn a_case_is_put_aside_with_a_reason_and_an_end_and_never_from_the_supervisor() {
    let world = World::new().await;
    team(&world).await;
    let (calm, urgent) = (finding(1, 1, "4.b", "review", "a"), {
        let mut urgent = finding(1, 2, "5.a", "urgent", "b");
        urgent.clause = "5".to_owned();
        urgent
    });
    let ids = [calm.id, urgent.id];
    world.find(vec![calm, urgent], vec![]).await;
    let kim = world.browser_of("kim").await;
    let page = format!("/case/{}", case_of(&world, ids[0]).await.id);
    let path = format!("{page}/snooze");
    let answer = kim
        .fill(&page, &path, &[("hours", "24"), ("why", " ")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Say why it is put aside"),
        "{}",
        answer.body
    );
    let answer = kim
        .fill(
            &page,
            &path,
            &[("hours", "24"), ("why", "Visit tomorrow <b>")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);

    let list = kim.get("/alerts").await.body;
    let (main, aside) = list.split_once("Put aside for a while").unwrap();
    assert_eq!(main.matches(&page).count(), 0);
    assert_eq!(aside.matches(&page).count(), 1);
    let noor = world.browser_of("noor").await;
    let list = noor.get("/alerts").await.body;
    let (main, _) = list.split_once("Put aside for a while").unwrap();
    assert_eq!(
        main.matches(&page).count(),
        1,
        "a supervisor finds it in its place"
    );
    assert!(
        kim.get(&page)
            .await
            .body
            .contains("Visit tomorrow &lt;b&gt;")
    );
    let woken = kim.fill(&page, &format!("{page}/wake"), &[]).await;
    assert_eq!(woken.status, StatusCode::SEE_OTHER);
    let list = kim.get("/alerts").await.body;
    assert!(list.contains(&page) && !list.contains("Put aside for a while"));

    // The form offers hours only, and a form that was made up is refused.
    let page = format!("/case/{}", case_of(&world, ids[1]).await.id);
    let path = format!("{page}/snooze");
    let body = kim.get(&page).await.body;
    assert!(body.contains("4 hours</option>") && !body.contains("12 hours</option>"));
    let answer = kim
        .fill(&page, &path, &[("hours", "24"), ("why", "x")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains("cannot be put aside for more than 4 hours")
    );

    // Nobody does it of somebody whom they do not see.
    let morgan = world.browser().await;
    let own = hidden(&morgan.get("/").await.body, "/sign-out");
    let fields = [
        ("token", own[0].1.as_str()),
        ("hours", "1"),
        ("why", "x"),
        ("seen", ""),
        ("verdict", "no_action"),
        ("reason", "x"),
    ];
    for path in [path, format!("{page}/wake"), format!("{page}/decide")] {
        let answer = morgan.post(&path, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(morgan.get(&page).await.status, StatusCode::FORBIDDEN);
    // That morgan asked is entered each time.
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let refused = entries.iter().filter(|one| one.entry.action == "refused");
    assert_eq!(refused.count(), 4);
}

#[tokio::test]
async fn an_exhibit_holds_its_records_and_its_reference_is_its_own() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let found = vec![
        finding(1, 3, "4.a", "breach", "a.example"),
        finding(1, 4, "4.a", "breach", "a.example"),
        finding(1, 9, "4.a", "breach", "b.example"),
    ];
    let first = found[0].id;
    world.find(found, vec![]).await;
    let browser = world.browser().await;
    let page = format!("/case/{}", case_of(&world, first).await.id);
    let path = format!("{page}/exhibit");
    let fields = [
        ("reference", "ABC/1"),
        ("note", "Three <visits>"),
        ("of", "all"),
    ];
    let answer = browser.fill(&page, &path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let again = browser.fill(&page, &path, &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.body.contains("names another exhibit of this person"),
        "{}",
        again.body
    );
    let whose = person.clone();
    let held = world.read(move |read| holds::of_person(read, &whose)).await;
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].exhibit.as_deref(), Some("ABC/1"));
    let device = DeviceId([1; 16]);
    let records = format!("[{{\"device\":\"{device}\",\"places\":[[3,4],[9,9]]}}]");
    assert_eq!(held[0].records.as_deref(), Some(records.as_str()));
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("<b>ABC/1</b>: Three &lt;visits&gt;"),
        "{body}"
    );
    // One record is that of the alert which the page showed, whatever came since.
    let mut urgent = finding(1, 12, "4.a", "urgent", "c.example");
    urgent.made += 1;
    world.find(vec![urgent], vec![]).await;
    let (one, elsewhere) = (first.to_string(), "0".repeat(32));
    for (of, status) in [
        (one.as_str(), StatusCode::SEE_OTHER),
        (elsewhere.as_str(), StatusCode::NOT_FOUND),
        ("lead", StatusCode::NOT_FOUND),
    ] {
        let fields = [("reference", "ABC/2"), ("note", "One visit"), ("of", of)];
        let answer = browser.fill(&page, &path, &fields).await;
        assert_eq!(answer.status, status, "{of}: {}", answer.body);
    }
    let held = world
        .read(move |read| holds::of_person(read, &person))
        .await;
    let second = held
        .iter()
        .find(|one| one.exhibit.as_deref() == Some("ABC/2"));
    let records = format!("[{{\"device\":\"{device}\",\"places\":[[3,3]]}}]");
    assert_eq!(second.unwrap().records.as_deref(), Some(records.as_str()));
    // The case's records go out by the export that there is, with its days filled in.
    assert!(body.contains("action=\"/person/") && body.contains("name=\"from\" value=\""));
}

#[tokio::test]
async fn a_hundred_thousand_open_alerts_are_counted_right_and_the_worst_stand_first() {
    let world = World::new().await;
    for number in 1..=100 {
        world
            .person(number, &format!("Person {number:03}"), 0)
            .await;
    }
    // A thousand each under ten clauses, one of each thousand urgent for the last person.
    for number in 1..=100_u8 {
        let found = (0..1_000_u64).map(|seq| {
            let severity = if number == 100 && seq < 10 {
                "urgent"
            } else {
                "breach"
            };
            let mut one = finding(number, seq, "4.a", severity, "facebook.com");
            one.clause = (seq % 10).to_string();
            one
        });
        world.find(found.collect(), vec![]).await;
    }
    let browser = world.browser().await;
    let body = browser.get("/alerts").await.body;
    assert!(
        body.contains("<b>1000 cases</b> of 100 people"),
        "{}",
        &body[..4_000]
    );
    assert!(body.contains("<b>100000 possible breaches</b>"));
    assert_eq!(body.matches("class=\"what\"").count(), 50);
    let urgent = body.rfind("Urgent: possible breach").unwrap();
    assert_eq!(body.matches("(1 urgent, 99 possible breaches)").count(), 10);
    let first_other = body.find("Person 001").unwrap();
    assert!(urgent < first_other, "ten urgent cases, then the rest");
    let last = browser.get("/alerts?page=20").await.body;
    assert_eq!(last.matches("class=\"what\"").count(), 50);
    assert!(!last.contains("page=21"));
}

#[tokio::test]
async fn of_a_decided_case_all_its_alerts_are_counted() {
    let world = World::new().await;
    let person = team(&world).await;
    let found: Vec<_> = (1..=3)
        .map(|seq| finding(1, seq, "4.a", "breach", "facebook.com"))
        .collect();
    let first = found[0].id;
    world.find(found, vec![]).await;
    let kim = world.browser_of("kim").await;
    let page = format!("/case/{}", case_of(&world, first).await.id);
    let whose = format!("/person/{person}");
    let counted = async || {
        let body = kim.get(&whose).await.body;
        let (_, rest) = body.split_once("Clause 4. ").unwrap();
        rest.split_once(',').unwrap().0.to_owned()
    };
    let fields = [("verdict", "visit"), ("reason", "This one.")];
    let one = format!("/alert/{first}");
    assert_eq!(decide(&kim, &one, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(counted().await, "<b>2 alerts</b>", "what waits");
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(counted().await, "<b>3 alerts</b>", "all of it");
}
