//! What a program hands in: decisions, and what cannot be taken.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{cases, casework, rulings};
use serde_json::Value;

use super::{ask, decide, entries, get, problem, somebody, token, world};

#[tokio::test]
async fn two_cannot_decide_at_once() {
    let (world, _, alert) = world().await;
    let morgan = token(&world, "morgan", Scope::Decide).await;
    let kim = somebody(&world, "kim", Role::Manager, "").await;
    let path = format!("/api/v1/alerts/{alert}");
    let seen = get(&world, &path, &morgan).await;
    let tag = seen.headers[header::ETAG].to_str().unwrap().to_owned();
    let body = r#"{"verdict":"no_action","reason":"He had <b>written</b> permission."}"#;

    let answer = decide(&world, &alert, &morgan, None, body).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(problem(&answer), "unmatched");
    for wrong in ["*", "\"0\"", "W/\"\"", "x"] {
        let answer = decide(&world, &alert, &morgan, Some(wrong), body).await;
        assert_eq!(problem(&answer), "overtaken", "{wrong}");
    }
    let answer = decide(&world, &alert, &morgan, Some(&tag), body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let case: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(case["alert"]["state"], "decided");
    assert_eq!(
        case["decisions"][0]["reason"],
        "He had <b>written</b> permission."
    );
    assert_ne!(answer.headers[header::ETAG], tag.as_str());

    // The same again, and somebody else who saw what stood before.
    for other in [&morgan, &kim] {
        let answer = decide(&world, &alert, other, Some(&tag), body).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(problem(&answer), "overtaken");
    }
    let finding = alert.parse().unwrap();
    let kept = world
        .read(move |read| casework::decisions(read, finding))
        .await;
    assert_eq!(kept.len(), 1);
    let decided = entries(&world).await;
    let decided: Vec<_> = decided
        .iter()
        .filter(|(action, _)| action == "decided")
        .collect();
    assert_eq!(decided.len(), 1);
    assert_eq!(
        decided[0].1,
        format!("{alert} no_action by token token-morgan-decide")
    );

    let request = Request::get(&path)
        .header(header::AUTHORIZATION, format!("Bearer {kim}"))
        .header(header::IF_NONE_MATCH, answer.headers[header::ETAG].clone());
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
}

#[tokio::test]
async fn a_false_alarm_says_which_part_was_wrong_as_on_the_pages() {
    let (world, _, alert) = world().await;
    let token = token(&world, "morgan", Scope::Decide).await;
    let vague = r#"{"verdict":"false_alarm","reason":"An advertisement."}"#;
    let answer = decide(&world, &alert, &token, Some("\"\""), vague).await;
    assert!(
        answer.body.contains("Say which part was wrong"),
        "{}",
        answer.body
    );
    let said = r#"{"verdict":"false_alarm","reason":"An advertisement.","part":"list"}"#;
    let answer = decide(&world, &alert, &token, Some("\"\""), said).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let finding = alert.parse().unwrap();
    let rulings = world
        .read(move |read| {
            let case = cases::of_finding(read, finding)?.unwrap();
            rulings::of_case(read, &case.id)
        })
        .await;
    let parts: Vec<_> = rulings.iter().map(|one| one.ruling.part.as_str()).collect();
    assert_eq!(parts, ["list"]);
}

#[tokio::test]
async fn what_cannot_be_taken_is_said() {
    let (world, person, alert) = world().await;
    let token = token(&world, "morgan", Scope::Decide).await;
    let long = format!(r#"{{"verdict":"visit","reason":"{}"}}"#, "x".repeat(4_001));
    for body in [
        "",
        "[]",
        "{",
        "null",
        r#"{"verdict":"visit"}"#,
        r#"{"verdict":"visit","reason":" "}"#,
        r#"{"verdict":"guilty","reason":"x"}"#,
        r#"{"verdict":"visit","reason":"x","also":1}"#,
        r#"{"verdict":"visit","verdict":"no_action","reason":"x"}"#,
        r#"{"verdict":"visit","reason":["x"]}"#,
        r#"{"verdict":"false_alarm","reason":"x"}"#,
        r#"{"verdict":"false_alarm","reason":"x","part":null}"#,
        r#"{"verdict":"false_alarm","reason":"x","part":"all"}"#,
        &long,
    ] {
        let answer = decide(&world, &alert, &token, Some("\"\""), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem(&answer), "input");
    }
    let huge = "x".repeat(1 << 20);
    let answer = decide(&world, &alert, &token, Some("\"\""), &huge).await;
    assert_eq!(problem(&answer), "long");
    for (kind, body) in [
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "a=b"),
        ("", ""),
    ] {
        let request = Request::post(format!("/api/v1/alerts/{alert}/decisions"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind)
            .header(header::IF_MATCH, "\"\"");
        let answer = world.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(problem(&answer), "kind");
    }
    for (path, kind) in [
        ("/api/v1/alerts?limit=0".to_owned(), "input"),
        ("/api/v1/alerts?limit=201".to_owned(), "input"),
        ("/api/v1/alerts?limit=-1".to_owned(), "input"),
        ("/api/v1/alerts?limit=1&limit=2".to_owned(), "input"),
        ("/api/v1/alerts?cursor=%00".to_owned(), "input"),
        ("/api/v1/alerts?cursor=AAAA".to_owned(), "input"),
        ("/api/v1/alerts?state=lost".to_owned(), "input"),
        ("/api/v1/alerts?unknown=1".to_owned(), "input"),
        ("/api/v1/alerts?state=%ff".to_owned(), "input"),
        ("/api/v1/alerts?person=x".to_owned(), "missing"),
        (format!("/api/v1/people/{person}/days/yesterday"), "input"),
        (
            format!("/api/v1/people/{person}/days/-009999-01-01"),
            "input",
        ),
        (format!("/api/v1/people/{}", "0".repeat(32)), "missing"),
        ("/api/v1/people/%2e%2e".to_owned(), "missing"),
        (
            "/api/v1/alerts/ffffffffffffffffffffffffffffffffffff".to_owned(),
            "missing",
        ),
        ("/api/v1/no-such".to_owned(), "missing"),
        ("/api/v2/people".to_owned(), "missing"),
    ] {
        let answer = get(&world, &path, &token).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(problem(&answer), kind, "{path}");
    }
    for method in [Method::DELETE, Method::PUT, Method::OPTIONS, Method::TRACE] {
        let answer = ask(&world, method, "/api/v1/people", &token).await;
        assert_eq!(problem(&answer), "method");
    }
    let answer = ask(&world, Method::HEAD, "/api/v1/people", &token).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}
