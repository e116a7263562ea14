//! Whatever is asked or sent, to every address there is: a page that says what to do, never a failure, and never
//! anything of it but as text.
//!
//! The addresses come from `routes::all` and the forms from the pages themselves, so a page that is new is among them.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::findings::Finding;
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{DeviceId, Hash, PersonId, casework, orders};
use proviso_collector::web::{password, routes};

use crate::pages::{self, Answer, Browser, PASSWORD, World, finding, id};

/// What others can write: a page's title, an address, a name, a note.
const HOSTILE: &str = "\"'><img src=x onerror=hostile()><script>hostile()</script>=cmd|' /C calc'!A0\u{202e}\u{0}\u{7}😀𝔄é";

/// It, as no page may hold it.
const RAW: [&str; 3] = ["<img src=x", "<script>hostile", "\"'><"];

/// What stands where an id belongs.
const IDS: [&str; 14] = [
    "0",
    "-1",
    "18446744073709551616",
    "00000000000000000000000000000000",
    "%00",
    "%ff%fe",
    "%e2%80%ae",
    "..%2f..%2fetc%2fpasswd",
    "%3Cscript%3Ehostile()%3C%2Fscript%3E",
    "%27%20OR%20%271%27%3D%271",
    "%F0%9F%98%80",
    "=cmd",
    "x;x",
    "%25%32%35",
];

/// What stands after `?`.
const QUERIES: [&str; 14] = [
    "page=0",
    "page=-1",
    "page=18446744073709551615",
    "page=99999999999999999999999",
    "page=1&page=2",
    "page=x",
    "day=-009999-01-01",
    "day=9999-12-31",
    "day=2026-02-30",
    "day=%ff&person=%ff&q=%ff&from=%00&to=%00&next=%00",
    "person=%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dhostile()%3E",
    "q=%22%27%3E%3Cscript%3Ehostile()%3C%2Fscript%3E&kind=x&sort=x&filter=x",
    "next=//evil.example&next=https://evil.example",
    "from=99999-99-99&to=00000&week=x&month=13&year=-1",
];

/// A world in which everything that somebody can write is hostile.
async fn world() -> (World, PersonId, Finding) {
    let world = World::new().await;
    let person = PersonId::from_random([1; 16]);
    let own = Person {
        id: person.clone(),
        pseudonym: format!("P-{HOSTILE}"),
        created: 1,
        name: HOSTILE.to_owned(),
        note: HOSTILE.to_owned(),
    };
    let order = pages::order(&person);
    let device = Device {
        id: DeviceId([1; 16]),
        person: person.clone(),
        log_key: [2; 32],
        cert_spki: [1; 32],
        state: DeviceState::Active,
        enrolled: 1,
        agent_version: HOSTILE.to_owned(),
        platform: HOSTILE.to_owned(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: Some(1),
        order: Some(order.digest),
    };
    let registered = Registered {
        host: HOSTILE.to_owned(),
        accounts: vec![HOSTILE.to_owned()],
    };
    let mut staff = Staff::new(
        "staff-odd".to_owned(),
        HOSTILE.to_owned(),
        password::hash(PASSWORD).unwrap(),
        Role::Supervisor,
    );
    staff.team = HOSTILE.to_owned();
    world
        .write(move |tx| {
            people::add(tx, &own)?;
            devices::add(tx, &device, &registered)?;
            orders::put(tx, &order)?;
            staff::add(tx, &staff)
        })
        .await;
    let mut one = finding(1, 0, "4.a", "breach", HOSTILE);
    // A clock that says anything.
    let mut early = finding(1, 1, "4.a", "urgent", HOSTILE);
    early.at = i64::MIN;
    let mut late = finding(1, 2, "4.b", "review", HOSTILE);
    late.at = i64::MAX;
    one.rule = HOSTILE.to_owned();
    world
        .find(vec![one.clone(), early, late], vec!["mail-x".to_owned()])
        .await;
    let decision = casework::Decision {
        id: "0".repeat(32),
        finding: one.id,
        staff: "staff-odd".to_owned(),
        at: 5,
        verdict: "acknowledged".to_owned(),
        reason: HOSTILE.to_owned(),
    };
    let state = casework::AlertState::Acknowledged;
    world
        .write(move |tx| casework::decide(tx, &decision, state))
        .await;
    (world, person, one)
}

/// An answer that nobody is hurt or left alone by.
fn sound(answer: &Answer, what: &str) {
    let status = answer.status;
    assert!(
        !status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE,
        "{what}: {status} {}",
        answer.body
    );
    if let Some(to) = answer.headers.get(header::LOCATION) {
        let to = to.to_str().unwrap();
        assert!(
            to.starts_with('/') && !to.starts_with("//"),
            "{what} leads to {to}"
        );
    }
    assert!(
        answer.headers.contains_key(header::CONTENT_SECURITY_POLICY),
        "{what}"
    );
    let kind = answer
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    // A table is no page: there a mark is a letter among others.
    if !kind.starts_with("text/csv") {
        for raw in RAW {
            assert!(
                !answer.body.contains(raw),
                "{what}: {raw} in {}",
                answer.body
            );
        }
    }
    if kind.starts_with("text/csv") {
        for cell in answer.body.split([',', '\n']) {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '@']), "{what}: {cell}");
        }
    }
    if status.is_client_error() {
        assert!(
            kind.starts_with("text/html"),
            "{what}: {status} is {kind:?}"
        );
        let text = answer.body.split_once("<h1").map(|(_, text)| text);
        let text =
            text.unwrap_or_else(|| panic!("{what}: {status} without a heading: {}", answer.body));
        assert!(text.len() > 60, "{what}: {text}");
        for word in [
            "Failed to deserialize",
            "Invalid URL",
            "Invalid UTF-8",
            "missing field",
        ] {
            assert!(!answer.body.contains(word), "{what}: {word}");
        }
    }
}

/// Addresses of a route: the one that is right, and those with something else in place of each id.
fn addresses(path: &str, person: &PersonId, alert: &str) -> Vec<String> {
    let right = if path.starts_with("/alert") {
        alert
    } else {
        person.as_str()
    };
    let with = |value: &str| {
        let parts: Vec<_> = path
            .split('/')
            .map(|part| if part.starts_with('{') { value } else { part })
            .collect();
        parts.join("/")
    };
    let mut all = vec![with(right)];
    if path.contains('{') {
        all.extend(IDS.iter().map(|id| with(id)));
        all.push(with(&"f".repeat(6_000)));
    }
    all
}

fn streams(path: &str) -> bool {
    path == "/live"
}

async fn send(
    browser: &Browser<'_>,
    method: Method,
    path: &str,
    kind: &str,
    body: Vec<u8>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, kind);
    browser
        .world
        .send(request.body(Body::from(body)).unwrap())
        .await
}

#[tokio::test]
async fn every_address_answers_whatever_stands_in_it() {
    let (world, person, one) = world().await;
    let mut asked = 0;
    for role in Role::ALL {
        let browser = world.browser_as(role.as_str(), role, "").await;
        for route in routes::all() {
            if route.method != Method::GET || !route.need.met_by(role) || streams(route.path) {
                continue;
            }
            for path in addresses(route.path, &person, &id(&one)) {
                sound(&browser.get(&path).await, &format!("{role:?} {path}"));
                asked += 1;
            }
            let path = &addresses(route.path, &person, &id(&one))[0];
            for query in QUERIES {
                let path = format!("{path}?{query}");
                sound(&browser.get(&path).await, &format!("{role:?} {path}"));
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

#[tokio::test]
async fn every_address_answers_every_method() {
    let (world, person, one) = world().await;
    let browser = world.browser().await;
    let paths: BTreeSet<_> = routes::all().iter().map(|route| route.path).collect();
    for path in paths.into_iter().filter(|path| !streams(path)) {
        let at = &addresses(path, &person, &id(&one))[0];
        for method in [
            "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "X",
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = send(&browser, method.clone(), at, "text/plain", vec![]).await;
            let what = format!("{method} {at}");
            if method == Method::HEAD {
                assert!(
                    answer.body.is_empty() && !answer.status.is_server_error(),
                    "{what}"
                );
                continue;
            }
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{what}");
            assert!(answer.headers.contains_key(header::ALLOW), "{what}");
            sound(&answer, &what);
        }
    }
}

#[tokio::test]
async fn every_form_refuses_what_is_no_form() {
    let (world, person, one) = world().await;
    for role in [
        Role::Supervisor,
        Role::Administrator,
        Role::Examiner,
        Role::Auditor,
        Role::Partner,
    ] {
        let browser = world.browser_as(role.as_str(), role, "").await;
        let page = browser.get("/account").await.body;
        let token = pages::hidden(&page, "/sign-out")[0].1.clone();
        for route in routes::all() {
            let skip = ["/sign-out", "/sign-in"].contains(&route.path);
            if route.method != Method::POST || !route.need.met_by(role) || skip {
                continue;
            }
            let form = "application/x-www-form-urlencoded";
            let twice = format!("token={token}&token={token}");
            let broken = format!("token={token}&%ff=%ff&reason=%ff%fe&name=%00");
            let unclear = format!("token={token}&&&=&=;");
            for (kind, body) in [
                (form, Vec::new()),
                (form, b"token=wrong".to_vec()),
                (form, twice.into_bytes()),
                (form, broken.into_bytes()),
                (form, unclear.into_bytes()),
                (form, vec![0xff; 300]),
                (
                    form,
                    format!("token={token}&reason={}", "x".repeat(1 << 20)).into_bytes(),
                ),
                ("application/json", b"{}".to_vec()),
                ("multipart/form-data", b"--x".to_vec()),
                ("multipart/form-data; boundary=x", b"--x\r\n\r\n".to_vec()),
                ("text/plain", token.clone().into_bytes()),
                ("", Vec::new()),
            ] {
                let path = &addresses(route.path, &person, &id(&one))[0];
                let what = format!("{role:?} {path} {kind:?} {}", body.len());
                let answer = send(&browser, Method::POST, path, kind, body).await;
                // Asking again who it is, or another way to do nothing, is an answer as well.
                sound(&answer, &what);
            }
        }
        let still = browser.get("/account").await;
        assert_eq!(still.status, StatusCode::OK, "{role:?} is still signed in");
    }
}

/// A form of a page: where it posts, and its fields with what they hold.
type Forms = BTreeMap<String, Vec<(String, String)>>;

/// The forms of a page.
fn forms(body: &str) -> Forms {
    let mut all = Forms::new();
    for part in body.split("<form").skip(1) {
        let (head, rest) = part.split_once('>').unwrap();
        let form = rest.split("</form>").next().unwrap_or_default();
        let action = attribute(head, "action").unwrap_or_default();
        if attribute(head, "method").as_deref() != Some("post") {
            continue;
        }
        let mut fields = Vec::new();
        for tag in form.split('<') {
            let named = ["input", "textarea", "select", "button"];
            let Some(name) = named.iter().find(|name| tag.starts_with(**name)) else {
                continue;
            };
            let tag = tag.split('>').next().unwrap_or_default();
            if let Some(field) = attribute(tag, "name") {
                let value = attribute(tag, "value").unwrap_or_default();
                let known = fields
                    .iter()
                    .any(|(own, _): &(String, String)| *own == field);
                if !known || *name == "input" && attribute(tag, "checked").is_some() {
                    fields.push((field, value));
                }
            }
        }
        all.insert(action, fields);
    }
    all
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

#[tokio::test]
async fn every_field_of_every_form_takes_or_refuses_anything_and_shows_it_as_text() {
    let (world, person, one) = world().await;
    let long = "x".repeat(40_000);
    let mut sent = 0;
    for role in Role::ALL {
        let browser = world.browser_as(role.as_str(), role, "").await;
        let mut found = Forms::new();
        for route in routes::all() {
            if route.method == Method::GET && route.need.met_by(role) && !streams(route.path) {
                let path = &addresses(route.path, &person, &id(&one))[0];
                found.extend(forms(&browser.get(path).await.body));
            }
        }
        found.retain(|action, _| {
            !["/sign-out", "/sign-in", "/account/sessions/end"].contains(&action.as_str())
        });
        for (action, fields) in &found {
            let own: Vec<_> = fields.iter().filter(|(name, _)| name != "token").collect();
            for (changed, _) in own {
                for value in [
                    HOSTILE,
                    "",
                    "-1",
                    "99999999999999999999",
                    "9999-99-99",
                    long.as_str(),
                ] {
                    let form: Vec<_> = fields
                        .iter()
                        .map(|(name, kept)| {
                            let value = if name == changed {
                                value
                            } else {
                                kept.as_str()
                            };
                            (name.as_str(), value)
                        })
                        .collect();
                    let answer = browser.post(action, &form).await;
                    let start: String = value.chars().take(20).collect();
                    sound(&answer, &format!("{role:?} {action} {changed}={start:?}"));
                    sent += 1;
                }
            }
        }
        // And whatever was kept of it is shown as text.
        for route in routes::all() {
            if route.method == Method::GET && route.need.met_by(role) && !streams(route.path) {
                let path = &addresses(route.path, &person, &id(&one))[0];
                sound(
                    &browser.get(path).await,
                    &format!("{role:?} {path} afterwards"),
                );
            }
        }
    }
    assert!(sent > 50, "{sent}");
}

#[tokio::test]
async fn a_hundred_thousand_open_alerts_are_listed() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let path = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    world
        .write(|tx| {
            tx.execute(
                "INSERT INTO finding (id, device, person, seq, at, rule, clause, severity, matched, engine, \
                 order_digest, made, proof) \
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
                 SELECT substr('00000000000000000000000000000000' || i, -32), f.device, f.person, i, f.at + i, \
                 f.rule, f.clause, CASE i % 3 WHEN 0 THEN 'urgent' WHEN 1 THEN 'breach' ELSE 'review' END, \
                 '[{\"field\":\"url\",\"text\":\"h' || (i % 7) || '.example\"}]', f.engine, f.order_digest, f.made, f.proof \
                 FROM n, (SELECT * FROM finding LIMIT 1) f",
                &[],
            )?;
            tx.execute(
                "INSERT INTO alert (finding, person, opened, state) SELECT f.id, f.person, f.made, 'open' \
                 FROM finding f WHERE f.id NOT IN (SELECT finding FROM alert)",
                &[],
            )
        })
        .await;
    let browser = world.browser().await;
    for page in [
        "/",
        "/alerts",
        "/alerts?page=2",
        &format!("/person/{person}"),
        &path,
        &format!("{path}/alike"),
    ] {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
        assert!(
            answer.body.len() < 1 << 20,
            "{page} has {} bytes",
            answer.body.len()
        );
    }
    let token = crate::api::token(
        &world,
        "morgan",
        proviso_collector::store::api_tokens::Scope::Read,
    )
    .await;
    let request = Request::get("/api/v1/alerts?limit=200")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["items"].as_array().unwrap().len(), 200);
}
