//! Decisions to which a supervisor must agree: who may, how often, and what waits for it.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::cases::{self, Stage};
use proviso_collector::store::conditions;
use proviso_collector::store::{casework, rulings};

use crate::pages::{HOUR, World, finding, hidden, id, killed, with};
use crate::queue::{case_of, decide, team};

#[tokio::test]
async fn another_supervisor_agrees_or_sends_back() {
    let world = World::new().await;
    team(&world).await;
    let one = finding(1, 1, "4.a", "breach", "facebook.com");
    let (finding_id, alert) = (one.id, format!("/alert/{}", id(&one)));
    world.find(vec![one], vec![]).await;
    let noor = world.browser_of("noor").await;
    let fields = [("verdict", "recall"), ("reason", "Third time.")];
    assert_eq!(decide(&noor, &alert, &fields).await, StatusCode::SEE_OTHER);
    let case = case_of(&world, finding_id).await;
    assert_eq!((case.stage, case.unsigned), (Stage::SignOff, 1));
    let page = format!("/case/{}", case.id);
    let path = format!("{page}/sign-off");

    // Her own: neither offered nor taken. Kim is no supervisor.
    let own = noor.get(&page).await.body;
    assert!(own.contains("To be signed off") && !own.contains("Do you agree"));
    let waiting = world
        .read(|read| rulings::pending(read, ("staff-noor", clock::now()), 9))
        .await;
    let ruling = waiting[0].ruling.id.clone();
    let token = hidden(&own, "/sign-out")[0].1.clone();
    let fields = [
        ("token", token.as_str()),
        ("ruling", &ruling),
        ("answer", "agree"),
    ];
    let answer = noor.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("This decision is your own"),
        "{}",
        answer.body
    );
    let kim = world.browser_of("kim").await;
    assert_eq!(kim.post(&path, &fields).await.status, StatusCode::FORBIDDEN);
    let list = kim.get("/alerts").await.body;
    assert!(list.contains("Waits for a supervisor to agree") && list.contains("Decided: recall"));

    let sam = world.browser_of("sam").await;
    let silent = sam.fill(&page, &path, &[("answer", "back")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.body.contains("Say why you send it back"));
    let long = "x".repeat(4_001);
    let fields = [("answer", "agree"), ("reason", long.as_str())];
    let long = sam.fill(&page, &path, &fields).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        long.body.contains("xxx</textarea>"),
        "what was typed is lost"
    );
    let back = sam
        .fill(
            &page,
            &path,
            &[("answer", "back"), ("reason", "Ask probation first.")],
        )
        .await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    let case = case_of(&world, finding_id).await;
    assert_eq!(
        (case.stage, case.unsigned, case.waits()),
        (Stage::Waits, 0, 1)
    );
    let body = noor.get(&page).await.body;
    assert!(body.contains("<b>sam</b> sent it back") && body.contains("Ask probation first."));

    // Decided anew, and agreed to once.
    let fields = [
        ("verdict", "visit"),
        ("reason", "Today."),
        ("sign_off", "1"),
    ];
    assert_eq!(decide(&kim, &alert, &fields).await, StatusCode::SEE_OTHER);
    let early = hidden(&sam.get(&page).await.body, &path);
    let mut form: Vec<_> = early
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.push(("answer", "agree"));
    assert_eq!(sam.post(&path, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sam.post(&path, &form).await.status, StatusCode::CONFLICT);
    assert_eq!(case_of(&world, finding_id).await.stage, Stage::Done);
}

#[tokio::test]
async fn what_was_decided_anew_waits_for_nobody_to_agree_to_what_was_said_before() {
    let world = World::new().await;
    let person = team(&world).await;
    let killed = killed(&person, clock::now() - HOUR);
    world.write(move |tx| conditions::put(tx, &killed)).await;
    let case = async || {
        let whose = person.clone();
        let mut all = world
            .read(move |read| cases::of_person(read, &whose, 9, 0))
            .await;
        all.remove(0)
    };
    let page = format!("/case/{}", case().await.id);
    let (kim, sam) = (world.browser_of("kim").await, world.browser_of("sam").await);
    let path = format!("{page}/sign-off");
    let fields = [("verdict", "recall"), ("reason", "So.")];
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(case().await.stage, Stage::SignOff);
    // Sam has it open while kim decides anew.
    let early = hidden(&sam.get(&page).await.body, &path);
    let fields = [("verdict", "visit"), ("reason", "So.")];
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(case().await.stage, Stage::Done, "the visit stands");
    for answer in ["agree", "back"] {
        let fields = [("answer", answer), ("reason", "Ask first.")];
        let late = sam.post(&path, &with(&early, &fields)).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
        assert!(
            late.body.contains("This decision was replaced"),
            "{}",
            late.body
        );
        assert!(late.body.contains("Ask first."), "{}", late.body);
    }
    assert_eq!(case().await.stage, Stage::Done, "the visit stands");
    let body = sam.get(&page).await.body;
    assert!(!body.contains("Do you agree"), "{body}");
    assert!(
        body.contains("It was decided anew before a supervisor agreed"),
        "{body}"
    );
    // What stands is sent back itself.
    let fields = [("verdict", "recall"), ("reason", "Again.")];
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    let fields = [("answer", "back"), ("reason", "No.")];
    let back = sam.fill(&page, &path, &fields).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    assert_eq!(case().await.stage, Stage::Waits);
}

#[tokio::test]
async fn a_case_that_is_decided_or_waits_for_agreement_is_decided_anew_on_its_own_page() {
    let world = World::new().await;
    team(&world).await;
    let found: Vec<_> = (1..=2)
        .map(|seq| finding(1, seq, "4.a", "breach", "facebook.com"))
        .collect();
    let alerts = [found[0].id, found[1].id];
    world.find(found, vec![]).await;
    let kim = world.browser_of("kim").await;
    let page = format!("/case/{}", case_of(&world, alerts[0]).await.id);
    let path = format!("{page}/decide");
    for (verdict, stage) in [
        ("recall", Stage::SignOff),
        ("visit", Stage::Done),
        ("advice", Stage::Done),
    ] {
        // Somebody else has the page open meanwhile.
        let stale = hidden(&kim.get(&page).await.body, &path);
        let fields = [("verdict", verdict), ("reason", "So.")];
        let answer = kim.fill(&page, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(case_of(&world, alerts[0]).await.stage, stage, "{verdict}");
        for alert in alerts {
            let said = world
                .read(move |read| casework::decisions(read, alert))
                .await;
            assert_eq!(said.last().unwrap().decision.verdict, verdict);
        }
        let fields = [("verdict", "arrest"), ("reason", "Late.")];
        let late = kim.post(&path, &with(&stale, &fields)).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    }
    let body = kim.get(&page).await.body;
    for said in ["All 2 alerts of this case are decided.", "Record for all 2"] {
        assert!(body.contains(said), "{said}: {body}");
    }
}

#[tokio::test]
async fn that_a_decision_waits_for_a_supervisor_stands_at_the_top_for_whoever_can_do_something() {
    let world = World::new().await;
    team(&world).await;
    let one = finding(1, 1, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let (sam, noor) = (
        world.browser_of("sam").await,
        world.browser_of("noor").await,
    );
    let said = "<a href=\"/alerts#unsigned\">1 decision</a> waits for a supervisor to agree.";
    for page in ["/", "/alerts"] {
        assert!(!sam.get(page).await.body.contains("/alerts#unsigned"));
    }
    let fields = [("verdict", "recall"), ("reason", "So.")];
    assert_eq!(decide(&noor, &alert, &fields).await, StatusCode::SEE_OTHER);
    for page in ["/", "/alerts"] {
        let body = sam.get(page).await.body;
        assert!(body.contains(said), "{page}: {body}");
        // It waits for somebody else than her.
        let own = noor.get(page).await.body;
        assert!(!own.contains(said), "{page}: {own}");
    }
    let list = sam.get("/alerts").await.body;
    assert!(list.contains("id=\"unsigned\""), "{list}");
    let case = list.split("href=\"/case/").nth(1).unwrap();
    let page = format!("/case/{}", case.split('#').next().unwrap());
    let path = format!("{page}/sign-off");
    let agreed = sam.fill(&page, &path, &[("answer", "agree")]).await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.body);
    assert!(!sam.get("/").await.body.contains("/alerts#unsigned"));
}

#[tokio::test]
async fn the_page_of_an_alert_says_of_agreement_what_the_page_of_its_case_says() {
    let world = World::new().await;
    team(&world).await;
    let one = finding(1, 1, "4.a", "breach", "facebook.com");
    let (finding_id, alert) = (one.id, format!("/alert/{}", id(&one)));
    world.find(vec![one], vec![]).await;
    let (kim, sam) = (world.browser_of("kim").await, world.browser_of("sam").await);
    let page = format!("/case/{}", case_of(&world, finding_id).await.id);
    let both = async |said: &str| {
        for page in [&alert, &page] {
            let body = kim.get(page).await.body;
            assert!(body.contains(said), "{page}: {said} in {body}");
        }
    };
    let say = async |verdict: &str| {
        let fields = [("verdict", verdict), ("reason", "So.")];
        assert_eq!(decide(&kim, &alert, &fields).await, StatusCode::SEE_OTHER);
    };
    say("recall").await;
    both("To be signed off").await;
    both("upervisor must still agree").await;
    say("reopened").await;
    both("It was opened again before a supervisor agreed, so nobody has to any more.").await;
    let body = kim.get(&page).await.body;
    assert!(!body.contains("decided anew"), "{body}");
    say("arrest").await;
    say("recall").await;
    both("It was decided anew before a supervisor agreed, so nobody has to any more.").await;
    let path = format!("{page}/sign-off");
    let fields = [("answer", "agree"), ("reason", "Right.")];
    let agreed = sam.fill(&page, &path, &fields).await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.body);
    both("<b>sam</b> agreed").await;
    both("Right.").await;
}

#[tokio::test]
async fn a_decision_waits_for_agreement_while_something_of_it_stands() {
    let world = World::new().await;
    team(&world).await;
    let found: Vec<_> = (1..=2)
        .map(|seq| finding(1, seq, "4.a", "breach", "facebook.com"))
        .collect();
    let alerts = [found[0].id, found[1].id];
    world.find(found, vec![]).await;
    let (kim, sam) = (world.browser_of("kim").await, world.browser_of("sam").await);
    let page = format!("/case/{}", case_of(&world, alerts[0]).await.id);
    let waits = async || {
        let body = sam.get("/alerts").await.body;
        let listed = body.contains("Waits for a supervisor to agree");
        let case = case_of(&world, alerts[0]).await;
        assert_eq!(listed, case.unsigned > 0, "{body}");
        (case.stage, case.unsigned)
    };
    let fields = [("verdict", "recall"), ("reason", "Both.")];
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(waits().await, (Stage::SignOff, 1));
    // Of one of the two something else is said: the recall stands for the other.
    let fields = [("verdict", "visit"), ("reason", "This one.")];
    let one = format!("/alert/{}", alerts[0]);
    assert_eq!(decide(&kim, &one, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(waits().await, (Stage::SignOff, 1));
    // The other is opened again: nothing is left to agree to.
    let fields = [("verdict", "reopened"), ("reason", "Too early.")];
    let other = format!("/alert/{}", alerts[1]);
    assert_eq!(decide(&kim, &other, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(waits().await, (Stage::Waits, 0));
    // What is decided next waits by itself, and is agreed to.
    let fields = [("verdict", "arrest"), ("reason", "Now.")];
    assert_eq!(decide(&kim, &other, &fields).await, StatusCode::SEE_OTHER);
    assert_eq!(waits().await, (Stage::SignOff, 1));
    let path = format!("{page}/sign-off");
    let agreed = sam.fill(&page, &path, &[("answer", "agree")]).await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.body);
    assert_eq!(waits().await, (Stage::Done, 0));
}
