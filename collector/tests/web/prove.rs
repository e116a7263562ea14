//! Asking again who it is, and forms whose session ended: nothing typed is lost, nothing is sent by itself.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{audit, casework};

use crate::pages::{Answer, Browser, PASSWORD, World, finding, hidden, id};

const REASON: &str = "Asked by telephone: <b>\"it was & is\" nothing</b> — مرحبا 👩‍⚖️";

/// As if they had signed in before lunch.
pub(crate) async fn long_ago(world: &World) {
    let at = clock::now() - 11 * 60_000;
    world
        .write(move |tx| tx.execute("UPDATE web_session SET proved = $1", &[at.into()]))
        .await;
}

pub(crate) async fn end_sessions(world: &World) {
    world
        .write(|tx| tx.execute("UPDATE web_session SET expires = 1", &[]))
        .await;
}

/// Sends the form of an answer on, with more fields.
pub(crate) async fn go_on(
    browser: &Browser<'_>,
    answer: &Answer,
    path: &str,
    more: &[(&str, &str)],
) -> Answer {
    let fields = unescaped(&answer.body, path);
    let mut all: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend_from_slice(more);
    browser.post(path, &all).await
}

pub(crate) fn unescaped(body: &str, path: &str) -> Vec<(String, String)> {
    let plain = |text: String| {
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    };
    let fields = hidden(body, path).into_iter();
    fields.map(|(name, value)| (name, plain(value))).collect()
}

#[tokio::test]
async fn an_export_asks_again_who_it_is_and_loses_nothing() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let (page, export) = (
        format!("/person/{person}"),
        format!("/person/{person}/export"),
    );
    let days = [("from", "2026-11-01"), ("to", "2026-11-02")];
    long_ago(&world).await;

    let asked = browser.fill(&page, &export, &days).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{}", asked.body);
    assert!(
        asked.body.contains("Confirm that it is you"),
        "{}",
        asked.body
    );
    // Who has no app is asked for no code.
    assert!(
        !asked.body.contains("a code from your app"),
        "{}",
        asked.body
    );
    let wrong = go_on(
        &browser,
        &asked,
        &export,
        &[("proof_password", "not this one")],
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("That is not right"), "{}", wrong.body);
    assert!(!wrong.body.contains("not this one"), "a password is shown");

    let made = go_on(&browser, &wrong, &export, &[("proof_password", PASSWORD)]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let name = made.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(name.contains("2026-11-01-2026-11-02"), "{name}");
    // For ten minutes nobody is asked again.
    let again = browser.fill(&page, &export, &days).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    let audit = browser.get("/audit").await.body;
    assert!(audit.contains("confirmed that it is them"), "{audit}");
    assert!(audit.contains("gave something wrong"), "{audit}");
}

#[tokio::test]
async fn a_form_of_another_session_is_not_carried_around_the_question() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let export = format!("/person/{person}/export");
    long_ago(&world).await;
    for token in ["", "00"] {
        let fields = [
            ("token", token),
            ("from", "2026-11-01"),
            ("proof_password", PASSWORD),
        ];
        let answer = browser.post(&export, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert!(!answer.body.contains("2026-11-01"));
    }
    let token = hidden(&browser.get("/account").await.body, "/account/password")[0]
        .1
        .clone();
    let fields = [
        ("token", token.as_str()),
        ("to", "//evil.example"),
        ("proof_password", PASSWORD),
    ];
    let led = browser.post("/prove", &fields).await;
    assert_eq!(led.headers[header::LOCATION], "/");
}

#[tokio::test]
async fn five_wrong_proofs_end_the_session_and_keep_the_form() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let (page, export) = (
        format!("/person/{person}"),
        format!("/person/{person}/export"),
    );
    long_ago(&world).await;
    let mut asked = browser
        .fill(
            &page,
            &export,
            &[("from", "2026-11-01"), ("to", "2026-11-02")],
        )
        .await;
    for _ in 0..5 {
        asked = go_on(&browser, &asked, &export, &[("proof_password", "guess")]).await;
    }
    assert!(asked.body.contains("wrong five times"), "{}", asked.body);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    let shown = sign_in_again(&world, &asked, "morgan").await;
    assert!(shown.body.contains("2026-11-01"), "{}", shown.body);
}

/// Whoever sends a hundred guesses in one moment has no more of them than whoever waits for each answer.
#[tokio::test]
async fn proofs_sent_at_one_moment_are_no_more_than_five() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let (page, export) = (
        format!("/person/{person}"),
        format!("/person/{person}/export"),
    );
    long_ago(&world).await;
    let days = [("from", "2026-11-01"), ("to", "2026-11-02")];
    let asked = browser.fill(&page, &export, &days).await;
    let (by, asked, export) = (&browser, &asked, &export);
    let guess = |guess| async move {
        let proof = [("proof_password", guess)];
        go_on(by, asked, export, &proof).await.status
    };
    let statuses = futures_util::future::join_all(["guess"; 9].map(guess)).await;
    assert_eq!(statuses, [StatusCode::UNAUTHORIZED; 9]);
    // What was sent while the fifth was looked at was not looked at, and what is right comes too late.
    assert_eq!(guess(PASSWORD).await, StatusCode::UNAUTHORIZED);
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let count = |action: &str| {
        entries
            .iter()
            .filter(|one| one.entry.action == action)
            .count()
    };
    assert_eq!((count("not_proved"), count("proved")), (5, 0));
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

pub(crate) async fn sign_in_again(world: &World, page: &Answer, name: &str) -> Answer {
    let nobody = Browser {
        world,
        cookie: String::new(),
    };
    go_on(
        &nobody,
        page,
        "/sign-in",
        &[("name", name), ("password", PASSWORD)],
    )
    .await
}

#[tokio::test]
async fn a_form_whose_session_ended_is_shown_again_and_sent_by_its_writer() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let decide = format!("{alert}/decide");
    let before = hidden(&browser.get(&alert).await.body, &decide);
    end_sessions(&world).await;

    let mut fields: Vec<(&str, &str)> = before
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.extend([("verdict", "no_action"), ("reason", REASON)]);
    let asked = browser.post(&decide, &fields).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{}", asked.body);
    assert!(
        asked.body.contains("Nothing that you typed is lost"),
        "{}",
        asked.body
    );

    // A wrong password on the way loses nothing either.
    let nobody = Browser {
        world: &world,
        cookie: String::new(),
    };
    let typo = [("name", "morgan"), ("password", "correct horse batterie")];
    let asked = go_on(&nobody, &asked, "/sign-in", &typo).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);

    let shown = sign_in_again(&world, &asked, "morgan").await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    assert!(
        shown.body.contains("Send what you typed?"),
        "{}",
        shown.body
    );
    assert!(
        shown.body.contains("&lt;b&gt;") && !shown.body.contains("<b>\""),
        "{}",
        shown.body
    );
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert!(kept.is_empty(), "it was sent by itself");

    let cookie = shown.headers[header::SET_COOKIE].to_str().unwrap();
    let again = Browser {
        world: &world,
        cookie: cookie.split(';').next().unwrap().to_owned(),
    };
    let typed = [("verdict", "no_action"), ("reason", REASON)];
    let sent = go_on(&again, &shown, &decide, &typed).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].decision.reason, REASON);
}

#[tokio::test]
async fn what_one_typed_is_not_shown_to_another() {
    let world = World::new().await;
    world.staff_as("kim", Role::Manager, "").await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let decide = format!("{alert}/decide");
    let token = hidden(&browser.get(&alert).await.body, &decide)[0]
        .1
        .clone();
    end_sessions(&world).await;
    let fields = [("token", token.as_str()), ("reason", "of morgan's own")];
    let asked = browser.post(&decide, &fields).await;
    let shown = sign_in_again(&world, &asked, "kim").await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.body.contains("morgan's own"), "{}", shown.body);

    // A form that belonged to no session is not carried at all.
    let made_up = browser
        .post(&decide, &[("token", "00"), ("reason", "made up")])
        .await;
    assert_eq!(made_up.status, StatusCode::SEE_OTHER);
    let stranger = Request::post(&decide)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("reason=x"));
    let stranger = world.send(stranger.unwrap()).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
}
