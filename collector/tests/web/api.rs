//! The same for programs: tokens, rights, sight, audit, decisions, lists.

mod access;
mod cases;
mod decided;
mod described;
mod lists;
mod tokens;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::api_tokens::{self, Scope, Token};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, audit};
use serde_json::Value;

use crate::pages::{Answer, HOUR, World, finding, id};

/// A token of somebody.
pub(crate) async fn token(world: &World, staff: &str, scope: Scope) -> String {
    let text = format!("proviso_{staff}-{}", scope.as_str());
    let token = Token {
        id: format!("token-{staff}-{}", scope.as_str()),
        staff: format!("staff-{staff}"),
        name: "a program".to_owned(),
        scope,
        made: 1,
        expires: clock::now() + HOUR,
        used: None,
        revoked: None,
    };
    let hash = Hash::of(text.as_bytes()).0;
    world
        .write(move |tx| api_tokens::add(tx, &token, &hash))
        .await;
    text
}

/// Somebody in a role, with a token for all that it may.
async fn somebody(world: &World, name: &str, role: Role, team: &str) -> String {
    world.staff_as(name, role, team).await;
    token(world, name, Scope::Decide).await
}

async fn ask(world: &World, method: Method, path: &str, token: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn get(world: &World, path: &str, token: &str) -> Answer {
    ask(world, Method::GET, path, token).await
}

async fn read(world: &World, path: &str, token: &str) -> Value {
    let answer = get(world, path, token).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    serde_json::from_str(&answer.body).unwrap()
}

async fn decide(world: &World, alert: &str, token: &str, seen: Option<&str>, body: &str) -> Answer {
    let mut request = Request::post(format!("/api/v1/alerts/{alert}/decisions"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(seen) = seen {
        request = request.header(header::IF_MATCH, seen);
    }
    let body = Body::from(body.to_owned());
    world.send(request.body(body).unwrap()).await
}

/// What went wrong, by its kind; its words say something.
pub(crate) fn problem(answer: &Answer) -> String {
    let kind = &answer.headers[header::CONTENT_TYPE];
    assert_eq!(kind, "application/problem+json", "{}", answer.body);
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["status"], answer.status.as_u16());
    let detail = said["detail"].as_str().unwrap();
    assert!(detail.len() > 15 && detail.ends_with('.'), "{detail}");
    let kind = said["type"].as_str().unwrap();
    kind.strip_prefix("urn:proviso:problem:")
        .unwrap()
        .to_owned()
}

fn at(path: &str, person: &PersonId, alert: &str) -> String {
    // A case is named after what began it.
    path.replace("{person}", person.as_str())
        .replace("{case}", alert)
        .replace("{alert}", alert)
        .replace("{day}", "2026-11-24")
}

/// A world with somebody under supervision, and one alert about them.
async fn world() -> (World, PersonId, String) {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = id(&one);
    world.find(vec![one], vec![]).await;
    (world, person, alert)
}

async fn entries(world: &World) -> Vec<(String, String)> {
    let all = world.read(|read| audit::latest(read, 1_000, 0)).await;
    let each = all.into_iter();
    each.map(|one| (one.entry.action, one.entry.reason))
        .collect()
}
