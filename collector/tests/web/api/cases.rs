//! Cases for programs: read with a tag, decided as on the pages, refused to whoever may not.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{casework, rulings};
use serde_json::{Value, json};

use super::{ask, entries, get, problem, read, somebody, token, world};
use crate::pages::{Answer, World, days, finding, id};
use crate::roles::assign;

async fn decide(
    world: &World,
    case: &str,
    token: &str,
    seen: Option<&str>,
    body: &Value,
) -> Answer {
    let mut request = Request::post(format!("/api/v1/cases/{case}/decisions"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(seen) = seen {
        request = request.header(header::IF_MATCH, seen);
    }
    let body = Body::from(body.to_string());
    world.send(request.body(body).unwrap()).await
}

fn tag(answer: &Answer) -> String {
    answer.headers[header::ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn all_that_waits_in_a_case_is_decided_once_as_it_was_seen() {
    let (world, _, first) = world().await;
    let morgan = token(&world, "morgan", Scope::Decide).await;
    let path = format!("/api/v1/cases/{first}");
    let early = tag(&get(&world, &path, &morgan).await);
    let second = finding(1, 1, "4.b", "review", "reddit.com");
    let second_id = id(&second);
    world.find(vec![second], vec![]).await;
    let review = days(40).to_string();
    let body = json!({
        "verdict": "advice", "reason": "He <b>agreed</b>.", "review": review, "sign_off": true,
    });
    let answer = decide(&world, &first, &morgan, None, &body).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_REQUIRED);
    for stale in [early.as_str(), "*", "\"\"", "\"x.y\"", "W/\"x.y\""] {
        let answer = decide(&world, &first, &morgan, Some(stale), &body).await;
        assert_eq!(problem(&answer), "overtaken", "{stale}");
    }
    let seen = get(&world, &path, &morgan).await;
    let now = tag(&seen);
    assert_ne!(now, early);
    let answer = decide(&world, &first, &morgan, Some(&now), &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let whole: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(whole["case"]["stage"], "sign_off");
    assert_eq!(whole["rulings"][0]["reason"], "He <b>agreed</b>.");
    assert_eq!(whole["rulings"][0]["review"], review);
    assert_eq!(
        (
            &whole["rulings"][0]["alerts"],
            &whole["rulings"][0]["pending"]
        ),
        (&json!(2), &json!(true))
    );
    let again = decide(&world, &first, &morgan, Some(&now), &body).await;
    assert_eq!(again.status, StatusCode::PRECONDITION_FAILED);

    // Each alert has the decision, the case has one ruling, and the audit says by which token.
    for alert in [&first, &second_id] {
        let alert = alert.parse().unwrap();
        let kept = world
            .read(move |read| casework::decisions(read, alert))
            .await;
        assert_eq!(kept.len(), 1);
    }
    let case = first.clone();
    let said = world.read(move |read| rulings::of_case(read, &case)).await;
    assert_eq!(said.len(), 1);
    let ruled: Vec<_> = entries(&world).await;
    let ruled: Vec<_> = ruled
        .iter()
        .filter(|(action, _)| action == "ruled")
        .collect();
    assert_eq!(
        ruled[0].1,
        format!(
            "{first} advice, 2 items, review on {review}, to be signed off by token token-morgan-decide"
        )
    );

    // It is in the list of its stage and in no other.
    for (stage, there) in [("sign_off", 1), ("waits", 0), ("done", 0)] {
        let list = read(&world, &format!("/api/v1/cases?stage={stage}"), &morgan).await;
        assert_eq!(list["items"].as_array().unwrap().len(), there, "{stage}");
    }
    let request = Request::get(&path)
        .header(header::AUTHORIZATION, format!("Bearer {morgan}"))
        .header(header::IF_NONE_MATCH, tag(&answer));
    let same = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn whoever_does_not_see_the_person_or_may_not_decide_is_refused() {
    let (world, person, case) = world().await;
    let kim = somebody(&world, "kim", Role::Manager, "").await;
    let ella = somebody(&world, "ella", Role::Examiner, "").await;
    let reader = token(&world, "morgan", Scope::Read).await;
    let path = format!("/api/v1/cases/{case}");
    let tag = tag(&get(&world, &path, &reader).await);
    let body = json!({ "verdict": "no_action", "reason": "x" });
    for (token, kind) in [(&reader, "scope"), (&ella, "role")] {
        let answer = decide(&world, &case, token, Some(&tag), &body).await;
        assert_eq!(problem(&answer), kind);
    }
    assign(&world, &person, "staff-morgan").await;
    assert_eq!(problem(&get(&world, &path, &kim).await), "sight");
    let answer = decide(&world, &case, &kim, Some(&tag), &body).await;
    assert_eq!(problem(&answer), "sight");
    let theirs = read(&world, "/api/v1/cases", &kim).await;
    assert_eq!(theirs["items"], json!([]));
    let of = format!("/api/v1/cases?person={person}");
    assert_eq!(problem(&get(&world, &of, &kim).await), "sight");
    let own = read(&world, &of, &reader).await;
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    for (path, kind) in [
        ("/api/v1/cases?stage=lost", "input"),
        ("/api/v1/cases?person=x", "missing"),
    ] {
        assert_eq!(problem(&get(&world, path, &reader).await), kind);
    }
    let refused = entries(&world).await;
    assert!(refused.iter().any(|(action, _)| action == "refused"));
    let answer = ask(&world, Method::DELETE, &path, &reader).await;
    assert_eq!(problem(&answer), "method");
}
