//! Who may ask what: tokens, roles, scopes, sight, names.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::api_tokens::{self, Scope, Token};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::{Hash, audit};
use proviso_collector::web::api::routes;
use serde_json::{Value, json};

use crate::pages::HOUR;

use super::{ask, at, decide, get, problem, read, somebody, token, world};

#[tokio::test]
async fn every_address_asks_for_a_token_that_counts() {
    let (world, person, alert) = world().await;
    world.staff_as("gone", Role::Manager, "").await;
    let mut dead = vec![
        "".to_owned(),
        "proviso_".to_owned(),
        "staff-morgan".to_owned(),
    ];
    for (name, change) in [("expired", 1), ("revoked", 2), ("closed", 3)] {
        let text = format!("proviso_{name}");
        let hash = Hash::of(text.as_bytes()).0;
        let staff = if change == 3 {
            "staff-gone"
        } else {
            "staff-morgan"
        };
        let token = Token {
            id: name.to_owned(),
            staff: staff.to_owned(),
            name: name.to_owned(),
            scope: Scope::Decide,
            made: 1,
            expires: if change == 1 {
                clock::now() - 1
            } else {
                i64::MAX
            },
            used: None,
            revoked: None,
        };
        world
            .write(move |tx| {
                api_tokens::add(tx, &token, &hash)?;
                if change == 2 {
                    api_tokens::revoke(tx, "staff-morgan", "revoked", "staff-morgan", 5)?;
                }
                if change == 3 {
                    let mut gone = staff::by_name(tx, "gone")?.unwrap();
                    gone.closed = Some(5);
                    staff::change(tx, &gone)?;
                }
                Ok(())
            })
            .await;
        dead.push(text);
    }
    let browser = world.browser().await;
    let mut asked = 0;
    for endpoint in routes::all().iter().filter(|one| one.scope.is_some()) {
        let path = at(endpoint.path, &person, &alert);
        for token in &dead {
            let answer = ask(&world, endpoint.method.clone(), &path, token).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {token}");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
            assert_eq!(problem(&answer), "token");
            asked += 1;
        }
        // A browser that is signed in opens nothing: it could be made to ask by another site.
        let request = Request::builder()
            .method(endpoint.method.clone())
            .uri(&path)
            .header(header::COOKIE, &browser.cookie);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
    assert!(asked > 60, "{asked}");
}

#[tokio::test]
async fn every_address_refuses_every_role_and_scope_that_may_not() {
    let (world, person, alert) = world().await;
    for role in Role::ALL {
        let name = format!("as-{}", role.as_str());
        let whole = somebody(&world, &name, role, "").await;
        let reading = token(&world, &name, Scope::Read).await;
        for endpoint in routes::all().iter().filter(|one| one.scope.is_some()) {
            let path = at(endpoint.path, &person, &alert);
            let may = endpoint.right.is_none_or(|right| right.of(role));
            for (token, scope) in [(&whole, Scope::Decide), (&reading, Scope::Read)] {
                let answer = ask(&world, endpoint.method.clone(), &path, token).await;
                let refused = (answer.status == StatusCode::FORBIDDEN).then(|| problem(&answer));
                let refused = refused.unwrap_or_default();
                let wanted = match (may, Some(scope) >= endpoint.scope) {
                    (false, _) => "role",
                    (true, false) => "scope",
                    // An examiner sees nobody by their role alone.
                    (true, true) if role == Role::Examiner && path.contains(person.as_str()) => {
                        "sight"
                    }
                    (true, true) if role == Role::Examiner && path.contains(&alert) => "sight",
                    (true, true) => "",
                };
                assert_eq!(refused, wanted, "{role:?} {scope:?} {endpoint:?}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_sees_by_a_token_whom_they_do_not_see() {
    let (world, person, alert) = world().await;
    let own = token(&world, "morgan", Scope::Decide).await;
    let other = somebody(&world, "kim", Role::Manager, "south").await;
    let case = Case {
        id: "1".to_owned(),
        person: person.clone(),
        officer: "staff-morgan".to_owned(),
        since: 1,
        until: None,
        put_by: String::new(),
        reason: "theirs".to_owned(),
    };
    world.write(move |tx| sight::assign(tx, &case)).await;
    for path in ["/api/v1/people", "/api/v1/alerts", "/api/v1/cases"] {
        assert_eq!(
            read(&world, path, &own).await["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(read(&world, path, &other).await["items"], json!([]));
    }
    for endpoint in routes::all() {
        if !endpoint.path.contains('{') {
            continue;
        }
        let path = at(endpoint.path, &person, &alert);
        let answer = match endpoint.method {
            Method::POST => {
                let body = r#"{"verdict":"no_action","reason":"x"}"#;
                decide(&world, &alert, &other, Some("\"\""), body).await
            }
            _ => get(&world, &path, &other).await,
        };
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(problem(&answer), "sight");
        assert!(!answer.body.contains("Alex") && !answer.body.contains("P-0001"));
    }
    let path = format!("/api/v1/alerts?person={person}");
    assert_eq!(problem(&get(&world, &path, &other).await), "sight");
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let refused = entries.iter().filter(|one| one.entry.action == "refused");
    assert!(refused.clone().count() >= 7, "{}", refused.count());
    assert!(refused.clone().all(|one| one.staff_name == "kim"));
}

#[tokio::test]
async fn a_name_is_for_who_manages_cases() {
    let (world, person, _) = world().await;
    let manager = token(&world, "morgan", Scope::Read).await;
    let examiner = somebody(&world, "eve", Role::Examiner, "").await;
    let pass = sight::While {
        id: "1".to_owned(),
        staff: "staff-eve".to_owned(),
        what: person.clone(),
        since: 1,
        until: clock::now() + HOUR,
        put_by: String::new(),
        reason: "an exhibit".to_owned(),
    };
    world.write(move |tx| sight::let_in(tx, &pass)).await;
    let path = format!("/api/v1/people/{person}");
    assert_eq!(read(&world, &path, &manager).await["name"], "Alex Example");
    assert_eq!(read(&world, &path, &examiner).await["name"], Value::Null);
    let path = format!("{path}/devices");
    assert_eq!(
        read(&world, &path, &manager).await["items"][0]["host"],
        "laptop-1"
    );
    assert_eq!(
        read(&world, &path, &examiner).await["items"][0]["host"],
        Value::Null
    );
    for path in ["/api/v1/people", "/api/v1/alerts"] {
        let answer = get(&world, path, &manager).await;
        assert!(!answer.body.contains("Alex"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_token_that_asks_too_often_waits() {
    let (world, ..) = world().await;
    let hasty = token(&world, "morgan", Scope::Read).await;
    let other = somebody(&world, "kim", Role::Manager, "").await;
    let mut answer = get(&world, "/api/v1/me", &hasty).await;
    for _ in 0..300 {
        answer = get(&world, "/api/v1/me", &hasty).await;
    }
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem(&answer), "rate");
    let wait: u64 = answer.headers[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        get(&world, "/api/v1/me", &other).await.status,
        StatusCode::OK
    );
}
