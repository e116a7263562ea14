//! Computers are enrolled after the notice, and compared by their words.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, audit, tokens};

use crate::orders::went;
use crate::pages::{self, World, hidden};

#[tokio::test]
async fn a_token_is_made_after_the_notice_and_shown_once() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/enrol");
    let (notice, path) = (
        format!("/person/{person}/notice"),
        format!("/person/{person}/token"),
    );
    let answer = browser
        .fill(&page, &path, &[("accounts", "alex\r\n <i> \r\n")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("nobody is monitored"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("&lt;i&gt;"), "{}", answer.body);

    let wrong = [
        ("day", "2999-01-01"),
        ("by", "<b>PC</b>"),
        ("language", ""),
        ("remark", ""),
    ];
    let answer = browser.fill(&page, &notice, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for anchor in ["#day", "#language", "#answer"] {
        assert!(
            answer.body.contains(&format!("href=\"{anchor}\"")),
            "{}",
            answer.body
        );
    }
    assert!(
        answer.body.contains("value=\"&lt;b&gt;PC&lt;/b&gt;\""),
        "{}",
        answer.body
    );
    // A refusal is kept as one, and the order counts all the same.
    let right = [
        ("day", "2026-01-05"),
        ("by", "PC Example"),
        ("language", "Welsh"),
        ("answer", "refused"),
        ("remark", "Would not sign."),
    ];
    for _ in 0..2 {
        assert_eq!(went(&browser.fill(&page, &notice, &right).await), page);
    }
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("<b>Refused</b> on 2026-01-05, explained by PC Example in Welsh."),
        "{body}"
    );
    assert_eq!(body.matches("<b>Refused</b>").count(), 1);

    let seen = hidden(&body, &path);
    let mut fields: Vec<_> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("accounts", "alex"));
    let made = browser.post(&path, &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let token = made.body.split("--token ").nth(1).unwrap();
    let token = token.split('<').next().unwrap();
    let token = proviso_report::EnrolToken::parse(token).unwrap();
    assert_eq!(token.ca, Hash([7; 32]));
    let command = format!(
        "proviso-agent enrol --collector {} --token",
        pages::COLLECTOR
    );
    assert!(made.body.contains(&command), "{}", made.body);
    let again = browser.post(&path, &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!again.body.contains("pv1_"));
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Good until") && !body.contains("pv1_"),
        "{body}"
    );
    // It is the token that a computer brings.
    let hash = Hash::of(&token.secret);
    let granted = world
        .write(move |tx| tokens::take(tx, &hash, clock::now()))
        .await
        .unwrap();
    assert_eq!(
        (granted.person, granted.accounts),
        (person, vec!["alex".to_owned()])
    );
}

#[tokio::test]
async fn words_of_a_computer_are_shown_and_compared() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/enrol");
    let body = browser.get(&page).await.body;
    let words = proviso_report::device_words(&Hash([1; 32]));
    assert!(body.contains(&words), "{body}");
    let path = format!("/device/{}/compare", "01".repeat(16));
    for (same, said) in [("yes", "The same"), ("no", "Different")] {
        let back = went(&browser.fill(&page, &path, &[("same", same)]).await);
        assert_eq!(back, format!("{page}#computers"));
        assert!(browser.get(&page).await.body.contains(said));
    }
    let answer = browser.fill(&page, &path, &[("same", "maybe")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    crate::roles::assign(&world, &person, "staff-morgan").await;
    let other = world.browser_as("kim", Role::Manager, "south").await;
    assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN);
    let token = hidden(&other.get("/orders").await.body, "/sign-out");
    let fields = [("token", token[0].1.as_str()), ("same", "yes")];
    assert_eq!(
        other.post(&path, &fields).await.status,
        StatusCode::FORBIDDEN
    );
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    for action in ["saw_enrolment", "compared_words", "refused"] {
        assert!(
            entries.iter().any(|one| one.entry.action == action),
            "{action}"
        );
    }
}
