//! The same for programs: tokens, rights, sight, audit, decisions, lists.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::api_tokens::{self, Scope, Token};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::{Hash, PersonId, Store, audit, casework};
use proviso_collector::web::api::routes;
use proviso_report::Record;
use serde_json::{Value, json};

use crate::log::{Log, visit};
use crate::pages::{self, Answer, HOUR, World, busy, finding, id};

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
fn problem(answer: &Answer) -> String {
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
async fn what_is_sent_is_what_the_description_says_and_each_look_is_entered() {
    let (world, person, alert) = world().await;
    let manager = token(&world, "morgan", Scope::Read).await;
    let description = get(&world, "/api/v1/openapi.json", "").await;
    let description: Value = serde_json::from_str(&description.body).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    for endpoint in routes::all() {
        if endpoint.method != Method::GET || endpoint.scope.is_none() {
            continue;
        }
        let before = entries(&world).await;
        let path = at(endpoint.path, &person, &alert);
        let sent = read(&world, &path, &manager).await;
        let said = &description["paths"][endpoint.path]["get"]["responses"]["200"];
        fits(
            &sent,
            &said["content"]["application/json"]["schema"],
            &description,
            &path,
        );
        let after = entries(&world).await;
        let looks = usize::from(endpoint.name != "me");
        assert_eq!(after.len() - before.len(), looks, "{path}");
        if looks == 1 {
            let (action, on) = &after[0];
            assert!(action.starts_with("saw_"), "{action}");
            assert!(on.ends_with("by token token-morgan-read"), "{on}");
        }
    }
    // What is described is there, and nothing else.
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let there: BTreeSet<&str> = routes::all().iter().map(|one| one.path).collect();
    assert_eq!(described, there);
}

async fn entries(world: &World) -> Vec<(String, String)> {
    let all = world.read(|read| audit::latest(read, 1_000, 0)).await;
    let each = all.into_iter();
    each.map(|one| (one.entry.action, one.entry.reason))
        .collect()
}

/// As much of JSON Schema as the description uses.
fn fits(value: &Value, schema: &Value, all: &Value, place: &str) {
    if let Some(refers) = schema["$ref"].as_str() {
        let name = refers.rsplit('/').next().unwrap();
        return fits(value, &all["components"]["schemas"][name], all, place);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        if !value.is_null() {
            fits(value, &either[0], all, place);
        }
        return;
    }
    match schema["type"].as_str().unwrap() {
        "string" if schema["format"] == "date-time" => {
            let text = value.as_str().unwrap();
            assert!(text.parse::<jiff::Timestamp>().is_ok(), "{place}: {text}");
        }
        "string" => assert!(value.is_string(), "{place}: {value}"),
        "integer" => assert!(value.is_u64(), "{place}: {value}"),
        "boolean" => assert!(value.is_boolean(), "{place}: {value}"),
        "array" => {
            for item in value.as_array().unwrap() {
                fits(item, &schema["items"], all, place);
            }
        }
        "object" => {
            let object = value.as_object().unwrap();
            let Some(fields) = schema["properties"].as_object() else {
                return;
            };
            let sent: BTreeSet<_> = object.keys().collect();
            assert_eq!(sent, fields.keys().collect(), "{place}");
            for (name, field) in fields {
                fits(&object[name], field, all, &format!("{place} {name}"));
            }
        }
        other => panic!("{other}"),
    }
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

#[tokio::test]
async fn a_list_goes_on_where_it_ended_whatever_came_meanwhile() {
    let (world, person, _) = world().await;
    let token = token(&world, "morgan", Scope::Read).await;
    world.find(busy(1), vec![]).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/alerts?limit=7".to_owned();
    let mut late = 100;
    loop {
        let page = read(&world, &path, &token).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        seen.extend(
            items
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        // Something new, and something that is taken up, while the list is read.
        let first = seen[0].parse().unwrap();
        world
            .find(vec![finding(1, late, "4.b", "review", "x")], vec![])
            .await;
        late += 1;
        let decision = casework::Decision {
            id: format!("{late}"),
            finding: first,
            staff: "staff-morgan".to_owned(),
            at: 1,
            verdict: "acknowledged".to_owned(),
            reason: String::new(),
        };
        let state = casework::AlertState::Acknowledged;
        world
            .write(move |tx| casework::decide(tx, &decision, state))
            .await;
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/alerts?limit=7&cursor={next}");
        assert!(late < 200, "the list does not end");
    }
    let once: BTreeSet<_> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "one was listed twice");
    for found in busy(1) {
        assert!(once.contains(&id(&found)), "one was not listed");
    }
    let path = format!("/api/v1/alerts?state=acknowledged&person={person}");
    assert_eq!(
        read(&world, &path, &token).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let mut shown = 0;
    let mut path = "/api/v1/audit?limit=3".to_owned();
    while let Some(next) = read(&world, &path, &token).await["next"].as_str() {
        shown += 3;
        path = format!("/api/v1/audit?limit=3&cursor={next}");
    }
    assert!(shown >= 9, "{shown}");
}

/// Five visits on a day, in a report that is held.
fn recorded(store: &Store, person: &PersonId) -> Vec<Record> {
    let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
    let mut log = Log::enrol(store, 9, person, pages::order(person).digest);
    let day: jiff::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let day = day.as_millisecond();
    let records: Vec<_> = (0..5)
        .map(|n| {
            let page = visit(
                &format!("https://a.example/{n}"),
                "<script>alert(1)</script>",
            );
            log.record(n, day + n.cast_signed(), "4", page)
        })
        .collect();
    log.report(store, &signer, &records, day + HOUR);
    records
}

#[tokio::test]
async fn cases_are_listed_worst_first_once_each() {
    let (world, ..) = world().await;
    let token = token(&world, "morgan", Scope::Read).await;
    for number in 2..=9_u8 {
        world.person(number, "Somebody", 0).await;
        let severity = ["urgent", "review"][usize::from(number % 2)];
        world
            .find(vec![finding(number, 0, "4.a", severity, "x")], vec![])
            .await;
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/cases?limit=2".to_owned());
    loop {
        let page = read(&world, &path, &token).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/cases?limit=2&cursor={next}");
        assert!(seen.len() < 20, "the list does not end");
    }
    let of = |severity: &str| {
        seen.iter()
            .filter(|one| one["severity"] == severity)
            .count()
    };
    assert_eq!((of("urgent"), of("breach"), of("review")), (4, 1, 4));
    let rank = |one: &Value| {
        ["urgent", "breach", "review"]
            .iter()
            .position(|own| one["severity"] == **own)
    };
    assert!(seen.is_sorted_by_key(rank));
    let ids: BTreeSet<_> = seen.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(ids.len(), 9);
    let one = format!("/api/v1/cases/{}", seen[0]["id"].as_str().unwrap());
    let one = read(&world, &one, &token).await;
    assert_eq!(
        (&one["case"], one["alerts"].as_array().unwrap().len()),
        (&seen[0], 1)
    );
    for (path, kind) in [
        ("/api/v1/cases/none", "missing"),
        ("/api/v1/cases?cursor=MCBh", "input"),
    ] {
        assert_eq!(problem(&get(&world, path, &token).await), kind);
    }
}

#[tokio::test]
async fn a_day_is_sent_as_it_was_recorded() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let token = token(&world, "morgan", Scope::Read).await;
    let (store, whose) = (world.store.clone(), person.clone());
    let records = tokio::task::spawn_blocking(move || recorded(&store, &whose)).await;
    let records = records.unwrap();
    let path = format!("/api/v1/people/{person}/days/2026-11-24");
    let first = read(&world, &format!("{path}?limit=3"), &token).await;
    let next = first["next"].as_str().unwrap();
    let rest = read(&world, &format!("{path}?limit=3&cursor={next}"), &token).await;
    assert_eq!(rest["next"], Value::Null);
    let items = [&first["items"], &rest["items"]];
    let items: Vec<_> = items
        .iter()
        .flat_map(|one| one.as_array().unwrap())
        .collect();
    assert_eq!(items.len(), 5);
    for (item, record) in items.iter().zip(&records) {
        let line: Value = serde_json::from_slice(&record.to_line().unwrap()).unwrap();
        assert_eq!(item["record"], line);
    }
    assert_eq!(first["zone"], "Europe/London");
    let other = read(
        &world,
        &format!("/api/v1/people/{person}/days/2026-11-23"),
        &token,
    )
    .await;
    assert_eq!(other["items"], json!([]));
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

#[tokio::test]
async fn a_token_is_made_on_the_page_shown_once_and_revoked() {
    let (world, ..) = world().await;
    let browser = world.browser().await;
    let page = "/account/tokens";
    let name = "Excel <b>=cmd</b>\u{202e}";
    let fields = [("name", name), ("scope", "read"), ("days", "30")];
    let form = pages::hidden(&browser.get(page).await.body, page);
    let mut form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    form.extend(fields);
    let made = browser.post(page, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let (_, rest) = made.body.split_once("id=\"new-token\">").unwrap();
    let token = rest.split('<').next().unwrap().to_owned();
    assert!(token.starts_with("proviso_") && token.len() > 50, "{token}");
    let me = read(&world, "/api/v1/me", &token).await;
    assert_eq!(
        (&me["name"], &me["scope"]),
        (&json!("morgan"), &json!("read"))
    );

    // Sent twice, and looked at again: it is not made or shown again.
    let again = browser.post(page, &form).await;
    assert!(
        again.body.contains("made a token already"),
        "{}",
        again.body
    );
    let list = browser.get(page).await.body;
    assert!(!again.body.contains(&token) && !list.contains(&token));
    assert_eq!(list.matches("to look").count(), 1, "{list}");
    assert!(list.contains("Excel &lt;b&gt;=cmd&lt;/b&gt;") && list.contains("Last used"));
    let dir = std::fs::read(world._dir.path().join("store.db-wal")).unwrap();
    assert!(
        !dir.windows(token.len())
            .any(|part| part == token.as_bytes())
    );

    let gone = browser.fill(page, "/account/tokens/revoke", &[]).await;
    assert!(gone.body.contains("The token is revoked"), "{}", gone.body);
    assert_eq!(problem(&get(&world, "/api/v1/me", &token).await), "token");
    let kinds: Vec<_> = entries(&world)
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    for kind in ["made_token", "revoked_token"] {
        assert_eq!(kinds.iter().filter(|own| *own == kind).count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_form_for_a_token_says_what_is_wrong_and_keeps_what_was_typed() {
    let (world, ..) = world().await;
    let page = "/account/tokens";
    let browser = world.browser().await;
    for (fields, said) in [
        (
            [("name", " "), ("scope", "read"), ("days", "30")],
            "which program it is for",
        ),
        (
            [("name", "kept"), ("scope", "all"), ("days", "30")],
            "Choose what the program may do",
        ),
        (
            [("name", "kept"), ("scope", "read"), ("days", "99999")],
            "how long the token counts",
        ),
    ] {
        let answer = browser.fill(page, page, &fields).await;
        assert!(answer.body.contains(said), "{}", answer.body);
        assert!(answer.body.contains("There is a problem"));
        assert!(fields[0].1 == " " || answer.body.contains("value=\"kept\""));
    }
    // A role that decides nothing gets no token that does, whatever its form says.
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    assert!(!auditor.get(page).await.body.contains("value=\"decide\""));
    let fields = [("name", "x"), ("scope", "decide"), ("days", "30")];
    let answer = auditor.fill(page, page, &fields).await;
    assert!(answer.body.contains("Choose what the program may do"));
    let partner = world.browser_as("pat", Role::Partner, "").await;
    assert!(partner.get(page).await.body.contains("you need no token"));
    // Nobody revokes somebody else's.
    let token = token(&world, "morgan", Scope::Read).await;
    let hidden = pages::hidden(&auditor.get(page).await.body, page);
    let own = hidden.iter().find(|(name, _)| name == "token").unwrap();
    let form = [("token", own.1.as_str()), ("id", "token-morgan-read")];
    auditor.post("/account/tokens/revoke", &form).await;
    assert_eq!(
        get(&world, "/api/v1/me", &token).await.status,
        StatusCode::OK
    );
}
